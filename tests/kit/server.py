"""A real server in processes of its own, as `pyeonji serve` starts it, on ports nobody uses."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from kit.patience import PATIENCE_S
from pyeonji.config.model import DEFAULT_PORTS
from pyeonji.daemon import writing
from pyeonji.daemon.indexing import NICENESS
from pyeonji.directory.login import make_credentials
from pyeonji.net.local_name import local_name
from pyeonji.store import directory
from pyeonji.store.home import open_home

BIN = Path(sys.executable).parent
HOST = "127.0.0.1"
PASSWORD = "pw"
KIM, LEE = "kim@here.test", "lee@here.test"
STOP_S = 40.0
LOOK_S = 0.02  # seconds between two looks at something that is about to be
FIRST_OFFSET, LAST_OFFSET = 9_100, 16_900  # below the ports of the hosts of a lab
TAKEN = "Address already in use"
ATTEMPTS = 20  # at ports that were free a moment ago: another test may have taken them since


class Server:
    """One data folder and the processes on it.  `accounts` are made with PASSWORD, their domains with them.

    `user` (an id) is whom it runs as, when we are root.
    """

    def __init__(self, data: Path, accounts: tuple[str, ...] = (), config: str = "", user: int | None = None) -> None:
        self.data = data
        self.user = user
        self.offset = free_offset()
        self.may_move = True  # to another offset, as long as nobody was told of this one
        self.process: subprocess.Popen[bytes] | None = None
        self.log = data.with_suffix(".log")
        if accounts:
            make_accounts(data, accounts)
        if config:
            (data / "pyeonji.toml").write_text(config)

    def port(self, service: str) -> int:
        return DEFAULT_PORTS[service] + self.offset

    def start(self) -> "Server":
        for _ in range(ATTEMPTS):
            said = self._start()
            if self.process.poll() is None:
                self.may_move = False  # clients know its ports now
                return self
            assert TAKEN in said, said
            if self.may_move:
                self.offset = free_offset()
            else:
                time.sleep(PATIENCE_S / ATTEMPTS)
        raise AssertionError(said)

    def _start(self) -> str:
        """Start it, and wait until it answers or has ended; what it said."""
        with self.log.open("ab") as log:
            begin = log.tell()
            self.process = subprocess.Popen(
                [BIN / "pyeonji", "serve", "--data", self.data, "--port-offset", str(self.offset)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                user=self.user, group=self.user, extra_groups=None if self.user is None else [],
            )  # fmt: skip
        until(lambda: self.process.poll() is not None or self.status() is not None)
        return self.log.read_bytes()[begin:].decode()

    def ask(self, request: dict) -> dict | None:
        """What the control socket answers; None when nobody does."""
        path = self.data / "run" / "control.sock"
        with contextlib.suppress(OSError, ValueError), socket.socket(socket.AF_UNIX) as control:
            control.settimeout(PATIENCE_S)
            with local_name(path) as name:
                control.connect(name)
            control.sendall(json.dumps(request).encode() + b"\n")
            with control.makefile("rb") as answer:
                return json.loads(answer.readline())
        return None

    def status(self) -> dict | None:
        return self.ask({"do": "status"})

    def workers(self) -> set[int]:
        """Process ids of the workers that live now."""
        return self._children() - self.indexers() - self.writers()

    def writers(self) -> set[int]:
        """... and of the process that commits for them."""
        found = set()
        for child in self._children():
            with contextlib.suppress(FileNotFoundError):  # it has ended meanwhile
                if Path(f"/proc/{child}/comm").read_text() == f"{writing.NAME}\n":
                    found.add(child)
        return found

    def indexers(self) -> set[int]:
        """... and of the process that makes digests, the only one that gives way to all others."""
        found = set()
        for child in self._children():
            with contextlib.suppress(ProcessLookupError):
                if os.getpriority(os.PRIO_PROCESS, child) == NICENESS:
                    found.add(child)
        return found

    def _children(self) -> set[int]:
        pid = self.process.pid
        return {int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}

    def kill(self) -> None:
        """kill -9 of everything at once, as when the memory runs out."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(STOP_S)
        self.process = None

    def stop(self) -> int:
        """As systemd does; the exit code."""
        self.process.terminate()
        code = self.process.wait(STOP_S)
        self.process = None
        return code

    def run(self, *arguments: str, stdin: bytes = b"", program: str = "pyeonji") -> subprocess.CompletedProcess[bytes]:
        """One of our commands on this server's data."""
        env = {**os.environ, "PYEONJI_DATA": str(self.data), "LANG": "C.UTF-8"}
        command = [BIN / program, *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, env=env, timeout=PATIENCE_S)

    def __enter__(self) -> "Server":
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(STOP_S)


def make_accounts(data: Path, addresses: tuple[str, ...]) -> None:
    """Accounts, and the domains they need, in a data folder nobody uses now."""
    home = open_home(data, create=True)

    def add(tx) -> None:
        for address in addresses:
            domain = address.rpartition("@")[2]
            if not directory.domain_exists(tx, domain):
                directory.add_domain(tx, domain, 1_000_000)
            directory.add_account(
                tx, address, name="", language="en", quota_octets=0,
                credentials=make_credentials(PASSWORD, cheap=True), now_us=1_000_000,
            )  # fmt: skip

    home.engine.write_now(add)
    home.close()


def until(true, seconds: float = PATIENCE_S) -> None:
    """Wait for something another process does."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(LOOK_S)


def free_offset() -> int:
    """An offset whose ports nobody uses now.  Labs of tests stay below these, outgoing connections above."""
    defaults = set(DEFAULT_PORTS.values())  # a server or a lab without an offset may come at any time
    for offset in random.SystemRandom().sample(range(FIRST_OFFSET, LAST_OFFSET), 1000):
        if not defaults.isdisjoint(port + offset for port in defaults):
            continue
        with contextlib.ExitStack() as held, contextlib.suppress(OSError):
            for port in DEFAULT_PORTS.values():
                held.enter_context(socket.socket()).bind((HOST, port + offset))
            return offset
    raise AssertionError("no free ports")
