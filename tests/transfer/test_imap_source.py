"""`pyeonji import imap`: from a server of our own, and from servers that behave in every way."""

import asyncio
import contextlib
import json
import tracemalloc

import pytest

from kit.imported import KIM, Moved
from kit.world import KIM as THERE
from kit.world import PASSWORD, at
from pyeonji.proto.imap.client import INLINE
from pyeonji.proto.imap.flags import FLAGGED, SEEN, Flags
from pyeonji.transfer import imap
from pyeonji.transfer import remote as remote_

DATE = '"17-Jul-1996 02:44:25 -0700"'
DATE_US = 837_596_665_000_000


@pytest.fixture
def moved(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(remote_, "PATIENCE_S", 30.0)
    moved = Moved(tmp_path / "here", capsys)
    yield moved
    moved.close()


@pytest.fixture
def hasty(moved, monkeypatch):
    """Where a server that says nothing is the point."""
    monkeypatch.setattr(remote_, "PATIENCE_S", 0.5)


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret"
    path.write_text(PASSWORD + "\n")
    return path


async def run(moved, port, secret, *words, login=THERE):
    """The command in a thread of its own: (exit code, output, complaints)."""
    common = ("--port", port, "--login", login, "--password-file", secret)
    how = () if "--tls" in words else ("--tls", "none")
    return await asyncio.to_thread(moved.run, "import", "imap", KIM, "127.0.0.1", *common, *how, *words)


def last(out):
    return json.loads(out.splitlines()[-1])


def letter(n):
    return f"From: lee@b.test\r\nMessage-ID: <{n}@b.test>\r\nSubject: {n}\r\n\r\nbody {n}\r\n".encode()


# ── a server of our own ──


def test_folders_flags_and_dates_come_along_and_the_next_run_takes_what_is_new(tmp_path, moved, secret):
    async def story(world):
        c = await world.client()
        await c.append(letter(1), before=f"(\\Seen $work) {DATE} ")
        await c.append(letter(2), before=f"(\\Flagged) {DATE} ")
        await c.append(letter(3), name="Sent", before=f"(\\Seen) {DATE} ")
        await c.ok("CREATE &zlytbA-/2026")
        await c.append(letter(4), name="&zlytbA-/2026", before=f"{DATE} ")
        code, out, err = await run(moved, world.imap, secret, "--json")
        assert (code, last(out)["total"]["taken"], err) == (0, 4, "")
        assert moved.letters() == [
            (letter(1), Flags(SEEN, frozenset({"$work"})), DATE_US),
            (letter(2), Flags(FLAGGED), DATE_US),
        ]
        assert moved.letters("Sent") == [(letter(3), Flags(SEEN), DATE_US)]
        assert moved.letters("친구/2026") == [(letter(4), Flags(), DATE_US)]
        await c.ok("SELECT INBOX")
        assert b"\\Seen" not in (await c.ok("FETCH 2 FLAGS"))[0]  # reading over there changed nothing
        await c.append(letter(5))
        _, out, _ = await run(moved, world.imap, secret, "--json")
        assert (last(out)["total"]["taken"], last(out)["total"]["taken_before"]) == (1, 4)

    at(tmp_path / "there", story)


@pytest.mark.parametrize("most", [0, 3])
def test_of_a_server_that_gives_a_few_letters_at_once_all_are_taken_in_their_order(tmp_path, moved, secret, most):
    async def story(world):
        for n in range(10):
            await world.deliver(letter(n))
        code, out, err = await run(moved, world.imap, secret, "--json")
        assert (code, last(out)["total"]["taken"], err) == (0, 10, "")
        assert [content for content, _, _ in moved.letters()] == [letter(n) for n in range(10)]

    at(tmp_path / "there", story, message_limit=most)


def test_a_folder_whose_uids_are_new_is_compared_letter_by_letter(tmp_path, moved, secret):
    async def story(world):
        c = await world.client()
        await c.ok("CREATE Work")
        await c.append(letter(1), name="Work")
        await run(moved, world.imap, secret)
        await c.ok("RENAME Work Other")
        await c.ok("RENAME Other Work")  # UIDVALIDITY changes
        await c.append(letter(2), name="Work")
        _, out, _ = await run(moved, world.imap, secret, "--json")
        assert (last(out)["total"]["taken"], last(out)["total"]["duplicates"]) == (1, 1)
        assert len(moved.letters("Work")) == 2

    at(tmp_path / "there", story)


def test_a_dry_run_counts_and_takes_nothing(tmp_path, moved, secret):
    async def story(world):
        c = await world.client()
        for n in range(3):
            await c.append(letter(n))
        code, out, _ = await run(moved, world.imap, secret, "--dry-run", "--json")
        assert (code, last(out)["total"]["taken"]) == (0, 3)
        assert moved.letters() == []

    at(tmp_path / "there", story)


def test_starttls_and_certificates(tmp_path, moved, secret):
    async def story(world):
        c = await world.client(login=False)
        await c.hang_up()
        code, _, err = await run(moved, world.imap, secret, "--tls", "starttls")
        assert code == 1 and "certificate" in err
        await world.deliver(letter(1))
        code, _, err = await run(moved, world.imap, secret, "--tls", "starttls", "--any-certificate")
        assert (code, err, len(moved.letters())) == (0, "", 1)

    at(tmp_path / "there", story, tls=True, plain_login="never")


def test_without_tls_a_server_that_wants_it_gets_no_password(tmp_path, moved, secret):
    async def story(world):
        code, _, err = await run(moved, world.imap, secret)
        assert code == 1 and "not safe" in err

    at(tmp_path / "there", story, tls=True, plain_login="never")


def test_a_wrong_password_is_one_sentence(tmp_path, moved, secret):
    async def story(world):
        secret.write_text("wrong\n")
        code, _, err = await run(moved, world.imap, secret)
        assert code == 1 and "the login was refused" in err

    at(tmp_path / "there", story)


def test_large_letters_cross_in_pieces(tmp_path, moved, secret):
    big = letter(1) + b"0123456789\r\n" * 400_000

    async def story(world):
        await world.deliver(big)
        await run(moved, world.imap, secret)
        assert moved.letters()[0][0] == big

    at(tmp_path / "there", story)


# ── servers that are written down ──


class Script:
    """A server that answers commands by their first words; `{}` is the tag."""

    def __init__(self, answers, greeting=b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello\r\n"):
        self.answers = answers
        self.greeting = greeting
        self.heard = []

    async def serve(self, reader, writer):
        with contextlib.suppress(ConnectionError):
            await self.talk(reader, writer)

    async def talk(self, reader, writer):
        writer.write(self.greeting)
        while line := await reader.readline():
            tag, _, command = line.rstrip(b"\r\n").partition(b" ")
            self.heard.append(command)
            answer = next((a for start, a in self.answers.items() if command.startswith(start)), b"{} OK done\r\n")
            for piece in answer if isinstance(answer, list) else [answer]:
                writer.write(piece.replace(b"{}", tag))
                await writer.drain()
                if not piece or piece.startswith(b"* BYE"):
                    writer.close()
                    return
        writer.close()


LIST = b'* LIST () "/" INBOX\r\n{} OK done\r\n'
EXAMINE = b"* 2 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n{} OK done\r\n"
SIZES = b"* 1 FETCH (UID 1 RFC822.SIZE 9)\r\n* 2 FETCH (UID 5 RFC822.SIZE 9)\r\n{} OK done\r\n"


def fetch(n, uid, content=b"A: b\r\n\r\nx", before=b""):
    return b'* %d FETCH (%bUID %d FLAGS (\\Seen) INTERNALDATE %b BODY[] {%d}\r\n%b)\r\n' % (
        n, before, uid, DATE.encode(), len(content), content,
    )  # fmt: skip


GOOD = {
    b"LIST": LIST,
    b"EXAMINE": EXAMINE,
    b"UID FETCH 1:* ": SIZES,
    b"UID FETCH 1,5 ": fetch(1, 1) + fetch(2, 5) + b"{} OK done\r\n",
    b"UID FETCH 1 ": fetch(1, 1) + b"{} OK done\r\n",
    b"UID FETCH 5 ": fetch(2, 5) + b"{} OK done\r\n",
}


def against(moved, secret, script, *words, **facts):
    async def story():
        server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
        async with server:
            return await run(moved, server.sockets[0].getsockname()[1], secret, *words, **facts)

    return asyncio.run(story())


def test_nothing_but_reading_is_asked_for(moved, secret):
    script = Script(GOOD)
    assert against(moved, secret, script)[0] == 0
    assert len(moved.letters()) == 2
    said = [command.split(b" ")[0] for command in script.heard]
    assert said == [b"AUTHENTICATE", b"CAPABILITY", b"LIST", b"STATUS", b"EXAMINE", b"UID", b"UID", b"LOGOUT"]


class Literals(Script):
    """A server of RFC 3501 that wants the literals of LOGIN one after the other."""

    async def talk(self, reader, writer):
        writer.write(self.greeting)
        tag = (await reader.readline()).split(b" ")[0]
        for _ in range(2):
            writer.write(b"+ go on\r\n")
            self.heard.append(await reader.readline())
        writer.write(tag + b" OK [CAPABILITY IMAP4rev1] in\r\n")
        self.greeting = b""
        await super().talk(reader, writer)


def test_a_password_that_fits_no_quotes_is_said_in_literals(moved, secret):
    script = Literals(GOOD, b"* OK [CAPABILITY IMAP4rev1] hello\r\n")
    code, _, err = against(moved, secret, script, login="김")
    assert (code, err, len(moved.letters())) == (0, "", 2)
    password = PASSWORD.encode()
    assert script.heard[:2] == ["김".encode() + b" {%d}\r\n" % len(password), password + b"\r\n"]


TROUBLES = {
    # what is answered otherwise, exit code, a word of the complaint, letters that come all the same
    "hangs up at once": ({b"AUTH": b""}, 75, "hung up", 0),
    "says goodbye": ({b"LIST": b"* BYE overloaded\r\n"}, 75, "overloaded", 0),
    "hangs up in a letter": ({b"UID FETCH 1,5": [b"* 1 FETCH (UID 1 BODY[] {99}\r\nhalf", b""]}, 75, "hung up", 0),
    "hangs up in a large letter": (
        {b"UID FETCH 1,5": [b"* 1 FETCH (UID 1 BODY[] {9000000}\r\n", b"A: b\r\n\r\n" + b"x" * 1_000_000, b""]},
        75, "hung up", 0,
    ),
    "is no IMAP in the middle": ({b"EXAMINE": b"HTTP/1.1 400 Bad Request\r\n"}, 75, "no IMAP", 0),
    "refuses the list": ({b"LIST": b"{} NO not now\r\n"}, 1, "not now", 0),
    "refuses a folder": ({b"EXAMINE": b"{} NO locked\r\n"}, 1, "locked", 0),
    "refuses some letters": ({b"UID FETCH 1,5": fetch(1, 1) + b"{} NO [EXPUNGEISSUED] gone\r\n"}, 1, "gone", 1),
    "has one letter less": ({b"UID FETCH 1,5": fetch(2, 5) + b"{} OK done\r\n"}, 0, "", 1),
    "has a letter without octets": (
        {b"UID FETCH 1,5": b"* 1 FETCH (UID 1 BODY[] NIL)\r\n" + fetch(2, 5) + b"{} OK done\r\n"}, 0, "", 1,
    ),
    "tells of flags meanwhile": (
        {b"UID FETCH 1,5": b"* 2 FETCH (FLAGS (\\Seen))\r\n* 3 EXISTS\r\n" + GOOD[b"UID FETCH 1,5 "]}, 0, "", 2,
    ),
    "tells a letter twice": ({b"UID FETCH 1,5": fetch(1, 1) * 2 + fetch(2, 5) + b"{} OK done\r\n"}, 0, "", 2),
    "tells a letter nobody asked for": (
        {b"UID FETCH 1,5": fetch(9, 9) + GOOD[b"UID FETCH 1,5 "]}, 0, "", 2,
    ),
    "puts the UID last": (
        {b"UID FETCH 1,5": b"* 1 FETCH (BODY[] {3}\r\nabc UID 1)\r\n" + fetch(2, 5) + b"{} OK done\r\n"}, 0, "", 2,
    ),
    "has a date that is none": (
        {b"UID FETCH 1,5": GOOD[b"UID FETCH 1,5 "].replace(b"17-Jul-1996", b"99-Foo-1996")}, 0, "", 2,
    ),
    "has a letter too large": (
        {b"UID FETCH 1:* ": SIZES.replace(b"UID 5 RFC822.SIZE 9", b"UID 5 RFC822.SIZE 99999999999"),
         b"UID FETCH 1 ": fetch(1, 1) + b"{} OK done\r\n"}, 1, "larger than", 1,
    ),
    "gives the newest first": (
        {b"UID FETCH 1:* ": b"* 2 FETCH (UID 5 RFC822.SIZE 9)\r\n* NO [MESSAGELIMIT 1000 5] some\r\n{} OK done\r\n",
         b"UID FETCH 1:4 ": b"* 1 FETCH (UID 1 RFC822.SIZE 9)\r\n{} OK [MESSAGELIMIT 1000 1] done\r\n"}, 0, "", 2,
    ),
    "has always more and gives nothing": (
        {b"UID FETCH 1:": b"{} OK [MESSAGELIMIT 1000 5000] some\r\n"}, 75, "without end", 0,
    ),
    "has names of several lines": ({b"LIST": b'* LIST () "/" {3}\r\na\nb\r\n' + LIST}, 1, "several lines", 2),
    "lists folders that cannot be opened": (
        {b"LIST": b'* LIST (\\Noselect) "/" Public\r\n* LIST () NIL "x"\r\n' + LIST}, 0, "", 4,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TROUBLES)
def test_a_server_that(moved, secret, name):
    answers, code, complaint, count = TROUBLES[name]
    found, _, err = against(moved, secret, Script(answers | {k: v for k, v in GOOD.items() if k not in answers}))
    assert (found, complaint in err) == (code, True), err
    assert sum(map(len, moved.all().values())) == count
    found, _, err = against(moved, secret, Script(GOOD))  # and the next run goes on
    assert found == 0, err
    assert len(moved.letters()) == 2
    assert not list((moved.data / "spool").glob("*"))


@pytest.mark.parametrize("greeting", [b"220 mx ESMTP\r\n", b"* BYE go away\r\n", b"\r\n", b"+OK POP3\r\n", b""])
def test_what_is_no_imap_server_says_so(moved, secret, greeting, hasty):
    code, _, err = against(moved, secret, Script({}, greeting) if greeting else Script({b"": b""}, b""))
    assert code == 75 and "do it again" in err.lower()


def test_nobody_there_is_one_sentence(moved, secret):
    code, _, err = asyncio.run(run(moved, 1, secret))
    assert code == 75 and err.count("\n") == 1


def test_octets_behind_starttls_end_it(moved, secret):
    script = Script({b"STARTTLS": b"{} OK go\r\n* OK [CAPABILITY AUTH=PLAIN] injected\r\n"})
    code, _, err = against(moved, secret, script, "--tls", "starttls", "--any-certificate")
    assert code == 1 and "behind STARTTLS" in err
    assert not any(command.startswith((b"AUTH", b"LOGIN")) for command in script.heard)


def test_without_the_guard_octets_behind_starttls_would_be_read(moved, secret, monkeypatch, hasty):
    """Negative control: the handshake is tried, with the injected line still in the buffer."""
    monkeypatch.setattr(remote_.Client, "has_pending", False)
    monkeypatch.setattr(remote_.Stream, "has_unread", False)
    script = Script({b"STARTTLS": b"{} OK go\r\n* OK [CAPABILITY AUTH=PLAIN] injected\r\n"})
    _, _, err = against(moved, secret, script, "--tls", "starttls", "--any-certificate")
    assert "behind STARTTLS" not in err


def test_a_server_that_does_no_starttls_gets_no_password(moved, secret):
    script = Script({b"STARTTLS": b"{} BAD what\r\n"})
    code, _, err = against(moved, secret, script, "--tls", "starttls")
    assert code == 1 and "STARTTLS was refused" in err
    assert [command for command in script.heard if command != b"STARTTLS"] == []


def test_what_gmail_calls_all_mail_gives_only_what_is_nowhere_else(moved, secret):
    folders = (
        b'* LIST (\\HasNoChildren) "/" INBOX\r\n* LIST (\\Noselect) "/" "[Gmail]"\r\n'
        b'* LIST (\\All) "/" "[Gmail]/All Mail"\r\n* LIST (\\Flagged) "/" "[Gmail]/Starred"\r\n{} OK done\r\n'
    )
    one, two = letter(1), letter(2)
    all_mail = {
        b"LIST": folders,
        b"EXAMINE": EXAMINE,
        b"UID FETCH 1:* ": SIZES,
        b"UID FETCH 1,5 ": fetch(1, 1, one) + fetch(2, 5, two) + b"{} OK done\r\n",
    }
    inbox = all_mail | {
        b"UID FETCH 1:* ": b"* 1 FETCH (UID 1 RFC822.SIZE 9)\r\n{} OK done\r\n",
        b"UID FETCH 1 ": fetch(1, 1, one) + b"{} OK done\r\n",
    }
    script = Script(inbox)
    examined = []

    class Switching(dict):
        def items(self):
            if script.heard and script.heard[-1].startswith(b"EXAMINE"):
                examined.append(script.heard[-1])
            return (all_mail if examined and b"All Mail" in examined[-1] else inbox).items()

    script.answers = Switching()
    assert against(moved, secret, script)[0] == 0
    assert [octets for octets, _, _ in moved.letters()] == [one]
    assert [octets for octets, _, _ in moved.letters("Archive")] == [two]
    assert not any(b"Starred" in command and command.startswith(b"EXAMINE") for command in script.heard)


def test_a_letter_of_any_size_crosses_in_little_memory(moved, secret):
    size = 24 << 20
    block = b"0123456789012345678901234567890123456789012345678901234567890\r\n" * 1_000
    pieces = [block] * (size // len(block))
    total = sum(map(len, pieces)) + 8
    head = b"* 1 FETCH (UID 1 BODY[] {%d}\r\nA: b\r\n\r\n" % total
    script = Script(GOOD | {
        b"UID FETCH 1:* ": b"* 1 FETCH (UID 1 RFC822.SIZE %d)\r\n{} OK done\r\n" % total,
        b"UID FETCH 1 ": [head, *pieces, b")\r\n{} OK done\r\n"],
    })  # fmt: skip
    tracemalloc.start()
    code, _, err = against(moved, secret, script)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (code, err) == (0, "")
    assert total > INLINE and peak < 8 << 20


def test_questions_are_asked_ahead(moved, secret, monkeypatch):
    monkeypatch.setattr(imap, "CHUNK", 1)
    script = Script({
        b"LIST": LIST, b"EXAMINE": EXAMINE, b"UID FETCH 1:* ": SIZES,
        b"UID FETCH 1 ": fetch(1, 1, letter(1)) + b"{} OK done\r\n",
        b"UID FETCH 5 ": fetch(2, 5, letter(2)) + b"{} OK done\r\n",
    })  # fmt: skip
    assert against(moved, secret, script)[0] == 0
    assert [octets for octets, _, _ in moved.letters()] == [letter(1), letter(2)]
