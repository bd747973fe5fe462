"""Letters on their way out, over real sockets (reliability F01-F21, S02, S05, A15)."""

import asyncio
from datetime import timedelta

import pytest

from kit.queued import CONTENT, RELAY_AT
from kit.sending import FakeMx, run, sending
from pyeonji.journey.event import (
    Attempted,
    Connected,
    Content,
    Decided,
    Deferred,
    Delivered,
    Failed,
    Line,
    Queued,
    Resolved,
)
from pyeonji.relay import connection


def send(tmp_path, hosts, *addresses, letter=None, then=None, **settings):
    """Queue one letter, let the queue settle, look; returns what `then` finds."""

    async def go():
        async with sending(tmp_path, hosts, **settings) as node:
            number = node.queue(*(addresses or ("kim@one.example",)), **(letter or {}))
            await node.manager.settle()
            return (then or (lambda node, number: node.states(number)))(node, number)

    return run(go())


def test_a_letter_is_handed_over_octet_for_octet(tmp_path):
    mx = FakeMx()
    assert send(tmp_path, {"mx1": mx}) == ["done"]
    (got,) = mx.letters
    assert got.content == CONTENT[RELAY_AT:]
    assert got.mail.startswith("MAIL FROM:<lee@us.example>")
    assert got.recipients[0].startswith("RCPT TO:<kim@one.example>")


def test_the_journey_tells_the_whole_way(tmp_path):
    def story(node, number):
        return [type(event) for event in node.events(number) if not isinstance(event, Line | Decided)]

    assert send(tmp_path, {"mx1": FakeMx()}, then=story)[:6] == [
        Queued, Resolved, Connected, Attempted, Content, Delivered
    ]  # fmt: skip


def test_each_line_of_the_dialogue_is_kept(tmp_path):
    def lines(node, number):
        return [(event.direction, event.text) for event in node.kinds(number, Line)]

    told = send(tmp_path, {"mx1": FakeMx()}, then=lines)
    assert told[0] == ("in", "220 fake.example ESMTP")
    assert ("out", "EHLO us.example") in told
    assert ("out", "DATA") in told
    assert ("in", "250 2.0.0 Ok: queued as FAKE") in told


def test_recipients_of_one_domain_share_one_transaction(tmp_path):
    mx = FakeMx()
    assert send(tmp_path, {"mx1": mx}, "a@one.example", "b@one.example", "c@one.example") == ["done"] * 3
    (got,) = mx.letters
    assert len(got.recipients) == 3
    assert mx.connections == 1


def test_a_letter_that_was_sent_on_leaves_with_the_address_that_leads_back(tmp_path):
    mx, back = FakeMx(), "SRS0=AAAAAA=AA=far.example=kim@us.example"
    assert send(tmp_path, {"mx1": mx}, letter={"reverse_path": "kim@far.example", "onward_path": back}) == ["done"]
    (got,) = mx.letters
    assert back in str(got.mail)


def test_mixed_answers_deliver_retry_and_fail_each_for_itself(tmp_path):
    mx = FakeMx(replies={"RCPT b@one.example": "451 4.7.1 Greylisted", "RCPT c@one.example": "550 5.1.1 No such user"})

    def look(node, number):
        return node.states(number), [len(node.kinds(number, kind)) for kind in (Delivered, Deferred, Failed)]

    states, counts = send(tmp_path, {"mx1": mx}, "a@one.example", "b@one.example", "c@one.example", then=look)
    assert states == ["done", "waiting", "bounced"]
    assert counts == [1, 1, 1]
    assert len(mx.letters) == 1


PHASES = [
    ("greeting", "421 4.3.2 busy"),
    ("EHLO", "421 4.3.2 busy"),
    ("MAIL", "451 4.3.0 later"),
    ("RCPT", "450 4.2.1 later"),
    ("DATA", "451 4.3.0 later"),
    (".", "452 4.3.1 no room"),
]


@pytest.mark.parametrize(("phase", "reply"), PHASES)
def test_not_now_from_the_first_host_leads_to_the_second(tmp_path, phase, reply):
    first, second = FakeMx(replies={phase: reply}), FakeMx()
    assert send(tmp_path, {"mx1": first, "mx2": second}) == ["done"]
    assert len(second.letters) == 1


