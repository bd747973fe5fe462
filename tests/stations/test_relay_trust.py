"""What each kind of server gets under each kind of promise: real sinks, real handshakes (reliability A15, F15).

Rows and columns are all combinations; each says what becomes of the letter and which line of the journey says why.
"""

import contextlib
import datetime
import hashlib
import ssl

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from kit.revoking import revocation_list
from kit.sending import DAY, START_US, FakeMx, run, sending
from kit.web import AUTHORITY, FakeWeb, page, served_by, trusting
from pyeonji.catalog.say import LANGUAGES, known, say
from pyeonji.journey.event import Decided, Failed, TlsStarted
from pyeonji.journey.steps import told
from pyeonji.net.http import Fetcher
from pyeonji.net.revoked import Revoked, revoked_in
from pyeonji.proto.dns import SERVFAIL, Answer
from pyeonji.relay.trust import demand as demands

HOST, DOMAIN = "mx1.one.example", "one.example"
LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
STRANGER = trustme.CA()


def serving(issued):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    return context


GOOD = AUTHORITY.issue_cert(HOST)
CERTIFICATES = {
    "good": GOOD,
    "wrong name": AUTHORITY.issue_cert("other.example"),
    "expired": AUTHORITY.issue_cert(HOST, not_after=LONG_AGO),
    "unknown": STRANGER.issue_cert(HOST),
}
SERVERS = (*CERTIFICATES, "none", "broken")


def server(kind, **facts):
    if kind == "none":
        return FakeMx(**facts)
    if kind == "broken":
        return FakeMx(tls=serving(GOOD), broken_tls=True, **facts)
    return FakeMx(tls=serving(CERTIFICATES[kind]), **facts)


def roots():
    return (x509.load_pem_x509_certificate(AUTHORITY.cert_pem.bytes()),)


def key_digest(issued):
    leaf = x509.load_pem_x509_certificate(issued.cert_chain_pems[0].bytes())
    spki = leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()


def vouched(*records):
    return Answer(records, authentic=True)


PLAIN = {(DOMAIN, "MX"): (f"10 {HOST}",), (HOST, "A"): ("127.0.0.1",)}
SIGNED = {(DOMAIN, "MX"): vouched(f"10 {HOST}"), (HOST, "A"): vouched("127.0.0.1"), (HOST, "AAAA"): vouched()}
TLSA = (f"_25._tcp.{HOST}", "TLSA")
STS = {**PLAIN, ("_mta-sts.one.example", "TXT"): ("v=STSv1; id=1",), ("mta-sts.one.example", "A"): ("8.8.8.8",)}
POLICY = f"version: STSv1\nmode: enforce\nmx: {HOST}\nmax_age: 604800\n"

PROMISES = {
    # promise: zone, page of the policy, settings
    "nothing": (PLAIN, "", {}),
    "required": (PLAIN, "", {"tls": "required"}),
    "sts testing": (STS, POLICY.replace("enforce", "testing"), {}),
    "sts enforce": (STS, POLICY, {}),
    "sts none": (STS, POLICY.replace("enforce", "none"), {}),
    "sts, other host": (STS, POLICY.replace(HOST, "mx2.one.example"), {}),
    "dane good": ({**SIGNED, TLSA: vouched(f"3 1 1 {key_digest(GOOD)}")}, "", {}),
    "dane unknown": ({**SIGNED, TLSA: vouched(f"3 1 1 {key_digest(CERTIFICATES['unknown'])}")}, "", {}),
    "dane unusable": ({**SIGNED, TLSA: vouched("1 1 1 00")}, "", {}),
    "dane, no answer": ({**SIGNED, TLSA: SERVFAIL}, "", {}),
    "dane, not vouched for": ({**PLAIN, TLSA: (f"3 1 1 {key_digest(GOOD)}",)}, "", {}),
    "dane and sts": ({**STS, **SIGNED, TLSA: vouched(f"3 1 1 {key_digest(CERTIFICATES['unknown'])}")}, POLICY, {}),
}

