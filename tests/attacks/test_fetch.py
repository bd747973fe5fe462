"""Making us fetch from ourselves (reliability A16): URLs, names and addresses that lead inside, in all their disguises.

Negative control: a fetcher without the check of addresses reaches the sink for each of them.
"""

import pytest

from kit.sending import ZoneResolver, run
from kit.web import FakeWeb, page, served_by, trusting
from pyeonji.address.public import is_public
from pyeonji.net.http import Fetcher, FetchError
from pyeonji.net.url import BadUrl, parse_url
from pyeonji.proto.dns import Answer, Question

NAME = "hook.one.example"

# Addresses that a name of the attacker's leads to.
ADDRESSES = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254",
    "169.254.169.254", "169.254.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.8", "192.0.0.192",
    "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::2", "::127.0.0.1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1",
    "2001:0:7f00:1:0:0:f5ff:fffe", "2001:2::1", "2001:10::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1",
    "2002:a9fe:a9fe::", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1",
    "ff02::1", "fe80::a9fe:a9fe", "::ffff:100.64.0.1", "::ffff:0.0.0.0",
]  # fmt: skip

PUBLIC = ["8.8.8.8", "1.1.1.1", "223.130.192.1", "2001:4860:4860::8888", "2606:4700::1111", "64:ff9b::8.8.8.8",
          "2002:808:808::1", "::ffff:8.8.8.8"]  # fmt: skip

# URLs that some readers take for this machine, or that readers disagree about.
URLS = [
    "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://017700000001/", "https://0x7f000001/",
    "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://127.0.0.1./", "https://0/", "https://0.0.0.0/",
    "https://127.0.1/", "https://127.0.0.0x1/", "https://4294967297/", "https://[::1]/", "https://[::]/",
    "https://[::ffff:127.0.0.1]/", "https://[0:0:0:0:0:ffff:7f00:1]/", "https://[64:ff9b::7f00:1]/",
    "https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://[2002:7f00:1::]/", "https://8.8.8.8/",
    "https://localhost/", "https://localhost./", "https://LOCALHOST/", "https://a.localhost/", "https://printer.local/",
    "https://metadata.google.internal/", "https://router/", "https://home.arpa/", "https://hidden.onion/",
    "https://hook.one.example@127.0.0.1/", "https://user:secret@hook.one.example/", "https://@hook.one.example/",
    "https://127.0.0.1\\@hook.one.example/", "https://hook.one.example\\@127.0.0.1/",
    "https://127.0.0.1#@hook.one.example/", "https://hook.one.example#x", "https://hook.one.example:0/",
    "https://hook.one.example:65536/", "https://hook.one.example:25/", "https://hook.one.example:22/",
    "https://hook.one.example:465/", "https://hook.one.example:993/", "https://hook.one.example:1023/",
    "https://hook.one.example:/", "https://hook.one.example:443:80/",
    "https://hook.one.example:４４３/", "https://１２７.０.０.１/", "https://127。0。0。1/", "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "https://①②⑦.⓪.⓪.①/", "https://lo\u00adcalhost/", "https://127.0.0.1%2f@hook.one.example/",
    "https://%6c%6f%63%61%6c%68%6f%73%74/", "https://hook.one.example\t/", "https://hook.one.example\r\nX: y/",
    "https://hook.one.example/\r\nHost: localhost", "https://hook.one.example/ HTTP/1.1", "https:hook.one.example",
    "https:///hook.one.example/", "https:/hook.one.example/", "//hook.one.example/", "hook.one.example",
    "file:///etc/passwd", "gopher://127.0.0.1:25/", "ftp://hook.one.example/", "HTTPS+unix://%2Frun%2Fx/",
    "unix:///run/docker.sock", "https://hook..one.example/", "https://.one.example/", "https:// hook.one.example/",
    "https://hook.one.example\x00.evil.example/", "https://hook.one.example/é", "https://" + "a" * 64 + ".example/",
    "", " ", "https://", "https://?", "https://hook.one.example/" + "a" * 2000, "https://xn--/", "https://-.1/",
]  # fmt: skip


