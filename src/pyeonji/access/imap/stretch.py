"""Octets of a large letter on their way out, decoded or as they stand; nothing but a piece is ever held."""

from pyeonji.message.decoders import Decoder, decoder
from pyeonji.message.mime import Scanner
from pyeonji.message.part import Part
from pyeonji.proto.imap.section import Run
from pyeonji.store.engine.base import Damaged, Tx
from pyeonji.store.pieces import Pieces

PIECE = 128 * 1024  # octets read at once


def tree(tx: Tx, pieces: Pieces, size: int) -> Part:
    """The parts of a letter; raises StoreError."""
    scanner = Scanner()
    for start in range(0, size, PIECE):
        scanner.feed(_read(tx, pieces, start, min(PIECE, size - start)))
    return scanner.end()


class Stretch:
    """One run of a letter.  `measure` comes first where it is decoded, then `next` until it gives nothing."""

    def __init__(self, pieces: Pieces, run: Run) -> None:
        self._pieces = pieces
        self._run = run
        self._source = _Source(pieces, run)
        self.size = run.end - run.start  # octets that `next` will give
        self.has_nul = False
        self.keeps_nul = True  # or says 0x80 for it, as a plain literal must (RFC 9051 §9, CHAR8)

    def measure(self, tx: Tx) -> None:
        """Find out how much it is, decoded, and whether there is a NUL.  Raises StoreError."""
        self.size = 0
        while piece := self.next(tx):
            self.size += len(piece)
            self.has_nul = self.has_nul or b"\x00" in piece
        self._source = _Source(self._pieces, self._run)

    def next(self, tx: Tx) -> bytes:
        """Some octets; none at the end.  Raises StoreError."""
        octets = self._source.next(tx)
        return octets if self.keeps_nul else octets.replace(b"\x00", b"\x80")


class _Source:
    """One way through a run."""

    def __init__(self, pieces: Pieces, run: Run) -> None:
        self._pieces = pieces
        self._at, self._end = run.start, run.end
        self._decoder: Decoder | None = decoder(run.encoding) if run.encoding else None
        self._skip, self._left = run.first, run.most

    def next(self, tx: Tx) -> bytes:
        while self._left > 0 and (self._at < self._end or self._decoder is not None):
            octets = self._decoded(tx)
            if self._skip:
                skipped = min(self._skip, len(octets))
                octets, self._skip = octets[skipped:], self._skip - skipped
            octets = octets[: self._left]
            self._left -= len(octets)
            if octets:
                return octets
        return b""

    def _decoded(self, tx: Tx) -> bytes:
        if self._at >= self._end:
            assert self._decoder is not None
            made, self._decoder = self._decoder, None
            return made.end()
        octets = _read(tx, self._pieces, self._at, min(PIECE, self._end - self._at))
        self._at += len(octets)
        return self._decoder.feed(octets) if self._decoder is not None else octets


def _read(tx: Tx, pieces: Pieces, start: int, size: int) -> bytes:
    octets = pieces.read(tx, start, size)
    if len(octets) < size:
        raise Damaged(f"{size - len(octets)} octets behind {start} are missing")
    return octets
