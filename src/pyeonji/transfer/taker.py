"""Taking letters into the mailboxes of one account: many in one commit, each once, whatever interrupts us."""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from pyeonji.acceptance.letter import Origin, letter
from pyeonji.delivery.plan import Plan
from pyeonji.journey.event import Decided
from pyeonji.journey.receipt import compact
from pyeonji.net.clock import Clock
from pyeonji.net.ids import Ids
from pyeonji.store import creation, imported, mailboxes, subscriptions
from pyeonji.store.accept import Filing, Letter
from pyeonji.store.blobs import Large, keep_file
from pyeonji.store.directory import Account
from pyeonji.store.engine.base import Conflict, Tx, Unavailable
from pyeonji.store.home import Home
from pyeonji.store.imported import AGAIN, FULL, TAKEN, Offered, Rules
from pyeonji.transfer.places import Place
from pyeonji.transfer.source import Coming, Folder, Tally, Troubles

BATCH = 256  # letters in one commit
BATCH_OCTETS = 4 << 20  # of them, unless one letter alone is larger
TRIES = 8  # with other receipt numbers, when a number was taken
VIA = "import"  # as Accepted says it


class NoRoom(Exception):
    """The account's limit is reached; what was taken stays."""


@dataclass(frozen=True, slots=True)
class Into:
    """Where letters of the present folder go."""

    folder: int  # its row in the journal; 0 when nothing was ever taken from it
    mailbox: int  # 0 when there is none yet (dry run)
    name: str
    rules: Rules


