"""STORE and UID STORE."""

from collections.abc import Iterable

from pyeonji.access.imap.lines import flag_items, known_lines
from pyeonji.access.imap.place import NOT_ALLOWED, Refused
from pyeonji.access.imap.station import Station
from pyeonji.access.imap.view import View
from pyeonji.access.imap.watch import Turn
from pyeonji.proto.imap.command.store import Store
from pyeonji.proto.imap.flags import NONE
from pyeonji.proto.imap.rights import settable
from pyeonji.store import entries


async def store(station: Station, args: Store) -> None:
    view = station.box
    if view.read_only:
        await station.answer("NO", "The mailbox is open for reading only", "READ-ONLY")
        return
    allowed = settable(await station.rights())
    wanted = allowed.of(args.flags)
    if not allowed or wanted == NONE != args.flags:
        raise Refused(*NOT_ALLOWED)  # some flags he may change are changed without a word (RFC 4314 §4)
    spans = view.pick(args.numbers, uid=args.uid)
    done = await station.home.engine.write(
        entries.set_flags, view.mailbox_id, view.ranges_of(spans), args.how, wanted.mask, wanted.keywords,
        known=view.modseq, settable=allowed,
    )  # fmt: skip
    if done.modseq:
        station.me.wake.tell_mailboxes([view.mailbox_id])
        view.did(done.modseq)
        await station.refresh()
    if args.silent:
        # What somebody else has changed meanwhile is told all the same (RFC 3501 §6.4.6).
        spans = view.spans_of(done.newer)
    await _tell(station, view, spans, uid=args.uid)
    await station.answer("OK", "Stored")


async def _tell(station: Station, view: View, spans: Iterable[range], *, uid: bool) -> None:
    items = flag_items(station.enabled)
    if uid and "UID" not in items:
        items = ("UID", *items)
    recent = view.recent_test(station.enabled)
    turn = Turn()
    for span in view.slices(spans):
        for run in view.runs(span):
            await station.say(known_lines(view.image.letters, run, items, recent))
        await turn.over()
