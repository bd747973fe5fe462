"""Send again, from the page of a letter that did not arrive: by whom, once, and as a new letter of the same writer."""

import asyncio
from html import unescape

import pytest

from kit.site import DAY_US, WebSite
from pyeonji.address import parse_address
from pyeonji.delivery.plan import Wanted
from pyeonji.journey.event import Decided, Failed
from pyeonji.journey.receipt import parse_receipt, written
from pyeonji.net.clock import SECOND_US
from pyeonji.store import again, apps, journey, messages, queue
from pyeonji.store.accept import record
from pyeonji.store.sending import SendingLimits
from pyeonji.store.sent import Sent, of
from pyeonji.submission.door import Door, Draft
from pyeonji.web.app import site_app

KIM, LEE, BOSS, EVE = "kim@a.test", "lee@a.test", "boss@a.test", "eve@a.test"
WRONG, RIGHT, SECRET = "minsu@4bna.example", "minsu@4ban.example", "secret@b.example"
LETTER = (
    f"From: Kim <{KIM}>\r\nTo: Minsu <{WRONG}>\r\nCc: {LEE}\r\nSubject: hi\r\nMessage-ID: <first@a.test>\r\n"
    "\r\nHello\r\n.\r\n"
).encode()


@pytest.fixture
def site(tmp_path):
    found = WebSite(tmp_path)
    yield found
    found.home.close()


def run(talk):
    asyncio.run(talk())


async def written_by_kim(site, **facts):
    """A letter to one who cannot get it, and to lee; the number."""
    wanted = tuple(Wanted(parse_address(one)) for one in (WRONG, LEE, SECRET))
    draft = Draft(
        content=LETTER, reverse_path=parse_address(KIM), recipients=wanted, via="submission", login=KIM, **facts
    )
    number = (await site.door.submit(draft)).number
    failed(site, number)
    return number


def failed(site, number, n=1, cause="addr.domain_no_mail"):
    now = site.clock.now_us()
    told = Failed(now, n, "556 5.1.10 that domain takes no mail", cause)
    gone = "UPDATE recipient SET state = 'failed' WHERE message_id = :id AND n = :n"
    site.home.engine.write_now(lambda tx: tx.run(gone, {"id": number, "n": n}))
    site.home.engine.write_now(record, None, number, now, (told,))


def here(number):
    return f"/j/{written(number)}"


def number_of(response):
    return parse_receipt(response.headers["location"].removeprefix("/j/").partition("?")[0]).number


def letters(site):
    return site.home.engine.read_now(lambda tx: tx.all("SELECT count(*) FROM message"))[0][0]


async def press(browser, number, to=RIGHT, n=1, **more):
    await browser.go("/account?lang=en")
    return await browser.post(f"{here(number)}/again", {"n": n, "to": to, **more})


def test_a_new_letter_goes_to_the_address_that_was_put_right_and_both_lead_to_each_other(site):
    async def talk():
        old = await written_by_kim(site)
        kim = await site.of(KIM)
        page = (await kim.go(here(old) + "?r=1&lang=en")).text
        assert "Send again" in page and f'value="{WRONG}"' in page
        found = await press(kim, old)
        new = number_of(found)
        assert new != old and "done=again" in found.headers["location"]
        (one,) = site.home.engine.read_now(queue.show, new)
        assert (one.address, one.state) == (RIGHT, "waiting")
        facts = site.home.engine.read_now(journey.message, new)
        assert (facts.login, facts.reverse_path, facts.subject) == (KIM, KIM, "hi")
        octets = site.home.engine.read_now(messages.content, site.home.blobs, new)
        assert octets.endswith(b"\r\n\r\nHello\r\n.\r\n") and f"To: Minsu <{RIGHT}>".encode() in octets
        assert octets.count(b"Received:") == 1 and b"first@a.test" not in octets and octets.count(b"Message-ID:") == 1
        page = unescape((await kim.go(found.headers["location"])).text)
        assert "It was sent again as this new letter." in page and "This letter is another one, sent again:" in page
        assert written(old) in page
        page = unescape((await kim.go(here(old) + "?r=1")).text)
        assert "It was sent again as:" in page and written(new) in page and f"{KIM} sent this letter again" in page
        assert 'id="again"' not in page

    run(talk)


