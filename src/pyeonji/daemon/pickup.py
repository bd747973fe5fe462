"""Picking up what sendmail(8) left in the maildrop folders while nobody answered it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from pyeonji.journey.event import LoggedIn
from pyeonji.net.peer import login_name
from pyeonji.store import journey
from pyeonji.store.engine.base import Conflict, StoreError
from pyeonji.submission.door import Door, Draft, Refusal
from pyeonji.submission.maildrop import QUARANTINE, CorruptDrop, Drop, forget, quarantine, read_drop, waiting

MAX_AT_ONCE = 1_000  # letters of one folder in one look: somebody else's thousands must not keep the others waiting
LEFT_IN = "maildrop"  # how we know who it was: the owner of the file


class PickUp:
    """Takes letters from `folders` through the door, oldest first."""

    def __init__(self, folders: Sequence[Path], door: Door) -> None:
        self._folders = folders
        self._door = door
        self._aside = door.acceptance.home.data / QUARANTINE

    async def look(self) -> None:
        """Whatever lies there now."""
        for folder in self._folders:
            for path in await asyncio.to_thread(waiting, folder, MAX_AT_ONCE):
                await self._take(path)

    async def _take(self, path: Path) -> None:
        try:
            drop = await asyncio.to_thread(read_drop, path)
        except CorruptDrop as error:
            quarantine(path, self._aside, str(error))
            return
        except FileNotFoundError:
            return
        try:
            await self._submit(drop, path.name)
        except Refusal as refusal:
            quarantine(path, self._aside, f"{refusal.reply.code} {refusal.because}")
            return
        except StoreError:
            return  # no room or no disk: it waits where it is
        forget(path)

    async def _submit(self, drop: Drop, name: str) -> None:
        """Raises Refusal and StoreError.  The number is that of the file: after a crash it is not taken twice."""
        acceptance = self._door.acceptance
        number = acceptance.ids.receipt_of(drop.written_ms, name)
        try:
            await self._door.submit(self._draft(drop, number))
        except Conflict:
            if not await self._is_taken(drop, number):  # another letter has this number by chance
                await self._door.submit(self._draft(drop, 0))

    def _draft(self, drop: Drop, number: int) -> Draft:
        now = self._door.acceptance.clock.now_us()
        return Draft(
            content=drop.content, reverse_path=drop.reverse_path, recipients=drop.recipients, via="sendmail",
            envid=drop.envid, ret=drop.ret, smtputf8=drop.smtputf8, number=number,
            events=(LoggedIn(now, login_name(drop.owner), LEFT_IN),),
        )  # fmt: skip

    async def _is_taken(self, drop: Drop, number: int) -> bool:
        """Was it taken just before a crash?"""
        known = await self._door.acceptance.home.engine.read(journey.message, number)
        sender = str(drop.reverse_path or "")
        return known is not None and (known.via, known.reverse_path) == ("sendmail", sender)
