"""Standard streams that the caller has closed, as daemons do: they are there, and lead nowhere.

Without this a socket that is opened later becomes number 2, and what is meant for people goes to the server.
"""

import os
import sys


def complete() -> None:
    """Before anything is opened."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number is this one
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)
