"""Looking into a mailbox of a real server, with the IMAP client of Python."""

import imaplib
import re
from contextlib import contextmanager

from kit.patience import PATIENCE_S
from kit.server import HOST, PASSWORD, Server, until


@contextmanager
def mailbox(server: Server, login: str, name: str = "INBOX"):
    with imaplib.IMAP4(HOST, server.port("imap"), timeout=PATIENCE_S) as client:
        client.login(login, PASSWORD)
        client.select(name)
        yield client


def letters(server: Server, login: str, name: str = "INBOX") -> list[bytes]:
    """All letters of a mailbox, oldest first."""
    with mailbox(server, login, name) as client:
        if client.search(None, "ALL")[1][0] == b"":
            return []
        return [answer[1] for answer in client.fetch("1:*", "(BODY.PEEK[])")[1] if isinstance(answer, tuple)]


def empty(server: Server, login: str) -> None:
    with mailbox(server, login) as client:
        if client.search(None, "ALL")[1][0]:
            client.store("1:*", "+FLAGS.SILENT", r"(\Deleted)")
            client.expunge()


def arrived(server: Server, login: str, token: str) -> bytes:
    """The one letter with `token` in its subject, as soon as it is there."""
    found: list[bytes] = []

    def there() -> bool:
        subject = re.compile(rb"^Subject:[^\r\n]*%s" % re.escape(token.encode()), re.MULTILINE)
        found[:] = [letter for letter in letters(server, login) if subject.search(letter)]
        return bool(found)

    until(there)
    assert len(found) == 1
    return found[0]
