"""Pages in HTTPS: a certificate for each name, exchanged while pages are read, and the challenge at the same port."""

import asyncio
import contextlib
import ssl
from dataclasses import replace

import pytest
import trustme
from cryptography import x509

from kit.certified import certified, put
from kit.patience import PATIENCE_S
from kit.stored import NOW
from pyeonji.config.load import default
from pyeonji.config.model import Listen, TlsSettings
from pyeonji.daemon.assemble import Node
from pyeonji.net.challenge import put_alpn
from pyeonji.net.listener import Listener, open_tcp
from pyeonji.store import directory
from pyeonji.web import encrypted, patient
from pyeonji.web.server import _config

HOST = "127.0.0.1"
AUTHORITY = trustme.CA()
POLICY = b"version: STSv1\r\nmode: testing\r\nmx: mail.a.test\r\nmax_age: 604800\r\n"


def vouched(path, *names):
    path.write_bytes(AUTHORITY.issue_cert(*names).private_key_and_cert_chain_pem.bytes())
    return str(path)


@contextlib.asynccontextmanager
async def site(folder, *more):
    """A server with pages in clear and in HTTPS; yields it and its port."""
    settings = replace(
        default(folder / "data"), hostname="mail.a.test", tls=TlsSettings(more=more),
        listeners=(Listen("https", HOST, 0), Listen("http", HOST, 0)),
    )  # fmt: skip
    settings = replace(settings, sts=replace(settings.sts, mode="testing"))
    node = Node(settings)
    node.home.engine.write_now(directory.add_domain, "a.test", NOW)
    await node.start(local=False)
    try:
        yield node, node.listeners[0]["port"]
    finally:
        await node.stop(0)


def trusting(*protocols):
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    if protocols:
        context.set_alpn_protocols(protocols)
    return context


async def opened(port, name, context=None):
    return await asyncio.open_connection(HOST, port, ssl=context or trusting(), server_hostname=name)


