"""Letters left while the server was down: written whole or not at all, read strictly (reliability L04, L05)."""

import os
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyeonji.address import parse_address
from pyeonji.cli.handover import Envelope
from pyeonji.cli.maildrop import NoRoom, packed, write_drop
from pyeonji.delivery.plan import Wanted
from pyeonji.submission.maildrop import QUARANTINE, CorruptDrop, NoDomain, parse_drop, quarantine, read_drop

CONTENT = b"From: kim@example.com\r\n\r\n\xed\x8e\xb8\xec\xa7\x80\r\n.\r\n"
ENVELOPE = Envelope(
    "kim@example.com", [("lee@example.net", "FAILURE,DELAY"), ("철수@한글.example", "")], "id 1", "HDRS"
)


def test_what_is_written_is_read_back_whole(tmp_path):
    path = tmp_path / write_drop([str(tmp_path / "maildrop")], ENVELOPE, CONTENT)
    drop = read_drop(path, "here.example")
    assert drop.reverse_path == parse_address("kim@example.com")
    assert drop.recipients == (
        Wanted(parse_address("lee@example.net"), "FAILURE,DELAY"),
        Wanted(parse_address("철수@한글.example"), ""),
    )
    assert (drop.content, drop.envid, drop.ret, drop.smtputf8) == (CONTENT, "id 1", "HDRS", True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in (tmp_path / "maildrop").iterdir()] == [path.name]


def test_the_null_reverse_path_is_kept(tmp_path):
    path = tmp_path / write_drop([str(tmp_path / "maildrop")], Envelope("", [("a@b.example", "")]), b"")
    assert read_drop(path, "here.example").reverse_path is None


def test_names_without_a_domain_belong_to_the_server_that_reads_them():
    octets = packed(Envelope("www-data", [("root", "")]), CONTENT, name="CronDaemon")
    drop = parse_drop(octets, "here.example")
    assert (str(drop.reverse_path), str(drop.recipients[0].address)) == ("www-data@here.example", "root@here.example")
    assert drop.name == "CronDaemon"
    with pytest.raises(NoDomain):
        parse_drop(octets, "")
    assert parse_drop(GOOD, "")  # no such name, no domain needed


def test_a_folder_that_is_a_link_is_not_written_to(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "maildrop").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NoRoom):
        write_drop([str(tmp_path / "maildrop")], ENVELOPE, CONTENT)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_what_cannot_be_synced_was_not_taken_and_leaves_nothing(tmp_path, monkeypatch):
    def full(fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NoRoom, match="No space"):
        write_drop([str(tmp_path / "maildrop")], ENVELOPE, CONTENT)
    assert list((tmp_path / "maildrop").iterdir()) == []


GOOD = packed(ENVELOPE, CONTENT)
CORRUPT = {
    "empty": b"",
    "cut in the envelope": GOOD[:40],
    "cut in the letter": GOOD[:-3],
    "something after the letter": GOOD + b"x",
    "one octet changed": GOOD[:-8] + b"X" + GOOD[-7:],
    "another format": GOOD.replace(b"pyeonji-drop 1", b"pyeonji-drop 9", 1),
    "a huge size": GOOD.replace(f"content {len(CONTENT)}".encode(), b"content 99999999999999", 1),
    "a negative size": GOOD.replace(f"content {len(CONTENT)}".encode(), b"content -1", 1),
    "no sender": GOOD.replace(b"from kim@example.com\n", b"", 1),
    "two senders": GOOD.replace(b"from kim@example.com\n", b"from kim@example.com\nfrom x@y.example\n", 1),
    "no recipient": packed(Envelope("kim@example.com", []), CONTENT),
    "an address that is none": packed(Envelope("kim@example.com", [("not an address", "")]), CONTENT),
    "an address with a line break": packed(
        Envelope("kim@example.com", [("a@b.example\nto x@y.example>", "")]), CONTENT
    ),
    "NOTIFY that is none": packed(Envelope("", [("a@b.example", "SOMETIMES")]), CONTENT),
    "a line of its own": GOOD.replace(b"ret HDRS\n", b"run /bin/sh\n", 1),
    "octets that are no text": GOOD.replace(b"id 1", b"\xff\xfe", 1),
    "control characters": GOOD.replace(b"id 1", b"id\x00", 1),
    "only line ends": b"\n" * 10_000,
}


@pytest.mark.parametrize("octets", CORRUPT.values(), ids=CORRUPT.keys())
def test_a_file_that_is_not_exactly_a_drop_is_refused(octets):
    assert parse_drop(GOOD, "here.example")  # the negative control: only the change makes it corrupt
    with pytest.raises(CorruptDrop):
        parse_drop(octets, "here.example")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers(0, len(GOOD)), st.integers(0, 20))
def test_any_octets_are_a_drop_or_refused(octets, at, gone):
    for candidate in (octets, GOOD[:at] + octets + GOOD[at + gone :]):
        try:
            parse_drop(candidate, "here.example")
        except CorruptDrop:
            continue


def test_links_and_files_with_two_names_are_refused_and_others_go_on(tmp_path):
    good = tmp_path / write_drop([str(tmp_path / "maildrop")], ENVELOPE, CONTENT)
    link = good.with_name("a.drop")
    link.symlink_to(good)
    with pytest.raises(CorruptDrop):
        read_drop(link, "here.example")
    os.mkfifo(good.with_name("b.drop"))
    with pytest.raises(CorruptDrop):
        read_drop(good.with_name("b.drop"), "here.example")
    assert read_drop(good, "here.example")
    os.link(good, good.with_name("c.drop"))
    with pytest.raises(CorruptDrop):
        read_drop(good, "here.example")
    with pytest.raises(FileNotFoundError):
        read_drop(good.with_name("gone.drop"), "here.example")


def test_what_is_put_aside_is_kept_with_its_reason(tmp_path):
    path = tmp_path / write_drop([str(tmp_path / "maildrop")], ENVELOPE, CONTENT)
    quarantine(path, tmp_path / QUARANTINE, "the letter is cut off")
    aside = tmp_path / "maildrop" / "quarantine"
    assert not path.exists()
    assert (aside / path.name).read_bytes() == GOOD
    assert (aside / f"{path.name}.reason").read_text() == "the letter is cut off\n"
