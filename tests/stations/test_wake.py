"""Who is told that mailboxes changed: those here at once, the other workers not too often, nobody not at all."""

import asyncio

from pyeonji.acceptance.wake import EVERYTHING, Wake
from pyeonji.net.pace import Pace

GAP_S = 0.05


def test_a_burst_is_told_here_at_once_and_elsewhere_in_two_words():
    async def story():
        loop = asyncio.get_running_loop()
        wake, heard, words, last = Wake(), [], [], asyncio.Event()

        def elsewhere(message):
            words.append((loop.time(), message))
            if b"9" in message:
                last.set()

        wake.elsewhere, wake.soon = elsewhere, Pace(GAP_S).soon
        for number in range(1, 10):
            wake.on_mailbox(number, lambda number=number: heard.append(number))
        for number in range(1, 10):
            wake.tell_mailboxes([number])
            assert heard[-1] == number
            await asyncio.sleep(0)
        await last.wait()
        (first, one), (second, others) = words
        assert one == b"m1" and set(others[1:].split(b",")) == {b"%d" % number for number in range(2, 10)}
        assert second - first >= GAP_S * 0.9

    asyncio.run(story())


def test_what_is_owed_is_told_before_the_end():
    async def story():
        wake, words = Wake(), []
        wake.elsewhere, wake.soon = words.append, Pace(GAP_S).soon
        wake.tell_mailboxes([1])
        await asyncio.sleep(0)
        wake.tell_mailboxes([2])
        wake.tell_elsewhere()
        wake.tell_elsewhere()
        assert words == [b"m1", b"m2"]

    asyncio.run(story())


def test_news_of_a_letter_reach_those_who_wait_at_another_worker():
    here, there = Wake(), Wake()
    here.elsewhere, there.elsewhere = there.heard, here.heard
    told = []
    forget = there.on_letter(7, lambda: told.append("seven"))
    there.on_any_letter(lambda: told.append("any"))
    here.tell_letters([8])
    here.tell_letters([7])
    assert told == ["any", "seven", "any"]
    forget()
    here.tell_letters([7])
    assert told[3:] == ["any"]


def test_whoever_has_missed_something_looks_for_itself():
    wake, told = Wake(), []
    for name, listen in (
        ("mailbox", lambda call: wake.on_mailbox(1, call)),
        ("tree", lambda call: wake.on_tree(1, call)),
        ("letter", lambda call: wake.on_letter(1, call)),
        ("any letter", wake.on_any_letter),
        ("queue", wake.on_queue),
        ("filed", wake.on_filed),
        ("digested", wake.on_digested),
    ):
        listen(lambda name=name: told.append(name))
    wake.heard(EVERYTHING)
    assert sorted(told) == sorted({"mailbox", "tree", "letter", "any letter", "queue", "filed", "digested"})
