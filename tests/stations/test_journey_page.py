"""The page of a letter on a server: who sees what on it, in every form, and who may do what there."""

import asyncio
import datetime
import json
import re
import urllib.parse
from html import unescape

import pytest
from msgspec.structs import replace

from kit.letters_of_three import (
    AT,
    BODY,
    BOSS,
    EVE,
    EVIL,
    FAR,
    IP,
    KIM,
    LEE,
    NUMBER,
    SECOND,
    SUBJECT,
    lines,
    state,
    take,
)
from kit.patience import PATIENCE_S
from kit.site import WebSite
from pyeonji.journey import event as e
from pyeonji.journey.event import pack, unpack
from pyeonji.journey.receipt import compact, written
from pyeonji.journey.steps import Step
from pyeonji.journey.story import Story
from pyeonji.store import support
from pyeonji.store.accept import SessionRef, record
from pyeonji.store.engine.base import Unavailable
from pyeonji.store.support import SupportCode
from pyeonji.web.journey.proof import proof
from pyeonji.web.letter import Reader
from pyeonji.web.signin.sessions import digest_of

HERE = f"/j/{written(NUMBER)}"
FORMS = ("", ".json", ".txt", ".txt?level=raw", "?level=tech", "?level=raw", "?lang=ko")


@pytest.fixture
def site(tmp_path):
    found = WebSite(tmp_path)
    found.clock.push((AT + 60 * SECOND - found.clock.now_us()) / 1e6)
    take(found.home)
    yield found
    found.home.close()


def run(talk):
    asyncio.run(talk())


async def everything(browser):
    """All that somebody can get of the letter."""
    pages = [await browser.go(HERE + form) for form in FORMS]
    assert {one.status for one in pages} == {200}
    return "\n".join([*(unescape(one.text) for one in pages), await first_news(browser)])


async def first_news(browser):
    """What the stream says when something happens."""
    told = asyncio.Event()
    browser.heard = lambda octets: told.set() if b"event: changed" in octets else None
    stream = asyncio.ensure_future(browser.go(HERE + "/live"))
    while not told.is_set():
        record_one(browser.site)
        await asyncio.sleep(0.01)
    stream.cancel()
    await asyncio.gather(stream, return_exceptions=True)
    return browser.stream


def record_one(site):
    """For each of them something that they may hear of."""
    at = site.clock.now_us()
    moves = [e.Moved(at, who, f"CANARY-box-of-{who[:3]}", 9) for who in (LEE, EVE)]
    site.home.engine.write_now(record, None, NUMBER, at, (e.Released(at, 3, "again"), *moves))
    site.wake.tell_letters([NUMBER])


WATCHERS = (KIM, LEE, EVE, BOSS)
CELLS = [
    ("lines of the dialogue with us", "CANARY-laptop", {KIM, LEE, EVE, BOSS}),
    ("lines of the dialogue with others", "CANARY-words", {KIM, BOSS}),
    ("other recipients as the header has them", FAR, {KIM, LEE, EVE, BOSS}),
    ("a blind copy", EVE, {KIM, EVE, BOSS}),
    ("the subject", SUBJECT, {KIM, LEE, EVE}),
    ("the body", BODY, set()),
    ("the network address of the writer", IP, {KIM, BOSS}),
    ("where a reader keeps it", "CANARY-box-of-lee", {LEE, BOSS}),
    ("where a hidden reader keeps it", "CANARY-box-of-eve", {EVE, BOSS}),
    ("a button", "formaction=", {KIM, BOSS}),
    ("the button that only an administrator has", "/hold", {BOSS}),
]


def test_who_sees_what_in_every_form(site):
    async def talk():
        seen = {}
        for who in WATCHERS:
            browser = await site.of(who)
            browser.site = site
            seen[who] = await everything(browser)
        for what, canary, whose in CELLS:
            assert {who for who in WATCHERS if canary.casefold() in seen[who].casefold()} == whose, what

    run(talk)


