"""NOTIFY: what happens elsewhere is told without being asked for (RFC 5465)."""

import asyncio
import gc

import pytest

from kit.stored import person
from kit.world import KIM, PASSWORD, at, quoted
from pyeonji.access.imap import notify, watch
from pyeonji.directory.login import make_credentials
from pyeonji.store import mailboxes
from pyeonji.store.changes import changes

LETTER = b"Subject: hi\r\n\r\nx\r\n"
LEE = "lee@a.test"


async def silent(c):
    """Nothing comes but what is asked for."""
    said = await c.ok("NOOP")
    assert said == []
    return True


def test_a_letter_in_another_mailbox_is_told_the_moment_it_is_there(tmp_path):
    async def story(world):
        c = await world.client(select="SELECT Archive")
        await c.ok("NOTIFY SET (selected NONE) (personal (MessageNew MessageExpunge))")
        await world.deliver()
        assert await c.line() == b"* STATUS INBOX (UIDNEXT 2 MESSAGES 1)\r\n"
        other = await world.client(select="SELECT INBOX")
        await other.ok("STORE 1 +FLAGS (\\Flagged)")  # was not asked for
        await other.ok("STORE 1 +FLAGS (\\Deleted)")
        await other.ok("EXPUNGE")
        assert await c.line() == b"* STATUS INBOX (UIDNEXT 2 MESSAGES 0)\r\n"
        await c.ok("NOTIFY NONE")
        await world.deliver()
        assert await silent(c)

    at(tmp_path, story)


def test_many_letters_at_once_are_told_in_few_words(tmp_path):
    async def story(world):
        c = await world.client()
        await c.ok("NOTIFY SET (personal (MessageNew MessageExpunge FlagChange))")
        for _ in range(20):
            await world.deliver()
        said = await c.until(b"* STATUS INBOX (UIDNEXT 21 MESSAGES 20 UNSEEN 20)")
        assert len(said) <= 20
        await c.ok("ENABLE CONDSTORE")
        other = await world.client(select="SELECT INBOX")
        await other.ok("STORE 1 +FLAGS (\\Seen)")
        line = await c.line()
        assert line.startswith(b"* STATUS INBOX (UNSEEN 19 HIGHESTMODSEQ 22 UIDVALIDITY "), line

    at(tmp_path, story)


def test_the_figures_of_all_mailboxes_asked_about_are_told_first(tmp_path):
    async def story(world):
        await world.deliver()
        c = await world.client(select="SELECT Sent")
        data = await c.ok("NOTIFY SET STATUS (selected (MessageNew MessageExpunge)) (mailboxes (INBOX Sent Nowhere)"
                          " (MessageNew MessageExpunge)) (subtree Drafts (MailboxName))")  # fmt: skip
        assert len(data) == 1
        assert data[0].startswith(b"* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY ")

    at(tmp_path, story)


def test_the_open_mailbox_is_told_between_commands_with_what_was_asked_for(tmp_path):
    async def story(world):
        await world.deliver()
        c = await world.client(select="SELECT INBOX")
        await c.ok(
            "NOTIFY SET (selected (MessageNew (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)]) MessageExpunge FlagChange))"
        )
        await world.deliver()
        assert await c.until(b"* 2 FETCH") == [
            b"* 2 EXISTS\r\n", b"* 2 RECENT\r\n",
            b"* 2 FETCH (UID 2 BODY[HEADER.FIELDS (SUBJECT)] {18}\r\nSubject: hello\r\n\r\n)\r\n",
        ]  # fmt: skip
        other = await world.client(select="SELECT INBOX")
        await other.ok("UID STORE 1 +FLAGS.SILENT (\\Deleted)")
        assert (await c.line()).startswith(b"* 1 FETCH (UID 1 FLAGS (\\Deleted")
        await other.ok("EXPUNGE")
        assert await c.line() == b"* 1 EXPUNGE\r\n"
        assert await silent(c)

    at(tmp_path, story)


def test_what_is_said_of_new_letters_is_said_of_no_old_ones(tmp_path):
    async def story(world):
        for _ in range(3):
            await world.deliver()
        c = await world.client(select="SELECT INBOX")
        await c.ok("NOTIFY SET (selected (MessageNew (UID) MessageExpunge))")
        await c.send("x APPEND Sent {3}\r\n")  # while this command is under way nothing is told
        await c.until(b"+ ")
        other = await world.client(select="SELECT INBOX")
        await other.ok("STORE 3 +FLAGS.SILENT (\\Deleted)")
        await other.ok("EXPUNGE")
        await world.deliver()
        await c.send("abc\r\n")
        told = await c.until(b"x OK")
        assert b"* 3 EXPUNGE\r\n" in told
        assert [line for line in told if b"FETCH" in line] == [b"* 3 FETCH (UID 4)\r\n"]

    at(tmp_path, story)


