"""S21, S22: what is wrong with an exchange opens no door, troubles no other exchange, and tells nobody who is here."""

import base64
import os
import statistics
import time
from types import SimpleNamespace

import pytest

from attacks.test_logins import plain, scram_proof
from kit.inprocess import LOGGED_IN, attack
from pyeonji.access.pop3 import authorization
from pyeonji.directory import exchange, login
from pyeonji.directory.exchange import Answer
from pyeonji.directory.login import Logins, make_credentials
from pyeonji.intake import dialogue
from pyeonji.net.ids import Ids
from pyeonji.proto.imap.command import authenticate
from pyeonji.proto.sasl.machine import NeedsCheck
from pyeonji.proto.sasl.plain import Plain
from pyeonji.store import directory

SERVICES = ("submission", "pop3", "imap")
GOOD = plain(b"", b"kim@here.test", b"secret")
BEGIN = {"submission": b"AUTH %b\r\n", "pop3": b"AUTH %b\r\n", "imap": b"a AUTHENTICATE %b\r\n"}
IN = {**LOGGED_IN, "imap": b"a OK"}
OUT = {"submission": (b"535 5.7.8", b"501 5."), "pop3": (b"-ERR",), "imap": (b"a NO", b"a BAD")}


async def begun(stations, service, mechanism=b"PLAIN"):
    """An exchange whose server waits for the first message."""
    client = await stations.client(service, hello=service == "submission")
    await client.send(BEGIN[service] % mechanism)
    await client.until(b"\r\n")
    return client


async def let_in(stations, service, response):
    client = await begun(stations, service)
    said = await client.last(response + b"\r\n")
    assert IN[service] in said or said.startswith(OUT[service]), said
    return IN[service] in said


# ── octets that one reader takes for a password and another does not ──

MALFORMED = {
    "junk within the base64": GOOD[:8] + b"!?" + GOOD[8:],
    "white space within the base64": GOOD[:8] + b" " + GOOD[8:],
    "more behind a NUL": plain(b"", b"kim@here.test", b"secret\0wrong"),
    "no password": plain(b"", b"kim@here.test", b""),
    "no name before the name": base64.b64encode(b"kim@here.test\0secret"),
}


plain_step, check = Plain.step, Logins.password


def as_in_c(self, response):
    """PLAIN of a server for which a string ends at its NUL, and which takes what is missing for empty."""
    if response is None:
        return plain_step(self, None)
    parts = response.decode().split("\0")
    name, password = (parts if len(parts) == 2 else parts[1:])[:2]
    return NeedsCheck(name, password)


async def without_a_password(self, name, password, scope):
    """A directory that binds as anybody where no password is given, as LDAP does (RFC 4513 §5.1.2)."""
    return await check(self, name, password, scope) if password else Answer(await self.visitor(name))


def lenient(monkeypatch):
    def decoded(octets, validate=False):
        return base64.b64decode(octets)

    monkeypatch.setattr(dialogue, "decoded", decoded)
    monkeypatch.setattr(authenticate, "decode", decoded)
    monkeypatch.setattr(authorization, "base64", SimpleNamespace(b64decode=decoded, b64encode=base64.b64encode))


def in_c(monkeypatch):
    monkeypatch.setattr(Plain, "step", as_in_c)


def anonymous(monkeypatch):
    in_c(monkeypatch)
    monkeypatch.setattr(Logins, "password", without_a_password)


OFF = {
    "junk within the base64": lenient,
    "white space within the base64": lenient,
    "more behind a NUL": in_c,
    "no password": anonymous,
    "no name before the name": in_c,
}


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_malformed_is_no_password(tmp_path, service):
    async def story(stations):
        for name, response in MALFORMED.items():
            assert not await let_in(stations, service, response), name
        assert await let_in(stations, service, GOOD)

    attack(tmp_path, story)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("name", MALFORMED)
def test_a_lenient_reader_would_let_it_in(tmp_path, service, name, monkeypatch):
    """Negative control."""
    OFF[name](monkeypatch)

    async def story(stations):
        assert await let_in(stations, service, MALFORMED[name])

    attack(tmp_path, story)


def test_a_directory_that_takes_no_password_for_a_good_one_is_never_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(Logins, "password", without_a_password)

    async def story(stations):
        for service in SERVICES:
            assert not await let_in(stations, service, MALFORMED["no password"])

    attack(tmp_path, story)


# ── one exchange and another (Dovecot CVE-2025-59028) ──

DISTURBING = (b"!!!!", b"*", b"", b"=", base64.b64encode(b"\xff\0\xfe\0\xff"), b"A" * 9_000)


async def disturbed(stations, service):
    """LOGIN, and between its two answers others begin exchanges of theirs and break them off; is it let in?"""
    client = await begun(stations, service, b"LOGIN")
    await client.send(base64.b64encode(b"kim@here.test") + b"\r\n")
    await client.until(b"\r\n")
    for response in DISTURBING:
        other = await begun(stations, service, b"LOGIN")
        await other.last(response + b"\r\n")
    return IN[service] in await client.last(base64.b64encode(b"secret") + b"\r\n")


