"""Letters as the caller may see them: an app what it sent, an administrator's key everything but content.

What is somebody else's is not there: the answer is the same as for a number nobody has (reliability, tenants).
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal, TypeVar, cast

import msgspec
from msgspec import Meta

from pyeonji.catalog.say import LANGUAGES
from pyeonji.journey.instants import rfc3339
from pyeonji.journey.outcome import Status
from pyeonji.journey.receipt import compact, written
from pyeonji.journey.story import RecipientStory, Said, Story, story
from pyeonji.journey.tell import what_happened, what_to_do
from pyeonji.journey.view import Viewer, redact
from pyeonji.net.ids import number_at
from pyeonji.store import finding, journey, sent
from pyeonji.store.engine.base import Tx
from pyeonji.store.finding import Before, Whose
from pyeonji.store.sent import Sent
from pyeonji.web.api.call import Call
from pyeonji.web.api.keys import Caller, key_of, unauthorized
from pyeonji.web.api.problem import Problem
from pyeonji.web.api.types import Actor, Instant, Languages, Receipt
from pyeonji.web.site import Site

NOBODYS = Sent(0)
HISTORY_US = 30 * 86_400_000_000  # how far back
MAX_HISTORIES = 20  # domains of one letter
PIECE = 200  # steps and recipients of a story
PIECES_A_MINUTE = 600  # of stories that have at least one, told to one app
REST_S, MAX_REST_S = 0.1, 10.0  # seconds between two looks at such a story, for each piece
T = TypeVar("T")


class Words(msgspec.Struct):
    """A reply of another server.  `code` 0 and `enhanced` "" where it said none."""

    code: int
    enhanced: str
    text: str
    from_host: str
    phase: str


class Went(msgspec.Struct):
    """Of the latest hundred recipients: how many are decided, how many of these were taken, and how long that took."""

    sent: int
    delivered: int
    median_s: Annotated[
        int | None, Meta(description="Half of them were taken within so many seconds of being handed in to us.")
    ]


class History(msgspec.Struct):
    """How it went before."""

    domain_30d: Annotated[
        Went, Meta(description="Letters of this app's account to this domain; an administrator: all.")
    ]


class Recipient(msgspec.Struct, kw_only=True):
    """What is true now for one recipient."""

    n: int
    address: str
    status: Status
    final: bool
    certainty: Annotated[
        str | None,
        Meta(description="Of what is delivered: in_mailbox, handed_over (their server has it), distributed."),
    ]
    attempts: int
    next_attempt_at: Instant | None
    gives_up_at: Instant | None
    cause: Annotated[str | None, Meta(description="Key of the catalogue.")]
    actor: Actor
    reply: Words | None
    explanation: Languages
    action: Languages | None
    bounce: Annotated[Receipt | None, Meta(description="The letter that told the writer.")]
    history: Annotated[History | None, Meta(description="Where one letter or recipient is asked for; else null.")] = (
        None
    )


class Letter(msgspec.Struct, kw_only=True):
    """A letter and what became of it."""

    id: Receipt
    display_id: str
    status: Annotated[Literal["in_progress", "final"], Meta(description="final: no recipient is undecided.")]
    ref: str
    tags: list[str]
    metadata: dict[str, str]
    test: bool
    message_id: str
    subject: str
    author: Annotated[str, Meta(description="The reverse-path.")] = msgspec.field(name="from")
    size: int
    accepted_at: Instant | None
    journey_url: str
    recipients: list[Recipient]


@dataclass(frozen=True, slots=True)
class Seen:
    """A letter as this caller may see it, and where it is."""

    site: Site
    number: int
    story: Story
    sent: Sent


def viewer_of(caller: Caller) -> Viewer:
    return Viewer("admin", opened=caller.anyone) if caller.is_admin else Viewer("app")


def may_see(caller: Caller, one: Sent) -> bool:
    """Its own; an administrator's key all, and a test key what was sent with test keys: it lies in many more hands."""
    own = one.app_id == caller.app_id and one.app_id != 0
    return caller.is_admin or (own and (one.test or not caller.test))


async def seen(call: Call, number: int) -> Seen:
    """The letter of this number; raises Problem when there is none for this caller, or too much was looked at."""
    may_look(call)
    for site in call.sites.values():
        found = await site.home.engine.scan(look, number)
        if found is not None and may_see(call.caller, found[1]):
            told, one = found
            has_looked(call, pieces(told))
            shown = await beside(pieces(told), partial(shown_to, call.caller, told, one))
            return Seen(site, number, shown, one)
    raise Problem("not_found")


