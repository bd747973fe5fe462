"""The one safe fetch against web servers on this machine (RFC 8461 §3.3)."""

import asyncio

import pytest
import trustme

from kit.sending import ZoneResolver, run
from kit.web import FakeWeb, page, served_by, trusting
from pyeonji.net import stream
from pyeonji.net.http import MAX_HEAD, Fetcher, FetchError, Untrusted

NAME = "mta-sts.one.example"
URL = f"https://{NAME}/.well-known/mta-sts.txt"
ZONE = {(NAME, "A"): ("8.8.8.8",)}


def fetcher(web, **facts):
    return Fetcher(
        ZoneResolver(ZONE), context=trusting(), route=lambda host, address, port: ("127.0.0.1", web.port), **facts
    )


def fetch(answer, names=(NAME,), url=URL, tls=True, max_body=64, **facts):
    async def go():
        context = (tls if tls is not True else served_by(*names)) or None
        async with FakeWeb(answer, context) as web:
            found = await fetcher(web, **facts).get(url, max_body=max_body)
            return found, web

    return run(go())


def test_a_page_is_fetched_as_it_is():
    found, web = fetch(page("version: STSv1\n", media="text/plain; charset=utf-8"))
    assert (found.status, found.media_type, found.body) == (200, "text/plain", b"version: STSv1\n")
    head = web.requests[0].decode().split("\r\n")
    assert head[0] == "GET /.well-known/mta-sts.txt HTTP/1.1"
    assert f"Host: {NAME}" in head
    assert "Connection: close" in head


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_a_page_may_come_in_chunks():
    assert fetch(CHUNKED + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")[0].body == b"abcde"


def test_a_provisional_answer_is_none_yet():
    assert fetch(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + page("abc"))[0].body == b"abc"


def test_what_stands_behind_a_whole_answer_is_not_read():
    assert fetch(page("abc") + page("def", "500 No"))[0].body == b"abc"


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_not_followed(status):
    found, web = fetch(page("", status, more="Location: https://127.0.0.1/\r\n"))
    assert found.status == int(status[:3])
    assert web.connections == 1


NOT_TAKEN = [
    (page("x" * 65), "65 octets"),
    (CHUNKED + b"40\r\n" + b"x" * 64 + b"\r\n1\r\nx\r\n0\r\n\r\n", "more than 64"),
    (page("abc", more="Content-Encoding: gzip\r\n"), "compressed"),
    (b"HTTP/1.1 200 OK\r\n\r\nno length", "ended before"),
    (page("abcdef")[:-3], "ended before"),
    (CHUNKED + b"3\r\nabc\r\n", "ended before"),
    (b"", "ended before"),
    (b"SSH-2.0-OpenSSH\r\n", "not HTTP"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "not HTTP"),
    (b"HTTP/1.1 200 OK\r\nA: " + b"x" * MAX_HEAD + b"\r\nContent-Length: 0\r\n\r\n", "head"),
    (b"HTTP/1.1 200 OK\r\nA: " + b"x" * 2 * MAX_HEAD, "head"),
    (b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, "head"),
    (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nx", "not HTTP"),
]


@pytest.mark.parametrize(("answer", "why"), NOT_TAKEN)
def test_an_answer_that_is_too_much_or_too_odd_is_not_taken(answer, why):
    with pytest.raises(FetchError, match=why):
        fetch(answer)


CERTIFICATES = [
    served_by("other.example"),
    served_by("one.example"),
    served_by("*.example"),
    served_by(NAME, authority=trustme.CA()),
]


@pytest.mark.parametrize("context", CERTIFICATES)
def test_a_certificate_must_be_good_for_the_name(context):
    with pytest.raises(Untrusted):
        fetch(page("abc"), tls=context)


def test_a_wildcard_certificate_for_the_name_is_good():
    assert fetch(page("abc"), names=("*.one.example",))[0].body == b"abc"


def test_a_server_without_tls_is_not_listened_to(monkeypatch):
    monkeypatch.setattr(stream, "HANDSHAKE_S", 0.5)  # it waits for more lines of what it takes for a request
    with pytest.raises(Untrusted):
        fetch(page("abc"), tls=False)


def test_without_tls_it_is_fetched_only_where_that_is_allowed():
    clear = URL.replace("https", "http")
    with pytest.raises(FetchError, match="only https"):
        fetch(page("abc"), tls=False, url=clear)
    assert fetch(page("abc"), tls=False, url=clear, clear=True)[0].body == b"abc"


def test_a_server_that_is_silent_is_left_at_the_deadline():
    with pytest.raises(FetchError, match="in time"):
        fetch(None, deadline=0.3)


def test_a_form_is_posted_with_its_length_and_kind():
    async def go():
        async with FakeWeb(page("thanks"), served_by(NAME)) as web:
            found = await fetcher(web).post(URL, b"\x1f\x8b report", {"Content-Type": "application/tlsrpt+gzip"})
            return found, web.requests[0]

    found, request = run(go())
    assert found.body == b"thanks"
    assert request.startswith(b"POST /.well-known/")
    assert b"Content-Length: 9\r\n" in request
    assert request.endswith(b"\r\n\r\n\x1f\x8b report")


def test_a_field_of_two_lines_is_our_own_mistake():
    async def go():
        async with FakeWeb(page(""), served_by(NAME)) as web:
            await fetcher(web).post(URL, b"", {"Content-Type": "a\r\nX: y"})

    with pytest.raises(ValueError, match="one line"):
        run(go())


def test_the_next_address_is_dialled_when_the_first_is_silent():
    async def go():
        async with FakeWeb(page("abc"), served_by(NAME)) as web:
            dialled = []

            def route(host, address, port):
                dialled.append(address)
                return ("127.0.0.1", web.port if address == "8.8.4.4" else 1)

            zone = ZoneResolver({(NAME, "A"): ("8.8.8.8", "8.8.4.4")})
            return (await Fetcher(zone, context=trusting(), route=route).get(URL)).body, dialled

    assert run(go()) == (b"abc", ["8.8.8.8", "8.8.4.4"])


def test_calling_off_a_fetch_leaves_no_connection():
    async def go():
        async with FakeWeb(None, served_by(NAME)) as web:
            task = asyncio.ensure_future(fetcher(web).get(URL))
            await web.asked.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    run(go())
