"""All letters that hold the words, and none that does not: against a naive reading of everything, on both engines."""

import asyncio
import itertools
import random
import threading
import unicodedata

import pytest

from kit.korean import MAILBOX, QUESTIONS, Said, holds, plain
from kit.stored import NOW, filing, inbox, letter, person, take
from pyeonji.proto.imap import keys
from pyeonji.proto.imap.numbers import NumberSet
from pyeonji.search import texts
from pyeonji.search.indexer import Indexer, strike_out
from pyeonji.search.known import Known
from pyeonji.search.leaf import Needs
from pyeonji.search.searching import Search, Where
from pyeonji.store import digests, messages
from pyeonji.store.columns import letters as columns_of
from pyeonji.store.engine import postgres_full_text

KEYS = {
    "SUBJECT": lambda text: keys.Field("subject", text),
    "FROM": lambda text: keys.Field("from", text),
    "BODY": keys.InBody,
    "TEXT": keys.InText,
}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def home(request, monkeypatch):
    monkeypatch.setattr(texts, "FEW", dict.fromkeys(Needs, 0))  # the index is asked about the smallest mailbox, too
    home = request.getfixturevalue(f"{request.param}_home")
    person(home)
    return home


def fill(home, contents):
    way = filing(home)
    return [take(home, letter(way, content=octets)).number for octets in contents]


def index(home):
    indexer = Indexer(home)
    while indexer.step():
        pass
    strike_out(home)


def find(home, key, look=lambda: None, now_us=NOW):
    """The places of letters that fit, from 0."""
    mailbox = inbox(home).mailbox_id
    letters = home.engine.read_now(columns_of, mailbox)
    search = Search(Known(home), now_us, look)
    return list(asyncio.run(search.matching(Where(mailbox, letters, range(len(letters))), key)))


def check_all(home, mailbox, questions):
    for where, key in KEYS.items():
        for question in questions:
            expected = [place for place, said in enumerate(mailbox) if holds(said, where, question)]
            assert find(home, key(question)) == expected, (where, question)


@pytest.mark.parametrize("digested", ["all", "some", "none"])
def test_korean_is_found_all_of_it_and_nothing_else(home, digested):
    octets = [said.octets() for said in MAILBOX]
    half = len(octets) // 2
    fill(home, octets[:half])
    if digested != "none":
        index(home)
    fill(home, octets[half:])
    if digested == "all":
        index(home)
    check_all(home, MAILBOX, QUESTIONS)


SYLLABLES = [
    "회",
    "의",
    "가",
    "각",
    "나",
    "a",
    "b",
    "AB",
    ".",
    "-",
    "漢",
    "é",
    "e",
    "\u0301",
    "1",
    " ",
    " ",
    "\r\n",
    "ﬁ",
    "İ",
    "'",
    '"',
    "*",
]


def random_text(dice, most):
    return "".join(dice.choice(SYLLABLES) for _ in range(dice.randint(0, most)))


@pytest.mark.parametrize("seed", range(3))
def test_the_index_and_a_naive_scan_give_the_same_answer(home, seed):
    dice = random.Random(seed)
    mailbox = [
        Said(subject=plain(random_text(dice, 8)), author="", body=random_text(dice, 60), composed=dice.random() < 0.8)
        for _ in range(60)
    ]
    fill(home, [said.octets() for said in mailbox])
    index(home)
    for _ in range(60):
        text = dice.choice(mailbox).body if dice.random() < 0.7 else random_text(dice, 5)
        start = dice.randint(0, len(text))
        question = plain(text[start : start + dice.randint(1, 6)])
        if question:
            check_all(home, mailbox, [question, unicodedata.normalize("NFD", question).upper()])


NAMES = [
    "DKIM-Signature",
    "ARC-Seal",
    "X-Google-Smtp-Source",
    "Received",
    "X-Note",
    "Cc",
    "Message-ID",
    "X-MS-Exchange-A",
]
TOKENS = ["v=1;", "a=rsa-sha256", "b=", "Abc", "aBC/", "+abcd", "ef==", "회의", "견적", "Q3", "<a@b.test>", ";", "id"]


def field_value(dice):
    """Runs of what signatures and lists of servers look like, over several lines where they are ASCII."""
    words = ["".join(dice.choices(TOKENS, k=dice.randint(1, 4))) for _ in range(dice.randint(1, 5))]
    value = " ".join(words)
    return "\r\n\t".join(words) if value.isascii() and dice.random() < 0.5 else value


def piece(dice, text):
    start = dice.randint(0, len(text) - 1)
    return plain(text[start : start + dice.randint(1, 9)])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("digested", [True, False])