# ── stories of letters to hundreds: each answer about one costs what a hundred others do ──


def pieces(told: Story) -> int:
    """0 for a usual letter."""
    return (len(told.steps) + len(told.recipients)) // PIECE


def may_look(call: Call) -> None:
    """Before the work is done; raises Problem."""
    call.rates.count(f"look {call.caller.app_id}", PIECES_A_MINUTE, times=0)


def has_looked(call: Call, count: int) -> None:
    """What comes of it is told also to who has had enough with it."""
    if count:
        with contextlib.suppress(Problem):
            call.rates.count(f"look {call.caller.app_id}", PIECES_A_MINUTE, times=count)


async def beside(count: int, make: Callable[[], T]) -> T:
    """What is made of so many pieces is made beside the loop, which has mail to carry."""
    return await asyncio.to_thread(make) if count else make()


async def rest(told: Story) -> None:
    """Between two looks at a story that is being told as it happens."""
    if count := pieces(told):
        await asyncio.sleep(min(count * REST_S, MAX_REST_S))


async def seen_still(call: Call, number: int) -> Seen:
    """The same later in an answer that takes its time: a key that was taken back meanwhile is good for nothing."""
    found = await seen(call, number)
    caller = await call.keys.caller(call.site, key_of(call.request))  # asked last: what is shown was seen before
    if caller is None or not caller.may(call.operation.scope):
        raise unauthorized("key_unknown")
    return found


def look(tx: Tx, number: int) -> tuple[Story, Sent] | None:
    """A letter's story and whose it is; for whoever knows who asks."""
    if journey.message(tx, number) is None:
        return None
    one = sent.of(tx, number) or NOBODYS
    return story(number, journey.of_message(tx, number), journey.recipients(tx, number), trace=one.trace), one


def shown_to(caller: Caller, told: Story, one: Sent) -> Story:
    """What an app sent is its own to read, whatever else its key is good for."""
    own = one.app_id == caller.app_id and one.app_id != 0
    return redact(told, Viewer("app") if own else viewer_of(caller))


def letter_of(site: Site, told: Story, one: Sent) -> Letter:
    return Letter(
        id=compact(told.id),
        display_id=written(told.id),
        status="final" if all(person.final for person in told.recipients) else "in_progress",
        ref=one.ref,
        tags=list(one.tags),
        metadata=one.labels,
        test=one.test,
        message_id=told.message_id,
        subject=told.subject,
        author=told.reverse_path,
        size=told.size,
        accepted_at=_instant(told.accepted_at),
        journey_url=f"{site.base_url}/j/{written(told.id)}",
        recipients=list(map(recipient_of, told.recipients)),
    )


def recipient_of(one: RecipientStory) -> Recipient:
    return Recipient(
        n=one.n,
        address=one.address,
        status=one.state,
        final=one.final,
        certainty=one.certainty or None,
        attempts=one.attempts,
        next_attempt_at=_instant(one.next_attempt_at),
        gives_up_at=_instant(one.gives_up_at),
        cause=one.cause or None,
        actor=cast(Actor, one.actor),  # the story's are the catalogue's
        reply=_words(one.reply),
        explanation=Languages(**{language: what_happened(one, language) for language in LANGUAGES}),
        action=Languages(**{lang: what_to_do(one, lang) for lang in LANGUAGES}) if one.action else None,
        bounce=compact(one.bounce) if one.bounce else None,
    )


def _words(said: Said | None) -> Words | None:
    return Words(said.code, said.enhanced, said.text, said.from_host, said.phase) if said else None


def _instant(at_us: int) -> str | None:
    return rfc3339(at_us) if at_us else None


async def with_history(call: Call, site: Site, people: list[Recipient]) -> None:
    """Say of each how letters to its domain went before, MAX_HISTORIES domains at most."""
    login = "" if call.caller.is_admin else call.caller.login
    since = number_at((call.now_us - HISTORY_US) // 1000)
    known: dict[str, Before] = {}
    for one in people:
        domain = one.address.rpartition("@")[2]
        if domain not in known:
            if len(known) == MAX_HISTORIES:
                return
            known[domain] = await site.home.engine.read(finding.to_domain, domain, Whose(login), since)
        one.history = History(Went(known[domain].count, known[domain].good, known[domain].median_s))
