"""BINARY: parts with their transfer encoding undone (RFC 3516)."""

import base64

import pytest

from kit.world import at

PICTURE = bytes(range(256)) * 20
MIXED = (
    b"Subject: mixed\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"caf=C3=A9 =\r\nau lait\r\n"
    b"--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(PICTURE)
    + b"--b\r\nContent-Type: message/rfc822\r\n\r\n"
    b"Subject: inner\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n"
    b"--b\r\nContent-Type: application/x-odd\r\nContent-Transfer-Encoding: x-nobody\r\n\r\nodd\r\n--b--\r\n"
)  # fmt: skip


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ("BINARY.PEEK[1]", b"BINARY[1] {13}\r\ncaf\xc3\xa9 au lait)"),
        ("BINARY.SIZE[1]", b"BINARY.SIZE[1] 13)"),
        ("BINARY.PEEK[2]", b"BINARY[2] ~{5120}\r\n" + PICTURE + b")"),
        ("BINARY.SIZE[2]", b"BINARY.SIZE[2] 5120)"),
        ("BINARY.PEEK[2]<1.3>", b"BINARY[2]<1> {3}\r\n\x01\x02\x03)"),
        ("BINARY.PEEK[2]<5119.100>", b"BINARY[2]<5119> {1}\r\n\xff)"),
        ("BINARY.PEEK[2]<9999.1>", b"BINARY[2]<9999> {0}\r\n)"),
        ("BINARY.PEEK[3.1]", b"BINARY[3.1] {5}\r\nhello)"),
        ("BINARY.PEEK[3]", b"BINARY[3] {61}\r\nSubject: inner\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=)"),
        ("BINARY.PEEK[9]", b"BINARY[9] NIL)"),
        ("BINARY.SIZE[]", b"BINARY.SIZE[] %d)" % len(MIXED)),
        ("(BINARY.PEEK[]<0.8> UID)", b"UID 1 BINARY[]<0> {8}\r\nSubject:)"),
    ],
)  # fmt: skip
def test_a_part_comes_as_it_was_before_it_was_sent(tmp_path, item, told):
    async def story(world):
        await world.deliver(MIXED)
        c = await world.client(select="EXAMINE INBOX")
        (line,) = await c.ok(f"FETCH 1 {item}")
        assert line == b"* 1 FETCH (" + told + b"\r\n"

    at(tmp_path, story)


def test_an_encoding_nobody_knows_is_said_so(tmp_path):
    async def story(world):
        await world.deliver(MIXED)
        c = await world.client(select="EXAMINE INBOX")
        await c.no("FETCH 1 BINARY[4]", "UNKNOWN-CTE")
        await c.no("FETCH 1 BINARY.SIZE[4]", "UNKNOWN-CTE")
        assert b"odd" in (await c.ok("FETCH 1 BODY.PEEK[4]"))[0]

    at(tmp_path, story)


def test_reading_a_part_marks_the_letter_and_peeking_does_not(tmp_path):
    async def story(world):
        await world.deliver(MIXED)
        c = await world.client(select="SELECT INBOX")
        await c.ok("FETCH 1 (BINARY.PEEK[1] BINARY.SIZE[1])")
        assert world.entries()[0].flags == 0
        assert b"FLAGS (\\Seen" in (await c.ok("FETCH 1 BINARY[1]"))[0]
        assert world.entries()[0].flags == 1

    at(tmp_path, story)


def test_a_letter_with_nul_is_appended_and_comes_back_whole(tmp_path):
    async def story(world):
        c = await world.client(select="SELECT INBOX")
        letter = b"Subject: x\r\nContent-Transfer-Encoding: binary\r\n\r\na\x00b\r\n"
        assert (await c.do(b"APPEND INBOX ~{%d+}\r\n" % len(letter) + letter))[-1].startswith(b"OK")
        assert await c.ok("FETCH 1 BINARY.PEEK[]") == [b"* 1 FETCH (BINARY[] ~{%d}\r\n%b)\r\n" % (len(letter), letter)]

    at(tmp_path, story)
