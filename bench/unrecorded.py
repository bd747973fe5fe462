"""unrecorded.py ARGUMENTS: `pyeonji ARGUMENTS` that records no journey: what recorded.py compares with.

There is no setting for it.  The recorder notes nothing, nothing is packed, no row of `journey` or `session` is written,
and the end of a connection is given to nobody; all else is as it is.
"""

import sys
from typing import Any

import pyeonji.acceptance.letter
import pyeonji.store.accept
import pyeonji.store.queue
from pyeonji.acceptance.recorder import Recorder
from pyeonji.cli import main
from pyeonji.journey.event import NOTHING
from pyeonji.store.engine.base import Insert, Values
from pyeonji.store.engine.sqlite import SqliteTx
from pyeonji.store.errands import Errands

UNWRITTEN = ("journey", "session")
insert = SqliteTx.insert


def nothing(*_: Any, **__: Any) -> None:
    pass


async def nobody(*_: Any) -> None:
    pass


def other_rows(tx: SqliteTx, into: Insert, rows: list[Values]) -> None:
    if into.table not in UNWRITTEN:
        insert(tx, into, rows)


def unrecord() -> None:
    for name in ("event", "line", "replied", "content"):
        setattr(Recorder, name, nothing)
    pyeonji.acceptance.letter.pack = lambda events: NOTHING
    pyeonji.store.accept._told = lambda letter, uids: ()
    pyeonji.store.queue.pack = lambda events: NOTHING
    pyeonji.store.queue.record = pyeonji.store.queue.record_all = nothing
    SqliteTx.insert = other_rows
    Errands.end = nobody


if __name__ == "__main__":
    unrecord()
    sys.exit(main())
