"""ENABLE, COMPRESS and UNAUTHENTICATE: what changes the connection itself."""

import asyncio
import zlib

import pytest

from kit.patience import PATIENCE_S
from kit.world import KIM, PASSWORD, at, quoted
from pyeonji.access.imap import progress
from pyeonji.access.imap.commands import HANDLERS
from pyeonji.net import deflate
from pyeonji.net.deflate import BadDeflate, Deflate

LETTER = b"Subject: x\r\n\r\n" + b"0123456789\r\n" * 60_000


# ── COMPRESS ──


@pytest.mark.parametrize("tls", [False, True])
def test_a_compressed_connection_says_the_same(tmp_path, tls):
    async def story(world):
        c = await world.client(login=False)
        if tls:
            await c.ok("STARTTLS")
            await c.start_tls()
        await c.ok(f"LOGIN {KIM} {quoted(PASSWORD)}")
        await c.ok("COMPRESS DEFLATE")
        c.start_deflate()
        for _ in range(50):
            await c.ok("NOOP")  # each answer arrives at once: nothing is held back
        assert (await c.append(LETTER)).startswith(b"OK")
        await c.ok("SELECT INBOX")
        (line,) = await c.ok("FETCH 1 BODY.PEEK[]")
        assert LETTER in line
        await c.send("i IDLE\r\n")
        assert (await c.line()).startswith(b"+ ")
        await world.deliver()
        await c.until(b"* 2 EXISTS")
        await c.send("DONE\r\n")
        await c.until(b"i OK")
        assert (await c.do("COMPRESS DEFLATE"))[-1].startswith(b"NO [COMPRESSIONACTIVE]")
        assert (await c.do("LOGOUT"))[-1].startswith(b"OK")

    at(tmp_path, story, tls=tls)


@pytest.mark.parametrize("command", ["COMPRESS", "COMPRESS LZ4", "COMPRESS DEFLATE now"])
def test_there_is_one_way_to_compress(tmp_path, command):
    async def story(world):
        c = await world.client()
        await c.bad(command)
        await c.ok("NOOP")

    at(tmp_path, story)


def test_commands_that_come_with_compress_are_never_carried_out(tmp_path):
    async def story(world):
        c = await world.client()
        await c.send("a COMPRESS DEFLATE\r\nb CREATE injected\r\n")
        said = await c.until(b"* BYE")
        assert said[0].startswith(b"a BAD")
        assert await c.ended()
        other = await world.client()
        await other.no("SELECT injected")

    at(tmp_path, story)


def test_octets_that_are_not_compressed_end_the_connection(tmp_path):
    async def story(world):
        c = await world.client()
        await c.ok("COMPRESS DEFLATE")
        await c.send(b"b NOOP\r\n" * 100)
        assert await c.ended()

    at(tmp_path, story)


def zeros(count):
    packer = zlib.compressobj(9, wbits=-15)
    return packer.compress(bytes(count)) + packer.flush(zlib.Z_SYNC_FLUSH)


def test_what_is_inflated_comes_in_steps():
    layer = Deflate()
    layer.put(zeros(10 << 20))
    sizes = []
    while octets := layer.take():
        sizes.append(len(octets))
    assert sum(sizes) == 10 << 20
    assert max(sizes) <= deflate.STEP


def test_octets_that_only_swell_are_no_mail(monkeypatch):
    def swell():
        layer, given = Deflate(), 0
        packer = zlib.compressobj(9, wbits=-15)
        megabytes = bytes(16 << 20)
        for _ in range(8):
            layer.put(packer.compress(megabytes) + packer.flush(zlib.Z_SYNC_FLUSH))
            while octets := layer.take():
                given += len(octets)
        return given

    with pytest.raises(BadDeflate):
        swell()
    monkeypatch.setattr(deflate, "MAX_RATIO", 10**9)  # negative control
    assert swell() == 128 << 20


def test_a_line_without_end_is_too_long_also_when_it_comes_compressed(tmp_path):
    async def story(world):
        c = await world.client()
        await c.ok("COMPRESS DEFLATE")
        c.start_deflate()
        await c.send(b"a SEARCH TEXT " + b"x" * (32 << 20))
        said = await c.until(b"* BYE")
        assert said[0].startswith(b"a BAD Line too long")

    at(tmp_path, story)


