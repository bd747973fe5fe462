"""The station that takes letters: one commit, then the news (docs/design.md §3.1)."""

from collections.abc import Callable

from pyeonji.acceptance.wake import Wake
from pyeonji.net.clock import Clock
from pyeonji.net.ids import Ids
from pyeonji.store import accept as store_accept
from pyeonji.store.accept import Letter, Taken
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import Home

Also = Callable[[Tx], None]


class Acceptance:
    """Takes letters into one home."""

    def __init__(self, home: Home, clock: Clock, ids: Ids, hostname: str, wake: Wake) -> None:
        self.home = home
        self.clock = clock
        self.ids = ids
        self.hostname = hostname
        self.wake = wake
        self.spool = home.data / "spool"

    async def take(self, letter: Letter, *, also: Also | None = None) -> Taken:
        """Commit a letter (and `also`, in the same transaction); raises StoreError when it is not ours."""
        taken = await self.home.engine.write(_commit, self.home, letter, also)
        # ── the letter is ours from here; only now may anyone say 250 ──
        if taken.uids:
            self.wake.tell_mailboxes({mailbox_id for mailbox_id, _, _ in taken.uids})
        if letter.relayings:
            self.wake.tell_queue()
        return taken


def _commit(tx: Tx, home: Home, letter: Letter, also: Also | None) -> Taken:
    taken = store_accept.accept(tx, home.blobs, letter)
    if also is not None:
        also(tx)
    return taken