class Turning:
    """A name server that says a public address first and a private one ever after."""

    def __init__(self):
        self.asked = 0

    async def answer_with(self, asking):
        try:
            question = next(asking)
            while True:
                self.asked += question.kind == "A"
                addresses = ("8.8.8.8",) if self.asked == 1 else ("127.0.0.1",)
                question = asking.send(Answer(addresses if question.kind == "A" else ()))
        except StopIteration as stop:
            return stop.value


def reached(zone, **guard):
    """(what came of it, connections at the sink): every address leads to the sink, if it is dialled at all."""

    async def go():
        async with FakeWeb(page("secret"), served_by(NAME)) as web:
            fetcher = Fetcher(ZoneResolver(zone), context=trusting(), route=lambda *_: ("127.0.0.1", web.port), **guard)
            try:
                return (await fetcher.get(f"https://{NAME}/")).body, web.connections
            except FetchError as error:
                return str(error), web.connections

    return run(go())


def leading_to(address):
    return {(NAME, "AAAA" if ":" in address else "A"): (address,)}


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_name_that_leads_inside_is_not_dialled(address):
    why, connections = reached(leading_to(address))
    assert connections == 0
    assert address in why


@pytest.mark.parametrize("address", ADDRESSES)
def test_without_the_check_the_inside_would_be_reached(address):
    """Negative control."""
    assert reached(leading_to(address), may_dial=lambda address: True) == (b"secret", 1)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_dialled(address):
    assert is_public(address)
    assert reached(leading_to(address)) == (b"secret", 1)


MIXED = [
    {(NAME, "A"): ("8.8.8.8", "10.0.0.1")},
    {(NAME, "A"): ("10.0.0.1", "8.8.8.8")},
    {(NAME, "A"): ("8.8.8.8",), (NAME, "AAAA"): ("::1",)},
    {(NAME, "A"): ("127.0.0.1",), (NAME, "AAAA"): ("2001:4860:4860::8888",)},
    {(NAME, "A"): ("8.8.8.8",) * 9 + ("192.168.1.1",)},
]


@pytest.mark.parametrize("zone", MIXED)
def test_one_private_address_among_public_ones_is_enough(zone):
    assert reached(zone)[1] == 0


@pytest.mark.parametrize("url", URLS)
def test_a_url_in_disguise_is_none(url):
    with pytest.raises(BadUrl):
        parse_url(url)


READ = [
    ("https://hook.one.example", "https://hook.one.example/"),
    ("HTTPS://Hook.One.Example./a?b=c", "https://hook.one.example/a?b=c"),
    ("https://hook.one.example:8443/", "https://hook.one.example:8443/"),
    ("https://hook.one.example:443/", "https://hook.one.example/"),
    ("https://편지.example/%ED%8E%B8", "https://xn--9b6b95p.example/%ED%8E%B8"),
]


@pytest.mark.parametrize(("text", "url"), READ)
def test_a_plain_url_is_read(text, url):
    assert str(parse_url(text)) == url


def test_a_name_that_turns_inside_after_the_check_turns_in_vain():
    """DNS rebinding: the address that was checked is the one that is dialled, and nobody asks again."""

    async def go():
        dialled = []

        async with FakeWeb(page("fine"), served_by(NAME)) as web:

            def route(host, address, port):
                dialled.append(address)
                return ("127.0.0.1", web.port)

            turning = Turning()
            await Fetcher(turning, context=trusting(), route=route).get(f"https://{NAME}/")
            return dialled, turning.asked

    assert run(go()) == (["8.8.8.8"], 1)


def test_who_asks_again_when_dialling_would_be_led_inside():
    """Negative control: the second answer is the private one."""

    async def go():
        turning = Turning()
        for _ in range(2):
            found = await turning.answer_with(asks())
        return found

    def asks():
        return (yield Question(NAME, "A")).records

    assert run(go()) == ("127.0.0.1",)


def test_the_tables_are_long_enough():
    assert len(ADDRESSES) + len(URLS) + len(MIXED) >= 60
