"""Several workers are one server: what one does the others know; one that dies is replaced; nothing is forgotten."""

import contextlib
import imaplib
import os
import poplib
import signal
import smtplib
import socket
import statistics
import time
from pathlib import Path

import pytest

from kit.inbox import letters
from kit.server import HOST, KIM, PASSWORD, STOP_S, Server, until
from pyeonji.store.home import open_home

pytestmark = pytest.mark.system
PATIENCE_S = 60.0  # seconds: nobody looks again by itself, so who is told at all was told by the other worker
ROUNDS = 12


@pytest.fixture
def server(tmp_path):
    with Server(tmp_path / "d", (KIM,), "workers = 2\n") as server:
        until(lambda: len(server.workers()) == 2, PATIENCE_S)
        yield server


class Idle:
    """An IMAP client that only listens."""

    def __init__(self, server: Server) -> None:
        self.socket = socket.create_connection((HOST, server.port("imap")), PATIENCE_S)
        self.answers = self.socket.makefile("rb")
        self.answers.readline()
        for line, end in ((f"a LOGIN {KIM} {PASSWORD}", b"a OK"), ("b SELECT INBOX", b"b OK"), ("c IDLE", b"+")):
            self.socket.sendall(line.encode() + b"\r\n")
            self.heard(end)

    def heard(self, start: bytes) -> bytes:
        while True:
            line = self.answers.readline()
            assert line, "the server hung up"
            if line.startswith(start):
                return line

    def exists(self) -> bytes:
        """The next news about new letters."""
        while True:
            line = self.heard(b"* ")
            if line.endswith(b" EXISTS\r\n"):
                return line

    def close(self) -> None:
        self.answers.close()
        self.socket.close()


def holders(server: Server, *ports: int) -> dict[tuple[int, int], int]:
    """(our port, client's port) -> the worker that has the connection."""
    inodes = {}
    with open("/proc/net/tcp") as table:
        for line in list(table)[1:]:
            field = line.split()
            ours, theirs = (int(end.split(":")[1], 16) for end in field[1:3])
            if ours in ports and field[3] == "01":
                inodes[f"socket:[{field[9]}]"] = (ours, theirs)
    found = {}
    for worker in server.workers():
        for fd in os.scandir(f"/proc/{worker}/fd"):
            with contextlib.suppress(OSError):
                name = str(Path(fd.path).readlink())
                if name in inodes:
                    found[inodes[name]] = worker
    return found


def send(server: Server, token: str) -> None:
    with smtplib.SMTP(HOST, server.port("smtp"), timeout=PATIENCE_S) as client:
        client.sendmail("a@far.test", [KIM], f"From: a@far.test\r\nSubject: {token}\r\n\r\nx\r\n".encode())


def through_another_worker(server: Server, idle: Idle) -> smtplib.SMTP:
    """An SMTP connection to a worker that does not hold the IMAP connection: that one is made to sleep meanwhile."""
    imap, smtp = server.port("imap"), server.port("smtp")
    mine = holders(server, imap)[imap, idle.socket.getsockname()[1]]
    os.kill(mine, signal.SIGSTOP)
    try:
        client = smtplib.SMTP(HOST, smtp, timeout=PATIENCE_S)
    finally:
        os.kill(mine, signal.SIGCONT)
    assert holders(server, smtp)[smtp, client.sock.getsockname()[1]] != mine
    return client


def told_after(server: Server, idle: Idle) -> list[float]:
    """Seconds from 250 to the news, for some letters brought by another worker."""
    took = []
    with through_another_worker(server, idle) as client:
        for number in range(ROUNDS):
            client.sendmail("a@far.test", [KIM], b"Subject: %d\r\n\r\nx\r\n" % number)
            done = time.perf_counter()
            idle.exists()
            took.append(time.perf_counter() - done)
    return took


def test_an_idle_client_is_told_of_a_letter_that_another_worker_took(server: Server):
    with contextlib.closing(Idle(server)) as idle:
        took = told_after(server, idle)
    print(f"\ntold through another worker: median {statistics.median(took) * 1000:.1f} ms, most {max(took) * 1000:.1f}")


