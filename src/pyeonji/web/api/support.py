"""Support codes: what an app shows to everybody who asks for a letter, whether one was made or not (docs/journey.md).

A visitor reads the code to whoever helps; only the app whose code it is, and an administrator, learn what is behind it.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from pyeonji.journey.instants import rfc3339
from pyeonji.journey.receipt import NotAReceipt, Receipt, compact, parse_receipt, written
from pyeonji.net.ids import new_code
from pyeonji.store import named, sent, support
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import Home
from pyeonji.store.support import SupportCode
from pyeonji.web.api.call import Call
from pyeonji.web.api.keys import Caller
from pyeonji.web.api.operation import operation
from pyeonji.web.api.problem import Problem
from pyeonji.web.api.seen import may_see, seen
from pyeonji.web.api.types import Instant
from pyeonji.web.api.types import Receipt as Number
from pyeonji.web.site import Site

CODES = 300  # in a minute, of one app: each is kept for a year


class NewCode(msgspec.Struct):
    message: Annotated[str, Meta(max_length=40, description="A letter of this app; null: none was made.")] | None = None


class Code(msgspec.Struct):
    """`code` is for everybody; the rest is for whoever helps.  Kept for a year."""

    code: Annotated[str, Meta(description="Of the shape of a receipt number, and nothing can be told from it.")]
    display_code: str
    message: Annotated[Number | None, Meta(description="The letter; null when none was made.")]
    journey_url: str | None
    made_at: Instant


@operation(
    "POST", "/support-codes", "send", status=201, problems=("not_found",), example={"message": "K7M32QXD9TAB"}
)  # fmt: skip
async def make(call: Call, body: NewCode) -> Code:
    """A code for a letter, or for none: what strangers are shown is alike."""
    call.rates.count(f"codes {call.caller.app_id}", CODES)
    site, app_id, number = call.site, call.caller.app_id, 0
    if body.message is not None:
        found = await seen(call, _parsed(body.message, Problem("invalid", near="$.message", what="that is no number")))
        site, app_id, number = found.site, found.sent.app_id, found.number
    made = await site.home.engine.write(_made, site.home, app_id, number, call.now_us)
    return _shown(site, made)


def _made(tx: Tx, home: Home, app_id: int, number: int, now_us: int) -> SupportCode:
    addresses = named.named(tx, home.blobs, number) if number else ()
    code = SupportCode(new_code(), app_id, number, tuple(addresses), now_us)
    support.add(tx, code)
    return code


@operation("GET", "/support-codes/{code}", "read")
async def show(call: Call) -> Code:
    """What is behind a code of this app; for an administrator's key, behind any."""
    code = compact(_parsed(call.path("code"), Problem("not_found")))
    app_id = None if call.caller.is_admin else call.caller.app_id
    for site in call.sites.values():
        found = await site.home.engine.read(support.find, code, app_id)
        if found is not None and await site.home.engine.read(_may_read, call.caller, found):
            return _shown(site, found)
    raise Problem("not_found")


def _may_read(tx: Tx, caller: Caller, code: SupportCode) -> bool:
    """A test key reads those of its letters; that none was made for somebody is true of real people."""
    if not caller.test or caller.is_admin:
        return True
    one = sent.of(tx, code.message_id)
    return one is not None and may_see(caller, one)


def _parsed(text: str, problem: Problem) -> int:
    try:
        found: Receipt = parse_receipt(text)
    except NotAReceipt as error:
        raise problem from error
    if found.recipient or found.attempt:
        raise problem
    return found.number


def _shown(site: Site, one: SupportCode) -> Code:
    display = written(parse_receipt(one.code).number)
    if not one.message_id:
        return Code(one.code, display, None, None, rfc3339(one.made_us))
    url = f"{site.base_url}/j/{written(one.message_id)}"
    return Code(one.code, display, compact(one.message_id), url, rfc3339(one.made_us))


OPERATIONS = (make, show)
