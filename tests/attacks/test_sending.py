"""S27: an account whose password was stolen sends so much and no more, and its owner and the postmaster hear of it."""

import asyncio
from email import message_from_bytes

import pytest

from kit.inprocess import KIM, WEEK_US, attack
from pyeonji.net.clock import PushedClock
from pyeonji.store.sending import SendingLimits
from pyeonji.submission.door import Door

LETTER = b"From: kim@here.test\r\nSubject: buy\r\n\r\nnow\r\n.\r\n"
NOTICE = b"450 4.7.1"
DAY_S = 86_400


def limited(stations, **limits):
    stations.door._limits = SendingLimits(**limits)


async def sent(stations, letters, recipients=1, connections=1):
    """How many of so many letters were taken, in connections side by side."""

    async def one_after_another():
        client = await stations.client("submission", hello=True, login=True)
        taken = 0
        for _ in range(letters // connections):
            rcpt = b"".join(b"RCPT TO:<v%d@far.test>\r\n" % number for number in range(recipients))
            await client.send(b"MAIL FROM:<kim@here.test>\r\n" + rcpt + b"DATA\r\n")
            await client.until(b"354 ")
            await client.send(LETTER)
            said = await client.until(b"\r\n")
            assert said.startswith((b"250 ", NOTICE)), said
            taken += said.startswith(b"250 ")
        return taken

    return sum(await asyncio.gather(*(one_after_another() for _ in range(connections))))


def notices(stations):
    return [letter for letter in stations.letters() if b"auto-generated" in letter]


@pytest.mark.parametrize(
    ("limits", "recipients", "taken"),
    [
        ({"letters_a_day": 10}, 1, 10),
        ({"recipients_a_day": 35}, 5, 7),
        ({"letters_a_minute": 4}, 1, 4),
        ({}, 1, 20),  # negative control: nobody stops him, and nobody is told
    ],
)
def test_an_account_sends_so_much_and_no_more(tmp_path, limits, recipients, taken):
    """In four connections side by side: the limit is that of the account."""
    clock = PushedClock()

    async def story(stations):
        limited(stations, **limits)
        assert await sent(stations, 20, recipients, connections=4) == taken
        assert len(notices(stations)) == (1 if limits else 0)
        clock.push(DAY_S)
        assert await sent(stations, 1) == 1

    attack(tmp_path, story, clock=clock)


def test_owner_and_postmaster_are_told_once_a_day(tmp_path):
    clock = PushedClock()

    async def story(stations):
        limited(stations, letters_a_day=1)
        for _ in range(3):
            await sent(stations, 3)
        (letter,) = notices(stations)
        assert b"To: kim@here.test, postmaster@here.test" in letter
        text = message_from_bytes(letter).get_payload(decode=True).decode()
        assert "pyeonji account logins kim@here.test" in text
        clock.push(DAY_S)
        await sent(stations, 3)
        assert len(notices(stations)) == 2

    attack(tmp_path, story, clock=clock)


def test_what_comes_in_and_what_we_write_ourselves_is_nobodys_sending(tmp_path):
    async def story(stations):
        limited(stations, letters_a_day=1)
        for _ in range(3):
            client = await stations.client("smtp", hello=True)
            await client.send(b"MAIL FROM:<>\r\n")
            await client.until(b"250 ")
            await client.send(b"RCPT TO:<kim@here.test>\r\n")
            await client.until(b"250 ")
            await client.send(b"DATA\r\n")
            await client.until(b"354 ")
            await client.send(LETTER)
            assert (await client.until(b"\r\n")).startswith(b"250 ")
        assert await sent(stations, 1) == 1
        assert Door(stations.acceptance, WEEK_US)._limits == SendingLimits()  # only who says so has limits
        assert KIM.encode() in stations.letters()[-1]

    attack(tmp_path, story)
