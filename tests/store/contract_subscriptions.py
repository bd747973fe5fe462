"""What every engine does with subscriptions (RFC 9051 §6.3.7)."""

import pytest

from kit.stored import person
from pyeonji.store import directory, subscriptions
from pyeonji.store.directory import DEFAULT_MAILBOXES

DEFAULTS = sorted(name for name, _ in DEFAULT_MAILBOXES)


def names(home, account):
    return home.engine.read_now(subscriptions.subscribed, account.id)


def subscribe(home, account, *wanted):
    home.engine.write_now(subscriptions.subscribe, account.id, wanted)


def test_a_new_account_has_its_mailboxes_subscribed(home):
    assert names(home, person(home)) == DEFAULTS


def test_a_name_is_subscribed_to_once_and_no_mailbox_need_have_it(home):
    kim, lee = person(home), person(home, "lee@a.test")
    subscribe(home, kim, "나중", "나중", "INBOX")
    subscribe(home, kim, "나중")
    assert names(home, kim) == sorted([*DEFAULTS, "나중"])
    assert names(home, lee) == DEFAULTS
    home.engine.write_now(subscriptions.unsubscribe, kim.id, "나중")
    home.engine.write_now(subscriptions.unsubscribe, kim.id, "never was")
    assert names(home, kim) == DEFAULTS


def test_more_subscriptions_than_allowed_are_refused_whole(home, monkeypatch):
    kim = person(home)
    monkeypatch.setattr(subscriptions, "MAX_SUBSCRIPTIONS", len(DEFAULTS) + 1)
    with pytest.raises(subscriptions.TooMany):
        subscribe(home, kim, "one", "two")
    assert names(home, kim) == DEFAULTS


def test_subscriptions_go_with_their_account(home):
    kim = person(home)
    home.engine.write_now(directory.remove_account, kim.id)
    assert names(home, kim) == []
