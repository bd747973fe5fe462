"""When the index of letters by whom they were for learns of new ones (store/addressed): in calm moments, or of many."""

from pyeonji.store import addressed
from pyeonji.store.home import Home

ADDRESS_S = 2.0  # seconds between two looks


class Addressing:
    """Looks again and again.

    The writer does it, among what it commits anyway.  The indexer must not: it runs at the lowest priority, and would
    hold the lock that those who file letters need.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._newest = 0  # letter that was noted at the last look

    async def look(self) -> None:
        """Raises StoreError."""
        newest, recipients = await self._home.engine.scan(addressed.waiting)
        is_calm, self._newest = newest == self._newest, newest
        if newest and (is_calm or recipients >= addressed.STEP):
            while await self._home.errands.address() >= addressed.STEP:
                pass
