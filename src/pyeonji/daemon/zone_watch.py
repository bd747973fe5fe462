"""Does the DNS say what it should of the domains here?  Looked at once an hour, for the metrics and their alarms.

`pyeonji dns check` says the same, asked by a person: it asks the name servers of the zone themselves, this one the
resolver.  What nobody could answer is no verdict: a resolver that is away alarms nobody about records.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from pyeonji.address.public import is_public
from pyeonji.daemon.rounds import Rounds
from pyeonji.msgauth.iprev import iprev
from pyeonji.net.authority import Authority
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.net.resolver import Resolver
from pyeonji.proto.dns import Answer, Question
from pyeonji.store import directory, keys, zones
from pyeonji.store.engine.base import StoreError, Tx
from pyeonji.store.home import Home
from pyeonji.store.keys import OwnKey
from pyeonji.zone.compare import compared
from pyeonji.zone.standing import REVERSE, WATCHED, bad_after, standing
from pyeonji.zone.wanted import Facts, wanted

FILE = Path("run", "zones.json")  # in the data folder
FIRST_S, EVERY_S = 60.0, 3_600.0  # seconds until the first look, and between two
STALE_S = 3 * EVERY_S  # then nobody knows any more
MAX_DOMAINS = 200  # looked at
AUTHORITY_S = 30.0  # seconds for the name servers of one zone

Verdicts = dict[str, dict[str, bool]]  # by domain, and record
Lookup = Callable[[Question], Awaitable[Answer]]


class Looked(msgspec.Struct):
    """What was found."""

    at_s: int
    found: Verdicts


def read(data: Path, now_s: int) -> Verdicts:
    """What was found last, when that was not too long ago."""
    try:
        looked = msgspec.json.decode((data / FILE).read_bytes(), type=Looked)
    except (OSError, msgspec.DecodeError):
        return {}
    return looked.found if abs(now_s - looked.at_s) <= STALE_S else {}


class ZoneWatch:
    """One per node; only the first worker does anything."""

    def __init__(
        self, home: Home, clock: Clock, resolver: Resolver, facts: Callable[[str, Sequence[OwnKey]], Facts], *,
        active: bool,
    ) -> None:  # fmt: skip
        self._home = home
        self._clock = clock
        self._resolver = resolver
        self._facts = facts
        self._active = active
        self._rounds = Rounds(
            clock, "watching the DNS", self.look, every_s=EVERY_S, first_s=FIRST_S, passing=(StoreError, OSError)
        )

    async def start(self) -> None:
        if self._active:
            await self._rounds.start()

    async def stop(self) -> None:
        await self._rounds.stop()

    async def look(self) -> None:
        """Raises StoreError, OSError."""
        found: Verdicts = {}
        for domain, own in await self._home.engine.read(_domains):
            facts = self._facts(domain, own)
            facts = replace(facts, addresses=tuple(filter(is_public, facts.addresses)))
            seen = await self._seen(facts, self._resolver.lookup)
            await self._tell(facts, seen)
            found[domain] = {record: is_good for record, is_good in seen.items() if is_good is not None}
        part = self._home.data / FILE.with_suffix(".part")
        part.write_bytes(msgspec.json.encode(Looked(self._clock.now_us() // SECOND_US, found)))
        part.replace(self._home.data / FILE)

    async def _seen(self, facts: Facts, lookup: Lookup) -> dict[str, bool | None]:
        records = [one for one in wanted(facts) if one.key in WATCHED]
        answers = {question: await lookup(question) for question in {Question(one.name, one.kind) for one in records}}
        seen = standing(compared(facts, records, answers))
        names = [await self._resolver.answer_with(iprev(address)) for address in facts.addresses]
        if names:
            is_known = all(one.result != "temperror" for one in names)
            seen[REVERSE] = all(one.result == "pass" for one in names) if is_known else None
        return seen

    async def _tell(self, facts: Facts, seen: dict[str, bool | None]) -> None:
        """What turned is news for apps.

        Before that the zone itself is asked: a resolver may remember for hours what a check has already seen mended.
        Where its servers cannot be reached, the resolver is believed.
        """
        before = await self._home.engine.read(zones.bad, facts.domain)
        if bad_after(before, seen) == before:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(AUTHORITY_S):
                sure = await self._seen(facts, Authority(self._resolver).lookup)
                seen = seen | {record: is_good for record, is_good in sure.items() if is_good is not None}
        await self._home.engine.write(zones.note, facts.domain, seen, self._clock.now_us())


def _domains(tx: Tx) -> list[tuple[str, list[OwnKey]]]:
    names = [one.name for one in directory.domains(tx) if one.name != directory.LOCALHOST]
    return [(name, keys.keys_of(tx, name)) for name in names[:MAX_DOMAINS]]
