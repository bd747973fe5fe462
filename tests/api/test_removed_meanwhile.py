"""An app that is removed while its own request is being worked on: nothing is done, and it hears why."""

import asyncio

import pytest

from api.kit import api, in_api
from kit.asgi import ask as ask_app
from pyeonji.store import apps
from pyeonji.store.engine.base import Unavailable
from pyeonji.web.api.app import api_app
from pyeonji.web.api.keys import KeysOfApps

LETTER = {"from": "kim@a.test", "to": ["bora@school.example"], "subject": "hi", "text": "hello"}
WRITING = {
    "a letter": ("/messages", LETTER, "message"),
    "an endpoint": ("/webhooks", {"url": "https://board.example/hook", "types": ["email.final"]}, "webhook"),
    "a route": ("/inbound-routes", {"address": "kim@a.test"}, "inbound_route"),
    "an address to keep letters from": ("/suppressions", {"address": "bora@school.example"}, "suppression"),
}


class Removing(KeysOfApps):
    """Knows a key, and then its app is removed, as by a command of the administrator's at that moment."""

    async def caller(self, site, key):
        found = await super().caller(site, key)
        if found is not None:
            site.home.engine.write_now(apps.remove, found.app_id)
        return found


@pytest.mark.parametrize(("path", "json", "table"), WRITING.values(), ids=WRITING)
@pytest.mark.parametrize("headers", [{}, {"idempotency-key": "once"}], ids=["plain", "idempotent"])
def test_an_app_that_is_removed_meanwhile_hears_that_its_key_is_gone(tmp_path, path, json, table, headers):
    with api(tmp_path) as (site, _):
        app = api_app({"": site}, keys=Removing())
        key = site.app()
        answer = asyncio.run(ask_app(app, "POST", f"/api/v1{path}", key=key, json=json, headers=headers))
        assert (answer.status, answer.json["code"]) == (401, "key_taken_back")
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert "지워졌어요" in answer.json["ko"] and "was removed" in answer.json["en"]
        assert site.count(table) == site.count("idempotency") == site.count("sent") == 0


@pytest.mark.parametrize(("path", "json", "table"), WRITING.values(), ids=WRITING)
def test_an_app_that_stays_is_served(tmp_path, path, json, table):
    with api(tmp_path) as (site, ask):
        assert asyncio.run(ask("POST", path, key=site.app(), json=json)).status in (201, 202)
        assert site.count(table) == 1


@in_api
async def test_a_store_that_is_away_is_no_key_that_is_gone(site, ask):
    async def away(*args, **facts):
        raise Unavailable("the disk is gone")

    key = site.app()
    site.home.engine.write = away
    answer = await ask("POST", "/suppressions", key=key, json={"address": "bora@school.example"})
    assert (answer.status, answer.json["code"]) == (503, "not_ready")


@in_api
async def test_a_route_that_another_app_has_exists_already(site, ask):
    for key, status in ((site.app(), 201), (site.app("shop"), 409)):
        assert (await ask("POST", "/inbound-routes", key=key, json={"address": "Kim@A.test"})).status == status
