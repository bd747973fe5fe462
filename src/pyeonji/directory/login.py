"""Who may log in: passwords kept as Argon2id and as a SCRAM verifier, checked away from the event loop."""

import asyncio
import base64
import hmac
import os
import secrets
from collections import OrderedDict

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from pyeonji.address import NotAnAddress, parse_address
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.proto.sasl import HASHES, Verifier, prepared
from pyeonji.store import directory
from pyeonji.store.directory import Account
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import Home

MEMORY_KIB, PASSES, LANES = 19_456, 2, 1  # Argon2id, OWASP's floor: 29 ms a check
CHEAP_KIB = 64  # for the lab only, whose passwords are printed on the screen
SALT = 16  # octets
SCRAM_ITERATIONS = 4_096  # RFC 7677 §4: the least
MAX_PASSWORD = 1_024  # octets; longer ones are refused before they cost anything
CONCURRENT_CHECKS = 4  # Argon2id needs 19 MiB each
REMEMBER_US = 300 * SECOND_US  # a verified login need not be hashed again for five minutes
MAX_REMEMBERED = 10_000


def make_credentials(password: str, *, cheap: bool = False) -> dict[str, str]:
    """What is stored for a password: {"argon2id": PHC string, "scram-sha-256": verifier, "scram-sha-1": verifier}.

    All are made when it is set: later nobody knows it.  The one for SHA-1 makes a password hardly easier to guess for
    who has stolen them: 4,096 rounds of either are soon done, and only a long password stands them.
    """
    salt = os.urandom(SALT)
    argon = Argon2id(
        salt=salt, length=32, iterations=PASSES, lanes=LANES, memory_cost=CHEAP_KIB if cheap else MEMORY_KIB
    )
    return {
        "argon2id": argon.derive_phc_encoded(prepared(password).encode()),
        **{
            kind.lower(): str(Verifier.from_password(kind, password, os.urandom(SALT), SCRAM_ITERATIONS))
            for kind in HASHES
        },
    }


class Logins:
    """Checks logins against one home."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self._home = home
        self._clock = clock
        self._gate = asyncio.Semaphore(CONCURRENT_CHECKS)
        self._key = secrets.token_bytes(32)  # what is remembered is worthless outside of this process
        self._remembered: OrderedDict[bytes, int] = OrderedDict()
        self._nobody = make_credentials(secrets.token_hex(16))["argon2id"]
        self._secret = home.engine.write_now(directory.secret, "scram", secrets.token_hex(32))

    async def visitor(self, login: str) -> Account | None:
        """The account a login names, unless it is disabled."""
        return (await self._find(login))[0]

    async def password(self, login: str, password: str) -> Account | None:
        """The account, if the password is its own.  Unknown accounts take the same time."""
        account, credentials = await self._find(login)
        stored = credentials.get("argon2id", self._nobody)
        if len(password.encode("utf-8", "surrogateescape")) > MAX_PASSWORD:
            return None
        token = hmac.digest(self._key, f"{login}\0{password}\0{stored}".encode("utf-8", "surrogateescape"), "sha256")
        now = self._clock.now_us()
        if account is not None and self._remembered.get(token, 0) > now:
            return account
        async with self._gate:
            good = await asyncio.to_thread(_matches, password, stored)
        if not good or account is None:
            return None
        self._remembered[token] = now + REMEMBER_US
        if len(self._remembered) > MAX_REMEMBERED:
            self._remembered.popitem(last=False)
        return account

    async def verifier(self, login: str, kind: str) -> Verifier:
        """The SCRAM verifier of a login; for an unknown one, a false one that stays the same (RFC 5802 §9).

        The same for all ways to write the name, too: those of an account have one salt.
        """
        name = folded(login)
        account, credentials = await self._find(login)
        if account is not None and kind.lower() in credentials:
            return Verifier.parse(credentials[kind.lower()])

        def noise(what: str) -> bytes:
            text = f"{kind}\0{what}\0{name}".encode("utf-8", "surrogateescape")
            return hmac.digest(self._secret.encode(), text, HASHES[kind])

        return Verifier(noise("salt")[:SALT], SCRAM_ITERATIONS, noise("stored key"), noise("server key"))

    async def _find(self, login: str) -> tuple[Account | None, dict[str, str]]:
        return await self._home.engine.read(_account_and_credentials, folded(login))


def folded(login: str) -> str:
    """A login as the directory compares it, whether anybody is called that or not."""
    try:
        return directory.fold(parse_address(login))
    except NotAnAddress:
        return login.casefold()


def _account_and_credentials(tx: Tx, address: str) -> tuple[Account | None, dict[str, str]]:
    account = directory.account(tx, address)
    if account is None or account.disabled:
        return None, {}
    return account, directory.credentials(tx, account.id)


def _matches(password: str, stored: str) -> bool:
    try:
        # One password, however it was composed: what a Mac types as NFD is what was set as NFC.
        Argon2id.verify_phc_encoded(prepared(password).encode("utf-8", "surrogateescape"), stored)
    except (InvalidKey, ValueError):
        return False
    return True


def random_password() -> str:
    """Easy to type, 80 bits: four groups of four."""
    text = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(text[i : i + 4] for i in range(0, 16, 4))