async def asked(reader, writer, name, path="/livez", more=""):
    """(status line, fields, body) of one request."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {name}\r\n{more}\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    status, *lines = head.strip().split("\r\n")
    fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return status, fields, await reader.readexactly(int(fields["content-length"]))


def run(scenario):
    return asyncio.run(asyncio.wait_for(scenario, PATIENCE_S))


def test_a_page_is_shown_with_the_certificate_of_the_name_that_was_asked_for(tmp_path):
    names = ("mail.a.test", "mta-sts.a.test", "autoconfig.a.test")
    more = [vouched(tmp_path / f"{name}.pem", name) for name in names]

    async def ask():
        found = {}
        async with site(tmp_path, *more) as (node, port):
            for name, path in zip(names, ("/livez", "/.well-known/mta-sts.txt", "/mail/config-v1.1.xml"), strict=True):
                reader, writer = await opened(port, name)  # proved: our client believes no other name
                found[name] = await asked(reader, writer, name, path)
                writer.close()
            told = node.listeners[0]
        return found, told

    found, told = run(ask())
    assert {status for status, *_ in found.values()} == {"HTTP/1.1 200 OK"}
    assert found["mta-sts.a.test"][2] == POLICY
    assert b'id="a.test"' in found["autoconfig.a.test"][2]
    assert (told["service"], told["tls"]) == ("https", "implicit")


def test_browsers_remember_only_what_somebody_vouches_for(tmp_path):
    issued = vouched(tmp_path / "a.pem", "mail.a.test")
    own = str(put(tmp_path / "b.pem", certified(["localhost"])))
    lax = ssl.create_default_context()
    lax.check_hostname, lax.verify_mode = False, ssl.CERT_NONE

    async def ask():
        async with site(tmp_path, issued, own) as (_, port):
            for name in ("mail.a.test", "localhost", "192.0.2.1"):
                reader, writer = await opened(port, "mail.a.test", lax)
                yield (await asked(reader, writer, name))[1].get("strict-transport-security")
                writer.close()

    async def all_of_it():
        return [one async for one in ask()]

    assert run(all_of_it()) == ["max-age=15552000", None, None]


def test_the_challenge_of_an_authority_is_answered_at_the_same_port(tmp_path):
    page = vouched(tmp_path / "a.pem", "mail.a.test")
    lax = ssl.create_default_context()
    lax.check_hostname, lax.verify_mode = False, ssl.CERT_NONE
    lax.set_alpn_protocols(["acme-tls/1"])

    def shown(writer):
        found = writer.get_extra_info("ssl_object")
        return x509.load_der_x509_certificate(found.getpeercert(True)), found.selected_alpn_protocol()

    async def ask():
        async with site(tmp_path, page) as (node, port):
            put_alpn(node.settings.data, "mail.a.test", "text", NOW)
            _, challenge = await opened(port, "mail.a.test", lax)
            reader, browser = await opened(port, "mail.a.test", trusting("h2", "http/1.1"))  # believes it: no challenge
            status, *_ = await asked(reader, browser, "mail.a.test")
            found = shown(challenge)
            challenge.close()
            with pytest.raises(ssl.SSLError):  # nobody asked us to prove that name
                await opened(port, "b.test", lax)
            browser.close()
            return found, status

    (certificate, protocol), status = run(ask())
    assert (protocol, status) == ("acme-tls/1", "HTTP/1.1 200 OK")
    assert certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31")).critical


def test_a_new_certificate_ends_no_connection(tmp_path):
    path = tmp_path / "a.pem"
    vouched(path, "mail.a.test")

    async def ask():
        async with site(tmp_path, str(path)) as (node, port):
            reader, writer = await opened(port, "mail.a.test")
            before = writer.get_extra_info("ssl_object").getpeercert()["serialNumber"]
            await asked(reader, writer, "mail.a.test")
            vouched(path, "mail.a.test")
            node.watch.look()
            status, *_ = await asked(reader, writer, "mail.a.test")
            _, other = await opened(port, "mail.a.test")
            after = other.get_extra_info("ssl_object").getpeercert()["serialNumber"]
            writer.close()
            other.close()
            return before != after, status

    assert run(ask()) == (True, "HTTP/1.1 200 OK")


def test_requests_follow_one_another_and_a_bad_one_ends_the_connection(tmp_path):
    page = vouched(tmp_path / "a.pem", "mail.a.test")

    async def ask():
        async with site(tmp_path, page) as (_, port):
            reader, writer = await opened(port, "mail.a.test")
            writer.write(b"GET /livez HTTP/1.1\r\nHost: mail.a.test\r\n\r\n" * 20)  # pipelined (RFC 9112 §9.3.2)
            for _ in range(20):
                await reader.readuntil(b"ok\n")
            writer.write(b"\x00nonsense\r\n\r\n")
            rest = await reader.read()
            writer.close()
            return rest

    assert run(ask()).startswith(b"HTTP/1.1 400 ")


def test_the_last_page_is_read_to_its_end_when_the_server_stops(tmp_path):
    page = vouched(tmp_path / "a.pem", "mail.a.test")

    async def ask():
        async with site(tmp_path, page) as (node, port):
            idle, one = await opened(port, "mail.a.test")
            await asked(idle, one, "mail.a.test")
            busy, two = await opened(port, "mail.a.test")
            two.write(b"POST /autodiscover/autodiscover.xml HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\n\r\n<")
            reader, three = await opened(port, "mail.a.test")  # after it, the server has read what was said before
            await asked(reader, three, "mail.a.test")
            stopping = asyncio.ensure_future(node._listeners[0].stop(20))
            ended = await idle.read()
            two.write(b"/a>")
            said = await busy.read()
            await stopping
            for writer in (one, two, three):
                writer.close()
            return ended, said

    ended, said = run(ask())
    assert ended == b""
    assert said.startswith(b"HTTP/1.1 404 ")


async def visiting(app):
    """A listener that shows this, and a browser that is connected to it."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("mail.a.test").configure_cert(tls)
    listener = Listener(open_tcp(HOST, 0), encrypted.https(_config(app, patient.Patient)), tls)
    await listener.start()
    return listener, *(await opened(listener.address[1], "mail.a.test"))


