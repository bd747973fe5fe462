"""Standard streams that the caller has closed, as daemons do: they are there, and lead nowhere.

Without this a socket that is opened later becomes number 2, and what is meant for people goes to the server.
"""

import io
import os
import sys
from typing import TextIO, cast


def complete() -> None:
    """Before anything is opened."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number is this one
    sys.stdin = sys.stdin or _stream(0, "r")
    sys.stdout = sys.stdout or _stream(1, "w")
    sys.stderr = sys.stderr or _stream(2, "w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal in EUC-KR has no mark for "delivered"


def _stream(number: int, mode: str) -> TextIO:
    return cast(TextIO, os.fdopen(number, mode, encoding="utf-8", closefd=False))
