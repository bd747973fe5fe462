"""Where an app hears what becomes of its letters (docs/webhooks.md)."""

import secrets
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from pyeonji.journey.instants import rfc3339
from pyeonji.journey.news import as_body
from pyeonji.journey.outcome import ENDED, TYPES, Item
from pyeonji.journey.receipt import NotAReceipt, parse_receipt
from pyeonji.net.clock import SECOND_US
from pyeonji.net.url import BadUrl, parse_url
from pyeonji.store import apps, sent, told, webhooks
from pyeonji.store.engine.base import Tx
from pyeonji.web.api.call import Call
from pyeonji.web.api.keys import Caller
from pyeonji.web.api.letter import UNITS
from pyeonji.web.api.operation import operation
from pyeonji.web.api.problem import Problem
from pyeonji.web.api.seen import may_see
from pyeonji.web.api.types import Instant, Limit
from pyeonji.webhooks.sign import SECRET, secret_of

MAX_HOOKS = 20  # of one app; ours
TESTS = 20  # in a minute, of one app
REPLAYS = 30  # the same: each counts all that the app was told
Address = Annotated[str, Meta(min_length=8, max_length=2_000, examples=["https://board.example/hooks/mail"])]
Types = Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=len(TYPES), description="None: all.")]
Span = Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,4}[smhd]$(?!\n)", max_length=6, examples=["2d"])]


class Webhook(msgspec.Struct, kw_only=True):
    """One endpoint.  `down`: it has not taken anything for a while; `paused`: it gets nothing until it is resumed."""

    id: int
    url: str
    types: list[str]
    inside: Annotated[bool, Meta(description="It may lie in this server's own network.")]
    state: Literal["on", "down", "paused"]
    rests_until: Annotated[Instant | None, Meta(description="It asked to be left alone until then (Retry-After).")]
    not_taken: Annotated[int, Meta(description="Events that it has not taken yet.")]
    created_at: Instant


class NewWebhook(Webhook, kw_only=True):
    secret: Annotated[str, Meta(description="By which its requests are believed: shown now, and never again.")]


class Webhooks(msgspec.Struct):
    data: list[Webhook]


class Wish(msgspec.Struct, kw_only=True):
    url: Address
    types: Types = []
    inside: Annotated[
        bool, Meta(description="It may lie in this server's own network; an administrator's key says so.")
    ] = False


class Change(msgspec.Struct, kw_only=True):
    """What is not said stays as it is.  An endpoint that is resumed gets all it missed."""

    url: Address | None = None
    types: Types | None = None
    paused: bool | None = None


class Delivery(msgspec.Struct, kw_only=True):
    """One attempt.  `status` is null when there was no answer, and `said` says why."""

    id: int
    event: str | None
    type: str | None
    attempt: int
    at: Instant
    took_ms: int
    status: int | None
    said: str
    taken: bool


class Deliveries(msgspec.Struct):
    """The latest first; `next` is null on the last page."""

    data: list[Delivery]
    next: str | None


class Page(msgspec.Struct, kw_only=True):
    limit: Limit = 50
    after: Annotated[int, Meta(ge=0, le=2**62)] = 0


class Again(msgspec.Struct, kw_only=True):
    """What the app was told since, or the one `event`."""

    since: Span = "1d"
    event: Annotated[str | None, Meta(examples=["evt_K7M32QXD9TAB_1_4"])] = None


class Replayed(msgspec.Struct):
    events: Annotated[int, Meta(description="How many are sent again.")]


class Rotate(msgspec.Struct):
    keep: Annotated[Span, Meta(description="So long the secret before signs, too.")] = "1d"


class Tested(msgspec.Struct):
    """What the endpoint said to a test event."""

    taken: bool
    status: int | None
    said: str


@operation("GET", "/webhooks", "read")
async def listing(call: Call) -> Webhooks:
    """The endpoints of this app; with the scope admin of all apps."""
    app_id = 0 if call.caller.is_admin else call.caller.app_id
    return Webhooks(await call.site.home.engine.scan(_all, app_id))


@operation(
    "POST", "/webhooks", "manage", status=201, problems=("not_possible_now",),
    example={"url": "https://board.example/hooks/mail", "types": ["email.final"]},
)  # fmt: skip
async def add(call: Call, body: Wish) -> NewWebhook:
    """An endpoint that hears what happens from now on.  Its secret is in this answer only."""
    _check_url(call, body.url, inside=body.inside)
    types, secret = _types(body.types), secret_of(secrets.token_bytes(SECRET))
    number = await call.site.home.engine.write(
        _add, call.caller.app_id, body.url, secret, call.now_us, types=types, inside=body.inside
    )
    return NewWebhook(**await _facts(call, number), secret=secret)


