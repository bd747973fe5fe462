"""What changed in the mailboxes a client asked about, as NOTIFY tells it (RFC 5465 §5).

Pure: two pictures of the mailboxes go in, what was told and what is, and responses come out.  So however many things
happened in between, each mailbox is told of once, and nothing is told that was undone meanwhile.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pyeonji.access.imap.tree import levels
from pyeonji.proto.imap import response
from pyeonji.proto.imap.command.fetch import Item
from pyeonji.proto.imap.command.notify import MESSAGE_EVENTS, SELECTED, Group
from pyeonji.proto.imap.enabled import Enabled
from pyeonji.proto.imap.names import INBOX, SEPARATOR, whose
from pyeonji.store.mailboxes import Mailbox

Notes = Mapping[str, int]  # of each entry, what its value hashes to


class Shown(NamedTuple):
    """A mailbox this visitor may know of, under the name it has for him."""

    name: str
    box: Mailbox
    rights: str
    notes: Notes


@dataclass(frozen=True, slots=True)
class Picture:
    """All mailboxes a visitor may know of, by id, the names he subscribes to, and the notes on the server."""

    boxes: Mapping[int, Shown] = field(default_factory=dict)
    subscribed: frozenset[str] = frozenset()
    notes: Notes = field(default_factory=dict)

    @property
    def names(self) -> dict[str, Shown]:
        return {shown.name: shown for shown in self.boxes.values()}


@dataclass(frozen=True, slots=True)
class OfSelected:
    """What is told of the open mailbox; `items` of letters that come into it."""

    messages: bool = False
    flags: bool = False
    delayed: bool = False  # an EXPUNGE waits for a command that may tell it
    items: tuple[Item, ...] = ()


def of_selected(groups: Iterable[Group]) -> OfSelected:
    """Nothing, where no group speaks of the open mailbox (RFC 5465 §3.1)."""
    for group in groups:
        if group.scope.kind in SELECTED:
            return OfSelected(
                "MESSAGENEW" in group.events, "FLAGCHANGE" in group.events, group.scope.kind == "SELECTED-DELAYED",
                group.items,
            )  # fmt: skip
    return OfSelected()


def events_of(groups: Iterable[Group], name: str, subscribed: frozenset[str]) -> frozenset[str]:
    """The events that are told of a mailbox of this name; several groups may speak of one."""
    found: set[str] = set()
    for group in groups:
        if group.scope.holds(name, subscribed):
            found |= group.events
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Told:
    """What one client is told: its groups, the mailbox it has open, what it has enabled."""

    groups: tuple[Group, ...]
    selected: int | None
    enabled: Enabled

    def changes(self, before: Picture, after: Picture) -> Iterator[bytes]:
        """Names first, so that a client knows of what it then hears."""
        yield from self._names(before, after)
        for number, shown in after.boxes.items():
            was = before.boxes.get(number)
            if was is not shown:
                yield from self._of_one(was, shown, after.subscribed)
        if any("SERVERMETADATACHANGE" in group.events for group in self.groups):
            yield from self._notes("", before.notes, after.notes)

    def some_changes(self, before: Picture, after: Picture, ids: Iterable[int]) -> Iterator[bytes]:
        """The same where nothing but these mailboxes can have changed, and not their names."""
        for number in ids:
            if number in after.boxes:
                yield from self._of_one(before.boxes.get(number), after.boxes[number], after.subscribed)

    def _of_one(self, was: Shown | None, now: Shown, subscribed: frozenset[str]) -> Iterator[bytes]:
        events = events_of(self.groups, now.name, subscribed)
        if now.box.id != self.selected:
            yield from self._messages(events, was, now)
        if "MAILBOXMETADATACHANGE" in events and was is not None:
            yield from self._notes(now.name, was.notes, now.notes)

    def _notes(self, name: str, before: Notes, after: Notes) -> Iterator[bytes]:
        changed = sorted(entry for entry in before.keys() | after.keys() if before.get(entry) != after.get(entry))
        if changed:
            yield response.metadata_changed(name, changed, utf8=self.enabled.utf8)

    def figures(self, picture: Picture) -> Iterator[bytes]:
        """STATUS of each mailbox whose letters are told of (RFC 5465 §3.1)."""
        for number, shown in picture.boxes.items():
            events = events_of(self.groups, shown.name, picture.subscribed)
            if number != self.selected and "r" in shown.rights and not events.isdisjoint(MESSAGE_EVENTS):
                yield self._status(shown, ["MESSAGES", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "HIGHESTMODSEQ"])

    def refused(self, picture: Picture) -> Iterator[bytes]:
        """Mailboxes whose names he may know and nothing else (RFC 5465 §3.1)."""
        for shown in picture.boxes.values():
            if "r" not in shown.rights and events_of(self.groups, shown.name, picture.subscribed):
                yield response.listing(("\\NoAccess",), shown.name, utf8=self.enabled.utf8)

    def _messages(self, events: frozenset[str], was: Shown | None, now: Shown) -> Iterator[bytes]:
        if "r" not in now.rights or events.isdisjoint(MESSAGE_EVENTS):
            return
        items: list[str] = []
        before, after = was.box if was else None, now.box
        if before is None or (before.uidnext, before.messages) != (after.uidnext, after.messages):
            items += ["UIDNEXT", "MESSAGES"] if before or after.messages else []
        if before is not None and before.uidvalidity != after.uidvalidity:
            items += ["UIDVALIDITY", "UIDNEXT", "MESSAGES"]
        if "FLAGCHANGE" in events and before is not None and before.modseq != after.modseq:
            items += ["UNSEEN"] if before.unseen != after.unseen else []
            items += ["HIGHESTMODSEQ", "UIDVALIDITY"] if self.enabled.condstore else []
        if items and self.enabled.condstore:
            items.append("HIGHESTMODSEQ")
        if items:
            yield self._status(now, list(dict.fromkeys(items)))

    def _status(self, shown: Shown, items: Iterable[str]) -> bytes:
        box = shown.box
        values = {
            "MESSAGES": box.messages, "UIDNEXT": box.uidnext, "UIDVALIDITY": box.uidvalidity, "UNSEEN": box.unseen,
            "HIGHESTMODSEQ": box.modseq,
        }  # fmt: skip
        return response.status(shown.name, [(item, values[item]) for item in items], utf8=self.enabled.utf8)

    # ── names ──

    def _names(self, before: Picture, after: Picture) -> Iterator[bytes]:
        renamed = dict(_renamed(before, after))
        other, resubscribed = _other_names(before, after, renamed), before.subscribed ^ after.subscribed
        there, parents, subscribed = after.names, levels(after.names), before.subscribed | after.subscribed
        for name in sorted(other | resubscribed):
            events = events_of(self.groups, name, subscribed)
            if (name in other and "MAILBOXNAME" in events) or (name in resubscribed and "SUBSCRIPTIONCHANGE" in events):
                yield self._listing(name, there, parents, after, renamed.get(name))

    def _listing(
        self, name: str, there: Mapping[str, Shown], parents: set[str], after: Picture, old_name: str | None
    ) -> bytes:
        shown = there.get(name)
        attributes = [] if shown and "r" in shown.rights else ["\\NoAccess"] if shown else ["\\NonExistent"]
        attributes.append("\\HasChildren" if name in parents else "\\HasNoChildren")
        if shown is not None and shown.box.special_use and whose(name) is None:
            attributes.append(shown.box.special_use)
        if name in after.subscribed:
            attributes.append("\\Subscribed")
        items = [] if old_name is None else [response.old_name(old_name, utf8=self.enabled.utf8)]
        return response.listing(attributes, name, items=items, utf8=self.enabled.utf8)


def _renamed(before: Picture, after: Picture) -> Iterator[tuple[str, str]]:
    """(new name, old name), without those below that went along, and without INBOX (RFC 5465 §5.4)."""
    moved = {
        shown.name: before.boxes[number].name
        for number, shown in after.boxes.items()
        if number in before.boxes and before.boxes[number].name != shown.name
    }
    for new, old in moved.items():
        above, _, leaf = new.rpartition(SEPARATOR)
        old_above, _, old_leaf = old.rpartition(SEPARATOR)
        if old != INBOX and not (leaf == old_leaf and moved.get(above) == old_above):
            yield new, old


def _other_names(before: Picture, after: Picture, renamed: Mapping[str, str]) -> set[str]:
    """Names that came, that went, and their parents; that are new for a mailbox; that may be looked into now or not."""
    was, now = before.names, after.names
    along = {shown.name for number, shown in after.boxes.items() if number in before.boxes} - was.keys()
    along |= {shown.name for number, shown in before.boxes.items() if number in after.boxes} - now.keys()
    came_or_went = (was.keys() ^ now.keys()) - along
    parents = {name.rpartition(SEPARATOR)[0] for name in came_or_went} - {""}
    looks = {name for name in was.keys() & now.keys() if ("r" in was[name].rights) != ("r" in now[name].rights)}
    return came_or_went | parents | looks | renamed.keys()
