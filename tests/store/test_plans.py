"""How SQLite looks for rows: decided once for each statement, whatever is asked for."""

import apsw
import pytest

from kit.stored import fill, letter, person, relaying, take
from pyeonji.proto.imap.flags import FLAGGED
from pyeonji.store import addressed, columns, directory, finding, journey, sent, summary
from pyeonji.store.engine.sqlite_connection import connect
from pyeonji.store.entries import MARKED
from pyeonji.store.flagging import Change, set_flags


def test_marked_letters_are_found_by_their_index(sqlite_home):
    """STATUS, EXPUNGE and CLOSE do not walk through a large mailbox."""
    for asked in ("uid", "count(*), SUM(size)"):
        sql = f"EXPLAIN QUERY PLAN SELECT {asked} FROM entry WHERE {MARKED}"
        plan = sqlite_home.engine.read_now(lambda tx, sql=sql: tx.all(sql, {"id": 1}))
        assert "COVERING INDEX entry_marked" in str(plan)


def test_what_changed_is_found_by_an_index_that_no_letter_enters_when_it_comes(sqlite_home):
    values = {"id": 1, "uid": 9, "modseq": 5, "since": 5, "chunk": 9}
    explained = lambda tx, sql: [row[-1] for row in tx.all(f"EXPLAIN QUERY PLAN {sql}", values)]  # noqa: E731
    plan = sqlite_home.engine.read_now(explained, columns.CHANGED)
    assert plan[0].startswith("SEARCH entry USING INDEX entry_changed (mailbox_id=? AND ") and "TEMP" not in str(plan)
    assert sqlite_home.engine.read_now(explained, columns.NEWEST) == [
        "SEARCH entry USING PRIMARY KEY (mailbox_id=? AND uid<?)"
    ]
    person(sqlite_home)
    fill(sqlite_home, 3)
    assert leaves(sqlite_home) == []
    sqlite_home.engine.write_now(set_flags, 1, [(2, 2)], Change("add", FLAGGED))
    assert leaves(sqlite_home) == [2]


def leaves(home):
    """UIDs of the letters that are in the index."""
    sql = "SELECT uid FROM entry INDEXED BY entry_changed WHERE mailbox_id = 1 AND modseq > came"
    return [row[0] for row in home.engine.read_now(lambda tx: tx.all(sql))]


class Asked:
    """A transaction that says how SQLite looks for what is asked, and finds nothing."""

    def __init__(self, tx):
        self.tx, self.plan = tx, []

    def all(self, sql, values=None):
        self.plan += [row[-1] for row in self.tx.all(f"EXPLAIN QUERY PLAN {sql}", values)]
        return []

    def one(self, sql, values=None):
        self.all(sql, values)

    def among(self, sql, numbers, values=None):
        return []


BY_ADDRESS = {
    "trace": lambda tx: journey.with_address(tx, "x@b.test"),
    "page": lambda tx: finding.by_address(tx, "x@b.test", days=finding.Days(5, 7)),
    "good before": lambda tx: finding.last_good(tx, "x@b.test", finding.ALL, 7),
    "erasing": lambda tx: summary.letters_of(tx, "x@b.test"),
    "an app": lambda tx: sent.find(tx, 1, sent.Search(to="x@b.test")),
    "all apps": lambda tx: sent.find(tx, 0, sent.Search(to="x@b.test", states=("done",))),
    "the end of a look": lambda tx: sent.oldest_looked_at(tx, 1, sent.Search(to="x@b.test")),
}


@pytest.mark.parametrize("way", BY_ADDRESS)
def test_letters_to_an_address_are_found_by_keys_and_among_the_few_that_are_noted(sqlite_home, way):
    asked = sqlite_home.engine.read_now(Asked)
    sqlite_home.engine.read_now(lambda tx: BY_ADDRESS[way](_of(asked, tx)))
    plan = "\n".join(asked.plan)
    assert "SEARCH addressed USING PRIMARY KEY (address=? AND message_id>? AND message_id<?)" in plan
    assert "SEARCH u USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" in plan
    assert "SEARCH r USING PRIMARY KEY (message_id=?)" in plan
    walked = [line for line in asked.plan if line.startswith("SCAN")]
    assert set(walked) <= {"SCAN t", "SCAN r", "SCAN m", "SCAN known", "SCAN fresh", "SCAN found"}, (
        plan
    )  # what was found so far
    assert "AUTOMATIC" not in plan


def _of(asked, tx):
    asked.tx = tx
    return asked


def test_the_latest_letters_to_an_address_are_read_without_those_before_them(sqlite_home, monkeypatch):
    """However many it got: neither half is read further than what was asked for."""
    for _ in range(600):
        take(sqlite_home, letter(relaying("x@b.test")))
    for filled in (False, True):
        few, many = (steps(sqlite_home, limit) for limit in (5, 500))
        assert few * 20 < many, filled
        sqlite_home.engine.write_now(addressed.fill)


def steps(home, limit):
    """How much SQLite does for the latest letters to an address."""
    connection = connect(home.data / "mail.db", readonly=True)
    done = []
    connection.set_progress_handler(lambda: bool(done.append(1)), 10)
    given = {"value": "x@b.test", "first": 0, "last": addressed.LATEST, "limit": limit}
    assert len(connection.execute(addressed.letters_to(), given).fetchall()) == limit
    connection.close()
    return len(done)


def test_the_plan_of_a_join_is_not_made_again_for_each_question(sqlite_home):
    connection = connect(sqlite_home.data / "mail.db", readonly=True)
    assert times_planned(connection) == 0
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 0)
    assert times_planned(connection) > 0  # as it would be
    connection.close()


def times_planned(connection):
    """How often a question was planned while it was asked for three people more; SQLite asks leave for each plan."""
    planned = []

    def ask(person):
        connection.execute(directory.INBOX, {"address": f"{person}@a.test"}).fetchall()

    def leave(*what):
        planned.append(what)
        return apsw.SQLITE_OK

    connection.authorizer = leave
    ask("kim")
    first = len(planned)
    planned.clear()
    for one in ("lee", "park", "choi"):
        ask(one)
    assert first > 0
    return len(planned) / first