def test_it_is_nobody_elses_business_and_looks_as_if_it_were_not_there(site):
    async def talk():
        from kit.site import CREDENTIALS
        from pyeonji.store import directory

        facts = {"language": "ko", "quota_octets": 0, "credentials": CREDENTIALS, "now_us": 1}
        site.home.engine.write_now(directory.add_account, "max@a.test", name="", **facts)
        browser = await site.of("max@a.test")
        for form in FORMS:
            there, nowhere = await browser.go(HERE + form), await browser.go("/j/0000-0000-0001" + form)
            same = there.text.replace(written(NUMBER), "0000-0000-0001")
            assert (there.status, same) == (nowhere.status, nowhere.text) and there.status == 404
        assert (await browser.go(HERE + "/live")).status == 404
        for act in ("retry", "cancel", "hold", "release", "open"):
            await browser.go("/account")
            assert (await browser.post(f"{HERE}/{act}", {"n": 3})).status == 404
        assert state(site.home) == "waiting"

    run(talk)


def test_whoever_is_not_signed_in_is_asked_to_and_comes_back(site):
    async def talk():
        found = await site.browser().go(HERE + "?level=tech")
        assert (found.status, found.headers["location"]) == (
            303,
            "/signin?next=%2Fj%2F" + written(NUMBER) + "%3Flevel%3Dtech",
        )
        assert (await site.browser().go("/")).status == 303

    run(talk)


def test_to_write_in_somebodys_name_opens_nothing_to_him(site):
    """The envelope of a stranger's letter says kim; kim did not write it, and does not see whom it went to."""

    async def talk():
        site.home.engine.write_now(lambda tx: tx.run("UPDATE message SET login = ''"))
        rows = site.home.engine.read_now(lambda tx: tx.all("SELECT id, events FROM journey"))
        for number, packed in rows:
            events = [replace(one, login="") if isinstance(one, e.Accepted) else one for one in unpack(bytes(packed))]
            site.home.engine.write_now(rewritten, number, pack(events))
        assert (await (await site.of(KIM)).go(HERE)).status == 404

    run(talk)


def rewritten(tx, number, packed):
    tx.run("UPDATE journey SET events = :events WHERE id = :id", {"events": packed, "id": number})


def test_an_administrator_opens_the_subject_and_the_journey_says_so(site):
    async def talk():
        boss = await site.of(BOSS)
        page = await boss.go(HERE)
        assert SUBJECT not in page.text and "Show the subject" in page.text
        assert (await boss.post(f"{HERE}/open", {})).status == 303
        page = await boss.go(HERE)
        assert SUBJECT in page.text and "Show the subject" not in page.text
        assert f"The administrator {BOSS} looked at the subject" in (await (await site.of(KIM)).go(HERE)).text

    run(talk)


def test_the_writer_stops_it_and_says_why(site):
    async def talk():
        kim = await site.of(KIM)
        page = await kim.go(HERE + "?r=3")
        assert "Stop sending it" in page.text and "Put it on hold" not in page.text
        found = await kim.post(f"{HERE}/cancel", {"n": 3, "because": "wrong\naddress"})
        assert state(site.home) == "cancelled" and "done=cancel" in found.headers["location"]
        page = await kim.go(found.headers["location"])
        assert "It will not be sent." in page.text and f"{KIM}: wrongaddress" in page.text

    run(talk)


def test_one_does_only_what_one_may(site):
    async def talk():
        for who, act in ((LEE, "cancel"), (KIM, "hold"), (KIM, "nonsense"), (KIM, "open")):
            browser = await site.of(who)
            await browser.go(HERE + "?r=3")
            await browser.go("/account")
            assert (await browser.post(f"{HERE}/{act}", {"n": 3})).status == 404
        assert state(site.home) == "waiting"
        boss = await site.of(BOSS)
        await boss.go(HERE + "?r=3")
        await boss.post(f"{HERE}/hold", {"n": 3})
        assert state(site.home) == "held"
        await boss.go(HERE + "?r=3")
        await boss.post(f"{HERE}/release", {"n": 3})
        assert state(site.home) == "waiting"

    run(talk)


