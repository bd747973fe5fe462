"""What every engine keeps of addresses to which apps send nothing."""

import pytest

from kit.stored import NOW, letter, relaying, take
from pyeonji.journey.event import Deferred, Failed, Reported, Returned
from pyeonji.store import suppressions, told
from pyeonji.store.accept import record
from pyeonji.store.sent import Sent
from pyeonji.store.suppressions import COMPLAINT, EVERYBODY, PERSON
from store.contract_told import app


def add(home, app_id, address, cause=PERSON, **facts):
    return home.engine.write_now(suppressions.add, app_id, address, cause, NOW, **facts)


def why(home, app_id, address):
    return home.engine.read_now(suppressions.why, app_id, address)


def test_an_address_is_kept_back_from_one_app_or_from_all_however_it_is_written(home):
    board, shop = app(home), app(home, "shop")
    assert add(home, board, "Minsu@School.Example", note="asked")
    assert not add(home, board, "minsu@school.example", COMPLAINT)  # the first reason stays
    add(home, EVERYBODY, "park@c.test")
    assert why(home, board, "minsu@SCHOOL.example") == (board, "minsu@school.example", PERSON, 0, "asked", NOW)
    assert why(home, shop, "minsu@school.example") is None
    assert why(home, shop, "park@c.test").app_id == EVERYBODY
    found = home.engine.read_now(suppressions.among, board, ["a@b.test", "PARK@c.test", "minsu@school.example"])
    assert set(found) == {"park@c.test", "minsu@school.example"}
    assert home.engine.write_now(suppressions.remove, board, "MINSU@school.example")
    assert not home.engine.write_now(suppressions.remove, board, "minsu@school.example")


def test_many_addresses_are_looked_up_at_once_and_listed_in_pages(home, monkeypatch):
    monkeypatch.setattr(suppressions, "TOGETHER", 2)
    board, shop = app(home), app(home, "shop")
    addresses = [f"r{n}@b.test" for n in range(5)]
    for address in addresses:
        add(home, board, address)
    add(home, shop, "other@b.test")
    assert set(home.engine.read_now(suppressions.among, board, [*addresses, "x@b.test"])) == set(addresses)
    first = home.engine.read_now(suppressions.listing, board, limit=3)
    rest = home.engine.read_now(suppressions.listing, board, (first[-1].app_id, first[-1].address))
    assert [one.address for one in (*first, *rest)] == addresses
    assert len(home.engine.read_now(suppressions.listing, None)) == 6


LATER = [
    (Failed(NOW, 1, "550 5.1.1 no", "addr.no_such_user"), "addr.no_such_user"),
    (Failed(NOW, 1, "552 5.2.2 full", "mbox.full"), None),
    (Failed(NOW, 1, "451 later", "queue.expired"), None),
    (Deferred(NOW, 1, "450 4.1.1 no", "addr.no_such_user", NOW + 1), None),
    (Returned(NOW, 1, 7, "5.1.1 no", "addr.no_such_user"), "addr.no_such_user"),
    (Reported(NOW, 1, 7, "complaint", "abuse"), COMPLAINT),
    (Reported(NOW, 0, 7, "complaint", "abuse"), None),  # nobody is named
]


@pytest.mark.parametrize(("event", "cause"), LATER)
def test_who_is_not_there_or_complains_of_an_apps_letter_is_kept_back(home, event, cause):
    board = app(home)
    number = take(home, letter(relaying("Lee@b.test"), sent=Sent(board))).number
    home.engine.write_now(record, None, number, NOW, [event])
    found = why(home, board, "lee@b.test")
    assert (found and (found.cause, found.message_id)) == (cause and (cause, number))


TWO = (relaying("lee@b.test"), relaying("victim@c.test", 2))
BEHIND = "pb=0000@us.test"  # a return address of its own for each


@pytest.mark.parametrize(
    ("ways", "onward", "event", "kept_back"),
    [
        (TWO, "", Returned(NOW, 2, 7, "5.1.1 no", "addr.no_such_user"), False),
        (TWO, "", Reported(NOW, 2, 7, "complaint", "abuse"), False),
        (TWO, BEHIND, Reported(NOW, 2, 7, "complaint", "abuse"), False),
        (TWO, BEHIND, Returned(NOW, 2, 7, "5.1.1 no", "addr.no_such_user"), True),  # nobody else knows that address
        (TWO, "", Failed(NOW, 2, "550 5.1.1 no", "addr.no_such_user"), True),  # we heard it ourselves
        (TWO[1:], "", Returned(NOW, 2, 7, "5.1.1 no", "addr.no_such_user"), True),  # he alone got it
    ],
)
def test_nobody_who_got_a_letter_shuts_out_others_who_did(home, ways, onward, event, kept_back):
    """S16: he knows all that a report has to know.  The last rows are the negative control."""
    board = app(home)
    number = take(home, letter(*ways, sent=Sent(board), onward_path=onward)).number
    home.engine.write_now(record, None, number, NOW, [event])
    assert bool(why(home, board, "victim@c.test")) == kept_back


def complaints_told(home, n):
    board = app(home)
    number = take(home, letter(*TWO, sent=Sent(board))).number
    for at in range(5):
        home.engine.write_now(record, None, number, NOW + at, [Reported(NOW + at, n, 7 + at, "complaint", "abuse")])
    found = home.engine.read_now(told.of_letter, number)
    assert [one.sequence for one in found if one.n == n] == list(range(1, len([1 for one in found if one.n == n]) + 1))
    return sum(one.type == "email.complained" for one in found)


@pytest.mark.parametrize(("n", "times"), [(2, 1), (0, 2)])
def test_who_complains_a_thousand_times_is_told_once_and_who_is_not_named_once_for_each_recipient(home, n, times):
    assert complaints_told(home, n) == times


def test_without_a_look_at_what_was_told_each_would_be(home, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(told, "_is_new", lambda tx, number, n: True)
    assert complaints_told(home, 2) == 5


@pytest.mark.parametrize("facts", [{"sent": None}, {"address": "dead@simulator.test"}])
def test_peoples_letters_and_those_to_the_simulator_keep_nobody_back(home, facts):
    board = app(home)
    address = facts.get("address", "lee@b.test")
    number = take(home, letter(relaying(address), sent=facts.get("sent", Sent(board)))).number
    home.engine.write_now(record, None, number, NOW, [LATER[0][0]])
    assert home.engine.read_now(suppressions.listing, None) == []
