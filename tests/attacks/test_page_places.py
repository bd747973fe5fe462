"""S27 over HTTP: nobody takes all the places of the pages and of the API."""

import asyncio
import contextlib
import ssl
from dataclasses import replace

import pytest

from pyeonji.config.load import default
from pyeonji.config.model import Listen
from pyeonji.daemon.assemble import Node
from pyeonji.directory.settings import GuardSettings
from pyeonji.filters.front import FrontSettings
from pyeonji.web.introduced import TOO_MANY

HOST = "127.0.0.1"
PLACES = 3
REQUEST = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
TURNED_AWAY = b"HTTP/1.1 429 Too Many Requests"
QUIET_S = 15.0  # seconds; only a broken server needs them


@contextlib.asynccontextmanager
async def server(folder, *, places=PLACES, proxies=(), exempt=()):
    """A server with pages; yields a way to open connections, with what is said first on them."""
    settings = replace(
        default(folder / "data"), listeners=(Listen("http", HOST, 0), Listen("https", HOST, 0)),
        guard=GuardSettings(http_connections=places, exempt=exempt), front=FrontSettings(proxies=proxies),
    )  # fmt: skip
    node = Node(settings)
    await node.start(local=False)
    ports = {listener["service"]: listener["port"] for listener in node.listeners}
    tls = ssl.create_default_context()
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    writers = []

    async def connect(service="http", first=b""):
        reader, writer = await asyncio.open_connection(HOST, ports[service])
        writers.append(writer)
        writer.write(first)
        if service == "https":
            await writer.start_tls(tls)
        return reader, writer

    try:
        yield connect
    finally:
        for writer in writers:
            writer.transport.abort()
        await node.stop(0)


async def answer(reader, writer, request=REQUEST):
    """The status line that is heard, whether we were asked for it or not."""
    with contextlib.suppress(ConnectionError):
        writer.write(request)
        return (await asyncio.wait_for(reader.readline(), QUIET_S)).strip()


def run(story):
    asyncio.run(asyncio.wait_for(story, 60))


@pytest.mark.parametrize(("places", "answered"), [(PLACES, PLACES), (1_000, 6)])
@pytest.mark.parametrize("service", ["http", "https"])
def test_one_address_holds_so_many_connections_to_pages(tmp_path, service, places, answered):
    """The rows without a limit that counts are the negative controls."""

    async def story():
        async with server(tmp_path, places=places) as connect:
            said = [await answer(*await connect(service), b"" if number >= places else REQUEST) for number in range(6)]
            assert said == [b"HTTP/1.1 200 OK"] * answered + [TURNED_AWAY] * (6 - answered)

    run(story())


def test_who_says_nothing_takes_a_place_and_gives_it_back(tmp_path):
    async def story():
        async with server(tmp_path) as connect:
            silent = [await connect(service) for service in ("http", "https", "http")]
            assert await answer(*await connect("https")) == TURNED_AWAY  # after each handshake: it has been counted
            reader, _ = await connect("http")
            told = (await asyncio.wait_for(reader.read(), QUIET_S)).decode()
            assert TOO_MANY in told and "연결" in told and "guard.http_connections" in told
            silent[0][1].close()
            async with asyncio.timeout(QUIET_S):  # free when the server has heard of it
                while await answer(*await connect("http")) == TURNED_AWAY:
                    pass

    run(story())


def test_behind_a_load_balancer_the_client_is_counted_not_the_balancer(tmp_path):
    async def story():
        async with server(tmp_path, proxies=(f"{HOST}/32",)) as connect:
            for number in range(2 * PLACES):
                proxied = f"PROXY TCP4 192.0.2.{number} 192.0.2.99 5000 80\r\n".encode()
                assert await answer(*await connect(("http", "https")[number % 2], proxied)) == b"HTTP/1.1 200 OK"
            greedy = b"PROXY TCP4 192.0.2.0 192.0.2.99 5001 80\r\n"
            for number in range(PLACES - 1):
                assert await answer(*await connect(("http", "https")[number % 2], greedy)) == b"HTTP/1.1 200 OK"
            for service in ("http", "https"):
                assert await answer(*await connect(service, greedy), b"") == TURNED_AWAY

    run(story())


def test_this_machine_is_exempt_unless_it_is_said_otherwise(tmp_path):
    async def story():
        async with server(tmp_path, exempt=GuardSettings().exempt) as connect:
            for _ in range(2 * PLACES):
                assert await answer(*await connect()) == b"HTTP/1.1 200 OK"

    run(story())
