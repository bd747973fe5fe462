"""What a chain of certificates proves, by authorities and by DANE (RFC 9525, RFC 7671, RFC 7672)."""

import datetime
import hashlib

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pyeonji.relay.trust.certificate import by_authorities, by_dane, first_name, is_for
from pyeonji.relay.trust.dane import Tlsa

NOW_US = 1_700_000_000_000_000
OURS, OTHERS = trustme.CA(), trustme.CA()
BETWEEN = OURS.create_child_ca()
ROOTS = (x509.load_pem_x509_certificate(OURS.cert_pem.bytes()),)
HOST = "mx1.one.example"


def der(pem):
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


def chain_of(*names, authority=OURS, shows_authority=False, **facts):
    issued = authority.issue_cert(*names, **facts)
    found = [der(blob.bytes()) for blob in issued.cert_chain_pems]
    return [*found, der(authority.cert_pem.bytes())] if shows_authority else found


def at(year):
    return datetime.datetime(year, 1, 1, tzinfo=datetime.UTC)


BY_AUTHORITIES = [
    (chain_of(HOST), ""),
    (chain_of("other.example", HOST), ""),
    (chain_of("*.one.example"), ""),
    (chain_of(HOST, authority=BETWEEN), ""),
    (chain_of(HOST, authority=BETWEEN)[:1], "certificate-not-trusted"),
    (chain_of(HOST, authority=OTHERS), "certificate-not-trusted"),
    (chain_of(HOST, authority=OTHERS, shows_authority=True), "certificate-not-trusted"),
    (chain_of("other.example"), "certificate-host-mismatch"),
    (chain_of("one.example"), "certificate-host-mismatch"),
    (chain_of("*.example"), "certificate-host-mismatch"),
    (chain_of("*.mx1.one.example"), "certificate-host-mismatch"),
    (chain_of("192.0.2.1"), "certificate-host-mismatch"),
    (chain_of(HOST, not_after=at(2020)), "certificate-expired"),
    (chain_of(HOST, not_before=at(2030)), "certificate-expired"),
    ([], "certificate-not-trusted"),
    ([b"no certificate"], "certificate-not-trusted"),
]


@pytest.mark.parametrize(("chain", "result"), BY_AUTHORITIES)
def test_a_certificate_of_an_authority_we_trust_is_good_for_its_names(chain, result):
    proof = by_authorities(chain, ROOTS, (HOST,), NOW_US)
    assert (proof.result, proof.how) == (result, "webpki")
    assert proof.good is not bool(proof.words)


def test_a_server_certificate_is_no_authority():
    """Somebody with a good certificate of his own signs one for our host with it."""
    leaf = OURS.issue_cert("evil.example")
    assert by_authorities([*chain_of(HOST, authority=OTHERS), der(leaf.cert_chain_pems[0].bytes())], ROOTS,
                          (HOST,), NOW_US).result == "certificate-not-trusted"  # fmt: skip


def test_nobody_is_trusted_where_there_are_no_authorities():
    assert by_authorities(chain_of(HOST), (), (HOST,), NOW_US).result == "certificate-not-trusted"


def spki(octets):
    return (
        x509.load_der_x509_certificate(octets)
        .public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )


def tlsa(octets, usage, selector, matching):
    thing = spki(octets) if selector else octets
    return Tlsa(usage, selector, matching, [lambda x: x, sha256, sha512][matching](thing))


def sha256(octets):
    return hashlib.sha256(octets).digest()


def sha512(octets):
    return hashlib.sha512(octets).digest()


@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize("matching", [0, 1, 2])
def test_a_record_of_the_servers_own_certificate_needs_neither_name_nor_date(selector, matching):
    chain = chain_of("somebody-else.example", authority=OTHERS, not_after=at(2020))
    assert by_dane(chain, [tlsa(chain[0], 3, selector, matching)], (HOST,), NOW_US).how == "dane-ee"
    assert by_dane(chain, [tlsa(chain[0], 3, selector, matching)], (HOST,), NOW_US).good
    other = chain_of(HOST)
    assert by_dane(other, [tlsa(chain[0], 3, selector, matching)], (HOST,), NOW_US).result == "validation-failure"


@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize("matching", [0, 1, 2])
def test_a_record_of_an_authority_looks_at_names_and_dates(selector, matching):
    def proved(*names, **facts):
        chain = chain_of(*names, authority=OTHERS, shows_authority=True, **facts)
        return by_dane(chain, [tlsa(chain[-1], 2, selector, matching)], (HOST, "one.example"), NOW_US)

    assert (proved(HOST).result, proved(HOST).how) == ("", "dane-ta")
    assert proved("one.example").good
    assert proved("other.example").result == "certificate-host-mismatch"
    assert proved(HOST, not_after=at(2020)).result == "certificate-expired"


def test_an_authority_that_is_shown_but_did_not_sign_proves_nothing():
    chain = [*chain_of(HOST), der(OTHERS.cert_pem.bytes())]
    assert by_dane(chain, [tlsa(chain[-1], 2, 0, 1)], (HOST,), NOW_US).result == "certificate-not-trusted"


def test_an_authority_that_the_record_holds_whole_need_not_be_shown():
    chain, authority = chain_of(HOST, authority=OTHERS), der(OTHERS.cert_pem.bytes())
    assert by_dane(chain, [tlsa(authority, 2, 0, 0)], (HOST,), NOW_US).good
    assert by_dane(chain, [tlsa(authority, 2, 0, 1)], (HOST,), NOW_US).result == "validation-failure"


def test_an_authority_between_may_be_named():
    chain = chain_of(HOST, authority=BETWEEN)
    assert by_dane(chain, [tlsa(chain[1], 2, 1, 1)], (HOST,), NOW_US).good


def test_one_record_that_matches_is_enough():
    chain = chain_of(HOST)
    assert by_dane(chain, [Tlsa(3, 1, 1, b"x" * 32), tlsa(chain[0], 3, 1, 1)], (HOST,), NOW_US).good


def test_what_is_no_certificate_matches_nothing():
    assert by_dane([b"nonsense"], [Tlsa(3, 0, 0, b"nonsense")], (HOST,), NOW_US).result == "tlsa-invalid"
    assert by_dane([], [Tlsa(3, 0, 0, b"")], (HOST,), NOW_US).result == "validation-failure"


def test_names_are_compared_whole():
    leaf = x509.load_der_x509_certificate(chain_of("*.one.example")[0])
    assert is_for(leaf, "a.one.example")
    assert not is_for(leaf, "one.example")
    assert not is_for(leaf, "a.b.one.example")
    assert first_name(chain_of("*.one.example")) == "*.one.example"
    assert first_name([]) == first_name([b"x"]) == ""