def following(monkeypatch, leave_s):
    """How a page that is followed for ever (server-sent events) ends when the server stops: did it, before its time?"""
    monkeypatch.setattr(encrypted, "LEAVE_S", leave_s)
    gone = []

    async def live(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
        gone.append(1)

    async def ask():
        loop = asyncio.get_running_loop()
        listener, reader, writer = await visiting(live)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await reader.readuntil(b"data: 1\n\n")  # at once, not when there is more
        begun = loop.time()
        await listener.stop(3)
        await asyncio.sleep(0)
        writer.close()
        return loop.time() - begun < 2.5

    return run(ask()), gone


def test_a_page_that_is_followed_does_not_hold_up_the_end(monkeypatch):
    assert following(monkeypatch, 0.1) == (True, [1])


def test_without_that_it_would_be_waited_for(monkeypatch):
    """Negative control."""
    assert following(monkeypatch, 60)[0] is False


def test_a_page_hears_that_its_browser_has_gone():
    heard = asyncio.Event()

    async def live(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
        heard.set()

    async def ask():
        listener, reader, writer = await visiting(live)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await reader.readuntil(b"x\r\n")
        writer.close()
        await heard.wait()
        await listener.stop(0)

    run(ask())


def test_a_large_page_comes_whole_to_its_reader():
    size = 8 << 20

    async def large(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % size)]})
        for _ in range(size // 65_536):
            await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def ask():
        listener, reader, writer = await visiting(large)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.read()
        writer.close()
        await listener.stop(0)
        return head, len(body)

    head, got = run(ask())
    assert (head.startswith(b"HTTP/1.1 200"), got) == (True, size)


def dribbling(tmp_path, monkeypatch, header_s):
    """Whether a browser is cut off whose header never ends."""
    monkeypatch.setattr(patient, "HEAD_S", header_s)
    page = vouched(tmp_path / "a.pem", "mail.a.test")

    async def ask():
        async with site(tmp_path, page) as (_, port):
            reader, writer = await opened(port, "mail.a.test")
            writer.write(b"GET / HTTP/1.1\r\nX: ")
            ended = asyncio.ensure_future(reader.read())
            for _ in range(200):
                if ended.done():
                    break
                with contextlib.suppress(ConnectionError):
                    writer.write(b"x")
                await asyncio.wait([ended], timeout=0.01)
            done = ended.done()
            ended.cancel()
            writer.close()
            return done

    return run(ask())


def test_a_header_that_never_ends_does(tmp_path, monkeypatch):
    assert dribbling(tmp_path, monkeypatch, 0.2)


REFUSED = {
    "a head without end": (b"GET / HTTP/1.1\r\nHost: mail.a.test\r\nX: " + b"a" * patient.MAX_HEAD, b"HTTP/1.1 431"),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: mail.a.test\r\nHost: evil.test\r\n\r\n", b"HTTP/1.1 400"),
}


@pytest.mark.parametrize(("octets", "status"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_in_clear_is_refused_here(tmp_path, octets, status):
    page = vouched(tmp_path / "a.pem", "mail.a.test")

    async def ask():
        async with site(tmp_path, page) as (_, port):
            reader, writer = await opened(port, "mail.a.test")
            writer.write(octets)
            answer = await reader.read()
            writer.close()
            return answer

    assert run(ask()).startswith(status)


def test_without_the_limit_it_would_not(tmp_path, monkeypatch):
    """Negative control."""
    assert not dribbling(tmp_path, monkeypatch, 3600)
