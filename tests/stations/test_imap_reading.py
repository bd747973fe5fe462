"""FETCH and SEARCH: what a client reads."""

import asyncio
import base64
import unicodedata

import pytest

from kit.patience import PATIENCE_S
from kit.world import at
from pyeonji.store.blobs import GONE, keep_file

SUBJECT = "주간 회의"
MIXED = (
    b"From: =?utf-8?B?" + base64.b64encode("이영희".encode()) + b"?= <lee@b.test>\r\n"
    b"To: kim@a.test\r\nSubject: =?utf-8?B?" + base64.b64encode(SUBJECT.encode()) + b"?=\r\n"
    b"Date: Tue, 24 Nov 2026 10:00:00 +0900\r\nMessage-ID: <1@b.test>\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\npreamble\r\n--b\r\n'
    b"Content-Type: text/plain; charset=euc-kr\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.b64encode("내일 회식 있습니다".encode("euc-kr"))
    + b"\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner text\r\n--b--\r\n"
)
HEAD, _, TEXT = MIXED.partition(b"\r\n\r\n")
HEAD += b"\r\n\r\n"
PLAIN = (
    b"From: park@c.test\r\nSubject: =?euc-kr?B?"
    + base64.b64encode("회의록".encode("euc-kr"))
    + b"?=\r\n\r\nsee you\r\n"
)
NFD = (
    b"From: choi@c.test\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    + unicodedata.normalize("NFD", "저녁 회의는 없음").encode()
)


@pytest.mark.parametrize(
    ("section", "wanted"),
    [
        ("BODY.PEEK[]", MIXED),
        ("BODY.PEEK[HEADER]", HEAD),
        ("BODY.PEEK[TEXT]", TEXT),
        ("BODY.PEEK[1]", base64.b64encode("내일 회식 있습니다".encode("euc-kr"))),
        ("BODY.PEEK[1.MIME]", b"Content-Type: text/plain; charset=euc-kr\r\nContent-Transfer-Encoding: base64\r\n\r\n"),
        ("BODY.PEEK[2]", b"Subject: inner\r\n\r\ninner text"),
        ("BODY.PEEK[2.HEADER]", b"Subject: inner\r\n\r\n"),
        ("BODY.PEEK[2.TEXT]", b"inner text"),
        ("BODY.PEEK[2.1]", b"inner text"),
        ('BODY.PEEK[HEADER.FIELDS ("To: " "T o" "")]', b"\r\n"),  # no field is called so
        ("BODY.PEEK[HEADER.FIELDS (To Message-ID)]", b"To: kim@a.test\r\nMessage-ID: <1@b.test>\r\n\r\n"),
        ("BODY.PEEK[]<6.10>", MIXED[6:16]),
        ("BODY.PEEK[TEXT]<3.4>", TEXT[3:7]),
        ("BODY.PEEK[TEXT]<99999.4>", b""),
        ("RFC822.HEADER", HEAD),
    ],
)
def test_every_section_is_the_octets_of_the_letter(tmp_path, section, wanted):
    async def story(world):
        await world.deliver(MIXED)
        c = await world.client(select="SELECT INBOX")
        (line,) = await c.ok(f"FETCH 1 ({section})")
        assert line.endswith(b"{%d}\r\n%b)\r\n" % (len(wanted), wanted)) or b' "' + wanted + b'")' in line
        assert world.entries()[0].flags == 0

    at(tmp_path, story)


def test_header_and_text_are_the_letter_also_where_a_line_is_no_field(tmp_path):
    first, rest = b"From: lee@b.test\r\nSubject: x\r\n", b"no field\r\nTo: y@b.test\r\n\r\nHello\r\n"

    async def story(world):
        c = await world.client(select="SELECT INBOX")
        await c.append(first + rest)
        (line,) = await c.ok("FETCH 1 (BODY.PEEK[HEADER] BODY.PEEK[TEXT])")
        head, text = b"{%d}\r\n" % len(first) + first, b"{%d}\r\n" % len(rest) + rest
        assert line == b"* 1 FETCH (BODY[HEADER] " + head + b" BODY[TEXT] " + text + b")\r\n"

    at(tmp_path, story)


