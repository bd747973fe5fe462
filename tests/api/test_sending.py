"""POST /messages: what is taken, what is not, and what is on disk when 202 is said."""

import asyncio
import json
from email import message_from_bytes
from email.policy import default

import pytest

from api.kit import api, in_api
from pyeonji.journey.receipt import parse_receipt
from pyeonji.store import journey
from pyeonji.store.engine.base import Unavailable
from pyeonji.web.api.letter import MAX_RECIPIENTS, OURS

LETTER = {"from": "kim@a.test", "to": "minsu@b.test", "subject": "안녕", "text": "하이"}
FILE = {"filename": "a", "content": ""}
PLAIN = b"From: kim@a.test\r\nTo: minsu@b.test\r\nSubject: x\r\n\r\nHello\r\n"


@in_api
async def test_a_letter_is_on_disk_when_it_is_said_to_be_taken(site, ask):
    answer = await ask("POST", "/messages", key=site.app(), json=LETTER)
    assert answer.status == 202, answer.json
    got = answer.json
    assert answer.headers["location"] == f"/api/v1/messages/{got['id']}"
    assert got["journey_url"] == f"https://mail.a.test/j/{got['display_id']}"
    assert [(one["n"], one["address"], one["status"]) for one in got["recipients"]] == [(1, "minsu@b.test", "queued")]
    assert got["expires_at"] == "2026-09-26T14:13:20.000Z"
    facts = site.home.engine.read_now(journey.message, parse_receipt(got["id"]).number)
    assert (facts.reverse_path, facts.via, facts.login) == ("kim@a.test", "api", "kim@a.test")
    assert got["message_id"] == f"<{got['id']}@mail.a.test>"


@in_api
async def test_korean_comes_out_as_it_went_in_everywhere(site, ask):
    asked = LETTER | {
        "from": "게시판 <kim@a.test>", "to": ["민수 <minsu@b.test>", "bora@b.test"], "cc": "은지 <eunji@b.test>",
        "reply_to": "답장 <lee@a.test>", "subject": "아주 긴 제목이라서 여러 줄로 접혀야 하는 그런 제목이에요",
        "text": "10분 안에 눌러 주세요\n.\n끝", "html": "<p>눌러 주세요<img src=cid:logo></p>",
        "headers": {"X-Board": "글쓴이 철수", "List-Unsubscribe": "<https://b.test/u>"},
        "attachments": [
            {"filename": "보고서 2026.pdf", "content_type": "application/pdf", "content": "JVBERg=="},
            {"filename": "로고.png", "content_type": "image/png", "content": "aGk=", "content_id": "logo"},
        ],
    }  # fmt: skip
    answer = await ask("POST", "/messages", key=site.app(), json=asked)
    assert answer.status == 202, answer.json
    octets = site.octets(answer.json["id"])
    assert octets.isascii() and all(len(line) <= 998 for line in octets.split(b"\r\n"))
    letter = message_from_bytes(octets, policy=default)
    assert letter["from"].addresses[0].display_name == "게시판"
    assert [one.display_name for one in letter["to"].addresses] == ["민수", ""]
    assert letter["subject"] == asked["subject"] and letter["reply-to"].addresses[0].addr_spec == "lee@a.test"
    assert letter["x-board"] == "글쓴이 철수"
    assert letter.get_body(("plain",)).get_content().splitlines() == asked["text"].split("\n")
    assert letter.get_body(("html",)).get_content().strip() == asked["html"]
    names = {part.get_filename(): part for part in letter.walk() if part.get_filename()}
    assert set(names) == {"보고서 2026.pdf", "로고.png"}
    assert names["보고서 2026.pdf"].get_content() == b"%PDF" and names["로고.png"]["content-id"] == "<logo>"
    assert [part.get_content_type() for part in letter.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
        "application/pdf",
    ]  # fmt: skip


