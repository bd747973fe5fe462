"""What every engine remembers of letters that went away, and how they come back."""

import pytest

from kit.stored import DAY, NOW, filing, fill, inbox, letter, person, take
from pyeonji.journey.event import Expunged, Moved
from pyeonji.proto.imap.flags import DELETED, FLAGGED, SEEN
from pyeonji.store import entries as entries_
from pyeonji.store import journey, mailboxes, messages, removed, sweep
from pyeonji.store.delete import delete
from pyeonji.store.engine.base import Damaged
from pyeonji.store.flagging import Change, set_flags
from pyeonji.store.undelete import undelete
from pyeonji.store.verify import verify

KIM = "kim@a.test"
LIMITS = sweep.Limits(step=3)  # small steps, so that every walk takes several
NONE = frozenset()


@pytest.fixture
def kim(home):
    return person(home)


@pytest.fixture
def box(home, kim):
    return inbox(home).mailbox_id


def expunge(home, box, uids, now_us=NOW):
    return home.engine.write_now(entries_.expunge, box, uids, now_us=now_us, account=KIM)


def named(home, kim, name):
    return home.engine.read_now(mailboxes.mailbox, kim.id, name)


def gone(home, kim, mailbox="", since_us=0):
    found, after = [], 0
    while rows := home.engine.read_now(
        removed.removed, kim.id, mailbox=mailbox, since_us=since_us, after=after, limit=2
    ):
        found += rows
        after = rows[-1].id
    return found


def bring_back(home, kim, rows, into="", now_us=NOW):
    return home.engine.write_now(undelete, kim.id, KIM, [row.id for row in rows], into=into, now_us=now_us)


def entries(home, box):
    return home.engine.read_now(entries_.entries, box)


def test_an_expunged_letter_comes_back_with_its_flags_and_date_under_a_new_uid(home, kim, box):
    number = take(home, letter(filing(home, internal_us=NOW - 5))).number
    home.engine.write_now(set_flags, box, [(1, 1)], Change("set", SEEN | FLAGGED | DELETED, frozenset({"$w"})))
    expunge(home, box, [1])
    (row,) = gone(home, kim)
    assert (row.mailbox, row.message_id, row.removed_us) == ("INBOX", number, NOW)
    assert bring_back(home, kim, [row]) == {box: 1}
    (entry,) = entries(home, box)
    assert (entry.uid, entry.message_id, entry.flags, entry.keywords) == (2, number, SEEN | FLAGGED, "$w")
    assert entry.internal_us == NOW - 5
    assert gone(home, kim) == []
    told = [event for row in home.engine.read_now(journey.of_message, number) for event in row.events]
    assert told[-2:] == [Expunged(NOW, KIM, "INBOX", 1), Moved(NOW, KIM, "INBOX", 2, "undeleted")]
    assert verify(home) == []


def test_who_brings_back_twice_brings_back_once(home, kim, box):
    fill(home, 1)
    expunge(home, box, [1])
    rows = gone(home, kim)
    assert bring_back(home, kim, rows) == {box: 1}
    assert bring_back(home, kim, rows) == {}
    assert len(entries(home, box)) == 1


def test_nobody_brings_back_the_letters_of_another(home, kim, box):
    lee = person(home, "lee@a.test")
    fill(home, 1)
    expunge(home, box, [1])
    assert bring_back(home, lee, gone(home, kim)) == {}
    assert gone(home, lee) == []


def test_what_was_moved_by_copying_did_not_go_away(home, kim, box):
    fill(home, 2)
    archive = named(home, kim, "Archive")
    home.engine.write_now(entries_.copy, box, archive.id, [1], now_us=NOW, move=False)
    home.engine.write_now(entries_.copy, box, archive.id, [2], now_us=NOW, move=True)
    expunge(home, box, [1, 2])
    assert gone(home, kim) == []
    expunge(home, archive.id, [1, 2])
    assert [row.mailbox for row in gone(home, kim)] == ["Archive", "Archive"]


def test_a_letter_twice_in_one_mailbox_that_goes_at_once_is_not_lost(home, kim, box):
    fill(home, 1)
    home.engine.write_now(entries_.copy, box, box, [1], now_us=NOW, move=False)
    expunge(home, box, [1, 2])
    assert gone(home, kim) != []


