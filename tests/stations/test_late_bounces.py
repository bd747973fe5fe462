"""A letter that was taken and comes back later is told in its writer's trace; nothing else makes it come back."""

import pytest

from kit.inprocess import KIM, attack
from kit.reports import SHAPES, WORDS, complaint, status_report, words_for_people
from pyeonji.intake import reports
from pyeonji.journey.event import Decided, Delivered, Reported, Returned
from pyeonji.journey.story import story
from pyeonji.journey.tell import story_text, to_json
from pyeonji.message.feedback import parse_feedback
from pyeonji.store import journey, messages
from pyeonji.store.accept import record
from pyeonji.store.returned import Names, Reports
from pyeonji.store.verify import verify

FAR = b"lee@far.test"


async def handed_over(stations, state="done"):
    """kim's letter to lee, which another server has taken; its number and the header that it went out with."""
    client = await stations.client("submission", hello=True, login=True)
    content = b"From: kim@here.test\r\nSubject: hi\r\nMessage-ID: <1@here.test>\r\n\r\nHello\r\n"
    await client.last(
        b"MAIL FROM:<kim@here.test>\r\nRCPT TO:<%b>\r\nBDAT %d LAST\r\n%bQUIT\r\n" % (FAR, len(content), content)
    )
    (number,) = stations.home.engine.read_now(journey.latest)
    now = stations.clock.now_us()

    def taken(tx):
        tx.run("UPDATE recipient SET state = :state WHERE message_id = :id", {"id": number, "state": state})
        if state == "done":
            record(tx, None, number, now, [Delivered(now, 1, "mx.far.test", "250 2.0.0 Ok")])

    stations.home.engine.write_now(taken)
    facts = stations.home.engine.read_now(journey.message, number)
    whole = stations.home.engine.read_now(messages.content, stations.home.blobs, number)
    return number, whole[facts.relay_at : facts.body_at]


async def delivered(stations, content, *, reverse_path=b"", to=b"kim@here.test", answer=b"queued as"):
    client = await stations.client("smtp", hello=True)
    said = await client.last(
        b"MAIL FROM:<%b>\r\nRCPT TO:<%b>\r\nBDAT %d LAST\r\n%bQUIT\r\n" % (reverse_path, to, len(content), content)
    )
    assert answer in said, said
    return stations.home.engine.read_now(journey.latest)[0]


def told(stations, number, *kinds):
    rows = stations.home.engine.read_now(journey.of_message, number)
    return [event for row in rows for event in row.events if isinstance(event, kinds)]


def read(stations, number):
    engine = stations.home.engine
    return story(number, engine.read_now(journey.of_message, number), engine.read_now(journey.recipients, number))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_writer_sees_that_it_came_back_and_why(tmp_path, shape):
    async def story(stations):
        number, header = await handed_over(stations)
        assert b"Received: from attacker.test" in header
        report = await delivered(stations, status_report(header, shape=shape))
        seen = read(stations, number)
        (one,) = seen.recipients
        assert (one.state, one.cause, one.actor, one.bounce) == ("bounced", "addr.no_such_user", "writer", report)
        assert "no such user" in one.reply.text
        assert one.reply.from_host.startswith("inner.far.test")
        assert to_json(seen)["recipients"][0]["state"] == "bounced"
        korean = story_text(seen, "ko", now=stations.clock.now_us())
        assert "받았다가 되돌려보냈어요" in korean
        assert "Came back later" in story_text(seen, "en", now=stations.clock.now_us())
        assert [event.rule for event in told(stations, report, Decided)] == ["report about"]
        assert verify(stations.home) == []

    attack(tmp_path, story)


@pytest.mark.parametrize("missing", [b"Received", b"Message-ID"])
def test_one_of_its_names_is_enough(tmp_path, missing):
    async def story(stations):
        number, header = await handed_over(stations)
        await delivered(stations, status_report(header.replace(missing, b"X-Was")))
        assert told(stations, number, Returned)

    attack(tmp_path, story)


