"""EXPUNGE and UID EXPUNGE (RFC 3501 §6.4.3, RFC 4315 §2.1)."""

from dataclasses import dataclass

from pyeonji.proto.imap.numbers import NumberSet
from pyeonji.proto.imap.wire import Reader


@dataclass(frozen=True, slots=True)
class Expunge:
    """`uids` is None for all that are marked \\Deleted."""

    uids: NumberSet | None = None


def parse(reader: Reader) -> Expunge:
    reader.end()
    return Expunge()


def parse_uid(reader: Reader) -> Expunge:
    uids = reader.sequence_set(uid=True)
    reader.end()
    return Expunge(uids)
