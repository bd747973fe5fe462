"""When the server stops: who has nothing under way is told and let go at once, a letter under way is finished."""

import asyncio
import time

import pytest

from kit.inprocess import attack
from kit.patience import PATIENCE_S
from pyeonji.journey.event import Closed
from pyeonji.net import listener as net_listener
from pyeonji.net import stream as net_stream
from pyeonji.store import journey

ENVELOPE = b"MAIL FROM:<a@b.test>\r\nRCPT TO:<kim@here.test>\r\n"
SELECT = b"s SELECT INBOX\r\n"
GRACE_S = 8.0
AT_ONCE_S = 2.0  # seconds; far less than the grace

# name -> (service, whether it has logged in, what was said last, the end of the answer to that, what it is told)
AT_REST = {
    "smtp": ("smtp", False, b"EHLO x\r\n", b"250 ", b"421 4.3.2 "),
    "smtp after a letter": ("smtp", False, ENVELOPE + b"RSET\r\n", b"250 2.0.0", b"421 4.3.2 "),
    "lmtp": ("lmtp", False, b"LHLO x\r\n", b"250 ", b"421 4.3.2 "),
    "submission after login": ("submission", True, b"NOOP\r\n", b"250 ", b"421 4.3.2 "),
    "half a command": ("smtp", False, b"NOOP\r\nMAIL FR", b"250 ", b"421 4.3.2 "),
    "imap before login": ("imap", False, b"a NOOP\r\n", b"a OK", b"* BYE "),
    "imap after login": ("imap", True, b"a NOOP\r\n", b"a OK", b"* BYE "),
    "imap with a mailbox open": ("imap", True, SELECT, b"s OK", b"* BYE "),
    "imap in IDLE": ("imap", True, SELECT + b"i IDLE\r\n", b"+ ", b"* BYE "),
    "imap in AUTHENTICATE": ("imap", False, b"a AUTHENTICATE PLAIN\r\n", b"+ ", b"* BYE "),
    "pop3 before login": ("pop3", False, b"CAPA\r\n", b".\r\n", b"-ERR [SYS/TEMP] "),
    "pop3 after login": ("pop3", True, b"NOOP\r\n", b"+OK", b"-ERR [SYS/TEMP] "),
}


async def stopped(stations, grace=GRACE_S):
    """Stop everything, as a node does; how long it took."""
    began = time.monotonic()
    await asyncio.gather(*(listener.stop(grace) for listener in stations.listeners))
    return time.monotonic() - began


@pytest.mark.parametrize("name", AT_REST)
def test_who_has_nothing_under_way_is_told_and_let_go(tmp_path, name):
    service, login, said, answer, told = AT_REST[name]

    async def story(stations):
        client = await stations.client(service, login=login, hello=service == "submission" or b"MAIL" in said)
        await client.send(said)
        await client.until(answer)
        assert await stopped(stations) < AT_ONCE_S
        assert (await client.until(b"\r\n")).startswith(told)
        assert await client.is_closed()

    attack(tmp_path, story)


LETTER = b"Subject: x\r\n\r\nx\r\n.\r\n"
# name -> (service, what was said before the stop, the end of the answer, then: what is said, the end of the answer ...)
UNDER_WAY = {
    "after RCPT": ("smtp", ENVELOPE, b"2.1.5", (b"DATA\r\n", b"354"), (LETTER, b"queued as")),
    "in DATA": ("smtp", ENVELOPE + b"DATA\r\n", b"354 ", (LETTER, b"queued as")),
    "in BDAT": ("smtp", ENVELOPE + b"BDAT 10\r\nSubj", b"2.1.5", (b"ect: x", b"250"), (b"BDAT 0 LAST\r\n", b"queued")),
    "in LMTP": ("lmtp", ENVELOPE + b"DATA\r\n", b"354 ", (LETTER, b"queued as")),
    "in APPEND": ("imap", b"a APPEND INBOX {6}\r\n", b"+ ", (b"x: y\r\n\r\n", b"a OK")),
}


@pytest.mark.parametrize("name", UNDER_WAY)
def test_what_is_under_way_is_finished(tmp_path, name):
    service, said, answer, *steps = UNDER_WAY[name]
    goodbye = b"* BYE" if service == "imap" else b"421 4.3.2"

    async def story(stations):
        client = await stations.client(service, hello=service != "imap", login=service == "imap")
        await client.send(said)
        await client.until(answer)
        stopping = asyncio.create_task(stopped(stations))
        done, _ = await asyncio.wait({stopping}, timeout=0.3)
        assert not done  # it waits for us
        heard = b""
        for octets, answer_to_it in steps:
            await client.send(octets)
            heard = await client.until(answer_to_it)
            assert answer_to_it in heard
        assert await asyncio.wait_for(stopping, PATIENCE_S) < GRACE_S
        assert goodbye in heard + await client.until(b"no more")

    attack(tmp_path, story)