# ── UNAUTHENTICATE ──


def test_another_login_on_the_same_connection(tmp_path):
    async def story(world):
        c = await world.client(select="SELECT INBOX")
        await c.ok("ENABLE UTF8=ACCEPT")
        await world.deliver()
        assert await c.ok("UNAUTHENTICATE") == []  # the mailbox is not open any more
        await c.bad("SELECT INBOX")
        await c.bad("UNAUTHENTICATE")
        assert b" ENABLE" not in (await c.ok("CAPABILITY"))[0]
        # RFC 8437 §3: a client may say both at once.
        await c.ok(f"LOGIN {KIM} {quoted(PASSWORD)}")
        await c.send(b"u UNAUTHENTICATE\r\nv LOGIN " + KIM.encode() + b" " + quoted(PASSWORD).encode() + b"\r\n")
        assert (await c.until(b"v "))[-1].startswith(b"v OK")
        await c.ok("CREATE &07jJwA-")
        assert b"&07jJwA-" in (await c.ok('LIST "" &07jJwA-'))[0]  # UTF-8 is not enabled any more

    at(tmp_path, story)


def test_the_compression_ends_with_the_login(tmp_path):
    async def story(world):
        c = await world.client()
        reader, writer = c.reader, c.writer
        await c.ok("COMPRESS DEFLATE")
        c.start_deflate()
        await c.ok("UNAUTHENTICATE")
        c.reader, c.writer = reader, writer
        await c.ok(f"LOGIN {KIM} {quoted(PASSWORD)}")
        await c.ok("COMPRESS DEFLATE")
        c.start_deflate()
        await c.send("a UNAUTHENTICATE\r\nb CREATE injected\r\n")  # compressed: it was said too early
        assert (await c.until(b"* BYE"))[0].startswith(b"a BAD")
        assert await asyncio.wait_for(c.reader.read(), PATIENCE_S) == b""

    at(tmp_path, story)


# ── INPROGRESS ──


def test_who_waits_for_a_long_command_hears_that_it_is_under_way(tmp_path, monkeypatch):
    heard_twice = asyncio.Event()

    async def slow(station, args):
        station.progress.of = 7
        await heard_twice.wait()
        await station.answer("OK", "Done")

    monkeypatch.setattr(progress, "PROGRESS_S", 0.005)
    monkeypatch.setitem(HANDLERS, "CHECK", slow)

    async def story(world):
        c = await world.client(select="SELECT INBOX")
        await c.send("x CHECK\r\n")
        assert await c.until(b"* OK [INPROGRESS") == [b'* OK [INPROGRESS ("x" NIL 7)] Still working\r\n']
        assert await c.until(b"* OK [INPROGRESS") == [b'* OK [INPROGRESS ("x" NIL 7)] Still working\r\n']
        heard_twice.set()
        await c.until(b"x OK")
        await c.send("i IDLE\r\n")
        await c.until(b"+ ")
        await world.deliver()
        assert b"INPROGRESS" not in b"".join(await c.until(b"* 1 EXISTS"))  # nobody waits for IDLE to end

    at(tmp_path, story)


# ── ENABLE ──


def test_names_are_utf8_for_those_who_asked_for_it(tmp_path):
    async def story(world):
        c = await world.client()
        assert await c.ok("ENABLE FOO IDLE") == [b"* ENABLED\r\n"]
        assert await c.ok("ENABLE utf8=accept FOO") == [b"* ENABLED UTF8=ACCEPT\r\n"]
        await c.ok('CREATE "편지/a&b"')
        said = b"".join(await c.ok('LIST "" "편*"'))
        assert '"편지"'.encode() in said and '"편지/a&b"'.encode() in said
        await c.ok('SELECT "편지/a&b"')
        assert (await c.ok('STATUS "편지" (MESSAGES)'))[0].startswith('* STATUS "편지"'.encode())
        other = await world.client()
        said = b"".join(await other.ok('LIST "" "&07jJwA-*"'))
        assert b"/&07jJwA-/" not in said and b" &07jJwA-/a&-b\r\n" in said
        assert said.isascii()
        await other.ok('SELECT "편지"')  # RFC 9755 §3: it may say it, we may not

    at(tmp_path, story)
