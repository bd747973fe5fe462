"""A letter to who fills up a mailbox: once for each of the levels of `store.quota.WARN_AT`, in his language.

The letter and the note that he was told are one commit: never none, never two, whichever process is killed when.
"""

from functools import partial

from pyeonji.acceptance.accept import Acceptance
from pyeonji.address import parse_address
from pyeonji.catalog.say import say
from pyeonji.store import quota
from pyeonji.store.engine.base import Tx
from pyeonji.store.quota import Owner
from pyeonji.submission.door import Door, Draft, Refusal
from pyeonji.submission.notice import notice

SLICE = 500  # accounts looked at in one read
UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


class ToldAlready(Exception):
    """Another process was faster."""


async def tell_all(door: Door) -> int:
    """Look at every account that has a limit; how many were written to.  Raises StoreError."""
    engine = door.acceptance.home.engine
    after, told = 0, 0
    while owners := await engine.scan(quota.limited, after, SLICE):
        after = owners[-1].account_id
        for owner in owners:
            told += await _tell(door, owner)
    return told


async def _tell(door: Door, owner: Owner) -> bool:
    if owner.level == owner.told:
        return False
    if owner.level < owner.told:  # there is room again: he may be told once more
        await door.acceptance.home.engine.write(quota.tell, owner)
        return False
    try:
        await door.submit(_draft(door.acceptance, owner), also=partial(_note, owner=owner))
    except (ToldAlready, Refusal):
        return False
    return True


def _note(tx: Tx, *, owner: Owner) -> None:
    if not quota.tell(tx, owner):
        raise ToldAlready


def _draft(acceptance: Acceptance, owner: Owner) -> Draft:
    subject = say(owner.language, "full.subject", percent=owner.room.per_cent)
    return notice(acceptance, owner.language, (parse_address(owner.address),), subject=subject, lines=lines(owner))


def lines(owner: Owner) -> list[str]:
    """What the letter says."""
    language, room = owner.language, owner.room
    said = [say(language, "full.opening", address=parse_address(owner.address).display, percent=room.per_cent), ""]
    if room.most_octets:
        said.append(say(language, "full.octets", used=size(room.octets), most=size(room.most_octets)))
    if room.most_messages:
        said.append(say(language, "full.messages", used=room.messages, most=room.most_messages))
    return [*said, "", say(language, "full.todo"), say(language, "full.once")]


def size(octets: int) -> str:
    """As people read it: 1.5 GiB."""
    value, unit = float(octets), 0
    while value >= 1024 and unit < len(UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.1f} {UNITS[unit]}".replace(".0 ", " ")
