"""-bs: octets carried between standard input and output and the server's local socket."""

import os
import socket
from collections.abc import Callable
from typing import Any, BinaryIO

from pyeonji.cli.handover import NobodyThere
from pyeonji.cli.where import socket_name

CHUNK = 65_536  # octets


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


def carry(pipe: socket.socket, source: int, out: BinaryIO, select: Callable[..., Any]) -> None:
    """Both ways until the server has closed; the end of the input is passed on."""
    sources: list[Any] = [pipe, source]
    lines = Lines()
    while True:
        ready, _, _ = select(sources, [], [])
        if pipe in ready:
            octets = pipe.recv(CHUNK)
            if not octets:
                return
            out.write(octets)
            out.flush()
        if source in ready:
            octets = os.read(source, CHUNK)
            if carried := lines.feed(octets):
                pipe.sendall(carried)
            if not octets:
                sources = [pipe]
                pipe.shutdown(socket.SHUT_WR)
