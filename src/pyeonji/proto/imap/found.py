"""What SEARCH, SORT and THREAD answer (RFC 9051 §7.3.4; RFC 4731, RFC 5256, RFC 5267, RFC 7377, RFC 9394)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pyeonji.proto.imap.numbers import Partial, compact, compact_in_order
from pyeonji.proto.imap.response import data, mailbox


def search(found: Iterable[int], modseq: int | None = None) -> bytes:
    """The plain answer to SEARCH, RFC 3501 §7.2.5; with the highest MODSEQ found where one was asked for (RFC 7162)."""
    words = [b"SEARCH", *_spaced(found)]
    if modseq is not None:
        words.append(b"(MODSEQ %d)" % modseq)
    return data(b" ".join(words))


def sort(found: Iterable[int], modseq: int | None = None) -> bytes:
    """The plain answer to SORT, RFC 5256 §4."""
    words = [b"SORT", *_spaced(found)]
    if modseq is not None:
        words.append(b"(MODSEQ %d)" % modseq)
    return data(b" ".join(words))


def _spaced(found: Iterable[int]) -> list[bytes]:
    """Numbers as one word, none of none: by one template, in a third of the time of a word for each."""
    numbers = tuple(found)
    return [("%d " * len(numbers) % numbers).rstrip().encode("ascii")] if numbers else []


def esearch(
    tag: str, items: Iterable[bytes], *, uid: bool, where: tuple[str, int] | None = None, utf8: bool = False
) -> bytes:
    """The answer of RFC 4731 §3.1, its items as printed below; `where` is (mailbox, UIDVALIDITY) in RFC 7377 §2.1."""
    correlator = b'TAG "%b"' % tag.encode("ascii")
    if where is not None:
        name, uidvalidity = where
        correlator += b" MAILBOX %b UIDVALIDITY %d" % (mailbox(name, utf8=utf8), uidvalidity)
    words = [b"ESEARCH (%b)" % correlator, *((b"UID",) if uid else ()), *items]
    return data(b" ".join(words))


def number_item(name: str, value: int) -> bytes:
    """MIN, MAX, COUNT or MODSEQ."""
    return b"%b %d" % (name.encode("ascii"), value)


def all_item(found: Iterable[int], *, in_order: bool = False) -> bytes:
    """ALL, of at least one; `in_order` for SORT, where the order says something (RFC 5267 §3)."""
    return b"ALL " + (compact_in_order(found) if in_order else compact(found))


def partial_item(partial: Partial, found: Iterable[int], *, in_order: bool = False) -> bytes:
    """PARTIAL, RFC 9394 §3.1; `found` are those within the range."""
    numbers = compact_in_order(found) if in_order else compact(found)
    return b"PARTIAL (%b %b)" % (str(partial).encode("ascii"), numbers or b"NIL")


def relevancy_item(scores: Iterable[int]) -> bytes:
    """RELEVANCY, from 1 to 100 for each result in its order (RFC 6203 §4)."""
    return b"RELEVANCY (%b)" % b" ".join([b"%d" % score for score in scores])


def added_item(changes: Iterable[tuple[int, Sequence[int]]]) -> bytes:
    """ADDTO: at these places (from 1; 0 where order does not matter) come these numbers, RFC 5267 §4.3.2."""
    return b"ADDTO (%b)" % _changes(changes)


def removed_item(changes: Iterable[tuple[int, Sequence[int]]]) -> bytes:
    """REMOVEFROM: from these places go these numbers, RFC 5267 §4.3.3."""
    return b"REMOVEFROM (%b)" % _changes(changes)


def _changes(changes: Iterable[tuple[int, Sequence[int]]]) -> bytes:
    return b" ".join([b"%d %b" % (place, compact_in_order(numbers)) for place, numbers in changes])


@dataclass(slots=True)
class Branch:
    """A message and the answers to it; None stands for a message that is not there, but has answers (RFC 5256 §4)."""

    number: int | None
    answers: "list[Branch]" = field(default_factory=list)


def thread(branches: Iterable[Branch]) -> bytes:
    """The answer to THREAD, RFC 5256 §4, however long a conversation is."""
    text = _threads(branches)
    return data(b"THREAD " + text if text else b"THREAD")


def _threads(branches: Iterable[Branch]) -> bytes:
    out: list[bytes] = []
    waiting = _in_parentheses(branches)  # what is still to be written, the next thing last
    while waiting:
        piece = waiting.pop()
        if isinstance(piece, bytes):
            out.append(piece)
            continue
        if piece.number is not None:
            out.append(b"%d " % piece.number if piece.answers else b"%d" % piece.number)
        waiting += piece.answers if len(piece.answers) == 1 else _in_parentheses(piece.answers)
    return b"".join(out)


def _in_parentheses(branches: Iterable[Branch]) -> list[Branch | bytes]:
    return [piece for branch in branches for piece in (b"(", branch, b")")][::-1]
