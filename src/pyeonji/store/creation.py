"""CREATE: a mailbox with the levels above it, what it inherits, and its special use (RFC 9051 §6.3.4, RFC 6154 §3)."""

from collections.abc import Iterable, Iterator

from pyeonji.store import mailboxes, rights
from pyeonji.store.engine.base import Conflict, Tx, single
from pyeonji.store.mailboxes import SEPARATOR, Mailbox, fresh_uidvalidity

MAX_MAILBOXES = 10_000  # of one account; ours
SECOND_US = 1_000_000
# RFC 6154 §2 and RFC 8457 §3, without \All and \Flagged: those would be views, not places.
USES = ("\\Archive", "\\Drafts", "\\Important", "\\Junk", "\\Sent", "\\Trash")


class TooMany(Exception):
    """The account would have too many mailboxes."""


class UseTaken(Exception):
    """Another mailbox has this special use, and letters in it."""


def create(tx: Tx, account_id: int, name: str, special_use: str = "", *, now_us: int) -> Mailbox:
    """With every level above it.  Raises Conflict when there is one, TooMany and UseTaken.

    A new mailbox has the rights list of the level above it.
    """
    make_levels(tx, account_id, levels(name), now_us=now_us)
    made = _make(tx, account_id, name, now_us)
    if made is None:
        raise Conflict(name)
    if count(tx, account_id) > MAX_MAILBOXES:
        raise TooMany
    if special_use:
        use(tx, made, special_use)
        made = made._replace(special_use=special_use)
    return made


def at_hand(tx: Tx, account_id: int, name: str, special_use: str = "", *, now_us: int) -> Mailbox:
    """The mailbox of this name, made as `create` does where there is none."""
    found = mailboxes.mailbox(tx, account_id, name)
    return found or create(tx, account_id, name, special_use, now_us=now_us)


def make_levels(tx: Tx, account_id: int, names: Iterable[str], *, now_us: int) -> None:
    """Those that are missing of these names, given from the top; raises TooMany."""
    made = [_make(tx, account_id, name, now_us) for name in names]
    if any(made) and count(tx, account_id) > MAX_MAILBOXES:
        raise TooMany


def count(tx: Tx, account_id: int) -> int:
    """How many mailboxes an account has."""
    return int(single(tx.one("SELECT count(*) FROM mailbox WHERE account_id = :id", {"id": account_id})) or 0)


def levels(name: str) -> Iterator[str]:
    """The names of all levels above, from the top."""
    at = name.find(SEPARATOR)
    while at >= 0:
        yield name[:at]
        at = name.find(SEPARATOR, at + 1)


def use(tx: Tx, box: Mailbox, special_use: str) -> None:
    """Give a mailbox a special use, or none with "".

    A use moves from a mailbox that is empty, so that a client can give the names of its language to those every account
    has.  Raises UseTaken where it would leave letters behind.
    """
    if special_use:
        holders = tx.all(
            "SELECT id, messages FROM mailbox WHERE account_id = :account AND special_use = :use AND id <> :id",
            {"account": box.account_id, "use": special_use, "id": box.id},
        )
        if any(messages for _, messages in holders):
            raise UseTaken(special_use)
        tx.many("UPDATE mailbox SET special_use = '' WHERE id = :id", [{"id": number} for number, _ in holders])
    tx.run("UPDATE mailbox SET special_use = :use WHERE id = :id", {"use": special_use, "id": box.id})


def _make(tx: Tx, account_id: int, name: str, now_us: int) -> Mailbox | None:
    """None where there is one: of two clients that need the same level at once, both get it."""
    if mailboxes.mailbox(tx, account_id, name) is not None:
        return None
    row = tx.one(
        "INSERT INTO mailbox (account_id, name, uidvalidity) VALUES (:account, :name, :uidvalidity)"
        " ON CONFLICT (account_id, name) DO NOTHING RETURNING id",
        {"account": account_id, "name": name, "uidvalidity": fresh_uidvalidity(tx, now_us // SECOND_US)},
    )
    if row is None:
        return None
    parent = mailboxes.mailbox(tx, account_id, name.rpartition(SEPARATOR)[0])
    if parent is not None:
        rights.inherit(tx, parent.id, row[0])
    return mailboxes.mailbox_by_id(tx, row[0])
