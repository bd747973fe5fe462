"""What `pyeonji import` took, so that a run that was killed goes on, and a later one takes only what is new.

A folder of a source (a Maildir, an mbox file, another server) has a row; each letter taken from it has one with a name
that stays the same there: the unique part of its file's name, its digest, its UIDVALIDITY and UID.  The row is written
in the transaction that files the letter.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from pyeonji.store import accept, quota
from pyeonji.store.accept import Letter
from pyeonji.store.blobs import GONE, Blobs, Large
from pyeonji.store.engine.base import Tx, single

SLICE = 512  # names in one statement
MAX_ALIKE = 16  # letters of one Message-ID and size that are compared; more are somebody's game


@dataclass(frozen=True, slots=True)
class Offered:
    """A letter that could be taken.  `item` is its name in the source; `digest` the SHA-256 of its octets."""

    item: str
    digest: bytes
    letter: Letter


@dataclass(frozen=True, slots=True)
class Rules:
    """How a run decides what it takes."""

    keep_duplicates: bool = False
    again: bool = False  # also what an earlier run took
    everywhere: bool = False  # a letter in any mailbox of the account is a duplicate, not only one in the same


TAKEN, AGAIN, TWICE, FULL = "taken", "again", "twice", "full"  # what became of a letter


def folder_id(tx: Tx, account_id: int, source: str, folder: str) -> int:
    """The row of a source's folder, made where there is none."""
    row = tx.one(
        "INSERT INTO import_folder (account_id, source, folder) VALUES (:account, :source, :folder)"
        " ON CONFLICT (account_id, source, folder) DO UPDATE SET folder = excluded.folder RETURNING id",
        {"account": account_id, "source": source, "folder": folder},
    )
    return int(single(row))  # type: ignore[arg-type]


def known_folder(tx: Tx, account_id: int, source: str, folder: str) -> int:
    """The same for who only looks: 0 when nothing was taken from there."""
    row = tx.one(
        "SELECT id FROM import_folder WHERE account_id = :account AND source = :source AND folder = :folder",
        {"account": account_id, "source": source, "folder": folder},
    )
    return int(single(row) or 0)


def known(tx: Tx, folder: int, items: Sequence[str]) -> set[str]:
    """Those of these letters that were taken."""
    found: set[str] = set()
    for start in range(0, len(items), SLICE):
        some = items[start : start + SLICE]
        names = ", ".join(f":i{n}" for n in range(len(some)))
        rows = tx.all(
            f"SELECT item FROM imported WHERE folder_id = :folder AND item IN ({names})",
            {"folder": folder, **{f"i{n}": item for n, item in enumerate(some)}},
        )
        found.update(row[0] for row in rows)
    return found


def take(tx: Tx, blobs: Blobs, folder: int, offered: Sequence[Offered], rules: Rules) -> list[str]:
    """File letters and write down that they were taken; what became of each.

    It ends early with FULL when the account has no room.  Raises Conflict when a receipt number is taken: come again
    with others.
    """
    before = set() if rules.again else known(tx, folder, [one.item for one in offered])
    account_id = offered[0].letter.filings[0].account_id if offered else 0
    room, octets, messages = quota.room(tx, account_id), 0, 0
    outcomes: list[str] = []
    for one in offered:
        outcome = AGAIN if one.item in before else _judged(tx, blobs, one, rules)
        if outcome == TAKEN:
            octets, messages = octets + one.letter.size, messages + 1
            if not room.takes(octets, messages):
                return [*outcomes, FULL]
            accept.accept(tx, blobs, one.letter)
        if outcome != AGAIN:
            before.add(one.item)
            tx.run(
                "INSERT INTO imported (folder_id, item) VALUES (:folder, :item)"
                " ON CONFLICT (folder_id, item) DO NOTHING",
                {"folder": folder, "item": one.item},
            )
        outcomes.append(outcome)
    return outcomes


def judge(tx: Tx, blobs: Blobs, folder: int, offered: Sequence[Offered], rules: Rules) -> list[str]:
    """What would become of each, as far as what is stored says."""
    before = set() if rules.again else known(tx, folder, [one.item for one in offered])
    return [AGAIN if one.item in before else _judged(tx, blobs, one, rules) for one in offered]


def _judged(tx: Tx, blobs: Blobs, one: Offered, rules: Rules) -> str:
    return TAKEN if rules.keep_duplicates or not _has_alike(tx, blobs, one, rules) else TWICE


ALIKE = """
SELECT c.id, c.file FROM message m JOIN content c ON c.id = m.content_id JOIN entry e ON e.message_id = m.id
WHERE m.message_id = :message_id AND m.message_id <> '' AND m.size = :size AND c.codec <> {gone} AND {where}
ORDER BY m.id DESC LIMIT :limit
"""
SAME_MAILBOX = ALIKE.format(gone=GONE, where="e.mailbox_id = :place")
SAME_ACCOUNT = ALIKE.format(gone=GONE, where="e.account_id = :place")


def _has_alike(tx: Tx, blobs: Blobs, one: Offered, rules: Rules) -> bool:
    """Does a letter with the same Message-ID and the same octets lie there already?"""
    if not one.letter.message_id:
        return False
    filing = one.letter.filings[0]
    sql, place = (SAME_ACCOUNT, filing.account_id) if rules.everywhere else (SAME_MAILBOX, filing.mailbox_id)
    rows = tx.all(
        sql, {"message_id": one.letter.message_id, "size": one.letter.size, "place": place, "limit": MAX_ALIKE}
    )
    digest = one.digest.hex()
    for ref, file in rows:
        # The name of a file begins with its digest.
        if file.partition("/")[2].startswith(digest) if file else _digest(blobs.read(tx, ref)) == digest:
            return True
    return False


def _digest(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()


def file_of(letter: Letter) -> str:
    """The name of the file a large letter lies in, or ""."""
    return letter.content.file if isinstance(letter.content, Large) else ""
