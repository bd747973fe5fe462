"""The station that takes letters: one commit, then the news (docs/design.md §3.1)."""

from collections.abc import Callable

from pyeonji.acceptance.routes import Routes
from pyeonji.acceptance.wake import Wake
from pyeonji.net.clock import Clock
from pyeonji.net.ids import Ids
from pyeonji.store.accept import Letter, Taken, accept_all
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
        self.routes = Routes(home, clock)

    async def take(self, *letters: Letter, also: Also | None = None) -> Taken:
        """Commit a letter, those for the members of its lists, and `also`: all or nothing, in one transaction.

        What the commit made of the first one.  Raises StoreError, and then nothing is ours.
        """
        return (await self.take_all(*letters, also=also))[0]

    async def take_all(
        self, *letters: Letter, before: Also | None = None, also: Also | None = None
    ) -> tuple[Taken, ...]:
        """The same; what the commit made of each, with `before` done first and `also` last in its transaction."""
        if before is None and also is None:
            taken = await self.home.errands.take(letters)
        else:
            taken = await self.home.engine.write(self._commit, letters, before, also)
        # ── the letter is ours from here; only now may anyone say 250 ──
        if filed := {mailbox_id for one in taken for mailbox_id, _, _ in one.uids}:
            self.wake.tell_mailboxes(filed)
        if any(letter.wakes_queue for letter in letters):
            self.wake.tell_queue()
        if of_apps := [letter.number for letter in letters if letter.sent is not None or letter.routed]:
            self.wake.tell_letters(of_apps)
        return taken

    def _commit(self, tx: Tx, letters: tuple[Letter, ...], before: Also | None, also: Also | None) -> tuple[Taken, ...]:
        if before is not None:
            before(tx)
        taken = tuple(accept_all(tx, self.home.blobs, letters))
        if also is not None:
            also(tx)
        return taken
