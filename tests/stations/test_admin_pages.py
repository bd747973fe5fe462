"""The administrator's pages: who may see them, what they say, and that every act is a line of a journey."""

import asyncio
import re

import pytest

from kit.site import PASSWORD, START_US, WebSite
from kit.stored import filing, letter, relaying, take
from pyeonji.journey.event import Cancelled, Connected, Deferred, Failed, Held, Refused, Released
from pyeonji.journey.receipt import written
from pyeonji.store import journey, queue
from pyeonji.store.accept import SessionRef, record

KIM, LEE, BOSS = "kim@a.test", "lee@a.test", "boss@a.test"
PAGES = ("/admin/", "/admin/queue", "/admin/refused", "/admin/unexplained", "/admin/attempts")
SECOND = 1_000_000


@pytest.fixture
def site(tmp_path):
    found = WebSite(tmp_path)
    yield found
    found.home.close()


def run(talk):
    asyncio.run(talk())


async def admin(site, language="en"):
    browser = site.browser()
    browser.language = language
    await browser.sign_in(BOSS, PASSWORD, "/admin/")
    return browser


def tell(site, *events, number=0, of=None):
    site.home.engine.write_now(record, of, number, START_US, events)


def waits(site, address="lee@b.test", cause="dns.temporary", reply="451 4.4.3 no answer"):
    """A letter that was tried in vain."""
    number = take(site.home, letter(relaying(address), at_us=START_US - 3_600 * SECOND)).number
    site.home.engine.write_now(
        lambda tx: tx.run("UPDATE recipient SET attempts = 2 WHERE message_id = :n", {"n": number})
    )
    tell(site, Deferred(START_US, 1, reply, cause, START_US + SECOND, "mx.b.test", "rcpt"), number=number)
    return number


def events_of(site, number, kind):
    rows = site.home.engine.read_now(journey.of_message, number)
    return [event for row in rows for event in row.events if isinstance(event, kind)]


# ── who ──


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_for_administrators_and_says_nothing_to_others(site, path):
    number = waits(site)

    async def talk():
        stranger = site.browser()
        found = await stranger.go(path)
        assert (found.status, found.headers["location"]) == (303, f"/signin?next={path}")
        await stranger.sign_in(LEE, PASSWORD)
        found = await stranger.go(path)
        assert found.status == 403 and written(number) not in found.text and "b.test" not in found.text
        assert (await (await admin(site)).go(path)).status == 200

    run(talk)


def test_an_administrator_finds_them_from_his_account_and_others_see_no_link(site):
    async def talk():
        assert 'href="/admin/"' in (await (await admin(site)).go("/account")).text
        assert "/admin/" not in (await (await site.of(LEE)).go("/account")).text

    run(talk)


def test_an_act_of_somebody_else_changes_nothing(site):
    number = waits(site)

    async def talk():
        browser = site.browser()
        await browser.sign_in(LEE, PASSWORD)
        await browser.go("/account")  # a page with a token of this browser
        found = await browser.post("/admin/queue", {"act": "hold", "domain": "b.test", "because": "x"})
        assert found.status == 403
        assert events_of(site, number, Held) == []

    run(talk)


def test_a_form_of_another_site_changes_nothing(site):
    number = waits(site)

    async def talk():
        browser = await admin(site)
        await browser.go("/admin/queue?domain=b.test")
        fields = {"act": "hold", "domain": "b.test", "because": "x"}
        assert (await browser.post("/admin/queue", {**fields, "token": "0" * 64})).status == 403
        assert (await browser.post("/admin/queue", fields, origin="https://evil.test")).status == 403
        assert events_of(site, number, Held) == []
        assert (await browser.go("/admin/queue?domain=b.test")).status == 200
        assert (await browser.post("/admin/queue", fields)).status == 303  # the negative control
        assert len(events_of(site, number, Held)) == 1

    run(talk)


