"""Cutting the client's octets into commands (RFC 3501 §4.3, RFC 7888).

A command is lines joined by literals.  The framer finds where each line ends and whether a literal was announced there;
whether it may come is the session's decision, because the client of a synchronising literal waits for it.  A "{5}"
inside quotes announces nothing: a framer and a parser that disagree on this would see different commands.
"""

import re

import msgspec

ANNOUNCED = re.compile(rb"\{([0-9]{1,20})(\+?)\}\Z")
AFTER_QUOTE = re.compile(rb'(?:[^"\\]++|\\.)*"', re.DOTALL)


class Whole(msgspec.Struct, frozen=True):
    """A complete command, its literals in place, without the last CR LF."""

    octets: bytes


class Announced(msgspec.Struct, frozen=True):
    """A line ended with "{size}" or "{size+}"; the owner answers with take_in(), pass_on() or drop()."""

    before: bytes  # the command so far, without the announcement
    size: int
    waits: bool  # a synchronising literal: the client sends nothing before our "+"
    count: int  # which literal of the command it is, from 1


class Malformed(msgspec.Struct, frozen=True):
    """Octets that are no command.  `over` when it cannot be known where the next one begins."""

    octets: bytes
    because: str
    over: bool


class Framer:
    """feed() takes octets, next() gives what is complete."""

    __slots__ = ("_buffer", "_command", "_literal", "_literals", "_searched")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._command = bytearray()  # lines and literals that belong to the command under way
        self._searched = 0  # octets at the start of the buffer known to hold no LF
        self._literal = 0  # octets of a literal still to be taken in
        self._literals = 0  # literals announced in the command under way

    def feed(self, data: bytes) -> None:
        self._buffer += data

    @property
    def pending(self) -> int:
        """Octets that wait to be looked at."""
        return len(self._buffer)

    def next(self, line_limit: int, command_limit: int) -> Whole | Announced | Malformed | None:
        """What is complete now; None when more octets are needed.

        Limits in octets without CR LF: of one line, and of a command with its literals.
        """
        if self._literal and not self._fill():
            return None
        room = max(0, min(line_limit, command_limit - len(self._command))) + 1  # with CR
        end = self._buffer.find(b"\n", self._searched, room + 1)
        if end < 0:
            self._searched = len(self._buffer)
            if len(self._buffer) > room:
                return Malformed(self._reset()[:room], "line too long", over=True)
            return None
        self._searched = 0
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        if not line.endswith(b"\r"):
            self._command += line
            return Malformed(self._take_command(), "lines end with CR LF", over=False)
        return self._line(line[:-1])

    def _line(self, line: bytes) -> Whole | Announced:
        found = ANNOUNCED.search(line) if line.endswith(b"}") else None
        if found is not None and not _in_quotes(line, found.start()):
            self._command += line
            before = bytes(self._command[: len(self._command) - len(found[0])])
            self._literals += 1
            return Announced(before, int(found[1]), not found[2], self._literals)
        self._command += line
        return Whole(self._take_command())

    def take_in(self, size: int) -> None:
        """The announced literal becomes part of the command."""
        self._command += b"\r\n"
        self._literal = size

    def forget(self) -> None:
        """The command under way is over: what comes next is a new one."""
        self._command.clear()
        self._literals = 0

    def piece(self, most: int) -> bytes:
        """Up to `most` octets that have come, as they are: content that is handed on."""
        self._searched = 0
        if len(self._buffer) > most:
            found = bytes(self._buffer[:most])
            del self._buffer[:most]
        else:
            found = bytes(self._buffer)
            self._buffer.clear()
        return found

    def clear(self) -> None:
        """Forget everything that was said."""
        self._reset()
        self.forget()
        self._literal = 0

    def _fill(self) -> bool:
        piece = self.piece(self._literal)
        self._command += piece
        self._literal -= len(piece)
        return self._literal == 0

    def _take_command(self) -> bytes:
        command = bytes(self._command)
        self.forget()
        return command

    def _reset(self) -> bytes:
        held = bytes(self._command + self._buffer)
        self._buffer.clear()
        self._searched = 0
        return held


def _in_quotes(line: bytes, place: int) -> bool:
    """Whether a quoted string is open at this place of a line."""
    at = line.find(b'"')
    while 0 <= at < place:
        closed = AFTER_QUOTE.match(line, at + 1)
        if closed is None or closed.end() > place:
            return True
        at = line.find(b'"', closed.end())
    return False
