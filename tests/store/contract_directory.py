"""What every engine keeps of domains, accounts and aliases."""

import pytest

from kit.stored import NOW, filing, fill, letter, person, take
from pyeonji.address import parse_address
from pyeonji.store import directory, mailboxes
from pyeonji.store.engine.base import Conflict


def write(home, fn, *args, **named):
    return home.engine.write_now(fn, *args, **named)


def read(home, fn, *args):
    return home.engine.read_now(fn, *args)


def test_a_domain_is_added_once(home):
    write(home, directory.add_domain, "a.test", NOW)
    with pytest.raises(Conflict):
        write(home, directory.add_domain, "a.test", NOW)
    assert [domain.name for domain in read(home, directory.domains)] == ["a.test"]
    assert read(home, directory.domain_exists, "a.test")
    assert not read(home, directory.domain_exists, "b.test")


def test_a_domain_with_accounts_stays(home):
    write(home, directory.add_domain, "a.test", NOW)
    account = person(home, "kim@a.test")
    with pytest.raises(Conflict):
        write(home, directory.remove_domain, "a.test")
    write(home, directory.remove_account, account.id)
    assert write(home, directory.remove_domain, "a.test")
    assert not write(home, directory.remove_domain, "a.test")


def test_a_domain_is_not_mistaken_for_one_that_looks_like_it(home):
    person(home, "kim@axtest.test")
    write(home, directory.add_domain, "a_test.test", NOW)
    assert read(home, directory.first_account, "a_test.test") == ""
    assert write(home, directory.remove_domain, "a_test.test")


def test_a_catch_all_can_be_set_and_taken_back(home):
    write(home, directory.add_domain, "a.test", NOW)
    assert read(home, directory.catch_all, "a.test") == ""
    assert write(home, directory.set_catch_all, "a.test", "kim@a.test")
    assert read(home, directory.catch_all, "a.test") == "kim@a.test"
    assert not write(home, directory.set_catch_all, "b.test", "kim@a.test")


def test_an_account_and_a_mailbox_of_it_are_found_in_one_look(home):
    kim = person(home, "kim@a.test")
    person(home, "lee@a.test")
    found = read(home, directory.own_mailbox, kim.id, "INBOX")
    assert found == (read(home, directory.account_by_id, kim.id), read(home, mailboxes.mailbox, kim.id, "INBOX"))
    assert read(home, directory.own_mailbox, kim.id, "nowhere") == (found[0], None)
    assert read(home, directory.own_mailbox, 99, "INBOX") is None


def test_a_new_account_has_its_mailboxes_with_special_use(home):
    account = person(home, "kim@a.test", credentials={"argon2id": "x"})
    assert read(home, directory.account, "kim@a.test") == account
    found = {box.name: box.special_use for box in read(home, mailboxes.mailboxes, account.id)}
    assert found == dict(directory.DEFAULT_MAILBOXES)
    assert read(home, directory.credentials, account.id) == {"argon2id": "x"}


def test_an_address_has_one_account(home):
    person(home, "kim@a.test")
    with pytest.raises(Conflict):
        person(home, "kim@a.test")
    assert len(read(home, directory.accounts)) == 1


def test_addresses_are_compared_without_case():
    assert directory.fold(parse_address("Kim@A.Test")) == directory.fold(parse_address("kIM@a.test")) == "kim@a.test"
    assert directory.fold(parse_address("김편지@편지.test")) == "김편지@xn--9b6b95p.test"


def test_a_new_password_leaves_nothing_of_the_old_one(home):
    account = person(home, credentials={"argon2id": "old", "scram-sha-256": "old"})
    write(home, directory.set_credentials, account.id, {"argon2id": "new"})
    assert read(home, directory.credentials, account.id) == {"argon2id": "new"}


def test_the_inbox_says_whether_there_is_room(home):
    account = person(home, quota_octets=1000)
    assert read(home, directory.inbox, "kim@a.test").room.octets == 0
    take(home, made := letter(filing(home)))
    found = read(home, directory.inbox, "kim@a.test")
    assert (found.account_id, found.room.most_octets, found.room.octets) == (account.id, 1000, made.size)
    assert read(home, directory.inbox, "nobody@a.test") is None


