"""M01-M06, G12: letters made to cost time or memory are kept as they came, read to a limit, and stall nobody."""

import asyncio
import re
import time
from functools import partial

import pytest

from kit.inprocess import attack
from kit.monsters import FAMILIES, MULTIPART
from kit.patience import PATIENCE_S
from pyeonji.acceptance import spool
from pyeonji.access.imap import fetch_body
from pyeonji.intake import rules
from pyeonji.message.mime import Limits, scan
from pyeonji.message.part import ambiguities
from pyeonji.message.text import attachments

SIZES = {
    "nested": 5_000, "same_boundary": 5_000, "messages": 10_000, "parts": 50_000, "fields": 19_000,
    "froms": 19_000, "types": 8_000, "pieces": 8_000, "words": 8_000, "cut_words": 8_000, "charsets": 4_000,
    "shifts": 6_000, "references": 20_000, "parentheses": 60_000, "quotes": 60_000, "comments": 20_000,
    "answers": 8_000, "folds": 60_000, "addresses": 30_000, "tags": 20_000, "entities": 20_000,
    "soft_ends": 100_000, "uu_lines": 50_000, "boundaries": 30_000, "reports": 10_000, "semicolons": 60_000,
    "raw_names": 9_000, "raw_words": 9_000, "raw_parts": 9_000, "raw_filenames": 4_000,
}  # fmt: skip
LONGEST_S = 20.0  # for an answer, on a machine that does other things, too; what is not linear takes minutes
ASKED = (
    b"ENVELOPE",
    b"BODYSTRUCTURE",
    b"BODY",
    b"PREVIEW",
    b"BODY.PEEK[1.1.1.MIME]",
    b"BODY.PEEK[HEADER.FIELDS (From X)]",
)


async def posted(stations, content):
    client = await stations.client("smtp", hello=True)
    said = await client.last(
        b"MAIL FROM:<a@b.test>\r\nRCPT TO:<kim@here.test>\r\nBDAT %d LAST\r\n%b" % (len(content), content)
    )
    return said.split(b"\r\n")[-2]


async def ask(client, command):
    await client.send(b"t " + command + b"\r\n")
    said = b""
    while not (said.endswith(b"\r\n") and re.match(rb"t (OK|NO|BAD) ", said[:-2].rpartition(b"\r\n")[2])):
        octets = await asyncio.wait_for(client.reader.read(1 << 20), PATIENCE_S)
        assert octets, said[-200:]
        said += octets
    return said


@pytest.mark.parametrize("family", FAMILIES)
def test_a_monster_is_kept_whole_and_read_soon(tmp_path, family):
    content = FAMILIES[family](SIZES[family]) + b"\r\n"

    async def story(stations):
        assert b"queued as" in await posted(stations, content)
        client = await stations.client("imap", login=True)
        await ask(client, b"SELECT INBOX")
        for asked in ASKED:
            began = time.monotonic()
            said = await ask(client, b"FETCH 1 (" + asked + b")")
            assert time.monotonic() - began < LONGEST_S, asked
            assert b"t OK" in said, said[-200:]
        for search in (b"SEARCH TEXT nosuchword", b"SEARCH SUBJECT nosuchword"):
            assert b"* SEARCH\r\n" in await ask(client, search)
        assert content in await ask(client, b"FETCH 1 BODY.PEEK[]")
        reader = await stations.client("pop3", login=True)
        assert (await reader.last(b"TOP 1 1\r\nUIDL\r\nLIST\r\nQUIT\r\n")).endswith(b"+OK bye\r\n")

    attack(tmp_path, story)


@pytest.mark.parametrize(
    ("content", "reply"),
    [
        (b"X: " + b"y\r\n " * 90_000 + b"\r\n\r\nx", b"552 5.3.4"),
        (b"X: y\r\n" * 45_000 + b"\r\nx", b"552 5.3.4"),
        (b"From: " + b"a@b, " * 20_000 + b"\r\n\r\nx", b"550 5.5.2"),  # one line of 100,000 octets
        (b"Received: x\r\n" * 200 + b"\r\nx", b"554 5.4.6"),
    ],
)
def test_a_header_that_is_too_much_is_not_taken(tmp_path, content, reply):
    async def story(stations):
        assert (await posted(stations, content)).startswith(reply)
        assert stations.count("message") == 0

    attack(tmp_path, story)


