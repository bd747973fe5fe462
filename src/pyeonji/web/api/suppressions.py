"""Addresses to which an app sends nothing any more, each with why and which letter led to it."""

from typing import Annotated

import msgspec
from msgspec import Meta

from pyeonji.journey.instants import rfc3339
from pyeonji.journey.receipt import compact
from pyeonji.store import apps, suppressions
from pyeonji.store.engine.base import Conflict, Tx
from pyeonji.store.sent import SIMULATOR
from pyeonji.store.suppressions import EVERYBODY, MAX_NOTE, PERSON
from pyeonji.web.api.call import Call
from pyeonji.web.api.operation import operation
from pyeonji.web.api.problem import Problem
from pyeonji.web.api.types import Instant, Limit, Mail, Receipt, mail_address


class Suppression(msgspec.Struct):
    """`cause` is one of the catalogue, `complaint`, or `a person decided`."""

    address: str
    cause: str
    message: Annotated[Receipt | None, Meta(description="The letter that led to it.")]
    note: str
    since: Instant
    for_all: Annotated[bool, Meta(description="It counts for all apps; only an administrator's key takes it back.")]


class Suppress(msgspec.Struct):
    address: Mail
    note: Annotated[str, Meta(max_length=MAX_NOTE, pattern=r"^[^\u0000-\u001f\u007f]*$(?!\n)")] = ""
    for_all: Annotated[bool, Meta(description="For all apps; an administrator's key may say so.")] = False


class Page(msgspec.Struct, kw_only=True):
    limit: Limit = 100
    after: Annotated[str, Meta(max_length=340, pattern=r"^([0-9]{1,18} [^\u0000-\u001f]+)?$(?!\n)")] = ""


class Suppressions(msgspec.Struct):
    data: list[Suppression]
    next: str | None


@operation("GET", "/suppressions", "read")
async def listing(call: Call, query: Page) -> Suppressions:
    """Of this app and of all apps together, with why."""
    app, _, address = query.after.partition(" ")
    behind = (int(app), address) if app else (-1, "")
    found = await call.site.home.engine.scan(suppressions.listing, call.caller.app_id, behind, query.limit + 1)
    page = found[: query.limit]
    more = f"{page[-1].app_id} {page[-1].address}" if len(found) > query.limit else None
    return Suppressions([_shown(one) for one in page if _may_see(call, one.address)], more)


@operation(
    "POST",
    "/suppressions",
    "manage",
    status=201,
    problems=("exists_already",),
    example={"address": "bora@school.example"},
)
async def add(call: Call, body: Suppress) -> Suppression:
    """Send nothing there any more."""
    if body.for_all and not call.caller.is_admin:
        raise Problem("scope_missing", scope="admin", app=call.caller.app)
    address = str(mail_address(body.address, "$.address"))
    app_id = EVERYBODY if body.for_all else call.caller.app_id
    engine = call.site.home.engine
    found = await engine.write(_add, app_id, address, call.now_us, body.note)
    if found is None:
        raise Problem("exists_already", what=address)
    return _shown(found)


def _add(tx: Tx, app_id: int, address: str, now_us: int, note: str) -> suppressions.Suppression | None:
    """None when it was there already.  Raises Conflict when the app is gone: nobody would ever remove it."""
    if app_id != EVERYBODY and not apps.hold(tx, app_id):
        raise Conflict(f"there is no app {app_id}")
    if not suppressions.add(tx, app_id, address, PERSON, now_us, note=note):
        return None
    return suppressions.why(tx, app_id, address)


@operation("GET", "/suppressions/{address}", "read")
async def show(call: Call) -> Suppression:
    """Why nothing is sent there."""
    found = await call.site.home.engine.read(suppressions.why, call.caller.app_id, call.path("address"))
    if found is None or not _may_see(call, found.address):
        raise Problem("not_found")
    return _shown(found)


@operation("DELETE", "/suppressions/{address}", "manage", status=204)
async def remove(call: Call) -> None:
    """Letters may go there again."""
    address, engine = call.path("address"), call.site.home.engine
    if await engine.write(suppressions.remove, call.caller.app_id, address):
        return
    if call.caller.is_admin and await engine.write(suppressions.remove, EVERYBODY, address):
        return
    raise Problem("not_found")


def _may_see(call: Call, address: str) -> bool:
    """Test keys lie in many hands: whom people asked not to write to is not for them."""
    return not call.caller.test or address.endswith(f"@{SIMULATOR}")


def _shown(one: suppressions.Suppression) -> Suppression:
    return Suppression(
        one.address, one.cause, compact(one.message_id) if one.message_id else None, one.note, rfc3339(one.at_us),
        one.app_id == EVERYBODY,
    )  # fmt: skip


OPERATIONS = (listing, add, show, remove)
