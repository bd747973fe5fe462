"""What every engine does with a report about a letter that was handed over."""

import pytest

from kit.stored import NOW, filing, letter, person, relaying, take
from pyeonji.journey.event import Decided, Delivered, Reported, Returned
from pyeonji.journey.receipt import compact
from pyeonji.store import journey
from pyeonji.store.accept import record
from pyeonji.store.returned import Names, Reports, StillTrying, Word, join
from pyeonji.store.verify import verify

WRITER = frozenset({"kim@a.test"})
GONE = Word(("lee@b.test",), "failed", "5.1.1 no such user", "addr.no_such_user", "mx.b.test")


def handed_over(home, *addresses, state="done", **facts):
    """A letter of kim's that other servers have taken."""
    ways = [relaying(address, n) for n, address in enumerate(addresses or ("lee@b.test",), 1)]
    number = take(home, letter(*ways, **{"reverse_path": "Kim@a.test"} | facts)).number

    def taken(tx):
        tx.run("UPDATE recipient SET state = :state WHERE message_id = :id", {"id": number, "state": state})
        if state == "done":
            record(tx, None, number, NOW, [Delivered(NOW, way.n, "mx.b.test", "250 Ok") for way in ways])

    home.engine.write_now(taken)
    return number


def incoming(home):
    person(home)
    return take(home, letter(filing(home), reverse_path="")).number


def told(home, number, *kinds):
    return [e for row in home.engine.read_now(journey.of_message, number) for e in row.events if isinstance(e, kinds)]


def states(home, number):
    return [one.state for one in home.engine.read_now(journey.recipients, number)]


@pytest.mark.parametrize("called", ["receipt", "envid", "message_id"])
def test_a_letter_that_comes_back_is_joined_to_its_journey(home, called):
    number = handed_over(home, envid="shop-42", message_id="<1@a.test>")
    names = {"receipt": Names((number,)), "envid": Names((), "shop-42"), "message_id": Names((), "", "<1@a.test>")}
    report = incoming(home)
    assert home.engine.write_now(join, Reports(names[called], (GONE,), WRITER), report, NOW) == number
    assert told(home, number, Returned) == [
        Returned(NOW, 1, report, "5.1.1 no such user", "addr.no_such_user", "mx.b.test")
    ]
    assert told(home, report, Decided) == [Decided(NOW, "report about", compact(number), "told: failed")]
    assert states(home, number) == ["returned"]
    assert verify(home) == []


def test_of_two_letters_with_one_envid_it_is_that_whose_recipient_is_named(home):
    """One was sent again, to another address, with the wishes of its writer."""
    first = handed_over(home, "minsu@b.test", envid="order-7")
    second = handed_over(home, "lee@b.test", envid="order-7")
    reports = Reports(Names((), "order-7"), (GONE,), WRITER)
    assert home.engine.write_now(join, reports, incoming(home), NOW) == second
    assert (states(home, first), states(home, second)) == (["done"], ["returned"])


def test_it_comes_back_once(home):
    number, report = handed_over(home), incoming(home)
    reports = Reports(Names((number,)), (GONE,), WRITER)
    assert [home.engine.write_now(join, reports, report, NOW) for _ in range(2)] == [number, 0]
    assert len(told(home, number, Returned)) == 1


def test_only_who_is_spoken_of_is_touched(home):
    number, report = handed_over(home, "lee@b.test", "park@b.test"), incoming(home)
    words = (GONE, Word(("jung@b.test",), "failed", "5.1.1"), Word(("park@b.test",), "delayed", "4.4.1"))
    home.engine.write_now(join, Reports(Names((number,)), words, WRITER), report, NOW)
    assert states(home, number) == ["returned", "done"]
    assert told(home, number, Reported) == [Reported(NOW, 2, report, "delayed", "4.4.1")]
    assert told(home, report, Decided)[0].outcome == "told: failed, delayed"


def test_the_only_recipient_is_meant_by_whatever_name(home):
    """He has had it sent on to an address that we do not know."""
    number, report = handed_over(home), incoming(home)
    word = Word(("elsewhere@c.test",), "failed", "5.2.2")
    assert home.engine.write_now(join, Reports(Names((number,)), (word,), WRITER), report, NOW) == number


@pytest.mark.parametrize(
    "reports",
    [
        lambda number: Reports(Names((number,)), (GONE,), frozenset({"park@a.test"})),  # came to somebody else
        lambda number: Reports(Names((number + 1,)), (GONE,), WRITER),
        lambda number: Reports(Names((), "", "<other@a.test>"), (GONE,), WRITER),
        lambda number: Reports(Names(), (GONE,), WRITER),
        lambda number: Reports(Names((number,)), (), WRITER),
        lambda number: Reports(Names((number,)), (Word(("x@b.test",), "complaint"),), frozenset()),
    ],
)
def test_what_is_about_no_letter_of_ours_changes_nothing(home, reports):
    number, report = handed_over(home), incoming(home)
    assert home.engine.write_now(join, reports(number), report, NOW) == 0
    assert states(home, number) == ["done"]
    assert told(home, number, Returned, Reported) == []


@pytest.mark.parametrize("state", ["waiting", "held", "failed", "bounced", "cancelled"])
def test_nobody_sends_back_what_nobody_has(home, state):
    number, report = handed_over(home, state=state), incoming(home)
    assert home.engine.write_now(join, Reports(Names((number,)), (GONE,), WRITER), report, NOW) == 0
    assert states(home, number) == [state]


def test_who_answers_before_we_are_done_is_heard_again_later(home):
    number, report = handed_over(home, state="trying"), incoming(home)
    with pytest.raises(StillTrying):
        home.engine.write_now(join, Reports(Names((number,)), (GONE,), WRITER), report, NOW)
    assert states(home, number) == ["trying"]


def test_what_is_in_a_mailbox_here_cannot_come_back(home):
    person(home)
    number = take(home, letter(filing(home), reverse_path="kim@a.test")).number
    report = take(home, letter(filing(home), reverse_path="")).number
    word = Word(("kim@a.test",), "failed", "5.1.1")
    assert home.engine.write_now(join, Reports(Names((number,)), (word,), WRITER), report, NOW) == 0


def test_a_complaint_comes_to_another_address_and_may_hide_who_complains(home):
    number, report = handed_over(home, "lee@b.test", "park@b.test"), incoming(home)
    for word in (Word((), "complaint", "abuse"), Word(("park@b.test",), "complaint", "abuse")):
        home.engine.write_now(join, Reports(Names((number,)), (word,)), report, NOW)
    assert [event.recipient for event in told(home, number, Reported)] == [0, 2]
    assert states(home, number) == ["done", "done"]


def test_of_letters_with_one_message_id_the_one_that_returns_there_is_meant(home):
    """A list's letter has the Message-ID of the letter that was written to the list."""
    facts = {"message_id": "<1@a.test>"}
    written, given = handed_over(home, **facts), handed_over(home, reverse_path="owner@a.test", **facts)
    report = incoming(home)
    reports = Reports(Names((given, written), "", "<1@a.test>"), (GONE,), frozenset({"owner@a.test"}))
    assert home.engine.write_now(join, reports, report, NOW) == given
    assert (states(home, written), states(home, given)) == (["done"], ["returned"])
