"""Addresses that lead to others; those with an owner are lists.  For an administrator's key."""

from typing import Annotated

import msgspec
from msgspec import Meta

from pyeonji.delivery.expand import Expansion, expand
from pyeonji.store import directory
from pyeonji.store.directory import fold
from pyeonji.store.engine.base import Conflict
from pyeonji.web.api.call import Call
from pyeonji.web.api.operation import operation
from pyeonji.web.api.problem import Problem
from pyeonji.web.api.types import Mail, domain_name, mail_address


class Alias(msgspec.Struct):
    """One target of an alias; an `owner` makes it a list, to whom its bounces come."""

    address: Mail
    target: Mail
    owner: Mail | None = None


class Aliases(msgspec.Struct):
    data: list[Alias]


class Which(msgspec.Struct):
    target: Annotated[str, Meta(max_length=320, description="Only this target; without it all of them.")] = ""


@operation("GET", "/aliases", "admin")
async def listing(call: Call) -> Aliases:
    """All aliases and lists."""
    found: list[Alias] = []
    for site in call.sites.values():
        found += [
            Alias(one.address, one.target, one.owner or None) for one in await site.home.engine.scan(directory.aliases)
        ]
    return Aliases(found)


@operation(
    "POST", "/aliases", "admin", status=201, problems=("exists_already",),
    example={"address": "team@school.example", "target": "minsu@school.example"},
)  # fmt: skip
async def add(call: Call, body: Alias) -> Alias:
    """Let an address lead to another one."""
    address, target = mail_address(body.address, "$.address"), mail_address(body.target, "$.target")
    engine = call.site_of(address.domain).home.engine
    if not await engine.read(directory.domain_exists, domain_name(address.domain, "$.address")):
        raise Problem("invalid", near="$.address", what=f"{address.domain} is not a domain here")
    owner = fold(mail_address(body.owner, "$.owner")) if body.owner else ""
    if owner:
        _check_owner(await engine.read(expand, mail_address(owner, "$.owner")), fold(address))
    try:
        await engine.write(directory.add_alias, fold(address), fold(target), owner)
    except Conflict as error:
        raise Problem("exists_already", what=f"{address} → {target}") from error
    return Alias(fold(address), fold(target), owner or None)


def _check_owner(owner: Expansion, address: str) -> None:
    """Bounces of the list must come to somebody, and not to the list again."""
    if owner.is_nobody:
        raise Problem("invalid", near="$.owner", what=f"nobody is called {owner.forward_path}")
    if address == fold(owner.forward_path) or any(step.address == address for step in owner.steps):
        raise Problem("invalid", near="$.owner", what="the owner's letters would come to the list again")


@operation("DELETE", "/aliases/{address}", "admin", status=204)
async def remove(call: Call, query: Which) -> None:
    """One target of it, or all of it."""
    address = call.path("address").casefold()
    target = fold(mail_address(query.target, "?target")) if query.target else None
    engine = call.site_of(address.rpartition("@")[2]).home.engine
    if not await engine.write(directory.remove_alias, address, target):
        raise Problem("not_found")


OPERATIONS = (listing, add, remove)
