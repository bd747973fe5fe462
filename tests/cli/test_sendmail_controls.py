"""L01-L03, L07: with one check of sendmail(8) switched off, the calls that other tests see refused do harm."""

import os

import pytest

from cli.test_sendmail_options import REFUSED
from pyeonji.cli import maildrop, sendmail_letter, sendmail_options
from pyeonji.cli.handover import Envelope
from pyeonji.cli.sendmail_letter import from_header
from pyeonji.cli.sendmail_options import MODES, parse

HARMFUL = [argv for argv, code in REFUSED if code == 65 or argv[1] == "--" or argv[1:] == ["a@b.example", "-be"]]


@pytest.mark.parametrize("argv", HARMFUL, ids=lambda argv: " ".join(argv).replace("\n", "~").replace("\r", "^"))
def test_without_the_last_look_a_harmful_envelope_would_be_taken(argv, monkeypatch):
    """L01, L02: of test_a_call_that_could_do_harm_is_refused_with_its_exit_code."""
    monkeypatch.setattr(sendmail_options, "_check", lambda call: None)
    call = parse(argv)
    assert any(text[:1] == "-" or "\n" in text or "\r" in text
               for text in (*call.recipients, call.reverse_path or "", call.name, call.envid))  # fmt: skip


def test_a_mode_that_expands_would_be_taken(monkeypatch):
    """L01: Exim's -be."""
    monkeypatch.setattr(sendmail_options, "MODES", {**MODES, "e": "expand"})
    monkeypatch.setattr(sendmail_options, "_attached", lambda call, flag, value, rest: setattr(call, "action", value))
    assert parse(["sendmail", "-be", "${run{/bin/sh}}"]).action == "e"


BLIND = b"To: kim@example.com\r\nBcc: hidden@example.org\r\nSubject: x\r\n\r\nx\r\n"


def test_a_blind_copy_would_be_seen(monkeypatch):
    """L02: of test_t_takes_to_cc_and_bcc_once_each_and_leaves_no_bcc_behind."""
    assert b"hidden" not in from_header(BLIND)[1]
    monkeypatch.setattr(sendmail_letter, "BLIND_FIELDS", ())
    assert b"hidden" in from_header(BLIND)[1]


def test_a_lone_cr_would_make_a_field_of_the_inside_of_another(monkeypatch):
    """L02: of test_every_line_end_becomes_one_crlf, with the line ends of a Mac of old."""
    letter = b"Subject: x\rBcc: hidden@example.org\nTo: kim@example.com\n\nx\n"
    assert from_header(sendmail_letter.canonical(letter, dot_ends=False))[0] == ["kim@example.com"]
    naive = letter.replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    assert "hidden@example.org" in from_header(naive)[0]


@pytest.mark.parametrize(("honest", "taken"), [(True, False), (False, True)])
def test_who_took_a_failed_sync_for_a_good_one_would_say_zero(tmp_path, honest, taken, monkeypatch):
    """L07: of test_a_full_disk_is_exit_code_75; the second row is the negative control."""

    def full(fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full if honest else lambda fd: None)
    try:
        maildrop.write_drop([str(tmp_path / "d")], Envelope("a@b.test", [("c@d.test", "")]), b"x\r\n")
    except maildrop.NoRoom:
        assert not taken
    else:
        assert taken
