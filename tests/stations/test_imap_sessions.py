"""Logins, TLS, IDLE, and two sessions that see one mailbox."""

import asyncio
import base64
import hashlib
import hmac
import imaplib
import re
import ssl
import tempfile
from pathlib import Path

import imapclient
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kit.examples import examples
from kit.world import KIM, PASSWORD, at
from pyeonji.access.imap import images, notify, watch
from pyeonji.access.login import MAX_FAILURES
from pyeonji.proto.imap import flags
from pyeonji.store import entries, mailboxes
from pyeonji.store.engine.base import Unavailable
from pyeonji.store.flagging import Change, set_flags


def test_a_wrong_password_and_an_unknown_account_sound_alike(tmp_path):
    async def story(world):
        c = await world.client(login=False)
        assert b"AUTH=PLAIN" in c.greeting and b"AUTH=SCRAM-SHA-256" in c.greeting
        one = (await c.do(f"LOGIN {KIM} wrong"))[-1]
        assert one == (await c.do("LOGIN nobody@a.test wrong"))[-1]
        assert one.startswith(b"NO [AUTHENTICATIONFAILED]")
        await c.bad("SELECT INBOX")
        await c.bad("LOGIN onlyone")

    at(tmp_path, story)


def test_authenticate_can_be_given_up_and_tried_again(tmp_path):
    async def story(world):
        c = await world.client(login=False)
        await c.send(b"x AUTHENTICATE PLAIN\r\n")
        assert (await c.line()).startswith(b"+")
        await c.send(b"*\r\n")
        assert (await c.line()).startswith(b"x BAD")
        await c.no("AUTHENTICATE NONSENSE")
        initial = base64.b64encode(b"\0" + KIM.encode() + b"\0" + PASSWORD.encode()).decode()
        assert (await c.do(f"AUTHENTICATE PLAIN {initial}"))[-1].startswith(b"OK [CAPABILITY")
        await c.bad(f"LOGIN {KIM} again")

    at(tmp_path, story)


def test_without_tls_no_login_where_the_policy_says_never(tmp_path):
    async def story(world):
        c = await world.client(login=False)
        (told,) = await c.ok("CAPABILITY")
        assert b"LOGINDISABLED" in told and b"STARTTLS" in told and b"AUTH=" not in told
        await c.no(f"LOGIN {KIM} x", "PRIVACYREQUIRED")
        await c.no("AUTHENTICATE PLAIN", "PRIVACYREQUIRED")
        await c.ok("STARTTLS")
        await c.start_tls()
        (told,) = await c.ok("CAPABILITY")
        assert b"LOGINDISABLED" not in told and b"STARTTLS" not in told and b"AUTH=PLAIN" in told
        await c.bad("STARTTLS")
        await c.ok(f"LOGIN {KIM} " + f"{{{len(PASSWORD.encode())}+}}\r\n{PASSWORD}")

    at(tmp_path, story, tls=True, plain_login="never")


def test_what_comes_in_the_clear_behind_starttls_is_never_obeyed(tmp_path):
    async def story(world):
        c = await world.client(login=False)
        await c.send(b"x STARTTLS\r\ny NOOP\r\n")
        assert (await c.line()).startswith(b"x BAD")
        assert (await c.line()).startswith(b"* BYE")
        assert await c.ended()

    at(tmp_path, story, tls=True)


def test_commands_out_of_place_are_bad_and_too_many_end_the_connection(tmp_path):
    async def story(world):
        c = await world.client()
        for command in ("FETCH 1 FLAGS", "EXPUNGE", "CLOSE", "NONSENSE", "SELECT", "STORE 1 FLAGS ()"):
            await c.bad(command)
        (bye, _) = await c.do("LOGOUT")
        assert bye.startswith(b"* BYE")
        assert await c.ended()

    at(tmp_path, story)


def test_a_select_that_fails_leaves_nothing_open(tmp_path):
    async def story(world):
        c = await world.client(select="SELECT INBOX")
        await c.no("SELECT nowhere", "NONEXISTENT")
        await c.bad("FETCH 1 FLAGS")
        assert (await c.do("SELECT INBOX"))[-1].startswith(b"OK [READ-WRITE]")
        assert await c.ok("ENABLE X-NOTHING") == [b"* ENABLED\r\n"]
        assert (await c.ok('ID ("name" "test")'))[0].startswith(b'* ID ("name" "pyeonji"')
        await c.ok("CHECK")

    at(tmp_path, story)


