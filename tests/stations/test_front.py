"""At the door of port 25: who speaks too early, who speaks for others, and who only says so."""

import asyncio
import ssl

import pytest

from kit.inprocess import HOST, Raw, attack
from kit.patience import PATIENCE_S
from pyeonji.directory.settings import GuardSettings
from pyeonji.filters.front import Front, FrontSettings
from pyeonji.journey.event import Closed, Connected, Decided, Refused, unpack
from pyeonji.net.clock import PushedClock
from pyeonji.net.listener import Listener, open_tcp
from pyeonji.store.settings import NEVER
from pyeonji.web.server import serve_app

START_US = 1_790_000_000_000_000
LOOPBACK = ("127.0.0.0/8",)
STRANGER = b"PROXY TCP4 192.0.2.1 198.51.100.7 56324 25\r\n"
FRIEND = b"PROXY TCP4 10.1.2.3 198.51.100.7 56324 25\r\n"
BEHIND = FrontSettings(proxies=LOOPBACK, xclient=("10.0.0.0/8",))
ENVELOPE = b"MAIL FROM:<a@b.test>\r\nRCPT TO:<kim@here.test>\r\n"


def events_of(stations, *kinds):
    rows = stations.home.engine.read_now(lambda tx: tx.all("SELECT events FROM journey ORDER BY id", {}))
    return [event for (packed,) in rows for event in unpack(packed) if isinstance(event, kinds)]


async def ended(stations):
    for listener in stations.listeners:
        await listener.stop(0.5)


async def behind(stations, service, *pieces):
    """A client whose first octets are these."""
    client = await stations.client(service, greeted=False)
    await client.send(*pieces)
    return client


# ── PROXY ──


@pytest.mark.parametrize(
    ("service", "greeting", "bye"),
    [
        ("smtp", b"220 ", b"QUIT\r\n"),
        ("submission", b"220 ", b"QUIT\r\n"),
        ("lmtp", b"220 ", b"QUIT\r\n"),
        ("imap", b"* OK", b"a LOGOUT\r\n"),
        ("pop3", b"+OK", b"QUIT\r\n"),
    ],
)
def test_behind_a_load_balancer_the_peer_is_who_it_says(tmp_path, service, greeting, bye):
    async def story(stations):
        for pieces in ([FRIEND], [FRIEND[:9], FRIEND[9:]]):
            client = await behind(stations, service, *pieces)
            assert (await client.until(b"\r\n")).startswith(greeting)
            await client.last(bye)
        silent = await behind(stations, service, FRIEND[:20])
        silent.writer.write_eof()
        assert await silent.is_closed()
        for octets in (b"EHLO x\r\n", b"PROXY TCP4 nonsense\r\n", b"\x16\x03\x01" + bytes(40)):
            assert await (await behind(stations, service, octets)).last() == b""  # and nothing is said to it
        await ended(stations)
        assert {event.peer for event in events_of(stations, Connected)} == {"10.1.2.3:56324"}
        told = events_of(stations, Decided)
        assert {(event.rule, event.outcome) for event in told} == {("introduced", "10.1.2.3:56324")}
        assert all(event.value.startswith("127.0.0.1:") for event in told)

    attack(tmp_path, story, front=BEHIND)


@pytest.mark.parametrize("service", ["smtp", "submission", "lmtp", "imap", "pop3"])
def test_nobody_else_is_believed(tmp_path, service):
    """S13: the same octets from somebody who is no load balancer are a mistake, and the peer stays who it is."""

    async def story(stations):
        await (await behind(stations, service, STRANGER)).last(b"QUIT\r\n", b"a LOGOUT\r\n")
        await ended(stations)
        (connected,) = events_of(stations, Connected)
        assert connected.peer.startswith("127.0.0.1:")
        assert not events_of(stations, Decided)

    attack(tmp_path, story, front=FrontSettings(proxies=("192.0.2.0/24",)))


def test_the_header_comes_before_tls(tmp_path):
    async def story(stations):
        heard = []

        async def serve(stream):
            heard.append((stream.peer, stream.encrypted, await stream.read()))

        sock = open_tcp(HOST, 0)
        listener = Listener(sock, serve, stations.tls, introduces=stations.front.is_proxy)
        await listener.start()
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        reader, writer = await asyncio.open_connection(HOST, sock.getsockname()[1])
        writer.write(STRANGER)
        await writer.start_tls(context)
        writer.write(b"hello")
        assert await reader.read() == b""
        bare = Raw(*await asyncio.open_connection(HOST, sock.getsockname()[1], ssl=None))
        with pytest.raises(OSError):
            await bare.writer.start_tls(context)
        writer.close()
        await listener.stop(0.5)
        assert heard == [("192.0.2.1:56324", True, b"hello")]

    attack(tmp_path, story, front=BEHIND)


