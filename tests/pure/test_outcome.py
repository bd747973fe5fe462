"""One table for what became of a recipient, in everybody's words; and the news as JSON."""

import json

import pytest

from pyeonji.catalog.causes import CAUSES
from pyeonji.journey import event as e
from pyeonji.journey.news import as_body, as_data
from pyeonji.journey.outcome import (
    ENDED,
    FINAL,
    TYPES,
    WORDS,
    Item,
    anymail_type,
    dsn_action,
    jmap_delivered,
    told,
)
from pyeonji.journey.receipt import parse_receipt
from pyeonji.journey.story import FINAL as FINAL_STORIES
from pyeonji.queue.state import FINAL as FINAL_STATES
from pyeonji.queue.state import State

NOON = 1_795_428_000_000_000
NUMBER = parse_receipt("K7M3-2QXD-9TAB").number

# status, certainty, RFC 3464, RFC 8621, django-anymail
WORDS_OF_OTHERS = [
    ("queued", "", "", "queued", "queued"),
    ("held", "", "", "queued", "queued"),
    ("sending", "", "", "queued", "sent"),
    ("deferred", "", "delayed", "queued", "deferred"),
    ("delivered", "in_mailbox", "delivered", "yes", "delivered"),
    ("delivered", "handed_over", "relayed", "unknown", "delivered"),
    ("delivered", "distributed", "expanded", "unknown", "delivered"),
    ("failed", "", "failed", "no", "failed"),
    ("bounced", "", "failed", "no", "bounced"),
    ("suppressed", "", "", "no", "rejected"),
    ("cancelled", "", "", "no", "failed"),
]


@pytest.mark.parametrize(("status", "certainty", "dsn", "jmap", "anymail"), WORDS_OF_OTHERS)
def test_a_status_has_the_words_of_others(status, certainty, dsn, jmap, anymail):
    assert (dsn_action(status, certainty), jmap_delivered(status, certainty)) == (dsn, jmap)
    assert anymail_type(status) == anymail


def test_their_refusal_is_a_bounce_to_anymail_and_our_giving_up_a_failure():
    assert (anymail_type("failed", spoken=True), anymail_type("failed")) == ("bounced", "failed")


def test_every_state_of_the_queue_is_in_the_table_and_final_means_final():
    states = {state for words in WORDS.values() for state in words.states}
    assert states == set(State)
    assert set(FINAL) == set(FINAL_STORIES)
    final = {state for status in FINAL for state in WORDS[status].states}
    assert final >= set(FINAL_STATES)
    assert {words.type for words in WORDS.values()} <= set(TYPES)


NEWS = [
    (e.Queued(NOON, 1, "a@b.test", NOON, NOON + 9), False, ["email.queued"]),
    (e.Held(NOON, 1, "asked"), False, ["email.held"]),
    (e.Released(NOON, 1, "asked"), True, ["email.released"]),
    (e.Released(NOON, 1, "sooner"), False, []),
    (e.Attempted(NOON, 1, 2, "mx.b.test", "192.0.2.1"), False, ["email.attempted"]),
    (e.Deferred(NOON, 1, "451 later", "", NOON + 5), False, ["email.deferred"]),
    (e.Delivered(NOON, 1, "mx.b.test", "250 Ok"), False, ["email.delivered", ENDED]),
    (e.Filed(NOON, 1, "a@b.test", "a@b.test", "INBOX", 7), False, ["email.delivered", ENDED]),
    (e.Filed(NOON, 0, "a@b.test", "a@b.test", "Sent", 7), False, []),
    (e.Distributed(NOON, 1, "list@b.test", 5, "kim@b.test"), False, ["email.delivered", ENDED]),
    (e.Failed(NOON, 1, "550 no", "addr.no_such_user"), False, ["email.failed", ENDED]),
    (e.Returned(NOON, 1, 9, "5.1.1 no", "addr.no_such_user"), False, ["email.bounced", ENDED]),
    (e.Cancelled(NOON, 1, "asked"), False, ["email.cancelled", ENDED]),
    (e.Decided(NOON, "suppressed", "a@b.test", "complained", 1), False, ["email.suppressed", ENDED]),
    (e.Decided(NOON, "one copy", "a@b.test", "c@b.test", 1), False, []),
    (e.Reported(NOON, 0, 9, "complaint", "abuse"), False, ["email.complained"]),
    (e.Reported(NOON, 1, 9, "delayed", "4.4.1"), False, []),
    (e.Bounced(NOON, 1, 9), False, []),
    (e.LeaseExpired(NOON, 1, 1), False, []),
]


@pytest.mark.parametrize(("event", "held", "types"), NEWS)
def test_an_event_of_the_journey_is_this_news(event, held, types):
    assert [one.type for one in told(event, held=held)] == types


def item(event, **facts):
    news = told(event)[-1]
    facts = {"sequence": 4, "revision": 1 if news.type == ENDED else 0, "address": "minsu@school.example"} | facts
    return Item(
        id=7, app_id=1, message=NUMBER, n=news.n, type=news.type, cause=news.cause, at=news.at, facts=dict(news.facts),
        ref="reset-91827", tags=("password-reset",), metadata={"user_id": "91827"}, **facts,
    )  # fmt: skip


def test_an_expiry_says_what_happened_why_who_acts_and_what_to_do():
    failed = e.Failed(NOON, 1, "450 4.7.1 Greylisted, come back later", "queue.expired", "mx.school.example", "rcpt")
    found = as_data(item(failed), "https://mail.board.example")
    data = found["data"]
    assert (found["type"], found["timestamp"]) == ("email.final", "2026-11-23T10:00:00.000Z")
    assert (data["message"], data["recipient"], data["ref"]) == ("K7M32QXD9TAB", 1, "reset-91827")
    assert (data["tags"], data["metadata"]) == (["password-reset"], {"user_id": "91827"})
    assert (data["sequence"], data["revision"], data["outcome"]) == (4, 1, "failed")
    assert (data["cause"], data["last_cause"]) == ("queue.expired", "server.greylisted")
    assert data["actor"] == CAUSES["queue.expired"].actor
    assert data["reply"] == {
        "code": 450, "enhanced": "4.7.1", "text": "Greylisted, come back later", "from_host": "mx.school.example",
        "phase": "rcpt",
    }  # fmt: skip
    assert data["explanation"]["ko"].startswith("정한 시간 안에 전하지 못했어요.")
    assert data["action"]["en"] == "Use another way, or send it again."
    assert data["journey_url"] == "https://mail.board.example/j/K7M3-2QXD-9TAB"


@pytest.mark.parametrize(("event", "held", "types"), [row for row in NEWS if row[2]])
def test_all_news_have_both_languages_and_the_same_octets_each_time(event, held, types):
    for news in told(event, held=held):
        made = Item(
            id=1, app_id=1, message=NUMBER, n=news.n, sequence=1, revision=0, type=news.type, cause=news.cause,
            at=NOON, facts=json.loads(json.dumps(dict(news.facts))), address="a@b.test",
        )  # fmt: skip
        assert as_body(made) == as_body(made)
        data = json.loads(as_body(made))["data"]
        if news.type != "email.complained":
            assert all(data["explanation"][language] for language in ("ko", "en"))
        assert "journey_url" not in data


def test_the_name_of_news_is_theirs_alone():
    first = item(e.Held(NOON, 1, ""))
    assert first.name == "evt_K7M32QXD9TAB_1_4"
    assert item(e.Held(NOON, 1, ""), sequence=5).name != first.name
