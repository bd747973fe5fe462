"""What is said on one connection, until a fact takes it along or the connection ends.

Bounded: a peer that talks without end makes a number grow, not the memory.
"""

from functools import lru_cache

from pyeonji.journey.event import (
    Closed,
    Connected,
    Content,
    Decided,
    Direction,
    Dropped,
    Event,
    Line,
    LoggedIn,
    LoginFailed,
    TlsStarted,
    pack,
)
from pyeonji.journey.printable import printable
from pyeonji.net.clock import Clock
from pyeonji.net.ids import Ids
from pyeonji.net.memory_tls import TlsInfo
from pyeonji.net.stream import Stream
from pyeonji.store.accept import SessionRef
from pyeonji.store.engine.base import StoreError
from pyeonji.store.home import Home
from pyeonji.store.journey import Ending

MAX_EVENTS = 400  # kept between two facts; what is more is counted
MAX_LINE = 512  # characters kept of one line


class Recorder:
    """Collects the events of one connection."""

    __slots__ = ("_clock", "_dropped", "_events", "_folded", "_home", "_limit", "encrypted", "session")

    def __init__(self, home: Home, clock: Clock, session: SessionRef, limit: int = MAX_EVENTS) -> None:
        self.session = session
        self.encrypted = False
        self._home = home
        self._clock = clock
        self._events: list[Event] = []
        self._dropped = 0
        self._limit = limit
        self._folded = False

    @classmethod
    def opened(
        cls,
        home: Home,
        clock: Clock,
        session: SessionRef,
        direction: Direction = "in",
        host: str = "",
        limit: int = MAX_EVENTS,
    ) -> "Recorder":
        """A recorder that has already noted the connection."""
        recorder = cls(home, clock, session, limit)
        recorder.event(Connected(session.opened_us, direction, session.service, session.peer, host))
        return recorder

    @classmethod
    def visited(
        cls, home: Home, clock: Clock, ids: Ids, service: str, stream: Stream, limit: int = MAX_EVENTS
    ) -> "Recorder":
        """Of a connection to one of our ports, which may have begun with a TLS handshake."""
        session = SessionRef(ids.session(), clock.now_us(), service, stream.peer)
        recorder = cls.opened(home, clock, session, limit=limit)
        if stream.through:
            recorder.event(Decided(session.opened_us, "introduced", stream.through, stream.peer))
        if stream.tls is not None:
            recorder.tls_started(stream.tls)
        return recorder

    def tls_started(self, info: TlsInfo) -> None:
        """From here on every line is an encrypted one."""
        self.event(TlsStarted(self.now_us, info.version, info.cipher, info.peer_name, info.trusted))
        self.encrypted = True

    def move(self, home: Home) -> None:
        """What comes from here on, and what was not written yet, is kept in another home (one port, many servers)."""
        self._home = home

    @property
    def now_us(self) -> int:
        return self._clock.now_us()

    def logged_in(self, account: str, mechanism: str) -> None:
        self.event(LoggedIn(self.now_us, account, mechanism))

    def login_failed(self, mechanism: str, because: str, login: str, outcome: str) -> None:
        self.event(LoginFailed(self.now_us, mechanism, printable(because), printable(login), outcome))

    def event(self, event: Event) -> None:
        if len(self._events) < self._limit:
            self._events.append(event)
        else:
            self._dropped += 1

    def line(self, direction: Direction, text: str) -> None:
        """One line of the dialogue, without its line end.  Secrets are already replaced."""
        if len(self._events) >= self._limit:
            self._dropped += 1
            return
        if len(text) > MAX_LINE or not text.isprintable():
            text = printable(text[:MAX_LINE])
        self._events.append(Line(self._clock.now_us(), direction, self.encrypted, text))

    def replied(self, octets: bytes) -> None:
        """All lines of a reply as it goes out."""
        events, limit = self._events, self._limit
        if len(events) >= limit:
            self._dropped += octets.count(b"\n")
            return
        now = self._clock.now_us()
        for text in spoken(octets):
            if len(events) < limit:
                events.append(Line(now, "out", self.encrypted, text))
            else:
                self._dropped += 1

    def content(self, direction: Direction, octets: int, lines: int) -> None:
        self.event(Content(self._clock.now_us(), direction, self.encrypted, octets, lines))

    def take(self) -> tuple[Event, ...]:
        """Everything since the last fact, for the transaction of the next one."""
        if self._dropped:
            self._events.append(Dropped(self._clock.now_us(), self._dropped))
            self._dropped = 0
        events, self._events = tuple(self._events), []
        return events

    def give_back(self, events: tuple[Event, ...]) -> None:
        """The transaction did not come about: the events wait for the next."""
        self._events = [*events, *self._events][-self._limit :]

    def fold(self) -> None:
        """One of very many of the same kind: nothing of it is written."""
        self._folded = True

    async def close(self, because: str = "") -> None:
        """The connection is over: the rest is written."""
        if self._folded:
            return
        now = self._clock.now_us()
        self.event(Closed(now, because))
        try:
            await self._home.errands.end(Ending(self.session, now, pack(self.take())))
        except StoreError:
            return  # nothing was promised on this connection that is not written already


@lru_cache(maxsize=256)  # most replies are constants; a long one, such as a challenge, is gone from here soon
def spoken(octets: bytes) -> tuple[str, ...]:
    """The lines of a reply as they are kept."""
    lines = octets.decode("utf-8", "replace").split("\r\n")
    return tuple([printable(line[:MAX_LINE]) for line in lines if line])
