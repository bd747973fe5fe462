"""Filters of others: what they are told, what they may change, and what happens when they misbehave."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.fake_milter import CONTINUE, FakeMilter
from pyeonji.filters.milter.driver import Milters, Peer
from pyeonji.filters.milter.edited import Working, edited
from pyeonji.filters.milter.settings import MilterSettings, NotAMilter, Place, parse_place
from pyeonji.proto.milter import conversation as c
from pyeonji.proto.milter.answers import (
    AddRecipient,
    Body,
    Change,
    ChangeWriter,
    DropRecipient,
    InWords,
    MilterError,
    Options,
    PacketReader,
    Plain,
    Progress,
    Put,
    Quarantine,
    Skip,
    packet,
    read_answer,
)

HEAD = b"From: lee@far.test\r\nSubject: =?utf-8?q?hi?=\r\n there\r\nX-Spam: no\r\nX-SPAM: maybe\r\n\r\n"
BODY = b"Hello\r\n"
PEER = Peer("192.0.2.1", 4711, "mx.far.test", "far.test", "mx.here.test", "K7M32QXD9TAB")


def letter(body=BODY):
    return Working(
        HEAD, "lee@far.test", ("kim@here.test", "park@here.test"), len(body), lambda at, n: body[at : at + n]
    )


def look(*milters, body=BODY, **settings):
    """What the filters make of the letter."""

    async def go():
        for milter in milters:
            await milter.__aenter__()
        try:
            places = tuple(milter.place for milter in milters)
            asked = Milters(MilterSettings(filters=places, **settings), 1 << 20)
            return await asked.look(letter(body), PEER)
        finally:
            for milter in milters:
                await milter.__aexit__()

    return asyncio.run(go())


# ── answers ──


@pytest.mark.parametrize(
    ("command", "data", "answer"),
    [
        (b"a", b"", Plain("accept")),
        (b"c", b"", Plain("continue")),
        (b"d", b"", Plain("discard")),
        (b"r", b"", Plain("refuse")),
        (b"t", b"", Plain("later")),
        (b"p", b"", Progress()),
        (b"s", b"", Skip()),
        (b"O", b"\0\0\0\6\0\0\0\x3f\0\0\0\1rest", Options(6, 0x3F, 1)),
        (b"y", b"550 5.7.1 no\0", InWords(550, "5.7.1 no")),
        (b"y", b"451 a\r\n451 b\0", InWords(451, "a 451 b")),
        (b"h", b"X-A\0b\0", Put(-1, b"X-A", b"b")),
        (b"h", b"X-A\0b\n\tc\0", Put(-1, b"X-A", b"b\r\n\tc")),
        (b"i", b"\0\0\0\1X-A\0b\0", Put(1, b"X-A", b"b")),
        (b"m", b"\0\0\0\2X-A\0\0", Change(2, b"X-A", b"")),
        (b"m", b"\0\0\0\0X-A\0b\0", Change(1, b"X-A", b"b")),
        (b"+", b"<a@b.test>\0", AddRecipient("a@b.test")),
        (b"2", b"<a@b.test>\0NOTIFY=NEVER\0", AddRecipient("a@b.test")),
        (b"-", b"a@b.test\0", DropRecipient("a@b.test")),
        (b"e", b"<>\0", ChangeWriter("")),
        (b"b", b"x\r\n", Body(b"x\r\n")),
        (b"q", b"virus\r\nX: y\0", Quarantine("virus X: y")),
    ],
)
def test_an_answer_is_read(command, data, answer):
    assert read_answer(command, data) == answer


@pytest.mark.parametrize(
    ("command", "data"),
    [
        (b"?", b""), (b"O", b"\0\0\0\6"), (b"y", b"250 ok\0"), (b"y", b"no\0"), (b"y", b"550x\0"), (b"y", b"550 no"),
        (b"h", b"X-A\0b"), (b"h", b"\0b\0"), (b"h", b"X A\0b\0"), (b"h", b"X:A\0b\0"), (b"h", b"X-A\0b\0c\0"),
        (b"h", b"X-A\0b\nBcc: c\0"), (b"h", b"X-A\0b\r\n\r\nbody\0"), (b"h", b"X-A\0b\rBcc: c\0"),
        (b"h", b"X-A\0b\n \0"),
        (b"i", b"\0\0"), (b"m", b"\xff\xff\xff\xffX\0b\0"), (b"h", b"X\xc3\xa9\0b\0"), (b"f", b""), (b"4", b""),
    ],
)  # fmt: skip
def test_what_no_filter_may_say_is_refused(command, data):
    with pytest.raises(MilterError):
        read_answer(command, data)


@given(st.binary(max_size=64), st.sampled_from(b"accdrtypshim+-2ebqO?"))
def test_any_octets_are_an_answer_or_refused(data, command):
    try:
        answer = read_answer(bytes([command]), data)
    except MilterError:
        return
    for part in (getattr(answer, "value", b""), getattr(answer, "name", b"")):
        assert b"\n" not in part.replace(b"\r\n ", b"").replace(b"\r\n\t", b"")


@given(st.lists(st.tuples(st.sampled_from([b"a", b"h"]), st.binary(max_size=20)), max_size=5), st.data())
def test_how_packets_are_cut_does_not_matter(packets, data):
    octets = b"".join(packet(*one) for one in packets)
    at = data.draw(st.integers(0, len(octets)))
    reader, found = PacketReader(), []
    for piece in (octets[:at], octets[at:]):
        reader.feed(piece)
        while (one := reader.take()) is not None:
            found.append(one)
    assert found == packets


@pytest.mark.parametrize("octets", [b"\0\0\0\0a", b"\xff\xff\xff\xffa", b"\0\x10\0\1a"])
def test_a_packet_of_no_size_or_too_large_is_refused(octets):
    reader = PacketReader()
    reader.feed(octets)
    with pytest.raises(MilterError):
        reader.take()


# ── what a filter is told ──


def test_a_filter_is_told_everything_in_its_order():
    milter = FakeMilter()
    found = look(milter, body=b"x" * (c.CHUNK + 5))
    assert (found.action, found.told) == ("accept", [(milter.place, "accepted")])
    commands = b"".join(command for command, _ in milter.told if command != b"D")
    assert commands.removesuffix(b"Q") == b"OCHMRRT" + b"L" * 4 + b"NBBE"
    assert milter.of(b"C") == [b"mx.far.test\0" + b"4" + (4711).to_bytes(2) + b"192.0.2.1\0"]
    assert (milter.of(b"H"), milter.of(b"M")) == ([b"far.test\0"], [b"<lee@far.test>\0"])
    assert milter.of(b"R") == [b"<kim@here.test>\0", b"<park@here.test>\0"]
    assert milter.of(b"L")[:2] == [b"From\0lee@far.test\0", b"Subject\0=?utf-8?q?hi?=\n there\0"]
    assert [len(data) for data in milter.of(b"B")] == [c.CHUNK, 5]
    macros = dict(zip(*[iter(milter.of(b"D")[0][1:].split(b"\0"))] * 2, strict=False))
    assert (macros[b"j"], macros[b"i"]) == (b"mx.here.test", b"K7M32QXD9TAB")


def test_a_filter_is_spared_what_it_does_not_want():
    steps = c.NOHELO | c.NORCPT | c.NOBODY | c.NOEOH | c.NODATA | c.NR_HDR | c.LEADSPC
    milter = FakeMilter({"L": None}, steps=steps)
    assert look(milter).action == "accept"
    commands = b"".join(command for command, _ in milter.told if command != b"D")
    assert commands.removesuffix(b"Q") == b"OCM" + b"L" * 4 + b"E"
    assert milter.of(b"L")[0] == b"From\0 lee@far.test\0"


def test_no_more_of_the_body_is_told_than_wanted():
    milter = FakeMilter({"B": packet(b"s")}, steps=c.SKIP)
    look(milter, body=b"x" * 5 * c.CHUNK)
    assert len(milter.of(b"B")) == 1


# ── what it decides ──


@pytest.mark.parametrize("step", ["C", "H", "M", "R", "T", "L", "N", "B", "E"])
@pytest.mark.parametrize(
    ("answer", "action"),
    [
        (packet(b"r"), "refuse"), (packet(b"t"), "later"), (packet(b"d"), "discard"), (packet(b"a"), "accept"),
        (packet(b"p") + packet(b"y", b"550 5.7.1 spam\0"), "refuse"), (packet(b"y", b"451 4.7.1 wait\0"), "later"),
    ],
)  # fmt: skip
def test_a_filter_decides_at_any_step(step, answer, action):
    found = look(FakeMilter({step: answer}))
    assert found.action == action
    if b"spam" in answer:
        assert found.reply == InWords(550, "5.7.1 spam")
        assert found.told[-1][1] == "550 5.7.1 spam"


def test_who_comes_later_sees_what_was_changed_and_nothing_after_a_refusal():
    first = FakeMilter({"E": packet(b"i", b"\0\0\0\0X-First\0yes\0") + packet(b"-", b"park@here.test\0") + CONTINUE})
    second = FakeMilter({"E": packet(b"r")})
    third = FakeMilter()
    found = look(first, second, third)
    assert found.action == "refuse"
    assert second.of(b"L")[0] == b"X-First\0yes\0"
    assert second.of(b"R") == [b"<kim@here.test>\0"]
    assert third.told == []


# ── edits ──

EDITS = {
    "a field at the end": (Put(-1, b"X-A", b"b"), HEAD[:-2] + b"X-A: b\r\n\r\n"),
    "a field at the top": (Put(0, b"X-A", b" b"), b"X-A: b\r\n" + HEAD),
    "a field between": (Put(1, b"X-A", b"b"), HEAD.replace(b"Subject", b"X-A: b\r\nSubject")),
    "a field far behind": (Put(99, b"X-A", b"b"), HEAD[:-2] + b"X-A: b\r\n\r\n"),
    "another value": (
        Change(1, b"subject", b"other"),
        HEAD.replace(b"Subject: =?utf-8?q?hi?=\r\n there", b"subject: other"),
    ),
    "the second of a name": (Change(2, b"X-Spam", b"yes"), HEAD.replace(b"X-SPAM: maybe", b"X-Spam: yes")),
    "a field away": (Change(1, b"X-Spam", b""), HEAD.replace(b"X-Spam: no\r\n", b"")),
    "a field that is not there": (Change(1, b"X-New", b"x"), HEAD[:-2] + b"X-New: x\r\n\r\n"),
    "a field that is not there away": (Change(3, b"X-Spam", b""), HEAD),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_field_is_added_changed_and_taken_away(name):
    edit, head = EDITS[name]
    found, told = edited(letter(), [edit])
    assert found.head == head
    assert bool(told) is (head != HEAD)


def test_everything_else_is_changed_too():
    found, told = edited(
        letter(),
        [AddRecipient("new@here.test"), AddRecipient("new@here.test"), AddRecipient("no address"),
         DropRecipient("KIM@here.test"), ChangeWriter("x@far.test"), Body(b"other"), Quarantine("virus")],
    )  # fmt: skip
    assert found.forward_paths == ("park@here.test", "new@here.test")
    assert (found.reverse_path, found.body, found.read(1, 3), found.quarantined) == (
        "x@far.test", b"other", b"the", "virus",
    )  # fmt: skip
    assert told == [
        "also to new@here.test", "a recipient that is no address", "without kim@here.test".replace("kim", "KIM"),
        "reverse-path <x@far.test>", "another body of 5 octets", "quarantine: virus",
    ]  # fmt: skip


def test_a_body_in_pieces_is_one():
    found = look(FakeMilter({"E": packet(b"b", b"one ") + packet(b"b", b"two") + packet(b"a")}))
    assert found.letter.body == b"one two"


def test_edits_of_a_letter_that_is_refused_are_not_made():
    found = look(FakeMilter({"E": packet(b"h", b"X-A\0b\0") + packet(b"r")}))
    assert (found.action, found.letter.head) == ("refuse", HEAD)


# ── what misbehaves ──

HOSTILE = {
    "hangs up": {"M": b""},
    "hangs up at once": {"O": b""},
    "negotiates nothing": {"O": CONTINUE},
    "speaks an old version": {"O": packet(b"O", b"\0\0\0\1" + bytes(8))},
    "edits too early": {"L": packet(b"h", b"X-A\0b\0")},
    "sends a packet without end": {"C": b"\x7f\xff\xff\xffx"},
    "sends nonsense": {"C": b"HTTP/1.1 400 Bad Request\r\n\r\n"},
    "breaks out of a field": {"E": packet(b"h", b"X\0a\r\nBcc: evil@x\0") + CONTINUE},
    "edits without end": {"E": packet(b"h", b"X-A\0b\0") * (c.MAX_EDITS + 1) + CONTINUE},
    "makes the header swell": {"E": packet(b"h", b"X-A\0" + b"b" * 900_000 + b"\0") * 2 + CONTINUE},
    "makes the body swell": {"E": packet(b"b", b"x" * 600_000) * 2 + CONTINUE},
    "says what is no reply": {"E": packet(b"y", b"250 ok\0")},
}


@pytest.mark.parametrize("rule", ["later", "accept"])
@pytest.mark.parametrize("how", HOSTILE)
def test_a_filter_that_misbehaves_does_no_harm(how, rule):
    good = FakeMilter()
    found = look(FakeMilter(HOSTILE[how]), good, on_failure=rule)
    assert found.action == rule
    assert (found.letter.head, found.letter.body) == (HEAD, None)
    assert ("taken without it" if rule == "accept" else "asked to come again") in found.told[0][1]
    assert bool(good.told) is (rule == "accept")


def test_an_edit_that_was_not_negotiated_is_not_made():
    answers = {"E": packet(b"b", b"x") + CONTINUE}
    assert look(FakeMilter(answers, actions=c.ADDHDRS)).action == "later"
    assert look(FakeMilter(answers)).letter.body == b"x"  # negative control


@pytest.mark.parametrize(("rule", "action"), [("later", "later"), ("accept", "accept")])
def test_a_filter_that_is_not_there_or_silent(rule, action):
    gone = MilterSettings(filters=("inet:9@127.0.0.1", "unix:/nowhere/at/all"), on_failure=rule)
    assert asyncio.run(Milters(gone, 1).look(letter(), PEER)).action == action
    silent = FakeMilter({"R": None})
    found = look(silent, timeout=timedelta(milliseconds=50), on_failure=rule)
    assert (found.action, "no answer in time" in found.told[0][1]) == (action, True)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("inet:8891@127.0.0.1", Place("inet:8891@127.0.0.1", ip="127.0.0.1", port=8891)),
        ("inet:8891@localhost", Place("inet:8891@localhost", ip="127.0.0.1", port=8891)),
        ("inet6:8891@[::1]", Place("inet6:8891@[::1]", ip="::1", port=8891)),
        ("unix:/run/x.sock", Place("unix:/run/x.sock", path="/run/x.sock")),
        ("local:/run/x.sock", Place("local:/run/x.sock", path="/run/x.sock")),
        *((text, None) for text in ("", "inet:", "inet:x@127.0.0.1", "inet:0@127.0.0.1", "inet:1@name.test", "unix:x")),
    ],
)  # fmt: skip
def test_a_place_is_written_as_in_sendmail(text, place):
    if place is None:
        with pytest.raises(NotAMilter):
            parse_place(text)
    else:
        assert parse_place(text) == place
