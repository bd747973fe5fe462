"""What SEARCH, SORT and THREAD answer (RFC 9051 §7.3.4; RFC 4731, RFC 5256, RFC 5267, RFC 7377, RFC 9394)."""

from collections.abc import Iterable, Mapping, Sequence

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


_CLOSE = -1  # a node n that opens a parenthesis of its own is written as _CLOSE - 1 - n


def thread(roots: Iterable[int], children: Mapping[int, Sequence[int]], numbers: Mapping[int, int]) -> bytes:
    """The answer to THREAD, RFC 5256 §4, however long a conversation is.

    `children` of a node are the answers to it.  A node without
    a number is a message that is not there, but has answers.
    """
    names = {node: str(number) for node, number in numbers.items()}
    out: list[str] = []
    for root in roots:
        if root in children:
            out += "(", *_conversation(root, children, names), ")"
        else:
            out.append(f"({names[root]})")
    return data(b"THREAD " + "".join(out).encode("ascii") if out else b"THREAD")


def _conversation(root: int, children: Mapping[int, Sequence[int]], names: Mapping[int, str]) -> list[str]:
    out: list[str] = []
    waiting = [root]  # what is still to be written, the next thing last
    while waiting:
        node = waiting.pop()
        if node == _CLOSE:
            out.append(")")
            continue
        if node < _CLOSE:
            out.append("(")
            node = _CLOSE - 1 - node
        name, answers = names.get(node, ""), children.get(node, ())
        if name:
            out.append(f"{name} " if answers else name)
        if len(answers) == 1:
            waiting += answers
        else:
            for answer in reversed(answers):
                waiting += _CLOSE, _CLOSE - 1 - answer
    return out
