"""The API of the lab: one key, all its servers."""

import asyncio
import html
import json
import re

from kit.asgi import ask
from lab.kit import in_lab
from pyeonji.lab.api import lab_api


def test_whoever_knows_the_labs_key_sends_as_anybody_and_sees_the_end(tmp_path):
    async def story(world):
        app = lab_api({name: node for name, node in world.nodes.items() if name in ("board.test", "1ban.test")}, "ko")

        async def asked(method, path, **facts):
            return await ask(app, method, f"/api/v1{path}", **{"key": "lab", "host": "localhost:8025"} | facts)

        letter = {"to": ["younghee@2ban.test", "full@3ban.test"], "subject": "안녕", "text": "하이"}
        for author in ("게시판 <noreply@board.test>", "chulsoo@1ban.test"):
            sent = await asked("POST", "/messages", json=letter | {"from": author})
            assert sent.status == 202, sent.json
            ended = (await asked("GET", f"/messages/{sent.json['id']}?wait=final&timeout=20")).json
            assert [one["status"] for one in ended["recipients"]] == ["delivered", "failed"]
        found = (await asked("GET", "/messages?limit=1")).json
        assert found["data"][0]["from"] == "chulsoo@1ban.test"
        more = (await asked("GET", f"/messages?limit=1&after={found['next']}")).json
        assert more["data"][0]["from"] == "noreply@board.test" and more["next"] is None
        finals = (await asked("GET", "/events?type=email.final&limit=3")).json
        rest = (await asked("GET", f"/events?type=email.final&after={finals['next']}")).json
        assert (len(finals["data"]), len(rest["data"])) == (3, 1)
        stranger = await asked("POST", "/messages", json=letter | {"from": "kim@elsewhere.test"})
        assert stranger.json["code"] == "from_domain_not_yours"
        assert (await asked("GET", "/messages", host="evil.test")).json["code"] == "not_for_this_host"
        assert (await asked("GET", "/messages", key="Lab")).json["code"] == "key_unknown"

    in_lab(tmp_path, story)


def test_the_letter_that_stands_on_the_page_goes_out_as_it_stands(tmp_path):
    async def story(world):
        app = lab_api({name: node for name, node in world.nodes.items() if name in ("board.test", "1ban.test")}, "ko")
        here = {"host": "localhost:8025"}
        page = (await ask(app, "GET", "/api/", headers=here)).body.decode()
        (form,) = re.findall(r'data-method="POST" data-path="/messages">(.+?)</form>', page, re.DOTALL)
        letter = json.loads(html.unescape(re.search(r"<textarea[^>]*>(.+?)</textarea>", form, re.DOTALL)[1]))
        sent = await ask(app, "POST", "/api/v1/messages", key="lab", json=letter, **here)
        assert sent.status == 202, sent.json
        path = f"/api/v1/messages/{sent.json['id']}?wait=final&timeout=20"
        ended = (await ask(app, "GET", path, key="lab", **here)).json
        assert [one["status"] for one in ended["recipients"]] == ["delivered"]

    in_lab(tmp_path, story)


def test_only_the_lab_knows_its_key(tmp_path):
    from api.kit import api

    with api(tmp_path) as (_, asked):
        assert asyncio.run(asked("GET", "/messages", key="lab")).json["code"] == "key_unknown"
