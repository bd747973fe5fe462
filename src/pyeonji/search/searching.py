"""The one function that finds letters: IMAP, `pyeonji search`, and whoever comes later ask it (docs/reading.md).

Flags, dates and sizes decide in the columns; the index narrows to letters that have all terms; the wording decides.
Letters that have no digest yet are read, so an answer is always complete.  Work is cut into slices, in a thread;
between two of them the caller is asked whether anybody still waits for the answer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pyeonji.message.wording import SECTION_OF
from pyeonji.proto.imap import keys
from pyeonji.search.fuzzy import loosened
from pyeonji.search.known import Known
from pyeonji.search.leaf import TextKey, leaves
from pyeonji.search.places import Places, between, by_columns, chosen, in_steps, without
from pyeonji.search.texts import Look, holding
from pyeonji.store.columns import Columns
from pyeonji.store.entries import saved_dates

NEVER = 1 << 31  # after all days
THREAD_ID = re.compile(r"T([0-9a-f]{16})\Z")
SAVED_SLICE = 10_000  # letters whose instants are read in one go


@dataclass(frozen=True, slots=True)
class Where:
    """The letters of one mailbox that are searched: those at `among`, ascending places in its columns."""

    mailbox_id: int
    letters: Columns
    among: Places


class Search:
    """One question to one home.  `now_us` is what "younger than" is measured from; `look` may raise to end the work."""

    def __init__(self, known: Known, now_us: int, look: Look = lambda: None) -> None:
        self._home = known.home
        self._known = known
        self._now_us = now_us
        self._look = look

    async def matching(self, where: Where, key: keys.Key) -> Places:
        """The places of the letters that fit.  Sets of numbers must be UIDs without "*" and "$".  Raises StoreError."""
        match key:
            case keys.All():
                return where.among
            case keys.And(several):
                return await self._all_of(where, several)
            case keys.Or(left, right):
                return await self._one_of(where, left, right)
            case keys.Not(inner):
                return without(where.among, await self.matching(where, inner))
            case keys.Fuzzy(inner):
                return await self.matching(where, loosened(inner))
            case keys.Field() | keys.InBody() | keys.InText():
                return await self._text(where, key)
            case keys.Sent() | keys.ThreadId() | keys.Attached():
                return await self._by_facts(where, key)
            case keys.Saved():
                return await self._saved(where, key)
            case keys.Numbers():
                raise AssertionError("message numbers mean nothing here")
            case _:
                return await in_steps(where.among, lambda part: by_columns(key, where.letters, part, self._now_us))

    # ── trees ──

    async def _all_of(self, where: Where, several: Sequence[keys.Key]) -> Places:
        """What costs least first: it leaves less for the others."""
        among = where.among
        for key in sorted(several, key=cost):
            if not among:
                break
            among = await self.matching(Where(where.mailbox_id, where.letters, among), key)
        return among

    async def _one_of(self, where: Where, left: keys.Key, right: keys.Key) -> Places:
        first, second = sorted((left, right), key=cost)
        found = await self.matching(where, first)
        rest = Where(where.mailbox_id, where.letters, without(where.among, found))
        more = await self.matching(rest, second) if rest.among else []
        return sorted([*found, *more]) if more else found

    # ── what is kept elsewhere ──

    async def _text(self, where: Where, key: TextKey) -> Places:
        return await holding(self._home, where.letters.messages, where.among, leaves(key), self._look)

    async def _by_facts(self, where: Where, key: keys.Sent | keys.ThreadId | keys.Attached) -> Places:
        known = await self._known.of(where.mailbox_id, where.letters, self._look)
        if isinstance(key, keys.ThreadId):
            thread = thread_of(key.id)
            return await in_steps(where.among, lambda part: chosen(part, known.threads, thread.__eq__))
        if isinstance(key, keys.Attached):
            wanted = key.wanted
            return await in_steps(where.among, lambda part: chosen(part, known.attachments, wanted.__eq__))
        first, last = key.first or 1, key.last or NEVER
        return await in_steps(where.among, lambda part: chosen(part, known.sent_days, lambda day: first <= day < last))

    async def _saved(self, where: Where, key: keys.Saved) -> Places:
        """The columns do not hold when a letter came into the mailbox."""
        found: list[int] = []
        for start in range(0, len(where.among), SAVED_SLICE):
            self._look()
            part = where.among[start : start + SAVED_SLICE]
            uids = [where.letters.uids[place] for place in part]
            dates = await self._home.engine.scan(saved_dates, where.mailbox_id, uids)
            instants = [dates.get(uid, 0) for uid in uids]
            found += [part[index] for index in between(range(len(part)), instants, key.first, key.last)]
        return found


def thread_of(thread_id: str) -> int:
    """The number in a THREADID (`response.thread_id_item`); -1, which no thread has, where it is none of ours."""
    found = THREAD_ID.match(thread_id)
    return int(found[1], 16) or -1 if found else -1  # 0 stands for letters that cannot be read


def cost(key: keys.Key) -> int:
    """What answering a key costs, roughly: nothing, a look at the facts, at headings, at whole wordings."""
    match key:
        case keys.Sent() | keys.ThreadId() | keys.Saved() | keys.Attached():
            return 1
        case keys.Field(name):
            return 2 if name in SECTION_OF else 3
        case keys.InBody() | keys.InText():
            return 3
        case keys.Not(inner) | keys.Fuzzy(inner):
            return cost(inner)
        case keys.And(several):
            return min(map(cost, several))
        case keys.Or(left, right):
            return max(cost(left), cost(right))
    return 0
