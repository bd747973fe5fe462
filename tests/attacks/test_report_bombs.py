"""A11: reports that swell, declare things, never end, or are about somebody else."""

import asyncio
import contextlib
import encodings.aliases
import gzip
import json
import time
import tracemalloc
import zipfile
from xml.parsers import expat

import pytest

from kit.aggregate import letter, packed, row, xml, zipped
from kit.tls_report import letter as tls_letter
from kit.tls_report import octets as tls_octets
from kit.tls_report import said as tls_said
from pyeonji.acceptance.spool import Spool
from pyeonji.intake import aggregate
from pyeonji.message import inflate, tls_report
from pyeonji.message.inflate import FREE, MAX_INFLATED, MAX_RATIO, Swells, inflated
from pyeonji.message.packed import packed_reports
from pyeonji.message.tls_report import NotATlsReport, parse_tls_report
from pyeonji.msgauth.dmarc import report
from pyeonji.msgauth.dmarc.report import MAX_ROWS, NotAReport, parse_aggregate

ZEROS = bytes(200 << 20)
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha ha ha ha">'
    + "".join(f'<!ENTITY {n} "{f"&{p};" * 10}">' for p, n in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)


@pytest.fixture(scope="module")
def bombs():
    """200 MiB of nothing, as gzip and ZIP: about 200 KiB."""
    return {"gzip": gzip.compress(ZEROS), "zip": zipped(ZEROS)}


@pytest.mark.parametrize("kind", ["gzip", "zip"])
def test_an_attachment_that_swells_is_left_alone(bombs, kind):
    tracemalloc.start()
    try:
        with pytest.raises(Swells, match="octets come of"):
            inflated(bombs[kind])
        highest = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(bombs[kind]) < 250_000
    assert highest < 3 * MAX_INFLATED
    assert list(packed_reports(letter(bombs[kind]))) == []


