"""Picking up what sendmail(8) left in the maildrop folders while nobody answered it.

Its caller was told that the letter is taken.  So it is taken whatever comes of it: who cannot get it is a failed
recipient of it, and its writer hears of that by a bounce, as of any other.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pyeonji.acceptance.spool import MAX_HEADER
from pyeonji.journey.event import LoggedIn
from pyeonji.message.compose import field_of_mailboxes
from pyeonji.message.header import header_end, parse_header
from pyeonji.net.peer import login_name
from pyeonji.proto.smtp import reply as replies
from pyeonji.store import directory, journey
from pyeonji.store.engine.base import Conflict, StoreError
from pyeonji.store.idempotency import Repeated
from pyeonji.submission.door import Door, Draft, Refusal
from pyeonji.submission.maildrop import (
    QUARANTINE,
    CorruptDrop,
    Drop,
    NoDomain,
    forget,
    quarantine,
    read_drop,
    waiting,
)

MAX_AT_ONCE = 1_000  # letters of one folder in one look: somebody else's thousands must not keep the others waiting
LEFT_IN = "maildrop"  # how we know who it was: the owner of the file


class PickUp:
    """Takes letters from `folders` through the door, oldest first.

    `domain` is the one chosen for names without one, if any; `max_size` octets are the most that is taken for anybody;
    `patience_us` is how long a letter waits for an alias that leads nowhere to be mended.
    """

    def __init__(
        self, folders: Sequence[Path], door: Door, *, domain: str = "", max_size: int, patience_us: int
    ) -> None:
        self._folders = folders
        self._door = door
        self._domain = domain
        self._max_size = max_size
        self._patience_us = patience_us
        self._aside = door.acceptance.home.data / QUARANTINE

    async def look(self) -> None:
        """Whatever lies there now.  Raises StoreError."""
        found = [path for folder in self._folders for path in await asyncio.to_thread(waiting, folder, MAX_AT_ONCE)]
        if not found:
            return
        acceptance = self._door.acceptance
        domain = await acceptance.home.engine.read(directory.own_domain, self._domain, acceptance.hostname)
        for path in found:
            await self._take(path, domain)

    async def _take(self, path: Path, domain: str) -> None:
        try:
            drop = await asyncio.to_thread(read_drop, path, domain)
        except CorruptDrop as error:
            quarantine(path, self._aside, str(error))
            return
        except (FileNotFoundError, NoDomain):
            return  # gone meanwhile; or it waits until somebody says `pyeonji domain add`
        try:
            if await self._submitted(drop, path.name):
                forget(path)
        except StoreError:
            return  # no room or no disk: it waits where it is

    async def _submitted(self, drop: Drop, name: str) -> bool:
        """False when it must wait.  The number is that of the file: after a crash it is not taken twice."""
        acceptance = self._door.acceptance
        draft = self._draft(drop, acceptance.ids.receipt_of(drop.written_ms, name))
        try:
            await self._door.submit(draft)
        except Repeated:
            return True  # it was taken with the first letter of its key
        except Refusal as refusal:
            if acceptance.clock.now_us() < drop.written_ms * 1000 + self._patience_us:
                return False
            await self._door.submit(replace(draft, failure=refusal.reply))
        except Conflict:
            if not await self._is_taken(drop, draft.number):  # another letter has this number by chance
                await self._door.submit(replace(draft, number=0))
        return True

    def _draft(self, drop: Drop, number: int) -> Draft:
        now = self._door.acceptance.clock.now_us()
        end = header_end(drop.content)
        fits = end <= MAX_HEADER and len(drop.content) <= self._max_size
        content = drop.content if end <= MAX_HEADER else beginning(drop.content)
        return Draft(
            content=named(content, drop),
            reverse_path=drop.reverse_path, recipients=drop.recipients, via="sendmail",
            envid=drop.envid, ret=drop.ret, smtputf8=drop.smtputf8, requiretls=drop.requiretls, number=number,
            events=(LoggedIn(now, login_name(drop.owner), LEFT_IN),),
            promised=True, failure=None if fits else replies.MESSAGE_TOO_BIG,
        )  # fmt: skip

    async def _is_taken(self, drop: Drop, number: int) -> bool:
        """Was it taken just before a crash?"""
        known = await self._door.acceptance.home.engine.read(journey.message, number)
        sender = str(drop.reverse_path or "")
        return known is not None and (known.via, known.reverse_path) == ("sendmail", sender)


def named(content: bytes, drop: Drop) -> bytes:
    """With the author's name (sendmail -F) in a From field, unless there is one."""
    if not drop.name or drop.reverse_path is None or parse_header(content).count(b"from"):
        return content
    return field_of_mailboxes("From", [(drop.name, drop.reverse_path)]) + content


def beginning(content: bytes) -> bytes:
    """As many fields of a header that is too long as there is room for: what the bounce brings back."""
    end = content.rfind(b"\r\n", 0, MAX_HEADER // 2)
    return content[: max(end, 0)] + b"\r\n\r\n"