def test_what_is_only_late_or_has_arrived_is_told_and_changes_nothing(tmp_path):
    async def story(stations):
        number, header = await handed_over(stations)
        for action in ("delayed", "delivered", "relayed", "expanded", "nonsense"):
            await delivered(stations, status_report(header, action=action, reply="250 2.0.0 Ok"))
        assert [event.action for event in told(stations, number, Reported)] == [
            "delayed", "delivered", "relayed", "expanded",
        ]  # fmt: skip
        assert read(stations, number).recipients[0].state == "delivered"

    attack(tmp_path, story)


VACATION = (
    b"From: lee@far.test\r\nTo: kim@here.test\r\nSubject: Re: hi\r\nAuto-Submitted: auto-replied\r\n"
    b"In-Reply-To: <1@here.test>\r\n\r\nI am away. 550 5.1.1 no such user\r\n"
)
FORGED = {
    "with a reverse-path": lambda header: (status_report(header), {"reverse_path": b"lee@far.test"}),
    "to somebody else": lambda header: (status_report(header), {"to": b"lee@here.test"}),
    "about a letter nobody knows": lambda header: (
        status_report(b"Received: from x by mx.here.test with ESMTP id 000000000001\r\nMessage-ID: <2@x>\r\n\r\n"), {}),
    "with another server's number": lambda header: (
        status_report(header.replace(b"mx.here.test", b"mx.evil.test").replace(b"Message-ID", b"X")), {}),
    "without the letter": lambda header: (status_report(b"\r\n"), {}),
    "not as a report": lambda header: (status_report(header).replace(b"multipart/report", b"multipart/mixed"), {}),
    "by a program that answers": lambda header: (VACATION, {}),
    "by a program that answers with nothing in front": lambda header: (VACATION, {"reverse_path": b"lee@far.test"}),
}  # fmt: skip


@pytest.mark.parametrize("how", FORGED)
def test_nothing_else_makes_it_come_back(tmp_path, how):
    """S16; the control is `test_the_writer_sees_that_it_came_back_and_why`."""

    async def story(stations):
        number, header = await handed_over(stations)
        content, facts = FORGED[how](header)
        await delivered(stations, content, **facts)
        assert told(stations, number, Returned, Reported) == []
        assert read(stations, number).recipients[0].state == "delivered"
        assert stations.count("message") == 2  # and nobody is answered

    attack(tmp_path, story)


@pytest.mark.parametrize("shape", WORDS)
def test_what_a_program_writes_for_people_makes_it_come_back_too(tmp_path, shape):
    async def story(stations):
        number, header = await handed_over(stations)
        report = await delivered(stations, words_for_people(header, shape=shape))
        (one,) = read(stations, number).recipients
        assert (one.state, one.cause, one.actor, one.bounce) == ("bounced", "addr.no_such_user", "writer", report)
        assert "no such user" in one.reply.text
        assert verify(stations.home) == []

    attack(tmp_path, story)


MADE_UP = {
    "with a reverse-path": lambda header: (words_for_people(header), {"reverse_path": b"lee@far.test"}),
    "to somebody else": lambda header: (words_for_people(header), {"to": b"lee@here.test"}),
    "by who knows the Message-ID alone": lambda header: (words_for_people(header.replace(b"Received", b"X-Was")), {}),
    "with another server's number": lambda header: (
        words_for_people(header.replace(b"mx.here.test", b"mx.evil.test")), {}),
    "about somebody who never got it": lambda header: (words_for_people(header, failed="park@far.test"), {}),
    "without the letter": lambda header: (words_for_people(b""), {}),
    "in no program's words": lambda header: (
        words_for_people(header).replace(b"qmail-send program", b"answering machine"), {}),
    "that only says it is late": lambda header: (
        words_for_people(header).replace(b"failure notice", b"Warning: will be retried"), {}),
}  # fmt: skip


