"""What every engine does with the tree: mailboxes made with their levels, moved with what is below, given a use."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from kit.stored import NOW, fill, person
from pyeonji.store import creation, mailboxes
from pyeonji.store.creation import TooMany, UseTaken
from pyeonji.store.engine.base import Conflict
from pyeonji.store.rename import NameTooLong, rename
from pyeonji.store.verify import verify


@pytest.fixture
def kim(home):
    return person(home)


def create(home, kim, name, use=""):
    return home.engine.write_now(creation.create, kim.id, name, use, now_us=NOW)


def move(home, kim, old, new):
    return home.engine.write_now(rename, kim.id, old, new, now_us=NOW)


def names(home, kim):
    return {box.name for box in home.engine.read_now(mailboxes.mailboxes, kim.id)}


def named(home, kim, name):
    return home.engine.read_now(mailboxes.mailbox, kim.id, name)


def test_levels_above_are_made_and_those_that_are_there_stay(home, kim):
    first = create(home, kim, "a/b")
    assert (create(home, kim, "a/b/c/d").name, named(home, kim, "a/b").id) == ("a/b/c/d", first.id)
    assert {"a", "a/b", "a/b/c", "a/b/c/d"} <= names(home, kim)
    with pytest.raises(Conflict):
        create(home, kim, "a/b/c")


def test_two_who_need_the_same_level_at_once_both_get_it(home, kim):
    """Also where each transaction sees nothing of the other before it ends."""
    wanted = [f"a/b/{n}" for n in range(8)]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda name: create(home, kim, name), wanted))
    assert {box.name for box in made} == set(wanted)
    assert names(home, kim) >= {"a", "a/b", *wanted}
    assert len({box.uidvalidity for box in made}) == len(wanted)
    assert verify(home) == []


def test_no_account_has_more_mailboxes_than_allowed(home, kim, monkeypatch):
    before = names(home, kim)
    monkeypatch.setattr(creation, "MAX_MAILBOXES", len(before) + 2)
    create(home, kim, "a/b")
    for act in (lambda: create(home, kim, "c"), lambda: move(home, kim, "a/b", "x/y/z")):
        with pytest.raises(TooMany):
            act()
    assert names(home, kim) == before | {"a", "a/b"}


def test_a_use_moves_from_an_empty_mailbox_and_not_from_letters(home, kim):
    made = create(home, kim, "보낸 편지함", "\\Sent")
    assert (made.special_use, named(home, kim, "보낸 편지함").special_use) == ("\\Sent", "\\Sent")
    assert named(home, kim, "Sent").special_use == ""
    home.engine.write_now(creation.use, named(home, kim, "INBOX"), "\\Junk")
    fill(home, 1)
    with pytest.raises(UseTaken):
        create(home, kim, "스팸", "\\Junk")
    assert named(home, kim, "스팸") is None
    home.engine.write_now(creation.use, named(home, kim, "INBOX"), "")
    assert create(home, kim, "스팸", "\\Junk").special_use == "\\Junk"


def test_a_level_that_is_no_mailbox_is_moved_with_all_below_it(home, kim):
    create(home, kim, "a/b/c")
    home.engine.write_now(lambda tx: tx.run("DELETE FROM mailbox WHERE name IN ('a', 'a/b')"))
    assert len(move(home, kim, "a", "z/y")) == 1
    assert names(home, kim) >= {"z", "z/y/b/c"}
    assert not names(home, kim) & {"a/b/c", "z/y", "z/y/b"}
    assert move(home, kim, "a", "x") == []


def test_a_name_that_would_be_too_long_moves_nothing(home, kim):
    create(home, kim, "a/b")
    with pytest.raises(NameTooLong):
        move(home, kim, "a", "x" * 999)
    assert names(home, kim) >= {"a", "a/b"}


def test_two_trees_do_not_become_one(home, kim):
    create(home, kim, "a/x")
    create(home, kim, "b/x")
    home.engine.write_now(lambda tx: tx.run("DELETE FROM mailbox WHERE name = 'b'"))
    with pytest.raises(Conflict):
        move(home, kim, "a", "b")
    assert names(home, kim) >= {"a", "a/x", "b/x"}
    assert verify(home) == []
