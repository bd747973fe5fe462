"""PREVIEW: the first words of a letter, at once where they are at hand (RFC 8970)."""

import base64

from kit.world import at
from pyeonji.search.indexer import Indexer

KOREAN = (
    b"From: lee@b.test\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.b64encode("내일 점심 같이 먹자\n> 어제 한 말\n".encode())
)
PICTURE = b"From: lee@b.test\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n"
LONG = b"From: lee@b.test\r\n\r\n" + b"word " * 200
WORDS = "내일 점심 같이 먹자".encode()


def test_a_preview_is_made_where_it_must_be_and_lazily_only_told_where_it_is_kept(tmp_path):
    async def story(world):
        await world.deliver(KOREAN)
        await world.deliver(PICTURE)
        c = await world.client(select="SELECT INBOX")
        said = b"PREVIEW {%d}\r\n%b)\r\n" % (len(WORDS), WORDS)
        assert await c.ok("FETCH 1:2 (UID PREVIEW (LAZY))") == [
            b"* 1 FETCH (UID 1 PREVIEW NIL)\r\n", b"* 2 FETCH (UID 2 PREVIEW NIL)\r\n",
        ]  # fmt: skip
        made = [b"* 1 FETCH (" + said, b'* 2 FETCH (PREVIEW "")\r\n']
        assert await c.ok("FETCH 1:2 PREVIEW") == made
        # The letter must be read for its envelope: then its first words are at hand, too.
        assert (await c.ok("FETCH 1 (PREVIEW (LAZY) ENVELOPE)"))[0].startswith(
            b"* 1 FETCH (" + said[:-3] + b" ENVELOPE"
        )
        assert Indexer(world.home).step() == 2
        assert await c.ok("FETCH 1:2 (PREVIEW (LAZY))") == made
        assert (await c.ok("FETCH 1 (PREVIEW BODY.PEEK[]<0.4>)"))[0].endswith(b"BODY[]<0> {4}\r\nFrom)\r\n")

    at(tmp_path, story)


def test_a_preview_is_utf_8_between_quotes_for_those_who_understand_it(tmp_path):
    async def story(world):
        await world.deliver(KOREAN)
        c = await world.client()
        await c.ok("ENABLE UTF8=ACCEPT")
        await c.ok("SELECT INBOX")
        assert await c.ok("FETCH 1 PREVIEW") == [b'* 1 FETCH (PREVIEW "' + WORDS + b'")\r\n']

    at(tmp_path, story)


def test_a_preview_is_at_most_200_characters(tmp_path):
    async def story(world):
        await world.deliver(LONG)
        c = await world.client(select="SELECT INBOX")
        (line,) = await c.ok("FETCH 1 PREVIEW")
        words = line.partition(b"\r\n")[2].removesuffix(b")\r\n") or line.split(b'"')[1]
        assert 180 < len(words.decode()) <= 200

    at(tmp_path, story)