def test_who_counts_on_numbers_hears_of_an_expunge_when_he_says_a_command(tmp_path):
    async def story(world):
        for _ in range(2):
            await world.deliver()
        c = await world.client(select="SELECT INBOX")
        await c.ok("NOTIFY SET (selected-delayed (MessageNew MessageExpunge))")
        other = await world.client(select="SELECT INBOX")
        await other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
        await other.ok("EXPUNGE")
        await world.deliver()
        said = await c.until(b"* 3 EXISTS")
        assert b"EXPUNGE" not in b"".join(said) and b"FETCH" not in b"".join(said)
        assert b"* 1 EXPUNGE\r\n" in await c.ok("NOOP")

    at(tmp_path, story)


def test_who_asks_for_nothing_of_the_open_mailbox_hears_nothing_of_it_but_what_he_does(tmp_path):
    async def story(world):
        for _ in range(2):
            await world.deliver()
        c = await world.client(select="SELECT INBOX")
        await c.ok("NOTIFY SET (mailboxes Sent (MessageNew MessageExpunge))")
        other = await world.client(select="SELECT INBOX")
        await other.ok("STORE 1 +FLAGS.SILENT (\\Flagged)")
        await world.deliver()
        assert await silent(c)
        await c.ok("STORE 2 +FLAGS.SILENT (\\Deleted)")
        assert b"* 2 EXPUNGE\r\n" in await c.ok("EXPUNGE")
        assert await c.ok("FETCH 1 (FLAGS)") == [b"* 1 FETCH (FLAGS (\\Flagged \\Recent))\r\n"]
        await c.send("i IDLE\r\n")
        await c.until(b"+ ")
        await other.ok("APPEND Sent {18+}\r\n" + LETTER.decode())
        assert await c.line() == b"* STATUS Sent (UIDNEXT 2 MESSAGES 1)\r\n"  # RFC 5465 §4: IDLE tells the same
        await c.send("DONE\r\n")
        await c.until(b"i OK")

    at(tmp_path, story)


def test_names_that_come_go_and_change_are_told(tmp_path):
    async def story(world):
        c = await world.client()
        await c.ok("NOTIFY SET (personal (MailboxName SubscriptionChange))")
        other = await world.client()
        await other.ok("CREATE Work/Old")
        assert await c.until(b"* LIST (\\HasNoChildren) ") == [
            b'* LIST (\\HasChildren) "/" Work\r\n', b'* LIST (\\HasNoChildren) "/" Work/Old\r\n'
        ]  # fmt: skip
        await other.ok("RENAME Work Play")
        assert await c.line() == b'* LIST (\\HasChildren) "/" Play ("OLDNAME" (Work))\r\n'
        await other.ok("SUBSCRIBE Play/Old")
        assert await c.line() == b'* LIST (\\HasNoChildren \\Subscribed) "/" Play/Old\r\n'
        await other.ok("UNSUBSCRIBE Play/Old")
        assert await c.line() == b'* LIST (\\HasNoChildren) "/" Play/Old\r\n'
        await other.ok("DELETE Play/Old")
        assert await c.until(b"* LIST (\\NonExistent") == [
            b'* LIST (\\HasNoChildren) "/" Play\r\n', b'* LIST (\\NonExistent \\HasNoChildren) "/" Play/Old\r\n'
        ]  # fmt: skip
        await c.ok("ENABLE UTF8=ACCEPT")
        await other.ok("CREATE &07jJwA-")
        assert await c.line() == '* LIST (\\HasNoChildren) "/" "편지"\r\n'.encode()

    at(tmp_path, story)


def test_notes_that_change_are_told(tmp_path):
    async def story(world):
        c = await world.client()
        await c.ok("NOTIFY SET (personal (MailboxMetadataChange ServerMetadataChange))")
        other = await world.client()
        await other.ok('SETMETADATA INBOX (/shared/comment "x" /private/comment "y")')
        assert await c.line() == b"* METADATA INBOX /private/comment /shared/comment\r\n"
        await other.ok("SETMETADATA INBOX (/shared/comment NIL)")
        assert await c.line() == b"* METADATA INBOX /shared/comment\r\n"
        await other.ok('SETMETADATA "" (/private/comment "z")')
        assert await c.line() == b'* METADATA "" /private/comment\r\n'

    at(tmp_path, story)


