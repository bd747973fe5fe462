"""S03, S06: chunks without end, chunks cut off by the end of TLS, and clear text where only TLS is spoken."""

import asyncio
import contextlib
import os
import socket
import ssl
import tracemalloc

import pytest

from kit.inprocess import HOST, attack
from kit.patience import PATIENCE_S
from pyeonji.acceptance import spool as spools
from pyeonji.acceptance.spool import Spool
from pyeonji.intake.service import MX
from pyeonji.intake.smtpd import serve
from pyeonji.net.listener import Listener, open_tcp
from pyeonji.net.stream import Stream

ENVELOPE = b"MAIL FROM:<a@b.test>\r\nRCPT TO:<kim@here.test>\r\n"
HEAD = b"Subject: x\r\n\r\n"
MOST = 1 << 20  # octets a letter of a tenth of that may need while it comes


def held_by(spool, pieces):
    """Octets of memory while so many pieces come, beside what they hold."""
    spool.add(HEAD)
    tracemalloc.start()
    try:
        for number in range(pieces):
            spool.add(b"%02d" % (number % 100))
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
        spool.discard()


def test_a_letter_of_a_hundred_thousand_chunks_needs_little_more_than_its_octets(tmp_path):
    assert held_by(Spool(tmp_path, 1), 100_000) < MOST


def test_without_putting_them_together_it_would_need_twenty_times_as_much(tmp_path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(spools, "MERGED", 0)
    assert held_by(Spool(tmp_path, 1), 100_000) > 4 * MOST


def test_a_letter_of_very_many_chunks_is_taken_whole(tmp_path):
    async def story(stations):
        client = await stations.client("smtp", hello=True)
        chunks = [HEAD, *(b"%d" % (number % 10) for number in range(3_000))]
        octets = b"".join(b"BDAT %d\r\n%b" % (len(chunk), chunk) for chunk in chunks)
        said = await client.last(ENVELOPE, octets + b"BDAT 0 LAST\r\nQUIT\r\n")
        assert said.count(b"chunk received") == len(chunks)
        assert stations.letters()[0].endswith(b"".join(chunks))

    attack(tmp_path, story)


@pytest.mark.parametrize(
    "chunks",
    [b"BDAT x\r\n", b"BDAT -1\r\n", b"BDAT 99999999999 LAST\r\n", b"BDAT 3\r\na\nb", b"BDAT 60000000 LAST\r\n"],
)
def test_a_chunk_that_fails_takes_envelope_and_connection_or_envelope_along(tmp_path, chunks):
    """Postfix 20260724: nothing of the transaction may be left for the next command."""

    async def story(stations):
        client = await stations.client("smtp", hello=True)
        said = await client.last(ENVELOPE, chunks, b"RCPT TO:<lee@here.test>\r\nBDAT 5 LAST\r\nA: b\n")
        assert b"queued as" not in said
        assert said.count(b"250 2.1.5") == 1
        assert stations.count("message") == 0

    attack(tmp_path, story)


# ── the end of TLS in the midst of a chunk (CVE-2026-45185) ──


def end_tls_and_go_on(port, octets):
    """BDAT over TLS, a part of it, close_notify, and the rest in clear."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((HOST, port), timeout=PATIENCE_S) as raw:
        for line in (b"", b"EHLO x\r\n", b"STARTTLS\r\n"):
            raw.sendall(line)
            raw.recv(4096)
        clear = socket.socket(fileno=os.dup(raw.fileno()))
        with contextlib.closing(clear), context.wrap_socket(raw) as tls:
            tls.sendall(b"EHLO x\r\n" + ENVELOPE + b"BDAT %d LAST\r\n%b" % (len(octets), octets[:20]))
            heard = b""
            while b"2.1.5" not in heard:
                heard += tls.recv(4096)
            clear.settimeout(1)
            with contextlib.suppress(OSError):
                tls.settimeout(0.3)
                tls.unwrap()  # close_notify; the server's own need not come
            with contextlib.suppress(OSError):
                clear.sendall(octets[20:])
                return clear.recv(4096)
    return b""


CLEAR = HEAD + b"said in clear, behind the end of TLS\r\n"


def test_what_comes_in_clear_behind_the_end_of_tls_is_not_read(tmp_path):
    async def story(stations):
        said = await asyncio.to_thread(end_tls_and_go_on, stations.ports["smtp"], CLEAR)
        assert b"queued" not in said
        assert stations.count("message") == 0

    attack(tmp_path, story)


def test_a_stream_that_falls_back_to_clear_would_take_the_letter(tmp_path, monkeypatch):
    """Negative control."""
    original = Stream.read

    async def naive(self):
        octets = await original(self)
        if not octets and self._tls is not None and self._tls.closed:
            self._tls = None
            return await original(self)
        return octets

    monkeypatch.setattr(Stream, "read", naive)

    async def story(stations):
        said = await asyncio.to_thread(end_tls_and_go_on, stations.ports["smtp"], CLEAR)
        assert b"queued" in said
        assert b"in clear" in stations.letters()[0]

    attack(tmp_path, story)


# ── ports on which TLS comes first ──


async def said_to(stations, tls, octets):
    """Clear text to a port of its own; what is answered."""
    sock = open_tcp(HOST, 0)
    port = sock.getsockname()[1]
    listener = Listener(sock, lambda stream: serve(stream, MX, stations.intake), tls)
    await listener.start()
    try:
        reader, writer = await asyncio.open_connection(HOST, port)
        if tls is None:
            await reader.readline()
        writer.write(octets)
        writer.write_eof()
        said = b""
        with contextlib.suppress(ConnectionError):
            said = await asyncio.wait_for(reader.read(), PATIENCE_S)
        writer.close()
        return said
    finally:
        await listener.stop(0.5)


@pytest.mark.parametrize("encrypted", [True, False])
def test_clear_text_is_not_read_where_tls_comes_first(tmp_path, encrypted):
    """CVE-2023-40217; the second row, the same port without TLS, is the negative control."""

    async def story(stations):
        octets = b"EHLO x\r\n" + ENVELOPE + b"BDAT %d LAST\r\n%bQUIT\r\n" % (len(CLEAR), CLEAR)
        said = await said_to(stations, stations.tls if encrypted else None, octets)
        assert (b"queued" in said) is not encrypted
        assert stations.count("message") == (0 if encrypted else 1)

    attack(tmp_path, story)


def resumed(first, second, context):
    """Does the second port take up what was agreed with the first?"""
    session = None
    for port in (first, second):
        with socket.create_connection((HOST, port), timeout=PATIENCE_S) as raw:
            for line in (b"", b"EHLO x\r\n", b"STARTTLS\r\n"):
                raw.sendall(line)
                raw.recv(4096)
            with context.wrap_socket(raw, session=session) as tls:
                tls.sendall(b"EHLO x\r\nQUIT\r\n")
                while tls.recv(4096):
                    pass
                session = tls.session
                reused = tls.session_reused
    return reused


@pytest.mark.parametrize(("tickets", "is_resumed"), [(None, False), (2, True)])
def test_no_ticket_of_one_port_is_good_at_another(tmp_path, tickets, is_resumed):
    """Postfix 20260805; the second row is the negative control."""

    async def story(stations):
        if tickets:
            stations.tls.num_tickets = tickets
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        ports = stations.ports["smtp"], stations.ports["submission"]
        assert await asyncio.to_thread(resumed, *ports, context) is is_resumed

    attack(tmp_path, story)
