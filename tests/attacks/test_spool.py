"""L04, L05: who may write into the maildrop changes it while it is looked at; nothing outside is read or touched."""

import itertools
import os
import threading

import pytest

from kit.server import KIM
from pyeonji.cli import maildrop as writing
from pyeonji.cli.handover import Envelope
from pyeonji.cli.maildrop import NoRoom, packed, write_drop
from pyeonji.submission import maildrop
from pyeonji.submission.maildrop import CorruptDrop, forget, parse_drop, quarantine, read_drop, waiting

RACES = 10_000
ENVELOPE = Envelope(KIM, [(KIM, "")])
HONEST = packed(ENVELOPE, b"Subject: honest\r\n\r\nx\r\n")
SECRET = packed(ENVELOPE, b"Subject: secret\r\n\r\nx\r\n")


class Adversary(threading.Thread):
    """Turns one name in a folder into something else, again and again, as fast as it can."""

    def __init__(self, *acts):
        super().__init__(daemon=True)
        self.acts, self.over, self.turns = acts, threading.Event(), 0

    def run(self):
        for act in itertools.cycle(self.acts):
            if self.over.is_set():
                return
            try:
                act()
                self.turns += 1
            except OSError:
                continue

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


@pytest.fixture
def outside(tmp_path):
    """A letter that nobody left in the maildrop; it is to be the same afterwards."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.drop").write_bytes(SECRET)
    yield folder / "secret.drop"
    assert (folder / "secret.drop").read_bytes() == SECRET


def made(folder):
    folder.mkdir()
    return folder


def picked_up(tmp_path, secret):
    """Subjects that are read in ten thousand looks while the files change, and how often they changed."""
    folder = tmp_path / "maildrop"
    folder.mkdir()
    name, spare = folder / "a.drop", folder / "spare"

    def honest():
        spare.write_bytes(HONEST)
        spare.rename(name)

    def symbolic():
        spare.symlink_to(secret)
        spare.rename(name)

    def hard():
        os.link(secret, spare)
        spare.rename(name)

    def away():
        name.unlink()

    read = set()
    with Adversary(honest, symbolic, honest, hard, away) as adversary:
        for _ in range(RACES):
            for path in waiting(folder, 10) or [name]:
                try:
                    read.add(read_drop(path, "here.test").content.split(b"\r\n")[0])
                    forget(path)
                except FileNotFoundError:
                    continue
                except CorruptDrop as error:
                    quarantine(path, tmp_path / "quarantine", str(error))
    return read, adversary.turns


def test_ten_thousand_races_for_a_file_are_not_won(tmp_path, outside):
    read, turns = picked_up(tmp_path, outside)
    assert read == {b"Subject: honest"}
    assert turns > 100
    assert not outside.is_symlink()


def test_a_reader_that_follows_loses_them(tmp_path, outside, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(maildrop, "_octets", lambda path: (path.read_bytes(), path.stat()))
    found = (picked_up(made(tmp_path / f"{number}"), outside)[0] for number in range(9))
    assert any(b"Subject: secret" in read for read in found)  # a race is won by chance


@pytest.mark.parametrize("again", [False, True], ids=["gone", "there again"])
def test_a_name_that_goes_while_the_file_is_looked_at_makes_it_no_letter(tmp_path, outside, monkeypatch, again):
    """The race above, won each time: one name is left of the file, and it is not ours."""
    name = tmp_path / "a.drop"
    os.link(outside, name)
    fstat = os.fstat

    def looked_at(fd):
        name.unlink(missing_ok=True)
        found = fstat(fd)
        if again:
            os.link(outside, name)
        return found

    monkeypatch.setattr(maildrop.os, "fstat", looked_at)
    with pytest.raises((CorruptDrop, FileNotFoundError)):
        read_drop(name, "here.test")


def test_names_that_are_only_counted_would_let_another_s_file_be_read(tmp_path, outside, monkeypatch):
    """Negative control: the name goes between the opening and the counting."""
    monkeypatch.setattr(maildrop, "_is_only_name", lambda path, found: found.st_nlink == 1)
    name, fstat = tmp_path / "a.drop", os.fstat
    os.link(outside, name)

    def looked_at(fd):
        name.unlink(missing_ok=True)
        return fstat(fd)

    monkeypatch.setattr(maildrop.os, "fstat", looked_at)
    assert b"secret" in read_drop(name, "here.test").content


def left(tmp_path):
    """Letters that lie outside after ten thousand were written while the folder itself was exchanged."""
    elsewhere, folder, spare = tmp_path / "elsewhere", tmp_path / "maildrop", tmp_path / "spare"
    elsewhere.mkdir()
    asides = (tmp_path / f"aside-{number}" for number in itertools.count())

    def link():
        spare.unlink(missing_ok=True)
        spare.symlink_to(elsewhere)
        folder.rename(next(asides))
        spare.rename(folder)

    def back():
        if folder.is_symlink():
            folder.unlink()
        folder.mkdir(0o700)

    written = 0
    with Adversary(link, back) as adversary:
        for _ in range(RACES):
            try:
                write_drop([str(folder)], ENVELOPE, b"Subject: x\r\n\r\nx\r\n")
                written += 1
            except (NoRoom, OSError):
                continue
    assert written > 100
    assert adversary.turns > 100
    return len(list(elsewhere.iterdir()))


def test_ten_thousand_races_for_the_folder_are_not_won(tmp_path, monkeypatch):
    monkeypatch.setattr(writing.os, "fsync", lambda fd: None)  # power stays on
    assert left(tmp_path) == 0


def test_a_writer_that_follows_loses_them(tmp_path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(writing.os, "fsync", lambda fd: None)
    monkeypatch.setattr(writing.os, "O_NOFOLLOW", 0)
    assert any(left(made(tmp_path / f"{number}")) for number in range(9))  # a race is won by chance


CHANGED = {"one octet changed": HONEST.replace(b"honest", b"Honest"), "cut off": HONEST[:-3]}


@pytest.mark.parametrize("name", CHANGED)
def test_what_was_changed_or_cut_is_no_letter(name):
    with pytest.raises(CorruptDrop):
        parse_drop(CHANGED[name], "here.test")


@pytest.mark.parametrize("name", CHANGED)
def test_without_size_and_checksum_it_would_be_sent(name, monkeypatch):
    """Negative control."""

    class Anything(int):
        def __eq__(self, other):
            return True

        def __ne__(self, other):
            return False

        __hash__ = int.__hash__

    reader = maildrop._Reader._content
    monkeypatch.setattr(maildrop._Reader, "_content", lambda self, value: sized(reader, self, value, Anything))
    assert parse_drop(CHANGED[name], "here.test").recipients


def sized(reader, self, value, anything):
    reader(self, value)
    self.size, self.checksum = anything(self.size), anything(self.checksum)