def test_pages_know_who_asks(tmp_path):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["client"][0].encode()})

    async def story(stations):
        request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        for introduces, octets, said in (
            (stations.front.is_proxy, STRANGER + request, b"192.0.2.1"),
            (stations.front.is_proxy, request, b""),
            (lambda ip: False, request, b"127.0.0.1"),
            (lambda ip: False, STRANGER + request, b"HTTP/1.1 400"),
        ):
            sock = open_tcp(HOST, 0)
            stop = await serve_app(sock, app, introduces)
            client = Raw(*await asyncio.open_connection(HOST, sock.getsockname()[1]))
            found = await client.last(octets[:7], octets[7:])
            assert said in found and bool(said) is bool(found), found
            await stop()

    attack(tmp_path, story, front=BEHIND)


# ── XCLIENT ──


def test_a_server_in_front_says_for_whom_it_speaks(tmp_path):
    async def story(stations):
        client = await behind(stations, "smtp", FRIEND)
        await client.until(b"\r\n")
        await client.send(b"EHLO proxy.test\r\n")
        assert b"XCLIENT NAME ADDR PORT" in await client.until(b"250 ")
        await client.send(b"XCLIENT NAME=[UNAVAILABLE] ADDR=192.0.2.77 PORT=99\r\n")
        assert (await client.until(b"\r\n")).startswith(b"220 ")
        await client.send(b"MAIL FROM:<a@b.test>\r\n")
        assert (await client.until(b"\r\n")).startswith(b"503 5.5.1 Say hello")  # nothing is left of what was said
        await client.send(b"EHLO b.test\r\n")
        await client.until(b"250 ")
        await client.send(ENVELOPE + b"BDAT 14 LAST\r\nSubject: x\r\n\r\n")
        assert b"queued as" in await client.until(b"queued as")
        await client.last(b"QUIT\r\n")
        await ended(stations)
        assert b"Received: from b.test ([192.0.2.77])" in stations.letters()[0]
        assert [event.peer for event in events_of(stations, Connected)] == ["10.1.2.3:56324", "192.0.2.77:99"]
        assert [event.because for event in events_of(stations, Closed)] == ["speaks for somebody else", ""]

    attack(tmp_path, story, front=FrontSettings(proxies=LOOPBACK, xclient=("10.0.0.0/8",), greet_pause=NEVER))


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (b"XCLIENT ADDR=[UNAVAILABLE]\r\n", b"501 5.5.4"),
        (b"XCLIENT ADDR=127.0.0.1 LOGIN=kim@here.test\r\n", b"501 5.5.4"),
        (ENVELOPE + b"XCLIENT ADDR=192.0.2.1\r\n", b"503 5.5.1 Not during"),
        (b"XCLIENT ADDR=192.0.2.1\r\nMAIL FROM:<a@b.test>\r\n", b"554 5.5.0 You did not wait"),
    ],
)
def test_what_is_wrong_with_xclient_is_said(tmp_path, said, answer):
    async def story(stations):
        client = await stations.client("smtp", hello=True)
        assert answer in await client.last(said)

    attack(tmp_path, story, front=FrontSettings(xclient=LOOPBACK))


@pytest.mark.parametrize(("listed", "answer"), [((), b"502 5.5.1"), (LOOPBACK, b"220 ")])
def test_whoever_is_not_listed_speaks_for_nobody(tmp_path, listed, answer):
    """S13, S28; the second row is the negative control."""

    async def story(stations):
        client = await stations.client("smtp", hello=True)
        await client.send(b"XCLIENT ADDR=10.0.0.1\r\n")
        assert (await client.until(b"\r\n")).startswith(answer)

    attack(tmp_path, story, front=FrontSettings(xclient=listed))


def test_who_was_spoken_for_is_counted_as_himself(tmp_path):
    """A server in front holds many connections; each of its clients has a limit of its own."""

    async def story(stations):
        async def as_client(ip):
            client = await stations.client("smtp", hello=True)
            await client.send(b"XCLIENT ADDR=%b\r\n" % ip)
            return await client.until(b"\r\n")

        assert [(await as_client(b"192.0.2.1"))[:3] for _ in range(3)] == [b"220", b"220", b"421"]
        assert (await as_client(b"192.0.2.2"))[:3] == b"220"

    attack(
        tmp_path, story, guard=GuardSettings(connections=2), front=FrontSettings(xclient=LOOPBACK, greet_pause=NEVER)
    )


