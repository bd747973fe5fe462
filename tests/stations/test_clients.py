"""What mail programs read when somebody types an address."""

import asyncio
import plistlib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import pkcs7

from kit.stored import NOW
from pyeonji.address import parse_address
from pyeonji.net.signing import CannotSign, signed
from pyeonji.net.tls import self_signed
from pyeonji.store import directory
from pyeonji.store.home import open_home
from pyeonji.web.app import site_app
from pyeonji.zone.clients import asked_address, outlook, profile, servers, thunderbird

PORTS = {"imaps": 993, "imap": 143, "submissions": 465, "submission": 587, "smtp": 25}
FOUND = servers("mail.a.test", PORTS)
NAMESPACES = {"o": "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"}


class Site:
    wake = clock = door = None

    def __init__(self, home):
        self.home = home

    def sts_policy(self, domain):
        return ""

    def mail_servers(self):
        return FOUND

    def sign(self, octets):
        return b"signed " + octets


@pytest.fixture
def app(tmp_path):
    home = open_home(tmp_path / "data", create=True, synchronous="OFF")
    home.engine.write_now(directory.add_domain, "a.test", NOW)
    yield site_app(Site(home))
    home.close()


def visit(app, method, path, host="autoconfig.a.test", query="", body=b""):
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "headers": [(b"host", host.encode()), (b"content-length", str(len(body)).encode())], "http_version": "1.1",
        "scheme": "http", "server": (host, 80), "client": ("192.0.2.1", 1), "root_path": "",
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def question(address):
    return (
        b'<?xml version="1.0"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/'
        b'requestschema/2006"><Request><EMailAddress>' + address + b"</EMailAddress></Request></Autodiscover>"
    )


@pytest.mark.parametrize(
    ("host", "path", "query"),
    [
        ("autoconfig.a.test", "/mail/config-v1.1.xml", "emailaddress=kim@a.test"),
        ("autoconfig.a.test", "/mail/config-v1.1.xml", ""),
        ("a.test:80", "/.well-known/autoconfig/mail/config-v1.1.xml", ""),
    ],
)
def test_thunderbird_finds_the_best_first(app, host, path, query):
    status, body = visit(app, "GET", path, host, query)
    assert status == 200
    provider = ET.fromstring(body).find("emailProvider")
    assert provider.get("id") == "a.test"
    told = [(one.get("type"), one.findtext("port"), one.findtext("socketType")) for one in provider if one.get("type")]
    assert told == [("imap", "993", "SSL"), ("imap", "143", "STARTTLS"), ("smtp", "465", "SSL"),
                    ("smtp", "587", "STARTTLS")]  # fmt: skip


def test_outlook_gets_one_of_each_kind(app):
    status, body = visit(app, "POST", "/Autodiscover/Autodiscover.xml", body=question(b"kim@a.test"))
    assert status == 200
    told = [
        (one.findtext("o:Type", namespaces=NAMESPACES), one.findtext("o:Port", namespaces=NAMESPACES))
        for one in ET.fromstring(body).iterfind(".//o:Protocol", NAMESPACES)
    ]
    assert told == [("IMAP", "993"), ("SMTP", "465")]


def test_apple_gets_a_signed_profile(app):
    status, body = visit(app, "GET", "/mail.mobileconfig", query="email=kim@a.test")
    assert (status, body[:7]) == (200, b"signed ")
    (account,) = plistlib.loads(body[7:])["PayloadContent"]
    assert (account["IncomingMailServerHostName"], account["OutgoingMailServerPortNumber"]) == ("mail.a.test", 465)


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("GET", "/mail/config-v1.1.xml", "emailaddress=kim@b.test", b""),
        ("GET", "/mail.mobileconfig", "", b""),
        ("POST", "/autodiscover/autodiscover.xml", "", question(b"kim@b.test")),
        ("POST", "/autodiscover/autodiscover.xml", "", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>&b;"),
        ("POST", "/autodiscover/autodiscover.xml", "", question(b"not an address")),
    ],
)
def test_whoever_asks_for_another_domain_or_nonsense_gets_nothing(app, method, path, query, body):
    status, said = visit(app, method, path, query=query, body=body)
    assert status == 404
    assert b"root:" not in said


def test_the_same_is_said_of_every_address_of_a_domain(app):
    asked = [visit(app, "GET", "/mail/config-v1.1.xml", query=f"emailaddress={name}@a.test") for name in ("kim", "no")]
    assert asked[0] == asked[1]


@pytest.mark.parametrize("address", ['"<&>"@a.test', "김@한글.test"])
def test_odd_addresses_make_no_broken_xml(address):
    parsed = parse_address(address)
    ET.fromstring(outlook(parsed, FOUND).encode())
    ET.fromstring(thunderbird(parsed.domain, FOUND).encode())
    assert plistlib.loads(profile(parsed, FOUND))["PayloadContent"][0]["EmailAddress"] == str(parsed)


def test_outlooks_question_is_read_with_and_without_prefixes():
    assert asked_address(question(b" kim@a.test ")) == "kim@a.test"
    assert asked_address(b"<a:emailaddress>kim@a.test</a:emailaddress>") == "kim@a.test"
    assert asked_address(b"\xff\xfe") == ""


def test_a_signature_has_the_profile_and_the_certificate_in_it(tmp_path):
    chain, key = self_signed(tmp_path, ("mail.a.test",), NOW)
    octets = signed(profile(parse_address("kim@a.test"), FOUND), chain, key)
    (certificate,) = pkcs7.load_der_pkcs7_certificates(octets)
    assert "mail.a.test" in certificate.subject.rfc4514_string()
    assert b"com.apple.mail.managed" in octets
    with pytest.raises(CannotSign):
        signed(b"x", Path("/nowhere"), key)


def test_where_nothing_can_be_read_there_is_no_profile():
    assert profile(parse_address("kim@a.test"), servers("a.test", {"smtp": 25})) == b""
