"""STORE: flags of many letters at once, under one new MODSEQ (RFC 7162 §3.1.3).

Bits are changed by one statement for each run of UIDs.  Words (free keywords) are added and taken away letter by
letter, because each has words of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pyeonji.proto.imap.flags import SYSTEM, with_words, without_words
from pyeonji.proto.imap.numbers import Range
from pyeonji.proto.imap.rights import EVERY_FLAG, Settable
from pyeonji.store.engine.base import Tx, Value, single
from pyeonji.store.mailboxes import SEEN, hold

How = Literal["set", "add", "remove"]
Span = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be done with flags.

    With `since`, letters that changed after this MODSEQ are left alone; at 0 a letter has changed where it has one of
    the keywords already, and system flags are always there (RFC 7162 §3.1.3, Example 7 and 8).  "set" leaves flags
    alone that are not `settable`; the flags given all are.
    """

    how: How
    mask: int
    keywords: frozenset[str] = frozenset()
    since: int | None = None
    settable: Settable = EVERY_FLAG

    def of(self, flags: int, words: str) -> tuple[int, str]:
        """What the flags of a letter become."""
        mine = words.split()
        match self.how:
            case "add":
                return self.bits(flags), " ".join(sorted(with_words(mine, self.keywords)))
            case "remove":
                return self.bits(flags), " ".join(sorted(without_words(mine, self.keywords)))
        return self.bits(flags), self.words if self.settable.keywords else words

    def bits(self, flags: int) -> int:
        """What the system flags of a letter become."""
        match self.how:
            case "add":
                return flags | self.mask
            case "remove":
                return flags & ~self.mask
        return flags & ~self.settable.mask | self.mask

    @property
    def words(self) -> str:
        """The keywords as they are stored."""
        return " ".join(sorted(self.keywords))

    def may(self, flags: int, words: str, modseq: int) -> bool:
        """Is the letter as the client knows it?"""
        if self.since != 0:
            return self.since is None or modseq <= self.since
        exists = flags & self.mask or without_words(self.keywords, words.split()) != self.keywords
        return self.how == "add" and not self.mask & SYSTEM and not exists


@dataclass(slots=True)
class Stored:
    """What was done.  `modseq` is what the changed letters have now, 0 when nothing changed; UIDs are ascending.

    `before`: the MODSEQ of the mailbox until then.
    `newer`: letters that somebody else had changed after the MODSEQ the caller knew; `modified`: those left alone.
    """

    modseq: int = 0
    before: int = 0
    newer: list[int] = field(default_factory=list)
    modified: list[int] = field(default_factory=list)


def set_flags(tx: Tx, mailbox_id: int, ranges: Iterable[Range], change: Change, *, known: int = 0) -> Stored:
    """Change the letters whose UIDs are in merged `ranges`; what does not change gets no new MODSEQ."""
    box = hold(tx, mailbox_id)
    done = Stored()
    if box is None:
        return done
    done.before, modseq = box.modseq, box.modseq + 1
    set_span = _set_rows if change.since == 0 or (change.keywords and change.how != "set") else _set_all
    changed = more = 0
    for first, last in ranges:
        span: Span = {"id": mailbox_id, "first": first, "last": last}
        if known and known < box.modseq:
            done.newer += _after(tx, span, known)
        if change.since is not None and change.since < box.modseq:
            done.modified += _modified(tx, span, change)
        count, unseen = set_span(tx, span, change, modseq)
        changed, more = changed + count, more + unseen
    if changed:
        done.modseq = modseq
        tx.run(
            "UPDATE mailbox SET modseq = :modseq, unseen = unseen + :more WHERE id = :id",
            {"modseq": modseq, "more": more, "id": mailbox_id},
        )
    return done


SPAN = "mailbox_id = :id AND uid BETWEEN :first AND :last"
ALL: dict[How, str] = {
    "add": f"UPDATE entry SET flags = flags | :mask, modseq = :modseq WHERE {SPAN} AND (flags & :mask) <> :mask",
    "remove": f"UPDATE entry SET flags = flags & ~:mask, modseq = :modseq WHERE {SPAN} AND (flags & :mask) <> 0",
    "set": f"""
UPDATE entry SET flags = (flags & ~:settable) | :mask, modseq = :modseq,
  keywords = CASE WHEN :words = 1 THEN :keywords ELSE keywords END
WHERE {SPAN} AND ((flags & :settable) <> :mask OR (:words = 1 AND keywords <> :keywords))
""",
}
ROWS = f"SELECT uid, flags, keywords, modseq FROM entry WHERE {SPAN} ORDER BY uid"
ROW = """
UPDATE entry SET flags = :flags, keywords = :keywords, modseq = :modseq WHERE mailbox_id = :id AND uid = :uid
"""


def _set_all(tx: Tx, span: Span, change: Change, modseq: int) -> tuple[int, int]:
    """How many changed, and how many more are without \\Seen now."""
    guard, values = ("", span) if change.since is None else (" AND modseq <= :since", span | {"since": change.since})
    more = _unseen(tx, values, guard, change)
    values = values | {"mask": change.mask, "modseq": modseq}
    if change.how == "set":
        settable = change.settable
        values |= {"keywords": change.words, "settable": settable.mask, "words": int(settable.keywords)}
    return tx.run(ALL[change.how] + guard, values), more


def _unseen(tx: Tx, span: Span, guard: str, change: Change) -> int:
    """How many more letters will be without \\Seen."""
    if not (change.settable.mask if change.how == "set" else change.mask) & SEEN:
        return 0
    seen = change.how != "remove" and bool(change.mask & SEEN)
    counted = f"SELECT count(*) FROM entry WHERE {SPAN} AND (flags & {SEEN}) {'=' if seen else '<>'} 0{guard}"
    count = int(single(tx.one(counted, span)) or 0)
    return -count if seen else count


def _set_rows(tx: Tx, span: Span, change: Change, modseq: int) -> tuple[int, int]:
    rows: list[dict[str, Value]] = []
    more = 0
    for uid, flags, words, at in tx.all(ROWS, span):
        new = change.of(flags, words)
        if new != (flags, words) and change.may(flags, words, at):
            more += (flags & SEEN) - (new[0] & SEEN)
            rows.append({"id": span["id"], "uid": uid, "flags": new[0], "keywords": new[1], "modseq": modseq})
    tx.many(ROW, rows)
    return len(rows), more


def _after(tx: Tx, span: Span, modseq: int) -> Sequence[int]:
    rows = tx.all(f"SELECT uid FROM entry WHERE {SPAN} AND modseq > :after ORDER BY uid", span | {"after": modseq})
    return [row[0] for row in rows]


def _modified(tx: Tx, span: Span, change: Change) -> Sequence[int]:
    assert change.since is not None
    if change.since:
        return _after(tx, span, change.since)
    return [uid for uid, flags, words, modseq in tx.all(ROWS, span) if not change.may(flags, words, modseq)]
