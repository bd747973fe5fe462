"""The supervisor: whoever dies begins again, and whoever is told to end has ended before long, whenever it was told."""

import contextlib
import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from kit.server import until
from pyeonji.config.model import Settings
from pyeonji.daemon import supervisor
from pyeonji.daemon.supervisor import INDEXER, MAX_RESTART_S, RESTART_S, SETTLED_S, Sockets, Supervisor

PATIENCE_S = 20.0  # for a busy machine; far below STOP_S, after which whoever was not told is killed


class Clock:
    """A monotonic clock that is moved."""

    def __init__(self):
        self.now = 1_000.0

    def monotonic(self):
        return self.now

    def time_ns(self):
        return round(self.now * 1e9)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(supervisor, "time", clock)
    return clock


@pytest.fixture
def supervising(tmp_path, clock):
    (tmp_path / "run").mkdir()
    sockets = Sockets()
    with closing(sockets):
        made = Supervisor(Settings(data=tmp_path, listeners=()), lambda: None, sockets)
        made.started = []
        made._start = made.started.append
        yield made


def dies(supervising, clock, number, lived):
    """How long it is waited for."""
    supervising._expect(number, clock.now - lived)
    return supervising._due[number] - clock.now


def test_waits_grow_for_one_that_can_hardly_begin_and_not_for_another(supervising, clock):
    waits = [dies(supervising, clock, INDEXER, SETTLED_S / 2) for _ in range(7)]
    assert waits == [RESTART_S, 1, 2, 4, 8, MAX_RESTART_S, MAX_RESTART_S]
    assert dies(supervising, clock, 0, SETTLED_S / 2) == RESTART_S


def test_who_has_worked_begins_again_at_once_however_often_it_is_killed(supervising, clock):
    for _ in range(4):
        dies(supervising, clock, 0, SETTLED_S / 2)
    assert [dies(supervising, clock, 0, SETTLED_S + 1) for _ in range(100)] == [RESTART_S] * 100


def test_each_begins_again_when_it_is_due(supervising, clock):
    for _ in range(4):
        dies(supervising, clock, INDEXER, SETTLED_S / 2)
    dies(supervising, clock, 0, 100)
    clock.now += RESTART_S
    supervising._start_due()
    assert supervising.started == [0]
    clock.now += MAX_RESTART_S
    supervising._start_due()
    assert supervising.started == [0, INDEXER]


def test_where_there_is_no_room_for_a_process_it_begins_later(tmp_path, clock, monkeypatch):
    def no_room():
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", no_room)
    (tmp_path / "run").mkdir()
    with closing(Sockets()) as sockets:
        made = Supervisor(Settings(data=tmp_path, listeners=()), lambda: None, sockets)
        made._start(INDEXER)
    assert made._due == {INDEXER: clock.now + RESTART_S}


def test_a_full_disk_where_a_certificate_should_be_made_does_not_end_the_server(supervising, monkeypatch):
    def full(settings, now_us):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(supervisor, "shown_by", full)
    supervising._keep_certificates()
    assert supervising._spare == ()


# ── with processes ──

# A supervisor whose children do nothing but write down that they are there; the first ones do as they are told to.
PROGRAM = """
import os, signal, sys
from pathlib import Path
from pyeonji.config.model import Settings
from pyeonji.daemon import supervisor
from pyeonji.daemon.supervisor import Sockets, Supervisor

data, story, stop_s = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
settings = Settings(data=data, listeners=(), workers=2)
supervisor.STOP_S = stop_s
supervisor.share = lambda: None
here = os.getpid()

def tell(name):
    os.kill(here, name)

def be(self, worker):
    if story == "broken" and worker == 0:
        raise ValueError("what is broken")
    if story == "deaf" and reloads == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (data / "run" / f"{reloads}.{worker}.{os.getpid()}").touch()
    while True:
        signal.pause()

def begun(self, worker):
    start(self, worker)
    if story == "while the first begin" and worker == 0:
        tell(signal.SIGTERM)

def reread():
    global reloads
    reloads += 1
    if story == "in the midst of a reload":
        tell(signal.SIGTERM)
    return settings

reloads, start = 0, Supervisor._start
Supervisor._be, Supervisor._start = be, begun
sys.exit(Supervisor(settings, reread, Sockets()).run())
"""
CHILDREN = 4  # two workers, the writer, the indexer


