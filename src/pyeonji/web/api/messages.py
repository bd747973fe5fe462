"""Letters: look for them, wait until one is decided, take back what was not handed over (`sending` hands them in)."""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from pyeonji.journey.outcome import WORDS, Status
from pyeonji.journey.receipt import NotAReceipt, compact, parse_receipt
from pyeonji.journey.story import Story
from pyeonji.store import queue, sent
from pyeonji.store.engine.base import Tx
from pyeonji.store.sent import Search, Sent
from pyeonji.store.suppressions import folded
from pyeonji.submission.app_fields import TAG
from pyeonji.web.api.call import Call
from pyeonji.web.api.keys import Caller
from pyeonji.web.api.letter import Ref
from pyeonji.web.api.operation import operation
from pyeonji.web.api.problem import Problem
from pyeonji.web.api.seen import (
    Letter,
    Seen,
    beside,
    has_looked,
    letter_of,
    look,
    may_look,
    pieces,
    rest,
    seen,
    seen_still,
    shown_to,
    with_history,
)
from pyeonji.web.api.types import Cursor, Limit
from pyeonji.web.api.waiting import news
from pyeonji.web.site import Site

MAX_WAIT_S = 60  # seconds of one long poll; what stands between us and the app may give up later
MAX_LOOKED_AT = 1_000  # letters whose stories are read for one page
MAX_PEOPLE = 5_000  # recipients of one page, after whose letter it ends: each is explained in two languages


class Wait(msgspec.Struct, kw_only=True):
    wait: Annotated[Literal["final"] | None, Meta(description="final: answer when no recipient is undecided.")] = None
    timeout: Annotated[int, Meta(ge=0, le=MAX_WAIT_S, description="Seconds to wait; then the answer is as it is.")] = 30


class Find(msgspec.Struct, kw_only=True):
    ref: Ref = ""
    to: Annotated[str, Meta(max_length=320, description="A recipient's address.")] = ""
    status: Status | None = None
    cause: Annotated[str, Meta(max_length=64, pattern=r"^[a-z0-9_.]*$(?!\n)", description="Of the catalogue.")] = ""
    tag: Annotated[str, Meta(pattern=rf"^({TAG.pattern})?$(?!\n)")] = ""
    limit: Limit = 50
    after: Cursor = ""


class Letters(msgspec.Struct):
    """A page, the newest first; `next` is null on the last one."""

    data: list[Letter]
    next: str | None


Found = tuple[Story, Sent]


@operation("GET", "/messages", "read")
async def find(call: Call, query: Find) -> Letters:
    """Letters of this app (of all, with the scope admin), by its name for them, recipient, status, cause or tag."""
    search = Search(
        ref=query.ref, tag=query.tag, to=folded(query.to.strip()), cause=query.cause,
        states=WORDS[query.status].states if query.status else (), before=_before(query.after),
        test=call.caller.test and not call.caller.is_admin,
    )  # fmt: skip
    app_id = 0 if call.caller.is_admin else call.caller.app_id
    may_look(call)
    letters: list[tuple[int, Letter]] = []
    stopped = 0  # what is older has not been looked at
    for site in call.sites.values():
        found, rest = await site.home.engine.scan(_page, app_id, search, query.status, query.limit)
        stopped = max(stopped, rest)
        cost = sum(pieces(told) for told, _ in found)
        has_looked(call, cost)
        letters += await beside(cost, partial(_shown, call.caller, site, found))
    page = sorted((pair for pair in letters if pair[0] >= stopped), key=lambda pair: -pair[0])
    if len(page) > query.limit:
        page = page[: query.limit]
        stopped = page[-1][0]
    return Letters([letter for _, letter in page], compact(stopped) if stopped else None)


def _shown(caller: Caller, site: Site, found: list[Found]) -> list[tuple[int, Letter]]:
    return [(told.id, letter_of(site, shown_to(caller, told, one), one)) for told, one in found]


def _page(tx: Tx, app_id: int, search: Search, status: Status | None, limit: int) -> tuple[list[Found], int]:
    """Letters, and the last one looked at when there may be more."""
    found: list[Found] = []
    looked_at = people = 0
    oldest = sent.oldest_looked_at(tx, app_id, search)
    while looked_at < MAX_LOOKED_AT:
        numbers = sent.find(tx, app_id, replace(search, since=oldest), limit + 1)
        for number in numbers[:limit]:
            looked_at += 1
            search = replace(search, before=number)
            one = look(tx, number)
            if one is not None and (status is None or any(person.state == status for person in one[0].recipients)):
                found.append(one)
                people += len(one[0].recipients)
                if len(found) == limit or people >= MAX_PEOPLE:
                    return found, number if number != numbers[-1] else oldest
        if len(numbers) <= limit:
            return found, oldest
    return found, search.before


def _before(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return parse_receipt(cursor).number
    except NotAReceipt as error:
        raise Problem("invalid", near="?after", what="that is no `next` of a page") from error


@operation("GET", "/messages/{id}", "read")
async def show(call: Call, query: Wait) -> Letter:
    """One letter; with wait=final the answer comes when no recipient is undecided, or after timeout seconds."""
    number = call.number()
    found = await seen(call, number)
    if query.wait is None:
        letter = await beside(pieces(found.story), partial(letter_of, found.site, found.story, found.sent))
    else:
        letter = await _final(call, found, query.timeout)
    await with_history(call, found.site, letter.recipients)
    return letter


async def _final(call: Call, found: Seen, timeout_s: int) -> Letter:
    deadline = asyncio.get_running_loop().time() + timeout_s
    with call.waits(), news(found.site.wake, found.number) as heard:
        while True:
            found = await seen_still(call, found.number)
            letter = await beside(pieces(found.story), partial(letter_of, found.site, found.story, found.sent))
            if letter.status == "final" or not await heard.until(deadline):
                return letter
            await rest(found.story)


@operation("DELETE", "/messages/{id}", "send", problems=("not_possible_now",))
async def cancel(call: Call) -> Letter:
    """Take back what was not handed over; what a courier carries at this moment cannot be taken back."""
    found = await seen(call, call.number())
    because = f"the app {call.caller.app} took it back"
    done = await found.site.home.engine.write(queue.cancel, found.number, 0, because, call.now_us)
    found.site.wake.tell_letters([found.number])
    if not done:
        raise Problem("not_possible_now", state="decided, or just being handed over")
    after = await seen(call, found.number)
    return letter_of(after.site, after.story, after.sent)


OPERATIONS = (find, show, cancel)
