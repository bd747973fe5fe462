"""STORE and UID STORE: change flags (RFC 9051 §6.4.6), unless somebody else has meanwhile (RFC 7162 §3.1.3)."""

import re
from dataclasses import dataclass
from typing import Literal

from pyeonji.proto.imap.flags import Flags
from pyeonji.proto.imap.numbers import NumberSet
from pyeonji.proto.imap.wire import BadSyntax, Reader

How = Literal["set", "add", "remove"]

ITEM = re.compile(rb"[+-]?FLAGS(?:\.SILENT)?(?= )", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Store:
    """`unchanged_since` is a MODSEQ: messages changed after it are left alone; zero is before every change."""

    numbers: NumberSet
    how: How
    flags: Flags
    silent: bool = False
    uid: bool = False
    unchanged_since: int | None = None


def parse(reader: Reader, *, uid: bool = False) -> Store:
    numbers = reader.sequence_set(uid=uid)
    reader.space()
    unchanged_since = None
    if reader.comes(b"("):
        reader.expect(b"(")
        unchanged_since = _unchanged_since(reader)
        reader.expect(b")")
        reader.space()
    item = reader.take(ITEM, "FLAGS").upper()
    reader.space()
    flags = reader.flag_list() if reader.comes(b"(") else reader.bare_flags()
    reader.end()
    how: How = "add" if item.startswith(b"+") else "remove" if item.startswith(b"-") else "set"
    return Store(numbers, how, flags, item.endswith(b".SILENT"), uid, unchanged_since)


def parse_uid(reader: Reader) -> Store:
    return parse(reader, uid=True)


def _unchanged_since(reader: Reader) -> int:
    if reader.word() != "UNCHANGEDSINCE":
        raise BadSyntax("unknown STORE modifier")
    reader.space()
    return reader.modseq(least=0)
