"""The supervisor: opens the ports once, starts equal workers on them, and replaces those that die.

SIGTERM and SIGINT: nobody accepts any more, workers finish what goes on (10 s at most) and give their leases back.
SIGHUP: the configuration is read again, all or nothing; new workers start before the old ones stop.
Whoever was told to end and has not after STOP_S is killed, at a stop as after a reload.

Signals are blocked and taken one at a time between two steps, never in the midst of one: else a worker that begins in
the instant of a SIGTERM would not be told of it.

The sockets belong to the supervisor and outlive every worker: who waits in the listen queue while one worker goes and
the next one comes is served by the next one.
"""

import asyncio
import gc
import math
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyeonji.catalog.cli import say
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
from pyeonji.store.home import NotUsable, make_folders
from pyeonji.store.lock import server_lock
from pyeonji.store.upgrade import Upgraded, upgrade
from pyeonji.store.verify import require_sound

PID = Path("run", "pid")  # in the data folder, while a server runs
STOP_S = 35.0  # seconds until a process that was told to end and does not is killed
RESTART_S = 0.5  # seconds between the death of a process and the next one of its kind, doubled up to a limit...
MAX_RESTART_S = 10.0
SETTLED_S = 1.0  # ... as long as it dies so soon: whoever has lived longer could begin, and is missed
FOREVER_S = 3600.0  # seconds between two looks when nothing happens
INDEXER, WRITER = -1, -2  # among the numbers of workers: the process that makes digests, the one that commits
NOBODY = (0, 0)  # what waitpid(2) says when nobody has ended
OURS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})  # signals that tell the supervisor to do something
HEARD = OURS | {signal.SIGCHLD}


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


@dataclass(slots=True)
class Child:
    """A process of ours; instants are those of the monotonic clock."""

    worker: int
    started: float
    killed_at: float = math.inf  # if it lives then; it was told to end

    @property
    def is_leaving(self) -> bool:
        return self.killed_at < math.inf