# ── who does not wait ──


class Watched(PushedClock):
    """A clock that tells when somebody begins to sleep."""

    def __init__(self):
        super().__init__(START_US)
        self.asleep = asyncio.Event()

    async def sleep(self, seconds):
        self.asleep.set()
        await super().sleep(seconds)


@pytest.mark.parametrize(
    ("settings", "early", "answer"),
    [
        (BEHIND, True, b"554 5.5.0 You spoke"),
        (BEHIND, False, b"220 "),
        (FrontSettings(proxies=LOOPBACK, greet_pause=NEVER), True, b"214 "),  # negative control
        (FrontSettings(proxies=LOOPBACK, exempt=("192.0.2.0/24",)), True, b"214 "),
    ],
)
def test_a_stranger_waits_for_the_greeting(tmp_path, settings, early, answer):
    """S11.  The words come after the connection, so only the pause finds them."""
    clock = Watched()

    async def story(stations):
        client = await behind(stations, "smtp", STRANGER)
        if settings is BEHIND:
            async with asyncio.timeout(PATIENCE_S):
                await clock.asleep.wait()
        else:
            await client.until(b"220 ")
        if early:
            await client.send(b"HELP\r\n")
            for _ in range(5):  # until the loop has read it
                await asyncio.sleep(0)
        clock.push(1)
        if early or settings is BEHIND:
            assert (await client.until(b"\r\n")).startswith(answer)

    attack(tmp_path, story, front=settings, clock=clock)


def test_who_has_waited_does_not_wait_again_for_a_day():
    async def story():
        clock = PushedClock(START_US)
        front = Front(FrontSettings(), clock, None)
        waiting = asyncio.create_task(front.pause("192.0.2.1"))
        await asyncio.sleep(0)
        assert not waiting.done()
        clock.push(0.3)
        await waiting
        front.has_waited("192.0.2.1")
        await front.pause("192.0.2.1")
        await front.pause("10.0.0.1")
        clock.push(86_401)
        again = asyncio.create_task(front.pause("192.0.2.1"))
        await asyncio.sleep(0)
        assert not again.done()
        clock.push(0.3)
        await again

    asyncio.run(story())


def test_what_is_remembered_of_them_has_an_end(monkeypatch):
    monkeypatch.setattr("pyeonji.filters.front.MAX_KNOWN", 100)
    front = Front(FrontSettings(), PushedClock(START_US), None)
    for number in range(1_000):
        front.has_waited(f"192.0.{number >> 8}.{number & 255}")
    assert len(front._known) == 100


HASTY = {
    "behind EHLO": b"EHLO x\r\nMAIL FROM:<a@b.test>\r\n",
    "behind HELO": b"HELO x\r\nNOOP\r\n",
    "before any hello": b"NOOP\r\nEHLO x\r\n",
}


@pytest.mark.parametrize(("rule", "answer"), [("refuse", b"554 5.5.0 You did not wait"), ("allow", b"250 ")])
@pytest.mark.parametrize("said", HASTY)
def test_a_stranger_who_does_not_wait_for_the_answer_is_refused(tmp_path, said, rule, answer):
    """S11; the second rule is the negative control."""

    async def story(stations):
        client = await behind(stations, "smtp", STRANGER)
        await client.until(b"220 ")
        found = await client.last(HASTY[said])
        assert answer in found
        await ended(stations)
        refused = events_of(stations, Refused)
        assert [event.because for event in refused] == (["protocol"] if rule == "refuse" else [])

    attack(tmp_path, story, front=FrontSettings(proxies=LOOPBACK, greet_pause=NEVER, early_pipelining=rule))


def test_what_may_be_pipelined_still_is(tmp_path):
    async def story(stations):
        client = await behind(stations, "smtp", STRANGER)
        await client.until(b"220 ")
        await client.send(b"EHLO x\r\n")
        await client.until(b"250 ")
        said = await client.last(ENVELOPE + b"BDAT 14 LAST\r\nSubject: x\r\n\r\nQUIT\r\n")
        assert b"queued as" in said

    attack(tmp_path, story, front=FrontSettings(proxies=LOOPBACK, greet_pause=NEVER))