@pytest.mark.parametrize("how", MADE_UP)
def test_words_for_people_are_believed_less_than_a_report(tmp_path, how):
    """S16; the control is `test_what_a_program_writes_for_people_makes_it_come_back_too`."""

    async def story(stations):
        number, header = await handed_over(stations)
        content, facts = MADE_UP[how](header)
        await delivered(stations, content, **facts)
        assert told(stations, number, Returned, Reported) == []
        assert read(stations, number).recipients[0].state == "delivered"

    attack(tmp_path, story)


@pytest.mark.parametrize(
    ("guard", "off", "how"),
    [
        ("Names", lambda receipts, *_: Names(receipts, "", "<1@here.test>"), "by who knows the Message-ID alone"),
        ("Reports", lambda *facts, by_name: Reports(*facts), "about somebody who never got it"),
    ],
)
def test_without_either_rule_they_would_be_believed(tmp_path, monkeypatch, guard, off, how):
    """Negative control of S16 for bounces without a form."""
    monkeypatch.setattr(reports, guard, off)

    async def story(stations):
        number, header = await handed_over(stations)
        content, facts = MADE_UP[how](header)
        await delivered(stations, content, **facts)
        assert len(told(stations, number, Returned)) == 1

    attack(tmp_path, story)


def test_a_report_that_is_faster_than_we_are_comes_again(tmp_path):
    async def story(stations):
        number, header = await handed_over(stations, state="trying")
        await delivered(stations, status_report(header), answer=b"451 4.3.0")
        assert stations.count("message") == 1
        stations.home.engine.write_now(
            lambda tx: tx.run("UPDATE recipient SET state = 'done' WHERE message_id = :id", {"id": number})
        )
        await delivered(stations, status_report(header))
        assert told(stations, number, Returned)

    attack(tmp_path, story)


@pytest.mark.parametrize(
    ("facts", "recipients"),
    [({}, [1]), ({"rcpt": ""}, [0]), ({"kind": "not-spam"}, []), ({"kind": "auth-failure"}, [])],
)
def test_a_complaint_is_told_in_the_journey(tmp_path, facts, recipients):
    async def story(stations):
        number, header = await handed_over(stations)
        await delivered(stations, complaint(header, **facts), reverse_path=b"abusedesk@far.test", to=b"abuse@here.test")
        found = told(stations, number, Reported)
        assert [event.recipient for event in found] == recipients
        assert all((event.action, event.reply) == ("complaint", "abuse SomeGenerator/1.0") for event in found)
        assert "스팸" in story_text(read(stations, number), "ko", now=stations.clock.now_us()) or not recipients

    attack(tmp_path, story)


def test_the_example_of_the_standard_is_read():
    """RFC 5965 appendix B.2, in short."""
    found = parse_feedback(
        b'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        b"--b\r\n\r\nThis is an email abuse report\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n"
        b"Feedback-Type: abuse\r\nUser-Agent: SomeGenerator/1.0\r\nVersion: 1\r\n"
        b"Original-Mail-From: <somespammer@example.net>\r\nOriginal-Rcpt-To: <user@example.com>\r\n"
        b"Original-Rcpt-To: <other@example.com>\r\nReported-Domain: example.net\r\n\r\n--b\r\n"
        b"Content-Type: message/rfc822\r\n\r\nMessage-ID: <8787KJKJ3K4J@example.net>\r\n\r\nx\r\n--b--\r\n"
    )
    assert (found.kind, found.agent) == ("abuse", "SomeGenerator/1.0")
    assert found.recipients == ("user@example.com", "other@example.com")
    assert found.returned.text(b"message-id") == "<8787KJKJ3K4J@example.net>"
    assert parse_feedback(b"Content-Type: text/plain\r\n\r\nFeedback-Type: abuse\r\n") is None


def test_nobody_but_the_writer_is_told_of_it_here(tmp_path):
    """It is in the writer's mailbox as it came; no letter is written because of it."""

    async def story(stations):
        _, header = await handed_over(stations)
        report = await delivered(stations, status_report(header))
        rows = stations.home.engine.read_now(journey.recipients, report)
        assert [(row.address, row.state) for row in rows] == [(KIM, "done")]

    attack(tmp_path, story)
