"""Mailboxes over IMAP: made, named, listed, removed."""

import pytest

from kit.world import at


async def names(client, command='LIST "" *'):
    return [line.rsplit(b" ", 1)[1].strip().decode() for line in await client.ok(command)]


def test_inbox_can_neither_be_made_nor_deleted_nor_overwritten(tmp_path):
    async def story(world):
        c = await world.client()
        await c.no("CREATE inbox", "ALREADYEXISTS")
        await c.no("DELETE Inbox", "CANNOT")
        await c.no("RENAME Sent INBOX", "ALREADYEXISTS")
        assert "INBOX" in await names(c)

    at(tmp_path, story)


def test_inbox_is_one_in_any_case_also_above_others(tmp_path):
    async def story(world):
        c = await world.client()
        await c.ok("CREATE inbox/family")
        assert [name for name in await names(c) if "nbox" in name.lower()] == ["INBOX", "INBOX/family"]
        await c.ok("SELECT iNbOx/family")

    at(tmp_path, story)


def test_renaming_inbox_moves_its_letters_and_leaves_inbox_and_its_children(tmp_path):
    async def story(world):
        c = await world.client()
        await c.ok("CREATE INBOX/child")
        await world.deliver()
        await c.ok("RENAME INBOX old/mail")
        assert world.entries() == [] and len(world.entries("old/mail")) == 1
        assert {"INBOX", "INBOX/child", "old", "old/mail"} <= set(await names(c))

    at(tmp_path, story)


def test_a_session_that_idles_in_inbox_is_told_when_inbox_is_renamed(tmp_path):
    async def story(world):
        await world.deliver()
        watching, acting = await world.client(select="SELECT INBOX"), await world.client()
        await watching.send("i IDLE\r\n")
        await watching.until(b"+ ")
        await acting.ok("RENAME INBOX elsewhere")
        assert (await watching.until(b"* 1 EXPUNGE"))[-1] == b"* 1 EXPUNGE\r\n"

    at(tmp_path, story)


def test_create_makes_the_levels_above(tmp_path):
    async def story(world):
        c = await world.client()
        await c.ok("CREATE a/b/c/")
        assert {"a", "a/b", "a/b/c"} <= set(await names(c))
        await c.no("CREATE a/b", "ALREADYEXISTS")

    at(tmp_path, story)


@pytest.mark.parametrize("name", ["/a", "a//b", "a//", "//"])
def test_a_level_without_a_name_is_refused(tmp_path, name):
    async def story(world):
        c = await world.client()
        before = await names(c)
        assert (await c.do(f"CREATE {name}"))[-1][:2] in (b"NO", b"BA")
        assert (await c.do(f"RENAME Sent {name}"))[-1][:2] in (b"NO", b"BA")
        assert await names(c) == before

    at(tmp_path, story)


def test_a_mailbox_is_created_with_its_use_and_says_its_id(tmp_path):
    async def story(world):
        c = await world.client()
        made = (await c.do("CREATE important (USE (\\Important))"))[-1]
        assert made.startswith(b"OK [MAILBOXID (M")
        assert b'* LIST (\\HasNoChildren \\Important) "/" important\r\n' in await c.ok('LIST "" *')
        await c.ok("CREATE verschickt (USE (\\SENT))")
        assert b'* LIST (\\HasNoChildren \\Sent) "/" verschickt\r\n' in await c.ok('LIST (SPECIAL-USE) "" *')
        assert b'* LIST (\\HasNoChildren) "/" Sent\r\n' in await c.ok('LIST "" *')
        await c.append(b"Subject: x\r\n\r\n", name="Junk")
        await c.no("CREATE spam (USE (\\Junk))", "USEATTR")
        await c.no("CREATE all (USE (\\All))", "USEATTR")
        await c.no("CREATE both (USE (\\Trash \\Archive))", "USEATTR")
        assert not {"spam", "all", "both"} & set(await names(c))

    at(tmp_path, story)


def test_the_names_of_other_peoples_mailboxes_are_taken(tmp_path):
    async def story(world):
        c = await world.client()
        for name in ("Shared", "Shared/x", "Shared/kim@a.test/x", "Shared/nobody@a.test/x/y"):
            await c.no(f"CREATE {name}", "NOPERM")
            await c.no(f"RENAME Sent {name}", "CANNOT")
            await c.no(f"SELECT {name}", "NONEXISTENT")
        await c.ok("CREATE shared")

    at(tmp_path, story)


def test_a_level_is_renamed_with_what_is_below_it(tmp_path):
    """RFC 9051 §6.3.6: "foo" of the example is \\Noselect."""

    async def story(world):
        c = await world.client()
        await c.ok("CREATE foo/bar")
        await c.ok("DELETE foo")
        await c.ok("RENAME foo zowie")
        assert await names(c, 'LIST "" (zowie foo *bar)') == ["zowie/bar"]
        assert b'* LIST (\\Noselect \\HasChildren) "/" zowie\r\n' in await c.ok('LIST "" %')

    at(tmp_path, story)


