"""Passwords that a directory knows: all services, through TLS that is proved, and what goes wrong there."""

import asyncio
import base64
from datetime import timedelta
from pathlib import Path

import pytest

from attacks.test_binding import BEGIN, Client
from kit.fake_ldap import FakeLdap, end
from kit.inprocess import LOGGED_IN, attack
from kit.stored import person
from kit.web import AUTHORITY, served_by
from pyeonji.directory import ldap as module
from pyeonji.directory import newcomers
from pyeonji.directory.ldap import Ldap, LdapSettings, Silent
from pyeonji.directory.newcomers import Newcomers
from pyeonji.proto import ldap as proto
from pyeonji.store import directory, logins

SERVICES = ("submission", "imap", "pop3")
PARK = "park@here.test"  # has an account here, and no password
NAME = "uid=park,dc=here"
PEOPLE = {PARK: (NAME, "open sesame"), "choi@here.test": ("uid=choi,dc=here", "x")}
NO = {"submission": b"535 5.7.8", "imap": b"NO [AUTHENTICATIONFAILED]", "pop3": b"-ERR [AUTH]"}
LATER = {"submission": b"454 4.7.0", "imap": b"NO [UNAVAILABLE]", "pop3": b"-ERR [SYS/TEMP]"}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(module, "NO_TAKES_S", 0.0)


def settings(web, folder, **facts):
    roots = Path(folder) / "roots.pem"
    roots.write_bytes(AUTHORITY.cert_pem.bytes())
    facts = {"url": web.url, "base": "dc=here", "roots": str(roots), "patience": timedelta(seconds=5), **facts}
    return LdapSettings(**facts)


def with_directory(tmp_path, story, people=PEOPLE, tls=None, **facts):
    async def told(stations):
        async with FakeLdap(people, tls=tls) as web:
            person(stations.home, PARK)
            said = settings(web, tmp_path, **facts)
            stations.logins._ldap = Ldap(said)
            if said.new_accounts:
                stations.logins._newcomers = Newcomers(said, stations.home, stations.clock)
            stations.web = web
            await story(stations)

    attack(tmp_path, told)


async def log_in(stations, service, login, password):
    client = await Client.led_to(service, stations.ports[service])
    await client.say(BEGIN[service] + b"PLAIN\r\n")
    said = await client.say(base64.b64encode(f"\0{login}\0{password}".encode()) + b"\r\n")
    if LOGGED_IN[service] in said:
        await client.leave()
    return said


@pytest.mark.parametrize("service", SERVICES)
def test_a_password_of_the_directory_logs_in(tmp_path, service):
    async def story(stations):
        assert LOGGED_IN[service] in await log_in(stations, service, "Park@here.test", "open sesame")
        assert NO[service] in await log_in(stations, service, PARK, "open sesam")
        assert stations.web.binds == [NAME, None]
        await stations.logins.attempts.flush()
        kept = stations.home.engine.read_now(logins.attempts, PARK, stations.logins.attempts.secret, 9)
        assert {one.outcome for one in kept} == {"in", "wrong"}

    with_directory(tmp_path, story)


def test_it_is_not_asked_again_for_some_minutes(tmp_path):
    async def story(stations):
        for _ in range(3):
            assert LOGGED_IN["imap"] in await log_in(stations, "imap", PARK, "open sesame")
        assert len(stations.web.binds) == 1

    with_directory(tmp_path, story)


def test_whoever_has_a_password_here_or_no_account_is_none_of_its_business(tmp_path):
    people = {**PEOPLE, "kim@here.test": ("uid=kim,dc=here", "of the directory")}

    async def story(stations):
        assert LOGGED_IN["imap"] in await log_in(stations, "imap", "kim@here.test", "secret")
        assert NO["imap"] in await log_in(stations, "imap", "kim@here.test", "of the directory")
        assert stations.web.binds == []
        assert NO["imap"] in await log_in(stations, "imap", "choi@here.test", "x")  # known there, not here

    with_directory(tmp_path, story, people)


