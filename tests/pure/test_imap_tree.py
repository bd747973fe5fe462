"""Which names LIST and LSUB tell: the examples of RFC 5258 §5, RFC 9051 §6.3.9.8 and RFC 3501 §6.3.9."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.access.imap.tree import Told, childinfo, fitting, levels, told
from pyeonji.proto.imap.command.list import List, matches


@dataclass(frozen=True)
class Box:
    special_use: str = ""
    selectable: bool = True


def boxes(*names, **special):
    return {name: Box(special.get(name, "")) for name in names}


def asked(patterns, selections="", returns="", **facts):
    patterns = (patterns,) if isinstance(patterns, str) else patterns
    facts = {"extended": bool(selections or returns)} | facts
    return List("", patterns, frozenset(selections.split()), frozenset(returns.split()), **facts)


def short(args, exist, subscribed=()):
    """ "name": the attributes that matter, "+" for CHILDINFO."""
    kept = {"\\NonExistent": "gone", "\\Subscribed": "sub", "\\HasChildren": "kids", "\\HasNoChildren": "none"}
    wants_children = "CHILDREN" in args.returns
    answer = {}
    for line in told(args, exist, frozenset(subscribed)):
        words = [kept.get(word, word) for word in line.attributes]
        words = [word for word in words if wants_children or word not in ("kids", "none")]
        if childinfo(args) and line.below:
            words.append("+")
        answer[line.name] = " ".join(sorted(words))
    return answer


FRUIT = boxes(
    "INBOX", "Fruit", "Fruit/Apple", "Fruit/Banana", "Tofu", "Vegetable", "Vegetable/Broccoli", "Vegetable/Corn"
)  # fmt: skip
FRUIT_SUBSCRIBED = ("INBOX", "Fruit/Banana", "Fruit/Peach", "Vegetable", "Vegetable/Broccoli")
FOO = boxes("INBOX", "Foo", "Foo/Bar", "Foo/Baz", "Moo")
BAZ = boxes(
    "INBOX", "foo2", "foo2/bar1", "foo2/bar2", "baz2", "baz2/bar2", "baz2/bar22", "baz2/bar222", "eps2", "eps2/mamba",
    "qux2/bar2",
)  # fmt: skip
BAZ_SUBSCRIBED = (
    "foo2/bar1", "foo2/bar2", "baz2/bar2", "baz2/bar22", "baz2/bar222", "eps2", "eps2/mamba", "qux2/bar2",
)  # fmt: skip

RFC5258 = {
    "2: names that are gone but subscribed to": (
        asked("*", "SUBSCRIBED"), FRUIT, FRUIT_SUBSCRIBED,
        {"INBOX": "sub", "Fruit/Banana": "sub", "Fruit/Peach": "gone sub", "Vegetable": "sub",
         "Vegetable/Broccoli": "sub"},
    ),
    "3: children": (
        asked("%", returns="CHILDREN"), FRUIT, (),
        {"INBOX": "none", "Fruit": "kids", "Tofu": "none", "Vegetable": "kids"},
    ),
    "6: subscriptions as a return option": (
        asked("*", returns="SUBSCRIBED"), FRUIT, FRUIT_SUBSCRIBED,
        {"INBOX": "sub", "Fruit": "", "Fruit/Apple": "", "Fruit/Banana": "sub", "Tofu": "", "Vegetable": "sub",
         "Vegetable/Broccoli": "sub", "Vegetable/Corn": ""},
    ),
    "7: several patterns": (
        asked(("INBOX", "Drafts", "Sent/%")),
        boxes("INBOX", "Drafts", "Sent", "Sent/March2004", "Sent/August2004", "Sent/August2004/x", "Other"), (),
        {"INBOX": "", "Drafts": "", "Sent/March2004": "", "Sent/August2004": ""},
    ),
    "8A: no recursion": (asked("*", "SUBSCRIBED"), FOO, ["Foo/Baz"], {"Foo/Baz": "sub"}),
    "8A: nothing at the top": (asked("%", "SUBSCRIBED"), FOO, ["Foo/Baz"], {}),
    "8A: recursion": (asked("%", "SUBSCRIBED RECURSIVEMATCH"), FOO, ["Foo/Baz"], {"Foo": "+"}),
    "8A1": (asked("%", "SUBSCRIBED RECURSIVEMATCH"), FOO, ["Foo", "Foo/Baz"], {"Foo": "+ sub"}),
    "8A2": (asked("%", "SUBSCRIBED RECURSIVEMATCH"), boxes("INBOX", "Foo/Bar", "Foo/Baz", "Moo"), ["Foo/Baz"],
            {"Foo": "+ gone"}),
    "8B": (asked("%", "SUBSCRIBED RECURSIVEMATCH"), FOO, [], {}),
    "8C": (asked("%", "SUBSCRIBED RECURSIVEMATCH", "CHILDREN"), FOO, ["Foo", "Moo"],
           {"Foo": "kids sub", "Moo": "none sub"}),
    "9": (
        asked("*2", "RECURSIVEMATCH SUBSCRIBED"), BAZ, BAZ_SUBSCRIBED,
        {"foo2": "+", "foo2/bar2": "sub", "baz2/bar2": "sub", "baz2/bar22": "sub", "baz2/bar222": "sub",
         "eps2": "+ sub", "qux2/bar2": "sub"},
    ),
    "10: the empty pattern is passed over": (asked(("foo", "foo/*", ""), "SUBSCRIBED", extended=True), boxes("foo"),
                                             ["foo/bar"], {"foo/bar": "gone sub"}),
    "10: CHILDINFO without children": (asked("foo", "SUBSCRIBED RECURSIVEMATCH", "CHILDREN"), boxes("foo"),
                                       ["foo/bar"], {"foo": "+ none"}),
    "11: a level that is no mailbox": (asked("%", extended=True), boxes("music/rock"), (), {"music": "gone"}),
    "11: told once is enough": (asked(("%", "music/rock")), boxes("music/rock"), (), {"music/rock": ""}),
    "a star finds what is below, and needs no level": (asked("*"), boxes("music/rock"), (), {"music/rock": ""}),
    "a level asked for by name": (asked("music", extended=True), boxes("music/rock"), (), {"music": "gone"}),
    "a level, by the one word for it that RFC 3501 has": (asked("%"), boxes("music/rock"), (), {"music": "\\Noselect"}),
    "a level, by that of RFC 9051": (asked("%", rev2=True), boxes("music/rock"), (), {"music": "gone"}),
    "special use": (asked("*", "SPECIAL-USE"), boxes("Sent", "a/b", **{"a/b": "\\Junk"}), (), {"a/b": "\\Junk"}),
    "special use below": (asked("%", "SPECIAL-USE RECURSIVEMATCH"), boxes("a", "a/b", **{"a/b": "\\Junk"}), (),
                          {"a": "+"}),
    "both criteria": (asked("*", "SPECIAL-USE SUBSCRIBED"), boxes("a", "b", a="\\Junk", b="\\Sent"), ["b"],
                      {"b": "\\Sent sub"}),
}  # fmt: skip


@pytest.mark.parametrize("example", RFC5258)
def test_list_as_the_examples_have_it(example):
    args, exist, subscribed, wanted = RFC5258[example]
    assert short(args, exist, subscribed) == wanted


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("*", {"foo/bar": "", "moo": ""}),
        ("%", {"foo": "\\Noselect", "moo": ""}),
        ("foo", {}),
        ("foo/%", {"foo/bar": ""}),
        ("%o", {"foo": "\\Noselect", "moo": ""}),
        ("*o", {"moo": ""}),
    ],
)
def test_lsub_tells_a_level_only_where_percent_stops(pattern, wanted):
    args = asked(pattern, subscribed_only=True)
    assert short(args, boxes("foo", "foo/bar", "moo"), ["foo/bar", "moo"]) == wanted


def test_a_mailbox_nobody_may_open_is_marked():
    (line,) = told(asked("*"), {"a": Box(selectable=False)}, ())
    assert line == Told("a", ("\\Noselect", "\\HasNoChildren"), True, False)


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("inbox", "INBOX", True),
        ("Inb%", "INBOX", True),
        ("inb*", "INBOX", True),
        ("iNbOx/*", "INBOX/a", False),  # the grammar has written the top level in capitals already
        ("inbo", "INBOX", False),
        ("i", "inbox2", False),
        ("Work/%", "Work/a/b", False),
        ("Work/%", "Work/a", True),
        ("Work/%", "Work", False),
        ("work/*", "Work/a", False),
    ],
)
def test_inbox_alone_fits_in_any_case(pattern, name, fits):
    assert fitting([pattern])(name) is fits


LETTERS = st.text("ab/", max_size=8)
PATTERNS = st.text("ab/*%", max_size=8)


@given(st.lists(PATTERNS, max_size=3), LETTERS)
def test_the_short_ways_decide_as_the_walk_does(patterns, name):
    assert fitting(patterns)(name) is any(matches(pattern, name) for pattern in patterns)


NAMES = st.sets(st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join), max_size=8)


@given(NAMES, NAMES, PATTERNS, st.booleans())
def test_recursion_finds_all_that_meets_the_criteria(exist, subscribed, pattern, recursive):
    """Whatever is subscribed to and fits is told; with RECURSIVEMATCH each level that fits leads to it."""
    args = asked(pattern, "SUBSCRIBED" + " RECURSIVEMATCH" * recursive)
    lines = {line.name: line for line in told(args, boxes(*exist), subscribed)}
    fits = fitting([pattern])
    assert {name for name, line in lines.items() if line.meets} == {name for name in subscribed if fits(name)}
    for name, line in lines.items():
        assert fits(name)
        assert ("\\NonExistent" in line.attributes) is (name not in exist)
        assert line.below is any(other.startswith(name + "/") for other in subscribed)
        assert line.meets or recursive
    if recursive:
        hidden = {name for name in subscribed if not fits(name)}
        assert {name for name in levels(hidden) if fits(name)} <= lines.keys()