class Told:
    """Such a supervisor in a process of its own."""

    def __init__(self, data: Path, story: str, stop_s: float = supervisor.STOP_S, log: int = subprocess.PIPE) -> None:
        self.run = data / "run"
        self.run.mkdir()
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(data), story, str(stop_s)],
            stderr=log,
            start_new_session=True,
        )

    def children(self, reloads: int) -> dict[int, int]:
        """Worker number -> process, of those that began after so many reloads."""
        names = (path.name.split(".") for path in self.run.glob(f"{reloads}.*"))
        return {int(worker): int(pid) for _, worker, pid in names}

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def told(tmp_path):
    with contextlib.ExitStack() as held:
        yield lambda *how: held.enter_context(closing(Told(tmp_path, *how)))


def lives(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.system
def test_who_begins_in_the_instant_of_a_stop_ends_with_the_others(told):
    stopped = told("while the first begin")
    assert stopped.process.wait(PATIENCE_S) == 0


@pytest.mark.system
def test_who_begins_while_a_reload_meets_a_stop_ends_with_the_others(told):
    stopped = told("in the midst of a reload")
    until(lambda: len(stopped.children(0)) == CHILDREN, PATIENCE_S)
    stopped.process.send_signal(signal.SIGHUP)
    assert stopped.process.wait(PATIENCE_S) == 0


@pytest.mark.system
def test_an_old_worker_that_does_not_end_after_a_reload_is_killed_and_told_of(told):
    reloaded = told("deaf", 0.5)
    until(lambda: len(reloaded.children(0)) == CHILDREN, PATIENCE_S)
    reloaded.process.send_signal(signal.SIGHUP)
    old = reloaded.children(0)
    writer = old.pop(supervisor.WRITER)
    until(lambda: not any(lives(pid) for pid in old.values()), PATIENCE_S)
    assert lives(writer)
    until(lambda: reloaded.children(1).keys() == old.keys(), PATIENCE_S)
    assert all(lives(pid) for pid in reloaded.children(1).values())
    reloaded.process.terminate()
    _, said = reloaded.process.communicate(timeout=PATIENCE_S)
    assert reloaded.process.returncode == 0
    assert all(f"killed: {pid}".encode() in said for pid in (*old.values(), writer))


@pytest.mark.system
def test_why_a_process_ends_that_was_not_told_to_is_in_the_log(told):
    broken = told("broken")
    until(lambda: len(broken.children(0)) == CHILDREN - 1, PATIENCE_S)
    victim = broken.children(0)[1]
    os.kill(victim, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{victim}").exists(), PATIENCE_S)
    broken.process.terminate()
    _, said = broken.process.communicate(timeout=PATIENCE_S)
    assert broken.process.returncode == 0
    for words in ("ValueError: what is broken", "(exit 1)", f"(Killed); another begins in {RESTART_S:g} s: {victim}"):
        assert words in said.decode()


def nowhere(read, write):
    os.close(read)


def full(read, write):
    """Nobody reads, and there is no room any more."""
    os.set_blocking(write, False)
    with contextlib.suppress(BlockingIOError):
        while os.write(write, bytes(4_096)):
            pass
    os.set_blocking(write, True)


@pytest.mark.system
@pytest.mark.parametrize("happens", [nowhere, full])
def test_a_log_that_takes_nothing_any_more_holds_nobody_up(told, happens):
    read, write = os.pipe()
    broken = told("broken", supervisor.STOP_S, write)
    happens(read, write)
    until(lambda: len(broken.children(0)) == CHILDREN - 1, PATIENCE_S)
    victim = broken.children(0)[1]
    os.kill(victim, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{victim}").exists(), PATIENCE_S)
    assert broken.process.poll() is None
    broken.process.terminate()
    assert broken.process.wait(PATIENCE_S) == 0
    os.close(write)
    if happens is full:
        os.close(read)


@pytest.mark.system
def test_nobody_has_patience_with_who_is_told_to_stop_twice(told):
    stopped = told("deaf")
    until(lambda: len(stopped.children(0)) == CHILDREN, PATIENCE_S)
    stopped.process.terminate()
    until(lambda: has_heard(stopped.process.pid), PATIENCE_S)
    stopped.process.terminate()
    assert stopped.process.wait(PATIENCE_S) == 0


def has_heard(pid):
    """No signal waits for it."""
    pending = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("ShdPnd")]
    return int(pending[0].split()[1], 16) == 0
