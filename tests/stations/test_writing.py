"""The writer process and the way to it: nobody hears 250 before the commit; whoever loses the writer asks the store."""

import asyncio
import contextlib
import functools

import msgspec
import pytest

from kit.patience import PATIENCE_S
from kit.stored import NOW, SECOND, filing, letter, person, relaying, session, take
from pyeonji.daemon.writing import READY, WayToWriter, Writer
from pyeonji.journey.event import Closed, Connected, Delivered, Line, Resolved, pack
from pyeonji.net.frames import Frames
from pyeonji.net.listener import open_unix
from pyeonji.queue.outcome import Talk
from pyeonji.store import addressed, apps, directory, journey, messages, queue, sent, told
from pyeonji.store.accept import MailboxGone, Suppressing, accept
from pyeonji.store.delete import delete
from pyeonji.store.engine.base import Conflict
from pyeonji.store.home import open_home
from pyeonji.store.journey import Ending
from pyeonji.store.queue import Conclusion
from pyeonji.store.sent import Sent
from pyeonji.store.verify import verify


def lived(test):
    @functools.wraps(test)
    def whole(**given):
        asyncio.run(test(**given))

    return whole


@pytest.fixture
def home(tmp_path):
    home = open_home(tmp_path / "d", create=True, synchronous="OFF")  # power stays on in these tests
    person(home)
    yield home
    assert verify(home) == []
    home.close()


@contextlib.asynccontextmanager
async def writer(home):
    """As the process runs it, with a connection of its own to the database."""
    own = open_home(home.data, create=False, synchronous="OFF")
    stop = asyncio.Event()
    path = home.data / "run" / "writer.sock"
    serving = asyncio.create_task(Writer(own.engine, own.errands).serve(open_unix(path), stop))
    yield path
    stop.set()
    await serving
    own.close()


@contextlib.asynccontextmanager
async def worker(home, path):
    """Another home on the same folder, which gives its errands away."""
    own = open_home(home.data, create=False, synchronous="OFF")
    way = WayToWriter(path, own.errands)
    own.errands.carrier = way
    await way.start()
    await asyncio.wait_for(way.ready.wait(), PATIENCE_S)
    yield own
    await way.stop()
    own.close()


def uids(home):
    box = filing(home).mailbox_id
    return home.engine.read_now(
        lambda tx: [uid for (uid,) in tx.all("SELECT uid FROM entry WHERE mailbox_id = :box", {"box": box})]
    )


def no_writing(*_args):
    raise AssertionError("the worker wrote itself")


@lived
async def test_letters_of_all_workers_are_committed_by_the_writer(home):
    way = filing(home)
    async with writer(home) as path, worker(home, path) as one, worker(home, path) as other:
        one.engine.write_together = other.engine.write_together = no_writing
        offered = [
            (errands, letter(way, content=b"X: %d\r\n\r\n" % n))
            for n in range(20)
            for errands in (one.errands, other.errands)
        ]
        taken = await asyncio.gather(*(errands.take((made,)) for errands, made in offered))
    assert sorted(uid for (one,) in taken for _, uid, _ in one.uids) == list(range(1, 41))
    for _, made in offered:
        assert home.engine.read_now(messages.content, home.blobs, made.number) == made.content


@lived
async def test_each_hears_what_became_of_his_own_letters(home):
    person(home, "lee@a.test")
    way, gone = filing(home), filing(home, "lee@a.test")
    home.engine.write_now(delete, gone.mailbox_id, now_us=NOW, account="lee@a.test")
    good, twice = letter(way), letter(way)
    async with writer(home) as path, worker(home, path) as own:
        await own.errands.take((twice,))
        outcomes = await asyncio.gather(
            own.errands.take((good,)),
            own.errands.take((letter(gone),)),
            own.errands.take((letter(way, number=twice.number),)),
            own.errands.take((letter(way), letter(gone))),
            return_exceptions=True,
        )
    assert [type(one) for one in outcomes] == [tuple, MailboxGone, Conflict, MailboxGone]
    assert len(uids(home)) == 2


@lived
async def test_the_last_words_of_a_connection_go_the_same_way(home):
    async with writer(home) as path, worker(home, path) as own:
        own.engine.write_together = no_writing
        await own.errands.end(Ending(session(), NOW, pack((Closed(NOW, "gone"),))))
    assert [row.events for row in home.engine.read_now(journey.of_session, 7)] == [(Closed(NOW, "gone"),)]


@lived
async def test_whom_letters_were_for_is_filled_in_by_the_writer(home):
    take(home, letter(filing(home), relaying(n=2)))
    async with writer(home) as path, worker(home, path) as own:
        own.engine.write_together = no_writing
        assert await own.errands.address() == 2
    assert home.engine.read_now(addressed.waiting) == (0, 0)


SAID = (Line(NOW, "out", False, "DATA"), Line(NOW, "in", False, "250 ok"))


def claimed(home, connection=7, said=SAID):
    """A letter under way: the attempt that hands it over, with what was said."""
    number = home.engine.write_now(accept, home.blobs, letter(relaying())).number
    (job,) = home.engine.write_now(queue.claim, NOW, NOW + 120 * SECOND, 1, {}, 1)
    assert job.message.number == number
    talks = (Talk(None, (Resolved(NOW, "b.test MX", ()),)), Talk(session(connection), said))
    ends = [Conclusion(job.recipients[0], Delivered(NOW, 1, "mx.b.test", "250 ok"))]
    return number, queue.attempt(number, ends, talks, NOW)


