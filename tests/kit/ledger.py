"""Clients that write letters and keep a ledger of what was acknowledged."""

import contextlib
import imaplib
import itertools
import re
import smtplib
import threading
import time
from collections import Counter

from kit.patience import PATIENCE_S
from kit.server import HOST, KIM, PASSWORD, Server

TOKEN = re.compile(rb"token-(\d+)")
LARGE_EACH = 25  # every so many letters one is large enough for a file of its own


class Load:
    """Four clients at once."""

    def __init__(self, server: Server, *, some_large: bool = False) -> None:
        self.server = server
        self.some_large = some_large
        self.local: set[int] = set()  # acknowledged, for a mailbox here
        self.remote: set[int] = set()  # acknowledged, for the sink
        self.tried = itertools.count(1)
        self.over = threading.Event()
        clients = (self.smtp, self.smtp, self.submission, self.append)
        self.threads = [threading.Thread(target=self.go_on, args=(client,), daemon=True) for client in clients]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(timeout=PATIENCE_S)

    def go_on(self, client) -> None:
        while not self.over.is_set():
            with contextlib.suppress(OSError, smtplib.SMTPException, imaplib.IMAP4.error):
                client()
            time.sleep(0.02)

    def letter(self) -> tuple[int, bytes]:
        token = next(self.tried)
        lines = 8_000 if self.some_large and token % LARGE_EACH == 0 else 40
        return token, b"From: kim@here.test\r\nSubject: token-%d\r\n\r\n%s\r\n" % (
            token,
            b"\r\n".join([b"x" * 70] * lines),
        )

    def smtp(self) -> None:
        with smtplib.SMTP(HOST, self.server.port("smtp"), timeout=PATIENCE_S) as client:
            while not self.over.is_set():
                token, content = self.letter()
                client.sendmail("a@elsewhere.test", [KIM], content)
                self.local.add(token)

    def submission(self) -> None:
        with smtplib.SMTP(HOST, self.server.port("submission"), timeout=PATIENCE_S) as client:
            client.login(KIM, PASSWORD)
            while not self.over.is_set():
                token, content = self.letter()
                client.sendmail(KIM, [KIM, "far@elsewhere.test"], content)
                self.local.add(token)
                self.remote.add(token)

    def append(self) -> None:
        with imaplib.IMAP4(HOST, self.server.port("imap"), timeout=PATIENCE_S) as client:
            client.login(KIM, PASSWORD)
            while not self.over.is_set():
                token, content = self.letter()
                status, _ = client.append("INBOX", None, None, content)
                if status == "OK":
                    self.local.add(token)


def tokens_in_mailbox(server: Server, password: str = PASSWORD) -> Counter[int]:
    with imaplib.IMAP4(HOST, server.port("imap"), timeout=PATIENCE_S) as client:
        client.login(KIM, password)
        _, (count,) = client.select("INBOX")
        if int(count) == 0:
            return Counter()
        _, answers = client.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        found = (TOKEN.search(answer[1]) for answer in answers if isinstance(answer, tuple))
        return Counter(int(match[1]) for match in found if match)
