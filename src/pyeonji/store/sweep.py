"""Freeing what nobody needs any more, a bounded step at a time (docs/store.md).

A letter's octets go when it is in no mailbox, cannot be brought back and owes nothing to anybody; its facts and its
journey stay for `keep_us` longer, so that "where is the letter of last month" has an answer.  Each walk remembers in
`meta` how far it came: a store of any size is walked in turns, and no transaction is long.

Ages of files are measured against the file system's own clock: a pushed clock must not take away what is being written.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from pyeonji.store import (
    addressed,
    digests,
    expiry,
    expunged,
    idempotency,
    logins,
    meta,
    removed,
    sending,
    sts,
    summary,
    support,
    web_sessions,
)
from pyeonji.store.blobs import GONE, RAW, as_bytes, compressed, free, swap
from pyeonji.store.engine.base import Tx, several
from pyeonji.store.home import Home
from pyeonji.store.settings import NEVER, KeepSettings

DAY_US = 86_400_000_000
FOLDERS = 256  # of content/: two hexadecimal digits


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things are kept, and how much one sweep does.  Durations in microseconds."""

    grace_us: int = DAY_US  # octets outlive their last use: a client may still be reading them
    keep_us: int = 365 * DAY_US  # facts and journeys of letters that are gone, and of connections that brought none
    lines_us: int = 30 * DAY_US  # what was said on connections; 0: as long as the facts
    codes_us: int = 365 * DAY_US  # support codes
    remembered: int = 50_000  # expunged UIDs of one mailbox that clients are told of one by one; then by comparing
    logins_us: int = 90 * DAY_US  # how long attempts to log in are kept
    removed_us: int = 14 * DAY_US  # how long an expunged letter can be brought back
    lifetimes_us: Mapping[str, int] = field(default_factory=dict)  # in a mailbox, by its use (store/expiry.py)
    file_grace_us: int = DAY_US  # a file may be waiting for the transaction that names it
    compress_after_us: int = DAY_US  # new letters are read most, and in parts
    compress_from: int = 2_048  # octets
    letters: int = 20_000  # looked at in one sweep
    mailboxes: int = 20_000  # looked at in one sweep
    sessions: int = 20_000  # looked at in one sweep
    rows: int = 20_000  # of journeys, looked at in one sweep
    folders: int = 16  # of content/, looked at in one sweep
    contents: int = 2_000  # looked at for compression in one sweep
    step: int = 512  # rows in one transaction
    compress_step: int = 32  # letters in one transaction


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did."""

    freed: int  # letters whose octets went
    forgotten: int  # letters whose facts and journey went
    sessions: int  # connections that are told of no more
    digests: int  # of letters whose octets went
    files: int  # spool files and content files without a letter
    compressed: int  # letters that need less room now
    unremembered: int  # expunged UIDs of which clients are told by comparing from now on
    let_go: int  # expunged letters that can no longer be brought back
    logins: int  # kinds of attempts to log in that are told of no more
    requests: int  # of apps, that may come a second time no more
    summed_up: int  # rows of journeys that have only facts now
    visits: int  # sessions of browsers that were over, and support codes that were too old
    minutes: int  # of what accounts have sent, that count no more
    expired: frozenset[int]  # mailboxes in which the time of letters was over


DEFAULT = Limits()


def limits_of(settings: KeepSettings) -> Limits:
    """What a server's settings say."""
    lifetimes = {"INBOX": settings.inbox, "\\Trash": settings.trash, "\\Junk": settings.junk}
    return Limits(
        logins_us=_us(settings.logins),
        keep_us=_us(settings.summary),
        lines_us=0 if settings.journey == NEVER else _us(settings.journey),
        removed_us=_us(settings.removed),
        lifetimes_us={use: _us(lifetime) for use, lifetime in lifetimes.items() if lifetime != NEVER},
    )


def _us(duration: timedelta) -> int:
    return duration // timedelta(microseconds=1)


