"""NOTIFY=SUCCESS (RFC 3461 §4.1): the writer hears that it arrived here, or was handed to who will not tell; once."""

import pytest

from kit.sending import FakeMx, run, sending
from kit.stored import person
from pyeonji.address import parse_address
from pyeonji.delivery.plan import Wanted
from pyeonji.journey.event import Accepted, Confirmed
from pyeonji.message.codecs import decode
from pyeonji.message.header import Header
from pyeonji.message.mime import scan
from pyeonji.message.report import parse_report
from pyeonji.message.text import header_text
from pyeonji.store import directory, queue, reports
from pyeonji.store.verify import verify
from pyeonji.submission.door import Draft

LEE, JUNG, FAR = "lee@us.example", "jung@us.example", "kim@one.example"
CONTENT = b"From: lee@us.example\r\nSubject: hi\r\nMessage-ID: <1@us.example>\r\n\r\nHello\r\n"


def at(tmp_path, story, *, mx=None, language="ko"):
    async def go():
        async with sending(tmp_path, {"mx1": mx or FakeMx()}, language=language) as node:
            person(node.home, JUNG)
            await story(node)
            assert verify(node.home) == []

    run(go())


async def sent(node, *recipients, notify="SUCCESS", reverse_path=LEE, settle=True, original="", **facts):
    draft = Draft(
        content=CONTENT, reverse_path=parse_address(reverse_path) if reverse_path else None,
        recipients=tuple(Wanted(parse_address(address), notify, original) for address in recipients),
        via="sendmail", **facts,
    )  # fmt: skip
    number = (await node.door.submit(draft)).number
    if settle:
        await node.manager.settle()
    return number


def received(node, address):
    """The letters in somebody's INBOX, oldest first."""
    sql = (
        "SELECT c.octets FROM entry e JOIN message m ON m.id = e.message_id JOIN content c ON c.id = m.content_id"
        " JOIN account a ON a.id = e.account_id WHERE a.address = :address ORDER BY e.uid"
    )
    return [bytes(row[0]) for row in node.home.engine.read_now(lambda tx: tx.all(sql, {"address": address}))]


def words(letter):
    first = scan(letter).children[0]
    return decode(first.body, first.encoding).decode()


def test_the_writer_hears_that_it_is_in_the_mailbox(tmp_path):
    async def story(node):
        number = await sent(node, JUNG, envid="shop-42", original="rfc822;Jung@us.example")
        (report,) = received(node, LEE)
        assert report.startswith(b"Return-Path: <>")
        assert header_text(Header.parse(report), b"subject") == "전했어요: jung@us.example (“hi”)"
        assert words(report).index("우편함에 넣었어요") < words(report).index("is in the mailbox")
        found = parse_report(report)
        (told,) = found.recipients
        assert (told.action, told.status, told.final) == ("delivered", "2.0.0", JUNG)
        assert (told.original, found.envid) == ("Jung@us.example", "shop-42")
        (confirmed,) = node.kinds(number, Confirmed)
        (accepted,) = node.kinds(confirmed.report, Accepted)
        assert (node.states(number), accepted.parent, accepted.via) == (["done"], number, "notice")

    at(tmp_path, story)


def test_one_report_tells_of_all_recipients(tmp_path):
    async def story(node):
        await sent(node, JUNG, LEE)
        reports_here = [letter for letter in received(node, LEE) if b"multipart/report" in letter]
        assert [told.final for told in parse_report(reports_here[0]).recipients] == [JUNG, LEE]
        assert len(reports_here) == 1

    at(tmp_path, story)


@pytest.mark.parametrize(
    "facts",
    [{"notify": ""}, {"notify": "NEVER"}, {"notify": "FAILURE,DELAY"}, {"notify": "SUCCESS", "reverse_path": ""}],
)
def test_who_did_not_ask_or_cannot_be_told_is_not_told(tmp_path, facts):
    async def story(node):
        number = await sent(node, JUNG, **facts)
        assert node.states(number) == ["done"]
        assert received(node, LEE) == []
        assert node.kinds(number, Confirmed) == []

    at(tmp_path, story)


def test_a_report_of_success_is_about_the_header_whatever_ret_says(tmp_path):
    """RFC 3461 §4.3: RET is about failures."""

    async def story(node):
        await sent(node, JUNG, ret="FULL")
        (report,) = received(node, LEE)
        assert b"Subject: hi" in report
        assert b"Hello" not in report

    at(tmp_path, story)


def test_a_list_is_told_of_as_a_list_and_nothing_of_its_members(tmp_path):
    async def story(node):
        for member in (JUNG, FAR):
            node.home.engine.write_now(directory.add_alias, "team@us.example", member, LEE)
        await sent(node, "team@us.example")
        (report,) = received(node, LEE)
        assert [(told.action, told.final) for told in parse_report(report).recipients] == [
            ("delivered", "team@us.example")
        ]
        assert "모임" in words(report)
        assert JUNG.encode() not in report

    at(tmp_path, story, mx=FakeMx(keywords=("8BITMIME",)))


@pytest.mark.parametrize(("keywords", "actions"), [((), ["relayed"]), (("DSN",), [])])
def test_what_is_handed_over_is_told_when_the_next_server_will_not(tmp_path, keywords, actions):
    async def story(node):
        number = await sent(node, FAR)
        assert [parse_report(letter).recipients[0].action for letter in received(node, LEE)] == actions
        assert [event.recipient for event in node.kinds(number, Confirmed)] == [1] * len(actions)

    at(tmp_path, story, mx=FakeMx(keywords=("8BITMIME", *keywords)))


def test_never_is_never(tmp_path):
    """NOTIFY=NEVER: no bounce either."""

    async def story(node):
        number = await sent(node, FAR, notify="NEVER")
        assert node.states(number) == ["bounced"]
        assert received(node, LEE) == []

    at(tmp_path, story, mx=FakeMx(replies={"RCPT": "550 5.1.1 no such user"}))


def test_a_writer_who_is_gone_is_not_looked_for_again_and_again(tmp_path):
    async def story(node):
        number = await sent(node, JUNG, reverse_path="gone@us.example")
        assert node.states(number) == ["done"]
        assert node.home.engine.read_now(reports.owed, 10) == []

    at(tmp_path, story)


def test_of_two_workers_one_tells(tmp_path):
    async def story(node):
        number = await sent(node, JUNG, settle=False)
        assert node.states(number) == ["arrived"]
        assert node.home.engine.read_now(reports.owed, 10) == [number]
        node.home.engine.write_now(reports.confirmed, number, [1], 7, 1)
        with pytest.raises(queue.Fenced):
            node.home.engine.write_now(reports.confirmed, number, [1], 8, 1)

    at(tmp_path, story)


def test_the_queue_is_woken_for_it(tmp_path):
    async def story(node):
        woken = []
        node.wake.on_queue(lambda: woken.append(1))
        await sent(node, JUNG, notify="", settle=False)
        assert woken == []
        await sent(node, JUNG, settle=False)
        assert woken == [1]
        await node.manager.settle()

    at(tmp_path, story)
