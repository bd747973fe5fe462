"""The OpenAPI document is true: what it allows is answered as it says, and what it does not allow is refused.

A short look with each run of the tests; PYEONJI_API_FUZZ=200 (`make api-fuzz`) looks longer.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from api.kit import api, in_api, told
from api.served import KEY, roomy_site, served
from kit.asgi import ask
from kit.patience import PATIENCE_S
from pyeonji.store.apps import SCOPES
from pyeonji.web import patient
from pyeonji.web.api import call, domains, keys, recipients, seen, sending, support, webhooks
from pyeonji.web.api.app import OPERATIONS, api_app
from pyeonji.web.api.call import decoded
from pyeonji.web.api.openapi import document
from pyeonji.web.api.problem import PROBLEMS

EXAMPLES = int(os.environ.get("PYEONJI_API_FUZZ", "0"))
PHASES = "examples,coverage,fuzzing" if EXAMPLES else "fuzzing"
# Not asked: whether all that fits the types is accepted (an address may be nobody's), whether a method is tried that
# there is not in a browser (TRACE).
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "missing_required_header", "unsupported_method",
    "ignored_auth",
)  # fmt: skip


def test_the_document_that_is_served_is_that_of_the_operations(tmp_path):
    answer = told(tmp_path, "GET", "/openapi.json")
    assert answer.status == 200 and answer.json == json.loads(json.dumps(document(OPERATIONS)))


def test_every_reference_leads_somewhere_and_every_name_is_one_thing():
    described = document(OPERATIONS)
    schemas = described["components"]["schemas"]
    wanted = {part.split('"')[0] for part in json.dumps(described).split('"#/components/schemas/')[1:]}
    assert wanted == set(schemas) and all("." not in name and "_" not in name for name in schemas)
    names = [one.name for one in OPERATIONS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.name)
def test_every_operation_says_what_it_does_who_may_and_how_it_may_fail(one):
    assert one.summary.endswith(".")
    assert one.scope in ("anybody", *SCOPES)
    assert set(one.problems) <= set(PROBLEMS)
    if one.body is not None:
        assert decoded(json.dumps(one.example).encode(), one.body)


@in_api
async def test_nothing_but_explanations_is_answered_without_a_key(site, ask):
    open_to_all = {one.path for one in OPERATIONS if one.scope == "anybody"}
    assert open_to_all == {"/explain", "/catalogue.json"}
    for one in OPERATIONS:
        if one.scope != "anybody":
            path = one.path.format(
                id="K7M32QXD9TAB", n=1, name="a.test", address="kim@a.test", key=1, part="1", hook=1, route=1, code="x"
            )
            answer = await ask(one.method, path)
            assert (answer.status, answer.json["code"]) == (401, "key_missing"), one.name
            assert answer.headers["www-authenticate"].startswith("Bearer")


HOOKS = """
import schemathesis

@schemathesis.hook
def map_path_parameters(context, path_parameters):
    # Half of the time a letter that there is: else only "not found" would be seen.
    if path_parameters and "id" in path_parameters and len(str(path_parameters["id"])) % 2 == 0:
        path_parameters = {**path_parameters, "id": LETTER}
    # The app whose key is used stays: elsewhere its key goes with it, but the one of these tests is good for ever.
    if path_parameters and path_parameters.get("name") == "board":
        path_parameters = {**path_parameters, "name": "shop"}
    return path_parameters


@schemathesis.hook
def map_query(context, query):
    # Nobody decides about the letter: whoever may wait for it does so for a second, not for a minute each time.
    if query and query.get("wait") == "final" and str(query.get("timeout", 30)) in SECONDS:
        query = {**query, "timeout": 1}
    return query


SECONDS = {str(n) for n in range(2, 61)}
"""


def test_whatever_the_document_allows_is_answered_as_it_says(tmp_path, monkeypatch):
    monkeypatch.setattr("pyeonji.web.api.keys.CALLS_A_MINUTE", 10**9)
    monkeypatch.setattr("pyeonji.web.api.keys.STRANGER_CALLS_A_MINUTE", 10**9)
    site = roomy_site(tmp_path)
    try:
        with served(site) as port:
            letter = hand_in(port)
            (tmp_path / "hooks_of_ours.py").write_text(HOOKS.replace("LETTER", repr(letter)))
            ended = subprocess.run(
                [
                    Path(sys.executable).with_name("st"), "run", f"http://127.0.0.1:{port}/api/v1/openapi.json",
                    "-H", f"Authorization: Bearer {KEY}", "--phases", PHASES, "-n", str(EXAMPLES or 4),
                    "--checks", ",".join(CHECKS), "--request-timeout", "70", "--no-color",
                    "--generation-database", "none",
                    "--exclude-path-regex", "/stream$",
                ],
                capture_output=True, text=True, timeout=3_000, check=False, cwd=tmp_path,
                env={**os.environ, "SCHEMATHESIS_HOOKS": "hooks_of_ours", "PYTHONPATH": str(tmp_path)},
            )  # fmt: skip
    finally:
        site.home.close()
    assert ended.returncode == 0, ended.stdout[-6_000:] + ended.stderr[-2_000:]
    assert "Tested: " in ended.stdout


def hand_in(port):
    import urllib.request

    letter = {"from": "kim@a.test", "to": ["minsu@b.test", "lee@a.test"], "subject": "안녕", "text": "하이"}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/messages", json.dumps(letter).encode(),
        {"authorization": f"Bearer {KEY}", "content-type": "application/json"},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return json.load(answer)["id"]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_shows_every_operation_and_every_problem_and_has_no_foreign_script(tmp_path, language):
    with api(tmp_path) as (site, _):
        app = api_app({"": site})
        page = asyncio.run(ask(app, "GET", "/api/", headers={"accept-language": language}))
        script = asyncio.run(ask(app, "GET", "/api/try.js"))
    text = page.body.decode()
    assert page.status == script.status == 200 and f'<html lang="{language}">' in text
    assert all(f"<code>{one.method} {one.path}</code>" in text for one in OPERATIONS)
    assert all(f'id="{code}"' in text for code in PROBLEMS)
    assert re.findall(r"<script[^>]*>", text) == ['<script src="/api/try.js" defer>']
    assert not re.search(r'\son\w+=|style="|src="(?!/)|<link[^>]*href="(?!/)', text)
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert script.headers["content-type"].startswith("text/javascript")


def test_the_limits_on_the_page_are_those_of_the_code():
    page = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text("utf-8").partition("## Limits")[2]
    for said in (
        f"requests of an app | {keys.CALLS_A_MINUTE:,} in a minute",
        f"without a key | {keys.STRANGER_CALLS_A_MINUTE}, the same",
        f"{support.CODES} support codes, {domains.CHECKS} looks at the DNS, {webhooks.TESTS} tests of a webhook, "
        f"{webhooks.REPLAYS} replays, {recipients.RETRIES} retries",
        f"told to an app | {seen.PIECES_A_MINUTE} pieces of {seen.PIECE} steps and recipients in a minute",
        f"wait for news | {call.MAX_WAITING} at each worker",
        f"letters over {sending.LARGE >> 20} MiB of an app that are under way | {sending.MAX_LARGE} at each worker",
        f"no letter | {call.MAX_JSON >> 10} KiB",
        f"head of a request | {patient.MAX_HEAD >> 10} KiB within {patient.HEAD_S:.0f} s",
        f"body | {call.LEAST_OCTETS >> 10} KiB in each {call.BODY_S:.0f} s",
    ):
        assert said in page, said