def sweep(home: Home, now_us: int, limits: Limits = DEFAULT) -> Swept:
    """One round.  Call it away from the event loop; raises StoreError."""
    grace, keep = now_us - limits.grace_us, now_us - limits.keep_us
    home.engine.write_now(sts.forget_old, now_us)
    return Swept(
        expired=_expire(home, now_us, limits),
        unremembered=_forget_expunged(home, limits),
        let_go=_steps(home, removed.forget_before, now_us - limits.removed_us, limits),
        freed=_walk(home, "free", "message", limits.letters, limits.step, lambda ids: _free(home, ids, grace)),
        forgotten=_walk(home, "forget", "message", limits.letters, limits.step, lambda ids: _forget(home, ids, keep)),
        sessions=_walk(home, "close", "session", limits.sessions, limits.step, lambda ids: _close(home, ids, keep)),
        digests=_walk(home, "digests", "digest", limits.letters, limits.step, lambda ids: _drop_digests(home, ids)),
        logins=_steps(home, logins.forget_before, now_us - limits.logins_us, limits),
        requests=_steps(home, idempotency.forget_before, now_us - idempotency.KEPT_US, limits),
        summed_up=_walk(
            home, "sum up", "journey", limits.rows, limits.step,
            lambda ids: _sum_up(home, ids, now_us - limits.lines_us) if limits.lines_us else 0,
        ),
        visits=_steps(home, web_sessions.forget_over, now_us, limits)
        + _steps(home, support.forget_before, now_us - limits.codes_us, limits),
        minutes=_steps(home, sending.forget_before, now_us - 2 * sending.DAY_US, limits),
        files=_sweep_files(home, limits),
        compressed=_walk(
            home, "compress", "content", limits.contents, limits.compress_step,
            lambda ids: _compress(home, ids, now_us - limits.compress_after_us, limits.compress_from),
        ),
    )  # fmt: skip


# ── walking a table ──


def _walk(home: Home, name: str, table: str, looked: int, step: int, treat: Callable[[list[int]], int]) -> int:
    """Go on where the last walk of this name stopped, from the beginning after the end; how many were treated."""
    after, treated = home.engine.read_now(meta.number, f"sweep:{name}"), 0
    for _ in range(0, looked, step):
        ids = (home.digests if table == "digest" else home.engine).read_now(_ids, table, after, step)
        treated += treat(ids) if ids else 0
        after = ids[-1] if len(ids) == step else 0
        if not after:
            break
    home.engine.write_now(meta.remember, f"sweep:{name}", after)
    return treated


def _ids(tx: Tx, table: str, after: int, limit: int) -> list[int]:
    key = "message_id" if table == "digest" else "id"
    rows = tx.all(
        f"SELECT {key} FROM {table} WHERE {key} > :after ORDER BY {key} LIMIT :limit", {"after": after, "limit": limit}
    )
    return [row[0] for row in rows]


# ── mailboxes ──


def _expire(home: Home, now_us: int, limits: Limits) -> frozenset[int]:
    expired: set[int] = set()

    def treat(ids: list[int]) -> int:
        found = expiry.expire(home, ids, limits.lifetimes_us, now_us, limits.letters, limits.step)
        expired.update(found)
        return len(found)

    if limits.lifetimes_us:
        _walk(home, "expire", "mailbox", limits.mailboxes, limits.step, treat)
    return frozenset(expired)


def _forget_expunged(home: Home, limits: Limits) -> int:
    def treat(ids: list[int]) -> int:
        gone = 0
        for mailbox_id in ids:
            while home.engine.read_now(expunged.are_more, mailbox_id, limits.remembered):
                gone += home.engine.write_now(expunged.forget, mailbox_id, limits.remembered, limits.step)
        return gone

    return _walk(home, "remember", "mailbox", limits.mailboxes, limits.step, treat)


def _steps(home: Home, forget: Callable[[Tx, int, int], int], before_us: int, limits: Limits) -> int:
    """Forget what is older, so many rows in one transaction, until there is no more or it was enough."""
    gone = 0
    for _ in range(0, limits.letters, limits.step):
        count = home.engine.write_now(forget, before_us, limits.step)
        gone += count
        if count < limits.step:
            break
    return gone


