"""I04, I06: what a client may say of names, and what one costs that asks for everything and reads nothing."""

import asyncio
import re
import tracemalloc

import pytest

from kit.world import at
from pyeonji.net.stream import Stream
from pyeonji.proto.imap import names

ODD_NAMES = (b'"a\x01b"', b'"a\x7fb"', b"{5+}\r\na\r\nbc")


@pytest.mark.parametrize("name", ODD_NAMES)
def test_without_the_check_of_names_it_would_be_made(tmp_path, name, monkeypatch):
    """Negative control, of test_what_is_no_name_is_refused_and_nothing_is_made."""
    monkeypatch.setattr(names, "UNPRINTABLE", re.compile(r"(?!)"))

    async def story(world):
        c = await world.client()
        await c.ok("ENABLE UTF8=ACCEPT")  # without it modified UTF-7 is another check
        before = len(await c.ok('LIST "" *'))
        await c.ok(b"CREATE " + name)
        listed = await c.ok('LIST "" *')
        assert len(listed) == before + 1
        assert all(line.startswith(b"* LIST ") for line in listed)  # even so nobody's line is ended

    at(tmp_path, story)


LETTERS, SIZE, ASKED = 10, 100_000, 60
LIMIT = 4 << 20  # octets; all that is asked for is fifteen times that


async def held(world):
    """Octets held for a client that asks for everything again and again, and reads nothing."""
    for _ in range(LETTERS):
        await world.deliver(b"Subject: x\r\n\r\n" + b"x" * 78 * (SIZE // 80) + b"\r\n")
    reader = await world.client(select="SELECT INBOX")
    await reader.ok("FETCH 1:* BODY.PEEK[]")  # what is loaded once is loaded
    deaf = await world.client(select="SELECT INBOX")
    deaf.writer.transport.pause_reading()
    tracemalloc.start()
    await deaf.send(b"x FETCH 1:* BODY.PEEK[]\r\n" * ASKED)
    for _ in range(30):  # others are served meanwhile
        await reader.ok("FETCH 1 BODY.PEEK[]")
    now, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    deaf.writer.transport.abort()
    await asyncio.sleep(0)
    return now


def test_who_asks_for_everything_and_reads_nothing_costs_little(tmp_path):
    async def story(world):
        assert await held(world) < LIMIT

    at(tmp_path, story)


def test_without_waiting_for_him_all_of_it_would_be_held(tmp_path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(Stream, "pause_writing", lambda self: None)

    async def story(world):
        assert await held(world) > LIMIT

    at(tmp_path, story)
