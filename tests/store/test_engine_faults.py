"""A full disk, a failed disk, several processes: what the embedded engine does then (reliability F20-F23)."""

import asyncio
import errno
import fcntl
import multiprocessing
import os
import threading

import apsw
import pytest

from kit.stored import filing, letter, person, take
from pyeonji.store import entries, journey, mailboxes
from pyeonji.store.accept import accept
from pyeonji.store.engine.base import Conflict, Damaged, Full, StoreError, Unavailable
from pyeonji.store.engine.sqlite import MAX_BATCH, SqliteEngine
from pyeonji.store.home import NotThere, NotUsable, Unsafe, open_home
from pyeonji.store.schema import WrongVersion
from pyeonji.store.verify import verify


class FaultyDisk(apsw.VFS):
    """A file layer whose writes or syncs raise `fault` while it is set."""

    def __init__(self):
        super().__init__("faulty", "")
        self.on_write = self.on_sync = None
        self.writes_left = 0  # before `on_write` strikes

        self.said = None  # by the system, of the last error; None: what it really said

    def xGetLastError(self):
        return super().xGetLastError() if self.said is None else (self.said, "")

    def xOpen(self, name, flags):
        return _FaultyFile(self, name, flags)


class _FaultyFile(apsw.VFSFile):
    def __init__(self, disk, name, flags):
        super().__init__("", name, flags)
        self.disk = disk
        # SQLite passes over errors while it copies the WAL back, after the commit; APSW would raise them all the same.
        self.grows = flags[0] & apsw.SQLITE_OPEN_WAL

    def xWrite(self, data, offset):
        if self.disk.on_write and self.grows:
            self.disk.writes_left -= 1
            if self.disk.writes_left < 0:
                raise self.disk.on_write
        super().xWrite(data, offset)

    def xSync(self, flags):
        if self.disk.on_sync:
            raise self.disk.on_sync
        super().xSync(flags)


@pytest.fixture
def disk():
    shim = FaultyDisk()
    yield shim
    shim.unregister()


@pytest.fixture
def home(tmp_path, disk):
    opened = open_home(tmp_path / "data", create=True, vfs="faulty")
    person(opened)
    yield opened
    opened.close()


def gathered(home, works):
    async def everybody():
        return await asyncio.gather(*(home.engine.write(*work) for work in works), return_exceptions=True)

    return asyncio.run(everybody())


def fault(kind):
    """An error as SQLite's own file layer reports it."""
    return apsw.exception_for(kind)


# ── the disk ──

# What SQLite calls it where the disk is full, and where a quota or a limit of the process is.
FULL = pytest.mark.parametrize("kind", [apsw.SQLITE_FULL, apsw.SQLITE_IOERR_WRITE])


@FULL
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_full_disk_refuses_letters_and_takes_them_again_when_there_is_room(home, disk, kind):
    way = filing(home)
    disk.on_write = fault(kind)
    for outcome in gathered(home, [(accept, home.blobs, letter(way)) for _ in range(5)]):
        assert isinstance(outcome, Full if kind == apsw.SQLITE_FULL else Unavailable)
    assert home.engine.read_now(journey.latest) == []
    disk.on_write = None
    assert take(home, letter(way)).uids[0][1] == 1
    assert verify(home) == []


@pytest.mark.parametrize(("said", "full"), [(errno.EDQUOT, True), (errno.ENOSPC, True), (errno.EIO, False)])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_quota_that_is_used_up_is_a_full_disk_and_a_failed_disk_is_none(home, disk, said, full):
    disk.said, disk.on_write = said, fault(apsw.SQLITE_IOERR_WRITE)
    with pytest.raises(Unavailable) as caught:
        take(home, letter(filing(home)))
    disk.on_write = None
    assert isinstance(caught.value, Full) is full


@FULL
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_whichever_write_finds_the_disk_full_a_letter_is_taken_whole_or_not_at_all(home, disk, kind):
    way = filing(home)
    home.engine._writer.execute("PRAGMA wal_autocheckpoint=8")
    taken = refused = 0
    for writes_left in range(40):
        disk.writes_left, disk.on_write = writes_left, fault(kind)
        try:
            take(home, letter(way))
            taken += 1
        except Unavailable:
            refused += 1
        disk.on_write = None
        assert home.engine.read_now(mailboxes.mailbox_by_id, way.mailbox_id).messages == taken
    assert taken > 0
    assert refused > 10
    assert verify(home) == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_after_a_failed_sync_nothing_is_promised_any_more(home, disk):
    """A sync that is repeated may say yes about octets the kernel has dropped."""
    way = filing(home)
    disk.on_sync = fault(apsw.SQLITE_IOERR_FSYNC)
    with pytest.raises(Unavailable):
        take(home, letter(way))
    disk.on_sync = None
    with pytest.raises(Unavailable, match="disk failed"):
        take(home, letter(way))
    assert home.engine.read_now(journey.recipients, 1) == []  # reading goes on


def test_a_database_that_is_no_database_is_damage(tmp_path):
    (tmp_path / "mail.db").write_bytes(b"From: lee@b.test\r\n" * 1000)
    with pytest.raises(Damaged):
        open_home(tmp_path, create=True)


# ── group commit ──


def test_many_writers_share_one_commit(home):
    way = filing(home)
    started, held = threading.Event(), threading.Event()

    def slow(tx):
        started.set()
        held.wait(5)

    commits = []
    home.engine._writer.set_commit_hook(lambda: commits.append(1) or False)

    async def everybody():
        first = asyncio.ensure_future(home.engine.write(slow))
        await asyncio.to_thread(started.wait, 5)
        others = [asyncio.ensure_future(home.engine.write(accept, home.blobs, letter(way))) for _ in range(50)]
        await asyncio.sleep(0)
        held.set()
        await asyncio.gather(first, *others)

    asyncio.run(everybody())
    home.engine._writer.set_commit_hook(None)
    assert len(commits) == 2  # the slow one's, and one for all who came meanwhile


