"""Does the DNS say what it should of the domains here?  Looked at once an hour, for the metrics and their alarms.

`pyeonji dns check` says the same, asked by a person: it asks the name servers of the zone themselves, this one the
resolver.  What nobody could answer is no verdict: a resolver that is away alarms nobody about records.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from pyeonji.address.public import is_public
from pyeonji.msgauth.iprev import iprev
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.net.resolver import Resolver
from pyeonji.proto.dns import Question
from pyeonji.queue.manager import report_defect
from pyeonji.store import directory, keys
from pyeonji.store.engine.base import StoreError, Tx
from pyeonji.store.home import Home
from pyeonji.store.keys import OwnKey
from pyeonji.zone.compare import Row, compared
from pyeonji.zone.wanted import Facts, wanted

FILE = Path("run", "zones.json")  # in the data folder
FIRST_S, EVERY_S = 60.0, 3_600.0  # seconds until the first look, and between two
STALE_S = 3 * EVERY_S  # then nobody knows any more
MAX_DOMAINS = 200  # looked at
# What mail goes by; the rest (keys of `zone.wanted`) is comfort.
WATCHED = frozenset({"mx", "address", "spf", "spf_host", "dkim", "dmarc", "sts", "sts_host"})
REVERSE = "ptr"

Verdicts = dict[str, dict[str, bool]]  # by domain, and record


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
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        if self._active:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        wait = FIRST_S
        while True:
            await self._clock.sleep(wait)
            wait = EVERY_S
            try:
                with contextlib.suppress(StoreError, OSError):  # in an hour again
                    await self.look()
            except Exception as error:  # noqa: BLE001 - the driver: a defect of ours must not end the watch
                report_defect("watching the DNS", error)

    async def look(self) -> None:
        """Raises StoreError, OSError."""
        found: Verdicts = {}
        for domain, own in await self._home.engine.read(_domains):
            facts = self._facts(domain, own)
            found[domain] = await self._verdicts(replace(facts, addresses=tuple(filter(is_public, facts.addresses))))
        part = self._home.data / FILE.with_suffix(".part")
        part.write_bytes(msgspec.json.encode(Looked(self._clock.now_us() // SECOND_US, found)))
        part.replace(self._home.data / FILE)

    async def _verdicts(self, facts: Facts) -> dict[str, bool]:
        records = [one for one in wanted(facts) if one.key in WATCHED]
        answers = {
            question: await self._resolver.lookup(question)
            for question in {Question(one.name, one.kind) for one in records}
        }
        found = verdicts(compared(facts, records, answers))
        names = [await self._resolver.answer_with(iprev(address)) for address in facts.addresses]
        if names and all(one.result != "temperror" for one in names):
            found[REVERSE] = all(one.result == "pass" for one in names)
        return found


def verdicts(rows: Iterable[Row]) -> dict[str, bool]:
    """By record: False when one of that kind is missing or wrong; not there when nobody knows."""
    kinds: dict[str, list[Row]] = {}
    for row in rows:
        kinds.setdefault(row.wanted.key, []).append(row)
    found = {}
    for key, of_kind in kinds.items():
        if any(row.verdict in ("missing", "wrong") for row in of_kind):
            found[key] = False
        elif all(row.verdict in ("good", "better") for row in of_kind):
            found[key] = True
    return found


def _domains(tx: Tx) -> list[tuple[str, list[OwnKey]]]:
    names = [one.name for one in directory.domains(tx) if one.name != directory.LOCALHOST]
    return [(name, keys.keys_of(tx, name)) for name in names[:MAX_DOMAINS]]
