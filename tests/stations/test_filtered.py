"""A letter that filters of others have seen: what they change is what is kept and told, and who gets it."""

from dataclasses import replace

import pytest

from kit.fake_milter import CONTINUE, FakeMilter
from kit.inprocess import KIM, LEE, attack
from pyeonji.acceptance import spool as spools
from pyeonji.filters.milter import edited
from pyeonji.filters.milter.driver import Milters
from pyeonji.filters.milter.settings import MilterSettings
from pyeonji.intake import filtered
from pyeonji.journey.event import Accepted, Decided, Filed, Refused, unpack
from pyeonji.proto.milter.answers import packet
from pyeonji.proto.smtp.outgoing import Outgoing
from pyeonji.proto.smtp.sender import Sender, _Carried
from pyeonji.store import journey, messages
from pyeonji.store.verify import verify

CONTENT = (
    b"Authentication-Results: mx.here.test; dkim=pass\r\nFrom: lee@far.test\r\nSubject: hi\r\n\r\n" + b"Hello\r\n" * 20
)


async def sent(stations, milter, *, to=(b"kim@here.test",), service="smtp", **settings):
    """The answer to the letter, and its events."""
    places = MilterSettings(filters=(milter.place,), **settings)
    stations.intake = replace(stations.intake, milters=Milters(places, 1 << 20))
    client = await stations.client(service, hello=True)
    said = await client.last(
        b"MAIL FROM:<lee@far.test>\r\n" + b"".join(b"RCPT TO:<%b>\r\n" % one for one in to)
        + b"BDAT %d LAST\r\n%bQUIT\r\n" % (len(CONTENT), CONTENT)
    )  # fmt: skip
    for listener in stations.listeners:
        await listener.stop(0.5)
    numbers = stations.home.engine.read_now(journey.latest)
    sql = "SELECT events FROM journey ORDER BY id"
    rows = stations.home.engine.read_now(lambda tx: tx.all(sql))
    events = [event for (packed,) in rows for event in unpack(packed)]
    content = stations.home.engine.read_now(messages.content, stations.home.blobs, numbers[0]) if numbers else b""
    assert verify(stations.home) == []
    return said.split(b"\r\n")[-3], events, content


def of(events, kind):
    return [event for event in events if isinstance(event, kind)]


def words(events):
    return [event.outcome.removeprefix("said: ") for event in of(events, Decided) if event.rule == "milter"]


def with_filter(tmp_path, answers, story, **facts):
    async def run(stations):
        async with FakeMilter(answers) as milter:
            await story(stations, milter)

    attack(tmp_path, run, **facts)


@pytest.mark.parametrize("memory", [1 << 20, 64])
def test_what_a_filter_changes_is_what_is_kept(tmp_path, memory, monkeypatch):
    """Also of a letter that is too large for the memory."""
    monkeypatch.setattr(spools.Spool.__init__, "__defaults__", (memory,))
    edits = packet(b"i", b"\0\0\0\0Authentication-Results\0mx.here.test; dmarc=pass\0") + packet(
        b"m", b"\0\0\0\1Subject\0other\0"
    )

    async def story(stations, milter):
        answer, events, content = await sent(stations, milter)
        assert b"queued as" in answer
        head, _, body = content.partition(b"\r\n\r\n")
        # What a stranger claims in our name is gone before the filter, which may, says the same.
        assert head.endswith(
            b"Authentication-Results: mx.here.test; dmarc=pass\r\nFrom: lee@far.test\r\nSubject: other"
        )
        assert body == b"Hello\r\n" * 20
        assert [name for name in milter.of(b"L") if name.startswith(b"Auth")] == []
        assert words(events) == ["added Authentication-Results", "changed Subject"]
        assert of(events, Accepted)[0].subject == "other"
        assert b"".join(milter.of(b"B")) == b"Hello\r\n" * 20

    with_filter(tmp_path, {"E": edits + CONTINUE}, story)


def test_another_body_and_another_writer(tmp_path):
    answers = {"E": packet(b"b", b"clean\r\n") + packet(b"e", b"<x@far.test>\0") + CONTINUE}

    async def story(stations, milter):
        _, events, content = await sent(stations, milter)
        assert content.endswith(b"\r\n\r\nclean\r\n")
        assert content.startswith(b"Return-Path: <x@far.test>\r\n")
        assert of(events, Accepted)[0].reverse_path == "x@far.test"

    with_filter(tmp_path, answers, story)


