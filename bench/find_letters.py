"""How long it takes to find one letter among ten million rows of journeys (issue 5, acceptance 6).

    python bench/find_letters.py [--rows 10000000] [--data DIR]

Fills a store of its own with SQL (three rows a letter: taken, tried, handed over), closes it, and asks as the pages do.
Prints the median and the worst of a hundred different letters, in milliseconds.
"""

import argparse
import random
import statistics
import tempfile
import time
from pathlib import Path

from pyeonji.journey.event import Accepted, Attempted, Delivered, pack
from pyeonji.net.ids import number_at
from pyeonji.store import finding, journey
from pyeonji.store.engine.base import Tx
from pyeonji.store.finding import Days
from pyeonji.store.home import open_home

START_MS = 1_780_000_000_000  # a day in 2026
STEP_MS = 250  # between two letters: 345,600 a day
PEOPLE = 5_000
CHUNK = 100_000  # letters in one transaction
ASKED = 100
TAKEN = pack([Accepted(START_MS * 1000, "submission", 2_000, "kim@a.test", "<1@a.test>", "hello", "Kim")])
TRIED = pack([Attempted(START_MS * 1000, 1, 1, "mx.example.com", "203.0.113.9")])
GIVEN = pack([Delivered(START_MS * 1000, 1, "mx.example.com", "250 2.0.0 Ok: queued as 4Xk9Qz")])

NUMBERS = "WITH RECURSIVE k (i) AS (SELECT :first UNION ALL SELECT i + 1 FROM k WHERE i + 1 < :last)"
NUMBER = "(:base + i * :step)"
LETTERS = f"""
{NUMBERS} INSERT INTO message (id, content_id, size, body_at, relay_at, at_us, via, reverse_path, message_id, subject,
  author, login) SELECT {NUMBER}, 1, 2000, 100, 0, (:start + i * {STEP_MS}) * 1000, 'submission',
  'p' || (i % {PEOPLE}) || '@a.test', '<' || i || '@a.test>', 'letter ' || i, 'P', 'p' || (i % {PEOPLE}) || '@a.test'
  FROM k
"""
READERS = f"""
{NUMBERS} INSERT INTO recipient (message_id, n, address, domain, state)
  SELECT {NUMBER}, 1, 'r' || ((i * 7919) % {PEOPLE * 10}) || '@d' || (i % 997) || '.example',
  'd' || (i % 997) || '.example', 'done' FROM k
"""
BY_READER = f"""
{NUMBERS} INSERT INTO addressed (address, message_id)
  SELECT 'r' || ((i * 7919) % {PEOPLE * 10}) || '@d' || (i % 997) || '.example', {NUMBER} FROM k ORDER BY 1, 2
"""
ROWS = f"""
{NUMBERS} INSERT INTO journey (session_id, message_id, at_us, events)
  SELECT 0, {NUMBER}, (:start + i * {STEP_MS}) * 1000, :events FROM k
"""


def fill(tx: Tx, first: int, last: int) -> None:
    given = {"first": first, "last": last, "base": number_at(START_MS), "step": number_at(START_MS + STEP_MS)
             - number_at(START_MS), "start": START_MS}  # fmt: skip
    if not first:
        tx.run("INSERT INTO content (id, size, octets) VALUES (1, 0, :nothing)", {"nothing": b""})
    tx.run(LETTERS, given)
    tx.run(READERS, given)
    tx.run(BY_READER, {key: value for key, value in given.items() if key != "start"})
    for events in (TAKEN, TRIED, GIVEN):
        tx.run(ROWS, {**given, "events": events})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--data", type=Path, default=None)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = asked.data or Path(folder) / "data"
        home = open_home(data, create=True, synchronous="OFF")
        letters, began = asked.rows // 3, time.perf_counter()
        for first in range(0, letters, CHUNK):
            home.engine.write_now(fill, first, min(first + CHUNK, letters))
        print(f"{letters:,} letters, {3 * letters:,} rows, {time.perf_counter() - began:.0f} s to fill")
        home.close()
        home = open_home(data, create=False, synchronous="OFF")
        random.seed(7)
        for name, ask in WAYS.items():
            took = [_timed(home, ask, random.randrange(letters)) for _ in range(ASKED)]
            print(f"{name:28} median {statistics.median(took):7.2f} ms   worst {max(took):7.2f} ms")
        home.close()


def _number(i: int) -> int:
    return number_at(START_MS + i * STEP_MS)


def _day(i: int) -> Days:
    day = 86_400_000
    begins = (START_MS + i * STEP_MS) // day * day
    return Days(number_at(begins), number_at(begins + day) - 1)


def _reader(i: int) -> str:
    return f"r{i * 7919 % (PEOPLE * 10)}@d{i % 997}.example"


def _whole(tx: Tx, number: int) -> bool:
    """All that a page reads of a letter."""
    found = journey.message(tx, number) is not None and journey.recipients(tx, number)
    return bool(found and journey.of_message(tx, number))


WAYS = {
    "by id": lambda tx, i: _whole(tx, _number(i)),
    "by Message-ID": lambda tx, i: _number(i) in finding.by_message_id(tx, f"<{i}@a.test>"),
    "by address and day": lambda tx, i: _number(i) in finding.by_address(tx, _reader(i), days=_day(i)),
    "by sender and day": lambda tx, i: bool(finding.by_address(tx, f"p{i % PEOPLE}@a.test", days=_day(i))),
    "the latest of an account": lambda tx, i: bool(finding.latest(tx, finding.Whose(f"p{i % PEOPLE}@a.test"))),
    "by subject (latest 20,000)": lambda tx, i: finding.by_subject(tx, f"letter {i}") is not None,
    "by server (latest 2,000)": lambda tx, i: bool(finding.by_words(tx, "mx.example.com")),
    "how it went at a domain": lambda tx, i: finding.to_domain(tx, f"d{i % 997}.example", finding.ALL, 0).count > 0,
}


def _timed(home, ask, i):  # type: ignore[no-untyped-def]
    began = time.perf_counter()
    assert home.engine.read_now(ask, i)
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
