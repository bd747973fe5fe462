"""Certificates by ACME: asked for, proved, kept, and renewed when a third of their life is left.

All of it is files in DATA/tls/acme: NAME.pem (key and chain), account.json (0600), state.json (what failed, and when it
is tried again), challenges/.  The listeners find a new NAME.pem by themselves.  A renewal keeps its key, so that TLSA
records stay true; after a revocation the key is new.
"""

import asyncio
import base64
import contextlib
import json
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from pyeonji.config.model import Settings
from pyeonji.daemon.certificate import ISSUED
from pyeonji.daemon.kept import State, kept_key, pem, sync_folder, write_private
from pyeonji.daemon.rounds import Rounds
from pyeonji.net.acme import AcmeError, Authorization, Client, Order, Outside, dns_value, signing_request
from pyeonji.net.authority import Authority
from pyeonji.net.certificates import BadCertificate, Files, Shown, load
from pyeonji.net.challenge import put_alpn, put_http
from pyeonji.net.clock import Clock
from pyeonji.net.http import Fetcher
from pyeonji.net.resolver import Resolver
from pyeonji.net.tls import client_context
from pyeonji.proto.dns import Question
from pyeonji.store.lock import Lock

LOOK_S = 20.0  # seconds between two looks at what is due
UNSEEN_S = 43_200  # seconds a name is waited for that is not in the DNS; then the authority is asked all the same
WAITS_S = (300, 1_800, 7_200, 21_600, 43_200, 86_400)  # seconds after the first failure, the second, ...
HOOK_S = 300.0  # seconds for the command that changes the DNS
MAX_SAID = 300  # characters of what that command said


@dataclass(frozen=True, slots=True)
class Wanted:
    """One certificate that there ought to be."""

    names: tuple[str, ...]
    path: Path  # key and chain

    @property
    def label(self) -> str:
        return self.names[0]


def wanted_by(settings: Settings) -> tuple[Wanted, ...]:
    """Those of the configuration; none where no authority is asked."""
    if not settings.acme.directory:
        return ()
    folder = settings.data / "tls" / ISSUED
    lists = settings.acme.certificates or (settings.hostname,)
    found = (tuple(text.split()) for text in lists)
    return tuple(Wanted(names, folder / f"{names[0].replace('*', '_')}.pem") for names in found)


def due_s(shown: Shown) -> int:
    """When it is renewed: a third of its life before its end, or up to a tenth of that earlier.

    How much is decided by its own octets: servers that got theirs together do not come back together.
    """
    third = (shown.until_s - shown.since_s) // 3
    spread = int(shown.fingerprint[:8], 16) / 2**32
    return round(shown.until_s - third * (1 + spread / 10))


def wait_s(failures: int, spread: float) -> int:
    """How long to wait after so many failures; `spread` in [0, 1) adds up to a tenth."""
    return round(WAITS_S[min(failures, len(WAITS_S)) - 1] * (1 + spread / 10))