CHOI = "choi@here.test"
NEWCOMERS = {"new_accounts": ("here.test",)}


def accounts(stations):
    return {one.address for one in stations.home.engine.read_now(directory.accounts)}


@pytest.mark.parametrize("service", SERVICES)
def test_whom_the_directory_knows_has_an_account_from_his_first_login_on(tmp_path, service):
    async def story(stations):
        assert NO[service] in await log_in(stations, service, CHOI, "wrong")
        assert CHOI not in accounts(stations)
        assert LOGGED_IN[service] in await log_in(stations, service, "Choi@here.test", "x")
        found = stations.home.engine.read_now(directory.account, CHOI)
        assert (found.quota_octets, found.language, found.disabled) == (5_000, "en", False)
        assert stations.home.engine.read_now(directory.credentials, found.id) == {}
        assert LOGGED_IN[service] in await log_in(stations, service, CHOI, "x")
        assert stations.home.engine.read_now(directory.account, CHOI).id == found.id

    with_directory(tmp_path, story, **NEWCOMERS, new_quota=5_000, new_language="en")


HERE = ("uid=choi,dc=here", "x")
NOBODYS = {
    "of another domain": ("choi@far.test", {}),
    "of a domain here that was not named": ("choi@other.test", {}),
    "of an alias": ("alias@here.test", {}),
    "of whoever was switched off": ("off@here.test", {}),
    "with a tag": ("choi+x@here.test", {}),
    "in wide letters": ("ｃｈｏｉ@here.test", {}),
    "in quotes": ('"choi x"@here.test', {}),
    "without a domain": ("choi", {}),
    "of no address": ("choi@here.test@here.test", {}),
    "of one too many": (CHOI, {"most_accounts": 1}),
    "where none are made": (CHOI, {"new_accounts": ()}),
}


@pytest.mark.parametrize("kind", NOBODYS)
def test_nobody_else_is_given_an_account(tmp_path, kind):
    """S21: the directory says yes to each of these names."""
    name, facts = NOBODYS[kind]

    async def story(stations):
        stations.home.engine.write_now(directory.add_domain, "other.test", 1)
        stations.home.engine.write_now(directory.add_alias, "alias@here.test", PARK)
        off = person(stations.home, "off@here.test")
        stations.home.engine.write_now(directory.disable, off.id, True)
        before = accounts(stations)
        assert NO["imap"] in await log_in(stations, "imap", name, "x")
        assert stations.web.binds == [HERE[0]]  # it did say yes
        assert accounts(stations) == before

    with_directory(tmp_path, story, {name: HERE}, **{**NEWCOMERS, **facts})


