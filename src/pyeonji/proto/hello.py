"""The first words of a TLS client, read before anybody answers them: which protocol it wants to speak.

One port serves pages and the challenge of an authority (RFC 8737); who asks for the one must not be shown the
certificate of the other, and `ssl` tells nobody what a client offers before it has chosen a certificate.
"""

RECORD, HANDSHAKE, CLIENT_HELLO, ALPN = 5, 22, 1, 16  # RFC 8446 §5.1, §4, §4.2; RFC 7301 §3.1
MAX_HELLO = 16 * 1024  # octets of all its records; a hello with keys for two kinds of exchange has 2,000
MAX_RECORDS = 32  # it comes in; one or two, but for those who want it looked at again and again


class _Cut(Exception):
    """There is less than was said."""


def offered(octets: bytes) -> tuple[bytes, ...] | None:
    """The protocols a client offers; None while its hello has not come whole.

    () for whatever offers none, or is no hello: the handshake will say what is wrong with it.
    """
    try:
        hello = _hello(octets)
    except _Cut:
        return None if len(octets) <= MAX_HELLO else ()
    try:
        return _protocols(hello)
    except _Cut:
        return ()


def _hello(octets: bytes) -> bytes:
    """The message, put together from as many records as it takes; b"" for something else."""
    message = b""
    for _ in range(MAX_RECORDS):
        if octets[:1] not in (b"", bytes((HANDSHAKE,))):
            return b""
        size = int.from_bytes(_taken(octets, RECORD)[3:5])
        message += _taken(octets[RECORD:], size)
        octets = octets[RECORD + size :]
        if message[:1] not in (b"", bytes((CLIENT_HELLO,))) or size == 0:
            return b""
        if len(message) >= 4 and len(message) - 4 >= (length := int.from_bytes(message[1:4])):
            return message[4 : 4 + length]
    return b""


def _protocols(hello: bytes) -> tuple[bytes, ...]:
    rest = hello[34:]  # version and random
    for width in (1, 2, 1):  # session, ciphers, compressions
        rest = _vector(rest, width)[1]
    extensions, _ = _vector(rest, 2) if rest else (b"", b"")
    while extensions:
        kind = int.from_bytes(_taken(extensions, 2))
        content, extensions = _vector(extensions[2:], 2)
        if kind == ALPN:
            return tuple(_names(_vector(content, 2)[0]))
    return ()


def _names(octets: bytes) -> list[bytes]:
    found = []
    while octets:
        name, octets = _vector(octets, 1)
        found.append(name)
    return found


def _vector(octets: bytes, width: int) -> tuple[bytes, bytes]:
    """What a length of so many octets is said of, and what comes behind it."""
    size = int.from_bytes(_taken(octets, width))
    return _taken(octets[width:], size), octets[width + size :]


def _taken(octets: bytes, size: int) -> bytes:
    if len(octets) < size:
        raise _Cut
    return octets[:size]
