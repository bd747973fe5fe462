"""S09-S12, I07: floods, endless lines, slow speakers and who never listens: each costs little and gets an answer."""

import asyncio
import contextlib
import datetime

import pytest

from kit.inprocess import Raw, attack
from pyeonji.access.imap import station as imap_station
from pyeonji.access.pop3 import station as pop3_station
from pyeonji.intake.crossing import Crossing
from pyeonji.intake.settings import IntakeSettings
from pyeonji.net import stream as net_stream

ENVELOPE = b"MAIL FROM:<a@b.test>\r\nRCPT TO:<kim@here.test>\r\n"
SHORT_S = 0.3


@pytest.fixture
def impatient(monkeypatch):
    """Every station waits a third of a second."""
    monkeypatch.setattr(imap_station, "BEFORE_LOGIN_S", SHORT_S)
    monkeypatch.setattr(pop3_station, "IDLE_S", SHORT_S)
    return IntakeSettings(command_timeout=datetime.timedelta(seconds=SHORT_S))


@pytest.mark.parametrize("service", ["smtp", "submission", "lmtp", "imap", "pop3"])
def test_an_octet_now_and_then_does_not_keep_a_connection(tmp_path, impatient, service):
    async def story(stations):
        client = await stations.client(service)
        for _ in range(40):
            await client.send(b"N")
            with contextlib.suppress(TimeoutError, ConnectionError):
                said = await asyncio.wait_for(client.reader.read(100), SHORT_S / 6)
                assert said == b"" or said.startswith(b"421")
                return
        raise AssertionError("still connected")

    attack(tmp_path, story, intake=impatient)


@pytest.mark.parametrize(
    ("service", "command"), [("smtp", b"NOOP\r\n"), ("imap", b"a NOOP\r\n"), ("pop3", b"CAPA\r\n")]
)
def test_whole_commands_now_and_then_do(tmp_path, impatient, service, command):
    """Negative control: it is not the clock alone that hangs up above."""

    async def story(stations):
        client = await stations.client(service)
        for _ in range(8):
            await client.send(command)
            assert await client.until(b"\r\n") not in (b"", b"421")
            await asyncio.sleep(SHORT_S / 4)

    attack(tmp_path, story, intake=impatient)


def test_who_never_listens_is_cut_off_though_octets_wait(tmp_path, monkeypatch):
    """A graceful close waits for the peer to take the last octets: for ever, if it does not want them."""
    monkeypatch.setattr(net_stream, "CLOSE_S", 0.2)

    async def story(stations):
        client = await stations.client("imap")
        client.writer.transport.pause_reading()
        loop = asyncio.get_running_loop()
        opened = []
        original = net_stream.Stream.close

        async def close(self):
            opened.append(self)
            await original(self)

        monkeypatch.setattr(net_stream.Stream, "close", close)
        monkeypatch.setattr(imap_station, "BEFORE_LOGIN_S", 0.2)
        with contextlib.suppress(ConnectionError, TimeoutError):
            await asyncio.wait_for(client.send(b"a CAPABILITY\r\n" * 400_000), 2)
        until = loop.time() + 8
        while loop.time() < until and not (opened and opened[0]._lost is not None):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        assert opened
        assert opened[0]._lost is not None

    attack(tmp_path, story)


