"""`pyeonji export` over a real store without a server."""

import contextlib
import json
import mailbox as stdlib
import os

import pytest

from kit.imported import KIM, Moved
from pyeonji.proto.imap.flags import FLAGGED, SEEN
from pyeonji.store import mailboxes
from pyeonji.store.flagging import Change, set_flags
from pyeonji.transfer import leaving, taker

DATE_US = 1_767_261_600_000_000


@pytest.fixture
def moved(tmp_path, capsys):
    """Three letters in INBOX, one in Sent."""
    moved = Moved(tmp_path / "data", capsys)
    source = tmp_path / "source"
    for folder, name, n in (("", "1:2,S", 1), ("", "2:2,F", 2), ("", "3:2,", 3), (".Sent", "4:2,S", 4)):
        (source / folder / "cur").mkdir(parents=True, exist_ok=True)
        path = source / folder / "cur" / name
        path.write_bytes(f"Message-ID: <{n}@b.test>\nSubject: {n}\n\nbody {n}\nFrom {n}\n".encode())
        os.utime(path, (DATE_US // 1_000_000, DATE_US // 1_000_000))
    moved.run("import", "maildir", KIM, source)
    yield moved
    moved.close()


def test_a_maildir_is_what_pythons_own_reader_reads(moved, tmp_path):
    out = tmp_path / "out"
    code, said, _ = moved.run("export", "maildir", KIM, out, "--json")
    assert (code, json.loads(said)["written"]) == (0, 4)
    found = stdlib.Maildir(out, create=False)
    assert sorted((letter["Subject"], letter.get_flags()) for letter in found) == [("1", "S"), ("2", "F"), ("3", "")]
    assert {letter.get_date() for letter in found} == {DATE_US // 1_000_000}
    assert set(found.list_folders()) >= {"Sent"}
    assert b"\r" not in next((out / "cur").iterdir()).read_bytes()


def test_an_mbox_is_what_pythons_own_reader_reads(moved, tmp_path):
    out = tmp_path / "out"
    assert moved.run("export", "mbox", KIM, out)[0] == 0
    with contextlib.closing(stdlib.mbox(out / "INBOX.mbox", create=False)) as found:
        assert [(letter["Subject"], letter.get_flags()) for letter in found] == [("1", "RO"), ("2", "OF"), ("3", "O")]
        assert "Thu Jan  1 10:00:00 2026" in found[0].get_from()
    assert b"\n>From 1\n" in (out / "INBOX.mbox").read_bytes()


def test_an_export_goes_on_where_it_was_and_follows_flags(moved, tmp_path):
    out = tmp_path / "out"
    moved.run("export", "maildir", KIM, out)
    names = sorted(path.name for path in (out / "cur").iterdir())
    (out / "cur" / names[0]).unlink()
    box = moved.home.engine.read_now(mailboxes.mailbox, moved.kim.id, "INBOX")
    moved.home.engine.write_now(set_flags, box.id, [(3, 3)], Change("add", SEEN | FLAGGED, frozenset({"work"})))
    _, said, _ = moved.run("export", "maildir", KIM, out, "--json")
    assert (json.loads(said)["written"], json.loads(said)["there"]) == (1, 3)
    assert sorted(path.name.partition(":2,")[2] for path in (out / "cur").iterdir()) == ["F", "FSa", "S"]
    assert (out / "dovecot-keywords").read_text() == "0 work\n"


def test_only_the_mailboxes_that_are_named(moved, tmp_path):
    out = tmp_path / "out"
    moved.run("export", "eml", KIM, out, "--mailbox", "Sent")
    assert [path.name for path in out.iterdir()] == ["Sent"]
    code, _, err = moved.run("export", "eml", KIM, out, "--mailbox", "Nothing")
    assert code == 1 and "there is no mailbox Nothing" in err


def test_a_file_that_is_there_is_replaced_only_when_told(moved, tmp_path):
    out = tmp_path / "out"
    moved.run("export", "mbox", KIM, out)
    (out / "INBOX.mbox").write_bytes(b"mine")
    code, _, err = moved.run("export", "mbox", KIM, out)
    assert code == 1 and "--yes" in err
    assert (out / "INBOX.mbox").read_bytes() == b"mine"
    assert moved.run("export", "mbox", KIM, out, "--yes")[0] == 0
    assert (out / "INBOX.mbox").read_bytes().count(b"\nSubject:") == 3


@pytest.mark.parametrize("kind", ["maildir", "mbox", "eml"])
def test_a_letter_that_cannot_be_read_is_named_and_the_others_are_written(moved, tmp_path, kind, monkeypatch):
    out = tmp_path / "out"
    gone = "UPDATE content SET codec = 2, octets = NULL WHERE id = (SELECT min(id) FROM content)"
    moved.home.engine.write_now(lambda tx: tx.run(gone))
    code, said, err = moved.run("export", kind, KIM, out, "--json")
    assert (code, json.loads(said)["written"]) == (1, 3)
    assert "INBOX UID 1" in err
    monkeypatch.setattr(taker, "BATCH", 1)
    again = Moved(tmp_path / "again")
    again.run("import", kind, KIM, out)
    assert sum(map(len, again.all().values())) == 3
    again.close()


@pytest.mark.parametrize("kind", ["maildir", "mbox", "eml"])
def test_what_is_stopped_leaves_nothing_half_done(moved, tmp_path, kind, monkeypatch):
    out = tmp_path / "out"
    write = leaving._write
    calls = []

    def stops(*args):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        write(*args)

    monkeypatch.setattr(leaving, "_write", stops)
    assert moved.run("export", kind, KIM, out)[0] == 130
    assert not [path for path in out.rglob("*") if path.is_file() and "part" in path.name]
    monkeypatch.undo()
    again_words = ["--yes"] if kind == "mbox" else []
    assert moved.run("export", kind, KIM, out, *again_words)[0] == 0
    again = Moved(tmp_path / "again")
    again.run("import", kind, KIM, out)
    assert sum(map(len, again.all().values())) == 4
    again.close()


def test_more_keywords_than_a_maildir_knows_are_told(moved, tmp_path):
    box = moved.home.engine.read_now(mailboxes.mailbox, moved.kim.id, "INBOX")
    words = frozenset(f"k{n:02}" for n in range(30))
    moved.home.engine.write_now(set_flags, box.id, [(1, 1)], Change("add", 0, words))
    code, _, err = moved.run("export", "maildir", KIM, tmp_path / "out")
    assert code == 0 and "4 more were not written" in err


def test_a_link_in_the_way_is_not_followed(moved, tmp_path):
    out, victim = tmp_path / "out", tmp_path / "victim"
    victim.write_bytes(b"precious")
    out.mkdir()
    (out / ".INBOX.mbox.part").symlink_to(victim)
    (out / "INBOX.mbox").symlink_to(victim)
    assert moved.run("export", "mbox", KIM, out, "--yes")[0] == 0
    assert victim.read_bytes() == b"precious"
