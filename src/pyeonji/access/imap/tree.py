"""Which names LIST and LSUB tell, and what they say about each (RFC 9051 §6.3.9, RFC 5258, RFC 3501 §6.3.9).

Pure: names and sets of names go in.  A *level* is a name with something below it; where it is no mailbox itself, it is
told only as far as a client needs it to find what is below.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from pyeonji.proto.imap.command.list import List, collapsed, matches
from pyeonji.proto.imap.names import INBOX, SEPARATOR

CRITERIA = ("SUBSCRIBED", "SPECIAL-USE")  # selection options that a name meets or not; in the order of CHILDINFO


class Known(Protocol):
    """What the tree must know of a mailbox."""

    @property
    def special_use(self) -> str: ...
    @property
    def selectable(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Told:
    """One name of the answer.  `meets`: the criteria, by itself; `below`: something below it meets them."""

    name: str
    attributes: tuple[str, ...]
    meets: bool
    below: bool


def told(args: List, boxes: Mapping[str, Known], subscribed: Collection[str]) -> Iterator[Told]:
    """In order.  `boxes` are the mailboxes this visitor may know of."""
    by_subscription = args.subscribed_only or "SUBSCRIBED" in args.selections
    meeting = set(subscribed if by_subscription else boxes)
    if "SPECIAL-USE" in args.selections:
        meeting = {name for name in meeting if name in boxes and boxes[name].special_use}
    fits = fitting([args.reference + pattern for pattern in args.patterns if pattern or not args.extended])
    matched = {name for name in meeting if fits(name)}
    # A level is told for the sake of what lies below only where that is not told itself (RFC 5258 §3.5).
    passed = {name for name in levels(meeting - matched) - matched if fits(name) and _is_passed(args, name, boxes)}
    criteria, parents = levels(meeting), levels(boxes)
    wants_subscribed = "SUBSCRIBED" in args.selections or "SUBSCRIBED" in args.returns
    for name in sorted(matched | passed):
        box = boxes.get(name)
        found = [*_kind(args, box, name in passed), "\\HasChildren" if name in parents else "\\HasNoChildren"]
        if box is not None and box.special_use and not args.subscribed_only:
            found.append(box.special_use)
        if wants_subscribed and name in subscribed:
            found.append("\\Subscribed")
        yield Told(name, tuple(found), name in matched, name in criteria)


def _is_passed(args: List, name: str, boxes: Collection[str]) -> bool:
    if args.subscribed_only:  # also a mailbox that is not subscribed to; but only where a "%" stops at it
        return any("%" in p and matches(args.reference + p, name) for p in args.patterns)
    if "RECURSIVEMATCH" in args.selections:
        return True
    return name not in boxes and not args.selections.intersection(CRITERIA)


def _kind(args: List, box: Known | None, is_passed: bool) -> Iterable[str]:
    """In LSUB \\Noselect has a meaning of its own: it is not this name that is subscribed to (RFC 3501 §6.3.9)."""
    if args.subscribed_only:
        return ("\\Noselect",) if is_passed else ()
    if box is None:
        return (
            ("\\NonExistent",) if args.knows_nonexistent else ("\\Noselect",)
        )  # the second is all that RFC 3501 knows
    return () if box.selectable else ("\\Noselect",)


def childinfo(args: List) -> list[str]:
    """What CHILDINFO names: the criteria of the command (RFC 5258 §3.5)."""
    return [word for word in CRITERIA if word in args.selections] if "RECURSIVEMATCH" in args.selections else []


def levels(names: Iterable[str]) -> set[str]:
    """All levels above these names."""
    found: set[str] = set()
    for name in names:
        at = name.rfind(SEPARATOR)
        while at > 0 and name[:at] not in found:
            found.add(name[:at])
            at = name.rfind(SEPARATOR, 0, at)
    return found


def fitting(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Whether a name fits one of the patterns; those that clients really use are decided without a walk."""
    tests = [_fitting(pattern) for pattern in patterns]
    if len(tests) == 1:
        return tests[0]
    return lambda name: any(test(name) for test in tests)


def _fitting(pattern: str) -> Callable[[str], bool]:
    pattern = collapsed(pattern)
    test = _plainly_fitting(pattern)
    head = _head(pattern)
    if head and INBOX.startswith(head.upper()):  # it is INBOX in any case (RFC 9051 §5.1)
        capitals = _plainly_fitting(pattern.upper())
        return lambda name: test(name) or (name == INBOX and capitals(name))
    return test


def _plainly_fitting(pattern: str) -> Callable[[str], bool]:
    head = _head(pattern)
    at = len(head)
    match pattern[at:]:
        case "":
            return head.__eq__
        case "*":
            return lambda name: name.startswith(head)
        case "%":
            return lambda name: name.startswith(head) and SEPARATOR not in name[at:]
        case _:
            return lambda name: name.startswith(head) and matches(pattern, name)


def _head(pattern: str) -> str:
    """What comes before the first wildcard."""
    return pattern.partition("*")[0].partition("%")[0]
