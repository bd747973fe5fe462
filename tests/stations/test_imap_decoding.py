"""BINARY: parts with their transfer encoding undone, whatever is broken, small letters and large ones (RFC 3516)."""

import base64

import pytest

from kit.world import at
from pyeonji.access.imap import fetch_large

NUL = b"a\0b\r\n" * 7
BOMB = b"A" * 900
LETTER = (
    b"From: lee@b.test\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"=ED=8E=B8=\r\n=EC=A7=80 \r\nbroken =4 =zz\r\n--b\r\n"
    b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(NUL) + b"\r\n--b\r\n"
    b"Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJ!D\r\nQQ\r\n--b\r\n"
    b"Content-Transfer-Encoding: x-own\r\n\r\nsecret\r\n--b\r\n"
    b"Content-Type: message/rfc822\r\n\r\nContent-Transfer-Encoding: base64\r\n\r\nSGk=\r\n--b\r\n"
    b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 x\r\n#86)C\r\n`\r\nend\r\n--b\r\n"
    b"\r\nplain\r\n--b--\r\n"
)  # fmt: skip
TEXT = "편지\r\nbroken =4 =zz".encode()
ROWS = [
    ("1", TEXT),
    ("2", NUL),
    ("3", b"ABCA"),
    ("5", b"Content-Transfer-Encoding: base64\r\n\r\nSGk="),
    ("5.1", b"Hi"),
    ("6", b"abc"),
    ("7", b"plain"),
    ("", LETTER),
]


def literal(octets):
    return b"%b{%d}\r\n%b" % (b"~" if b"\0" in octets else b"", len(octets), octets)


@pytest.mark.parametrize("large", [fetch_large.LARGE, 0])
def test_parts_are_decoded(tmp_path, monkeypatch, large):
    monkeypatch.setattr(fetch_large, "LARGE", large)

    async def story(world):
        await world.deliver(LETTER)
        c = await world.client(select="SELECT INBOX")
        for path, octets in ROWS:
            (line,) = await c.ok(f"FETCH 1 BINARY.PEEK[{path}]")
            assert line == b"* 1 FETCH (BINARY[%b] %b)\r\n" % (path.encode(), literal(octets))
            (line,) = await c.ok(f"FETCH 1 BINARY.SIZE[{path}]")
            assert line == b"* 1 FETCH (BINARY.SIZE[%b] %d)\r\n" % (path.encode(), len(octets))
            for first, count in ((0, 2), (2, 3), (1, 99_999), (99_999, 5)):
                (line,) = await c.ok(f"FETCH 1 BINARY.PEEK[{path}]<{first}.{count}>")
                wanted = literal(octets[first : first + count])
                assert line == b"* 1 FETCH (BINARY[%b]<%d> %b)\r\n" % (path.encode(), first, wanted)
        assert await c.ok("FETCH 1 (BINARY.PEEK[9] BINARY.SIZE[9])") == [
            b"* 1 FETCH (BINARY[9] NIL BINARY.SIZE[9] 0)\r\n"
        ]
        assert world.entries()[0].flags == 0
        (line,) = await c.ok("FETCH 1 BINARY[1]")
        assert line == b"* 1 FETCH (FLAGS (\\Seen \\Recent) BINARY[1] %b)\r\n" % literal(TEXT)

    at(tmp_path, story)


@pytest.mark.parametrize("large", [fetch_large.LARGE, 0])
def test_an_encoding_that_nobody_knows_is_refused_and_nothing_else(tmp_path, monkeypatch, large):
    monkeypatch.setattr(fetch_large, "LARGE", large)

    async def story(world):
        await world.deliver(LETTER)
        await world.deliver()
        c = await world.client(select="SELECT INBOX")
        *data, last = await c.do("FETCH 1:2 (UID BINARY.PEEK[4] BINARY.SIZE[4] BINARY.PEEK[7])")
        assert last.startswith(b"NO [UNKNOWN-CTE]")
        assert data == [
            b"* 1 FETCH (UID 1 BINARY[7] {5}\r\nplain)\r\n",
            b"* 2 FETCH (UID 2 BINARY[4] NIL BINARY.SIZE[4] 0 BINARY[7] NIL)\r\n",
        ]
        assert len(await c.do("FETCH 1 BINARY.PEEK[4]")) == 1  # no response without an item
        told, _ = await c.do("FETCH 1 (UID BINARY.PEEK[4])")
        assert told == b"* 1 FETCH (UID 1)\r\n"
        assert (await c.ok("FETCH 1 BODY.PEEK[4]"))[0].endswith(b"{6}\r\nsecret)\r\n")

    at(tmp_path, story)