@in_api
async def test_a_blind_copy_is_sent_and_seen_by_nobody(site, ask):
    answer = await ask("POST", "/messages", key=site.app(), json=LETTER | {"bcc": ["secret@c.test"]})
    assert {one["address"] for one in answer.json["recipients"]} == {"minsu@b.test", "secret@c.test"}
    assert b"secret" not in site.octets(answer.json["id"])


@in_api
async def test_who_cannot_get_it_has_failed_at_once_and_the_others_get_it(site, ask):
    answer = await ask("POST", "/messages", key=site.app(), json=LETTER | {"to": ["nobody@a.test", "lee@a.test"]})
    assert answer.status == 202
    found = {one["address"]: (one["status"], one["certainty"], one["cause"]) for one in answer.json["recipients"]}
    assert found == {
        "lee@a.test": ("delivered", "in_mailbox", None), "nobody@a.test": ("failed", None, "addr.no_such_user"),
    }  # fmt: skip
    alone = await ask("POST", "/messages", key=site.app(), json=LETTER | {"to": "nobody@a.test"})
    assert (alone.status, alone.json["status"]) == (202, "final")


@in_api
async def test_the_app_finds_what_it_called_it(site, ask):
    key = site.app()
    facts = {"ref": "reset-91827", "tags": ["password-reset", "a.b_c"], "metadata": {"user_id": "91827"}}
    sent = (await ask("POST", "/messages", key=key, json=LETTER | facts)).json
    assert {name: sent[name] for name in facts} == facts
    assert b"91827" not in site.octets(sent["id"])
    shown = (await ask("GET", f"/messages/{sent['id']}", key=key)).json
    assert {name: shown[name] for name in facts} == facts


@in_api
async def test_a_letter_has_its_own_deadline(site, ask):
    answer = await ask("POST", "/messages", key=site.app(), json=LETTER | {"expires_in": "15m"})
    assert answer.json["expires_at"] == "2026-09-21T14:28:20.000Z"


@in_api
async def test_a_letter_as_it_is_goes_to_all_whom_it_names(site, ask):
    raw = PLAIN.replace(b"Subject", b"Cc: <bora@b.test>\nBcc: secret@c.test\r\nX-Pyeonji-Foo: bar\r\nSubject")
    answer = await ask(
        "POST", "/messages?ref=r1&tags=a%20b&expires_in=1h", key=site.app(), body=raw,
        headers={"content-type": "message/rfc822"},
    )  # fmt: skip
    assert answer.status == 202, answer.json
    assert [one["address"] for one in answer.json["recipients"]] == ["minsu@b.test", "bora@b.test", "secret@c.test"]
    assert (answer.json["ref"], answer.json["tags"]) == ("r1", ["a", "b"])
    octets = site.octets(answer.json["id"])
    assert b"secret" not in octets and b"X-Pyeonji" not in octets and b"\nCc: <bora@b.test>\r\n" in octets


def form(letter, *files):
    parts = [b'--b\r\nContent-Disposition: form-data; name="message"\r\n\r\n' + json.dumps(letter).encode() + b"\r\n"]
    for name, octets in files:
        head = f'--b\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\nContent-Type: text/csv\r\n\r\n'
        parts.append(head.encode() + octets + b"\r\n")
    return {"body": b"".join(parts) + b"--b--\r\n", "headers": {"content-type": "multipart/form-data; boundary=b"}}


