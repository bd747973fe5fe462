"""APPEND, COPY, MOVE, EXPUNGE and STORE: what a client changes."""

import re

import pytest

from kit.world import KIM, at
from pyeonji.access.imap.image import MAX_WORDS
from pyeonji.proto.imap import flags
from pyeonji.store import directory

LETTER = b"From: kim@a.test\r\nSubject: draft\r\n\r\nbody\r\n"


def test_append_keeps_flags_date_and_octets(tmp_path):
    async def story(world):
        c = await world.client()
        said = await c.append(
            LETTER, name="Drafts", before='(\\Seen \\Draft $Forwarded free) "17-Jul-1996 02:44:25 -0700" '
        )
        assert re.match(rb"OK \[APPENDUID \d+ 1\]", said)
        await c.ok("EXAMINE Drafts")
        (line,) = await c.ok("FETCH 1 (FLAGS INTERNALDATE BODY.PEEK[])")
        assert b"FLAGS (\\Seen \\Draft $Forwarded \\Recent free)" in line
        assert b'INTERNALDATE "17-Jul-1996 09:44:25 +0000"' in line
        assert LETTER in line

    at(tmp_path, story)


def test_a_synchronising_literal_waits_for_the_go_ahead(tmp_path):
    async def story(world):
        c = await world.client()
        await c.send(b"x APPEND INBOX {%d}\r\n" % len(LETTER))
        assert (await c.line()).startswith(b"+ ")
        await c.send(LETTER[:10])
        await c.send(LETTER[10:] + b"\r\n")
        assert (await c.line()).startswith(b"x OK [APPENDUID")

    at(tmp_path, story)


def test_append_to_the_open_mailbox_is_told_before_the_ok(tmp_path):
    async def story(world):
        c = await world.client(select="SELECT INBOX")
        await c.send(b"x APPEND INBOX {%d+}\r\n" % len(LETTER) + LETTER + b"\r\n")
        assert b"* 1 EXISTS\r\n" in await c.until(b"x OK")

    at(tmp_path, story)


def test_append_to_no_mailbox_says_trycreate_and_reads_on_behind_the_letter(tmp_path):
    async def story(world):
        c = await world.client()
        assert (await c.append(LETTER, name="nowhere")).startswith(b"NO [TRYCREATE]")
        await c.ok("NOOP")
        await c.send(b"x APPEND nowhere {%d}\r\n" % len(LETTER))
        assert (await c.line()).startswith(b"x NO [TRYCREATE]")  # and the client sends nothing
        await c.ok("NOOP")

    at(tmp_path, story)


def test_a_full_account_takes_neither_appends_nor_copies_but_letters_may_move(tmp_path):
    async def story(world):
        c = await world.client()
        assert (await c.append(b"A: b\r\n\r\n" + b"x" * 600)).startswith(b"OK")
        assert (await c.append(b"A: b\r\n\r\n" + b"x" * 600)).startswith(b"NO [OVERQUOTA]")
        await c.ok("SELECT INBOX")
        await c.no("COPY 1 Archive", "OVERQUOTA")
        assert world.entries("Archive") == []
        await c.ok("MOVE 1 Archive")
        assert len(world.entries("Archive")) == 1

    at(tmp_path, story, people={"quota_octets": 1000})


def test_an_append_that_breaks_off_leaves_nothing_behind(tmp_path):
    async def story(world):
        c = await world.client()
        await c.send(b"x APPEND INBOX {900000+}\r\nA: b\r\n\r\n" + b"y" * 800_000)
        probe = await world.client()
        for _ in range(200):
            if world.spooled:
                break
            await probe.ok("NOOP")
        assert world.spooled
        await c.hang_up()
        for _ in range(200):
            if not world.spooled:
                break
            await probe.ok("NOOP")
        assert not world.spooled and world.entries() == []

    at(tmp_path, story)