@operation("GET", "/webhooks/{hook}", "read")
async def show(call: Call) -> Webhook:
    """One endpoint."""
    return Webhook(**await _facts(call, (await _own(call)).id))


@operation("PATCH", "/webhooks/{hook}", "manage", example={"paused": True})
async def change(call: Call, body: Change) -> Webhook:
    """Another address, other events, pause and resume."""
    hook = await _own(call)
    if body.url is not None:
        _check_url(call, body.url, inside=hook.inside)
    types = hook.types if body.types is None else _types(body.types)
    await call.site.home.engine.write(_change, hook, body, types, call.now_us)
    call.site.wake.tell_letters(())
    return Webhook(**await _facts(call, hook.id))


@operation("DELETE", "/webhooks/{hook}", "manage", status=204)
async def remove(call: Call) -> None:
    """It hears nothing more; GET /events still tells all."""
    await call.site.home.engine.write(webhooks.remove, (await _own(call)).id)


@operation("GET", "/webhooks/{hook}/deliveries", "read")
async def deliveries(call: Call, query: Page) -> Deliveries:
    """What was sent to it, and what it said."""
    hook = await _own(call)
    found = await call.site.home.engine.scan(_log, hook.id, query.limit + 1, query.after, call.caller)
    page = found[: query.limit]
    return Deliveries(page, str(page[-1].id) if len(found) > query.limit else None)


@operation("POST", "/webhooks/{hook}/replay", "manage", problems=("too_fast",), example={"since": "2d"})
async def replay(call: Call, body: Again) -> Replayed:
    """Send again what the app was told since, or one event."""
    hook = await _own(call)
    call.rates.count(f"replay {call.caller.app_id}", REPLAYS)
    engine = call.site.home.engine
    if body.event is None:
        since = call.now_us - int(body.since[:-1]) * UNITS[body.since[-1]] * SECOND_US
        count = await engine.write(webhooks.replay, hook, max(0, since), call.now_us)
    else:
        item = await engine.read(_event, hook.app_id, body.event)
        if item is None:
            raise Problem("invalid", near="$.event", what="this app was told of no such event")
        await engine.write(webhooks.replay_one, hook, item, call.now_us)
        count = 1
    call.site.wake.tell_letters(())
    return Replayed(count)


@operation("POST", "/webhooks/{hook}/rotate", "manage", example={"keep": "1d"})
async def rotate(call: Call, body: Rotate) -> NewWebhook:
    """Another secret; the one before signs beside it for a while."""
    hook, secret = await _own(call), secret_of(secrets.token_bytes(SECRET))
    until = call.now_us + int(body.keep[:-1]) * UNITS[body.keep[-1]] * SECOND_US
    await call.site.home.engine.write(webhooks.rotate, hook.id, secret, until)
    return NewWebhook(**await _facts(call, hook.id), secret=secret)


@operation("POST", "/webhooks/{hook}/test", "manage", problems=("too_fast",))
async def test(call: Call) -> Tested:
    """Send a test event now, and say what was answered."""
    hook = await _own(call)
    call.rates.count(f"test {call.caller.app_id}", TESTS)
    keys = await call.site.home.engine.read(webhooks.secrets, hook.id)
    if keys is None:
        raise Problem("not_found")
    item = Item(
        id=0, app_id=hook.app_id, message=0, n=hook.app_id, sequence=0, revision=1, type=ENDED, cause="",
        at=call.now_us, facts={"test": True, "outcome": "delivered"},
    )  # fmt: skip
    answer = await call.site.sender.send(hook.url, keys, item.name, as_body(item), call.now_us, inside=hook.inside)
    return Tested(answer.taken, answer.status or None, answer.said[: webhooks.MAX_SAID])


# ── below ──


def _check_url(call: Call, url: str, *, inside: bool) -> None:
    """Only https to public names, unless an administrator says otherwise (SSRF; the fetcher looks again)."""
    if inside and not call.caller.is_admin:
        raise Problem("scope_missing", scope="admin", app=call.caller.app)
    try:
        scheme = parse_url(url, inside=inside).scheme
    except BadUrl as error:
        raise Problem("invalid", near="$.url", what=str(error)) from error
    if scheme != "https" and not inside:
        raise Problem("invalid", near="$.url", what="an endpoint is asked over https")