# ── letters ──

# In no mailbox, nor to be brought back into one, owed to nobody, and nothing happened to it since :before.
UNUSED = """
SELECT m.id, m.content_id FROM message m JOIN content c ON c.id = m.content_id
WHERE m.id IN ({names}) AND m.at_us < :before AND {codec}
  AND NOT EXISTS (SELECT 1 FROM entry e WHERE e.message_id = m.id)
  AND NOT EXISTS (SELECT 1 FROM removed x WHERE x.message_id = m.id)
  AND NOT EXISTS (SELECT 1 FROM recipient r
    WHERE r.message_id = m.id AND r.state NOT IN ('done', 'returned', 'bounced', 'cancelled', 'suppressed'))
  AND NOT EXISTS (SELECT 1 FROM journey j WHERE j.message_id = m.id AND j.message_id <> 0 AND j.at_us >= :before)
"""


def _unused(tx: Tx, ids: list[int], before_us: int, *, gone: bool) -> list[tuple[int, int]]:
    names, parameters = several(ids)
    codec = f"c.codec {'=' if gone else '<>'} {GONE}"
    rows = tx.all(UNUSED.format(names=names, codec=codec), {**parameters, "before": before_us})
    return [(row[0], row[1]) for row in rows]


def _free(home: Home, ids: list[int], before_us: int) -> int:
    found = home.engine.read_now(_unused, ids, before_us, gone=False)
    if not found:
        return 0
    files = home.engine.write_now(_free_these, [number for number, _ in found], before_us)
    for file in filter(None, files):  # after the commit: a name without octets would be damage, the reverse is litter
        (home.blobs.folder / file).unlink(missing_ok=True)
    return len(files)


def _free_these(tx: Tx, ids: list[int], before_us: int) -> list[str]:
    return [free(tx, ref) for _, ref in _unused(tx, ids, before_us, gone=False)]


def _forget(home: Home, ids: list[int], before_us: int) -> int:
    found = home.engine.read_now(_unused, ids, before_us, gone=True)
    return home.engine.write_now(_forget_these, [number for number, _ in found], before_us) if found else 0


def _forget_these(tx: Tx, ids: list[int], before_us: int) -> int:
    found = _unused(tx, ids, before_us, gone=True)
    keys = [{"id": number, "ref": ref} for number, ref in found]
    tx.many("DELETE FROM journey WHERE message_id = :id AND message_id <> 0", [{"id": key["id"]} for key in keys])
    addressed.take_out(tx, [key["id"] for key in keys])
    for table in ("recipient", "sent", "event", "webhook_owed", "sent_again"):
        tx.many(f"DELETE FROM {table} WHERE message_id = :id", [{"id": key["id"]} for key in keys])
    tx.many("DELETE FROM message WHERE id = :id", [{"id": key["id"]} for key in keys])
    tx.many("DELETE FROM content WHERE id = :ref", [{"ref": key["ref"]} for key in keys])
    return len(found)


def _sum_up(home: Home, ids: list[int], before_us: int) -> int:
    """Read and written apart: nobody else changes a row that was written."""
    found = home.engine.read_now(summary.of_rows, ids, before_us)
    return home.engine.write_now(summary.write, found) if found else 0


# ── digests ──

READABLE = f"""
SELECT m.id FROM message m JOIN content c ON c.id = m.content_id WHERE m.id IN ({{names}}) AND c.codec <> {GONE}
"""


def _drop_digests(home: Home, ids: list[int]) -> int:
    """Of letters whose octets went, now or before a crash."""
    readable = set(home.engine.read_now(_readable, ids))
    gone = [number for number in ids if number not in readable]
    if gone:
        home.digests.write_now(digests.drop, home.digests.full_text, gone)
        home.engine.write_now(digests.strike_out, gone, home.digests.read_now(digests.counts))
    return len(gone)