def test_an_append_with_something_behind_its_letter_comes_to_nothing(tmp_path):
    async def story(world):
        c = await world.client()
        size = 600_000
        await c.send(b"x APPEND INBOX {%d+}\r\nA: b\r\n\r\n" % size + b"y" * (size - 8) + b" more\r\n")
        assert (await c.line()).startswith(b"x BAD")
        assert not world.spooled and world.entries() == []
        await c.ok("NOOP")

    at(tmp_path, story)


def test_a_header_without_end_is_refused_and_a_large_letter_is_taken(tmp_path):
    async def story(world):
        c = await world.client()
        assert (await c.append(b"A: " + b"x" * 300_000)).startswith(b"NO [LIMIT]")
        large = b"Subject: large\r\n\r\n" + b"0123456789abcde\n" * 60_000
        assert (await c.append(large)).startswith(b"OK")
        await c.ok("EXAMINE INBOX")
        (line,) = await c.ok("FETCH 1 BODY.PEEK[]<500000.16>")
        assert line.endswith(b"{16}\r\n" + large[500_000:500_016] + b")\r\n")
        (line,) = await c.ok("FETCH 1 (BODY.PEEK[HEADER] RFC822.SIZE)")
        assert b"RFC822.SIZE %d BODY[HEADER] {18}\r\nSubject: large\r\n\r\n)" % len(large) in line
        (line,) = await c.ok("FETCH 1 BODY.PEEK[]<99999999.5>")
        assert b"<99999999> {0}\r\n" in line

    at(tmp_path, story)


def test_copy_and_move_say_which_uid_became_which(tmp_path):
    async def story(world):
        for _ in range(4):
            await world.deliver()
        c = await world.client(select="SELECT INBOX")
        assert re.match(rb"OK \[COPYUID \d+ 1:2,4 1:3\]", (await c.do("COPY 1:2,4 Archive"))[-1])
        said = await c.do("UID MOVE 2:3 Archive")
        assert re.match(rb"\* OK \[COPYUID \d+ 2:3 4:5\]", said[0])
        assert said[1:3] == [b"* 3 EXPUNGE\r\n", b"* 2 EXPUNGE\r\n"] and said[-1].startswith(b"OK")
        assert [entry.uid for entry in world.entries()] == [1, 4]
        await c.no("COPY 1 nowhere", "TRYCREATE")
        await c.no("MOVE 1 nowhere", "TRYCREATE")
        await c.bad("COPY 3 Archive")
        assert (await c.do("UID COPY 99 Archive"))[-1].startswith(b"OK Nothing")

    at(tmp_path, story)


def test_expunge_tells_numbers_that_mean_what_the_client_thinks(tmp_path):
    async def story(world):
        for n in range(5):
            await world.deliver(flags=8 if n in (0, 2, 4) else 0)
        c = await world.client(select="SELECT INBOX")
        assert await c.ok("UID EXPUNGE 4:9") == [b"* 5 EXPUNGE\r\n"]
        told = [int(line.split()[1]) for line in await c.ok("EXPUNGE")]
        uids = [1, 2, 3, 4]
        for number in told:
            del uids[number - 1]
        assert uids == [2, 4] == [entry.uid for entry in world.entries()]

    at(tmp_path, story)


def test_a_mark_that_somebody_took_away_keeps_the_letter(tmp_path):
    async def story(world):
        await world.deliver(flags=8)
        one, other = await world.client(select="SELECT INBOX"), await world.client(select="SELECT INBOX")
        await other.ok("STORE 1 -FLAGS (\\Deleted)")
        await one.ok("CLOSE")
        assert len(world.entries()) == 1

    at(tmp_path, story)


def test_close_expunges_without_a_word_and_unselect_does_not(tmp_path):
    async def story(world):
        await world.deliver(flags=8)
        c = await world.client(select="SELECT INBOX")
        assert await c.ok("UNSELECT") == []
        await c.ok("EXAMINE INBOX")
        await c.ok("CLOSE")
        assert len(world.entries()) == 1
        await c.ok("SELECT INBOX")
        assert await c.ok("CLOSE") == []
        assert world.entries() == []
        await c.bad("FETCH 1 FLAGS")

    at(tmp_path, story)


