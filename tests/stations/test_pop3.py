"""POP3 at a real port: letters taken away, and letters left there."""

import asyncio
import base64
import poplib
import ssl
import tracemalloc

import pytest

from kit.world import KIM, PASSWORD, at
from pyeonji.access.pop3 import maildrop as pop3_maildrop
from pyeonji.access.pop3 import station, transaction
from pyeonji.store import maildrop
from pyeonji.store.blobs import keep_file
from pyeonji.store.engine.base import Unavailable
from pyeonji.store.mailboxes import SEEN
from pyeonji.store.pieces import Pieces

LETTER = b"From: lee@b.test\r\nSubject: dots\r\n\r\n.first\r\n..second\r\nthird\r\n.\r\n"
KOREAN = "From: lee@b.test\r\nSubject: 안녕\r\n\r\nhello\r\n".encode()
KOREAN_IN_ASCII = b"From: lee@b.test\r\nSubject: =?utf-8?B?7JWI64WV?=\r\n\r\nhello\r\n"
LEGACY = b"From: lee@b.test\r\nSubject: " + "안녕".encode("euc-kr") + b"\r\n\r\nhello\r\n"


def test_the_way_through_a_maildrop(tmp_path):
    async def story(world):
        await world.deliver(LETTER)
        await world.deliver()
        p = await world.popper()
        assert await p.say("STAT") == b"+OK 2 %d\r\n" % sum(entry.size for entry in world.entries())
        assert await p.lines("LIST") == [b"1 %d\r\n" % len(LETTER), b"2 %d\r\n" % world.entries()[1].size]
        assert await p.say("LIST 1") == b"+OK 1 %d\r\n" % len(LETTER)
        assert b"".join(await p.lines("RETR 1")) == LETTER
        assert b"".join(await p.lines("TOP 1 0")) == LETTER[: LETTER.index(b".first")]
        assert b"".join(await p.lines("TOP 1 2")).endswith(b".first\r\n..second\r\n")
        assert b"".join(await p.lines("TOP 1 4000000000")) == LETTER
        assert (await p.say("NOOP")).startswith(b"+OK")
        assert (await p.say("QUIT")).startswith(b"+OK")
        assert await p.ended()
        assert [entry.flags for entry in world.entries()] == [SEEN, 0]

    at(tmp_path, story)


def test_letters_go_at_quit_and_not_before(tmp_path):
    async def story(world):
        for _ in range(3):
            await world.deliver()
        p = await world.popper()
        assert (await p.say("DELE 2")).startswith(b"+OK")
        assert (await p.say("STAT")).startswith(b"+OK 2 ")
        for command in ("DELE 2", "RETR 2", "LIST 2", "UIDL 2", "TOP 2 0"):
            assert (await p.say(command)).startswith(b"-ERR no such")
        assert [line.split()[0] for line in await p.lines("LIST")] == [b"1", b"3"]
        assert len(world.entries()) == 3
        await p.say("RSET")
        assert (await p.say("STAT")).startswith(b"+OK 3 ")
        await p.say("DELE 1")
        await p.say("QUIT")
        assert [entry.uid for entry in world.entries()] == [2, 3]

    at(tmp_path, story)


def test_a_connection_that_breaks_off_deletes_nothing_and_frees_the_maildrop(tmp_path):
    async def story(world):
        await world.deliver()
        p = await world.popper()
        await p.lines("RETR 1")
        await p.say("DELE 1")
        await p.hang_up()
        for _ in range(200):
            again = await world.popper(login=False)
            await again.say(f"USER {KIM}")
            if (await again.say(f"PASS {PASSWORD}")).startswith(b"+OK"):
                break
            await again.hang_up()
        assert (await again.say("STAT")).startswith(b"+OK 1 ")
        assert world.entries()[0].flags == 0

    at(tmp_path, story)


def test_one_session_at_a_time(tmp_path):
    async def story(world):
        p, other = await world.popper(), await world.popper(login=False)
        await other.say(f"USER {KIM}")
        assert (await other.say(f"PASS {PASSWORD}")).startswith(b"-ERR [IN-USE]")
        assert (await other.say("STAT")).startswith(b"-ERR")
        await p.say("QUIT")
        await other.say(f"USER {KIM}")
        assert (await other.say(f"PASS {PASSWORD}")).startswith(b"+OK")  # free as soon as QUIT was answered

    at(tmp_path, story)


