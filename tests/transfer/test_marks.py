"""Flags: as others write them and as we do, read and written from one table."""

import pytest

from pyeonji.message.header import parse_header
from pyeonji.proto.imap.flags import ANSWERED, DELETED, DRAFT, FLAGGED, FORWARDED, SEEN, Flags
from pyeonji.transfer.marks import (
    OUR_FIELDS,
    from_maildir,
    from_mbox,
    mbox_fields,
    read_keywords,
    split_name,
    to_maildir,
    tolerated,
)

KEYWORDS = {"a": "$Junk", "b": "work"}
LETTERS = {word: letter for letter, word in KEYWORDS.items()}


def flags(mask=0, *words):
    return Flags(mask, frozenset(words))


MAILDIR = [
    ("", flags()),
    ("S", flags(SEEN)),
    ("FS", flags(SEEN | FLAGGED)),
    ("DFPRST", flags(DRAFT | FLAGGED | FORWARDED | ANSWERED | SEEN | DELETED)),
    ("Sb", flags(SEEN, "work")),
    ("Sab", flags(SEEN | 128, "work")),
]


@pytest.mark.parametrize(("letters", "found"), MAILDIR)
def test_the_letters_of_a_maildir_name(letters, found):
    assert from_maildir(letters, KEYWORDS) == found
    assert to_maildir(found, LETTERS) == letters


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("1700000000.M1P2.host:2,FS", ("1700000000.M1P2.host", "FS")),
        ("1700000000.M1P2.host,S=12,W=13:2,", ("1700000000.M1P2.host,S=12,W=13", "")),
        ("1700000000.host", ("1700000000.host", "")),
        ("1700000000.host;2,S", ("1700000000.host", "S")),
        ("1700000000.host!2,RS", ("1700000000.host", "RS")),
        ("odd:1,x", ("odd:1,x", "")),
    ],
)
def test_the_parts_of_a_maildir_name(name, parts):
    assert split_name(name) == parts


def test_dovecots_keywords():
    assert read_keywords("0 $Forwarded\n1 work\n27 too-far\nnonsense\n") == {"a": "$Forwarded", "b": "work"}


MBOX = [
    (b"Status: O\nX-Status:\nX-Keywords:\n", flags()),
    (b"Status: RO\nX-Status:\nX-Keywords:\n", flags(SEEN)),
    (b"Status: RO\nX-Status: AFDT\nX-Keywords:\n", flags(SEEN | ANSWERED | FLAGGED | DELETED | DRAFT)),
    (b"Status: O\nX-Status:\nX-Keywords: $Forwarded $Junk work\n", flags(FORWARDED | 128, "work")),
]


@pytest.mark.parametrize(("fields", "found"), MBOX)
def test_the_fields_of_an_mbox(fields, found):
    assert from_mbox(parse_header(fields + b"\n")) == found
    assert mbox_fields(found) == fields
    assert OUR_FIELDS.fullmatch(fields)


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        (b"X-Mozilla-Status: 0001\r\n", flags(SEEN)),
        (b"X-Mozilla-Status: 1007\r\nX-Mozilla-Keys: $label1 work\r\n",
         flags(SEEN | ANSWERED | FLAGGED | FORWARDED, "$label1", "work")),
        (b"X-Mozilla-Status: zzzz\r\n", flags()),
        (b"Status: RO \r\nX-Status: f\r\n", flags(SEEN | FLAGGED)),
    ],
)  # fmt: skip
def test_the_fields_that_others_write(fields, found):
    assert from_mbox(parse_header(fields + b"\r\n")) == found


def test_flags_we_cannot_keep_are_passed_over_and_odd_words_are_mended():
    assert tolerated(["\\Seen", "\\Unknown", "\\Recent", "a b", "한글", "x" * 500]) == flags(SEEN, "a_b", "__")