def test_examine_lets_nothing_change(tmp_path):
    async def story(world):
        await world.deliver(flags=8)
        c = await world.client()
        said = await c.do("EXAMINE INBOX")
        assert said[-1].startswith(b"OK [READ-ONLY]")
        assert any(b"PERMANENTFLAGS ()" in line for line in said)
        await c.no("STORE 1 +FLAGS (\\Seen)", "READ-ONLY")
        await c.no("EXPUNGE", "READ-ONLY")
        await c.no("MOVE 1 Archive", "READ-ONLY")
        await c.ok("FETCH 1 BODY[]")
        assert world.entries()[0].flags == 8
        await c.ok("COPY 1 Archive")

    at(tmp_path, story)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("STORE 1 +FLAGS (\\Flagged $Junk word)", b"(\\Seen \\Flagged $Junk \\Recent old word)"),
        ("STORE 1 -FLAGS \\Seen", b"(\\Recent old)"),
        ("STORE 1 FLAGS ()", b"(\\Recent)"),
        ("STORE 1 FLAGS (\\Answered)", b"(\\Answered \\Recent)"),
    ],
)
def test_store_tells_the_flags_that_are_there_then(tmp_path, command, told):
    async def story(world):
        await world.deliver(flags=1, keywords="old")
        c = await world.client(select="SELECT INBOX")
        assert (await c.ok(command))[-1] == b"* 1 FETCH (FLAGS " + told + b")\r\n"
        assert await c.ok("UID " + command) == [b"* 1 FETCH (UID 1 FLAGS " + told + b")\r\n"]
        assert await c.ok("NOOP") == []
        await c.bad("STORE 2 FLAGS ()")

    at(tmp_path, story)


def test_a_keyword_is_among_the_flags_of_the_mailbox_before_it_is_read_on_a_letter(tmp_path):
    """RFC 9051 §7.3.5: FLAGS says which flags there are; §7.1: PERMANENTFLAGS, which of them can be changed."""

    async def story(world):
        await world.deliver(keywords="old")
        await world.deliver()
        c, other = await world.client(select="SELECT INBOX"), await world.client(select="EXAMINE INBOX")
        opened = await c.ok("SELECT INBOX")
        assert _words(opened, b"* FLAGS (") == [b"old"]
        assert _words(opened, b"* OK [PERMANENTFLAGS (") == [b"old", b"\\*"]
        flags, permanent, fetched = await c.ok("STORE 2 +FLAGS (new)")
        assert _words([flags], b"* FLAGS (") == [b"old", b"new"]
        assert _words([permanent], b"* OK [PERMANENTFLAGS (") == [b"old", b"new", b"\\*"]
        assert fetched == b"* 2 FETCH (FLAGS (new))\r\n"
        flags, permanent, fetched = await other.ok("NOOP")
        assert _words([flags], b"* FLAGS (") == [b"old", b"new"]
        assert permanent == b"* OK [PERMANENTFLAGS ()] Kept\r\n"
        assert fetched == b"* 2 FETCH (FLAGS (new))\r\n"
        assert _words(await c.ok("STORE 2 +FLAGS.SILENT (silent)"), b"* FLAGS (") == [b"old", b"new", b"silent"]
        assert _words(await other.ok("FETCH 2 FLAGS"), b"* FLAGS (") == [b"old", b"new", b"silent"]
        assert len(await c.ok("STORE 1 +FLAGS (silent)")) == 1  # that one is known

    at(tmp_path, story)


