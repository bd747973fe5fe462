"""Where a name leads, and what this visitor may do there: the one question every command asks (RFC 4314 §4).

A name is in the visitor's own tree, or below "Shared/" in somebody else's.  Whoever may not look a mailbox up (right l)
hears of it what he hears of one that does not exist (RFC 4314 §6).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyeonji.proto.imap import names
from pyeonji.proto.imap.names import SEPARATOR
from pyeonji.proto.imap.rights import ALL
from pyeonji.store import directory, mailboxes
from pyeonji.store import rights as acl
from pyeonji.store.directory import Account
from pyeonji.store.engine.base import Tx
from pyeonji.store.mailboxes import Mailbox

if TYPE_CHECKING:
    from pyeonji.access.imap.station import Station

NO_SUCH = ("No such mailbox", "NONEXISTENT")
NOT_ALLOWED = ("You may not", "NOPERM")


class Refused(Exception):
    """The command is answered with NO: words, and a code without brackets."""

    def __init__(self, words: str, code: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.code = code


@dataclass(frozen=True, slots=True)
class Place:
    """What a name means to a visitor.

    `owner` is None where nobody is called that; `local` is the name in the owner's tree; `found` is None where there is
    no mailbox; `rights` are the visitor's, in it or, where there is none, in the whole tree if it is his own.
    """

    name: str
    owner: Account | None
    local: str
    found: Mailbox | None
    rights: str

    @property
    def box(self) -> Mailbox:
        assert self.found is not None  # `reach` has looked
        return self.found

    @property
    def account(self) -> Account:
        assert self.owner is not None  # there is no mailbox without one
        return self.owner

    def may(self, right: str) -> bool:
        return right in self.rights

    def need(self, right: str, missing: str = "NONEXISTENT") -> "Place":
        """The place, if this right is there; raises Refused.  `missing` is the code where there is no mailbox."""
        if self.found is not None and right in self.rights:
            return self
        if self.found is not None and "l" in self.rights:
            raise Refused(*NOT_ALLOWED)
        raise Refused(NO_SUCH[0], missing)


async def place(station: "Station", name: str) -> Place:
    """Where this name leads whoever has logged in."""
    return await station.home.engine.read(find, station.me.account, name)


async def reach(station: "Station", name: str, right: str, missing: str = "NONEXISTENT") -> Place:
    """The place of a mailbox in which the visitor has this right; raises Refused."""
    return (await place(station, name)).need(right, missing)


def find(tx: Tx, visitor: Account, name: str) -> Place:
    """The owner is looked up afresh: the quota may have changed since the visitor logged in."""
    parts = names.whose(name)
    if parts is None:
        own = directory.own_mailbox(tx, visitor.id, name)
        return Place(name, own[0], name, own[1], ALL) if own else Place(name, None, name, None, "")
    owner = directory.account(tx, parts[0]) if parts[0] else None
    if owner is None or owner.id == visitor.id:  # one's own mailboxes have one name each
        return Place(name, None, parts[1], None, "")
    box = mailboxes.mailbox(tx, owner.id, parts[1])
    rights = acl.rights(tx, box, visitor.id, visitor.address) if box else ""
    return Place(name, owner, parts[1], box, rights)


def above(tx: Tx, visitor: Account, here: Place) -> Place:
    """The nearest level above that is a mailbox, whose right k decides who creates below it (RFC 4314 §4).

    At the top of one's own tree there is none, and one has every right; at the top of another's one has none.
    """
    local = here.local.rpartition(SEPARATOR)[0]
    while local and here.owner is not None:
        box = mailboxes.mailbox(tx, here.owner.id, local)
        if box is not None:
            return Place(here.name, here.owner, local, box, acl.rights(tx, box, visitor.id, visitor.address))
        local = local.rpartition(SEPARATOR)[0]
    is_own = here.owner is not None and here.owner.id == visitor.id
    return Place(here.name, here.owner, "", None, ALL if is_own else "")