@in_api
async def test_a_form_brings_files(site, ask):
    answer = await ask("POST", "/messages", key=site.app(), **form(LETTER, ("표.csv", b"1,2\r\n"), ("b.csv", b"3\r\n")))
    assert answer.status == 202, answer.json
    letter = message_from_bytes(site.octets(answer.json["id"]), policy=default)
    assert {part.get_filename(): part.get_payload(decode=True) for part in letter.iter_attachments()} == {
        "표.csv": b"1,2\r\n", "b.csv": b"3\r\n",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "near"),
    [
        ({"to": []}, "$.to"),
        ({"to": "minsu"}, "$.to"),
        ({"to": ["a@b.test", "x y@b.test"]}, "$.to[1]"),
        ({"to": ["a@b.test, c@b.test"]}, "$.to[0]"),
        ({"to": [f"u{n}@b.test" for n in range(MAX_RECIPIENTS + 1)]}, "$.to"),
        ({"to": [f"u{n}@b.test" for n in range(600)], "cc": [f"v{n}@b.test" for n in range(600)]}, "$.to"),
        ({"from": "kim@a.test, lee@a.test"}, "$.from"),
        ({"from": "kim@a.test\r\nBcc: x@c.test"}, "$.from"),
        ({"from": "\x00kim@a.test"}, "$.from"),
        ({"subject": "a\r\nBcc: x@c.test"}, "$.subject"),
        ({"subject": "a\nb"}, "$.subject"),
        ({"text": ""}, "$.text"),
        ({"text": "a\x00b"}, "$.text"),
        ({"headers": {"X-A": "b\r\nBcc: x@c.test"}}, "$.headers[...]"),
        ({"headers": {"X-A\r\nBcc": "x@c.test"}}, "$.headers[X-A\r\nBcc]"),
        ({"headers": {"X A": "b"}}, "$.headers[X A]"),
        ({"headers": {"Content-Type": "text/html"}}, "$.headers[Content-Type]"),
        ({"headers": {"X-Pyeonji-Ref": "x"}}, "$.headers[X-Pyeonji-Ref]"),
        ({"attachments": [{"filename": "a\r\nb", "content": ""}]}, "$.attachments[0].filename"),
        ({"attachments": [{"filename": "a", "content": "%%%"}]}, "$.attachments[0].content"),
        ({"attachments": [FILE | {"content_type": "a/b; c=d"}]}, "$.attachments[0].content_type"),
        ({"attachments": [FILE | {"content_type": "message/rfc822"}]}, "$.attachments"),
        ({"tags": ["a b"]}, "$.tags[0]"),
        ({"ref": "a\nb"}, "$.ref"),
        ({"expires_in": "15 minutes"}, "$.expires_in"),
        ({"expires_in": "8d"}, "$.expires_in"),
        ({"expires_in": "30s"}, "$.expires_in"),
        ({"metadata": {str(n): "x" * 300 for n in range(10)}}, "$.metadata"),
        ({"tags": [str(n) for n in range(11)]}, "$.tags"),
        ({"metadata": {"a": "\x00"}}, "$.metadata[...]"),
        ({"metadata": {str(n): "" for n in range(21)}}, "$.metadata"),
        ({"track": "opens"}, "$.track"),
    ],
)  # fmt: skip
def test_what_is_not_right_is_named_and_nothing_is_taken(tmp_path, change, near):
    with api(tmp_path) as (site, ask):
        answer = asyncio.run(ask("POST", "/messages", key=site.app(), json=LETTER | change))
        assert (answer.status, answer.json["code"], answer.json.get("near")) == (422, "invalid", near), answer.json
        assert site.count("message") == 0


@pytest.mark.parametrize("name", sorted(OURS))
def test_no_field_of_the_servers_own_is_taken(tmp_path, name):
    with api(tmp_path) as (site, ask):
        answer = asyncio.run(ask("POST", "/messages", key=site.app(), json=LETTER | {"headers": {name.upper(): "x"}}))
        assert answer.status == 422 and answer.json["near"] == f"$.headers[{name.upper()}]"


@in_api
async def test_nobody_writes_in_anothers_name(site, ask):
    key = site.app(who="kim")
    for author in ("lee@a.test", "kim@elsewhere.test", "nobody@a.test"):
        answer = await ask("POST", "/messages", key=key, json=LETTER | {"from": author})
        assert (answer.status, answer.json["code"], answer.json["near"]) == (403, "from_domain_not_yours", author)
    raw = PLAIN.replace(b"kim@", b"lee@")
    answer = await ask("POST", "/messages", key=key, body=raw, headers={"content-type": "message/rfc822"})
    assert answer.json["code"] == "from_domain_not_yours"
    forged = PLAIN.replace(b"From: kim@a.test", b"From: kim@a.test\r\nSender: lee@a.test")
    answer = await ask("POST", "/messages", key=key, body=forged, headers={"content-type": "message/rfc822"})
    assert (answer.status, answer.json["code"]) == (422, "letter_refused")
    assert site.count("message") == 0
    assert (
        await ask("POST", "/messages", key=site.app("other", "lee"), json=LETTER | {"from": "lee@a.test"})
    ).status == 202


