"""The lab in the process of a test: what `pyeonji_client`'s pytest plugin and your own fixtures are built on.

    with Lab(folder) as lab:
        send_with_smtplib("127.0.0.1", lab.smtp_port, ...)
        letter = lab.wait_for(to="minsu@2ban.test", subject__contains="비밀번호")
        lab.rcpt("minsu@2ban.test").answers("452 4.2.2 Mailbox full", times=3)
        lab.clock.advance("20m")
        assert lab.outcome(to="minsu@2ban.test").cause == "mbox.full"
        lab.reset()

The servers run in a thread of their own; every call here waits for what it says and may be made from any thread.
Whatever the address, somebody takes the letter, unless it was told to refuse; nothing leaves this machine.
"""

import asyncio
import itertools
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from pyeonji.address import NotAnAddress, parse_address
from pyeonji.config.values import read_time
from pyeonji.daemon.supervisor import loop_factory
from pyeonji.journey import tell
from pyeonji.journey.story import RecipientStory, story
from pyeonji.lab.api import KEY
from pyeonji.lab.caught import Letter as Arrived
from pyeonji.lab.caught import latest
from pyeonji.lab.everywhere import Everywhere, parse_refusal
from pyeonji.lab.roster import LOOPBACK
from pyeonji.net.clock import SECOND_US
from pyeonji.store import journey, queue
from pyeonji.store.directory import fold
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import Home

T = TypeVar("T")

START_S = 30.0  # seconds the servers may take to come up
PATIENCE_S = 10.0  # seconds of the machine's time that `wait_for` and `outcome` wait
LOOK_S = 0.002  # seconds between two looks
MAX_LETTERS = 1_000  # looked at, the newest first
MANY = 1_000_000  # answers: for ever
BUSY = ("trying", "failed")  # somebody is at work


__all__ = ["KEY", "Clock", "Lab", "NothingCame", "Outcome", "Recipient"]


class NothingCame(AssertionError):
    """No such letter; the text lists what did arrive."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one recipient.  `final` is false while it is still tried; the words are the catalogue's."""

    number: int
    address: str
    state: str
    final: bool
    cause: str
    actor: str
    certainty: str
    attempts: int
    reply: str
    text: str  # the whole journey, for the report of a test that failed


class Clock:
    """The lab's, which only goes forward."""

    def __init__(self, lab: "Lab") -> None:
        self._lab = lab

    @property
    def now_us(self) -> int:
        return self._lab.world.clock.now_us()

    def advance(self, time: str | float) -> None:
        """By "20m", "4h", "5d" or seconds; everything that falls due on the way happens at its own instant."""
        seconds = read_time(time).total_seconds() if isinstance(time, str) else float(time)
        self._lab.call(self._lab.pushed(round(seconds * SECOND_US)))


class Recipient:
    """How the other side answers for one address."""

    def __init__(self, lab: "Lab", address: str) -> None:
        self._lab = lab
        self._address = _folded(address)

    def answers(self, reply: str, times: int = MANY, *, at: str = "rcpt") -> None:
        """Refuse `times` times, then take it; `at` "rcpt", or "content": after the letter.  Raises NotAReply."""
        said = deque(itertools.repeat(parse_refusal(reply), min(times, MANY)))
        script = self._lab.world.script
        (script.at_end if at == "content" else script.at_rcpt).setdefault(self._address, deque()).extend(said)