def test_who_presses_again_and_again_hears_why_not_and_the_other_server_feels_nothing(site):
    async def talk():
        told = []
        site.wake.on_queue(lambda: told.append(1))
        kim = await site.of(KIM)
        statuses = []
        for _ in range(5):
            await kim.go(HERE + "?r=3")
            statuses.append((await kim.post(f"{HERE}/retry", {"n": 3})).status)
        assert statuses == [303, 429, 429, 429, 429] and len(told) == 1
        assert "school.example was tried just now" in kim.page.text
        site.clock.push(31)
        await kim.go(HERE + "?r=3")
        assert (await kim.post(f"{HERE}/retry", {"n": 3})).status == 303

    run(talk)


def test_a_form_of_another_page_does_nothing(site):
    async def talk():
        kim = await site.of(KIM)
        await kim.go(HERE + "?r=3")
        assert (await kim.post(f"{HERE}/cancel", {"n": 3}, origin="https://evil.test")).status == 403
        assert (await kim.post(f"{HERE}/cancel", {"n": 3, "token": "x"})).status == 403
        assert state(site.home) == "waiting"

    run(talk)


def test_what_others_wrote_is_text_and_never_markup(site):
    async def talk():
        take_evil = "UPDATE message SET subject = :s"
        site.home.engine.write_now(lambda tx: tx.run(take_evil, {"s": EVIL}))
        for who in (KIM, BOSS):
            browser = await site.of(who)
            for path in (HERE, HERE + "?level=tech", HERE + "?level=raw", HERE + "?r=3&lang=ko", "/?q=alert", "/"):
                page = (await browser.go(path)).text
                assert "<script>alert" not in page
            assert "&lt;script&gt;" in (await browser.go(HERE + "?level=tech&r=3")).text

    run(talk)


def test_the_level_is_remembered_and_is_not_in_the_way_of_who_chose_another(site):
    async def talk():
        kim = await site.of(KIM)
        assert "Technical facts" not in (await kim.go(HERE)).text
        assert "Technical facts" in (await kim.go(HERE + "?level=tech")).text
        assert "Technical facts" in (await kim.go(HERE)).text
        assert "MAIL FROM" not in (await kim.go(HERE + "?level=plain")).text.split("<h2>Line by line")[0]

    run(talk)


def test_the_answer_says_who_must_act_and_when_it_goes_on(site):
    async def talk():
        page = unescape((await (await site.of(KIM)).go(HERE + "?lang=en")).text)
        top = page[: page.index("<h2>Journey") if "<h2>Journey" in page else len(page)]
        assert "⟳ Will try again" in top and "Nobody" in top
        assert re.search(r"\d\d:\d\d:\d\d \(in 4 min", top) and "we give up" in top
        data = json.loads((await (await site.of(KIM)).go(HERE + ".json")).text)
        assert data["recipients"][2]["state"] == "deferred"

    run(talk)


def test_a_reply_that_nobody_can_explain_is_there_to_be_told_without_anybodys_name(site):
    async def talk():
        at = site.clock.now_us()
        said = e.Failed(at, 3, f"550 xyzzy for minsu <{FAR}> from {IP} at school.example", "", "mx.naver.com", "data")
        site.home.engine.write_now(record, None, NUMBER, at, (said,))
        for who in WATCHERS:
            page = unescape((await (await site.of(who)).go(HERE + "?r=3&lang=en")).text)
            found = re.search(r'<textarea readonly rows="4" lang="en"[^>]*>([^<]*)</textarea>', page)
            assert bool(found) is (who in (KIM, BOSS))
            if found:
                assert "550 xyzzy for # # from # at #\nphase: data\nat: Naver\npyeonji " in found[1]
            assert ("/admin/unexplained" in page) is (who == BOSS)

    run(talk)


