"""STORE and UID STORE."""

from pyeonji.access.imap.station import Station
from pyeonji.access.imap.view import flags_line
from pyeonji.proto.imap.command.store import Store
from pyeonji.store import entries
from pyeonji.store.entries import Entry


async def store(station: Station, args: Store) -> None:
    view = station.box
    if view.read_only:
        await station.answer("NO", "The mailbox is open for reading only", "READ-ONLY")
        return
    chosen = view.pick(args.numbers, uid=args.uid)
    before = {entry.uid: entry for _, entry in chosen}
    changed = await station.home.engine.write(
        entries.set_flags,
        view.mailbox_id,
        [entry.uid for _, entry in chosen],
        args.how,
        args.flags.mask,
        args.flags.keywords,
    )
    view.learn(changed)
    if changed:
        station.me.wake.tell_mailboxes([view.mailbox_id])
    numbers = [number for number, _ in chosen]
    if args.silent:
        # What somebody else has changed meanwhile is told all the same (RFC 3501 §6.4.6).
        surprising = [entry.uid for entry in changed if not foreseen(before[entry.uid], entry, args)]
        numbers = [number for uid in surprising if (number := view.number_of(uid))]
    lines = b"".join([flags_line(number, view.entries[number - 1], uid=args.uid) for number in numbers])
    await station.answer("OK", "Stored", data=lines)


def foreseen(before: Entry, entry: Entry, args: Store) -> bool:
    """Are these the flags the client computes itself when it asks for silence?"""
    mask, words = args.flags.mask, args.flags.keywords
    flags = mask if args.how == "set" else before.flags | mask if args.how == "add" else before.flags & ~mask
    if entry.flags != flags:
        return False
    if not words and args.how != "set":
        return entry.keywords == before.keywords
    known = frozenset(before.keywords.split())
    known = words if args.how == "set" else known | words if args.how == "add" else known - words
    return known == frozenset(entry.keywords.split())
