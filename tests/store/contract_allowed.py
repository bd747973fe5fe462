"""What every engine keeps of whom somebody wants in INBOX, and of moving a letter there."""

import pytest
from msgspec.structs import replace

from kit.stored import NOW, filing, letter, person, take
from pyeonji.proto.imap.flags import JUNK, NOT_JUNK
from pyeonji.store import allowed, directory, lying, mailboxes
from pyeonji.store.allowed import Allowed
from pyeonji.store.delete import remove_account
from pyeonji.store.entries import entries

KIM, LEE, AUTHOR = "kim@a.test", "lee@a.test", "noreply@shop.test"
NEAR, FAR = "192.0.2.0/24", "198.51.100.0/24"


@pytest.fixture
def people(home):
    for address in (KIM, LEE):
        person(home, address)
    return [home.engine.read_now(directory.account, address).id for address in (KIM, LEE)]


def allow(home, account, address=AUTHOR, network=NEAR):
    return home.engine.write_now(allowed.add, Allowed(account, address, network, NOW))


@pytest.mark.parametrize(
    ("kept", "author", "network", "proven", "wanted"),
    [
        (NEAR, AUTHOR, NEAR, False, True),
        (NEAR, AUTHOR, FAR, False, False),  # somebody else writes in his name
        (NEAR, AUTHOR, FAR, True, True),  # his domain vouches for him, wherever he is
        ("", AUTHOR, NEAR, True, True),
        ("", AUTHOR, NEAR, False, False),
        ("", AUTHOR, "", False, False),  # that nobody knows where it comes from is no place
        (NEAR, "other@shop.test", NEAR, True, False),
    ],
)
def test_an_author_is_known_again_by_more_than_his_name(home, people, kept, author, network, proven, wanted):
    kim, _ = people
    assert allow(home, kim, network=kept)
    found = home.engine.read_now(lambda tx: allowed.by_whom(tx, people, author, network, proven=proven))
    assert found == (frozenset([kim]) if wanted else frozenset())


def test_who_is_allowed_is_listed_once_and_can_be_judged_again(home, people, monkeypatch):
    kim, lee = people
    assert allow(home, kim) and allow(home, kim) and allow(home, kim, network="") and allow(home, lee)
    assert [one.network for one in home.engine.read_now(allowed.of_account, kim)] == ["", NEAR]
    assert home.engine.write_now(allowed.remove, kim, AUTHOR)
    assert not home.engine.write_now(allowed.remove, kim, AUTHOR)
    assert home.engine.read_now(allowed.of_account, kim) == [] != home.engine.read_now(allowed.of_account, lee)
    monkeypatch.setattr(allowed, "MAX_ALLOWED", 1)
    assert not allow(home, lee, "more@shop.test")


def test_whom_somebody_allowed_is_forgotten_with_his_account(home, people):
    kim, lee = people
    assert allow(home, kim) and allow(home, lee)
    remove_account(home, home.engine.read_now(directory.account, KIM), NOW)
    assert home.engine.read_now(allowed.of_account, kim) == [] != home.engine.read_now(allowed.of_account, lee)


def test_a_letter_goes_from_among_junk_to_inbox_and_says_that_it_is_none(home, people):
    kim, lee = people
    number, box, name = 77, *home.engine.read_now(mailboxes.of_use, [kim], lying.OF_JUNK)[kim]
    in_junk = replace(filing(home, KIM, 1, flags=JUNK), mailbox_id=box, mailbox=name)
    take(home, letter(in_junk, filing(home, LEE, 2), number=number))
    places = home.engine.read_now(lying.places, kim, number)
    assert [(one.mailbox_id, one.is_junk) for one in places] == [(box, True)]
    changed = home.engine.write_now(lying.to_inbox, kim, number, NOW)
    inbox = home.engine.read_now(mailboxes.mailbox, kim, "INBOX").id
    assert changed == [box, inbox]
    (one,) = home.engine.read_now(entries, inbox)
    assert one.message_id == number and one.flags & NOT_JUNK and not one.flags & JUNK
    assert home.engine.write_now(lying.to_inbox, kim, number, NOW) == []
    assert home.engine.write_now(lying.to_inbox, lee, number, NOW) == [], "lee's lies in INBOX"
