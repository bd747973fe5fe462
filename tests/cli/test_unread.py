"""What lies in a maildrop folder and is never picked up is told, with what to do, and never removed."""

import errno
import json
import os
from pathlib import Path

import pytest

from pyeonji.cli import main
from pyeonji.cli.handover import Envelope
from pyeonji.cli.maildrop import write_drop
from pyeonji.store.home import open_home
from pyeonji.submission import maildrop
from pyeonji.submission.maildrop import ASIDE, CorruptDrop, quarantine, read_drop, waiting
from pyeonji.submission.unread import PICKED_UP_S, WHYS, WRITTEN_S, unread

NOW_S = 1_790_000_000.0
LETTER = Envelope("kim@a.test", [("lee@b.test", "")])


@pytest.fixture
def folder(tmp_path):
    found = tmp_path / "maildrop"
    found.mkdir()
    return found


def aged(path, seconds):
    os.utime(path, (NOW_S - seconds, NOW_S - seconds), follow_symlinks=False)


def plain(name):
    return lambda folder: (folder / name).write_text("x")


LYING = {
    "another name": (plain("letter.eml"), 0, "name"),
    "a hidden file": (plain(".profile"), 0, "name"),
    "a link that is called as a letter": (lambda folder: (folder / "a.drop").symlink_to("/etc/hostname"), 0, "kind"),
    "a folder that is": (lambda folder: (folder / "a.drop").mkdir(), 0, "kind"),
    "a pipe": (lambda folder: os.mkfifo(folder / "a.drop"), 0, "kind"),
    "a file called quarantine": (plain("quarantine"), 0, "name"),
    "the quarantine": (lambda folder: (folder / "quarantine").mkdir(), 0, ""),
    "one that is being written": (plain(".a.tmp"), WRITTEN_S, ""),
    "one that nobody writes any more": (plain(".a.tmp"), WRITTEN_S + 1, "unfinished"),
    "a letter": (plain("a.drop"), PICKED_UP_S, ""),
    "a letter that nobody picks up": (plain("a.drop"), PICKED_UP_S + 1, "waiting"),
    "what could not be read": (plain("a.drop" + ASIDE), 0, "refused"),
}


@pytest.mark.parametrize(("lay", "age_s", "why"), LYING.values(), ids=LYING)
def test_whatever_is_not_picked_up_has_a_reason(folder, lay, age_s, why):
    lay(folder)
    (name,) = (one.name for one in folder.iterdir())
    aged(folder / name, age_s)
    assert [(one.why, one.count, one.first) for one in unread(folder, NOW_S, running=True)] == (
        [(why, 1, name)] if why else []
    )


def test_while_the_server_is_down_letters_may_wait(folder):
    aged(write_drop([str(folder)], LETTER, b"x"), 9 * PICKED_UP_S)
    assert list(unread(folder, NOW_S, running=False)) == []
    assert list(unread(folder / "none", NOW_S, running=True)) == []


def test_many_are_told_once_each_reason_with_what_to_do(folder, tmp_path, monkeypatch, capsys):
    for number in range(3):
        (folder / f"{number}.eml").write_text("x")
    (folder / "\x1b[31m.link").symlink_to("/")
    for name in (".a.tmp", "b.drop" + ASIDE):
        (folder / name).write_text("x")
        os.utime(folder / name, (1, 1))
    open_home(tmp_path, create=True).close()
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    main(["status"])
    said = capsys.readouterr().out
    assert f"3 files in {folder} are not called as letters are, such as 0.eml" in said
    assert said.count(str(folder)) == 4 and "\x1b" not in said
    main(["status", "--lang", "ko"])
    assert "쓰다 만 편지가 1통" in capsys.readouterr().out
    main(["status", "--json"])
    found = json.loads(capsys.readouterr().out)["unread"]
    assert [(one["why"], one["count"]) for one in found] == [
        (why, {"name": 3}.get(why, 1)) for why in WHYS if why != "waiting"
    ]
    assert len(list(folder.iterdir())) == 6  # nothing is gone


def elsewhere(monkeypatch):
    """The data folder lies on another file system than the maildrop."""
    rename = Path.rename

    def renamed(path, target):
        if Path(target).parent != path.parent:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", renamed)


def put_aside(folder, tmp_path, monkeypatch):
    """A file that cannot be read, across file systems: what is where afterwards."""
    path = folder / "1.drop"
    path.write_bytes(b"x" * 2_000)
    monkeypatch.setattr(maildrop, "MAX_HEAD", 100)
    monkeypatch.setattr(maildrop, "MAX_CONTENT", 100)
    elsewhere(monkeypatch)
    with pytest.raises(CorruptDrop, match="too large"):
        read_drop(path, "")
    quarantine(path, tmp_path / "quarantine", "it is too large")
    return {one.name: one.stat().st_size for one in folder.iterdir()}


def test_what_cannot_be_read_is_never_removed_and_holds_up_nobody(folder, tmp_path, monkeypatch):
    assert put_aside(folder, tmp_path, monkeypatch) == {"1.drop" + ASIDE: 2_000}
    assert waiting(folder, 10) == []
    assert (tmp_path / "quarantine" / "1.drop.reason").read_text() == "it is too large\n"
    assert [one.why for one in unread(folder, NOW_S, running=True)] == ["refused"]
