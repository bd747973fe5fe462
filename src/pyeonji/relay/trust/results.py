"""Counting what encryption came to, for the reports of the domains we send to (RFC 8460 §4.1)."""

from collections import Counter

from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.relay.trust.demand import Demand
from pyeonji.relay.trust.trust import Way
from pyeonji.store import tlsrpt
from pyeonji.store.engine.base import StoreError
from pyeonji.store.home import Home
from pyeonji.store.tlsrpt import Result

WRITE_US = 60 * SECOND_US  # what was counted within this long may be lost with the process
DAY_US = 86_400 * SECOND_US
MAX_COUNTED = 10_000  # kinds of outcomes held; what is more is not counted


class Results:
    """Of one worker."""

    def __init__(self, home: Home, clock: Clock, *, active: bool = True) -> None:
        self._active = active
        self._home = home
        self._clock = clock
        self._counted: Counter[Result] = Counter()
        self._written_us = clock.now_us()

    def count(self, way: Way, demand: Demand, ip: str, result: str) -> None:
        """One session; `result` "" when it was as it should be."""
        if not self._active or demand.kind in ("never", "login"):
            return
        policy_type, policy = policy_of(way, demand)
        if policy_type == "no-policy-found" and way.policy.failure[0] and not result:
            result = way.policy.failure[0]  # there is a policy, and we could not learn it
        one = Result(self._clock.now_us() // DAY_US, way.domain, policy_type, policy, demand.host, ip, result)
        if one in self._counted or len(self._counted) < MAX_COUNTED:
            self._counted[one] += 1

    async def write(self, *, now: bool = False) -> None:
        """To the store, where it is time."""
        due = now or self._clock.now_us() - self._written_us >= WRITE_US
        if not due or not self._counted:
            return
        counted, self._counted = self._counted, Counter()
        self._written_us = self._clock.now_us()
        try:
            await self._home.engine.write(tlsrpt.add, counted)
        except StoreError:
            self._counted.update(counted)  # the next time


def policy_of(way: Way, demand: Demand) -> tuple[str, str]:
    """The type and the lines of the policy that held (RFC 8460 §4.2)."""
    if demand.tlsa or demand.kind in ("dane", "dane-unusable"):
        records = (f"{r.usage} {r.selector} {r.matching} {r.data.hex()}" for r in demand.tlsa)
        return "tlsa", "\n".join(records)
    if demand.kind in ("sts-enforce", "sts-testing") and way.policy.policy is not None:
        return "sts", "\n".join(way.policy.policy.lines)
    return "no-policy-found", ""
