"""-bs: octets carried between standard input and output and the server's local socket."""

import os
import socket
from collections.abc import Callable
from typing import Any, BinaryIO

from pyeonji.cli.handover import NobodyThere
from pyeonji.cli.where import socket_name

CHUNK = 65_536  # octets
MAX_DIGITS = 12  # of the size of a BDAT chunk


def open_pipe(path: str) -> socket.socket:
    """Raises NobodyThere."""
    pipe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        pipe.connect(socket_name(path))
    except OSError as error:
        pipe.close()
        raise NobodyThere(str(error)) from error
    return pipe


class Lines:
    """The input, its lines ending as SMTP has it: a person at a terminal, and many a program, ends them with LF.

    The first line says which ends are meant.  Where it is LF, CR is not half of an end but an octet the server refuses,
    so that what one of the two calls a line never ends a letter for the other.
    """

    def __init__(self) -> None:
        self._held = b""
        self._bare: bool | None = None  # not known yet

    def feed(self, octets: bytes) -> bytes:
        """What goes to the server now; no octets are the end of the input."""
        if self._bare is None:
            self._held += octets
            end = self._held.find(b"\n")
            if end < 0 and octets and len(self._held) < CHUNK:
                return b""
            self._bare = end >= 0 and self._held[:end][-1:] != b"\r"
            octets, self._held = self._held, b""
        return octets.replace(b"\n", b"\r\n") if self._bare else octets


class Turns:
    """What of a dialogue may be said now: a command waits for the reply to the one before it.

    Whole dialogues are piped into -bs, letters in them, and a server rightly takes nothing that was said behind DATA
    before it had answered (RFC 2920 §3.1).
    """

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._heard = b""  # of a line of a reply
        self._answered = False  # the first reply is the greeting
        self._data = False  # DATA has been said
        self._content = False  # and may be followed by the letter
        self._octets = 0  # of a BDAT chunk, still to be said

    def hear(self, octets: bytes) -> None:
        *lines, self._heard = (self._heard + octets).split(b"\n")
        for line in lines:
            if line[3:4] != b"-":
                self._content, self._data = self._data and line.startswith(b"354"), False
                self._answered = True

    def say(self, octets: bytes) -> bytes:
        """`octets` are behind all before; what goes to the server now."""
        self._waiting += octets
        said = bytearray()
        while piece := self._next():
            said += piece
        return bytes(said)

    @property
    def is_full(self) -> bool:
        """Does so much wait for its turn that no more should be read?"""
        return len(self._waiting) > CHUNK

    @property
    def is_over(self) -> bool:
        """Is there nothing to be said any more, but perhaps the beginning of a line (`rest`)?"""
        return b"\n" not in self._waiting

    def rest(self) -> bytes:
        return self._take(len(self._waiting))

    def _next(self) -> bytes:
        if self._octets:
            piece = self._take(min(self._octets, len(self._waiting)))
            self._octets -= len(piece)
            return piece
        if not self._content and not self._answered:
            return b""
        end = self._waiting.find(b"\n") + 1
        if not end:
            return self._take(len(self._waiting)) if len(self._waiting) > CHUNK else b""
        line = self._take(end)
        if self._content:
            self._content = line != b".\r\n"
            self._answered = False
            return line
        words = line.upper().split()
        self._answered, self._data = False, words[:1] == [b"DATA"]
        if words[:1] == [b"BDAT"] and len(words) > 1 and words[1].isdigit():
            self._octets = int(words[1][:MAX_DIGITS])
        return line

    def _take(self, length: int) -> bytes:
        piece = bytes(self._waiting[:length])
        del self._waiting[:length]
        return piece


def carry(pipe: socket.socket, source: int, out: BinaryIO, select: Callable[..., Any]) -> None:
    """Both ways until the server has closed; the end of the input is passed on."""
    lines, turns, ended, shut = Lines(), Turns(), False, False
    while True:
        ready, _, _ = select([pipe] if ended or turns.is_full else [pipe, source], [], [])
        octets = b""
        if pipe in ready:
            heard = pipe.recv(CHUNK)
            if not heard:
                return
            out.write(heard)
            out.flush()
            turns.hear(heard)
        if source in ready:
            octets = os.read(source, CHUNK)
            ended = not octets
            octets = lines.feed(octets)
        if said := turns.say(octets):
            pipe.sendall(said)
        if ended and turns.is_over and not shut:
            if said := turns.rest():
                pipe.sendall(said)
            pipe.shutdown(socket.SHUT_WR)
            shut = True
