"""CANCELUPDATE: no more changes of these searches (RFC 5267 §4.5)."""

from dataclasses import dataclass

from pyeonji.proto.imap.wire import Reader


@dataclass(frozen=True, slots=True)
class CancelUpdate:
    """Tags of searches that were asked for with UPDATE."""

    tags: tuple[str, ...]


def parse(reader: Reader) -> CancelUpdate:
    tags = [_tag(reader)]
    while reader.skip(b" "):
        tags.append(_tag(reader))
    reader.end()
    return CancelUpdate(tuple(tags))


def _tag(reader: Reader) -> str:
    return reader.string().decode("latin-1")
