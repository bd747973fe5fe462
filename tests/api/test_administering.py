"""Domains, accounts, aliases, apps and keys: what an administrator's key does, and no other."""

import asyncio

import pytest

from api.kit import api, in_api
from pyeonji.proto.dns import Answer, answer_in
from pyeonji.store import directory
from pyeonji.web.api.app import OPERATIONS
from pyeonji.zone.wanted import Facts


def admin(site):
    return site.app("admin", "lee", scopes=("admin",))


OF_ADMINISTRATORS = [one for one in OPERATIONS if one.scope == "admin"]


@pytest.mark.parametrize("one", OF_ADMINISTRATORS, ids=lambda one: f"{one.method} {one.path}")
def test_nobody_but_an_administrator_does_it(tmp_path, one):
    """The control is the key that may: it is let in (and finds nothing of that name, or nothing in the body)."""
    path = one.path.format(id="K7M32QXD9TAB", n=1, name="nothing.test", address="no@a.test", key=7, hook=1, route=1)

    async def story(site, ask):
        for key in (site.app(), site.app("shop", "lee", scopes=("send", "read", "manage"))):
            answer = await ask(one.method, path, key=key, json={})
            assert (answer.status, answer.json["code"]) == (403, "scope_missing")
        assert (await ask(one.method, path, json={})).status == 401
        assert (await ask(one.method, path, key=admin(site), json={})).status in (200, 404, 422)

    with api(tmp_path) as (site, ask):
        asyncio.run(story(site, ask))


@in_api
async def test_a_domain_comes_gets_a_catch_all_and_goes(site, ask):
    key = admin(site)
    made = await ask("POST", "/domains", key=key, json={"name": "학교.test"})
    assert (made.status, made.json["name"]) == (201, "xn--9d0b527e.test"), made.json
    assert (await ask("POST", "/domains", key=key, json={"name": "학교.test"})).json["code"] == "exists_already"
    assert [one["name"] for one in (await ask("GET", "/domains", key=key)).json["data"]] == [
        "a.test",
        "xn--9d0b527e.test",
    ]
    path = "/domains/xn--9d0b527e.test"
    changed = await ask("PATCH", path, key=key, json={"catch_all": "KIM@a.test"})
    assert changed.json["catch_all"] == "kim@a.test"
    assert (await ask("PATCH", path, key=key, json={"catch_all": "no@a.test"})).json["near"] == "$.catch_all"
    assert (await ask("PATCH", path, key=key, json={"catch_all": None})).json["catch_all"] is None
    assert (await ask("DELETE", path, key=key)).status == 204
    assert (await ask("GET", path, key=key)).status == 404
    assert (await ask("DELETE", "/domains/a.test", key=key)).json["code"] == "still_used"
    assert (await ask("POST", "/domains", key=key, json={"name": "a..b"})).json["near"] == "$.name"


@in_api
async def test_a_domain_says_what_the_dns_should_have_and_what_it_has(site, ask):
    class Silent:
        async def lookup(self, question):
            return Answer(failure="nobody answers")

    site.resolver = Silent()
    site.zone_facts = lambda domain, keys: Facts(domain=domain, hostname="mail.a.test", addresses=("192.0.2.1",))
    records = (await ask("GET", "/domains/a.test/records", key=admin(site))).json["data"]
    mx = next(one for one in records if one["key"] == "mx")
    assert mx["value"] == "10 mail.a.test" and "a.test." in mx["line"] and mx["why"]["ko"]
    checked = (await ask("POST", "/domains/a.test/check", key=admin(site))).json
    assert checked["good"] and {one["verdict"] for one in checked["data"]} == {"unknown"}


