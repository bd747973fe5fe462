"""A10: chains that are too long, broken, or borrowed from a forwarder who is trusted; controls beside them."""

from dataclasses import replace

import pytest

from kit.sealed import chain_of, checked, hop, key_of_hop, zone_of
from kit.signed import BODY, NOW_S, body_digest, signed
from pyeonji.filters.trust import TrustSettings, judged
from pyeonji.message.header import parse_header
from pyeonji.msgauth.arc import chain, seal, validate
from pyeonji.msgauth.dkim import bodies, field, key
from pyeonji.msgauth.verdict import Dmarc, Spf, Verdict

SPAM = b"buy\r\n"


@pytest.mark.parametrize(("limited", "result"), [(True, "fail"), (False, "pass")])
def test_a_chain_of_more_than_fifty_hops_is_broken(limited, result, monkeypatch):
    """The second row is the negative control: without the limit each hop more costs, and it is believed."""
    monkeypatch.setattr(seal, "MAX_SETS", 99)
    monkeypatch.setattr(chain, "MAX_SETS", 99)
    letter = hop(chain_of(50), 51, "pass")
    if limited:
        monkeypatch.setattr(chain, "MAX_SETS", bodies.MAX_SETS)
    else:
        monkeypatch.setattr(bodies, "MAX_SETS", 99)
    assert checked(letter, zone_of(51)).result == result


def test_very_many_fields_are_counted_and_not_read():
    letter = b"ARC-Seal: i=1; " + b"a" * 100 + b"\r\n" + b"ARC-Message-Signature: i=1\r\n" * 10_000 + chain_of(1)
    assert checked(letter, zone_of(1)).why == "more than 50 hops"


BROKEN = chain_of(2).replace(b"hop1.test;\r\n spf=pass", b"hop1.test;\r\n spf=fail")


def test_a_seal_that_does_not_fit_is_no_seal():
    assert checked(BROKEN, zone_of(2)).result == "fail"


def test_who_does_not_look_would_believe_it(monkeypatch):
    """Negative control."""
    monkeypatch.setattr(key.PublicKey, "good_for", lambda *_: True)
    assert checked(BROKEN, zone_of(2)).result == "pass"


BORROWED = chain_of(1).replace(BODY, SPAM)


def test_a_trusted_forwarders_seal_on_another_letter_is_not_believed():
    assert checked(BORROWED, zone_of(1)).why == "the body was changed"


def test_a_forger_behind_a_trusted_forwarder_is_named_and_the_trusted_one_vouches_no_more():
    """The chain is whole, as RFC 8617 has it: so whoever decides asks who all of its sealers are."""
    found = checked(hop(BORROWED, 2, "pass"), zone_of(2))
    assert (found.result, found.sealers, found.oldest_pass) == ("pass", ("hop1.test", "hop2.test"), 2)


def test_who_asked_for_any_trusted_name_in_it_would_be_fooled():
    """Negative control."""
    found = checked(hop(BORROWED, 2, "pass"), zone_of(2))
    assert found.result == "pass"
    assert "hop1.test" in found.sealers


def test_without_the_message_signature_a_borrowed_chain_would_be_believed(monkeypatch):
    """Negative control."""

    def nothing(self, one):
        return
        yield

    monkeypatch.setattr(validate._Validation, "message", nothing)
    assert checked(BORROWED, zone_of(1)).result == "pass"


FORGED = hop(signed(), 1, "none", dmarc="fail")
TRUSTING = TrustSettings(trusted_sealers=("hop1.test", "hop2.test"))


def judgement(letter, hops):
    verdict = Verdict(spf=Spf(result="fail", domain="sender.test"), arc=checked(letter, zone_of(hops)))
    refused = Dmarc(result="fail", domain="sender.test", policy="reject")
    return judged(TRUSTING, replace(verdict, dmarc=refused), "").action


def test_a_forwarder_vouches_for_what_it_found_good_itself():
    assert judgement(chain_of(1), 1) == "accept"
    assert judgement(hop(hop(signed(), 1, "none"), 2, "pass", dmarc="fail"), 2) == "accept"  # changed by the first


def test_a_forged_letter_that_a_trusted_forwarder_hands_on_is_refused():
    """ "Forward Pass": any address there that forwards to us would do."""
    assert judgement(FORGED, 1) == "refuse"
    assert judgement(hop(FORGED, 2, "pass", dmarc="fail"), 2) == "refuse"


def test_whoever_only_asked_for_the_seal_would_take_it():
    """Negative control."""
    found = checked(FORGED, zone_of(1))
    assert (found.result, found.sealers[-1]) == ("pass", "hop1.test")


@pytest.mark.parametrize(
    "results",
    [
        b"hop1.test; dmarc=fail; dmarc=pass",
        b"hop1.test; dmarc=pass; dmarc=pass",
        b"hop1.test",
        b"",
        b"hop1.test; dmarc",
    ],
)
def test_what_it_says_in_two_ways_or_not_at_all_is_not_said(results):
    letter = signed()
    header = parse_header(letter)
    sealed = seal.seal(header, body_digest(letter[header.body :]), key_of_hop(1), NOW_S, results, "none") + letter
    found = checked(sealed, zone_of(1))
    assert (found.result, found.dmarc) == ("pass", ("",))


def test_each_field_is_put_into_its_form_once(monkeypatch):
    """A09: fifty signatures of a letter cover the same fields."""
    counted = []
    real = field.field_in
    monkeypatch.setattr(field, "field_in", lambda *args: counted.append(args) or real(*args))
    assert checked(chain_of(9), zone_of(9)).result == "pass"
    once = len(counted)
    monkeypatch.setattr(bodies.Bodies, "forms", property(lambda _: {}, lambda *_: None))  # negative control
    counted.clear()
    assert checked(chain_of(9), zone_of(9)).result == "pass"
    assert len(counted) > 5 * once
