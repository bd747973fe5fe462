"""What every engine does with the keys we sign letters with (RFC 6376)."""

import pytest

from pyeonji.store import directory, keys
from pyeonji.store.engine.base import Conflict
from pyeonji.store.keys import OwnKey

RSA, ED = "rsa-sha256", "ed25519-sha256"


def add(home, selector, algorithm=RSA, domain="a.test", now=100):
    key = OwnKey(domain, selector, algorithm, f"v=DKIM1; p={selector}", now, 0, 0, 0)
    home.engine.write_now(keys.add_key, key, f"PEM {selector}")


def states(home, domain="a.test"):
    return {key.selector: key.state for key in home.engine.read_now(keys.keys_of, domain)}


def test_a_key_is_made_seen_and_used_and_gives_way_to_the_next(home):
    add(home, "one")
    assert states(home) == {"one": "made"}
    assert home.engine.read_now(keys.signing, "a.test") == []
    home.engine.write_now(keys.seen, "a.test", "one", 200)
    assert states(home) == {"one": "published"}
    assert home.engine.write_now(keys.activate, "a.test", "one", 300)
    assert home.engine.read_now(keys.signing, "a.test") == [("one", "PEM one")]
    add(home, "two", now=400)
    assert home.engine.write_now(keys.activate, "a.test", "two", 500)
    assert states(home) == {"one": "retired", "two": "active"}
    assert home.engine.read_now(keys.signing, "a.test") == [("two", "PEM two")]


def test_keys_of_two_algorithms_stand_beside_each_other_rsa_first(home):
    for selector, algorithm in (("e", ED), ("r", RSA)):
        add(home, selector, algorithm)
        home.engine.write_now(keys.activate, "a.test", selector, 300)
    assert home.engine.read_now(keys.signing, "a.test") == [("r", "PEM r"), ("e", "PEM e")]


def test_what_was_given_up_has_no_private_half_and_never_comes_back(home):
    add(home, "one")
    home.engine.write_now(keys.activate, "a.test", "one", 300)
    assert home.engine.write_now(keys.retire, "a.test", "one", 400)
    assert not home.engine.write_now(keys.retire, "a.test", "one", 500)
    assert not home.engine.write_now(keys.activate, "a.test", "one", 500)
    assert not home.engine.write_now(keys.activate, "a.test", "nobody", 500)
    rows = home.engine.read_now(lambda tx: tx.all("SELECT private_pem, retired_us FROM signing_key"))
    assert rows == [("", 400)]


def test_a_record_stays_wanted_for_seven_days(home):
    add(home, "one")
    home.engine.write_now(keys.activate, "a.test", "one", 300)
    home.engine.write_now(keys.retire, "a.test", "one", 400)
    (key,) = home.engine.read_now(keys.keys_of, "a.test")
    assert (key.name, key.is_wanted(400 + keys.STAYS_US - 1), key.is_wanted(400 + keys.STAYS_US)) == (
        "one._domainkey.a.test", True, False,
    )  # fmt: skip


def test_a_selector_is_taken_once_in_a_domain(home):
    add(home, "one")
    add(home, "one", domain="b.test")
    with pytest.raises(Conflict):
        add(home, "one", ED)
    assert [key.domain for key in home.engine.read_now(keys.all_keys)] == ["a.test", "b.test"]


def test_a_domain_that_goes_takes_its_keys_along(home):
    home.engine.write_now(directory.add_domain, "a.test", 1)
    add(home, "one")
    add(home, "one", domain="b.test")
    home.engine.write_now(directory.remove_domain, "a.test")
    assert [key.domain for key in home.engine.read_now(keys.all_keys)] == ["b.test"]