def test_a_part_that_is_not_there_is_nil_and_macros_are_whole(tmp_path):
    async def story(world):
        await world.deliver(MIXED)
        c = await world.client(select="SELECT INBOX")
        assert await c.ok("FETCH 1 BODY.PEEK[7]") == [b"* 1 FETCH (BODY[7] NIL)\r\n"]
        (full,) = await c.ok("FETCH 1 FULL")
        for word in (b"FLAGS (\\Recent)", b"INTERNALDATE ", b"RFC822.SIZE %d" % len(MIXED), b"ENVELOPE (", b"BODY ("):
            assert word in full
        (structure,) = await c.ok("FETCH 1 BODYSTRUCTURE")
        assert b'"MIXED" ("BOUNDARY" "b")' in structure.upper().replace(b'"BOUNDARY" "B"', b'"BOUNDARY" "b"')
        # Made once, then kept: the same answer again.
        assert await c.ok("FETCH 1 BODYSTRUCTURE") == [structure]

    at(tmp_path, story)


def test_reading_marks_as_seen_and_says_so_once(tmp_path):
    async def story(world):
        await world.deliver(PLAIN)
        c, other = await world.client(select="SELECT INBOX"), await world.client(select="SELECT INBOX")
        assert b"FLAGS (\\Seen \\Recent)" in (await c.ok("FETCH 1 BODY[TEXT]"))[0]
        assert b"FLAGS" not in (await c.ok("FETCH 1 BODY[TEXT]"))[0]
        assert await other.ok("NOOP") == [b"* 1 FETCH (FLAGS (\\Seen))\r\n"]

    at(tmp_path, story)


def test_uid_fetch_says_uids_and_passes_over_what_is_not_there(tmp_path):
    async def story(world):
        for _ in range(3):
            await world.deliver(PLAIN)
        c = await world.client(select="SELECT INBOX")
        assert await c.ok("UID FETCH 2:90 FLAGS") == [
            b"* 2 FETCH (UID 2 FLAGS (\\Recent))\r\n",
            b"* 3 FETCH (UID 3 FLAGS (\\Recent))\r\n",
        ]
        assert await c.ok("UID FETCH 50 FLAGS") == []
        assert len(await c.ok("UID FETCH 50:* FLAGS")) == 1
        await c.bad("FETCH 4 FLAGS")
        await c.bad("FETCH 0 FLAGS")
        await c.ok("SELECT Archive")
        assert await c.ok("FETCH 1:* FLAGS") == []
        await c.bad("FETCH 1 FLAGS")
        assert await c.ok("UID FETCH 1:* FLAGS") == []

    at(tmp_path, story)


def test_a_letter_whose_octets_are_gone_is_told_as_expunged_or_broken(tmp_path):
    async def story(world):
        await world.deliver(PLAIN)
        await world.deliver(PLAIN)
        c = await world.client(select="SELECT INBOX")
        number = world.entries()[0].message_id
        world.home.engine.write_now(
            lambda tx: tx.run(
                "UPDATE content SET codec = :gone WHERE id = (SELECT content_id FROM message WHERE id = :id)",
                {"gone": GONE, "id": number},
            )
        )
        *data, last = await c.do("FETCH 1:2 BODY.PEEK[]")
        assert len(data) == 1 and last.startswith(b"NO [SERVERBUG]")
        *data, last = await c.do("FETCH 1:2 ENVELOPE")
        assert len(data) == 1 and last.startswith(b"NO [SERVERBUG]")

    at(tmp_path, story)


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("ALL", "1 2 3"),
        ("SUBJECT 회의", "1 2"),
        ("BODY 회식", "1"),
        ("TEXT 회의", "1 2 3"),
        ("BODY 회의", "3"),
        ("NOT TEXT 회의", ""),
        ("FROM 이영희", "1"),
        ("OR FROM park BODY 회식", "1 2"),
        ("HEADER Message-ID <1@b", "1"),
        ("SENTON 24-Nov-2026", "1"),
        ("SINCE 1-Jan-2000 SMALLER 150", "2 3"),
        ("UID 2:* UNSEEN", "2 3"),
        ("SEEN", ""),
        ("2:3 NOT (SUBJECT 회의)", "3"),
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_korean_is_found_however_it_was_written(tmp_path, question, found, form):
    async def story(world):
        for content in (MIXED, PLAIN, NFD):
            await world.deliver(content)
        c = await world.client(select="EXAMINE INBOX")
        words = []
        for word in question.split(" "):
            octets = unicodedata.normalize(form, word.strip("()")).encode()
            told = word.encode()
            if not word.isascii():
                told = b"{%d+}\r\n%b" % (len(octets), octets) + (b")" if word.endswith(")") else b"")
            words.append(told)
        (line,) = await c.ok(b"SEARCH CHARSET UTF-8 " + b" ".join(words))
        assert line.removeprefix(b"* SEARCH").split() == found.encode().split()

    at(tmp_path, story)


