"""A server that is told to stop: nobody new comes in, idle people are told at once, a letter under way is finished."""

import contextlib
import os
import signal
import smtplib
import socket
import sys
import time
from functools import partial

import pytest

from kit.inbox import letters
from kit.patience import PATIENCE_S
from kit.server import HOST, KIM, PASSWORD, STOP_S, Server, until

pytestmark = pytest.mark.system
CLIENTS = 50  # that do nothing at the moment
SOON_S = 25.0  # the grace of 10 s, and what a crowded machine needs beside it; far below what a stop may take (STOP_S)
AT_ONCE_S = 10.0  # what a crowded machine needs for all that takes no time
LOGIN = f"a LOGIN {KIM} {PASSWORD}\r\n".encode()


@pytest.fixture
def server(tmp_path):
    with Server(tmp_path / "d", (KIM,), "workers = 2\n") as server:
        until(lambda: len(server.workers()) == 2)
        yield server


class Talk:
    """A client that says what it is told; `rest()` is all that is said until the server hangs up."""

    def __init__(self, server: Server, service: str, *steps: tuple[bytes, bytes]) -> None:
        self.socket = socket.create_connection((HOST, server.port(service)), PATIENCE_S)
        self.answers = self.socket.makefile("rb")
        if steps:
            self.answers.readline()  # the greeting: who talks earlier is not listened to
        for said, awaited in steps:
            self.socket.sendall(said)
            while not (line := self.answers.readline()).startswith(awaited):
                assert line, f"hung up instead of {awaited!r}"

    def rest(self) -> bytes:
        return self.answers.read()

    def close(self) -> None:
        self.answers.close()
        self.socket.close()


IDLE_IMAP = (LOGIN, b"a OK"), (b"b SELECT INBOX\r\n", b"b OK"), (b"c IDLE\r\n", b"+")
# how a client idles -> (service, what it has said, what it is told)
IDLERS = {
    "imap": ("imap", ((LOGIN, b"a OK"),), b"* BYE "),
    "imap in IDLE": ("imap", IDLE_IMAP, b"* BYE "),
    "imaps without a handshake": ("imaps", (), b""),
    "smtp": ("smtp", ((b"EHLO x\r\n", b"250 "),), b"421 4.3.2 "),
    "lmtp": ("lmtp", ((b"LHLO x\r\n", b"250 "),), b"421 4.3.2 "),
    "pop3": ("pop3", ((b"CAPA\r\n", b"."),), b"-ERR [SYS/TEMP] "),
}


def idlers(server: Server, held: contextlib.ExitStack) -> list[tuple[Talk, bytes]]:
    wanted = [IDLERS["imap in IDLE"], *IDLERS.values()]
    clients = []
    for number in range(CLIENTS):
        service, steps, told = wanted[number % len(wanted)]
        clients.append((held.enter_context(contextlib.closing(Talk(server, service, *steps))), told))
    return clients


def test_idle_clients_are_told_and_do_not_hold_the_stop(server: Server):
    with contextlib.ExitStack() as held:
        clients = idlers(server, held)
        began = time.monotonic()
        assert server.stop() == 0
        took = time.monotonic() - began
        for client, told in clients:
            assert client.rest().startswith(told)
    print(f"\nstopped with {CLIENTS} idle clients after {took:.2f} s")
    assert took < AT_ONCE_S


def is_refused(port: int) -> bool:
    with contextlib.suppress(ConnectionRefusedError), socket.create_connection((HOST, port), PATIENCE_S) as client:
        with contextlib.suppress(ConnectionResetError):  # it waited in the queue of a socket that was just closed
            client.recv(1)
        return False
    return True


def test_while_a_letter_is_finished_nobody_new_comes_in(server: Server):
    services = ("smtp", "submission", "submissions", "lmtp", "imap", "imaps", "pop3", "pop3s", "http")
    with smtplib.SMTP(HOST, server.port("smtp"), timeout=PATIENCE_S) as client:
        client.ehlo()
        client.mail("a@far.test")
        client.rcpt(KIM)
        server.process.terminate()
        for service in services:
            client.noop()  # it goes on, and is waited for
            until(partial(is_refused, server.port(service)))
        assert not (server.data / "run" / "submit.sock").exists()  # sendmail keeps its letters in the maildrop
        assert client.data(b"Subject: kept\r\n\r\nx\r\n")[0] == 250
        assert client.getreply()[0] == 421
        began = time.monotonic()
        assert server.process.wait(STOP_S) == 0
        assert time.monotonic() - began < AT_ONCE_S
    server.start()
    assert len(letters(server, KIM)) == 1


