"""POP3 at a real port: letters taken away, and letters left there."""

import asyncio
import base64
import poplib
import ssl

import pytest

from kit.world import KIM, PASSWORD, at
from pyeonji.access.pop3.maildrop import top_end
from pyeonji.store import entries

LETTER = b"From: lee@b.test\r\nSubject: dots\r\n\r\n.first\r\n..second\r\nthird\r\n.\r\n"
KOREAN = "From: lee@b.test\r\nSubject: 안녕\r\n\r\nhello\r\n".encode()
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
        assert [entry.flags for entry in world.entries()] == [entries.SEEN, 0]

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


def test_a_header_in_utf8_is_only_for_clients_that_said_so(tmp_path):
    async def story(world):
        await world.deliver(KOREAN)
        await world.deliver(LEGACY)
        p = await world.popper()
        assert (await p.say("RETR 1")).startswith(b"-ERR [UTF8]")
        assert (await p.say("TOP 1 0")).startswith(b"-ERR [UTF8]")
        assert b"".join(await p.lines("RETR 2")) == LEGACY
        await p.say("QUIT")
        p = await world.popper(login=False)
        assert b"UTF8\r\n" in await p.lines("CAPA")
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
        assert b"USER\r\n" not in await p.lines("CAPA")

    at(tmp_path, story)


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


@pytest.mark.parametrize(
    ("content", "count", "end"),
    [
        (b"A: b\r\n\r\none\r\ntwo\r\n", 0, 8),
        (b"A: b\r\n\r\none\r\ntwo\r\n", 1, 13),
        (b"A: b\r\n\r\none\r\ntwo", 2, None),
        (b"\r\none\r\n\r\ntwo\r\n", 0, 2),
        (b"A: b\r\n", 0, None),
        (b"", 3, None),
    ],
)
def test_where_the_top_ends(content, count, end):
    assert top_end(content, count) == end