def test_every_field_is_searched_whoever_wrote_it(home, seed, digested):
    dice = random.Random(seed)
    mailbox = [
        Said(
            body=random_text(dice, 9),
            attachment=dice.choice(["", "견적서.pdf"]),
            extra={name: field_value(dice) for name in dice.sample(NAMES, 4)},
        )
        for _ in range(40)
    ]
    fill(home, [said.octets() for said in mailbox])
    if digested:
        index(home)
    for _ in range(60 if digested else 10):
        said = dice.choice(mailbox)
        name, value = dice.choice([*said.fields(), *itertools.chain(*said.part_fields())])
        question = piece(dice, f"{name}: {value}" if dice.random() < 0.7 else value)
        if question:
            expected = [place for place, said in enumerate(mailbox) if holds(said, "TEXT", question)]
            assert find(home, keys.InText(question)) == expected, question
            expected = [place for place, said in enumerate(mailbox) if holds(said, name, question)]
            assert find(home, keys.Field(name.lower(), question)) == expected, (name, question)


def many_words():
    """A letter with more terms than a tsvector has places, and some of its words."""
    dice = random.Random(1)
    lines = ["".join(chr(dice.randint(0x4E00, 0x9FFF)) for _ in range(300)) for _ in range(600)]
    content = "Content-Type: text/plain; charset=utf-8\r\n\r\n" + "\r\n".join(lines)
    return content.encode(), [line[at : at + 2] for line in lines[::40] for at in (0, 150)]


def test_a_letter_of_more_words_than_an_index_takes_is_found(home):
    content, words = many_words()
    fill(home, [content, b"\r\nx"])
    index(home)
    assert [word for word in words if find(home, keys.InBody(word)) != [0]] == []
    assert find(home, keys.InBody("x")) == [1]


@pytest.mark.postgres
def test_kept_in_a_tsvector_its_words_would_be_lost_without_a_word(postgres_home, monkeypatch):
    """Negative control; PostgreSQL says nothing."""
    monkeypatch.setattr(postgres_full_text, "MAX_OCTETS", 1 << 30)
    monkeypatch.setattr(texts, "FEW", dict.fromkeys(Needs, 0))
    person(postgres_home)
    content, words = many_words()
    fill(postgres_home, [content])
    index(postgres_home)
    assert any(find(postgres_home, keys.InBody(word)) == [] for word in words)


def test_a_long_signature_is_read_from_the_letter(home):
    fill(home, [b"DKIM-Signature: v=1; b=abc\r\n def\r\n\r\nx", b"Subject: abc\r\n\r\nabc", b"\r\n"])
    index(home)
    assert find(home, keys.Field("dkim-signature", "ABC DEF")) == [0]
    assert find(home, keys.Field("dkim-signature", "")) == [0]
    assert find(home, keys.InText("v=1; b")) == [0]
    assert find(home, keys.InText("c")) == [0, 1]
    assert find(home, keys.InBody("v=1")) == []


HEADERS = [
    (keys.Field("x-note", ""), [0, 1]), (keys.Field("x-note", "메모"), [1]), (keys.Field("to", "a@b.test"), [0]),
    (keys.Field("cc", "a@b.test"), [1]), (keys.Field("bcc", ""), []), (keys.Field("subject", "subject"), []),
    (keys.InText("x-note: 메모"), [1]), (keys.InText("to: a@b"), [0]), (keys.Field("from", "from"), []),
    (keys.InText("메모 to"), []), (keys.InBody("x-note"), []), (keys.Field("x-none", ""), []),
    (keys.InBody(""), [0, 1]), (keys.Field("x-note: 메모", ""), []), (keys.Field(" x-note", ""), []),
    (keys.Field("", ""), []), (keys.Not(keys.Field("a b", "")), [0, 1]),
]  # fmt: skip


@pytest.mark.parametrize(("key", "found"), HEADERS)
def test_fields_are_told_apart(home, key, found):
    fill(home, [
        b"X-Note: \r\nTo: a@b.test\r\nSubject: one\r\nFrom: x@y\r\n\r\nbody",
        "X-Note: 메모\r\nCc: a@b.test\r\nSubject: two\r\n\r\nbody".encode(),
    ])  # fmt: skip
    index(home)
    assert find(home, key) == found


