"""An app password opens the doors it is made for and no other; a "no" costs and says the same whichever it was."""

import base64

import pytest

from attacks.test_logins import plain
from attacks.test_sasl import IN, SERVICES, begun
from kit.inprocess import attack
from pyeonji.directory import login
from pyeonji.directory.login import app_digest, make_credentials
from pyeonji.store import app_passwords, directory, logins

WORD = "abcd-efgh-ijkl-mnop"
SCOPE_OF = {"submission": "smtp", "imap": "imap", "pop3": "pop3"}
KIM = b"kim@here.test"


def add(stations, *scopes, name="phone", word=WORD):
    account = stations.people[0].id
    stations.home.engine.write_now(app_passwords.add, account, name, scopes, app_digest(word), 1)


async def heard(stations, service, name, word):
    client = await begun(stations, service)
    return await client.last(plain(b"", name, word) + b"\r\n")


@pytest.mark.parametrize("service", SERVICES)
def test_an_app_password_is_good_for_its_services_only(tmp_path, service):
    """With its negative control: the same password, made for this service, opens it."""

    async def story(stations):
        others = [scope for of, scope in SCOPE_OF.items() if of != service]
        add(stations, *others, "api")
        refused = await heard(stations, service, KIM, WORD.encode())
        assert IN[service] not in refused
        assert refused == await heard(stations, service, KIM, b"wrong")
        assert refused == await heard(stations, service, b"nobody@here.test", WORD.encode())
        assert IN[service] not in await heard(stations, service, b"lee@here.test", WORD.encode())
        add(stations, SCOPE_OF[service], name="tablet", word="tablet-tablet-tablet")
        assert IN[service] in await heard(stations, service, KIM, b"tablet-tablet-tablet")
        assert IN[service] in await heard(stations, service, KIM, b"secret")
        await stations.logins.attempts.flush()
        rows = stations.home.engine.read_now(logins.attempts, KIM.decode(), stations.logins.attempts.secret, 20)
        assert {(one.outcome, one.credential) for one in rows} == {
            ("scope", "phone"), ("wrong", ""), ("in", "tablet"), ("in", ""),
        }  # fmt: skip

    attack(tmp_path, story)


@pytest.mark.parametrize("service", SERVICES)
def test_one_that_was_taken_back_and_one_of_a_disabled_account_open_nothing(tmp_path, service):
    async def story(stations):
        kim = stations.people[0].id
        add(stations, *SCOPE_OF.values())
        assert IN[service] in await heard(stations, service, KIM, WORD.encode())
        stations.home.engine.write_now(directory.disable, kim, True)
        assert IN[service] not in await heard(stations, service, KIM, WORD.encode())
        stations.home.engine.write_now(directory.disable, kim, False)
        assert IN[service] in await heard(stations, service, KIM, WORD.encode())
        stations.home.engine.write_now(app_passwords.remove, kim, "phone")
        assert IN[service] not in await heard(stations, service, KIM, WORD.encode())

    attack(tmp_path, story)


async def checks_of_a_no(stations, monkeypatch):
    """How many password hashes each kind of "no" costs."""
    checked = []
    monkeypatch.setattr(login, "_matches", lambda word, stored: checked.append(stored.split("$")[1:4]))
    account = stations.people[0].id
    stations.home.engine.write_now(directory.set_credentials, account, make_credentials("secret"))
    add(stations, "api")
    counts = []
    for name, word in ((KIM, WORD.encode()), (KIM, b"wrong"), (b"nobody@here.test", WORD.encode())):
        checked.clear()
        assert IN["imap"] not in await heard(stations, "imap", name, word)
        counts.append(list(checked))
    return counts


def test_a_wrong_scope_takes_as_long_as_a_wrong_password_and_as_nobody(tmp_path, monkeypatch):
    async def story(stations):
        counts = await checks_of_a_no(stations, monkeypatch)
        assert counts == [counts[0]] * 3
        assert len(counts[0]) == 1

    attack(tmp_path, story)


def test_a_hasty_no_to_a_wrong_scope_would_tell(tmp_path, monkeypatch):
    """Negative control."""
    own = login.Logins._is_own

    async def hasty(self, name, word, account, credentials):
        return False if word == WORD else await own(self, name, word, account, credentials)

    monkeypatch.setattr(login.Logins, "_is_own", hasty)

    async def story(stations):
        counts = await checks_of_a_no(stations, monkeypatch)
        assert counts != [counts[0]] * 3

    attack(tmp_path, story)


def test_an_app_password_is_no_key_to_scram(tmp_path):
    """There is no verifier of it: SCRAM proves the password of the account."""
    from attacks.test_logins import scram_proof

    async def story(stations):
        add(stations, *SCOPE_OF.values())
        first = b"n=kim@here.test,r=abc"
        for word, is_let_in in ((WORD, False), ("secret", True)):
            client = await begun(stations, "imap", b"SCRAM-SHA-256")
            await client.send(base64.b64encode(b"n,," + first) + b"\r\n")
            challenge = base64.b64decode((await client.until(b"\r\n")).split(b" ", 1)[1])
            said = await client.last(base64.b64encode(scram_proof(challenge, first, word)) + b"\r\n\r\n")
            assert (IN["imap"] in said) is is_let_in

    attack(tmp_path, story)
