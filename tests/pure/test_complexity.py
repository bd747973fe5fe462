"""G12: twice the octets cost at most two and a half times the time, whatever they are."""

import base64
import contextlib
import gc
import time
import tracemalloc

import pytest

from fuzz import drivers
from kit.monsters import FAMILIES, MULTIPART
from pyeonji.message import charset
from pyeonji.message.addresses import parse_mailboxes
from pyeonji.message.author import NotOneAuthor, author
from pyeonji.message.edit import to_7bit
from pyeonji.message.header import parse_header
from pyeonji.message.mime import scan
from pyeonji.message.report import parse_report
from pyeonji.message.surrogate import surrogate
from pyeonji.message.text import header_text, readable
from pyeonji.msgauth.spf import record
from pyeonji.msgauth.spf.macro import domain_spec, name_from
from pyeonji.proto.imap.client import Client
from pyeonji.proto.imap.command import COMMANDS
from pyeonji.proto.imap.command.list import matches
from pyeonji.proto.imap.digest import digest
from pyeonji.proto.imap.numbers import among, parse_set
from pyeonji.proto.imap.session import LIMITS, Session
from pyeonji.proto.imap.wire import BadCommandText, Reader
from pyeonji.proto.pop3 import session as pop3
from pyeonji.proto.smtp.limits import Limits
from pyeonji.proto.smtp.receiver import Receiver
from pyeonji.proto.smtp.sender import Sender

TWICE = 2.5  # how often more time twice the octets may take
LEAST_S = 0.004  # of processor time: less is noise
TRIES = 4


def read(octets):
    """All that is ever made from a letter."""
    digest(octets)
    surrogate(parse_header(octets).whole)
    readable(octets)
    to_7bit(octets)
    parse_report(octets)


def argued(name):
    def run(octets):
        try:
            COMMANDS[name].parse(Reader(octets))
        except BadCommandText:
            return

    return run


def authored(octets):
    try:
        author(parse_header(octets))
    except NotOneAuthor:
        return


def dripped(make):
    """Octet by octet into a machine."""

    def run(octets):
        machine = make()
        for at in range(len(octets)):
            machine.feed(octets[at : at + 1])
            machine.next_event()

    return run


def spf_record(octets):
    with pytest.MonkeyPatch.context() as patched, contextlib.suppress(record.NotARecord):
        patched.setattr(record, "MAX_RECORD", 1 << 30)
        record.parse_record(octets.decode())


def inside():
    session = Session(LIMITS)
    session.log_in()
    return session


GRAMMARS = {
    "a set": (lambda n: b",".join(b"%d" % (2 * i + 1) for i in range(n)), parse_set),
    "a set again and again": (lambda n: b",".join([b"1:*"] * n), parse_set),
    "who is in a set": (
        lambda n: b",".join(b"%d" % (2 * i + 1) for i in range(n)),
        lambda octets: among(range(1, len(octets)), parse_set(octets).ranges),
    ),
    "keys": (lambda n: b"FROM x " * n + b"ALL", argued("SEARCH")),
    "nots": (lambda n: b"NOT " * n + b"ALL", argued("SEARCH")),
    "ors": (lambda n: b"OR ALL " * n + b"ALL", argued("SEARCH")),
    "parentheses": (lambda n: b"(" * n + b"ALL" + b")" * n, argued("SEARCH")),
    "fields": (lambda n: b"1 BODY[HEADER.FIELDS (" + b" ".join([b"abc"] * n) + b")]", argued("FETCH")),
    "items": (lambda n: b"1 (" + b" ".join([b"BODY[]"] * n) + b")", argued("FETCH")),
    "a path": (lambda n: b"1 BODY[" + b".".join([b"1"] * n) + b"]", argued("FETCH")),
    "keywords": (lambda n: b"1 +FLAGS (" + b" ".join(b"k%d" % i for i in range(n)) + b")", argued("STORE")),
    "patterns": (lambda n: b'"" (' + b" ".join(b"a%d" % i for i in range(n)) + b")", argued("LIST")),
    "a quoted name": (lambda n: b'"' + b'\\"' * n + b'"', argued("SELECT")),
    "fields of ID": (lambda n: b"(" + b" ".join([b'"a"'] * n) + b")", argued("ID")),
    "stars": (lambda n: b"%*" * n + b"x", lambda octets: matches(octets.decode(), "a" * 200)),
    "stars between": (lambda n: b"*a" * n + b"x", lambda octets: matches(octets.decode(), "a" * 200)),
    "SMTP octet by octet": (lambda n: b"A" * n, dripped(lambda: Receiver("x", drivers.ALL, Limits()))),
    "IMAP octet by octet": (lambda n: b"a" * n, dripped(inside)),
    "POP3 octet by octet": (lambda n: b"A" * n, dripped(pop3.Session)),
    "IMAP responses octet by octet": (lambda n: b"* OK " + b"a" * n, dripped(Client)),
    "SPF macros": (
        lambda n: b"%{d2r-+}." * n + b"a.test",
        lambda octets: name_from(domain_spec(octets.decode()), {"d": "a.b-c+d"}),
    ),
    "an SPF term without end": (lambda n: b"v=spf1 a:" + b"1/" * n, spf_record),
    "SPF terms": (lambda n: b"v=spf1" + b" a/1//1" * n, spf_record),
    "replies octet by octet": (lambda n: b"2" * n, dripped(lambda: Sender("c.test", False))),
    "at signs in From": (lambda n: b"From: x@" + b"a@" * n + b"\r\n\r\n", authored),
    "lines that go on": (
        lambda n: b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"a \r\n" * (40 * n),
        readable,
    ),
    "lines that are nearly From": (lambda n: b"From: x@y.test\r\nx\n" + b" \n" * n + b"From" * n, authored),
}
SIZES = dict.fromkeys(FAMILIES, 2_000) | dict.fromkeys(GRAMMARS, 4_000) | {"IMAP responses octet by octet": 40_000}
CASES = {name: (make, read) for name, make in FAMILIES.items()} | GRAMMARS