def test_without_the_look_at_the_name_a_second_account_would_be_made(tmp_path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(newcomers, "may_be_called", lambda name: True)
    wide = "ｃｈｏｉ@here.test"

    async def story(stations):
        assert LOGGED_IN["imap"] in await log_in(stations, "imap", wide, "x")
        assert wide in accounts(stations)

    with_directory(tmp_path, story, {wide: HERE}, **NEWCOMERS)


def broken_tls(name="elsewhere.test"):
    return served_by(name)


def silent(stations):
    stations.web.silent = True


def babbling(stations):
    stations.web.answer = b"HTTP/1.1 400 Bad Request\r\n\r\n"


def busy(stations):
    stations.web.answer = end(1, 0x61, 51, b"busy")


def moved(stations):
    stations.web.answer = b"\x30\x02\x02\x00"


@pytest.mark.parametrize("trouble", [silent, babbling, busy, moved])
@pytest.mark.parametrize("service", SERVICES)
def test_a_directory_in_trouble_is_nobodys_failure(tmp_path, service, trouble):
    async def story(stations):
        trouble(stations)
        assert LATER[service] in await log_in(stations, service, PARK, "open sesame")
        await stations.logins.attempts.flush()
        (kept,) = stations.home.engine.read_now(logins.attempts, PARK, stations.logins.attempts.secret, 9)
        assert kept.outcome == "later"

    with_directory(tmp_path, story, patience=timedelta(seconds=0.3))


def test_a_directory_whose_certificate_is_anothers_hears_no_password(tmp_path):
    async def story(stations):
        assert LATER["imap"] in await log_in(stations, "imap", PARK, "open sesame")
        assert stations.web.binds == []

    with_directory(tmp_path, story, tls=broken_tls())


def test_without_the_proof_it_would(tmp_path, monkeypatch):
    """Negative control."""
    proved = module.client_context
    monkeypatch.setattr(module, "client_context", lambda **facts: proved(**{**facts, "verify": False}))

    async def story(stations):
        assert LOGGED_IN["imap"] in await log_in(stations, "imap", PARK, "open sesame")
        assert stations.web.binds == [NAME]

    with_directory(tmp_path, story, tls=broken_tls())


def asked(tmp_path, people, login, password, **facts):
    """(whether it lets in, names it was bound as)."""

    async def run():
        async with FakeLdap(people) as web:
            try:
                return await Ldap(settings(web, tmp_path, **facts)).knows(login, password), web.binds
            except Silent as error:
                return str(error), web.binds

    return asyncio.run(run())


def test_of_two_who_could_be_meant_nobody_is(tmp_path):
    people = {PARK: (NAME, "a"), "park": ("uid=park,ou=other", "b")}
    assert asked(tmp_path, people, PARK, "a") == (False, [None])
    assert asked(tmp_path, {PARK: (NAME, "a")}, PARK, "a") == (True, [NAME])


def test_an_empty_password_opens_nothing(tmp_path):
    """RFC 4513 §5.1.2: most directories take it for nobody, and say yes."""
    assert asked(tmp_path, PEOPLE, PARK, "") == (False, [])


def test_said_to_the_directory_it_would_be_good(tmp_path, monkeypatch):
    """Negative control: a client that says it gets a yes."""

    def said(number, dn, password):
        body = proto._tlv(2, b"\x03") + proto._octets(dn) + proto._tlv(0x80, password.encode())
        return proto._message(number, proto._tlv(proto.BIND, body))

    monkeypatch.setattr(module.ldap, "bind", said)
    monkeypatch.setattr(Ldap, "knows", Ldap._asked)
    assert asked(tmp_path, PEOPLE, PARK, "")[0] is True


HOSTILE = ["*", "*@here.test", "park*", "park)(|(uid=*", "\\2a"]


@pytest.mark.parametrize("login", HOSTILE)
def test_a_name_with_the_signs_of_a_filter_finds_nobody(tmp_path, login):
    assert asked(tmp_path, PEOPLE, login, "open sesame", filter="(&(uid={local})(mail={address}))")[0] is False


def test_a_no_takes_as_long_for_nobody_as_for_somebody(tmp_path, monkeypatch):
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    monkeypatch.setattr(module, "NO_TAKES_S", 30.0)
    monkeypatch.setattr(module.asyncio, "sleep", sleep)
    for login, password in ((PARK, "wrong"), ("nobody@here.test", "wrong"), (PARK, "")):
        assert asked(tmp_path, PEOPLE, login, password)[0] is False
    assert len(waits) == 3
    assert all(20 < seconds <= 30 for seconds in waits)


@pytest.mark.parametrize(
    "facts", [{"url": "http://x"}, {"url": "ldap://x/dc=x"}, {"url": "ldaps://"}, {"base": ""}, {"filter": "(mail=x)"}]
)
def test_settings_that_cannot_be_used_are_refused(facts):
    with pytest.raises(ValueError):
        Ldap(LdapSettings(**{"url": "ldaps://x", "base": "dc=x", **facts}))
