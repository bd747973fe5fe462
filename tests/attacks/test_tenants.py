"""What an app or a person may not learn or do of others' (reliability, tenants), and what numbers may not be."""

import asyncio
import re

import pytest

from api.kit import api
from api.test_reading import handed_in, somebody_listens
from kit.patience import PATIENCE_S
from kit.site import START_US, WebSite
from pyeonji.address import parse_address
from pyeonji.delivery.plan import Wanted
from pyeonji.directory.login import make_credentials
from pyeonji.journey.event import Failed
from pyeonji.journey.receipt import NotAReceipt, parse_receipt
from pyeonji.net.clock import PushedClock
from pyeonji.store import apps, directory, idempotency, queue, sent, told, web_sessions, webhooks
from pyeonji.store import finding as finding_
from pyeonji.store.accept import record
from pyeonji.store.apps import SCOPES
from pyeonji.store.tallies import Tallies
from pyeonji.store.webhooks import Result, Task
from pyeonji.submission.door import Draft
from pyeonji.web.api import journey, messages
from pyeonji.web.api.app import OPERATIONS
from pyeonji.web.api.operation import Operation
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
        return (await asyncio.wait_for(asked, PATIENCE_S)).body

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


# ── searches that cost ──


def paged(tmp_path, query):
    """The letters on each page of the answer; every third of ten is rare."""

    async def story(site, ask):
        key = site.app()
        for at in range(10):
            rare = {"tags": ["rare"], "to": "rare@b.test", "ref": "rare"} if at % 3 == 0 else {"tags": ["usual"]}
            await handed_in(site, ask, key, **rare)
        pages, cursor = [], ""
        while cursor is not None:
            page = (await ask("GET", f"/messages?{query}&after={cursor}", key=key)).json
            pages.append([one["id"] for one in page["data"]])
            cursor = page["next"]
        return pages

    with api(tmp_path) as (site, ask):
        return asyncio.run(story(site, ask))


RARE = ["tag=rare", "to=rare@b.test", "ref=rare", "tag=rare&to=rare@b.test&status=queued"]


@pytest.mark.parametrize("query", RARE)
@pytest.mark.parametrize("limit", [1, 2, 50])
def test_what_is_rare_is_sought_piece_by_piece_and_all_of_it_found(tmp_path, monkeypatch, query, limit):
    monkeypatch.setattr(sent, "MAX_LOOKED_AT", 3)
    pages = paged(tmp_path, f"{query}&limit={limit}")
    assert len([one for page in pages for one in page]) == len({one for page in pages for one in page}) == 4
    assert all(len(page) <= limit for page in pages)


def test_one_question_looks_at_so_many_letters(tmp_path, monkeypatch):
    monkeypatch.setattr(sent, "MAX_LOOKED_AT", 3)
    assert paged(tmp_path, "tag=nothing") == [[], [], [], []]


