"""S21-S23: no way around the password, and none of it in clear."""

import base64
import hashlib
import hmac
from fnmatch import fnmatchcase

import pytest

from kit.inprocess import attack
from pyeonji.directory import login
from pyeonji.intake.settings import IntakeSettings
from pyeonji.journey.event import Line, unpack
from pyeonji.proto.sasl import HASHES, Verifier
from pyeonji.proto.sasl.machine import NeedsCheck
from pyeonji.proto.sasl.plain import Plain
from pyeonji.store import directory


def plain(authzid, authcid, password):
    return base64.b64encode(b"\0".join((authzid, authcid, password)))


SASL = {
    "to act as another": b"AUTH PLAIN " + plain(b"lee@here.test", b"kim@here.test", b"secret"),
    "a wrong password": b"AUTH PLAIN " + plain(b"", b"kim@here.test", b"wrong"),
    "no password": b"AUTH PLAIN " + plain(b"", b"kim@here.test", b""),
    "nobody": b"AUTH PLAIN " + plain(b"", b"", b""),
    "nothing": b"AUTH PLAIN =",
    "no separators": b"AUTH PLAIN " + base64.b64encode(b"kim@here.test"),
    "NUL in the password": b"AUTH PLAIN " + plain(b"", b"kim@here.test", b"secret\0x"),
    "bad base64": b"AUTH PLAIN !!!!",
    "base64 without its end": b"AUTH PLAIN AGtpbUBoZXJl=TGVzdA",
    "given up": b"AUTH PLAIN\r\n*",
    "an empty answer": b"AUTH LOGIN\r\n\r\n",
    "a long answer": b"AUTH PLAIN\r\n" + b"A" * 13_000,
    "octets that are no text": b"AUTH PLAIN " + plain(b"", b"\xff\xfe", b"\xff"),
    "an unknown mechanism": b"AUTH GSSAPI",
    "SCRAM without its first message": b"AUTH SCRAM-SHA-256 " + base64.b64encode(b"n,,"),
    "SCRAM with channel binding": b"AUTH SCRAM-SHA-256 " + base64.b64encode(b"p=tls-unique,,n=kim@here.test,r=x"),
    "SCRAM as another": b"AUTH SCRAM-SHA-256 " + base64.b64encode(b"n,a=lee@here.test,n=kim@here.test,r=abc"),
    "SQL": b"AUTH PLAIN " + plain(b"", b"' OR 1=1 --", b"x"),
    "a pattern": b"AUTH PLAIN " + plain(b"", b"%@here.test", b"secret"),
}


async def let_in(stations, service, said):
    """Does this exchange open the door?"""
    octets = {"imap": b"a " + said.replace(b"AUTH", b"AUTHENTICATE", 1)}.get(service, said)
    client = await stations.client(service, hello=service == "submission")
    answer = await client.last(octets + b"\r\n" + (b"LIST\r\n" if service == "pop3" else b""))
    return any(good in answer for good in (b"235", b"a OK", b"+OK 0", b"maildrop ready"))


@pytest.mark.parametrize("service", ["submission", "pop3", "imap"])
def test_no_way_around_the_password(tmp_path, service):
    async def story(stations):
        for name, said in SASL.items():
            assert not await let_in(stations, service, said), name
        client = await stations.client(service, hello=service == "submission", login=True)
        assert client

    attack(tmp_path, story)


def as_anybody(self, response):
    """PLAIN that believes whom somebody wants to be."""
    _, login, password = response.decode().split("\0")
    return NeedsCheck(login, password)


def by_pattern(tx, address):
    """The account an SQL pattern finds, as a search in a careless directory does."""
    names = [one.address for one in directory.accounts(tx) if fnmatchcase(one.address, address.replace("%", "*"))]
    return account_named(tx, names[0]) if names else None


account_named = directory.account
# The guard that is switched off, and who comes in then.
SASL_OFF = {
    "a wrong password": (login, "_matches", lambda password, stored: True),
    "to act as another": (Plain, "step", as_anybody),
    "a pattern": (directory, "account", by_pattern),
}


@pytest.mark.parametrize("service", ["submission", "pop3", "imap"])
@pytest.mark.parametrize("name", SASL_OFF)
def test_without_the_check_that_way_would_be_open(tmp_path, name, service, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(*SASL_OFF[name])

    async def story(stations):
        assert await let_in(stations, service, SASL[name])

    attack(tmp_path, story)


def test_an_answer_of_scram_is_good_once(tmp_path):
    """S21: a proof that somebody overheard opens nothing, because the nonce is ours and new each time."""

    async def story(stations):
        proof, replayed = None, []
        for _ in range(2):
            client = await stations.client("submission", hello=True)
            await client.send(b"AUTH SCRAM-SHA-256 " + base64.b64encode(b"n,,n=kim@here.test,r=abc") + b"\r\n")
            challenge = base64.b64decode((await client.until(b"\r\n"))[4:])
            proof = proof or scram_proof(challenge, b"n=kim@here.test,r=abc", "secret")
            replayed.append(await client.last(base64.b64encode(proof) + b"\r\n\r\n"))
        assert b"235" in replayed[0]  # negative control: it was a good one
        assert b"535" in replayed[1]

    attack(tmp_path, story)


def scram_proof(challenge, first_bare, password):
    """client-final-message of RFC 5802 §3."""
    fields = dict(part.split(b"=", 1) for part in challenge.split(b","))
    without_proof = b"c=biws,r=" + fields[b"r"]
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(fields[b"s"]), int(fields[b"i"]))
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    message = b",".join((first_bare, challenge, without_proof))
    signature = hmac.digest(hashlib.sha256(client_key).digest(), message, "sha256")
    proof = bytes(one ^ other for one, other in zip(client_key, signature, strict=True))
    return without_proof + b",p=" + base64.b64encode(proof)


