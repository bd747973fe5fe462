"""Marked letters are found by their index: STATUS, EXPUNGE and CLOSE do not walk through a large mailbox."""

from pyeonji.store.entries import MARKED


def test_sqlite_asks_the_index(sqlite_home):
    for asked in ("uid", "count(*), SUM(size)"):
        sql = f"EXPLAIN QUERY PLAN SELECT {asked} FROM entry WHERE {MARKED}"
        plan = sqlite_home.engine.read_now(lambda tx, sql=sql: tx.all(sql, {"id": 1}))
        assert "COVERING INDEX entry_marked" in str(plan)
