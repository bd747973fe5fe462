"""Idempotency-Key: whoever asks again gets the first answer, and the letter is sent once."""

import asyncio

import pytest

from api.kit import api, in_api
from kit.asgi import ask as ask_app
from pyeonji.store import idempotency
from pyeonji.store.engine.base import Unavailable
from pyeonji.web.api.app import api_app

LETTER = {"from": "kim@a.test", "to": "minsu@b.test", "subject": "안녕", "text": "하이"}
KEY = {"idempotency-key": "password-reset/91827"}


@in_api
async def test_the_same_request_gets_the_first_answer_again(site, ask):
    key = site.app()
    first = await ask("POST", "/messages", key=key, json=LETTER, headers=KEY)
    site.clock.push(86_400 * 6)
    again = await ask("POST", "/messages", key=key, json=LETTER, headers=KEY)
    assert (first.status, again.status) == (202, 202) and first.body == again.body
    assert again.headers["idempotent-replayed"] == "true" and "idempotent-replayed" not in first.headers
    assert again.headers["location"] == first.headers["location"]
    assert site.count("message") == 1


@in_api
async def test_after_seven_days_it_is_another_letter(site, ask):
    key = site.app()
    first = await ask("POST", "/messages", key=key, json=LETTER, headers=KEY)
    site.clock.push(86_400 * 7 + 1)
    later = await ask("POST", "/messages", key=key, json=LETTER, headers=KEY)
    assert first.json["id"] != later.json["id"] and site.count("message") == 2


@in_api
async def test_without_a_key_each_request_is_a_letter(site, ask):
    """The control: what the key keeps from happening."""
    key = site.app()
    assert [(await ask("POST", "/messages", key=key, json=LETTER)).status for _ in range(2)] == [202, 202]
    assert site.count("message") == 2


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ({"text": "other"}, "text"),
        ({"to": "lee@b.test", "subject": "x"}, "subject, to"),
        ({"ref": "new"}, "ref"),
    ],
)
def test_another_letter_with_the_same_key_hears_in_what_it_differs(tmp_path, change, differs):
    async def story(site, ask):
        key = site.app()
        await ask("POST", "/messages", key=key, json=LETTER, headers=KEY)
        other = await ask("POST", "/messages", key=key, json=LETTER | change, headers=KEY)
        assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")
        assert differs in other.json["en"] and site.count("message") == 1

    with api(tmp_path) as (site, ask):
        asyncio.run(story(site, ask))


@in_api
async def test_keys_belong_to_their_app(site, ask):
    first = await ask("POST", "/messages", key=site.app(), json=LETTER, headers=KEY)
    other = await ask("POST", "/messages", key=site.app("shop"), json=LETTER, headers=KEY)
    assert first.json["id"] != other.json["id"] and other.status == 202


@in_api
async def test_a_letter_as_it_is_is_compared_as_it_is(site, ask):
    raw = b"From: kim@a.test\r\nTo: minsu@b.test\r\n\r\nHello\r\n"
    key, headers = site.app(), {**KEY, "content-type": "message/rfc822"}
    first = await ask("POST", "/messages?ref=1", key=key, body=raw, headers=headers)
    assert (await ask("POST", "/messages?ref=1", key=key, body=raw, headers=headers)).body == first.body
    assert (await ask("POST", "/messages?ref=2", key=key, body=raw, headers=headers)).status == 422
    assert (await ask("POST", "/messages?ref=1", key=key, body=raw + b"x", headers=headers)).status == 422
    assert site.count("message") == 1


@in_api
async def test_what_was_refused_may_be_asked_again(site, ask):
    key = site.app()
    refused = await ask("POST", "/messages", key=key, json=LETTER | {"from": "lee@a.test"}, headers=KEY)
    assert refused.status == 403 and site.count("idempotency") == 0
    assert (await ask("POST", "/messages", key=key, json=LETTER, headers=KEY)).status == 202


@in_api
async def test_the_first_is_still_running(site, ask):
    key, go, reached = site.app(), asyncio.Event(), asyncio.Event()
    submit = site.door.submit

    async def slow(*args, **facts):
        reached.set()
        await go.wait()
        return await submit(*args, **facts)

    site.door.submit = slow
    first = asyncio.create_task(ask("POST", "/messages", key=key, json=LETTER, headers=KEY))
    await reached.wait()
    second = await ask("POST", "/messages", key=key, json=LETTER, headers=KEY)
    assert (second.status, second.json["code"]) == (409, "idempotency_in_progress") and second.headers["retry-after"]
    go.set()
    assert (await first).status == 202
    assert (await ask("POST", "/messages", key=key, json=LETTER, headers=KEY)).body == (await first).body


@in_api
async def test_two_workers_at_once_take_it_once(site, ask):
    """Neither worker knows what the other is doing: the commit decides."""
    key = site.app()
    workers = [api_app({"": site}) for _ in range(4)]
    answers = await asyncio.gather(
        *(ask_app(app, "POST", "/api/v1/messages", key=key, json=LETTER, headers=KEY) for app in workers)
    )
    assert {one.status for one in answers} == {202} and len({one.body for one in answers}) == 1
    assert sum("idempotent-replayed" in one.headers for one in answers) == 3
    assert site.count("message") == 1


@in_api
async def test_without_a_key_four_workers_take_it_four_times(site, ask):
    key = site.app()
    workers = [api_app({"": site}) for _ in range(4)]
    await asyncio.gather(*(ask_app(app, "POST", "/api/v1/messages", key=key, json=LETTER) for app in workers))
    assert site.count("message") == 4


@pytest.mark.parametrize("where", ["note", "accept_all"])
def test_there_is_never_a_key_without_its_letter_nor_a_letter_without_its_key(tmp_path, monkeypatch, where):
    """The store goes away in the middle of the commit; afterwards the same request is taken, once."""

    def broken(*args, **facts):
        raise Unavailable("the disk is gone")

    async def story(site, ask):
        key = site.app()
        with monkeypatch.context() as during:
            if where == "note":
                during.setattr(idempotency, "note", broken)
            else:
                during.setattr("pyeonji.acceptance.accept.accept_all", broken)
            answer = await ask("POST", "/messages", key=key, json=LETTER, headers=KEY)
            assert (answer.status, answer.json["code"]) == (503, "not_ready") and answer.headers["retry-after"]
        assert site.count("message") == site.count("idempotency") == 0
        assert (await ask("POST", "/messages", key=key, json=LETTER, headers=KEY)).status == 202
        assert site.count("message") == site.count("idempotency") == 1

    with api(tmp_path) as (site, ask):
        asyncio.run(story(site, ask))


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "키"])
def test_what_is_no_key_is_said_to_be_none(tmp_path, key):
    headers = {"idempotency-key": key.encode().decode("latin-1")}
    with api(tmp_path) as (site, ask):
        answer = asyncio.run(ask("POST", "/messages", key=site.app(), json=LETTER, headers=headers))
    assert (answer.status, answer.json["near"]) == (422, "idempotency-key")