# ── S23: nothing secret in clear ──


@pytest.mark.parametrize("plain_login", ["never", "always"])
def test_no_password_is_asked_for_in_clear(tmp_path, plain_login):
    """The second row is the negative control."""

    async def story(stations):
        client = await stations.client("submission")
        client_says = b"EHLO x\r\nAUTH PLAIN AGtpbUBoZXJlLnRlc3QAc2VjcmV0\r\nMAIL FROM:<kim@here.test>\r\nQUIT\r\n"
        said = await client.last(client_says)
        if plain_login == "never":
            assert b"AUTH" not in said.partition(b"250 ")[0]
            assert b"538 5.7.11" in said
            assert b"530 5.7.0" in said
        else:
            assert b"235 " in said

    attack(tmp_path, story, intake=IntakeSettings(plain_login=plain_login))


def test_a_disabled_account_is_let_in_nowhere(tmp_path):
    async def story(stations):
        await stations.client("imap", login=True)  # so that the password may be remembered
        stations.home.engine.write_now(directory.disable, stations.people[0].id, True)
        for service in ("imap", "pop3", "submission"):
            client = await stations.client(service, hello=service == "submission")
            octets = {"imap": b"l LOGIN kim@here.test secret\r\n", "pop3": b"USER kim@here.test\r\nPASS secret\r\n"}
            said = await client.last(octets.get(service, b"AUTH PLAIN AGtpbUBoZXJlLnRlc3QAc2VjcmV0\r\n"))
            assert not any(good in said for good in (b"235", b"l OK", b"maildrop ready")), (service, said)

    attack(tmp_path, story)


# ── S22: who asks does not learn who is here ──


def argon_facts(phc):
    """Algorithm, version and costs of "$argon2id$v=19$m=...,t=...,p=...$salt$hash"."""
    return phc.split("$")[1:4]


def test_a_password_for_nobody_costs_as_much_as_one_for_somebody(tmp_path, monkeypatch):
    checked = []
    monkeypatch.setattr(login, "_matches", lambda password, stored: checked.append(argon_facts(stored)))

    async def story(stations):
        account = stations.people[0].id
        stations.home.engine.write_now(directory.set_credentials, account, login.make_credentials("secret"))
        for name in ("kim@here.test", "nobody@here.test", "not an address", "kim@elsewhere.test"):
            assert (await stations.logins.password(name, "wrong", "imap")).who is None
        stations.home.engine.write_now(directory.disable, account, True)
        assert (await stations.logins.password("kim@here.test", "secret", "imap")).who is None
        assert len(checked) == 5
        assert checked == checked[:1] * 5

    attack(tmp_path, story)


@pytest.mark.parametrize("service", ["submission", "pop3", "imap"])
def test_the_answers_to_a_wrong_password_and_to_a_wrong_name_are_the_same(tmp_path, service):
    async def story(stations):
        heard = set()
        for name in (b"kim@here.test", b"nobody@here.test", b"kim@elsewhere.test", b"x"):
            client = await stations.client(service, hello=service == "submission")
            said = {
                "submission": b"AUTH PLAIN " + plain(b"", name, b"wrong") + b"\r\n",
                "imap": b"a LOGIN " + name + b" wrong\r\n",
                "pop3": b"USER " + name + b"\r\nPASS wrong\r\n",
            }[service]
            heard.add(await client.last(said))
        assert len(heard) == 1

    attack(tmp_path, story)


@pytest.mark.parametrize("kind", HASHES)
def test_scram_offers_nobody_a_salt_that_stays_the_same_and_tells_nothing(tmp_path, kind):
    """However the name is written: an account has one salt for all ways, and so has nobody."""

    async def story(stations):
        offers = {}
        for name in ("kim@here.test", "nobody@here.test", "other@here.test", "KIM@Here.test", "Nobody@HERE.test"):
            verifier = await stations.logins.verifier(name, kind)
            offer = (verifier.salt, verifier.iterations, len(verifier.stored_key), len(verifier.server_key))
            offers.setdefault(name.casefold(), set()).add(offer)
        assert all(len(offered) == 1 for offered in offers.values())
        salts = [next(iter(offered)) for offered in offers.values()]
        assert len({salt for salt, *_ in salts}) == 3
        assert len({(len(salt), *rest) for salt, *rest in salts}) == 1

    attack(tmp_path, story)


