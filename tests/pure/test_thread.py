"""Conversations: the steps of RFC 5256, and no end of hostile ones."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.message.thread import Letters, ordered_subject, references, refs


def letters(*rows):
    """Rows of (id, references, subject[, instant]); "Re: " in front of a subject says that it is an answer."""
    ids, named, subjects, answers, instants = [], [], [], [], []
    for place, (own, ancestors, subject, *instant) in enumerate(rows):
        ids.append(ord(own) if own else 0)
        named.append(tuple(map(ord, ancestors)))
        subjects.append(subject.removeprefix("Re: "))
        answers.append(subject.startswith("Re: "))
        instants.append(instant[0] if instant else place)
    return Letters(ids, named, subjects, answers, instants)


def shown(forest, count):
    """As THREAD says it, letters counted from 1."""

    def tree(node):
        inside = [tree(child) for child in forest.children.get(node, [])]
        head = [] if node >= count else [str(node + 1)]
        if len(inside) == 1:
            return " ".join([*head, inside[0]])
        return " ".join([*head, "".join(f"({one})" for one in inside)]) if inside else head[0]

    return "".join(f"({tree(root)})" for root in forest.roots)


REFERENCES = [
    ([], ""),
    ([("a", "", "x")], "(1)"),
    ([("a", "", "x"), ("b", "a", "Re: x")], "(1 2)"),
    ([("b", "a", "Re: x"), ("a", "", "x")], "(2 1)"),
    ([("a", "", "x"), ("b", "a", "Re: x"), ("c", "ab", "Re: x"), ("d", "a", "Re: x")], "(1 (2 3)(4))"),
    # An ancestor that is not there: its only answer stands for it, several hang together.
    ([("b", "a", "y")], "(1)"),
    ([("b", "a", "y"), ("c", "a", "z")], "((1)(2))"),
    ([("c", "ab", "y"), ("d", "ab", "z")], "((1)(2))"),
    ([("c", "ab", "y"), ("e", "ad", "z")], "((1)(2))"),
    ([("c", "ab", "y"), ("d", "abc", "y"), ("e", "a", "z")], "((1 2)(3))"),
    # Truncated References: what stands there is not parent and child for sure, the last one is.
    ([("a", "", "x"), ("b", "a", "y"), ("c", "b", "z"), ("d", "ac", "w")], "(1 2 3 4)"),
    # Who names no ancestor has none, unless a later letter says so.
    ([("c", "ab", "w"), ("b", "", "y"), ("a", "", "x")], "(2 1)(3)"),
    ([("a", "", "x"), ("b", "", "y"), ("c", "ab", "w")], "(1 2 3)"),
    # Of two letters with one id the first has it.
    ([("a", "", "x"), ("a", "", "y"), ("b", "a", "Re: x")], "(1 3)(2)"),
    ([(None, "", "x"), (None, "", "y")], "(1)(2)"),
    # Nobody is his own ancestor.
    ([("a", "a", "x")], "(1)"),
    ([("a", "b", "x"), ("b", "a", "y")], "(2 1)"),
    ([("a", "c", "x"), ("b", "a", "y"), ("c", "b", "z")], "(3 1 2)"),
    # One subject, no references: step 5.
    ([("a", "", "x"), ("b", "", "Re: x")], "(1 2)"),
    ([("a", "", "Re: x"), ("b", "", "x")], "(2 1)"),
    ([("a", "", "x"), ("b", "", "x")], "((1)(2))"),
    ([("a", "", "Re: x"), ("b", "", "Re: x")], "((1)(2))"),
    ([("a", "", ""), ("b", "", "")], "(1)(2)"),
    ([("b", "a", "x"), ("c", "a", "x"), ("d", "", "x")], "((1)(2)(3))"),
    ([("d", "", "x"), ("b", "a", "x"), ("c", "a", "x")], "((1)(2)(3))"),
    ([("b", "a", "x"), ("c", "a", "y"), ("e", "d", "x"), ("f", "d", "z")], "((1)(2)(3)(4))"),
    ([("a", "", "x"), ("b", "", "x"), ("c", "", "Re: x"), ("d", "", "x")], "((1)(2)(3)(4))"),
    # Siblings and threads are in the order of their dates, equal dates in that of the mailbox.
    ([("a", "", "x", 9), ("b", "a", "y", 8), ("c", "a", "z", 7), ("d", "", "w", 5)], "(4)(1 (3)(2))"),
    ([("a", "", "x", 1), ("b", "", "y", 1), ("c", "", "z", 0)], "(3)(1)(2)"),
    ([("b", "a", "y", 9), ("c", "a", "z", 3), ("d", "", "w", 5)], "((2)(1))(3)"),
]


@pytest.mark.parametrize(("rows", "threads"), REFERENCES)
def test_letters_are_threaded_by_references_then_by_subject(rows, threads):
    assert shown(references(letters(*rows)), len(rows)) == threads


SUBJECTS = [
    ([("a", "", "x"), ("b", "", "y"), ("c", "a", "Re: x"), ("d", "", "x")], "(1 (3)(4))(2)"),
    ([("a", "", "x", 5), ("b", "", "x", 3), ("c", "", "y", 4)], "(2 1)(3)"),
    ([("a", "", ""), ("b", "", "")], "(1 2)"),
]


@pytest.mark.parametrize(("rows", "threads"), SUBJECTS)
def test_poor_mans_threading_looks_at_subjects_only(rows, threads):
    assert shown(ordered_subject(letters(*rows)), len(rows)) == threads


def test_the_conversation_in_which_something_came_last_comes_last():
    rows = [("a", "", "x", 1), ("b", "", "y", 2), ("c", "a", "x", 3), ("d", "", "x", 0)]
    assert shown(refs(letters(*rows)), 4) == "(4)(2)(1 3)"


def every(forest):
    """All letters of a forest, each as often as it is there; fails on a loop."""
    waiting, found = list(forest.roots), []
    while waiting:
        node = waiting.pop()
        found.append(node)
        assert len(found) < 10_000
        waiting += forest.children.get(node, [])
    return found


IDS = st.sampled_from(["a", "b", "c", "d", "e", None])
ROWS = st.lists(
    st.tuples(IDS, st.text("abcdefg", max_size=4), st.sampled_from(["x", "Re: x", "y", ""]), st.integers(0, 3)),
    max_size=12,
)


@pytest.mark.parametrize("algorithm", [references, refs, ordered_subject])
@given(rows=ROWS)
def test_every_letter_is_in_one_thread_once(algorithm, rows):
    forest = algorithm(letters(*rows))
    count = len(rows)
    found = every(forest)
    assert sorted(node for node in found if node < count) == list(range(count))
    for node in found:
        assert node < count or (node in forest.roots and len(forest.children[node]) > 1)


@given(rows=ROWS)
def test_an_answer_hangs_under_the_letter_it_answers(rows):
    table = letters(*rows)
    forest = refs(table)
    first = {}
    for letter, own in enumerate(table.ids):
        first.setdefault(own, letter)
    parent = {child: node for node, children in forest.children.items() for child in children}
    for letter, named in enumerate(table.references):
        above = first.get(named[-1]) if named else None
        if above is not None and parent.get(letter) != above:
            ancestors, node = set(), above
            while node in parent and node not in ancestors:
                ancestors.add(node)
                node = parent[node]
            assert letter in {*ancestors, node}  # only a loop keeps it away


HOSTILE = {
    "one long conversation": lambda n: (range(1, n + 1), [(k,) if k else () for k in range(n)]),
    "the same backwards": lambda n: (range(n, 0, -1), [(k - 1,) if k > 1 else () for k in range(n, 0, -1)]),
    "a ring": lambda n: (range(1, n + 1), [((k - 2) % n + 1,) for k in range(1, n + 1)]),
    "strangers only": lambda n: ([0] * n, [tuple(range(k * 10 + 1, k * 10 + 11)) for k in range(n)]),
    "a chain of strangers": lambda n: ([0] * n, [(k + 1, k + 2, k + 3) for k in range(n)]),
    "everybody answers one": lambda n: (range(1, n + 1), [(1,)] * n),
    "one subject": lambda n: ([0] * n, [()] * n),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_conversation_takes_long(kind):
    n = 20_000
    ids, named = HOSTILE[kind](n)
    started = time.process_time()
    for algorithm in (references, refs, ordered_subject):
        algorithm(Letters(list(ids), named, ["x"] * n, [False] * n, range(n)))
    assert time.process_time() - started < 3
