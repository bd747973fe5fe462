"""How SQLite looks for rows: decided once for each statement, whatever is asked for."""

import apsw

from pyeonji.store import directory
from pyeonji.store.engine.sqlite_connection import connect
from pyeonji.store.entries import MARKED


def test_marked_letters_are_found_by_their_index(sqlite_home):
    """STATUS, EXPUNGE and CLOSE do not walk through a large mailbox."""
    for asked in ("uid", "count(*), SUM(size)"):
        sql = f"EXPLAIN QUERY PLAN SELECT {asked} FROM entry WHERE {MARKED}"
        plan = sqlite_home.engine.read_now(lambda tx, sql=sql: tx.all(sql, {"id": 1}))
        assert "COVERING INDEX entry_marked" in str(plan)


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
    for person in ("lee", "park", "choi"):
        ask(person)
    assert first > 0
    return len(planned) / first