def test_rename_takes_the_children_along_and_makes_the_levels_above(tmp_path):
    async def story(world):
        c = await world.client()
        await c.ok("CREATE work/2025/may")
        await c.ok("RENAME work/2025 archive/old/2025")
        found = set(await names(c))
        assert {"work", "archive", "archive/old", "archive/old/2025", "archive/old/2025/may"} <= found
        assert "work/2025" not in found
        await c.no("RENAME archive archive/old/x", "CANNOT")
        await c.no("RENAME nowhere x", "NONEXISTENT")
        await c.no("RENAME work archive", "ALREADYEXISTS")
        await c.no(f"RENAME archive {'x' * 990}", "LIMIT")
        assert set(await names(c)) == found

    at(tmp_path, story)


def test_a_deleted_parent_stays_visible_above_its_children_but_is_no_mailbox(tmp_path):
    async def story(world):
        c = await world.client()
        await c.ok("CREATE foo/bar")
        await c.ok("DELETE foo")
        assert b'* LIST (\\Noselect \\HasChildren) "/" foo\r\n' in await c.ok('LIST "" %')
        await c.no("SELECT foo", "NONEXISTENT")
        await c.no("DELETE foo", "NONEXISTENT")
        await c.ok("DELETE foo/bar")
        assert not any(b"foo" in line for line in await c.ok('LIST "" *'))

    at(tmp_path, story)


def test_a_name_that_comes_back_has_another_uidvalidity(tmp_path):
    async def story(world):
        c = await world.client()

        async def validity():
            return (await c.ok("STATUS again (UIDVALIDITY UIDNEXT)"))[0]

        await c.ok("CREATE again")
        first = await validity()
        await c.ok("DELETE again")
        await c.ok("CREATE again")
        assert await validity() != first

    at(tmp_path, story)


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ('LIST "" %', {"INBOX", "Sent", "Drafts", "Trash", "Junk", "Archive", "x"}),
        ('LIST "" x/%', {"x/y"}),
        ("LIST x/ %", {"x/y"}),
        ('LIST "" x*', {"x", "x/y", "x/y/z"}),
        ('LIST "" inbox', {"INBOX"}),
        ('LIST "" %/%/z', {"x/y/z"}),
        ('LIST "" nothing', set()),
    ],
)
def test_patterns_choose_names(tmp_path, command, wanted):
    async def story(world):
        c = await world.client()
        await c.ok("CREATE x/y/z")
        assert set(await names(c, command)) == wanted

    at(tmp_path, story)


def test_special_uses_and_children_are_told_and_the_separator_asked(tmp_path):
    async def story(world):
        c = await world.client()
        await c.ok("CREATE Sent/2026")
        assert b'* LIST (\\HasChildren \\Sent) "/" Sent\r\n' in await c.ok('LIST "" *')
        assert b'* LIST (\\HasNoChildren \\Junk) "/" Junk\r\n' in await c.ok('LIST "" *')
        assert await c.ok('LIST "" ""') == [b'* LIST (\\Noselect) "/" ""\r\n']
        assert await c.ok("NAMESPACE") == [b'* NAMESPACE (("" "/")) (("Shared/" "/")) NIL\r\n']

    at(tmp_path, story)


def test_lsub_tells_what_is_subscribed_and_percent_shows_the_level_above(tmp_path):
    async def story(world):
        c = await world.client()
        await c.ok("CREATE foo/bar")
        assert not {"foo", "foo/bar"} & set(await names(c, 'LSUB "" *'))
        await c.ok("SUBSCRIBE foo/bar")
        assert "foo/bar" in await names(c, 'LSUB "" *')
        assert "foo" not in await names(c, 'LSUB "" *')
        assert b'* LSUB (\\Noselect \\HasChildren) "/" foo\r\n' in await c.ok('LSUB "" %')
        await c.ok("UNSUBSCRIBE foo/bar")
        assert not {"foo", "foo/bar"} & set(await names(c, 'LSUB "" %'))

    at(tmp_path, story)


def test_the_first_mailboxes_are_subscribed_to(tmp_path):
    async def story(world):
        c = await world.client()
        assert await names(c, 'LSUB "" *') == ["Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash"]

    at(tmp_path, story)


