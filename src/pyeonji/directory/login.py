"""Who may log in: passwords kept as Argon2id and as a SCRAM verifier, checked away from the event loop."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import os
import re
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from datetime import timedelta

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from pyeonji.directory.app_keys import is_key, key_digest
from pyeonji.directory.attempts import Attempts
from pyeonji.directory.exchange import Answer
from pyeonji.directory.issuer import Issuer, Unreachable
from pyeonji.directory.ldap import Ldap, Silent
from pyeonji.directory.names import folded
from pyeonji.directory.newcomers import Newcomers
from pyeonji.directory.settings import GuardSettings
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.proto.jose import BadToken
from pyeonji.proto.precis import is_password
from pyeonji.proto.sasl import HASHES, Verifier, prepared
from pyeonji.store import app_passwords, apps, directory
from pyeonji.store.app_passwords import AppPassword
from pyeonji.store.apps import Holder
from pyeonji.store.directory import Account
from pyeonji.store.engine.base import StoreError, Tx
from pyeonji.store.home import Home
from pyeonji.store.logins import IN, LATER, SCOPE, WRONG

MEMORY_KIB, PASSES, LANES = 19_456, 2, 1  # Argon2id, OWASP's floor: 29 ms a check
CHEAP_KIB = 64  # for the lab only, whose passwords are printed on the screen
SALT, HASH = 16, 32  # octets
SCRAM_ITERATIONS = 4_096  # RFC 7677 §4: the least
MAX_PASSWORD = 1_024  # octets; longer ones are refused before they cost anything
CONCURRENT_CHECKS = 4  # Argon2id needs 19 MiB each
REMEMBER_US = 300 * SECOND_US  # a verified login need not be hashed again for five minutes
MAX_REMEMBERED = 10_000


def make_credentials(password: str, *, cheap: bool = False) -> dict[str, str]:
    """What is stored for a password: {"argon2id": PHC string, "scram-sha-256": verifier, "scram-sha-1": verifier}.

    All are made when it is set: later nobody knows it.  The one for SHA-1 makes a password hardly easier to guess for
    who has stolen them: 4,096 rounds of either are soon done, and only a long password stands them.
    Raises ValueError for a password with characters that cannot be used.
    """
    if not is_password(password):
        raise ValueError("a character that cannot be used")
    salt = os.urandom(SALT)
    argon = Argon2id(
        salt=salt, length=HASH, iterations=PASSES, lanes=LANES, memory_cost=CHEAP_KIB if cheap else MEMORY_KIB
    )
    return {"argon2id": argon.derive_phc_encoded(prepared(password).encode()), **verifiers(password, HASHES)}


def verifiers(password: str, kinds: Iterable[str]) -> dict[str, str]:
    """What SCRAM of these kinds needs, as it is stored."""
    return {
        kind.lower(): str(Verifier.from_password(kind, password, os.urandom(SALT), SCRAM_ITERATIONS)) for kind in kinds
    }


class Logins:
    """Checks logins against one home."""

    def __init__(
        self,
        home: Home,
        clock: Clock,
        settings: GuardSettings | None = None,
        issuer: Issuer | None = None,
        ldap: Ldap | None = None,
        newcomers: Newcomers | None = None,
    ) -> None:
        self._issuer = issuer
        self._ldap = ldap
        self._newcomers = newcomers
        self.attempts = Attempts(home, clock)
        self._known_for_us = (settings or GuardSettings()).known_for // timedelta(microseconds=1)
        self._home = home
        self._clock = clock
        self._gate = asyncio.Semaphore(CONCURRENT_CHECKS)
        self._key = secrets.token_bytes(32)  # what is remembered is worthless outside of this process
        self._remembered: OrderedDict[bytes, int] = OrderedDict()
        self._nobody = _of_nobody()
        self._secret = home.engine.write_now(directory.secret, "scram", secrets.token_hex(32))

    async def visitor(self, login: str) -> Account | None:
        """The account a login names, unless it is disabled."""
        return (await self._find(login))[0]

    async def password(self, login: str, password: str, scope: str) -> Answer[Account]:
        """The account, if the password is its own, one of its app passwords, or a key of its apps, and good for this.

        Unknown accounts, wrong passwords and wrong scopes take the same time.
        """
        if len(password.encode("utf-8", "surrogateescape")) > MAX_PASSWORD:
            return Answer(None)
        name, digest = folded(login), app_digest(password)
        if is_key(password) and (answer := await self._of_app(name, password, scope)) is not None:
            return answer
        account, credentials, app = await self._home.engine.read(_found, name, digest)
        if app is not None and scope in app.scopes:
            return Answer(account, IN, app.name)
        if await self._is_own(name, password, account, credentials):
            return Answer(account, IN)
        if app is not None:
            return Answer(None, SCOPE, app.name)
        if self._ldap is None:
            return Answer(None, WRONG)
        return await self._elsewhere(self._ldap, name, password, account, asked="argon2id" not in credentials)

    async def _elsewhere(
        self, ldap: Ldap, name: str, password: str, account: Account | None, *, asked: bool
    ) -> Answer[Account]:
        """What the directory says of it; of names that nobody has here it is asked, too, and its word makes an account
        at most (`Newcomers`).

        Whoever has a password here is not `asked` for, and waits as long for a no.
        """
        token = hmac.digest(self._key, f"ldap\0{name}\0{password}".encode("utf-8", "surrogateescape"), "sha256")
        now = self._clock.now_us()
        if account is not None and asked and self._remembered.get(token, 0) > now:
            return Answer(account, IN)
        try:
            good = await ldap.knows(name, password if asked else "")
        except Silent as error:
            return Answer(None, LATER, because=str(error))
        if good and account is None and asked and self._newcomers is not None:
            account = await self._newcomers.welcome(name)
        if not good or account is None:
            return Answer(None, WRONG)
        self._remember(token, now)
        return Answer(account, IN)

    async def _of_app(self, name: str, text: str, scope: str) -> Answer[Account] | None:
        """An app hands in letters in the name of its account; None when there is no such key.

        Of 160 bits nobody learns anything by how long the answer takes.
        """
        account, holder = await self._home.engine.read(_held, name, key_digest(text))
        if holder is None:
            return None
        if account is None or holder.app.account_id != account.id:
            return Answer(None, WRONG)
        key = holder.key
        if scope != "smtp" or "send" not in key.scopes:
            return Answer(None, SCOPE, key.hint)
        return Answer(account, IN, key.hint, key=key)

    def issuer(self) -> str:
        """Where the issuer is described whose tokens are taken; "" when none is."""
        return self._issuer.settings.description if self._issuer is not None else ""

    async def token(self, login: str, token: str) -> Answer[Account]:
        """The account a token names; `login`, if said, must be the same."""
        if self._issuer is None:
            return Answer(None)
        try:
            name = folded(await self._issuer.login(token))
        except BadToken as error:
            return Answer(None, because=str(error))
        except Unreachable as error:
            return Answer(None, LATER, because=str(error))
        if login and folded(login) != name:
            return Answer(None, because=f"it is that of {name}")
        account = await self.visitor(name)
        return Answer(account, IN, login=name) if account is not None else Answer(None, because=f"no account {name}")

    async def _is_own(self, login: str, password: str, account: Account | None, credentials: dict[str, str]) -> bool:
        stored = credentials.get("argon2id", self._nobody)
        token = hmac.digest(self._key, f"{login}\0{password}\0{stored}".encode("utf-8", "surrogateescape"), "sha256")
        now = self._clock.now_us()
        if account is not None and self._remembered.get(token, 0) > now:
            return True
        async with self._gate:
            good = await asyncio.to_thread(_matches, password, stored)
        if not good or account is None:
            return False
        if missing := [kind for kind in HASHES if kind.lower() not in credentials]:
            await self._complete(account, password, stored, missing)
        self._remember(token, now)
        return True

    def _remember(self, token: bytes, now: int) -> None:
        self._remembered[token] = now + REMEMBER_US
        if len(self._remembered) > MAX_REMEMBERED:
            self._remembered.popitem(last=False)

    async def _complete(self, account: Account, password: str, stored: str, missing: list[str]) -> None:
        """A password that was set before we spoke a mechanism is known for a moment: now it can be made good for it."""
        more = await asyncio.to_thread(verifiers, password, missing)
        with contextlib.suppress(StoreError):
            await self._home.engine.write(directory.add_credentials, account.id, stored, more)

    async def knows(self, login: str, place: str) -> bool:
        """Has this login come in from there lately?"""
        return await self.attempts.knows(login, place, self._clock.now_us() - self._known_for_us)

    def note(self, login: str, place: str, service: str, mechanism: str, answer: Answer[object]) -> None:
        """Keep this attempt, for its owner to see."""
        self.attempts.note(login, place, service, mechanism, answer.outcome, answer.credential)

    async def verifier(self, login: str, kind: str) -> Verifier:
        """The SCRAM verifier of a login; for an unknown one, a false one that stays the same (RFC 5802 §9).

        The same for all ways to write the name, too: those of an account have one salt.
        """
        name = folded(login)
        account, credentials = await self._find(login)

        def noise(what: str) -> bytes:
            text = f"{kind}\0{what}\0{name}".encode("utf-8", "surrogateescape")
            return hmac.digest(self._secret.encode(), text, HASHES[kind])

        false = Verifier(noise("salt")[:SALT], SCRAM_ITERATIONS, noise("stored key"), noise("server key"))
        stored = credentials.get(kind.lower()) if account is not None else None
        return Verifier.parse(stored or str(false))  # the same work for both

    async def _find(self, login: str) -> tuple[Account | None, dict[str, str]]:
        return await self._home.engine.read(_account_and_credentials, folded(login))


def _of_nobody() -> str:
    """What is checked where nobody has that name: as long as a stored hash, at its cost, of no password.

    Its octets are drawn and not derived, so that it costs nothing to make.
    """
    salt, octets = (base64.b64encode(os.urandom(size)).decode().rstrip("=") for size in (SALT, HASH))
    return f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${octets}"


def _found(tx: Tx, address: str, digest: str) -> tuple[Account | None, dict[str, str], AppPassword | None]:
    account, credentials = _account_and_credentials(tx, address)
    return account, credentials, app_passwords.find(tx, account.id if account else 0, digest)


def _held(tx: Tx, address: str, digest: str) -> tuple[Account | None, Holder | None]:
    return _account_and_credentials(tx, address)[0], apps.find(tx, digest)


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


SEPARATORS = re.compile(r"[\s-]")


def app_digest(password: str) -> str:
    """By which an app password is found, however its groups were typed."""
    text = SEPARATORS.sub("", password).casefold()
    return hashlib.sha256(b"app password\0" + text.encode("utf-8", "surrogateescape")).hexdigest()


def random_password() -> str:
    """Easy to type, 80 bits: four groups of four."""
    text = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(text[i : i + 4] for i in range(0, 16, 4))