def test_who_comes_while_another_process_commits_shares_the_next_commit(home, monkeypatch):
    way = filing(home)
    other = os.open(home.data / "mail.db.lock", os.O_RDWR)
    flock = fcntl.flock
    flock(other, fcntl.LOCK_EX)
    in_line = threading.Event()
    monkeypatch.setattr(fcntl, "flock", lambda fd, how: (in_line.set(), flock(fd, how)))
    commits = []
    home.engine._writer.set_commit_hook(lambda: commits.append(1) or False)

    async def everybody():
        first = asyncio.ensure_future(home.engine.write(accept, home.blobs, letter(way)))
        await asyncio.to_thread(in_line.wait, 5)
        others = [asyncio.ensure_future(home.engine.write(accept, home.blobs, letter(way))) for _ in range(50)]
        await asyncio.sleep(0)
        os.close(other)
        await asyncio.gather(first, *others)

    asyncio.run(everybody())
    home.engine._writer.set_commit_hook(None)
    assert len(commits) == 1


def test_a_batch_has_an_end(home):
    way = filing(home)
    outcomes = gathered(home, [(accept, home.blobs, letter(way)) for _ in range(MAX_BATCH + 5)])
    assert len({taken.uids[0][1] for taken in outcomes}) == MAX_BATCH + 5


def test_a_writer_nobody_waits_for_any_more_hurts_nobody(home):
    way = filing(home)

    async def impatient():
        waiting = asyncio.ensure_future(home.engine.write(accept, home.blobs, letter(way)))
        await asyncio.sleep(0)
        waiting.cancel()
        return await home.engine.write(accept, home.blobs, letter(way))

    assert asyncio.run(impatient()).uids[0][1] == 2  # the first letter was under way: it is there, unacknowledged


# ── several processes ──


def _write_many(data, seed, count, started):
    home = open_home(data, create=False, synchronous="OFF")
    way = filing(home)
    started.wait(20)
    for n in range(count):
        take(home, letter(way, number=seed * 1_000 + n))
    home.close()


def test_two_processes_write_at_once(tmp_path):
    data, count = tmp_path / "data", 60
    home = open_home(data, create=True, synchronous="OFF")
    person(home)
    spawn = multiprocessing.get_context("spawn")
    started = spawn.Barrier(2)
    writers = [spawn.Process(target=_write_many, args=(data, seed, count, started)) for seed in (1, 2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    found = home.engine.read_now(entries.entries, filing(home).mailbox_id)
    assert [entry.uid for entry in found] == list(range(1, 2 * count + 1))
    assert [entry.modseq for entry in found] == sorted({entry.modseq for entry in found})
    assert verify(home) == []
    home.close()


def test_two_engines_on_one_file_take_turns(tmp_path):
    home = open_home(tmp_path / "data", create=True, synchronous="OFF")
    person(home)
    way = filing(home)
    other = SqliteEngine(tmp_path / "data" / "mail.db", synchronous="OFF")

    async def everybody():
        return await asyncio.gather(
            *(engine.write(accept, home.blobs, letter(way)) for engine in (home.engine, other) * 40)
        )

    taken = asyncio.run(everybody())
    assert {one.uids[0][1] for one in taken} == set(range(1, 81))
    other.close()
    home.close()


def test_processes_that_start_at_once_make_one_store(tmp_path):
    homes = []

    def start():
        homes.append(open_home(tmp_path / "data", create=True, synchronous="OFF"))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(homes) == 4
    for home in homes:
        home.close()


# ── the data folder ──


def test_a_home_has_its_folders_for_nobody_else(tmp_path):
    home = open_home(tmp_path / "data", create=True)
    folders = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "data").iterdir() if path.is_dir()}
    assert folders == dict.fromkeys(("content", "spool", "run", "maildrop"), 0o700)
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    home.close()


def test_what_is_not_there_is_not_made_by_looking(tmp_path):
    with pytest.raises(NotThere):
        open_home(tmp_path / "data", create=False)
    assert not (tmp_path / "data").exists()


def test_a_folder_everybody_can_write_into_is_refused(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(0o777)
    with pytest.raises(Unsafe):
        open_home(tmp_path / "data", create=True)


def test_a_store_of_another_version_is_refused_and_left_alone(tmp_path):
    home = open_home(tmp_path / "data", create=True)
    home.engine.write_now(lambda tx: tx.run("UPDATE meta SET value = '999' WHERE name = 'schema'"))
    home.close()
    with pytest.raises(WrongVersion, match="999"):
        open_home(tmp_path / "data", create=True)


def test_every_error_of_the_store_is_a_store_error():
    assert all(
        issubclass(kind, StoreError)
        for kind in (Unavailable, Full, Conflict, Damaged, NotThere, NotUsable, Unsafe, WrongVersion)
    )


def test_closing_does_not_wait_for_a_scan_that_nobody_awaits_any_more(tmp_path):
    engine = SqliteEngine(tmp_path / "mail.db")
    begun, ended = threading.Event(), []

    def for_ever(tx):
        begun.set()
        tx.one("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")

    def scan():
        try:
            engine.read_now(for_ever)
        except StoreError as error:
            ended.append(error)

    reader = threading.Thread(target=scan)
    reader.start()
    begun.wait()
    engine.close()
    reader.join(10)
    assert [type(error) for error in ended] == [Unavailable]
