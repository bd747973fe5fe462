"""Attacks on who is signed in (reliability W01, W07): each is seen to work when what stops it is switched off."""

import asyncio
import contextlib
import ipaddress
import urllib.parse

import pytest
from starlette.requests import Request

from kit.site import PASSWORD, WebSite
from pyeonji.directory.guard import Guard
from pyeonji.directory.settings import GuardSettings
from pyeonji.store import web_sessions
from pyeonji.web import pages, security
from pyeonji.web.security import HEADERS, peer_of
from pyeonji.web.signin import door
from pyeonji.web.signin.sessions import BEFORE, COOKIE, Sessions, digest_of
from stations.test_signin import with_codes

KIM = "kim@a.test"


@pytest.fixture
def site(tmp_path):
    found = WebSite(tmp_path)
    yield found
    found.home.close()


def run(talk):
    return asyncio.run(talk())


def forged(site, browser, **headers):
    """A form on another page sends the browser's owner's sessions away."""
    fields = urllib.parse.urlencode({"session": ""}).encode()
    content = {"content-type": "application/x-www-form-urlencoded", **headers}
    return browser.go("/account/sessions/end", "POST", fields, **content)


def left(site):
    return len(site.home.engine.read_now(web_sessions.of_account, site.people[KIM]))


@pytest.mark.parametrize("guarded", [True, False])
def test_a_form_of_another_page_does_nothing(site, monkeypatch, guarded):
    async def talk():
        browser = await site.of(KIM)
        await site.of(KIM)
        if not guarded:
            monkeypatch.setattr(Sessions, "is_token", lambda self, request, token: True)
            monkeypatch.setattr(security, "is_from_here", lambda scope: True)
        for headers in ({"origin": "https://evil.test"}, {"origin": "null"}, {}):
            await forged(site, browser, **headers)
        assert left(site) == (2 if guarded else 1)

    run(talk)


def test_the_origin_alone_stops_it_and_so_does_the_token(site, monkeypatch):
    async def talk():
        browser = await site.of(KIM)
        await site.of(KIM)
        await browser.go("/account")
        token = browser.hidden("token")
        assert (
            await browser.post("/account/sessions/end", {"token": token, "session": ""}, "https://evil.test")
        ).status == 403
        other = await site.of("lee@a.test")
        await other.go("/account")
        found = await browser.post("/account/sessions/end", {"token": other.hidden("token"), "session": ""})
        assert found.status == 403 and left(site) == 2
        assert (
            await browser.go("/account/sessions/end", "POST", b"{}", **{"content-type": "text/plain"})
        ).status == 403

    run(talk)


@pytest.mark.parametrize("guarded", [True, False])
def test_a_session_laid_out_by_somebody_else_is_not_the_one_that_is_signed_in(site, monkeypatch, guarded):
    """Session fixation: the attacker knows the cookie that the victim brings."""

    async def talk():
        victim = site.browser()
        victim.cookies[COOKIE] = "known-to-the-attacker"
        if not guarded:
            monkeypatch.setattr("pyeonji.web.signin.sessions.secrets.token_urlsafe", lambda n: "known-to-the-attacker")
        await victim.sign_in(KIM, PASSWORD)
        attacker = site.browser()
        attacker.cookies[COOKIE] = "known-to-the-attacker"
        assert (await attacker.go("/account")).status == (303 if guarded else 200)

    run(talk)


def test_nobody_is_signed_in_as_somebody_else_without_knowing(site):
    """Login CSRF: the attacker's own password, in a form that the victim's browser sends."""

    async def talk():
        attacker, victim = site.browser(), site.browser()
        await attacker.go("/signin")
        await victim.go("/signin")
        found = await victim.post("/signin", {"token": attacker.hidden("token"), "login": KIM, "password": PASSWORD})
        assert found.status == 403 and COOKIE not in victim.cookies
        del victim.cookies[BEFORE]
        assert (await victim.post("/signin", {"login": KIM, "password": PASSWORD})).status == 403

    run(talk)


@pytest.mark.parametrize(
    "where",
    ["//evil.test", "https://evil.test/", "/\\evil.test", "\\\\evil.test", "javascript:alert(1)", "/%0d%0aX: y", "evil",
     "/\t/evil.test", "/a\r\nSet-Cookie: x=y", "///evil.test", "/" + "a" * 600, "http:evil.test", ""],
)  # fmt: skip
def test_nobody_is_sent_to_another_site(site, where):
    async def talk():
        found = await site.browser().sign_in(KIM, PASSWORD, where)
        assert found.status == 303
        assert found.headers["location"] in ("/", urllib.parse.quote(where, safe="/%"))
        assert not found.headers["location"].startswith("//")
        assert "evil" not in urllib.parse.urlsplit(found.headers["location"]).netloc

    run(talk)


def test_an_open_redirect_is_seen_without_the_guard(site, monkeypatch):
    monkeypatch.setattr("pyeonji.web.signin.door.safe_next", lambda path, otherwise="/": path)

    async def talk():
        found = await site.browser().sign_in(KIM, PASSWORD, "//evil.test")
        assert found.headers["location"] == "//evil.test"

    run(talk)


@pytest.mark.parametrize("path", ["/signin", "/account", "/signin/link/x", "/passkey.js"])
def test_every_page_says_that_it_is_framed_nowhere_and_runs_only_our_scripts(site, path):
    async def talk():
        browser = await site.of(KIM)
        found = await browser.go(path)
        policy = found.headers["content-security-policy"]
        assert policy == HEADERS["content-security-policy"]
        assert "frame-ancestors 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
        assert found.headers["x-content-type-options"] == "nosniff"
        assert "onclick" not in found.text and "<script>" not in found.text and "style=" not in found.text

    run(talk)


EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}'


def test_what_is_typed_or_said_by_a_browser_is_text(site):
    async def talk():
        browser = site.browser()
        page = (await browser.sign_in(EVIL, "x", "/")).text
        assert "<script>alert" not in page and "&lt;script&gt;" in page and "49" not in page.split("signin")[0]
        page = (await browser.go(f"/signin/link/{urllib.parse.quote(EVIL, safe='')}")).text
        assert "<script>alert" not in page
        await browser.go("/signin")
        await browser.post("/signin", {"login": KIM, "password": PASSWORD}, **{"user-agent": EVIL})
        page = (await browser.go("/account")).text
        assert "<script>alert" not in page and "&lt;script&gt;" in page

    run(talk)


def test_a_cookie_from_the_store_opens_nothing(site):
    async def talk():
        browser = await site.of(KIM)
        thief = site.browser()
        thief.cookies[COOKIE] = digest_of(browser.cookies[COOKIE])
        assert (await thief.go("/account")).status == 303

    run(talk)


def test_without_escaping_it_would_be_a_script(site, monkeypatch):
    monkeypatch.setattr(pages, "_templates", pages._templates.overlay(autoescape=False, cache_size=0))

    async def talk():
        assert "<script>alert(1)" in (await site.browser().sign_in(EVIL, "x", "/")).text

    run(talk)


def guessed_at_once(site, monkeypatch, count):
    """How many of so many codes, all sent at the same moment, were looked at."""
    looked = []
    real = door._take_code

    def noted(tx, account_id, code, now_s):
        looked.append(code)
        return real(tx, account_id, code, now_s)

    monkeypatch.setattr(door, "_take_code", noted)

    async def talk():
        await with_codes(site)
        browsers = [site.browser(peer=f"203.0.113.{at}") for at in range(count)]
        for browser in browsers:
            await browser.sign_in(KIM, PASSWORD)
        await asyncio.gather(*(
            browser.post("/signin/code", {"proof": browser.hidden("proof"), "code": f"{at:06}"})
            for at, browser in enumerate(browsers)
        ))  # fmt: skip

    asyncio.run(talk())
    return len(looked)


def test_codes_that_are_guessed_at_the_same_moment_are_counted(site, monkeypatch):
    """A code has six digits: whoever may try a thousand at once needs a day."""
    assert guessed_at_once(site, monkeypatch, 60) <= GuardSettings().failed_by_name


def test_without_counting_those_under_way_all_would_be_looked_at(site, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(Guard, "trying", lambda self, login: contextlib.nullcontext())
    assert guessed_at_once(site, monkeypatch, 60) == 60


def guessed_through(site, **headers):
    """How many passwords somebody may guess by way of a proxy on this machine, of sixty; each from where he says."""

    async def talk():
        heard = 0
        for at in range(60):
            browser = site.browser(peer="127.0.0.1")
            await browser.go("/signin")
            said = {name: text.format(at) for name, text in headers.items()}
            found = await browser.post("/signin", {"login": KIM, "password": f"guess {at}"}, **said)
            heard += found.status == 401
        return heard

    return asyncio.run(talk())


@pytest.fixture
def usual(site):
    """With the peers that are exempt where nothing is configured."""
    site.guard._exempt = [ipaddress.ip_network(text) for text in GuardSettings().exempt]
    return site


def test_whoever_comes_through_a_proxy_on_this_machine_is_counted(usual):
    assert guessed_through(usual, **{"x-forwarded-for": "203.0.113.7"}) <= GuardSettings().failed_by_name


@pytest.mark.parametrize("said", ["203.0.113.{}", "127.0.0.1, 203.0.113.{}", "2001:db8:{}::1"])
def test_and_so_is_the_name_that_he_tries_from_everywhere(usual, said):
    assert guessed_through(usual, **{"x-forwarded-for": said}) <= GuardSettings().failed_by_name


def test_without_that_he_would_be_the_proxy_which_nobody_counts(usual, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(door, "peer_of", lambda request: request.client.host)
    assert guessed_through(usual, **{"x-forwarded-for": "203.0.113.7"}) == 60


@pytest.mark.parametrize("said", ["198.51.100.1", "127.0.0.1", "nonsense", "127.0.0.1, "])
def test_of_nobody_else_it_is_believed(said):
    fields = [(b"x-forwarded-for", b"198.51.100.1"), (b"x-forwarded-for", b"203.0.113.9")]  # as HAProxy adds its own
    assert peer_of(Request({"type": "http", "client": ("127.0.0.1", 1), "headers": fields})) == "203.0.113.9"
    asked = Request({"type": "http", "client": ("203.0.113.9", 1), "headers": [(b"x-forwarded-for", said.encode())]})
    assert peer_of(asked) == "203.0.113.9"


@pytest.mark.parametrize("path", ["/?q=a%00b", "/admin/queue?domain=%00", "/signin?next=/%00"])
def test_a_nul_reaches_no_store(site, path):
    """PostgreSQL takes none: it had been "the store does not answer", and a SQLite that does would keep it."""

    async def talk():
        boss = await site.of("boss@a.test")
        assert (await boss.go(path)).status == 403
        assert (await boss.go(path.replace("%00", "%01"))).status == 200  # the control: it is the NUL
        await boss.go("/account")
        fields = {"token": boss.hidden("token"), "domain": "a.test", "act": "hold"}
        assert (await boss.post("/admin/queue", fields | {"because": "a\0b"})).status == 403
        assert (await boss.post("/admin/queue", fields | {"because": "a"})).status == 422  # nothing waits there

    run(talk)
