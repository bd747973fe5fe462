"""Which host next, and what their words mean (RFC 5321 §5.1; reliability F03-F07, F14)."""

import pytest

from pyeonji.proto.smtp.reply import Reply
from pyeonji.queue.outcome import HandedOver, Later, Never
from pyeonji.relay.attempt import Attempt
from pyeonji.relay.hops import Host

HOSTS = [
    Host(10, "mx1.example", ("192.0.2.1", "2001:db8::1")),
    Host(20, "mx2.example", ("192.0.2.2",)),
    Host(30, "mx3.example", ("192.0.2.3",)),
]
OK = Reply(250, "0.0", "Ok")
LATER = Reply(451, "7.1", "Greylisted")
NO = Reply(550, "1.1", "No such user")
GONE = Reply(451, "4.2", "Connection lost")
CLOSING = Reply(421, "3.2", "Closing")


def attempt(*recipients):
    return Attempt(recipients or (1,), HOSTS, lambda reply, phase: f"{reply.code}@{phase}")


def step(a):
    hop = a.next_hop()
    a.talked(hop)
    return hop


def test_every_address_of_a_host_is_dialled_before_the_next_host():
    a = attempt()
    dialled = []
    while hop := a.next_hop():
        dialled.append(hop.address)
        a.unreachable(hop, "timed out")
    assert dialled == ["192.0.2.1", "2001:db8::1", "192.0.2.2", "192.0.2.3"]
    (outcome,) = a.outcomes().values()
    assert isinstance(outcome, Later)
    assert outcome.silent
    assert outcome.cause == "net.no_answer"


def test_a_host_that_spoke_is_not_dialled_at_its_other_address():
    a = attempt()
    a.refused((1,), step(a), "rcpt", LATER)
    assert a.next_hop().host == "mx2.example"


def test_a_refusal_for_good_asks_no_other_host():
    a = attempt()
    a.refused((1,), step(a), "rcpt", NO)
    assert a.next_hop() is None
    assert a.outcomes()[1] == Never("550 5.1.1 No such user", "550@rcpt", "mx1.example", "rcpt")


@pytest.mark.parametrize("phase", ["mail", "rcpt", "data", "content"])
def test_not_now_leads_to_the_next_host(phase):
    a = attempt()
    a.refused((1,), step(a), phase, LATER)
    hop = step(a)
    a.handed_over(1, hop, OK)
    assert a.outcomes()[1] == HandedOver("mx2.example", "250 2.0.0 Ok", False)


def test_not_more_than_two_hosts_are_talked_to():
    a = attempt()
    a.refused((1,), step(a), "rcpt", LATER)
    a.refused((1,), step(a), "rcpt", LATER)
    assert a.next_hop() is None
    assert a.outcomes()[1].host == "mx2.example"


def test_mixed_answers_are_kept_apart():
    a = attempt(1, 2, 3)
    hop = step(a)
    a.refused((2,), hop, "rcpt", LATER)
    a.refused((3,), hop, "rcpt", NO)
    a.handed_over(1, hop, OK)
    assert a.undecided == (2,)
    a.refused((2,), step(a), "rcpt", CLOSING)
    outcomes = a.outcomes()
    assert [type(outcomes[n]) for n in (1, 2, 3)] == [HandedOver, Later, Never]


def test_a_greeting_that_refuses_leads_to_the_next_host():
    a = attempt()
    a.refused((1,), step(a), "greeting", Reply(554, "", "No SMTP service here"))
    a.handed_over(1, step(a), OK)
    assert isinstance(a.outcomes()[1], HandedOver)


def test_when_no_host_will_talk_to_us_it_is_final():
    a = attempt()
    for _ in range(2):
        a.refused((1,), step(a), "greeting", Reply(554, "7.1", "Your address is blocked"))
    assert isinstance(a.outcomes()[1], Never)


def test_a_host_that_will_not_talk_and_a_silent_one_is_not_final():
    a = attempt()
    a.refused((1,), step(a), "greeting", Reply(554, "", "No service"))
    for hop in iter(a.next_hop, None):
        a.unreachable(hop, "refused")
    outcome = a.outcomes()[1]
    assert isinstance(outcome, Later)
    assert not outcome.silent


def test_silence_after_the_final_dot_is_not_tried_elsewhere_at_once():
    a = attempt()
    a.broke_off((1,), step(a), "content", GONE)
    assert a.next_hop() is None
    assert a.outcomes()[1].phase == "content"
    assert isinstance(a.outcomes()[1], Later)


def test_a_connection_lost_earlier_leads_to_the_next_host():
    a = attempt()
    a.broke_off((1,), step(a), "rcpt", GONE)
    assert a.next_hop().host == "mx2.example"


def test_spoken_words_count_before_silence():
    a = attempt()
    a.refused((1,), step(a), "rcpt", LATER)
    for hop in iter(a.next_hop, None):
        a.unreachable(hop, "timed out")
    assert a.outcomes()[1].reply == "451 4.7.1 Greylisted"


@pytest.mark.parametrize("detail", ["", "5.3"])
def test_552_to_rcpt_means_too_many(detail):
    a = attempt()
    a.refused((1,), step(a), "rcpt", Reply(552, detail, "Too many recipients"))
    assert isinstance(a.outcomes()[1], Later)


def test_552_for_a_full_mailbox_is_final():
    a = attempt()
    a.refused((1,), step(a), "rcpt", Reply(552, "2.2", "Mailbox full"))
    assert isinstance(a.outcomes()[1], Never)


def test_a_code_nobody_knows_is_not_final():
    a = attempt()
    a.refused((1,), step(a), "rcpt", Reply(999, "", "???"))
    assert isinstance(a.outcomes()[1], Later)


def test_without_hosts_everything_waits():
    a = Attempt((1,), [], lambda reply, phase: "")
    assert a.next_hop() is None
    assert a.outcomes()[1].silent
