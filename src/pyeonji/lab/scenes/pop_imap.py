"""Taking away or looking in: POP3 empties the shoe locker, IMAP leaves the notes where they are."""

import asyncio
import imaplib
import poplib

from pyeonji.journey.receipt import compact
from pyeonji.lab import roster
from pyeonji.lab.roster import LOOPBACK, PASSWORD
from pyeonji.lab.stage import READ_S, Stage, plain

HOST, READER, WRITER = "mx1.2ban.test", "younghee@2ban.test", "chulsoo@1ban.test"


async def play(stage: Stage) -> None:
    number = await stage.deliver(HOST, WRITER, (READER,), plain(WRITER, READER, "locker", "신발장에 넣어 뒀어\n"))
    mark = compact(number)
    stage.act("scene.pop_imap.imap")
    first, seen, second = await asyncio.to_thread(_look_in, stage.world.offset, mark)
    stage.check(first == 1, "scene.pop_imap.found")
    stage.check(seen, "scene.pop_imap.seen")
    stage.check(second == 1, "scene.pop_imap.still")
    stage.act("scene.pop_imap.pop3")
    taken = await asyncio.to_thread(_take_away, stage.world.offset, mark)
    stage.check(taken == 1, "scene.pop_imap.taken")
    left = await stage.mailbox(READER, mark)
    stage.check(left == [], "scene.pop_imap.gone")
    stage.tell("scene.pop_imap.moral")


def _look_in(offset: int, mark: str) -> tuple[int, bool, int]:
    """How many letters with this mark, whether the letter was then marked as read, how many afterwards."""
    found = []
    seen = False
    for _ in range(2):
        client = imaplib.IMAP4(LOOPBACK, roster.IMAP + offset, timeout=READ_S)
        try:
            client.login(READER, PASSWORD)
            client.select("INBOX")
            uids = _marked(client, mark)
            found.append(len(uids))
            for uid in uids:
                client.uid("FETCH", uid, "(BODY[])")
                _, answer = client.uid("FETCH", uid, "(FLAGS)")
                seen = seen or b"\\Seen" in repr(answer).encode()
        finally:
            client.logout()
    return found[0], seen, found[1]


def _marked(client: imaplib.IMAP4, mark: str) -> list[str]:
    _, answer = client.uid("SEARCH", "ALL")
    found = []
    for uid in (answer[0] or b"").split()[-50:]:
        _, parts = client.uid("FETCH", uid.decode(), "(BODY.PEEK[HEADER])")
        if any(mark.encode() in part[1] for part in parts if isinstance(part, tuple)):
            found.append(uid.decode())
    return found


def _take_away(offset: int, mark: str) -> int:
    client = poplib.POP3(LOOPBACK, roster.POP3 + offset, timeout=READ_S)
    taken = 0
    try:
        client.user(READER)
        client.pass_(PASSWORD)
        for number in range(client.stat()[0], 0, -1):
            if any(mark.encode() in line for line in client.top(number, 0)[1]):
                client.retr(number)
                client.dele(number)
                taken += 1
    finally:
        client.quit()
    return taken