def seconds(run, octets):
    """Of processor time, without the collector's: what that looks at depends on all tests before."""
    best = float("inf")
    gc.collect()
    gc.disable()
    try:
        for _ in range(2):
            began = time.thread_time()
            run(octets)
            best = min(best, time.thread_time() - began)
    finally:
        gc.enable()
    return best


def growth(make, run, n):
    """How often more time four times the octets take: the least of some tries, as the machine is not ours alone."""
    least = float("inf")
    for _ in range(TRIES):
        one, four = seconds(run, make(n)), seconds(run, make(4 * n))
        least = min(least, max(four, LEAST_S) / max(one, LEAST_S / 4))
        if least <= TWICE**2:
            break
    return least


@pytest.mark.parametrize("name", CASES)
def test_time_grows_no_faster_than_its_input(name):
    make, run = CASES[name]
    # Once more where it seems so: the machine may have been busy with something else.
    assert any(growth(make, run, SIZES[name]) <= TWICE**2 for _ in range(3))


def test_time_that_does_would_be_noticed():
    """Negative control."""

    def quadratic(octets):
        for at in range(0, len(octets), 4):
            octets.count(b"(", 0, at)

    assert growth(lambda n: b"(" * n, quadratic, 8_000) > TWICE**2


LARGE = 25 << 20  # octets of the largest letter most servers take


@pytest.mark.parametrize("kind", ["one attachment", "very many parts", "lines of text"])
def test_the_largest_letter_takes_five_seconds_and_thrice_its_size_at_most(kind):
    octets = {
        "one attachment": lambda: (
            b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + base64.encodebytes(bytes(range(256)) * (LARGE // 350)).replace(b"\n", b"\r\n")
        ),
        "very many parts": lambda: MULTIPART + b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * (LARGE // 36),
        "lines of text": lambda: b"Subject: x\r\n\r\n" + "편지 한 통\r\n".encode() * (LARGE // 16),
    }[kind]()
    began = time.thread_time()
    tracemalloc.start()
    try:
        digest(octets)
        highest = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    took = time.thread_time() - began
    assert highest <= 3 * len(octets)
    assert took <= 4 * 5  # tracemalloc alone makes it some times slower


def test_a_tree_has_an_end():
    """M01, M02: opened to a hundred levels and ten thousand parts; the octets stay whole below them."""
    for make, n in ((FAMILIES["nested"], 1_000), (FAMILIES["messages"], 10_000), (FAMILIES["parts"], 100_000)):
        root = scan(make(n))
        found = list(root.walk())
        assert len(found) <= 10_001
        assert max(part.depth for part in found) <= 100
        assert any(part.truncated for part in found)


@pytest.mark.parametrize("name", [name for name in FAMILIES if name.startswith("raw_")])
@pytest.mark.parametrize("most", [charset.MOST_GUESSES, 10**6])
def test_statistics_are_asked_a_few_times_for_a_letter(name, most, monkeypatch):
    """Each takes a millisecond: 140 KB of raw names took eleven seconds.  The second row is the negative control."""
    asked = []
    monkeypatch.setattr(charset, "MOST_GUESSES", most)
    monkeypatch.setattr(charset, "_detect", lambda octets: asked.append(octets))
    octets = FAMILIES[name](500)
    for read_by in (
        digest, surrogate, readable, lambda octets: header_text(parse_header(octets), b"subject"),
    ):  # fmt: skip
        asked.clear()
        read_by(octets)
        assert len(asked) <= most
    asked.clear()
    digest(octets)
    assert (len(asked) > 400) is (most == 10**6)


def test_what_was_guessed_last_stands_for_the_rest_of_the_letter():
    names = ["Иван", "Пётр", "Фёдор"] * 40
    value = ", ".join(f"{name} Достоевский <a@b.test>" for name in names).encode("cp1251")
    assert [box.name for box in parse_mailboxes(value)] == [f"{name} Достоевский" for name in names]
