"""Where a scene is played: a World, who is told of each beat, and what a scene may do with both."""

import asyncio
import imaplib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pyeonji.catalog.say import Words
from pyeonji.journey.event import Decided, Delivered
from pyeonji.journey.receipt import NotAReceipt, compact, parse_receipt
from pyeonji.lab import roster
from pyeonji.lab.beat import Act, Beat, Check, Heard, Letter, Screen, Table, Tell, Wire
from pyeonji.lab.play import NotPlayed, Play, events_of, settled
from pyeonji.lab.roster import LOOPBACK, PASSWORD
from pyeonji.lab.world import World
from pyeonji.lab.writer import QUEUED, Conversation, Envelope, NotTaken, converse, write_letter
from pyeonji.proto.dns import Kind, Question

DELIVERY_S = 20.0  # seconds a letter may take
READ_S = 10.0  # seconds for a mail program to read it
MAX_BEATS = 2_000  # of one run


@dataclass(slots=True)
class Stage:
    """One run of a scene.  `choice` is what the player or --ending said."""

    world: World
    heard: Heard
    choice: str = ""
    problems: list[Check] = field(default_factory=list)

    # ── saying ──

    def act(self, key: str, **slots: object) -> None:
        self.heard(Act(key, slots))

    def tell(self, key: str, **slots: object) -> None:
        self.heard(Tell(key, slots))

    def screen(self, key: str, lines: list[str], **slots: object) -> None:
        self.heard(Screen(key, tuple(lines), slots))

    def table(self, key: str, columns: tuple[str, ...], rows: list[tuple[str | Words, ...]]) -> None:
        self.heard(Table(key, columns, tuple(rows)))

    def check(self, good: bool, key: str, **slots: object) -> bool:
        """What was shown must have come true, or the scene has failed."""
        found = Check(good, key, slots)
        self.heard(found)
        if not good:
            self.problems.append(found)
        return good

    # ── doing ──

    async def lookup(self, name: str, kind: Kind = "MX") -> tuple[str, ...]:
        """Asks the lab's DNS as any server does."""
        self.heard(Wire(True, False, f"{name} {kind}"))
        answer = await self.world.nodes["1ban.test"].resolver.lookup(Question(name, kind))
        told = "   ".join(answer.records) or ("NXDOMAIN" if not answer.exists else answer.failure or "-")
        self.heard(Wire(False, False, told))
        return answer.records

    async def talk(self, host: str) -> Conversation:
        """A conversation with a host's port 25, after its greeting.  Raises NotPlayed."""
        self.act("scene.visit", host=host)
        found: Conversation | None = None
        try:
            found = await converse(self.world.hosts[host].port, LOOPBACK, self.heard)
            await found.hear()
        except (OSError, TimeoutError) as error:
            if found is not None:
                await found.close()
            raise NotPlayed("scene.unreachable", what=host, why=error) from error
        return found

    async def deliver(self, host: str, author: str, readers: tuple[str, ...], content: bytes, *, lock: bool = False,
                      port: int = 0, heard: Heard | None = None) -> int:  # fmt: skip
        """Straight to a host's port 25, as its neighbours do; the number it gave.  Raises NotPlayed."""
        envelope = Envelope(author, readers)
        try:
            receipt, reply = await write_letter(
                port or self.world.hosts[host].port, LOOPBACK, envelope, content, heard or self.heard, lock=lock
            )
        except NotTaken as refusal:
            raise NotPlayed("scene.not_taken", host=host, reply=refusal) from refusal
        except (OSError, TimeoutError) as error:
            raise NotPlayed("scene.unreachable", what=host, why=error) from error
        try:
            return parse_receipt(receipt).number
        except NotAReceipt as error:
            raise NotPlayed("scene.no_number", reply=reply) from error

    @property
    def play(self) -> Play:
        return Play(self.world, self.heard)

    async def send(
        self, author: str, readers: tuple[str, ...], content: bytes, *, aloud: bool = True
    ) -> tuple[str, int]:
        """Handed in at the writer's own server and carried from there: (domain, number).  Raises NotPlayed."""
        play = self.play if aloud else Play(self.world, unheard)
        number = await play.hand_in_octets(author, readers, content)
        if not aloud:
            self.letter(number)
        place = roster.place_of(author)
        assert place is not None, "hand_in_octets has checked it"
        return place.domain, number

    async def carried(self, sent: tuple[str, int], must: str = "done") -> list[Delivered]:
        """Read aloud how it went on.  Raises NotPlayed."""
        return await self.play.follow(*sent, DELIVERY_S, must=must)

    async def state(self, sent: tuple[str, int], *, until_tried: bool = False) -> str:
        """Of its recipients once nobody is at work on them; `until_tried`: or once they wait after an attempt."""
        return await settled(self.world.nodes[sent[0]].home, sent[1], DELIVERY_S, until_tried=until_tried)

    async def delivered_to(self, sent: tuple[str, int]) -> list[str]:
        """The hosts that took it."""
        found = await events_of(self.world.nodes[sent[0]].home, sent[1])
        return [event.host for event in found if isinstance(event, Delivered)]

    def mark(self) -> str:
        """A word that no other letter has."""
        return f"scene-{self.world.gateway.ids.token(9)}"

    async def decisions(self, domain: str, number: int) -> dict[str, str]:
        """Rule and outcome of what a server decided about a letter."""
        found = await events_of(self.world.nodes[domain].home, number)
        return {event.rule: event.outcome for event in found if isinstance(event, Decided)}

    async def mailbox(self, login: str, mark: str, mailbox: str = "INBOX") -> list[bytes]:
        """Letters with a receipt number or other mark in their header, read by a mail program that is not ours."""
        return await asyncio.to_thread(_fetched, self.world.offset, login, mailbox, mark.encode())

    async def found(self, login: str, number: int) -> bytes:
        """The letter of this receipt number in INBOX.  Raises NotPlayed."""
        letters = await self.mailbox(login, compact(number))
        if len(letters) != 1:
            raise NotPlayed("scene.not_found", how="IMAP")
        return letters[0]

    def letter(self, number: int) -> None:
        self.heard(Letter(number))


