"""What the wire is told to do for a peer."""

import asyncio
import socket

import pytest

from pyeonji.net.listener import Listener, open_tcp
from pyeonji.net.stream import QUICK_ACK


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
