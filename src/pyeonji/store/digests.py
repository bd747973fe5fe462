"""Digests of letters: made from their octets beside the mail, and lost without loss (docs/reading.md).

A letter that is filed is noted in `undigested`, in the transaction that files it; the indexer makes its digest, commits
it, and only then strikes the note out.  Both databases count the changes of the digests, so that it is seen when one of
them was dropped or brought back from a backup: then every letter is noted again, and those that have a digest are soon
struck out.
"""

from collections.abc import Sequence
from typing import Any

from pyeonji.message.facts import pack, unpack
from pyeonji.message.wording import Wording
from pyeonji.proto.imap.digest import Digest, digest
from pyeonji.store import messages
from pyeonji.store.blobs import Blobs, as_bytes
from pyeonji.store.engine.base import Engine, Tx, several, single
from pyeonji.store.packing import packed, unpacked

SLICE = 512  # letters named in one statement
COLUMNS = frozenset({"facts", "envelope", "structure", "fields", "preview"})
STEP = 1  # what a commit of new digests adds to the count of changes
LEAP = 2  # what a commit that drops digests adds: a backup taken just before it must be seen to be older


# ── reading ──


def read(tx: Tx, columns: Sequence[str], numbers: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    """These columns of the digests of these letters, by receipt number; letters without a digest are left out."""
    assert COLUMNS.issuperset(columns)
    found: dict[int, tuple[Any, ...]] = {}
    for start in range(0, len(numbers), SLICE):
        names, parameters = several(numbers[start : start + SLICE])
        sql = f"SELECT {', '.join(('message_id', *columns))} FROM digest WHERE message_id IN ({names})"
        for row in tx.all(sql, parameters):
            found[row[0]] = row[1:]
    return found


def headings(tx: Tx, numbers: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Subject, author and recipients (sections of `message.wording`) of those of these letters that have a digest."""
    rows = _wordings(tx, "heading", numbers)
    return {row[0]: tuple(as_bytes(row[1]).decode().split("\0")) for row in rows}


def wordings(tx: Tx, numbers: Sequence[int]) -> dict[int, Wording]:
    """The whole wording of those of these letters that have a digest."""
    found = {}
    for number, heading, text in _wordings(tx, "heading, text", numbers):
        sections = (as_bytes(heading) + b"\0" + unpacked(as_bytes(text))).decode().split("\0")
        found[number] = Wording(*sections)
    return found


def _wordings(tx: Tx, columns: str, numbers: Sequence[int]) -> list[tuple[Any, ...]]:
    rows = []
    for start in range(0, len(numbers), SLICE):
        names, parameters = several(numbers[start : start + SLICE])
        rows += tx.all(f"SELECT message_id, {columns} FROM wording WHERE message_id IN ({names})", parameters)
    return rows


def make(tx: Tx, blobs: Blobs, number: int) -> Digest:
    """The digest of a letter from its octets, for who cannot wait for the indexer; raises Damaged."""
    return digest(messages.content(tx, blobs, number))


def wrong(tx: Tx, numbers: Sequence[int]) -> list[tuple[int, str]]:
    """What is wrong with the digests of these letters, each of which must have one."""
    found = []
    known = read(tx, ("facts",), numbers)
    texts = {row[0]: row[1:] for row in _wordings(tx, "heading, text", numbers)}
    for number in numbers:
        if number not in known or number not in texts:
            found.append((number, "letter without digest"))
        elif not _is_sound(known[number][0], *texts[number]):
            found.append((number, "digest unreadable"))
    return found


def _is_sound(facts: Any, heading: Any, text: Any) -> bool:
    try:
        unpack(as_bytes(facts))
        return as_bytes(heading).count(b"\0") == 2 and unpacked(as_bytes(text)).count(b"\0") == 1
    except ValueError:
        return False


# ── writing: the indexer alone ──


def save(tx: Tx, made: Sequence[tuple[int, Digest]]) -> int:
    """Keep digests of letters that have none yet; the count of changes of the digests after it."""
    known = read(tx, (), [number for number, _ in made]) if made else {}
    fresh = [(number, one) for number, one in made if number not in known]
    tx.many(INSERT_DIGEST, [_row(number, one) for number, one in fresh])
    tx.many(INSERT_WORDING, [_wording_row(number, one.wording) for number, one in fresh])
    return _count(tx, STEP)


INSERT_DIGEST = """
INSERT INTO digest (message_id, facts, envelope, structure, fields, preview)
VALUES (:id, :facts, :envelope, :structure, :fields, :preview)
"""
INSERT_WORDING = "INSERT INTO wording (message_id, heading, text) VALUES (:id, :heading, :text)"


def _row(number: int, made: Digest) -> dict[str, Any]:
    return {
        "id": number,
        "facts": pack(made.facts),
        "envelope": made.envelope,
        "structure": made.structure,
        "fields": made.fields,
        "preview": made.preview.encode("utf-8", "replace").decode(),
    }


def _wording_row(number: int, wording: Wording) -> dict[str, Any]:
    sections = [section.encode("utf-8", "replace") for section in wording.sections]
    return {"id": number, "heading": b"\0".join(sections[:3]), "text": packed(b"\0".join(sections[3:]))}


def drop(tx: Tx, numbers: Sequence[int]) -> int:
    """Forget the digests of letters that are gone; the count of changes after it."""
    for table in ("digest", "wording"):
        tx.many(f"DELETE FROM {table} WHERE message_id = :id", [{"id": number} for number in numbers])
    return _count(tx, LEAP)


def drop_all(tx: Tx) -> None:
    """Forget all digests; they are made again once `agree` has seen it."""
    for table in ("digest", "wording"):
        tx.run(f"DELETE FROM {table}")
    tx.run("UPDATE meta SET value = '0' WHERE name = 'digest changes'")


def _count(tx: Tx, step: int) -> int:
    changes = count(tx) + step
    tx.run("UPDATE meta SET value = :value WHERE name = 'digest changes'", {"value": str(changes)})
    return changes


def count(tx: Tx) -> int:
    """How often the digests have changed, as their own database says."""
    return int(single(tx.one("SELECT value FROM meta WHERE name = 'digest changes'")) or 0)


# ── what has to be made; in the database of the mail ──

NOTE = "INSERT INTO undigested (message_id) VALUES (:id)"


def waiting(tx: Tx, limit: int) -> list[int]:
    """Letters that have to be digested, newest first."""
    rows = tx.all("SELECT message_id FROM undigested ORDER BY message_id DESC LIMIT :limit", {"limit": limit})
    return [row[0] for row in rows]


def done(tx: Tx, numbers: Sequence[int], changes: int) -> None:
    """The digests of these letters are on disk."""
    for start in range(0, len(numbers), SLICE):
        names, parameters = several(numbers[start : start + SLICE])
        tx.run(f"DELETE FROM undigested WHERE message_id IN ({names})", parameters)
    _know(tx, max(changes, known(tx)))


def note_all(tx: Tx, changes: int) -> None:
    """Note every filed letter: the digests are not those this mail was read with."""
    tx.run(
        "INSERT INTO undigested (message_id) SELECT DISTINCT message_id FROM entry WHERE true ON CONFLICT DO NOTHING"
    )
    _know(tx, changes)


def known(tx: Tx) -> int:
    """How often the digests have changed, as far as the mail knows."""
    return int(single(tx.one("SELECT value FROM meta WHERE name = 'digest changes known'")) or 0)


def _know(tx: Tx, changes: int) -> None:
    tx.run(
        "INSERT INTO meta (name, value) VALUES ('digest changes known', :value)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        {"value": str(changes)},
    )


def agree(mail: Engine, beside: Engine) -> None:
    """See to it that every filed letter has a digest or is noted."""
    changes = beside.read_now(count)
    if not 0 <= changes - mail.read_now(known) <= STEP:
        mail.write_now(note_all, changes)
