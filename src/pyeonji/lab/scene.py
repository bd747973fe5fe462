"""The opening scene: a letter goes round, and is compared to the last octet with what was written."""

import asyncio
import imaplib
import poplib
from collections.abc import Callable
from email import message_from_bytes, policy

from pyeonji.journey.event import Delivered
from pyeonji.journey.receipt import compact
from pyeonji.lab import roster
from pyeonji.lab.play import Note, NotPlayed, Play
from pyeonji.lab.roster import LOOPBACK, PASSWORD
from pyeonji.lab.voice import Voice
from pyeonji.lab.world import World
from pyeonji.lab.writer import Out

DELIVERY_S = 20.0  # seconds the letter may take
READ_S = 10.0  # seconds for a mail program to read it

OPENING = Note(
    author="jerry@example.com",
    readers=("john@test.com",),
    subject="점심 같이 먹을래?",
    text=(
        "존에게\n\n오늘 점심 같이 먹자. 떡볶이 어때?\n.점으로 시작하는 줄도 그대로 도착해요.\n"
        "뷁쀍 🍜 한글은 한 글자도 깨지지 않아요.\n\n제리가\n"
    ),
)


async def opening(world: World, voice: Voice, out: Out, url: Callable[[int], str]) -> list[str]:
    """Play the scene; what did not come true, in sentences ([]: everything did)."""
    out(f"── {voice('scene.title')}\n")
    play = Play(world, voice, out)
    try:
        number = await play.hand_in(OPENING)
        out(f"     {voice('scene.story', url=url(number))}")
        delivered = await play.follow("example.com", number, DELIVERY_S)
        problems = await _check_arrival(world, voice, out, play, delivered)
    except NotPlayed as failure:
        problems = [str(failure)]
    if problems:
        out(f"\n{voice('scene.bad')}")
        for problem in problems:
            out(f"  · {problem}")
    else:
        out(f"\n{voice('scene.good')}  {voice('scene.story', url=url(number))}")
    return problems


async def _check_arrival(world: World, voice: Voice, out: Out, play: Play, delivered: list[Delivered]) -> list[str]:
    if len(delivered) != 1:
        return [voice("scene.no_story", domain="example.com", number=f"({len(delivered)})")]
    _, number = await play.arrived(delivered[0])
    mark = compact(number).encode()
    out(f"\n4 {voice('scene.read')}")
    problems = []
    for how, key, read in (("IMAP", "scene.imap", _by_imap), ("POP3", "scene.pop3", _by_pop3)):
        try:
            found = await asyncio.to_thread(read, world.offset, mark)
        except (OSError, imaplib.IMAP4.error, poplib.error_proto) as error:
            problems.append(voice("scene.unreachable", what=how, why=error))
            continue
        problems += _compared(voice, how, found)
        if found is not None:
            subject, body = found
            out(f"   ✓ {voice(key, subject=subject, octets=len(body))}")
    if not problems:
        out(f"\n{OPENING.text.rstrip()}\n\n   ✓ {voice('scene.same')}")
    return problems


def _compared(voice: Voice, how: str, found: tuple[str, bytes] | None) -> list[str]:
    if found is None:
        return [voice("scene.not_found", how=how)]
    subject, body = found
    problems = []
    if body != OPENING.body:
        problems.append(voice("scene.differs", how=how, what=voice("scene.what_text"), found=repr(body[:200])))
    if subject != OPENING.subject:
        problems.append(voice("scene.differs", how=how, what=voice("scene.what_subject"), found=subject))
    return problems


def _by_imap(offset: int, mark: bytes) -> tuple[str, bytes] | None:
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


def _by_pop3(offset: int, mark: bytes) -> tuple[str, bytes] | None:
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