class Taker:
    """See the top of this module.  `tell` hears of mailboxes that changed, after the commit."""

    def __init__(
        self,
        home: Home,
        account: Account,
        clock: Clock,
        ids: Ids,
        *,
        source: str,
        rules: Rules,
        dry_run: bool,
        tell: Callable[[int], None],
    ) -> None:
        self.troubles = Troubles()
        self.tally = Tally()  # of the present folder
        self._home = home
        self._account = account
        self._clock = clock
        self._ids = ids
        self._source = source
        self._rules = rules
        self._dry_run = dry_run
        self._tell = tell
        self._into = Into(0, 0, "", rules)
        self._waiting: list[Coming] = []
        self._octets = 0
        self._seen: set[bytes] = set()  # digests and items of what a dry run would have taken
        self._spooled = 0

    def open(self, folder: Folder, place: Place) -> None:
        """From now on letters come from this folder; raises StoreError."""
        self.tally = Tally()
        rules = replace(self._rules, everywhere=place.holds_all)
        if self._dry_run:
            row, box = self._home.engine.read_now(_looked_up, self._account.id, self._source, folder.name, place)
        else:
            row, box = self._home.engine.write_now(
                _made, self._account.id, self._source, folder.name, place, self._clock.now_us()
            )
        self._into = Into(row, box, place.name, rules)

    def known(self, items: Sequence[str]) -> set[str]:
        if self._rules.again or not self._into.folder:
            return set()
        found = self._home.engine.read_now(imported.known, self._into.folder, items)
        self.tally.again += len(found)
        return found

    def spool(self) -> Path | None:
        """Where a large letter is written; None when nothing is kept."""
        if self._dry_run:
            return None
        self._spooled += 1
        return self._home.data / "spool" / f"import-{os.getpid()}-{self._spooled}.body"

    def add(self, coming: Coming) -> bool:
        """Take a letter, now or with the next ones; True when some were.  Raises NoRoom, StoreError."""
        self._waiting.append(coming)
        self._octets += coming.gathered.size
        if len(self._waiting) < BATCH and self._octets < BATCH_OCTETS:
            return False
        self.flush()
        return True

    def flush(self) -> None:
        """Commit what waits; raises NoRoom, StoreError."""
        known = self.known([coming.item for coming in self._waiting])
        waiting = [coming for coming in self._waiting if coming.item not in known]
        for coming in self._waiting:
            if coming.item in known and isinstance(coming.gathered.content, Path):
                coming.gathered.content.unlink(missing_ok=True)
        self._waiting, self._octets = [], 0
        if not waiting:
            return
        offered = [self._offered(coming) for coming in waiting]
        outcomes = self._judged(offered) if self._dry_run else self._committed(offered)
        for coming, outcome in zip(waiting, outcomes, strict=False):
            self._count(coming, outcome)
        if not self._dry_run:
            self._drop_files(offered, outcomes)
            self._tell(self._into.mailbox)
        if FULL in outcomes:
            raise NoRoom

    # ── below ──

    def _offered(self, coming: Coming) -> Offered:
        number, now, into = self._ids.receipt(), self._clock.now_us(), self._into
        filing = Filing(
            n=0, address=self._account.address, account_id=self._account.id, account=self._account.address,
            mailbox_id=into.mailbox, mailbox=into.name, flags=coming.flags.mask,
            keywords=" ".join(sorted(coming.flags.keywords)), internal_us=max(1, coming.internal_us or now),
        )  # fmt: skip
        gathered = coming.gathered
        made = letter(
            Origin(number=number, at_us=now, via=VIA, reverse_path=None, login=self._account.address),
            header=gathered.header,
            body_at=min(len(gathered.header.octets), gathered.size),
            stored=self._stored(gathered.content, gathered.size, number),
            relay_at=0,
            plan=Plan((filing,), (), ()),
            events=(Decided(now, "imported", self._source, into.name),),
        )
        return Offered(coming.item, gathered.digest, made)

    def _stored(self, content: bytes | Path | None, size: int, number: int) -> bytes | Large:
        if isinstance(content, bytes):
            return content
        if content is None:
            return Large("", size)
        try:
            return keep_file(content, self._home.blobs.folder, compact(number))
        except OSError as error:
            raise Unavailable(f"spool: {error}") from error

    def _committed(self, offered: list[Offered]) -> list[str]:
        for _ in range(TRIES):
            try:
                return self._home.engine.write_now(
                    imported.take, self._home.blobs, self._into.folder, offered, self._into.rules
                )
            except Conflict:  # a worker gave one of our numbers in the same millisecond
                offered = [replace(one, letter=self._renumbered(one.letter)) for one in offered]
        raise Unavailable("no free receipt numbers")

    def _renumbered(self, made: Letter) -> Letter:
        return msgspec.structs.replace(made, number=self._ids.receipt())

    def _judged(self, offered: list[Offered]) -> list[str]:
        outcomes = self._home.engine.read_now(
            imported.judge, self._home.blobs, self._into.folder, offered, self._into.rules
        )
        return [self._not_seen(one, outcome) for one, outcome in zip(offered, outcomes, strict=True)]

    def _not_seen(self, one: Offered, outcome: str) -> str:
        """A dry run takes nothing: it has to remember what it would have taken."""
        if outcome != TAKEN or self._into.rules.keep_duplicates:
            return outcome
        here = one.digest + self._into.name.encode()
        item = hashlib.sha256(f"{self._into.name}\0{one.item}".encode()).digest()
        place = one.digest if self._into.rules.everywhere else here
        if item in self._seen or (one.letter.message_id and place in self._seen):
            return imported.TWICE
        self._seen |= {item, here, one.digest}
        return outcome

    def _count(self, coming: Coming, outcome: str) -> None:
        tally = self.tally
        if outcome == TAKEN:
            tally.taken += 1
            tally.octets += coming.gathered.size
            tally.broken += coming.gathered.is_broken
            tally.mended += coming.mended
        elif outcome == AGAIN:
            tally.again += 1
        elif outcome != FULL:
            tally.twice += 1

    def _drop_files(self, offered: list[Offered], outcomes: list[str]) -> None:
        """Files of letters that were not taken: nobody names them."""
        for index, one in enumerate(offered):
            file = imported.file_of(one.letter)
            if file and (index >= len(outcomes) or outcomes[index] != TAKEN):
                (self._home.blobs.folder / file).unlink(missing_ok=True)


def _made(tx: Tx, account_id: int, source: str, folder: str, place: Place, now_us: int) -> tuple[int, int]:
    there = mailboxes.mailbox(tx, account_id, place.name)
    use = _free_use(tx, account_id, place.special_use)
    box = there or creation.create(tx, account_id, place.name, use, now_us=now_us)
    if there is None:
        subscriptions.subscribe(tx, account_id, [place.name])
    return imported.folder_id(tx, account_id, source, folder), box.id


def _free_use(tx: Tx, account_id: int, special_use: str) -> str:
    """A special use that no mailbox of the account has yet, or ""."""
    taken = {box.special_use for box in mailboxes.mailboxes(tx, account_id)}
    return "" if special_use in taken else special_use


def _looked_up(tx: Tx, account_id: int, source: str, folder: str, place: Place) -> tuple[int, int]:
    box = mailboxes.mailbox(tx, account_id, place.name)
    return imported.known_folder(tx, account_id, source, folder), box.id if box else 0
