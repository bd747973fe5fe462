"""What every engine does with rights (RFC 4314)."""

import pytest

from kit.stored import NOW, person
from pyeonji.proto.imap.rights import ALL
from pyeonji.store import creation, directory, mailboxes, rights
from pyeonji.store.delete import delete
from pyeonji.store.rights import ANYONE, Shared, effective

LEE = "lee@a.test"


@pytest.fixture
def kim(home):
    return person(home)


@pytest.fixture
def lee(home):
    return person(home, LEE)


@pytest.fixture
def project(home, kim):
    return write(home, creation.create, kim.id, "일/과제", now_us=NOW)


def write(home, fn, *args, **named):
    return home.engine.write_now(fn, *args, **named)


def read(home, fn, *args):
    return home.engine.read_now(fn, *args)


def grant(home, box, identifier, letters):
    write(home, rights.grant, box.id, identifier, letters)


def test_the_owner_has_every_right_and_nobody_else_has_any(home, kim, lee, project):
    assert read(home, rights.rights, project, kim.id, kim.address) == ALL
    assert read(home, rights.rights, project, lee.id, lee.address) == ""
    assert read(home, rights.shared, lee.id, lee.address) == []


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([(LEE, "lr")], "lr"),
        ([("choi@a.test", "lr")], ""),
        ([(ANYONE, "l"), (LEE, "ri")], "lri"),
        ([(ANYONE, "lri"), ("-" + LEE, "i")], "lr"),
        ([(LEE, "lrswi"), ("-" + ANYONE, "sw")], "lri"),
        ([("-choi@a.test", "l"), (LEE, "l")], "l"),
        ([("-" + LEE, "lr")], ""),
        ([(LEE, "erl")], "lre"),
    ],
)
def test_what_anyone_gets_adds_up_and_what_is_taken_is_taken(rows, wanted):
    assert effective(rows, LEE) == wanted


def test_what_is_given_is_found_again_and_replaced_whole(home, lee, project):
    grant(home, project, LEE, "lrs")
    grant(home, project, "-anyone", "t")
    grant(home, project, LEE, "lr")
    assert read(home, rights.acl, project.id) == [("-anyone", "t"), (LEE, "lr")]
    assert read(home, rights.granted, project.id, LEE) == "lr"
    assert read(home, rights.rights, project, lee.id, LEE) == "lr"
    grant(home, project, LEE, "")
    assert read(home, rights.acl, project.id) == [("-anyone", "t")]


def test_a_visitor_is_shown_what_is_shared_with_him_and_its_owner_is_not(home, kim, lee, project):
    grant(home, project, ANYONE, "lr")
    grant(home, project, LEE, "i")
    other = write(home, creation.create, kim.id, "또", now_us=NOW)
    grant(home, other, ANYONE, "l")
    grant(home, other, "-" + LEE, "l")
    assert read(home, rights.shared, lee.id, LEE) == [
        Shared(read(home, mailboxes.mailbox_by_id, project.id), kim.address, "lri")
    ]
    assert read(home, rights.shared, kim.id, kim.address) == []


def test_a_list_ends_somewhere(home, project, monkeypatch):
    monkeypatch.setattr(rights, "MAX_IDENTIFIERS", 2)
    grant(home, project, "a@a.test", "l")
    grant(home, project, "b@a.test", "l")
    grant(home, project, "a@a.test", "lr")
    with pytest.raises(rights.TooMany):
        grant(home, project, "c@a.test", "l")
    assert len(read(home, rights.acl, project.id)) == 2


def test_a_mailbox_below_has_the_list_of_the_one_above(home, kim, project):
    grant(home, project, LEE, "lrk")
    grant(home, project, "-anyone", "x")
    below = write(home, creation.create, kim.id, "일/과제/2026/봄", now_us=NOW)
    assert read(home, rights.acl, below.id) == [("-anyone", "x"), (LEE, "lrk")]


def test_rights_go_with_the_mailbox_and_with_the_visitor(home, lee, project):
    grant(home, project, LEE, "lr")
    write(home, directory.remove_account, lee.id)
    assert read(home, rights.acl, project.id) == []
    grant(home, project, ANYONE, "lr")
    write(home, delete, project.id, now_us=NOW, account="kim@a.test")
    assert read(home, lambda tx: tx.all("SELECT * FROM acl")) == []


def test_what_was_given_to_an_address_nobody_had_is_not_for_whoever_gets_it(home, kim, project):
    for identifier in (LEE, f"-{LEE}", "choi@a.test", ANYONE):
        grant(home, project, identifier, "lr")
    lee = person(home, LEE)
    assert read(home, rights.acl, project.id) == [(ANYONE, "lr"), ("choi@a.test", "lr")]
    assert [shared.box.id for shared in read(home, rights.shared, lee.id, lee.address)] == [project.id]
