"""Notes on mailboxes and on the server over IMAP (RFC 5464, RFC 9590, RFC 6154 §4)."""

import pytest

from kit.world import at
from pyeonji.access.imap.metadata import chosen
from pyeonji.proto.imap.command.metadata import INFINITY

LEE = "lee@a.test"


def test_notes_are_set_told_and_taken_away(tmp_path):
    """The examples of RFC 5464 §4.2 and §4.3."""

    async def story(world):
        c = await world.client()
        await c.ok("SETMETADATA INBOX (/private/comment {33+}\r\nMy new comment across\r\ntwo lines.)")
        await c.ok('SETMETADATA INBOX (/shared/comment "This one is for you!")')
        assert await c.ok("GETMETADATA INBOX (/shared/comment /PRIVATE/Comment /private/other)") == [
            b'* METADATA INBOX (/shared/comment "This one is for you!" '
            b"/private/comment {33}\r\nMy new comment across\r\ntwo lines. /private/other NIL)\r\n"
        ]
        await c.ok("SETMETADATA INBOX (/private/comment NIL)")
        assert await c.ok("GETMETADATA INBOX /private/comment") == [b"* METADATA INBOX (/private/comment NIL)\r\n"]
        await c.no("GETMETADATA nowhere /private/comment", "NONEXISTENT")
        await c.no('SETMETADATA nowhere (/private/comment "x")', "NONEXISTENT")
        await c.bad('SETMETADATA INBOX (/comment "x")')
        await c.bad('SETMETADATA INBOX ("/private/a*" "x")')

    at(tmp_path, story)


def test_octets_of_any_kind_are_kept(tmp_path):
    async def story(world):
        c = await world.client()
        await c.ok(b"SETMETADATA INBOX (/private/vendor/x/y ~{4+}\r\na\x00\xffb)")
        assert await c.ok("GETMETADATA INBOX /private/vendor/x/y") == [
            b"* METADATA INBOX (/private/vendor/x/y ~{4}\r\na\x00\xffb)\r\n"
        ]

    at(tmp_path, story)


NOTES = {"/private/a": b"1", "/private/a/b": b"2", "/private/a/b/c": b"3", "/private/ab": b"4"}


@pytest.mark.parametrize(
    ("entries", "depth", "wanted"),
    [
        (["/private/a"], 0, {"/private/a": b"1"}),
        (["/private/a"], 1, {"/private/a": b"1", "/private/a/b": b"2"}),
        (["/private/a"], INFINITY, {"/private/a": b"1", "/private/a/b": b"2", "/private/a/b/c": b"3"}),
        (["/private/a/b/c", "/private/x"], 0, {"/private/a/b/c": b"3", "/private/x": None}),
        (["/private/x", "/private/ab"], INFINITY, {"/private/ab": b"4"}),
    ],
)
def test_depth_says_how_far_down(entries, depth, wanted):
    assert dict(chosen(NOTES, entries, depth)) == wanted


def test_what_is_too_long_to_be_told_is_said_to_be(tmp_path):
    async def story(world):
        c = await world.client()
        await c.ok(f'SETMETADATA INBOX (/shared/comment "{"x" * 900}" /private/comment "My own comment")')
        *data, last = await c.do("GETMETADATA INBOX (MAXSIZE 500) (/shared/comment /private/comment)")
        assert data == [b'* METADATA INBOX (/private/comment "My own comment")\r\n']
        assert last.startswith(b"OK [METADATA LONGENTRIES 900]")
        *data, last = await c.do("GETMETADATA (MAXSIZE 5 DEPTH infinity) INBOX /private")
        assert data == [] and last.startswith(b"OK [METADATA LONGENTRIES 14]")

    at(tmp_path, story)


def test_too_long_and_too_many_notes_are_refused_and_nothing_is_set(tmp_path, monkeypatch):
    monkeypatch.setattr("pyeonji.store.annotations.MAX_ENTRIES", 2)

    async def story(world):
        c = await world.client()
        long = b"x" * (32 * 1024 + 1)
        await c.no(
            b'SETMETADATA INBOX (/private/a "b" /private/c {%d+}\r\n%b)' % (len(long), long), "METADATA MAXSIZE 32768"
        )
        await c.no('SETMETADATA INBOX (/private/a "1" /private/b "2" /private/c "3")', "METADATA TOOMANY")
        assert await c.ok("GETMETADATA (DEPTH infinity) INBOX /private") == []

    at(tmp_path, story)


def test_notes_on_the_server(tmp_path):
    async def story(world):
        world.join(LEE)
        kim, lee = await world.client(), await world.client(who=LEE)
        await kim.ok('SETMETADATA "" (/private/vendor/x/y "mine")')
        told = b'/private/vendor/x/y "mine" /shared/admin "mailto:postmaster@a.test" /shared/comment NIL'
        assert await kim.ok('GETMETADATA "" (/private/vendor/x/y /shared/admin /shared/comment)') == [
            b'* METADATA "" (' + told + b")\r\n"
        ]
        assert await lee.ok('GETMETADATA "" /private/vendor/x/y') == [b'* METADATA "" (/private/vendor/x/y NIL)\r\n']
        await kim.no('SETMETADATA "" (/shared/comment "x")', "NOPERM")
        await kim.no('SETMETADATA "" (/shared/admin "mailto:me")', "NOPERM")

    at(tmp_path, story)


