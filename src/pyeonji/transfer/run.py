"""One import from beginning to end: every folder of a source into its place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pyeonji.store import mailboxes
from pyeonji.store.creation import TooMany
from pyeonji.store.directory import Account
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import Home
from pyeonji.transfer.places import Place, place_of
from pyeonji.transfer.source import Folder, Source, Tally, Troubles
from pyeonji.transfer.taker import NoRoom, Taker


@dataclass(slots=True)
class Progress:
    """How far an import is.  `done` and `total` count what the source counts: letters or octets."""

    unit: str
    total: int = 0
    done: int = 0
    letters: int = 0  # looked at
    folder: str = ""


@dataclass(slots=True)
class Report:
    """What an import did, or would do."""

    troubles: Troubles
    folders: list[tuple[Folder, Place, Tally]] = field(default_factory=list)
    full: bool = False  # the account's limit was reached

    @property
    def total(self) -> Tally:
        total = Tally()
        for _, _, tally in self.folders:
            total.add(tally)
        return total


Watch = Callable[[Progress], None]


def placed(home: Home, account: Account, source: Source, into: str) -> list[tuple[Folder, Place]]:
    """The folders of a source with their places, INBOX first, a folder that holds everything last."""
    ours = home.engine.read_now(_special, account.id)
    found = [(folder, place_of(folder.levels, folder.special_use, ours, into)) for folder in source.folders()]
    return sorted(found, key=lambda pair: (pair[1].holds_all, pair[1].name != "INBOX", pair[1].name, pair[0].name))


def carry(source: Source, taker: Taker, folders: list[tuple[Folder, Place]], report: Report, watch: Watch) -> None:
    """Take everything and write down in `report` what became of it; raises StoreError.

    Whatever stops it, what was committed stays, and the same run again goes on from there.
    """
    progress = Progress(source.unit, sum(folder.total for folder, place in folders if not place.is_view))
    for folder, place in folders:
        progress.folder = place.name
        if place.is_view:
            report.folders.append((folder, place, Tally(passed=folder.total)))
            continue
        try:
            taker.open(folder, place)
        except TooMany:
            report.troubles.add(folder.name, "too many mailboxes")
            continue
        report.folders.append((folder, place, taker.tally))
        before = progress.done
        try:
            for coming in source.letters(folder, taker):
                progress.letters += 1
                progress.done += coming.done
                if taker.add(coming):
                    watch(progress)
            taker.flush()
        except NoRoom:
            report.full = True
            break
        progress.done = before + folder.total
        watch(progress)


def _special(tx: Tx, account_id: int) -> Mapping[str, str]:
    return {box.special_use: box.name for box in mailboxes.mailboxes(tx, account_id) if box.special_use}