def written(home, number):
    """What its journey says after it was queued: a row for each connection."""
    rows = home.engine.read_now(journey.of_message, number)
    return [[type(event).__name__ for event in row.events] for row in rows][1:]


WHOLE = [["Resolved", "Line", "Line", "Delivered"]]  # one row: where it leads, what was said, what came of it


@lived
async def test_how_attempts_end_is_written_by_the_writer_many_at_once(home):
    attempts = [claimed(home, connection) for connection in range(11, 16)]
    async with writer(home) as path, worker(home, path) as own:
        own.engine.write_together = own.engine.write = no_writing
        assert await asyncio.gather(*(own.errands.conclude(one) for _, one in attempts)) == [1] * 5
    for number, _ in attempts:
        assert written(home, number) == WHOLE
        assert home.engine.read_now(queue.show, number)[0].state == "done"


@lived
async def test_the_next_letter_on_a_connection_does_not_tell_where_the_first_one_went(home):
    greeting = Connected(NOW, "out", "relay", "192.0.2.1:25", "mx.b.test"), Line(NOW, "in", False, "220 mx.b.test")
    first, opens = claimed(home, said=(*greeting, Line(NOW, "out", False, "MAIL FROM:<a@a.test>")))
    second, goes_on = claimed(home)
    for attempt in (opens, goes_on):
        await home.errands.conclude(attempt)
    assert written(home, first) == [["Resolved", "Connected", "Line", "Line", "Delivered"]]
    assert written(home, second) == [["Connected", "Line"], *WHOLE]


@lived
async def test_an_attempt_that_comes_too_late_changes_no_state_but_is_told(home):
    number, attempt = claimed(home)
    home.engine.write_now(queue.expire, NOW + 200 * SECOND)
    assert await home.errands.conclude(attempt) == 0
    assert home.engine.read_now(queue.show, number)[0].state == "waiting"
    assert written(home, number) == [["LeaseExpired"], ["Resolved", "Line", "Line"]]


@pytest.mark.parametrize("commits", [True, False])
@lived
async def test_an_attempt_whose_writer_died_is_told_once(home, commits):
    path = home.data / "run" / "writer.sock"
    server = await asyncio.get_running_loop().create_unix_server(Dying(home, commits).connection, sock=open_unix(path))
    number, attempt = claimed(home)
    async with worker(home, path) as own:
        await own.errands.conclude(attempt)
    server.close()
    assert written(home, number) == WHOLE
    assert home.engine.read_now(queue.show, number)[0].state == "done"


@lived
async def test_without_a_writer_the_worker_writes_itself(home):
    way = WayToWriter(home.data / "run" / "nobody.sock", home.errands)
    home.errands.carrier = way
    await way.start()
    (taken,) = await home.errands.take((letter(filing(home)),))
    await way.stop()
    assert [uid for _, uid, _ in taken.uids] == uids(home)


class Dying:
    """A writer that is lost with each errand: `commits` says whether it has done it by then."""

    def __init__(self, home, commits):
        self.home = home
        self.real = Writer(home.engine, home.errands)
        self.commits = commits

    def connection(self):
        return Frames(lambda frames: frames.send(READY), self.heard, lambda frames: None)

    def heard(self, frames, messages):
        if self.commits:
            silent = Frames(lambda frames: None, lambda *_: None, lambda frames: None)
            self.real.take_in(silent, messages)
            self.real.commit()
        frames.close()


@pytest.mark.parametrize("commits", [True, False])
@lived
async def test_a_letter_whose_writer_died_is_there_once(home, commits):
    """Nobody was told; the worker looks whether it is there before it takes it."""
    path = home.data / "run" / "writer.sock"
    server = await asyncio.get_running_loop().create_unix_server(Dying(home, commits).connection, sock=open_unix(path))
    made, ending = letter(filing(home)), Ending(session(), NOW, pack((Closed(NOW),)))
    async with worker(home, path) as own:
        (taken,) = await own.errands.take((made,))
    async with worker(home, path) as own:
        await own.errands.end(ending)
    assert [uid for _, uid, _ in taken.uids] == uids(home) == [1]
    server.close()
    assert len(home.engine.read_now(journey.of_session, 7)) == 1


@lived
async def test_a_letter_of_an_app_is_taken_by_the_writer_with_all_that_the_app_is_told(home):
    account = home.engine.read_now(directory.account, "kim@a.test")
    board = home.engine.write_now(apps.add, "board", account.id, NOW)
    whose = Sent(board, "r1", ("reset", "web"), '{"user":"7"}', "", True)
    gone = Suppressing(2, "park@b.test", "not sent: complaint")
    made = msgspec.structs.replace(
        letter(filing(home), sent=whose), suppressings=(gone,), routed=((board, "kim@a.test"),)
    )  # fmt: skip
    async with writer(home) as path, worker(home, path) as own:
        await own.errands.take((made,))
    assert home.engine.read_now(sent.of, made.number) == whose
    assert [item.type for item in home.engine.read_now(told.of_letter, made.number)] == [
        "email.delivered", "email.final", "email.suppressed", "email.final", "email.received",
    ]  # fmt: skip