def test_unique_ids_stay_whatever_imap_does(tmp_path):
    async def story(world):
        for _ in range(3):
            await world.deliver()
        p = await world.popper()
        first = [line.split()[1] for line in await p.lines("UIDL")]
        assert len(set(first)) == 3
        assert (await p.say("UIDL 2")).split()[2] == first[1]
        await p.say("QUIT")
        c = await world.client(select="SELECT INBOX")
        await c.ok("STORE 1 +FLAGS (\\Deleted)")
        await c.ok("STORE 2 +FLAGS (\\Seen)")
        await c.ok("EXPUNGE")
        p = await world.popper()
        assert [line.split()[1] for line in await p.lines("UIDL")] == first[1:]

    at(tmp_path, story)


def test_a_letter_expunged_by_imap_meanwhile_harms_nobody(tmp_path):
    async def story(world):
        await world.deliver()
        await world.deliver()
        p = await world.popper()
        c = await world.client(select="SELECT INBOX")
        await c.ok("STORE 1 +FLAGS (\\Deleted)")
        await c.ok("EXPUNGE")
        await p.lines("RETR 1")  # as it was at login, while its octets are there
        await p.say("DELE 1")
        assert (await p.say("QUIT")).startswith(b"+OK")
        assert [entry.uid for entry in world.entries()] == [2]

    at(tmp_path, story)


def test_imap_is_told_of_what_pop3_took_away(tmp_path):
    async def story(world):
        await world.deliver()
        c, p = await world.client(select="SELECT INBOX"), await world.popper()
        await p.say("DELE 1")
        await p.say("QUIT")
        assert await c.ok("NOOP") == [b"* 1 EXPUNGE\r\n"]

    at(tmp_path, story)


@pytest.mark.parametrize("small", [transaction.SMALL, 0])
def test_a_header_in_utf8_is_told_in_ascii_to_clients_that_did_not_ask_for_it(tmp_path, monkeypatch, small):
    """One letter that is refused would keep a program that fetches one after the other from all behind it."""
    monkeypatch.setattr(transaction, "SMALL", small)

    async def story(world):
        await world.deliver(KOREAN)
        await world.deliver(LEGACY)
        p = await world.popper()
        assert (await p.say("RETR 1")) == b"+OK %d octets\r\n" % len(KOREAN_IN_ASCII)
        assert b"".join([await p.line() for _ in KOREAN_IN_ASCII.splitlines()]) == KOREAN_IN_ASCII
        assert await p.line() == b".\r\n"
        assert b"".join(await p.lines("TOP 1 0")) == KOREAN_IN_ASCII.removesuffix(b"hello\r\n")
        assert b"".join(await p.lines("RETR 2")) == LEGACY
        await p.say("QUIT")
        p = await world.popper(login=False)
        assert b"UTF8 USER\r\n" in await p.lines("CAPA")
        assert (await p.say("UTF8")).startswith(b"+OK")
        await p.say(f"USER {KIM}")
        await p.say(f"PASS {PASSWORD}")
        assert b"".join(await p.lines("RETR 1")) == KOREAN
        assert (await p.say("UTF8")).startswith(b"-ERR")

    at(tmp_path, story)