class Supervisor:
    """See the top of this module."""

    def __init__(self, settings: Settings, reread: Callable[[], Settings], sockets: Sockets) -> None:
        self._settings = settings
        self._reread = reread
        self._sockets = sockets
        self._follow(settings)
        self._children: dict[int, Child] = {}  # by process id
        self._waits: dict[int, float] = {}  # how long each was waited for last, in seconds
        self._due: dict[int, float] = {}  # when those that have died begin again
        self._spare: tuple[Shown, ...] = ()  # the certificates, as they last were good
        self._stopping = False

    def run(self) -> int:
        """Until told to stop; the exit code.  Raises NotUsable."""
        signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
        pid = self._settings.data / PID
        try:
            pid.write_text(f"{os.getpid()}\n")
        except OSError as error:
            raise NotUsable(pid, error) from error
        share()
        for worker in (WRITER, *range(self._settings.workers), INDEXER):
            self._start(worker)
        tell_systemd("READY=1", f"STATUS={len(self._sockets.tcp)} ports, {self._settings.workers} workers")
        while self._children or self._due:
            self._hear(self._came())
            self._bury()
            self._kill_late()
            self._start_due()
        self._sockets.close()
        pid.unlink(missing_ok=True)
        return 0

    def _start(self, worker: int) -> None:
        if worker >= 0:
            self._keep_certificates()
        supervisor = os.getpid()
        try:
            pid = os.fork()
        except OSError:  # no memory, or too many processes: soon
            self._expect(worker, time.monotonic())
            return
        if pid == 0:
            code = 1
            try:
                as_any_process()
                end_with(supervisor)
                code = self._be(worker)
            except Exception:  # noqa: BLE001 - the driver: why it ends must be in the log
                traceback.print_exc()
            finally:
                with suppress(OSError):
                    sys.stdout.flush()
                    sys.stderr.flush()
                os._exit(code)
        self._children[pid] = Child(worker, time.monotonic())

    def _be(self, worker: int) -> int:
        """The life of a child; its exit code."""
        if worker == INDEXER:
            self._sockets.let_go()
            return run_indexer(self._settings)
        if worker == WRITER:
            return run_writer(self._settings, self._sockets.only(self._settings.writer_path))
        return run_worker(self._settings, self._sockets, worker, self._spare)

    def _keep_certificates(self) -> None:
        """Those of now, if they are good: a worker that begins while they are bad shows what was good before.

        Also where one of our own could not be written: a full disk must not end the server.
        """
        with suppress(BadCertificate, OSError):
            self._spare = shown_by(self._settings, time.time_ns() // 1_000)

    def _came(self) -> int | None:
        """The next signal; None when it is time for something."""
        ends = (child.killed_at for child in self._children.values())
        left = min((*self._due.values(), *ends), default=math.inf) - time.monotonic()
        came = signal.sigtimedwait(HEARD, min(max(0.0, left), FOREVER_S))
        return came.si_signo if came is not None else None

    def _hear(self, came: int | None) -> None:
        if came in (signal.SIGTERM, signal.SIGINT):
            self._stop()
        elif came == signal.SIGHUP and not self._stopping:
            self._replace_all()

    def _bury(self) -> None:
        """Those that have ended; whoever was not told to begins again."""
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG)) != NOBODY:
                pid, status = ended
                child = self._children.pop(pid, None)
                if child is not None and not child.is_leaving:
                    self._expect(child.worker, child.started)
                    how, wait = how_it_ended(status), f"{self._waits[child.worker]:g}"
                    tell(say("en", "serve.died", pid=str(pid), how=how, seconds=wait))

    def _expect(self, number: int, started: float) -> None:
        """One that has died: it begins again soon, later when it can hardly begin; nobody waits for another."""
        now = time.monotonic()
        before = self._waits.get(number, 0.0) if now - started <= SETTLED_S else 0.0
        self._waits[number] = wait = min(max(RESTART_S, 2 * before), MAX_RESTART_S)
        self._due[number] = now + wait

    def _start_due(self) -> None:
        now = time.monotonic()
        for number in [number for number, due in self._due.items() if due <= now]:
            del self._due[number]
            self._start(number)

    def _stop(self) -> None:
        """The second time there is no patience."""
        if self._stopping:
            for pid in self._children:
                os.kill(pid, signal.SIGKILL)
            return
        self._stopping = True
        tell_systemd("STOPPING=1")
        self._due.clear()
        self._sockets.close()  # once the workers have closed theirs, too, whoever comes is refused
        self._tell_to_end(self._children)

    def _tell_to_end(self, pids: Iterable[int]) -> None:
        """Those that were not told before."""
        for pid in pids:
            if not (child := self._children[pid]).is_leaving:
                child.killed_at = time.monotonic() + STOP_S
                os.kill(pid, signal.SIGTERM)  # until it is buried its number is nobody else's

    def _kill_late(self) -> None:
        now = time.monotonic()
        for pid, child in self._children.items():
            if child.killed_at <= now:
                tell(say("en", "serve.killed", pid=str(pid), seconds=f"{STOP_S:.0f}"))
                child.killed_at = now + STOP_S
                os.kill(pid, signal.SIGKILL)

    def _replace_all(self) -> None:
        """Workers with the new settings first, then the old ones may go."""
        try:
            settings = self._reread()
            shown_by(settings, time.time_ns() // 1_000)  # a bad certificate is found before a worker stumbles over it
            self._follow(settings)
        except BadCertificate as error:
            tell(refusal(error))
            return
        except (ValueError, OSError, NotSafe) as error:
            tell(str(error))
            return
        old = [pid for pid, child in self._children.items() if child.worker != WRITER]  # it has no settings
        self._settings = settings
        self._due = {worker: due for worker, due in self._due.items() if worker == WRITER}
        for worker in (*range(settings.workers), INDEXER):
            self._start(worker)
        self._tell_to_end(old)

    def _follow(self, settings: Settings) -> None:
        """All ports, local sockets and folders; raises OSError and NotSafe."""
        for folder in settings.maildrops[1:]:
            prepare_maildrop(folder)
        self._sockets.follow(settings)


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


def as_any_process() -> None:
    """In a child: signals do what they do to any process, until it asks for them."""
    for name in OURS:
        signal.signal(name, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)


def tell(line: str) -> None:
    """For the log.  That it goes nowhere any more must not end the server, that nobody reads it must not stop it."""
    with suppress(OSError):
        if select.select((), (2,), (), 0)[1]:
            os.write(2, f"{line}\n".encode())


def how_it_ended(status: int) -> str:
    """In a word or two, from the status of waitpid(2)."""
    code = os.waitstatus_to_exitcode(status)
    return f"exit {code}" if code >= 0 else signal.strsignal(-code) or f"signal {-code}"


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
