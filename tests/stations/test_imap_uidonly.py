"""UIDONLY: neither side says a message number any more (RFC 9586)."""

import re

import pytest

from kit.world import at

NUMBERED = re.compile(rb"\* \d+ (?:FETCH|EXPUNGE) |\[UNSEEN ")
LARGE = b"Subject: large\r\n\r\n" + b"0123456789\r\n" * 30_000


async def ready(world, letters=3):
    for _ in range(letters):
        await world.deliver()
    c = await world.client()
    assert await c.ok("ENABLE UIDONLY") == [b"* ENABLED UIDONLY\r\n"]
    assert not any(map(NUMBERED.search, await c.ok("SELECT INBOX")))
    return c


@pytest.mark.parametrize(
    "command",
    ["UID FETCH 2 FLAGS", "UID FETCH 2 (UID FLAGS)", "UID FETCH 2 ENVELOPE", "UID FETCH 2 (UID BODYSTRUCTURE FLAGS)",
     "UID FETCH 2 BODY.PEEK[HEADER.FIELDS (SUBJECT)]", "UID FETCH 2 BODY.PEEK[]", "UID FETCH 2 (UID BODY.PEEK[TEXT])",
     "UID FETCH 2 BODY[1]", "UID FETCH 2 BINARY.PEEK[1]", "UID FETCH 2 (PREVIEW SAVEDATE EMAILID)",
     "UID FETCH 2 BODY.PEEK[]<0.5>", "UID STORE 2 +FLAGS (\\Flagged)", "UID FETCH 2 BODY"],
)  # fmt: skip
def test_what_is_said_of_a_letter_begins_with_its_uid(tmp_path, command):
    async def story(world):
        c = await ready(world)
        await c.ok("UID STORE 1 +FLAGS.SILENT (\\Deleted)")
        await c.ok("EXPUNGE")
        (line,) = await c.ok(command)
        assert line.startswith(b"* 2 UIDFETCH ("), line
        assert b"(UID " not in line and b" UID 2" not in line

    at(tmp_path, story)


def test_a_large_letter_in_pieces(tmp_path):
    async def story(world):
        await world.deliver(LARGE)
        c = await ready(world, 0)
        for command in ("UID FETCH 1 BODY.PEEK[]<0.5>", "UID FETCH 1 (UID BODY.PEEK[])", "UID FETCH 1 BODY.PEEK[TEXT]"):
            lines = await c.ok(command)
            assert lines[0].startswith(b"* 1 UIDFETCH (BODY["), lines[0][:80]

    at(tmp_path, story)


def test_what_happens_elsewhere_is_told_by_uid(tmp_path):
    async def story(world):
        c = await ready(world)
        other = await world.client(select="SELECT INBOX")
        await other.ok("STORE 1 +FLAGS (\\Deleted)")
        await other.ok("STORE 3 +FLAGS (\\Flagged)")
        await other.ok("EXPUNGE")
        await world.deliver()
        told = await c.ok("NOOP")
        assert b"* VANISHED 1\r\n" in told
        assert any(line.startswith(b"* 3 UIDFETCH (FLAGS (\\Flagged") for line in told)
        assert not any(map(NUMBERED.search, told))
        await c.send("i IDLE\r\n")
        await c.until(b"+ ")
        await other.ok("UID STORE 2 +FLAGS (\\Deleted)")
        await other.ok("EXPUNGE")
        assert b"* VANISHED 2\r\n" in await c.until(b"* VANISHED 2")
        await c.send("DONE\r\n")
        await c.until(b"i OK")

    at(tmp_path, story)


def test_numbers_are_refused_and_uids_go_on(tmp_path):
    async def story(world):
        c = await ready(world)
        for command in ("FETCH 1 FLAGS", "STORE 1 FLAGS ()", "COPY 1 Sent", "MOVE 1 Sent", "SEARCH ALL",
                        "UID SEARCH 1", "REPLACE 1 INBOX {1+}\r\nx"):  # fmt: skip
            assert (await c.do(command))[-1].startswith(b"BAD [UIDREQUIRED]"), command
        assert await c.ok("UID SEARCH RETURN (SAVE ALL) UNSEEN")
        assert len(await c.ok("UID FETCH $ FLAGS")) == 3
        assert (await c.do("UID COPY 1 Sent"))[-1].startswith(b"OK [COPYUID")
        told = await c.ok("UID MOVE 1 Sent")
        assert told[-1] == b"* VANISHED 1\r\n"
        told = await c.ok("UID REPLACE 2 INBOX {1+}\r\nx")
        assert b"* VANISHED 2\r\n" in told

    at(tmp_path, story)


def test_a_uid_that_is_all_that_was_asked_for_is_said(tmp_path):
    async def story(world):
        c = await ready(world)
        assert await c.ok("UID FETCH 2 UID") == [b"* 2 UIDFETCH (UID 2)\r\n"]

    at(tmp_path, story)
