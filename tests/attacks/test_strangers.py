"""Floods from one address (reliability W22): what costs us is done so often in a minute, and then the answer is 429."""

import asyncio

import pytest

from api.kit import api
from kit.site import PASSWORD, START_US, Impatient, WebSite
from pyeonji.directory.guard import Guard
from pyeonji.directory.settings import GuardSettings
from pyeonji.web.api import keys
from pyeonji.web.signin import door

KIM, FLOODER, OTHER = "kim@a.test", "203.0.113.7", "203.0.113.8"
SIGN_INS, CALLS = 6, 8  # limits of these tests, so that they are quick


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.setattr(door, "SIGN_INS_A_MINUTE", SIGN_INS)
    found = WebSite(tmp_path)
    yield found
    found.home.close()


def statuses(site, tries=2 * SIGN_INS, pushed_s=0):
    """Of forms that are not ours, which nothing else counts; then of a right password from there and elsewhere."""

    async def talk():
        flooder = site.browser(peer=FLOODER)
        await flooder.go("/signin")
        kind = {"content-type": "application/x-www-form-urlencoded"}
        ways = ("/signin", "/signin/code", "/signin/passkey", "/signin/link/x")
        found = [
            (await flooder.go(ways[at % len(ways)], "POST", b"token=stale", **kind)).status for at in range(tries)
        ]  # fmt: skip
        site.clock.push(pushed_s)
        right = [await site.browser(peer=peer).sign_in(KIM, PASSWORD) for peer in (FLOODER, OTHER)]
        return found, right

    return asyncio.run(talk())


def test_one_address_tries_to_sign_in_so_often_in_a_minute(site):
    found, (there, elsewhere) = statuses(site)
    assert found == [403] * SIGN_INS + [429] * SIGN_INS
    assert (there.status, elsewhere.status) == (429, 303)
    assert 1 <= int(there.headers["retry-after"]) <= 60 and "Try again in a minute." in there.text


def test_a_minute_later_it_may_again(site):
    _, (there, _) = statuses(site, pushed_s=60)
    assert there.status == 303


def test_without_the_limit_every_try_would_be_looked_at(site, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(door, "SIGN_INS_A_MINUTE", 10**9)
    found, (there, _) = statuses(site)
    assert set(found) == {403} and there.status == 303


WITHOUT = [
    {},
    {"authorization": "Bearer pj_live_nobody"},
    {"authorization": "Basic eDp5"},
    {"authorization": "Bearer "},
]


def called(tmp_path, headers, calls=2 * CALLS):
    """What an address hears that asks without a good key; then one with a good key from there."""

    async def story(site, ask):
        good, found = site.app(), []
        for _ in range(calls):
            answer = await ask("GET", "/messages", headers=headers)
            found.append((answer.status, answer.json["code"]))
        return found, (await ask("GET", "/messages", key=good)).status

    with api(tmp_path) as (site, ask):  # the guard, which counts bad keys besides, is patient here
        site.guard = Guard(GuardSettings(exempt=(), failed_logins=10_000, failed_in_all=10_000), Impatient(START_US))
        return asyncio.run(story(site, ask))


@pytest.mark.parametrize("headers", WITHOUT)
def test_one_address_asks_the_api_without_a_good_key_so_often_in_a_minute(tmp_path, monkeypatch, headers):
    monkeypatch.setattr(keys, "STRANGER_CALLS_A_MINUTE", CALLS)
    found, _ = called(tmp_path, headers)
    assert {status for status, _ in found[:CALLS]} == {401}
    assert set(found[CALLS:]) == {(429, "too_fast")}


@pytest.mark.parametrize("headers", WITHOUT)
def test_who_has_a_good_key_is_answered_whoever_else_asks_from_there(tmp_path, monkeypatch, headers):
    monkeypatch.setattr(keys, "STRANGER_CALLS_A_MINUTE", CALLS)
    assert called(tmp_path, headers)[1] == 200


@pytest.mark.parametrize("headers", WITHOUT)
def test_without_the_limit_every_call_would_be_looked_at(tmp_path, monkeypatch, headers):
    """Negative control."""
    monkeypatch.setattr(keys, "STRANGER_CALLS_A_MINUTE", 10**9)
    found, _ = called(tmp_path, headers)
    assert {status for status, _ in found} == {401}