def test_a_keyword_is_the_same_in_capitals_and_small_letters(tmp_path):
    """RFC 8621 §4.1.1: the spelling that came first stays."""

    async def story(world):
        await world.deliver(keywords="NonJunk Work")
        await world.deliver()
        c = await world.client(select="SELECT INBOX")
        assert (await c.ok("STORE 1:2 +FLAGS (nonjunk $FORWARDED ToDo TODO)"))[-2:] == [
            b"* 1 FETCH (FLAGS ($Forwarded \\Recent NonJunk ToDo Work))\r\n",
            b"* 2 FETCH (FLAGS ($Forwarded \\Recent NonJunk ToDo))\r\n",
        ]
        assert await c.ok("SEARCH KEYWORD NONJUNK UNKEYWORD work") == [b"* SEARCH 2\r\n"]
        assert _words(await c.ok("SELECT INBOX"), b"* FLAGS (") == [b"NonJunk", b"Work", b"ToDo"]
        assert await c.ok("STORE 1 -FLAGS (NONJUNK work)") == [b"* 1 FETCH (FLAGS ($Forwarded ToDo))\r\n"]
        assert await c.ok("STORE 1 FLAGS (todo)") == [b"* 1 FETCH (FLAGS (ToDo))\r\n"]
        done = (await c.do("STORE 1 (UNCHANGEDSINCE 0) +FLAGS (todo)"))[-1]
        assert done.startswith(b"OK [MODIFIED 1]")  # it has it already

    at(tmp_path, story)


def test_a_dictionary_of_keywords_is_not_told(tmp_path):
    async def story(world):
        await world.deliver()
        c = await world.client(select="SELECT INBOX")
        for start in range(0, MAX_WORDS + 64, 64):
            await c.ok(f"STORE 1 FLAGS ({' '.join(f'k{number}' for number in range(start, start + 64))})")
        assert len(_words(await c.ok("SELECT INBOX"), b"* FLAGS (")) == MAX_WORDS

    at(tmp_path, story)


def _words(lines, head):
    """What stands behind the flags that every mailbox has."""
    (line,) = [line for line in lines if line.startswith(head)]
    return line[len(head) : line.index(b")")].split()[len(flags.printed(flags.STORED).split()) :]


def test_a_silent_store_still_tells_what_somebody_else_changed(tmp_path):
    async def story(world):
        await world.deliver()
        one, other = await world.client(select="SELECT INBOX"), await world.client(select="SELECT INBOX")
        assert await one.ok("STORE 1 +FLAGS.SILENT (\\Seen)") == []
        await other.ok("STORE 1 +FLAGS (\\Flagged)")
        assert b"\\Answered" in (await one.ok("STORE 1 +FLAGS.SILENT (\\Answered)"))[0]

    at(tmp_path, story)


def test_uids_and_validity_only_grow(tmp_path):
    async def story(world):
        c = await world.client(select="SELECT INBOX")
        first = await world.deliver(flags=8)
        await c.ok("NOOP")
        await c.ok("EXPUNGE")
        assert await world.deliver() == first + 1
        used = world.home.engine.read_now(directory.inbox, KIM)
        assert used.account == KIM

    at(tmp_path, story)


def test_an_empty_letter_and_one_with_nul_octets_come_back_as_imap_can_say_them(tmp_path):
    async def story(world):
        c = await world.client()
        await world.deliver(b"")
        assert (await c.append(b"A: \x00\r\n\r\nb")).startswith(b"OK")
        await c.ok("EXAMINE INBOX")
        empty, nul = await c.ok("FETCH 1:2 (BODY.PEEK[] RFC822.SIZE ENVELOPE BODYSTRUCTURE)")
        assert b"RFC822.SIZE 0" in empty
        assert b"A: \x80\r\n\r\nb" in nul

    at(tmp_path, story)


def test_a_letter_moved_to_where_it_is_gets_another_uid(tmp_path):
    async def story(world):
        await world.deliver()
        c = await world.client(select="SELECT INBOX")
        said = await c.do("MOVE 1 INBOX")  # to itself: another UID, the same letter
        assert [entry.uid for entry in world.entries()] == [2], said
        assert await c.ok("UID FETCH 1:* FLAGS") == [b"* 1 FETCH (UID 2 FLAGS (\\Recent))\r\n"]

    at(tmp_path, story)