def test_logins_that_fail_sound_alike_and_commands_have_their_time(tmp_path):
    async def story(world):
        p = await world.popper(login=False)
        for command in ("STAT", "RETR 1", "NONSENSE", "PASS x", "DELE 1"):
            assert (await p.say(command)).startswith(b"-ERR"), command
        await p.say(f"USER {KIM}")
        wrong = await p.say("PASS wrong")
        await p.say("USER nobody@a.test")
        assert wrong == await p.say("PASS wrong") == b"-ERR [AUTH] authentication failed\r\n"
        assert b"PLAIN\r\n" in await p.lines("AUTH")
        assert (await p.say("AUTH NONSENSE")).startswith(b"-ERR")
        initial = base64.b64encode(b"\0" + KIM.encode() + b"\0" + PASSWORD.encode()).decode()
        assert (await p.say("AUTH PLAIN")).startswith(b"+ ")
        assert (await p.say("*")).startswith(b"-ERR")
        assert (await p.say("AUTH PLAIN")).startswith(b"+ ")
        assert (await p.say("not base64!")).startswith(b"-ERR")
        assert (await p.say(f"AUTH PLAIN {initial}")).startswith(b"+OK")
        for command in ("USER x", "STLS", "RETR", "RETR 0", "RETR x", "TOP 1", "DELE 99", "LIST 1 2"):
            assert (await p.say(command)).startswith(b"-ERR"), command

    at(tmp_path, story)


def test_what_can_be_done_is_told_in_both_states_and_stls_only_before_login(tmp_path):
    async def story(world):
        p = await world.popper(login=False)
        before = await p.lines("CAPA")
        await p.say(f"USER {KIM}")
        await p.say(f"PASS {PASSWORD}")
        after = await p.lines("CAPA")
        assert set(before) - set(after) == {b"STLS\r\n"}  # RFC 2595 §4; all others are "both / no" (RFC 2449 §6)
        assert set(after) == {
            b"TOP\r\n", b"UIDL\r\n", b"USER\r\n", b"RESP-CODES\r\n", b"AUTH-RESP-CODE\r\n", b"PIPELINING\r\n",
            b"UTF8 USER\r\n", b"EXPIRE NEVER\r\n", b"SASL SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN\r\n",
            b"IMPLEMENTATION pyeonji\r\n",
        }  # fmt: skip

    at(tmp_path, story, tls=True)


def test_who_must_wait_between_logins_and_how_long_letters_stay_is_told_and_held(tmp_path):
    async def story(world):
        p = await world.popper()
        told = await p.lines("CAPA")
        assert b"LOGIN-DELAY 60\r\n" in told and b"EXPIRE 30\r\n" in told
        await p.say("QUIT")
        for _ in range(2):  # being refused does not begin the time again
            world.clock.push(29)
            p = await world.popper(login=False)
            await p.say(f"USER {KIM}")
            assert (await p.say(f"PASS {PASSWORD}")).startswith(b"-ERR [LOGIN-DELAY]")
        world.clock.push(2)
        await p.say(f"USER {KIM}")
        assert (await p.say(f"PASS {PASSWORD}")).startswith(b"+OK")

    at(tmp_path, story, login_delay_s=60, inbox_keeps_days=30)


def test_without_tls_no_password_is_asked_for_where_the_policy_says_never(tmp_path):
    async def story(world):
        p = await world.popper(login=False)
        told = await p.lines("CAPA")
        assert b"STLS\r\n" in told and b"USER\r\n" not in told and not any(line.startswith(b"SASL") for line in told)
        assert (await p.say(f"USER {KIM}")).startswith(b"-ERR")
        assert (await p.say("AUTH PLAIN")).startswith(b"-ERR")
        assert (await p.say("STLS")).startswith(b"+OK")
        await p.start_tls()
        told = await p.lines("CAPA")
        assert b"STLS\r\n" not in told and b"USER\r\n" in told
        await p.say(f"USER {KIM}")
        assert (await p.say(f"PASS {PASSWORD}")).startswith(b"+OK")

    at(tmp_path, story, tls=True, plain_login="never")


def test_a_name_said_before_stls_is_forgotten_and_octets_behind_it_end_the_session(tmp_path):
    async def story(world):
        p = await world.popper(login=False)
        await p.say(f"USER {KIM}")
        await p.say("STLS")
        await p.start_tls()
        assert (await p.say(f"PASS {PASSWORD}")).startswith(b"-ERR")
        p = await world.popper(login=False)
        await p.send(b"STLS\r\nNOOP\r\n")
        assert (await p.line()).startswith(b"-ERR")
        assert await p.ended()

    at(tmp_path, story, tls=True)


