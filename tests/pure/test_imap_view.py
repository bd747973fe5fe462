"""Random histories of a mailbox: what several views were told, each at its own moments, is what is there."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.examples import examples
from pyeonji.access.imap import image as images
from pyeonji.access.imap.image import Image
from pyeonji.access.imap.resync import matched_uid, vanished
from pyeonji.access.imap.view import View, joined
from pyeonji.proto.imap import flags
from pyeonji.proto.imap.enabled import Enabled
from pyeonji.proto.imap.numbers import Partial, compact, merged, parse_set
from pyeonji.store.changes import Changes
from pyeonji.store.columns import Columns
from pyeonji.store.flagging import Change
from pyeonji.store.mailboxes import Mailbox


class Store:
    """A mailbox as a model: {uid: (flags, keywords, modseq)}, and when which UID went."""

    def __init__(self):
        self.letters, self.gone, self.modseq, self.uidnext = {}, {}, 1, 1

    def deliver(self, count):
        for _ in range(count):
            self.modseq += 1
            self.letters[self.uidnext] = (0, "", self.modseq)
            self.uidnext += 1

    def flag(self, picks, mask, words=""):
        self.modseq += 1
        for uid in self.chosen(picks):
            self.letters[uid] = (mask, words, self.modseq)

    def store(self, picks, change):
        """As STORE does: what does not change has its MODSEQ still.  The UIDs it was said of."""
        self.modseq += 1
        for uid in self.chosen(picks):
            before, words, _ = self.letters[uid]
            if change.bits(before) != before:
                self.letters[uid] = (change.bits(before), words, self.modseq)
        return self.chosen(picks)

    def expunge(self, picks):
        self.modseq += 1
        for uid in self.chosen(picks):
            del self.letters[uid]
            self.gone[uid] = self.modseq

    def chosen(self, picks):
        uids = sorted(self.letters)
        return sorted({uids[pick % len(uids)] for pick in picks}) if uids else []

    def changes(self, after):
        """As pyeonji.store.changes reads them."""
        box = Mailbox(1, 1, "INBOX", "", 1, self.uidnext, self.modseq, len(self.letters), 0, 0, 1, 0)
        rows = [
            (uid, uid * 10, mask, modseq, uid * 1_000_000, 100 + uid, words)
            for uid, (mask, words, modseq) in sorted(self.letters.items())
            if modseq > after
        ]
        columns = Columns()
        if rows:
            columns.extend(rows)
        return Changes(box, columns, sorted(uid for uid, modseq in self.gone.items() if modseq > after))


class Client:
    """Believes what it hears."""

    def __init__(self, image, enabled):
        self.image, self.enabled = image, enabled
        self.view = View(image, read_only=False)
        self.seen = [[uid, self.now(uid)] for uid in image.letters.uids]

    def now(self, uid):
        entry = self.image.letters.entry(self.image.place_of(uid))
        return frozenset(flags.printed(entry.flags, entry.keywords).strip(b"()").split())

    def hear(self, may_expunge):
        for line in b"".join(self.view.tell(self.enabled, may_expunge=may_expunge)).splitlines():
            number = int(line.split()[1])
            if line.endswith(b"EXISTS"):
                assert number >= len(self.seen)
                self.seen += [[None, None] for _ in range(number - len(self.seen))]
            elif line.endswith(b"EXPUNGE"):
                assert may_expunge
                del self.seen[number - 1]
            elif b"FETCH" in line:
                words = re.search(rb"FLAGS \(([^)]*)\)", line)[1].split()
                self.seen[number - 1][1] = frozenset(words) - {b"\\Recent"}
                if found := re.search(rb"UID (\d+)", line):
                    assert self.seen[number - 1][0] in (None, int(found[1]))
            assert self.enabled.rev2 <= (b"ecent" not in line and b"RECENT" not in line)

    def store(self, store, picks, change):
        """It stores and knows what comes of it; its worker knows, too, where nothing else happened."""
        before = store.modseq
        uids = store.store(picks, change)
        if self.image.modseq == before and not self.image.letters.keywords:
            self.image.store(merged((uid, uid) for uid in uids), change, store.modseq)
        else:
            self.image.take(store.changes(self.image.modseq))
        self.view.did(store.modseq)
        for uid in uids:
            number = self.view.number_of(uid)
            if number and number <= len(self.seen):
                self.seen[number - 1][1] = self.now(uid)

    def fetch(self):
        """What the client asks of letters it has heard of by EXISTS alone."""
        for number, known in enumerate(self.seen, 1):
            if known[0] is None or known[1] is None:
                uid = self.view.uids[number - 1]
                if self.image.place_of(uid) is not None:
                    known[:] = [uid, self.now(uid)]


picks = st.lists(st.integers(0, 40), min_size=1, max_size=12)
changes = st.builds(Change, st.sampled_from(["set", "add", "remove"]), st.sampled_from([flags.SEEN, flags.FLAGGED]))
step = st.one_of(
    st.tuples(st.just("deliver"), st.integers(1, 9)),
    st.tuples(st.just("flag"), picks, st.sampled_from([0, flags.SEEN, flags.FLAGGED]), st.sampled_from(["", "a b"])),
    st.tuples(st.just("expunge"), picks),
    st.tuples(st.just("store"), st.integers(0, 2), picks, changes),
    st.tuples(st.just("look")),
    st.tuples(st.just("hear"), st.integers(0, 2), st.booleans()),
    st.tuples(st.just("open"), st.integers(0, 2)),
)
KINDS = [Enabled(), Enabled(condstore=True), Enabled(rev2=True)]


@settings(max_examples=examples(400), deadline=None)
@given(st.integers(0, 30), st.lists(step, max_size=40), st.sampled_from([2, images.MAX_LOGGED]))
def test_every_view_is_told_what_is_there(first, history, logged):
    store, image, clients = Store(), Image(), [None, None, None]
    store.deliver(first)
    image.take(store.changes(0))
    patch = pytest.MonkeyPatch()
    patch.setattr(images, "MAX_LOGGED", logged)  # short enough to be outgrown
    try:
        for what, *facts in [*history, ("look",)]:
            if what == "look":
                image.take(store.changes(image.modseq))
            elif what == "hear":
                if client := clients[facts[0]]:
                    client.hear(facts[1])
            elif what == "open":
                clients[facts[0]] = Client(image, KINDS[facts[0]])
            elif what == "store":
                if client := clients[facts[0]]:
                    client.store(store, *facts[1:])
            else:
                getattr(store, what)(*facts)
            unseen = [place for place, mask in enumerate(image.letters.flags) if not mask & flags.SEEN]
            assert image.first_without(flags.SEEN) == next(iter(unseen), None)
        there = [
            (uid, frozenset(flags.printed(mask, words).strip(b"()").split()))
            for uid, (mask, words, _) in sorted(store.letters.items())
        ]
        assert list(image.letters.uids) == [uid for uid, _ in there]
        assert list(image.letters.modseqs) == [modseq for _, (_, _, modseq) in sorted(store.letters.items())]
        for client in filter(None, clients):
            client.hear(True)
            client.fetch()
            assert [tuple(known) for known in client.seen] == there
            assert client.view.uids is image.letters.uids, "what is the same is shared"
            assert list(client.view.tell(client.enabled, may_expunge=True)) == []
    finally:
        patch.undo()


@given(st.integers(1, 40), picks, st.integers(0, 5))
def test_letters_are_found_at_their_new_places(count, gone, came):
    store, image = Store(), Image()
    store.deliver(count)
    image.take(store.changes(0))
    view = View(image, read_only=True)
    store.expunge(gone)
    store.deliver(came)
    image.take(store.changes(image.modseq))
    span = range(len(view))
    runs = list(view.runs(span))
    found = [(n + i, image.letters.uids[p + i]) for n, p, size in runs for i in range(size)]
    assert found == [(uid, uid) for uid in range(1, count + 1) if uid in store.letters]
    assert len(runs) == len(joined(number for number, _ in found)), "runs are as long as they can be"


@pytest.mark.parametrize(
    ("numbers", "uid", "expected"),
    [
        ("1:3", False, [1, 2, 3]),
        ("3,1", False, [1, 3]),
        ("*", False, [3]),
        ("1:*", True, [1, 2, 3]),
        ("2:90", True, [2, 3]),
        ("7:*", True, [3]),
        ("9", True, []),
    ],
)
def test_a_set_names_letters_the_client_knows(numbers, uid, expected):
    store, image = Store(), Image()
    store.deliver(3)
    image.take(store.changes(0))
    view = View(image, read_only=True)
    store.deliver(4)
    image.take(store.changes(image.modseq))
    assert view.uids_of(view.pick(parse_set(numbers.encode()), uid=uid)) == expected


def test_steps_that_change_nothing_are_not_kept():
    store, image = Store(), Image()
    store.deliver(2)
    image.take(store.changes(0))
    for _ in range(9):
        store.store([0], Change("add", flags.SEEN))
        image.store([(1, 1)], Change("add", flags.SEEN), store.modseq)
    assert image.modseq == store.modseq
    assert len(image._log) == 1  # no limit counts what names no letter
    assert list(image.changed_after(store.modseq - 9)) == [1]


def test_what_a_session_did_or_was_answered_is_not_told_again():
    store, image = Store(), Image()
    store.deliver(4)
    image.take(store.changes(0))
    view = View(image, read_only=False)
    store.flag([0], flags.SEEN)
    view.did(store.modseq)
    store.flag([1], flags.SEEN)
    image.take(store.changes(image.modseq))
    view.answered([range(1, 2)])
    store.flag([2], flags.SEEN)
    image.take(store.changes(image.modseq))
    assert list(view.tell(Enabled(), may_expunge=True)) == [b"* 3 FETCH (FLAGS (\\Seen))\r\n"]


def test_only_the_first_who_is_told_calls_a_letter_recent():
    store, image = Store(), Image()
    image.take(store.changes(0))
    one, two = View(image, read_only=False), View(image, read_only=False)
    store.deliver(1)
    image.take(store.changes(image.modseq))
    assert list(one.tell(Enabled(), may_expunge=True)) == [b"* 1 EXISTS\r\n* 1 RECENT\r\n"]
    assert list(two.tell(Enabled(), may_expunge=True)) == [b"* 1 EXISTS\r\n* 0 RECENT\r\n"]


@given(
    st.integers(0, 40),
    st.lists(st.integers(0, 40), max_size=20),
    st.lists(st.tuples(st.integers(1, 30), st.integers(0, 9))),
)
def test_what_vanished_is_what_is_not_there(count, gone, ranges):
    store, image = Store(), Image()
    store.deliver(count)
    store.expunge(gone)
    image.take(store.changes(0))
    view = View(image, read_only=True)
    asked = merged((first, first + more) for first, more in ranges)
    wanted = [uid for first, last in asked for uid in range(first, last + 1)]
    expected = [uid for uid in wanted if uid not in store.letters]
    told = b"".join(vanished(view, asked, None)).replace(b"* VANISHED (EARLIER) ", b"").strip()
    assert told == compact(expected)
    log = sorted(uid for uid in store.gone if uid % 2)
    told = b"".join(vanished(view, asked, log, 7)).replace(b"* VANISHED (EARLIER) ", b"").strip()
    assert told == compact(uid for uid in expected if uid in log and uid > 7)


@pytest.mark.parametrize(
    ("numbers", "uids", "matched"),
    [("1:3", "1,3,5", 5), ("1:3", "1:3", 1), ("2", "2", 0), ("3,9", "5,20", 5), ("1,3", "1,5", 5)],
)
def test_message_numbers_that_are_right_need_no_answer(numbers, uids, matched):
    store, image = Store(), Image()
    store.deliver(6)
    store.expunge([1])  # UID 2
    store.expunge([2])  # UID 4
    image.take(store.changes(0))
    view = View(image, read_only=True)
    assert matched_uid(view, (parse_set(numbers.encode()), parse_set(uids.encode()))) == matched


@given(st.integers(0, 12), st.integers(1, 14), st.integers(1, 14), st.booleans())
def test_a_part_is_cut_out_of_the_chosen_letters(count, first, last, from_end):
    store, image = Store(), Image()
    store.deliver(count)
    store.expunge([3])
    image.take(store.changes(0))
    view = View(image, read_only=True)
    first, last = sorted((first, last))
    wanted = Partial(-first, -last) if from_end else Partial(first, last)
    spans = [range(len(view) // 2), range(len(view) // 2 + 1, len(view))]
    chosen = [index for span in spans for index in span]
    assert [index for span in view.part(spans, wanted) for index in span] == list(wanted.of(chosen))


def test_a_client_of_qresync_hears_uids():
    store, image = Store(), Image()
    store.deliver(5)
    image.take(store.changes(0))
    view = View(image, read_only=True)
    store.expunge([0, 2, 3])
    image.take(store.changes(image.modseq))
    told = list(view.tell(Enabled(condstore=True, qresync=True), may_expunge=True))
    assert told == [b"* VANISHED 1,3:4\r\n"]
