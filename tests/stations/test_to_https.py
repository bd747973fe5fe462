"""Who is sent from the pages in clear to those in HTTPS, and where to."""

import asyncio
from types import SimpleNamespace

import pytest

from pyeonji.web.to_https import Encrypted, ToHttps

NAMES = {"mail.a.test": SimpleNamespace(issuer="CA"), "mta-sts.a.test": SimpleNamespace(issuer="CA")}
STAYS = "stays"


def visit(path, *, host="mail.a.test", client="192.0.2.1", port=80, https=443, query=""):
    """Where a browser is sent; STAYS for nowhere."""
    sent = []

    async def pages(scope, receive, send):
        sent.append(STAYS)

    async def send(message):
        if message["type"] == "http.response.start":
            sent.append((message["status"], dict(message["headers"])[b"location"].decode()))

    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "headers": [(b"host", host.encode())], "server": ("x", port), "client": (client, 1),
    }  # fmt: skip
    asyncio.run(ToHttps(pages, Encrypted(https, "mail.a.test", NAMES.get))(scope, None, send))
    (found,) = sent
    return found


VISITS = [
    ({"path": "/j/1", "query": "a=b&c"}, (308, "https://mail.a.test/j/1?a=b&c")),
    ({"path": "/.well-known/mta-sts.txt", "host": "mta-sts.a.test"}, (308, "https://mta-sts.a.test/.well-known/mta-sts.txt")),
    ({"path": "/", "host": "evil.example"}, (308, "https://mail.a.test/")),
    ({"path": "/", "host": "mail.a.test:8025", "port": 8025, "https": 8443}, (308, "https://mail.a.test:8443/")),
    ({"path": "/", "host": "mail.a.test", "port": 8025, "https": 8443}, (308, "https://mail.a.test/")),
    ({"path": "/", "host": "192.0.2.9", "port": 80, "https": 8443}, (308, "https://mail.a.test:8443/")),
    ({"path": "//evil.example/"}, (308, "https://mail.a.test//evil.example/")),
    ({"path": "/.well-known/acme-challenge/abc"}, STAYS),
    ({"path": "/livez"}, STAYS),
    ({"path": "/readyz"}, STAYS),
    ({"path": "/j/1", "client": "127.0.0.1"}, STAYS),
    ({"path": "/j/1", "client": "::1"}, STAYS),
    ({"path": "/mail/config-v1.1.xml", "host": "autoconfig.a.test"}, STAYS),
    ({"path": "/mail/config-v1.1.xml"}, (308, "https://mail.a.test/mail/config-v1.1.xml")),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "found"), VISITS)
def test_who_comes_in_clear_is_sent_on_or_may_stay(asked, found):
    assert visit(**asked) == found
