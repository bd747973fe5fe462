"""The well-known ports stand for all servers of the lab; with --catch they take everything and keep it."""

import asyncio
import imaplib
import json
import poplib
import shutil
import smtplib
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kit.patience import PATIENCE_S
from lab.kit import hand_in, in_lab, state_of
from lab.test_pages import get
from pyeonji.journey.event import Accepted, Deferred, Failed, Filed, LoggedIn
from pyeonji.lab import roster
from pyeonji.lab.board.post import BySendmail, post_office
from pyeonji.lab.catch import CATCHER
from pyeonji.lab.world import World
from pyeonji.store import directory, journey, queue

HOST = "127.0.0.1"
LETTER = "From: {}\r\nSubject: hello\r\n\r\nx\r\n"
NO_CHECK = ssl.create_default_context()
NO_CHECK.check_hostname, NO_CHECK.verify_mode = False, ssl.CERT_NONE


async def apart(work: Callable[[], Any]) -> Any:
    """In a thread: the clients wait for the servers of this process."""
    return await asyncio.to_thread(work)


def events(world: World, domain: str) -> list:
    read = world.nodes[domain].home.engine.read_now
    return [e for number in read(journey.latest) for row in read(journey.of_message, number) for e in row.events]


def submit(world: World, port: int, login: str, author: str, *readers: str, password: str = roster.PASSWORD) -> None:
    kind = smtplib.SMTP_SSL if port == roster.SUBMISSIONS else smtplib.SMTP
    extra = {"context": NO_CHECK} if port == roster.SUBMISSIONS else {}
    with kind(HOST, port + world.offset, timeout=PATIENCE_S, **extra) as client:
        if port == roster.SUBMISSION:
            client.starttls(context=NO_CHECK)
        client.login(login, password)
        client.sendmail(author, readers, LETTER.format(author).encode())


@pytest.mark.parametrize("port", [roster.SUBMISSION, roster.SUBMISSIONS])
def test_every_account_of_the_lab_sends_through_the_submission_ports(tmp_path: Path, port: int):
    async def talk(world: World) -> None:
        for login, domain in (("jerry@example.com", "example.com"), ("younghee@2ban.test", "2ban.test")):
            await apart(lambda login=login: submit(world, port, login, login, "john@test.com"))
            told = events(world, domain)
            assert [event.via for event in told if isinstance(event, Accepted)] == ["submission"]
            assert [event.account for event in told if isinstance(event, LoggedIn)] == [login]
        assert events(world, roster.GATEWAY) == []

    in_lab(tmp_path, talk)


def test_there_too_nobody_writes_in_the_name_of_another(tmp_path: Path):
    async def talk(world: World) -> None:
        with pytest.raises(smtplib.SMTPSenderRefused):
            await apart(lambda: submit(world, roster.SUBMISSION, "jerry@example.com", "john@test.com", "a@test.com"))
        with pytest.raises(smtplib.SMTPAuthenticationError):
            await apart(
                lambda: submit(world, roster.SUBMISSION, "jerry@example.com", "jerry@example.com", "a@test.com",
                               password="wrong")
            )  # fmt: skip
        with pytest.raises(smtplib.SMTPAuthenticationError):
            await apart(lambda: submit(world, roster.SUBMISSION, "who@nowhere.test", "who@nowhere.test", "a@test.com"))

    in_lab(tmp_path, talk)


def lmtp(world: World, *readers: str) -> tuple[list[int], list[bytes]]:
    """Codes to RCPT, and the replies to the final dot."""
    with smtplib.LMTP(HOST, roster.LMTP + world.offset, timeout=PATIENCE_S) as client:
        client.ehlo()
        client.mail("a@far.test")
        codes = [client.rcpt(reader)[0] for reader in readers]
        client.putcmd("data")
        assert client.getreply()[0] == 354
        client.send(b"Subject: x\r\n\r\nx\r\n.\r\n")
        return codes, [client.getreply()[1] for code in codes if code == 250]


def test_lmtp_is_the_servers_own_whoever_the_recipient_is(tmp_path: Path):
    async def talk(world: World) -> None:
        codes, replies = await apart(lambda: lmtp(world, "john@test.com", "younghee@2ban.test", "alice@test.com"))
        assert codes == [250, 452, 250]  # the one of another server comes in the next letter
        assert len(replies) == 2 and all(b"queued as" in reply for reply in replies)
        assert {e.address for e in events(world, "test.com") if isinstance(e, Filed)} == {
            "john@test.com", "alice@test.com"
        }  # fmt: skip
        codes, _ = await apart(lambda: lmtp(world, "younghee@2ban.test", "nobody-here@2ban.test", "x@nowhere.test"))
        assert codes == [250, 550, 452]
        assert [e.address for e in events(world, "2ban.test") if isinstance(e, Filed)] == ["younghee@2ban.test"]

    in_lab(tmp_path, talk)


def test_every_account_reads_over_tls(tmp_path: Path):
    async def talk(world: World) -> None:
        def read() -> None:
            imaps = roster.IMAPS + world.offset
            with imaplib.IMAP4_SSL(HOST, imaps, ssl_context=NO_CHECK, timeout=PATIENCE_S) as client:
                assert client.login("chulsoo@1ban.test", roster.PASSWORD)[0] == "OK"
            client = poplib.POP3_SSL(HOST, roster.POP3S + world.offset, context=NO_CHECK, timeout=PATIENCE_S)
            client.user("theboss@test.com")
            assert client.pass_(roster.PASSWORD).startswith(b"+OK")
            client.quit()

        await apart(read)

    in_lab(tmp_path, talk)


# ── --catch ──


