"""THREADID: which letters belong together, told of each letter alone and never told otherwise (RFC 8474 §5.2)."""

import re

import pytest

from kit.world import at
from pyeonji.message.facts import thread
from pyeonji.message.header import parse_header
from pyeonji.search.indexer import Indexer
from pyeonji.store.blobs import GONE

FIRST = b"Message-ID: <a@x>\r\nSubject: lunch\r\n\r\nLunch?\r\n"
ANSWER = b"Message-ID: <b@y>\r\nReferences: <a@x>\r\nSubject: Re: lunch\r\n\r\nYes\r\n"
DEEPER = b"Message-ID: <c@x>\r\nReferences: <a@x>\r\n <b@y>\r\nSubject: Re: Re: lunch\r\n\r\nGood\r\n"
OTHER = b"Message-ID: <d@z>\r\nSubject: lunch\r\n\r\nLunch, too\r\n"
NAMELESS = b"Subject: no id\r\n\r\nfrom a machine\r\n"
LETTERS = [FIRST, ANSWER, DEEPER, OTHER, NAMELESS]

# What clients have kept: these numbers may not become others, whatever is changed.
LUNCH = 0x2AA5DE1950DD8693
KEPT_BY_CLIENTS = [
    (FIRST, LUNCH), (ANSWER, LUNCH), (DEEPER, LUNCH), (OTHER, 0xBFE52BFFEC65F724),
    (b"Message-ID: <e@y>\r\nIn-Reply-To: Kim's letter of Monday <a@x>\r\n\r\n", LUNCH),
    (b"message-id:<\"a\"@x>\r\n\r\n", LUNCH), (NAMELESS, 0xE89ED948114676A7), (b"", 0xE4A6A0577479B2B4),
]  # fmt: skip


@pytest.mark.parametrize(("content", "number"), KEPT_BY_CLIENTS)
def test_a_thread_once_told_is_the_thread_for_ever(content, number):
    assert thread(parse_header(content)) == number


async def threads(client, numbers="1:*"):
    lines = await client.ok(f"FETCH {numbers} (UID THREADID)")
    return [re.fullmatch(rb"\* \d+ FETCH \(UID \d+ THREADID \((T[0-9a-f]{16})\)\)\r\n", line)[1] for line in lines]


def test_a_letter_has_the_thread_of_the_first_letter_it_names(tmp_path):
    async def story(world):
        for content in LETTERS:
            await world.deliver(content)
        c = await world.client(select="SELECT INBOX")
        told = await threads(c)
        assert told[0] == told[1] == told[2]
        assert len({*told[2:]}) == 3
        assert await c.ok(f"SEARCH THREADID {told[0].decode()}") == [b"* SEARCH 1 2 3\r\n"]
        assert await c.ok(f"SEARCH NOT THREADID {told[0].decode()}") == [b"* SEARCH 4 5\r\n"]
        assert await c.ok(f"SEARCH THREADID {told[4].decode()}") == [b"* SEARCH 5\r\n"]
        for nobodys in ("T0000000000000000", "T1", told[0].decode().upper(), "E1"):
            assert await c.ok(f"SEARCH THREADID {nobodys}") == [b"* SEARCH\r\n"]

    at(tmp_path, story)


def test_a_thread_is_the_same_before_and_after_the_digest_in_every_mailbox_and_beside_any_item(tmp_path):
    async def story(world):
        large = b"Message-ID: <large@x>\r\nReferences: <a@x>\r\n\r\n" + b"word " * 60_000
        for content in [*LETTERS, large]:
            await world.deliver(content)
        c = await world.client(select="SELECT INBOX")
        told = await threads(c)
        assert told[5] == told[0]
        beside = ("BODY.PEEK[TEXT]", "PREVIEW", "BODYSTRUCTURE", "SAVEDATE", "BODY.PEEK[HEADER.FIELDS (SUBJECT)]")

        async def with_others():
            found = []
            for item in beside:
                lines = await c.ok(f"FETCH 1:* (THREADID {item})")
                found.append([match[1] for line in lines if (match := re.search(rb"THREADID \((T\w+)\)", line))])
            return found

        assert await with_others() == [told] * len(beside)
        assert Indexer(world.home).step() == 6
        assert await threads(c) == told
        assert await with_others() == [told] * len(beside)
        await c.ok("COPY 4 Archive")
        await c.ok("MOVE 2 Archive")
        await c.ok("SELECT Archive")
        assert await threads(c) == [told[3], told[1]]

    at(tmp_path, story)


def test_what_cannot_be_read_has_no_thread(tmp_path):
    async def story(world):
        await world.deliver(FIRST)
        await world.deliver(OTHER)
        world.home.engine.write_now(lambda tx: tx.run("UPDATE content SET codec = :gone WHERE id = 1", {"gone": GONE}))
        c = await world.client(select="SELECT INBOX")
        line, last = await c.do("FETCH 1:* THREADID")
        assert line.startswith(b"* 2 FETCH (THREADID (T") and last.startswith(b"NO [SERVERBUG]")
        assert await c.ok("SEARCH THREADID T0000000000000000") == [b"* SEARCH\r\n"]

    at(tmp_path, story)
