"""Asking the filters: one connection for each letter and filter, within its time."""

import asyncio
from dataclasses import dataclass, field

from pyeonji.filters.milter.edited import Working, edited, told_fields
from pyeonji.filters.milter.settings import MilterSettings, Place, parse_place
from pyeonji.net.local_dial import dial_unix
from pyeonji.net.stream import Stream, dial
from pyeonji.proto.milter.answers import (
    Action,
    Answer,
    InWords,
    MilterError,
    PacketReader,
    Progress,
    packet,
    read_answer,
)
from pyeonji.proto.milter.conversation import Conversation, Outcome, Told, converse

STEPS = 10  # times the patience for one step that the whole conversation may take
DIAL_S = 5.0  # seconds to connect


@dataclass(frozen=True, slots=True)
class Peer:
    """Who brings the letter, and where to."""

    ip: str
    port: int
    host: str
    hello: str
    hostname: str  # ours
    number: str  # the receipt number that the letter will have


@dataclass(slots=True)
class Found:
    """What all filters together made of a letter.  `told`: filter and what it did, for the journey."""

    letter: Working
    action: Action = "accept"
    reply: InWords | None = None
    told: list[tuple[str, str]] = field(default_factory=list)


class Milters:
    """The filters of one server."""

    def __init__(self, settings: MilterSettings, max_size: int) -> None:
        self._places = [parse_place(text) for text in settings.filters]
        self._patience_s = settings.timeout.total_seconds()
        self._on_failure: Action = "accept" if settings.on_failure == "accept" else "later"
        self._max_size = max_size

    def __bool__(self) -> bool:
        return bool(self._places)

    async def look(self, letter: Working, peer: Peer) -> Found:
        """Ask one after the other; who comes later sees what the one before has changed.  Never raises for a filter."""
        found = Found(letter)
        for place in self._places:
            try:
                outcome = await self._ask(place, self._told(found.letter, peer))
            except (OSError, TimeoutError, MilterError) as error:
                if not self._failed(found, place, error):
                    return found
                continue
            found.letter, words = edited(found.letter, outcome.edits)
            found.told += [(place.text, word) for word in words]
            if outcome.action not in ("accept", "continue"):
                found.action, found.reply = outcome.action, outcome.reply
                found.told.append((place.text, _word(outcome)))
                return found
            if not words:
                found.told.append((place.text, "accepted"))
        return found

    def _failed(self, found: Found, place: Place, error: Exception) -> bool:
        """Tell of it; True when the letter goes on all the same."""
        why = str(error) or "no answer in time"
        goes_on = self._on_failure == "accept"
        found.told.append((place.text, f"{why}; {'taken without it' if goes_on else 'asked to come again'}"))
        found.action = found.action if goes_on else "later"
        return goes_on

    async def _ask(self, place: Place, told: Told) -> Outcome:
        stream = await (
            dial_unix(place.path, timeout=DIAL_S) if place.path else dial(place.ip, place.port, timeout=DIAL_S)
        )
        try:
            async with asyncio.timeout(self._patience_s * STEPS):
                return await self._carry(stream, converse(told))
        finally:
            await stream.close()

    async def _carry(self, stream: Stream, conversation: Conversation) -> Outcome:
        reader = PacketReader()
        answer: Answer | None = None
        try:
            say = next(conversation)
            while True:
                stream.set_deadline(self._patience_s)
                if say.octets:
                    await stream.write(say.octets)
                answer = await self._answer(stream, reader) if say.awaits else None
                say = conversation.send(answer)
        except StopIteration as stop:
            await stream.write(packet(b"Q"))
            outcome: Outcome = stop.value
            return outcome

    async def _answer(self, stream: Stream, reader: PacketReader) -> Answer:
        while True:
            while (taken := reader.take()) is None:
                octets = await stream.read()
                if not octets:
                    raise MilterError("it hung up")
                reader.feed(octets)
            answer = read_answer(*taken)
            if not isinstance(answer, Progress):
                return answer
            stream.set_deadline(self._patience_s)

    def _told(self, letter: Working, peer: Peer) -> Told:
        return Told(
            ip=peer.ip,
            port=peer.port,
            host=peer.host,
            hello=peer.hello,
            reverse_path=letter.reverse_path,
            forward_paths=letter.forward_paths,
            fields=told_fields(letter.head),
            size=letter.size,
            read=letter.read,
            macros=(
                ("j", peer.hostname), ("{daemon_name}", peer.hostname), ("v", "pyeonji"),
                ("_", f"{peer.host} [{peer.ip}]"), ("i", peer.number), ("{mail_addr}", letter.reverse_path),
                ("{client_addr}", peer.ip), ("{client_name}", peer.host),
            ),
            most=self._max_size,
        )  # fmt: skip


def _word(outcome: Outcome) -> str:
    return f"{outcome.reply.code} {outcome.reply.text}" if outcome.reply else str(outcome.action)
