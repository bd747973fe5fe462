"""Attacks on the HTTP port: two requests made of one, names that are not ours, heads without end, slow speakers."""

import asyncio
import contextlib
import secrets

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.served import KEY, OneKey, roomy_site
from pyeonji.net.listener import open_tcp
from pyeonji.web import patient, server
from pyeonji.web.api.app import api_app
from pyeonji.web.patient import MAX_HEAD, Patient
from pyeonji.web.security import HERE
from pyeonji.web.server import serve_app

POST = b"POST /api/v1/explain HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
GET = b"GET /api/v1/catalogue.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
HIDDEN = b"DELETE /api/v1/messages/K7M32QXD9TAB HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\n\r\n"
QUIET_S = 15.0  # seconds; only a broken server needs them


@contextlib.asynccontextmanager
async def port_of(tmp_path, **facts):
    site = roomy_site(tmp_path / secrets.token_hex(4))
    sock = open_tcp("127.0.0.1", 0)
    asked = []
    app = api_app({"": site}, **{"keys": OneKey()} | facts)

    async def noted(scope, receive, send):
        asked.append((scope["method"], scope["path"]))
        await app(scope, receive, send)

    stop = await serve_app(sock, noted)
    try:
        yield sock.getsockname()[1], asked
    finally:
        await stop()
        site.home.close()