@in_api
async def test_a_check_that_finds_a_change_is_news_once(site, ask):
    """To whom a domain concerns, with what is wrong, what it means, and who must act."""
    zone = {("a.test", "MX"): ("10 elsewhere.test",)}

    class Authority:
        def __init__(self, resolver):
            pass

        async def answers(self, questions):
            return {question: answer_in(zone, question) for question in questions}

    site.zone_facts = lambda domain, keys: Facts(domain=domain, hostname="mail.a.test", addresses=("198.41.0.4",))
    chief, board, site.resolver = admin(site), site.app("board", "kim"), None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pyeonji.web.api.domains.Authority", Authority)
        for _ in range(2):
            assert not (await ask("POST", "/domains/a.test/check", key=chief)).json["good"]
        zone |= {
            ("a.test", "MX"): ("10 mail.a.test",), ("a.test", "TXT"): ("v=spf1 mx -all",),
            ("mail.a.test", "A"): ("198.41.0.4",), ("mail.a.test", "TXT"): ("v=spf1 a -all",),
            ("_dmarc.a.test", "TXT"): ("v=DMARC1; p=reject",),
        }  # fmt: skip
        for _ in range(2):
            assert (await ask("POST", "/domains/a.test/check", key=chief)).json["good"]
    for key in (chief, board):
        bad, good = (await ask("GET", "/events", key=key)).json["data"]
        assert (bad["type"], good["type"]) == ("domain.check_failed", "domain.check_ok")
        assert bad["data"]["domain"] == "a.test" and bad["data"]["actor"] == "dns_owner"
        assert bad["data"]["records"] == ["address", "dmarc", "mx", "spf", "spf_host"]
        assert "pyeonji dns check a.test" in bad["data"]["action"]["ko"] and "mx" in bad["data"]["explanation"]["en"]
        assert good["data"] | {"explanation": ""} == {
            "domain": "a.test", "records": [], "actor": "nobody", "action": None, "explanation": "",
        }  # fmt: skip
        assert bad["id"] != good["id"]


@in_api
async def test_an_account_comes_is_changed_and_goes(site, ask):
    key = admin(site)
    made = (
        await ask("POST", "/accounts", key=key, json={"address": "New@a.test", "name": "새 사람", "quota_messages": 5})
    ).json
    assert made["address"] == "new@a.test" and len(made["password"]) == 19 and made["quota_messages"] == 5
    own = await ask("POST", "/accounts", key=key, json={"address": "own@a.test", "password": "비밀번호"})
    assert own.status == 201 and own.json["password"] is None
    assert (await ask("POST", "/accounts", key=key, json={"address": "new@a.test"})).json["code"] == "exists_already"
    for address, near in (("x@b.test", "$.address"), ("x y", "$.address"), ("a\u200b@a.test", "$.address")):
        assert (await ask("POST", "/accounts", key=key, json={"address": address})).json["near"] == near
    changed = await ask("PATCH", "/accounts/new@a.test", key=key, json={"disabled": True, "quota_octets": 1000})
    assert (changed.json["disabled"], changed.json["quota_octets"], changed.json["quota_messages"]) == (True, 1000, 5)
    before = site.home.engine.read_now(directory.credentials, site.people["kim"].id)
    assert (await ask("PATCH", "/accounts/kim@a.test", key=key, json={"password": "new"})).status == 200
    assert site.home.engine.read_now(directory.credentials, site.people["kim"].id) != before
    page = (await ask("GET", "/accounts?limit=3", key=key)).json
    rest = (await ask("GET", f"/accounts?limit=3&after={page['next']}", key=key)).json
    assert [one["address"] for one in page["data"] + rest["data"]] == [
        "kim@a.test", "lee@a.test", "new@a.test", "own@a.test",
    ]  # fmt: skip
    assert rest["next"] is None
    assert (await ask("DELETE", "/accounts/own@a.test", key=key)).status == 204
    assert (await ask("GET", "/accounts/own@a.test", key=key)).status == 404


@in_api
async def test_an_alias_leads_somewhere_and_goes(site, ask):
    key = admin(site)
    made = await ask("POST", "/aliases", key=key, json={"address": "Team@a.test", "target": "kim@a.test"})
    assert made.json == {"address": "team@a.test", "target": "kim@a.test", "owner": None}
    assert (await ask("POST", "/aliases", key=key, json=made.json)).json["code"] == "exists_already"
    for body, near in (
        ({"address": "x@b.test", "target": "kim@a.test"}, "$.address"),
        ({"address": "x@a.test", "target": "kim"}, "$.target"),
        ({"address": "x@a.test", "target": "kim@a.test", "owner": "x@a.test"}, "$.owner"),
        ({"address": "x@a.test", "target": "kim@a.test", "owner": "no@a.test"}, "$.owner"),
    ):
        assert (await ask("POST", "/aliases", key=key, json=body)).json["near"] == near
    assert len((await ask("GET", "/aliases", key=key)).json["data"]) == 1
    assert (await ask("DELETE", "/aliases/team@a.test?target=lee@a.test", key=key)).status == 404
    assert (await ask("DELETE", "/aliases/team@a.test", key=key)).status == 204


@in_api
async def test_an_app_gets_keys_which_are_shown_once(site, ask):
    key = admin(site)
    assert (await ask("POST", "/apps", key=key, json={"name": "board", "account": "kim@a.test"})).status == 201
    assert (await ask("POST", "/apps", key=key, json={"name": "board", "account": "kim@a.test"})).status == 409
    assert (await ask("POST", "/apps", key=key, json={"name": "b", "account": "no@a.test"})).json["near"] == "$.account"
    changed = await ask("PATCH", "/apps/board", key=key, json={"return_addresses": True})
    assert (changed.json["return_addresses"], changed.json["attempts"]) == (True, False)
    made = (await ask("POST", "/keys", key=key, json={"app": "board", "label": "web", "scopes": ["read"]})).json
    assert made["key"].startswith("pj_live_") and made["hint"] in made["key"]
    assert (await ask("GET", "/messages", key=made["key"])).status == 200
    listed = (await ask("GET", "/keys", key=key)).json["data"]
    assert [one["label"] for one in listed if one["app"] == "board"] == ["web"] and "key" not in listed[0]
    rotated = (await ask("POST", f"/keys/{made['id']}/rotate", key=key)).json
    assert (await ask("GET", "/messages", key=made["key"])).status == 401
    assert (await ask("GET", "/messages", key=rotated["key"])).status == 200
    assert (await ask("DELETE", f"/keys/{made['id']}", key=key)).status == 204
    assert (await ask("GET", "/messages", key=rotated["key"])).status == 401
    assert (await ask("DELETE", "/apps/board", key=key)).status == 204
    assert (await ask("GET", "/apps/board", key=key)).status == 404


@in_api
async def test_addresses_are_suppressed_by_an_app_for_itself_and_by_an_administrator_for_all(site, ask):
    key, shop, lord = site.app(), site.app("shop", "lee"), admin(site)
    letter = {"from": "kim@a.test", "to": "Minsu@b.test", "text": "하이"}
    made = await ask("POST", "/suppressions", key=key, json={"address": "minsu@b.test", "note": "asked by telephone"})
    assert (made.status, made.json["for_all"], made.json["message"]) == (201, False, None)
    assert (await ask("POST", "/suppressions", key=key, json={"address": "minsu@b.test"})).status == 409
    sent = (await ask("POST", "/messages", key=key, json=letter)).json
    assert [one["status"] for one in sent["recipients"]] == ["suppressed"] and sent["status"] == "final"
    assert (await ask("GET", "/suppressions", key=shop)).json["data"] == []
    assert (await ask("GET", "/suppressions/minsu@b.test", key=shop)).status == 404
    assert (await ask("DELETE", "/suppressions/minsu@b.test", key=shop)).status == 404
    assert (await ask("POST", "/suppressions", key=key, json={"address": "a@b.test", "for_all": True})).status == 403
    assert (await ask("POST", "/suppressions", key=lord, json={"address": "a@b.test", "for_all": True})).status == 201
    assert (await ask("GET", "/suppressions/A@b.test", key=shop)).json["for_all"]
    first = (await ask("GET", "/suppressions?limit=1", key=key)).json
    rest = (await ask("GET", f"/suppressions?limit=1&after={first['next'].replace(' ', '%20')}", key=key)).json
    assert [one["address"] for one in first["data"] + rest["data"]] == ["a@b.test", "minsu@b.test"]
    assert (await ask("DELETE", "/suppressions/a@b.test", key=key)).status == 404
    assert (await ask("DELETE", "/suppressions/a@b.test", key=lord)).status == 204
    assert (await ask("DELETE", "/suppressions/minsu@b.test", key=key)).status == 204
    sent = (await ask("POST", "/messages", key=key, json=letter)).json
    assert [one["status"] for one in sent["recipients"]] == ["queued"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/suppressions/a%00@b.test"), ("DELETE", "/suppressions/%00"), ("GET", "/accounts/a%00@a.test"),
        ("GET", "/apps/%00"), ("GET", "/domains/%00"), ("DELETE", "/aliases/%00"), ("GET", "/messages/%00"),
        ("GET", "/messages?to=%00"), ("GET", "/accounts?after=%00"), ("DELETE", "/aliases/a@a.test?target=%00"),
    ],
)  # fmt: skip
def test_nul_is_no_name_of_anything(tmp_path, method, path):
    with api(tmp_path) as (site, ask):
        answer = asyncio.run(ask(method, path, key=site.app("admin", "lee", scopes=("admin", "manage"))))
    assert answer.status in (404, 422)
