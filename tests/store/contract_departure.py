"""A mailbox or an account that goes: each letter's journey says so, in steps that hold nobody up for long."""

import pytest

from kit.stored import NOW, fill, inbox, person
from pyeonji.journey.event import Expunged
from pyeonji.store import directory, journey, mailboxes, removed
from pyeonji.store import entries as entries_
from pyeonji.store.delete import OF_AN_ACCOUNT, delete, remove_account, thin_out
from pyeonji.store.verify import verify

KIM = "kim@a.test"


@pytest.fixture
def kim(home):
    return person(home)


def expunged_events(home, number):
    return [
        event for row in home.engine.read_now(journey.of_message, number) for event in row.events
        if isinstance(event, Expunged)
    ]  # fmt: skip


def steps_of(home, monkeypatch):
    """How many letters each transaction takes away."""
    taken = []
    write = home.engine.write_now

    def counted(fn, *args, **named):
        before = home.engine.read_now(lambda tx: tx.one("SELECT count(*) FROM entry", {}))[0]
        result = write(fn, *args, **named)
        taken.append(before - home.engine.read_now(lambda tx: tx.one("SELECT count(*) FROM entry", {}))[0])
        return result

    monkeypatch.setattr(home.engine, "write_now", counted)
    return taken


def test_a_large_mailbox_goes_in_steps_and_every_letter_says_so(home, kim, monkeypatch):
    numbers = fill(home, 10)
    box = inbox(home).mailbox_id
    taken = steps_of(home, monkeypatch)
    write = home.engine.write_now
    while write(thin_out, box, now_us=NOW, account=KIM, step=3):
        pass
    write(delete, box, now_us=NOW, account=KIM)
    assert sum(taken) == 10
    assert max(taken) == 3
    for at, number in enumerate(numbers, 1):
        assert [(e.account, e.mailbox, e.uid, e.because) for e in expunged_events(home, number)] == [
            (KIM, "INBOX", at, "")
        ]
    assert len(home.engine.read_now(removed.removed, kim.id, mailbox="", since_us=0, after=0, limit=99)) == 10


def test_a_small_one_goes_at_once(home, kim):
    fill(home, 3)
    assert not home.engine.write_now(thin_out, inbox(home).mailbox_id, now_us=NOW, account=KIM)


def test_what_was_expunged_long_ago_goes_in_steps_too(home, kim):
    box = inbox(home).mailbox_id
    fill(home, 9)
    home.engine.write_now(entries_.expunge, box, list(range(1, 10)), now_us=NOW, account=KIM)
    steps = 0
    while home.engine.write_now(thin_out, box, now_us=NOW, account=KIM, step=2):
        steps += 1
    assert steps >= 3


def test_an_account_goes_with_all_its_letters_and_their_journeys_say_so(home, kim, monkeypatch):
    numbers = fill(home, 7)
    taken = steps_of(home, monkeypatch)
    gone = remove_account(home, kim, NOW, step=2)
    assert inbox(home) is None
    assert sum(taken) == 7
    assert max(taken) == 2
    assert len(gone) > 1
    for number in numbers:
        (event,) = expunged_events(home, number)
        assert (event.account, event.mailbox, event.because) == (KIM, "INBOX", OF_AN_ACCOUNT)
    assert home.engine.read_now(lambda tx: tx.one("SELECT count(*) FROM removed", {}))[0] == 0
    assert verify(home) == []


def test_an_interrupted_removal_goes_on_and_tells_nothing_twice(home, kim, monkeypatch):
    numbers = fill(home, 7)
    write = home.engine.write_now
    calls = []

    def dies(fn, *args, **named):
        calls.append(fn)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return write(fn, *args, **named)

    monkeypatch.setattr(home.engine, "write_now", dies)
    with pytest.raises(KeyboardInterrupt):
        remove_account(home, kim, NOW, step=2)
    monkeypatch.undo()
    assert home.engine.read_now(directory.account, KIM).disabled
    remove_account(home, home.engine.read_now(directory.account, KIM), NOW, step=2)
    assert home.engine.read_now(directory.account, KIM) is None
    assert [len(expunged_events(home, number)) for number in numbers] == [1] * 7


def test_nobody_else_is_touched(home, kim):
    person(home, "lee@a.test")
    mine, theirs = fill(home, 2), fill(home, 2, "lee@a.test")
    remove_account(home, kim, NOW)
    assert [expunged_events(home, number) for number in theirs] == [[], []]
    assert all(expunged_events(home, number) for number in mine)
    box = home.engine.read_now(mailboxes.mailbox_by_id, inbox(home, "lee@a.test").mailbox_id)
    assert box.messages == 2