GOODBYE = {"imap": b"* BYE"}  # 421 elsewhere


async def silent_in_the_midst(stations, name):
    service, said, answer, *_ = UNDER_WAY[name]
    client = await stations.client(service, hello=service != "imap", login=service == "imap")
    await client.send(said)
    await client.until(answer)
    return client


@pytest.mark.parametrize("name", UNDER_WAY)
def test_who_stops_in_the_midst_of_a_letter_is_told_soon(tmp_path, monkeypatch, name):
    monkeypatch.setattr(net_stream, "SILENT_S", 0.1)

    async def story(stations):
        client = await silent_in_the_midst(stations, name)
        assert await stopped(stations, PATIENCE_S) < GRACE_S
        assert GOODBYE.get(UNDER_WAY[name][0], b"421 4.3.2") in await client.until(b"no more")
        assert stations.count("message") == 0

    attack(tmp_path, story)


@pytest.mark.parametrize("name", UNDER_WAY)
def test_without_an_end_of_silence_it_has_the_whole_grace(tmp_path, monkeypatch, name):
    """Negative control."""
    monkeypatch.setattr(net_stream, "SILENT_S", PATIENCE_S)

    async def story(stations):
        await silent_in_the_midst(stations, name)
        assert await stopped(stations, 0.5) >= 0.5

    attack(tmp_path, story)


def test_each_octet_of_a_letter_begins_the_wait_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(net_stream, "SILENT_S", PATIENCE_S)

    async def story(stations):
        client = await silent_in_the_midst(stations, "in DATA")
        stopping = asyncio.create_task(stopped(stations, PATIENCE_S))
        await asyncio.wait({stopping}, timeout=0.1)  # it waits for the next octet now
        monkeypatch.setattr(net_stream, "SILENT_S", 0.1)
        await client.send(b"x")
        assert await stopping < GRACE_S

    attack(tmp_path, story)


def test_the_grace_ends_and_then_it_is_said(tmp_path):
    """Who never finishes its letter is told, too, and the letter is not taken."""

    async def story(stations):
        client = await stations.client("smtp", hello=True)
        await client.send(ENVELOPE + b"DATA\r\n")
        await client.until(b"354 ")
        assert 0.2 < await stopped(stations, 0.2) < AT_ONCE_S
        assert (await client.until(b"no more")).startswith(b"421 4.3.2")
        assert stations.count("message") == 0

    attack(tmp_path, story)


def test_without_the_question_an_idle_client_holds_the_stop_for_the_whole_grace(tmp_path, monkeypatch):
    """Negative control of the first test."""
    monkeypatch.setattr(net_listener.Stream, "server_stops", lambda self, **facts: None)

    async def story(stations):
        client = await stations.client("imap", login=True)
        assert await stopped(stations, 0.5) >= 0.5
        assert b"BYE" not in await client.until(b"no more")

    attack(tmp_path, story)


def test_the_journey_says_who_ended_it(tmp_path):
    async def story(stations):
        await stations.client("pop3")
        await stopped(stations)
        ends = stations.home.engine.read_now(
            lambda tx: [
                event.because
                for (number,) in tx.all("SELECT id FROM session", {})
                for row in journey.of_session(tx, number)
                for event in row.events
                if isinstance(event, Closed)
            ]
        )
        assert ends == ["the server stops"]

    attack(tmp_path, story)


def test_a_connection_that_the_kernel_has_given_us_is_greeted_before_it_is_let_go(tmp_path):
    async def story(stations):
        loop = asyncio.get_running_loop()
        import socket

        with socket.create_connection(("127.0.0.1", stations.ports["smtp"])) as client:
            client.setblocking(False)
            await asyncio.sleep(0)  # the loop accepts it in this turn; its session begins some turns later
            await stopped(stations)
            said = b""
            while octets := await asyncio.wait_for(loop.sock_recv(client, 1000), PATIENCE_S):
                said += octets
        assert said.startswith(b"220 ")
        assert b"\r\n421 4.3.2 " in said

    attack(tmp_path, story)