def test_poplib_finds_its_way(tmp_path):
    def with_poplib(world):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        client = poplib.POP3("127.0.0.1", world.pop3)
        client.stls(context)
        client.encoding = "utf-8"
        client.user(KIM)
        client.pass_(PASSWORD)
        assert client.stat()[0] == 1
        assert b"\r\n".join(client.retr(1)[1]) + b"\r\n" == LETTER
        assert client.top(1, 1)[1][-1] == b".first"
        assert "UIDL" in client.capa()
        client.dele(1)
        client.quit()

    async def story(world):
        await world.deliver(LETTER)
        await asyncio.to_thread(with_poplib, world)
        assert world.entries() == []

    at(tmp_path, story, tls=True)


def test_commands_may_be_sent_in_one_go(tmp_path):
    async def story(world):
        await world.deliver()
        p = await world.popper()
        await p.send(b"STAT\r\nNOOP\r\nDELE 1\r\nQUIT\r\n")
        for _ in range(4):
            assert (await p.line()).startswith(b"+OK")
        assert await p.ended() and world.entries() == []

    at(tmp_path, story)


LARGE = b"Subject: x\r\n\r\n" + b"".join(b".%07d\r\n" % n for n in range(100_000))


def test_a_large_letter_is_sent_in_pieces_and_arrives_whole(tmp_path):
    async def story(world):
        await world.deliver(LARGE)
        p = await world.popper()
        assert b"".join(await p.lines("RETR 1")) == LARGE
        assert (await p.say("STAT")) == b"+OK 1 %d\r\n" % len(LARGE)

    at(tmp_path, story)


def test_a_letter_that_cannot_be_read_to_its_end_gets_no_end(tmp_path, monkeypatch):
    """The client must not believe that it has all of it."""

    async def story(world):
        await world.deliver(LARGE)
        p = await world.popper()
        read = Pieces.read

        def breaks(self, tx, offset, size):
            if offset > 200_000:
                raise Unavailable("the disk went away")
            return read(self, tx, offset, size)

        monkeypatch.setattr(Pieces, "read", breaks)
        await p.send(b"RETR 1\r\n")
        said = await p.reader.read()
        assert len(said) > 200_000 and not said.endswith(b"\r\n.\r\n")

    at(tmp_path, story)


@pytest.mark.parametrize("content", [LARGE, LETTER], ids=["large", "small"])
def test_a_letter_whose_octets_are_gone_is_refused_and_the_session_goes_on(tmp_path, content):
    async def story(world):
        await world.deliver(content)
        p = await world.popper()
        world.home.engine.write_now(lambda tx: tx.run("UPDATE content SET codec = 2, octets = NULL"))
        assert (await p.say("RETR 1")).startswith(b"-ERR [SYS/PERM]")
        assert (await p.say("TOP 1 1")).startswith(b"-ERR [SYS/PERM]")
        assert (await p.say("NOOP")).startswith(b"+OK")

    at(tmp_path, story)


def test_who_takes_no_more_octets_of_a_letter_is_let_go(tmp_path, monkeypatch):
    monkeypatch.setattr(station, "PIECE_S", 0.3)

    async def story(world):
        for _ in range(8):
            await world.deliver(LARGE)
        p = await world.popper()
        p.writer.transport.pause_reading()
        await p.send(b"".join(b"RETR %d\r\n" % n for n in range(1, 9)))
        until = asyncio.get_running_loop().time() + 20
        while asyncio.get_running_loop().time() < until:
            again = await world.popper(login=False)
            await again.say(f"USER {KIM}")
            if (await again.say(f"PASS {PASSWORD}")).startswith(b"+OK"):
                break
            await again.hang_up()
        assert (await again.say("STAT")).startswith(b"+OK 8 ")
        assert all(entry.flags == 0 for entry in world.entries())

    at(tmp_path, story)


def reads(monkeypatch):
    """How many letters are read at once, each time some are."""
    read, octets = [], maildrop.octets
    monkeypatch.setattr(
        maildrop, "octets", lambda tx, blobs, numbers: read.append(len(numbers)) or octets(tx, blobs, numbers)
    )
    return read


