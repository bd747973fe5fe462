"""What every engine does with mailboxes and their entries (RFC 9051 §2.3.1.1, RFC 7162 §3.1)."""

import pytest

from kit.stored import NOW, filing, fill, inbox, letter, person, take
from pyeonji.journey.event import Expunged, Moved
from pyeonji.proto.imap.flags import DELETED, FLAGGED, JUNK, SEEN
from pyeonji.proto.imap.numbers import merged
from pyeonji.store import entries, expunged, journey, mailboxes
from pyeonji.store.changes import changes
from pyeonji.store.delete import delete
from pyeonji.store.engine.base import Conflict
from pyeonji.store.expunged import forget, remembered_after
from pyeonji.store.flagging import Change, set_flags
from pyeonji.store.rename import rename
from pyeonji.store.verify import verify

LATER = NOW // 1_000_000 + 60  # seconds
NONE = frozenset()


@pytest.fixture
def kim(home):
    return person(home)


@pytest.fixture
def box(home, kim):
    return inbox(home).mailbox_id


def write(home, fn, *args, **named):
    return home.engine.write_now(fn, *args, **named)


def read(home, fn, *args):
    return home.engine.read_now(fn, *args)


def flag(home, box, uids, how, mask, words=NONE, **facts):
    """The letters that changed, as they are then."""
    ranges = merged((uid, uid) for uid in uids)
    done = write(home, set_flags, box, ranges, Change(how, mask, frozenset(words)), **facts)
    return [entry for entry in read(home, entries.entries, box) if entry.modseq == done.modseq]


def expunge(home, box, uids):
    return write(home, entries.expunge, box, uids, now_us=NOW, account="kim@a.test")


def copy(home, source, target, uids, move=False):
    return write(home, entries.copy, source, target, uids, now_us=NOW, move=move)


def named(home, kim, name):
    return read(home, mailboxes.mailbox, kim.id, name)


def told(home, number):
    return [e for row in read(home, journey.of_message, number) for e in row.events if isinstance(e, Moved | Expunged)]


def test_a_name_is_given_once_per_account(home, kim):
    made = write(home, mailboxes.create, kim.id, "일/회의", uidvalidity=LATER)
    assert (made.name, made.uidnext, made.messages, made.uidvalidity) == ("일/회의", 1, 0, LATER)
    with pytest.raises(Conflict):
        write(home, mailboxes.create, kim.id, "일/회의", uidvalidity=LATER)
    other = person(home, "lee@a.test")
    assert write(home, mailboxes.create, other.id, "일/회의", uidvalidity=LATER).account_id == other.id


def test_a_name_that_comes_back_has_a_greater_uidvalidity(home, kim):
    first = write(home, mailboxes.create, kim.id, "A", uidvalidity=LATER)
    write(home, delete, first.id, now_us=NOW, account="kim@a.test")
    again = write(home, mailboxes.create, kim.id, "A", uidvalidity=LATER)
    assert again.uidvalidity > first.uidvalidity
    write(home, mailboxes.create, kim.id, "B", uidvalidity=LATER)
    write(home, delete, again.id, now_us=NOW, account="kim@a.test")
    write(home, rename, kim.id, "B", "A", now_us=LATER * 1_000_000)
    assert named(home, kim, "A").uidvalidity > again.uidvalidity


def test_the_id_of_a_deleted_mailbox_is_never_given_again(home, kim):
    """A session that still has it open would look into another's letters."""
    first = write(home, mailboxes.create, kim.id, "A", uidvalidity=LATER)
    write(home, delete, first.id, now_us=NOW, account="kim@a.test")
    assert write(home, mailboxes.create, kim.id, "B", uidvalidity=LATER).id > first.id


def test_a_mailbox_is_renamed_with_all_below_it(home, kim):
    for name in ("A", "A/B", "A/B/C", "AB"):
        write(home, mailboxes.create, kim.id, name, uidvalidity=LATER)
    assert write(home, rename, kim.id, "A", "Z", now_us=LATER * 1_000_000)
    names = {found.name for found in read(home, mailboxes.mailboxes, kim.id)}
    assert {"Z", "Z/B", "Z/B/C", "AB"} <= names
    assert not names & {"A", "A/B", "A/B/C"}


