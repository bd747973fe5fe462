"""Signing in with a browser: passwords, codes by the clock, passkeys, links; sessions that begin and end."""

import asyncio
import re
from dataclasses import replace

import pytest

from kit.authenticator import Authenticator
from kit.site import PASSWORD, START_US, WebSite
from pyeonji.proto import totp
from pyeonji.proto.webauthn import Asked, text
from pyeonji.store import directory, login_links, passkeys, second_factors, web_sessions
from pyeonji.web.qr import qr
from pyeonji.web.signin.browsers import named
from pyeonji.web.signin.sessions import COOKIE, digest_of

KIM = "kim@a.test"
SITE = Asked("", "https://mail.a.test", "mail.a.test")


@pytest.fixture
def site(tmp_path):
    found = WebSite(tmp_path)
    yield found
    found.home.close()


def run(talk):
    asyncio.run(talk())


def test_who_says_the_password_is_in_and_goes_on_where_he_wanted_to(site):
    async def talk():
        browser = site.browser()
        assert (await browser.go("/account")).headers["location"] == "/signin?next=/account"
        found = await browser.sign_in("Kim@A.test", PASSWORD, "/account?x=1")
        assert (found.status, found.headers["location"]) == (303, "/account?x=1")
        assert "kim@a.test" in (await browser.go("/account")).text

    run(talk)


def test_the_cookie_is_of_this_host_alone_and_its_bits_are_not_in_the_store(site):
    async def talk():
        browser = site.browser()
        found = await browser.sign_in(KIM, PASSWORD)
        sent = [line for line in found.lines if line.startswith(COOKIE + "=")]
        for word in ("secure", "httponly", "samesite=strict", "path=/"):
            assert word in sent[0].casefold()
        assert "domain" not in sent[0].casefold()
        kept = site.home.engine.read_now(lambda tx: tx.all("SELECT * FROM web_session"))
        assert browser.cookies[COOKIE] not in str(kept) and digest_of(browser.cookies[COOKIE]) in str(kept)

    run(talk)


def test_who_is_refused_hears_the_same_whether_there_is_such_an_account(site):
    async def talk():
        answers = []
        for login, password in (
            (KIM, "wrong"),
            ("nobody@a.test", "wrong"),
            ("no address", "wrong"),
            ("", ""),
            (KIM, ""),
        ):
            browser = site.browser(peer=f"192.0.2.{len(answers) + 10}")
            found = await browser.sign_in(login, password)
            answers.append((found.status, found.text.replace(f'value="{login}"', 'value=""')))
        names = re.compile("kim@a.test|nobody@a.test|no address|you@example.com")
        fixed = {(status, names.sub("X", _without_marks(page))) for status, page in answers}
        assert len(fixed) == 1 and answers[0][0] == 401

    run(talk)


def _without_marks(page):
    return re.sub(r'(token" value|data-challenge|name="challenge" value)="[^"]*"', r"\1", page)


def test_a_disabled_account_is_out_at_once(site):
    async def talk():
        browser = await site.of(KIM)
        site.home.engine.write_now(directory.disable, site.people[KIM], True)
        assert (await browser.go("/account")).status == 303
        assert (await browser.sign_in(KIM, PASSWORD)).status == 401

    run(talk)


def test_who_fails_too_often_waits_and_the_owner_is_let_in_from_where_he_is_known(site):
    async def talk():
        owner = await site.of(KIM, peer="198.51.100.7")
        await site.logins.attempts.flush()
        await owner.go("/account")
        await owner.post("/signout", {})
        stranger = site.browser(peer="203.0.113.1")
        seen = set()
        for _ in range(40):
            seen.add((await stranger.sign_in(KIM, "guess")).status)
            if 429 in seen:
                break
        assert seen == {401, 429}
        assert (await stranger.sign_in(KIM, PASSWORD)).status == 429
        assert (await owner.sign_in(KIM, PASSWORD)).status == 303

    run(talk)


def test_signing_out_ends_the_session_in_the_store_too(site):
    async def talk():
        browser = await site.of(KIM)
        stolen = dict(browser.cookies)
        await browser.go("/account")
        assert (await browser.post("/signout", {})).status == 303
        browser.cookies = stolen
        assert (await browser.go("/account")).status == 303

    run(talk)


def test_a_session_that_is_not_used_is_over(site):
    async def talk():
        browser = await site.of(KIM)
        site.clock.push(web_sessions.IDLE_US / 1e6 - 1)
        assert (await browser.go("/account")).status == 200
        site.clock.push(web_sessions.IDLE_US / 1e6 - 1)
        assert (await browser.go("/account")).status == 200
        site.clock.push(web_sessions.IDLE_US / 1e6)
        assert (await browser.go("/account")).status == 303

    run(talk)