def test_idle_is_told_of_a_delivery_a_mark_and_an_expunge(tmp_path):
    async def story(world):
        idle, acting = await world.client(select="SELECT INBOX"), await world.client(select="SELECT INBOX")
        await idle.send(b"x IDLE\r\n")
        await idle.until(b"+ ")
        await world.deliver()
        assert (await idle.until(b"* 1 EXISTS"))[-1] == b"* 1 EXISTS\r\n"
        await acting.ok("NOOP")
        await acting.ok("STORE 1 +FLAGS (\\Deleted)")
        await idle.until(b"* 1 FETCH (FLAGS (\\Deleted")
        await acting.ok("EXPUNGE")
        await idle.until(b"* 1 EXPUNGE")
        await idle.send(b"DONE\r\n")
        assert (await idle.until(b"x "))[-1].startswith(b"x OK")
        await world.deliver()
        assert b"* 1 EXISTS\r\n" in await idle.ok("NOOP")

    at(tmp_path, story)


@pytest.mark.parametrize(
    ("listen", "module", "look", "told"),
    [
        (b"x IDLE\r\n", images.Images, "refresh", b"* 1 EXISTS"),
        (b"x NOTIFY SET (personal (MessageNew MessageExpunge))\r\n", notify, "some", b"* STATUS INBOX"),
    ],
)
def test_news_that_could_not_be_read_are_told_when_the_store_is_there_again(
    tmp_path, monkeypatch, listen, module, look, told
):
    failed = []

    async def story(world):
        c = await world.client(select="SELECT INBOX" if b"IDLE" in listen else "SELECT Sent")
        await c.send(listen)
        await c.until(b"+ " if b"IDLE" in listen else b"x OK")
        right = getattr(module, look)

        def once(*args):
            if failed:
                return right(*args)
            failed.append(args)
            raise Unavailable("away")

        monkeypatch.setattr(watch, "AGAIN_S", 0.01)
        monkeypatch.setattr(module, look, once)
        await world.deliver()
        await c.until(told)
        assert failed

    at(tmp_path, story)


def test_after_an_idle_that_ended_badly_nothing_is_told_unasked(tmp_path):
    async def story(world):
        c, other = await world.client(select="SELECT INBOX"), await world.client()
        await c.send(b"x IDLE\r\n")
        await c.until(b"+ ")
        await c.send(b"y NOOP\r\n")
        assert (await c.until(b"x "))[-1].startswith(b"x BAD")
        await world.deliver()
        await other.ok("NOOP")
        await c.send(b"z CAPABILITY\r\n")
        assert (await c.until(b"z "))[0].startswith(b"* CAPABILITY ")

    at(tmp_path, story)


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("SEARCH FLAGGED", b"* SEARCH 2\r\n"), ("UID SEARCH RETURN (COUNT) FLAGGED", b"UID COUNT 1\r\n"),
        ("SORT (DATE) UTF-8 FLAGGED", b"* SORT 2\r\n"), ("THREAD REFS UTF-8 FLAGGED", b"* THREAD (2)\r\n"),
    ],
)  # fmt: skip
def test_who_asks_again_and_again_finds_what_came_until_now(tmp_path, command, found):
    """Programs that wait for a letter ask SEARCH, and nothing else, once a minute."""

    async def story(world):
        await world.deliver()
        c, other = await world.client(select="SELECT INBOX"), await world.client(select="SELECT Sent")
        await world.deliver()
        await other.ok("SELECT INBOX")
        await other.ok("STORE 2 +FLAGS (\\Flagged)")
        told = await c.ok(command)
        assert told[0] == b"* 2 EXISTS\r\n" and told[-1].endswith(found)  # it knows the number when it reads it
        await other.ok("STORE 2 -FLAGS (\\Flagged)")
        flags, last = await c.ok(command)
        assert flags.startswith(b"* 2 FETCH (FLAGS (") and not last.endswith(found)

    at(tmp_path, story)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("UID FETCH 2 UID", b"* 2 FETCH (UID 2)\r\n"), ("UID FETCH 2:* UID", b"* 2 FETCH (UID 2)\r\n"),
        ("UID STORE 2 +FLAGS (\\Seen)", b"* 2 FETCH (UID 2 FLAGS (\\Seen \\Deleted \\Recent))\r\n"),
        ("UID MOVE 2 Sent", b"* 2 EXPUNGE\r\n"), ("UID COPY 1:2 INBOX", b"* 4 EXISTS\r\n"),
        ("UID EXPUNGE 2", b"* 2 EXPUNGE\r\n"),
    ],
)  # fmt: skip
def test_a_uid_that_another_connection_was_told_of_can_be_named(tmp_path, command, told):
    """A program with several connections hears of a UID on one (APPENDUID) and names it on the other."""

    async def story(world):
        await world.deliver()
        c, other = await world.client(select="SELECT INBOX"), await world.client()
        assert b" 2] Appended" in await other.append(b"Subject: x\r\n\r\n", before="(\\Deleted) ")
        assert told in await c.ok(command)

    at(tmp_path, story)


