"""The people whose mail is here; for an administrator's key."""

import asyncio
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from pyeonji.directory.login import make_credentials, random_password
from pyeonji.journey.instants import rfc3339
from pyeonji.proto.precis import is_name
from pyeonji.store import directory, quota
from pyeonji.store.delete import remove_account
from pyeonji.store.directory import Account, fold
from pyeonji.store.engine.base import Conflict, Tx
from pyeonji.web.api.call import Call
from pyeonji.web.api.operation import operation
from pyeonji.web.api.problem import Problem
from pyeonji.web.api.types import Instant, Mail, mail_address
from pyeonji.web.site import Site

MAX_PASSWORD = 200  # characters taken here; a login takes more
MOST = 2**53 - 1  # what JavaScript counts without mistakes
Language = Literal["ko", "en"]
Password = Annotated[str, Meta(min_length=1, max_length=MAX_PASSWORD)]
Octets = Annotated[int, Meta(ge=0, le=MOST, description="0: no limit.")]


class AccountView(msgspec.Struct, kw_only=True):
    """Somebody whose mail is here."""

    address: str
    name: str
    language: str
    disabled: bool
    quota_octets: Octets
    quota_messages: Octets
    used_octets: int
    used_messages: int
    created_at: Instant


class Accounts(msgspec.Struct):
    """A page, by address; `next` is null on the last one."""

    data: list[AccountView]
    next: str | None


class Page(msgspec.Struct, kw_only=True):
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    after: Annotated[str, Meta(max_length=320)] = ""


class NewAccount(msgspec.Struct, kw_only=True):
    """Without a `password` one is made up, and shown in the answer only."""

    address: Mail
    name: Annotated[str, Meta(max_length=200, pattern=r"^[^\u0000-\u001f\u007f]*$(?!\n)")] = ""
    language: Language = "ko"
    password: Password | None = None
    quota_octets: Octets = 0
    quota_messages: Octets = 0


class MadeAccount(AccountView, kw_only=True):
    password: Annotated[str | None, Meta(description="Only when it was made up.")]


class AccountChange(msgspec.Struct, kw_only=True):
    """What is not said stays as it is."""

    disabled: bool | None = None
    password: Password | None = None
    quota_octets: Octets | None = None
    quota_messages: Octets | None = None


@operation("GET", "/accounts", "admin")
async def listing(call: Call, query: Page) -> Accounts:
    """Accounts by address."""
    found: list[AccountView] = []
    for site in call.sites.values():
        found += await site.home.engine.scan(_page, query.after, query.limit + 1)
    found.sort(key=lambda one: one.address)
    page = found[: query.limit]
    return Accounts(page, page[-1].address if len(found) > query.limit else None)


@operation(
    "POST",
    "/accounts",
    "admin",
    status=201,
    problems=("exists_already",),
    example={"address": "minsu@school.example", "name": "민수"},
)
async def add(call: Call, body: NewAccount) -> MadeAccount:
    """An account with its mailboxes."""
    address = mail_address(body.address, "$.address")
    site = call.site_of(address.domain)
    if not is_name(address.local_part):
        raise Problem(
            "invalid", near="$.address", what="an account's name has no characters that programs read differently"
        )
    if not await site.home.engine.read(directory.domain_exists, address.domain):
        raise Problem("invalid", near="$.address", what=f"{address.domain} is not a domain here")
    password = body.password or random_password()
    credentials = await _credentials(password)
    try:
        made = await site.home.engine.write(
            directory.add_account, fold(address), name=body.name, language=body.language,
            quota_octets=body.quota_octets, credentials=credentials, now_us=call.now_us,
        )  # fmt: skip
    except Conflict as error:
        raise Problem("exists_already", what=str(address)) from error
    await site.home.engine.write(quota.set_limits, made.id, octets=body.quota_octets, messages=body.quota_messages)
    shown = await _shown(site, fold(address))
    facts = {name: getattr(shown, name) for name in AccountView.__struct_fields__}
    return MadeAccount(**facts, password=None if body.password else password)


@operation("GET", "/accounts/{address}", "admin")
async def show(call: Call) -> AccountView:
    """One account, and how full it is."""
    return await _shown(*await _found(call))


@operation("PATCH", "/accounts/{address}", "admin", example={"quota_octets": 1_000_000_000})
async def change(call: Call, body: AccountChange) -> AccountView:
    """Switch it on or off, set its password (the old one is good for nothing then) or its limits."""
    site, address = await _found(call)
    credentials = await _credentials(body.password) if body.password is not None else None
    await site.home.engine.write(_change, address, body, credentials)
    return await _shown(site, address)


@operation("DELETE", "/accounts/{address}", "admin", status=204)
async def remove(call: Call) -> None:
    """The account with all its letters.  They cannot be brought back."""
    site, address = await _found(call)
    account = await site.home.engine.read(directory.account, address)
    if account is not None:
        site.wake.tell_mailboxes(await asyncio.to_thread(remove_account, site.home, account, call.now_us))


# ── below ──


async def _found(call: Call) -> tuple[Site, str]:
    text = call.path("address").casefold()
    site = call.site_of(text.rpartition("@")[2])
    if await site.home.engine.read(directory.account, text) is None:
        raise Problem("not_found")
    return site, text


async def _shown(site: Site, address: str) -> AccountView:
    found = await site.home.engine.read(_view, address)
    if found is None:
        raise Problem("not_found")
    return found


def _view(tx: Tx, address: str) -> AccountView | None:
    account = directory.account(tx, address)
    return _as_view(tx, account) if account is not None else None


def _as_view(tx: Tx, account: Account) -> AccountView:
    room = quota.room(tx, account.id)
    return AccountView(
        address=account.address, name=account.name, language=account.language, disabled=account.disabled,
        quota_octets=room.most_octets, quota_messages=room.most_messages, used_octets=room.octets,
        used_messages=room.messages, created_at=rfc3339(account.created_us),
    )  # fmt: skip


def _page(tx: Tx, after: str, limit: int) -> list[AccountView]:
    behind = [one for one in directory.accounts(tx) if one.address > after]
    return [_as_view(tx, one) for one in behind[:limit]]


def _change(tx: Tx, address: str, body: AccountChange, credentials: dict[str, str] | None) -> None:
    account = directory.account(tx, address)
    if account is None:
        return
    if body.disabled is not None:
        directory.disable(tx, account.id, body.disabled)
    if credentials is not None:
        directory.set_credentials(tx, account.id, credentials)
    octets = account.quota_octets if body.quota_octets is None else body.quota_octets
    messages = account.quota_messages if body.quota_messages is None else body.quota_messages
    quota.set_limits(tx, account.id, octets=octets, messages=messages)


async def _credentials(password: str) -> dict[str, str]:
    """Slow on purpose, so beside the loop; raises Problem."""
    try:
        return await asyncio.to_thread(make_credentials, password)
    except ValueError as error:
        raise Problem("invalid", near="$.password", what="the password has characters that cannot be seen") from error


OPERATIONS = (listing, add, show, change, remove)
