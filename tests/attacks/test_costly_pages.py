"""What one person may make a worker do with its pages: streams, pages of megabytes, lists of thousands (W20)."""

import asyncio
import threading

import pytest

from api.kit import api
from api.test_reading import handed_in
from kit.asgi import ask
from kit.patience import PATIENCE_S
from kit.site import WebSite
from pyeonji.address import parse_address
from pyeonji.delivery.plan import Wanted
from pyeonji.journey.receipt import written
from pyeonji.submission.door import Draft
from pyeonji.web.api import messages, seen
from pyeonji.web.journey import live, routes

KIM, LEE = "kim@a.test", "lee@a.test"


@pytest.fixture
def site(tmp_path):
    found = WebSite(tmp_path)
    yield found
    found.home.close()


async def letter(site):
    """Waits for ever at another server; of both."""
    to = (Wanted(parse_address("far@b.test")), Wanted(parse_address(LEE)))
    content = b"From: kim@a.test\r\nTo: far@b.test\r\nSubject: hi\r\n\r\nx\r\n"
    draft = Draft(content=content, reverse_path=parse_address(KIM), recipients=to, via="submission", login=KIM)
    return written((await site.door.submit(draft)).number)


async def open_stream(site, browser, number):
    """The status of a stream, and the task in which it stays open."""
    begun = asyncio.Event()
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    asked = asyncio.ensure_future(
        ask(site.app, "GET", f"/j/{number}/live", headers={"cookie": cookies}, heard=lambda octets: begun.set())
    )
    await asyncio.wait_for(begun.wait(), PATIENCE_S)
    return asked


def streams(site, count):
    """How many of so many streams of one person are open, and whether another one may open his."""

    async def talk():
        number, kim, boss = await letter(site), await site.of(KIM), await site.of("boss@a.test")
        tasks = [await open_stream(site, kim, number) for _ in range(count)]
        theirs = await open_stream(site, boss, number)
        found = sum(not task.done() for task in tasks), not theirs.done()
        for task in (*tasks, theirs):
            task.cancel()
        await asyncio.gather(*tasks, theirs, return_exceptions=True)
        return found

    return asyncio.run(talk())


def test_one_person_does_not_take_the_streams_of_all(site, monkeypatch):
    monkeypatch.setattr(live, "MAX_STREAMS", 8)
    monkeypatch.setattr(live, "MAX_OF_ONE", 3)
    assert streams(site, 8) == (3, True)


def test_without_a_limit_of_his_own_he_would(site, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(live, "MAX_STREAMS", 8)
    monkeypatch.setattr(live, "MAX_OF_ONE", 1_000)
    assert streams(site, 8) == (8, False)


def made_by(site, monkeypatch, path):
    """Whether the loop's own thread makes a page."""
    made = []
    for place, name in (
        (routes, "journey_page"),
        (routes, "render"),
        (routes.tell, "story_text"),
        (routes.tell, "to_json"),
    ):
        real = getattr(place, name)

        def noted(*args, real=real, **facts):
            made.append(threading.current_thread() is threading.main_thread())
            return real(*args, **facts)

        monkeypatch.setattr(place, name, noted)

    async def talk():
        browser = await site.of(KIM)
        assert (await browser.go(f"/j/{await letter(site)}{path}")).status == 200

    asyncio.run(talk())
    assert made
    return any(made)


@pytest.mark.parametrize("path", ["", ".json", ".txt"])
def test_a_page_of_megabytes_does_not_hold_up_the_mail(site, monkeypatch, path):
    assert not made_by(site, monkeypatch, path)


@pytest.mark.parametrize("path", ["", ".json", ".txt"])
def test_without_a_thread_of_its_own_it_would(site, monkeypatch, path):
    """Negative control."""

    async def inline(made, *args, **facts):
        return made(*args, **facts)

    monkeypatch.setattr(routes, "to_thread", inline)
    assert made_by(site, monkeypatch, path)


def listed(tmp_path):
    """How many letters, of three recipients each, stand on each page of a list."""

    async def story(site, ask):
        key, pages, cursor = site.app(), [], ""
        for _ in range(5):
            await handed_in(site, ask, key, to=["a@b.test", "b@b.test", "c@b.test"], bcc=[])
        while cursor is not None:
            page = (await ask("GET", f"/messages?after={cursor}", key=key)).json
            pages.append(len(page["data"]))
            cursor = page["next"]
        return pages

    with api(tmp_path) as (site, ask):
        return asyncio.run(story(site, ask))


def test_a_list_of_letters_to_thousands_has_more_pages(tmp_path, monkeypatch):
    monkeypatch.setattr(messages, "MAX_PEOPLE", 4)
    assert listed(tmp_path) == [2, 2, 1]


def test_without_that_it_would_have_one(tmp_path):
    """Negative control."""
    assert listed(tmp_path) == [5]


# ── the same by the API ──


def asked_for_again(tmp_path, monkeypatch, a_minute):
    """What an app hears that asks for the story of one large letter again and again; whether it may send then."""
    monkeypatch.setattr(seen, "PIECE", 1)
    monkeypatch.setattr(seen, "PIECES_A_MINUTE", a_minute)

    async def story(site, ask):
        key = site.app()
        number = await handed_in(site, ask, key)
        paths = [f"/messages/{number}", f"/messages/{number}/journey", f"/messages/{number}/recipients/1", "/messages"]
        heard = [(await ask("GET", path, key=key)).status for path in paths * 3]
        site.clock.push(60)
        later = (await ask("GET", paths[0], key=key)).status
        await handed_in(site, ask, key)
        return heard, later

    with api(tmp_path) as (site, ask):
        return asyncio.run(story(site, ask))


def test_a_large_story_counts_for_as_much_as_it_costs_and_letters_are_sent_all_the_same(tmp_path, monkeypatch):
    heard, later = asked_for_again(tmp_path, monkeypatch, 30)
    assert heard[0] == later == 200 and heard[-1] == 429 and set(heard) == {200, 429}
    assert heard == sorted(heard)  # who has had enough hears so from then on


def test_counted_once_each_it_would_be_told_on_and_on(tmp_path, monkeypatch):
    """Negative control."""
    assert set(asked_for_again(tmp_path, monkeypatch, 10_000)[0]) == {200}


def told_by(tmp_path, monkeypatch, piece):
    """Is a story told by the thread that carries the mail?"""
    monkeypatch.setattr(seen, "PIECE", piece)
    threads = set()

    def noted(*args, real=messages.letter_of):
        threads.add(threading.get_ident())
        return real(*args)

    monkeypatch.setattr(messages, "letter_of", noted)

    async def story(site, ask):
        key = site.app()
        number = await handed_in(site, ask, key)
        for path in (f"/messages/{number}", "/messages"):
            assert (await ask("GET", path, key=key)).status == 200
        return threading.get_ident() in threads

    with api(tmp_path) as (site, ask):
        return asyncio.run(story(site, ask))


@pytest.mark.parametrize(("piece", "by_the_loop"), [(1, False), (200, True)])
def test_a_large_story_is_told_beside_the_loop(tmp_path, monkeypatch, piece, by_the_loop):
    """A small one is not worth a thread, and shows that we would see it."""
    assert told_by(tmp_path, monkeypatch, piece) == by_the_loop
