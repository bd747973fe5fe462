"""The writer learns what became of the letter: RFC 3464, RFC 3461 (reliability F01, F06, S16)."""

import pytest

from kit.sending import FakeMx, run, sending
from pyeonji.journey.event import Accepted, Bounced, Deferred, Failed, Notified
from pyeonji.message.codecs import decode
from pyeonji.message.header import Header
from pyeonji.message.mime import scan
from pyeonji.message.report import parse_report
from pyeonji.message.text import header_text
from pyeonji.store import journey

REFUSING = {"RCPT": "550 5.1.1 <kim@one.example>: no such user here"}
LATER = {"RCPT": "451 4.7.1 Greylisted, come back later"}


def words(letter):
    """The first part, for people."""
    first = scan(letter).children[0]
    return decode(first.body, first.encoding).decode()


def subject(letter):
    return header_text(Header.parse(letter), b"subject")


def send(tmp_path, replies, *addresses, then, letter=None, pushes=(), **settings):
    async def go():
        mx = FakeMx(replies=replies)
        async with sending(tmp_path, {"mx1": mx}, **settings) as node:
            number = node.queue(*(addresses or ("kim@one.example",)), **(letter or {}))
            await node.manager.settle()
            for seconds in pushes:
                await node.push(seconds)
            return then(node, number)

    return run(go())


def test_a_refused_letter_comes_back_in_korean_and_english(tmp_path):
    (bounce,) = send(tmp_path, REFUSING, then=lambda node, number: node.inbox(), letter={"subject": "비밀번호 찾기"})
    assert subject(bounce) == "전하지 못했어요: kim@one.example (“비밀번호 찾기”)"
    text = words(bounce)
    assert text.index("편지를 전하지 못했어요") < text.index("could not be delivered")
    assert "no such user here" in text
    assert "할 일" in text


def test_a_writer_who_reads_english_reads_english_first(tmp_path):
    (bounce,) = send(tmp_path, REFUSING, then=lambda node, number: node.inbox(), language="en")
    text = words(bounce)
    assert text.index("could not be delivered") < text.index("편지를 전하지 못했어요")


def test_programs_can_read_the_bounce(tmp_path):
    letter = {"envid": "shop-42", "message_id": "<1@us.example>"}
    (bounce,) = send(tmp_path, REFUSING, then=lambda node, number: node.inbox(), letter=letter)
    report = parse_report(bounce)
    (told,) = report.recipients
    assert (told.action, told.status, told.final) == ("failed", "5.1.1", "kim@one.example")
    assert "no such user" in told.diagnostic
    assert report.envid == "shop-42"
    header = Header.parse(bounce)
    assert header.text(b"auto-submitted") == "auto-replied"
    assert header.text(b"in-reply-to") == "<1@us.example>"
    assert bounce.startswith(b"Return-Path: <>")


def test_one_bounce_names_all_recipients_that_failed(tmp_path):
    replies = {"RCPT a@one.example": "550 5.1.1 no", "RCPT b@one.example": "550 5.2.1 disabled"}

    def look(node, number):
        return node.states(number), node.inbox()

    states, bounces = send(tmp_path, replies, "a@one.example", "b@one.example", "c@one.example", then=look)
    assert states == ["bounced", "bounced", "done"]
    (bounce,) = bounces
    assert [told.final for told in parse_report(bounce).recipients] == ["a@one.example", "b@one.example"]


def test_the_bounce_and_the_letter_know_each_other(tmp_path):
    def look(node, number):
        (bounced,) = node.kinds(number, Bounced)
        (accepted,) = node.kinds(bounced.bounce, Accepted)
        return accepted.parent == number, accepted.via

    assert send(tmp_path, REFUSING, then=look) == (True, "bounce")


def test_a_bounce_is_never_bounced(tmp_path):
    def look(node, number):
        (bounced,) = node.kinds(number, Bounced)
        return node.states(number), bounced.bounce, node.inbox(), len(node.home.engine.read_now(journey.latest))

    states, bounce, inbox, letters = send(tmp_path, REFUSING, then=look, letter={"reverse_path": ""})
    assert (states, bounce, inbox, letters) == (["bounced"], 0, [], 1)


def test_a_bounce_for_somebody_elsewhere_that_fails_ends_there(tmp_path):
    def look(node, number):
        letters = node.home.engine.read_now(journey.latest)
        return [node.states(letter) for letter in letters], len(letters)

    letter = {"reverse_path": "park@one.example"}
    assert send(tmp_path, REFUSING, then=look, letter=letter, pushes=(1,)) == ([["bounced"], ["bounced"]], 2)