@pytest.mark.parametrize("phase", ["greeting", "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_connection_that_breaks_leads_to_the_second_host(tmp_path, phase):
    second = FakeMx()
    assert send(tmp_path, {"mx1": FakeMx(drop={phase}), "mx2": second}) == ["done"]
    assert len(second.letters) == 1


def test_a_connection_that_breaks_after_the_final_dot_waits(tmp_path):
    second = FakeMx()
    assert send(tmp_path, {"mx1": FakeMx(drop={"."}), "mx2": second}) == ["waiting"]
    assert second.connections == 0


@pytest.mark.parametrize(
    ("phase", "reply"), [("MAIL", "550 5.7.1 no"), ("RCPT", "550 5.1.1 no"), (".", "554 5.7.1 no")]
)
def test_never_from_the_first_host_is_final(tmp_path, phase, reply):
    second = FakeMx()
    assert send(tmp_path, {"mx1": FakeMx(replies={phase: reply}), "mx2": second}) == ["bounced"]
    assert second.connections == 0


STRANGE = [
    ("greeting", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    ("RCPT", b"354 go on\r\n"),
    ("DATA", b"250 Ok\r\n"),
    ("RCPT", b"\x00\xff\xfe garbage\r\n"),
    ("MAIL", b"x" * 100_000),
    ("EHLO", b"250-again\r\n" * 20_000),
]


@pytest.mark.parametrize(("phase", "octets"), STRANGE)
def test_what_is_no_smtp_is_not_final(tmp_path, phase, octets):
    assert send(tmp_path, {"mx1": FakeMx(replies={phase: octets})}) == ["waiting"]


def test_quit_that_is_not_answered_does_not_matter(tmp_path):
    assert send(tmp_path, {"mx1": FakeMx(drop={"QUIT"})}) == ["done"]


def test_a_server_that_only_knows_helo_gets_the_letter(tmp_path):
    mx = FakeMx(replies={"EHLO": "502 5.5.1 what?"})
    assert send(tmp_path, {"mx1": mx}) == ["done"]
    assert "HELO us.example" in mx.lines


def test_a_letter_that_is_too_big_is_not_sent(tmp_path):
    mx, second = FakeMx(keywords=("SIZE 10", "8BITMIME")), FakeMx()

    def words(node, number):
        (failed,) = node.kinds(number, Failed)
        return failed.reply, failed.cause

    reply, cause = send(tmp_path, {"mx1": mx, "mx2": second}, then=words)
    assert reply.startswith("552 5.3.4")
    assert cause == "size.too_big"
    assert not any(line.startswith("MAIL") for line in mx.lines)
    assert second.connections == 0


KOREAN = (
    b"Return-Path: <lee@us.example>\r\nFrom: lee@us.example\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + "안녕\r\n".encode()
)


def test_eight_bit_content_goes_as_it_is_where_that_is_known(tmp_path):
    mx = FakeMx()
    send(tmp_path, {"mx1": mx}, letter={"content": KOREAN})
    assert "BODY=8BITMIME" in mx.letters[0].mail
    assert "안녕".encode() in mx.letters[0].content


def test_eight_bit_content_is_encoded_where_it_is_not(tmp_path):
    mx = FakeMx(keywords=("SIZE",))
    assert send(tmp_path, {"mx1": mx}, letter={"content": KOREAN}) == ["done"]
    assert mx.letters[0].content.isascii()
    assert b"Content-Transfer-Encoding: 8bit" not in mx.letters[0].content


def test_an_eight_bit_header_is_never_sent_raw_where_it_is_not(tmp_path):
    content = KOREAN.replace(b"MIME-Version", "Subject: 안녕\r\nMIME-Version".encode())
    assert send(tmp_path, {"mx1": FakeMx(keywords=("SIZE",))}, letter={"content": content}) == ["bounced"]


def test_an_address_outside_ascii_needs_smtputf8(tmp_path):
    mx = FakeMx(keywords=("8BITMIME",))

    def look(node, number):
        return node.states(number), node.kinds(number, Failed)[0].reply[:9]

    assert send(tmp_path, {"mx1": mx}, "김@one.example", "kim@one.example", then=look) == (
        ["bounced", "done"],
        "550 5.6.7",
    )


def test_an_address_outside_ascii_is_sent_where_it_is_known(tmp_path):
    mx = FakeMx()
    assert send(tmp_path, {"mx1": mx}, "김@one.example") == ["done"]
    assert "SMTPUTF8" in mx.letters[0].mail


def test_a_letter_marked_smtputf8_that_needs_nothing_of_it_goes_everywhere(tmp_path):
    assert send(tmp_path, {"mx1": FakeMx(keywords=("SIZE",))}, letter={"smtputf8": True}) == ["done"]


def test_wishes_of_the_writer_are_passed_on(tmp_path):
    mx = FakeMx()
    send(tmp_path, {"mx1": mx}, letter={"notify": "SUCCESS,FAILURE", "envid": "abc+1", "ret": "HDRS"})
    assert "RET=HDRS" in mx.letters[0].mail
    assert "ENVID=abc+2B1" in mx.letters[0].mail
    assert "NOTIFY=SUCCESS,FAILURE" in mx.letters[0].recipients[0]


def test_rcptmax_is_respected(tmp_path):
    mx = FakeMx(keywords=("PIPELINING", "LIMITS RCPTMAX=2"))
    assert send(tmp_path, {"mx1": mx}, *(f"r{n}@one.example" for n in range(5))) == ["done"] * 5
    assert [len(got.recipients) for got in mx.letters] == [2, 2, 1]
    assert mx.connections == 1


def test_too_many_recipients_get_another_transaction(tmp_path):
    replies = {"RCPT": ["250 Ok", "250 Ok", "452 4.5.3 Too many", "250 Ok"]}
    mx = FakeMx(replies=replies)
    assert send(tmp_path, {"mx1": mx}, "a@one.example", "b@one.example", "c@one.example") == ["done"] * 3
    assert [len(got.recipients) for got in mx.letters] == [2, 1]


def test_bare_line_ends_cannot_smuggle_a_second_letter(tmp_path):
    content = CONTENT + b"one\n.\nMAIL FROM:<x@evil.example>\r\n.\r\r\ntwo\r.\rthree\r\n"
    mx = FakeMx()
    send(tmp_path, {"mx1": mx}, letter={"content": content})
    (got,) = mx.letters
    assert b"three" in got.content
    assert b"\n" not in got.content.replace(b"\r\n", b"")
    assert b"\r" not in got.content.replace(b"\r\n", b"")


def test_a_large_letter_arrives_whole(tmp_path):
    body = b"".join(b".%06d line that begins with a dot\r\n" % n for n in range(30_000))
    mx = FakeMx(keywords=("PIPELINING",))
    send(tmp_path, {"mx1": mx}, letter={"content": CONTENT + body})
    assert mx.letters[0].content == CONTENT[RELAY_AT:] + body


def test_nobody_listens_anywhere(tmp_path):
    def look(node, number):
        return node.states(number), node.kinds(number, Deferred)[0].cause, node.dialled

    states, cause, dialled = send(tmp_path, {"mx1": None, "mx2": None}, then=look)
    assert states == ["waiting"]
    assert cause == "net.no_answer"
    assert dialled == ["mx1", "mx2"]


def test_a_host_that_is_down_is_passed_over(tmp_path):
    second = FakeMx()
    assert send(tmp_path, {"mx1": None, "mx2": second}) == ["done"]


def test_an_unknown_domain_fails_at_once(tmp_path):
    def look(node, number):
        (failed,) = node.kinds(number, Failed)
        return node.states(number), failed.cause, failed.phase

    assert send(tmp_path, {"mx1": FakeMx()}, "kim@nowhere.example", then=look) == (
        ["bounced"],
        "addr.domain_not_found",
        "dns",
    )


IMPATIENT = {"command_timeout": timedelta(milliseconds=80), "content_timeout": timedelta(milliseconds=80)}


@pytest.mark.parametrize("phase", ["greeting", "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_server_that_says_nothing_is_left_for_the_next(tmp_path, phase):
    second = FakeMx()
    assert send(tmp_path, {"mx1": FakeMx(silent={phase}), "mx2": second}, relay=IMPATIENT) == ["done"]
    assert len(second.letters) == 1


def test_a_server_that_says_nothing_after_the_final_dot_is_asked_again_later(tmp_path):
    second = FakeMx()

    def look(node, number):
        (deferred,) = node.kinds(number, Deferred)
        return node.states(number), deferred.phase, deferred.reply

    states, phase, reply = send(tmp_path, {"mx1": FakeMx(silent={"."}), "mx2": second}, relay=IMPATIENT, then=look)
    assert (states, phase) == (["waiting"], "content")
    assert "No answer in time" in reply
    assert second.connections == 0


def test_a_try_has_an_end_however_slowly_the_server_talks(tmp_path):
    class Tarpit(FakeMx):
        async def _say(self, writer, phase, *names, usual):
            for octet in usual.encode() + b"\r\n":
                writer.write(bytes([octet]))
                await asyncio.sleep(0.01)

    relay = {"session_timeout": timedelta(milliseconds=100)}
    second = FakeMx()
    assert send(tmp_path, {"mx1": Tarpit(), "mx2": second}, relay=relay) == ["done"]
    assert len(second.letters) == 1


@pytest.mark.parametrize(
    "replies",
    [
        {"EHLO": b"250 x\r\n250 more\r\n"},
        {"EHLO": b"250-x\r\n250 PIPELINING\r\nno reply at all\r\n"},
        {"greeting": b"220 x\r\n250 a\r\n250 b\r\n"},
        {"MAIL": b"250 ok\r\n" * 5},
        {"DATA": b"354 go\r\n250 ok\r\n"},
    ],
)
def test_a_server_that_says_too_much_at_once_defers_the_letter(tmp_path, replies):
    """What it says behind the answer to EHLO ended the carrying in an exception."""

    async def story():
        async with sending(tmp_path, {"mx1.one.example": FakeMx(replies=replies)}) as node:
            number = node.queue("kim@one.example")
            await node.push(1)
            assert node.states(number) == ["waiting"]
            (deferred,) = node.kinds(number, Deferred)
            assert deferred.reply.startswith("451 4.5.0")

    run(story())


# ── our own address behind a NAT (A13) ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("greeting", ["220 us.example ESMTP", "220-US.Example ESMTP\r\n220 welcome", "220 us.example"])
def test_a_server_that_greets_as_ourselves_gets_nothing(tmp_path, greeting):
    """The letter would go in circles, and nobody would be told until it had gone fifty times."""
    ourselves = FakeMx(replies={"greeting": greeting})
    (failed,) = send(tmp_path, {"mx1": ourselves}, then=lambda node, number: node.kinds(number, Failed))
    assert failed.reply.startswith("550 5.4.6 ")
    assert failed.cause == "route.loop"
    assert ourselves.letters == []


def test_without_the_look_at_its_name_the_letter_would_come_back_to_us(tmp_path, monkeypatch):
    """Negative control: as for a server that nobody has given a name."""
    monkeypatch.setattr(connection, "LOCALHOST", "us.example")
    ourselves = FakeMx(replies={"greeting": "220 us.example ESMTP"})
    assert send(tmp_path, {"mx1": ourselves}) == ["done"]
    assert len(ourselves.letters) == 1


def test_while_a_better_host_is_silent_the_letter_waits_and_goes_to_no_worse_one(tmp_path):
    """We are its second: the third would bring the letter to us."""
    ourselves, third = FakeMx(replies={"greeting": "220 us.example ESMTP"}), FakeMx()
    assert send(tmp_path, {"mx1": None, "mx2": ourselves, "mx3": third}) == ["waiting"]
    assert third.connections == 0


def test_a_smart_host_may_bear_our_name(tmp_path):
    """One server inside, one outside, both called mail.example.com: whoever chose that knows."""
    smart = FakeMx(replies={"greeting": "220 us.example ESMTP"})
    zone = {("smart.example", "A"): ("127.0.0.1",)}
    found = send(tmp_path, {"smart.example": smart}, zone=zone, relay={"smart_host": "smart.example"})
    assert found == ["done"]
