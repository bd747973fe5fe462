"""The opening scene: a letter goes round, and is compared to the last octet with what was written."""

import asyncio
import imaplib
import poplib
from email import message_from_bytes, policy

from pyeonji.journey.receipt import compact
from pyeonji.lab import roster
from pyeonji.lab.play import Note, NotPlayed
from pyeonji.lab.roster import LOOPBACK, PASSWORD
from pyeonji.lab.stage import DELIVERY_S, READ_S, Stage

OPENING = Note(
    author="jerry@example.com",
    readers=("john@test.com",),
    subject="점심 같이 먹을래?",
    text=(
        "존에게\n\n오늘 점심 같이 먹자. 떡볶이 어때?\n.점으로 시작하는 줄도 그대로 도착해요.\n"
        "뷁쀍 🍜 한글은 한 글자도 깨지지 않아요.\n\n제리가\n"
    ),
)


async def play(stage: Stage) -> None:
    number = await stage.play.hand_in(OPENING)
    delivered = await stage.play.follow("example.com", number, DELIVERY_S)
    if len(delivered) != 1:
        raise NotPlayed("scene.no_story", domain="example.com", number=f"({len(delivered)})")
    _, number = await stage.play.arrived(delivered[0])
    mark = compact(number).encode()
    stage.act("scene.read")
    for how, key, read in (("IMAP", "scene.imap", by_imap), ("POP3", "scene.pop3", by_pop3)):
        try:
            found = await asyncio.to_thread(read, stage.world.offset, mark)
        except (OSError, imaplib.IMAP4.error, poplib.error_proto) as error:
            stage.check(False, "scene.unreachable", what=how, why=error)
            continue
        _compare(stage, how, key, found)
    if not stage.problems:
        stage.screen("scene.letter", OPENING.text.rstrip().split("\n"))
        stage.check(True, "scene.same")


def _compare(stage: Stage, how: str, key: str, found: tuple[str, bytes] | None) -> None:
    if found is None:
        stage.check(False, "scene.not_found", how=how)
        return
    subject, body = found
    stage.check(body == OPENING.body, key, subject=subject, octets=len(body))
    stage.check(subject == OPENING.subject, "scene.subject_read", subject=subject)


def by_imap(offset: int, mark: bytes) -> tuple[str, bytes] | None:
    """(subject, octets of the body) of the letter that carries our receipt number; runs in a thread."""
    client = imaplib.IMAP4(LOOPBACK, roster.IMAP + offset, timeout=READ_S)
    try:
        client.login(OPENING.readers[0], PASSWORD)
        client.select("INBOX", readonly=True)
        _, answer = client.uid("SEARCH", "ALL")
        for uid in reversed((answer[0] or b"").split()):
            _, parts = client.uid("FETCH", uid.decode(), "(BODY.PEEK[HEADER] BODY.PEEK[TEXT])")
            header, body = (part[1] for part in parts if isinstance(part, tuple))
            if mark in header:
                return _subject(header), body
        return None
    finally:
        client.logout()


def by_pop3(offset: int, mark: bytes) -> tuple[str, bytes] | None:
    client = poplib.POP3(LOOPBACK, roster.POP3 + offset, timeout=READ_S)
    try:
        client.user(OPENING.readers[0])
        client.pass_(PASSWORD)
        for number in range(client.stat()[0], 0, -1):
            octets = b"".join(line + b"\r\n" for line in client.retr(number)[1])
            header, _, body = octets.partition(b"\r\n\r\n")
            if mark in header:
                return _subject(header + b"\r\n\r\n"), body
        return None
    finally:
        client.quit()


def _subject(header: bytes) -> str:
    """Decoded by Python's own parser: a reader that is not ours."""
    return str(message_from_bytes(header, policy=policy.default)["subject"])
