"""What the wire is told to do for a peer."""

import asyncio
import socket
import time

import pytest

from kit.patience import PATIENCE_S
from pyeonji.net import stream as net_stream
from pyeonji.net.listener import Listener, open_tcp
from pyeonji.net.stream import QUICK_ACK, STOPS


@pytest.mark.skipif(QUICK_ACK is None, reason="this system has no such choice")
@pytest.mark.parametrize("asked", [True, False], ids=["asked for", "without asking it would come late"])
def test_what_comes_behind_a_go_ahead_is_acknowledged_at_once(asked):
    states = []

    async def serve(stream):
        for _ in range(8):  # a dialogue: the kernel has learned to send its acknowledgements along with our answers
            await stream.read()
            await stream.write(b"+ go ahead\r\n")
        if asked:
            stream.acknowledge_soon()
        states.append(stream.extra("socket").getsockopt(socket.IPPROTO_TCP, QUICK_ACK))

    async def story():
        sock = open_tcp("127.0.0.1", 0)
        port = sock.getsockname()[1]
        listener = Listener(sock, serve)
        await listener.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(8):
            writer.write(b"x\r\n")
            await reader.readline()
        await reader.read()
        writer.close()
        await listener.stop(1)

    asyncio.run(story())
    assert states == [1 if asked else 0]


MUCH = 32 << 20  # octets: more than the kernel keeps for a peer that reads nothing
GRACE_S = 8.0


async def stop_beside_a_peer_that_reads_nothing(grace_s):
    """How long it took, and how the writer learned of it."""
    ends, writes = [], asyncio.Event()

    async def serve(stream):
        writes.set()
        try:
            await stream.write(bytes(MUCH))
        except (ConnectionError, asyncio.CancelledError) as error:
            ends.append(repr(error))
            raise

    sock = open_tcp("127.0.0.1", 0)
    listener = Listener(sock, serve)
    await listener.start()
    with socket.socket() as peer:
        peer.setblocking(False)
        await asyncio.get_running_loop().sock_connect(peer, sock.getsockname())
        await writes.wait()
        began = time.monotonic()
        await listener.stop(grace_s)
        return time.monotonic() - began, ends


def test_a_peer_that_reads_nothing_holds_no_stop(monkeypatch):
    monkeypatch.setattr(net_stream, "SILENT_S", 0.1)
    took, ends = asyncio.run(stop_beside_a_peer_that_reads_nothing(PATIENCE_S))
    assert took < GRACE_S
    assert ends == [f"ServerStops({STOPS!r})"]


def test_without_an_end_of_silence_it_would_hold_it_for_the_whole_grace(monkeypatch):
    monkeypatch.setattr(net_stream, "SILENT_S", PATIENCE_S)
    took, _ = asyncio.run(stop_beside_a_peer_that_reads_nothing(0.5))
    assert took >= 0.5
