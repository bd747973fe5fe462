"""The hello of a TLS client, as OpenSSL writes it and as nobody would."""

import random
import ssl
import time

import pytest

from pyeonji.proto.hello import MAX_HELLO, offered


def hello(*protocols, name="a.test"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if protocols:
        context.set_alpn_protocols(protocols)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def in_records(octets, size):
    """The same message in records of so many octets (RFC 8446 §5.1)."""
    body = octets[5:]
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"\x16\x03\x01" + len(piece).to_bytes(2) + piece for piece in pieces)


@pytest.mark.parametrize("protocols", [(), ("h2", "http/1.1"), ("acme-tls/1",), ("x" * 255,)])
def test_what_a_client_offers_is_read(protocols):
    assert offered(hello(*protocols)) == tuple(one.encode() for one in protocols)


def test_it_may_come_octet_by_octet_and_in_many_records():
    whole = hello("acme-tls/1")
    assert {offered(whole[:size]) for size in range(len(whole))} == {None}
    for size in (len(whole) // 20, 100):
        assert offered(in_records(whole, size)) == (b"acme-tls/1",)


@pytest.mark.parametrize(
    "octets",
    [
        b"GET / HTTP/1.1\r\n\r\n", b"\x15\x03\x01\x00\x02\x02\x28", b"\x16\x03\x01\x00\x04\x02\x00\x00\x00",
        b"\x16\x03\x01\x00\x00", b"\x16\x03\x01\x00\x04\x01\x00\x00\x00", b"\x80\x2e\x01",
        b"\x16\x03\x01\xff\xff" + b"\x01\xff\xff\xff" + bytes(MAX_HELLO),
    ],
)  # fmt: skip
def test_what_is_no_hello_offers_nothing_and_is_not_waited_for(octets):
    assert offered(octets) == ()


def test_any_octets_are_read_without_a_defect():
    chance = random.Random(1)
    whole = hello("h2")
    for _ in range(3000):
        broken = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        assert isinstance(offered(bytes(broken)), tuple | type(None))


def seconds_of_drops(octets):
    """What it costs to look at it after each octet that comes, as the listener does."""
    begun = time.process_time()
    for size in range(0, len(octets), 4):
        if offered(octets[:size]) == ():
            break
    return time.process_time() - begun


DROPS = b"\x16\x03\x01\x00\x01\x01" + b"\x16\x03\x01\x00\x01\xff" * 1_000  # a hello of one octet in each record


def test_a_hello_in_drops_is_not_looked_at_for_ever():
    assert seconds_of_drops(DROPS) < 0.2
    assert offered(in_records(hello("acme-tls/1"), 1)) == ()


def test_without_its_limit_each_drop_would_cost_all_those_before(monkeypatch):
    """Negative control."""
    few = seconds_of_drops(DROPS)
    monkeypatch.setattr("pyeonji.proto.hello.MAX_RECORDS", 1 << 30)
    assert seconds_of_drops(DROPS) > 20 * few
