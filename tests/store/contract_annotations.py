"""What every engine does with notes on mailboxes (RFC 5464)."""

import pytest

from kit.stored import NOW, inbox, person
from pyeonji.store import annotations, creation, directory, mailboxes
from pyeonji.store.annotations import SERVER
from pyeonji.store.delete import delete
from pyeonji.store.rename import rename
from pyeonji.store.verify import verify


@pytest.fixture
def kim(home):
    return person(home)


@pytest.fixture
def lee(home):
    return person(home, "lee@a.test")


@pytest.fixture
def box(home, kim):
    return inbox(home).mailbox_id


def note(home, mailbox_id, account, *changes):
    home.engine.write_now(annotations.annotate, mailbox_id, account.id, changes)


def notes(home, mailbox_id, account):
    return home.engine.read_now(annotations.values, mailbox_id, account.id)


def test_private_notes_are_one_s_own_and_shared_ones_are_everybody_s(home, kim, lee, box):
    note(home, box, kim, ("/private/comment", b"mine"), ("/shared/comment", b"\x00ours"))
    note(home, box, lee, ("/private/comment", b"his"))
    assert notes(home, box, kim) == {"/private/comment": b"mine", "/shared/comment": b"\x00ours"}
    assert notes(home, box, lee) == {"/private/comment": b"his", "/shared/comment": b"\x00ours"}
    note(home, box, lee, ("/private/comment", None), ("/private/never", None), ("/shared/comment", b""))
    assert notes(home, box, lee) == {"/shared/comment": b""}
    assert notes(home, box, kim) == {"/private/comment": b"mine", "/shared/comment": b""}


def test_notes_on_the_server_are_notes_too(home, kim, lee):
    note(home, SERVER, kim, ("/private/vendor/x/y", b"1"))
    assert (notes(home, SERVER, kim), notes(home, SERVER, lee)) == ({"/private/vendor/x/y": b"1"}, {})


@pytest.mark.parametrize(("limit", "most"), [("MAX_ENTRIES", 2), ("MAX_OCTETS", 4)])
@pytest.mark.parametrize("scope", ["private", "shared"])
def test_more_notes_than_allowed_are_refused_whole(home, kim, box, monkeypatch, limit, most, scope):
    monkeypatch.setattr(annotations, limit, most)
    note(home, box, kim, (f"/{scope}/a", b"12"), (f"/{scope}/b", b"34"))
    with pytest.raises(annotations.TooMany):
        note(home, box, kim, (f"/{scope}/a", b"x"), (f"/{scope}/c", b"56"))
    assert notes(home, box, kim) == {f"/{scope}/a": b"12", f"/{scope}/b": b"34"}
    note(home, box, kim, (f"/{scope}/a", b"0"))


def test_notes_follow_a_mailbox_and_go_with_it(home, kim, lee):
    made = home.engine.write_now(creation.create, kim.id, "a/b", now_us=NOW)
    note(home, made.id, kim, ("/shared/comment", b"x"))
    note(home, made.id, lee, ("/private/comment", b"y"))
    home.engine.write_now(rename, kim.id, "a", "z", now_us=NOW)
    assert home.engine.read_now(mailboxes.mailbox, kim.id, "z/b").id == made.id
    home.engine.write_now(delete, made.id, now_us=NOW, account="kim@a.test")
    assert home.engine.read_now(lambda tx: tx.all("SELECT * FROM annotation")) == []


def test_an_inbox_that_gives_its_letters_away_keeps_its_notes(home, kim, box):
    note(home, box, kim, ("/private/comment", b"x"))
    home.engine.write_now(rename, kim.id, "INBOX", "old", now_us=NOW)
    old = home.engine.read_now(mailboxes.mailbox, kim.id, "old")
    assert notes(home, box, kim) == notes(home, old.id, kim) == {"/private/comment": b"x"}


def test_nothing_is_left_of_an_account(home, kim, lee, box):
    note(home, box, lee, ("/private/comment", b"y"))
    note(home, box, kim, ("/private/comment", b"x"), ("/shared/comment", b"x"))
    note(home, SERVER, kim, ("/private/comment", b"x"))
    home.engine.write_now(directory.remove_account, kim.id)
    assert home.engine.read_now(lambda tx: tx.all("SELECT * FROM annotation")) == []
    assert verify(home) == []