def unheard(beat: Beat) -> None:
    """Nobody is told."""


def queued_as(lines: list[str]) -> int:
    """The number in a reply, 0 without one."""
    found = QUEUED.search(lines[-1])
    return parse_receipt(found.group(1)).number if found else 0


def header(author: str, to: str, subject: str, *more: str) -> bytes:
    lines = [f"From: <{author}>", f"To: {to}", f"Subject: {subject}", *more, "MIME-Version: 1.0"]
    return "\r\n".join(lines).encode() + b"\r\n"


def plain(author: str, to: str, subject: str, text: str, *more: str) -> bytes:
    """A letter in UTF-8 as it is; `subject` is ASCII or encoded."""
    kind = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return header(author, to, subject, *more) + kind + text.replace("\n", "\r\n").encode()


def _fetched(offset: int, login: str, mailbox: str, mark: bytes) -> list[bytes]:
    client = imaplib.IMAP4(LOOPBACK, roster.IMAP + offset, timeout=READ_S)
    try:
        client.login(login, PASSWORD)
        client.select(mailbox, readonly=True)
        _, answer = client.uid("SEARCH", "ALL")
        found = []
        for uid in reversed((answer[0] or b"").split()[-50:]):
            _, parts = client.uid("FETCH", uid.decode(), "(BODY.PEEK[])")
            octets = next((part[1] for part in parts if isinstance(part, tuple)), b"")
            if mark in octets.partition(b"\r\n\r\n")[0]:
                found.append(octets)
        return found
    finally:
        client.logout()


Scene = Callable[[Stage], Awaitable[None]]
