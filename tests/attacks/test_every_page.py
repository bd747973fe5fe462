"""Every page and every form there is, found by asking the application itself: none is forgotten when one is added.

What a form of elsewhere does is looked for in the store: nothing in it may be another.
"""

import asyncio
import re

import pytest
from starlette.routing import Route

from kit.letters_of_three import AT, BOSS, EVIL, KIM, NUMBER, SECOND, SUBJECT, take
from kit.site import WebSite
from pyeonji.journey.receipt import written
from pyeonji.store import support
from pyeonji.store.support import SupportCode
from pyeonji.web import security
from pyeonji.web.security import HEADERS
from pyeonji.web.signin.sessions import COOKIE, Sessions, digest_of

FORM = "application/x-www-form-urlencoded"
LINK = "a-link-of-somebody"
# What stands for the parts of paths.
PARTS = {"number": written(NUMBER), "act": "cancel", "token": LINK}
# Public files and what programs ask for: no form of a person, and nothing is kept.
FOR_PROGRAMS = {"/autodiscover/autodiscover.xml", "/Autodiscover/Autodiscover.xml", "/AutoDiscover/AutoDiscover.xml"}
KEPT = {"/pyeonji.css", "/live.js", "/passkey.js", "/copy.js", "/lab.js"}  # the same for everybody
INLINE = re.compile(rb"<script(?![^>]* src=)|<style|\son[a-z]+\s*=|\sstyle\s*=|javascript:", re.IGNORECASE)


@pytest.fixture
def site(tmp_path):
    found = WebSite(tmp_path)
    found.clock.push((AT + 60 * SECOND - found.clock.now_us()) / 1e6)
    take(found.home, EVIL + SUBJECT)
    found.home.engine.write_now(support.add, SupportCode("K7M32QXD9TAB", 0, NUMBER, (), AT), digest_of(LINK))
    yield found
    found.home.close()


def run(talk):
    return asyncio.run(talk())


def routes(site):
    """(path, methods) of every page."""
    pages = site.app._pages._app
    assert all(isinstance(one, Route) for one in pages.routes)
    found = [(re.sub(r"\{(\w+)\}", lambda part: PARTS[part[1]], one.path), one.methods) for one in pages.routes]
    assert len(found) > 40
    return found


def to_read(site):
    return sorted({path for path, methods in routes(site) if methods is None or "GET" in methods} - {STREAM})


STREAM = f"/j/{written(NUMBER)}/live"  # it does not end


def to_send(site):
    return sorted({path for path, methods in routes(site) if methods is not None and "POST" in methods} - FOR_PROGRAMS)


def stored(site):
    """All that is kept, but for when somebody was seen and who has tried to sign in."""
    names = [row[0] for row in site.home.engine.read_now(lambda tx: tx.all("SELECT name FROM sqlite_master"
             " WHERE type = 'table' AND name NOT LIKE 'login%' AND sql IS NOT NULL"))]  # fmt: skip
    sessions = "SELECT digest, account_id, proved_us FROM web_session"

    def everything(tx):
        return {n: sorted(map(repr, tx.all(sessions if n == "web_session" else f"SELECT * FROM {n}"))) for n in names}

    return site.home.engine.read_now(everything)


# ── what pages say ──


def test_every_page_and_file_is_framed_nowhere_runs_our_scripts_only_and_is_kept_nowhere(site):
    async def story():
        wrong, seen = [], 0
        for browser in (await site.of(BOSS), await site.of(KIM), site.browser()):
            for path in (*to_read(site), "/nothing", "/j/K7M3", f"/j/{written(NUMBER)}?level=raw", f"/?q={EVIL}"):
                found = await browser.go(path)
                kept = {"cache-control": "max-age=60" if path in KEPT else "no-store"}
                wanted = {**HEADERS, **kept}
                wrong += [(path, name) for name, value in wanted.items() if found.headers.get(name) != value]
                shown = found.body if "html" in found.headers.get("content-type", "") else b""
                wrong += [(path, said[0]) for said in INLINE.finditer(shown)]
                seen += found.status == 200
        assert wrong == [] and seen > 40

    run(story)


def test_every_cookie_is_for_us_alone(site):
    async def story():
        browser = await site.of(BOSS)
        lines = [line for path in to_read(site) for line in (await browser.go(path + "?lang=ko&level=tech")).lines]
        lines += (await site.browser().go("/signin")).lines
        names = {line.partition("=")[0] for line in lines}
        assert {"__Host-pyeonji-before", "lang", "level"} <= names
        for line in lines:
            said = line.lower()
            assert "httponly" in said and ("samesite=strict" in said or "samesite=lax" in said)
            assert "domain=" not in said and ("secure" in said or not said.startswith("__host-"))

    run(story)