EVERYBODY = frozenset(SERVERS)
ENCRYPTING = frozenset(CERTIFICATES)
TAKES = {
    "nothing": EVERYBODY,
    "required": ENCRYPTING,
    "sts testing": EVERYBODY,
    "sts enforce": {"good"},
    "sts none": EVERYBODY,
    "sts, other host": set(),
    "dane good": {"good"},
    "dane unknown": {"unknown"},
    "dane unusable": ENCRYPTING,
    "dane, no answer": set(),
    "dane, not vouched for": EVERYBODY,
    "dane and sts": {"unknown"},
}
DEMANDS = {
    "nothing": "opportunistic", "required": "required", "sts testing": "sts-testing", "sts enforce": "sts-enforce",
    "sts none": "opportunistic", "sts, other host": "sts-enforce", "dane good": "dane", "dane unknown": "dane",
    "dane unusable": "dane-unusable", "dane, no answer": "dane", "dane, not vouched for": "opportunistic",
    "dane and sts": "dane",
}  # fmt: skip
BY_AUTHORITIES = {
    "good": "webpki", "wrong name": "certificate-host-mismatch", "expired": "certificate-expired",
    "unknown": "certificate-not-trusted",
}  # fmt: skip


async def sent(tmp_path, promise, mx, then=None, *, deadline_days=0, hosts=None, revoked=Revoked, **facts):
    zone, policy, settings = PROMISES[promise] if isinstance(promise, str) else promise
    async with contextlib.AsyncExitStack() as stack:
        web = await stack.enter_async_context(FakeWeb(page(policy), served_by("mta-sts.one.example")))

        def fetcher(resolver):
            return Fetcher(resolver, context=trusting(), route=lambda *_: ("127.0.0.1", web.port))

        hosts = {HOST: mx} if hosts is None else hosts
        node = await stack.enter_async_context(
            sending(tmp_path, hosts, zone=zone, relay=settings, roots=roots, fetcher=fetcher, revoked=revoked)
        )
        number = node.queue(f"kim@{DOMAIN}", **facts)
        await node.manager.settle()
        for _ in range(deadline_days):
            await node.push(DAY)
        return node.states(number), node.events(number), list(node.dialled), then(node) if then else None


def decisions(events, rule):
    return [event.outcome for event in events if isinstance(event, Decided) and event.rule == rule]


@pytest.mark.parametrize("kind", SERVERS)
@pytest.mark.parametrize("promise", PROMISES)
def test_a_server_gets_the_letter_if_it_keeps_the_promise(tmp_path, promise, kind):
    mx = server(kind)
    states, events, dialled, _ = run(sent(tmp_path, promise, mx))
    taken = kind in TAKES[promise]
    assert states == ["done" if taken else "waiting"]
    assert len(mx.letters) == taken
    assert decisions(events, "tls.demand")[:1] == [DEMANDS[promise]]
    if not taken:
        assert not any(line.startswith("MAIL") for line in mx.lines)
    if promise in ("sts, other host", "dane, no answer"):
        assert dialled == []
        assert decisions(events, "tls.proof") != []
    elif kind in ("none", "broken") and taken:
        assert decisions(events, "tls.fallback") == ["clear"]
    elif kind in CERTIFICATES and not promise.startswith("dane"):
        assert decisions(events, "tls.proof") == [BY_AUTHORITIES[kind]]
        assert [event.trusted for event in events if isinstance(event, TlsStarted)] == [kind == "good"]


@pytest.mark.parametrize("promise", ["dane good", "sts enforce"])
def test_a_line_says_why_in_both_languages(tmp_path, promise):
    _, events, _, _ = run(sent(tmp_path, promise, server("wrong name")))
    for event in events:
        if isinstance(event, Decided):
            found = told(event)
            assert known(found.key)
            assert found.key != "event.decided"
            assert all(HOST in say(language, found.key, **found.slots) for language in LANGUAGES)


def test_the_name_asked_for_in_the_handshake_is_the_hosts(tmp_path):
    asked = []
    context = serving(GOOD)
    context.sni_callback = lambda connection, name, _: asked.append(name)
    run(sent(tmp_path, "sts enforce", FakeMx(tls=context)))
    assert asked == [HOST]


def test_a_promise_that_is_never_kept_comes_back_as_a_failure_of_encryption(tmp_path):
    """4.7.5 while it waits, 5.7.5 when the time is over; nothing ever goes out in clear."""
    mx = server("expired")
    states, events, _, inbox = run(sent(tmp_path, "sts enforce", mx, then=lambda node: node.inbox(), deadline_days=6))
    assert states == ["bounced"]
    (failed,) = [event for event in events if isinstance(event, Failed)]
    assert failed.reply.startswith("454 4.7.5 ")
    assert b"Status: 5.7.5" in inbox[-1]
    assert mx.letters == []


TWO = {**STS, (DOMAIN, "MX"): ("10 mx0.evil.example", f"20 {HOST}"), ("mx0.evil.example", "A"): ("127.0.0.1",)}