class Renewal:
    """Sees to it that all certificates that are wanted are there and good."""

    def __init__(self, settings: Settings, clock: Clock, resolver: Resolver) -> None:
        self._settings = settings
        self._clock = clock
        self._folder = settings.data / "tls" / ISSUED
        self._state = State(settings.data)
        self._resolver = resolver
        self._fetcher = Fetcher(
            resolver,
            context=client_context(verify=True, roots=settings.acme.roots),
            may_dial=lambda address: True,  # whom we ask is the administrator's choice, an authority of his own, too
        )
        self._rounds = Rounds(clock, "renewal", self.look, every_s=LOOK_S)

    async def start(self) -> None:
        await self._rounds.start()

    async def stop(self) -> None:
        await self._rounds.stop()

    async def look(self) -> None:
        """Renew what is due."""
        for wanted in wanted_by(self._settings):
            if self.is_due(wanted) and not await self._waits_for_dns(wanted):
                await self.renew(wanted)

    async def _waits_for_dns(self, wanted: Wanted) -> bool:
        """Is one of its names nowhere so far?  Then it cannot be proved: it is asked for as soon as the name is there.

        Those who run the zone are asked themselves, so nobody remembers that there was nothing.  Where they are not
        those whom the authority asks (names of a network of its own), it is asked after half a day.
        """
        state, now_s = self._state.of(wanted.label), self._now_s()
        name = "" if self._settings.acme.challenge == "dns-01" else await self._nowhere(wanted)
        if not name or now_s >= state.get("waits_s", now_s) + UNSEEN_S:
            return False
        waits = {**state, "waits_s": state.get("waits_s", now_s)}
        waits["problem"] = {"kind": "not_in_dns", "detail": "", "name": name}
        if waits != state:
            self._state.keep(wanted.label, waits)
        return True

    async def _nowhere(self, wanted: Wanted) -> str:
        """The first name that surely has no address; "" for none."""
        authority = Authority(self._resolver)
        for name in wanted.names:
            found = [await authority.lookup(Question(name, kind)) for kind in ("A", "AAAA")]
            if not any(one.failed or one.records or one.canonical for one in found):
                return name
        return ""

    def is_due(self, wanted: Wanted) -> bool:
        now_s = self._now_s()
        state = self._state.of(wanted.label)
        if state.get("next_s", 0) > now_s:
            return False
        try:
            shown = load(Files(wanted.path, wanted.path))
        except BadCertificate:
            return True
        return bool(state.get("revoked")) or set(shown.names) != set(wanted.names) or due_s(shown) <= now_s

    async def renew(self, wanted: Wanted, *, new_key: bool = False) -> AcmeError | None:
        """Get it now; what went wrong, if anything, is kept in the state, too."""
        with self._alone() as alone:
            if not alone:
                return AcmeError("busy")
            state = self._state.of(wanted.label)
            try:
                await self._issue(wanted, new_key=new_key or bool(state.get("revoked")))
            except AcmeError as error:
                failures = int(state.get("failures", 0)) + 1
                spread = int.from_bytes(os.urandom(2), "big") / 2**16
                next_s = self._now_s() + wait_s(failures, spread)
                told = {"kind": error.kind, "detail": error.detail, "name": error.name or wanted.label}
                state = {key: value for key, value in state.items() if key != "waits_s"}
                self._state.keep(wanted.label, {**state, "failures": failures, "next_s": next_s, "problem": told})
                if error.kind == "accountDoesNotExist":
                    self._forget_account()
                return error
            self._state.keep(wanted.label, {})
            return None

    async def revoke(self, wanted: Wanted, reason: int) -> AcmeError | None:
        """Take it back, and get another one with another key."""
        try:
            certificate = x509.load_pem_x509_certificate(wanted.path.read_bytes())
        except (OSError, ValueError):
            return AcmeError("not_there", name=wanted.label)
        try:
            await (await self._client()).revoke(certificate.public_bytes(Encoding.DER), reason)
        except AcmeError as error:
            if error.kind != "alreadyRevoked":
                return error
        self._state.keep(wanted.label, {"revoked": True})
        return await self.renew(wanted, new_key=True)

    # ── below ──

    def _now_s(self) -> int:
        return self._clock.now_us() // 1_000_000

    @contextlib.contextmanager
    def _alone(self) -> Iterator[bool]:
        """A command and the server do not ask at the same time."""
        lock = Lock(self._settings.data / "run" / "acme.lock")
        try:
            yield lock.taken
        finally:
            lock.release()

    async def _issue(self, wanted: Wanted, *, new_key: bool) -> None:
        client = await self._client()
        order = await client.order(wanted.names)
        for url in order.authorizations:
            authorization = await client.authorization(url)
            if authorization.status != "valid":
                await self._prove(client, authorization)
        await self._fetch_it(client, order, wanted, new_key=new_key)

    async def _fetch_it(self, client: Client, order: Order, wanted: Wanted, *, new_key: bool) -> None:
        key = kept_key(wanted.path) if not new_key else None
        key = key or ec.generate_private_key(ec.SECP256R1())
        chain = await client.finish(order, signing_request(wanted.names, key))
        new = wanted.path.with_suffix(".new")
        write_private(new, pem(key) + chain.encode())
        try:
            if set(load(Files(new, new)).names) != set(wanted.names):
                raise AcmeError("malformed_answer", "the certificate is for other names")
        except BadCertificate as error:
            raise AcmeError("malformed_answer", str(error)) from error
        new.replace(wanted.path)
        sync_folder(wanted.path.parent)

    async def _prove(self, client: Client, authorization: Authorization) -> None:
        kind = self._settings.acme.challenge
        challenge = next((one for one in authorization.challenges if one.kind == kind), None)
        if challenge is None:
            raise AcmeError("no_challenge", ", ".join(one.kind for one in authorization.challenges), authorization.name)
        text = client.key_authorization(challenge)
        async with self._answer(kind, authorization.name, challenge.token, text):
            await client.begin(challenge)
            await client.proved(authorization)

    @contextlib.asynccontextmanager
    async def _answer(self, kind: str, name: str, token: str, text: str) -> AsyncIterator[None]:
        """The proof, as long as somebody may look at it."""
        if kind == "dns-01":
            label, value = f"_acme-challenge.{name}", dns_value(text)
            await self._hook("add", label, value, name)
            try:
                yield
            finally:
                with contextlib.suppress(AcmeError):  # a record too many harms nobody
                    await self._hook("remove", label, value, name)
            return
        data = self._settings.data
        try:
            path = (
                put_http(data, token, text) if kind == "http-01" else put_alpn(data, name, text, self._clock.now_us())
            )
        except ValueError as error:
            raise AcmeError("malformed_answer", str(error), name) from error
        try:
            yield
        finally:
            path.unlink(missing_ok=True)

    async def _hook(self, verb: str, label: str, value: str, name: str) -> None:
        """Have the DNS changed by the administrator's command."""
        if not self._settings.acme.dns_hook:
            raise AcmeError("no_hook", name=name)
        try:
            process = await asyncio.create_subprocess_exec(
                self._settings.acme.dns_hook, verb, label, value,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
        except OSError as error:
            raise AcmeError("hook", error.strerror or str(error), name) from error
        try:
            async with asyncio.timeout(HOOK_S):
                said, _ = await process.communicate()
        except TimeoutError as error:
            raise AcmeError("hook", f"not done within {HOOK_S:.0f} seconds", name) from error
        finally:
            if process.returncode is None:
                process.kill()
        if process.returncode:
            raise AcmeError("hook", f"{process.returncode} {said.decode('utf-8', 'replace')[-MAX_SAID:]}", name)

    async def _client(self) -> Client:
        """The account, made when there is none at this authority."""
        acme = self._settings.acme
        if not acme.agreed:
            raise AcmeError("not_agreed")
        key, kid = self._account()
        client = Client(self._fetcher, acme.directory, key, self._clock.sleep, kid)
        if not kid:
            await client.register(acme.contact, agreed=True, outside=self._outside())
            self._keep_account(key, client.kid)
        return client

    def _account(self) -> tuple[ec.EllipticCurvePrivateKey, str]:
        try:
            found = json.loads((self._folder / "account.json").read_bytes())
            key = load_pem_private_key(found["key"].encode(), None)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return ec.generate_private_key(ec.SECP256R1()), ""
        if not isinstance(key, ec.EllipticCurvePrivateKey) or found.get("directory") != self._settings.acme.directory:
            return ec.generate_private_key(ec.SECP256R1()), ""
        return key, str(found.get("kid", ""))

    def _keep_account(self, key: ec.EllipticCurvePrivateKey, kid: str) -> None:
        told = {"directory": self._settings.acme.directory, "kid": kid, "key": pem(key).decode()}
        write_private(self._folder / "account.json", json.dumps(told).encode())

    def _forget_account(self) -> None:
        """The authority does not know it: register the same key again."""
        self._keep_account(self._account()[0], "")

    def _outside(self) -> Outside | None:
        acme = self._settings.acme
        if not acme.eab_kid:
            return None
        try:
            text = Path(acme.eab_key_file).read_text("ascii").strip()
            return Outside(acme.eab_kid, _unpadded(text))
        except (OSError, ValueError) as error:
            raise AcmeError("eab_key", str(error)) from error


def _unpadded(text: str) -> bytes:
    """base64url as authorities write it, without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
