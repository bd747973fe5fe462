"""What every engine keeps of letters that were sent again."""

import pytest

from kit.stored import DAY, NOW, letter, relaying, take
from pyeonji.store import again
from pyeonji.store.again import SentBefore
from pyeonji.store.sweep import Limits, sweep


def test_a_recipients_letter_is_sent_again_once(home):
    old, new, other = (take(home, letter(relaying("lee@b.test"))).number for _ in range(3))
    home.engine.write_now(again.note, old, 1, new)
    with pytest.raises(SentBefore) as before:
        home.engine.write_now(again.note, old, 1, other)
    assert before.value.number == new == home.engine.read_now(again.sent_as, old, 1)
    home.engine.write_now(again.note, old, 2, other)
    assert home.engine.read_now(again.sent_as, old, 3) == 0


def test_that_it_was_is_forgotten_with_the_letter_whose_octets_went_before(home):
    old = take(home, letter(relaying("lee@b.test"))).number
    home.engine.write_now(again.note, old, 1, 99)
    home.engine.write_now(lambda tx: tx.run("UPDATE recipient SET state = 'bounced'"))
    assert home.engine.read_now(again.has_octets, old)
    sweep(home, NOW + 20 * DAY, Limits())
    assert not home.engine.read_now(again.has_octets, old) and home.engine.read_now(again.sent_as, old, 1) == 99
    sweep(home, NOW + 400 * DAY, Limits())
    assert home.engine.read_now(again.sent_as, old, 1) == 0
