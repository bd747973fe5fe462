"""IMAP4rev2 for those who enable it: what is said otherwise than to others (RFC 9051 §E)."""

import unicodedata

from kit.world import at


def test_a_mailbox_is_opened_with_its_listing_and_without_recent(tmp_path):
    async def story(world):
        await world.deliver()
        c = await world.client()
        assert b"* 1 RECENT\r\n" in await c.ok("EXAMINE INBOX")
        assert await c.ok("ENABLE IMAP4rev2") == [b"* ENABLED IMAP4rev2\r\n"]
        data = await c.ok("SELECT INBOX")
        assert b'* LIST (\\HasNoChildren \\Subscribed) "/" INBOX\r\n' in data
        assert not any(b"RECENT" in line or b"[UNSEEN" in line for line in data)
        await world.deliver()
        assert await c.ok("NOOP") == [b"* 2 EXISTS\r\n"]
        assert await c.ok("FETCH 2 FLAGS") == [b"* 2 FETCH (FLAGS ())\r\n"]
        assert b"[CLOSED]" in (await c.ok("SELECT Sent"))[0]

    at(tmp_path, story)


def test_a_name_that_we_spell_otherwise_is_told(tmp_path):
    async def story(world):
        c = await world.client()
        await c.ok("ENABLE IMAP4rev2")
        assert b'* LIST (\\HasNoChildren \\Subscribed) "/" INBOX ("OLDNAME" (inbox))\r\n' in await c.ok("SELECT inbox")
        apart = unicodedata.normalize("NFD", "편지")
        assert await c.ok(f'CREATE "{apart}"') == [
            f'* LIST (\\HasNoChildren) "/" "편지" ("OLDNAME" ("{apart}"))\r\n'.encode()
        ]
        assert await c.ok(f'DELETE "{apart}"') == [
            f'* LIST (\\NonExistent) "/" "편지" ("OLDNAME" ("{apart}"))\r\n'.encode()
        ]
        assert await c.ok('CREATE "plain"') == []
        assert await c.ok("RENAME plain simple") == [b'* LIST (\\HasNoChildren) "/" simple ("OLDNAME" (plain))\r\n']
        await c.ok('CREATE "&AGE-"')  # a name like any other
        assert await c.ok('LIST "" "&*"') == [b'* LIST (\\HasNoChildren) "/" &AGE-\r\n']

    at(tmp_path, story)


def test_a_search_is_answered_as_esearch(tmp_path):
    async def story(world):
        for _ in range(3):
            await world.deliver()
        c = await world.client()
        await c.ok("ENABLE IMAP4rev2")
        await c.ok("SELECT INBOX")
        (line,) = await c.ok("SEARCH UNSEEN")
        assert line.startswith(b'* ESEARCH (TAG "') and line.endswith(b'") ALL 1:3\r\n')
        (line,) = await c.ok("UID SEARCH SEEN")
        assert line.startswith(b'* ESEARCH (TAG "') and line.endswith(b'") UID\r\n')

    at(tmp_path, story)
