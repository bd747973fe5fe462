"""`pyeonji undelete` over a real store, without a server."""

import json

import pytest

from kit.stored import NOW, fill, inbox, person
from pyeonji.cli import main
from pyeonji.journey.receipt import written
from pyeonji.store import entries, mailboxes
from pyeonji.store.home import open_home

KIM = "kim@a.test"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    home = open_home(tmp_path / "data", create=True, synchronous="OFF")
    person(home)
    yield home
    home.close()


@pytest.fixture
def gone(home, monkeypatch):
    """Three letters, expunged an hour ago; their receipt numbers."""
    monkeypatch.setattr("pyeonji.cli.place.now_us", lambda: NOW + 3_600_000_000)
    numbers = fill(home, 3)
    home.engine.write_now(entries.expunge, inbox(home).mailbox_id, [1, 2, 3], now_us=NOW, account=KIM)
    return numbers


def here(home, name="INBOX"):
    account_id = inbox(home).account_id
    box = home.engine.read_now(mailboxes.mailbox, account_id, name)
    return home.engine.read_now(entries.entries, box.id) if box else []


def test_what_went_away_is_shown_and_nothing_is_changed(home, gone, capsys):
    assert main(["undelete", KIM, "--list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["id"] for one in found] == [written(number) for number in gone]
    assert found[0]["mailbox"] == "INBOX"
    assert main(["undelete", KIM, "--list"]) == 0
    assert written(gone[0]) in capsys.readouterr().out
    assert here(home) == []


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["--all"], 3),
        (["--mailbox", "inbox"], 3),
        (["--mailbox", "Junk"], 0),
        (["--since", "2h"], 3),
        (["--since", "30m"], 0),
    ],
)
def test_letters_are_brought_back(home, gone, capsys, words, count):
    assert main(["undelete", KIM, *words, "--json"]) == (0 if count else 1)
    assert json.loads(capsys.readouterr().out) == {"undeleted": count}
    assert len(here(home)) == count
    assert main(["undelete", KIM, *words]) == 1  # they are back already


def test_one_letter_comes_back_into_another_mailbox(home, gone):
    assert main(["undelete", KIM, written(gone[1]), "--into", "되찾은 편지"]) == 0
    assert [entry.message_id for entry in here(home, "되찾은 편지")] == [gone[1]]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ([KIM], 2, "Say what to bring back"),
        (["nobody@a.test", "--all"], 1, "there is no such account"),
        (["kim", "--all"], 2, "this is not an address"),
        ([KIM, "K7M3"], 2, "not a receipt number"),
        ([KIM, "--since", "soon"], 2, "this is not a time"),
        ([KIM, "--all", "--into", "a\nb"], 2, "no name of a mailbox"),
    ],
)
def test_mistakes_are_one_sentence(home, capsys, words, code, sentence):
    assert main(["undelete", *words, "--lang", "en"]) == code
    assert sentence in capsys.readouterr().err


def test_who_has_nothing_to_bring_back_is_told(home, capsys):
    assert main(["undelete", KIM, "--list", "--lang", "ko"]) == 0
    assert "없어요" in capsys.readouterr().out