def test_who_searches_a_mailbox_that_is_no_more_is_sent_away(tmp_path):
    async def story(world):
        c, other = await world.client(), await world.client()
        await c.ok("CREATE short")
        await c.ok("SELECT short")
        await other.ok("DELETE short")
        assert any(line.startswith(b"* BYE The mailbox was deleted") for line in await c.do("SEARCH ALL"))

    at(tmp_path, story)


def test_no_expunge_is_told_while_numbers_are_in_use(tmp_path):
    async def story(world):
        for _ in range(3):
            await world.deliver()
        one, other = await world.client(select="SELECT INBOX"), await world.client(select="SELECT INBOX")
        await other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
        await other.ok("EXPUNGE")
        for command in ("FETCH 3 UID", "STORE 3 +FLAGS (\\Seen)", "SEARCH UID 3"):
            assert not any(b"EXPUNGE" in line for line in await one.ok(command))
        assert b"* 3 FETCH (UID 3)\r\n" in await one.ok("FETCH 3 UID")
        assert b"* 1 EXPUNGE\r\n" in await one.ok("UID FETCH 3 UID")
        assert await one.ok("FETCH 2 UID") == [b"* 2 FETCH (UID 3)\r\n"]

    at(tmp_path, story)


@pytest.mark.parametrize("meanwhile", ["", "flag", "letter"])
def test_what_others_did_before_a_store_is_not_passed_over(tmp_path, meanwhile):
    """A worker takes what it has stored as known, but only where nothing came between."""

    async def story(world):
        for _ in range(3):
            await world.deliver()
        c = await world.client(select="ENABLE IMAP4rev2")  # in which nothing is \\Recent
        await c.ok("SELECT INBOX")
        engine = world.home.engine
        box = engine.read_now(mailboxes.mailbox, world.kim.id, "INBOX")
        if meanwhile == "flag":  # in another worker, of which nobody has told us
            engine.write_now(set_flags, box.id, [(2, 2)], Change("add", flags.FLAGGED))
        elif meanwhile == "letter":
            await world.deliver()
        told = await c.ok("STORE 1,3 +FLAGS.SILENT (\\Seen)")
        assert (
            told
            == {
                "": [],
                "flag": [b"* 2 FETCH (FLAGS (\\Flagged))\r\n"],
                "letter": [b"* 4 EXISTS\r\n"],
            }[meanwhile]
        )
        seen = [bool(entry.flags & flags.SEEN) for entry in world.entries()]
        assert seen == [True, False, True, *([False] if meanwhile == "letter" else [])]
        there = [b"\\Seen" in line for line in await c.ok("FETCH 1:* FLAGS")]
        assert there == seen
        assert await c.ok("NOOP") == []

    at(tmp_path, story)