@pytest.mark.parametrize("service", SERVICES)
def test_an_exchange_is_not_troubled_by_others(tmp_path, service):
    async def story(stations):
        assert await disturbed(stations, service)

    attack(tmp_path, story)


@pytest.mark.parametrize("service", SERVICES)
def test_one_machine_for_all_would_be_troubled(tmp_path, service, monkeypatch):
    """Negative control."""
    made, latest = exchange.server, []

    def shared(name, **facts):
        latest.append(made(name, **facts))
        return SimpleNamespace(step=lambda response: latest[-1].step(response))

    monkeypatch.setattr(exchange, "server", shared)

    async def story(stations):
        assert not await disturbed(stations, service)

    attack(tmp_path, story)


# ── a proof that somebody overheard ──


async def replayed(stations):
    """The answer to a SCRAM proof, and to the same proof in another connection."""
    proof, answers = None, []
    first = b"n=kim@here.test,r=abc"
    for _ in range(2):
        client = await begun(stations, "submission", b"SCRAM-SHA-256")
        await client.send(base64.b64encode(b"n,," + first) + b"\r\n")
        challenge = base64.b64decode((await client.until(b"\r\n"))[4:])
        proof = proof or scram_proof(challenge, first, "secret")
        answers.append(await client.last(base64.b64encode(proof) + b"\r\n\r\n"))
    return [b"235" in answer for answer in answers]


def test_a_nonce_is_good_once(tmp_path):
    async def story(stations):
        assert await replayed(stations) == [True, False]

    attack(tmp_path, story)


def test_with_a_nonce_that_stays_the_same_the_proof_would_open_again(tmp_path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(Ids, "token", lambda self, size: "always-the-same")

    async def story(stations):
        assert await replayed(stations) == [True, True]

    attack(tmp_path, story)


# ── an account that is switched off (maddy CVE-2022-24732) ──


async def let_in_though_disabled(stations):
    stations.home.engine.write_now(directory.disable, stations.people[0].id, True)
    by_password = [service for service in SERVICES if await let_in(stations, service, GOOD)]
    return by_password, (await replayed(stations))[0]


def test_a_disabled_account_opens_no_door_by_any_mechanism(tmp_path):
    async def story(stations):
        assert await let_in_though_disabled(stations) == ([], False)

    attack(tmp_path, story)


def test_a_directory_that_forgot_it_would_open_all(tmp_path, monkeypatch):
    """Negative control."""

    def whoever(tx, address):
        account = directory.account(tx, address)
        return account, directory.credentials(tx, account.id)

    monkeypatch.setattr(login, "_account_and_credentials", whoever)

    async def story(stations):
        assert await let_in_though_disabled(stations) == ([*SERVICES], True)

    attack(tmp_path, story)


# ── S22: how long a "no" takes ──

TRIES = int(os.environ.get("PYEONJI_TRIES", "24"))  # 1,000 of each for the figure in docs/figures.md
ALIKE = 0.05  # the medians may differ by this part


async def costs(stations, service):
    """Median processor time of a wrong password of somebody, and of nobody; by turns, each first as often."""
    strong = make_credentials("secret")
    stations.home.engine.write_now(directory.set_credentials, stations.people[0].id, strong)
    took = {b"kim@here.test": [], b"nix@here.test": []}
    for turn in range(TRIES):
        for name, times in sorted(took.items(), reverse=turn % 2 == 1):
            client = await begun(stations, service)
            began = time.process_time()
            assert IN[service] not in await client.last(plain(b"", name, b"wrong") + b"\r\n")
            times.append(time.process_time() - began)
    return [statistics.median(times) for times in took.values()]


@pytest.mark.parametrize("service", SERVICES)
def test_a_no_takes_as_long_for_nobody_as_for_somebody(tmp_path, service):
    async def story(stations):
        for _ in range(3):  # the caches of a busy machine are another's now and then
            somebody, nobody = await costs(stations, service)
            print(f"{service}: {somebody * 1000:.2f} ms, {nobody * 1000:.2f} ms")
            if abs(somebody / nobody - 1) < ALIKE:
                return
        raise AssertionError(f"{somebody * 1000:.2f} ms for somebody, {nobody * 1000:.2f} ms for nobody")

    attack(tmp_path, story)


def test_without_a_hash_for_nobody_it_would_tell(tmp_path, monkeypatch):
    """Negative control."""

    async def hasty(self, name, password, scope):
        account = await self.visitor(name)
        return await check(self, name, password, scope) if account else Answer(None)

    monkeypatch.setattr(Logins, "password", hasty)

    async def story(stations):
        somebody, nobody = await costs(stations, "submission")
        assert somebody > 2 * nobody

    attack(tmp_path, story)