# ── what they say ──


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_an_empty_page_teaches_and_needs_no_script(site, path, language):
    async def talk():
        found = await (await admin(site, language)).go(path)
        assert found.status == 200 and "<script" not in found.text and "style=" not in found.text
        assert f'<html lang="{language}">' in found.text
        if path != "/admin/attempts":  # somebody has just logged in
            assert "<code>pyeonji " in found.text

    run(talk)


def test_today_groups_what_waits_by_cause_and_by_who_can_mend_it(site):
    waits(site, "a@b.test"), waits(site, "b@c.test")
    failed = take(site.home, letter(relaying("c@d.test"))).number
    tell(site, Failed(START_US, 1, "550 5.7.26 not aligned", "dmarc.fail", "mx.d.test"), number=failed)

    async def talk():
        browser = await admin(site, "ko")
        text = (await browser.go("/admin/")).text
        assert re.search(r"갈 편지 2통", text) and "DNS를 고치면 되는 편지 1통" in text
        assert text.index("b.test") < text.index("DNS를 고치면 되는")
        english = await (await admin(site)).go("/admin/")
        assert "1 failed, and whoever runs the DNS can mend it" in english.text

    run(talk)


def test_what_others_have_said_is_only_text(site):
    evil = "<script>alert(1)</script>"
    waits(site, reply=f"451 4.4.3 {evil}")
    waits(site, cause="", reply=f"550 {evil}")
    tell(site, Refused(START_US, f"550 {evil}", evil, evil), of=SessionRef(7, START_US, "smtp", "192.0.2.1:25"))

    async def talk():
        browser = await admin(site)
        for path in (*PAGES, "/admin/queue?domain=" + evil):
            text = (await browser.go(path)).text
            assert evil not in text
        assert "&lt;script&gt;" in (await browser.go("/admin/refused")).text

    run(talk)


def test_refusals_stand_with_their_reason_and_their_connection(site):
    peer = SessionRef(7, START_US, "smtp", "192.0.2.1:25")
    tell(
        site, Connected(START_US, "in", "smtp", peer.peer), Refused(START_US, "550 5.7.1 listed", "dnsbl", KIM), of=peer
    )

    async def talk():
        text = (await (await admin(site)).go("/admin/refused")).text
        assert (
            "list of bad addresses" in text.lower()
            and "550 5.7.1 listed" in text
            and f"/s/{written(7)}" in text
            and KIM in text
        )

    run(talk)


def test_replies_without_a_cause_are_put_together_whatever_numbers_stand_in_them(site):
    for at in range(3):
        waits(site, cause="", reply=f"550 xyzzy ticket 12{at} for user{at}@b.test")

    async def talk():
        text = (await (await admin(site)).go("/admin/unexplained")).text
        assert text.count('<q class="words">') == 1 and "3 times" in text
        assert ">3 × 550 xyzzy ticket # for #\n<" in text, "to copy"

    run(talk)


def test_a_name_that_nobody_has_is_not_shown_among_logins(site):
    async def talk():
        await site.browser(peer="192.0.2.77").sign_in("secret-password-in-wrong-field", PASSWORD)
        await site.browser(peer="192.0.2.78").sign_in(LEE, "wrong")
        text = (await (await admin(site)).go("/admin/attempts")).text
        assert "secret-password" not in text and "a name that nobody has" in text
        assert LEE in text and "192.0.2.78" in text

    run(talk)


# ── acts ──

ACTS = [("hold", Held, "held"), ("retry", Released, "waiting"), ("cancel", Cancelled, "cancelled")]


@pytest.mark.parametrize(("act", "kind", "state"), ACTS)
@pytest.mark.parametrize("one", [True, False])
def test_an_act_is_a_line_of_the_journey_with_who_and_why(site, act, kind, state, one):
    number = waits(site)

    async def talk():
        browser = await admin(site)
        await browser.go("/admin/queue?domain=b.test")
        what = {"id": written(number, 1)} if one else {}
        fields = {"act": act, "domain": "b.test", "because": "their server moves", "sure": "yes", **what}
        found = await browser.post("/admin/queue", fields)
        assert (found.status, found.headers["location"]) == (303, f"/admin/queue?done={act}&n=1")
        assert "1 recipients" in (await browser.go(found.headers["location"])).text

    run(talk)
    (event,) = events_of(site, number, kind)
    assert event.because == "their server moves (boss@a.test)"
    assert site.home.engine.read_now(queue.show, number)[0].state == state


