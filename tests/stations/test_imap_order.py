"""SORT and THREAD as a client sees them, and against a naive reading of the same letters."""

import asyncio
import random
import re

import pytest

from kit.casemap import collated
from kit.stored import NOW, SECOND, filing, inbox, letter, person, take
from kit.world import at
from pyeonji.message.facts import facts
from pyeonji.message.mime import scan
from pyeonji.proto.imap.command.sort import Criterion
from pyeonji.search import order
from pyeonji.search.indexer import Indexer, strike_out
from pyeonji.search.known import Known
from pyeonji.search.order import in_order, ordered, threaded
from pyeonji.store import entries
from pyeonji.store.columns import letters as columns_of
from pyeonji.store.home import open_home

CONTENTS = [
    b"From: Lee <z@a.test>\r\nTo: B <b@a.test>\r\nCc: y@a.test\r\nSubject: Re: beta\r\n"
    b"Date: Mon, 5 Jan 2026 10:00:00 +0900\r\nMessage-ID: <2@a>\r\nReferences: <1@a>\r\n\r\nlong long letter",
    "From: 가나다 <y@a.test>\r\nTo: a@a.test\r\nSubject: 알파\r\n"
    "Date: Mon, 5 Jan 2026 02:00:00 +0000\r\n\r\nx".encode(),
    b'From: x@a.test\r\nTo: "A" <c@a.test>\r\nCc: x@a.test\r\nSubject: [list] alpha (fwd)\r\n'
    b"Date: nonsense\r\n\r\nmiddle size",
    b"From: Kim <x@b.test>\r\nSubject: beta\r\nDate: Sun, 4 Jan 2026 23:00:00 -0500\r\nMessage-ID: <1@a>\r\n\r\n",
]
ORDERS = [
    ("ARRIVAL", "1 2 3 4"), ("REVERSE ARRIVAL", "4 3 2 1"), ("DATE", "1 2 4 3"), ("REVERSE DATE", "3 4 2 1"),
    ("SUBJECT", "3 1 4 2"), ("SUBJECT DATE", "3 1 4 2"), ("SUBJECT REVERSE DATE", "3 4 1 2"), ("FROM", "3 4 2 1"),
    ("REVERSE FROM", "1 2 3 4"), ("TO", "4 2 1 3"), ("CC", "2 4 3 1"), ("SIZE", "4 2 3 1"), ("DISPLAYFROM", "4 1 3 2"),
    ("DISPLAYTO", "4 3 2 1"), ("REVERSE DISPLAYTO", "1 2 3 4"),
]  # fmt: skip


def told(tmp_path, *commands, contents=CONTENTS):
    answers = []

    async def story(world):
        for second, content in enumerate(contents):
            await world.deliver(content, internal_us=NOW + second * SECOND)
        c = await world.client(select="SELECT INBOX")
        for command in commands:
            *lines, last = await c.do(command)
            lines = [re.sub(r'TAG "[^"]*"', "TAG *", line.decode().strip()) for line in lines]
            answers.append([*lines, last.split()[0].decode()])

    at(tmp_path, story)
    return answers


def test_letters_are_sorted(tmp_path):
    answers = told(tmp_path, *(f"SORT ({criteria}) UTF-8 ALL" for criteria, _ in ORDERS))
    assert answers == [[f"* SORT {found}", "OK"] for _, found in ORDERS]


def test_letters_with_marks_stand_behind_those_without_and_signs_behind_letters(tmp_path):
    subjects = [
        "foo_bar",
        "Zeta",
        "Äpfel",
        "apple",
        "가나",
        "banana",
        "foobar",
        "각",
        "[",
        "e\u0301t",
        "été",
        "𝐀",
        "ab",
    ]
    (answer, _), = told(
        tmp_path, "SORT (SUBJECT) UTF-8 ALL", contents=[f"Subject: {one}\r\n\r\n".encode() for one in subjects]
    )  # fmt: skip
    found = [subjects[int(number) - 1] for number in answer.split()[2:]]
    assert found == sorted(subjects, key=lambda one: collated(one).encode())
    assert found.index("apple") < found.index("Äpfel") < found.index("banana")


MORE = [
    ("UID SORT (REVERSE ARRIVAL) UTF-8 2:3", ["* SORT 3 2", "OK"]),
    ("SORT (ARRIVAL) US-ASCII FROM nobody", ["* SORT", "OK"]),
    ("SORT RETURN () (REVERSE ARRIVAL) UTF-8 ALL", ["* ESEARCH (TAG *) ALL 4,3,2,1", "OK"]),
    ("UID SORT RETURN (MIN MAX COUNT) (SUBJECT) UTF-8 ALL", ["* ESEARCH (TAG *) UID MIN 3 MAX 2 COUNT 4", "OK"]),
    ("SORT RETURN (PARTIAL 2:3) (SUBJECT) UTF-8 ALL", ["* ESEARCH (TAG *) PARTIAL (2:3 1,4)", "OK"]),
    ("SORT (RELEVANCY) UTF-8 FUZZY TEXT beta", ["* SORT 1 4", "OK"]),
    ("SORT (RELEVANCY) UTF-8 TEXT beta", ["BAD"]),
    ("SEARCH RETURN (ALL RELEVANCY) FUZZY (TEXT beta)", ["* ESEARCH (TAG *) ALL 1,4 RELEVANCY (100 100)", "OK"]),
    ("SEARCH RETURN (RELEVANCY) FUZZY TEXT lee", ["* ESEARCH (TAG *) RELEVANCY (75)", "OK"]),
    ("SEARCH RETURN (RELEVANCY) TEXT lee", ["BAD"]),
    ("SORT (ARRIVAL) X-NONE ALL", ["NO"]),
    ("SORT () UTF-8 ALL", ["BAD"]),
    ("THREAD REFERENCES UTF-8 ALL", ["* THREAD (2)(4 1)(3)", "OK"]),
    ("UID THREAD REFS UTF-8 2:*", ["* THREAD (2)(3)(4)", "OK"]),
    ("THREAD ORDEREDSUBJECT UTF-8 ALL", ["* THREAD (1 4)(2)(3)", "OK"]),
    ("THREAD REFERENCES UTF-8 FROM nobody", ["* THREAD", "OK"]),
    ("THREAD NONSENSE UTF-8 ALL", ["BAD"]),
]  # fmt: skip


