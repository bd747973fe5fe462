"""Our signatures on what leaves us: DKIM on what begins here, an ARC set on what others wrote and we hand on.

A letter is signed for the domain of its author, or the nearest domain above it that is ours and has keys in use: so the
signature is aligned with From, as DMARC wants it.  The work is done in a thread, for the loop has others to serve.
"""

import asyncio
from collections.abc import Callable, Iterable

from pyeonji.acceptance.spool import Spool
from pyeonji.journey.event import Decided, Event
from pyeonji.message.author import NotOneAuthor, author
from pyeonji.message.header import Header, parse_header
from pyeonji.msgauth.arc.seal import seal
from pyeonji.msgauth.dkim.bodies import Body
from pyeonji.msgauth.dkim.sign import SigningKey, signature, signing_key
from pyeonji.msgauth.verdict import ArcResult
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.store import keys
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import Home

STEP = 1 << 18  # octets of a body read at once
MAX_LEVELS = 6  # domains looked at, from the author's upwards
HELD_US = 20 * SECOND_US  # how long keys are remembered: an old record stays in the DNS much longer
MAX_HELD = 1_000  # domains, of whatever authors programs of this machine invent

Read = Callable[[int, int], bytes]
Signed = tuple[bytes, tuple[Event, ...]]  # fields for the top of a letter, and what the journey tells of them

NOTHING: Signed = (b"", ())


class Signer:
    """Signs for the domains of one home."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self._home = home
        self._clock = clock
        self._held: dict[str, tuple[int, tuple[SigningKey, ...]]] = {}

    async def signed(self, head: bytes, spool: Spool) -> Signed:
        """The fields to be put on top of this header, and what the journey tells; nothing where we have no key."""
        header = parse_header(head)
        try:
            (first, *_) = author(header)
        except NotOneAuthor:
            return NOTHING
        found = await self.keys_for(first.domain)
        if not found:
            return NOTHING
        now = self._clock.now_us()
        fields = await asyncio.to_thread(_signatures, found, header, spool.reader(), len(spool.head), spool.size, now)
        return fields, (Decided(now, "signed", found[0].domain, ", ".join(key.selector for key in found)),)

    async def sealed(
        self, head: bytes, spool: Spool, domains: Iterable[str], results: bytes, chain: ArcResult
    ) -> Signed:
        """The same for a letter of somebody else that we hand on in the name of the first of these that has keys.

        `results` is the value of our Authentication-Results field, `chain` what we found its chain to be.
        """
        found: tuple[SigningKey, ...] = ()
        for domain in domains:
            if found := await self.keys_for(domain):
                break
        if not found:
            return NOTHING
        now = self._clock.now_us()
        key = found[0]
        read, body_at = spool.reader(), len(spool.head)
        fields = await asyncio.to_thread(_sealed, key, head, read, body_at, spool.size, now, results, chain)
        return (fields, (Decided(now, "sealed", key.domain, key.selector),)) if fields else NOTHING

    async def keys_for(self, domain: str) -> tuple[SigningKey, ...]:
        """The keys in use of this domain or the nearest one above it that has any."""
        now = self._clock.now_us()
        held = self._held.get(domain)
        if held is not None and held[0] > now:
            return held[1]
        found = await self._home.engine.read(_keys_for, domain)
        if len(self._held) >= MAX_HELD:
            self._held.clear()
        self._held[domain] = (now + HELD_US, found)
        return found


def _keys_for(tx: Tx, domain: str) -> tuple[SigningKey, ...]:
    labels = domain.split(".")
    for start in range(min(len(labels), MAX_LEVELS)):
        name = ".".join(labels[start:])
        if found := keys.signing(tx, name):
            return tuple(signing_key(name, selector, pem) for selector, pem in found)
    return ()


def _signatures(
    found: tuple[SigningKey, ...], header: Header, read: Read, body_at: int, end: int, now_us: int
) -> bytes:
    digest = _digest(read, body_at, end)
    return b"".join(signature(header, digest, key, now_us // SECOND_US) for key in found)


def _sealed(
    key: SigningKey, head: bytes, read: Read, body_at: int, end: int, now_us: int, results: bytes, chain: ArcResult
) -> bytes:
    return seal(parse_header(head), _digest(read, body_at, end), key, now_us // SECOND_US, results, chain)


def _digest(read: Read, start: int, end: int) -> bytes:
    """SHA-256 of the relaxed form of a body."""
    body = Body("relaxed")
    for at in range(start, end, STEP):
        body.feed(read(at, min(STEP, end - at)))
    body.finish()
    digest = body.digest()
    assert digest is not None
    return digest.digest
