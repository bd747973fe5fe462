"""One recipient of a letter, and what may be done for it: try now, hold, let go, take back.

"Retry" is pressed again and again: each destination is tried so only once in a while, and the answer says so.
"""

from collections.abc import Callable

from pyeonji.journey.view import Act
from pyeonji.net.clock import SECOND_US
from pyeonji.store import queue
from pyeonji.store.engine.base import Tx
from pyeonji.web.api.call import Call
from pyeonji.web.api.operation import operation
from pyeonji.web.api.problem import Problem
from pyeonji.web.api.seen import Recipient, Seen, recipient_of, seen, viewer_of, with_history

RETRY_WINDOW_S = 60
RETRIES = 3  # of one destination in that time, asked for by one app

Deciding = Callable[[Tx, int, int, str, int], int]


@operation("GET", "/messages/{id}/recipients/{n}", "read")
async def show(call: Call) -> Recipient:
    """What is true now for one recipient."""
    found = await seen(call, call.number())
    one = _one(found, _n(call))
    await with_history(call, found.site, [one])
    return one


@operation("POST", "/messages/{id}/recipients/{n}/retry", "send", problems=("not_possible_now", "too_fast"))
async def retry(call: Call) -> Recipient:
    """Try what waits at once, also when its destination counts as down.  Not too often for one destination."""
    found = await seen(call, call.number())
    domain = _one(found, _n(call)).address.rpartition("@")[2]
    call.rates.count(f"retry {call.caller.app_id} {domain}", RETRIES, RETRY_WINDOW_S * SECOND_US)
    return await _decided(call, "retry", queue.retry, "to be tried now")


@operation("POST", "/messages/{id}/recipients/{n}/hold", "admin", problems=("not_possible_now",))
async def hold(call: Call) -> Recipient:
    """Keep what waits until it is released."""
    return await _decided(call, "hold", queue.hold, "held")


@operation("POST", "/messages/{id}/recipients/{n}/release", "admin", problems=("not_possible_now",))
async def release(call: Call) -> Recipient:
    """Let go what was held."""
    return await _decided(call, "release", queue.release, "let go")


@operation("POST", "/messages/{id}/recipients/{n}/cancel", "send", problems=("not_possible_now",))
async def cancel(call: Call) -> Recipient:
    """Take back what was not handed over."""
    return await _decided(call, "cancel", queue.cancel, "taken back")


async def _decided(call: Call, act: Act, decide: Deciding, what: str) -> Recipient:
    found = await seen(call, call.number())
    n = _n(call)
    before = _one(found, n)
    if act not in viewer_of(call.caller).acts:
        raise Problem("scope_missing", scope="admin", app=call.caller.app)
    because = f"{what} by the app {call.caller.app}"
    done = await found.site.home.engine.write(decide, found.number, n, because, call.now_us)
    if not done:
        raise Problem("not_possible_now", state=before.status)
    found.site.wake.tell_letters([found.number])
    found.site.wake.tell_queue()
    return _one(await seen(call, found.number), n)


def _n(call: Call) -> int:
    text = call.path("n")
    if not text.isascii() or not text.isdecimal() or len(text) > 6:
        raise Problem("not_found")
    return int(text)


def _one(found: Seen, n: int) -> Recipient:
    for one in found.story.recipients:
        if one.n == n:
            return recipient_of(one)
    raise Problem("not_found")


OPERATIONS = (show, retry, hold, release, cancel)