def test_without_the_limit_of_a_header_it_would_be(tmp_path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(spool, "MAX_HEADER", 1 << 30)
    monkeypatch.setattr(rules, "MAX_FIELDS", 1 << 30)

    async def story(stations):
        assert b"queued as" in await posted(stations, b"X: y\r\n" * 45_000 + b"\r\nx")

    attack(tmp_path, story)


def depth(said):
    """How deep the parentheses of a BODYSTRUCTURE go."""
    now = deepest = 0
    for octet in said:
        now += (octet == 0x28) - (octet == 0x29)
        deepest = max(deepest, now)
    return deepest


@pytest.mark.parametrize(
    ("family", "n", "limits", "deeper", "longer"),
    [
        ("nested", 1_000, None, False, False),
        ("parts", 20_000, None, False, False),
        ("nested", 1_000, Limits(depth=10**6, parts=10**6), True, False),
        ("parts", 20_000, Limits(depth=10**6, parts=10**6), False, True),
    ],
)
def test_a_structure_is_told_to_a_limit(tmp_path, family, n, limits, deeper, longer, monkeypatch):
    """The last two rows are the negative controls."""
    if limits is not None:
        monkeypatch.setattr(fetch_body, "scan", partial(scan, limits=limits))

    async def story(stations):
        await posted(stations, FAMILIES[family](n))
        client = await stations.client("imap", login=True)
        await ask(client, b"SELECT INBOX")
        said = await ask(client, b"FETCH 1 BODYSTRUCTURE")
        assert (depth(said) > 150) is deeper
        assert (said.count(b'"text" "plain"') + said.count(b'"TEXT" "PLAIN"') > 10_001) is longer
        again = await ask(client, b"FETCH 1 BODYSTRUCTURE")
        assert said == again

    attack(tmp_path, story)


class Beat:
    """How long the event loop was away at the most."""

    def __init__(self):
        self.longest = 0.0

    async def run(self):
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.002)
            self.longest = max(self.longest, time.monotonic() - began)


NAMES = {
    "one": b'filename="a.exe"',
    "in pieces": b'filename*0="a."; filename*1="exe"',
    "in pieces out of order": b'filename*1="exe"; filename*0="a."',
    "over lines": b'filename*0="a.";\r\n filename*1="exe"',
    "in a charset": b"filename*=utf-8''a%2Eexe",
    "in a charset, in pieces": b"filename*0*=utf-8''a%2E; filename*1*=exe",
    "plain and in a charset": b"filename=\"b.txt\"; filename*=utf-8''a.exe",
    "in an encoded word": b'filename="=?utf-8?q?a=2Eexe?="',
    "with a path": b'filename="..\\\\..\\\\/a.exe"',
}


@pytest.mark.parametrize("way", NAMES)
def test_a_name_is_the_same_however_it_is_hidden(way):
    """M05: what a filter would see is what a person is shown."""
    content = (
        b"Content-Type: application/x; name=c.txt\r\nContent-Disposition: attachment; " + NAMES[way] + b"\r\n\r\nx"
    )
    (part,) = attachments(scan(content))
    assert part.filename == "a.exe"


AMBIGUOUS = {
    "two types": b"Content-Type: text/plain\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--",
    "no boundary": b"Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\nx\r\n--b--",
    "an empty boundary": b'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n\r\nx\r\n----',
    "two boundaries": b"Content-Type: multipart/mixed; boundary=b; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--",
    "a boundary that never comes": MULTIPART + b"--B\r\n\r\nx",
    "a boundary with more behind it": MULTIPART + b"--bb\r\n\r\nx\r\n--bb--",
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_what_two_readers_could_read_differently_has_one_reading(name):
    """M06: the first field counts, and what is no multipart for sure is text."""
    root = scan(AMBIGUOUS[name])
    assert [*root.walk()] == [root]
    assert root.type == "text"
    assert ambiguities(root) or name.startswith("a boundary")


def test_two_transfer_encodings_are_seen_and_the_first_counts():
    root = scan(b"Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit\r\n\r\neA==\r\n")
    assert root.encoding == "base64"
    assert ambiguities(root)