def test_who_fails_to_log_in_too_often_is_sent_away(tmp_path):
    async def story(world):
        c, p = await world.client(login=False), await world.popper(login=False)
        for _ in range(MAX_FAILURES):
            await c.no(f"LOGIN {KIM} wrong", "AUTHENTICATIONFAILED")
            await p.say(f"USER {KIM}")
            assert (await p.say("PASS wrong")).startswith(b"-ERR [AUTH]")
        assert (await c.line()).startswith(b"* BYE")
        assert await c.ended() and await p.ended()

    at(tmp_path, story)


# ── clients written elsewhere ──


def test_imaplib_and_imapclient_find_their_way(tmp_path):
    def with_imaplib(world):
        with imaplib.IMAP4("127.0.0.1", world.imap) as client:
            client.starttls(_trusting())
            client.authenticate("PLAIN", lambda _: b"\0" + KIM.encode() + b"\0" + PASSWORD.encode())
            assert client.append("INBOX", "\\Seen", None, b"Subject: x\r\n\r\nbody\r\n")[0] == "OK"
            assert client.select()[1] == [b"1"]
            assert client.fetch("1", "(BODY[])")[1][0][1] == b"Subject: x\r\n\r\nbody\r\n"
            assert client.uid("SEARCH", "CHARSET", "UTF-8", "TEXT", "body")[1] == [b"1"]

    def with_imapclient(world):
        client = imapclient.IMAPClient("127.0.0.1", world.imap, ssl=False)
        client.starttls(_trusting())
        client.plain_login(KIM, PASSWORD)
        client.create_folder("여행/제주")
        assert "여행/제주" in [name for _, _, name in client.list_folders()]
        assert client.find_special_folder(b"\\Sent") == "Sent"
        client.select_folder("INBOX")
        assert client.fetch([1], ["ENVELOPE"])[1][b"ENVELOPE"].subject == b"x"
        client.move([1], "여행/제주")
        client.idle()
        client.idle_done()
        assert client.folder_status("여행/제주")[b"MESSAGES"] == 1
        client.logout()

    async def story(world):
        await asyncio.to_thread(with_imaplib, world)
        await asyncio.to_thread(with_imapclient, world)

    at(tmp_path, story, tls=True)


class Scram:
    """The client of RFC 7677, from the RFC."""

    def __init__(self, login, password):
        self.first = f"n={login},r=clientnonce"
        self.password = password
        self.signature = ""

    def __call__(self, challenge):
        text = challenge.decode()
        if not text:
            return ("n,," + self.first).encode()
        if text.startswith("v="):
            assert text == f"v={self.signature}", "the server knows the verifier, too"
            return b""
        told = dict(part.split("=", 1) for part in text.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), base64.b64decode(told["s"]), int(told["i"]))
        key = hmac.digest(salted, b"Client Key", "sha256")
        last = f"c=biws,r={told['r']}"
        signed = f"{self.first},{text},{last}".encode()
        proof = hmac.digest(hashlib.sha256(key).digest(), signed, "sha256")
        server = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), signed, "sha256")
        self.signature = base64.b64encode(server).decode()
        proven = base64.b64encode(bytes(a ^ b for a, b in zip(key, proof, strict=True))).decode()
        return f"{last},p={proven}".encode()


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_scram_proves_both_sides_to_each_other(tmp_path, password):
    def with_imapclient(world):
        client = imapclient.IMAPClient("127.0.0.1", world.imap, ssl=False)
        try:
            if password == PASSWORD:
                client.sasl_login("SCRAM-SHA-256", Scram(KIM, password))
                assert client.select_folder("INBOX")[b"EXISTS"] == 0
            else:
                with pytest.raises(imapclient.exceptions.LoginError):
                    client.sasl_login("SCRAM-SHA-256", Scram(KIM, password))
        finally:
            client.shutdown()

    async def story(world):
        await asyncio.to_thread(with_imapclient, world)

    at(tmp_path, story)


def _trusting():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


# ── what is told by the wire alone is what is there ──

ACTIONS = st.one_of(
    st.just(("deliver", 0, 0)),
    st.just(("deliver", 0, 0)),
    st.tuples(
        st.sampled_from(
            ["flag", "silent", "unflag", "mark", "expunge", "uid expunge", "read", "move", "noop", "search"]
        ),
        st.sampled_from([0, 1]),
        st.integers(0, 5),
    ),
)