@in_api
async def test_a_test_key_sends_to_the_simulator_only(site, ask):
    key = site.app(test=True)
    answer = await ask("POST", "/messages", key=key, json=LETTER)
    assert (answer.status, answer.json["code"]) == (403, "test_key_only_simulator")
    answer = await ask("POST", "/messages", key=key, json=LETTER | {"to": ["ok@simulator.test"], "bcc": ["x@c.test"]})
    assert answer.status == 403 and site.count("message") == 0
    answer = await ask("POST", "/messages", key=key, json=LETTER | {"to": "ok@simulator.test"})
    assert (answer.status, answer.json["test"]) == (202, True)


@in_api
async def test_a_key_without_the_scope_sends_nothing(site, ask):
    answer = await ask("POST", "/messages", key=site.app(scopes=("read", "admin")), json=LETTER)
    assert (answer.status, answer.json["code"]) == (403, "scope_missing")


@in_api
async def test_a_letter_larger_than_the_server_takes_is_not_taken(site, ask):
    key = site.app()
    for size, body in ((site.max_size, None), (2 * site.max_size, None)):
        answer = await ask("POST", "/messages", key=key, json=LETTER | {"text": "x" * size}, body=body or b"")
        assert (answer.status, answer.json["code"]) == (413, "too_large")


@in_api
async def test_an_account_that_sends_too_much_hears_when_to_come_again(site, ask):
    site.door._limits = (
        site.door._limits._replace(letters_a_minute=2)
        if hasattr(site.door._limits, "_replace")
        else type(site.door._limits)(10_000, 10_000, 2)
    )
    key = site.app()
    answers = [await ask("POST", "/messages", key=key, json=LETTER) for _ in range(3)]
    assert [one.status for one in answers] == [202, 202, 429]
    assert answers[-1].json["code"] == "sent_too_much" and answers[-1].headers["retry-after"]


@in_api
async def test_only_so_many_large_letters_come_in_at_a_time(site, ask):
    key, site.max_size = site.app(), 50 << 20
    headers = {"content-type": "application/json", "content-length": str(2 << 20)}
    begun = [
        asyncio.create_task(ask("POST", "/messages", key=key, body=b"{", headers=headers, unfinished=True))
        for _ in range(17)
    ]
    done, others = await asyncio.wait(begun, return_when=asyncio.FIRST_COMPLETED)
    assert [task.result().json["code"] for task in done] == ["too_many_waiting"]
    assert (await ask("POST", "/messages", key=key, json=LETTER)).status == 202  # a small one is not held up
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@in_api
async def test_a_million_levels_are_read_in_no_time(site, ask):
    deep = b'{"x":' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}"
    headers = {"content-type": "application/json"}
    site.max_size = 50 << 20
    answer = await ask("POST", "/messages", key=site.app(), body=deep, headers=headers)
    assert (answer.status, answer.json["code"]) == (400, "bad_request")


@in_api
async def test_what_was_taken_is_said_to_be_taken_even_if_the_store_goes_away_right_behind_the_commit(site, ask):
    key, engine = site.app(), site.home.engine
    write, gone = engine.write, []

    async def last_write(*args, **facts):
        done = await write(*args, **facts)
        gone.append(site.count("message"))
        return done

    async def away(*args, **facts):
        if gone and gone[-1]:
            raise Unavailable("the disk is gone")
        return await read(*args, **facts)

    read = engine.read
    engine.write, engine.read, engine.scan = last_write, away, away
    answer = await ask("POST", "/messages", key=key, json=LETTER)
    assert answer.status == 202 and gone[-1] == 1
    assert (await ask("GET", f"/messages/{answer.json['id']}", key=key)).status == 503