def test_what_was_held_is_let_go(site):
    number = waits(site)
    site.home.engine.write_now(queue.hold, number, 1, "x", START_US)

    async def talk():
        browser = await admin(site)
        await browser.go("/admin/queue?domain=b.test")
        await browser.post("/admin/queue", {"act": "release", "domain": "b.test", "because": "moved"})

    run(talk)
    assert [event.because for event in events_of(site, number, Released)] == ["moved (boss@a.test)"]


def test_taking_back_is_asked_once_more_with_how_many_it_would_touch(site):
    number = waits(site)
    waits(site)

    async def talk():
        browser = await admin(site)
        await browser.go("/admin/queue?domain=b.test")
        found = await browser.post("/admin/queue", {"act": "cancel", "domain": "b.test", "because": "spam"})
        assert found.status == 200 and "2 recipients" in found.text and 'value="spam"' in found.text
        assert events_of(site, number, Cancelled) == []
        found = await browser.post(
            "/admin/queue", {"act": "cancel", "domain": "b.test", "because": "spam", "sure": "yes"}
        )
        assert found.headers["location"].endswith("n=2")

    run(talk)


WRONG = [
    ({"act": "hold", "domain": "b.test", "because": "  "}, 422, "Say why"),
    ({"act": "explode", "domain": "b.test", "because": "x"}, 422, "no such button"),
    ({"act": "hold", "domain": "nowhere.test", "because": "x"}, 422, "nothing for which"),
    ({"act": "hold", "domain": "", "id": "no receipt", "because": "x"}, 422, "nothing for which"),
    ({"act": "release", "domain": "b.test", "because": "x"}, 422, "nothing for which"),
]


@pytest.mark.parametrize(("fields", "status", "words"), WRONG)
def test_what_cannot_be_done_is_one_sentence(site, fields, status, words):
    number = waits(site)

    async def talk():
        browser = await admin(site)
        await browser.go("/admin/queue?domain=b.test")
        found = await browser.post("/admin/queue", fields)
        assert found.status == status and words in found.text
        assert events_of(site, number, (Held, Released, Cancelled)) == []

    run(talk)


def test_a_destination_is_tried_once_a_minute_and_the_page_says_why(site):
    number = waits(site)

    async def talk():
        browser = await admin(site)
        await browser.go("/admin/queue?domain=b.test")
        fields = {"act": "retry", "domain": "b.test", "because": "now"}
        assert (await browser.post("/admin/queue", fields)).status == 303
        await browser.go("/admin/queue?domain=b.test")
        found = await browser.post("/admin/queue", {**fields, "id": written(number, 1)})
        assert found.status == 429 and "A server that is pressed answers later: again in 60 s" in found.text
        site.clock.push(61)
        await browser.go("/admin/queue?domain=b.test")
        assert (await browser.post("/admin/queue", fields)).status == 303

    run(talk)


def test_a_reason_of_any_length_and_kind_is_one_short_line(site):
    number = waits(site)

    async def talk():
        browser = await admin(site)
        await browser.go("/admin/queue?domain=b.test")
        await browser.post("/admin/queue", {"act": "hold", "domain": "b.test", "because": "x\r\ny" + "z" * 500})

    run(talk)
    (event,) = events_of(site, number, Held)
    assert event.because.startswith("x\\r\\nyzz") and len(event.because) < 220


def test_letters_that_are_here_already_wait_for_nobody(site):
    take(site.home, letter(filing(site.home, KIM)))

    async def talk():
        assert "Nothing waits" in (await (await admin(site)).go("/admin/queue")).text

    run(talk)
