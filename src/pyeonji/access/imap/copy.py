"""COPY and MOVE (RFC 3501 §6.4.7, RFC 6851), with the answers of UIDPLUS (RFC 4315)."""

from pyeonji.access.imap.place import Place, reach
from pyeonji.access.imap.quota import soft_warning
from pyeonji.access.imap.station import Station
from pyeonji.proto.imap import response
from pyeonji.proto.imap.command.copy import Copy
from pyeonji.proto.imap.command.move import Move
from pyeonji.proto.imap.numbers import compact_in_order
from pyeonji.proto.imap.rights import settable
from pyeonji.store import entries, mailboxes
from pyeonji.store.engine.base import Conflict, Tx
from pyeonji.store.quota import room


class OverQuota(Exception):
    """The copies would be more than the account may hold; none was made."""


async def copy(station: Station, args: Copy | Move) -> None:
    move = isinstance(args, Move)
    view = station.box
    if move and view.read_only:
        await station.answer("NO", "The mailbox is open for reading only", "READ-ONLY")
        return
    if move:
        await station.need("t", "e")  # as if the letters were marked and expunged
    uids = view.uids_of(view.pick(args.numbers, uid=args.uid))
    there = await reach(station, args.mailbox, "i", "TRYCREATE")
    target = there.box
    now = station.context.clock.now_us()
    try:
        uidvalidity, pairs = await station.home.engine.write(_copy, view.mailbox_id, there, uids, now, move)
    except Conflict:
        await station.answer("NO", "The mailbox went away", "NONEXISTENT")
        return
    except OverQuota:
        await station.answer("NO", "Mailbox is full", "OVERQUOTA")
        return
    station.me.wake.tell_mailboxes([target.id, view.mailbox_id] if move else [target.id])
    if not pairs:
        await station.answer("OK", "Nothing to do")
        return
    were = compact_in_order(old for old, _ in pairs).decode()
    are = compact_in_order(new for _, new in pairs).decode()
    code = f"COPYUID {uidvalidity} {were} {are}"
    warning = await soft_warning(station, there.account)
    if move:
        # RFC 6851 §4.3: the code goes out before the letters leave the client's view.
        await station.answer("OK", "Moved", data=warning + response.untagged("OK", "Moved", code))
    else:
        await station.answer("OK", "Copied", code, data=warning)


def _copy(
    tx: Tx, source_id: int, there: Place, uids: list[int], now_us: int, move: bool
) -> tuple[int, list[tuple[int, int]]]:
    """All or nothing (RFC 3501 §6.4.7).  What moves within one account takes no more room than before."""
    source, owner = mailboxes.mailbox_by_id(tx, source_id), there.account
    copied = entries.copy(tx, source_id, there.box.id, uids, now_us=now_us, move=move, settable=settable(there.rights))
    stays = move and source is not None and source.account_id == owner.id
    if owner.is_limited and not stays and copied[1] and not room(tx, owner.id).takes(0, 0):
        raise OverQuota
    return copied
