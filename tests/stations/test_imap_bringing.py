"""MULTIAPPEND, CATENATE and REPLACE: several letters, letters made of others, letters in the place of others."""

import re

from kit.world import KIM, at

ONE = b"From: kim@a.test\r\nSubject: one\r\n\r\nfirst\r\n"
TWO = b"From: kim@a.test\r\nSubject: two\r\n\r\nsecond\r\n"
MIXED = (
    b"Subject: mixed\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n"
    b"--b\r\nContent-Type: image/png\r\n\r\npicture\r\n--b--\r\n"
)


def lit(octets):
    return b"{%d+}\r\n%b" % (len(octets), octets)


async def whole(c, uid):
    (line,) = await c.ok(f"UID FETCH {uid} BODY.PEEK[]")
    return line.split(b"}\r\n", 1)[1].rsplit(b")", 1)[0]


def test_several_letters_are_appended_by_one_command(tmp_path):
    async def story(world):
        c = await world.client(select="SELECT INBOX")
        *data, last = await c.do(b"APPEND INBOX (\\Seen) " + lit(ONE) + b' " 7-Feb-1994 22:43:04 -0800" ' + lit(TWO))
        assert re.match(rb"OK \[APPENDUID \d+ 1:2\]", last)
        assert b"* 2 EXISTS\r\n" in data
        assert [(entry.uid, entry.flags, entry.internal_us == 760689784000000) for entry in world.entries()] == [
            (1, 1, False), (2, 0, True)
        ]  # fmt: skip
        assert [await whole(c, uid) for uid in (1, 2)] == [ONE, TWO]

    at(tmp_path, story)


def test_letters_that_wait_to_be_asked_for(tmp_path):
    async def story(world):
        c = await world.client()
        await c.send(b"x APPEND INBOX {%d}\r\n" % len(ONE))
        assert (await c.line()).startswith(b"+ ")
        await c.send(ONE + b" {%d}\r\n" % len(TWO))
        assert (await c.line()).startswith(b"+ ")
        await c.send(TWO + b"\r\n")
        assert (await c.line()).startswith(b"x OK [APPENDUID")

    at(tmp_path, story)


def test_if_one_letter_cannot_be_taken_none_is(tmp_path):
    async def story(world):
        c = await world.client()
        big = b"A: b\r\n\r\n" + b"x" * 600_000
        last = (await c.do(b"APPEND INBOX " + lit(ONE) + b" " + lit(big)))[-1]
        assert last.startswith(b"NO [OVERQUOTA]")
        last = (await c.do(b"APPEND INBOX " + lit(ONE) + b" {0+}\r\n"))[-1]  # RFC 3502 §6.3.11: cancelled
        assert last.startswith(b"NO")
        last = (await c.do(b"APPEND INBOX " + lit(big[:300_000]) + b" " + lit(ONE) + b" (\\Foo) " + lit(TWO)))[-1]
        assert last.startswith(b"BAD")
        assert world.entries() == [] and not world.spooled

    at(tmp_path, story, people={"quota_octets": 500_000})


def test_many_letters_at_once_do_not_all_wait_in_memory(tmp_path):
    async def story(world):
        c = await world.client()
        letter = b"A: b\r\n\r\n" + b"x" * 500_000
        await c.send(b"x APPEND INBOX" + b"".join(b" " + lit(letter) for _ in range(6)) + b" {1+}\r\n")
        probe = await world.client()
        for _ in range(500):
            if world.spooled:
                break
            await probe.ok("NOOP")
        assert world.spooled
        await c.send(b"x\r\n")
        assert (await c.line()).startswith(b"x OK [APPENDUID")
        assert len(world.entries()) == 7 and not world.spooled

    at(tmp_path, story)


def test_a_letter_is_put_together_from_others(tmp_path):
    async def story(world):
        await world.deliver(MIXED)
        c = await world.client(select="SELECT INBOX")
        await c.ok(b"APPEND Drafts " + lit(TWO))
        await c.ok(
            b"APPEND Drafts (\\Draft) CATENATE (URL \"/INBOX/;UID=1/;section=HEADER\" TEXT " + lit(b"--b\r\n")
            + b" URL " + lit(b"/;UID=1/;SECTION=2.MIME") + b" URL /;UID=1/;SECTION=2 TEXT " + lit(b"\r\n--b\r\n\r\n")
            + b" URL /Drafts/;UID=1/;PARTIAL=0.4 TEXT " + lit(b"\r\n--b--\r\n") + b")"
        )  # fmt: skip
        await c.ok("SELECT Drafts")
        assert await whole(c, 2) == (
            b"Subject: mixed\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: image/png\r\n\r\n"
            b"picture\r\n--b\r\n\r\nFrom\r\n--b--\r\n"
        )
        assert [entry.flags for entry in world.entries("Drafts")] == [0, 16]

    at(tmp_path, story)


