"""What a search finds, and when it must look inside (RFC 3501 §6.4.4)."""

from dataclasses import dataclass

import pytest

from pyeonji.proto.imap import flags
from pyeonji.proto.imap.command.search import parse
from pyeonji.proto.imap.dates import parse_date, parse_date_time
from pyeonji.proto.imap.search import Question, fold
from pyeonji.proto.imap.wire import Reader


@dataclass
class Letter:
    number: int = 3
    uid: int = 30
    flags: int = flags.SEEN | flags.RECENT
    keywords: frozenset[str] = frozenset({"work"})
    internal_us: int = parse_date_time("02-Feb-1994 23:59:59 +0000")
    size: int = 100

    def field(self, name: str) -> list[str]:
        return {"subject": ["편지 왔어요"], "from": ["Kim <kim@example.com>"], "x-empty": [""]}.get(name, [])

    def sent_day(self) -> int | None:
        return parse_date("1-Feb-1994")

    def header(self) -> str:
        return "Subject: 편지 왔어요"

    def body(self) -> str:
        return "Straße ＡＢＣ"


CHEAP = [
    ("ALL", True), ("SEEN", True), ("UNSEEN", False), ("NEW", False), ("OLD", False), ("RECENT", True),
    ("NOT SEEN", False), ("OR UNSEEN KEYWORD Work", True), ("UNKEYWORD work", False), ("ON 2-Feb-1994", True),
    ("BEFORE 2-Feb-1994", False), ("SINCE 2-Feb-1994", True), ("BEFORE 3-Feb-1994", True), ("SINCE 3-Feb-1994", False),
    ("LARGER 99", True), ("LARGER 100", False), ("SMALLER 101", True), ("SMALLER 100", False), ("3", True),
    ("1:2", False), ("*", False), ("4:*", False), ("UID 30", True), ("UID 31:*", False), ("UID *:1", True),
    ("OR ALL SUBJECT x", True), ("UNSEEN SUBJECT 편지", False), ("SUBJECT 편지 UNSEEN", False), ("NOT 3 BODY x", False),
]  # fmt: skip
COSTLY = [
    ("SUBJECT 편지", True), ("SUBJECT 없음", False), ("FROM KIM", True), ("TO kim", False), ('HEADER X-Empty ""', True),
    ('HEADER X-None ""', False), ("BODY STRASSE", True), ("BODY abc", True), ("TEXT 왔어요", True), ("TEXT abc", True),
    ("BODY 왔어요", False), ("SENTON 1-Feb-1994", True), ("SENTBEFORE 1-Feb-1994", False),
    ("SENTSINCE 2-Feb-1994", False), ("NOT SUBJECT 없음", True), ("OR SUBJECT 없음 BODY abc", True),
    ("SEEN NOT BODY abc", False),
]  # fmt: skip


def question(text: str) -> Question:
    octets = b" ".join(
        word.encode() if word.isascii() else b"{%d}\r\n%b" % (len(word.encode()), word.encode())
        for word in text.split(" ")
    )
    return Question(parse(Reader(octets)).key, 5, 50)


@pytest.mark.parametrize(("text", "fits"), CHEAP)
def test_what_is_known_without_reading_the_letter(text, fits):
    assert question(text).cheap(Letter()) is fits
    assert question(text).full(Letter(), Letter()) is fits


@pytest.mark.parametrize(("text", "fits"), COSTLY)
def test_what_is_known_only_from_the_letter(text, fits):
    assert question(text).cheap(Letter()) is None
    assert question(text).full(Letter(), Letter()) is fits


def test_a_letter_without_a_date_was_sent_on_no_day():
    class Undated(Letter):
        def sent_day(self) -> int | None:
            return None

    assert question("SENTSINCE 1-Jan-1970").full(Letter(), Undated()) is False


@pytest.mark.parametrize(("one", "other"), [("편지", "편지"), ("ＡＢＣ", "abc"), ("STRASSE", "straße"), ("ﬁ", "FI")])
def test_texts_that_are_the_same_to_a_person(one, other):
    assert fold(one) == fold(other)