@pytest.mark.parametrize(
    ("rights", "reads", "writes_for_all"),
    [("l", "NOPERM", "NOPERM"), ("lkxtea", "NOPERM", "NOPERM"), ("rswip", "NONEXISTENT", "NONEXISTENT"),
     ("lr", "", "NOPERM"), ("lp", "", "NOPERM"), ("lw", "", ""), ("lrs", "", "NOPERM"), ("li", "", "NOPERM")],
)  # fmt: skip
def test_notes_need_the_right_to_see_a_mailbox_and_one_to_use_it(tmp_path, rights, reads, writes_for_all):
    """RFC 5464 §3.3; that others read what was written for all needs the right to write."""

    async def story(world):
        world.join(LEE)
        kim, lee = await world.client(), await world.client(who=LEE)
        await kim.ok('SETMETADATA INBOX (/shared/comment "for all" /private/comment "for me")')
        await kim.ok(f"SETACL INBOX {LEE} {rights}")
        name = "Shared/kim@a.test/INBOX"
        for command, code in (
            (f"GETMETADATA {name} (/shared/comment /private/comment)", reads),
            (f'SETMETADATA {name} (/private/comment "his")', reads),
            (f'SETMETADATA {name} (/shared/comment "his" /private/x "y")', writes_for_all),
        ):
            if code:
                await lee.no(command, code)
            else:
                await lee.ok(command)
        wanted = b"his" if not writes_for_all else b"for all"
        (line,) = await kim.ok("GETMETADATA INBOX (/shared/comment /private/comment)")
        assert line == b'* METADATA INBOX (/shared/comment "%b" /private/comment "for me")\r\n' % wanted

    at(tmp_path, story)


def test_the_special_use_is_a_note_that_can_be_changed(tmp_path):
    """RFC 6154 §4."""

    async def story(world):
        c = await world.client()
        assert await c.ok("GETMETADATA Sent /private/specialuse") == [
            b'* METADATA Sent (/private/specialuse "\\\\Sent")\r\n'
        ]
        await c.ok("CREATE important")
        await c.ok('SETMETADATA important (/private/specialuse "\\\\Important")')
        await c.ok("SETMETADATA Sent (/private/specialuse NIL)")
        assert b'* LIST (\\HasNoChildren) "/" Sent\r\n' in await c.ok('LIST "" *')
        assert b'* LIST (\\HasNoChildren \\Important) "/" important\r\n' in await c.ok('LIST "" *')
        await c.no('SETMETADATA important (/private/specialuse "\\\\All")', "USEATTR")
        await c.append(b"Subject: x\r\n\r\n", name="Junk")
        await c.no('SETMETADATA important (/private/specialuse "\\\\Junk")')

    at(tmp_path, story)


def test_list_tells_notes(tmp_path):
    """RFC 9590."""

    async def story(world):
        world.join(LEE)
        kim, lee = await world.client(), await world.client(who=LEE)
        await kim.ok("CREATE a/b")
        await kim.ok("DELETE a")
        await kim.ok('SETMETADATA a/b (/shared/vendor/x/color "#b71c1c")')
        await kim.ok(f"SETACL INBOX {LEE} l")
        await kim.ok(f"SETACL a/b {LEE} lr")
        assert await kim.ok('LIST "" (a INBOX a/b) RETURN (METADATA (/shared/vendor/x/color))') == [
            b'* LIST (\\HasNoChildren) "/" INBOX\r\n',
            b"* METADATA INBOX (/shared/vendor/x/color NIL)\r\n",
            b'* LIST (\\HasNoChildren) "/" a/b\r\n',
            b'* METADATA a/b (/shared/vendor/x/color "#b71c1c")\r\n',
        ]
        assert await lee.ok('LIST "" Shared/* RETURN (METADATA (/shared/vendor/x/color))') == [
            b'* LIST (\\Noselect \\HasNoChildren) "/" Shared/kim@a.test/INBOX\r\n',
            b'* LIST (\\HasNoChildren) "/" Shared/kim@a.test/a/b\r\n',
            b'* METADATA Shared/kim@a.test/a/b (/shared/vendor/x/color "#b71c1c")\r\n',
        ]

    at(tmp_path, story)


def test_notes_follow_a_mailbox_that_is_renamed(tmp_path):
    async def story(world):
        c = await world.client()
        await c.ok("CREATE a/b")
        await c.ok('SETMETADATA a/b (/private/comment "x")')
        await c.ok("RENAME a z")
        assert await c.ok("GETMETADATA z/b /private/comment") == [b'* METADATA z/b (/private/comment "x")\r\n']
        await c.ok("CREATE a/b")
        assert await c.ok("GETMETADATA a/b /private/comment") == [b"* METADATA a/b (/private/comment NIL)\r\n"]

    at(tmp_path, story)
