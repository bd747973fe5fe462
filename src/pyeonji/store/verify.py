"""Everything against everything: does the store still say what was written? (docs/store.md)

Reads one snapshot in slices, changes nothing, and may run beside a working server.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pyeonji.journey.event import (
    AnyEvent,
    Bounced,
    Cancelled,
    Confirmed,
    Decided,
    Deferred,
    Delivered,
    Distributed,
    Failed,
    Filed,
    Held,
    LeaseExpired,
    Queued,
    Released,
    Returned,
    unpack,
)
from pyeonji.journey.outcome import is_other_rule
from pyeonji.journey.receipt import written
from pyeonji.store import addressed, attached, digests
from pyeonji.store.blobs import GONE, as_bytes, unpacked
from pyeonji.store.engine.base import Damaged, Row, Tx, Value
from pyeonji.store.engine.sqlite import SqliteEngine
from pyeonji.store.home import DATABASE, Home, remake_digests
from pyeonji.store.sweep import files_now_ns, is_named

SLICE = 500  # rows held in memory at once
BLOCK = 1 << 20  # octets of a file read at once
FRESH_NS = 3_600_000_000_000  # a younger file may be waiting for the transaction that names it

RESTORE = "restore the data folder from a backup"
REBUILD = "run: pyeonji verify --rebuild"
SWEEP = "nothing to do: the sweeper removes it within a day"


@dataclass(frozen=True, slots=True)
class Finding:
    """One contradiction: what it is, where, and what to do."""

    what: str
    where: str
    fix: str


# The state a recipient is in after an event, as docs/queue.md says.  A courier's departure is not an event of its own.
STATE_AFTER: dict[type, frozenset[str]] = {
    Filed: frozenset({"arrived", "done"}),
    Distributed: frozenset({"arrived", "done"}),
    Confirmed: frozenset({"done"}),
    Queued: frozenset({"waiting", "trying"}),
    Deferred: frozenset({"waiting", "trying"}),
    LeaseExpired: frozenset({"waiting", "trying"}),
    Released: frozenset({"waiting", "trying"}),
    Delivered: frozenset({"done"}),
    Failed: frozenset({"failed"}),
    Bounced: frozenset({"bounced"}),
    Returned: frozenset({"returned"}),
    Held: frozenset({"held"}),
    Cancelled: frozenset({"cancelled"}),
    Decided: frozenset({"suppressed"}),  # by that rule only
}


def verify(home: Home) -> list[Finding]:
    """All contradictions found; raises StoreError when the store cannot be read at all."""
    return home.engine.read_now(_verify, home)


def require_sound(data: Path) -> None:
    """Nothing where there is no database; raises Damaged when its pages contradict each other, and StoreError."""
    if not (data / DATABASE).exists():
        return
    engine = SqliteEngine(data / DATABASE)
    try:
        found = engine.read_now(lambda tx: [str(text) for (text,) in tx.all("PRAGMA quick_check") if text != "ok"])
    finally:
        engine.close()
    if found:
        raise Damaged(found[0])


def _verify(tx: Tx, home: Home) -> list[Finding]:
    checks: list[Callable[[Tx, Home], Iterator[Finding]]] = [
        _database, _contents, _messages, _entries, _mailboxes, _came, _expunged, _attached, _addressed, _journeys,
        _files, _digests,
    ]  # fmt: skip
    found: list[Finding] = []
    for check in checks:
        found += check(tx, home)
    return found


def _database(tx: Tx, home: Home) -> Iterator[Finding]:
    if home.engine.name != "sqlite":
        return  # the server checks its own pages, and holds foreign keys itself
    for (text,) in tx.all("PRAGMA quick_check"):
        if text != "ok":
            yield Finding("database damaged", str(text), RESTORE)
    for table, number, parent, _ in tx.all("PRAGMA foreign_key_check"):
        yield Finding("reference to nothing", f"{table} row {number}, of {parent}", RESTORE)


def _slices(tx: Tx, sql: str, key: int = 0) -> Iterator[Row]:
    """All rows of a statement with `:after` and `:limit`, whose column `key` is unique and ascending."""
    after: Value = -1
    while rows := tx.all(sql, {"after": after, "limit": SLICE}):
        yield from rows
        after = rows[-1][key]


# ── octets ──


def _contents(tx: Tx, home: Home) -> Iterator[Finding]:
    sql = (
        "SELECT c.id, c.size, c.codec, c.file, c.octets, (SELECT count(*) FROM message m WHERE m.content_id = c.id)"
        " FROM content c WHERE c.id > :after ORDER BY c.id LIMIT :limit"
    )
    for ref, size, codec, file, octets, users in _slices(tx, sql):
        where = f"content {ref}"
        if not users:
            yield Finding("content without message", where, SWEEP)
        if file:
            yield from _content_file(home, f"{where}, file {file}", file, size)
        elif codec != GONE:
            yield from _inline(where, size, codec, octets)


def _inline(where: str, size: int, codec: int, octets: Value) -> Iterator[Finding]:
    try:
        found = len(unpacked(codec, as_bytes(octets)))
    except Damaged as error:
        yield Finding("content unreadable", f"{where}: {error}", RESTORE)
        return
    if found != size:
        yield Finding("content has another size", f"{where}: {found} octets, not {size}", RESTORE)


def _content_file(home: Home, where: str, file: str, size: int) -> Iterator[Finding]:
    digest, found = hashlib.sha256(), 0
    try:
        with (home.blobs.folder / file).open("rb") as stream:
            while block := stream.read(BLOCK):
                digest.update(block)
                found += len(block)
    except FileNotFoundError:
        yield Finding("content file missing", where, RESTORE)
        return
    except OSError as error:
        yield Finding("content file unreadable", f"{where}: {error.strerror}", RESTORE)
        return
    if found != size:
        yield Finding("content has another size", f"{where}: {found} octets, not {size}", RESTORE)
    elif not file.partition("/")[2].startswith(digest.hexdigest()):
        yield Finding("content file changed", where, RESTORE)


def _files(tx: Tx, home: Home) -> Iterator[Finding]:
    """Files that no letter names, unless they are so young that their transaction may still come."""
    fresh_ns = files_now_ns(home.data / "spool") - FRESH_NS
    for path in sorted(home.blobs.folder.glob("*/*")):
        name = f"{path.parent.name}/{path.name}"
        if not is_named(tx, name) and path.stat().st_mtime_ns < fresh_ns:
            yield Finding("file without letter", f"content/{name}", SWEEP)


# ── letters ──


def _messages(tx: Tx, home: Home) -> Iterator[Finding]:
    sql = (
        "SELECT m.id, m.size, m.body_at, m.relay_at, c.id, c.size, c.codec,"
        " EXISTS (SELECT 1 FROM entry e WHERE e.message_id = m.id)"
        " OR EXISTS (SELECT 1 FROM removed x WHERE x.message_id = m.id) OR EXISTS (SELECT 1 FROM recipient r"
        " WHERE r.message_id = m.id AND r.state NOT IN ('done', 'returned', 'bounced', 'cancelled', 'suppressed'))"
        " FROM message m LEFT JOIN content c ON c.id = m.content_id"
        " WHERE m.id > :after ORDER BY m.id LIMIT :limit"
    )
    for number, size, body_at, relay_at, ref, content_size, codec, needed in _slices(tx, sql):
        where = f"message {written(number)}"
        if ref is None:
            yield Finding("message without content", where, RESTORE)
            continue
        if size != content_size:
            yield Finding("message has another size than its content", f"{where}: {size}, {content_size}", RESTORE)
        if not 0 <= relay_at <= body_at <= size:
            yield Finding("offsets outside of the letter", where, RESTORE)
        if needed and codec == GONE:
            yield Finding("octets of a letter in use were freed", where, RESTORE)


# ── mailboxes ──


def _entries(tx: Tx, home: Home) -> Iterator[Finding]:
    rows = tx.all(
        "SELECT e.mailbox_id, e.uid, e.account_id, e.size, m.size, b.account_id FROM entry e"
        " LEFT JOIN message m ON m.id = e.message_id LEFT JOIN mailbox b ON b.id = e.mailbox_id"
        " WHERE m.id IS NULL OR b.id IS NULL OR m.size <> e.size OR b.account_id <> e.account_id"
    )
    for mailbox_id, uid, account_id, size, message_size, owner in rows:
        where = f"mailbox {mailbox_id}, uid {uid}"
        if message_size is None:
            yield Finding("entry without message", where, RESTORE)
        elif message_size != size:
            yield Finding("entry has another size than its message", f"{where}: {size}, {message_size}", REBUILD)
        if owner is None:
            yield Finding("entry without mailbox", where, RESTORE)
        elif owner != account_id:
            yield Finding("entry of another account", f"{where}: account {account_id}, {owner}", REBUILD)


MAILBOXES = """
SELECT b.id, b.name, b.uidnext, b.modseq, b.messages, b.octets, b.unseen, COUNT(e.uid), COALESCE(SUM(e.size), 0),
  COALESCE(SUM(1 - (e.flags & 1)), 0),
  COALESCE(MAX(e.uid), 0), COALESCE(MAX(e.modseq), 0),
  (SELECT COALESCE(MAX(x.uid), 0) FROM expunged x WHERE x.mailbox_id = b.id),
  (SELECT COALESCE(MAX(x.modseq), 0) FROM expunged x WHERE x.mailbox_id = b.id)