def test_an_unknown_charset_is_refused_with_its_code(tmp_path):
    async def story(world):
        c = await world.client(select="SELECT INBOX")
        await c.no("SEARCH CHARSET X-NONE TEXT x", "BADCHARSET")
        await c.bad("SEARCH NONSENSE")
        assert await c.ok("UID SEARCH 1:* DELETED") == [b"* SEARCH\r\n"]

    at(tmp_path, story)


def test_letters_small_and_large_are_downloaded_as_they_are(tmp_path):
    letters = [
        b"Subject: %d\r\n\r\n" % n + b"x" * size for n, size in enumerate([10, 0, 400_000, 5, 900_000, 300_000, 7])
    ]
    letters[5] = letters[5][:-1] + b"\0"

    async def story(world):
        for content in letters:
            await world.deliver(content)
        c = await world.client(select="SELECT INBOX")
        for items in (
            "BODY.PEEK[]",
            "UID BODY.PEEK[] FLAGS",
            "BODY.PEEK[HEADER] BODY.PEEK[]",
            "RFC822.SIZE BODY.PEEK[HEADER]",
        ):
            told = sorted(await c.ok(f"FETCH 1:* ({items})"))
            assert len(told) == len(letters)
            for line, letter in zip(told, letters, strict=True):
                wire, head = letter.replace(b"\0", b"\x80"), letter[: letter.find(b"\r\n\r\n") + 4]
                assert ("[]" not in items) or b"BODY[] {%d}\r\n%b" % (len(letter), wire) in line
                assert ("HEADER" not in items) or b"BODY[HEADER] {%d}\r\n%b" % (len(head), head) in line
        assert b"FLAGS" not in b"".join(told)
        told = await c.ok("FETCH 3:4 BODY[]")
        assert all(
            line.endswith(b" FLAGS (\\Seen \\Recent))\r\n") or b"FLAGS (\\Seen \\Recent) BODY[]" in line
            for line in told
        )
        assert [entry.flags for entry in world.entries()] == [0, 0, 1, 1, 0, 0, 0]
        assert not any(b"FLAGS" in line for line in await c.ok("FETCH 3:4 BODY[]"))

    at(tmp_path, story)


def test_a_file_that_is_too_short_breaks_the_connection_and_not_the_answer(tmp_path):
    async def story(world):
        spool = world.tmp_path / "spooled"
        spool.write_bytes(b"Subject: x\r\n\r\n" + b"x" * 600_000)
        await world.deliver(keep_file(spool, world.home.blobs.folder, "1"))
        (file,) = [path for path in world.home.blobs.folder.rglob("*") if path.is_file()]
        file.write_bytes(b"Subject: x\r\n\r\n" + b"x" * 300_000)
        c = await world.client(select="SELECT INBOX")
        await c.send(b"x FETCH 1 BODY.PEEK[]\r\n")
        octets = await asyncio.wait_for(c.reader.read(), PATIENCE_S)
        assert octets.startswith(b"* 1 FETCH (BODY[] {600014}") and b"x OK" not in octets
        c = await world.client(select="SELECT INBOX")
        file.unlink()
        await c.no("FETCH 1 BODY.PEEK[]", "UNAVAILABLE")

    at(tmp_path, story)


def test_a_long_answer_leaves_others_their_turn(tmp_path):
    async def story(world):
        for _ in range(40):
            await world.deliver(b"Subject: x\r\n\r\n" + b"x" * 100_000)
        busy, other = await world.client(select="EXAMINE INBOX"), await world.client()
        await busy.send(b"x FETCH 1:* BODY.PEEK[]\r\n")
        await other.ok("NOOP")
        reading = asyncio.create_task(busy.until(b"x OK"))
        await other.ok("NOOP")
        assert len(await reading) == 41

    at(tmp_path, story)
