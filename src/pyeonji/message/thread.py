"""Letters as conversations: REFERENCES and ORDEREDSUBJECT (RFC 5256 §4), REFS (draft-ietf-morg-inthread).

Letters are numbers from 0, in the order of the mailbox; numbers from the count of letters on stand for letters that
others name and that are not there ("dummies").  Iterative and nearly linear, however long a conversation is and
whatever ids its letters invent: whether a link would close a loop is asked of sets of linked letters, which only grow.

Where the RFC links letter by letter, all letters are linked to the last of their own references first, and then the
others where nothing is linked yet.  That gives the same trees, unless a letter is named among its own ancestors.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Forest:
    """`roots` are the first letters of the threads in their order, `children` the answers to a letter in theirs."""

    roots: list[int] = field(default_factory=list)
    children: dict[int, list[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Letters:
    """What threading compares, a row for each letter: ids as numbers (0: none), base subjects as `folded`, instants."""

    ids: Sequence[int]
    references: Sequence[tuple[int, ...]]  # oldest first
    subjects: Sequence[str]
    answers: Sequence[int]  # true: the subject said that it is an answer or a forward
    instants: Sequence[int]


def ordered_subject(letters: Letters) -> Forest:
    """RFC 5256 §4, ORDEREDSUBJECT."""
    instants, subjects = letters.instants, letters.subjects
    forest = Forest()
    first_of: dict[str, int] = {}
    for letter in sorted(range(len(instants)), key=instants.__getitem__):
        first = first_of.setdefault(subjects[letter], letter)
        if first == letter:
            forest.roots.append(letter)
        else:
            forest.children.setdefault(first, []).append(letter)
    return forest


def references(letters: Letters) -> Forest:
    """RFC 5256 §4, REFERENCES."""
    forest = _linked(letters)
    instants = letters.instants
    _sort_children(forest, instants)
    forest.roots.sort(key=_instant_of(forest, instants))
    _gather_subjects(forest, letters)
    _sort_children(forest, instants)
    forest.roots.sort(key=_instant_of(forest, instants))
    return forest


def refs(letters: Letters) -> Forest:
    """By references alone; the conversation in which something came last comes last."""
    forest = _linked(letters)
    instants = letters.instants
    _sort_children(forest, instants)
    latest: dict[int, int] = {}
    for root in forest.roots:
        latest[root] = max((instants[letter] for letter in _below(forest, root) if letter < len(instants)), default=0)
    forest.roots.sort(key=latest.__getitem__)
    return forest


def _below(forest: Forest, root: int) -> list[int]:
    """A letter and all under it."""
    found = [root]
    for letter in found:
        found += forest.children.get(letter, ())
    return found


def _instant_of(forest: Forest, instants: Sequence[int]) -> Callable[[int], int]:
    """The instant of a letter; of one that is not there, that of the first answer."""
    count, children = len(instants), forest.children
    return lambda letter: instants[letter] if letter < count else instants[children[letter][0]]


def _sort_children(forest: Forest, instants: Sequence[int]) -> None:
    """By instant; only letters that are there have a place among others, apart from the first of a thread."""
    for siblings in forest.children.values():
        if len(siblings) > 1:
            siblings.sort()
            siblings.sort(key=instants.__getitem__)


# ── steps 1 to 3: links, and what is not there ──


def _linked(letters: Letters) -> Forest:
    parents = _Links(letters).parents
    return _pruned(parents, len(letters.ids))


class _Links:
    """The parent of each letter, -1 where it has none (step 1)."""

    def __init__(self, letters: Letters) -> None:
        count = len(letters.ids)
        self.parents = [-1] * count
        self._sets = list(range(count))  # a letter of the same set, up to the first letter of its tree
        self._node: dict[int, int] = {}
        for letter, own in enumerate(letters.ids):
            if own:
                self._node.setdefault(own, letter)  # of two with one id the first has it
        several = []
        for letter, named in enumerate(letters.references):
            if named:
                self._link(self._of(named[-1]), letter)
                if len(named) > 1:
                    several.append(letter)
        for letter in several:
            self._link_others(letter, letters.references, count)

    def _link_others(self, letter: int, named: Sequence[tuple[int, ...]], count: int) -> None:
        """Step 1.A for one letter, where the ancestors have no parent yet.

        One that is there and names none itself loses what earlier letters said of it (1.B), not what later ones say.
        """
        parents = self.parents
        before = self._of(named[letter][0])
        for other in named[letter][1:]:
            node = self._of(other)
            if parents[node] < 0 and (node >= count or letter > node):
                self._link(before, node)
            before = node

    def _of(self, number: int) -> int:
        """The letter of an id; one that is not there is made up."""
        node = self._node.get(number)
        if node is None:
            node = self._node[number] = len(self.parents)
            self.parents.append(-1)
            self._sets.append(node)
        return node

    def _link(self, parent: int, child: int) -> None:
        """Unless that closes a loop.  The child has no parent, so it is the first of its tree."""
        first = self._first(parent)
        if first != child:
            self.parents[child] = parent
            self._sets[child] = first

    def _first(self, letter: int) -> int:
        """The first letter of a tree; the way is shortened for who asks next."""
        sets = self._sets
        while sets[letter] != letter:
            sets[letter] = letter = sets[sets[letter]]
        return letter


def _pruned(parents: list[int], count: int) -> Forest:
    """Steps 2 and 3: letters that are not there stay only at the top, with at least two answers."""
    forest = Forest()
    children = forest.children
    above = _nearest(parents, count)
    for letter in range(count):
        parent = above[letter]
        if parent >= 0:
            children.setdefault(parent, []).append(letter)
    for letter in range(count):
        if above[letter] < 0:
            forest.roots.append(letter)
    for dummy in range(count, len(parents)):
        answers = children.get(dummy, [])
        if len(answers) > 1:
            forest.roots.append(dummy)
        elif answers:
            forest.roots += children.pop(dummy)
    forest.roots.sort()
    return forest


def _nearest(parents: list[int], count: int) -> list[int]:
    """For each letter: the nearest ancestor that is there, or the topmost that is not, or -1."""
    above = list(parents)
    for dummy in range(count, len(parents)):  # dummies first: each way through dummies is walked once
        way = []
        node = dummy
        while above[node] >= count:
            way.append(node)
            node = above[node]
        # `node` is a dummy whose parent is there, or has none.
        end = above[node] if above[node] >= 0 else node
        for passed in way:
            above[passed] = end
    for letter in range(count):
        parent = above[letter]
        if parent >= count and above[parent] >= 0:
            above[letter] = above[parent]
    return above


# ── step 5: threads of one subject ──


def _gather_subjects(forest: Forest, letters: Letters) -> None:
    count, children = len(letters.ids), forest.children
    subjects = [letters.subjects[root if root < count else children[root][0]] for root in forest.roots]
    chosen = _chosen(forest, subjects, letters)
    gone: set[int] = set()
    replaced: dict[int, int] = {}
    next_dummy = max([count - 1, *forest.roots, *children]) + 1
    for root, subject in zip(forest.roots, subjects, strict=True):
        if not subject or chosen[subject] == root:
            continue
        other = chosen[subject]
        gone.add(root)
        if other >= count:
            children[other] += children.pop(root) if root >= count else [root]
        elif root < count and letters.answers[root] and not letters.answers[other]:
            children.setdefault(other, []).append(root)
        else:
            answers = children.pop(root) if root >= count else [root]
            children[next_dummy] = [other, *answers]
            replaced[other] = chosen[subject] = next_dummy
            next_dummy += 1
    forest.roots = [replaced.get(root, root) for root in forest.roots if root not in gone]


def _chosen(forest: Forest, subjects: Sequence[str], letters: Letters) -> dict[str, int]:
    """The subject table (step 5.B): the thread that others of its subject join."""
    count, answers = len(letters.ids), letters.answers
    table: dict[str, int] = {}
    for root, subject in zip(forest.roots, subjects, strict=True):
        known = table.get(subject)
        better = known is not None and known < count and (root >= count or (answers[known] and not answers[root]))
        if known is None or better:
            table[subject] = root
    return table
