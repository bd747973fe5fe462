"""I01-I07, P01: hostile IMAP and POP3 clients, logged in or not; and two honest ones who share a mailbox."""

import asyncio
import re

import pytest

from kit.inprocess import attack
from kit.stored import filing, letter
from pyeonji.access.imap import view
from pyeonji.access.pop3 import station as pop3_station
from pyeonji.proto.imap import key_grammar
from pyeonji.proto.pop3 import session as pop3_session


async def deliver(stations, subject=b"hello", address="kim@here.test"):
    content = b"From: a@b.test\r\nSubject: " + subject + b"\r\n\r\nHello\r\n"
    taken = await stations.acceptance.take(letter(filing(stations.home, address), content=content))
    return taken.uids[0][1]


async def ask(client, command, tag=b"t"):
    await client.send(tag + b" " + command + b"\r\n")
    said = b""
    while not re.search(rb"(?m)^" + tag + rb" (OK|NO|BAD) ", said) or not said.endswith(b"\r\n"):
        octets = await asyncio.wait_for(client.reader.read(1 << 20), 10)
        assert octets, said
        said += octets
    return said


# (commands, what the last answer begins with); each must be answered within LONGEST_S
LONGEST_S = 1.0
HOSTILE = {
    "stars": (b'LIST "" "' + b"%*" * 200 + b'x"', b"OK"),
    "a search without end": (b"SEARCH " + b"NOT " * 1_500 + b"ALL", b"BAD"),
    "a search of many keys": (b"SEARCH " + b"FROM x " * 1_000 + b"ALL", b""),
    "nested parentheses": (b"SEARCH " + b"(" * 3_000 + b"ALL" + b")" * 3_000, b"BAD"),
    "no more keys than there may be, but too deep": (b"SEARCH " + b"(" * 60 + b"ALL" + b")" * 60, b"BAD"),
    "NOT, too deep": (b"SEARCH " + b"NOT " * 60 + b"ALL", b"BAD"),
    "or without end": (b"SEARCH " + b"OR ALL " * 1_000 + b"ALL", b""),
    "all, ten thousand times": (b"FETCH " + b",".join([b"1:*"] * 1_500) + b" UID", b"OK"),
    "numbers up to the top": (b"UID FETCH 1:4294967295 UID", b"OK"),
    "a number beyond": (b"UID FETCH 1:99999999999 UID", b"BAD"),
    "number 0": (b"FETCH 0 UID", b"BAD"),
    "the body a hundred times": (b"FETCH 1 (" + b" ".join([b"BODY.PEEK[]"] * 100) + b")", b"OK"),
    "the body a thousand times": (b"FETCH 1 (" + b" ".join([b"BODY.PEEK[]"] * 600) + b")", b"BAD"),
    "a partial beyond the end": (b"FETCH 1 BODY.PEEK[]<9223372036854775800.9223372036854775800>", b"OK"),
    "a part that is not there": (b"FETCH 1 BODY.PEEK[" + b".".join([b"1"] * 30) + b"]", b"OK"),
    "a part too deep": (b"FETCH 1 BODY.PEEK[" + b".".join([b"1"] * 500) + b"]", b"BAD"),
    "up the tree": (b'SELECT "../../etc/passwd"', b"NO"),
    "an odd name": (b'CREATE "../../x"', b""),
    "a name with NUL": (b"CREATE x\0y", b"BAD"),
    "a name of two lines": (b"CREATE {4+}\r\na\r\nb", b""),
    "a thousand levels": (b'CREATE "' + b"/".join([b"a"] * 1_000) + b'"', b""),
    "UTF-7 that is none": (b'CREATE "&!!!-"', b""),
    "no name": (b'CREATE ""', b"BAD"),
    "INBOX goes": (b"DELETE INBOX", b"NO"),
    "a date that is none": (b"SEARCH SINCE 99-Foo-0000", b"BAD"),
    "an unknown charset": (b"SEARCH CHARSET X-EVIL ALL", b"NO"),
    "a keyword without end": (b"STORE 1 +FLAGS (" + b"k" * 4_000 + b")", b""),
    "a thousand keywords": (b"STORE 1 +FLAGS (" + b" ".join(b"k%d" % n for n in range(1_000)) + b")", b""),
    "an injected search": (b'SEARCH HEADER "x" "\' OR 1=1 --"', b"OK"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_commands_are_answered_soon_and_the_session_goes_on(tmp_path, name):
    command, answer = HOSTILE[name]

    async def story(stations):
        await deliver(stations)
        client = await stations.client("imap", login=True)
        await ask(client, b"SELECT INBOX")
        began = asyncio.get_running_loop().time()
        said = await ask(client, command)
        assert asyncio.get_running_loop().time() - began < LONGEST_S
        assert re.search(rb"(?m)^t " + answer, said), said[-300:]
        if answer != b"NO":
            assert b"t OK" in await ask(client, b"NOOP")
        said = await ask(client, b'LIST "" *')
        assert all(line.startswith((b"*", b"t ")) for line in said.split(b"\r\n") if line and b"{" not in said)

    attack(tmp_path, story)


def test_before_login_no_literal_is_large_and_no_line_either(tmp_path):
    async def story(stations):
        client = await stations.client("imap")
        await client.send(b"a LOGIN {9000}\r\n")
        assert b"TOOBIG" in await client.until(b"\r\n")
        for octets in (b"a LOGIN {9000+}\r\n", b"a " + b"x" * 9_000):
            client = await stations.client("imap")
            assert b"BYE" in await client.last(octets)
        client = await stations.client("imap")
        said = await client.last(b"".join(b"a LOGIN x {1000+}\r\n" + b"y" * 1_000 for _ in range(20)))
        assert b"a OK" not in said

    attack(tmp_path, story)


def test_without_its_limit_the_parser_would_follow_parentheses(tmp_path, monkeypatch):
    """Negative control of the nesting rows."""
    monkeypatch.setattr(key_grammar, "MAX_DEPTH", 10**9)

    async def story(stations):
        client = await stations.client("imap", login=True)
        await ask(client, b"SELECT INBOX")
        assert b"t OK" in await ask(client, b"SEARCH " + b"(" * 60 + b"ALL" + b")" * 60)

    attack(tmp_path, story)


POP3 = {
    "RETR of a number beyond all": (b"RETR 9223372036854775808", b"-ERR"),
    "RETR 0": (b"RETR 0", b"-ERR"),
    "RETR -1": (b"RETR -1", b"-ERR"),
    "TOP without end": (b"TOP 1 9999999999", b"+OK"),
    "TOP of a digit that is none": ("TOP 1 ²".encode(), b"-ERR"),
    "UIDL of a word": (b"UIDL x", b"-ERR"),
    "DELE of a letter twice": (b"DELE 1\r\nDELE 1", b"+OK"),
    "nothing": (b"", b"-ERR"),
    "octets": (b"\xff\xfe\x00", b"-ERR"),
}


@pytest.mark.parametrize("name", POP3)
def test_hostile_pop3(tmp_path, name):
    command, answer = POP3[name]

    async def story(stations):
        await deliver(stations)
        client = await stations.client("pop3", login=True)
        said = await client.last(command + b"\r\n")
        assert said.startswith(answer), said
        assert stations.count("entry") == 1  # gone without QUIT: nothing is deleted

    attack(tmp_path, story)


async def second_visitor(stations):
    """What is answered to somebody who comes while the maildrop is open."""
    await stations.client("pop3", login=True)
    other = await stations.client("pop3")
    return await other.last(b"USER kim@here.test\r\nPASS secret\r\n")


def test_a_maildrop_is_one_persons_at_a_time(tmp_path):
    async def story(stations):
        assert b"[IN-USE]" in await second_visitor(stations)

    attack(tmp_path, story)


def test_without_the_lock_two_would_have_one_maildrop(tmp_path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr("pyeonji.store.lock.fcntl.flock", lambda fd, how: None)

    async def story(stations):
        assert b"maildrop ready" in await second_visitor(stations)

    attack(tmp_path, story)


async def dropped(stations):
    """How many letters are left after DELE and a connection that breaks off."""
    await deliver(stations)
    client = await stations.client("pop3", login=True)
    await client.last(b"RETR 1\r\nDELE 1\r\n")
    return stations.count("entry")


def test_what_was_marked_is_there_when_nobody_said_quit(tmp_path):
    async def story(stations):
        assert await dropped(stations) == 1

    attack(tmp_path, story)


def test_a_server_that_took_a_hang_up_for_quit_would_be_noticed(tmp_path, monkeypatch):
    """Negative control."""
    hear = pop3_station.Station.hear

    def hasty(self):
        if self.maildrop is not None and self.maildrop.count == 0:
            asyncio.ensure_future(self.maildrop.update(self.context.clock))  # noqa: RUF006
        hear(self)

    monkeypatch.setattr(pop3_station.Station, "hear", hasty)

    async def story(stations):
        left = await dropped(stations)
        for _ in range(200):
            left = stations.count("entry")
            if not left:
                break
            await asyncio.sleep(0.01)
        assert left == 0

    attack(tmp_path, story)


def test_without_its_limit_a_pop3_argument_has_any_length(tmp_path, monkeypatch):
    """Negative control of "a POP3 argument of 300 octets" (test_patience)."""
    monkeypatch.setattr(pop3_session, "MAX_LINE", 10**9)

    async def story(stations):
        client = await stations.client("pop3")
        assert (await client.last(b"USER " + b"x" * 300 + b"\r\n")).startswith(b"+OK")

    attack(tmp_path, story)


def test_without_its_digits_a_pop3_number_goes_on(tmp_path, monkeypatch):
    """Negative control of the numbers above."""
    monkeypatch.setattr(pop3_session, "UP_TO_TWO", re.compile(r"(\d+)?(?: (\d+))?"))

    async def story(stations):
        client = await stations.client("pop3", login=True)
        assert b"no such message" in await client.last(b"RETR 9223372036854775808\r\n")

    attack(tmp_path, story)


def test_nobody_reads_anothers_letters(tmp_path):
    async def story(stations):
        await deliver(stations, b"for lee", "lee@here.test")
        client = await stations.client("imap", login=True)
        for name in (b"lee@here.test/INBOX", b"user/lee/INBOX", b"~lee/INBOX", b"#user.lee"):
            assert b"t NO" in await ask(client, b'SELECT "' + name + b'"')
        assert b"* 0 EXISTS" in await ask(client, b"SELECT INBOX")
        assert b"Hello" not in await ask(client, b"UID FETCH 1:* BODY.PEEK[]")

    attack(tmp_path, story)


# ── two sessions, one mailbox ──


class Shadow:
    """What a client believes, from untagged data alone."""

    def __init__(self):
        self.uids = []
        self.exists = 0

    def hear(self, said):
        for line in said.split(b"\r\n"):
            if found := re.match(rb"\* (\d+) EXISTS", line):
                assert int(found[1]) >= self.exists, "EXISTS may not take letters away"
                self.exists = int(found[1])
            elif found := re.match(rb"\* (\d+) EXPUNGE", line):
                assert 1 <= int(found[1]) <= self.exists
                self.exists -= 1
                if int(found[1]) <= len(self.uids):
                    del self.uids[int(found[1]) - 1]
            elif found := re.match(rb"\* (\d+) FETCH \(UID (\d+)", line):
                number, uid = int(found[1]), int(found[2])
                assert number <= self.exists
                if number <= len(self.uids):
                    assert self.uids[number - 1] == uid, "a number changed its letter without a word"
                else:
                    assert number == len(self.uids) + 1
                    assert uid > max(self.uids, default=0), "UIDs only grow"
                    self.uids.append(uid)


async def shared(stations):
    """Two clients and a delivery in turns, always the same; both believe the same in the end."""
    clients = [await stations.client("imap", login=True) for _ in range(2)]
    shadows = [Shadow(), Shadow()]
    for client, shadow in zip(clients, shadows, strict=True):
        shadow.hear(await ask(client, b"SELECT INBOX"))
    for turn in range(40):
        await deliver(stations, b"%d" % turn)
        client, shadow = clients[turn % 2], shadows[turn % 2]
        shadow.hear(await ask(client, b"NOOP"))
        if shadow.exists:
            shadow.hear(await ask(client, b"FETCH 1:* (UID FLAGS)"))
        if turn % 3 == 0 and shadow.exists:
            shadow.hear(await ask(client, b"STORE %d +FLAGS.SILENT (\\Deleted)" % (turn % shadow.exists + 1)))
            shadow.hear(await ask(client, b"EXPUNGE"))
        other, theirs = clients[1 - turn % 2], shadows[1 - turn % 2]
        said = await ask(other, b"FETCH 1:* (UID FLAGS)") if theirs.exists else b""
        assert b"EXPUNGE\r\n" not in said
        theirs.hear(said)
    for client, shadow in zip(clients, shadows, strict=True):
        shadow.hear(await ask(client, b"NOOP"))
        shadow.hear(await ask(client, b"FETCH 1:* (UID FLAGS)"))
    return [shadow.uids for shadow in shadows]


def test_two_sessions_believe_what_is_true(tmp_path):
    async def story(stations):
        one, other = await shared(stations)
        assert one == other
        assert len(one) == 40 - 14

    attack(tmp_path, story)


def test_an_expunge_told_in_the_middle_of_a_fetch_would_be_noticed(tmp_path, monkeypatch):
    """Negative control."""
    original = view.View.tell
    monkeypatch.setattr(
        view.View, "tell", lambda self, *args, may_expunge, **facts: original(self, *args, may_expunge=True, **facts)
    )

    async def story(stations):
        with pytest.raises(AssertionError):
            await shared(stations)

    attack(tmp_path, story)


def test_an_append_is_told_to_who_idles(tmp_path):
    async def story(stations):
        idler = await stations.client("imap", login=True)
        await ask(idler, b"SELECT INBOX")
        await idler.send(b"i IDLE\r\n")
        await idler.until(b"+ ")
        writer = await stations.client("imap", login=True)
        assert b"t OK" in await ask(writer, b"APPEND INBOX {13+}\r\nSubject: x\r\n\r")
        assert b"* 1 EXISTS" in await idler.until(b"EXISTS")
        await idler.send(b"DONE\r\n")
        assert b"i OK" in await idler.until(b"i OK")

    attack(tmp_path, story)