ENVELOPE = (b"EHLO x\r\n", b"250 "), (f"MAIL FROM:<a@far.test>\r\nRCPT TO:<{KIM}>\r\n".encode(), b"250 2.1.5")


def test_who_falls_silent_in_its_letter_is_told_within_seconds_and_the_letter_is_not_ours(server: Server):
    with contextlib.closing(Talk(server, "smtp", *ENVELOPE, (b"DATA\r\n", b"354"))) as client:
        client.socket.sendall(b"Subject: half\r\n\r\nx\r\n")
        began = time.monotonic()
        assert server.stop() == 0
        took = time.monotonic() - began
        assert client.rest().startswith(b"421 4.3.2 ")
    print(f"\nstopped in the midst of a letter after {took:.2f} s")
    assert took < SOON_S
    server.start()
    assert letters(server, KIM) == []


def test_a_folder_is_free_when_the_last_worker_has_ended(server: Server):
    worker = min(server.workers())
    os.kill(worker, signal.SIGSTOP)
    server.process.terminate()
    other = server.run("serve", "--port-offset", str(server.offset))
    os.kill(worker, signal.SIGCONT)
    assert other.returncode == 1
    assert b"pyeonji status" in other.stderr
    assert server.process.wait(STOP_S) == 0


def waiting(server: Server) -> socket.socket:
    """A client in the listen queue: no worker looks at it now."""
    for worker in server.workers():
        os.kill(worker, signal.SIGSTOP)
    return socket.create_connection((HOST, server.port("smtp")), PATIENCE_S)


def test_who_waits_in_the_listen_queue_is_served_by_the_next_workers(server: Server):
    before = server.workers()
    with contextlib.closing(waiting(server)) as client:
        os.kill(server.process.pid, signal.SIGHUP)
        assert client.recv(100).startswith(b"220 ")
        for worker in before:
            os.kill(worker, signal.SIGCONT)
        until(lambda: not before & server.workers())


def test_who_waits_when_all_workers_die_is_served_by_their_successors(server: Server):
    with contextlib.closing(waiting(server)) as client:
        for worker in server.workers():
            os.kill(worker, signal.SIGKILL)
        assert client.recv(100).startswith(b"220 ")


def test_a_reload_opens_new_ports_and_closes_those_that_are_gone(server: Server):
    old, new = server.port("smtp"), server.port("smtp") + 20
    with contextlib.closing(Talk(server, "imap", *IDLE_IMAP)) as idle:
        (server.data / "pyeonji.toml").write_text(f'workers = 2\n[listeners]\nsmtp = "{HOST}:{1025 + 20}"\n')
        os.kill(server.process.pid, signal.SIGHUP)
        until(lambda: not is_refused(new))
        until(lambda: is_refused(old))
        assert idle.rest().startswith(b"* BYE ")
    assert server.stop() == 0


def test_a_reload_that_cannot_have_its_port_changes_nothing(server: Server):
    before = server.workers()
    with socket.create_server((HOST, server.port("smtp") + 20)):
        (server.data / "pyeonji.toml").write_text(f'[listeners]\nsmtp = "{HOST}:{1025 + 20}"\n')
        os.kill(server.process.pid, signal.SIGHUP)
        until(lambda: f":{server.port('smtp') + 20}" in server.log.read_text())
    assert server.workers() == before
    assert not is_refused(server.port("smtp"))


def test_a_stop_is_heard_while_a_dead_worker_waits_for_its_successor(server: Server):
    for _ in range(2):  # each death makes the wait for the next worker longer
        before = server.workers()
        os.kill(min(before), signal.SIGKILL)
        until(lambda before=before: len(server.workers() - before) == 1)
    os.kill(min(server.workers()), signal.SIGKILL)
    until(lambda: len(server.workers()) == 1)
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < AT_ONCE_S


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a child that its parent is gone")
def test_when_only_the_supervisor_is_killed_its_children_end_and_a_new_one_starts(server):
    children = server.workers() | server.writers() | server.indexers()
    assert len(children) == 4
    server.process.kill()
    server.process.wait(STOP_S)
    until(lambda: not any(is_running(child) for child in children), STOP_S)
    server.start()
    assert server.status() is not None


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
