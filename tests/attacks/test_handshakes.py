"""S24: who begins TLS again and again gets no more of our signatures, and one who never goes on is let go."""

import asyncio
import contextlib
import shutil
import ssl
import subprocess
import threading

import pytest

from kit.inprocess import GO, HOST, STARTTLS, attack
from pyeonji.directory.guard import WINDOW_US, Guard
from pyeonji.directory.settings import GuardSettings
from pyeonji.intake.service import MX
from pyeonji.intake.smtpd import serve
from pyeonji.net import stream as net_stream
from pyeonji.net.clock import PushedClock
from pyeonji.net.listener import Listener, open_tcp

FLOOD, LIMIT = 12, 5
LIMITED = GuardSettings(exempt=(), handshakes=LIMIT)
NOT_NOW = {
    "smtp": b"454 4.7.0 TLS not available", "submission": b"454 4.7.0 TLS not available",
    "imap": b"s NO [UNAVAILABLE] too many TLS handshakes", "pop3": b"-ERR [SYS/TEMP] too many TLS handshakes",
}  # fmt: skip


async def encrypted(stations, service):
    """Does one more connection get its TLS?"""
    client = await stations.client(service, hello=service in ("smtp", "submission"))
    await client.send(STARTTLS[service])
    said = await client.until(b"\r\n")
    if said.startswith(GO[service]):
        await client.start_tls()
        return True
    assert said.startswith(NOT_NOW[service]), said
    assert b"QUIT" not in await client.say(b"x NOOP\r\n")  # in clear it goes on
    return False


@pytest.mark.parametrize("service", STARTTLS)
def test_only_so_many_handshakes_of_one_address_are_made_in_a_minute(tmp_path, service):
    clock = PushedClock()

    async def story(stations):
        assert sum([await encrypted(stations, service) for _ in range(FLOOD)]) == LIMIT
        other = next(name for name in STARTTLS if name != service)
        assert not await encrypted(stations, other)  # all ports count together
        clock.push(WINDOW_US / 1e6)
        assert await encrypted(stations, service)

    attack(tmp_path, story, guard=LIMITED, clock=clock)


@pytest.mark.parametrize("service", STARTTLS)
def test_without_the_limit_each_would_be_made(tmp_path, service, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(Guard, "may_start_tls", lambda self, peer: True)

    async def story(stations):
        assert sum([await encrypted(stations, service) for _ in range(FLOOD)]) == FLOOD

    attack(tmp_path, story, guard=LIMITED)


def test_a_trusted_network_is_not_limited(tmp_path):
    async def story(stations):
        assert sum([await encrypted(stations, "smtp") for _ in range(FLOOD)]) == FLOOD

    attack(tmp_path, story, guard=LIMITED, trusted=("127.0.0.0/8",))


@contextlib.asynccontextmanager
async def implicit(stations, **facts):
    """A port where TLS comes first."""
    sock = open_tcp(HOST, 0)
    listener = Listener(sock, lambda stream: serve(stream, MX, stations.intake), stations.tls, **facts)
    await listener.start()
    try:
        yield sock.getsockname()[1]
    finally:
        await listener.stop(0.5)


def trusting():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def greeted(port):
    try:
        reader, writer = await asyncio.open_connection(HOST, port, ssl=trusting())
    except OSError:
        return False
    said = await reader.readline()
    writer.transport.abort()
    return said.startswith(b"220")


@pytest.mark.parametrize("limited", [True, False])
def test_where_tls_comes_first_the_same_limit_holds(tmp_path, limited):
    """The second row is the negative control."""

    async def story(stations):
        facts = {"may_start_tls": stations.guard.may_start_tls} if limited else {}
        async with implicit(stations, **facts) as port:
            assert sum([await greeted(port) for _ in range(FLOOD)]) == (LIMIT if limited else FLOOD)

    attack(tmp_path, story, guard=LIMITED)


@pytest.mark.parametrize(("limit_s", "let_go"), [(0.2, True), (1_000.0, False)])
def test_a_hello_that_never_ends_is_not_waited_for(tmp_path, limit_s, let_go, monkeypatch):
    """A hundred half-open handshakes; the second row is the negative control."""
    monkeypatch.setattr(net_stream, "HANDSHAKE_S", limit_s)

    async def story(stations):
        async with implicit(stations) as port:
            halves = [await asyncio.open_connection(HOST, port) for _ in range(100)]
            for _, writer in halves:
                writer.write(b"\x16\x03\x01\x02\x00\x01")  # the first octets of a ClientHello
            reads = [asyncio.ensure_future(reader.read()) for reader, _ in halves]
            done, waiting = await asyncio.wait(reads, timeout=30 if let_go else 0.6)
            for _, writer in halves:
                writer.transport.abort()
            await asyncio.gather(*waiting, return_exceptions=True)
            assert len(done) == (len(halves) if let_go else 0)

    attack(tmp_path, story)


def hellos(port):
    """How many ServerHello a client of TLS 1.2 gets that asks to negotiate anew."""
    command = ["openssl", "s_client", "-connect", f"{HOST}:{port}", "-tls1_2", "-msg"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as client:  # fmt: skip
        seen, patience = 0, threading.Timer(20, client.kill)
        patience.start()
        for line in client.stdout:
            if b"ServerHello\n" in line:
                seen += 1
            if seen == 2:
                client.kill()
            elif line.startswith(b"220 "):
                client.stdin.write(b"R\n")
                client.stdin.flush()
            elif b"no_renegotiation" in line:
                client.kill()
        patience.cancel()
    return seen


@pytest.mark.skipif(shutil.which("openssl") is None, reason="only openssl s_client can ask for a renegotiation")
@pytest.mark.parametrize("allowed", [False, True])
def test_nobody_negotiates_anew(tmp_path, allowed):
    """CVE-2011-1473; the second row is the negative control."""

    async def story(stations):
        if allowed:
            stations.tls.options &= ~ssl.OP_NO_RENEGOTIATION
            stations.tls.options |= 1 << 8  # SSL_OP_ALLOW_CLIENT_RENEGOTIATION
        async with implicit(stations) as port:
            assert await asyncio.to_thread(hellos, port) == (2 if allowed else 1)

    attack(tmp_path, story)


def test_what_is_counted_has_an_end(monkeypatch):
    monkeypatch.setattr("pyeonji.directory.guard.MAX_ADDRESSES", 100)
    clock = PushedClock(1_790_000_000_000_000)
    guard = Guard(LIMITED, clock)
    for number in range(1_000):
        assert guard.may_start_tls(f"10.0.{number >> 8}.{number & 255}")
    assert len(guard._handshakes) == 100
    for _ in range(LIMIT):
        guard.may_start_tls("2001:db8::1")
    assert not guard.may_start_tls("2001:db8::2")  # one /64
    clock.push(-86_400)  # a clock that is set back bars nobody
    assert guard.may_start_tls("2001:db8::1")
