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


SAMPLE = b"\x00\x01\r\n\xff--b\n" * 40
PARTS = (
    b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
    b"Content-Transfer-Encoding: binary\r\n\r\npre\r\n"
    b"--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n\r\nno nul\r\n"
    b"--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: binary\r\nX-Own: 1\r\n\r\n%b\r\n--b--\r\nafter\r\n"
)


def in_base64(octets):
    return base64.encodebytes(octets).replace(b"\n", b"\r\n").removesuffix(b"\r\n")


KEPT = [  # a letter as it comes, as it is kept, a part of it and what that says
    (
        b"Subject: x\r\nContent-Transfer-Encoding: binary\r\n\r\na\x00b\r\n",
        b"Subject: x\r\nContent-Transfer-Encoding: base64\r\n\r\nYQBiDQo=\r\n",
        "1", b"a\0b\r\n",
    ),
    (
        b"Subject: x\r\n\r\na\x00b",
        b"Subject: x\r\nContent-Transfer-Encoding: base64\r\n\r\nYQBi\r\n",
        "1", b"a\0b",
    ),
    (
        PARTS % SAMPLE,
        (PARTS % in_base64(SAMPLE)).replace(b"binary\r\nX-Own", b"base64\r\nX-Own"),
        "2", SAMPLE,
    ),
    (
        b"Content-Type: message/rfc822\r\n\r\nSubject: in\r\nContent-Transfer-Encoding: 8bit\r\n"
        b"Content-Transfer-Encoding: binary\r\n\r\n\0",
        b"Content-Type: message/rfc822\r\n\r\nSubject: in\r\nContent-Transfer-Encoding: base64\r\n\r\nAA==\r\n",
        "1.1", b"\0",
    ),
    (  # encoded already: what was junk stays junk
        b"Content-Transfer-Encoding: base64\r\n\r\nYQ\0Bi\r\n",
        b"Content-Transfer-Encoding: base64\r\n\r\nYQ\0Bi\r\n",
        "1", b"a\0b",
    ),
    (  # nothing encodes a header
        b"Subject: x\0\r\n\r\nbody\r\n",
        b"Subject: x\0\r\n\r\nbody\r\n",
        "1", b"body\r\n",
    ),
]  # fmt: skip


@pytest.mark.parametrize("mark", ["~", ""])
@pytest.mark.parametrize(("came", "kept", "path", "said"), KEPT)
def test_a_part_with_nul_is_kept_in_base64(tmp_path, mark, came, kept, path, said):
    """RFC 3516 §6: who knows nothing of BINARY reads it, too.  Some write NUL without saying so (RFC 9051 §4.3.1)."""

    async def story(world):
        c = await world.client(select="SELECT INBOX")
        answer = (await c.do(b"APPEND INBOX %b{%d+}\r\n" % (mark.encode(), len(came)) + came))[-1]
        assert answer.startswith(b"OK [APPENDUID")
        told = kept.replace(b"\0", b"\x80")
        (line,) = await c.ok("FETCH 1 (RFC822.SIZE BODY.PEEK[])")
        assert line == b"* 1 FETCH (RFC822.SIZE %d BODY[] {%d}\r\n%b)\r\n" % (len(kept), len(kept), told)
        mark8 = b"~" if b"\0" in said else b""
        (line,) = await c.ok(f"FETCH 1 BINARY.PEEK[{path}]")
        assert line == b"* 1 FETCH (BINARY[%b] %b{%d}\r\n%b)\r\n" % (path.encode(), mark8, len(said), said)
        for item in ("BODYSTRUCTURE", "ENVELOPE", "BODY.PEEK[HEADER]", "BODY.PEEK[1.MIME]", f"BODY.PEEK[{path}]"):
            assert b"\0" not in (await c.ok(f"FETCH 1 {item}"))[0]

    at(tmp_path, story)


def test_a_large_part_with_nul_goes_through_files(tmp_path):
    body = bytes(range(256)) * 8000
    letter = PARTS % body

    async def story(world):
        c = await world.client(select="SELECT INBOX")
        answer = (await c.do(b"APPEND INBOX ~{%d+}\r\n" % len(letter) + letter))[-1]
        assert answer.startswith(b"OK [APPENDUID")
        assert not world.spooled
        (line,) = await c.ok("FETCH 1 BODY.PEEK[2]")
        wanted = in_base64(body)
        assert line == b"* 1 FETCH (BODY[2] {%d}\r\n%b)\r\n" % (len(wanted), wanted)
        (line,) = await c.ok("FETCH 1 BINARY.PEEK[2]")
        assert line == b"* 1 FETCH (BINARY[2] ~{%d}\r\n%b)\r\n" % (len(body), body)

    at(tmp_path, story)
