"""What is decided at the door has a sentence of its own in both languages, not only the name of its rule."""

import pytest

from pyeonji.catalog.say import LANGUAGES, say
from pyeonji.journey.event import Decided
from pyeonji.journey.steps import told

DECIDED = [
    ("dnsbl", "zen.example", "listed: 127.0.0.2, +3, https://zen.example"),
    ("dnsbl", "zen.example", "ignored: does not answer: timeout"),
    ("dnswl", "good.example", "listed: 127.0.5.2, -2"),
    *(("dnsbl score", "3", outcome) for outcome in ("refused", "junk", "taken")),
    ("greylist", "a@b.test from 192.0.2.1 to kim@here.test", "first"),
    ("greylist", "a@b.test from 192.0.2.1 to kim@here.test", "delayed: 300"),
    ("greylist", "a@b.test from 192.0.2.1 to kim@here.test", "early: 240"),
    ("greylist", "a@b.test from 192.0.2.1 to kim@here.test", "passed"),
    ("milter", "inet:1@127.0.0.1", "said: 550 5.7.1 spam: no"),
    ("milter", "", "nobody"),
    ("srs", "a@b.test", "onward: SRS0=x=y=b.test=a@here.test"),
    ("srs", "a@b.test", "kept: it would be too long"),
    ("srs", "SRS0=x=y=b.test=a@here.test", "back: a@b.test"),
    ("report about", "K7M32QXD9TAB", "told: failed, delayed"),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("rule", "value", "outcome"), DECIDED)
def test_what_is_decided_is_told_in_a_sentence(rule, value, outcome, language):
    found = told(Decided(0, rule, value, outcome))
    assert found.key != "event.decided"
    sentence = say(language, found.key, **found.slots)
    assert "{" not in sentence
    why = outcome.partition(": ")[2]
    assert why in sentence
