"""Policies of others: fetched when announced, kept as long as they said, whatever happens to DNS and web (A16)."""

import pytest
import trustme

from kit.sending import START_US, ZoneResolver, run
from kit.web import FakeWeb, page, served_by, trusting
from pyeonji.net.clock import PushedClock
from pyeonji.net.http import Fetcher
from pyeonji.proto.dns import SERVFAIL
from pyeonji.relay.trust import policies
from pyeonji.relay.trust.policies import REFRESH_S, RETRY_S, Policies
from pyeonji.relay.trust.settings import StsSettings
from pyeonji.relay.trust.sts import published
from pyeonji.store import directory, sts
from pyeonji.store.home import open_home
from pyeonji.store.sweep import sweep
from pyeonji.web.app import site_app

NAME = "mta-sts.one.example"
TEXT = "version: STSv1\nmode: enforce\nmx: mx1.one.example\nmax_age: 604800\n"
WEEK = 604_800


class Outside:
    """The domain's zone and page, and what we know of its policy."""

    def __init__(self, folder, web):
        self.web = web
        self.zone = {("_mta-sts.one.example", "TXT"): ("v=STSv1; id=1",), (NAME, "A"): ("8.8.8.8",)}
        self.clock = PushedClock(START_US)
        self.home = open_home(folder / "data", create=True, synchronous="OFF")
        resolver = ZoneResolver(self.zone)
        fetcher = Fetcher(resolver, context=trusting(), route=lambda *_: ("127.0.0.1", web.port), deadline=0.5)
        self.policies = Policies(self.home, self.clock, resolver, fetcher)

    async def mode(self):
        found = await self.policies.of("one.example")
        return found.policy.mode if found.policy else found.failure[0]

    def announce(self, *records):
        self.zone[("_mta-sts.one.example", "TXT")] = records


def with_policies(folder, scenario, answer=None, tls=None):
    async def go():
        async with FakeWeb(page(TEXT) if answer is None else answer, tls or served_by(NAME)) as web:
            outside = Outside(folder, web)
            try:
                return await scenario(outside)
            finally:
                outside.home.close()

    return run(go())


def test_a_policy_is_fetched_once(tmp_path):
    async def scenario(outside):
        return [await outside.mode() for _ in range(3)], outside.web.connections

    assert with_policies(tmp_path, scenario) == (["enforce"] * 3, 1)


def test_without_a_record_nothing_is_fetched(tmp_path):
    async def scenario(outside):
        outside.announce()
        return await outside.mode(), outside.web.connections

    assert with_policies(tmp_path, scenario) == ("", 0)


def test_a_policy_outlives_its_record_and_its_page_for_as_long_as_it_said(tmp_path):
    """Whoever can take a record away cannot take the policy away."""

    async def scenario(outside):
        modes = [await outside.mode()]
        outside.announce()
        outside.web.answer = page("", "404 Not Found")
        for seconds in (1, REFRESH_S, WEEK - REFRESH_S - 2, 1):
            outside.clock.push(seconds)
            modes.append(await outside.mode())
        return modes

    assert with_policies(tmp_path, scenario) == ["enforce", "enforce", "enforce", "enforce", ""]


def test_a_new_id_brings_the_new_policy(tmp_path):
    async def scenario(outside):
        modes = [await outside.mode()]
        outside.web.answer = page(TEXT.replace("enforce", "testing"))
        modes.append(await outside.mode())
        outside.announce("v=STSv1; id=2")
        modes.append(await outside.mode())
        outside.web.answer = page("version: STSv1\nmode: none\nmax_age: 86400\n")
        outside.announce("v=STSv1; id=3")
        return [*modes, await outside.mode()], outside.web.connections

    assert with_policies(tmp_path, scenario) == (["enforce", "enforce", "testing", ""], 3)


def test_a_policy_in_use_is_fetched_again_each_day(tmp_path):
    async def scenario(outside):
        for _ in range(9):
            assert await outside.mode() == "enforce"
            outside.clock.push(REFRESH_S)
        return outside.web.connections

    assert with_policies(tmp_path, scenario) == 9


def test_a_page_that_fails_is_not_asked_for_at_every_letter(tmp_path):
    async def scenario(outside):
        results = [await outside.mode() for _ in range(3)]
        outside.clock.push(RETRY_S)
        outside.web.answer = page(TEXT)
        return [*results, await outside.mode()], outside.web.connections

    answer = page("", "500 Internal Server Error")
    assert with_policies(tmp_path, scenario, answer) == (["sts-policy-fetch-error"] * 3 + ["enforce"], 2)


REFUSED = [
    (page("", "301 Moved", more="Location: https://mta-sts.one.example/elsewhere\r\n"), None, "sts-policy-fetch-error"),
    (page(TEXT + "x" * 65536), None, "sts-policy-fetch-error"),
    (page(TEXT, media="text/html"), None, "sts-policy-fetch-error"),
    (page("<html>"), None, "sts-policy-invalid"),
    (page(b"\xff\xfe"), None, "sts-policy-invalid"),
    (page(TEXT), served_by("one.example"), "sts-webpki-invalid"),
    (page(TEXT), served_by(NAME, authority=trustme.CA()), "sts-webpki-invalid"),
]


