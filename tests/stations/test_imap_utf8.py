"""One letter, two clients: who has enabled UTF-8 reads it as it stands, who has not reads ASCII (RFC 9755)."""

import pytest

from kit.world import at
from pyeonji.access.imap import fetch_large
from pyeonji.message.surrogate import surrogate
from pyeonji.search.indexer import Indexer

HEAD = (
    "From: 김편지 <편지@편지.kr>\r\nTo: kim@a.test\r\nSubject: 안녕\r\nX-Own: 것\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
).encode()
MIME = "Content-Type: text/plain; name=편지.txt\r\n\r\n".encode()
LETTER = HEAD + b"--b\r\n" + MIME + "본문\r\n--b--\r\n".encode()
SHOWN = [
    ("BODY.PEEK[HEADER]", HEAD, surrogate(HEAD)),
    ("RFC822.HEADER", HEAD, surrogate(HEAD)),
    ("BODY.PEEK[HEADER.FIELDS (subject)]", "Subject: 안녕\r\n\r\n".encode(), b"Subject: =?utf-8?B?7JWI64WV?=\r\n\r\n"),
    ("BODY.PEEK[HEADER.FIELDS (x-own to)]", "To: kim@a.test\r\nX-Own: 것\r\n\r\n".encode(),
     b"To: kim@a.test\r\nX-Own: =?utf-8?B?6rKD?=\r\n\r\n"),
    ("BODY.PEEK[HEADER.FIELDS.NOT (from to content-type x-own)]", "Subject: 안녕\r\n\r\n".encode(),
     b"Subject: =?utf-8?B?7JWI64WV?=\r\n\r\n"),
    ("BODY.PEEK[HEADER]<0.9>", HEAD[:9], surrogate(HEAD)[:9]),
    ("BODY.PEEK[1.MIME]", MIME, b"Content-Type: text/plain; name*=utf-8''%ED%8E%B8%EC%A7%80.txt\r\n\r\n"),
    ("BODY.PEEK[1]", "본문".encode(), "본문".encode()),
    # The letter as a whole stays what it is: its size, its signatures, what others copy.
    ("BODY.PEEK[]", LETTER, LETTER),
    ("BINARY.PEEK[]", LETTER, LETTER),
]  # fmt: skip


@pytest.mark.parametrize("digested", [False, True])
@pytest.mark.parametrize("large", [fetch_large.LARGE, 0])
@pytest.mark.parametrize("word", ["", "UTF8=ACCEPT", "IMAP4rev2"])
def test_a_letter_with_utf_8_in_its_header(tmp_path, monkeypatch, word, large, digested):
    monkeypatch.setattr(fetch_large, "LARGE", large)

    async def story(world):
        await world.deliver(LETTER)
        if digested:
            assert Indexer(world.home).step() == 1
        c = await world.client()
        if word:
            await c.ok(f"ENABLE {word}")
        await c.ok("SELECT INBOX")
        for item, utf8, ascii_only in SHOWN:
            wanted = utf8 if word else ascii_only
            (line,) = await c.ok(f"FETCH 1 {item}")
            assert line.endswith(b"{%d}\r\n%b)\r\n" % (len(wanted), wanted)), item
        for item in ("ENVELOPE", "BODYSTRUCTURE", "BODY", "(FLAGS ENVELOPE BODY.PEEK[1.MIME])"):
            (line,) = await c.ok(f"FETCH 1 {item}")
            assert line.isascii() is not bool(word)
            assert ("편지".encode() in line) is bool(word)

    at(tmp_path, story)