def test_a_subscription_outlives_its_mailbox_and_may_come_before_it(tmp_path):
    async def story(world):
        c = await world.client()
        await c.ok("SUBSCRIBE later")
        assert b'* LIST (\\NonExistent \\HasNoChildren \\Subscribed) "/" later\r\n' in await c.ok(
            'LIST (SUBSCRIBED) "" *'
        )
        await c.ok("CREATE later")
        assert b'* LIST (\\HasNoChildren \\Subscribed) "/" later\r\n' in await c.ok('LIST (SUBSCRIBED) "" *')
        await c.ok("DELETE later")
        assert "later" in await names(c, 'LSUB "" *')
        assert "later" not in await names(c)
        await c.ok("UNSUBSCRIBE later")
        await c.ok("UNSUBSCRIBE later")

    at(tmp_path, story)


def test_subscriptions_end_somewhere(tmp_path, monkeypatch):
    monkeypatch.setattr("pyeonji.store.subscriptions.MAX_SUBSCRIPTIONS", 7)

    async def story(world):
        c = await world.client()
        await c.ok("SUBSCRIBE one")
        await c.no("SUBSCRIBE more", "LIMIT")
        await c.ok("SUBSCRIBE one")
        assert "more" not in await names(c, 'LSUB "" *')

    at(tmp_path, story)


def test_korean_names_go_out_as_they_came_in(tmp_path):
    async def story(world):
        c = await world.client()
        await c.ok("CREATE &07jJwA-/&yATIHA-")
        assert {"&07jJwA-", "&07jJwA-/&yATIHA-"} <= set(await names(c))
        await c.bad("CREATE &AGE-")

    at(tmp_path, story)


def test_status_counts(tmp_path):
    async def story(world):
        c = await world.client()
        await world.deliver()
        await world.deliver(flags=1)
        (line,) = await c.ok("STATUS inbox (MESSAGES RECENT UIDNEXT UNSEEN)")
        assert line == b"* STATUS INBOX (MESSAGES 2 RECENT 2 UIDNEXT 3 UNSEEN 1)\r\n"
        await c.no("STATUS nowhere (MESSAGES)", "NONEXISTENT")
        await c.bad("STATUS INBOX (NONSENSE)")

    at(tmp_path, story)


def test_status_tells_what_there_is_to_know(tmp_path):
    async def story(world):
        c = await world.client()
        for flags in (1, 8, 9):
            await world.deliver(flags=flags)
        size = world.entries()[0].size
        items = "SIZE DELETED DELETED-STORAGE APPENDLIMIT MAILBOXID UNSEEN"
        told = f"SIZE {3 * size} DELETED 2 DELETED-STORAGE {2 * size} APPENDLIMIT 52428800 MAILBOXID (M1) UNSEEN 1"
        assert await c.ok(f"STATUS INBOX ({items})") == [f"* STATUS INBOX ({told})\r\n".encode()]

    at(tmp_path, story)


def test_a_mailbox_has_the_same_id_whatever_its_name(tmp_path):
    async def story(world):
        c = await world.client()

        async def object_id(name):
            return (await c.ok(f"STATUS {name} (MAILBOXID)"))[0].partition(b"MAILBOXID ")[2]

        await c.ok("CREATE one")
        first = await object_id("one")
        await c.ok("RENAME one other")
        assert await object_id("other") == first
        await c.ok("CREATE one")
        assert await object_id("one") != first

    at(tmp_path, story)


@pytest.mark.parametrize("command", ["DELETE shared", "RENAME shared other"])
@pytest.mark.parametrize("idles", [False, True])
def test_a_session_whose_mailbox_is_deleted_or_renamed_is_sent_away(tmp_path, command, idles):
    async def story(world):
        one, other = await world.client(), await world.client()
        await one.ok("CREATE shared")
        assert b"APPENDUID" in await one.append(b"Subject: x\r\n\r\n", name="shared")
        await one.ok("SELECT shared")
        await one.send(b"x IDLE\r\n" if idles else b"x CHECK\r\n")
        await one.until(b"+ " if idles else b"x OK")
        await other.ok(command)
        if not idles:
            await one.send(b"y NOOP\r\n")
        assert (await one.line()).startswith(b"* BYE The mailbox ")
        assert idles or (await one.line()).startswith(b"y OK")
        assert await one.ended()

    at(tmp_path, story)


def test_who_deletes_or_renames_the_mailbox_he_has_open_goes_on(tmp_path):
    async def story(world):
        c = await world.client()
        await c.ok("CREATE A")
        await c.ok("SELECT A")
        (told,) = await c.ok("RENAME A B")
        assert told.startswith(b"* OK [UIDVALIDITY ")
        assert await c.ok("FETCH 1:* FLAGS") == []
        assert await c.ok("DELETE B") == [b"* OK [CLOSED] The mailbox is no more\r\n"]
        await c.bad("FETCH 1 FLAGS")
        await c.ok("SELECT INBOX")

    at(tmp_path, story)
