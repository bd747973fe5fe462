"""COPY and MOVE (RFC 3501 §6.4.7, RFC 6851), with the answers of UIDPLUS (RFC 4315)."""

from pyeonji.access.imap.limited import all_or_none, highest
from pyeonji.access.imap.place import Place, reach
from pyeonji.access.imap.quota import soft_warning
from pyeonji.access.imap.station import Station
from pyeonji.access.imap.view import View
from pyeonji.proto.imap import response
from pyeonji.proto.imap.command.copy import Copy
from pyeonji.proto.imap.command.move import Move
from pyeonji.proto.imap.numbers import compact_in_order
from pyeonji.proto.imap.rights import settable
from pyeonji.store import entries, mailboxes
from pyeonji.store.engine.base import Conflict, Tx
from pyeonji.store.quota import room

Pair = tuple[int, int]  # UID there was, UID there is

STEP = 2_000  # letters moved in one transaction: whoever else writes waits no longer than for these


class OverQuota(Exception):
    """The copies would be more than the account may hold; none was made."""


class AreGone(Exception):
    """Some of the letters named by their numbers are not there any more; none was copied."""


async def copy(station: Station, args: Copy | Move) -> None:
    move = isinstance(args, Move)
    view = station.box
    if move and view.read_only:
        await station.answer("NO", "The mailbox is open for reading only", "READ-ONLY")
        return
    if move:
        await station.need("t", "e")  # as if the letters were marked and expunged
    spans = view.pick(args.numbers, uid=args.uid)
    there = await reach(station, args.mailbox, "i", "TRYCREATE")
    spans, limited = highest(station, view, spans) if move else (all_or_none(station, view, spans), "")
    uids = view.uids_of(spans)
    # A copy is made of all or of none (RFC 9051 §6.4.7); of a move each letter is whole (RFC 6851 §3.3).
    step = STEP if move else max(len(uids), 1)
    made: list[Pair] = []
    refused: tuple[str, str] | None = None
    starts = range(0, len(uids), step)
    for start in reversed(starts) if limited else starts:
        try:
            made += await _some(station, view, there, uids[start : start + step], args)
        except Conflict:
            refused = "The mailbox went away", "NONEXISTENT"
        except OverQuota:
            refused = "Mailbox is full", "OVERQUOTA"
        except AreGone:
            refused = "Some of the letters have been expunged", "EXPUNGEISSUED"
        if refused:
            break
    await _answer(station, there, made, refused, limited, move=move)


async def _some(station: Station, view: View, there: Place, uids: list[int], args: Copy | Move) -> list[Pair]:
    """Of these letters.  Raises Conflict, OverQuota, AreGone, StoreError."""
    move = isinstance(args, Move)
    now = station.context.clock.now_us()
    all_of_them = not args.uid  # a UID that is not there is passed over, a number means a letter
    _, pairs = await station.home.engine.write(_copy, view.mailbox_id, there, uids, now, move, all_of_them)
    if pairs:
        station.me.wake.tell_mailboxes([there.box.id, view.mailbox_id] if move else [there.box.id])
    return pairs


async def _answer(
    station: Station, there: Place, made: list[Pair], refused: tuple[str, str] | None, limited: str, *, move: bool
) -> None:
    if not made and refused:
        await station.answer("NO", *refused)
        return
    if not made:
        await station.answer("OK", "Nothing to do", limited=limited)
        return
    were = compact_in_order(old for old, _ in made).decode()
    are = compact_in_order(new for _, new in made).decode()
    code = f"COPYUID {there.box.uidvalidity} {were} {are}"
    warning = await soft_warning(station, there.account)
    if not move:
        await station.answer("OK", "Copied", code, data=warning)
        return
    # RFC 6851 §4.3: the code goes out before the letters leave the client's view.
    data = warning + response.untagged("OK", "Moved", code)
    if refused:
        await station.answer("NO", *refused, data=data)
    else:
        await station.answer("OK", "Moved", data=data, expunged=True, limited=limited)


def _copy(
    tx: Tx, source_id: int, there: Place, uids: list[int], now_us: int, move: bool, all_of_them: bool
) -> tuple[int, list[Pair]]:
    """All or nothing.  What moves within one account takes no more room than before."""
    source, owner = mailboxes.mailbox_by_id(tx, source_id), there.account
    copied = entries.copy(tx, source_id, there.box.id, uids, now_us=now_us, move=move, settable=settable(there.rights))
    if copied[0] != there.box.uidvalidity:
        raise Conflict(there.name)  # the name leads elsewhere now
    if all_of_them and len(copied[1]) < len(uids):
        raise AreGone
    stays = move and source is not None and source.account_id == owner.id
    if owner.is_limited and not stays and copied[1] and not room(tx, owner.id).takes(0, 0):
        raise OverQuota
    return copied
