"""Playing a letter: handed in like any mail program does it, then followed until it has arrived."""

import asyncio
import base64
from dataclasses import dataclass

from pyeonji.journey.event import AnyEvent, Attempted, Closed, Connected, Content, Delivered, Filed, Line, Resolved
from pyeonji.journey.lines import Dialogue
from pyeonji.journey.receipt import NotAReceipt, compact, parse_receipt
from pyeonji.lab import roster
from pyeonji.lab.beat import BETWEEN, Act, Heard, Letter, Tell, Wire
from pyeonji.lab.roster import PASSWORD
from pyeonji.lab.voice import Voice
from pyeonji.lab.world import World
from pyeonji.lab.writer import QUEUED, Envelope, NotTaken, write_letter
from pyeonji.store import journey
from pyeonji.store.home import Home

LOOK_S = 0.02  # seconds between two looks at a letter on its way
UNDECIDED = ("waiting", "trying", "failed")  # of a failed one the writer has yet to be told
WORD = 45  # octets of text in one encoded word: 60 base64 characters, below RFC 2047 §2's 75


class NotPlayed(Exception):
    """The letter did not come as far as it should; `key` and `slots` are a sentence for people."""

    def __init__(self, key: str, **slots: object) -> None:
        super().__init__(key, slots)
        self.key = key
        self.slots = slots

    def told(self, voice: Voice) -> str:
        return voice(self.key, **self.slots)


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody writes to somebody."""

    author: str
    readers: tuple[str, ...]
    subject: str
    text: str

    @property
    def body(self) -> bytes:
        return self.text.replace("\r\n", "\n").replace("\n", "\r\n").encode()

    def content(self) -> bytes:
        """The letter as a mail program writes it; Date and Message-ID are left to the server."""
        header = (
            f"From: <{self.author}>\r\nTo: {', '.join(f'<{reader}>' for reader in self.readers)}\r\n"
            f"Subject: {encoded(self.subject)}\r\nMIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        )
        return header.encode("ascii") + self.body


def encoded(text: str) -> str:
    """A subject in words of RFC 2047, never cut inside a character."""
    if text.isascii() and text.isprintable():
        return text
    words, piece = [], b""
    for char in text:
        octets = char.encode()
        if len(piece) + len(octets) > WORD:
            words.append(piece)
            piece = b""
        piece += octets
    words.append(piece)
    return "\r\n ".join(f"=?utf-8?B?{base64.b64encode(word).decode()}?=" for word in words)


class Play:
    """One letter's way through a World, told to `heard`."""

    def __init__(self, world: World, heard: Heard) -> None:
        self._world = world
        self._heard = heard
        self._reply: list[str] = []  # lines of one that goes on

    async def hand_in(self, note: Note) -> int:
        """By the submission port of the writer's own server; the receipt number.  Raises NotPlayed."""
        return await self.hand_in_octets(note.author, note.readers, note.content())

    async def hand_in_octets(self, author: str, readers: tuple[str, ...], content: bytes) -> int:
        """The same with a letter that was written elsewhere."""
        place = roster.place_of(author)
        if place is None or author.rpartition("@")[0] not in {person.local_part for person in place.people}:
            known = ", ".join(f"{p.local_part}@{where.domain}" for where in roster.PLACES for p in where.people)
            raise NotPlayed("lab.no_such_writer", address=author, known=known)
        host, port = place.hosts[0], place.port(roster.SUBMISSION_AT, self._world.offset)
        self._heard(Act("scene.submit", {"author": author, "host": host, "port": port}))
        envelope = Envelope(author, readers, PASSWORD)
        try:
            receipt, reply = await write_letter(port, roster.LOOPBACK, envelope, content, self._heard)
        except NotTaken as refusal:
            raise NotPlayed("scene.not_taken", host=host, reply=refusal) from refusal
        except (OSError, TimeoutError) as error:
            raise NotPlayed("scene.unreachable", what=f"{host}:{port}", why=error) from error
        try:
            number = parse_receipt(receipt).number
        except NotAReceipt as error:
            raise NotPlayed("scene.no_number", reply=reply) from error
        self._heard(Letter(number))
        return number

    async def follow(self, domain: str, number: int, seconds: float, *, must: str = "done") -> list[Delivered]:
        """Wait until every recipient of a letter is settled, and read the way there aloud.  Raises NotPlayed."""
        home = self._world.nodes[domain].home
        state = await settled(home, number, seconds)
        await self.read_aloud(domain, number)
        if must and state != must:
            raise NotPlayed("scene.not_delivered", seconds=round(seconds), state=state)
        return [event for event in await events_of(home, number) if isinstance(event, Delivered)]

    async def arrived(self, delivered: Delivered) -> tuple[str, int]:
        """(domain, number) of the letter at the server that took it over.  Raises NotPlayed."""
        place = roster.HOSTS.get(delivered.host.rstrip("."))
        queued = QUEUED.search(delivered.reply)
        domain = place.domain if place else delivered.host
        number = parse_receipt(queued.group(1)).number if queued else 0
        home = self._world.nodes[domain].home if place else None
        if home is None or not any(isinstance(event, Filed) for event in await events_of(home, number)):
            raise NotPlayed("scene.no_story", domain=domain, number=compact(number))
        return domain, number

    async def read_aloud(self, domain: str, number: int) -> None:
        """The DNS question and the dialogue with the next server, as the journey recorded them."""
        rows = await self._world.nodes[domain].home.engine.read(journey.of_message, number)
        outward = {
            row.session_id
            for row in rows
            for event in row.events
            if isinstance(event, Connected) and event.direction == "out"
        }
        dialogue = Dialogue("out", greets=True)
        for row in rows:
            outside = row.session_id in outward or any(isinstance(event, Attempted | Resolved) for event in row.events)
            for event in row.events if outside else ():
                dialogue = self._tell(event, dialogue)

    def _tell(self, event: AnyEvent, dialogue: Dialogue) -> Dialogue:
        match event:
            case Resolved():
                self._heard(Act("scene.dns", {"domain": event.question.split(" ")[0]}))
                self._heard(Wire(True, False, event.question))
                answer = "   ".join(event.answer) or event.note
                self._heard(Wire(False, False, answer, "scene.dns_answer" if len(event.answer) else ""))
            case Connected():
                self._heard(Act("scene.relay", {"host": event.host or event.peer}))
                return Dialogue("out", greets=True)
            case Line():
                self._tell_line(event, dialogue)
            case Content():
                text = f"({event.lines} lines, {event.octets} octets)"
                self._heard(Wire(True, event.encrypted, text, "scene.content_line",
                                 {"lines": event.lines, "octets": event.octets}))  # fmt: skip
            case Closed() if event.because:
                self._heard(Tell("scene.closed", {"why": event.because}))
            case Delivered():
                self._heard(Tell("scene.delivered", {"host": event.host}))
        return dialogue

    def _tell_line(self, event: Line, dialogue: Dialogue) -> None:
        """The lines of one reply are told together."""
        out = event.direction == "out"
        meaning = dialogue.line(event.direction, event.text)
        self._reply.append(event.text)
        if not out and event.text[3:4] == "-":
            return
        text, self._reply = BETWEEN.join(self._reply), []
        self._heard(Wire(out, event.encrypted, text, meaning.key, dict(meaning.slots)))


async def events_of(home: Home, number: int) -> list[AnyEvent]:
    return [event for row in await home.engine.read(journey.of_message, number) for event in row.events]


async def settled(home: Home, number: int, seconds: float, *, until_tried: bool = False) -> str:
    """The state all recipients share when none is under way any more, or the first that is, after `seconds`.

    `until_tried`: that it waits after an attempt is enough.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        rows = await home.engine.read(journey.recipients, number)
        states = [one.state for one in rows]
        pending = [
            one.state for one in rows
            if one.state in UNDECIDED and not (until_tried and one.state == "waiting" and one.attempts)
        ]  # fmt: skip
        if not pending:
            return next((state for state in states if state != "done"), "done") if states else "?"
        if asyncio.get_running_loop().time() >= deadline:
            return pending[0]
        await asyncio.sleep(LOOK_S)
