"""Who gets the connections that wait at a port."""

import asyncio
import errno
import socket

import pytest

from kit.patience import PATIENCE_S
from pyeonji.net import listener as net_listener
from pyeonji.net.listener import AT_ONCE, Listener, open_tcp
from pyeonji.web.server import serve_app

HOST = "127.0.0.1"


def burst(port, n):
    """So many at once: the kernel takes them before anybody accepts."""
    return [socket.create_connection((HOST, port)) for _ in range(n)]


class Served:
    """Whom each worker has served."""

    def __init__(self, workers=1):
        self.by = [0] * workers
        self._one_more = asyncio.Event()

    def worker(self, number, sock):
        async def serve(stream):
            self.by[number] += 1
            self._one_more.set()

        return Listener(sock, serve)

    async def all(self, n):
        async with asyncio.timeout(PATIENCE_S):
            while sum(self.by) < n:
                self._one_more.clear()
                await self._one_more.wait()


@pytest.mark.parametrize(
    ("at_once", "shares"), [(AT_ONCE, [AT_ONCE, AT_ONCE]), (1_000, [2 * AT_ONCE, 0])], ids=["as it is", "greedy"]
)
def test_connections_that_come_together_are_for_all_workers(at_once, shares, monkeypatch):
    monkeypatch.setattr(net_listener, "AT_ONCE", at_once)
    monkeypatch.setattr(net_listener, "APART_S", 60.0)  # nobody looks again meanwhile
    served = Served(2)

    async def story():
        first = open_tcp(HOST, 0)
        second = first.dup()  # as a forked worker has it
        second.setblocking(False)
        workers = [served.worker(number, sock) for number, sock in enumerate((first, second))]
        clients = burst(first.getsockname()[1], 2 * AT_ONCE)
        for worker in workers:
            await worker.start()
        await served.all(len(clients))
        for worker in workers:
            await worker.stop(1)
        for client in clients:
            client.close()

    asyncio.run(story())
    assert served.by == shares


class Failing(socket.socket):
    """A listening socket whose first connections are not to be had."""

    def __init__(self, sock, errors):
        super().__init__(sock.family, sock.type, sock.proto, sock.detach())
        self.errors = errors

    def accept(self):
        if self.errors:
            error = self.errors.pop(0)
            raise OSError(error, "no")
        return super().accept()


@pytest.mark.parametrize(
    "errors", [[errno.EMFILE], [errno.ENFILE, errno.ENOMEM], [errno.ECONNABORTED], [errno.EPROTO] * AT_ONCE]
)
def test_who_cannot_be_accepted_now_is_accepted_when_there_is_room(errors, monkeypatch):
    monkeypatch.setattr(net_listener, "FULL_S", 0.001)
    served = Served()

    async def story():
        sock = Failing(open_tcp(HOST, 0), errors)
        sock.setblocking(False)
        worker = served.worker(0, sock)
        clients = burst(sock.getsockname()[1], AT_ONCE + 1)
        await worker.start()
        await served.all(len(clients))
        await worker.stop(1)
        for client in clients:
            client.close()

    asyncio.run(story())
    assert served.by == [AT_ONCE + 1]
    assert not errors


def test_a_listener_that_has_stopped_accepts_nobody_and_may_be_stopped_again():
    async def story():
        sock = open_tcp(HOST, 0)
        port = sock.getsockname()[1]
        worker = Listener(sock, lambda stream: stream.read())
        await worker.start()
        await worker.stop(1)
        await worker.stop(1)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((HOST, port))

    asyncio.run(story())


def test_pages_at_a_port_that_is_gone_say_so_instead_of_waiting_for_ever():
    async def app(scope, receive, send):
        raise AssertionError("nobody can come")

    async def story():
        sock = open_tcp(HOST, 0)
        sock.close()
        async with asyncio.timeout(PATIENCE_S):
            await serve_app(sock, app)

    with pytest.raises((OSError, ValueError)):
        asyncio.run(story())
