"""SELECT, EXAMINE, CLOSE, UNSELECT."""

from pyeonji.access.imap.expunge import expunge_marked
from pyeonji.access.imap.station import Station
from pyeonji.access.imap.view import View
from pyeonji.proto.imap import flags, response
from pyeonji.proto.imap.command.select import Select
from pyeonji.store import mailboxes

ALL_FLAGS = flags.printed(flags.STORED)
SYSTEM_FLAGS = flags.printed(flags.STORED)[:-1] + b" \\*)"


async def select(station: Station, args: Select) -> None:
    await station.leave()
    box = await station.mailbox(args.mailbox)
    view = await station.open(box, read_only=args.read_only) if box else None
    if box is None or view is None:
        await station.answer("NO", "No such mailbox", "NONEXISTENT")
        return
    if not station.enabled.rev2:
        await _meet_recent(station, view)
    code = "READ-ONLY" if args.read_only else "READ-WRITE"
    await station.answer("OK", "Mailbox open", code, data=b"".join(_told(station, view)))


async def _meet_recent(station: Station, view: View) -> None:
    """The first who opens it to write takes what is \\Recent, in whichever worker (RFC 3501 §2.3.2)."""
    upto = view.last_uid + 1
    if not view.read_only and view.image.recent_from < upto:
        view.image.recent_from = await station.home.engine.write(mailboxes.take_recent, view.mailbox_id, upto)
    view.meet(1)


def _told(station: Station, view: View) -> list[bytes]:
    """What is there (RFC 9051 §6.3.2)."""
    box, rev2 = view.image.box, station.enabled.rev2
    assert box is not None
    lines = [response.data(b"FLAGS " + ALL_FLAGS), response.exists(len(view))]
    if not rev2:
        lines.append(response.recent(view.recent_count))
        unseen = view.image.first_without(flags.SEEN)
        if unseen is not None:
            lines.append(response.untagged("OK", "First unseen", f"UNSEEN {unseen + 1}"))
    return [
        *lines,
        response.data(b"OK [PERMANENTFLAGS %b] Kept" % (b"()" if view.read_only else SYSTEM_FLAGS)),
        response.untagged("OK", "UIDs are valid", f"UIDVALIDITY {box.uidvalidity}"),
        response.untagged("OK", "Next UID", f"UIDNEXT {box.uidnext}"),
    ]


async def close(station: Station, args: object) -> None:
    """Marked letters go without a word (RFC 3501 §6.4.2)."""
    view = station.box
    await station.leave()
    if not view.read_only:
        await expunge_marked(station, view.mailbox_id)
    await station.answer("OK", "Closed")


async def unselect(station: Station, args: object) -> None:
    await station.leave()
    await station.answer("OK", "Closed, nothing expunged")