class Lab:
    """Both servers, in a thread of their own.  `world` is the lab itself, for who runs coroutines with `call`."""

    def __init__(self, folder: Path) -> None:
        self.world = Everywhere(Path(folder))
        self.clock = Clock(self)
        self._since = 0  # letters up to this number belong to earlier tests
        self._loop = loop_factory()()
        self._thread = threading.Thread(target=self._loop.run_forever, name="pyeonji-lab", daemon=True)

    def __enter__(self) -> "Lab":
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> "Lab":
        """Raises OSError."""
        self._thread.start()
        try:
            self.call(self.world.start(), START_S)
        except OSError:
            self._end()
            raise
        return self

    def stop(self) -> None:
        self.call(self.world.stop(), START_S)
        self._end()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def reset(self) -> None:
        """As if nothing had been written: what waits is taken back, what came is forgotten, nobody is broken."""
        self.call(self._forgotten())

    @property
    def host(self) -> str:
        return LOOPBACK

    @property
    def smtp_port(self) -> int:
        """No login is needed; any name and password will do."""
        return self.world.port("smtp")

    @property
    def submission_port(self) -> int:
        """The same, with STARTTLS for who wants it."""
        return self.world.port("submission")

    @property
    def url(self) -> str:
        """Of the API (the key is `KEY`) and the journeys."""
        return self.world.url

    def call(self, work: Coroutine[Any, Any, T], seconds: float = 60.0) -> T:
        """Run a coroutine among the servers and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def rcpt(self, address: str) -> Recipient:
        """One address of the other side."""
        return Recipient(self, address)

    def break_(self, how: str = "off") -> None:
        """The other side: off, refuse, slow, silent, drop.  Raises ValueError."""
        self.call(self.world.host.break_(how))

    def heal(self) -> None:
        self.call(self.world.host.heal())

    def letters(self) -> list[Arrived]:
        """All that arrived since the last reset, oldest first."""
        return self.call(self._letters())

    def wait_for(self, to: str = "", *, subject: str = "", subject__contains: str = "", timeout: float = PATIENCE_S,
                 ) -> Arrived:  # fmt: skip
        """The first such letter, which may still be on its way.  Raises NothingCame."""
        address = _folded(to) if to else ""

        def fits(letter: Arrived) -> bool:
            envelope = {_folded(one) for one in letter.envelope}
            return (
                (not address or address in envelope)
                and (not subject or letter.subject == subject)
                and subject__contains in letter.subject
            )

        return self.call(self._awaited(fits, timeout), timeout + START_S)

    def outcome(self, to: str, *, timeout: float = PATIENCE_S) -> Outcome:
        """Of the last letter that was handed in for this address, once nobody is at work on it.  Raises NothingCame."""
        return self.call(self._outcome(to, timeout), timeout + START_S)

    # ── below: among the servers ──

    async def pushed(self, span_us: int) -> None:
        """Push the clock from one due instant to the next."""
        clock = self.world.clock
        end = clock.now_us() + span_us
        while True:
            await self._quiet()
            due = await self.world.app.home.engine.read(queue.next_due)
            now = clock.now_us()
            if due is None or due > end:
                break
            clock.push(max(0, due - now) / SECOND_US)
        clock.push(max(0, end - clock.now_us()) / SECOND_US)
        await self._quiet()

    async def _quiet(self, seconds: float = PATIENCE_S) -> None:
        """Until nobody is at work, and nothing is due."""
        deadline = self._loop.time() + seconds
        while self._loop.time() < deadline:
            if not await self._is_busy():
                return
            await asyncio.sleep(LOOK_S)

    async def _is_busy(self) -> bool:
        engine = self.world.app.home.engine
        due = await engine.read(queue.next_due)
        counts = await engine.read(queue.counts)
        return any(counts[state] for state in BUSY) or (due is not None and due <= self.world.clock.now_us())

    async def _forgotten(self) -> None:
        self.world.script.clear()
        await self.world.host.heal()
        self.world.dns.heal()
        engine, now = self.world.app.home.engine, self.world.clock.now_us()
        for row in await engine.read(queue.listing):
            await engine.write(queue.cancel, row.message_id, row.n, "reset", now)
        await self._quiet()
        self._since = self.world.app.ids.receipt()

    async def _letters(self) -> list[Arrived]:
        home = self.world.far.home
        return (await home.engine.scan(_arrived, home, self._since))[::-1]

    async def _awaited(self, fits: Callable[[Arrived], bool], seconds: float) -> Arrived:
        deadline = self._loop.time() + seconds
        while True:
            letters = await self._letters()
            for letter in letters:
                if fits(letter):
                    return letter
            if self._loop.time() >= deadline:
                raise NothingCame(_list(letters))
            await asyncio.sleep(LOOK_S)

    async def _outcome(self, address: str, seconds: float) -> Outcome:
        deadline = self._loop.time() + seconds
        while True:
            busy = await self._is_busy()  # asked before: what is read afterwards is then settled
            found = await self.world.app.home.engine.scan(_outcome, address, self._since, self.world.clock.now_us())
            if found is not None and (found.final or not busy):
                return found
            if self._loop.time() >= deadline:
                if found is None:
                    raise NothingCame(f"no letter for {address} was handed in; arrived: {_list(await self._letters())}")
                return found
            await asyncio.sleep(LOOK_S)


def _folded(address: str) -> str:
    """Raises ValueError."""
    try:
        return fold(parse_address(address))
    except NotAnAddress as error:
        raise ValueError(f"{address!r} is no address") from error


def _list(letters: list[Arrived]) -> str:
    told = [f"{', '.join(letter.envelope)}: {letter.subject!r}" for letter in letters]
    return "these letters arrived:\n  " + "\n  ".join(told) if told else "no letter arrived"


def _arrived(tx: Tx, home: Home, since: int) -> list[Arrived]:
    return latest(tx, home, MAX_LETTERS, after=since, whole=True)


def _outcome(tx: Tx, address: str, since: int, now_us: int) -> Outcome | None:
    """Of the newest letter that an address is a recipient of; reports that we write ourselves are none of a program."""
    numbers = {*journey.with_address(tx, address), *journey.with_address(tx, _folded(address))}
    for number in sorted(numbers, reverse=True):
        facts = journey.message(tx, number)
        if number <= since or facts is None or facts.parent:
            continue
        told = story(number, journey.of_message(tx, number), journey.recipients(tx, number))
        for one in told.recipients:
            if _folded(one.address) == _folded(address):
                return _told(number, one, tell.story_text(told, "en", now=now_us))
    return None


def _told(number: int, one: RecipientStory, text: str) -> Outcome:
    reply = "" if one.reply is None else f"{one.reply.code} {one.reply.enhanced} {one.reply.text}".strip()
    return Outcome(
        number, one.address, one.state, one.final, one.cause, one.actor, one.certainty, one.attempts, reply, text
    )  # fmt: skip
