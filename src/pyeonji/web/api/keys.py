"""Who asks: the bearer of a key (RFC 6750 §2.1), what it may do, and how often.

An address from which unknown keys come is slowed down and turned away as with passwords (`directory.guard`).
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request

from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.web.api.operation import Scope
from pyeonji.web.api.problem import Problem
from pyeonji.web.site import Site

SCHEME = "bearer "
MAX_KEY = 200  # characters
WINDOW_US = 60 * SECOND_US
CALLS_A_MINUTE = 1_200  # of one key at one worker; ours: 20 a second, longer than any form is filled
STRANGER_CALLS_A_MINUTE = 240  # of one address without a key
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


STRANGER = Caller(0, "", "", frozenset())


class Keys(Protocol):
    """Which keys there are."""

    async def caller(self, site: Site, key: str) -> Caller | None: ...


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


async def who(request: Request, site: Site, keys: Keys, scope: Scope, rates: "Rates") -> Caller:
    """The caller, if the key is good for `scope`; raises Problem."""
    peer = request.client.host if request.client else ""
    key = key_of(request)
    if not key:
        if scope != "anybody":
            raise unauthorized("key_missing")
        rates.count(f"address {site.guard.place(peer)}", STRANGER_CALLS_A_MINUTE)
        return STRANGER
    if site.guard.bars(peer):
        raise Problem("too_many_bad_keys", retry_after=60)
    caller = await keys.caller(site, key)
    if caller is None:
        await site.guard.login_failed(peer)
        raise unauthorized("key_unknown")
    rates.count(f"app {caller.app_id}", CALLS_A_MINUTE)
    if scope not in ("anybody", *caller.scopes):
        raise Problem("scope_missing", scope=scope, app=caller.app)
    return caller


def unauthorized(code: str) -> Problem:
    return Problem(code, headers={"www-authenticate": 'Bearer realm="pyeonji"'})


class Rates:
    """How often somebody asks, in a minute and at one worker."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: OrderedDict[str, tuple[int, int]] = OrderedDict()  # since when, how many

    def count(self, name: str, most: int) -> None:
        """Once more; raises Problem when that was too often."""
        now = self._clock.now_us()
        since, count = self._counts.get(name, (now, 0))
        if not since <= now < since + WINDOW_US:  # a clock that was set back bars nobody
            since, count = now, 0
        self._counts[name] = (since, count + 1)
        self._counts.move_to_end(name)
        if len(self._counts) > MAX_COUNTED:
            self._counts.popitem(last=False)
        if count >= most:
            left = max(1, (since + WINDOW_US - now) // SECOND_US)
            raise Problem("too_fast", retry_after=left, n=most, seconds=left)