def test_a_mailbox_is_not_renamed_onto_another_nor_below_itself(home, kim):
    for name in ("A", "B"):
        write(home, mailboxes.create, kim.id, name, uidvalidity=LATER)
    for target in ("B", "A/A"):
        with pytest.raises(Conflict):
            write(home, rename, kim.id, "A", target, now_us=LATER * 1_000_000)
    assert not write(home, rename, kim.id, "C", "D", now_us=LATER * 1_000_000)


def test_inbox_renamed_stays_and_gives_its_letters_away(home, kim, box):
    fill(home, 3)
    assert write(home, rename, kim.id, "INBOX", "Old", now_us=LATER * 1_000_000)
    assert read(home, entries.entries, box) == []
    assert named(home, kim, "INBOX").id == box
    assert len(read(home, entries.entries, named(home, kim, "Old").id)) == 3
    assert verify(home) == []


def test_flags_are_set_added_and_removed_under_one_new_modseq(home, box):
    fill(home, 3)
    before = read(home, mailboxes.mailbox_by_id, box).modseq
    changed = flag(home, box, [1, 2, 9], "add", SEEN | FLAGGED, {"$b", "a"})
    assert [(e.uid, e.flags, e.keywords, e.modseq) for e in changed] == [
        (1, SEEN | FLAGGED, "$b a", before + 1),
        (2, SEEN | FLAGGED, "$b a", before + 1),
    ]
    assert flag(home, box, [1], "remove", FLAGGED, {"a"})[0].keywords == "$b"
    assert flag(home, box, [1], "set", DELETED)[0].flags == DELETED
    assert list(read(home, changes, box, before).letters.uids) == [1, 2]
    assert read(home, mailboxes.mailbox_by_id, box).unseen == 2


def test_unseen_letters_are_counted_whatever_happens_to_them(home, kim, box):
    """Also where letters come seen, leave unseen, are copied or moved."""
    fill(home, 2)
    take(home, letter(filing(home, flags=SEEN)))
    flag(home, box, [1, 3], "add", FLAGGED)
    flag(home, box, [2], "set", SEEN | DELETED)
    flag(home, box, [3], "remove", SEEN)
    junk = named(home, kim, "Junk").id
    copy(home, box, junk, [1, 2])
    copy(home, box, junk, [3], move=True)
    expunge(home, box, [1])
    assert [read(home, mailboxes.mailbox_by_id, number).unseen for number in (box, junk)] == [0, 2]
    assert verify(home) == []


def test_marked_letters_are_weighed_without_walking_through_the_mailbox(home, box):
    fill(home, 3)
    flag(home, box, [1, 3], "add", DELETED)
    found = [e for e in read(home, entries.entries, box) if e.flags & DELETED]
    assert read(home, entries.weighed, box) == (2, sum(e.size for e in found))
    assert read(home, entries.marked, box) == [1, 3]
    assert read(home, entries.weighed, 999) == (0, 0)


def test_two_mailboxes_made_at_once_have_different_uidvalidities(home, kim):
    made = [write(home, mailboxes.create, kim.id, name, uidvalidity=LATER).uidvalidity for name in ("A", "B")]
    assert made == [LATER, LATER + 1]
    assert write(home, mailboxes.create, kim.id, "C", uidvalidity=LATER + 9).uidvalidity == LATER + 9


def test_what_does_not_change_gets_no_new_modseq(home, box):
    fill(home, 1)
    flag(home, box, [1], "add", SEEN)
    before = read(home, mailboxes.mailbox_by_id, box).modseq
    for where, uids, how in ((box, [1], "add"), (box, [], "set"), (999, [1], "set")):
        assert flag(home, where, uids, how, SEEN) == []
    assert read(home, mailboxes.mailbox_by_id, box).modseq == before


def test_a_set_of_flags_takes_the_place_of_what_was_there(home, box):
    fill(home, 4)
    flag(home, box, [1, 2], "add", SEEN, {"b"})
    flag(home, box, [2, 3], "add", 0, {"a"})
    assert [e.keywords for e in flag(home, box, range(1, 5), "set", SEEN, {"a", "b"})] == ["a b"] * 3, (
        "letter 2 has them already"
    )
    assert [e.uid for e in flag(home, box, [1, 3, 4], "remove", SEEN, {"b", "c"})] == [1, 3, 4]
    assert [e.keywords for e in read(home, entries.entries, box)] == ["a", "a b", "a", "a"]


