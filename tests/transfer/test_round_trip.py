"""What is exported and imported again is the same: letters, flags, keywords, dates, mailboxes."""

import itertools
from collections import Counter

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kit.imported import Moved
from kit.stored import person
from pyeonji.proto.imap.flags import STORED
from pyeonji.store import creation, mailboxes
from pyeonji.store.accept import Filing, Letter, accept
from pyeonji.store.verify import verify
from pyeonji.transfer import leaving

SECOND = 1_000_000
numbers = itertools.count(1_790_000_000_000_000 << 4)
# What is hard for one format or another; every line ends in CR LF, as in letters that came by SMTP.
lines = st.lists(
    st.sampled_from(
        [
            b"From lee@b.test Thu Jan  1 10:00:00 2026", b"From here", b">From here", b">>From here", b"", b".", b"x",
            b"Status: RO", b"X-Status: F", b"X-Keywords: a", b"Content-Length: 3", b"Subject: s", b" folded", b"\r",
            "Subject: 안녕".encode(), b"X-Mozilla-Status: 0009", b"--b", b"\0",
        ]
    ),
    max_size=8,
)  # fmt: skip
contents = st.builds(
    lambda header, body, end: b"".join(line + b"\r\n" for line in [*header, b"", *body]) + end,
    lines, lines, st.sampled_from([b"", b"no line end", b"From"]),
)  # fmt: skip
names = st.sampled_from(["INBOX", "Sent", "일/회의", "Work/v1.2", "R&D", ".hidden", "..", "a&AC4-b"])
letters = st.tuples(
    names, contents, st.integers(0, STORED), st.frozensets(st.sampled_from(["a", "$b", "Work-2"])),
    st.integers(1, 2_000_000_000 * SECOND),
)  # fmt: skip


def stored(moved, name, content, flags, keywords, internal_us):
    """A letter in a mailbox, as if it had always been there."""
    account = moved.kim

    def put(tx):
        box = creation.at_hand(tx, account.id, name, now_us=SECOND)
        way = Filing(
            0,
            account.address,
            account.id,
            account.address,
            box.id,
            name,
            flags,
            " ".join(sorted(keywords)),
            internal_us,
        )
        accept(tx, moved.home.blobs, Letter(
            number=next(numbers), content=content, size=len(content), body_at=0, relay_at=0, at_us=SECOND,
            via="append", reverse_path="", filings=(way,),
        ))  # fmt: skip

    moved.home.engine.write_now(put)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    """Fresh pairs of an account that has letters and one that gets them."""
    data = tmp_path_factory.mktemp("trip")
    moved = Moved(data / "data")
    yield moved, (data / f"out{n}" for n in itertools.count())
    assert verify(moved.home) == []
    moved.close()


def afresh(moved):
    """Another account of the same store."""
    other = object.__new__(Moved)
    other.data, other.home, other._capsys = moved.data, moved.home, None
    other.kim = person(moved.home, f"p{next(numbers)}@a.test")
    return other


def seen(moved, exactness):
    """{mailbox: the letters in it}, dates as exact as the format keeps them."""
    return {
        name: Counter((octets, flags, at_us // exactness) for octets, flags, at_us in found)
        for name, found in moved.all().items()
    }


@pytest.mark.parametrize(("kind", "exactness"), [("maildir", 1), ("mbox", SECOND)])
@pytest.mark.parametrize("piece", [1 << 20, 7])
def test_what_goes_out_comes_in_again(worlds, monkeypatch, kind, exactness, piece):
    first, folders = worlds
    if piece < 100:  # every letter is a large one
        monkeypatch.setattr(leaving, "SMALL", 0)
        monkeypatch.setattr(leaving, "PIECE", piece)

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @example([("INBOX", b"\r\nno header", 0, frozenset(), 1)])
    @example([("INBOX", b" a fold first\r\n\r\nx\r\n", 1, frozenset("a"), 1)])
    @example([("..", b"A: b\r\n\r\n", 1, frozenset(), 1), (".hidden", b"A: b\r\n\r\n\r\n", 1, frozenset(), 1)])
    @given(st.lists(letters, max_size=5))
    def holds(some):
        here, there, folder = afresh(first), afresh(first), next(folders)
        for one in some:
            stored(here, *one)
        assert here.run("export", kind, here.kim.address, folder)[0] == 0
        code, _, _ = there.run("import", kind, there.kim.address, folder, "--keep-duplicates")
        assert code == 0
        assert seen(there, exactness) == seen(here, exactness)
        assert all(path.is_relative_to(folder) for path in folder.rglob("*"))
        assert not list(folder.parent.glob("*.mbox"))

    holds()


def test_single_files_have_the_letters(worlds):
    first, folders = worlds
    here, there, folder = afresh(first), afresh(first), next(folders)
    for name, content in (("INBOX", b"A: b\r\n\r\nbare\rcr\r\n"), ("일/회의", b"x"), ("INBOX", b"\r\nno header")):
        stored(here, name, content, 0, (), 5 * SECOND)
    assert here.run("export", "eml", here.kim.address, folder)[0] == 0
    assert there.run("import", "eml", there.kim.address, folder)[0] == 0
    assert seen(there, SECOND) == seen(here, SECOND)


def test_the_letters_of_a_mailbox_whose_name_no_file_system_takes_are_not_lost(worlds):
    first, folders = worlds
    for kind in ("maildir", "mbox", "eml"):
        here, there, folder = afresh(first), afresh(first), next(folders)
        for name in ("x" * 300, "한" * 300, "한" * 299):
            stored(here, name, f"A: {name[-2:]}{len(name)}\r\n\r\n".encode(), 0, (), SECOND)
        assert here.run("export", kind, here.kim.address, folder)[0] == 0
        assert there.run("import", kind, there.kim.address, folder)[0] == 0
        assert sum(map(len, there.all().values())) == 3


def test_a_name_that_leads_out_of_the_folder_does_not(worlds):
    """Whoever exports may have more rights than whoever named the mailbox."""
    first, folders = worlds
    for kind in ("maildir", "mbox", "eml"):
        here, folder = afresh(first), next(folders)
        for name in ("../../out", "..", ".", "./x", "/etc/out"):
            box = here.home.engine.write_now(
                lambda tx, name=name, here=here: (
                    mailboxes.mailbox(tx, here.kim.id, name) or creation.at_hand(tx, here.kim.id, name, now_us=SECOND)
                )
            )
            assert box.name == name
            stored(here, name, b"A: b\r\n\r\n", 0, (), 1)
        before = {path for path in folder.parent.iterdir() if path != folder}
        assert here.run("export", kind, here.kim.address, folder / "deep" / "down")[0] == 0
        assert {path for path in folder.parent.iterdir() if path != folder} == before
        assert {path.name for path in folder.iterdir()} == {"deep"}
        assert {path.name for path in (folder / "deep").iterdir()} == {"down"}