async def said(port, *pieces, close=True):
    """All that is answered to these octets until the server hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
    if close:
        writer.write_eof()
    answer = b""
    with contextlib.suppress(ConnectionError):
        answer = await asyncio.wait_for(reader.read(), QUIET_S)
    writer.close()
    return answer


def asking(tmp_path, *pieces, close=True, **facts):
    async def story():
        async with port_of(tmp_path, **facts) as (port, asked):
            return await said(port, *pieces, close=close), asked

    return asyncio.run(story())


SMUGGLED = {
    "length and chunks": POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunks and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + HIDDEN,
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "a length of two": POST + b"Content-Length: 0, %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "a signed length": POST + b"Content-Length: +0\r\n\r\n" + HIDDEN,
    "a length in hexadecimal": POST + b"Content-Length: 0x0\r\n\r\n" + HIDDEN,
    "a space before the colon": POST + b"Content-Length : 0\r\n\r\n" + HIDDEN,
    "a folded length": POST + b"X: y\r\n Content-Length: 0\r\nTransfer-Encoding:\r\n chunked\r\n\r\n" + HIDDEN,
    "bare LF in the head": POST + b"X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "bare CR in the head": POST + b"X: y\rContent-Length: 0\r\n\r\n" + HIDDEN,
    "NUL in the head": POST + b"X: \x00y\r\nContent-Length: 0\r\n\r\n" + HIDDEN,
    "an odd coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a coding in another case behind another": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a chunk size with junk": POST + b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n" + HIDDEN,
    "a chunk size that overflows": POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 17 + b"\r\n" + HIDDEN,
}


@pytest.mark.parametrize("octets", SMUGGLED.values(), ids=SMUGGLED)
def test_no_request_holds_another_one(tmp_path, octets):
    answer, asked = asking(tmp_path, octets)
    assert ("DELETE", "/api/v1/messages/K7M32QXD9TAB") not in asked
    assert answer.count(b"HTTP/1.1 2") == 0


def test_the_second_request_is_seen_where_it_is_one(tmp_path):
    """The control: in the open the same octets are a request."""
    _, asked = asking(tmp_path, POST + b"Content-Length: 0\r\n\r\n" + HIDDEN)
    assert asked == [("POST", "/api/v1/explain"), ("DELETE", "/api/v1/messages/K7M32QXD9TAB")]


class Lenient(Patient):
    """As llhttp reads when it is told to believe everything."""

    def __init__(self, **facts):
        super().__init__(**facts)
        self.parser.set_dangerous_leniencies(lenient_headers=True, lenient_chunked_length=True)


def test_the_parser_is_what_refuses_a_length_beside_chunks(tmp_path, monkeypatch):
    """Negative control: the hidden request is answered."""
    monkeypatch.setattr(server, "Patient", Lenient)
    _, asked = asking(tmp_path, SMUGGLED["length and chunks"])
    assert asked == [("POST", "/api/v1/explain"), ("DELETE", "/api/v1/messages/K7M32QXD9TAB")]


TARGET = b"/api/v1/catalogue.json"
AMBIGUOUS = {
    "two hosts": (b"GET %b HTTP/1.1\r\nHost: localhost\r\nHost: evil.test\r\n\r\n", b"two Host fields"),
    "the same host twice": (b"GET %b HTTP/1.1\r\nHost: localhost\r\nHOST: localhost\r\n\r\n", b"two Host fields"),
    "two keys": (
        b"GET %b HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\nauthorization: Bearer y\r\n\r\n",
        b"two Authorization fields",
    ),
    "two names of one letter": (
        b"GET %b HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: x\r\nIdempotency-Key: y\r\n\r\n",
        b"two Idempotency-Key fields",
    ),
    "two origins": (b"GET %b HTTP/1.1\r\nHost: localhost\r\nOrigin: x\r\nOrigin: y\r\n\r\n", b"two Origin fields"),
    "no host": (b"GET %b HTTP/1.1\r\nX-Host: localhost\r\n\r\n", b"no Host field"),
    "two hosts in one field": (b"GET %b HTTP/1.1\r\nHost: localhost, evil.test\r\n\r\n", b"names no host"),
    "a host with a path": (b"GET %b HTTP/1.1\r\nHost: evil.test/x\r\n\r\n", b"names no host"),
    "a host with a user": (b"GET %b HTTP/1.1\r\nHost: localhost@evil.test\r\n\r\n", b"names no host"),
    "a target elsewhere": (b"GET http://evil.test%b HTTP/1.1\r\nHost: localhost\r\n\r\n", b"another host"),
    "a target at another port": (b"GET http://localhost:81%b HTTP/1.1\r\nHost: localhost\r\n\r\n", b"another host"),
    "chunks in HTTP/1.0": (b"GET %b HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"Transfer-Encoding"),
}


@pytest.mark.parametrize(("octets", "why"), AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_a_head_that_can_be_read_in_two_ways_is_refused(tmp_path, octets, why):
    answer, asked = asking(tmp_path, octets % TARGET + GET)
    assert (answer.startswith(b"HTTP/1.1 400"), why in answer, asked) == (True, True, []), answer
    assert answer.count(b"HTTP/1.1 ") == 1  # and nothing behind it is read


def test_without_the_look_at_heads_two_hosts_are_served(tmp_path, monkeypatch):
    monkeypatch.setattr(patient, "ambiguous", lambda *facts: "")
    answer, asked = asking(tmp_path, AMBIGUOUS["two hosts"][0] % TARGET)
    assert (answer[:12], asked) == (b"HTTP/1.1 200", [("GET", "/api/v1/catalogue.json")])


PLAIN = {
    "a port": b"GET %b HTTP/1.1\r\nHost: localhost:8025\r\n\r\n",
    "IPv6": b"GET %b HTTP/1.1\r\nHost: [::1]:8025\r\n\r\n",
    "nothing in it": b"GET %b HTTP/1.1\r\nHost:\r\n\r\n",
    "HTTP/1.0": b"GET %b HTTP/1.0\r\n\r\n",
    "as to a proxy": b"GET http://LOCALHOST:8025%b HTTP/1.1\r\nHost: localhost:8025\r\n\r\n",
}


@pytest.mark.parametrize("octets", PLAIN.values(), ids=PLAIN)
def test_what_can_be_read_in_one_way_is_answered(tmp_path, octets):
    assert asking(tmp_path, octets % TARGET)[0].startswith(b"HTTP/1.1 200")


LINES = [b"a\r\nSet-Cookie: x=1", b"a%0d%0aSet-Cookie:%20x=1", b"%E5%98%8A%E5%98%8DSet-Cookie:x"]


@pytest.mark.parametrize("octets", LINES)
def test_nothing_that_was_asked_makes_a_field_of_the_answer(tmp_path, octets):
    request = b"GET /api/v1/messages/%b?ref=%b HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %b\r\n\r\n"
    answer, _ = asking(tmp_path, request % (octets, octets, KEY.encode()))
    assert b"set-cookie" not in answer.partition(b"\r\n\r\n")[0].lower()


@pytest.mark.parametrize("host", [b"evil.test", b"127.0.0.1.evil.test", b"localhost.evil.test", b"", b"192.0.2.1"])
def test_a_name_that_leads_here_by_a_trick_gets_nothing_of_the_lab(tmp_path, host):
    request = b"GET /api/v1/catalogue.json HTTP/1.1\r\nHost: %b\r\n\r\n" % host
    answer, _ = asking(tmp_path, request, hosts=HERE)
    assert answer.startswith(b"HTTP/1.1 403")
    control, _ = asking(tmp_path, request)
    assert control.startswith(b"HTTP/1.1 200")


def test_no_link_is_made_of_what_the_client_calls_us(tmp_path):
    body = b'{"from":"kim@a.test","to":"lee@a.test","text":"x"}'
    head = b"POST /api/v1/messages HTTP/1.1\r\nHost: evil.test\r\nX-Forwarded-Host: evil.test\r\n"
    head += b"Forwarded: host=evil.test\r\nAuthorization: Bearer %b\r\nConnection: close\r\n"
    head += b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    answer, _ = asking(tmp_path, head % (KEY.encode(), len(body)) + body, close=False)
    assert b"202 Accepted" in answer and b"evil" not in answer and b"https://mail.a.test/j/" in answer


def test_nobody_says_for_whom_he_comes(tmp_path):
    """To everything but the guard who asks is the peer, whatever X-Forwarded-For says (`security.peer_of`)."""

    async def story():
        async with port_of(tmp_path) as (port, _):
            seen = []
            from pyeonji.web.api import app

            real = app.who

            async def noted(request, *args):
                seen.append(request.client.host)
                return await real(request, *args)

            app.who = noted
            try:
                await said(port, GET.replace(b"\r\n\r\n", b"\r\nX-Forwarded-For: 192.0.2.9\r\n\r\n"))
            finally:
                app.who = real
            assert seen == ["127.0.0.1"]

    asyncio.run(story())


ENDLESS = {
    "one field": (GET[:-2] + b"X: ", b"a" * 65_536),
    "many fields": (GET[:-2], b"X: y\r\n" * 10_000),
    "a long path": (b"GET /", b"a" * 65_536),
}


@pytest.mark.parametrize(("start", "more"), ENDLESS.values(), ids=ENDLESS)
def test_a_head_without_end_gets_an_answer_and_an_end(tmp_path, start, more):
    answer, asked = asking(tmp_path, start, *[more] * 16, close=False)
    assert asked == []
    assert not answer or answer.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))


def test_without_the_limit_it_would_be_read_on(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "Patient", HttpToolsProtocol)
    _, asked = asking(tmp_path, GET[:-2] + b"X: ", *[b"a" * 65_536] * 16, b"\r\n\r\n")
    assert asked == [("GET", "/api/v1/catalogue.json")]


def test_the_largest_head_that_is_taken(tmp_path):
    answer, _ = asking(tmp_path, GET[:-2] + b"X: " + b"a" * (MAX_HEAD - len(GET) - 100) + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")


SLOW = {"nothing": b"", "half a head": GET[:20], "half a body": POST + b"Content-Length: 100\r\n\r\n{"}


@pytest.mark.parametrize("start", SLOW.values(), ids=SLOW)
def test_who_is_slow_does_not_keep_a_connection(tmp_path, start, monkeypatch):
    monkeypatch.setattr(patient, "HEAD_S", 0.2)
    monkeypatch.setattr(patient, "BODY_S", 0.2)
    answer, _ = asking(tmp_path, start, close=False)
    assert not answer or b" 408 " in answer.partition(b"\r\n")[0]


async def idle_but_for_line_ends(tmp_path, seconds):
    """What comes behind an answer when only line ends do, which are skipped (RFC 9112 §2.2)."""
    async with port_of(tmp_path) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]))
        writer.write(b"\r\n")
        try:
            return await asyncio.wait_for(reader.read(), seconds)
        finally:
            writer.close()


def test_line_ends_before_a_request_keep_no_connection(tmp_path, monkeypatch):
    monkeypatch.setattr(patient, "HEAD_S", 0.2)
    assert b" 408 " in asyncio.run(idle_but_for_line_ends(tmp_path, QUIET_S)).partition(b"\r")[0]


def test_without_a_clock_for_them_they_would(tmp_path, monkeypatch):
    monkeypatch.setattr(patient, "HEAD_S", 0.2)
    monkeypatch.setattr(Patient, "_is_idle", False)
    with pytest.raises(TimeoutError):
        asyncio.run(idle_but_for_line_ends(tmp_path, 1.0))


@pytest.mark.parametrize("start", SLOW.values(), ids=SLOW)
def test_without_the_clock_he_would(tmp_path, start, monkeypatch):
    monkeypatch.setattr(server, "Patient", HttpToolsProtocol)

    async def story():
        async with port_of(tmp_path) as (port, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(start)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.read(), 1.0)
            writer.close()

    asyncio.run(story())


def unread(monkeypatch):
    """Whether the page ends that somebody asked for who takes nothing of it."""
    monkeypatch.setattr(patient, "WRITE_S", 0.2)
    gone = asyncio.Event()

    async def endless(scope, receive, send):
        await receive()  # the request
        await send({"type": "http.response.start", "status": 200, "headers": []})
        left = asyncio.ensure_future(receive())
        while not left.done():
            await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
        gone.set()

    async def story():
        sock = open_tcp("127.0.0.1", 0)
        stop = await serve_app(sock, endless)
        _, writer = await asyncio.open_connection(*sock.getsockname(), limit=1)
        writer.write(GET)
        try:
            await asyncio.wait_for(gone.wait(), 3.0)
            return True
        except TimeoutError:
            return False
        finally:
            writer.transport.abort()
            await stop()

    return asyncio.run(story())


def test_who_takes_nothing_of_a_page_does_not_keep_it(monkeypatch):
    assert unread(monkeypatch)


def test_without_that_clock_he_would(monkeypatch):
    monkeypatch.setattr(server, "Patient", HttpToolsProtocol)
    assert not unread(monkeypatch)


def test_a_body_that_comes_too_slowly_is_told_so_by_the_api(tmp_path, monkeypatch):
    from pyeonji.web.api import call

    monkeypatch.setattr(call, "BODY_S", 0.2)
    answer, _ = asking(tmp_path, SLOW["half a body"], close=False)
    assert answer.startswith(b"HTTP/1.1 408") and b"connection: close" in answer.lower()


def test_a_body_that_is_too_large_is_not_read_to_its_end(tmp_path):
    answer, _ = asking(tmp_path, POST + b"Content-Length: 99999999999\r\n\r\n", close=False)
    assert answer.startswith(b"HTTP/1.1 413") and b'"too_large"' in answer


def noted(tmp_path, caplog):
    """What is written on stderr because of requests that are none, and of one too many."""
    asking(tmp_path, b"\x00nonsense\r\n\r\n")
    asking(tmp_path, GET)
    return [record.getMessage() for record in caplog.records if record.name.startswith("uvicorn")]


def test_strangers_write_no_lines_into_our_log(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 0)
    assert noted(tmp_path, caplog) == []


def test_without_that_each_bad_request_would_be_one(tmp_path, caplog, monkeypatch):
    """Negative control: lines that are no JSON, between those that are."""
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 0)
    monkeypatch.setattr(server, "LOUD", "warning")
    assert len(noted(tmp_path, caplog)) == 2


def test_a_page_of_elsewhere_has_no_key_to_send(tmp_path):
    """CSRF: the browser adds no key by itself, and no answer allows a page of elsewhere to read or to ask first."""
    preflight = b"OPTIONS /api/v1/messages HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.test\r\n"
    preflight += b"Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n\r\n"
    answer, _ = asking(tmp_path, preflight)
    assert answer.startswith(b"HTTP/1.1 405") and b"access-control" not in answer.lower()
    cookie = (
        b"POST /api/v1/messages HTTP/1.1\r\nHost: localhost\r\nCookie: __Host-session=x\r\nContent-Length: 0\r\n\r\n"
    )
    answer, _ = asking(tmp_path, cookie)
    assert answer.startswith(b"HTTP/1.1 401")
