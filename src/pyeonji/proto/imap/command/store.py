"""STORE and UID STORE: change flags (RFC 3501 §6.4.6)."""

import re
from dataclasses import dataclass
from typing import Literal

from pyeonji.proto.imap.flags import Flags
from pyeonji.proto.imap.numbers import NumberSet
from pyeonji.proto.imap.wire import Reader

How = Literal["set", "add", "remove"]

ITEM = re.compile(rb"[+-]?FLAGS(?:\.SILENT)?(?= )", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Store:
    numbers: NumberSet
    how: How
    flags: Flags
    silent: bool = False
    uid: bool = False


def parse(reader: Reader, *, uid: bool = False) -> Store:
    numbers = reader.sequence_set()
    reader.space()
    item = reader.take(ITEM, "FLAGS").upper()
    reader.space()
    flags = reader.flag_list() if reader.comes(b"(") else reader.bare_flags()
    reader.end()
    how: How = "add" if item.startswith(b"+") else "remove" if item.startswith(b"-") else "set"
    return Store(numbers, how, flags, item.endswith(b".SILENT"), uid)


def parse_uid(reader: Reader) -> Store:
    return parse(reader, uid=True)
