"""An idle connection is cheap, and stays so: octets that Python holds for each.  `bench/idle.py` measures the whole."""

import asyncio
import gc
import socket
import tracemalloc

import pytest

from kit.inprocess import HOST, LOGGED_IN, LOGINS, Stations
from kit.patience import PATIENCE_S
from pyeonji.directory.settings import GuardSettings

MANY = 50  # connections
# A tenth more than with Python 3.13, whose objects are larger than those of 3.11 and 3.12.
BUDGET = {"smtp": 7_600, "imap": 7_100, "pop3": 6_800, "imap in IDLE": 9_300}
IN_IDLE = [(LOGINS["imap"], LOGGED_IN["imap"]), (b"a SELECT INBOX\r\n", b"a OK"), (b"b IDLE\r\n", b"+ ")]


@pytest.mark.parametrize("state", BUDGET)
def test_an_idle_connection_holds_little(tmp_path, state):
    held = asyncio.run(asyncio.wait_for(octets_held(tmp_path, state), PATIENCE_S))
    assert 1_000 < held <= BUDGET[state]


async def octets_held(tmp_path, state):
    service, _, idles = state.partition(" in ")
    async with Stations(tmp_path, guard=GuardSettings(connections=1_000)).open() as stations:
        clients = [await client(stations, service, IN_IDLE if idles else []) for _ in range(5)]
        tracemalloc.start()
        try:
            before = octets_of_all()
            clients += [await client(stations, service, IN_IDLE if idles else []) for _ in range(MANY)]
            return (octets_of_all() - before) / MANY
        finally:
            tracemalloc.stop()
            for sock in clients:
                sock.close()


async def client(stations, service, talk):
    """Greeted, and behind this talk."""
    loop, sock = asyncio.get_running_loop(), socket.socket()
    sock.setblocking(False)
    await loop.sock_connect(sock, (HOST, stations.ports[service]))
    await loop.sock_recv(sock, 4_096)
    for said, awaited in talk:
        await loop.sock_sendall(sock, said)
        heard = b""
        while awaited not in heard:
            heard += await loop.sock_recv(sock, 4_096)
    return sock


def octets_of_all():
    """But for what the clients hold."""
    gc.collect()
    others = tracemalloc.Filter(False, __file__)
    return sum(each.size for each in tracemalloc.take_snapshot().filter_traces([others]).traces)
