"""SETACL, DELETEACL, GETACL, LISTRIGHTS and MYRIGHTS: who may do what with a mailbox (RFC 4314).

Rights are given to any address of a domain here, whether anybody has it or not: otherwise whoever may share a mailbox
could ask which addresses there are.  What nobody got goes when somebody gets the address (`directory.add_account`).
"""

from pyeonji.access.imap.place import NO_SUCH, Refused, find, place, reach
from pyeonji.access.imap.station import Station
from pyeonji.address import NotAnAddress, parse_address
from pyeonji.proto.imap import response
from pyeonji.proto.imap.command.acl import DeleteAcl, GetAcl, ListRights, MyRights, SetAcl
from pyeonji.proto.imap.rights import ALL, OLD, ordered, with_old
from pyeonji.store import directory, rights
from pyeonji.store.directory import Account
from pyeonji.store.engine.base import Tx
from pyeonji.store.rights import ANYONE, MAX_IDENTIFIERS

IDENTIFIERS = "Identifiers are addresses of domains here, and anyone"
SHOWS = frozenset("lrikxa")  # one of these, and MYRIGHTS answers (RFC 4314 §4)


async def set_acl(station: Station, args: SetAcl) -> None:
    try:
        await _change(station, args)
    except rights.TooMany as error:
        raise Refused(f"No more than {MAX_IDENTIFIERS} identifiers", "LIMIT") from error
    await station.answer("OK", "Rights set")


async def delete_acl(station: Station, args: DeleteAcl) -> None:
    await _change(station, SetAcl(args.mailbox, args.identifier, "set", ""))
    await station.answer("OK", "Rights taken back")


async def get_acl(station: Station, args: GetAcl) -> None:
    here = await reach(station, args.mailbox, "a")
    given = await station.home.engine.read(rights.acl, here.box.id)
    entries = [(identifier, with_old(letters)) for identifier, letters in [(here.account.address, ALL), *given]]
    await station.answer("OK", "Rights told", data=response.acl(here.name, entries, utf8=station.utf8))


async def list_rights(station: Station, args: ListRights) -> None:
    here = await reach(station, args.mailbox, "a")
    identifier = _canonical(args.identifier)
    await station.home.engine.read(_whose, identifier)
    always, others = "", [*ALL, *OLD]
    if identifier.removeprefix("-") == here.account.address:
        always, others = ("" if identifier.startswith("-") else with_old(ALL)), []
    told = response.list_rights(here.name, args.identifier, always, others, utf8=station.utf8)
    await station.answer("OK", "Rights listed", data=told)


async def my_rights(station: Station, args: MyRights) -> None:
    here = await place(station, args.mailbox)
    if here.found is None or SHOWS.isdisjoint(here.rights):
        raise Refused(*NO_SUCH)
    told = response.my_rights(here.name, with_old(here.rights), utf8=station.utf8)
    await station.answer("OK", "Your rights", data=told)


async def _change(station: Station, args: SetAcl) -> None:
    mailbox_id, trees = await station.home.engine.write(_set, station.me.account, args)
    station.me.wake.tell_mailboxes([mailbox_id])
    station.me.wake.tell_trees(trees)


def _set(tx: Tx, visitor: Account, args: SetAcl) -> tuple[int, list[int]]:
    """The ids of the mailbox and of the account whose rights those are, 0 for everybody, none for nobody."""
    here = find(tx, visitor, args.mailbox).need("a")
    identifier = _canonical(args.identifier)
    if identifier.removeprefix("-") == here.account.address:
        raise Refused("The owner has every right")
    trees = _whose(tx, identifier)
    before = rights.granted(tx, here.box.id, identifier)
    letters = args.rights
    if args.how == "add":
        letters = ordered(before + letters)
    elif args.how == "remove":
        letters = "".join(right for right in before if right not in letters)
    rights.grant(tx, here.box.id, identifier, letters)
    return here.box.id, trees


def _canonical(text: str) -> str:
    """An identifier as it is kept; raises Refused."""
    dash, name = ("-", text[1:]) if text.startswith("-") else ("", text)
    if name == ANYONE:
        return text
    try:
        return dash + directory.fold(parse_address(name))
    except NotAnAddress as error:
        raise Refused(IDENTIFIERS) from error


def _whose(tx: Tx, identifier: str) -> list[int]:
    """The id of the account, 0 for anyone, none where nobody has the address; raises Refused where nobody can."""
    name = identifier.removeprefix("-")
    if name == ANYONE:
        return [0]
    if not directory.domain_exists(tx, name.rpartition("@")[2]):
        raise Refused(IDENTIFIERS)
    account = directory.account(tx, name)
    return [account.id] if account is not None else []