FROM mailbox b LEFT JOIN entry e ON e.mailbox_id = b.id
WHERE b.id > :after GROUP BY b.id ORDER BY b.id LIMIT :limit
"""


def _mailboxes(tx: Tx, home: Home) -> Iterator[Finding]:
    for row in _slices(tx, MAILBOXES):
        number, name, uidnext, modseq, messages, octets, unseen, *counted, uid, given, gone_uid, gone_modseq = row
        count, total, not_seen = counted
        where = f"mailbox {number} ({name})"
        if messages != count:
            yield Finding("wrong number of messages", f"{where}: {messages}, counted {count}", REBUILD)
        if octets != total:
            yield Finding("wrong number of octets", f"{where}: {octets}, counted {total}", REBUILD)
        if unseen != not_seen:
            yield Finding("wrong number of unseen messages", f"{where}: {unseen}, counted {not_seen}", REBUILD)
        if uidnext <= max(uid, gone_uid):
            yield Finding("a UID would be given twice", f"{where}: uidnext {uidnext}", REBUILD)
        if modseq < max(given, gone_modseq):
            yield Finding("a MODSEQ would be given twice", f"{where}: modseq {modseq}", REBUILD)


CAME = """
SELECT mailbox_id, uid FROM (
  SELECT mailbox_id, uid, modseq, came, LAG(came) OVER (PARTITION BY mailbox_id ORDER BY uid) AS earlier FROM entry
) e WHERE came > modseq OR came < earlier
"""


def _came(tx: Tx, home: Home) -> Iterator[Finding]:
    for mailbox_id, uid in tx.all(CAME):
        yield Finding("a change would not be told", f"mailbox {mailbox_id}, uid {uid}", REBUILD)


def _expunged(tx: Tx, home: Home) -> Iterator[Finding]:
    rows = tx.all(
        "SELECT x.mailbox_id, x.uid FROM expunged x JOIN entry e ON e.mailbox_id = x.mailbox_id AND e.uid = x.uid"
    )
    for mailbox_id, uid in rows:
        yield Finding("expunged, and there", f"mailbox {mailbox_id}, uid {uid}", RESTORE)


# ── digests ──


def _digests(tx: Tx, home: Home) -> Iterator[Finding]:
    """Every filed letter has a digest or is noted; every digest says what it must (docs/reading.md)."""
    for text in home.digests.read_now(home.digests.full_text.damage):
        yield Finding("digests damaged", text, REBUILD)
    numbers = [row[0] for row in _slices(tx, FILED)]
    for start in range(0, len(numbers), SLICE):
        part = numbers[start : start + SLICE]
        for number, what in home.digests.read_now(digests.wrong, home.digests.full_text, part):
            yield Finding(what, written(number), REBUILD)


FILED = """
SELECT m.id FROM message m WHERE m.id > :after AND EXISTS (SELECT 1 FROM entry e WHERE e.message_id = m.id)
  AND NOT EXISTS (SELECT 1 FROM undigested u WHERE u.message_id = m.id)