def test_who_changes_flags_learns_what_others_changed_since_he_looked(home, box):
    fill(home, 5)
    known = read(home, mailboxes.mailbox_by_id, box).modseq
    flag(home, box, [2, 4], "add", FLAGGED)
    done = write(home, set_flags, box, [(1, 3), (5, 9)], Change("add", SEEN), known=known)
    assert (done.modseq, done.newer) == (known + 2, [2])
    again = write(home, set_flags, box, [(1, 3)], Change("add", SEEN), known=done.modseq)
    assert (again.modseq, again.newer) == (0, [])


@pytest.mark.parametrize(
    ("change", "modified", "flags"),
    [
        (Change("add", DELETED, since=0), [1, 2, 3], [0, 0, SEEN | JUNK]),
        (Change("add", DELETED, since=5), [3], [DELETED, DELETED, SEEN | JUNK]),
        (Change("set", 0, since=5), [3], [0, 0, SEEN | JUNK]),
        (Change("set", 0, since=6), [], [0, 0, 0]),
        (Change("add", 0, frozenset("x"), since=5), [3], [0, 0, SEEN | JUNK]),
        (Change("add", JUNK, since=0), [3], [JUNK, JUNK, SEEN | JUNK]),
        (Change("add", 0, frozenset("a"), since=0), [2], [0, 0, SEEN | JUNK]),
        (Change("remove", 0, frozenset("a"), since=0), [1, 2, 3], [0, 0, SEEN | JUNK]),
    ],
)
def test_what_changed_meanwhile_is_left_alone(home, box, change, modified, flags):
    fill(home, 3)
    flag(home, box, [2], "add", 0, {"a"})  # MODSEQ 5
    flag(home, box, [3], "add", SEEN | JUNK)  # 6
    done = write(home, set_flags, box, [(1, 2), (3, 7)], change)
    letters = read(home, entries.entries, box)
    assert (done.modified, [entry.flags for entry in letters]) == (modified, flags)
    if "a" in change.keywords or "x" in change.keywords:
        changed = [entry.uid for entry in letters if entry.modseq == done.modseq]
        assert changed == [uid for uid in (1, 2, 3) if uid not in modified]
    assert verify(home) == []


def test_the_log_of_expunged_letters_is_forgotten_from_its_old_end(home, box):
    fill(home, 6)
    for uid in (2, 4, 1, 6):
        expunge(home, box, [uid])  # MODSEQ 8, 9, 10, 11
    assert read(home, remembered_after, box, 1) == [1, 2, 4, 6]
    assert write(home, forget, box, 4, 100) == 0
    assert write(home, forget, box, 2, 1) == 1
    assert write(home, forget, box, 2, 1) == 1
    assert write(home, forget, box, 2, 1) == 0
    assert read(home, mailboxes.mailbox_by_id, box).forgotten == 9
    assert [read(home, remembered_after, box, modseq) for modseq in (8, 9, 10)] == [None, [1, 6], [6]]


def test_the_first_who_asks_takes_what_is_recent(home, box):
    fill(home, 3)
    assert write(home, mailboxes.take_recent, box, 3) == 1
    assert write(home, mailboxes.take_recent, box, 4) == 3
    assert write(home, mailboxes.take_recent, box, 4) == 4
    assert write(home, mailboxes.take_recent, 999, 4) == 4


def test_changes_are_read_in_columns_as_they_are_in_rows(home, box):
    fill(home, 5)
    flag(home, box, [2], "add", SEEN, {"z", "a"})
    seen = read(home, mailboxes.mailbox_by_id, box).modseq
    flag(home, box, [4, 1], "add", FLAGGED)
    flag(home, box, [3], "add", FLAGGED)
    expunge(home, box, [5])
    for after in (0, seen):
        found = read(home, changes, box, after)
        rows = [entry for entry in read(home, entries.entries, box) if entry.modseq > after]
        letters = [
            entries.Entry(uid, *rest[:2], found.letters.keywords.get(uid, ""), *rest[2:])
            for uid, *rest in zip(*found.letters.numbers, strict=True)
        ]
        assert letters == rows
        assert found.expunged == ([5] if after else [])
        assert found.box == read(home, mailboxes.mailbox_by_id, box)
    assert read(home, changes, box, seen, 2) is None
    assert read(home, changes, 999, 1).box is None
    assert len(read(home, changes, box, found.box.modseq).letters) == 0


