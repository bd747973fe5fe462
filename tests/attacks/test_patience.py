"""S09-S12, I07: floods, endless lines, slow speakers and who never listens: each costs little and gets an answer."""

import asyncio
import contextlib
import datetime
import os

import pytest

from kit.inprocess import attack
from kit.patience import PATIENCE_S
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


# What was said before, to bring the server to wait for something; and what it has answered to that.
WAITING = {
    "smtp": ("smtp", b"", b""),
    "submission": ("submission", b"", b""),
    "lmtp": ("lmtp", b"", b""),
    "imap": ("imap", b"", b""),
    "pop3": ("pop3", b"", b""),
    "after EHLO": ("smtp", b"EHLO x\r\n", b"250 "),
    "in the envelope": ("smtp", b"EHLO x\r\nMAIL FROM:<a@b.test>\r\n", b"250 2.1.0"),
    "for a TLS hello": ("smtp", b"EHLO x\r\nSTARTTLS\r\n", b"220 2.0.0"),
    "for a TLS hello of IMAP": ("imap", b"a STARTTLS\r\n", b"a OK"),
    "for a TLS hello of POP3": ("pop3", b"STLS\r\n", b"+OK"),
    "for a password": ("submission", b"EHLO x\r\nAUTH PLAIN\r\n", b"334 "),
    "for a password of IMAP": ("imap", b"a AUTHENTICATE PLAIN\r\n", b"+ "),
    "for a password of POP3": ("pop3", b"AUTH PLAIN\r\n", b"+ "),
    "for a literal": ("imap", b"a LOGIN {500}\r\n", b"+ "),
}


@pytest.mark.parametrize("state", WAITING)
def test_an_octet_now_and_then_does_not_keep_a_connection(tmp_path, impatient, state, monkeypatch):
    monkeypatch.setattr(net_stream, "HANDSHAKE_S", SHORT_S)
    service, octets, answer = WAITING[state]

    async def story(stations):
        client = await stations.client(service)
        await client.send(octets)
        await client.until(answer)
        said = b""
        for _ in range(40):
            await client.send(b"\x16" if "TLS" in state else b"N")
            with contextlib.suppress(TimeoutError, ConnectionError):
                octets_said = await asyncio.wait_for(client.reader.read(100), SHORT_S / 6)
                said += octets_said
                if not octets_said:
                    break
        assert client.reader.at_eof()
        if service in ("smtp", "submission", "lmtp") and "TLS" not in state:
            assert b"421 4.4.2" in said

    attack(tmp_path, story, intake=impatient)


DRIBBLERS = int(os.environ.get("PYEONJI_DRIBBLERS", "200"))  # 2,000 for the figure in docs/figures.md
HONEST_S = 2.0  # G13: what 95 of 100 honest dialogues may take meanwhile


def test_who_dribbles_does_not_hold_up_who_speaks(tmp_path):
    """G13: hundreds of connections in all states, an octet each now and then; honest mail crosses as ever."""

    async def story(stations):
        clients = []
        for number in range(DRIBBLERS):
            service, octets, answer = [*WAITING.values()][number % len(WAITING)]
            client = await stations.client(service)
            await client.send(octets)
            await client.until(answer)
            clients.append((client, b"" if answer.startswith((b"220 2", b"a OK", b"+OK")) else b"N"))

        async def dribble():
            while True:
                for client, octet in clients:
                    client.writer.write(octet)
                    await asyncio.sleep(0)
                await asyncio.sleep(0.05)

        dribbling = asyncio.create_task(dribble())
        took = []
        for _ in range(20):
            began = asyncio.get_running_loop().time()
            client = await stations.client("smtp", hello=True)
            said = await client.last(ENVELOPE + b"BDAT 6 LAST\r\nA: b\r\nQUIT\r\n")
            assert b"queued as" in said
            took.append(asyncio.get_running_loop().time() - began)
        dribbling.cancel()
        print(f"{DRIBBLERS} connections: 19 of 20 honest dialogues within {sorted(took)[18]:.2f} s")
        assert sorted(took)[18] < HONEST_S
        assert not any(client.reader.at_eof() for client, _ in clients)  # they are there all the time

    attack(tmp_path, story)


@pytest.mark.parametrize(
    ("service", "command"), [("smtp", b"NOOP\r\n"), ("imap", b"a NOOP\r\n"), ("pop3", b"CAPA\r\n")]
)
def test_whole_commands_now_and_then_do(tmp_path, monkeypatch, service, command):
    """Negative control: it is not the clock alone that hangs up above.  A busy machine has a second and a half."""
    patience = 5 * SHORT_S
    monkeypatch.setattr(imap_station, "BEFORE_LOGIN_S", patience)
    monkeypatch.setattr(pop3_station, "IDLE_S", patience)

    async def story(stations):
        client = await stations.client(service)
        for _ in range(8):
            await client.send(command)
            assert await client.until(b"\r\n") not in (b"", b"421")
            await asyncio.sleep(patience / 5)

    attack(tmp_path, story, intake=IntakeSettings(command_timeout=datetime.timedelta(seconds=patience)))


async def cut_off(stations, monkeypatch):
    """Somebody asks and asks and never listens; was the connection taken away from him within a second?"""
    client = await stations.client("imap")
    client.writer.transport.pause_reading()
    closing, lost = asyncio.Event(), asyncio.Event()
    close, connection_lost = net_stream.Stream.close, net_stream.Stream.connection_lost

    async def closed(self):
        closing.set()
        await close(self)

    monkeypatch.setattr(net_stream.Stream, "close", closed)
    monkeypatch.setattr(
        net_stream.Stream, "connection_lost", lambda self, exc: (connection_lost(self, exc), lost.set())
    )
    monkeypatch.setattr(imap_station, "BEFORE_LOGIN_S", 0.2)
    with contextlib.suppress(ConnectionError, TimeoutError):
        await asyncio.wait_for(client.send(b"a CAPABILITY\r\n" * 400_000), 2)
    await asyncio.wait_for(closing.wait(), PATIENCE_S)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(lost.wait(), 1)
    return lost.is_set()


@pytest.mark.parametrize(("limit_s", "is_cut"), [(0.2, True), (1_000.0, False)])
def test_who_never_listens_is_cut_off_though_octets_wait(tmp_path, limit_s, is_cut, monkeypatch):
    """A graceful close waits for the peer to take the last octets: for ever, if it does not want them.

    The second row is the negative control.
    """
    monkeypatch.setattr(net_stream, "CLOSE_S", limit_s)

    async def story(stations):
        assert await cut_off(stations, monkeypatch) is is_cut

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