def test_a_writer_who_does_not_exist_any_more_is_not_written_to(tmp_path):
    def look(node, number):
        return node.kinds(number, Bounced)[0].because

    assert "nobody" in send(tmp_path, REFUSING, then=look, letter={"reverse_path": "gone@us.example"})


@pytest.mark.parametrize(("notify", "bounces"), [("NEVER", 0), ("SUCCESS", 0), ("DELAY", 0), ("FAILURE", 1), ("", 1)])
def test_notify_decides_who_hears_of_a_failure(tmp_path, notify, bounces):
    def look(node, number):
        return node.states(number), len(node.inbox())

    assert send(tmp_path, REFUSING, then=look, letter={"notify": notify}) == (["bounced"], bounces)


@pytest.mark.parametrize(("ret", "whole"), [("FULL", True), ("HDRS", False), ("", False)])
def test_ret_decides_how_much_comes_back(tmp_path, ret, whole):
    (bounce,) = send(tmp_path, REFUSING, then=lambda node, number: node.inbox(), letter={"ret": ret})
    assert (b"Hello" in bounce) == whole
    assert b"Subject: hi" in bounce


def test_success_is_reported_where_the_next_server_will_not(tmp_path):
    async def go(keywords):
        mx = FakeMx(keywords=keywords)
        async with sending(tmp_path / "-".join(keywords), {"mx1": mx}) as node:
            number = node.queue("kim@one.example", notify="SUCCESS,FAILURE")
            await node.manager.settle()
            return node.states(number), [parse_report(letter).recipients[0].action for letter in node.inbox()]

    assert run(go(("8BITMIME",))) == (["done"], ["relayed"])
    assert run(go(("8BITMIME", "DSN"))) == (["done"], [])


def test_five_days_of_waiting_end_in_a_bounce(tmp_path):
    """The clock is pushed; nobody waits."""
    hours = [3600] * (5 * 24 + 2)

    def look(node, number):
        return node.states(number), node.inbox(), node.kinds(number, Failed), len(node.kinds(number, Deferred))

    states, letters, failed, deferred = send(tmp_path, LATER, then=look, pushes=hours)
    assert states == ["bounced"]
    assert failed[0].cause == "queue.expired"
    assert failed[0].reply.startswith("451 4.7.1")
    assert 25 < deferred < 45
    notice, bounce = letters
    assert subject(notice).startswith("아직 전하지 못했어요")
    assert parse_report(notice).recipients[0].action == "delayed"
    assert subject(bounce).startswith("전하지 못했어요")
    assert (parse_report(bounce).recipients[0].status) == "4.4.7"
    assert "다른 방법을 쓰거나 다시 보내세요" in words(bounce)
    assert "Use another way" in words(bounce)


def test_the_notice_of_delay_comes_after_four_hours_and_once(tmp_path):
    def look(node, number):
        return len(node.inbox()), len(node.kinds(number, Notified))

    assert send(tmp_path, LATER, then=look, pushes=[600] * 23) == (0, 0)
    assert send(tmp_path / "2", LATER, then=look, pushes=[600] * 25) == (1, 1)
    assert send(tmp_path / "3", LATER, then=look, pushes=[3600] * 48) == (1, 1)


@pytest.mark.parametrize("facts", [{"notify": "FAILURE"}, {"notify": "NEVER"}, {"reverse_path": ""}])
def test_who_did_not_ask_for_news_of_delay_gets_none(tmp_path, facts):
    assert send(tmp_path, LATER, then=lambda node, number: node.inbox(), letter=facts, pushes=[3600] * 8) == []


def test_a_letter_with_its_own_deadline_is_given_up_then(tmp_path):
    async def go():
        async with sending(tmp_path, {"mx1": FakeMx(replies=LATER)}) as node:
            number = node.queue("kim@one.example", deadline_us=node.clock.now_us() + 15 * 60 * 1_000_000)
            await node.manager.settle()
            seen = []
            for _ in range(4):
                await node.push(300)
                seen.append(node.states(number))
            return seen

    assert run(go())[1:] == [["waiting"], ["bounced"], ["bounced"]]


def test_what_a_peer_says_cannot_forge_a_header(tmp_path):
    replies = {"RCPT": b"550-5.1.1 first\r\n550 5.1.1 \x1b[2J\x00Bcc: evil@example.com\xe2\x80\xae\r\n"}
    (bounce,) = send(tmp_path, replies, then=lambda node, number: node.inbox())
    assert b"\x1b" not in bounce
    assert Header.parse(bounce).count(b"bcc") == 0
