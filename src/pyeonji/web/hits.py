"""What a search finds in one home, whatever was typed: a number, an address, a subject, a server, a code, a cause."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyeonji.journey.receipt import NotAReceipt, compact, parse_receipt
from pyeonji.store import finding, support
from pyeonji.store.engine.base import Tx
from pyeonji.store.finding import Days, Whose
from pyeonji.store.support import SupportCode


@dataclass(frozen=True, slots=True)
class Hits:
    """Letters that were found; `limited`: only so many of the latest were looked at, 0 for all there are.

    `looked_for`: words that somebody must be able to read in a letter to find it by them.
    """

    numbers: Sequence[int]
    limited: int = 0
    looked_for: str = ""
    support: SupportCode | None = None


def find(tx: Tx, query: str, whose: Whose, days: Days) -> Hits:
    """By whatever it looks like; the surest first."""
    if not query:
        return Hits(finding.latest(tx, whose, days))
    try:
        number = parse_receipt(query).number
    except NotAReceipt:
        return _by_text(tx, query, whose, days)
    code = support.find(tx, compact(number)) if not whose.login else None
    if code is not None:
        return Hits([code.message_id] if code.message_id else [], support=code)
    return Hits([number])


def _by_text(tx: Tx, query: str, whose: Whose, days: Days) -> Hits:
    if "@" in query:
        found = finding.by_message_id(tx, query if query.startswith("<") else f"<{query}>", whose)
        if found:
            return Hits(found)
        address = query.strip("<>").casefold()
        return Hits(finding.by_address(tx, address, whose, days), looked_for=address)
    subjects = finding.by_subject(tx, query, whose, days)
    if subjects and "." not in query:  # a server, a code or a cause stands in subjects of bounces, too
        return Hits(subjects, finding.SUBJECTS)
    words = finding.by_words(tx, query, whose, days)
    return Hits(sorted({*subjects, *words}, reverse=True)[: finding.MOST], finding.WORDS, looked_for=query)
