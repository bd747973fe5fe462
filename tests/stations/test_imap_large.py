"""Large letters: never held, whoever reads them and however slowly; their parts are found without holding them."""

import asyncio
import base64
import gc
import os
import time
import tracemalloc

import pytest

from kit.world import at
from pyeonji.access.imap import fetch_large, stretch
from pyeonji.store.blobs import INLINE_LIMIT

MIB = 1 << 20
PICTURE = os.urandom(1_000) * 12_000  # 12 MB
ENCODED = base64.encodebytes(PICTURE).replace(b"\n", b"\r\n").rstrip()
LETTER = (
    b"From: lee@b.test\r\nSubject: large\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    b"\r\nsee the picture\r\n--b\r\nContent-Type: image/png; name=x.png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + ENCODED + b"\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nbye\0bye\r\n--b--\r\n"
)  # fmt: skip
# NUL cannot be said to every client: APPEND keeps the part that holds it in base64.
KEPT = LETTER.replace(
    b"inner\r\n\r\nbye\0bye", b"inner\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(b"bye\0bye")
)
SECTIONS = {
    "BODY.PEEK[]": KEPT,
    "BODY.PEEK[]<5000000.100>": LETTER[5_000_000:5_000_100],
    "BODY.PEEK[HEADER]": LETTER[: LETTER.index(b"--b")],
    "BODY.PEEK[HEADER.FIELDS (subject)]": b"Subject: large\r\n\r\n",
    "BODY.PEEK[TEXT]<0.8>": b"--b\r\n\r\ns",
    "BODY.PEEK[1]": b"see the picture",
    "BODY.PEEK[2]": ENCODED,
    "BODY.PEEK[2]<7000000.300000>": ENCODED[7_000_000:7_300_000],
    "BODY.PEEK[2.MIME]": b"Content-Type: image/png; name=x.png\r\nContent-Transfer-Encoding: base64\r\n\r\n",
    "BODY.PEEK[3.HEADER]": b"Subject: inner\r\nContent-Transfer-Encoding: base64\r\n\r\n",
    "BODY.PEEK[3.1]": base64.b64encode(b"bye\0bye"),
    "BINARY.PEEK[2]": PICTURE,
    "BINARY.PEEK[2]<6000000.70000>": PICTURE[6_000_000:6_070_000],
    "BINARY.PEEK[3.1]": b"bye\0bye",
}


async def with_letter(world):
    c = await world.client()
    assert (await c.append(LETTER)).startswith(b"OK")
    await c.ok("SELECT INBOX")
    return c


def test_every_section_of_a_large_letter(tmp_path):
    async def story(world):
        c = await with_letter(world)
        for item, octets in SECTIONS.items():
            (line,) = await c.ok(f"FETCH 1 {item}")
            assert line.endswith(b"{%d}\r\n%b)\r\n" % (len(octets), octets)), item
        (line,) = await c.ok("FETCH 1 (BODY.PEEK[1] UID BODY.PEEK[3.TEXT] BINARY.SIZE[2])")
        assert line == (
            b"* 1 FETCH (UID 1 BODY[1] {15}\r\nsee the picture BODY[3.TEXT] {12}\r\nYnllAGJ5ZQ== BINARY.SIZE[2] %d)\r\n"
            % len(PICTURE)
        )
        (line,) = await c.ok("FETCH 1 (ENVELOPE BODYSTRUCTURE PREVIEW)")
        assert b'"large"' in line and b'"BASE64" %d NIL' % len(ENCODED) in line and b'PREVIEW "see the picture"' in line
        assert b'"inner"' in line
        (line,) = await c.ok("FETCH 1 BODY")
        assert b'"BASE64" %d)' % len(ENCODED) in line

    at(tmp_path, story)


class Heart:
    """Measures for how long the event loop worked without a pause, in its own time on the processor."""

    def __init__(self):
        self.longest = 0.0

    async def beat(self):
        while True:
            began = time.thread_time()
            await asyncio.sleep(0)
            self.longest = max(self.longest, time.thread_time() - began)


@pytest.mark.parametrize("item", ["BODY.PEEK[]", "BODY.PEEK[2]", "BINARY.PEEK[2]", "BODY.PEEK[3.1]", "BODYSTRUCTURE"])
def test_a_large_letter_is_never_held_and_stalls_nobody(tmp_path, item):
    async def story(world):
        c = await with_letter(world)
        reader, writer = await asyncio.open_connection("127.0.0.1", world.imap, limit=1 << 16)
        await reader.readline()
        writer.write(b'a LOGIN kim@a.test "\xeb\xb9\x84\xeb\xb0\x80 pass\\\\word"\r\nb SELECT INBOX\r\n')
        while not (await reader.readline()).startswith(b"b OK"):
            pass
        await c.ok(f"FETCH 1 {item}")  # what is loaded once is loaded
        heart = Heart()
        beating = asyncio.create_task(heart.beat())
        gc.collect()
        tracemalloc.start()
        writer.write(f"c FETCH 1 {item}\r\n".encode())
        last = b""
        while b"c OK" not in last:
            last = last[-10:] + await reader.read(1 << 16)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        beating.cancel()
        writer.close()
        assert peak < 2 * MIB, peak
        assert heart.longest < 0.1

    at(tmp_path, story)


def test_who_does_not_read_costs_less_than_two_mebibytes(tmp_path):
    async def story(world):
        c = await with_letter(world)
        await c.ok("FETCH 1 BODY.PEEK[2]")
        deaf = [await world.client(select="SELECT INBOX") for _ in range(3)]
        gc.collect()
        tracemalloc.start()
        for one in deaf:
            one.writer.transport.pause_reading()
            await one.send(b"x FETCH 1 BINARY.PEEK[2]\r\n")
        for _ in range(20):  # others are served meanwhile
            await c.ok("FETCH 1 BODY.PEEK[1]")
        now, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert now < 3 * 2 * MIB, now
        for one in deaf:
            one.writer.transport.abort()

    at(tmp_path, story)


def test_without_pieces_the_whole_letter_would_be_held(tmp_path, monkeypatch):
    """Negative control of the two above."""
    monkeypatch.setattr(stretch, "PIECE", 64 * MIB)

    async def story(world):
        c = await with_letter(world)
        await c.ok("FETCH 1 BODY.PEEK[1]")
        tracemalloc.start()
        await c.ok("FETCH 1 BODY.PEEK[1]")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak > 15 * MIB

    at(tmp_path, story)


def test_octets_that_are_missing_end_the_connection_not_the_letter(tmp_path):
    """The client was promised so many octets: what comes next would be taken for them."""

    async def story(world):
        c = await with_letter(world)
        (path,) = [path for path in (world.home.data / "content").rglob("*") if path.is_file()]
        os.truncate(path, 5 * MIB)
        await c.send(b"x FETCH 1 BODY.PEEK[]\r\n")
        said = await c.reader.read()
        assert 5 * MIB - stretch.PIECE <= len(said) < 6 * MIB and b"x OK" not in said
        again = await world.client(select="SELECT INBOX")
        await again.no("FETCH 1 BODY.PEEK[3.1]", "SERVERBUG")  # nothing was promised yet
        await again.ok("NOOP")

    at(tmp_path, story)


def test_a_large_letter_lies_in_a_file():
    """What these tests are about."""
    assert len(LETTER) > 20 * INLINE_LIMIT and len(LETTER) > fetch_large.LOOKED_AT
