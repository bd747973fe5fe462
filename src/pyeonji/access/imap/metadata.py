"""GETMETADATA and SETMETADATA: notes on mailboxes and on the server (RFC 5464).

Two notes are not kept but told: a mailbox's special use, which can be changed here (RFC 6154 §4), and how to reach the
administrator.
"""

from collections.abc import Iterable, Mapping

from pyeonji.access.imap.place import NO_SUCH, NOT_ALLOWED, Place, Refused, find
from pyeonji.access.imap.station import Station
from pyeonji.proto.imap import response
from pyeonji.proto.imap.command.metadata import INFINITY, GetMetadata, SetMetadata
from pyeonji.store import annotations, creation
from pyeonji.store.annotations import MAX_VALUE, SERVER, SHARED, Change
from pyeonji.store.creation import USES, UseTaken
from pyeonji.store.directory import Account
from pyeonji.store.engine.base import Tx
from pyeonji.store.mailboxes import Mailbox

SPECIAL_USE = "/private/specialuse"  # RFC 6154 §4
ADMIN = "/shared/admin"  # of the server, RFC 5464 §3.2.1.1
TOUCHES = frozenset("rswip")  # with "l" one of these lets set and get notes (RFC 5464 §3.3)

Values = list[tuple[str, bytes | None]]


async def get_metadata(station: Station, args: GetMetadata) -> None:
    notes = await station.home.engine.read(_all, station.me.account, args.mailbox)
    found = chosen(notes, args.entries, args.depth)
    code = ""
    if args.max_size is not None:
        longest = max((len(value) for _, value in found if value is not None), default=0)
        if longest > args.max_size:
            code = f"METADATA LONGENTRIES {longest}"
        found = [(entry, value) for entry, value in found if value is None or len(value) <= args.max_size]
    data = response.metadata(args.mailbox, found, utf8=station.utf8) if found else b""
    await station.answer("OK", "Notes told", code, data=data)


async def set_metadata(station: Station, args: SetMetadata) -> None:
    if any(value is not None and len(value) > MAX_VALUE for _, value in args.values):
        raise Refused("Too long", f"METADATA MAXSIZE {MAX_VALUE}")
    try:
        changed = await station.home.engine.write(_set, station.me.account, args)
    except annotations.TooMany as error:
        raise Refused("Too many notes, or too long together", "METADATA TOOMANY") from error
    except UseTaken as error:
        raise Refused("Another mailbox has this use, and letters") from error
    if changed == SERVER:
        station.me.wake.tell_trees([station.me.account.id])
    else:
        station.me.wake.tell_mailboxes([changed])
    await station.answer("OK", "Noted")


def chosen(notes: Mapping[str, bytes], entries: Iterable[str], depth: int) -> Values:
    """What is told of `entries`; those that have no value are told as None where nothing below is asked for."""
    if depth == 0:
        return [(entry, notes.get(entry)) for entry in entries]
    wanted = [(entry, entry + "/") for entry in entries]

    def is_asked(name: str) -> bool:
        return any(
            name == entry or (name.startswith(above) and (depth == INFINITY or name.count("/", len(above)) < depth))
            for entry, above in wanted
        )

    return [(name, value) for name, value in notes.items() if is_asked(name)]


def notes_on(tx: Tx, visitor: Account, box: Mailbox) -> dict[str, bytes]:
    """All notes on a mailbox that the visitor may see, if he may see any."""
    found = annotations.values(tx, box.id, visitor.id)
    if box.special_use and box.account_id == visitor.id:
        found[SPECIAL_USE] = box.special_use.encode("ascii")
    return found


def may_note(rights: str) -> bool:
    """RFC 5464 §3.3."""
    return "l" in rights and not TOUCHES.isdisjoint(rights)


def _all(tx: Tx, visitor: Account, name: str) -> dict[str, bytes]:
    if not name:
        domain = visitor.address.rpartition("@")[2]
        return {**annotations.values(tx, SERVER, visitor.id), ADMIN: f"mailto:postmaster@{domain}".encode()}
    return notes_on(tx, visitor, _place(tx, visitor, name).box)


def _place(tx: Tx, visitor: Account, name: str) -> Place:
    here = find(tx, visitor, name)
    if here.found is None or "l" not in here.rights:
        raise Refused(*NO_SUCH)
    if not may_note(here.rights):
        raise Refused(*NOT_ALLOWED)
    return here


def _set(tx: Tx, visitor: Account, args: SetMetadata) -> int:
    """The id of the mailbox whose notes changed: all or none of them (RFC 5464 §4.3).

    What all read is written by who may write the mailbox; on the server, by nobody.
    """
    writes_for_all = any(entry.startswith(SHARED) for entry, _ in args.values)
    if not args.mailbox:
        if writes_for_all:
            raise Refused(*NOT_ALLOWED)
        annotations.annotate(tx, SERVER, visitor.id, args.values)
        return SERVER
    here = _place(tx, visitor, args.mailbox)
    if writes_for_all and not here.may("w"):
        raise Refused(*NOT_ALLOWED)
    plain: list[Change] = []
    for entry, value in args.values:
        if entry == SPECIAL_USE:
            _use(tx, visitor, here.box, value)
        else:
            plain.append((entry, value))
    annotations.annotate(tx, here.box.id, visitor.id, plain)
    return here.box.id


def _use(tx: Tx, visitor: Account, box: Mailbox, value: bytes | None) -> None:
    known = {use.lower().encode("ascii"): use for use in USES}
    if value and value.lower() not in known:
        raise Refused("One of these uses: " + " ".join(USES), "USEATTR")
    if box.account_id != visitor.id:
        raise Refused(*NOT_ALLOWED)
    creation.use(tx, box, known[value.lower()] if value else "")