def test_orders_are_told_as_they_were_asked_for(tmp_path):
    assert told(tmp_path, *(command for command, _ in MORE)) == [answer for _, answer in MORE]


def test_a_conversation_that_hangs_together_by_a_letter_that_is_gone(tmp_path):
    contents = [b"References: <a@x>\r\nSubject: one\r\n\r\n", b"References: <a@x>\r\nSubject: two\r\n\r\n"]
    assert told(tmp_path, "THREAD REFERENCES UTF-8 ALL", contents=contents) == [["* THREAD ((1)(2))", "OK"]]


def test_the_best_fitting_letters_come_first(tmp_path):
    contents = [
        b"Subject: x\r\n\r\nbudget then meeting", b"Subject: meeting\r\n\r\nbudget", b"Subject: budget meeting\r\n\r\n",
    ]  # fmt: skip
    answers = told(
        tmp_path, 'SORT (RELEVANCY) UTF-8 FUZZY TEXT "budget meeting"', contents=contents,
    )  # fmt: skip
    assert answers == [["* SORT 3 2 1", "OK"]]


# ── what is kept of a mailbox ──


@pytest.fixture
def home(tmp_path):
    home = open_home(tmp_path, create=True, synchronous="OFF")
    person(home)
    yield home
    home.close()


def some_letter(dice, number):
    day, subject = dice.randint(1, 9), dice.choice(["Re: a", "b", "가", "[x] a", ""])
    author = dice.choice(["kim", "lee", "박"])
    parent = dice.randint(0, number + 3)
    content = (
        f"Date: {day} Jan 2026 00:00:00 +0000\r\nSubject: {subject}\r\nFrom: {author} <{author}@x>\r\n"
        f"Message-ID: <{number}@x>\r\nReferences: <{parent}@x>\r\n\r\n"
    )
    return content.encode()


def naive(contents, dates, criterion):
    """Each letter's value, worked out again from its octets."""
    known = [facts(scan(content)) for content in contents]
    values = {
        "DATE": [one.sent_us for one in known], "SUBJECT": [one.subject.upper() for one in known], "ARRIVAL": dates,
        "FROM": [one.author.upper() for one in known], "DISPLAYFROM": [one.author_shown.upper() for one in known],
    }[criterion.by]  # fmt: skip
    return sorted(range(len(contents)), key=values.__getitem__, reverse=criterion.reverse)


@pytest.mark.parametrize("seed", range(4))
def test_orders_are_right_whatever_came_and_went(home, seed, monkeypatch):
    monkeypatch.setattr(order, "STEP", 7)
    monkeypatch.setattr(order, "FEW", 3)
    dice, known, mailbox = random.Random(seed), Known(home), inbox(home).mailbox_id
    contents = {}
    for _ in range(12):
        for _ in range(dice.randint(0, 5)):
            content = some_letter(dice, len(contents))
            taken = take(home, letter(filing(home, internal_us=NOW + dice.randint(0, 5)), content=content))
            contents[taken.uids[0][1]] = content
        if dice.random() < 0.5:
            while Indexer(home).step():
                pass
            strike_out(home)
        letters = home.engine.read_now(columns_of, mailbox)
        if dice.random() < 0.4 and letters.uids:
            gone = dice.sample(list(letters.uids), 1)
            home.engine.write_now(entries.expunge, mailbox, gone, now_us=NOW, account="kim@a.test")
            letters = home.engine.read_now(columns_of, mailbox)
        there = [contents[uid] for uid in letters.uids]
        columns = asyncio.run(known.of(mailbox, letters))
        for by in ("DATE", "SUBJECT", "FROM", "DISPLAYFROM", "ARRIVAL"):
            criterion = Criterion(by, dice.random() < 0.5)
            among = range(len(letters))
            expected = naive(there, letters.dates, criterion)
            assert list(ordered([criterion], letters, columns, among)) == expected
            some = [place for place in among if place % 2]
            assert list(ordered([criterion], letters, columns, some)) == [p for p in expected if p % 2]
        forest = threaded("REFERENCES", letters, columns, range(len(letters)))
        fresh = asyncio.run(Known(home).of(mailbox, letters))
        assert forest == threaded("REFERENCES", letters, fresh, range(len(letters)))


def test_no_sort_of_many_is_one_step(monkeypatch):
    monkeypatch.setattr(order, "STEP", 100)
    dice = random.Random(1)
    column = [dice.randint(0, 50) for _ in range(5_000)]
    for reverse in (False, True):
        assert in_order(range(5_000), column, reverse) == sorted(
            range(5_000), key=column.__getitem__, reverse=reverse
        )  # fmt: skip
