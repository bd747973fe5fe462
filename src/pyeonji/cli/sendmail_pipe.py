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


def carry(pipe: socket.socket, source: int, out: BinaryIO, select: Callable[..., Any]) -> None:
    """Both ways until the server has closed; the end of the input is passed on."""
    sources: list[Any] = [pipe, source]
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
            if octets:
                pipe.sendall(octets)
            else:
                sources = [pipe]
                pipe.shutdown(socket.SHUT_WR)
