r"""In Python "$" fits before a line end, too: what ends with one is no line (W16)."""

import asyncio
import re

import msgspec
import pytest

from api.kit import Heard, api
from pyeonji.web.api.app import OPERATIONS
from pyeonji.web.api.openapi import document

HOOK = {"url": "https://board.example/h"}
ENDED = {  # what is asked, with a line end behind a text that would be taken without it
    "since": ("POST", "/webhooks/1/replay", {"since": "2d\n"}),
    "keep": ("POST", "/webhooks/1/rotate", {"keep": "1d\n"}),
    "expires_in": ("POST", "/messages", {"from": "kim@a.test", "to": "b@b.test", "text": "x", "expires_in": "15m\n"}),
    "subject": ("POST", "/messages", {"from": "kim@a.test", "to": "b@b.test", "text": "x", "subject": "hi\n"}),
    "note": ("POST", "/suppressions", {"address": "b@b.test", "note": "why\n"}),
    "label": ("POST", "/keys", {"app": "board", "label": "mine\n"}),
    "app": ("POST", "/apps", {"name": "shop\n", "account": "kim@a.test"}),
    "name": ("POST", "/accounts", {"address": "new@a.test", "name": "New\n"}),
}


def asked(tmp_path, method, path, body):
    """The status of the answer."""

    async def story(site, ask):
        site.sender = Heard()
        key = site.app(scopes=("send", "read", "manage", "admin"))
        assert (await ask("POST", "/webhooks", key=key, json=HOOK)).status == 201
        return (await ask(method, path, key=key, json=body)).status

    with api(tmp_path) as (site, ask):
        return asyncio.run(story(site, ask))


@pytest.mark.parametrize("question", ENDED.values(), ids=ENDED)
def test_what_ends_with_a_line_end_is_no_line(tmp_path, question):
    method, path, body = question
    assert asked(tmp_path, method, path, body) == 422
    whole = {name: text.rstrip("\n") for name, text in body.items()}  # the control: it is the line end
    assert asked(tmp_path / "again", method, path, whole) in (200, 201, 202)


def patterns(value):
    """Every pattern in the document."""
    if isinstance(value, dict):
        found = [value["pattern"]] if isinstance(value.get("pattern"), str) else []
        return found + [one for each in value.values() for one in patterns(each)]
    return [one for each in value for one in patterns(each)] if isinstance(value, list) else []


def test_no_pattern_of_the_api_ends_before_a_line_end():
    found = set(patterns(msgspec.to_builtins(document(OPERATIONS))))
    assert len(found) > 10
    assert [one for one in found if one.endswith("$")] == []
    assert re.search("^a$", "a\n"), "the control: that is why"
    assert not re.search(r"^a$(?!\n)", "a\n")