def test_what_others_share_is_told_as_long_as_they_share_it(tmp_path):
    async def story(world):
        person(world.home, LEE, credentials=make_credentials(PASSWORD, cheap=True))
        lee = await world.client(login=False)
        await lee.ok(f"LOGIN {LEE} {quoted(PASSWORD)}")
        await lee.ok("CREATE Project")
        c = await world.client()
        await c.ok("NOTIFY SET (subtree Shared (MessageNew MessageExpunge MailboxName))")
        await lee.ok(f"SETACL Project {KIM} l")
        assert await c.until(b"* LIST (\\NoAccess") == [
            b'* LIST (\\NonExistent \\HasChildren) "/" Shared/lee@a.test\r\n',
            b'* LIST (\\NoAccess \\HasNoChildren) "/" Shared/lee@a.test/Project\r\n',
        ]
        await lee.ok(f"SETACL Project {KIM} lr")
        assert (await c.line()).startswith(b'* LIST (\\HasNoChildren) "/" Shared/lee@a.test/Project')
        await lee.ok("APPEND Project {18+}\r\n" + LETTER.decode())
        assert await c.line() == b"* STATUS Shared/lee@a.test/Project (UIDNEXT 2 MESSAGES 1)\r\n"
        await lee.ok(f"DELETEACL Project {KIM}")
        await c.until(b'* LIST (\\NonExistent \\HasNoChildren) "/" Shared/lee@a.test/Project')
        await lee.ok("APPEND Project {18+}\r\n" + LETTER.decode())
        assert await silent(c)

    at(tmp_path, story)


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("NOTIFY SET (personal (AnnotationChange))", b"NO [BADEVENT (MessageNew "),
        ("NOTIFY SET (personal (Nonsense))", b"NO [BADEVENT (MessageNew "),
        ("NOTIFY SET (personal (MessageNew))", b"BAD "),
        ("NOTIFY SET (personal (FlagChange))", b"BAD "),
        ("NOTIFY SET (selected (MailboxName))", b"BAD "),
        ("NOTIFY SET (selected NONE) (selected-delayed NONE)", b"BAD "),
        ("NOTIFY SET (personal (MessageNew (UID) MessageExpunge))", b"BAD "),
        ("NOTIFY SET", b"BAD "),
        ("NOTIFY", b"BAD "),
        ("NOTIFY SET (personal NONE)", b"OK "),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_refused(tmp_path, command, answer):
    async def story(world):
        c = await world.client()
        assert (await c.do(command))[-1].startswith(answer)

    at(tmp_path, story)


def test_more_mailboxes_than_one_client_may_watch_are_refused_and_given_up(tmp_path, monkeypatch):
    async def story(world):
        count = len(world.home.engine.read_now(mailboxes.mailboxes, world.kim.id))
        monkeypatch.setattr(notify, "MAX_WATCHED", count - 1)
        c = await world.client()
        await c.no("NOTIFY SET (personal (MailboxName))", "NOTIFICATIONOVERFLOW")
        monkeypatch.setattr(notify, "MAX_WATCHED", count)
        await c.ok("NOTIFY SET (personal (MailboxName))")
        other = await world.client()
        await other.ok("CREATE one-more")
        assert (await c.line()).startswith(b"* OK [NOTIFICATIONOVERFLOW] ")
        await other.ok("CREATE another")
        assert await silent(c)

    at(tmp_path, story)


async def listeners_after_hanging_up(world, monkeypatch, asks, trouble):
    """Who hangs up while news for him are being read; who is told of them then."""
    engine, gate, asked = world.home.engine, asyncio.Event(), asyncio.Event()
    scan, read, tellers, troubles = engine.scan, engine.read, set(), []

    def slowly(way):
        async def slow(fn, *args, **facts):
            if fn in asks and asyncio.current_task().get_coro().__name__ == "_tell":
                tellers.add(asyncio.current_task())
                asked.set()
                await gate.wait()
            return await way(fn, *args, **facts)

        return slow

    asyncio.get_running_loop().set_exception_handler(lambda loop, facts: troubles.append(facts))
    c = await world.client(select="SELECT INBOX")
    await c.ok("NOTIFY SET (selected (MessageNew (UID) MessageExpunge)) (personal (MailboxName))")
    monkeypatch.setattr(engine, "scan", slowly(scan))
    monkeypatch.setattr(engine, "read", slowly(read))
    await trouble()
    await asked.wait()
    await c.hang_up()
    for _ in range(20_000):
        if not world.wake._mailboxes and not world.wake._trees:
            break
        await asyncio.sleep(0.001)
    gate.set()
    await asyncio.wait(tellers)
    tellers.clear()
    gc.collect()  # then it is told that nobody has looked at their errors
    return bool(world.wake._trees), len(troubles)


@pytest.mark.parametrize("gives_up", [True, False])
def test_nothing_is_read_for_who_has_hung_up(tmp_path, monkeypatch, gives_up):
    async def story(world):
        async def a_new_name():
            await other.ok("CREATE one-more")

        other = await world.client()
        found = await listeners_after_hanging_up(world, monkeypatch, (notify.everything,), a_new_name)
        assert found == (not gives_up, 0)

    if not gives_up:  # negative control: his session would be told of news for ever
        monkeypatch.setattr(watch, "give_up", lambda teller: None)
    at(tmp_path, story)


@pytest.mark.parametrize("gives_up", [True, False])
def test_nothing_is_told_to_who_has_hung_up(tmp_path, monkeypatch, gives_up):
    async def story(world):
        found = await listeners_after_hanging_up(world, monkeypatch, (changes,), world.deliver)
        assert found == (False, 0 if gives_up else 1)

    if not gives_up:
        monkeypatch.setattr(watch, "give_up", lambda teller: None)
    at(tmp_path, story)


def test_a_login_that_is_taken_back_takes_its_notify_along(tmp_path):
    async def story(world):
        c = await world.client()
        await c.ok("NOTIFY SET (personal (MessageNew MessageExpunge))")
        await c.ok("UNAUTHENTICATE")
        await world.deliver()
        assert await silent(c)
        assert world.wake._mailboxes == {} and world.wake._trees == {}

    at(tmp_path, story)