def send_anyhow(world: World) -> None:
    """As a program under test does, with whatever account it was told."""
    with smtplib.SMTP(HOST, roster.SMTP + world.offset, timeout=PATIENCE_S) as client:
        client.sendmail("app@shop.example", ["a@gmail.example", "b@naver.example"], LETTER.format("A <a@b.example>"))
    with smtplib.SMTP(HOST, roster.SMTP + world.offset, timeout=PATIENCE_S) as client:
        client.login("any", "thing")
        client.sendmail("", ["c@one.example"], LETTER.format("<script>alert(1)</script> <x@y.example>"))
    for port in (roster.SUBMISSION, roster.SUBMISSIONS):
        submit(world, port, "apikey", "noreply@shop.example", "d@two.example", password="SG.secret")
    with smtplib.LMTP(HOST, roster.LMTP + world.offset, timeout=PATIENCE_S) as client:
        client.sendmail("x@y.example", ["john@test.com"], LETTER.format("x@y.example"))


def test_whatever_is_sent_is_caught_shown_and_not_sent_on(tmp_path: Path):
    async def talk(world: World) -> None:
        await apart(lambda: send_anyhow(world))
        found = json.loads((await get(world, "/caught.json"))[2])["letters"]
        assert [letter["envelope"] for letter in reversed(found)] == [
            ["a@gmail.example", "b@naver.example"], ["c@one.example"], ["d@two.example"], ["d@two.example"],
            ["john@test.com"],
        ]  # fmt: skip
        read = world.gateway.home.engine.read_now
        assert sum(read(queue.counts).values()) == 0
        assert events(world, "test.com") == []
        status, headers, page = await get(world, "/caught/")
        assert status == 200 and "a@gmail.example" in page
        for letter in found:
            page = (await get(world, letter["text_url"]))[2]
            assert "<script>" not in page and "hello" in page
            status, headers, source = await get(world, letter["source_url"])
            assert headers["content-disposition"].startswith("attachment") and "\r\nSubject: hello\r\n" in source
            assert (await get(world, letter["journey_url"]))[0] == 200
        assert (await get(world, "/caught/0000-0000-0001"))[0] == (await get(world, "/caught/x"))[0] == 404

    in_lab(tmp_path, talk, catch=True)


def test_what_was_caught_is_read_by_mail_programs(tmp_path: Path):
    async def talk(world: World) -> None:
        await apart(lambda: send_anyhow(world))

        def read() -> int:
            with imaplib.IMAP4(HOST, roster.IMAP + world.offset, timeout=PATIENCE_S) as client:
                client.login(CATCHER, roster.PASSWORD)
                return int(client.select("INBOX")[1][0])

        assert await apart(read) == 5

    in_lab(tmp_path, talk, catch=True)


def test_without_it_nothing_is_caught_and_there_is_no_such_page(tmp_path: Path):
    async def talk(world: World) -> None:
        assert (await get(world, "/caught/"))[0] == 404
        with pytest.raises(smtplib.SMTPAuthenticationError):
            await apart(lambda: submit(world, roster.SUBMISSION, "any", "a@b.example", "c@d.example", password="x"))

    in_lab(tmp_path, talk)


def test_a_caught_page_is_only_for_this_computer(tmp_path: Path):
    async def talk(world: World) -> None:
        assert (await get(world, "/caught/", Host="evil.example"))[0] == 403
        assert (await get(world, "/caught.json", Host="evil.example"))[0] == 403

    in_lab(tmp_path, talk, catch=True)


# ── domains that make trouble ──


def test_whole_domains_make_trouble_whoever_is_written_to(tmp_path: Path):
    async def talk(world: World) -> None:
        async def outcome(domain: str) -> str:
            number = await hand_in(world, "chulsoo@1ban.test", f"anybody@{domain}")
            await state_of(world, "1ban.test", number, 1.0)
            home = world.nodes["1ban.test"].home
            told = [e for row in home.engine.read_now(journey.of_message, number) for e in row.events]
            return next(e.reply[:9] for e in told if isinstance(e, Deferred | Failed))

        assert await outcome("greylist.test") == "450 4.7.1"
        assert await outcome("451.test") == "451 4.3.0"
        assert await outcome("552.test") == "552 5.3.4"
        assert await outcome("full.test") == "552 5.2.2"
        assert await outcome("spam.test") == "550 5.7.1"
        assert (await outcome("drop.test")).startswith("451")
        world.push(3_600)
        filed = world.nodes["3ban.test"].home
        for _ in range(200):
            numbers = filed.engine.read_now(journey.latest)
            if numbers:
                break
            await asyncio.sleep(0.02)
        inbox = filed.engine.read_now(directory.inbox, "ok@3ban.test")
        assert [e.account for n in numbers for row in filed.engine.read_now(journey.of_message, n)
                for e in row.events if isinstance(e, Filed)] == [inbox.account]  # fmt: skip

    in_lab(tmp_path, talk)


# ── the board without PHP ──


def test_without_php_the_board_starts_sendmail_itself(tmp_path: Path, monkeypatch):
    known = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "php" else known(name))
    assert isinstance(post_office(tmp_path), BySendmail)

    async def talk(world: World) -> None:
        form = {"content_type": "application/x-www-form-urlencoded"}
        _, headers, _ = await get(world, "/board/", "POST", "email=john@test.com", **form)
        for _ in range(200):
            page = (await get(world, headers["location"], accept_language="en"))[2]
            if "Their server took it" in page:
                break
            await asyncio.sleep(0.05)
        assert "Their server took it" in page
        assert "sendmail" in page
        (accepted,) = [e for e in events(world, "board.test") if isinstance(e, Accepted)]
        assert (accepted.via, accepted.reverse_path) == ("sendmail", "noreply@board.test")

    in_lab(tmp_path, talk)
