"""Compressed attachments, unpacked to a limit: gzip (RFC 1952) and the first file of a ZIP archive."""

import struct
import zlib

MAX_INFLATED = 20 << 20  # octets that come of one attachment; ours
MAX_RATIO = 100  # octets out for one in, beyond the first MiB; ours
FREE = 1 << 20  # octets that may come of however little
STEP = 64 * 1024  # octets taken out at once

GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
ZIP_HEAD = struct.Struct("<4sHHHHHIIIHH")  # APPNOTE.TXT 4.3.7, the local file header
STORED, DEFLATED = 0, 8
ENCRYPTED = 1  # bit of its flags


class Swells(ValueError):
    """It is damaged, of a kind we do not know, or more comes out of it than we take."""


def inflated(octets: bytes, limit: int = MAX_INFLATED) -> bytes:
    """What is packed in these octets; octets that are not packed stay as they are.  Raises Swells."""
    if octets.startswith(GZIP):
        return _inflate(zlib.decompressobj(16 + zlib.MAX_WBITS), octets, limit)
    if octets.startswith(ZIP):
        return _first_file(octets, limit)
    if len(octets) > limit:
        raise Swells(f"more than {limit} octets")
    return octets


def _first_file(octets: bytes, limit: int) -> bytes:
    """Only what lies first is looked at: no list of files has to be believed."""
    try:
        _, _, flags, method, _, _, _, size, _, name, extra = ZIP_HEAD.unpack_from(octets)
    except struct.error as error:
        raise Swells("a ZIP archive without a file") from error
    packed = octets[ZIP_HEAD.size + name + extra :]
    if flags & ENCRYPTED:
        raise Swells("an encrypted ZIP archive")
    if method == DEFLATED:
        return _inflate(zlib.decompressobj(-zlib.MAX_WBITS), packed, limit)
    if method == STORED and size <= limit:
        return packed[:size]
    raise Swells("a ZIP archive of a kind we do not know")


def _inflate(stream: "zlib._Decompress", octets: bytes, limit: int) -> bytes:
    most = min(limit, max(FREE, MAX_RATIO * len(octets)))
    found = bytearray()
    rest = octets
    try:
        while not stream.eof:
            piece = stream.decompress(rest, STEP)
            rest = stream.unconsumed_tail
            found += piece
            if len(found) > most:
                raise Swells(f"more than {most} octets come of {len(octets)}")
            if not piece and not rest:
                break
    except zlib.error as error:
        raise Swells("damaged") from error
    if not stream.eof:
        raise Swells("cut off")
    return bytes(found)
