"""What a letter may cost: a full mailbox, and nothing left behind by a letter that was refused."""

import asyncio

import pytest

from kit.inprocess import KIM, attack
from kit.patience import PATIENCE_S
from pyeonji.acceptance.accept import Acceptance
from pyeonji.address import parse_address
from pyeonji.delivery.expand import Expansion
from pyeonji.delivery.plan import Wanted
from pyeonji.intake import rules
from pyeonji.journey.story import session_story
from pyeonji.store import journey, quota
from pyeonji.store.blobs import INLINE_LIMIT
from pyeonji.store.engine.base import Full, Unavailable
from pyeonji.submission.door import Draft, Refusal

LETTER = b"EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<kim@here.test>\r\n%bDATA\r\n"
LEE_TOO = b"RCPT TO:<lee@here.test>\r\n"


async def answer_to(stations, more=b"") -> bytes:
    """What is said to 20,000 octets of which nothing was said before, with 2,000 of room."""
    stations.home.engine.write_now(quota.set_limits, stations.people[0].id, octets=2_000, messages=0)
    client = await stations.client("smtp")
    await client.send(LETTER % more)
    await client.until(b"354")
    return await client.last(b"Subject: x\r\n\r\n" + b"x" * 70 + b"\r\n" * 10_000 + b".\r\nQUIT\r\n")


def test_a_letter_that_did_not_say_its_size_is_measured(tmp_path):
    async def story(stations):
        assert b"452 4.2.2" in await answer_to(stations)
        assert stations.count("message") == 0

    attack(tmp_path, story)


def test_a_letter_that_ends_its_lines_wrongly_is_refused_in_the_journey_too(tmp_path):
    async def story(stations):
        client = await stations.client("smtp")
        await client.send(LETTER % LEE_TOO)
        await client.until(b"354")
        assert b"550 5.5.2" in await client.last(b"Subject: x\n\r\n.\r\n")
        await asyncio.gather(*(listener.stop(PATIENCE_S) for listener in stations.listeners))  # it is written down
        ((number,),) = stations.home.engine.read_now(lambda tx: tx.all("SELECT id FROM session", {}))
        told = session_story(stations.home.engine.read_now(journey.of_session, number))
        assert [(one.address, one.state) for one in told.recipients] == [
            ("kim@here.test", "failed"), ("lee@here.test", "failed")
        ]  # fmt: skip

    attack(tmp_path, story)


@pytest.mark.parametrize(("error", "said"), [(Full("disk is full"), b"452 4.3.1"), (Unavailable("away"), b"451 4.3.0")])
def test_a_full_disk_is_said_as_such_and_keeps_nothing(tmp_path, monkeypatch, error, said):
    async def story(stations):
        client = await stations.client("smtp")
        await client.send(LETTER % b"")
        await client.until(b"354")

        async def refuse(*_, **__):
            raise error

        monkeypatch.setattr(Acceptance, "take", refuse)
        assert said in await client.last(b"Subject: x\r\n\r\n.\r\nQUIT\r\n")
        assert stations.count("message") == 0

    attack(tmp_path, story)


def test_a_mailbox_of_as_many_letters_as_it_may_have_takes_no_more(tmp_path):
    async def story(stations):
        stations.home.engine.write_now(quota.set_limits, stations.people[0].id, octets=0, messages=1)
        first = await stations.client("smtp")
        await first.send(LETTER % b"")
        await first.until(b"354")
        assert b"queued as" in await first.last(b"Subject: x\r\n\r\n.\r\nQUIT\r\n")
        second = await stations.client("smtp")
        assert b"452 4.2.2" in await second.last(LETTER % b"" + b"QUIT\r\n")

    attack(tmp_path, story)


@pytest.mark.parametrize("looked_up", [True, False])
def test_letters_that_come_at_the_same_time_do_not_fill_a_mailbox_beyond_its_limit(tmp_path, monkeypatch, looked_up):
    """Both were told at RCPT that there is room for one.  The second row is the negative control."""
    if not looked_up:
        monkeypatch.setattr(Expansion, "has_limits", False)

    async def story(stations):
        stations.home.engine.write_now(quota.set_limits, stations.people[0].id, octets=0, messages=1)
        clients = [await stations.client("smtp") for _ in range(3)]
        for client in clients:
            await client.send(LETTER % b"")
            await client.until(b"354")
        said = [await client.last(b"Subject: x\r\n\r\n.\r\nQUIT\r\n") for client in clients]
        assert [b"queued as" in one for one in said] == [True, not looked_up, not looked_up]
        assert [b"452 4.2.2" in one for one in said] == [False, looked_up, looked_up]

    attack(tmp_path, story)


def test_without_the_measure_the_quota_would_be_overrun(tmp_path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(rules, "content_refusal", lambda *args: None)

    async def story(stations):
        assert b"queued as" in await answer_to(stations)

    attack(tmp_path, story)


def test_who_has_room_gets_the_letter_although_another_has_none(tmp_path):
    async def story(stations):
        assert b"queued as" in await answer_to(stations, LEE_TOO)

    attack(tmp_path, story)


@pytest.mark.parametrize("recipient", ["nobody@here.test"])
def test_a_large_letter_that_is_refused_leaves_no_file(tmp_path, recipient):
    async def story(stations):
        content = f"From: {KIM}\r\n\r\n".encode() + b"x" * (INLINE_LIMIT + 1) + b"\r\n"
        wanted = (Wanted(parse_address(recipient)),)
        draft = Draft(content=content, reverse_path=parse_address(KIM), recipients=wanted, via="sendmail")
        with pytest.raises(Refusal):
            await stations.door.submit(draft)
        assert list((stations.home.data / "spool").iterdir()) == []

    attack(tmp_path, story)


@pytest.mark.parametrize("field", [b"Subject", b"From", b"To", b"Message-ID"])
def test_octets_of_no_charset_in_a_header_are_no_reason_to_hang_up(tmp_path, field):
    """An encoded word of an unknown charset with raw octets in it ended the session in an exception."""

    async def story(stations):
        content = field + b": =?x-nope?q?\xe9\xff?= <a@b.test>\r\n\r\nx\r\n"
        client = await stations.client("smtp", hello=True)
        said = await client.last(
            b"MAIL FROM:<a@b.test>\r\nRCPT TO:<kim@here.test>\r\nBDAT %d LAST\r\n%b" % (len(content), content)
        )
        assert b"queued as" in said

    attack(tmp_path, story)
