"""What only the reader sees: in which mailbox the letter lies, why among junk, and how to take it out of there."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pyeonji.acceptance.wake import Wake
from pyeonji.catalog.say import say
from pyeonji.delivery.plan import WELCOME
from pyeonji.filters.welcome import Origin, origin_of
from pyeonji.journey.event import Decided
from pyeonji.journey.instants import clock as told_clock
from pyeonji.journey.junk import Mark, marks
from pyeonji.journey.story import Story
from pyeonji.journey.tell import whisper
from pyeonji.journey.view import Viewer
from pyeonji.message.header import parse_header
from pyeonji.net.clock import Clock
from pyeonji.store import allowed, directory, journey, lying, messages
from pyeonji.store.accept import record
from pyeonji.store.allowed import Allowed
from pyeonji.store.blobs import Blobs
from pyeonji.store.engine.base import Damaged, Tx
from pyeonji.store.home import Home
from pyeonji.store.named import HEADER_READ
from pyeonji.web.archive import Found
from pyeonji.web.letter import WAIT, Person, Reader


@dataclass(frozen=True, slots=True)
class Lying:
    """In whose account, in which mailbox.  `author` is whom one could allow, "" for nobody or who is allowed."""

    account_id: int
    mailbox: str
    is_junk: bool
    author: str = ""
    network: str = ""  # from which he must come, "" where DMARC vouches for him


@dataclass(frozen=True, slots=True)
class Why:
    """A row of "why is it among junk"."""

    sentence: str
    points: str
    decides: bool


class Keeping:
    """Mailboxes in some homes, as their owners see them on the page of a letter."""

    def __init__(self, homes: Mapping[str, Home], wakes: Mapping[str, Wake], clock: Clock) -> None:
        self._homes, self._wakes, self._clock = homes, wakes, clock

    async def lying(self, found: Found, viewer: Viewer) -> Lying | None:
        """None for who has no mailbox in it."""
        if not viewer.account:
            return None
        home = self._homes[found.place]
        return await home.engine.scan(_lying, home.blobs, found.story, viewer.account)

    async def to_inbox(self, found: Found, one: Lying) -> bool:
        """Out from among junk; False when it does not lie there any more."""
        home, now = self._homes[found.place], self._clock.now_us()
        changed = await home.engine.write(lying.to_inbox, one.account_id, found.story.id, now)
        if wake := self._wakes.get(found.place):
            wake.tell_mailboxes(changed)
            wake.tell_letters([found.story.id])
        return bool(changed)

    async def allow(self, found: Found, viewer: Viewer, one: Lying) -> bool:
        """Letters of its author lie in INBOX from now on; False when there is nobody to allow."""
        if not one.author:
            return False
        home, now = self._homes[found.place], self._clock.now_us()
        n = next((who.n for who in found.story.recipients if who.address.casefold() == viewer.address), 0)
        row = Allowed(one.account_id, one.author, one.network, now)
        return await home.engine.write(_allow, row, found.story.id, n)


def whys(story: Story, one: Lying | None, reader: Reader) -> tuple[Why, ...]:
    """What spoke against it, and for it, with points; that no rule did, when it lies among junk all the same."""
    if one is None:
        return ()
    found = tuple(_why(mark, reader) for mark in marks(story.steps))
    by_hand = Why(say(reader.language, "page.junk_by_hand"), "", decides=False)
    return found or ((by_hand,) if one.is_junk else ())


def in_junk(person: Person, one: Lying, reader: Reader) -> Person:
    """The same recipient, of whom we know more than that it is in a mailbox."""
    lang = reader.language
    return replace(
        person, glyph="!", mood=WAIT, state=say(lang, "page.in_junk"), actor=say(lang, "actor.recipient"),
        happened=say(lang, "page.lies_in_junk", mailbox=one.mailbox), action=say(lang, "page.junk_action"),
    )  # fmt: skip


def _why(mark: Mark, reader: Reader) -> Why:
    sentence = whisper(mark.step, reader.language, lambda at: told_clock(at, reader.now_us, reader.zone))
    return Why(sentence or mark.step.text, mark.points, mark.decides)


def _lying(tx: Tx, blobs: Blobs, story: Story, address: str) -> Lying | None:
    account = directory.account(tx, address)
    places = lying.places(tx, account.id, story.id) if account else []
    if account is None or not places:
        return None
    place = next((one for one in places if one.is_junk), places[0])
    if not place.is_junk:
        return Lying(account.id, place.mailbox, is_junk=False)
    origin = _origin(tx, blobs, story)
    if origin is None or allowed.by_whom(tx, [account.id], *origin, proven=not origin.network):
        return Lying(account.id, place.mailbox, is_junk=True)
    return Lying(account.id, place.mailbox, True, *origin)


def _origin(tx: Tx, blobs: Blobs, story: Story) -> Origin | None:
    """None where nothing would tell this author from who writes in his name."""
    try:
        header = parse_header(messages.content(tx, blobs, story.id, 0, HEADER_READ))
    except Damaged:
        return None
    origin = origin_of(header, journey.peer_of(tx, story.id))
    if origin is None:
        return None
    if any(step.rule == "dmarc" and step.outcome.partition(":")[0] == "pass" for step in story.steps):
        return Origin(origin.address, "")
    return origin if origin.network else None


def _allow(tx: Tx, row: Allowed, number: int, n: int) -> bool:
    if not allowed.add(tx, row):
        return False
    record(tx, None, number, row.made_us, (Decided(row.made_us, WELCOME, row.address, "wanted", n),))
    return True
