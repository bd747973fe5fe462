"""NOTIFY: what happens in other mailboxes, and to their names, is told without being asked for (RFC 5465).

What this client did itself is told like what others did: the standard would rather have it left out, but then what
others did in the same moment would be left out with it.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator

from pyeonji.access.imap import watch
from pyeonji.access.imap.fetch import tell_letters
from pyeonji.access.imap.lines import flag_items
from pyeonji.access.imap.metadata import may_note, notes_on
from pyeonji.access.imap.noticed import Notes, Picture, Shown, Told, events_of, of_selected
from pyeonji.access.imap.station import Station
from pyeonji.proto.imap import response
from pyeonji.proto.imap.command.notify import Group, Notify
from pyeonji.proto.imap.enabled import Enabled
from pyeonji.proto.imap.names import of_another
from pyeonji.proto.imap.rights import ALL
from pyeonji.store import annotations, mailboxes, rights, subscriptions
from pyeonji.store.annotations import SERVER
from pyeonji.store.directory import Account
from pyeonji.store.engine.base import StoreError, Tx
from pyeonji.store.mailboxes import Mailbox

MAX_WATCHED = 2_000  # mailboxes one client may ask about; ours
FEW = 50  # mailboxes looked at one by one; when more have changed, all are
OVERFLOW = "NOTIFICATIONOVERFLOW"
EVERYBODY = 0  # whose tree changes when something is shared with all


async def notify(station: Station, args: Notify) -> None:
    if not args.groups:
        station.notify(None)
        await station.answer("OK", "Nothing is told")
        return
    notifier = Notifier(station, args.groups)
    try:
        told, picture = await notifier.look()
    except TooMany:
        notifier.close()
        await station.answer("NO", f"No more than {MAX_WATCHED} mailboxes", OVERFLOW)
        return
    station.notify(notifier)
    lines = [*told.refused(picture), *(told.figures(picture) if args.status else ())]
    await station.answer("OK", "You will be told", data=b"".join(lines))


class TooMany(Exception):
    """More mailboxes than one client may be told of."""


class Notifier:
    """What one client asked for, and what it was told last."""

    def __init__(self, station: Station, groups: tuple[Group, ...]) -> None:
        self._station = station
        self._groups = groups
        self.of_selected = of_selected(groups)
        self._picture = Picture()
        self._heard: set[int] = set()  # mailboxes in which something happened
        self._tree_heard = False  # something else did
        self._listening: dict[int, Callable[[], None]] = {}
        self._listening_to_trees: dict[int, Callable[[], None]] = {}
        self._tells = False  # no command is under way
        self._teller: asyncio.Task[None] | None = None

    async def look(self) -> tuple[Told, Picture]:
        """What is there now, from which on changes are told.  Raises TooMany, StoreError."""
        self._picture = await self._all()
        self._listen()
        return self._told, self._picture

    def begin(self) -> None:
        """Tell what happens, and what happened since `end`, until `end`."""
        self._tells = True
        if self._heard or self._tree_heard:
            self._wake()

    async def end(self) -> None:
        """From here on nothing is said; what is being said is said to its end."""
        self._tells = False
        if self._teller is not None:
            await asyncio.wait({self._teller})
            self._teller = None

    def close(self) -> None:
        """The client does not want to know any more."""
        self._tells = False
        for forget in (*self._listening.values(), *self._listening_to_trees.values()):
            forget()
        self._listening, self._listening_to_trees = {}, {}
        watch.give_up(self._teller)

    def flag_items(self, enabled: Enabled) -> tuple[str, ...]:
        """What is said of a letter in the open mailbox whose flags changed: the UID always (RFC 5465 §5.1)."""
        if not self.of_selected.flags:
            return ()
        return tuple(dict.fromkeys(("UID", *flag_items(enabled))))

    async def tell_new(self, after_uid: int) -> None:
        """Of letters that came into the open mailbox behind this UID, what the client asked for (RFC 5465 §5.2)."""
        view = self._station.box
        start = bisect_right(view.uids, after_uid, 0, len(view))  # that letter may have gone meanwhile
        await tell_letters(self._station, view, [range(start, len(view))], self.of_selected.items)

    # ── below ──

    @property
    def _told(self) -> Told:
        view = self._station.view
        return Told(self._groups, view.mailbox_id if view is not None else None, self._station.enabled)

    def _wake(self) -> None:
        if self._teller is None or self._teller.done():
            self._teller = asyncio.get_running_loop().create_task(self._tell())

    async def _tell(self) -> None:
        """News that come while a slow client takes in the last ones are told behind them."""
        try:
            while self._tells and (self._heard or self._tree_heard):
                for line in await self._news():
                    await self._station.say(line)
        except TooMany:
            self._station.notify(None)
            await self._station.say(response.untagged("OK", "Too many mailboxes", OVERFLOW))
        except StoreError:  # what was heard nobody will say a second time: all is looked at again
            self._tree_heard = True
            asyncio.get_running_loop().call_later(watch.AGAIN_S, self._wake)
        except (ConnectionError, TimeoutError):
            return  # the reading side notices

    async def _news(self) -> Iterator[bytes]:
        heard, whole = self._heard, self._tree_heard or len(self._heard) > FEW
        self._heard, self._tree_heard = set(), False
        before = self._picture
        after = None if whole else await self._station.home.engine.read(some, self._visitor, before, heard, self._notes)
        if after is not None:
            self._picture = after
            return self._told.some_changes(before, after, heard)
        self._picture = await self._all()
        self._listen()
        return self._told.changes(before, self._picture)

    async def _all(self) -> Picture:
        return await self._station.home.engine.scan(everything, self._visitor, self._notes)

    @property
    def _visitor(self) -> Account:
        return self._station.me.account

    @property
    def _notes(self) -> bool:
        """Are notes told of?"""
        return any(event.endswith("METADATACHANGE") for group in self._groups for event in group.events)

    def _listen(self) -> None:
        """To each mailbox asked about, and to the trees in which there may be more."""
        picture, wake = self._picture, self._station.me.wake
        watched = [
            number for number, shown in picture.boxes.items() if events_of(self._groups, shown.name, picture.subscribed)
        ]
        if len(watched) > MAX_WATCHED:
            raise TooMany
        trees = {EVERYBODY, self._visitor.id, *(shown.box.account_id for shown in picture.boxes.values())}
        _adjust(self._listening, watched, lambda number: wake.on_mailbox(number, lambda: self._on_mailbox(number)))
        _adjust(self._listening_to_trees, trees, lambda number: wake.on_tree(number, self._on_tree))

    def _on_mailbox(self, number: int) -> None:
        self._heard.add(number)
        if self._tells:
            self._wake()

    def _on_tree(self) -> None:
        self._tree_heard = True
        if self._tells:
            self._wake()


def _adjust(
    listening: dict[int, Callable[[], None]], wanted: Iterable[int], listen: Callable[[int], Callable[[], None]]
) -> None:
    wanted = set(wanted)
    for number in listening.keys() - wanted:
        listening.pop(number)()
    for number in wanted - listening.keys():
        listening[number] = listen(number)


# ── what is there ──


def everything(tx: Tx, visitor: Account, with_notes: bool) -> Picture:
    """All mailboxes the visitor may know of."""
    found = [Shown(box.name, box, ALL, {}) for box in mailboxes.mailboxes(tx, visitor.id)]
    for box, owner, letters in rights.shared(tx, visitor.id, visitor.address):
        if "l" in letters:
            found.append(Shown(of_another(owner, box.name), box, letters, {}))
    notes: Notes = {}
    if with_notes:
        found = [_with_notes(tx, visitor, shown) for shown in found]
        notes = _hashed(annotations.values(tx, SERVER, visitor.id))
    boxes = {shown.box.id: shown for shown in found}
    return Picture(boxes, frozenset(subscriptions.subscribed(tx, visitor.id)), notes)


def some(tx: Tx, visitor: Account, before: Picture, ids: Iterable[int], with_notes: bool) -> Picture | None:
    """The picture with these mailboxes as they are now; None where more than their counters may have changed."""
    boxes = dict(before.boxes)
    for number in ids:
        was, box = boxes.get(number), mailboxes.mailbox_by_id(tx, number)
        if was is None or box is None or not _is_the_same(was.box, box, visitor):
            return None
        shown = was._replace(box=box)
        boxes[number] = _with_notes(tx, visitor, shown) if with_notes else shown
    return Picture(boxes, before.subscribed, before.notes)


def _is_the_same(was: Mailbox, now: Mailbox, visitor: Account) -> bool:
    """But for its letters; rights in what is not one's own may have changed with every news."""
    return now.account_id == visitor.id and (was.name, was.special_use) == (now.name, now.special_use)


def _with_notes(tx: Tx, visitor: Account, shown: Shown) -> Shown:
    return shown._replace(notes=_hashed(notes_on(tx, visitor, shown.box)) if may_note(shown.rights) else {})


def _hashed(values: dict[str, bytes]) -> Notes:
    return {entry: hash(value) for entry, value in values.items()}