# (service, octets, what the answer holds, whether the connection is over)
FLOODS = {
    "1,001 recipients": ("smtp", b"EHLO x\r\nMAIL FROM:<a@b.test>\r\n" + b"RCPT TO:<kim@here.test>\r\n" * 1_001,
                         b"452 4.5.3", False),
    "21 mistakes": ("smtp", b"EHLO x\r\n" + b"FOO\r\n" * 22, b"421 4.7.0", True),
    "101 NOOPs": ("smtp", b"EHLO x\r\n" + b"NOOP\r\n" * 102, b"421 ", True),
    "101 RSETs": ("lmtp", b"LHLO x\r\n" + b"RSET\r\n" * 102, b"421 ", True),
    "no CR LF for a megabyte": ("smtp", b"A" * 1_000_000, b"500 5.5.", True),
    "no CR LF for a megabyte of IMAP": ("imap", b"A" * 1_000_000, b"BAD", True),
    "no CR LF for a megabyte of POP3": ("pop3", b"A" * 1_000_000, b"-ERR", True),
    "a command of 513 octets": ("smtp", b"NOOP " + b"x" * 506 + b"\r\n", b"500 5.5", False),
    "a POP3 argument of 300 octets": ("pop3", b"USER " + b"x" * 300 + b"\r\n", b"-ERR", True),
    "POP3 nonsense": ("pop3", b"FOO\r\n" * 30, b"-ERR", True),
    "IMAP nonsense": ("imap", b"a FOO\r\n" * 200, b"BYE", True),
    "content before the 354": ("smtp", b"EHLO x\r\n" + ENVELOPE + b"DATA\r\nSubject: x\r\n", b"5.5.0", True),
    "a browser": ("smtp", b"POST / HTTP/1.1\r\nHost: x\r\n\r\nMAIL FROM:<a@b.test>\r\n", b"5", True),
    "BDAT of 2^63": ("smtp", b"EHLO x\r\n" + ENVELOPE + b"BDAT 9223372036854775808\r\n", b"5", True),
    "BDAT of -1": ("smtp", b"EHLO x\r\n" + ENVELOPE + b"BDAT -1\r\n", b"501", True),
    "DATA after BDAT": ("smtp", b"EHLO x\r\n" + ENVELOPE + b"BDAT 1\r\nxDATA\r\n", b"503", False),
    "an IMAP literal of 4 GiB": ("imap", b"a LOGIN {4294967295}\r\n", b"TOOBIG", False),
    "a literal nobody asked about": ("imap", b"a LOGIN {999999999+}\r\n", b"BYE", True),
    "parentheses": ("imap", b"a SEARCH " + b"(" * 7_000 + b"\r\n", b"BAD", False),
    "POP3 numbers without end": ("pop3", b"RETR 9223372036854775808\r\n", b"-ERR", False),
}  # fmt: skip


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_gets_an_answer_and_an_end(tmp_path, name):
    service, octets, answer, over = FLOODS[name]

    async def story(stations):
        client = await stations.client(service)
        if not over:
            await client.send(octets)
            assert answer in await client.until(answer)
            await client.send(b"z NOOP\r\n" if service == "imap" else b"QUIT\r\n")
            assert await client.hear() != b""
            return
        listening = asyncio.create_task(client.until(b"no such octets"))
        await client.send(octets)
        with contextlib.suppress(ConnectionError):  # without write_eof: it is the server that hangs up
            assert answer in await listening

    attack(tmp_path, story)


def test_the_thousand_recipients_before_are_still_good(tmp_path):
    async def story(stations):
        client = await stations.client("smtp", hello=True)
        await client.send(b"MAIL FROM:<a@b.test>\r\n" + b"RCPT TO:<kim@here.test>\r\n" * 1_001 + b"DATA\r\n")
        assert b"452" in await client.until(b"354 ")
        assert b"queued as" in await client.last(b"Subject: x\r\n\r\nx\r\n.\r\n")

    attack(tmp_path, story)


def test_an_oversize_chunk_is_refused_before_it_is_read_and_its_octets_are_no_commands(tmp_path):
    async def story(stations):
        client = await stations.client("smtp", hello=True)
        await client.send(ENVELOPE + b"BDAT 60000000 LAST\r\n")
        assert b"552" in await client.until(b"552 ")
        await client.hear()
        assert await client.last(b"MAIL FROM:<a@b.test>\r\n" * 10) == b""

    attack(tmp_path, story)


