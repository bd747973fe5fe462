"""A08: one signed letter, sent on to everybody."""

import asyncio

import pytest

from pyeonji.address import parse_address
from pyeonji.filters import repeats
from pyeonji.filters.pipeline import Offered
from pyeonji.filters.repeats import Repeats
from pyeonji.filters.trust import TrustSettings
from pyeonji.message.header import parse_header
from pyeonji.msgauth.verdict import Dkim, Spf, Verdict
from pyeonji.net.clock import PushedClock

ELSEWHERE = Spf(result="pass", domain="evil.test")
DAY_S = 86_400


def signed(mark="abcdefgh", domain="big.test", result="pass"):
    return Dkim(result=result, domain=domain, selector="s", mark=mark)


SIGNED = (signed(),)


def offered(recipients, *, to="me@big.test", dkim=SIGNED, spf=ELSEWHERE):
    header = parse_header(b"From: me@big.test\r\nTo: %b\r\n\r\nBuy!\r\n" % to.encode())
    return Offered(
        ip="192.0.2.9", hello="evil.test", reverse_path=parse_address("x@evil.test"),
        forward_paths=tuple(map(parse_address, recipients)), header=header, size=len(header.octets),
        read=lambda at, size: b"", verdict=Verdict(spf=spf, dkim=tuple(dkim)),
    )  # fmt: skip


class Door:
    def __init__(self, **settings):
        self.clock = PushedClock(0)
        self.filter = Repeats(TrustSettings(**{"same_signature": 10} | settings), self.clock)

    def offer(self, letter):
        found = asyncio.run(self.filter.look(letter))
        return found.action

    def offer_to(self, count, **how):
        """One letter to each of so many; what became of each."""
        return [self.offer(offered([f"p{number}@here.test"], **how)) for number in range(count)]


def people(count):
    return [f"p{number}@here.test" for number in range(count)]


def test_what_was_signed_once_and_comes_to_very_many_lies_with_junk():
    assert Door().offer_to(12) == ["accept"] * 10 + ["junk"] * 2


def test_without_the_count_it_would_be_delivered_to_everybody():
    """Negative control."""
    assert Door(same_signature=10**9).offer_to(12) == ["accept"] * 12


@pytest.mark.parametrize("action", ["refuse", "junk", "accept"])
def test_what_is_done_is_for_the_administrator_to_say(action):
    assert Door(repeated=action).offer_to(11)[-1] == action


def test_all_recipients_of_one_transaction_count():
    assert Door().offer(offered(people(11))) == "junk"


def test_a_spammer_does_not_get_on_by_changing_what_is_not_signed():
    door = Door()
    door.offer_to(10)
    assert door.offer(offered(["q@here.test"], spf=Spf(result="pass", domain="other.test"))) == "junk"


@pytest.mark.parametrize(
    "how",
    [
        {"spf": Spf(result="pass", domain="big.test")},  # who signed sends it
        {"spf": Spf(result="pass", domain="bounces.big.test")},
        {"dkim": ()},
        {"dkim": (signed(result="fail"),)},  # says nothing for anybody; DMARC's business
    ],
)
def test_what_is_nobodys_repetition_is_not_counted(how):
    assert Door().offer_to(20, **how) == ["accept"] * 20


def test_who_is_named_in_the_letter_is_whom_it_was_signed_for():
    door = Door()
    names = ", ".join(people(20))
    assert [door.offer(offered([one], to=names)) for one in people(20)] == ["accept"] * 20


def test_letters_signed_each_by_itself_are_not_one():
    """A newsletter, sent by somebody else for its domain."""
    door = Door()
    found = [door.offer(offered([one], dkim=(signed(mark=f"{at:08}"),))) for at, one in enumerate(people(20))]
    assert found == ["accept"] * 20


def test_a_day_later_it_is_another_day():
    door = Door()
    door.offer_to(10)
    door.clock.push(DAY_S)
    assert door.offer_to(1) == ["accept"]


def test_so_many_signatures_are_counted_and_no_more(monkeypatch):
    monkeypatch.setattr(repeats, "MAX_SIGNATURES", 3)
    door = Door()
    for mark in ("aaaaaaaa", "bbbbbbbb", "cccccccc", "dddddddd"):
        door.offer(offered(people(10), dkim=(signed(mark),)))
    assert len(door.filter._counts) == 3
    assert door.offer(offered(["q@here.test"], dkim=(signed("dddddddd"),))) == "junk"
