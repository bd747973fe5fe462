"""TLS over two memory buffers: octets of the wire in and out, octets of the protocol in and out; whoever has the socket
carries them.
"""

import contextlib
import ssl
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pyeonji.net.tls import bindings, certified, presented_chain

# What goes through a buffer at once: it never becomes smaller again, and an idle connection keeps two of them.
RECORD = 16 * 1024  # octets of plain text encrypted at once: what one record of TLS holds (RFC 8446 §5.1)
PIECE = 8 * 1024  # octets of the wire decrypted at once


@dataclass(frozen=True, slots=True)
class TlsInfo:
    """What was agreed in a handshake."""

    version: str
    cipher: str
    peer_name: str = ""
    trusted: bool = False
    chain: tuple[bytes, ...] = ()  # what the peer showed, in DER, its own certificate first
    bindings: Mapping[str, bytes] = field(default_factory=dict, repr=False)  # what a login here may be bound to
    certified: tuple[str, ...] = ()  # (folded) logins that the client's certificate vouches for


class TlsError(ConnectionError):
    """The handshake failed, or the encrypted stream broke."""


class MemoryTls:
    """One side of an encrypted connection.  Raises ssl.SSLError in the handshake, TlsError for what cannot be read."""

    __slots__ = ("_incoming", "_object", "_outgoing", "_verified", "closed", "pending")

    def __init__(self, context: ssl.SSLContext, server_side: bool, hostname: str | None) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(
            self._incoming, self._outgoing, server_side=server_side, server_hostname=hostname
        )
        self._verified = context.verify_mode == ssl.CERT_REQUIRED
        self.closed = False
        self.pending = b""

    def step(self) -> bool:
        """One step of the handshake; True when it is done."""
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def put(self, octets: bytes) -> None:
        self._incoming.write(octets)

    def take(self) -> bytes:
        return self._outgoing.read()

    def decrypt(self, octets: bytes) -> bytes:
        plain: list[bytes] = []
        for start in range(0, max(1, len(octets)), PIECE):
            self._incoming.write(octets[start : start + PIECE])
            self._read(plain)
        return b"".join(plain)

    def _read(self, plain: list[bytes]) -> None:
        try:
            while chunk := self._object.read(RECORD):
                plain.append(chunk)
            self.closed = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.closed = True
        except ssl.SSLError as error:
            raise TlsError(str(error)) from error

    def encrypt(self, octets: bytes) -> Iterator[bytes]:
        """A piece of what is to be sent after the other."""
        for start in range(0, len(octets), RECORD):
            self._object.write(octets[start : start + RECORD])
            yield self._outgoing.read()

    def goodbye(self) -> bytes:
        with contextlib.suppress(ssl.SSLError):
            self._object.unwrap()
        return self._outgoing.read()

    def info(self) -> TlsInfo:
        cipher = self._object.cipher()
        certificate = self._object.getpeercert() if self._verified else None
        return TlsInfo(
            version=sys.intern(self._object.version() or ""),  # the same few words for all connections
            cipher=sys.intern(cipher[0] if cipher else ""),
            peer_name=_common_name(certificate),
            trusted=self._verified,
            chain=() if self._object.server_side else presented_chain(self._object),
            bindings=bindings(self._object) if self._object.server_side else {},
            certified=certified(self._object) if self._object.server_side else (),
        )


def _common_name(certificate: object) -> str:
    if not isinstance(certificate, dict):
        return ""
    names = [value for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS"]
    return names[0] if names else ""
