"""Where a letter goes: RFC 5321 §5.1 and RFC 7505, answered from dicts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.address.public import is_public
from pyeonji.net.own import own_addresses
from pyeonji.proto.dns import NO_SUCH_NAME, SERVFAIL, TIMEOUT, Answer, answer_from
from pyeonji.relay.hops import (
    AskLater,
    NoMail,
    Rules,
    addresses_of,
    interleaved,
    next_hops,
    parsed,
    spread_equals,
)

US = Rules(own_names=frozenset({"mx.us.example"}))
OPEN = Rules(allow_loopback=True, allow_private=True)


def hops(zone, domain="example.com", rules=US, spread=0.0):
    return answer_from(zone, next_hops(domain, rules, spread))


def names(zone, **given_):
    return [host.name for host in hops(zone, **given_).hosts]


THREE = {
    ("example.com", "MX"): ("20 mx3.example.com", "10 mx1.example.com", "15 mx2.example.com"),
    ("mx1.example.com", "A"): ("8.8.8.1",),
    ("mx2.example.com", "A"): ("8.8.8.2",),
    ("mx3.example.com", "A"): ("8.8.8.3",),
}


def test_the_smallest_number_is_tried_first():
    assert names(THREE) == ["mx1.example.com", "mx2.example.com", "mx3.example.com"]


def test_the_journey_can_tell_the_order():
    assert hops(THREE).records == ("10 mx1.example.com", "15 mx2.example.com", "20 mx3.example.com")


def test_without_mx_the_domain_itself_takes_the_mail():
    found = hops({("example.com", "A"): ("8.8.8.8",)})
    assert [host.name for host in found.hosts] == ["example.com"]
    assert found.note == "implicit mx"


def test_a_domain_with_only_an_ipv6_address_takes_mail():
    assert hops({("example.com", "AAAA"): ("2607:f8b0::1",)}).hosts[0].addresses == ("2607:f8b0::1",)


def test_both_address_families_are_tried_in_turn():
    assert interleaved(["1", "2"], ["a", "b", "c"]) == ["1", "a", "2", "b", "c"]


NEVER = [
    ("an unknown domain", {("other.example", "A"): ("8.8.8.8",)}, "5.1.2"),
    ("a null MX", {("example.com", "MX"): ("0 .",)}, "5.1.10"),
    ("we are the best exchanger", {("example.com", "MX"): ("10 mx.us.example", "10 b.example")}, "5.4.6"),
    ("no host has an address", {("example.com", "MX"): ("10 mx.example",), ("mx.example", "TXT"): ()}, "5.4.4"),
    ("no host exists", {("example.com", "MX"): ("10 mx.example",)}, "5.4.4"),
    ("only loopback", {("example.com", "MX"): ("10 mx.example",), ("mx.example", "A"): ("127.0.0.1",)}, "5.4.4"),
    ("nothing but the name", {("example.com", "TXT"): ("hello",)}, "5.4.4"),
]


@pytest.mark.parametrize(("what", "zone", "status"), NEVER, ids=[row[0] for row in NEVER])
def test_a_domain_that_takes_no_mail_fails_at_once(what, zone, status):
    with pytest.raises(NoMail) as caught:
        hops(zone)
    assert caught.value.status == status
    assert caught.value.words.startswith("55")


LATER = [
    ("servfail of the MX", {("example.com", "MX"): SERVFAIL}),
    ("no answer for the MX", {("example.com", "MX"): TIMEOUT}),
    ("servfail of the address", {("example.com", "MX"): ("10 mx.example",), ("mx.example", "A"): SERVFAIL}),
    (
        "one address family unknown",
        {("example.com", "MX"): ("10 mx.example",), ("mx.example", "A"): (), ("mx.example", "AAAA"): TIMEOUT},
    ),
]


@pytest.mark.parametrize(("what", "zone"), LATER, ids=[row[0] for row in LATER])
def test_when_the_dns_is_silent_the_letter_waits(what, zone):
    with pytest.raises(AskLater) as caught:
        hops(zone)
    assert caught.value.words.startswith("450 4.4.3")


def test_one_reachable_host_is_enough():
    zone = {**THREE, ("mx1.example.com", "A"): SERVFAIL, ("mx2.example.com", "A"): NO_SUCH_NAME}
    assert names(zone) == ["mx3.example.com"]


def test_only_hosts_better_than_ourselves_are_kept():
    zone = {
        ("example.com", "MX"): ("5 a.example", "10 mx.us.example", "10 b.example", "20 c.example"),
        ("a.example", "A"): ("8.8.8.1",),
        ("b.example", "A"): ("8.8.8.2",),
        ("c.example", "A"): ("8.8.8.3",),
    }
    assert names(zone) == ["a.example"]


def test_an_mx_that_is_an_alias_is_followed():
    zone = {
        ("example.com", "MX"): ("10 mail.example.com",),
        ("mail.example.com", "A"): Answer(("8.8.8.8",), canonical="real.example.net"),
    }
    assert names(zone) == ["mail.example.com"]


def test_a_null_record_beside_real_ones_is_ignored():
    assert names({**THREE, ("example.com", "MX"): ("0 .", "10 mx1.example.com")}) == ["mx1.example.com"]


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "100.64.0.1", "169.254.169.254", "0.0.0.0", "192.168.1.1", "::1", "fe80::1", "fc00::1",
     "::ffff:127.0.0.1", "::ffff:10.1.1.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "224.0.0.1", "::"],
)  # fmt: skip
def test_private_addresses_are_not_dialled(address):
    assert not US.may_dial(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "::1", "192.168.1.1"])
def test_private_addresses_are_dialled_where_that_is_allowed(address):
    assert OPEN.may_dial(address)


@pytest.mark.parametrize("address", ["169.254.169.254", "0.0.0.0", "224.0.0.1"])
def test_some_addresses_are_never_dialled(address):
    assert not OPEN.may_dial(address)


def test_a_literal_is_its_own_host():
    assert hops({}, domain="[8.8.8.8]").hosts[0].addresses == ("8.8.8.8",)
    assert hops({}, domain="[IPv6:2607:f8b0::1]").hosts[0].addresses == ("2607:f8b0::1",)
    with pytest.raises(NoMail):
        hops({}, domain="[127.0.0.1]")


def test_no_more_than_five_addresses_are_tried():
    zone = {("example.com", "MX"): tuple(f"10 mx{n}.example" for n in range(100))}
    zone |= {(f"mx{n}.example", "A"): ("8.8.8.8", "8.8.4.4") for n in range(100)}
    assert sum(len(host.addresses) for host in hops(zone).hosts) == 5


def test_a_smart_host_is_not_looked_up_by_mx():
    found = answer_from({("relay.example", "A"): ("8.8.8.8",)}, addresses_of("relay.example", US))
    assert found.hosts[0].name == "relay.example"


def test_strange_mx_records_are_left_out():
    assert parsed(["10 Mx.Example.", "x y", "", "10", "0 ."]) == [(10, "mx.example"), (0, "")]


@given(st.lists(st.tuples(st.integers(0, 3), st.text("abc", min_size=1)), max_size=8), st.floats(0, 0.999999))
def test_the_order_is_by_preference_and_loses_nobody(exchangers, spread):
    ordered = spread_equals(exchangers, spread)
    assert sorted(ordered) == sorted(exchangers)
    assert [preference for preference, _ in ordered] == sorted(preference for preference, _ in exchangers)


def test_equals_are_spread():
    equals = [(10, "a"), (10, "b"), (10, "c")]
    assert len({tuple(spread_equals(equals, n / 100)) for n in range(100)}) == 6


# ── ourselves by another name (reliability A13) ──

OURS = "8.8.8.2"
ALSO_US = {
    ("example.com", "MX"): ("5 a.example", "10 other-name-of-us.example", "10 b.example", "20 c.example"),
    ("a.example", "A"): ("8.8.8.1",),
    ("other-name-of-us.example", "A"): (OURS,),
    ("b.example", "A"): ("8.8.8.3",),
    ("c.example", "A"): ("8.8.8.4",),
}


def test_only_hosts_better_than_our_own_address_are_kept():
    rules = Rules(own_addresses=frozenset({OURS}))
    assert [host.name for host in hops(ALSO_US, rules=rules).hosts] == ["a.example"]


def test_without_that_rule_letters_would_go_in_circles():
    """Negative control."""
    assert OURS in [address for host in hops(ALSO_US, rules=Rules()).hosts for address in host.addresses]


def test_a_domain_that_leads_only_to_our_address_fails():
    rules = Rules(own_addresses=frozenset({OURS, "2001:4860::1"}))
    for zone in ({("example.com", "A"): (OURS,)}, {("example.com", "AAAA"): ("2001:4860:0::1",)}):
        with pytest.raises(NoMail) as failure:
            hops(zone, rules=rules)
        assert failure.value.status == "5.4.6"


def test_without_that_check_a_private_address_would_be_dialled():
    """Negative control of the addresses above."""
    for address in ("127.0.0.1", "10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1"):
        assert hops({("example.com", "A"): (address,)}, rules=OPEN).hosts[0].addresses == (address,)


OWN = [
    (["127.0.0.1", "10.0.0.1", "localhost", "::1"], set()),
    (["8.8.8.8", "2001:4860:0::8888"], {"8.8.8.8", "2001:4860::8888"}),
]


@pytest.mark.parametrize(("listening", "found"), OWN)
def test_what_we_listen_at_is_ours_if_it_is_public(listening, found):
    assert own_addresses(listening) == found


def test_who_listens_everywhere_knows_only_public_addresses():
    assert all(is_public(address) for address in own_addresses(["0.0.0.0", "::"]))
