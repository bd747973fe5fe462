"""Counting how letters of strangers were judged, for those whose names they bear (RFC 9990); written once a minute."""

import asyncio
import contextlib
from collections import Counter
from functools import partial

from pyeonji.filters.pipeline import Action, Finding, Offered
from pyeonji.message.packed import says_report
from pyeonji.msgauth.dmarc.judged import judged, wants_reports
from pyeonji.msgauth.verdict import Policy, Verdict
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.store import judged as store
from pyeonji.store.engine.base import StoreError
from pyeonji.store.home import Home

WRITE_S = 60.0  # seconds until what was counted is written; so much is lost with a process that is killed
DAY_US = 86_400 * SECOND_US
MAX_COUNTED = 10_000  # kinds held; what is more is not counted
DONE: dict[Action, Policy] = {"accept": "none", "junk": "quarantine", "refuse": "reject"}


class Judging:
    """Of one worker."""

    def __init__(self, home: Home, clock: Clock, *, active: bool = True) -> None:
        self._home = home
        self._clock = clock
        self._active = active
        self._counted: Counter[store.Kind] = Counter()
        self._records: dict[tuple[int, str], str] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None

    def count(self, letter: Offered, verdict: Verdict, found: Finding) -> None:
        """One letter; what will come again is counted when it does."""
        dmarc = verdict.dmarc
        if not self._active or found.action not in DONE or not wants_reports(dmarc.record):
            return
        if dmarc.result == "pass" and says_report(letter.header):
            return  # a report about reports would be answered by one, and so on for ever
        path = letter.reverse_path.domain if letter.reverse_path else ""
        vouched = any(reason.rule == "trust" and reason.outcome == "forwarded" for reason in found.reasons)
        day = self._clock.now_us() // DAY_US
        kind = (day, dmarc.found_at, judged(verdict, letter.ip, path, DONE[found.action], vouched=vouched))
        if kind in self._counted or len(self._counted) < MAX_COUNTED:
            self._counted[kind] += 1
            self._records[day, dmarc.found_at] = dmarc.record
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(WRITE_S, self._write)

    async def flush(self) -> None:
        """Write what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        counted, self._counted = self._counted, Counter()
        records, self._records = self._records, {}
        if counted:
            with contextlib.suppress(StoreError):  # nothing was promised
                await self._home.engine.write(partial(store.add, counted=counted, records=records))

    def _write(self) -> None:
        self._timer = None
        self._writing = asyncio.get_running_loop().create_task(self.flush())
