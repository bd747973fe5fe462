"""When certificates are asked for again, what is kept of failures, and what an authority may say."""

import asyncio
import base64
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from kit.certified import certified
from pyeonji.cli.tls import acme_sentence
from pyeonji.config.load import default
from pyeonji.daemon import renewal as renewals
from pyeonji.daemon.kept import State, kept_key, write_private
from pyeonji.daemon.renewal import WAITS_S, Renewal, due_s, wait_s, wanted_by
from pyeonji.net import acme
from pyeonji.net.acme import ATTEMPTS, AcmeError, Client, dns_value, jwk, thumbprint
from pyeonji.net.certificates import Files, load
from pyeonji.net.challenge import http_answer, put_alpn, put_http
from pyeonji.net.clock import PushedClock
from pyeonji.net.http import Fetched, FetchError
from pyeonji.net.settings import AcmeSettings
from pyeonji.proto.dns import TIMEOUT, Answer
from pyeonji.store.home import make_folders

START = datetime(2026, 1, 1, tzinfo=UTC)
START_US = round(START.timestamp() * 1_000_000)
DAY_S = 86_400
NAMES = ("mail.here.test", "*.here.test")


def settings(tmp_path, **said):
    make_folders(tmp_path)
    said = {"directory": "https://ca.test/dir", "agreed": True, "certificates": (" ".join(NAMES),), **said}
    return replace(default(tmp_path), acme=AcmeSettings(**said))


def renewal(tmp_path, clock=None, **said):
    clock = clock or PushedClock(START_US)
    return Renewal(settings(tmp_path, **said), clock, Nobody())


class Nobody:
    """A DNS that is down."""

    async def answer_with(self, asking):
        asking.close()
        raise FetchError("ca.test has no address (timeout)")


def given(tmp_path, days=90, names=NAMES):
    """A certificate that lives so many days; the one that is wanted."""
    (wanted,) = wanted_by(settings(tmp_path))
    chain, key = certified(names, since=START, until=START + timedelta(days=days))
    write_private(wanted.path, key + chain)
    return wanted


@pytest.mark.parametrize("days", [6, 47, 90, 398])
def test_it_is_renewed_when_a_third_of_its_life_is_left(tmp_path, days):
    wanted = given(tmp_path, days)
    due = due_s(load(Files(wanted.path, wanted.path))) - START_US // 10**6
    third = days * DAY_S / 3
    assert days * DAY_S - 1.1 * third - 1 <= due <= days * DAY_S - third + 1
    clock = PushedClock(START_US)
    ours = renewal(tmp_path, clock)
    clock.push(due - 1)
    assert not ours.is_due(wanted)
    clock.push(2)
    assert ours.is_due(wanted)


def test_servers_that_got_theirs_together_do_not_come_back_together(tmp_path):
    found = set()
    for _ in range(20):
        wanted = given(tmp_path)
        found.add(due_s(load(Files(wanted.path, wanted.path))))
    assert max(found) - min(found) > DAY_S


def test_what_is_not_there_or_for_other_names_is_due(tmp_path):
    (wanted,) = wanted_by(settings(tmp_path))
    assert renewal(tmp_path).is_due(wanted)
    given(tmp_path, names=("mail.here.test",))
    assert renewal(tmp_path).is_due(wanted)
    wanted.path.write_bytes(b"rubbish")
    assert renewal(tmp_path).is_due(wanted)
    given(tmp_path)
    assert not renewal(tmp_path).is_due(wanted)