def _add(tx: Tx, app_id: int, url: str, secret: str, now_us: int, *, types: tuple[str, ...], inside: bool) -> int:
    """Counted where it is made: those that come at the same moment are counted, too.  Raises Problem."""
    apps.hold(tx, app_id)
    if len(webhooks.every(tx, app_id)) >= MAX_HOOKS:
        raise Problem("not_possible_now", state=f"{MAX_HOOKS} webhooks")
    return webhooks.add(tx, app_id, url, secret, now_us, types=types, inside=inside)


def _types(wanted: list[str]) -> tuple[str, ...]:
    if unknown := sorted(set(wanted) - set(TYPES)):
        raise Problem("invalid", near="$.types", what=f"there are no events {', '.join(unknown)[:200]}")
    return tuple(name for name in TYPES if name in wanted)


async def _own(call: Call) -> webhooks.Webhook:
    text = call.path("hook")
    if text.isascii() and text.isdecimal() and len(text) < 16:
        hook = await call.site.home.engine.read(webhooks.numbered, int(text))
        if hook is not None and (call.caller.is_admin or hook.app_id == call.caller.app_id):
            return hook
    raise Problem("not_found")


async def _facts(call: Call, number: int) -> dict[str, Any]:
    one = await call.site.home.engine.read(_one, number)
    if one is None:
        raise Problem("not_found")
    return {name: getattr(one, name) for name in Webhook.__struct_fields__}


def _one(tx: Tx, number: int) -> Webhook | None:
    hook = webhooks.numbered(tx, number)
    return _shown(tx, hook) if hook is not None else None


def _all(tx: Tx, app_id: int) -> list[Webhook]:
    return [_shown(tx, hook) for hook in webhooks.every(tx, app_id)]


def _shown(tx: Tx, hook: webhooks.Webhook) -> Webhook:
    return Webhook(
        id=hook.id, url=hook.url, types=list(hook.types), inside=hook.inside,
        state="paused" if hook.paused_us else "down" if hook.down_us else "on",
        rests_until=rfc3339(hook.rests_us) if hook.rests_us else None,
        not_taken=webhooks.owed_count(tx, hook), created_at=rfc3339(hook.created_us),
    )  # fmt: skip


def _change(tx: Tx, hook: webhooks.Webhook, body: Change, types: tuple[str, ...], now_us: int) -> None:
    webhooks.change(tx, hook.id, url=body.url or hook.url, types=types)
    if body.paused:
        webhooks.pause(tx, hook.id, now_us)
    elif body.paused is not None:
        webhooks.resume(tx, hook.id, now_us)


def _log(tx: Tx, hook_id: int, limit: int, before: int, caller: Caller) -> list[Delivery]:
    """What was said of letters that the caller may not see is not told: it may name them."""
    rows = webhooks.deliveries(tx, hook_id, limit, before)
    items: Mapping[int, Item | None] = {row.event_id: told.numbered(tx, row.event_id) for row in rows}
    return [
        _delivery(row, item)
        if _may_hear(tx, caller, item := items[row.event_id])
        else _delivery(row._replace(said=""), None)
        for row in rows
    ]


def _may_hear(tx: Tx, caller: Caller, item: Item | None) -> bool:
    one = sent.of(tx, item.message) if item and item.message else None
    return not caller.test or caller.is_admin or (one is not None and may_see(caller, one))


def _delivery(row: webhooks.Delivery, item: Item | None) -> Delivery:
    return Delivery(
        id=row.id, event=item.name if item else None, type=item.type if item else None, attempt=row.attempt,
        at=rfc3339(row.at_us), took_ms=row.took_ms, status=row.status or None, said=row.said,
        taken=200 <= row.status < 300,
    )  # fmt: skip


def _event(tx: Tx, app_id: int, name: str) -> Item | None:
    """By its name, "evt_K7M32QXD9TAB_1_4"."""
    try:
        number = parse_receipt(name.split("_")[1]).number
    except (NotAReceipt, IndexError):
        return None
    return next((one for one in told.of_letter(tx, number) if one.name == name and one.app_id == app_id), None)


OPERATIONS = (listing, add, show, change, remove, deliveries, replay, rotate, test)
