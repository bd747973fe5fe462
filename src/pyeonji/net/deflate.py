"""DEFLATE on a stream in both directions (RFC 1951; RFC 4978 asks for no header and no checksum around it).

What we say is flushed with every write, or the peer would wait for octets that we hold.  What the peer says is inflated
only as it is taken, a step at a time: a kilobyte may become a megabyte, and never has to be in memory as one.
"""

import zlib

STEP = 64 * 1024  # octets inflated at once (reliability M07)
LEVEL = 3  # responses shrink to a third; higher levels cost twice the time for a tenth less
WINDOW_BITS = 13  # of what we say: 64 KiB of memory for a connection instead of 256
MEMORY = 6
MAX_RATIO = 250  # octets out of one in, over a whole measure; deflate can make 1,030
MEASURE = 64 * 1024 * 1024  # octets out after which that is looked at: above the largest message there may be


class BadDeflate(ConnectionError):
    """The peer's octets are no deflate stream, or one that was made to cost us time."""


class Deflate:
    """Octets of the protocol in and out, octets of the wire out and in."""

    def __init__(self) -> None:
        self._out = zlib.compressobj(LEVEL, zlib.DEFLATED, -WINDOW_BITS, MEMORY)
        self._in = zlib.decompressobj(-zlib.MAX_WBITS)
        self._waiting = b""  # octets of the wire not inflated yet
        self._is_full = False  # the last step gave all it could: there may be more without another octet
        self._taken_in = self._given_out = 0  # in this measure

    def deflate(self, octets: bytes, *, flush: bool) -> bytes:
        """What to send; with `flush` so that the peer can read all of it now."""
        out = self._out.compress(octets)
        return out + self._out.flush(zlib.Z_SYNC_FLUSH) if flush else out

    def put(self, octets: bytes) -> None:
        """Octets from the wire."""
        self._waiting += octets
        self._taken_in += len(octets)

    def take(self) -> bytes:
        """Up to STEP octets of what the peer said; b"" when more must come from the wire.  Raises BadDeflate."""
        if self._in.eof or not (self._waiting or self._is_full):
            return b""
        try:
            found = self._in.decompress(self._waiting, STEP)
        except zlib.error as error:
            raise BadDeflate(str(error)) from error
        self._waiting = self._in.unconsumed_tail
        self._is_full = len(found) == STEP
        self._measure(len(found))
        return found

    def end(self) -> bytes:
        """Neither side compresses any more: what came behind the end of the peer's stream.  Raises BadDeflate."""
        if self._waiting:
            raise BadDeflate("compressed octets behind the end")
        return self._in.unused_data

    @property
    def is_over(self) -> bool:
        """The peer has ended its stream."""
        return self._in.eof

    def _measure(self, given: int) -> None:
        self._given_out += given
        if self._given_out < MEASURE:
            return
        if self._given_out > MAX_RATIO * self._taken_in:
            raise BadDeflate("the peer's octets only swell")
        self._taken_in = self._given_out = 0
