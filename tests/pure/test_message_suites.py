"""Messages collected by others: nothing raises, nothing is slow, and the text agrees with another parser's."""

import json
import time

import pytest

from kit.suites import collected
from pyeonji.message.addresses import parse_mailboxes
from pyeonji.message.edit import to_7bit
from pyeonji.message.header import header_end, parse_header
from pyeonji.message.mime import scan
from pyeonji.message.text import decoded_part, readable
from pyeonji.message.words import decode_words

MESSAGES = list(collected().values())

pytestmark = pytest.mark.skipif(not MESSAGES, reason="the collected messages are not beside this checkout")


def shapes(octets):
    return [(part.type, part.subtype) for part in scan(octets).walk()]


def test_collected_messages_are_read_fast_and_stay_whole():
    for path in MESSAGES:
        octets = path.read_bytes()
        began = time.process_time()
        header = parse_header(octets)
        assert header_end(octets) == header.body, path
        readable(octets).encode("utf-8")
        plain = to_7bit(octets)
        assert shapes(plain) == shapes(octets), path
        assert plain[header_end(plain) :].isascii() or not header.fields or len(shapes(plain)) > 1, path
        assert time.process_time() - began < 1, path


def normal(text):
    return " ".join(text.split())


def test_subjects_addresses_and_texts_agree_with_another_parser():
    """Its reading is no truth: it decodes UTF-7 and gives up on unlabelled text; so the bar is not 100."""
    agreed = {"subject": [0, 0], "address": [0, 0], "text": [0, 0]}
    for path in MESSAGES:
        if not (view := path.with_suffix(".json")).exists():
            continue
        octets, parts = path.read_bytes(), json.loads(view.read_text("utf-8"))["parts"]
        for kind, ok in comparisons(octets, parts):
            agreed[kind][0] += ok
            agreed[kind][1] += 1
    print(agreed)
    assert all(right >= 0.85 * asked for right, asked in agreed.values()), agreed


def comparisons(octets, parts):
    tree = scan(octets)
    for field in parts[0]["headers"]:
        value = field["value"] if isinstance(field["value"], dict) else {}
        if not isinstance(field["name"], str):  # a field it knows only by spelling
            continue
        mine = tree.header.all(field["name"].encode())
        if field["name"] == "subject" and "Text" in value:
            yield "subject", normal(value["Text"]) in [normal(decode_words(one)) for one in mine]
        if field["name"] in ("from", "to", "cc") and "List" in value.get("Address", {}):
            theirs = [(one.get("name"), one.get("address")) for one in value["Address"]["List"]]
            ours = [[(box.name or None, box.addr_spec or None) for box in parse_mailboxes(one)] for one in mine]
            yield "address", theirs in ours
    texts = [normal(decoded_part(part).text) for part in tree.walk() if not part.is_multipart]
    for part in parts:
        for kind in ("Text", "Html"):
            if kind in part["body"]:
                yield "text", normal(part["body"][kind]) in texts