def test_the_domain_that_was_meant_is_offered(site):
    """One to which this writer's letters arrived; somebody else's are not known to him."""

    async def talk():
        wanted = tuple(Wanted(parse_address(one)) for one in ("x@school.example", "minsu@scholl.example"))
        for who in (KIM, LEE):
            draft = Draft(
                content=LETTER.replace(KIM.encode(), who.encode()), reverse_path=parse_address(who),
                recipients=wanted if who == KIM else wanted[1:], via="submission", login=who,
            )  # fmt: skip
            number = (await site.door.submit(draft)).number
            done = "UPDATE recipient SET state = 'done' WHERE address = 'x@school.example'"
            site.home.engine.write_now(lambda tx, done=done: tx.run(done))
            n = 2 if who == KIM else 1
            failed(site, number, n, "addr.domain_not_found")
            page = unescape((await (await site.of(who)).go(here(number) + f"?r={n}&lang=en")).text)
            assert ("Did you mean minsu@school.example?" in page) is (who == KIM)
            assert f'value="minsu@{"school" if who == KIM else "scholl"}.example"' in page

    run(talk)


def test_pressed_twice_or_loaded_again_it_goes_once(site):
    async def talk():
        old = await written_by_kim(site)
        kim, again_kim = await site.of(KIM), await site.of(KIM)
        for browser in (kim, again_kim):
            await browser.go(here(old) + "?r=1")
        fields = {"n": 1, "to": RIGHT}
        found = await asyncio.gather(*(one.post(f"{here(old)}/again", fields) for one in (kim, again_kim)))
        before = letters(site)
        await kim.go("/account")
        found.append(await kim.post(f"{here(old)}/again", {**fields, "to": "else@b.example"}))
        assert len({number_of(one) for one in found}) == 1 and letters(site) == before == 2
        rules = [event.rule for row in site.home.engine.read_now(journey.of_message, old) for event in row.events
                 if isinstance(event, Decided)]  # fmt: skip
        assert rules.count("sent again") == 1

    run(talk)


def test_the_chain_goes_on_from_the_new_letter(site):
    async def talk():
        old = await written_by_kim(site)
        kim = await site.of(KIM)
        second = number_of(await press(kim, old, "other@b.example"))
        failed(site, second)
        third = number_of(await press(kim, second, RIGHT))
        page = (await kim.go(here(second))).text
        assert written(old) in page and written(third) in page

    run(talk)


@pytest.mark.parametrize("who", [LEE, EVE, BOSS])
def test_nobody_but_the_writer_and_an_administrator_sends_it_again(site, who):
    async def talk():
        old = await written_by_kim(site)
        browser = await site.of(who)
        page = await browser.go(here(old) + "?r=1")
        assert ('id="again"' in page.text) is (who == BOSS)
        await browser.go("/account")
        for more in ({}, {"as": KIM}):
            await browser.go("/account")
            found = await browser.post(f"{here(old)}/again", {"n": 1, "to": RIGHT, **more})
            assert found.status == (303 if who == BOSS else 404)
        assert letters(site) == (2 if who == BOSS else 1)
        if who == BOSS:  # in the writer's name, and it says who did it
            new = site.home.engine.read_now(again.sent_as, old, 1)
            assert site.home.engine.read_now(journey.message, new).login == KIM
            assert f"{BOSS} sent this letter again" in unescape((await (await site.of(KIM)).go(here(old))).text)

    run(talk)


def test_a_reader_of_the_new_letter_does_not_learn_of_the_old_one(site):
    async def talk():
        old = await written_by_kim(site)
        new = number_of(await press(await site.of(KIM), old, LEE))
        lee = await site.of(LEE)
        for form in ("", ".json", ".txt", "?level=tech"):
            found = (await lee.go(here(new) + form)).text
            assert written(old) not in found and "again" not in found.replace('"again-', ""), form
        seen = (await lee.go(here(old) + ".json")).text
        assert written(new) not in seen and "sent again" not in seen

    run(talk)


@pytest.mark.parametrize("to", ["nonsense", "a b@c.test", "", "x" * 300 + "@b.example", "a@b.example\r\nBcc: x@y.z"])
def test_what_is_no_address_is_said_and_nothing_goes(site, to):
    async def talk():
        old = await written_by_kim(site)
        kim = await site.of(KIM)
        found = await press(kim, old, to)
        assert found.status == 422 and "This is no address" in found.text and letters(site) == 1

    run(talk)


