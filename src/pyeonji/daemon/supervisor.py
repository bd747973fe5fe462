"""The supervisor: opens the ports once, starts equal workers on them, and replaces those that die.

SIGTERM and SIGINT: nobody accepts any more, workers finish what is under way (at most 30 s) and give their leases back.
SIGHUP: the configuration is read again, all or nothing; new workers start before the old ones stop.

The sockets belong to the supervisor and outlive every worker: who waits in the listen queue while one worker goes and
the next one comes is served by the next one.
"""

import asyncio
import gc
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyeonji.config.model import Settings
from pyeonji.daemon.activation import inherited, tell_systemd
from pyeonji.daemon.certificate import refusal, shown_by
from pyeonji.daemon.first_run import first_account, make_folder, take_over
from pyeonji.daemon.indexing import run_indexer
from pyeonji.daemon.owner import become, somebody_else
from pyeonji.daemon.parent import end_with
from pyeonji.daemon.public import ANYBODY, NotSafe, open_public, prepare_maildrop
from pyeonji.daemon.worker import run_worker
from pyeonji.daemon.writing import run_writer
from pyeonji.net.certificates import BadCertificate, Shown
from pyeonji.net.listener import open_tcp, open_unix
from pyeonji.store.home import make_folders
from pyeonji.store.lock import server_lock
from pyeonji.store.upgrade import Upgraded, upgrade
from pyeonji.store.verify import require_sound

PID = Path("run", "pid")  # in the data folder, while a server runs
STOP_S = 35.0  # seconds until a worker that does not stop is killed
RESTART_S = 0.5  # seconds between the death of a worker and the next one, doubled up to a limit
MAX_RESTART_S = 30.0
FOREVER_S = 3600.0  # seconds between two looks when nothing happens
# Among the numbers of workers: the process that makes digests, the one that commits; none at all.
INDEXER, WRITER, NOBODY = -1, -2, -3
OURS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})  # signals that tell the supervisor to do something
HEARD = OURS | {signal.SIGCHLD, signal.SIGALRM}


class RunsAlready(Exception):
    """Another server has this data folder, or has not come to its end yet."""


@dataclass(slots=True)
class Sockets:
    """Everything that is opened before the first worker starts: ports by host and number, local sockets by path."""

    tcp: dict[tuple[str, int], socket.socket] = field(default_factory=dict)
    unix: dict[Path, socket.socket] = field(default_factory=dict)

    def follow(self, settings: Settings) -> None:
        """Open what is new and close what is not wanted any more; raises OSError or NotSafe: nothing has changed."""
        ports = ports_of(settings)
        paths = {*settings.submit_paths, settings.control_path, settings.writer_path}
        new = Sockets()
        try:
            for place in sorted(ports - self.tcp.keys()):
                new.tcp[place] = open_tcp(*place)
            for path in sorted(paths - self.unix.keys()):
                new.unix[path] = open_local(settings, path)
        except (OSError, NotSafe):
            new.close()
            raise
        self.tcp |= new.tcp
        self.unix |= new.unix
        for place in self.tcp.keys() - ports:
            self.tcp.pop(place).close()
        for path in self.unix.keys() - paths:
            self.unix.pop(path).close()
            path.unlink(missing_ok=True)

    def open_ports(self, settings: Settings) -> None:
        """Those that only root may open, before we are somebody else; raises OSError."""
        for place in sorted(ports_of(settings) - self.tcp.keys()):
            self.tcp[place] = open_tcp(*place)

    def let_go(self) -> None:
        """In a child that serves nobody: the places stay with the others."""
        for sock in (*self.tcp.values(), *self.unix.values()):
            sock.close()

    def only(self, path: Path) -> socket.socket:
        """The same in a child that serves at one of the paths."""
        sock = self.unix.pop(path)
        self.let_go()
        return sock

    def close(self) -> None:
        for sock in (*self.tcp.values(), *self.unix.values()):
            sock.close()
        for path in self.unix:
            path.unlink(missing_ok=True)