def test_an_expunged_letter_is_gone_counted_and_told_of(home, box):
    one, _, three = fill(home, 3)
    before = read(home, mailboxes.mailbox_by_id, box)
    assert expunge(home, box, [3, 1, 7]) == [1, 3]
    after = read(home, mailboxes.mailbox_by_id, box)
    assert [e.uid for e in read(home, entries.entries, box)] == [2]
    assert (after.messages, after.octets * 3, after.uidnext) == (1, before.octets, before.uidnext)
    assert read(home, expunged.expunged_after, box, before.modseq) == [1, 3]
    assert read(home, expunged.expunged_after, box, after.modseq) == []
    assert told(home, three) == [Expunged(NOW, "kim@a.test", "INBOX", 3)]
    assert told(home, one) != []
    assert expunge(home, box, [1]) == []
    assert expunge(home, 999, [1]) == []


def test_a_uid_is_never_given_twice(home, box):
    fill(home, 2)
    expunge(home, box, [1, 2])
    fill(home, 1)
    assert [e.uid for e in read(home, entries.entries, box)] == [3]


def test_a_copy_has_the_flags_and_dates_of_the_letter(home, kim, box):
    number = take(home, letter(filing(home, internal_us=NOW - 5))).number
    flag(home, box, [1], "set", FLAGGED, {"$w"})
    archive = named(home, kim, "Archive")
    assert copy(home, box, archive.id, [1, 5]) == (archive.uidvalidity, [(1, 1)])
    (there,) = read(home, entries.entries, archive.id)
    (here,) = read(home, entries.entries, box)
    assert there._replace(modseq=0) == here._replace(modseq=0)
    assert told(home, number) == [Moved(NOW, "kim@a.test", "Archive", 1, "copied")]


def test_a_moved_letter_is_in_one_place(home, kim, box):
    numbers = fill(home, 3)
    archive = named(home, kim, "Archive")
    assert copy(home, box, archive.id, [2, 3], move=True)[1] == [(2, 1), (3, 2)]
    assert [e.message_id for e in read(home, entries.entries, archive.id)] == numbers[1:]
    assert [e.uid for e in read(home, entries.entries, box)] == [1]
    assert read(home, expunged.expunged_after, box, 0) == [2, 3]
    assert told(home, numbers[1]) == [Moved(NOW, "kim@a.test", "Archive", 1, "moved")]
    assert verify(home) == []


def test_a_copy_into_the_same_mailbox_is_a_new_entry(home, box):
    (number,) = fill(home, 1)
    assert copy(home, box, box, [1])[1] == [(1, 2)]
    assert [e.message_id for e in read(home, entries.entries, box)] == [number, number]
    assert verify(home) == []


def test_a_copy_to_nowhere_is_refused(home, box):
    fill(home, 1)
    with pytest.raises(Conflict):
        copy(home, box, 999, [1])
    assert copy(home, box, box, []) == (read(home, mailboxes.mailbox_by_id, box).uidvalidity, [])


def test_more_uids_than_one_statement_names_are_all_found(home, box):
    count = entries.SLICE + 20
    way = filing(home)
    home.engine.write_now(lambda tx: [_take(tx, home, way) for _ in range(count)])
    assert len(flag(home, box, range(1, count + 1), "add", SEEN)) == count
    assert len(expunge(home, box, range(2, count + 1))) == count - 1
    assert verify(home) == []


def _take(tx, home, way):
    from pyeonji.store.accept import accept

    return accept(tx, home.blobs, letter(way))


def test_a_deleted_mailbox_takes_its_entries_along(home, kim, box):
    fill(home, 2)
    copy(home, box, named(home, kim, "Junk").id, [1], move=True)
    write(home, delete, named(home, kim, "Junk").id, now_us=NOW, account="kim@a.test")
    assert named(home, kim, "Junk") is None
    assert verify(home) == []