@pytest.mark.parametrize(("answer", "tls", "result"), REFUSED)
def test_a_page_that_cannot_be_believed_is_no_policy(tmp_path, answer, tls, result):
    async def scenario(outside):
        return await outside.mode()

    assert with_policies(tmp_path, scenario, answer, tls) == result


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254"])
def test_a_policy_host_that_leads_inside_is_not_asked(tmp_path, address):
    async def scenario(outside):
        outside.zone[(NAME, "A")] = (address,)
        return await outside.mode(), outside.web.connections

    assert with_policies(tmp_path, scenario) == ("sts-policy-fetch-error", 0)


def test_a_page_that_is_slow_is_left(tmp_path):
    async def scenario(outside):
        outside.web.answer = None
        return await outside.mode()

    assert with_policies(tmp_path, scenario) == "sts-policy-fetch-error"


def test_a_policy_that_nobody_asks_for_is_swept_away_after_a_year(tmp_path):
    async def scenario(outside):
        await outside.mode()
        for days, kept in ((360, True), (6, False)):
            outside.clock.push(days * 86_400)
            sweep(outside.home, outside.clock.now_us())
            assert (outside.home.engine.read_now(sts.kept, "one.example") is not None) is kept

    with_policies(tmp_path, scenario)


# ── our own ──


class Site:
    wake = clock = door = None

    def __init__(self, home, mode):
        self.home = home
        self._settings = StsSettings(mode=mode)

    def sts_policy(self, domain):
        return published(domain, self._settings, "mx.us.example")


async def visit(app, host):
    """What an ASGI app says to a browser that asks for the policy."""
    said = []
    path = "/.well-known/mta-sts.txt"
    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "root_path": "", "scheme": "http",
        "query_string": b"", "headers": [(b"host", host.encode())], "server": ("127.0.0.1", 80), "http_version": "1.1",
    }  # fmt: skip

    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message):
        said.append(message)

    await app(scope, receive, send)
    return said


OWN = [
    ("mta-sts.us.example", "enforce", 200),
    ("MTA-STS.US.example:8025", "testing", 200),
    ("mta-sts.us.example", "off", 404),
    ("mta-sts.other.example", "enforce", 404),
    ("us.example", "enforce", 404),
    ("www.us.example", "enforce", 404),
    ("", "enforce", 404),
]


@pytest.mark.parametrize(("host", "mode", "status"), OWN)
def test_our_policy_is_told_of_the_domains_here(tmp_path, host, mode, status):
    home = open_home(tmp_path / "data", create=True, synchronous="OFF")
    home.engine.write_now(directory.add_domain, "us.example", START_US)
    try:
        start, body = run(visit(site_app(Site(home, mode)), host))
    finally:
        home.close()
    assert start["status"] == status
    assert dict(start["headers"])[b"content-type"].startswith(b"text/plain")
    assert (b"mx: mx.us.example" in body["body"]) is (status == 200)


class Counting(ZoneResolver):
    def __init__(self, zone):
        super().__init__(zone)
        self.asked = []

    async def lookup(self, question):
        self.asked.append(question.name)
        return await super().lookup(question)


def asked_while_silent(tmp_path, letters=5):
    """How often a name server that never answers is asked for so many letters, and the policy that holds meanwhile."""

    async def scenario(outside):
        modes = [await outside.mode()]
        resolver = outside.policies._resolver = Counting(outside.zone)
        outside.zone["_mta-sts.one.example", "TXT"] = SERVFAIL
        modes += [await outside.mode() for _ in range(letters)]
        count = len(resolver.asked)
        outside.clock.push(policies.SILENT_S + 1)
        outside.announce("v=STSv1; id=1")
        modes.append(await outside.mode())
        return count, len(resolver.asked), set(modes)

    return with_policies(tmp_path, scenario)


def test_a_silent_name_server_delays_one_letter_and_takes_no_policy_away(tmp_path):
    assert asked_while_silent(tmp_path) == (1, 2, {"enforce"})


def test_without_the_memory_each_letter_would_wait(tmp_path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(policies, "SILENT_S", 0)
    assert asked_while_silent(tmp_path) == (5, 6, {"enforce"})


def test_silence_is_remembered_of_so_many_domains_only(tmp_path, monkeypatch):
    monkeypatch.setattr(policies, "MAX_SILENT", 3)

    async def scenario(outside):
        for n in range(10):
            outside.zone[f"_mta-sts.d{n}.example", "TXT"] = SERVFAIL
            await outside.policies.of(f"d{n}.example")
        return len(outside.policies._silent)

    assert with_policies(tmp_path, scenario) <= 3