def test_after_a_failure_it_waits_longer_each_time_and_never_more_than_a_day_and_a_tenth(tmp_path):
    clock = PushedClock(START_US)
    ours = renewal(tmp_path, clock)
    (wanted,) = wanted_by(settings(tmp_path))
    waits = []
    for _ in range(8):
        assert asyncio.run(ours.renew(wanted)).kind == "unreachable"
        assert not ours.is_due(wanted)
        waits.append(State(tmp_path).of(wanted.label)["next_s"] - clock.now_us() // 10**6)
        clock.push(waits[-1] + 1)
        assert ours.is_due(wanted)
    assert [WAITS_S[min(at, 5)] <= wait <= 1.1 * WAITS_S[min(at, 5)] for at, wait in enumerate(waits)] == [True] * 8
    assert State(tmp_path).of(wanted.label)["problem"]["kind"] == "unreachable"


class Zone:
    """A DNS in which the names of this dict are; whoever is asked for anything else is silent."""

    def __init__(self, names):
        self.names = names

    async def lookup(self, question):
        return self.names.get(question.name, Answer(exists=False)) if self.names is not None else TIMEOUT


def looked(tmp_path, monkeypatch, clock, names, **said):
    """Which certificates one look asks for, and the problem that is kept."""
    monkeypatch.setattr(renewals, "Authority", lambda resolver: Zone(names))
    ours, asked = renewal(tmp_path, clock, certificates=("mail.here.test",), **said), []

    async def renew(wanted):
        asked.append(wanted.label)

    ours.renew = renew
    asyncio.run(ours.look())
    return asked, State(tmp_path).of("mail.here.test").get("problem")


THERE, ALIAS = Answer(("192.0.2.1",)), Answer(canonical="host.here.test")


@pytest.mark.parametrize("names", [{"mail.here.test": THERE}, {"mail.here.test": ALIAS}, None])
def test_a_name_that_is_there_or_may_be_is_asked_for(tmp_path, monkeypatch, names):
    assert looked(tmp_path, monkeypatch, PushedClock(START_US), names) == (["mail.here.test"], None)


def test_a_name_that_is_nowhere_is_waited_for_and_asked_for_at_once_when_it_is_there(tmp_path, monkeypatch):
    """Authorities count what fails, and the newcomer does not wait for hours after pasting his records."""
    clock = PushedClock(START_US)
    asked, problem = looked(tmp_path, monkeypatch, clock, {})
    assert (asked, problem["kind"], problem["name"]) == ([], "not_in_dns", "mail.here.test")
    for language in ("en", "ko"):
        assert "mail.here.test" in acme_sentence(AcmeError(problem["kind"], "", problem["name"]), language)
    clock.push(renewals.LOOK_S)
    assert looked(tmp_path, monkeypatch, clock, {"mail.here.test": THERE})[0] == ["mail.here.test"]


def test_after_half_a_day_it_is_asked_for_all_the_same(tmp_path, monkeypatch):
    """In a network of one's own the authority may know names that the Internet does not."""
    clock = PushedClock(START_US)
    looked(tmp_path, monkeypatch, clock, {})
    clock.push(renewals.UNSEEN_S + 1)
    assert looked(tmp_path, monkeypatch, clock, {})[0] == ["mail.here.test"]


def test_proved_by_the_dns_a_name_needs_no_address(tmp_path, monkeypatch):
    found = looked(tmp_path, monkeypatch, PushedClock(START_US), {}, challenge="dns-01")
    assert found == (["mail.here.test"], None)


def test_waits_have_a_spread():
    assert [wait_s(1, 0), wait_s(1, 0.999), wait_s(99, 0)] == [300, 330, DAY_S]


def test_nobody_is_asked_before_the_terms_were_read(tmp_path):
    ours = renewal(tmp_path, agreed=False)
    (wanted,) = wanted_by(settings(tmp_path))
    assert asyncio.run(ours.renew(wanted)).kind == "not_agreed"


def test_only_one_asks_at_a_time(tmp_path):
    ours = renewal(tmp_path)
    (wanted,) = wanted_by(settings(tmp_path))
    with ours._alone() as alone:
        assert alone
        assert asyncio.run(renewal(tmp_path).renew(wanted)).kind == "busy"


def test_keys_are_for_nobody_else(tmp_path):
    write_private(tmp_path / "deep" / "key", b"x")
    assert (tmp_path / "deep" / "key").stat().st_mode & 0o777 == 0o600
    assert kept_key(tmp_path / "none") is kept_key(tmp_path / "deep" / "key") is None


TOKENS = ["../../account.json", "a/b", "", "a" * 201, "a\0b", "편지", ".."]


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_is_no_path(tmp_path, token):
    """Neither of a stranger who asks, nor of an authority that was taken over."""
    write_private(tmp_path / "tls" / "acme" / "account.json", b"secret")
    assert http_answer(tmp_path, token) == ""
    with pytest.raises(ValueError, match="token"):
        put_http(tmp_path, token, "x")
    with pytest.raises(ValueError, match="name"):
        put_alpn(tmp_path, token, "x", START_US)


def test_an_answer_is_given_as_long_as_it_is_there(tmp_path):
    path = put_http(tmp_path, "abc-_1", "abc-_1.print")
    assert http_answer(tmp_path, "abc-_1") == "abc-_1.print"
    path.unlink()
    assert http_answer(tmp_path, "abc-_1") == ""


# ── what an authority says ─────────────────────────────────────────────────────────────────────────────────────


class Authority:
    """Answers from a list; remembers what was asked."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    async def get(self, url, max_body=0):
        return await self.post(url, b"{}", {}, max_body=max_body)

    async def post(self, url, body, fields, max_body=0):
        self.asked.append((url, json.loads(body)))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, said, *more = answer
        octets = said if isinstance(said, bytes) else json.dumps(said).encode()
        return Fetched(status, {"replay-nonce": "n", **dict(more)}, octets)


DIRECTORY = (200, {name: f"https://ca.test/{name}" for name in ("newNonce", "newAccount", "newOrder", "revokeCert")})
NONCE = (204, b"")
BAD_NONCE = (400, {"type": "urn:ietf:params:acme:error:badNonce"})
KEY = ec.generate_private_key(ec.SECP256R1())


def asked(authority, do, waits=None):
    async def wait(seconds):
        (waits if waits is not None else []).append(seconds)

    return asyncio.run(do(Client(authority, "https://ca.test/dir", KEY, wait, "https://ca.test/me")))


def test_a_used_nonce_is_replaced_a_few_times():
    found = {"status": "ready", "authorizations": [], "finalize": "https://ca.test/f"}
    order = (201, found, ("location", "https://ca.test/o"))
    authority = Authority(DIRECTORY, NONCE, BAD_NONCE, BAD_NONCE, order)
    assert asked(authority, lambda client: client.order(NAMES)).finalize == "https://ca.test/f"
    with pytest.raises(AcmeError, match="badNonce"):
        asked(Authority(DIRECTORY, NONCE, *[BAD_NONCE] * ATTEMPTS), lambda client: client.order(NAMES))


STRANGE = [
    ((200, b"<html>"),), ((200, []),), ((500, b""),), ((404, b"{}"),), ((200, {}),), ((200, {"newOrder": 5}),),
    (DIRECTORY, NONCE, (201, {})), (DIRECTORY, NONCE, (201, {"authorizations": "x"})), (DIRECTORY, NONCE, (400, b"x")),
    (DIRECTORY, NONCE, (400, {"type": 7})), (DIRECTORY, NONCE, (200, b"\xff")), (DIRECTORY, NONCE, (201, b"null")),
]  # fmt: skip


@pytest.mark.parametrize("answers", STRANGE)
def test_whatever_an_authority_says_is_an_order_or_an_error_of_ours(answers):
    with pytest.raises(AcmeError):
        asked(Authority(*answers), lambda client: client.order(NAMES))


def test_who_cannot_be_reached_is_said_so():
    with pytest.raises(AcmeError) as down:
        asked(Authority(FetchError("ca.test does not answer")), lambda client: client.order(NAMES))
    assert (down.value.kind, down.value.detail) == ("unreachable", "ca.test does not answer")


def test_it_waits_as_long_as_it_is_told_and_not_for_ever():
    pending = (200, {"status": "pending", "identifier": {"value": "a.test"}, "challenges": []})
    waits = []
    again = [(*pending, ("retry-after", text)) for text in ("7", "99999", "soon", "1" * 30)]
    authority = Authority(DIRECTORY, NONCE, pending, *again, *[pending] * 99)
    one = acme.Authorization("https://ca.test/a", "a.test", "pending", ())
    with pytest.raises(AcmeError, match="too_slow"):
        asked(authority, lambda client: client.proved(one), waits)
    assert waits[:4] == [2.0, 7.0, 30.0, 2.0]
    assert len(waits) == acme.POLLS


def test_the_reason_of_a_failed_proof_is_told_with_its_name():
    error = {"type": "urn:ietf:params:acme:error:connection", "detail": "no\x1b[31m route"}
    refused = (200, {"status": "invalid", "challenges": [{"status": "pending"}, {"error": error}]})
    one = acme.Authorization("https://ca.test/a", "a.test", "pending", ())
    with pytest.raises(AcmeError) as found:
        asked(Authority(DIRECTORY, NONCE, refused), lambda client: client.proved(one))
    assert (found.value.kind, found.value.name, found.value.detail) == ("connection", "a.test", "no [31m route")


KINDS = """unreachable malformed_answer too_slow busy not_there not_agreed no_challenge no_hook hook eab_key connection
    dns unauthorized incorrectResponse tls caa rateLimited rejectedIdentifier externalAccountRequired userActionRequired
    accountDoesNotExist serverInternal neverHeardOf"""


@pytest.mark.parametrize("kind", KINDS.split())
@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_trouble_is_one_sentence(kind, language):
    text = acme_sentence(AcmeError(kind, "their words", "a.test"), language)
    assert "{" not in text
    assert ("neverHeardOf" in text) is (kind == "neverHeardOf")


def test_a_request_is_signed_as_the_standard_says():
    """RFC 7515 §7.2.2, RFC 7518 §3.4: anybody with the public key can see that it is ours, and for this URL."""
    authority = Authority(DIRECTORY, NONCE, (400, {"type": "urn:ietf:params:acme:error:malformed"}))
    with pytest.raises(AcmeError):
        asked(authority, lambda client: client.order(NAMES))
    url, body = authority.asked[-1]
    head = json.loads(unb64(body["protected"]))
    assert head == {"alg": "ES256", "nonce": "n", "url": url, "kid": "https://ca.test/me"}
    octets = unb64(body["signature"])
    r, s = (int.from_bytes(octets[at : at + 32], "big") for at in (0, 32))
    text = f"{body['protected']}.{body['payload']}".encode()
    KEY.public_key().verify(encode_dss_signature(r, s), text, ec.ECDSA(hashes.SHA256()))  # raises when it is not
    assert json.loads(unb64(body["payload"]))["identifiers"][1] == {"type": "dns", "value": "*.here.test"}


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_the_thumbprint_is_that_of_the_standard():
    """RFC 7638 §3: the members in order, without blanks."""
    x, y = (jwk(KEY)[name] for name in "xy")
    text = f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'
    assert unb64(thumbprint(KEY)) == hashlib.sha256(text.encode()).digest()
    assert unb64(dns_value("t.p")) == hashlib.sha256(b"t.p").digest()
