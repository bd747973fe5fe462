"""Random work on mailboxes: UID and MODSEQ only grow, a model agrees, and both engines give the same answers."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.examples import examples
from kit.stored import NOW, letter, numbers, person
from pyeonji.proto.imap.numbers import merged
from pyeonji.store import columns, entries, expunged, mailboxes, removed
from pyeonji.store.accept import Filing, accept
from pyeonji.store.flagging import Change, set_flags
from pyeonji.store.undelete import undelete
from pyeonji.store.verify import verify

BOXES = ("INBOX", "Archive")
boxes = st.sampled_from(BOXES)
some_uids = st.lists(st.integers(1, 8), max_size=4)
step = st.one_of(
    st.tuples(st.just("take"), boxes),
    st.tuples(
        st.just("flag"), boxes, some_uids, st.sampled_from(["set", "add", "remove"]), st.integers(0, 31),
        st.frozensets(st.sampled_from(["a", "$b", "한"])),
    ),
    st.tuples(st.just("expunge"), boxes, some_uids),
    st.tuples(st.just("copy"), boxes, boxes, some_uids, st.booleans()),
    st.tuples(st.just("undelete"), boxes),
    st.tuples(st.just("upgrade"), boxes),
)  # fmt: skip
shared = settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    monkeypatch.setattr(columns, "FEW", 2)
    monkeypatch.setattr(columns, "CHUNK", 3)


class World:
    """One home with a fresh account, and what must be true of it."""

    def __init__(self, home):
        self.home = home
        self.address = f"p{next(numbers)}@a.test"
        self.account = person(home, self.address)
        found = home.engine.read_now(mailboxes.mailboxes, self.account.id)
        self.ids = {box.name: box.id for box in found}
        self.uidnext = dict.fromkeys(BOXES, 1)
        self.modseq = dict.fromkeys(BOXES, 1)

    def do(self, what, box, *args):
        """Carry out one step; what came back, without numbers that differ between engines."""
        write, here = self.home.engine.write_now, self.ids[box]
        if what == "take":
            way = Filing(1, self.address, self.account.id, self.address, here, box)
            return write(accept, self.home.blobs, letter(way)).uids[0][1]
        if what == "flag":
            uids, *rest = args
            return write(set_flags, here, merged((uid, uid) for uid in uids), Change(*rest), known=1)
        if what == "expunge":
            return write(entries.expunge, here, *args, now_us=NOW, account=self.address)
        if what == "undelete":
            asked = {"mailbox": box, "since_us": 0, "after": 0, "limit": 99}
            ids = [row.id for row in self.home.engine.read_now(removed.removed, self.account.id, **asked)]
            return sum(write(undelete, self.account.id, self.address, ids, into="", now_us=NOW).values())
        if what == "upgrade":  # letters that are there came before it was kept with which MODSEQ
            return write(lambda tx: tx.run("UPDATE entry SET came = 0 WHERE mailbox_id = :id", {"id": here}))
        target, uids, move = args
        return write(entries.copy, here, self.ids[target], uids, now_us=NOW, move=move)[1]

    def look(self):
        """The mailboxes as they are; asserts what must always hold."""
        seen = []
        for name in BOXES:
            read, number = self.home.engine.read_now, self.ids[name]
            box, letters = read(mailboxes.mailbox_by_id, number), read(entries.entries, number)
            assert box.uidnext >= self.uidnext[name]
            assert box.modseq >= self.modseq[name]
            assert box.messages == len(letters)
            assert box.octets == sum(entry.size for entry in letters)
            uids = [entry.uid for entry in letters]
            assert uids == sorted(set(uids))
            assert all(uid < box.uidnext for uid in uids)
            assert all(entry.modseq <= box.modseq for entry in letters)
            gone = read(expunged.expunged_after, number, 0)
            assert not set(gone) & set(uids)
            assert sorted([*gone, *uids]) == list(range(1, box.uidnext))
            # whoever saw the last state learns of every change since
            for since in range(box.modseq + 1):
                expected = [(entry.uid, entry.modseq) for entry in letters if entry.modseq > since]
                found = read(columns.changed, number, since)
                assert list(zip(found.uids, found.modseqs, strict=True)) == expected
                assert (read(columns.changed, number, since, 2) is None) == (len(expected) > 2)
            self.uidnext[name], self.modseq[name] = box.uidnext, box.modseq
            seen.append((box.uidnext, box.modseq, [e._replace(message_id=0) for e in letters], gone))
        return seen


@shared
@given(steps=st.lists(step, max_size=12))
def test_uids_and_modseqs_only_grow(sqlite_home, steps):
    world = World(sqlite_home)
    for one in steps:
        world.do(*one)
        world.look()


STORY = [
    *[("take", "Archive"), *[("take", "INBOX")] * 3],
    ("flag", "INBOX", [2], "add", 1, frozenset()),  # it came and changed since
    ("copy", "INBOX", "Archive", [1, 2, 3], False),
    ("flag", "Archive", [2], "add", 1, frozenset()),
    ("copy", "INBOX", "Archive", [3], True),
    ("take", "INBOX"),
    ("flag", "INBOX", [1, 4], "add", 2, frozenset({"a"})),
    ("upgrade", "INBOX"),
    ("take", "INBOX"),
    ("expunge", "INBOX", [4]),
    ("undelete", "INBOX"),
    ("flag", "INBOX", [1, 6], "remove", 2, frozenset()),
    *[("take", "INBOX")] * 3,
    ("flag", "INBOX", [8], "set", 8, frozenset()),
]


def test_whoever_knows_any_state_of_a_mailbox_learns_what_came_and_what_changed_since_each_once(sqlite_home):
    world = World(sqlite_home)
    for one in STORY:
        world.do(*one)
        world.look()
    assert verify(sqlite_home) == []


@pytest.mark.postgres
@settings(shared, max_examples=examples(25))
@given(steps=st.lists(step, max_size=10))
def test_both_engines_give_the_same_answers(sqlite_home, postgres_home, steps):
    lite, grown = World(sqlite_home), World(postgres_home)
    for one in steps:
        assert lite.do(*one) == grown.do(*one)
    assert lite.look() == grown.look()


def test_random_work_leaves_nothing_to_find(sqlite_home):
    world = World(sqlite_home)
    for one in [("take", "INBOX")] * 4 + [("copy", "INBOX", "Archive", [1, 2], True), ("expunge", "Archive", [1])]:
        world.do(*one)
    assert verify(sqlite_home) == []