def test_the_link_of_a_page_can_be_copied_and_read_by_a_telephone_without_a_script(site):
    async def talk():
        page = (await (await site.of(KIM)).go(HERE + "?lang=en")).text
        assert f'value="https://mail.a.test{HERE}" readonly' in page and f'value="{written(NUMBER)}" readonly' in page
        assert page.count("<svg") == 1 and 'aria-label="Show it to a telephone' in page
        assert re.search(r'data-copy="link" hidden', page), "the button comes with the script"
        site.home.engine.write_now(support.add, SupportCode("K7M32QXD9TAB", 0, NUMBER, (FAR,), AT), digest_of("t0ken"))
        page = (await site.browser().go("/p/t0ken?lang=en")).text
        assert 'value="https://mail.a.test/p/t0ken"' in page and 'id="receipt"' not in page

    run(talk)


def test_a_connection_that_brought_no_letter_is_told_to_administrators_only(site):
    async def talk():
        peer = SessionRef(4711, AT, "smtp", "192.0.2.9:4321")
        said = (e.Connected(AT, "in", "smtp", peer.peer), *lines("in", "MAIL FROM:<canary@x.test>"),
                e.Refused(AT, "550 5.7.1 listed", "dnsbl", KIM))  # fmt: skip
        site.home.engine.write_now(record, peer, 0, AT, said)
        there = f"/s/{written(4711)}"
        boss = await site.of(BOSS)
        assert there in (await boss.go("/admin/refused")).text
        page = await boss.go(there + "?lang=en")
        assert page.status == 200 and "550 5.7.1 listed" in page.text and "192.0.2.9" in page.text
        for who in (KIM, LEE, EVE):
            browser = await site.of(who)
            found, nothing = await browser.go(there), await browser.go("/s/0000-0000-0001")
            assert found.status == 404 and found.text.replace(written(4711), "0000-0000-0001") == nothing.text
        assert (await site.browser().go(there)).status == 303
        assert (await boss.go("/s/nonsense")).status == 404

    run(talk)


def test_one_finds_ones_own_and_an_administrator_finds_all(site):
    async def talk():
        for query in (compact(NUMBER).lower(), "canary@a.test", "<canary@a.test>", FAR, LEE, "Canary-Sub",
                      "mx.school.example", "4.7.1", "server.greylisted"):  # fmt: skip
            for who in (KIM, BOSS):
                found = await (await site.of(who)).go(f"/?q={urllib.parse.quote(query)}")
                assert (found.status, found.headers.get("location")) == (303, HERE), (query, who)
        boss = await site.of(BOSS)
        for query in (FAR, "canary-sub"):
            assert (await boss.go(f"/?q={query}&since=2026-09-01&until=2026-09-30")).status == 303
            for days in ("since=2026-10-01", "until=2026-09-01"):
                assert "No such letter" in (await boss.go(f"/?q={query}&{days}")).text
        eve = await site.of(EVE)
        assert (await eve.go(f"/?q={FAR}")).headers.get("location") == HERE, "what one got, one finds"

    run(talk)


@pytest.mark.parametrize(("opened", "note"), [(AT - 3 * SECOND, True), (AT + SECOND, False)])
def test_a_connection_that_was_there_before_the_letter_is_not_taken_for_an_earlier_attempt(opened, note):
    steps = [
        Step(at=opened, kind="connect", event="connected", attempt=1, way="out"),
        Step(at=AT + SECOND, kind="line", event="line", attempt=1, way="out"),
    ]
    reader = Reader("en", AT + 60 * SECOND, datetime.UTC)
    (group,) = proof(Story(id=1, accepted_at=AT, steps=tuple(steps)), reader)
    assert group.time == group.steps[1].time
    assert ("opened for another letter" in group.note) == note and (group.steps[0].time in group.note) == note


def test_that_nothing_was_handed_to_us_is_an_answer_with_the_last_call_of_the_application(site):
    async def talk():
        from pyeonji.store import apps

        board = site.home.engine.write_now(apps.add, "board", site.people[KIM], AT)
        site.home.engine.write_now(apps.add, "other", site.people[LEE], AT)
        kim = await site.of(KIM)
        page = unescape((await kim.go("/?q=nobody@nowhere.test&lang=en")).text)
        assert (
            "No such letter was handed to us." in page
            and "board has never called us" in page
            and "other" not in page
            and "Look into the log of the app" in page
        )
        site.home.engine.write_now(
            lambda tx: tx.run("UPDATE app SET used_us = :at WHERE id = :id", {"at": AT, "id": board})
        )
        page = unescape((await kim.go("/?q=nobody@nowhere.test")).text)
        assert re.search(r"board called us last at .* \(1 min 0? ?.*ago\)|board called us last at", page)
        assert "other has never called us" in unescape(
            (await (await site.of(BOSS)).go("/?q=nobody@nowhere.test&lang=en")).text
        )

    run(talk)


