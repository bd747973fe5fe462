"""What the next connection must prove: DANE before MTA-STS before our own settings (RFC 7672, RFC 8461, RFC 8689)."""

import itertools

import pytest

from pyeonji.proto.dns import SERVFAIL, Answer, answer_from
from pyeonji.relay.hops import Host
from pyeonji.relay.trust.dane import Dane, Tlsa, dane_of, parsed, strongest
from pyeonji.relay.trust.demand import Demand, Known, demand_of
from pyeonji.relay.trust.sts import Policy

HOST, DOMAIN = "mx1.one.example", "one.example"
RECORD = Tlsa(3, 1, 1, b"\x01" * 32)
DANES = {
    "none": Dane(),
    "records": Dane("records", HOST, (RECORD,)),
    "unusable": Dane("unusable", HOST),
    "failed": Dane("failed", HOST, why="servfail"),
}
POLICIES = {
    "none": None,
    "testing": Policy(DOMAIN, "testing", 1, (HOST,)),
    "enforce": Policy(DOMAIN, "enforce", 1, (HOST,)),
    "other": Policy(DOMAIN, "enforce", 1, ("other.example",)),
    "other-testing": Policy(DOMAIN, "testing", 1, ("other.example",)),
}


def decided(dane="none", policy="none", setting="opportunistic", wish="", **facts):
    known = Known(host=HOST, domain=DOMAIN, dane=DANES[dane], policy=POLICIES[policy], **facts)
    return demand_of(known, setting, wish)


ROWS = [
    # DANE, policy, setting, wish: kind, is this host refused
    ("none", "none", "opportunistic", "", "opportunistic", False),
    ("none", "none", "required", "", "required", False),
    ("none", "none", "never", "", "never", False),
    ("none", "testing", "opportunistic", "", "sts-testing", False),
    ("none", "other-testing", "opportunistic", "", "sts-testing", False),
    ("none", "enforce", "opportunistic", "", "sts-enforce", False),
    ("none", "enforce", "required", "", "sts-enforce", False),
    ("none", "other", "opportunistic", "", "sts-enforce", True),
    ("records", "none", "opportunistic", "", "dane", False),
    ("records", "enforce", "opportunistic", "", "dane", False),
    ("records", "other", "opportunistic", "", "dane", False),
    ("failed", "none", "opportunistic", "", "dane", True),
    ("failed", "enforce", "opportunistic", "", "dane", True),
    ("unusable", "none", "opportunistic", "", "dane-unusable", False),
    ("unusable", "testing", "opportunistic", "", "dane-unusable", False),
    ("unusable", "enforce", "opportunistic", "", "sts-enforce", False),
    ("unusable", "other", "opportunistic", "", "sts-enforce", True),
    ("records", "enforce", "opportunistic", "optional", "optional", False),
    ("failed", "other", "opportunistic", "optional", "optional", False),
    ("none", "none", "opportunistic", "required", "requiretls", True),
    ("none", "enforce", "opportunistic", "required", "requiretls", False),
    ("none", "testing", "opportunistic", "required", "requiretls", False),
    ("none", "other", "opportunistic", "required", "requiretls", True),
    ("failed", "enforce", "opportunistic", "required", "requiretls", True),
    ("none", "enforce", "never", "required", "requiretls", True),
]


@pytest.mark.parametrize(("dane", "policy", "setting", "wish", "kind", "refused"), ROWS)
def test_the_strongest_demand_counts(dane, policy, setting, wish, kind, refused):
    found = decided(dane, policy, setting, wish)
    assert (found.kind, bool(found.refusal[0])) == (kind, refused)


def test_a_demand_of_the_writer_needs_a_host_that_somebody_vouches_for():
    assert not decided("records", wish="required", secure_route=True).refusal[0]
    assert not decided("none", wish="required", secure_route=True).refusal[0]
    assert decided("none", wish="required").refused("x").code == 550


def test_who_logs_in_wants_proof():
    assert decided(login=True).must_prove
    assert decided(login=True, setting="never").must_prove
    assert decided("records", login=True).kind == "dane"


