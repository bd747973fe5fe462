"""What writers share: files that nobody else's link can redirect, complete or not there."""

import os
from collections.abc import Iterator
from pathlib import Path

from pyeonji.transfer.leaving import Leaving
from pyeonji.transfer.lines import native


def made(folder: Path) -> Path:
    """The folder, made for its owner alone where there was none."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


class Part:
    """A new file that gets its name when it is complete.  Raises OSError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.unlink(missing_ok=True)  # of a run that was killed
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        self.stream = os.fdopen(os.open(path, flags, 0o600), "wb")

    def keep(self, target: Path, modified_us: int | None = None) -> None:
        self.stream.close()
        if modified_us is not None:
            os.utime(self._path, ns=(modified_us * 1_000, modified_us * 1_000))
        self._path.rename(target)

    def drop(self) -> None:
        self.stream.close()
        self._path.unlink(missing_ok=True)


def write_letter(path: Path, target: Path, leaving: Leaving, pieces: Iterator[bytes]) -> None:
    """One letter into a file of its own, dated as the letter."""
    part = Part(path)
    try:
        for piece in pieces:
            part.stream.write(piece)
        part.keep(target, leaving.internal_us)
    except BaseException:
        part.drop()
        raise


def can_be_native(leaving: Leaving) -> bool:
    """Can every CR LF of the letter become an LF, and be made again when it is read?"""
    lines = ends = returns = 0
    last = b""
    for piece in leaving.pieces():
        lines += piece.count(b"\n")
        returns += piece.count(b"\r")
        ends += piece.count(b"\r\n") + (last == b"\r" and piece.startswith(b"\n"))
        last = piece[-1:]
    return lines == ends == returns


def native_pieces(leaving: Leaving) -> Iterator[bytes]:
    """The octets of a letter with LF for CR LF, where that can be taken back."""
    if not can_be_native(leaving):
        yield from leaving.pieces()
        return
    held = b""
    for piece in leaving.pieces():
        piece = held + piece
        held = b"\r" if piece.endswith(b"\r") else b""
        yield native(piece.removesuffix(held) if held else piece)
    if held:
        yield held