DATED = b"Date: Thu, 1 Jan 2026 01:30:00 +0900\r\nSubject: a\r\nMessage-ID: <a@x>\r\n\r\nx"
DAY = 739_617  # 1 January 2026
TREES = [
    (keys.All(), [0, 1, 2]), (keys.Sent(DAY, DAY + 1), [0]), (keys.Sent(None, DAY), []), (keys.Sent(DAY, None), [0]),
    (keys.Not(keys.Sent(DAY, None)), [1, 2]), (keys.Larger(40), [0, 2]), (keys.Smaller(40), [1]),
    (keys.Not(keys.Field("subject", "a")), [1]), (keys.Or(keys.Field("subject", "a"), keys.InBody("y")), [0, 1, 2]),
    (keys.And((keys.InBody("x"), keys.Larger(30), keys.Field("subject", "a"))), [0]),
    (keys.Uids(NumberSet(((2, 9),))), [1, 2]), (keys.HasFlags(1), [2]), (keys.HasFlags(1, False), [0, 1]),
    (keys.HasKeyword("work"), [2]), (keys.HasKeyword("work", False), [0, 1]), (keys.ModSeq(3), [1, 2]),
    (keys.EmailId("E5"), [1]), (keys.EmailId("M5"), []), (keys.ThreadId("T0"), []), (keys.Younger(60), [2]),
    (keys.Older(60), [0, 1]), (keys.Fuzzy(keys.InBody("z y")), [2]), (keys.InBody("z y"), []),
    (keys.Saved(DAY, None), [0, 1, 2]), (keys.Saved(None, DAY), []), (keys.Arrived(DAY, None), [0, 1, 2]),
    (keys.And((keys.Field("subject", "a"), keys.Not(keys.InBody("x")))), [2]),
]  # fmt: skip


@pytest.mark.parametrize(("key", "found"), TREES)
def test_every_key_alone_and_in_trees(home, key, found):
    take(home, letter(filing(home, internal_us=NOW - 90_000_000), content=DATED))
    take(home, letter(filing(home, internal_us=NOW - 61_000_000), content=b"Subject: b\r\n\r\ny", number=5))
    seen = filing(home, flags=1, keywords="Work other", internal_us=NOW)
    take(home, letter(seen, content=b"Subject: A long one that has more octets\r\n\r\ny and z"))
    index(home)
    assert find(home, key) == found


def test_letters_of_one_conversation_have_one_thread(home):
    fill(home, [DATED, b"References: <a@x> <b@x>\r\n\r\n", b"In-Reply-To: <a@x>\r\n\r\n", b"Subject: a\r\n\r\n"])
    numbers = home.engine.read_now(columns_of, inbox(home).mailbox_id).messages
    thread = home.engine.read_now(digests.make, home.blobs, numbers[0]).facts.thread
    assert find(home, keys.ThreadId(f"T{thread:016x}")) == [0, 1, 2]


def test_a_letter_digested_during_the_search_is_found(home, monkeypatch):
    fill(home, [said.octets() for said in MAILBOX])
    real = digests.noted

    def then_indexed(tx, *args):
        found = real(tx, *args)
        monkeypatch.setattr(digests, "noted", real)
        other = threading.Thread(target=index, args=(home,))
        other.start()
        other.join()
        return found

    monkeypatch.setattr(digests, "noted", then_indexed)
    assert find(home, keys.InBody("번역")) == [2]


def test_a_search_nobody_waits_for_any_more_ends(home, monkeypatch):
    monkeypatch.setattr(texts, "READ_SLICE", 1)
    fill(home, [said.octets() for said in MAILBOX])
    looks = []

    def look():
        looks.append(1)
        if len(looks) == 3:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        find(home, keys.InBody("회의"), look)
    assert len(looks) == 3


def test_a_small_mailbox_does_not_pay_for_what_others_got(home, monkeypatch):
    named = []
    find_all = type(home.digests.full_text).find

    def counted(self, tx, marks, terms, limit):
        named.append(find_all(self, tx, marks, terms, limit))
        return named[-1]

    person(home, "lee@a.test")
    for number in range(60):
        take(
            home, letter(filing(home, "lee@a.test"), content=f"Subject: {number}\r\n\r\n주간 회의록 {number}".encode())
        )
    fill(home, [said.octets() for said in MAILBOX])
    index(home)
    expected = [place for place, said in enumerate(MAILBOX) if holds(said, "BODY", "회의록")]
    monkeypatch.setattr(type(home.digests.full_text), "find", counted)
    assert find(home, keys.InBody("회의록")) == expected
    monkeypatch.setattr(texts, "FREQUENT", dict.fromkeys(Needs, 2))
    assert find(home, keys.InBody("회의록")) == expected
    assert [len(letters) for letters in named] == [61, 2 * len(MAILBOX)]


def test_letters_that_cannot_be_read_are_passed_over(home):
    numbers = fill(home, [said.octets() for said in MAILBOX[:3]])
    ref = home.engine.read_now(messages.metas, numbers)[numbers[0]].content_id
    home.engine.write_now(lambda tx: tx.run("UPDATE content SET codec = 2 WHERE id = :ref", {"ref": ref}))
    assert find(home, keys.InText("회의")) == [1]
    assert find(home, keys.Field("x-face", "")) == []
