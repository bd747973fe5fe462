"""STORE and UID STORE."""

from collections.abc import Iterable, Sequence

from pyeonji.access.imap.limited import from_above, highest
from pyeonji.access.imap.lines import flag_items, known_lines
from pyeonji.access.imap.place import NOT_ALLOWED, Refused
from pyeonji.access.imap.station import Station
from pyeonji.access.imap.view import View, joined
from pyeonji.access.imap.vocabulary import spelt
from pyeonji.access.imap.watch import Turn
from pyeonji.proto.imap.command.store import Store
from pyeonji.proto.imap.flags import NONE
from pyeonji.proto.imap.numbers import Range, compact
from pyeonji.proto.imap.rights import settable
from pyeonji.store.flagging import Change, Stored, set_flags


async def store(station: Station, args: Store) -> None:
    view = station.box
    if view.read_only:
        await station.answer("NO", "The mailbox is open for reading only", "READ-ONLY")
        return
    allowed = settable(await station.rights())
    wanted = allowed.of(args.flags)
    if not allowed or wanted == NONE != args.flags:
        raise Refused(*NOT_ALLOWED)  # some flags he may change are changed without a word (RFC 4314 §4)
    spans, limited = highest(station, view, view.pick(args.numbers, uid=args.uid))
    change = Change(args.how, wanted.mask, spelt(view, wanted.keywords), args.unchanged_since, allowed)
    done = await change_flags(station, view, view.ranges_of(spans), change)
    await station.refresh()
    told, counted = _to_tell(station, view, spans, args, done)
    view.answered([*told, *counted])
    await tell_changed(station, view, from_above(told) if limited else told, uid=args.uid)
    await _tell(station, view, from_above(counted) if limited else counted, ("UID", "MODSEQ"))
    await _answer(station, view, spans, args, done, limited)


async def change_flags(station: Station, view: View, ranges: Sequence[Range], change: Change) -> Stored:
    """Of letters with UIDs in merged ranges.  Raises StoreError."""
    done = await station.home.engine.write(set_flags, view.mailbox_id, ranges, change, known=view.modseq)
    if done.modseq:
        await station.me.images.stored(view.mailbox_id, ranges, change, done)
        station.me.wake.tell_mailboxes([view.mailbox_id])
        view.did(done.modseq)
    return done


def _to_tell(
    station: Station, view: View, spans: list[range], args: Store, done: Stored
) -> tuple[list[range], list[range]]:
    """Letters whose flags the client cannot know by itself, and others of which it must learn the new MODSEQ."""
    if not args.silent:
        return spans, []
    # What somebody else has changed meanwhile is told all the same (RFC 9051 §6.4.6).
    told = view.spans_of(sorted({*done.newer, *done.modified}))
    if args.unchanged_since is not None:
        return told, _others(spans, told)
    if not (station.enabled.condstore and done.modseq):
        return told, []
    return told, _others(view.changed_after(done.modseq - 1, view.ranges_of(spans)), told)


def _others(spans: list[range], known: list[range]) -> list[range]:
    if not known:
        return spans
    indexes = {index for span in known for index in span}
    return joined(index for span in spans for index in span if index not in indexes)


async def _answer(station: Station, view: View, spans: list[range], args: Store, done: Stored, limited: str) -> None:
    code = ""
    if done.modified:
        numbers = done.modified if args.uid else [view.number_of(uid) or 0 for uid in done.modified]
        code = f"MODIFIED {compact(numbers).decode()}"
    if not args.uid and not args.silent and (gone := view.missing(spans)):
        # Expunged by another session, which the client has not been told yet (RFC 2180 §4.2).
        status, words, code = "NO", f"{gone} letters have been expunged", code or "EXPUNGEISSUED"
    else:
        status, words = "OK", "Stored but for some" if done.modified else "Stored"
    await station.answer(status, words, code, limited=limited)


async def tell_changed(station: Station, view: View, spans: Iterable[range], *, uid: bool = False) -> None:
    """The flags of letters as they are now."""
    items = flag_items(station.enabled)
    await _tell(station, view, spans, ("UID", *items) if uid and "UID" not in items else items)


async def _tell(station: Station, view: View, spans: Iterable[range], items: tuple[str, ...]) -> None:
    manner = view.manner(station.enabled)
    turn = Turn()
    for span in view.slices(spans):
        lines = [known_lines(view.image.letters, run, items, manner) for run in view.runs(span)]
        await station.put(station.new_words() + b"".join(lines))
        await turn.over()