def test_a_salt_for_each_way_to_write_nobody_would_tell(tmp_path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(login, "folded", lambda name: name)

    async def story(stations):
        ways = [(await stations.logins.verifier(name, "SCRAM-SHA-256")).salt for name in ("no@x.test", "No@x.test")]
        assert len(set(ways)) == 2

    attack(tmp_path, story)


async def heard_of(stations, service, kind, name):
    """All a SCRAM exchange with a wrong proof tells, what is random put to one form."""
    client = await stations.client(service, hello=service == "submission")
    begin = {"imap": b"a AUTHENTICATE "}.get(service, b"AUTH ")
    await client.send(begin + kind.encode() + b"\r\n")
    await client.until(b"\r\n")
    await client.send(base64.b64encode(b"n,,n=" + name + b",r=abc") + b"\r\n")
    challenge = base64.b64decode((await client.until(b"\r\n")).split(b" ", 1)[1])
    fields = dict(part.split(b"=", 1) for part in challenge.split(b","))
    size = {"SCRAM-SHA-256": 32, "SCRAM-SHA-1": 20}[kind]
    proof = b"c=biws,r=" + fields[b"r"] + b",p=" + base64.b64encode(bytes(size))
    said = await client.last(base64.b64encode(proof) + b"\r\n")
    return len(fields[b"r"]), len(fields[b"s"]), fields[b"i"], said


@pytest.mark.parametrize("kind", HASHES)
@pytest.mark.parametrize("service", ["submission", "pop3", "imap"])
def test_scram_says_the_same_to_a_wrong_proof_of_somebody_and_of_nobody(tmp_path, service, kind):
    """Of one whose account is switched off, and of one who has no verifier of this kind, too."""

    async def story(stations):
        kim, lee = stations.people
        stations.home.engine.write_now(directory.disable, lee.id, True)
        heard = {
            await heard_of(stations, service, kind, name)
            for name in (b"kim@here.test", b"lee@here.test", b"nobody@here.test", b"x", b"kim@elsewhere.test")
        }
        stations.home.engine.write_now(directory.set_credentials, kim.id, {"argon2id": "old"})
        heard.add(await heard_of(stations, service, kind, b"kim@here.test"))
        assert len(heard) == 1

    attack(tmp_path, story)


def test_a_password_of_before_is_good_for_scram_once_it_was_said(tmp_path):
    """Unless it was changed meanwhile: what was said is then not the password."""

    async def story(stations):
        kim = stations.people[0]
        whole = login.make_credentials("secret", cheap=True)
        old = {kind: value for kind, value in whole.items() if kind != "scram-sha-1"}
        stations.home.engine.write_now(directory.set_credentials, kim.id, old)
        assert (await stations.logins.password("kim@here.test", "wrong", "imap")).who is None
        assert stations.home.engine.read_now(directory.credentials, kim.id) == old
        assert (await stations.logins.password("kim@here.test", "secret", "imap")).who == kim
        kept = stations.home.engine.read_now(directory.credentials, kim.id)
        assert kept.keys() == whole.keys()
        assert {kind: kept[kind] for kind in old} == old
        proved = Verifier.parse(kept["scram-sha-1"])
        assert Verifier.from_password("SCRAM-SHA-1", "secret", proved.salt, proved.iterations) == proved
        stations.home.engine.write_now(directory.set_credentials, kim.id, old | {"argon2id": "another"})
        stations.home.engine.write_now(directory.add_credentials, kim.id, old["argon2id"], whole)
        assert "scram-sha-1" not in stations.home.engine.read_now(directory.credentials, kim.id)

    attack(tmp_path, story)


SECRET = plain(b"", b"kim@here.test", b"correct horse").decode()


@pytest.mark.parametrize(
    "lines",
    [
        [f"AUTH PLAIN {SECRET}"],
        [f"AUTH\tPLAIN {SECRET}"],
        [f"AUTH\tPLAIN\t{SECRET}"],
        [f"AUTHPLAIN {SECRET}"],
        [f"auth  plain  {SECRET}"],
        [f"AUTH PLAIN {SECRET} more"],
        ["AUTH XFOO", SECRET],
        ["AUTH XFOO", "correct horse"],
        ["AUTH XFOO", "correct horse" + " " * 3_000],
        ["AUTH PLAIN", "*", SECRET],
        ["AUTH PLAIN", "correct horse"],
    ],
)
def test_what_may_be_a_password_is_kept_nowhere(tmp_path, lines):
    """S26: neither in the order of the protocol nor out of it, in whatever spelling."""

    async def story(stations):
        for service in ("smtp", "submission"):
            client = await stations.client(service, hello=True)
            for line in lines:
                await client.say(line.encode() + b"\r\n")
        for listener in stations.listeners:
            await listener.stop(0.5)
        rows = stations.home.engine.read_now(lambda tx: tx.all("SELECT events FROM journey"))
        said = [event.text for (packed,) in rows for event in unpack(packed) if isinstance(event, Line)]
        assert [text for text in said if SECRET in text or "horse" in text] == []
        assert any(text.upper().startswith("AUTH") for text in said)  # the control: such lines are there

    attack(tmp_path, story)
