"""Who is refused while he still speaks can read why: we listen a while longer, and to no end (RFC 1122 §4.2.2.13)."""

import asyncio
import socket
import ssl

import pytest

from kit.inprocess import HOST, attack
from kit.patience import PATIENCE_S
from pyeonji.net import stream as net_stream

ENVELOPE = b"EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<kim@here.test>\r\nDATA\r\n"
LONG = 6_000_000  # octets: more than the buffers of both kernels hold
# What is said first, what is heard then, what is said on and on, and what is found when at last somebody listens.
ENDLESS = {
    "smtp": (ENVELOPE, b"354 ", b"bare\n" * (LONG // 5), b"550 5.5.2"),
    "lmtp": (ENVELOPE.replace(b"EHLO", b"LHLO"), b"354 ", b"bare\n" * (LONG // 5), b"550 5.5.2"),
    "submission": (b"", b"220 ", b"A" * LONG, b"500 5.5.2"),
    "imap": (b"", b"* OK", b"A" * LONG, b"BYE"),
    "pop3": (b"", b"+OK", b"A" * LONG, b"-ERR"),
}


def talk(port, service, encrypted):
    """A client as simple as many are: it says everything, and reads what was answered when it has done so."""
    first, heard, endless, _ = ENDLESS[service]
    with socket.create_connection((HOST, port), timeout=PATIENCE_S) as sock:
        said = sock.recv(4096)  # the greeting
        if encrypted:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            for line in (b"EHLO x\r\n", b"STARTTLS\r\n"):
                sock.sendall(line)
                sock.recv(4096)
            sock = context.wrap_socket(sock)
        sock.sendall(first)
        while heard not in said:
            octets = sock.recv(4096)
            assert octets, said
            said += octets
        try:
            sock.sendall(endless)
            while octets := sock.recv(4096):
                said += octets
        except ConnectionError:
            pass
        sock.close()
        return said


@pytest.mark.parametrize(("service", "encrypted"), [*((service, False) for service in ENDLESS), ("smtp", True)])
def test_the_last_reply_is_read_also_by_who_sends_on(tmp_path, service, encrypted):
    async def story(stations):
        said = await asyncio.to_thread(talk, stations.ports[service], service, encrypted)
        assert ENDLESS[service][3] in said, said[-200:]

    attack(tmp_path, story)


@pytest.mark.parametrize("service", ["smtp", "imap"])
def test_without_the_wait_a_reset_would_take_the_reply_away(tmp_path, service, monkeypatch):
    """Negative control."""

    async def at_once(self):
        return

    monkeypatch.setattr(net_stream.Stream, "linger", at_once)

    async def story(stations):
        said = await asyncio.to_thread(talk, stations.ports[service], service, False)
        assert ENDLESS[service][3] not in said

    attack(tmp_path, story)


@pytest.mark.parametrize("limit", ["LINGER_OCTETS", "LINGER_S"])
def test_it_ends_though_the_peer_never_does(tmp_path, limit, monkeypatch):
    monkeypatch.setattr(net_stream, limit, {"LINGER_OCTETS": 100_000, "LINGER_S": 0.2}[limit])

    async def story(stations):
        client = await stations.client("smtp")
        octets = b"A" * 200_000
        client.writer.write(octets)
        assert b"500 5.5.2" in await client.until(b"500 ")
        with pytest.raises(ConnectionError):
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    client.writer.write(octets if limit == "LINGER_OCTETS" else b"A")
                    await client.writer.drain()
                    await asyncio.sleep(0.01)

    attack(tmp_path, story)
