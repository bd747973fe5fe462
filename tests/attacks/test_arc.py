"""A10: chains that are too long, broken, or borrowed from a forwarder who is trusted; controls beside them."""

import pytest

from kit.sealed import chain_of, checked, hop, zone_of
from kit.signed import BODY
from pyeonji.msgauth.arc import chain, seal, validate
from pyeonji.msgauth.dkim import bodies, key

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