def ports_of(settings: Settings) -> set[tuple[str, int]]:
    return {(listen.host, listen.port) for listen in settings.listeners}


def open_local(settings: Settings, path: Path) -> socket.socket:
    """A local socket; raises OSError and NotSafe."""
    if path in (settings.control_path, settings.writer_path):
        return open_unix(path, 0o600)
    own, *_ = settings.submit_paths
    return open_unix(path, ANYBODY) if path == own else open_public(path)


class Supervisor:
    """See the top of this module."""

    def __init__(self, settings: Settings, reread: Callable[[], Settings], sockets: Sockets) -> None:
        self._settings = settings
        self._reread = reread
        self._sockets = sockets
        self._follow(settings)
        self._workers: dict[int, tuple[int, float]] = {}  # pid -> (worker number, started)
        self._waits: dict[int, float] = {}  # how long each was waited for last, in seconds
        self._due: dict[int, float] = {}  # when those that have died begin again
        self._spare: tuple[Shown, ...] = ()  # the certificates, as they last were good
        self._stopping = False
        self._reloading = False

    def run(self) -> int:
        """Until told to stop; the exit code."""
        for name in OURS - {signal.SIGHUP}:
            signal.signal(name, lambda *_: self._stop())
        signal.signal(signal.SIGHUP, lambda *_: self._reload())
        pid = self._settings.data / PID
        pid.write_text(f"{os.getpid()}\n")
        share()
        for worker in (WRITER, *range(self._settings.workers), INDEXER):
            self._start(worker)
        tell_systemd("READY=1", f"STATUS={len(self._sockets.tcp)} ports, {self._settings.workers} workers")
        while self._workers or self._due:
            number, started = self._wait()
            if self._stopping:
                self._due.clear()
                continue
            if number != NOBODY:
                self._expect(number, started)
            if self._reloading:
                self._replace_all()
            self._start_due()
        self._sockets.close()
        pid.unlink(missing_ok=True)
        return 0

    def _start(self, worker: int) -> None:
        if worker >= 0:
            self._keep_certificates()
        supervisor = os.getpid()
        with held_back():  # or a child that is told to stop at once would run our handlers
            pid = os.fork()
            if pid == 0:
                code = 1
                try:
                    end_with(supervisor)
                    code = self._be(worker)
                finally:
                    sys.stdout.flush()
                    sys.stderr.flush()
                    os._exit(code)
            self._workers[pid] = (worker, time.monotonic())

    def _be(self, worker: int) -> int:
        """The life of a child; its exit code."""
        if worker == INDEXER:
            self._sockets.let_go()
            return run_indexer(self._settings)
        if worker == WRITER:
            return run_writer(self._settings, self._sockets.only(self._settings.writer_path))
        return run_worker(self._settings, self._sockets, worker, self._spare)

    def _keep_certificates(self) -> None:
        """Those of now, if they are good: a worker that begins while they are bad shows what was good before."""
        with suppress(BadCertificate):
            self._spare = shown_by(self._settings, time.time_ns() // 1_000)

    def _expect(self, number: int, started: float) -> None:
        """One that has died: it begins again soon, later when it dies again and again; nobody waits for another."""
        now = time.monotonic()
        lived = now - started
        wait = RESTART_S if lived > MAX_RESTART_S else min(2 * self._waits.get(number, RESTART_S), MAX_RESTART_S)
        self._waits[number] = wait
        self._due[number] = now + wait

    def _start_due(self) -> None:
        now = time.monotonic()
        for number in [number for number, due in self._due.items() if due <= now]:
            del self._due[number]
            self._start(number)

    def _wait(self) -> tuple[int, float]:
        """The worker that ended and when it had started; NOBODY: none did, a signal came or somebody is due."""
        with held_back(HEARD):
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                pid = 0
            if pid:
                return self._workers.pop(pid, (NOBODY, 0.0))
            if self._reloading:  # it came when nobody was listening
                return NOBODY, 0.0
            left = min(self._due.values(), default=time.monotonic() + FOREVER_S) - time.monotonic()
            came = signal.sigtimedwait(HEARD, max(0.0, left))
        if came is not None and came.si_signo != signal.SIGCHLD:
            signal.raise_signal(came.si_signo)
        return NOBODY, 0.0

    def _stop(self) -> None:
        if self._stopping:
            self._signal(signal.SIGKILL)
            return
        self._stopping = True
        tell_systemd("STOPPING=1")
        self._sockets.close()  # once the workers have closed theirs, too, whoever comes is refused
        self._signal(signal.SIGTERM)
        signal.signal(signal.SIGALRM, lambda *_: self._signal(signal.SIGKILL))
        signal.alarm(int(STOP_S))

    def _reload(self) -> None:
        self._reloading = True  # all else in the loop: another signal must not come into the midst of it

    def _replace_all(self) -> None:
        """Workers with the new settings first, then the old ones may go."""
        self._reloading = False
        try:
            settings = self._reread()
            shown_by(settings, time.time_ns() // 1_000)  # a bad certificate is found before a worker stumbles over it
            self._follow(settings)
        except BadCertificate as error:
            sys.stderr.write(refusal(error))
            return
        except (ValueError, OSError, NotSafe) as error:
            sys.stderr.write(f"{error}\n")
            return
        old = [pid for pid, (worker, _) in self._workers.items() if worker != WRITER]  # it has no settings
        self._settings = settings
        self._due = {worker: due for worker, due in self._due.items() if worker == WRITER}
        for worker in (*range(settings.workers), INDEXER):
            self._start(worker)
        for pid in old:
            self._workers[pid] = (NOBODY, 0.0)
            os.kill(pid, signal.SIGTERM)

    def _follow(self, settings: Settings) -> None:
        """All ports, local sockets and folders; raises OSError and NotSafe."""
        for folder in settings.maildrops[1:]:
            prepare_maildrop(folder)
        self._sockets.follow(settings)

    def _signal(self, number: int) -> None:
        for pid in self._workers:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue


def main(
    settings: Settings,
    reread: Callable[[], Settings],
    ready: Callable[[], Any],
    say: Callable[[str], Any],
    upgraded: Callable[[Upgraded], Any],
) -> int:
    """`pyeonji serve`: first-run set-up, then supervise.

    Raises RunsAlready, NotSafe, BadCertificate, StoreError, OSError.

    `ready` is called when all ports are ours, `say` with the first account when one was made, `upgraded` when the
    folder was an older version's.
    """
    sockets = Sockets(inherited())
    if (owner := somebody_else(settings.data)) is not None:
        sockets.open_ports(settings)
        become(owner)
    make_folders(settings.data)
    lock = server_lock(settings.data)  # the workers hold it, too: the folder is free when the last one has ended
    if not lock.taken:
        raise RunsAlready(str(settings.data))
    if (older := upgrade(settings.data)) is not None:
        upgraded(older)
    if (settings.data / PID).exists():  # the last one came to no good end: a kill, or the power (reliability F28)
        require_sound(settings.data)
    make_folder(settings)
    supervisor = Supervisor(settings, reread, sockets)
    ready()
    first_account(settings, say)
    take_over(settings)
    return supervisor.run()


@contextmanager
def held_back(signals: frozenset[signal.Signals] = OURS) -> Iterator[None]:
    """Signals that come meanwhile come afterwards."""
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)


def share() -> None:
    """What all children need is loaded and put aside before they are made: then it is in memory once."""
    import pyeonji.web.server  # noqa: F401 - the largest of what nobody needs to be supervised

    loop_factory()
    gc.collect()
    gc.freeze()


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """uvloop where it is present; asyncio's own loop otherwise (both are tested)."""
    if os.environ.get("PYEONJI_LOOP") == "asyncio":
        return asyncio.new_event_loop
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop
