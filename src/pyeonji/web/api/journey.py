"""How a letter went: as JSON, as the text mail people read, and live (Server-Sent Events)."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.responses import PlainTextResponse, StreamingResponse

from pyeonji.journey import tell
from pyeonji.web.api.call import Call
from pyeonji.web.api.operation import operation
from pyeonji.web.api.problem import Problem
from pyeonji.web.api.seen import Recipient, Seen, beside, pieces, recipient_of, rest, seen, seen_still
from pyeonji.web.api.types import Instant, Receipt
from pyeonji.web.api.waiting import news

STREAM = "text/event-stream"
HEARTBEAT_S = 15.0  # seconds without an event after which a comment is sent: proxies close what is silent
MAX_STREAM_S = 3_600  # seconds; then the client comes again with its Last-Event-ID


class Whisper(msgspec.Struct):
    """The sentence beneath a step."""

    key: str
    ko: str
    en: str


class Step(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One thing that happened, in the order it was written down."""

    at: Instant
    kind: Annotated[str, Meta(description="accept, transform, policy, dns, connect, tls, line, decide, wait, …")]
    event: str
    text: str
    dir: Annotated[str, Meta(description="Of a line: out is what we said, in what they said.")] = ""
    enc: bool | None = None
    rule: str | None = None
    value: str | None = None
    outcome: str | None = None
    recipient: int | None = None
    attempt: int | None = None
    session: str | None = None
    address: str | None = None
    way: str | None = None
    explain: Whisper | None = None


class Journey(msgspec.Struct, kw_only=True):
    """All that is known of a letter."""

    id: Receipt
    display_id: str
    message_id: str
    subject: str
    reverse_path: str
    author: str
    via: str
    size: int
    accepted_at: Instant | None
    parent: Receipt | None
    traceparent: str | None  # that the app gave (W3C Trace Context)
    recipients: list[Recipient]
    steps: list[Step]


@operation("GET", "/messages/{id}/journey", "read", media=("text/plain",))
async def show(call: Call) -> Journey:
    """Every step; with Accept: text/plain what crossed the wire, as mail people write it."""
    found = await seen(call, call.number())
    if "text/plain" in call.request.headers.get("accept", ""):
        text = partial(tell.story_text, found.story, call.language, now=call.now_us, raw=True)
        told = await beside(pieces(found.story), text)
        return PlainTextResponse(told + "\n", headers={"vary": "accept"})  # type: ignore[return-value]
    return await beside(pieces(found.story), partial(journey_of, found))


def journey_of(found: Seen) -> Journey:
    story = found.story
    plain = tell.to_json(story)
    return Journey(
        recipients=list(map(recipient_of, story.recipients)),
        steps=[_step(one) for one in plain["steps"]],
        **{name: plain[name] for name in Journey.__struct_fields__ if name not in ("recipients", "steps")},
    )


def _step(plain: dict[str, Any]) -> Step:
    return msgspec.convert(plain, Step)


@operation("GET", "/messages/{id}/journey/stream", "read", media=(STREAM,), headers=("last-event-id",))
async def stream(call: Call) -> StreamingResponse:
    """The same as it happens: "step" for each step, "recipients" when a state has changed, "final" at the end."""
    found = await seen(call, call.number())
    said = call.request.headers.get("last-event-id", "").strip()
    known = int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else 0
    with call.waits():  # a refusal must come before the stream has begun
        pass
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_events(call, found, known), media_type=STREAM, headers=headers)


async def _events(call: Call, found: Seen, known: int) -> AsyncIterator[str]:
    """`known` steps were sent before."""
    loop = asyncio.get_running_loop()
    end = loop.time() + MAX_STREAM_S
    said: list[Recipient] = []
    with call.waits(), news(found.site.wake, found.number) as heard:
        yield "retry: 2000\n\n"
        while True:
            steps = (await beside(pieces(found.story), partial(tell.to_json, found.story)))["steps"]
            for at, step in enumerate(steps[known:], known + 1):
                yield event("step", _step(step), at)
            known = max(known, len(steps))
            people = list(map(recipient_of, found.story.recipients))
            if people != said:
                yield event("recipients", people, known)
                said = people
            if all(one.final for one in people):
                yield event("final", {}, known)
                return
            beat = min(end, loop.time() + HEARTBEAT_S)
            try:
                found = await _changed(call, found, heard.until, beat)
            except Problem:
                return  # it was deleted meanwhile, or the key taken back
            if loop.time() >= beat:
                yield ": still here\n\n"
            if loop.time() >= end:
                return


async def _changed(call: Call, found: Seen, until: Any, deadline: float) -> Seen:
    """The letter when there is news of it, or at the deadline."""
    while await until(deadline):
        await rest(found.story)
        after = await seen_still(call, found.number)
        if after.story != found.story:
            return after
    return found


def event(name: str, value: object, number: int) -> str:
    """One event of a stream; JSON has no line ends."""
    return f"id: {number}\nevent: {name}\ndata: {msgspec.json.encode(value).decode()}\n\n"


OPERATIONS = (show, stream)
