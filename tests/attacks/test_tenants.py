"""What an app or a person may not learn or do of others' (reliability, tenants), and what numbers may not be."""

import asyncio

import pytest

from api.kit import api
from api.test_reading import handed_in, somebody_listens
from kit.site import START_US, WebSite
from pyeonji.directory.login import make_credentials
from pyeonji.journey.receipt import NotAReceipt, parse_receipt
from pyeonji.net.clock import PushedClock
from pyeonji.store import apps, directory, queue, web_sessions
from pyeonji.web.api import journey, messages
from pyeonji.web.api.seen import seen
from pyeonji.web.journey import finding
from pyeonji.web.journey.acts import Pace, TooSoon

KIM = "kim@a.test"


# ── keys that are taken back ──


def revoked(tmp_path, path):
    """What a key still learns that was taken back while it waited for news."""

    async def story(site, ask):
        key = site.app()
        number = await handed_in(site, ask, key)
        listening = somebody_listens(site)
        asked = asyncio.ensure_future(ask("GET", path.format(id=number), key=key))
        await listening.wait()
        app = site.home.engine.read_now(apps.named, "board")
        for one in site.home.engine.read_now(apps.keys, app.id):
            site.home.engine.write_now(apps.revoke, app.id, one.id)
        letter = parse_receipt(number).number
        site.home.engine.write_now(queue.cancel, letter, 0, "somebody", site.clock.now_us())
        site.wake.tell_letters([letter])
        return (await asyncio.wait_for(asked, 20)).body

    with api(tmp_path) as (site, ask):
        return asyncio.run(story(site, ask))


WAITING = ["/messages/{id}/journey/stream", "/messages/{id}?wait=final&timeout=9"]


@pytest.mark.parametrize("path", WAITING)
def test_a_key_that_was_taken_back_hears_no_more(tmp_path, path):
    assert b"cancelled" not in revoked(tmp_path, path)


@pytest.mark.parametrize("path", WAITING)
def test_without_asking_again_it_would(tmp_path, path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(journey, "seen_still", seen)
    monkeypatch.setattr(messages, "seen_still", seen)
    assert b"cancelled" in revoked(tmp_path, path)


# ── sessions that outlive what opened them ──


@pytest.fixture
def site(tmp_path):
    found = WebSite(tmp_path)
    yield found
    found.home.close()


def another_password(tx, account_id):
    directory.set_credentials(tx, account_id, make_credentials("another one", cheap=True))


def switched_off_and_on(tx, account_id):
    directory.disable(tx, account_id, True)
    directory.disable(tx, account_id, False)


def still_in(site, change):
    async def talk():
        thief, other = await site.of(KIM), await site.of("lee@a.test")
        site.home.engine.write_now(change, site.people[KIM])
        assert (await other.go("/account")).status == 200
        return (await thief.go("/account")).status == 200

    return asyncio.run(talk())


@pytest.mark.parametrize("change", [another_password, switched_off_and_on])
def test_who_was_signed_in_with_the_old_password_is_out(site, change):
    assert not still_in(site, change)


@pytest.mark.parametrize("change", [another_password, switched_off_and_on])
def test_without_ending_sessions_he_would_stay(site, change, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(web_sessions, "end_others", lambda tx, account_id: 0)
    assert still_in(site, change)


# ── numbers ──


@pytest.mark.parametrize("days", ["since=9999-12-31", "until=9999-12-31", "since=0001-01-01", "until=0001-01-01"])
@pytest.mark.parametrize("words", ["", "x", "x@y.test", "550"])
def test_days_beyond_all_numbers_are_days(site, days, words):
    """A number that no store can hold would have been an error of the server."""

    async def talk():
        browser = await site.of(KIM)
        assert (await browser.go(f"/?q={words}&{days}")).status == 200

    asyncio.run(talk())


def test_without_an_end_of_numbers_they_would_be_an_error(site, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(finding, "number_at", lambda milliseconds: milliseconds << 19)

    async def talk():
        await (await site.of(KIM)).go("/?q=x&since=9999-12-31")

    with pytest.raises(OverflowError):
        asyncio.run(talk())


@pytest.mark.parametrize("tail", [".1" + "1" * 5_000, ".1#" + "1" * 5_000, ".\u0661", ".\u0967#1", ".", ".1#"])
def test_a_receipt_with_more_digits_than_a_number_has_is_none(tail):
    with pytest.raises(NotAReceipt):
        parse_receipt("K7M32QXD9TAB" + tail)
    assert parse_receipt("k7m3-2qxd-9tab.12#3").recipient == 12


def test_a_clock_that_was_set_back_bars_nobody():
    clock = PushedClock(START_US)
    pace = Pace(clock)
    pace.ask("b.test")
    with pytest.raises(TooSoon):  # the control: it does bar who comes too soon
        pace.ask("b.test")
    clock.push(-86_400)
    pace.ask("b.test")
