"""Ports that systemd opened: the server takes them over, says when it is ready, and a restart loses nobody."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from kit.patience import PATIENCE_S
from kit.server import BIN, HOST, STOP_S
from pyeonji.daemon import activation
from pyeonji.store.engine.sqlite_connection import PAGE_SIZE
from pyeonji.store.home import open_home

pytestmark = pytest.mark.system
MANY = 30  # words; the kernel keeps ten for who does not listen, unless somebody has changed it
LAUNCHER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1", "LISTEN_FDNAMES": "smtp"}
os.execv(sys.argv[2], sys.argv[2:])
"""


def test_a_systemd_that_is_too_busy_to_listen_holds_nobody_up(monkeypatch):
    name = f"@{secrets.token_hex(16)}"
    monkeypatch.setenv("NOTIFY_SOCKET", name)
    monkeypatch.setattr(activation, "NOTIFY_S", 0.01)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as busy:
        busy.bind(name.replace("@", "\0"))
        for _ in range(MANY):
            activation.tell_systemd("STATUS=well")
        assert busy.recv(100) == b"STATUS=well"


class Systemd:
    """As much of it as the server sees."""

    def __init__(self, tmp_path: Path) -> None:
        self.data = tmp_path / "data"
        open_home(self.data, create=True).close()
        self.smtp = socket.create_server((HOST, 0))
        self.port = self.smtp.getsockname()[1]
        (self.data / "pyeonji.toml").write_text(f'workers = 1\n[listeners]\nsmtp = "{HOST}:{self.port}"\n')
        self.name = f"@{secrets.token_hex(16)}"  # in no folder, as those of systemd may be, too: any folder may be deep
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(self.name.replace("@", "\0"))
        self.notify.settimeout(PATIENCE_S)
        self.process = None
        self.log = tmp_path / "log"

    def start(self):
        log = self.log.open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-c", LAUNCHER, str(self.smtp.fileno()), str(BIN / "pyeonji"), "serve", "--data",
             str(self.data)],
            pass_fds=[self.smtp.fileno()], env={**os.environ, "NOTIFY_SOCKET": self.name, "LANG": "C.UTF-8"},
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        log.close()

    def hears(self):
        return self.notify.recv(4096).decode().splitlines()

    def stop(self):
        self.process.terminate()
        return self.process.wait(STOP_S)

    def close(self):
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(STOP_S)
        self.smtp.close()
        self.notify.close()


@pytest.fixture
def systemd(tmp_path):
    machine = Systemd(tmp_path)
    yield machine
    machine.close()


def greeted(connection):
    connection.settimeout(PATIENCE_S)
    with connection.makefile("rb") as lines:
        return lines.readline()


def test_who_came_before_the_start_and_between_two_starts_is_served(systemd):
    early = socket.create_connection((HOST, systemd.port))
    systemd.start()
    assert systemd.hears()[0] == "READY=1"
    assert greeted(early).startswith(b"220 ")
    early.close()
    assert systemd.stop() == 0
    assert systemd.hears() == ["STOPPING=1"]
    between = socket.create_connection((HOST, systemd.port))  # nobody runs, and nobody is refused
    systemd.start()
    assert greeted(between).startswith(b"220 ")
    between.close()


def test_after_a_kill_a_damaged_store_is_not_served(systemd):
    """F28: the first start after an unclean end looks at every page."""
    systemd.start()
    assert systemd.hears()[0] == "READY=1"
    os.killpg(systemd.process.pid, signal.SIGKILL)
    systemd.process.wait(STOP_S)
    home = open_home(systemd.data, create=False)
    home.close()  # the log is in the file now
    octets = bytearray((systemd.data / "mail.db").read_bytes())
    octets[2 * PAGE_SIZE : 3 * PAGE_SIZE] = os.urandom(PAGE_SIZE)
    (systemd.data / "mail.db").write_bytes(octets)
    systemd.start()
    assert systemd.process.wait(PATIENCE_S) == 1
    assert "Restore the folder from a backup" in systemd.log.read_text()
