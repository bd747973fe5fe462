"""LMTP: one reply for each recipient (RFC 2033 §4.2); who cannot be served fails alone, one commit has the others."""

import asyncio

import pytest

from kit.inprocess import KIM, LEE, attack
from kit.patience import PATIENCE_S
from pyeonji.address import Address
from pyeonji.intake import taking
from pyeonji.intake.policy import Policy
from pyeonji.journey.event import Filed, Refused
from pyeonji.proto.smtp import reply as replies
from pyeonji.store import directory, journey, quota

HELLO = b"LHLO x\r\nMAIL FROM:<a@b.test>\r\n"
LETTER = b"Subject: x\r\n\r\n" + b"x" * 70 + b"\r\n.\r\n"


class NoSpam(Policy):
    """Refuses at the end whatever goes to lee."""

    async def at_content(self, addresses, size):
        return replies.LOOKS_LIKE_SPAM if any(address.local_part == "lee" for address in addresses) else None


def full(stations):
    stations.home.engine.write_now(quota.set_limits, stations.people[1].id, octets=20, messages=0)


def gone(stations):
    stations.home.engine.write_now(directory.remove_account, stations.people[1].id)


def both_gone(stations):
    gone(stations)
    stations.home.engine.write_now(directory.remove_account, stations.people[0].id)


def led_to_both(stations):
    for address in (KIM, LEE):
        stations.home.engine.write_now(directory.add_alias, "both@here.test", address)


def nothing(stations):
    pass


# name -> (before the envelope, recipients, between RCPT and the final dot, the replies)
OUTCOMES = {
    "both": (nothing, (KIM, LEE), nothing, (b"250 2.0.0", b"250 2.0.0")),
    "one of them twice": (nothing, (KIM, KIM), nothing, (b"250 2.0.0", b"250 2.0.0")),
    "one is full": (full, (KIM, LEE), nothing, (b"250 2.0.0", b"452 4.2.2")),
    "the first is full": (full, (LEE, KIM), nothing, (b"452 4.2.2", b"250 2.0.0")),
    "one went away": (nothing, (KIM, LEE), gone, (b"250 2.0.0", b"550 5.1.1")),
    "the first went away": (nothing, (LEE, KIM), gone, (b"550 5.1.1", b"250 2.0.0")),
    "all went away": (nothing, (KIM, LEE), both_gone, (b"550 5.1.1", b"550 5.1.1")),
    "one behind an alias went away": (led_to_both, ("both@here.test",), gone, (b"250 2.0.0",)),
}


async def handed_in(stations, recipients, meanwhile=lambda stations: None, service="lmtp"):
    """What is said to the final dot."""
    client = await stations.client(service)
    hello = HELLO if service == "lmtp" else HELLO.replace(b"LHLO", b"EHLO")
    await client.send(hello + b"".join(b"RCPT TO:<%b>\r\n" % r.encode() for r in recipients) + b"DATA\r\n")
    assert b"354 " in await client.until(b"354 ")
    meanwhile(stations)
    said = await client.last(LETTER)
    await asyncio.gather(*(listener.stop(PATIENCE_S) for listener in stations.listeners))  # the session is written down
    return tuple(line[:9] for line in said.split(b"\r\n") if line)


def events(stations, kind):
    def read(tx):
        sessions = [number for (number,) in tx.all("SELECT id FROM session", {})]
        return [e for s in sessions for row in journey.of_session(tx, s) for e in row.events if isinstance(e, kind)]

    return stations.home.engine.read_now(read)


@pytest.mark.parametrize("name", OUTCOMES)
def test_each_recipient_has_its_own_outcome_and_one_letter_is_taken_for_all(tmp_path, name):
    before, recipients, meanwhile, wanted = OUTCOMES[name]

    async def story(stations):
        before(stations)
        assert await handed_in(stations, recipients, meanwhile) == wanted
        served = {r for r, reply in zip(recipients, wanted, strict=True) if reply.startswith(b"250")}
        assert stations.count("message") == (1 if served else 0)
        if "both@here.test" not in served:
            assert {event.address for event in events(stations, Filed)} == served
            assert {event.address for event in events(stations, Refused)} == set(recipients) - served

    attack(tmp_path, story)


def test_a_policy_speaks_about_each(tmp_path):
    async def story(stations):
        object.__setattr__(stations.intake, "policy", NoSpam())
        assert await handed_in(stations, (LEE, KIM)) == (b"550 5.7.1", b"250 2.0.0")
        assert stations.count("message") == 1

    attack(tmp_path, story)


def test_a_letter_that_has_one_reply_is_taken_for_all_or_for_none(tmp_path):
    """SMTP: the client comes again, and RCPT then says who is not there."""

    async def story(stations):
        assert await handed_in(stations, (KIM, LEE), gone, "smtp") == (b"451 4.3.0",)
        assert stations.count("message") == 0

    attack(tmp_path, story)


def test_mailboxes_that_go_away_for_ever_end_in_later(tmp_path, monkeypatch):
    """A plan that is wrong each time it is made again is not made without end."""
    plans = []

    async def remembered(self, wanted):
        plans.append(wanted)
        return next(e for w, e in self.envelope.recipients if w is wanted)

    monkeypatch.setattr(taking.Taking, "_expanded", remembered)

    async def story(stations):
        assert await handed_in(stations, (LEE,), gone) == (b"451 4.3.0",)
        assert len(plans) == taking.PLANS

    attack(tmp_path, story)


def test_the_other_copy_carries_no_sign_of_who_was_refused(tmp_path):
    """The Received field names a recipient only when the letter was taken for that one alone."""

    async def story(stations):
        await handed_in(stations, (KIM, LEE), gone)
        (octets,) = stations.letters()
        assert LEE.encode() not in octets
        assert str(Address("kim", "here.test")).encode() in octets.partition(b"\r\n\r\n")[0]

    attack(tmp_path, story)