@pytest.mark.parametrize("kind", ["gzip", "zip"])
def test_without_the_limits_it_would_be_unpacked(bombs, kind, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(inflate, "MAX_RATIO", 2_000)
    assert len(inflated(bombs[kind], limit=1 << 30)) == len(ZEROS)


def test_the_ratio_ends_it_before_the_limit(bombs):
    with pytest.raises(Swells, match=f"more than {MAX_RATIO * len(bombs['gzip'])} octets"):
        inflated(bombs["gzip"], limit=1 << 30)


@pytest.mark.parametrize("pack", [packed, zipped, lambda octets: zipped(octets, method=zipfile.ZIP_STORED), bytes])
def test_an_honest_report_is_unpacked(pack):
    octets = xml(*(row(f"192.0.2.{n}") for n in range(256)))
    assert inflated(pack(octets)) == octets
    assert list(packed_reports(letter(pack(octets)))) == [octets]


def test_a_little_that_is_all_the_same_is_no_bomb():
    assert len(inflated(gzip.compress(bytes(FREE)))) == FREE


DAMAGED = {
    "its end is missing": packed(xml())[:-9],
    "only its beginning": packed(xml())[:20],
    "two octets": b"\x1f\x8b",
    "four octets": b"PK\x03\x04",
    "no directory": zipped(xml())[:60],
    "zeros behind": packed(xml())[:30] + bytes(40),
    "ones behind": b"PK\x03\x04" + b"\xff" * 40,
    "too long as it is": b"x" * (MAX_INFLATED + 1),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_what_is_damaged_is_left_alone(name):
    with pytest.raises(Swells):
        inflated(DAMAGED[name])


def test_one_letter_is_not_unpacked_for_ever(monkeypatch):
    asked = []
    monkeypatch.setattr("pyeonji.message.packed.inflated", lambda octets: asked.append(1) or b"")
    part = b"--b\r\nContent-Type: application/gzip\r\n\r\nx\r\n"
    list(packed_reports(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * 1_000 + b"--b--\r\n"))
    assert len(asked) == 3


# ── XML ──


@pytest.mark.parametrize(
    "before", [LAUGHS, "<!DOCTYPE feedback>", '<!DOCTYPE x SYSTEM "http://192.0.2.1/x.dtd">',
               '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'],
)  # fmt: skip
def test_what_declares_things_is_refused(before):
    with pytest.raises(NotAReport, match="DTD"):
        parse_aggregate(xml(before=before, reporter="&i;" if before is LAUGHS else "x"))


def test_a_reader_that_allows_it_would_laugh():
    """Negative control: of 700 octets come millions, or as many as the library stops at."""
    seen = []
    parser = expat.ParserCreate()
    parser.CharacterDataHandler = lambda text: seen.append(len(text))
    try:
        parser.Parse(xml(before=LAUGHS, reporter="&g;"), True)
    except expat.ExpatError as error:  # newer libraries stop by themselves
        assert "amplification" in str(error)
    assert sum(seen) > 100_000


def test_a_million_rows_are_not_kept(monkeypatch):
    octets = xml(*[row()] * (MAX_ROWS + 1))
    with pytest.raises(NotAReport, match=f"more than {MAX_ROWS} rows"):
        parse_aggregate(octets)
    monkeypatch.setattr(report, "MAX_ROWS", MAX_ROWS + 1)
    assert len(parse_aggregate(octets).rows) == MAX_ROWS + 1  # negative control


def test_rows_that_make_no_sense_count_as_rows():
    with pytest.raises(NotAReport, match="rows"):
        parse_aggregate(xml(*[row(ip="x")] * (MAX_ROWS + 1)))


def test_elements_within_elements_end():
    with pytest.raises(NotAReport, match="without end"):
        parse_aggregate(b"<feedback>" + b"<a>" * 100_000)


def test_a_long_word_is_cut():
    found = parse_aggregate(xml(reporter="x" * 5_000_000))
    assert len(found.reporter) == report.MAX_TEXT


def test_what_steers_a_terminal_is_not_told_on():
    assert parse_aggregate(xml(reporter="a&#10;b&#x202e;c")).reporter == "a?b?c"


def test_what_nobody_wants_to_know_is_not_kept(monkeypatch):
    """Elements of other names cost no memory, in however many ways they are called."""
    noise = "".join(f"<k{n}>{n}</k{n}>" for n in range(50_000))
    octets = xml(row() + f"<record>{noise}</record>" + noise)
    kept = highest_of(octets)  # the parser's own copy of the octets
    monkeypatch.setattr(report, "MAX_NAMES", len(octets))
    assert highest_of(octets) > 3 * kept  # negative control: it remembers each name


def test_words_that_nobody_wants_to_know_are_not_kept(monkeypatch):
    """Nor do known names in other places."""
    noise = "".join(f"<a><c>{n}<d>{n}<e/></d></c></a>" for n in range(1000))
    octets = xml(row() + f"<record>{noise}</record>" + noise)
    reader = report._Reader()
    monkeypatch.setattr(report, "_Reader", lambda: reader)
    parse_aggregate(octets)
    assert set(reader._about) <= report.ABOUT


def highest_of(octets):
    tracemalloc.start()
    try:
        with contextlib.suppress(NotAReport):
            parse_aggregate(octets)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "octets",
    [
        # Each element within a long name would cost what that name is long.
        f"<feedback><{'x' * 400}>{'<a/>' * 9}</{'x' * 400}></feedback>".encode(),
        f'<feedback xmlns="urn:{"x" * 400}"/>'.encode(),
        b"<feedback>" + b"".join(b"<k%d/>" % n for n in range(301)) + b"</feedback>",
        b"<feedback>" + b"<a/>" * 2_001 + b"</feedback>",
    ],
)
def test_elements_without_end_are_not_followed(octets, monkeypatch):
    monkeypatch.setattr(report, "MAX_ELEMENTS", 2_000)
    with pytest.raises(NotAReport, match="elements without end"):
        parse_aggregate(octets)


ENCODINGS = sorted({*encodings.aliases.aliases.values(), "idna", "punycode", "unicode_escape", "undefined", "nothing"})


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of a codec of Python's that nobody uses
@pytest.mark.parametrize("name", [*ENCODINGS, "utf-8null", "x" * 5_000, "../x", "한글"])
def test_an_encoding_of_whatever_name_is_read_or_refused(name):
    octets = xml(row(letters=5)).replace(b'encoding="UTF-8"', f'encoding="{name}"'.encode())
    with contextlib.suppress(NotAReport):
        assert parse_aggregate(octets).domain == "here.test"


def test_some_encodings_would_end_the_parser():
    """Negative control."""
    parser = expat.ParserCreate()
    with pytest.raises(LookupError):
        parser.Parse(xml().replace(b"UTF-8", b"nothing"), True)


def test_without_a_limit_of_names_each_element_would_cost_the_name_around_it(monkeypatch):
    """Negative control: the same elements, within a short and within a long name."""
    monkeypatch.setattr(report, "MAX_NAME", 1 << 30)

    def seconds(name):
        octets = f"<feedback><{name}>{'<a/>' * 1_000}</{name}></feedback>".encode()
        begin = time.process_time()
        with pytest.raises(NotAReport, match="no domain"):
            parse_aggregate(octets)
        return time.process_time() - begin

    assert seconds("x" * 1_000_000) > 5 * seconds("x")


def test_reports_are_read_one_at_a_time(monkeypatch):
    """A11: and not all at once, in all threads there are."""
    at_once, highest = [], []

    def slowly(_):
        at_once.append(1)
        highest.append(len(at_once))
        time.sleep(0.01)
        at_once.pop()

    monkeypatch.setattr(aggregate, "first_report", slowly)

    async def read(readers):
        spools = [spool_of(letter(b"")) for _ in range(6)]
        await asyncio.gather(*(one.of(spool, None, None, 0) for one, spool in zip(readers, spools, strict=True)))

    asyncio.run(read([aggregate.Aggregates()] * 6))
    assert highest == [1] * 6
    highest.clear()
    asyncio.run(read([aggregate.Aggregates() for _ in range(6)]))
    assert max(highest) > 1  # negative control: each with a turn of its own


def spool_of(octets):
    spool = Spool(None, 1)
    spool.add(octets)
    spool.finish()
    return spool


# ── TLS reports ──


def test_a_tls_report_that_swells_is_left_alone(bombs):
    assert list(packed_reports(tls_letter(bombs["gzip"]))) == []


def test_a_tls_report_costs_little_more_memory_than_its_octets():
    """A11: a hundred thousand empty lists are a megabyte of octets, and five of objects."""
    swollen = tls_octets(tls_said())[:-1] + b', "x": [' + b"[]," * 1_000_000 + b"[]]}"
    tracemalloc.start()
    try:
        assert parse_tls_report(swollen)
        highest = tracemalloc.get_traced_memory()[1]
        json.loads(swollen)
        naive = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert highest < 2 * len(swollen)
    assert naive > 10 * len(swollen)  # negative control: a reader that makes all of it


def test_a_tls_report_has_an_end(monkeypatch):
    long = tls_octets(tls_said(1, *[("validation-failure", 1)] * 1_001))
    for octets in (b"[" * 1_000_000, b'{"report-id":' * 100_000, b" " * (tls_report.MAX_REPORT + 1), long):
        with pytest.raises(NotATlsReport):
            parse_tls_report(octets)
    monkeypatch.setattr(tls_report, "MAX_ROWS", 2_000)
    assert len(parse_tls_report(long)[0].rows) == 1_002  # negative control


def test_a_word_of_a_tls_report_steers_no_terminal():
    (found,) = parse_tls_report(tls_octets(tls_said(reporter="a\nb\u202ec\x1b[31m")))
    assert found.reporter == "a?b?c?[31m"