def test_who_may_not_write_so_any_more_or_has_sent_too_much_hears_it(site):
    async def talk():
        old = await written_by_kim(site)
        kim = await site.of(KIM)
        site.door = Door(site.acceptance, 5 * DAY_US, limits=SendingLimits(letters_a_minute=1))
        site.app = site_app(site)
        kim.app = site.app
        assert (await press(kim, old)).status == 303
        failed(site, old, 3)
        found = await press(kim, old, n=3)
        assert found.status == 422 and "You have sent as much as you may" in found.text and letters(site) <= 3
        assert site.home.engine.read_now(again.sent_as, old, 3) == 0

    run(talk)


def test_only_what_goes_nowhere_any_more_is_sent_again(site):
    async def talk():
        old = await written_by_kim(site)
        kim = await site.of(KIM)
        for n in (2, 3, 9):  # in a mailbox, under way, nobody
            if n != 9:
                assert 'id="again"' not in (await kim.go(here(old) + f"?r={n}")).text
            assert "done=nothing" in (await press(kim, old, n=n)).headers["location"]
        assert letters(site) == 1

    run(talk)


def test_what_is_held_is_taken_back_when_it_is_sent_again(site):
    async def talk():
        old = await written_by_kim(site)
        site.home.engine.write_now(queue.hold, old, 3, "why", site.clock.now_us())
        kim = await site.of(KIM)
        assert (await press(kim, old, n=3)).status == 303
        states = {row.n: row.state for row in site.home.engine.read_now(queue.show, old)}
        assert states[3] == "cancelled"

    run(talk)


def test_an_apps_letter_stays_the_apps(site):
    async def talk():
        board = site.home.engine.write_now(apps.add, "board", site.people[KIM], 1)
        old = await written_by_kim(site, sent=Sent(board, "reset-7", ("password-reset",)))
        new = number_of(await press(await site.of(KIM), old))
        found = site.home.engine.read_now(of, new)
        assert (found.app_id, found.ref, found.tags) == (board, "reset-7", ("password-reset",))

    run(talk)


EXPIRES = [  # (expires in, pressed after, when the new one expires, behind the instant it was pressed), in seconds
    (900, 60, 840),
    (900, 1_000, 5 * 86_400),  # its time is over: whoever presses means it
    (0, 60, 5 * 86_400),
    (6 * 86_400, 60, 6 * 86_400 - 60),
]


@pytest.mark.parametrize(("expires_s", "after_s", "left_s"), EXPIRES)
def test_until_when_it_is_good_stays_said(site, expires_s, after_s, left_s):
    async def talk():
        now = site.clock.now_us()
        old = await written_by_kim(site, **({"expires_us": now + expires_s * SECOND_US} if expires_s else {}))
        site.clock.push(after_s)
        new = number_of(await press(await site.of(KIM), old))
        (one,) = site.home.engine.read_now(queue.show, new)
        assert one.deadline_us == site.clock.now_us() + left_s * SECOND_US

    run(talk)


@pytest.mark.parametrize(("to", "original"), [(WRONG, f"rfc822;{WRONG.upper()}"), (RIGHT, f"rfc822;{RIGHT}")])
def test_what_its_writer_wants_to_hear_stays_said(site, to, original):
    """The name that he gave for a recipient (ORCPT) is not that of another one."""

    async def talk():
        wanted = Wanted(parse_address(WRONG), original=f"rfc822;{WRONG.upper()}", notify="SUCCESS,DELAY")
        draft = Draft(
            content=LETTER, reverse_path=parse_address(KIM), recipients=(wanted,), via="submission", login=KIM,
            envid="order-7", ret="HDRS",
        )  # fmt: skip
        old = (await site.door.submit(draft)).number
        failed(site, old)
        new = number_of(await press(await site.of(KIM), old, to))
        facts = site.home.engine.read_now(journey.message, new)
        assert (facts.envid, facts.ret) == ("order-7", "HDRS")
        said = "SELECT notify, original FROM recipient WHERE message_id = :id"
        assert site.home.engine.read_now(lambda tx: tx.one(said, {"id": new})) == ("SUCCESS,DELAY", original)

    run(talk)


def test_when_the_letter_itself_is_gone_that_is_said(site):
    async def talk():
        old = await written_by_kim(site)
        kim = await site.of(KIM)
        site.home.engine.write_now(lambda tx: tx.run("UPDATE content SET codec = 2, octets = ''"))
        gone = site.home.engine.read_now(again.has_octets, old)
        page = (await kim.go(here(old) + "?r=1&lang=en")).text
        assert not gone and "is not kept any more" in page and 'id="again"' not in page
        assert "done=nothing" in (await press(kim, old)).headers["location"] and letters(site) == 1

    run(talk)
