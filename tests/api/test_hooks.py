"""Webhooks and inbound routes by the API: whose they are, where they may lead, what they tell."""

import asyncio

import pytest

from api.kit import Heard, api, in_api
from kit.stored import filing, letter, take
from pyeonji.journey.receipt import compact
from pyeonji.store import told, webhooks
from pyeonji.store.webhooks import Result
from pyeonji.web.api import webhooks as api_webhooks

URL = "https://board.example/hooks/mail"
LETTER = {"from": "kim@a.test", "to": "lee@a.test", "text": "하이"}


@in_api
async def test_an_endpoint_comes_is_tried_changed_and_goes(site, ask):
    key, site.sender = site.app(), Heard()
    made = await ask("POST", "/webhooks", key=key, json={"url": URL, "types": ["email.final"]})
    assert made.status == 201 and made.json["secret"].startswith("whsec_") and made.json["state"] == "on"
    path = f"/webhooks/{made.json['id']}"
    listed = (await ask("GET", "/webhooks", key=key)).json["data"]
    assert [one["url"] for one in listed] == [URL] and "secret" not in listed[0]
    assert (await ask("POST", f"{path}/test", key=key)).json == {"taken": True, "status": 200, "said": "thank you"}
    site.sender = Heard(0)
    assert (await ask("POST", f"{path}/test", key=key)).json["status"] is None
    await ask("POST", "/messages", key=key, json=LETTER)
    assert (await ask("GET", path, key=key)).json["not_taken"] > 0
    paused = await ask("PATCH", path, key=key, json={"paused": True})
    assert (paused.json["state"], paused.json["types"]) == ("paused", ["email.final"])
    changed = await ask("PATCH", path, key=key, json={"paused": False, "types": [], "url": URL + "2"})
    assert (changed.json["state"], changed.json["types"], changed.json["url"]) == ("on", [], URL + "2")
    rotated = (await ask("POST", f"{path}/rotate", key=key, json={"keep": "2h"})).json
    assert rotated["secret"] != made.json["secret"]
    kept = site.home.engine.read_now(webhooks.secrets, made.json["id"])
    assert kept.old_secret == made.json["secret"] and kept.old_until_us == site.clock.now_us() + 7_200_000_000
    assert (await ask("DELETE", path, key=key)).status == 204
    assert (await ask("GET", path, key=key)).status == 404


@in_api
async def test_what_was_sent_is_seen_and_sent_again(site, ask):
    key = site.app()
    hook = (await ask("POST", "/webhooks", key=key, json={"url": URL})).json["id"]
    await ask("POST", "/messages", key=key, json=LETTER)
    engine, now = site.home.engine, site.clock.now_us()
    known = engine.read_now(webhooks.numbered, hook)
    work = engine.read_now(webhooks.work, known, now, 10)
    results = [Result(task, now, 12, 200 if at else 500, "said", 0) for at, task in enumerate(work.tasks)]
    engine.write_now(webhooks.conclude, known, results, work.behind, work.passed, now)
    log = (await ask("GET", f"/webhooks/{hook}/deliveries", key=key)).json
    assert [(one["status"], one["taken"]) for one in log["data"]] == [(200, True), (500, False)]
    first = (await ask("GET", f"/webhooks/{hook}/deliveries?limit=1", key=key)).json
    rest = (await ask("GET", f"/webhooks/{hook}/deliveries?limit=1&after={first['next']}", key=key)).json
    assert first["data"] + rest["data"] == log["data"] and rest["next"] is None
    assert (await ask("GET", f"/webhooks/{hook}", key=key)).json["not_taken"] == 0
    name = log["data"][0]["event"]
    assert (await ask("POST", f"/webhooks/{hook}/replay", key=key, json={"event": name})).json == {"events": 1}
    assert (await ask("POST", f"/webhooks/{hook}/replay", key=key, json={"event": "evt_x"})).status == 422
    assert (await ask("POST", f"/webhooks/{hook}/replay", key=key, json={"since": "1h"})).json == {"events": 2}


@pytest.mark.parametrize(
    "url",
    [
        "http://board.example/", "https://127.0.0.1/", "https://[::1]/", "https://localhost/", "https://169.254.169.254/",
        "https://2130706433/", "https://0x7f.1/", "https://board.example:0/", "ftp://board.example/", "https://a@b.example/",
        "https://board.example/\r\nX: y", "https:///nobody", "https://intern/",
    ],
)  # fmt: skip
def test_an_endpoint_leads_to_the_public_internet_only(tmp_path, url):
    """The control: an administrator's key may say that it lies inside."""

    async def story(site, ask):
        answer = await ask("POST", "/webhooks", key=site.app(), json={"url": url})
        assert (answer.status, answer.json["near"]) == (422, "$.url"), answer.json
        inside = await ask("POST", "/webhooks", key=site.app(), json={"url": "http://127.0.0.1/", "inside": True})
        assert inside.json["code"] == "scope_missing"
        lord = site.app("admin", "lee", scopes=("admin", "manage"))
        assert (
            await ask("POST", "/webhooks", key=lord, json={"url": "http://127.0.0.1/", "inside": True})
        ).status == 201

    with api(tmp_path) as (site, ask):
        asyncio.run(story(site, ask))


