"""What the app was told, behind a cursor: so it learns what a webhook missed (docs/webhooks.md)."""

from collections import Counter
from heapq import merge
from itertools import islice
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from pyeonji.journey.news import as_data
from pyeonji.journey.outcome import TYPES, Item
from pyeonji.store import told
from pyeonji.web.api.call import Call
from pyeonji.web.api.operation import operation
from pyeonji.web.api.problem import Problem
from pyeonji.web.api.types import Instant


class After(msgspec.Struct, kw_only=True):
    after: Annotated[
        str,
        Meta(
            max_length=200, pattern=r"^([0-9]{1,18}(\.[0-9]{1,18})*)?$(?!\n)", description="`next` of the page before."
        ),
    ] = ""
    type: Annotated[
        str, Meta(max_length=1_000, description="Only these types, with a comma between.", examples=["email.final"])
    ] = ""
    limit: Annotated[int, Meta(ge=1, le=told.MAX_LISTED)] = 100


class Event(msgspec.Struct):
    """As a webhook gets it; `id` is its webhook-id, the same each time it is told."""

    id: str
    type: str
    timestamp: Instant
    data: dict[str, Any]


class Events(msgspec.Struct):
    """In the order they were told.  `next` is the cursor behind them, also when there is nothing more yet.

    Where types are rare a page may be empty, and its `next` a new one all the same: there is more to look at.
    """

    data: list[Event]
    next: str


@operation("GET", "/events", "read")
async def after(call: Call, query: After) -> Events:
    """What became of this app's letters, in the order it was told; come again with `next`."""
    types = [name for name in query.type.split(",") if name]
    if unknown := sorted(set(types) - set(TYPES)):
        raise Problem("invalid", near="?type", what=f"there are no events {', '.join(unknown)[:200]}")
    places = await call.everywhere()
    cursors = _cursors(query.after, len(places))
    rows: list[list[tuple[int, Item]]] = []
    ends: list[int] = []
    for at, (site, caller) in enumerate(places):
        test = caller.test and not caller.is_admin
        page, end = await site.home.engine.scan(
            told.page, caller.app_id, cursors[at], query.limit, types, test=test
        )  # fmt: skip
        rows.append([(at, one) for one in page])
        ends.append(end)
    # Of several servers (in the lab) the older first, and each server's own in their order.
    found = list(islice(merge(*rows, key=lambda pair: pair[1].at), query.limit))
    taken = Counter(at for at, _ in found)
    for at, one in found:
        cursors[at] = one.id
    cursors = [ends[at] if taken[at] == len(rows[at]) else cursor for at, cursor in enumerate(cursors)]
    events = [Event(one.name, **as_data(one, places[at][0].base_url)) for at, one in found]
    return Events(events, ".".join(map(str, cursors)))


def _cursors(text: str, count: int) -> list[int]:
    found = [int(part) for part in text.split(".") if part] or [0] * count
    if len(found) != count:
        raise Problem("invalid", near="?after", what="that is no `next` of a page")
    return found


OPERATIONS = (after,)
