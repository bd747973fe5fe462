"""What sendmail left while the server was down is taken, or its writer is told why not; nothing ends in silence."""

import os
from pathlib import Path

import pytest

from kit.sending import FakeMx, run, sending
from kit.stored import filing, letter
from pyeonji.cli.handover import Envelope
from pyeonji.cli.maildrop import write_drop
from pyeonji.daemon.pickup import PickUp
from pyeonji.journey.event import Bounced, Failed, LoggedIn, Refused
from pyeonji.message.header import parse_header
from pyeonji.message.report import parse_report
from pyeonji.message.text import header_text
from pyeonji.store import directory, journey
from pyeonji.store.accept import accept
from pyeonji.store.verify import verify

LEE, GONE, FAR = "lee@us.example", "gone@us.example", "kim@one.example"
CONTENT = b"From: lee@us.example\r\nSubject: hi\r\n\r\nHello\r\n"
DAY_US = 86_400_000_000
PATIENCE_US = 5 * DAY_US
MAX_SIZE = 10_000


def at(tmp_path, story, **facts):
    """`story(node, mx, drop, look)`: leave a letter, let it be picked up and everybody be told."""

    async def go():
        mx = FakeMx()
        async with sending(tmp_path, {"mx1": mx}) as node:
            folder = node.home.data / "maildrop"
            pick_up = PickUp([folder], node.door, max_size=MAX_SIZE, patience_us=PATIENCE_US)

            def drop(*recipients, content=CONTENT, sender=LEE, name=""):
                path = write_drop([str(folder)], Envelope(sender, [(to, "") for to in recipients]), content, name=name)
                now = node.clock.now_us() * 1000
                os.utime(path, ns=(now, now))
                return path

            async def look():
                node.clock.push(1)
                await pick_up.look()
                await node.manager.settle()
                return sorted(path.name for path in folder.glob("*.drop"))

            await story(node, mx, drop, look)
            assert verify(node.home) == []
            assert list((folder / "quarantine").glob("*")) == []

    run(go())


def copy_of(path):
    octets, stamp = path.read_bytes(), path.stat().st_mtime_ns

    def put_back():
        path.write_bytes(octets)
        os.utime(path, ns=(stamp, stamp))

    return put_back


def told_by(path):
    return path.stat().st_mtime_ns // 1_000_000, path.name


def letters(node):
    return sorted(node.home.engine.read_now(journey.latest))


def test_who_cannot_get_it_is_told_of_to_the_writer_and_the_others_get_it(tmp_path):
    async def story(node, mx, drop, look):
        drop(GONE, FAR)
        assert await look() == []
        (bounce,) = node.inbox()
        (told,) = parse_report(bounce).recipients
        assert (told.action, told.status, told.final) == ("failed", "5.1.1", GONE)
        assert [letter.recipients for letter in mx.letters] == [[f"RCPT TO:<{FAR}> ORCPT=rfc822;{FAR}"]]
        number = letters(node)[0]
        assert node.states(number) == ["done", "bounced"]
        assert node.kinds(number, Bounced)[0].bounce == letters(node)[1]
        assert [event.address for event in node.kinds(number, Refused)] == [GONE]
        assert node.kinds(number, LoggedIn)[0].mechanism == "maildrop"

    at(tmp_path, story)


def test_a_letter_for_nobody_comes_back(tmp_path):
    async def story(node, mx, drop, look):
        drop(GONE)
        assert await look() == []
        (bounce,) = node.inbox()
        assert header_text(parse_header(bounce), b"subject") == f"전하지 못했어요: {GONE} (“hi”)"
        assert b"Subject: hi" in bounce.partition(b"\r\n\r\n")[2]

    at(tmp_path, story)


def test_with_a_null_reverse_path_the_journey_alone_says_it(tmp_path):
    async def story(node, mx, drop, look):
        drop(GONE, sender="")
        assert await look() == []
        (number,) = letters(node)
        assert node.states(number) == ["bounced"]
        assert node.kinds(number, Failed)[0].reply.startswith("550 5.1.1")
        assert node.kinds(number, Bounced)[0].bounce == 0

    at(tmp_path, story)


@pytest.mark.parametrize(
    "content",
    [
        CONTENT + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 200,
        b"Subject: hi\r\n" + b"X-Long: " + b"z" * 300_000 + b"\r\n\r\nHello\r\n",
        (b"Subject: hi\r\n" + b"X-Many: zzzz\r\n" * 30_000) + b"\r\nHello\r\n",
        b"Subject: " + b"z" * 300_000 + b"\r\n",
    ],
)
def test_a_letter_that_is_too_large_comes_back(tmp_path, content):
    async def story(node, mx, drop, look):
        drop(FAR, content=content)
        assert await look() == []
        (bounce,) = node.inbox()
        assert [told.status for told in parse_report(bounce).recipients] == ["5.3.4"]
        assert mx.letters == []

    at(tmp_path, story)


def test_an_alias_that_leads_nowhere_may_be_mended_until_the_time_is_over(tmp_path):
    async def story(node, mx, drop, look):
        node.home.engine.write_now(directory.add_alias, GONE, "no address")
        drop(GONE)
        assert len(await look()) == 1
        assert letters(node) == []
        node.home.engine.write_now(directory.remove_alias, GONE)
        node.home.engine.write_now(directory.add_alias, GONE, FAR)
        assert await look() == []
        assert len(mx.letters) == 1

    at(tmp_path, story)


def test_and_then_its_writer_is_told(tmp_path):
    async def story(node, mx, drop, look):
        node.home.engine.write_now(directory.add_alias, GONE, "no address")
        drop(GONE)
        await look()
        node.clock.push(PATIENCE_US / 1_000_000 + 1)
        assert await look() == []
        (bounce,) = node.inbox()
        assert [told.final for told in parse_report(bounce).recipients] == [GONE]

    at(tmp_path, story)


def test_a_letter_taken_just_before_a_crash_is_not_taken_again(tmp_path):
    async def story(node, mx, drop, look):
        put_back = copy_of(Path(drop(LEE)))
        await look()
        put_back()  # the crash came before the file could be removed
        assert await look() == []
        assert len(letters(node)) == 1

    at(tmp_path, story)


def test_a_letter_whose_number_another_one_has_is_taken_all_the_same(tmp_path):
    async def story(node, mx, drop, look):
        number = node.ids.receipt_of(*told_by(Path(drop(LEE))))
        node.home.engine.write_now(accept, node.home.blobs, letter(filing(node.home, LEE), number=number))
        assert await look() == []
        assert len(node.inbox()) == 2

    at(tmp_path, story)


def test_a_name_without_a_domain_is_an_address_of_the_server(tmp_path):
    async def story(node, mx, drop, look):
        octets = b"Subject: backup\r\n\r\ndone\r\n"
        drop("lee", content=octets, sender="lee", name="CronDaemon")
        assert await look() == []
        (letter,) = node.inbox()
        assert b"From: CronDaemon <lee@us.example>\r\n" in letter
        assert letter.startswith(b"Return-Path: <lee@us.example>\r\n")

    at(tmp_path, story)


def test_without_any_domain_it_waits(tmp_path):
    async def story(node, mx, drop, look):
        node.home.engine.write_now(lambda tx: tx.run("DELETE FROM account"))
        node.home.engine.write_now(directory.remove_domain, "us.example")
        drop("lee", sender="lee")
        assert len(await look()) == 1
        node.home.engine.write_now(directory.add_domain, "one.example", 1)
        await look()
        assert len(letters(node)) > 0

    at(tmp_path, story)