@pytest.mark.parametrize("host", ["evil.test", "evil.test:80", "mail.a.test.evil.test"])
def test_what_the_browser_calls_us_is_in_no_page(site, host):
    """A link in a page that is kept, or sent to somebody, would lead to whoever wrote the Host field."""

    async def story():
        browser = await site.of(BOSS)
        browser.host = host
        for path in to_read(site):
            found = await browser.go(path, **{"x-forwarded-host": "evil.test", "forwarded": "host=evil.test"})
            assert b"evil.test" not in found.body + found.headers.get("location", "").encode(), path

    run(story)


# ── what forms do ──


async def sent(site, how):
    """Each form of the administrator's browser, sent as `how` says: (path, status) of those that did something."""
    browser, other = await site.of(BOSS), await site.of(KIM)
    await browser.go("/account")
    token = browser.hidden("token")
    await other.go("/account")
    fields, method, headers = how(token, other.hidden("token"))
    done = []
    for path in to_send(site):
        before = stored(site)
        body = "&".join(f"{name}={value}" for name, value in fields.items()).encode()
        found = await browser.go(path, method, body, **{"content-type": FORM, **headers})
        if found.status not in (403, 404, 405) or stored(site) != before or COOKIE not in browser.cookies:
            done.append((path, found.status))
            await browser.sign_in(BOSS, "correct horse")
    return done


# Enough for any of the forms.
FILLED = {
    "n": "3", "act": "hold", "id": f"{written(NUMBER)}", "domain": "", "because": "", "session": "", "address": "x@y.z",
    "to": "minsu@school.example", "login": KIM, "password": "correct%20horse",
}  # fmt: skip

FORGED = {
    "no token": lambda own, other: (FILLED, "POST", {}),
    "an empty token": lambda own, other: (FILLED | {"token": ""}, "POST", {}),
    "somebody else's token": lambda own, other: (FILLED | {"token": other}, "POST", {}),
    "a token cut short": lambda own, other: (FILLED | {"token": own[:-1]}, "POST", {}),
    "a token that is no ASCII": lambda own, other: (FILLED | {"token": "%ED%8E%B8"}, "POST", {}),
    "by another site": lambda own, other: (FILLED | {"token": own}, "POST", {"sec-fetch-site": "cross-site"}),
    "by a neighbour": lambda own, other: (FILLED | {"token": own}, "POST", {"sec-fetch-site": "same-site"}),
    "of another origin": lambda own, other: (FILLED | {"token": own}, "POST", {"origin": "https://evil.test"}),
    "of no origin": lambda own, other: (FILLED | {"token": own}, "POST", {"origin": "null"}),
    "of an origin with our name in it": lambda own, other: (
        FILLED | {"token": own}, "POST", {"origin": "https://mail.a.test.evil.test"},
    ),
    "as text": lambda own, other: (FILLED | {"token": own}, "POST", {"content-type": "text/plain"}),
    "as a file": lambda own, other: (FILLED | {"token": own}, "POST", {"content-type": "multipart/form-data"}),
    "in another method's name": lambda own, other: (
        FILLED | {"_method": "POST"}, "POST", {"x-http-method-override": "PUT"},
    ),
    "by PUT": lambda own, other: (FILLED | {"token": own}, "PUT", {}),
    "by DELETE": lambda own, other: (FILLED | {"token": own}, "DELETE", {}),
}  # fmt: skip


@pytest.mark.parametrize("how", FORGED.values(), ids=FORGED)
def test_no_form_that_is_not_ours_does_anything(site, how):
    assert run(lambda: sent(site, how)) == []


def test_to_read_changes_nothing(site):
    async def story():
        browser = await site.of(BOSS)
        before = stored(site)
        for path in (*to_read(site), *to_send(site)):
            await browser.go(path + "?token=x&act=hold&n=3&to=minsu@school.example&domain=school.example")
            await browser.go(path, "HEAD")
        assert stored(site) == before

    run(story)


def test_without_the_looks_at_where_it_comes_from_forms_of_elsewhere_would_do_what_they_say(site, monkeypatch):
    """Negative control: the forms are filled in well enough to do something."""
    monkeypatch.setattr(Sessions, "is_token", lambda self, request, token: True)
    monkeypatch.setattr(security, "is_from_here", lambda scope: True)
    done = {path for path, _ in run(lambda: sent(site, FORGED["by another site"]))}
    assert {"/signin", "/account/sessions/end", "/admin/queue", f"/j/{written(NUMBER)}/cancel", "/signout"} <= done
