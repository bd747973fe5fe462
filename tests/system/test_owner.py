"""L06: root opens the ports, and nothing is root after that; reliability §2.2."""

import os
import shutil
import smtplib
import socket
import tempfile
from pathlib import Path

import pytest

from kit.inbox import letters
from kit.patience import PATIENCE_S
from kit.server import HOST, KIM, Server, until
from pyeonji.config.model import DEFAULT_PORTS

pytestmark = pytest.mark.system
DAEMON = 1  # a user id that every Debian has
if os.geteuid() != 0:
    pytest.skip("needs root to become another user", allow_module_level=True)


@pytest.fixture
def place():
    """A folder that others may walk through, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="pyeonji-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def low_offset():
    """One that makes 25 + 1000 a port only root may open, which nobody has."""
    for offset in range(-100, -2):
        with socket.socket() as smtp, socket.socket() as imap:
            try:
                smtp.bind((HOST, DEFAULT_PORTS["smtp"] + offset))
                imap.bind((HOST, DEFAULT_PORTS["imap"] + offset))
            except OSError:
                continue
            return offset
    raise AssertionError("no free port")


def started_by_root(place, owner):
    server = Server(place / "d", (KIM,), "workers = 2\n[listeners]\nsmtp = 1025\nimap = 1143\n")
    server.offset, server.may_move = low_offset(), False
    for path in (server.data, *server.data.rglob("*")):
        os.chown(path, owner, owner)
    return server


def users(server):
    """Real, effective, saved user ids and the groups of each process of the server."""
    found = set()
    for pid in (server.process.pid, *server._children()):
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        found |= {int(word) for name in ("Uid", "Gid") for word in status[name].split()[:3]}
        found |= {int(word) for word in status["Groups"].split()}
    return found


def test_started_by_root_it_is_the_owner_of_its_folder(place):
    server = started_by_root(place, DAEMON)
    with server:
        until(lambda: len(server._children()) == 4)  # two workers, the indexer, the writer
        assert users(server) == {DAEMON}
        with smtplib.SMTP(HOST, server.port("smtp"), timeout=PATIENCE_S) as client:
            client.sendmail("a@elsewhere.test", [KIM], b"Subject: hello\r\n\r\nx\r\n")
        assert len(letters(server, KIM)) == 1
        assert {path.stat().st_uid for path in server.data.rglob("*")} == {DAEMON}
        assert server.run("verify").returncode == 0
        assert b"root" not in server.log.read_bytes()
        assert server.stop() == 0


def test_in_a_folder_of_roots_it_stays_root_and_says_so(place):
    """Negative control."""
    server = started_by_root(place, 0)
    with server:
        assert 0 in users(server)
        assert b"chown -R" in server.log.read_bytes()


def test_a_port_that_somebody_has_is_told_in_one_sentence(place):
    server = started_by_root(place, DAEMON)
    with socket.socket() as other:
        other.bind((HOST, server.port("smtp")))
        other.listen()
        found = server.run("serve", "--port-offset", str(server.offset))
    assert found.returncode == 1
    assert b"Traceback" not in found.stderr
    assert str(server.port("smtp")).encode() in found.stderr
