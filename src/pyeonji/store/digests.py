"""Digests of letters: made from their octets beside the mail, and lost without loss (docs/reading.md).

A letter that is filed is noted in `undigested`, in the transaction that files it.  The indexer makes its digest and
commits it; a worker, which shares commits with who files letters, then strikes the note out.  Both databases count how
often digests were added and dropped, so that it is seen when one of them was lost or brought back from a backup: then
every letter is noted again, and those that have a digest are soon struck out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from pyeonji.message.facts import pack, unpack
from pyeonji.message.terms import marked
from pyeonji.message.wording import MARKS
from pyeonji.proto.imap.digest import Digest, digest
from pyeonji.store import messages, meta
from pyeonji.store.blobs import Blobs, as_bytes
from pyeonji.store.engine.base import Engine, FullText, Insert, Row, Tx, Value, several
from pyeonji.store.packing import packed, unpacked

SLICE = 512  # letters named in one statement
MANY, FEW = 64, 16  # so many letters are worth a look at the first of them
PLAIN = 8_192  # octets of a text that are kept as they are: unpacking takes 25 µs, ten times as long as reading the row
FRAME = b"\x28\xb5\x2f\xfd"  # begins what zstd has packed
# Where each thing lies that a digest says.
COLUMNS = {
    "facts": "digest.facts",
    "envelope": "envelope.octets",
    "structure": "structure.octets",
    "fields": "field.octets",
    "preview": "preview.words",
    "heading": "heading.octets",
    "text": "wording.octets",
}
TABLES = [place.partition(".")[0] for place in COLUMNS.values()]
Counts = tuple[int, int]  # commits that added digests, commits that dropped some


# ── reading ──


def read(tx: Tx, names: Sequence[str], numbers: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    """What the digests of these letters say of these COLUMNS, by receipt number; letters without one are left out."""
    return {row[0]: row[1:] for row in _rows(tx, names, numbers)}


def columns(tx: Tx, names: Sequence[str], numbers: Sequence[int]) -> list[tuple[Any, ...]]:
    """The same as columns: in each a value for each letter, None where it has no digest."""
    rows = _rows(tx, names, numbers)
    if rows and len(rows) == len(numbers):
        return list(zip(*rows, strict=True))[1:]
    known = {row[0]: row[1:] for row in rows}
    nothing = (None,) * len(names)
    return list(zip(*[known.get(number, nothing) for number in numbers], strict=True))


def _rows(tx: Tx, names: Sequence[str], numbers: Sequence[int]) -> list[Row]:
    """(receipt number, what its digest says ...), in the order of the numbers."""
    places = [COLUMNS[name] for name in names]
    first, *others = dict.fromkeys(place.partition(".")[0] for place in places) or ["digest"]
    said = ", ".join((f"{first}.message_id", *places))
    joined = "".join(f" JOIN {table} ON {table}.message_id = {first}.message_id" for table in others)
    if _are_neighbours(tx, first, numbers):
        span = f"WHERE {first}.message_id BETWEEN :first AND :last ORDER BY {first}.message_id LIMIT :limit"
        ends: dict[str, Value] = {"first": numbers[0], "last": numbers[-1], "limit": len(numbers) + 1}
        rows = tx.all(f"SELECT {said} FROM {first}{joined} {span}", ends)
        if [row[0] for row in rows] == list(numbers):
            return rows
    return tx.among(f"SELECT {said} FROM NUMBERS n JOIN {first} ON {first}.message_id = n.value{joined}", numbers)


def _are_neighbours(tx: Tx, table: str, numbers: Sequence[int]) -> bool:
    """Do the first of these letters lie side by side?  Then all may, and are read in a third of the time."""
    if len(numbers) < MANY:
        return False
    sql = f"SELECT message_id FROM {table} WHERE message_id >= :first ORDER BY message_id LIMIT {FEW}"
    return [row[0] for row in tx.all(sql, {"first": numbers[0]})] == list(numbers[:FEW])


def headings(tx: Tx, numbers: Sequence[int]) -> dict[int, bytes]:
    """`Wording.heading` of those of these letters that have a digest."""
    return {row[0]: as_bytes(row[1]) for row in _rows(tx, ("heading",), numbers)}


def texts(tx: Tx, numbers: Sequence[int]) -> dict[int, bytes]:
    """`Wording.text` of those of these letters that have a digest."""
    return {row[0]: _text(as_bytes(row[1])) for row in _rows(tx, ("text",), numbers)}


def wordings(tx: Tx, numbers: Sequence[int]) -> dict[int, tuple[bytes, bytes]]:
    """Both of them."""
    rows = _rows(tx, ("heading", "text"), numbers)
    return {row[0]: (as_bytes(row[1]), _text(as_bytes(row[2]))) for row in rows}


def _text(octets: bytes) -> bytes:
    # "(" and a continuation octet: no UTF-8 begins like a frame
    return unpacked(octets) if octets.startswith(FRAME) else octets


def make(tx: Tx, blobs: Blobs, number: int) -> Digest:
    """The digest of a letter from its octets, for who cannot wait for the indexer; raises Damaged."""
    return digest(messages.content(tx, blobs, number))


def held(tx: Tx, numbers: Sequence[int]) -> set[int]:
    """Those of these letters that have a digest."""
    return set(read(tx, (), numbers))


def wrong(tx: Tx, full_text: FullText, numbers: Sequence[int]) -> list[tuple[int, str]]:
    """What is wrong with the digests of these letters, each of which must have one."""
    found = []
    known = read(tx, tuple(COLUMNS), numbers)
    terms = full_text.held(tx, numbers)
    for number in numbers:
        if number not in known or number not in terms:
            found.append((number, "letter without digest"))
        elif not _is_sound(dict(zip(COLUMNS, known[number], strict=True))):
            found.append((number, "digest unreadable"))
    return found


def _is_sound(said: dict[str, Any]) -> bool:
    try:
        unpack(as_bytes(said["facts"]))
        return as_bytes(said["heading"]).count(b"\0") == 2 and _text(as_bytes(said["text"])).count(b"\0") == 1
    except ValueError:
        return False


# ── writing: the indexer, and the sweeper for what is gone ──


@dataclass(frozen=True, slots=True)
class Made:
    """The digest of one letter, ready to be written."""

    number: int
    row: dict[str, Any]  # by the names of COLUMNS
    terms: str  # of all sections, marked


def made(number: int, found: Digest) -> Made:
    """All that can be worked out before the transaction."""
    wording = found.wording
    row = {
        "facts": pack(found.facts),
        "envelope": found.envelope,
        "structure": found.structure,
        "fields": found.fields,
        "preview": found.preview.encode("utf-8", "replace").decode(),
        "heading": wording.heading,
        "text": _kept_text(wording.text),
    }
    return Made(number, row, " ".join(filter(None, map(marked, MARKS, wording.sections))))


def _kept_text(text: bytes) -> bytes:
    return packed(text) if len(text) > PLAIN else text


def save(tx: Tx, full_text: FullText, made: Sequence[Made]) -> None:
    """Keep digests of letters that have none yet."""
    known = held(tx, [one.number for one in made])
    # Ascending, though the newest steps come first: so pages are three quarters full, else half.
    fresh = sorted((one for one in made if one.number not in known), key=attrgetter("number"))
    for name, into in INSERTS.items():
        tx.insert(into, [(one.number, one.row[name]) for one in fresh])
    full_text.insert(tx, [(one.number, one.terms) for one in fresh])
    _count(tx, "additions")


INSERTS = {
    name: Insert(table, ("message_id", column))
    for name, (table, _, column) in {name: place.partition(".") for name, place in COLUMNS.items()}.items()
}


def drop(tx: Tx, full_text: FullText, numbers: Sequence[int]) -> None:
    """Forget the digests of letters that are gone."""
    for table in TABLES:
        tx.many(f"DELETE FROM {table} WHERE message_id = :id", [{"id": number} for number in numbers])
    full_text.delete(tx, numbers)
    _count(tx, "drops")


def _count(tx: Tx, what: str) -> None:
    meta.remember(tx, f"digest {what}", meta.number(tx, f"digest {what}") + 1)


def counts(tx: Tx) -> Counts:
    """How often digests were added and dropped, as their own database says."""
    return meta.number(tx, "digest additions"), meta.number(tx, "digest drops")


# ── what has to be made; in the database of the mail ──

NOTE = Insert("undigested", ("message_id",))


def noted(tx: Tx, limit: int, below: int = 1 << 62) -> list[int]:
    """Letters that have to be digested or were just now, newest first, with numbers below `below`."""
    rows = tx.all(
        "SELECT message_id FROM undigested WHERE message_id < :below ORDER BY message_id DESC LIMIT :limit",
        {"limit": limit, "below": below},
    )
    return [row[0] for row in rows]


def strike_out(tx: Tx, numbers: Sequence[int], counted: Counts) -> None:
    """The digests of these letters are on disk; `counted` is what their database counted then."""
    for start in range(0, len(numbers), SLICE):
        names, parameters = several(numbers[start : start + SLICE])
        tx.run(f"DELETE FROM undigested WHERE message_id IN ({names})", parameters)
    additions, drops = _known(tx)
    _know(tx, (max(additions, counted[0]), max(drops, counted[1])))


def note_all(tx: Tx, counted: Counts) -> None:
    """Note every filed letter: the digests are not those this mail was read with."""
    tx.run(
        "INSERT INTO undigested (message_id) SELECT DISTINCT message_id FROM entry WHERE true ON CONFLICT DO NOTHING"
    )
    _know(tx, counted)


def _known(tx: Tx) -> Counts:
    """The counts of the digests, as far as the mail knows."""
    return meta.number(tx, "known digest additions"), meta.number(tx, "known digest drops")


def _know(tx: Tx, counted: Counts) -> None:
    for what, count in zip(("additions", "drops"), counted, strict=True):
        meta.remember(tx, f"known digest {what}", count)


def agree(mail: Engine, beside: Engine) -> None:
    """See to it that every filed letter has a digest or is noted."""
    counted, known = beside.read_now(counts), mail.read_now(_known)
    if counted[0] < known[0] or counted[1] != known[1]:
        mail.write_now(note_all, counted)
