"""DANE with a zone that is really signed and a resolver that really checks it (RFC 7672): what becomes of a letter."""

import subprocess
from pathlib import Path

import pytest

from kit.sending import FakeMx, run, sending
from kit.validating import Validating
from pyeonji.journey.event import Decided, Delivered, Resolved
from pyeonji.net.clock import SystemClock
from pyeonji.net.resolver import Resolver
from stations.test_relay_trust import CERTIFICATES, DOMAIN, GOOD, HOST, decisions, key_digest, roots, serving

pytestmark = pytest.mark.interop

NAME = f"_25._tcp.{HOST}."
MATCHES = f"{NAME} IN TLSA 3 1 1 {key_digest(GOOD)}"
OTHER = f"{NAME} IN TLSA 3 1 1 {key_digest(CERTIFICATES['unknown'])}"
UNUSABLE = f"{NAME} IN TLSA 1 1 1 {key_digest(GOOD)}"
LONG_AGO = ("-i", "20200101", "-e", "20200201")


@pytest.fixture
def validating(program):
    """`validating(records, ...)` starts a resolver for a signed zone with these."""
    for name in ("unbound", "ldns-signzone", "ldns-keygen"):
        program(name, large=True)
    started = []

    def start(more, **facts):
        folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
        started.append(Validating(folder, DOMAIN, HOST, more, **facts))
        return started[-1]

    yield start
    for one in started:
        one.stop()


async def carried(tmp_path, dns, mx, validating=False):
    resolver = Resolver((dns.address,), SystemClock(), validating=validating)
    async with sending(tmp_path, {HOST: mx}, resolver=resolver, roots=roots) as node:
        number = node.queue(f"kim@{DOMAIN}")
        await node.manager.settle()
        return node.states(number)[0], node.events(number)


def changed(digest):
    """Another key in place of this one, in a zone that was signed with it."""
    return digest, key_digest(CERTIFICATES["expired"])


ROWS = [
    # what the zone says, and how it is served; certificate; state, demand, proof
    (MATCHES, {}, "good", "done", "dane", "dane-ee"),
    (MATCHES, {}, "unknown", "waiting", "dane", "validation-failure"),
    (OTHER, {}, "unknown", "done", "dane", "dane-ee"),  # nobody but the DNS knows this certificate
    (OTHER, {}, "good", "waiting", "dane", "validation-failure"),  # nor does an authority help
    (MATCHES, {}, "none", "waiting", "dane", ""),  # STARTTLS taken away
    (UNUSABLE, {}, "unknown", "done", "dane-unusable", "certificate-not-trusted"),
    ("", {}, "unknown", "done", "opportunistic", "certificate-not-trusted"),  # proved that there is none
    ("", {}, "none", "done", "opportunistic", ""),
    # Nobody vouches for it, and nothing pretends that somebody does.
    (OTHER, {"unsigned": True}, "good", "done", "opportunistic", "webpki"),
    (OTHER, {"checks": False}, "good", "done", "opportunistic", "webpki"),
    # Changed on the way: the resolver does not tell what is there.
    (MATCHES, {"broken": changed(key_digest(GOOD))}, "expired", "waiting", "dane", "dnssec-invalid"),
    (MATCHES, {"broken": ("\tMX\t10 ", "\tMX\t20 ")}, "good", "waiting", "", ""),
    (MATCHES, {"times": LONG_AGO}, "good", "waiting", "", ""),
]


@pytest.mark.parametrize(("more", "served", "kind", "state", "demand", "proof"), ROWS)
def test_a_letter_goes_where_the_dns_vouches_for_the_server(
    tmp_path, validating, more, served, kind, state, demand, proof
):
    mx = FakeMx() if kind == "none" else FakeMx(tls=serving(CERTIFICATES[kind]))
    found, events = run(carried(tmp_path, validating(more, **served), mx))
    assert found == state
    assert decisions(events, "tls.demand")[:1] == [demand] * bool(demand)
    assert decisions(events, "tls.proof")[:1] == [proof] * bool(proof)
    assert len(mx.letters) == (state == "done")
    assert bool([event for event in events if isinstance(event, Delivered)]) == (state == "done")


def test_a_zone_whose_signatures_do_not_fit_is_told_to_be_unknown_for_now(tmp_path, validating):
    dns = validating(MATCHES, times=LONG_AGO)
    _, events = run(carried(tmp_path, dns, FakeMx(tls=serving(GOOD))))
    assert ["servfail" in event.note for event in events if isinstance(event, Resolved)] == [True]


def test_a_resolver_elsewhere_is_only_believed_when_we_are_told_so(tmp_path, validating, monkeypatch):
    """The same answers, as if they had come over a network in which anybody may change them."""
    dns = validating(OTHER)
    monkeypatch.setattr(Resolver, "_is_believed", lambda self, server: self._validating)
    found, events = run(carried(tmp_path / "1", dns, FakeMx(tls=serving(GOOD))))
    assert (found, decisions(events, "tls.demand")) == ("done", ["opportunistic"])
    found, events = run(carried(tmp_path / "2", dns, FakeMx(tls=serving(GOOD)), validating=True))
    assert (found, decisions(events, "tls.demand")) == ("waiting", ["dane"])
    assert [event.outcome for event in events if isinstance(event, Decided)] == ["dane", "validation-failure"]