def test_a_disabled_account_says_so(home):
    account = person(home)
    write(home, directory.disable, account.id, True)
    assert read(home, directory.inbox, "kim@a.test").disabled
    assert read(home, directory.account, "kim@a.test").disabled


def test_a_removed_account_takes_its_mailboxes_along(home):
    account = person(home)
    fill(home, 3)
    write(home, directory.remove_account, account.id)
    assert read(home, directory.account, "kim@a.test") is None
    assert read(home, mailboxes.mailboxes, account.id) == []


def test_an_alias_leads_to_each_of_its_targets(home):
    write(home, directory.add_alias, "us@a.test", "lee@a.test")
    write(home, directory.add_alias, "us@a.test", "kim@a.test", "owner@a.test")
    assert read(home, directory.targets, "us@a.test") == [("kim@a.test", "owner@a.test"), ("lee@a.test", "")]
    assert [alias.target for alias in read(home, directory.aliases)] == ["kim@a.test", "lee@a.test"]
    with pytest.raises(Conflict):
        write(home, directory.add_alias, "us@a.test", "lee@a.test")
    assert write(home, directory.remove_alias, "us@a.test", "lee@a.test")
    assert write(home, directory.remove_alias, "us@a.test")
    assert not write(home, directory.remove_alias, "us@a.test")


def test_a_secret_stays_what_it_was_first(home):
    assert write(home, directory.secret, "scram", "one") == "one"
    assert write(home, directory.secret, "scram", "two") == "one"


@pytest.mark.parametrize(
    "text", ["x' OR '1'='1", ":id", "%(id)s", "%s", "a%", "kim@a.test'; DROP TABLE meta; --", "한글"]
)
def test_no_text_is_ever_a_statement(home, text):
    write(home, directory.add_alias, text, text, text)
    assert read(home, directory.targets, text) == [(text, text)]
    assert read(home, directory.account, text) is None


# (the domain that was chosen, our host name, domains in the order they were added) -> the domain of names without one
@pytest.mark.parametrize(
    ("chosen", "hostname", "added", "found"),
    [
        ("", "localhost", ("localhost",), "localhost"),
        ("", "localhost", ("localhost", "a.test"), "localhost"),
        ("", "a.test", ("localhost", "b.test", "a.test"), "a.test"),
        ("", "mail.a.test", ("localhost", "b.test", "a.test"), "b.test"),
        ("", "mail.a.test", ("localhost",), "localhost"),
        ("c.test", "a.test", ("a.test",), "c.test"),
        ("", "mail.a.test", (), ""),
    ],
)
def test_names_without_a_domain_have_a_domain_of_ours(home, chosen, hostname, added, found):
    for number, name in enumerate(added):
        write(home, directory.add_domain, name, NOW + number)
    assert read(home, directory.own_domain, chosen, hostname) == found


def newcomer(home, address, most=3):
    return write(
        home, lambda tx: directory.add_newcomer(tx, address, language="ko", quota_octets=7, most=most, now_us=NOW)
    )


def test_a_newcomer_is_given_an_account_once_and_only_an_address_that_nobody_has(home):
    write(home, directory.add_domain, "a.test", NOW)
    write(home, directory.add_alias, "info@a.test", "kim@a.test")
    off = person(home, "off@a.test")
    write(home, directory.disable, off.id, True)
    made = newcomer(home, "lee@a.test")
    assert (made.address, made.quota_octets) == ("lee@a.test", 7)
    assert read(home, directory.credentials, made.id) == {}
    assert read(home, directory.inbox, "lee@a.test") is not None
    for taken in ("lee@a.test", "off@a.test", "info@a.test", "lee@b.test"):
        assert newcomer(home, taken) is None
    assert newcomer(home, "park@a.test", most=2) is None
    assert newcomer(home, "park@a.test") is not None