def test_a_url_that_names_no_letter_of_ours_is_said_back(tmp_path):
    async def story(world):
        await world.deliver(ONE)
        c = await world.client()
        for url in (
            b"/INBOX/;UID=9", b"/Nowhere/;UID=1", b"/;UID=1", b"/INBOX;UIDVALIDITY=7/;UID=1",
            b"/INBOX/;UID=1/;SECTION=5", b"imap://else.test/INBOX/;UID=1", b"/INBOX/;UID=1;URLAUTH=anonymous:x]y",
        ):  # fmt: skip
            last = (await c.do(b"APPEND Drafts CATENATE (TEXT " + lit(b"A: b\r\n") + b" URL \"" + url + b'" TEXT '
                               + lit(b"x" * 100) + b")"))[-1]  # fmt: skip
            assert last.startswith(b"NO [BADURL " + url.replace(b"]", b"%5D") + b"]"), last
        assert world.entries("Drafts") == []
        await c.ok("NOOP")

    at(tmp_path, story)


def test_a_letter_grows_no_larger_by_urls_than_a_letter_may_be(tmp_path):
    async def story(world):
        await world.deliver(b"A: b\r\n\r\n" + b"x" * (20 << 20))
        c = await world.client()
        last = (await c.do(b"APPEND Drafts CATENATE (" + b" ".join([b"URL /INBOX/;UID=1"] * 5) + b")"))[-1]
        assert last.startswith(b"NO [TOOBIG]")
        assert world.entries("Drafts") == [] and not world.spooled

    at(tmp_path, story)


def test_a_letter_takes_the_place_of_another_at_once(tmp_path):
    async def story(world):
        for _ in range(2):
            await world.deliver(ONE)
        c = await world.client(select="SELECT INBOX")
        *data, last = await c.do(b"REPLACE 1 INBOX (\\Draft) " + lit(TWO))
        assert re.match(rb"\* OK \[APPENDUID \d+ 3\]", data[0])  # before the old one goes
        assert b"* 1 EXPUNGE\r\n" in data and last.startswith(b"OK ")
        assert [(entry.uid, entry.flags) for entry in world.entries()] == [(2, 0), (3, 16)]
        other = await world.client(select="SELECT INBOX")
        *data, last = await c.do(b"UID REPLACE 2 Sent CATENATE (TEXT " + lit(b"To: x\r\n") + b" URL /;UID=2)")
        assert b"* 1 EXPUNGE\r\n" in data and last.startswith(b"OK ")
        assert len(world.entries("Sent")) == 1
        assert b"* 1 EXPUNGE\r\n" in await other.ok("NOOP")

    at(tmp_path, story)


def test_a_letter_that_is_gone_or_must_stay_is_not_replaced(tmp_path):
    async def story(world):
        await world.deliver(ONE)
        c = await world.client(select="SELECT INBOX")
        await c.bad(b"REPLACE 2 INBOX " + lit(TWO))
        await c.no(b"UID REPLACE 9 INBOX " + lit(TWO))  # it may have been expunged meanwhile
        last = (await c.do(b"REPLACE 1 Nowhere " + lit(TWO)))[-1]
        assert last.startswith(b"NO [TRYCREATE]")
        await c.send(b"x UID REPLACE 1 INBOX {%d}\r\n" % len(TWO))
        assert (await c.line()).startswith(b"+ ")
        other = await world.client(select="SELECT INBOX")
        await other.ok("UID STORE 1 +FLAGS (\\Deleted)")
        await other.ok("EXPUNGE")
        await c.send(TWO + b"\r\n")
        assert (await c.until(b"x "))[-1].startswith(b"x NO [EXPUNGEISSUED]")
        assert world.entries() == []
        await world.deliver(ONE)
        await c.ok("EXAMINE INBOX")
        last = (await c.do(b"REPLACE 1 INBOX " + lit(TWO)))[-1]
        assert last.startswith(b"NO [READ-ONLY]")
        assert [entry.uid for entry in world.entries()] == [2]

    at(tmp_path, story)


def test_what_replaces_needs_room_only_for_what_it_is_larger(tmp_path):
    async def story(world):
        c = await world.client()
        assert (await c.append(b"A: b\r\n\r\n" + b"x" * 800)).startswith(b"OK")
        await c.ok("SELECT INBOX")
        last = (await c.do(b"REPLACE 1 INBOX " + lit(b"A: b\r\n\r\n" + b"y" * 900)))[-1]
        assert last.startswith(b"OK")
        last = (await c.do(b"REPLACE 1 INBOX " + lit(b"A: b\r\n\r\n" + b"y" * 1900)))[-1]
        assert last.startswith(b"NO [OVERQUOTA]")
        assert [entry.uid for entry in world.entries()] == [2]
        assert world.kim.address == KIM

    at(tmp_path, story, people={"quota_octets": 1000})