@in_api
async def test_anothers_endpoint_is_as_if_it_were_not_there(site, ask):
    mine, others, site.sender = site.app(), site.app("shop", "lee"), Heard()
    hook = (await ask("POST", "/webhooks", key=mine, json={"url": URL})).json["id"]
    assert (await ask("GET", "/webhooks", key=others)).json["data"] == []
    for method, path, body in (
        ("GET", "", None), ("PATCH", "", {}), ("DELETE", "", None), ("GET", "/deliveries", None),
        ("POST", "/replay", {}), ("POST", "/rotate", {}), ("POST", "/test", None),
    ):  # fmt: skip
        facts = {} if body is None else {"json": body}
        seen = await ask(method, f"/webhooks/{hook}{path}", key=others, **facts)
        nothing = await ask(method, f"/webhooks/999{path}", key=others, **facts)
        assert seen.status == 404 and seen.body == nothing.body
    assert site.sender.posted == []
    assert (await ask("GET", f"/webhooks/{hook}", key=mine)).status == 200


@in_api
async def test_only_so_many_endpoints(site, ask):
    key = site.app()
    made = [await ask("POST", "/webhooks", key=key, json={"url": f"{URL}{n}"}) for n in range(21)]
    assert [one.status for one in made].count(201) == 20 and made[-1].json["code"] == "not_possible_now"
    wrong = await ask("POST", "/webhooks", key=site.app("shop"), json={"url": URL, "types": ["email.opened"]})
    assert wrong.json["near"] == "$.types"


@in_api
async def test_an_app_hears_of_letters_to_its_own_addresses_only(site, ask):
    key, others = site.app(), site.app("shop", "lee")
    made = await ask("POST", "/inbound-routes", key=key, json={"address": "Kim@a.test"})
    assert (made.status, made.json["address"]) == (201, "kim@a.test")
    assert (await ask("POST", "/inbound-routes", key=key, json={"address": "kim@a.test"})).status == 409
    foreign = await ask("POST", "/inbound-routes", key=key, json={"address": "lee@a.test"})
    nobody = await ask("POST", "/inbound-routes", key=key, json={"address": "nobody@a.test"})
    assert foreign.status == nobody.status == 422
    assert foreign.json["en"].replace("lee", "X") == nobody.json["en"].replace("nobody", "X")
    lord = site.app("admin", "lee", scopes=("admin", "manage"))
    assert (await ask("POST", "/inbound-routes", key=lord, json={"address": "lee@a.test"})).status == 201
    assert len((await ask("GET", "/inbound-routes", key=key)).json["data"]) == 1
    path = f"/inbound-routes/{made.json['id']}"
    assert (await ask("DELETE", path, key=others)).status == 404
    assert (await ask("DELETE", path, key=key)).status == 204


@in_api
async def test_a_letter_that_came_for_an_app_is_read_by_it_and_by_no_other(site, ask):
    key, others = site.app(), site.app("shop", "lee")
    number = take(site.home, letter(filing(site.home, "kim@a.test"), content=b"From: x@b.test\r\n\r\nHello\r\n")).number
    path = f"/messages/{compact(number)}/raw"
    assert (await ask("GET", path, key=key)).status == 404

    def tell(tx):
        app = tx.one("SELECT id FROM app WHERE name = 'board'", {})[0]
        return told.tell_received(tx, number, [(app, "kim@a.test")], "INBOX", site.clock.now_us())

    site.home.engine.write_now(tell)
    assert (await ask("GET", path, key=key)).body.endswith(b"Hello\r\n")
    assert (await ask("GET", path.replace("raw", "parts/1"), key=key)).body == b"Hello\r\n"
    assert (await ask("GET", path, key=others)).status == 404
    assert (await ask("GET", f"/messages/{compact(number)}", key=key)).status == 404  # its journey is the reader's


def many_at_once(tmp_path, monkeypatch, guarded):
    """How many endpoints an app has that asks for thirty at the same moment."""
    if not guarded:
        monkeypatch.setattr(api_webhooks, "_add", webhooks.add)

    async def story(site, ask):
        key = site.app()
        await asyncio.gather(*(ask("POST", "/webhooks", key=key, json={"url": URL}) for _ in range(30)))
        return len(site.home.engine.read_now(webhooks.every))

    with api(tmp_path) as (site, ask):
        return asyncio.run(story(site, ask))


@pytest.mark.parametrize(("guarded", "made"), [(True, api_webhooks.MAX_HOOKS), (False, 30)])
def test_an_app_has_so_many_endpoints_also_when_it_asks_for_all_at_once(tmp_path, monkeypatch, guarded, made):
    assert many_at_once(tmp_path, monkeypatch, guarded) == made


@in_api
async def test_what_was_told_is_told_again_so_often_in_a_minute(site, ask):
    key = site.app()
    hook = (await ask("POST", "/webhooks", key=key, json={"url": URL})).json["id"]
    asked = [(await ask("POST", f"/webhooks/{hook}/replay", key=key, json={})).status for _ in range(31)]
    assert asked == [200] * api_webhooks.REPLAYS + [429]