def test_one_sees_ones_sessions_and_ends_them_and_nobody_elses(site):
    async def talk():
        laptop, phone = await site.of(KIM), await site.of(KIM, peer="198.51.100.9")
        lee = await site.of("lee@a.test")
        page = (await laptop.go("/account")).text
        assert "192.0.2.1" in page and "198.51.100.9" in page
        await lee.go("/account")
        assert (await lee.post("/account/sessions/end", {"session": digest_of(phone.cookies[COOKIE])})).status == 303
        assert (await phone.go("/account")).status == 200
        await laptop.go("/account")
        await laptop.post("/account/sessions/end", {"session": ""})
        assert [(await one.go("/account")).status for one in (laptop, phone, lee)] == [200, 303, 200]

    run(talk)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
         "Chrome · Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0"
         " Safari/605.1.15", "Safari · macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 CriOS/140.0 Mobile Safari/604.1",
         "Chrome · iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0", "Edge · Windows"),
        ("curl/8.5.0", "curl/8.5.0"), ("", ""),
    ],
)  # fmt: skip
def test_a_browser_is_called_as_people_call_it(said, name):
    assert named(said) == name


def test_what_guards_the_account_changes_only_after_the_password(site):
    async def talk():
        browser = await site.of(KIM)
        site.clock.push(601)
        await browser.go("/account")
        assert (await browser.post("/account/codes", {})).status == 403
        assert site.home.engine.read_now(second_factors.of_account, site.people[KIM]) is None
        assert (await browser.post("/account/prove", {"password": "wrong"})).status == 401
        assert (await browser.post("/account/prove", {"password": PASSWORD, "next": "//evil.test"})).headers[
            "location"
        ] == "/account"
        await browser.go("/account")
        assert (await browser.post("/account/codes", {})).status == 303

    run(talk)


