"""The life of our signing keys: made, seen in the DNS, taken into use, renewed when they are old, given up.

We do not write the DNS.  A new key waits until its record is there, and signs only then; the old one goes on meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pyeonji.msgauth.dkim.key import shown
from pyeonji.msgauth.dkim.sign import Private, record
from pyeonji.net.clock import SECOND_US
from pyeonji.proto.dns import Asking
from pyeonji.store import directory, keys
from pyeonji.store.engine.base import Conflict, Tx
from pyeonji.store.home import Home
from pyeonji.store.keys import OwnKey
from pyeonji.store.settings import NEVER
from pyeonji.submission.door import Door
from pyeonji.submission.new_keys import tell

RSA_BITS = 2_048  # what everybody takes (RFC 8301 §3.2) and fits into one DNS answer
SETTLE_US = 3_600 * SECOND_US  # how long a renewed record must have been there: not all name servers change at once
LISTED_US = 30 * 86_400 * SECOND_US  # how long a key that was given up is still listed
ALGORITHMS = {"rsa-sha256": "r", "ed25519-sha256": "e"}  # and the last letter of their selectors
MAX_A_DAY = 26  # selectors of one algorithm, domain and day

Ask = Callable[["Asking[str]"], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Made:
    """A key nobody knows of yet."""

    algorithm: str
    private_pem: str
    record: str


def make(algorithm: str) -> Made:
    """A new key: a tenth of a second for RSA."""
    private: Private
    if algorithm == "rsa-sha256":
        private = rsa.generate_private_key(public_exponent=65_537, key_size=RSA_BITS)
    else:
        private = ed25519.Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return Made(algorithm, pem, record(private))


def make_all(algorithms: Iterable[str] = ALGORITHMS) -> list[Made]:
    """One of each algorithm."""
    return [make(algorithm) for algorithm in algorithms]


def named(tx: Tx, domain: str, made: list[Made], now_us: int) -> list[OwnKey]:
    """These keys under selectors that nobody has: "20261127r", the next of that day "20261127rb".  Raises Conflict."""
    taken = {key.selector for key in keys.keys_of(tx, domain)}
    day = datetime.fromtimestamp(now_us // SECOND_US, UTC).strftime("%Y%m%d")
    found = []
    for one in made:
        letter = ALGORITHMS[one.algorithm]
        names = (f"{day}{letter}{chr(97 + n) if n else ''}" for n in range(MAX_A_DAY))
        selector = next((name for name in names if name not in taken), "")
        if not selector:
            raise Conflict(f"{day}{letter}")
        taken.add(selector)
        found.append(OwnKey(domain, selector, one.algorithm, one.record, now_us, 0, 0, 0))
    return found


def put(tx: Tx, named_keys: list[OwnKey], made: list[Made]) -> None:
    """Keep them; raises Conflict when a selector was taken meanwhile."""
    for key, one in zip(named_keys, made, strict=True):
        keys.add_key(tx, key, one.private_pem)


def add(tx: Tx, domain: str, made: list[Made], now_us: int) -> list[OwnKey]:
    """Name these keys and keep them."""
    found = named(tx, domain, made, now_us)
    put(tx, found, made)
    return found


def lacking(tx: Tx, domain: str, now_us: int, rotate_after: timedelta) -> list[str]:
    """The algorithms of which this domain needs a new key: it has none, or the one in use is old and none waits."""
    found = [key for key in keys.keys_of(tx, domain) if key.state != "retired"]
    wanted = []
    for algorithm in ALGORITHMS:
        own = [key for key in found if key.algorithm == algorithm]
        if not own or (rotate_after != NEVER and all(_is_old(key, now_us, rotate_after) for key in own)):
            wanted.append(algorithm)
    return wanted


def _is_old(key: OwnKey, now_us: int, rotate_after: timedelta) -> bool:
    return key.state == "active" and key.active_us + round(rotate_after.total_seconds() * SECOND_US) <= now_us


def signs_for(domain: str) -> bool:
    """Can anybody ask the DNS about it?  "localhost" and single names have no keys."""
    return "." in domain


async def follow(door: Door, ask: Ask, rotate_after: timedelta) -> None:
    """One look at all keys: make those that are needed, look for those that wait, forget those long gone."""
    home, now = door.acceptance.home, door.acceptance.clock.now_us()
    for domain in await home.engine.read(_domains):
        algorithms = await home.engine.read(lacking, domain, now, rotate_after)
        if algorithms:
            made = await asyncio.to_thread(make_all, algorithms)
            found = await home.engine.read(named, domain, made, now)
            await tell(door, domain, found, partial(put, named_keys=found, made=made))
    await look(home, ask, now)
    await home.engine.write(keys.forget_old, now - LISTED_US)


async def look(home: Home, ask: Ask, now_us: int, domain: str = "") -> dict[str, str]:
    """Ask the DNS about the keys that wait, and take into use those that are there; what it said, by their names."""
    said = {}
    for key in await home.engine.read(_waiting, domain):
        said[key.name] = await ask(shown(key.selector, key.domain, key.record))
        if said[key.name] == "shown":
            await home.engine.write(_step, key, now_us)
    return said


def _waiting(tx: Tx, domain: str) -> list[OwnKey]:
    found = keys.keys_of(tx, domain) if domain else keys.all_keys(tx)
    return [key for key in found if key.state in ("made", "published")]


def _step(tx: Tx, key: OwnKey, now_us: int) -> None:
    """It is in the DNS: the first of its kind signs at once, one that takes the place of another after a while."""
    keys.seen(tx, key.domain, key.selector, now_us)
    others = [one for one in keys.keys_of(tx, key.domain) if one.algorithm == key.algorithm and one.state == "active"]
    if not others or now_us - (key.published_us or now_us) >= SETTLE_US:
        keys.activate(tx, key.domain, key.selector, now_us)


def _domains(tx: Tx) -> list[str]:
    return [one.name for one in directory.domains(tx) if signs_for(one.name)]
