"""SORT and THREAD over the facts of a mailbox (RFC 5256, RFC 5957); what was made of all letters is kept with them."""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from pyeonji.message import thread
from pyeonji.message.thread import Forest
from pyeonji.proto.imap.command.sort import Criterion
from pyeonji.search.known import FactColumns
from pyeonji.search.places import Places
from pyeonji.store.columns import Columns

T = TypeVar("T")


class Column(Protocol):
    """Values by place."""

    def __getitem__(self, place: int, /) -> Any: ...


OF_FACTS = {  # what each criterion compares
    "CC": "copied", "DATE": "sent_us", "FROM": "authors", "SUBJECT": "subjects", "TO": "recipients",
    "DISPLAYFROM": "authors_shown", "DISPLAYTO": "recipients_shown",
}  # fmt: skip
OF_COLUMNS = {"ARRIVAL": "dates", "SIZE": "sizes"}
NO_SCORES: Mapping[int, int] = {}
NEEDS_NO_FACTS = frozenset({*OF_COLUMNS, "RELEVANCY"})
STEP = 20_000  # letters sorted at once: nothing else runs meanwhile, in no thread
PARTS = 32  # into which more letters are parted before they are sorted
FEW = 500  # letters that are put into a kept order one by one


def ordered(
    criteria: Sequence[Criterion],
    letters: Columns,
    known: FactColumns,
    among: Places,
    scores: Mapping[int, int] = NO_SCORES,
) -> Places:
    """These places in the order of the criteria, at last in that of the mailbox.  `scores`: RELEVANCY, by place."""
    *others, last = criteria
    if last.by in OF_FACTS and len(among) == len(known):
        found: Places = _kept_order(last, known)
    else:
        found = in_order(among, _column(last, letters, known, scores), _is_reverse(last))
    for criterion in reversed(others):
        found = in_order(found, _column(criterion, letters, known, scores), _is_reverse(criterion))
    return found


def precedes(criteria: Sequence[Criterion], letters: Columns, known: FactColumns) -> Callable[[int, int], bool]:
    """Does the letter at one place come before that at another, as `ordered` has them?  Not by RELEVANCY."""
    columns = [(_column(criterion, letters, known, NO_SCORES), criterion.reverse) for criterion in criteria]

    def comes_before(place: int, other: int) -> bool:
        for column, reverse in columns:
            mine, its = column[place], column[other]
            if mine != its:
                return bool(mine > its if reverse else mine < its)
        return place < other

    return comes_before


def in_order(among: Places, column: Column, reverse: bool) -> Places:
    """A stable sort in steps."""
    if len(among) <= STEP:
        return sorted(among, key=column.__getitem__, reverse=reverse)
    sample = sorted(column[among[index]] for index in range(0, len(among), max(1, len(among) // 1024)))
    borders = sample[:: max(1, len(sample) // PARTS)][1:]
    parts: list[list[int]] = [[] for _ in range(len(borders) + 1)]
    for place in among:
        parts[bisect_right(borders, column[place])].append(place)
    found: list[int] = []
    for part in reversed(parts) if reverse else parts:
        found += sorted(part, key=column.__getitem__, reverse=reverse)
    return found


def _is_reverse(criterion: Criterion) -> bool:
    return criterion.reverse is not (criterion.by == "RELEVANCY")  # the most relevant come first, RFC 6203 §4


def _column(criterion: Criterion, letters: Columns, known: FactColumns, scores: Mapping[int, int]) -> Column:
    if criterion.by == "RELEVANCY":
        return scores
    source, names = (letters, OF_COLUMNS) if criterion.by in OF_COLUMNS else (known, OF_FACTS)
    column: Column = getattr(source, names[criterion.by])
    return column


def _kept_order(criterion: Criterion, known: FactColumns) -> Places:
    """All letters in the order of one criterion, which is kept: it is asked for again and again."""
    column = getattr(known, OF_FACTS[criterion.by])
    kept, count = known.orders.get(criterion), len(known)
    if kept is None or count - len(kept) > FEW:
        kept = known.orders[criterion] = array("I", in_order(range(count), column, criterion.reverse))
    for place in range(len(kept), count):
        kept.insert(_place_in(kept, column, place, criterion.reverse), place)
    return array("I", kept)


def _place_in(order: "array[int]", column: Column, place: int, reverse: bool) -> int:
    """Where the last letter of the mailbox belongs: behind all that are equal."""
    value, low, high = column[place], 0, len(order)
    while low < high:
        middle = (low + high) // 2
        other = column[order[middle]]
        if (other < value) if reverse else (value < other):
            high = middle
        else:
            low = middle + 1
    return low


def threaded(algorithm: str, letters: Columns, known: FactColumns, among: Places) -> Forest:
    """These places as conversations; numbers from the count of letters on stand for letters that are not there."""
    whole = len(among) == len(known)
    if whole and algorithm in known.forests:
        return known.forests[algorithm]

    def rows(column: Sequence[T]) -> Sequence[T]:
        return column if whole else [column[place] for place in among]

    forest = ALGORITHMS[algorithm](thread.Letters(
        rows(known.message_ids), rows(known.references), rows(known.subjects), rows(known.answers),
        rows(letters.dates if algorithm == "REFS" else known.sent_us),
    ))  # fmt: skip
    if whole:
        known.forests[algorithm] = forest
        return forest
    return _at_places(forest, among, len(known))


def _at_places(forest: Forest, among: Places, count: int) -> Forest:
    """Numbers within `among` become places."""
    chosen = len(among)

    def place(node: int) -> int:
        return among[node] if node < chosen else node - chosen + count

    children = {place(node): [place(child) for child in inside] for node, inside in forest.children.items()}
    return Forest([place(root) for root in forest.roots], children)


ALGORITHMS = {"REFERENCES": thread.references, "REFS": thread.refs, "ORDEREDSUBJECT": thread.ordered_subject}