def test_a_letter_without_an_octet_is_a_letter(tmp_path):
    """BDAT 0 LAST and nothing before it (RFC 3030 §2)."""

    async def story(stations):
        client = await stations.client("smtp", hello=True)
        assert b"queued as" in await client.last(ENVELOPE + b"BDAT 0 LAST\r\n")

    attack(tmp_path, story)


def test_who_talks_before_the_greeting_is_not_listened_to(tmp_path):
    async def story(stations):
        import socket as sockets

        sock = sockets.create_connection(("127.0.0.1", stations.ports["smtp"]))  # the loop does not run yet
        sock.sendall(b"EHLO x\r\n" + ENVELOPE + b"BDAT 0 LAST\r\n")
        sock.setblocking(False)
        client = Raw(*await asyncio.open_connection(sock=sock))
        said = await client.last()
        assert said[:3] in (b"521", b"554"), said
        assert stations.count("message") == 0

    attack(tmp_path, story)


def test_without_the_guard_its_letter_would_be_taken(tmp_path, monkeypatch):
    """Negative control of the one above."""
    monkeypatch.setattr(net_stream.Stream, "has_unread", property(lambda self: False))

    async def story(stations):
        client = await stations.client("smtp", greeted=False)
        assert b"queued as" in await client.last(b"EHLO x\r\n" + ENVELOPE + b"BDAT 0 LAST\r\n")

    attack(tmp_path, story)


# ── a letter that comes too slowly (S10) ──


@pytest.mark.parametrize(
    ("came", "patience"),
    [
        # (seconds since the last, octets), ...: seconds the next may take, at 100 octets a second and 10 s of silence
        ([(0, 6)], 10.0),
        ([(0, 0), (9, 1)], 1.01),
        ([(0, 0), (9, 100), (1, 100)], 2.0),
        ([(0, 0), (5, 5_000)], 10.0),  # what came fast earns no longer silence
        ([(0, 0), *[(1, 100)] * 3_000], 10.0),  # however long it is
        ([(0, 0), *[(1, 50)] * 20], 0.0),
        ([(0, 0), *[(1, 1)] * 12], -1.88),
    ],
)
def test_a_letter_has_as_long_as_it_needs_at_the_least_rate(came, patience):
    now = 1_000.0
    crossing = Crossing(IntakeSettings(content_timeout=datetime.timedelta(seconds=10), min_rate=100), now)
    for seconds, octets in came:
        now += seconds
        left = crossing.patience_s(octets, now)
    assert left == pytest.approx(patience)


def slow(min_rate):
    return IntakeSettings(content_timeout=datetime.timedelta(seconds=SHORT_S), min_rate=min_rate)


async def dribbled(stations, framing):
    """Ten octets twenty times a second, for four times as long as silence is endured; what is said to that."""
    client = await stations.client("smtp", hello=True)
    await client.send(ENVELOPE + framing)
    await client.until(b"354 " if framing == b"DATA\r\n" else b"250 2.1.5")
    said = asyncio.create_task(client.until(b"queued as"))
    for _ in range(24):
        await client.send(b"A: 56789\r\n")
        if (await asyncio.wait({said}, timeout=SHORT_S / 6))[0]:
            break
    await client.send(b"\r\n.\r\n")
    return await said


@pytest.mark.parametrize("framing", [b"DATA\r\n", b"BDAT 100000 LAST\r\n"])
def test_a_letter_that_only_dribbles_in_is_cut_off(tmp_path, framing):
    async def story(stations):
        assert b"421 4.4.2" in await dribbled(stations, framing)
        assert stations.count("message") == 0

    attack(tmp_path, story, intake=slow(min_rate=1_000))


def test_without_a_least_rate_it_would_keep_its_connection(tmp_path):
    """Negative control: never silent for long, and slower than any line is."""

    async def story(stations):
        assert b"queued as" in await dribbled(stations, b"DATA\r\n")

    attack(tmp_path, story, intake=slow(min_rate=50))
