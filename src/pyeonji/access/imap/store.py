"""STORE and UID STORE."""

from pyeonji.access.imap.station import Station
from pyeonji.access.imap.view import flags_line
from pyeonji.proto.imap.command.store import Store
from pyeonji.store import mailboxes


async def store(station: Station, args: Store) -> None:
    view = station.box
    if view.read_only:
        await station.answer("NO", "The mailbox is open for reading only", "READ-ONLY")
        return
    chosen = view.pick(args.numbers, uid=args.uid)
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
    lines = b""
    if not args.silent:
        lines = b"".join(flags_line(number, view.entries[number - 1], uid=args.uid) for number, _ in chosen)
    await station.answer("OK", "Stored", data=lines)
