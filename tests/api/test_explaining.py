"""POST /explain and the catalogue: the same words as everywhere else."""

import json

import pytest

from api.kit import in_api, told
from pyeonji.catalog.causes import CAUSES
from pyeonji.web.api.explain import MAX_REPLY


@in_api
async def test_a_reply_is_explained_in_both_languages(site, ask):
    answer = await ask("POST", "/explain", json={"reply": "550 5.1.1 <bora@b.test>: User unknown", "host": "mx.b.test"})
    assert (answer.status, answer.json["cause"], answer.json["code"]) == (200, "addr.no_such_user", 550)
    assert answer.json["explanation"]["ko"] == "mx.b.test에 bora@b.test가 없어요."
    assert answer.json["actor"] == "writer" and answer.json["permanent"]


@in_api
async def test_a_reply_that_nobody_can_explain_says_so(site, ask):
    answer = await ask("POST", "/explain", json={"reply": "554 blargh"})
    assert answer.status == 200 and answer.json["text"] == "blargh"


@in_api
async def test_a_line_of_a_log_is_explained_as_the_reply_in_it(site, ask):
    said = "host mx.b.test[192.0.2.1] said: 552 5.2.2 Over quota (in reply to RCPT TO command)"
    line = f"Sep  2 12:00:01 mx postfix/smtp[7]: 9A1: to=<bora@b.test>, relay=mx.b.test, status=bounced ({said})"
    answer = await ask("POST", "/explain", json={"reply": line})
    assert (answer.json["cause"], answer.json["code"], answer.json["text"]) == ("mbox.full", 552, "Over quota")


@pytest.mark.parametrize(
    ("body", "near"),
    [({"reply": "hello"}, "$.reply"), ({}, "$"), ({"reply": 5}, "$.reply"), ({"reply": ""}, "$.reply")],
)
def test_what_is_no_reply_is_said_to_be_none_and_where(tmp_path, body, near):
    answer = told(tmp_path, "POST", "/explain", json=body)
    assert (answer.status, answer.json["code"], answer.json["near"]) == (422, "invalid", near)
    assert answer.headers["content-type"] == "application/problem+json"


@in_api
async def test_the_catalogue_has_every_cause(site, ask):
    answer = await ask("GET", "/catalogue.json")
    assert {one["key"] for one in answer.json["causes"]} == set(CAUSES)


@in_api
async def test_the_longest_request_the_document_allows_is_read(site, ask):
    longest = {
        "reply": "550 " + "😀" * (MAX_REPLY - 4),
        "phase": "😀" * 20,
        "host": "😀" * 255,
        "recipient": "😀" * 320,
    }
    written = json.dumps(longest).encode()  # twelve octets for each character
    answer = await ask("POST", "/explain", body=written, headers={"content-type": "application/json"})
    assert answer.status == 200