def test_the_letters_of_a_deleted_mailbox_come_back_into_a_new_one_of_its_name(home, kim, box):
    numbers = fill(home, 3)
    work = home.engine.write_now(mailboxes.create, kim.id, "일/회의", uidvalidity=NOW // 1_000_000)
    home.engine.write_now(entries_.copy, box, work.id, [1, 2, 3], now_us=NOW, move=True)
    home.engine.write_now(entries_.copy, work.id, box, [3], now_us=NOW, move=False)
    home.engine.write_now(delete, work.id, now_us=NOW, account=KIM)
    rows = gone(home, kim, "일/회의")
    assert [row.message_id for row in rows] == numbers[:2]  # the third is still in INBOX
    bring_back(home, kim, rows)
    again = named(home, kim, "일/회의")
    assert (again.uidvalidity > work.uidvalidity, again.messages) == (True, 2)
    assert named(home, kim, "일") is not None
    told = [event for row in home.engine.read_now(journey.of_message, numbers[0]) for event in row.events]
    assert told[-2:] == [Expunged(NOW, KIM, "일/회의", 1), Moved(NOW, KIM, "일/회의", 1, "undeleted")]
    assert verify(home) == []


def test_letters_are_found_by_mailbox_and_time_and_come_back_where_one_likes(home, kim, box):
    fill(home, 3)
    expunge(home, box, [1], NOW)
    expunge(home, box, [2, 3], NOW + DAY)
    assert len(gone(home, kim, "INBOX", NOW + 1)) == 2
    assert gone(home, kim, "Junk") == []
    bring_back(home, kim, gone(home, kim), into="되찾은 편지")
    assert named(home, kim, "되찾은 편지").messages == 3


def test_octets_stay_until_the_window_is_over(home, kim, box):
    numbers = fill(home, 7)
    expunge(home, box, range(1, 8))
    assert sweep.sweep(home, NOW + LIMITS.removed_us, LIMITS).freed == 0
    assert all(home.engine.read_now(messages.content, home.blobs, number) for number in numbers)
    swept = sweep.sweep(home, NOW + LIMITS.removed_us + 1, LIMITS)
    assert (swept.let_go, swept.freed) == (7, 7)
    with pytest.raises(Damaged):
        home.engine.read_now(messages.content, home.blobs, numbers[0])
    assert verify(home) == []


def test_an_account_that_goes_takes_along_what_it_had_removed(home, kim, box):
    from pyeonji.store import directory

    fill(home, 1)
    expunge(home, box, [1])
    home.engine.write_now(directory.remove_account, kim.id)
    assert sweep.sweep(home, NOW + 2 * DAY, LIMITS).freed == 1
    assert verify(home) == []


# ── expiry ──


def expire(home, lifetimes_us, now_us):
    return sweep.sweep(home, now_us, sweep.Limits(step=3, lifetimes_us=lifetimes_us))


def test_what_has_been_in_the_trash_for_its_time_goes_and_can_be_brought_back(home, kim, box):
    fill(home, 9)
    trash = named(home, kim, "Trash")
    home.engine.write_now(entries_.copy, box, trash.id, range(1, 8), now_us=NOW, move=True)
    home.engine.write_now(entries_.copy, box, trash.id, [8], now_us=NOW + DAY, move=True)
    lifetimes = {"\\Trash": 30 * DAY}
    assert expire(home, lifetimes, NOW + 30 * DAY).expired == frozenset()
    assert expire(home, lifetimes, NOW + 30 * DAY + 1).expired == {trash.id}
    assert [entry.uid for entry in entries(home, trash.id)] == [8]
    assert len(entries(home, box)) == 1
    (row, *_) = rows = gone(home, kim, "Trash")
    assert len(rows) == 7
    told = [event for one in home.engine.read_now(journey.of_message, row.message_id) for event in one.events]
    assert told[-1].because == "expired"
    assert verify(home) == []


def test_without_a_lifetime_nothing_goes(home, kim, box):
    fill(home, 2)
    assert expire(home, {}, NOW + 5000 * DAY).expired == frozenset()
    assert expire(home, {"\\Junk": DAY}, NOW + 5000 * DAY).expired == frozenset()
    assert expire(home, {"INBOX": DAY}, NOW + 5000 * DAY).expired == {box}
    assert entries(home, box) == []
