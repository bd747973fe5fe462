"""What a mistake is answered with (RFC 9457): the same shape everywhere, in the language that was asked for."""

import ast
import asyncio
import re
from pathlib import Path

import pytest

import pyeonji
from api.kit import api, in_api, told
from pyeonji.catalog.amiss import KOREAN, korean
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


# ── in Korean, too ──


def said_in_the_code():
    """Every English that stands in the code as what is amiss, with {} for what is known only then."""
    code = Path(pyeonji.__file__).parent
    for path in (*(code / "web" / "api").glob("*.py"), code / "submission" / "app_fields.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                said = [one.value for one in call.keywords if one.arg == "what" and call.func.id == "Problem"]
                for one in (*said, *(call.args[1:2] if call.func.id == "BadField" else ())):
                    parts = one.values if isinstance(one, ast.JoinedStr) else [one]
                    if isinstance(one, ast.Constant | ast.JoinedStr):
                        yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in parts)


def test_whatever_is_amiss_is_told_in_korean_too():
    found = {one for one in said_in_the_code() if re.search("[a-z]", one)}
    assert len(found) > 30 and found - set(KOREAN) == set()


@pytest.mark.parametrize(("english", "slots"), [(english, english.count("{}")) for english in KOREAN])
def test_each_has_its_words_where_they_belong(english, slots):
    words = [f"w{n}" for n in range(slots)]
    told = korean(english.format(*words))
    assert re.search("[가-힣]", told) and all(word in told for word in words) and "{" not in told


@pytest.mark.parametrize(
    ("change", "told_"),
    [
        ({"from": 5}, "int가 아니라 str여야 해요"),
        ({"to": ["minsu"]}, "minsu는 주소 하나가 아니에요"),
        ({"expires_in": "1s"}, "60s부터 7d까지, 이를테면 15m처럼 적으세요"),
        ({"ref": "x" * 999}, "str의 길이는 200까지예요"),
    ],
)
def test_who_reads_korean_reads_no_english_sentence(tmp_path, change, told_):
    letter = {"from": "kim@a.test", "to": ["minsu@b.test"], "subject": "x", "text": "x"} | change
    with api(tmp_path) as (site, ask):
        answer = asyncio.run(ask("POST", "/messages", key=site.app(), json=letter))
    assert answer.status == 422
    assert told_ in answer.json["ko"] and told_ not in answer.json["en"], answer.json


def test_what_is_none_of_these_stays_as_it_is():
    assert korean("something else") == "something else"