def test_letters_are_read_ahead_only_for_who_takes_one_after_the_other(tmp_path, monkeypatch):
    read = reads(monkeypatch)

    async def story(world):
        for n in range(40):
            await world.deliver(b"Subject: %d\r\n\r\nx\r\n" % n)
        p = await world.popper()
        for n in range(1, 41):
            assert b"Subject: %d\r\n" % (n - 1) in await p.lines(f"RETR {n}")
            await p.say(f"DELE {n}")
        assert read == [32, 8]
        await p.say("RSET")
        for n in (7, 3, 1):
            await p.lines(f"RETR {n}")
        assert read == [32, 8, 1, 1, 1]

    at(tmp_path, story)


def test_the_next_letters_are_read_while_the_client_takes_in_the_last(tmp_path, monkeypatch):
    read = reads(monkeypatch)

    async def story(world):
        for n in range(40):
            await world.deliver(b"Subject: %d\r\n\r\nx\r\n" % n)
        p = await world.popper()
        for n in range(1, 33):
            assert read == ([32] if n > 1 else [])
            await p.lines(f"RETR {n}")
        await p.say("NOOP")
        assert read == [32, 8]
        assert b"Subject: 32\r\n" in await p.lines("RETR 33")

    at(tmp_path, story)


def test_unique_ids_stay_when_letters_are_moved_away_and_back(tmp_path):
    async def story(world):
        for _ in range(3):
            await world.deliver()
        p = await world.popper()
        before = {line.split()[1] for line in await p.lines("UIDL")}
        await p.say("QUIT")
        c = await world.client(select="SELECT INBOX")
        await c.ok("MOVE 1:2 Archive")
        await c.ok("SELECT Archive")
        await c.ok("MOVE 1:* INBOX")
        await c.ok("SELECT INBOX")
        await c.ok("COPY 1 INBOX")
        p = await world.popper()
        after = [line.split()[1] for line in await p.lines("UIDL")]
        assert len(after) == len(set(after)) == 4
        assert before < set(after)

    at(tmp_path, story)


def test_many_letters_are_removed_in_steps(tmp_path, monkeypatch):
    monkeypatch.setattr(pop3_maildrop, "STEP", 3)

    async def story(world):
        for _ in range(8):
            await world.deliver()
        p = await world.popper()
        await p.lines("RETR 8")
        for n in range(1, 8):
            await p.say(f"DELE {n}")
        assert await p.say("STAT") == b"+OK 1 %d\r\n" % world.entries()[7].size
        await p.say("QUIT")
        assert [(entry.uid, entry.flags) for entry in world.entries()] == [(8, SEEN)]

    at(tmp_path, story)


def test_top_of_a_large_letter_is_found_beyond_the_first_octets_read(tmp_path):
    async def story(world):
        content = b"Subject: x\r\n\r\n" + b"".join(b"%07d\r\n" % n for n in range(100_000))
        await world.deliver(content)
        p = await world.popper()
        assert b"".join(await p.lines("TOP 1 20000")) == content[: 14 + 20_000 * 9]

    at(tmp_path, story)


def test_a_dot_behind_a_bare_lf_ends_no_letter(tmp_path):
    async def story(world):
        await world.deliver(b"Subject: x\r\n\r\nline\n.\r\n+OK forged\r\n")
        p = await world.popper()
        assert b"".join(await p.lines("RETR 1")).endswith(b"line\n.\r\n+OK forged\r\n")
        assert (await p.say("STAT")).startswith(b"+OK 1 ")

    at(tmp_path, story)


def test_of_a_letter_on_its_way_no_more_than_pieces_are_held(tmp_path):
    async def story(world):
        spool = world.home.data / "spool" / "one"
        size = 0
        with spool.open("wb") as file:
            size += file.write(b"Subject: x\r\n\r\n")
            for _ in range(32):
                size += file.write(b".23456789012345678901234567890\r\n" * 32_768)
        await world.deliver(keep_file(spool, world.home.blobs.folder, "K7M3"))
        p = await world.popper()
        tracemalloc.start()
        await p.send(b"RETR 1\r\n")
        taken = 0
        while taken < size + (size - 14) // 32:
            octets = await p.reader.read(1 << 16)
            assert octets
            taken += len(octets)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert size > 32 << 20 and peak < 4 << 20

    at(tmp_path, story)
