"""Which addresses an app hears of, remembered for a moment: no letter asks for it."""

from collections.abc import Iterable

from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.store import routes
from pyeonji.store.home import Home

REMEMBER_US = 2 * SECOND_US  # how long a new route may wait for its first letter


class Routes:
    """Of one home."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self._home = home
        self._clock = clock
        self._until_us = 0
        self._apps: dict[str, int] = {}  # by folded address

    async def are_any(self) -> bool:
        """Raises StoreError."""
        now = self._clock.now_us()
        if not now < self._until_us <= now + REMEMBER_US:
            self._apps = {one.address: one.app_id for one in await self._home.engine.read(routes.every)}
            self._until_us = now + REMEMBER_US
        return bool(self._apps)

    def of(self, addresses: Iterable[str]) -> tuple[tuple[int, str], ...]:
        """(app, address) of those (folded) that have a route, as `are_any` has seen them."""
        found = {address: self._apps[address] for address in addresses if address in self._apps}
        return tuple((app_id, address) for address, app_id in found.items())
