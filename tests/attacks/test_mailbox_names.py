"""Names and patterns that are made to hurt: matching is linear, ten thousand mailboxes are listed at once, a name is
nothing but a name (reliability rows I03 and I04)."""

import re
import time

import pytest

from kit.stored import person
from kit.world import at
from pyeonji.access.imap.listing import _lines
from pyeonji.access.imap.tree import fitting
from pyeonji.proto.imap.command.list import List
from pyeonji.store import creation

BUDGET_S = 0.1  # CPU of one LIST of 10,000 mailboxes; twice as much fails: other work makes it slower, too
MAILBOXES = creation.MAX_MAILBOXES


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """An account with as many mailboxes as there may be."""
    from pyeonji.store.home import open_home

    home = open_home(tmp_path_factory.mktemp("many") / "data", create=True, synchronous="OFF")
    kim = person(home)

    def make(tx):
        tx.many(
            "INSERT INTO mailbox (account_id, name, uidvalidity) VALUES (:account, :name, :n)",
            [{"account": kim.id, "name": f"일/{n // 100}/회의 {n}", "n": 10 + n} for n in range(MAILBOXES - 6)],
        )

    home.engine.write_now(make)
    yield home, kim
    home.close()


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("*", MAILBOXES),
        ("%*" * 200, MAILBOXES),
        ("*%" * 200 + "x", 0),
        ("*회" * 100, 0),
        ("%1%" * 300, 0),
        ("일/%", 100),
        ("*9", None),
    ],
)
def test_ten_thousand_mailboxes_are_listed_at_once_whatever_the_pattern(many, pattern, count):
    home, kim = many
    taken = []
    for _ in range(3):
        before = time.thread_time()
        lines = home.engine.read_now(_lines, kim, List("", (pattern,)), False)
        taken.append(time.thread_time() - before)
    assert count is None or len(lines) == count
    assert min(taken) < 2 * BUDGET_S


def cost(matches, length):
    """CPU seconds of one name of so many characters that nearly fits."""
    name, best = "a" * length, 9.0
    for _ in range(3):
        before = time.thread_time()
        for _ in range(20):
            assert not matches(name)
        best = min(best, time.thread_time() - before)
    return best


def test_a_pattern_costs_as_much_as_the_name_is_long_and_a_naive_one_costs_its_power():
    """The negative control is the pattern as a regular expression, as others have it (CVE-2021-40110)."""
    pattern = "*a" * 4 + "b"
    ours, naive = fitting([pattern]), re.compile(pattern.replace("*", ".*") + r"\Z").match
    assert cost(ours, 80) < 4 * cost(ours, 40)
    assert cost(naive, 80) > 8 * cost(naive, 40)


NAMES = ["..", "../../etc/passwd", ".", "...", "~root", "C:\\x", "%00", "con", "a b", "&-", "mail.db", "-rf", "$HOME"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_only_a_name(tmp_path, name):
    """Never a path: it is made, filled, found, renamed and deleted like any other."""

    async def story(world):
        c = await world.client()
        quoted = '"' + name.replace("\\", "\\\\") + '"'
        files = sorted(path.name for path in world.tmp_path.rglob("*") if path.is_file())
        await c.ok(f"CREATE {quoted}")
        assert b"APPENDUID" in await c.append(b"Subject: x\r\n\r\n", name=quoted)
        await c.ok(f"SELECT {quoted}")
        assert len(await c.ok(f"LIST {quoted} %")) == 1 or "%" in name
        await c.ok(f"RENAME {quoted} other")
        await c.ok("DELETE other")
        assert sorted(path.name for path in world.tmp_path.rglob("*") if path.is_file()) == files

    at(tmp_path, story)


@pytest.mark.parametrize(
    "name",
    [
        b"{4+}\r\na\x00bc", b'"a\x01b"', b'"a\x7fb"', b"{5+}\r\na\r\nbc", b"&AGE-", b"&", b"&!!!-", b"&2AA-", b'""',
        b"/" * 999, b"a/" * 1000 + b"a", b"x" * 1001, b'"\xff\xfe"', b'"\xe2\x80\xa8"',
    ],
)  # fmt: skip
def test_what_is_no_name_is_refused_and_nothing_is_made(tmp_path, name):
    async def story(world):
        c = await world.client()
        before = await c.ok('LIST "" *')
        for command in (b"CREATE %b", b"RENAME Sent %b", b"SUBSCRIBE %b", b"SELECT %b", b"DELETE %b"):
            last = (await c.do(command % name))[-1]
            assert last.startswith((b"BAD", b"NO")) or (command[:3] == b"SUB" and name.startswith(b"/"))
        assert await c.ok('LIST "" *') == before

    at(tmp_path, story)


def test_a_name_of_many_levels_makes_no_more_mailboxes_than_an_account_may_have(tmp_path, monkeypatch):
    monkeypatch.setattr(creation, "MAX_MAILBOXES", 300)

    async def story(world):
        c = await world.client()
        await c.no("CREATE " + "a/" * 490 + "a", "LIMIT")
        assert len(await c.ok('LIST "" *')) == 6

    at(tmp_path, story)
