"""Kill -9 under load: whatever was acknowledged is there afterwards, and is there once.

The ledger is kept in this process, which is not killed: a letter enters it when, and only when, the server said 250 or
APPEND OK.  PYEONJI_KILLS sets the number of kills (100 for the figure in docs/figures.md).
"""

import contextlib
import imaplib
import itertools
import json
import os
import random
import re
import smtplib
import socket
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from kit.server import HOST, KIM, PASSWORD, Server
from pyeonji.store import queue
from pyeonji.store.home import open_home
from pyeonji.store.verify import verify

KILLS = int(os.environ.get("PYEONJI_KILLS", "6"))
TOKEN = re.compile(rb"token-(\d+)")


class Sink:
    """The next server: counts what was handed over."""

    def __init__(self) -> None:
        self.seen: Counter[int] = Counter()

    async def handle_DATA(self, server, session, envelope):
        self.seen[int(TOKEN.search(envelope.content)[1])] += 1
        return "250 OK"


class Load:
    """Clients that write letters and remember which were acknowledged."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.local: set[int] = set()  # acknowledged, for a mailbox here
        self.remote: set[int] = set()  # acknowledged, for the sink
        self.tried = itertools.count(1)
        self.over = threading.Event()
        clients = (self.smtp, self.smtp, self.submission, self.append)
        self.threads = [threading.Thread(target=self.go_on, args=(client,), daemon=True) for client in clients]

    def go_on(self, client) -> None:
        while not self.over.is_set():
            with contextlib.suppress(OSError, smtplib.SMTPException, imaplib.IMAP4.error):
                client()
            time.sleep(0.02)

    def letter(self) -> tuple[int, bytes]:
        token = next(self.tried)
        return token, b"From: kim@here.test\r\nSubject: token-%d\r\n\r\n%s\r\n" % (
            token,
            b"\r\n".join([b"x" * 70] * 40),
        )

    def smtp(self) -> None:
        with smtplib.SMTP(HOST, self.server.port("smtp"), timeout=10) as client:
            while not self.over.is_set():
                token, content = self.letter()
                client.sendmail("a@elsewhere.test", [KIM], content)
                self.local.add(token)

    def submission(self) -> None:
        with smtplib.SMTP(HOST, self.server.port("submission"), timeout=10) as client:
            client.login(KIM, PASSWORD)
            while not self.over.is_set():
                token, content = self.letter()
                client.sendmail(KIM, [KIM, "far@elsewhere.test"], content)
                self.local.add(token)
                self.remote.add(token)

    def append(self) -> None:
        with imaplib.IMAP4(HOST, self.server.port("imap"), timeout=10) as client:
            client.login(KIM, PASSWORD)
            while not self.over.is_set():
                token, content = self.letter()
                status, _ = client.append("INBOX", None, None, content)
                if status == "OK":
                    self.local.add(token)


def tokens_in_mailbox(server: Server) -> Counter[int]:
    with imaplib.IMAP4(HOST, server.port("imap"), timeout=60) as client:
        client.login(KIM, PASSWORD)
        client.select("INBOX")
        _, answers = client.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        found = (TOKEN.search(answer[1]) for answer in answers if isinstance(answer, tuple))
        return Counter(int(match[1]) for match in found if match)


@pytest.mark.system
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # clients whose server was killed
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_no_acknowledged_letter_is_lost_when_everything_is_killed(tmp_path: Path):
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=0)
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        controller.port = probe.getsockname()[1]
    controller.start()
    try:
        outcome = killed_again_and_again(tmp_path / "d", controller.port, sink)
    finally:
        controller.stop()
    print("\n" + json.dumps(outcome))
    assert outcome["acknowledged"] > KILLS
    assert outcome["lost"] == 0
    assert outcome["duplicates here"] == 0
    assert outcome["duplicates elsewhere"] <= outcome["in flight at kills"]
    assert outcome["findings"] == []


def killed_again_and_again(data: Path, sink_port: int, sink: Sink) -> dict:
    """The figures of one run."""
    with Server(data, (KIM,), f'[relay]\nsmart_host = "{HOST}:{sink_port}"\ntls = "never"\n') as server:
        load = Load(server)
        for thread in load.threads:
            thread.start()
        chance = random.Random(20261124)
        in_flight = 0
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.2, 0.8))
            in_flight += (server.status() or {}).get("queue", {}).get("trying", 0) + 8
            server.kill()
            server.start()
        time.sleep(0.5)
        load.over.set()
        for thread in load.threads:
            thread.join(timeout=30)
        until = time.monotonic() + 120
        while any((server.status() or {"queue": {"?": 1}})["queue"].values()) and time.monotonic() < until:
            time.sleep(0.3)
        here = tokens_in_mailbox(server)
        assert server.stop() == 0
    home = open_home(data, create=False)
    waiting = home.engine.read_now(queue.listing)
    findings = [str(finding) for finding in verify(home)]
    home.close()
    return {
        "kills": KILLS,
        "acknowledged": len(load.local) + len(load.remote),
        "lost": len(load.local - set(here)) + max(0, len(load.remote - set(sink.seen)) - len(waiting)),
        "still waiting": len(waiting),
        "duplicates here": sum(count - 1 for count in here.values()),
        "duplicates elsewhere": sum(count - 1 for count in sink.seen.values()),
        "in flight at kills": in_flight,
        "findings": findings,
    }
