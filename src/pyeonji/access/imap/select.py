"""SELECT, EXAMINE, CLOSE, UNSELECT."""

from pyeonji.access.imap import vocabulary
from pyeonji.access.imap.expunge import expunge_marked
from pyeonji.access.imap.listing import line_of, respelt
from pyeonji.access.imap.place import NO_SUCH, Refused, reach
from pyeonji.access.imap.resync import matched_uid, tell_vanished
from pyeonji.access.imap.station import Station
from pyeonji.access.imap.store import tell_changed
from pyeonji.access.imap.view import View
from pyeonji.proto.imap import flags, response
from pyeonji.proto.imap.command.select import Resync, Select
from pyeonji.proto.imap.rights import CHANGES
from pyeonji.store import mailboxes


async def select(station: Station, args: Select) -> None:
    if station.view is not None:
        await station.leave()
        await station.put(response.untagged("OK", "Closed", "CLOSED"))  # RFC 7162 §3.2.11
    here = await reach(station, args.mailbox, "r")
    view = await station.open(here, read_only=args.read_only or CHANGES.isdisjoint(here.rights))
    if view is None:
        raise Refused(*NO_SUCH)
    if not station.enabled.rev2:
        await _meet_recent(station, view)
    await station.put(b"".join(_told(station, view, here.rights)))
    if station.enabled.rev2:  # RFC 9051 §6.3.2
        await station.put(await respelt(station) or await line_of(station, here.name))
    if args.resync is not None and args.resync.uidvalidity == view.uidvalidity:
        await _resync(station, view, args.resync)
    await station.answer("OK", "Mailbox open", "READ-ONLY" if view.read_only else "READ-WRITE")


async def _resync(station: Station, view: View, since: Resync) -> None:
    """What happened while the client was away (RFC 7162 §3.2.5)."""
    known = since.known.ranges if since.known else ((1, view.last_possible_uid),)
    await tell_vanished(station, view, known, since.modseq, matched_uid(view, since.pairs))
    await tell_changed(station, view, view.changed_after(since.modseq, known))


async def _meet_recent(station: Station, view: View) -> None:
    """The first who opens it to write takes what is \\Recent, in whichever worker (RFC 3501 §2.3.2)."""
    upto = view.last_uid + 1
    if not view.read_only and view.image.recent_from < upto:
        view.image.recent_from = await station.home.engine.write(mailboxes.take_recent, view.mailbox_id, upto)
    view.meet(1)


def _told(station: Station, view: View, rights: str) -> list[bytes]:
    """What is there (RFC 9051 §6.3.2), and which flags may be changed."""
    box, rev2 = view.image.box, station.enabled.rev2
    assert box is not None
    lines = [vocabulary.known(view), response.exists(len(view))]
    if not rev2:
        lines.append(response.recent(view.recent_count))
        unseen = view.image.first_without(flags.SEEN)
        if unseen is not None and not station.enabled.uidonly:
            lines.append(response.untagged("OK", "First unseen", f"UNSEEN {unseen + 1}"))
    return [
        *lines,
        vocabulary.permanent(view, rights),
        response.untagged("OK", "UIDs are valid", f"UIDVALIDITY {box.uidvalidity}"),
        response.untagged("OK", "Next UID", f"UIDNEXT {view.uidnext}"),
        response.untagged("OK", "Changes are counted", f"HIGHESTMODSEQ {view.modseq}"),
        response.untagged("OK", "Its id for ever", f"MAILBOXID ({mailboxes.object_id(box)})"),
    ]


async def close(station: Station, args: object) -> None:
    """Marked letters go without a word (RFC 3501 §6.4.2)."""
    view, rights = station.box, await station.rights()
    await station.leave()
    if not view.read_only and "e" in rights:  # who may not expunge closes all the same (RFC 4314 §4)
        await expunge_marked(station, view.mailbox_id)
    await station.answer("OK", "Closed")


async def unselect(station: Station, args: object) -> None:
    await station.leave()
    await station.answer("OK", "Closed, nothing expunged")
