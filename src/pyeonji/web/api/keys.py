"""Who asks: the bearer of a key (RFC 6750 §2.1), what it may do, and how often.

An address from which unknown keys come is slowed down and turned away as with passwords (`directory.guard`).
"""

import contextlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request

from pyeonji.directory.app_keys import key_digest
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.store import apps
from pyeonji.store.tallies import Tallies
from pyeonji.web.api.operation import Operation, Scope
from pyeonji.web.api.problem import Problem
from pyeonji.web.security import peer_of
from pyeonji.web.site import Site

SCHEME = "bearer "
MAX_KEY = 200  # characters
MINUTE_US = 60 * SECOND_US
CALLS_A_MINUTE = 1_200  # of one app at all workers together; ours: 20 a second, longer than any form is filled
STRANGER_CALLS_A_MINUTE = 240  # of one address without a good key
MAX_COUNTED = 10_000  # keys and addresses


@dataclass(frozen=True, slots=True)
class Caller:
    """The bearer of a key.  `app_id` 0 is nobody's; `login` is the account in whose name it sends."""

    app_id: int
    app: str
    login: str
    scopes: frozenset[str]
    test: bool = False  # what it sends goes to the simulator only
    anyone: bool = False  # may write in everybody's name: the lab's own key

    @property
    def is_admin(self) -> bool:
        return "admin" in self.scopes

    def may(self, scope: Scope) -> bool:
        """Who may do everybody's business may look at it, too; he sends only where that is said."""
        return scope in ("anybody", *self.scopes) or (self.is_admin and scope in ("read", "manage"))


STRANGER = Caller(0, "", "", frozenset())


class Keys(Protocol):
    """Which keys there are."""

    async def caller(self, site: Site, key: str) -> Caller | None: ...


class KeysOfApps:
    """Those that `pyeonji app` and an administrator's key have made."""

    def __init__(self) -> None:
        self._noted: OrderedDict[int, int] = OrderedDict()  # when the use of a key was written down

    async def caller(self, site: Site, key: str) -> Caller | None:
        """None also for those whose account is switched off.  By its digest: how long it takes tells nothing."""
        held = await site.home.engine.read(apps.find, key_digest(key))
        if held is None or held.disabled:
            return None
        now = site.clock.now_us()
        if not 0 <= now - self._noted.get(held.key.id, 0) < MINUTE_US:
            self._noted[held.key.id] = now
            if len(self._noted) > MAX_COUNTED:
                self._noted.popitem(last=False)
            await site.home.engine.write(apps.used, held.app.id, held.key.id, now)
        return Caller(held.app.id, held.app.name, held.app.account, frozenset(held.key.scopes), held.key.test)


def key_of(request: Request) -> str:
    """ "" when none is said; raises Problem for what is no key."""
    said = request.headers.get("authorization", "")
    if not said:
        return ""
    if not said.lower().startswith(SCHEME):
        raise unauthorized("key_unknown")
    key = said[len(SCHEME) :].strip()
    if not 0 < len(key) <= MAX_KEY or not key.isascii():
        raise unauthorized("key_unknown")
    return key


async def who(request: Request, site: Site, keys: Keys, operation: Operation, rates: "Rates") -> Caller:
    """The caller, if the key is good for this; raises Problem."""
    scope = operation.scope
    peer = peer_of(request)
    try:
        key = key_of(request)
    except Problem:
        _count_stranger(site, peer, rates)
        raise
    if not key:
        _count_stranger(site, peer, rates)
        if scope != "anybody":
            raise unauthorized("key_missing")
        return STRANGER
    caller = await keys.caller(site, key)
    if caller is None:  # who has a good one is answered, whoever else guesses from the same address
        _count_stranger(site, peer, rates)
        if site.guard.bars(peer):
            raise Problem("too_many_bad_keys", retry_after=60)
        await site.guard.login_failed(peer)
        raise unauthorized("key_unknown")
    rates.count(f"app {caller.app_id}", CALLS_A_MINUTE)
    if not caller.may(scope):
        raise Problem("scope_missing", scope=scope, app=caller.app)
    if caller.test and operation.changes_what_is_real:
        raise Problem("test_key_changes_nothing", app=caller.app)
    return caller


def _count_stranger(site: Site, peer: str, rates: "Rates") -> None:
    """One more request without a good key from this address; raises Problem when there were too many in this minute."""
    if place := site.guard.place(peer):
        rates.count(f"address {place}", STRANGER_CALLS_A_MINUTE)


def unauthorized(code: str) -> Problem:
    return Problem(code, headers={"www-authenticate": 'Bearer realm="pyeonji"'})


class Rates:
    """How often somebody asks, all workers together; and how many wait for an answer at this one."""

    def __init__(self, clock: Clock, tallies: Tallies) -> None:
        self._clock = clock
        self._tallies = tallies
        self._waiting: dict[str, int] = {}

    def count(self, name: str, most: int, window_us: int = MINUTE_US, *, times: int = 1) -> None:
        """Once more in this minute (or another span of the clock); raises Problem when that was too often.

        `times` 0 only asks whether it was.
        """
        now = self._clock.now_us()
        window = now // window_us
        if self._tallies.add(name, window, times) > most:
            left = max(1, ((window + 1) * window_us - now) // SECOND_US)
            raise Problem("too_fast", retry_after=left, n=most, seconds=left)

    @contextlib.contextmanager
    def place(self, name: str, most: int, code: str = "too_many_waiting") -> Iterator[None]:
        """One of `most` places; raises Problem when all are taken."""
        if self._waiting.get(name, 0) >= most:
            raise Problem(code, retry_after=1, n=most)
        self._waiting[name] = self._waiting.get(name, 0) + 1
        try:
            yield
        finally:
            self._waiting[name] -= 1
            if not self._waiting[name]:
                del self._waiting[name]
