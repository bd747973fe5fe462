"""What a mistake is answered with (RFC 9457): the same shape everywhere, in the language that was asked for."""

import asyncio

import pytest

from api.kit import in_api, told
from pyeonji.catalog.say import LANGUAGES, known
from pyeonji.web.api.call import MAX_JSON
from pyeonji.web.api.problem import PROBLEMS

EXPLAIN = {"method": "POST", "path": "/explain", "headers": {"content-type": "application/json"}}


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_code_has_a_title_a_sentence_and_what_to_do(code):
    assert all(known(f"problem.{code}{part}") for part in ("", ".title", ".fix"))


@pytest.mark.parametrize(
    ("question", "status", "code"),
    [
        ({"method": "GET", "path": "/nothing"}, 404, "not_found"),
        ({"method": "GET", "path": "/explain/"}, 404, "not_found"),
        ({"method": "PUT", "path": "/explain"}, 405, "method_not_allowed"),
        (EXPLAIN | {"body": b"{"}, 400, "bad_request"),
        (EXPLAIN | {"body": b'{"x":' + b"[" * 60_000}, 400, "bad_request"),
        (EXPLAIN | {"body": b'{"a":' * 50_000 + b"}" * 50_000, "headers": {"content-length": ""}}, 413, "too_large"),
        (EXPLAIN | {"body": [b"x" * 1024] * 65}, 413, "too_large"),
        (EXPLAIN | {"body": b"x", "headers": {"content-length": str(MAX_JSON + 1)}}, 413, "too_large"),
        (EXPLAIN | {"body": b"{}", "headers": {"content-type": "text/xml"}}, 415, "wrong_media_type"),
        ({"method": "GET", "path": "/catalogue.json", "key": "pj_live_x"}, 401, "key_unknown"),
        ({"method": "GET", "path": "/catalogue.json", "headers": {"authorization": "Basic eDp5"}}, 401, "key_unknown"),
        ({"method": "GET", "path": "/catalogue.json", "key": "x" * 500}, 401, "key_unknown"),
    ],
)  # fmt: skip
def test_each_mistake_has_its_code(tmp_path, question, status, code):
    answer = told(tmp_path, **question)
    assert (answer.status, answer.json["code"], answer.json["status"]) == (status, code, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["ko"] and answer.json["en"] and answer.json["fix"]


def test_many_levels_are_none_of_ours_whatever_stands_inside_strings(tmp_path):
    assert told(tmp_path, "POST", "/explain", json={"reply": "550 " + "[" * 500}).status == 200
    assert (
        told(tmp_path / "2", **EXPLAIN | {"body": b'{"a":' * 9_000 + b"1" + b"}" * 9_000}).json["code"] == "bad_request"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reader_chooses_the_language(tmp_path, language):
    answer = told(tmp_path, "GET", "/nothing", headers={"accept-language": f"{language}-XX,fr;q=0.1"})
    assert answer.json["detail"] == answer.json[language] and answer.headers["content-language"] == language


def test_a_method_that_is_not_there_names_those_that_are(tmp_path):
    assert told(tmp_path, "DELETE", "/explain").headers["allow"] == "POST"


@in_api
async def test_who_tries_unknown_keys_must_wait(site, ask):
    for _ in range(20):
        answer = await late(site, ask("GET", "/catalogue.json", key="pj_live_guess"))
        if answer.status == 429:
            break
    assert answer.json["code"] == "too_many_bad_keys" and answer.headers["retry-after"]
    assert (await ask("GET", "/catalogue.json", key="pj_live_guess", peer="192.0.2.2")).status == 401
    assert (await ask("GET", "/messages", key=site.app())).status == 200  # from the same address, with a good key


async def late(site, asking):
    """The answer to a question that is answered late on purpose."""
    task = asyncio.create_task(asking)
    while not task.done():
        await asyncio.sleep(0)
        site.clock.push(0.01)
    return await task
