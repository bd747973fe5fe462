"""STORE and UID STORE."""

from pyeonji.access.imap.station import Station
from pyeonji.access.imap.view import flags_line
from pyeonji.proto.imap.command.store import Store
from pyeonji.store import mailboxes
from pyeonji.store.mailboxes import Entry


async def store(station: Station, args: Store) -> None:
    view = station.box
    if view.read_only:
        await station.answer("NO", "The mailbox is open for reading only", "READ-ONLY")
        return
    chosen = view.pick(args.numbers, uid=args.uid)
    before = {entry.uid: entry for _, entry in chosen}
    changed = await station.home.engine.write(
        mailboxes.set_flags,
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
        numbers = [
            number
            for entry in changed
            if applied(before[entry.uid], args) != (entry.flags, frozenset(entry.keywords.split()))
            and (number := view.number_of(entry.uid))
        ]
    lines = b"".join([flags_line(number, view.entries[number - 1], uid=args.uid) for number in numbers])
    await station.answer("OK", "Stored", data=lines)


def applied(entry: Entry, args: Store) -> tuple[int, frozenset[str]]:
    """The flags as the client computes them itself when it asks for silence."""
    mask, words = args.flags.mask, args.flags.keywords
    known = frozenset(entry.keywords.split())
    match args.how:
        case "add":
            return entry.flags | mask, known | words
        case "remove":
            return entry.flags & ~mask, known - words
    return mask, words
