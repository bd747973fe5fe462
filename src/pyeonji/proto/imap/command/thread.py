"""THREAD and UID THREAD: messages as conversations (RFC 5256)."""

from dataclasses import dataclass

from pyeonji.proto.imap.command import sort
from pyeonji.proto.imap.keys import Key
from pyeonji.proto.imap.wire import BadSyntax, Reader

ALGORITHMS = frozenset({"ORDEREDSUBJECT", "REFERENCES", "REFS"})


@dataclass(frozen=True, slots=True)
class Thread:
    """`algorithm` is a word of ALGORITHMS."""

    algorithm: str
    key: Key
    uid: bool = False


def parse(reader: Reader, *, uid: bool = False) -> Thread:
    algorithm = reader.word()
    if algorithm not in ALGORITHMS:
        raise BadSyntax("unknown threading algorithm")
    reader.space()
    return Thread(algorithm, sort.program(reader), uid)


def parse_uid(reader: Reader) -> Thread:
    return parse(reader, uid=True)
