"""GET /events: what an app was told, behind a cursor."""

import asyncio

import pytest

from api.kit import api, in_api
from pyeonji.store import told

LETTER = {"from": "kim@a.test", "to": ["lee@a.test", "nobody@a.test"], "text": "하이", "metadata": {"user": "7"}}


@in_api
async def test_an_app_reads_what_became_of_its_letters_in_order_and_goes_on(site, ask):
    key = site.app()
    sent = (await ask("POST", "/messages", key=key, json=LETTER)).json
    page = (await ask("GET", "/events", key=key)).json
    kinds = [(one["type"], one["data"]["recipient"]) for one in page["data"]]
    assert kinds == [("email.delivered", 1), ("email.final", 1), ("email.failed", 2), ("email.final", 2)]
    last = page["data"][-1]["data"]
    assert (last["message"], last["outcome"], last["cause"]) == (sent["id"], "failed", "addr.no_such_user")
    assert last["metadata"] == {"user": "7"} and last["journey_url"] == sent["journey_url"]
    assert (await ask("GET", f"/events?after={page['next']}", key=key)).json == {"data": [], "next": page["next"]}
    first = (await ask("GET", "/events?limit=3", key=key)).json
    rest = (await ask("GET", f"/events?limit=3&after={first['next']}", key=key)).json
    assert first["data"] + rest["data"] == page["data"] and len(first["data"]) == 3
    finals = (await ask("GET", "/events?type=email.final,email.bounced", key=key)).json
    assert [one["type"] for one in finals["data"]] == ["email.final", "email.final"]


@in_api
async def test_another_app_is_told_nothing_of_it_nor_an_administrator(site, ask):
    await ask("POST", "/messages", key=site.app(), json=LETTER)
    for key in (site.app("shop", "lee"), site.app("admin", "lee", scopes=("admin",))):
        assert (await ask("GET", "/events", key=key)).json["data"] == []


@pytest.mark.parametrize("query", ["after=x", "after=1.2", "after=-1", "limit=501", "type=email.opened"])
def test_a_question_that_is_not_right_is_said_to_be_so(tmp_path, query):
    with api(tmp_path) as (site, ask):
        answer = asyncio.run(ask("GET", f"/events?{query}", key=site.app()))
    assert (answer.status, answer.json["near"]) == (422, "?" + query.split("=")[0])


def pages_of_rare_events(tmp_path, monkeypatch, looked_at):
    """What stands on each page, where only the last of eight letters has failed; until there is nothing more."""
    monkeypatch.setattr(told, "LOOKED_AT", looked_at)

    async def story(site, ask):
        key = site.app()
        for _ in range(7):
            await ask("POST", "/messages", key=key, json=LETTER | {"to": ["lee@a.test"]})
        await ask("POST", "/messages", key=key, json=LETTER)
        pages, cursor = [], ""
        while True:
            page = (await ask("GET", f"/events?type=email.failed&after={cursor}", key=key)).json
            if page["next"] in (cursor, "0"):
                return pages
            pages.append([one["type"] for one in page["data"]])
            cursor = page["next"]

    with api(tmp_path) as (site, ask):
        return asyncio.run(story(site, ask))


def test_what_is_rare_is_sought_among_so_many_events_and_found_further_on(tmp_path, monkeypatch):
    """All 18 that the app was told had been read for each question."""
    assert pages_of_rare_events(tmp_path, monkeypatch, 5) == [[], [], [], ["email.failed"]]


def test_without_an_end_all_of_them_are_read_at_once(tmp_path, monkeypatch):
    """Negative control."""
    assert pages_of_rare_events(tmp_path, monkeypatch, 1_000) == [["email.failed"]]