WRITTEN = b"one\n.\nMAIL FROM:<x@far.test>\rtwo\r\n\0three"


def test_the_lines_of_another_body_end_as_lines_do(tmp_path):
    """S02: what a filter writes goes to other servers, too."""

    async def story(stations, milter):
        _, _, content = await sent(stations, milter)
        assert content.endswith(b"\r\n\r\none\r\n.\r\nMAIL FROM:<x@far.test>\r\ntwo\r\nthree")

    with_filter(tmp_path, {"E": packet(b"b", WRITTEN) + CONTINUE}, story)


def test_as_they_came_they_could_not_be_sent_on(tmp_path, monkeypatch):
    """Negative control: no letter with such lines leaves."""
    monkeypatch.setattr(edited, "LINE_END", edited.re.compile(b"(?!)"))

    async def story(stations, milter):
        _, _, content = await sent(stations, milter)
        sender = Sender("us.test")
        sender._carried = _Carried(Outgoing(None, ()), chunked=False)
        assert sender._carried.checked(content, last=True) is None

    with_filter(tmp_path, {"E": packet(b"b", WRITTEN) + CONTINUE}, story)


@pytest.mark.parametrize("body", [b"", packet(b"b", b"other\r\n")])
@pytest.mark.parametrize("fields", [[b"y" * 60_000] * 5, [b"y"] * 990])
def test_a_filter_makes_no_header_that_nobody_would_take(tmp_path, fields, body, monkeypatch):
    monkeypatch.setattr(filtered, "MAX_FIELDS", 900)
    edits = b"".join(packet(b"h", b"X\0" + one + b"\0") for one in fields)

    async def story(stations, milter):
        said, _, _ = await sent(stations, milter)
        assert said.startswith(b"451 4.3.0")
        assert stations.count("message") == 0

    with_filter(tmp_path, {"E": edits + body + CONTINUE}, story)


@pytest.mark.parametrize(
    ("edits", "filed"),
    [
        (b"", [KIM]),
        (packet(b"+", b"<lee@here.test>\0"), [KIM, LEE]),
        (packet(b"+", b"<lee@here.test>\0") + packet(b"-", b"<kim@here.test>\0"), [LEE]),
        (packet(b"+", b"<nobody@here.test>\0"), [KIM]),
        (packet(b"-", b"<kim@here.test>\0"), []),
    ],
)
def test_who_gets_it(tmp_path, edits, filed):
    async def story(stations, milter):
        answer, events, _ = await sent(stations, milter)
        assert b"queued as" in answer
        assert [event.account for event in of(events, Filed)] == filed

    with_filter(tmp_path, {"E": edits + CONTINUE}, story)


def test_what_is_discarded_is_told_and_kept_and_given_to_nobody(tmp_path):
    async def story(stations, milter):
        answer, events, content = await sent(stations, milter)
        assert b"queued as" in answer
        assert of(events, Filed) == []
        assert words(events) == ["discard", "nobody"]
        assert content.endswith(b"Hello\r\n")

    with_filter(tmp_path, {"E": packet(b"d")}, story)


def test_what_is_put_into_quarantine_lies_with_junk(tmp_path):
    async def story(stations, milter):
        _, events, _ = await sent(stations, milter)
        (filed,) = of(events, Filed)
        assert filed.mailbox == "Junk"

    with_filter(tmp_path, {"E": packet(b"q", b"virus\0") + CONTINUE}, story)


@pytest.mark.parametrize(
    ("answers", "settings", "answer"),
    [
        ({"R": packet(b"y", b"550 5.7.1 spam\0")}, {}, b"550 5.7.1 spam"),
        ({"E": packet(b"r")}, {}, b"550 5.7.1 Refused by a filter"),
        ({"E": packet(b"t")}, {}, b"451 4.3.0"),
        ({"E": packet(b"y", b"451 wait\0")}, {}, b"451 4.7.1 wait"),
        ({"E": b""}, {}, b"451 4.3.0"),
        ({"E": b""}, {"on_failure": "accept"}, b"250 2.0.0"),
        ({}, {}, b"250 2.0.0"),  # negative control
    ],
)
def test_what_a_filter_refuses_is_not_taken(tmp_path, answers, settings, answer):
    async def story(stations, milter):
        said, events, _ = await sent(stations, milter, **settings)
        assert said.startswith(answer)
        assert stations.count("message") == answer.startswith(b"250")
        assert [event.because for event in of(events, Refused)] == ([] if answer.startswith(b"250") else ["milter"])

    with_filter(tmp_path, answers, story)