def test_a_host_the_policy_does_not_name_is_passed_over_for_one_it_names(tmp_path):
    evil, good = FakeMx(tls=serving(GOOD)), server("good")
    states, _, dialled, _ = run(sent(tmp_path, (TWO, POLICY, {}), None, hosts={"mx0.evil.example": evil, HOST: good}))
    assert (states, dialled, evil.connections) == (["done"], [HOST], 0)


def test_hosts_that_are_passed_over_cost_no_talk(tmp_path):
    """Three false MX records before the true one do not keep the letter away."""
    false = [f"mx{n}.evil.example" for n in range(3)]
    zone = {**STS, (DOMAIN, "MX"): (*(f"10 {name}" for name in false), f"20 {HOST}")}
    zone |= {(name, "A"): ("127.0.0.1",) for name in false}
    assert run(sent(tmp_path, (zone, POLICY, {}), server("good")))[0] == ["done"]


def test_a_certificate_that_is_not_good_leads_to_the_next_host(tmp_path):
    zone = {**STS, (DOMAIN, "MX"): ("10 mx2.one.example", f"20 {HOST}"), ("mx2.one.example", "A"): ("127.0.0.1",)}
    policy = POLICY.replace(f"mx: {HOST}", "mx: *.one.example")
    bad, good = server("good"), server("good")  # the certificate is only for mx1
    states, _, dialled, _ = run(sent(tmp_path, (zone, policy, {}), None, hosts={"mx2.one.example": bad, HOST: good}))
    assert (states, dialled, bad.letters) == (["done"], ["mx2.one.example", HOST], [])


# ── certificates that were taken back (RFC 8461 §4.2) ──


def taken_back(tmp_path, issued):
    """The authority's list with this certificate on it, as the server reads it."""
    leaf = x509.load_pem_x509_certificate(issued.cert_chain_pems[0].bytes())
    key = load_pem_private_key(AUTHORITY.private_key_pem.bytes(), None)
    now = datetime.datetime.fromtimestamp(START_US // 1_000_000, datetime.UTC)
    (tmp_path / "list.crl").write_bytes(revocation_list(roots()[0], key, [leaf.serial_number], now))
    return revoked_in([str(tmp_path / "list.crl")])


@pytest.mark.parametrize(
    ("promise", "state"),
    [("sts enforce", "waiting"), ("sts testing", "done"), ("nothing", "done"), ("dane good", "done")],
)
def test_a_certificate_that_was_taken_back_proves_nothing(tmp_path, promise, state):
    """DANE proves the key by itself: its owner takes it back in the DNS (RFC 7672 §7)."""
    revoked = taken_back(tmp_path, GOOD)
    states, events, _, _ = run(sent(tmp_path, promise, server("good"), revoked=lambda: revoked))
    assert states == [state]
    (proof,) = [event for event in events if isinstance(event, Decided) and event.rule == "tls.proof"]
    assert proof.outcome == ("dane-ee" if promise == "dane good" else "certificate-not-trusted")
    assert promise == "dane good" or proof.value == f"{HOST}: its authority has taken it back"


@pytest.mark.parametrize("listed", [False, True])
def test_who_is_on_no_list_is_believed(tmp_path, listed):
    """Negative control: the same letter and the same server; the list names another certificate, or there is none."""
    revoked = taken_back(tmp_path, CERTIFICATES["wrong name"]) if listed else Revoked()
    assert run(sent(tmp_path, "sts enforce", server("good"), revoked=lambda: revoked))[0] == ["done"]


# ── negative controls: with the guard away the same attack succeeds ──


@pytest.mark.parametrize("kind", ["none", "broken"])
@pytest.mark.parametrize("promise", ["sts enforce", "dane good", "required"])
def test_if_nothing_had_to_be_encrypted_stripping_would_work(tmp_path, monkeypatch, promise, kind):
    monkeypatch.setattr(demands, "ENCRYPTED", frozenset())
    mx = server(kind)
    assert run(sent(tmp_path, promise, mx))[0] == ["done"]
    assert len(mx.letters) == 1


@pytest.mark.parametrize("kind", ["wrong name", "expired", "unknown"])
@pytest.mark.parametrize("promise", ["sts enforce", "dane good"])
def test_if_nothing_had_to_be_proved_a_stranger_would_get_it(tmp_path, monkeypatch, promise, kind):
    monkeypatch.setattr(demands, "PROVED", frozenset())
    mx = server(kind)
    assert run(sent(tmp_path, promise, mx))[0] == ["done"]
    assert len(mx.letters) == 1
