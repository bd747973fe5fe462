"""Filling in whom letters were for: killed in the midst, and beside others who do it or change the same letters."""

import subprocess
import sys
import threading

import pytest

from kit.stored import NOW, letter, relaying, take
from pyeonji.store import addressed, journey, summary
from pyeonji.store.home import open_home

LEE, PARK = "lee@b.test", "park@c.test"
BASE = NOW << 4
DYING = """
import sys
from pathlib import Path
from pyeonji.store import addressed
from pyeonji.store.home import open_home

def filled(tx):
    print(addressed.fill(tx), flush=True)
    sys.stdin.read()

open_home(Path(sys.argv[1]), create=False).engine.write_now(filled)
"""


def sent(home, number):
    take(home, letter(relaying(LEE), relaying(PARK, 2), number=number, reverse_path=""))


def state(home):
    return home.engine.read_now(
        lambda tx: (
            sorted(tx.all("SELECT address, message_id FROM addressed")),
            [row[0] for row in tx.all("SELECT message_id FROM unaddressed ORDER BY 1")],
        )
    )


def test_who_is_killed_before_the_commit_has_filled_in_nothing(tmp_path):
    home = open_home(tmp_path / "data", create=True, synchronous="OFF")
    sent(home, BASE + 1)
    home.close()
    dying = subprocess.Popen(
        [sys.executable, "-c", DYING, tmp_path / "data"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert dying.stdout.readline() == b"2\n"
    dying.kill()
    dying.communicate()
    home = open_home(tmp_path / "data", create=False, synchronous="OFF")
    assert state(home) == ([], [BASE + 1])
    assert home.engine.read_now(journey.with_address, LEE) == [BASE + 1]
    home.engine.write_now(addressed.fill)
    assert state(home) == ([(LEE, BASE + 1), (PARK, BASE + 1)], [])
    home.close()


def beside(home, first, second):
    """`second` begins while `first` has done its work and not committed yet."""
    done, go = threading.Event(), threading.Event()

    def held(tx):
        first(tx)
        done.set()
        go.wait(30)

    threads = [threading.Thread(target=home.engine.write_now, args=(one,)) for one in (held, second)]
    threads[0].start()
    assert done.wait(30)
    threads[1].start()
    until_it_waits(home)
    go.set()
    for thread in threads:
        thread.join(30)


WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def until_it_waits(home):
    """The server says when somebody waits for a row that somebody else has."""
    for _ in range(3_000):
        if home.engine.read_now(lambda tx: tx.one(WAITS))[0]:
            return
        threading.Event().wait(0.01)
    raise AssertionError("nobody waits")


def erase(tx):
    tx.run("UPDATE recipient SET state = 'done'")
    summary.forget(tx, LEE, [BASE + 1])


def drop(tx):
    addressed.take_out(tx, [BASE + 1])
    tx.run("DELETE FROM recipient WHERE message_id = :id", {"id": BASE + 1})


BOTH = [(LEE, BASE + 1), (PARK, BASE + 1)]
ERASED = sorted([(summary.FORGOTTEN, BASE + 1), (PARK, BASE + 1)])


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (addressed.fill, addressed.fill, BOTH),
        (addressed.fill, erase, ERASED),
        (erase, addressed.fill, ERASED),
        (addressed.fill, drop, []),
        (drop, addressed.fill, []),
    ],
)
def test_two_who_do_it_at_once_on_the_server_leave_what_one_after_the_other_would(
    postgres_home, first, second, expected
):
    sent(postgres_home, BASE + 1)
    beside(postgres_home, first, second)
    assert postgres_home.engine.read_now(lambda tx: list(addressed.contradictions(tx))) == []
    postgres_home.engine.write_now(addressed.fill)
    assert state(postgres_home) == (expected, [])


@pytest.mark.postgres
def test_a_letter_that_is_committed_while_others_are_filled_in_stays_noted(postgres_home):
    """Its number is lower than theirs: a mark that says how far the filling came would pass over it."""
    sent(postgres_home, BASE + 9)
    engine, made = postgres_home.engine, letter(relaying(LEE), number=BASE + 1, reverse_path="")

    def fill_meanwhile(tx):
        from pyeonji.store.accept import accept

        accept(tx, postgres_home.blobs, made)
        engine.write_now(addressed.fill)

    engine.write_now(fill_meanwhile)
    assert state(postgres_home) == ([(LEE, BASE + 9), (PARK, BASE + 9)], [BASE + 1])
    assert engine.read_now(journey.with_address, LEE) == [BASE + 9, BASE + 1]
