"""GETQUOTA, GETQUOTAROOT and SETQUOTA: how much may be kept (RFC 9208).

An account is one quota root, named by its address; whatever is in its mailboxes counts, whoever put it there.
"""

from pyeonji.access.imap.place import NOT_ALLOWED, Refused, place
from pyeonji.access.imap.station import Station
from pyeonji.proto.imap import response
from pyeonji.proto.imap.command.quota import GetQuota, GetQuotaRoot, SetQuota
from pyeonji.store.creation import MAX_MAILBOXES
from pyeonji.store.directory import Account
from pyeonji.store.quota import Room, room

KIB = 1024  # octets: the unit of STORAGE, RFC 9208 §5.1


async def get_quota(station: Station, args: GetQuota) -> None:
    me = station.me.account
    if args.root != me.address:
        raise Refused(*NOT_ALLOWED)  # what others hold is their own affair (RFC 9208 §8)
    found = await station.home.engine.read(room, me.id)
    await station.answer("OK", "Quota told", data=response.quota(me.address, resources(found)))


async def get_quota_root(station: Station, args: GetQuotaRoot) -> None:
    """Of one's own name also where there is no mailbox yet; of another's with the right to read (RFC 9208 §6)."""
    here = await place(station, args.mailbox)
    if here.owner is None or here.owner.id != station.me.account.id:
        here.need("r")
    found = await station.home.engine.read(room, here.account.id)
    root = here.account.address
    told = response.quota_root(here.name, [root], utf8=station.utf8) + response.quota(root, resources(found))
    await station.answer("OK", "Quota told", data=told)


async def set_quota(station: Station, args: SetQuota) -> None:
    """Nobody who reads his mail is an administrator: `pyeonji account quota`."""
    raise Refused(*NOT_ALLOWED)


async def soft_warning(station: Station, owner: Account) -> bytes:
    """What is said to who puts letters into a mailbox that is nearly full (RFC 9208 §4.3.1)."""
    if owner.is_limited and (await station.home.engine.read(room, owner.id)).is_nearly_full:
        return response.untagged("NO", "The mailbox is nearly full", "OVERQUOTA")
    return b""


def resources(found: Room) -> list[tuple[str, int, int]]:
    """Name, use and limit of what is limited."""
    told = [("MAILBOX", found.mailboxes, MAX_MAILBOXES)]
    if found.most_messages:
        told.insert(0, ("MESSAGE", found.messages, found.most_messages))
    if found.most_octets:
        told.insert(0, ("STORAGE", -(-found.octets // KIB), found.most_octets // KIB))
    return told
