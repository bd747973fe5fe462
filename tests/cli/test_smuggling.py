"""No end-of-data sequence in a letter ends it for any server behind us, strict or lax (reliability S01, S02, L03)."""

import itertools
import re

import pytest

from pyeonji.cli.handover import stuffed
from pyeonji.cli.sendmail_letter import canonical

ENDS = {"CRLF": b"\r\n", "LF": b"\n", "CR": b"\r", "CRCRLF": b"\r\r\n", "NUL": b"\0", "CRLF SP": b"\r\n ", "VT": b"\v",
        "FF": b"\f", "NEL": b"\x85", "nothing": b""}  # fmt: skip
SEQUENCES = [(f"{a} . {b}", ENDS[a] + b"." + ENDS[b]) for a, b in itertools.product(ENDS, ENDS)]
SECOND = b"MAIL FROM:<evil@example.org>\nRCPT TO:<kim@example.com>\nDATA\nforged\n"
# What the laxest servers known have taken as the end of a letter.
LAX_END = re.compile(rb"(?:\r\n|\n|\r)\.(?:\r+\n|\n|\r)")


def letters(wire: bytes) -> int:
    """How many letters the laxest reader sees in what follows 354."""
    return len([piece for piece in LAX_END.split(wire) if piece])


@pytest.mark.parametrize("sequence", [octets for _, octets in SEQUENCES], ids=[name for name, _ in SEQUENCES])
@pytest.mark.parametrize("dot_ends", [False, True], ids=["-i", "without -i"])
def test_one_letter_stays_one_letter(sequence, dot_ends):
    content = canonical(b"Subject: x\n\nhello" + sequence + SECOND, dot_ends=dot_ends)
    wire = stuffed(content) + b".\r\n"
    assert letters(wire) == 1
    assert wire.find(b"\r\n.\r\n") == len(wire) - 5
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", wire)


def test_the_laxest_reader_is_fooled_by_the_same_letters_when_nothing_is_done():
    """The negative control: the reader above does see a second letter."""
    fooled = [
        name for name, octets in SEQUENCES if letters(b"Subject: x\n\nhello" + octets + SECOND + b"\r\n.\r\n") == 2
    ]
    assert len(fooled) >= 16