ORDER BY m.id LIMIT :limit
"""


def _attached(tx: Tx, home: Home) -> Iterator[Finding]:
    for what, where in attached.contradictions(tx):
        yield Finding(what, where, REBUILD)


def _addressed(tx: Tx, home: Home) -> Iterator[Finding]:
    for what, number in addressed.contradictions(tx):
        yield Finding(what, f"message {written(number)}", REBUILD)


# ── journeys ──


def _journeys(tx: Tx, home: Home) -> Iterator[Finding]:
    sql = "SELECT id FROM message WHERE id > :after ORDER BY id LIMIT :limit"
    for (number,) in _slices(tx, sql):
        events: list[AnyEvent] = []
        rows = tx.all(
            "SELECT id, events FROM journey WHERE message_id = :id AND message_id <> 0 ORDER BY id", {"id": number}
        )
        if not rows:
            yield Finding("message without journey", written(number), RESTORE)
        for row_id, packed in rows:
            try:
                events += unpack(as_bytes(packed))
            except ValueError as error:
                yield Finding("journey unreadable", f"{written(number)}, row {row_id}: {error}", RESTORE)
        yield from _recipients(tx, number, events)


def _recipients(tx: Tx, number: int, events: list[AnyEvent]) -> Iterator[Finding]:
    told: dict[int, AnyEvent] = {}
    for event in events:
        if type(event) in STATE_AFTER and not is_other_rule(event):
            told[event.recipient] = event  # type: ignore[union-attr]
    rows = tx.all("SELECT n, state FROM recipient WHERE message_id = :id", {"id": number})
    states: dict[int, str] = {row[0]: row[1] for row in rows}
    for n, state in states.items():
        if n not in told:
            yield Finding("recipient without journey", written(number, n), RESTORE)
        elif state not in STATE_AFTER[type(told[n])]:
            last = type(told[n]).__name__.lower()
            yield Finding("recipient is not where its journey ends", f"{written(number, n)}: {state}, {last}", RESTORE)
    for n in told.keys() - states.keys() - {0}:
        yield Finding("journey without recipient", written(number, n), RESTORE)


# ── making again what can be made again ──


SIZE = "(SELECT m.size FROM message m WHERE m.id = entry.message_id)"
OWNER = "(SELECT b.account_id FROM mailbox b WHERE b.id = entry.mailbox_id)"


def rebuild(home: Home) -> None:
    """Count every mailbox again, find letters by whom they were for, have digests made anew; raises StoreError."""
    home.engine.write_now(_count_again)
    home.engine.write_now(attached.mend)
    home.engine.write_now(addressed.mend)
    remake_digests(home)


def _count_again(tx: Tx) -> None:
    """UIDNEXT and MODSEQ only grow, even here."""
    tx.run(f"UPDATE entry SET size = {SIZE} WHERE size <> {SIZE}")
    tx.run(f"UPDATE entry SET came = 0 WHERE mailbox_id IN (SELECT mailbox_id FROM ({CAME}) wrong)")
    tx.run(f"UPDATE entry SET account_id = {OWNER} WHERE account_id <> {OWNER}")
    for row in list(_slices(tx, MAILBOXES)):
        number, _, uidnext, modseq, _, _, _, count, total, not_seen, uid, given, gone_uid, gone_modseq = row
        tx.run(
            "UPDATE mailbox SET messages = :messages, octets = :octets, unseen = :unseen, uidnext = :uidnext,"
            " modseq = :modseq WHERE id = :id",
            {
                "messages": count,
                "octets": total,
                "unseen": not_seen,
                "uidnext": max(uidnext, uid + 1, gone_uid + 1),
                "modseq": max(modseq, given, gone_modseq),
                "id": number,
            },
        )