def test_nothing_makes_dane_weaker():
    """Whatever else is known: where the DNS names a certificate, another one gets nothing."""
    for policy, setting in itertools.product(POLICIES, ("opportunistic", "required")):
        for dane in ("records", "failed"):
            assert decided(dane, policy, setting).must_prove


def test_no_policy_in_force_goes_without_proof():
    for dane, setting in itertools.product(DANES, ("opportunistic", "required")):
        assert decided(dane, "enforce", setting).must_prove


def test_what_must_be_proved_must_be_encrypted():
    for dane, policy, setting, wish in itertools.product(DANES, POLICIES, ("never", "required"), ("", "required")):
        found = decided(dane, policy, setting, wish)
        assert found.must_encrypt or not found.must_prove


def test_the_certificate_may_be_for_the_domain_only_by_dane():
    assert decided("records").names == (HOST, DOMAIN)
    assert decided("none", "enforce").names == (HOST,)


def test_what_we_say_to_ourselves_is_one_line_of_ascii():
    reply = Demand(kind="dane", host=HOST, names=(HOST,)).refused("편지\r\n250 ok")
    assert reply.to_wire().count(b"\r\n") == 1


# ── what the DNS says of a host ──

ASKED = f"_25._tcp.{HOST}"
HEX = "01" * 32


def asked(zone, authentic=True, canonical="", secure_route=True):
    return answer_from(zone, dane_of(Host(10, HOST, ("8.8.8.8",), authentic, canonical), 25, secure_route=secure_route))


def records(*texts, authentic=True):
    return Answer(texts, authentic=authentic)


def test_records_that_the_dns_vouches_for_count():
    found = asked({(ASKED, "TLSA"): records(f"3 1 1 {HEX}")})
    assert (found.state, found.base, found.records) == ("records", HOST, (RECORD,))


INSECURE = [
    {"secure_route": False},
    {"authentic": False},
]


@pytest.mark.parametrize("facts", INSECURE)
def test_where_the_way_there_is_not_vouched_for_nobody_is_asked(facts):
    assert asked({(ASKED, "TLSA"): SERVFAIL}, **facts).state == "none"


def test_records_that_nobody_vouches_for_are_none():
    assert asked({(ASKED, "TLSA"): records(f"3 1 1 {HEX}", authentic=False)}).state == "none"


def test_a_dns_that_does_not_answer_is_no_leave_to_go_without():
    assert asked({(ASKED, "TLSA"): SERVFAIL}).state == "failed"


def test_no_records_are_none():
    assert asked({}).state == "none"


def test_an_alias_is_asked_for_where_it_leads_first():
    zone = {("_25._tcp.real.example", "TLSA"): records(f"3 1 1 {HEX}"), (ASKED, "TLSA"): records("3 1 1 00")}
    assert asked(zone, canonical="real.example").base == "real.example"
    assert asked({(ASKED, "TLSA"): records(f"3 1 1 {HEX}")}, canonical="real.example").base == HOST


UNUSABLE = [
    "0 1 1 " + HEX, "1 0 1 " + HEX, "4 1 1 " + HEX, "3 2 1 " + HEX, "3 1 3 " + HEX, "3 1 1 01", "3 1 2 " + HEX,
    "255 0 0 01", "3 1 1 zz", "3 1 1", "", "3 1 1 " + HEX + "0",
]  # fmt: skip


@pytest.mark.parametrize("text", UNUSABLE)
def test_records_that_cannot_be_compared_still_ask_for_encryption(text):
    assert asked({(ASKED, "TLSA"): records(text)}).state == "unusable"


def test_of_two_digests_the_stronger_counts():
    one, two, other, whole = parsed([f"3 1 1 {HEX}", f"3 1 2 {HEX * 2}", f"2 1 1 {HEX}", "3 1 0 0102"])
    assert strongest([one, two, other, whole]) == (two, other, whole)


def test_long_records_may_be_written_in_groups():
    assert parsed([f"3 1 2 {HEX} {HEX}"])[0].data == b"\x01" * 64
