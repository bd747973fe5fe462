"""The server side of one POP3 connection, without the connection (RFC 1939, 2449, 2595, 5034, 6856).

Octets go in by `feed`; `next_event` gives one event at a time; the owner decides and sends octets of its own, then says
by `logged_in`, `tls_started` or `ended` what changed.  The next event is not parsed before the owner asks for it, so a
command is always read in the state its predecessor left.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from pyeonji.proto.lines import grown
from pyeonji.proto.pop3 import answer

MAX_LINE = 255 + 2  # octets with CR LF, RFC 2449 §4
MAX_AUTH_LINE = 12_288  # octets of a base64 response, RFC 4954 §4 for want of a POP3 figure
MAX_UNENDED = 64 * 1024  # octets without a line end before we close
MAX_ERRORS = 20  # bad commands before we close


class State(Enum):
    AUTHORIZATION = "authorization"
    TRANSACTION = "transaction"


class Command(NamedTuple):
    """A command that may be said now, with its checked arguments.  A tuple, for clients say thousands in one go."""

    verb: str
    line: str  # for the journey: secrets replaced
    text: str = ""  # of USER, PASS, AUTH (mechanism), UTF8
    number: int = 0  # message number; 0 when none was given
    lines: int = 0  # of TOP
    initial: bytes | None = None  # of AUTH


@dataclass(frozen=True, slots=True)
class Response:
    """A line of an AUTH exchange, still base64; None when the client gave up with "*"."""

    octets: bytes | None
    line: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """A line that cannot be obeyed; `answer` is what to say."""

    line: str
    answer: bytes
    close: bool = False


Event = Command | Response | Wrong

ALLOWED: dict[str, frozenset[State]] = {
    "CAPA": frozenset(State),
    "QUIT": frozenset(State),
    "NOOP": frozenset({State.TRANSACTION}),
    "STLS": frozenset({State.AUTHORIZATION}),
    "UTF8": frozenset({State.AUTHORIZATION}),
    "USER": frozenset({State.AUTHORIZATION}),
    "PASS": frozenset({State.AUTHORIZATION}),
    "AUTH": frozenset({State.AUTHORIZATION}),
    "STAT": frozenset({State.TRANSACTION}),
    "LIST": frozenset({State.TRANSACTION}),
    "UIDL": frozenset({State.TRANSACTION}),
    "RETR": frozenset({State.TRANSACTION}),
    "TOP": frozenset({State.TRANSACTION}),
    "DELE": frozenset({State.TRANSACTION}),
    "RSET": frozenset({State.TRANSACTION}),
}
NUMBERS = {"LIST": (0, 1), "UIDL": (0, 1), "RETR": (1, 1), "DELE": (1, 1), "TOP": (2, 2)}  # least, most
UP_TO_TWO = re.compile(r" *(?:(\d{1,10})(?: +(\d{1,10}))?)? *", re.ASCII)
PLAIN = re.compile(rb"((RETR|DELE|LIST|UIDL) ([1-9][0-9]{0,9}))\r\n")  # as programs say it, thousands of times
BARE = frozenset({"CAPA", "QUIT", "NOOP", "STLS", "UTF8", "STAT", "RSET"})


class Session:
    """See the top of this module."""

    def __init__(self) -> None:
        self.state = State.AUTHORIZATION
        self.expects_response = False  # set by the owner while an AUTH exchange is under way
        self._buffer: bytes | bytearray = b""
        self._at = 0
        self._scanned = 0  # no line end before it
        self._errors = 0
        self._over = False

    def feed(self, octets: bytes) -> None:
        if self._over:
            return
        self._buffer = octets if self._at == len(self._buffer) else grown(self._buffer, self._at, octets)
        self._scanned = max(0, self._scanned - self._at)
        self._at = 0

    def logged_in(self) -> None:
        self.state = State.TRANSACTION

    def tls_started(self) -> None:
        """RFC 2595 §4: everything said before is forgotten."""
        self._buffer, self._at, self._scanned = b"", 0, 0

    def next_event(self) -> Event | None:
        if self._over:
            return None
        end = self._buffer.find(b"\n", max(self._at, self._scanned))
        if end < 0:
            self._scanned = len(self._buffer)
            if len(self._buffer) - self._at > MAX_UNENDED:
                return self._wrong("(too long)", answer.TOO_LONG, close=True)
            return None
        raw = bytes(self._buffer[self._at : end + 1])
        self._at = end + 1
        if self.expects_response:
            return self._response(raw)
        return self._command(raw)

    def _response(self, raw: bytes) -> Event:
        octets = raw.rstrip(b"\r\n")
        if len(raw) > MAX_AUTH_LINE:
            return self._wrong("(too long)", answer.TOO_LONG, close=True)
        if octets == b"*":
            return Response(None, "*")
        return Response(octets, f"({len(octets)} octets)")

    def _command(self, raw: bytes) -> Event:
        if self.state is State.TRANSACTION and (found := PLAIN.fullmatch(raw)) is not None:
            line, verb, number = found.groups()
            return Command(verb.decode("ascii"), line.decode("ascii"), number=int(number))
        verb_octets, _, rest = raw.rstrip(b"\r\n").partition(b" ")
        verb = verb_octets.decode("ascii", "replace").upper()
        limit = MAX_AUTH_LINE if verb == "AUTH" else MAX_LINE
        if len(raw) > limit:
            return self._wrong(f"{verb[:8]} (too long)", answer.TOO_LONG, close=True)
        try:
            text = rest.decode("utf-8")
        except UnicodeDecodeError:
            return self._wrong(verb, answer.BAD_ARGUMENT)
        line = _sanitised(verb, text)
        if verb not in ALLOWED:
            return self._wrong(line, answer.UNKNOWN)
        if "\0" in text or "\r" in text:
            return self._wrong(line, answer.BAD_ARGUMENT)
        if self.state not in ALLOWED[verb]:
            return self._wrong(line, answer.NOT_NOW)
        if verb == "STLS" and self._at < len(self._buffer):
            # Octets behind STLS were sent in clear and must never be read as commands (CVE-2011-0411 and kin).
            return self._wrong(line, answer.OCTETS_BEHIND_STLS, close=True)
        return self._checked(verb, text, line)

    def _checked(self, verb: str, text: str, line: str) -> Event:
        if verb in BARE:
            return Command(verb, line) if not text.strip() else self._wrong(line, answer.BAD_ARGUMENT)
        if verb in NUMBERS:
            return self._numbered(verb, text, line)
        if verb == "AUTH":
            mechanism, _, initial = text.strip().partition(" ")
            if not mechanism:
                return Command("AUTH", line)  # lists the mechanisms, as clients before RFC 5034 ask
            given = None if not initial else b"" if initial == "=" else initial.encode()
            return Command("AUTH", line, text=mechanism.upper(), initial=given)
        return Command(verb, line, text=text) if text else self._wrong(line, answer.BAD_ARGUMENT)

    def _numbered(self, verb: str, text: str, line: str) -> Event:
        least, most = NUMBERS[verb]
        found = UP_TO_TWO.fullmatch(text)
        if found is None or not least <= (found.lastindex or 0) <= most:
            return self._wrong(line, answer.BAD_ARGUMENT)
        first, second = found.groups()
        if first is None:
            return Command(verb, line)
        number = int(first)
        if not number:
            return self._wrong(line, answer.NO_SUCH_MESSAGE)
        return Command(verb, line, number=number, lines=int(second or 0))

    def _wrong(self, line: str, said: bytes, close: bool = False) -> Wrong:
        self._errors += 1
        if self._errors >= MAX_ERRORS and not close:
            said, close = answer.TOO_MANY_ERRORS, True
        self._over = self._over or close
        return Wrong(line, said, close)


def _sanitised(verb: str, text: str) -> str:
    """The line as the journey keeps it."""
    if verb == "PASS":
        return f"PASS ({len(text)} characters)"
    if verb == "AUTH":
        mechanism, space, initial = text.partition(" ")
        return f"AUTH {mechanism}" + (f" ({len(initial)} octets)" if space else "")
    return f"{verb} {text}".strip() if verb in ALLOWED else f"({len(verb) + len(text)} octets)"