def test_a_support_code_tells_the_administrator_and_nobody_else_whether_there_was_a_letter(site):
    async def talk():
        made, nothing = "K7M32QXD9TAB", "Z7M32QXD9TAB"
        site.home.engine.write_now(support.add, SupportCode(made, 0, NUMBER, (FAR,), AT), "link")
        site.home.engine.write_now(support.add, SupportCode(nothing, 0, 0, (), AT))
        boss = await site.of(BOSS)
        page = (await boss.go(f"/?q={made}&lang=en")).text
        assert "The letter of support code" in page and written(NUMBER) in page
        assert "No letter was made for this support code" in (await boss.go(f"/?q={nothing}")).text
        for who in (KIM, LEE):
            browser = await site.of(who)
            pages = {
                (await browser.go(f"/?q={code}")).text.replace(code, "X") for code in (made, nothing, "Y7M32QXD9TAB")
            }
            assert len(pages) == 1 and written(NUMBER) not in pages.pop()

    run(talk)


def test_a_link_shows_everybody_how_far_it_came_and_nothing_else(site):
    async def talk():
        made = SupportCode("K7M32QXD9TAB", 0, NUMBER, (LEE, FAR), AT)
        site.home.engine.write_now(support.add, made, digest_of("t0ken"))
        browser = site.browser()
        everything = ""
        for more in ("", "?level=tech", "?level=raw", "?r=2", "?lang=ko", "?as=" + KIM):
            found = await browser.go("/p/t0ken" + more)
            assert found.status == 200
            everything += unescape(found.text).casefold()
        for canary in (FAR, LEE, KIM, EVE, SUBJECT, BODY, IP, "CANARY", "EHLO", "formaction", "/live", ".json"):
            assert canary.casefold() not in everything, canary
        assert "m***@school.example" in everything and "e***@" not in everything
        assert "will try again" in everything and "mx.school.example" in everything and "4.7.1" in everything
        assert (await browser.go("/p/other")).status == 404
        assert (await browser.go(HERE)).status == 303, "the number alone opens nothing"

    run(talk)


def test_a_stream_ends_for_who_is_signed_out_meanwhile(site):
    async def talk():
        kim = await site.of(KIM)
        await kim.go("/account")
        page, cookies = kim.page, dict(kim.cookies)
        begun = asyncio.Event()
        kim.heard = lambda octets: begun.set() if b"retry" in octets else None
        stream = asyncio.ensure_future(kim.go(HERE + "/live"))
        await begun.wait()
        other = site.browser()
        other.cookies, other.page = cookies, page
        assert (await other.post("/signout", {})).status == 303
        record_one(site)
        assert (await asyncio.wait_for(stream, PATIENCE_S)).text.count("event: changed") == 0

    run(talk)


def test_an_administrator_who_wrote_it_sees_the_subject_and_may_do_all(site):
    async def talk():
        from pyeonji.store import administrators

        site.home.engine.write_now(administrators.set_administrator, site.people[KIM], True)
        page = (await (await site.of(KIM)).go(HERE + "?r=3")).text
        assert SUBJECT in page and "/hold" in page and "Show the subject" not in page

    run(talk)


def test_a_store_that_does_not_answer_is_said_to_be_away(site, monkeypatch):
    async def talk():
        kim = await site.of(KIM)

        async def away(*_):
            raise Unavailable("the disk is full")

        monkeypatch.setattr(site.home.engine, "scan", away)
        for path in (HERE, HERE + ".json", "/"):
            found = await kim.go(path)
            assert (found.status, found.text) == (503, "The store does not answer now. Try again in a moment.\n")

    run(talk)