async def with_codes(site):
    """Codes by the clock for kim; the secret and the recovery codes."""
    browser = await site.of(KIM)
    await browser.go("/account")
    await browser.post("/account/codes", {})
    written = site.home.engine.read_now(second_factors.of_account, site.people[KIM]).secret
    secret, page = totp.read(written), (await browser.go("/account")).text
    assert qr(totp.link(written, KIM, site.hostname)) in page and f'value="{written}"' in page
    assert (await browser.post("/account/codes/confirm", {"code": "000000"})).status == 401
    page = await browser.post(
        "/account/codes/confirm", {"code": totp.code_at(secret, site.clock.now_us() // 30_000_000)}
    )
    import re

    return secret, re.findall(r"<li><code>([a-z0-9-]{19})</code>", page.text)


def test_a_code_is_asked_for_after_the_password_and_is_good_once(site):
    async def talk():
        secret, _ = await with_codes(site)
        site.clock.push(60)
        code = totp.code_at(secret, site.clock.now_us() // 30_000_000)
        browser = site.browser()
        found = await browser.sign_in(KIM, PASSWORD, "/account")
        assert found.status == 200 and COOKIE not in browser.cookies
        proof = browser.hidden("proof")
        assert (await browser.post("/signin/code", {"proof": proof, "code": "123456"})).status == 401
        found = await browser.post("/signin/code", {"proof": proof, "code": code, "next": "/account"})
        assert (found.status, found.headers["location"]) == (303, "/account")
        other = site.browser()
        await other.sign_in(KIM, PASSWORD)
        found = await other.post("/signin/code", {"proof": other.hidden("proof"), "code": code})
        assert found.status == 401, "the code was used"

    run(talk)


def test_that_the_password_was_right_is_of_one_browser_and_of_five_minutes(site):
    async def talk():
        secret, _ = await with_codes(site)
        site.clock.push(60)
        code = lambda: totp.code_at(secret, site.clock.now_us() // 30_000_000)  # noqa: E731
        victim, thief = site.browser(), site.browser()
        await victim.sign_in(KIM, PASSWORD)
        proof = victim.hidden("proof")
        await thief.go("/signin")
        found = await thief.post("/signin/code", {"proof": proof, "code": code()})
        assert found.status == 401 and "Start again" in found.text
        for forged in ("", "1.1.x", f"{site.people[KIM]}.{site.clock.now_us()}.", proof[:-1]):
            await victim.go("/signin")
            assert (await victim.post("/signin/code", {"proof": forged, "code": code()})).status == 401
        site.clock.push(301)
        await victim.go("/signin")
        assert (await victim.post("/signin/code", {"proof": proof, "code": code()})).status == 401

    run(talk)


def test_a_recovery_code_opens_once(site):
    async def talk():
        _, codes = await with_codes(site)
        assert len(set(codes)) == 10
        statuses = []
        for _ in range(2):
            browser = site.browser()
            await browser.sign_in(KIM, PASSWORD)
            typed = codes[0].upper().replace("-", " ")
            statuses.append(
                (await browser.post("/signin/code", {"proof": browser.hidden("proof"), "code": typed})).status
            )
        assert statuses == [303, 401]

    run(talk)


def test_guesses_at_codes_are_counted_like_guesses_at_passwords(site):
    async def talk():
        await with_codes(site)
        browser = site.browser(peer="203.0.113.4")
        await browser.sign_in(KIM, PASSWORD)
        proof, seen = browser.hidden("proof"), []
        for _ in range(60):
            seen.append((await browser.post("/signin/code", {"proof": proof, "code": "123456"})).status)
            if seen[-1] == 429:
                break
        assert seen[-1] == 429

    run(talk)


async def with_passkey(site, device):
    browser = await site.of(KIM)
    await browser.go("/account")
    said = browser.hidden("challenge")
    client, attestation = device.make(replace(SITE, challenge=said))
    fields = {"challenge": said, "client": client, "attestation": attestation, "name": "phone"}
    return browser, await browser.post("/account/passkeys", fields)


def test_a_passkey_signs_in_without_the_password_and_no_answer_is_good_twice(site):
    async def talk():
        device = Authenticator()
        _, made = await with_passkey(site, device)
        assert made.status == 303
        site.clock.push(1)
        browser = site.browser()
        await browser.go("/signin")
        said = browser.hidden("challenge")
        client, data, signature = device.use(replace(SITE, challenge=said))
        fields = {"challenge": said, "credential": text(device.credential), "client": client, "data": data,
                  "signature": signature, "next": "/account"}  # fmt: skip
        before = dict(browser.cookies), browser.page
        found = await browser.post("/signin/passkey", fields)
        assert (found.status, found.headers["location"]) == (303, "/account")
        assert (await browser.go("/account")).status == 200
        browser.cookies, browser.page = before
        assert (await browser.post("/signin/passkey", fields)).status == 401
        assert site.home.engine.read_now(passkeys.find, text(device.credential)).counter == 2

    run(talk)


@pytest.mark.parametrize("lie", ["challenge of another browser", "old challenge", "other site", "other key", "unknown"])
def test_a_passkey_that_answers_something_else_opens_nothing(site, lie):
    async def talk():
        device = Authenticator()
        await with_passkey(site, device)
        site.clock.push(1)
        browser, other = site.browser(), site.browser()
        await other.go("/signin")
        await browser.go("/signin")
        said = (other if lie == "challenge of another browser" else browser).hidden("challenge")
        if lie == "old challenge":
            site.clock.push(301)
        answering = Authenticator() if lie == "other key" else device
        answering.counter = 9
        asked = replace(SITE, challenge=said)
        client, data, signature = answering.use(asked, site="evil.test" if lie == "other site" else None)
        credential = text(b"somebody else's" if lie == "unknown" else device.credential)
        fields = {"challenge": said, "credential": credential, "client": client, "data": data, "signature": signature}
        found = await browser.post("/signin/passkey", fields)
        assert found.status == 401 and COOKIE not in browser.cookies

    run(talk)


def test_a_passkey_belongs_to_one_account(site):
    async def talk():
        device = Authenticator()
        await with_passkey(site, device)
        site.clock.push(1)
        browser, again = await with_passkey(site, device)
        assert again.status == 422 and "No passkey" in again.text
        await browser.post("/account/passkeys/remove", {"credential": text(device.credential)})
        assert site.home.engine.read_now(passkeys.of_account, site.people[KIM]) == []

    run(talk)


def test_a_link_signs_in_once_and_only_by_its_button(site):
    async def talk():
        now = START_US
        site.home.engine.write_now(login_links.add, digest_of("t0ken"), site.people[KIM], now, now + 600_000_000)
        browser = site.browser()
        for _ in range(3):
            assert (await browser.go("/signin/link/t0ken")).status == 200  # whoever looks at links uses nothing up
        found = await browser.post("/signin/link/t0ken", {})
        assert (found.status, found.headers["location"]) == (303, "/account")
        other = site.browser()
        await other.go("/signin/link/t0ken")
        assert (await other.post("/signin/link/t0ken", {})).status == 401

    run(talk)


def test_a_page_from_elsewhere_is_asked_for_again_by_itself_because_the_cookie_is_strict(site):
    async def talk():
        browser = site.browser()
        page = await browser.go("/signin?next=/account", **{"sec-fetch-site": "cross-site"})
        assert '<meta http-equiv="refresh" content="0;url=/account">' in page.text
        assert "http-equiv" not in (await browser.go("/signin?next=/account")).text

    run(talk)


def test_who_has_just_said_it_may(site):
    """Negative control of the one above: the same form, from who has proved to be the owner."""

    async def talk():
        browser = await site.of(KIM)
        await browser.go("/account")
        assert (await browser.post("/account/codes", {})).status == 303
        assert site.home.engine.read_now(second_factors.of_account, site.people[KIM]) is not None

    run(talk)


def test_the_commands_make_an_administrator_and_a_link(site, capsys):
    from pyeonji.cli import main

    data = str(site.home.data)
    assert main(["account", "admin", "lee@a.test", "on", "--data", data, "--lang", "en"]) == 0
    assert main(["account", "login-link", KIM, "--data", data, "--lang", "en", "--json"]) == 0
    assert '"url": "https://' in capsys.readouterr().out
    assert main(["account", "admin", "nobody@a.test", "on", "--data", data]) == 1