def _readable(tx: Tx, ids: list[int]) -> list[int]:
    names, parameters = several(ids)
    return [row[0] for row in tx.all(READABLE.format(names=names), parameters)]


# ── connections ──

# Told of in no letter's journey that is still kept.
SILENT = """
SELECT s.id FROM session s WHERE s.id IN ({names}) AND s.opened_us < :before AND NOT EXISTS (
  SELECT 1 FROM journey j WHERE j.session_id = s.id AND j.session_id <> 0
    AND (j.message_id <> 0 OR j.at_us >= :before))
"""


def _silent(tx: Tx, ids: list[int], before_us: int) -> list[int]:
    names, parameters = several(ids)
    return [row[0] for row in tx.all(SILENT.format(names=names), {**parameters, "before": before_us})]


def _close(home: Home, ids: list[int], before_us: int) -> int:
    found = home.engine.read_now(_silent, ids, before_us)
    return home.engine.write_now(_close_these, found, before_us) if found else 0


def _close_these(tx: Tx, ids: list[int], before_us: int) -> int:
    keys = [{"id": number} for number in _silent(tx, ids, before_us)]
    tx.many("DELETE FROM journey WHERE session_id = :id AND session_id <> 0", keys)
    tx.many("DELETE FROM session WHERE id = :id", keys)
    return len(keys)


# ── compression ──

COMPRESSIBLE = """
SELECT c.id, c.octets FROM content c JOIN message m ON m.content_id = c.id
WHERE c.id IN ({names}) AND c.codec = {raw} AND c.file = '' AND c.size >= :least AND m.at_us < :before
"""


def _compress(home: Home, ids: list[int], before_us: int, least: int) -> int:
    """Read, compress and write apart: the writer never waits for zstd."""
    smaller = [
        (ref, packed)
        for ref, octets in home.engine.read_now(_compressible, ids, before_us, least)
        if (packed := compressed(octets)) is not None
    ]
    if smaller:
        home.engine.write_now(_swap_these, smaller)
    return len(smaller)


def _compressible(tx: Tx, ids: list[int], before_us: int, least: int) -> list[tuple[int, bytes]]:
    names, parameters = several(ids)
    sql = COMPRESSIBLE.format(names=names, raw=RAW)
    return [(row[0], as_bytes(row[1])) for row in tx.all(sql, {**parameters, "before": before_us, "least": least})]


def _swap_these(tx: Tx, smaller: list[tuple[int, bytes]]) -> None:
    for ref, packed in smaller:
        swap(tx, ref, packed)


# ── files ──


def _sweep_files(home: Home, limits: Limits) -> int:
    """Spool files of a process that died, and content files whose transaction never came."""
    old_ns = files_now_ns(home.data / "spool") - limits.file_grace_us * 1_000
    removed = 0
    for path in _older(home.data / "spool", old_ns):
        path.unlink(missing_ok=True)
        removed += 1
    first = home.engine.read_now(meta.number, "sweep:files")
    for number in range(first, first + min(limits.folders, FOLDERS)):
        for path in _older(home.blobs.folder / f"{number % FOLDERS:02x}", old_ns):
            if not home.engine.read_now(is_named, f"{path.parent.name}/{path.name}"):
                path.unlink(missing_ok=True)
                removed += 1
    home.engine.write_now(meta.remember, "sweep:files", (first + limits.folders) % FOLDERS)
    return removed


def files_now_ns(folder: Path) -> int:
    """The present as this file system dates files, nanoseconds."""
    path = folder / f".now-{os.getpid()}"
    path.touch()
    found = path.stat().st_mtime_ns
    path.unlink(missing_ok=True)
    return found


def is_named(tx: Tx, file: str) -> bool:
    """Does any letter lie in this content file?"""
    return tx.one("SELECT 1 FROM content WHERE file = :file AND file <> ''", {"file": file}) is not None


def _older(folder: Path, old_ns: int) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        try:
            if path.is_file() and path.stat().st_mtime_ns < old_ns:
                yield path
        except FileNotFoundError:
            continue  # its letter was taken meanwhile