class Told:
    """A client that believes what it hears: flags by message number, None where it has not heard yet."""

    def __init__(self, client):
        self.client = client
        self.seen = []

    async def do(self, command):
        *data, last = await self.client.do(command)
        # A letter that somebody else expunged cannot be read by its number any more (RFC 2180 §4.1.2).
        assert last.startswith((b"OK", b"NO [EXPUNGEISSUED]")), (command, last)
        for line in data:
            assert b"EXPUNGE" not in line or not command.startswith(("FETCH", "STORE", "SEARCH")), command
            self.hear(line)

    def hear(self, line):
        words = line.split()
        if words[-1] == b"EXISTS":
            count = int(words[1])
            assert count >= len(self.seen), "EXISTS never takes letters away"
            self.seen += [[None, None] for _ in range(count - len(self.seen))]
        elif words[-1] == b"EXPUNGE":
            del self.seen[int(words[1]) - 1]
        elif words[2:3] == [b"FETCH"]:
            known = self.seen[int(words[1]) - 1]
            if found := re.search(rb"UID (\d+)", line):
                assert known[0] in (None, int(found[1])), "a number means another letter"
                known[0] = int(found[1])
            if found := re.search(rb"FLAGS \(([^)]*)\)", line):
                known[1] = frozenset(found[1].split()) - {b"\\Recent"}

    async def act(self, what, at):
        number = at % len(self.seen) + 1 if self.seen else 0
        if what in ("expunge", "noop"):
            await self.do(what.upper())
        elif what == "uid expunge":
            await self.do("UID EXPUNGE 1:3")
        elif what == "search":
            await self.do("SEARCH ALL")
        elif number:
            match what:
                case "flag":
                    await self.do(f"STORE {number} +FLAGS (\\Flagged)")
                case "silent":
                    known = self.seen[number - 1]
                    if known[1] is not None:
                        known[1] |= {b"\\Answered"}
                    await self.do(f"STORE {number} +FLAGS.SILENT (\\Answered)")
                case "unflag":
                    await self.do("UID STORE 1:3 -FLAGS (\\Flagged)")
                case "mark":
                    await self.do(f"STORE {number} +FLAGS (\\Deleted)")
                case "read":
                    await self.do(f"FETCH {number} BODY[TEXT]")
                case "move":
                    await self.do(f"MOVE {number} Archive")


def heard_by_two(history):
    async def story(world):
        for _ in range(4):
            await world.deliver()
        sessions = []
        for _ in range(2):
            told = Told(await world.client())
            await told.do("SELECT INBOX")
            await told.do("FETCH 1:4 (UID FLAGS)")
            sessions.append(told)
        for what, who, where in history:
            if what == "deliver":
                await world.deliver()
            else:
                await sessions[who].act(what, where)
        there = [(entry.uid, flags.printed(entry.flags)) for entry in world.entries()]
        for told in sessions:
            await told.do("NOOP")
            for number, (uid, marks) in enumerate(told.seen, 1):
                if uid is None or marks is None:
                    await told.do(f"FETCH {number} (UID FLAGS)")
            assert [(uid, set(marks)) for uid, marks in told.seen] == [
                (uid, set(printed.strip(b"()").split())) for uid, printed in there
            ]

    return story


@settings(
    max_examples=examples(12),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.lists(ACTIONS, min_size=30, max_size=60))
def test_two_sessions_hear_everything_that_happens(history):
    with tempfile.TemporaryDirectory() as folder:
        at(Path(folder), heard_by_two(history))


@pytest.mark.parametrize("count", [3, 120])
def test_many_letters_expunged_at_once_are_told_from_the_end(tmp_path, count):
    async def story(world):
        for n in range(count):
            await world.deliver(flags=8 if n % 3 else 0)
        c = await world.client(select="SELECT INBOX")
        uids = [entry.uid for entry in world.entries()]
        for line in await c.ok("EXPUNGE"):
            del uids[int(line.split()[1]) - 1]
        read = world.home.engine.read_now
        assert uids == [entry.uid for entry in world.entries()]
        assert read(entries.marked, read(mailboxes.mailbox, world.kim.id, "INBOX").id) == []

    at(tmp_path, story)