def test_new_settings_take_over_without_a_pause_and_the_new_workers_hear_each_other(server: Server):
    before = server.workers()
    os.kill(server.process.pid, signal.SIGHUP)
    until(lambda: not before & server.workers() and len(server.workers()) == 2, PATIENCE_S)
    send(server, "after")
    with contextlib.closing(Idle(server)) as idle:
        told_after(server, idle)
    assert server.stop() == 0


def test_settings_with_a_mistake_change_nothing(server: Server):
    before = server.workers()
    (server.data / "pyeonji.toml").write_text("workres = 2\n")
    os.kill(server.process.pid, signal.SIGHUP)
    until(lambda: "workres" in server.log.read_text(), PATIENCE_S)
    assert server.workers() == before
    send(server, "still")
    assert len(letters(server, KIM)) == 1


def test_a_worker_that_dies_is_replaced_while_the_other_serves(server: Server):
    victim = min(server.workers())
    os.kill(victim, signal.SIGKILL)
    send(server, "meanwhile")
    until(lambda: victim not in server.workers() and len(server.workers()) == 2, PATIENCE_S)
    until(lambda: server.status() is not None, PATIENCE_S)
    send(server, "afterwards")
    with contextlib.closing(Idle(server)) as idle:
        told_after(server, idle)
    assert len(letters(server, KIM)) == 2 + ROUNDS


def test_a_graceful_stop_finishes_the_letter_under_way_and_a_restart_keeps_everything(server: Server):
    with contextlib.closing(smtplib.SMTP(HOST, server.port("smtp"), timeout=PATIENCE_S)) as client:
        client.ehlo()
        client.mail("a@far.test")
        client.rcpt(KIM)
        server.process.terminate()
        assert client.data(b"Subject: kept\r\n\r\nx\r\n")[0] == 250
        assert client.getreply()[0] == 421
    assert server.process.wait(STOP_S) == 0  # a second SIGTERM would mean: at once
    assert not (server.data / "run" / "control.sock").exists()
    assert not list((server.data / "run").glob("worker-*.sock"))
    server.start()
    assert [b"Subject: kept" in letter for letter in letters(server, KIM)] == [True]
    with imaplib.IMAP4(HOST, server.port("imap"), timeout=PATIENCE_S) as client:
        client.login(KIM, PASSWORD)
        client.select("INBOX")
        assert client.response("UIDNEXT")[1] == [b"2"]
    assert server.run("verify").returncode == 0


def holder(server: Server) -> int:
    """The worker that has a maildrop open."""
    for pid in server.workers():
        for fd in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                if "/maildrop-" in str(fd.readlink()):
                    return pid
    raise AssertionError("nobody has it")


@contextlib.contextmanager
def pop3(server: Server):
    client = poplib.POP3(HOST, server.port("pop3"), timeout=PATIENCE_S)
    try:
        client.user(KIM)
        client.pass_(PASSWORD)
        yield client
    finally:
        client.close()


def test_a_maildrop_is_one_sessions_in_all_workers_and_free_when_its_worker_dies(server):
    with pop3(server):
        for _ in range(8):  # whichever worker takes the connection
            with pytest.raises(poplib.error_proto, match=r"IN-USE"), pop3(server):
                pass
        os.kill(holder(server), signal.SIGKILL)

        def free() -> bool:
            with contextlib.suppress(poplib.error_proto, OSError), pop3(server) as again:
                return again.stat() == (0, 0)
            return False

        until(free, PATIENCE_S)


def test_digests_are_made_by_a_process_of_its_own_which_is_replaced(server):
    until(lambda: len(server.indexers()) == 1, PATIENCE_S)
    send(server, "first")
    until(lambda: digested(server) == 1, PATIENCE_S)
    (indexer,) = server.indexers()
    os.kill(indexer, signal.SIGKILL)
    send(server, "second")
    until(lambda: len(server.indexers() - {indexer}) == 1, PATIENCE_S)
    until(lambda: digested(server) == 2, PATIENCE_S)
    assert server.run("verify").returncode == 0


def digested(server: Server) -> int:
    """How many letters have a digest and are no longer noted."""
    home = open_home(server.data, create=False)
    try:
        return home.engine.read_now(lambda tx: tx.one(DIGESTED)[0])
    finally:
        home.close()


DIGESTED = """
SELECT count(*) FROM message m WHERE NOT EXISTS (SELECT 1 FROM undigested u WHERE u.message_id = m.id)
"""