def test_without_that_it_would_look_at_all(tmp_path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(sent, "oldest_looked_at", lambda tx, app_id, search: 0)
    assert paged(tmp_path, "tag=nothing") == [[]]


def plans(home, word, whose):
    """How SQLite looks for what a search asks."""
    found = []

    def explained(tx):
        class Spy:
            def all(self, sql, values=None):
                found.extend(row[-1] for row in tx.all(f"EXPLAIN QUERY PLAN {sql}", values))
                return []

            def among(self, sql, numbers):
                return []

        finding_.by_words(Spy(), word, whose)

    home.engine.read_now(explained)
    return found


def test_a_word_is_sought_in_ones_own_letters_by_an_index(site):
    """Somebody with few letters among millions would have had all of them read."""
    looked = plans(site.home, "550", finding_.Whose(KIM, site.people[KIM]))
    assert looked and not any(
        re.search(r"(SCAN|SEARCH) (m|message|e|entry|b)\b(?!.*USING.*\([a-z_]+=)", one) for one in looked
    )
    everybody = plans(site.home, "550", finding_.ALL)  # the control: an administrator looks through the latest of all
    assert any("message" in one and "=?" not in one for one in everybody)


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


def test_a_clock_that_was_set_back_bars_nobody(tmp_path):
    clock = PushedClock(START_US)
    pace = Pace(clock, Tallies(tmp_path / "tallies"))
    pace.ask("b.test")
    with pytest.raises(TooSoon):  # the control: it does bar who comes too soon
        pace.ask("b.test")
    clock.push(-86_400)
    pace.ask("b.test")


# ── who else got a letter ──


async def found_by(site, words):
    """Whether somebody who got a letter finds it by words: of whom its header does not name, and of its own."""
    to = tuple(Wanted(parse_address(one)) for one in ("lee@a.test", "eve@a.test", "far@b.test"))
    content = b"From: kim@a.test\r\nTo: lee@a.test, named@c.test\r\nSubject: hi\r\n\r\nx\r\n"
    draft = Draft(content=content, reverse_path=parse_address(KIM), recipients=to, via="submission", login=KIM)
    number = (await site.door.submit(draft)).number
    now = site.clock.now_us()
    failed = [Failed(now, 3, "552 5.2.2 Mailbox full", "mbox.full", "mx.b.test", "rcpt")]
    site.home.engine.write_now(record, None, number, now, failed)
    return (await (await site.of("lee@a.test")).go(f"/?q={words}")).status == 303  # to the letter


HIDDEN = ["far@b.test", "FAR@b.test", "eve@a.test", "mx.b.test", "552", "mbox.full"]


@pytest.mark.parametrize("words", HIDDEN)
def test_nobody_finds_a_letter_by_whom_its_header_does_not_name(site, words):
    """A search that finds is an answer: is this one among the blind copies, and what became of his?"""
    assert not asyncio.run(found_by(site, words))


@pytest.mark.parametrize("words", HIDDEN)
def test_without_a_look_at_what_he_may_see_he_would(site, words, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(finding, "says", lambda told, words: True)
    assert asyncio.run(found_by(site, words))


@pytest.mark.parametrize("words", ["lee@a.test", "kim@a.test", "hi"])
def test_he_finds_it_by_what_he_sees(site, words):
    assert asyncio.run(found_by(site, words))


# ── addresses that lead to others now ──


def heard_by(tmp_path, target):
    """What apps hear of mail to an alias that was theirs: (the old one's, that of who still has it)."""

    async def story(site, ask):
        write = site.home.engine.write_now
        for who in ("kim@a.test", "lee@a.test"):
            write(directory.add_alias, "team@a.test", who)
        key = site.app("board", "kim")
        assert (await ask("POST", "/inbound-routes", key=key, json={"address": "team@a.test"})).status == 201
        write(directory.remove_alias, "team@a.test", target)
        if target is None:
            write(directory.add_alias, "team@a.test", "lee@a.test")
        site.clock.push(10)
        await handed_in(site, ask, site.app("shop", "lee"), **{"from": "lee@a.test", "to": "team@a.test", "bcc": []})
        return [one["type"] for one in (await ask("GET", "/events", key=key)).json["data"]]

    with api(tmp_path) as (site, ask):
        return asyncio.run(story(site, ask))


@pytest.mark.parametrize("target", ["kim@a.test", None])
def test_an_app_hears_nothing_of_an_address_that_leads_to_its_account_no_more(tmp_path, target):
    assert heard_by(tmp_path, target) == []


@pytest.mark.parametrize("target", ["kim@a.test", None])
def test_without_that_it_would_hear_all_of_it(tmp_path, target, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(directory, "forget_routes", lambda tx, address, target: None)
    assert heard_by(tmp_path, target) == ["email.received"]


def test_who_still_has_it_hears_of_it(tmp_path):
    assert heard_by(tmp_path, "lee@a.test") == ["email.received"]


# ── test keys, which lie in many more hands ──


def seen_by_test_key(tmp_path):
    """What a test key learns of a letter of its app that was sent with a real one; and of one of its own."""

    async def story(site, ask):
        real, test = site.app("board"), site.app("board", test=True)
        mine = {"to": "delivered@simulator.test", "bcc": []}
        found = []
        for number in (await handed_in(site, ask, real), await handed_in(site, ask, test, **mine)):
            paths = (f"/messages/{number}", f"/messages/{number}/journey", f"/messages/{number}/raw")
            answers = [(await ask("GET", path, key=test)).status for path in paths]
            cancelled = (await ask("DELETE", f"/messages/{number}", key=test)).status
            listed = [one["id"] for one in (await ask("GET", "/messages", key=test)).json["data"]]
            told = {one["data"]["message"] for one in (await ask("GET", "/events", key=test)).json["data"]}
            found.append((*answers, cancelled, number in listed, number in told))
        return found

    with api(tmp_path) as (site, ask):
        return asyncio.run(story(site, ask))


def test_a_test_key_sees_nothing_that_was_sent_in_earnest(tmp_path):
    """The control is the second letter: of its own it sees all."""
    assert seen_by_test_key(tmp_path) == [(404, 404, 404, 404, False, False), (200, 200, 200, 200, True, True)]


CHANGES = [one for one in OPERATIONS if one.scope in ("manage", "admin") and one.method != "GET"]


def answered_to_test_key(tmp_path, one):
    """With all scopes, as the default of `pyeonji app` has most of them."""
    path = one.path.format(id="K7M32QXD9TAB", n=1, name="nothing.test", address="no@a.test", key=7, hook=1, route=1)

    async def story(site, ask):
        answer = await ask(one.method, path, key=site.app(test=True, scopes=SCOPES), json={})
        return answer.status, answer.json and answer.json.get("code")

    with api(tmp_path) as (site, ask):
        return asyncio.run(story(site, ask))


@pytest.mark.parametrize("one", CHANGES, ids=lambda one: f"{one.method} {one.path}")
def test_a_test_key_changes_nothing_that_is_real(tmp_path, one):
    assert answered_to_test_key(tmp_path, one) == (403, "test_key_changes_nothing")


@pytest.mark.parametrize("one", CHANGES, ids=lambda one: f"{one.method} {one.path}")
def test_without_a_look_at_the_kind_of_key_it_would(tmp_path, monkeypatch, one):
    """Negative control: it is let in, and finds nothing of that name, or nothing in the body."""
    monkeypatch.setattr(Operation, "changes_what_is_real", False)
    assert answered_to_test_key(tmp_path, one)[0] in (200, 404, 422)


def test_a_test_key_sees_of_the_do_not_send_list_only_what_is_a_simulators(tmp_path):
    """The control is the real key of the same app."""

    async def story(site, ask):
        real, test = site.app("board"), site.app("board", test=True)
        for address in ("bora@school.example", "bora@simulator.test"):
            assert (await ask("POST", "/suppressions", key=real, json={"address": address})).status == 201
        found = []
        for key in (real, test):
            listed = [one["address"] for one in (await ask("GET", "/suppressions", key=key)).json["data"]]
            found.append((listed, (await ask("GET", "/suppressions/bora@school.example", key=key)).status))
        return found

    with api(tmp_path) as (site, ask):
        assert asyncio.run(story(site, ask)) == [
            (["bora@school.example", "bora@simulator.test"], 200), (["bora@simulator.test"], 404),
        ]  # fmt: skip


def answers_to_a_guess(tmp_path):
    """What a test key hears that guesses the key of a real letter; and who has sent a letter of that name before."""
    name = {"idempotency-key": "password-reset/91827"}

    async def story(site, ask):
        real, test = site.app("board"), site.app("board", test=True)
        letter = {"from": "kim@a.test", "to": "lee@a.test", "subject": "CANARY", "text": "x"}
        guess = letter | {"to": "delivered@simulator.test"}
        found = []
        for first, second in (((real, letter), (test, guess)), ((test, guess), (real, letter))):
            for key, said in (first, second):
                found.append((await ask("POST", "/messages", key=key, json=said, headers=name)).status)
            site.clock.push(8 * 86_400)
        return found

    with api(tmp_path) as (site, ask):
        return asyncio.run(story(site, ask))


def test_a_test_key_takes_no_real_letters_name_and_asks_for_none(tmp_path):
    assert answers_to_a_guess(tmp_path) == [202] * 4


def test_with_one_kind_of_names_it_would_keep_letters_back_and_hear_of_them(tmp_path, monkeypatch):
    """Negative control: the one hears in what the letters differ, the other's letter is not taken."""
    monkeypatch.setattr(idempotency, "kept_as", lambda key, *, test: key)
    assert answers_to_a_guess(tmp_path) == [202, 422, 202, 422]


def told_of(tmp_path):
    """What a real key and a test key of one app read in the log of an endpoint, and behind support codes."""

    async def story(site, ask):
        keys = {"real": site.app("board"), "test": site.app("board", test=True)}
        await ask("POST", "/webhooks", key=keys["real"], json={"url": "https://board.example/hooks/mail"})
        home, seen = site.home.engine, {}
        hook = home.read_now(webhooks.numbered, 1)
        codes = [await ask("POST", "/support-codes", key=keys["real"], json={})]
        for kind, to in (("real", "lee@a.test"), ("test", "delivered@simulator.test")):
            number = await handed_in(site, ask, keys[kind], to=to, bcc=[])
            codes.append(await ask("POST", "/support-codes", key=keys[kind], json={"message": number}))
            item = home.read_now(told.of_letter, parse_receipt(number).number)[0]
            home.write_now(webhooks.conclude, hook, [Result(Task(item), START_US, 1, 500, f"no {kind}", 9)], [], 0, 9)
        for kind, key in keys.items():
            log = (await ask("GET", "/webhooks/1/deliveries", key=key)).json["data"]
            read = [(await ask("GET", f"/support-codes/{one.json['code']}", key=key)).status for one in codes]
            seen[kind] = [(one["event"] is not None, one["said"]) for one in log], read
        return seen

    with api(tmp_path) as (site, ask):
        return asyncio.run(story(site, ask))


def test_a_test_key_reads_no_names_of_real_letters_nor_whether_any_was_made(tmp_path):
    seen = told_of(tmp_path)
    assert seen["real"] == ([(True, "no test"), (True, "no real")], [200, 200, 200])
    assert seen["test"] == ([(True, "no test"), (False, "")], [404, 404, 200])
