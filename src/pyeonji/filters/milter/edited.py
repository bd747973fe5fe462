"""A letter with a filter's edits done: pure, and told edit by edit."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pyeonji.address import NotAnAddress, parse_address
from pyeonji.message.edit import apply_changes
from pyeonji.message.header import Header, parse_header
from pyeonji.proto.milter.answers import (
    AddRecipient,
    Body,
    Change,
    ChangeWriter,
    DropRecipient,
    Edit,
    Put,
    Quarantine,
)

LINE_END = re.compile(rb"\r?\n|\r")
MAX_RECIPIENTS = 1_000  # that filters may add; ours


@dataclass(frozen=True, slots=True)
class Working:
    """A letter as it stands between two filters.  `body` is None while it is the one that came."""

    head: bytes  # the header with its empty line
    reverse_path: str
    forward_paths: tuple[str, ...]
    size: int  # octets of the body
    read: Callable[[int, int], bytes]  # of the body
    body: bytes | None = None
    quarantined: str = ""  # why

    def with_body(self, octets: bytes) -> "Working":
        """Its lines end in CRLF: other servers may read what a filter wrote otherwise (S02)."""
        octets = LINE_END.sub(b"\r\n", octets.replace(b"\0", b""))
        return replace(self, body=octets, size=len(octets), read=lambda at, size: octets[at : at + size])


def edited(letter: Working, edits: Sequence[Edit]) -> tuple[Working, list[str]]:
    """The letter after these edits, in their order, and each of them in a few words."""
    told: list[str] = []
    for edit in edits:
        letter, word = _edited(letter, edit)
        if word:
            told.append(word)
    return letter, told


def _edited(letter: Working, edit: Edit) -> tuple[Working, str]:
    match edit:
        case Put(at=at, name=name):
            return replace(letter, head=_put(letter.head, at, _line(name, edit.value))), f"added {name.decode()}"
        case Change(name=name):
            return _changed(letter, edit)
        case Body(octets=octets):
            return letter.with_body(octets), f"another body of {len(octets)} octets"
        case Quarantine(because=because):
            return replace(letter, quarantined=because or "no reason given"), f"quarantine: {because}"
        case ChangeWriter(address=address):
            if address and (address := _parsed(address)) == "":
                return letter, "another reverse-path that is no address"
            return replace(letter, reverse_path=address), f"reverse-path <{address}>"
        case AddRecipient() | DropRecipient():
            return _recipient(letter, edit)


def _recipient(letter: Working, edit: AddRecipient | DropRecipient) -> tuple[Working, str]:
    address, known = _parsed(edit.address), letter.forward_paths
    if isinstance(edit, DropRecipient):
        left = tuple(one for one in known if one.casefold() != address.casefold())
        return replace(letter, forward_paths=left), f"without {address}" if len(left) < len(known) else ""
    if not address:
        return letter, "a recipient that is no address"
    if address in known or len(known) >= MAX_RECIPIENTS:
        return letter, ""
    return replace(letter, forward_paths=(*known, address)), f"also to {address}"


def _parsed(text: str) -> str:
    try:
        return str(parse_address(text))
    except NotAnAddress:
        return ""


def _line(name: bytes, value: bytes) -> bytes:
    return name + b":" + (value if value[:1] in (b" ", b"\t") else b" " + value) + b"\r\n"


def _put(head: bytes, at: int, line: bytes) -> bytes:
    header = parse_header(head)
    fields = header.fields
    place = fields[at].start if 0 <= at < len(fields) else header.fields_end
    return head[:place] + line + (head[place:] if place < len(head) else b"\r\n")


def _changed(letter: Working, edit: Change) -> tuple[Working, str]:
    """As libmilter: an empty value takes the field away, and a field that is not there is added."""
    header, name = parse_header(letter.head), edit.name.decode()
    found = header.named(edit.name.lower())
    if edit.nth > len(found):
        if not edit.value.strip():
            return letter, ""
        return replace(letter, head=_put(letter.head, -1, _line(edit.name, edit.value))), f"added {name}"
    old = found[edit.nth - 1]
    line = _line(edit.name, edit.value) if edit.value.strip() else b""
    head = apply_changes(letter.head, [(old.start, old.end, line)])
    return replace(letter, head=head), f"changed {name}" if line else f"removed {name}"


def told_fields(head: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """Each field as a filter is told of it: its name as written, and what stands behind the colon."""
    header: Header = parse_header(head)
    return tuple(
        (head[one.start : one.value_start - 1].rstrip(b" \t"), head[one.value_start : one.end].rstrip(b"\r\n"))
        for one in header
    )
