"""The page of a letter as its reader sees it: that it lies among junk, why, and how to take it out of there."""

import asyncio
from html import unescape

import pytest
from msgspec.structs import replace

from kit.site import START_US, WebSite
from kit.stored import filing, letter
from pyeonji.delivery.plan import WELCOME
from pyeonji.journey import event as e
from pyeonji.journey.event import pack
from pyeonji.journey.receipt import written
from pyeonji.net.ids import number_at
from pyeonji.store import administrators, allowed, lying, mailboxes
from pyeonji.store.accept import SessionRef, accept

NUMBER = number_at(START_US // 1000) + 9
HERE = f"/j/{written(NUMBER)}"
AUTHOR, IP = "news@shop.test", "198.51.100.66"
OCTETS = f"From: Shop <{AUTHOR}>\r\nTo: lee@a.test\r\nSubject: SALE\r\n\r\nBuy\r\n".encode()
LISTED = (
    e.Decided(START_US, "dnsbl", "zen.example", f"listed: 127.0.0.2, +3, https://zen.example/{IP}"),
    e.Decided(START_US, "dnswl", "good.example", "listed: 127.0.0.2, -1"),
    e.Decided(START_US, "dnsbl score", "2", "junk"),
)
PASSED = e.Decided(START_US, "dmarc", "shop.test", "pass")


@pytest.fixture
def site(tmp_path):
    found = WebSite(tmp_path)
    yield found
    found.home.close()


def take(site, *decided, author=AUTHOR):
    """Among lee's junk, and hidden from lee among eve's, too."""
    home = site.home
    boxes = home.engine.read_now(mailboxes.of_use, list(site.people.values()), lying.OF_JUNK)
    ways = [
        replace(filing(home, who, n), mailbox_id=boxes[site.people[who]][0], mailbox="Junk")
        for n, who in ((1, "eve@a.test"), (2, "lee@a.test"))
    ]
    session = SessionRef(5, START_US, "smtp", f"{IP}:2525")
    whole = letter(*ways, content=OCTETS.replace(AUTHOR.encode(), author.encode()), number=NUMBER, at_us=START_US,
                   reverse_path="bounce@shop.test", session=session)  # fmt: skip
    begin = e.Connected(START_US, "in", "smtp", f"{IP}:2525")
    accepted = e.Accepted(START_US, "smtp", 1, "bounce@shop.test", "<1@shop.test>", "SALE", author)
    whole = replace(whole, events=pack((begin, *decided, accepted)))
    home.engine.write_now(lambda tx: accept(tx, home.blobs, whole))


def lies(site, who="lee@a.test"):
    return [one.mailbox for one in site.home.engine.read_now(lying.places, site.people[who], NUMBER)]


def run(talk):
    asyncio.run(talk())


def test_a_reader_sees_where_it_lies_and_which_rules_gave_how_many_points(site):
    async def talk():
        take(site, *LISTED)
        lee = await site.of("lee@a.test")
        page = unescape((await lee.go(HERE + "?lang=en")).text)
        assert "! In the spam folder" in page and "Why is it in the spam folder?" in page
        assert "zen.example" in page and "+3 points" in page and "-1 points" in page and "=2 points" in page
        assert "Not spam" in page and f"Always to the inbox: {AUTHOR}" in page
        assert IP not in page and "eve@a.test" not in page and "198.51.100" not in page
        assert "스팸함에 넣었어요" in (await lee.go(HERE + "?lang=ko")).text
        for form in (".json", ".txt", ".txt?level=raw", "?level=tech", "?level=raw"):
            assert IP not in (await lee.go(HERE + form)).text, form

    run(talk)


def test_what_somebody_moved_there_himself_was_put_there_by_no_rule(site):
    async def talk():
        take(site)
        page = (await (await site.of("lee@a.test")).go(HERE + "?lang=en")).text
        assert "Why is it in the spam folder?" in page and "No rule put it there" in page and "Not spam" in page

    run(talk)


def test_not_spam_moves_this_one_and_says_so_once(site):
    async def talk():
        take(site, *LISTED)
        heard = []
        lee = await site.of("lee@a.test")
        inbox = site.home.engine.read_now(mailboxes.mailbox, site.people["lee@a.test"], "INBOX").id
        site.wake.on_mailbox(inbox, lambda: heard.append(1))
        await lee.go(HERE)
        found = await lee.post(f"{HERE}/inbox", {})
        assert lies(site) == ["INBOX"] and lies(site, "eve@a.test") == ["Junk"] and heard
        page = (await lee.go(found.headers["location"] + "&lang=en")).text
        assert "It is in the inbox now." in page and "Not spam" not in page and "Why did it look like spam?" in page
        await lee.go("/account")
        assert "done=nothing" in (await lee.post(f"{HERE}/inbox", {})).headers["location"]
        assert site.home.engine.read_now(allowed.of_account, site.people["lee@a.test"]) == []

    run(talk)


@pytest.mark.parametrize(("decided", "network"), [(LISTED, "198.51.100.0/24"), ((*LISTED, PASSED), "")])
def test_who_is_allowed_is_known_by_where_he_writes_from_or_by_his_domain(site, decided, network):
    async def talk():
        take(site, *decided)
        lee = await site.of("lee@a.test")
        await lee.go(HERE)
        assert "done=allow" in (await lee.post(f"{HERE}/allow", {})).headers["location"]
        assert lies(site) == ["INBOX"]
        (one,) = site.home.engine.read_now(allowed.of_account, site.people["lee@a.test"])
        assert (one.address, one.network) == (AUTHOR, network)
        assert f"From now on letters of {AUTHOR}" in (await lee.go(HERE + "?lang=en")).text
        eve = (await (await site.of("eve@a.test")).go(HERE + "?lang=en")).text
        assert WELCOME not in eve and "From now on" not in eve, "whom lee welcomes is not eve's business"
        page = (await lee.go("/account")).text
        assert AUTHOR in page and "198.51.100" not in page
        await lee.post("/account/allowed/remove", {"address": AUTHOR})
        assert site.home.engine.read_now(allowed.of_account, site.people["lee@a.test"]) == []

    run(talk)


def test_whom_nobody_would_know_again_cannot_be_allowed(site):
    async def talk():
        take(site, *LISTED, author=f"{AUTHOR}>, <other@shop.test")
        lee = await site.of("lee@a.test")
        page = (await lee.go(HERE + "?lang=en")).text
        assert "Not spam" in page and "Always to the inbox" not in page
        assert "done=nothing" in (await lee.post(f"{HERE}/allow", {})).headers["location"]
        assert lies(site) == ["Junk"]

    run(talk)


@pytest.mark.parametrize("act", ["inbox", "allow"])
def test_only_its_reader_takes_it_from_among_junk(site, act):
    """Not a stranger, not an administrator who has none of it, not another page; an administrator his own."""

    async def talk():
        take(site, *LISTED)
        for who in ("kim@a.test", "boss@a.test"):
            browser = await site.of(who)
            for fields in ({}, {"as": "lee@a.test"}):
                await browser.go("/account")
                assert (await browser.post(f"{HERE}/{act}", fields)).status == 404
        lee = await site.of("lee@a.test")
        await lee.go(HERE)
        assert (await lee.post(f"{HERE}/{act}", {}, origin="https://evil.test")).status == 403
        assert (await lee.post(f"{HERE}/{act}", {"token": "x"})).status == 403
        assert lies(site) == ["Junk"]
        assert "Not spam" not in (await (await site.of("boss@a.test")).go(HERE + "?lang=en")).text
        site.home.engine.write_now(administrators.set_administrator, site.people["lee@a.test"], True)
        await lee.go(HERE)
        assert (await lee.post(f"{HERE}/{act}", {})).status == 303 and lies(site) == ["INBOX"]

    run(talk)
