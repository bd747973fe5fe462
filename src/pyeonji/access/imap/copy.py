"""COPY and MOVE (RFC 3501 §6.4.7, RFC 6851), with the answers of UIDPLUS (RFC 4315)."""

from pyeonji.access.imap.station import Station
from pyeonji.proto.imap import response
from pyeonji.proto.imap.command.copy import Copy
from pyeonji.proto.imap.command.move import Move
from pyeonji.proto.imap.numbers import compact_in_order
from pyeonji.store import entries
from pyeonji.store.directory import used_octets
from pyeonji.store.engine.base import Conflict, Tx


class OverQuota(Exception):
    """The copies would be more than the account may hold; none was made."""


async def copy(station: Station, args: Copy | Move) -> None:
    move = isinstance(args, Move)
    view = station.box
    if move and view.read_only:
        await station.answer("NO", "The mailbox is open for reading only", "READ-ONLY")
        return
    uids = view.uids_of(view.pick(args.numbers, uid=args.uid))
    target = await station.mailbox(args.mailbox)
    if target is None:
        await station.answer("NO", "No such mailbox", "TRYCREATE")
        return
    now = station.context.clock.now_us()
    quota = 0 if move else station.me.account.quota_octets
    try:
        uidvalidity, pairs = await station.home.engine.write(
            _copy, view.mailbox_id, target.id, uids, now, move, station.me.account.id, quota
        )
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
    there = compact_in_order(old for old, _ in pairs).decode()
    here = compact_in_order(new for _, new in pairs).decode()
    code = f"COPYUID {uidvalidity} {there} {here}"
    if move:
        # RFC 6851 §4.3: the code goes out before the letters leave the client's view.
        await station.answer("OK", "Moved", data=response.untagged("OK", "Moved", code))
    else:
        await station.answer("OK", "Copied", code)


def _copy(
    tx: Tx, source_id: int, target_id: int, uids: list[int], now_us: int, move: bool, account_id: int, quota: int
) -> tuple[int, list[tuple[int, int]]]:
    """All or nothing (RFC 3501 §6.4.7); `quota` is 0 where there is none."""
    copied = entries.copy(tx, source_id, target_id, uids, now_us=now_us, move=move)
    if quota and copied[1] and used_octets(tx, account_id) > quota:
        raise OverQuota
    return copied
