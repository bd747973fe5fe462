"""A mailbox two people share, on a server of two workers: news cross workers, a command takes rights away, a kill
loses nothing."""

import imaplib
import os
import signal
import socket

import pytest

from kit.patience import PATIENCE_S
from kit.server import HOST, KIM, LEE, PASSWORD, Server, until
from pyeonji.store.home import open_home
from pyeonji.store.verify import verify

pytestmark = pytest.mark.system
SHARED = f"Shared/{KIM}/Project"
CONNECTIONS = 8  # of one person: enough for both workers to have some
LETTER = b"From: kim@here.test\r\nSubject: for both\r\n\r\nHello\r\n"


@pytest.fixture
def server(tmp_path):
    with Server(tmp_path / "d", (KIM, LEE), "workers = 2\n") as server:
        until(lambda: len(server.workers()) == 2)
        yield server


def run(server, *words):
    done = server.run(*words)
    assert done.returncode == 0, done.stderr


def logged_in(server, who):
    client = imaplib.IMAP4(HOST, server.port("imap"), timeout=PATIENCE_S)
    client.login(who, PASSWORD)
    return client


class Idler:
    """One connection of lee that has the shared mailbox open and idles."""

    def __init__(self, server):
        self.socket = socket.create_connection((HOST, server.port("imap")), PATIENCE_S)
        self.answers = self.socket.makefile("rb")
        self.answers.readline()
        for line, end in ((f"a LOGIN {LEE} {PASSWORD}", b"a OK"), (f"b SELECT {SHARED}", b"b OK"), ("c IDLE", b"+")):
            self.socket.sendall(line.encode() + b"\r\n")
            self.until(end)

    def until(self, start):
        while line := self.answers.readline():
            if line.startswith(start):
                return line
        raise AssertionError(f"the server hung up where {start!r} was awaited")

    def close(self):
        self.answers.close()
        self.socket.close()


def test_news_and_rights_reach_every_worker(server):
    run(server, "mailbox", "create", KIM, "Project")
    run(server, "mailbox", "share", KIM, "Project", LEE)
    idlers = [Idler(server) for _ in range(CONNECTIONS)]
    with logged_in(server, KIM) as kim:
        kim.append("Project", None, None, LETTER)
        for idler in idlers:
            idler.until(b"* 1 EXISTS")
    run(server, "mailbox", "unshare", KIM, "Project", LEE)
    for idler in idlers:
        assert idler.until(b"* BYE")
        idler.close()
    with logged_in(server, LEE) as lee:
        assert lee.select(SHARED)[0] == "NO"


def test_what_was_shared_is_shared_after_a_kill(server):
    kim, lee = logged_in(server, KIM), logged_in(server, LEE)
    kim.create("Project")
    assert kim.setacl("Project", LEE, "lrik")[0] == "OK"
    assert kim.subscribe("later")[0] == "OK"
    assert lee.create(f"{SHARED}/2026")[0] == "OK"
    assert lee.append(f"{SHARED}/2026", None, None, LETTER)[0] == "OK"
    assert kim.xatom("SETMETADATA", "Project", '(/shared/comment "ours")')[0] == "OK"
    for worker in server.workers():
        os.kill(worker, signal.SIGKILL)
    for client in (kim, lee):
        client.shutdown()
    until(lambda: len(server.workers()) == 2)
    with logged_in(server, LEE) as lee:
        assert lee.status(f"{SHARED}/2026", "(MESSAGES)")[1] == [f"{SHARED}/2026 (MESSAGES 1)".encode()]
        assert lee.myrights(f"{SHARED}/2026")[1] == [f"{SHARED}/2026 lrikc".encode()]
    with logged_in(server, KIM) as kim:
        assert b"later" in b" ".join(kim.lsub()[1])
    server.stop()
    home = open_home(server.data, create=False)
    try:
        assert verify(home) == []
    finally:
        home.close()
