"""ID: who is speaking (RFC 2971)."""

from dataclasses import dataclass

from pyeonji.proto.imap.wire import BadSyntax, Reader

MAX_FIELDS = 30  # pairs, RFC 2971 §3.3
MAX_FIELD = 30  # octets of a name, RFC 2971 §3.3
MAX_VALUE = 1024  # octets of a value, RFC 2971 §3.3


@dataclass(frozen=True, slots=True)
class Id:
    """What the client says about itself; names in lower case, empty for NIL."""

    fields: tuple[tuple[str, str], ...]


def parse(reader: Reader) -> Id:
    if not reader.comes(b"("):
        if reader.nstring() is not None:
            raise BadSyntax("list or NIL expected")
        reader.end()
        return Id(())
    words = reader.listed(reader.nstring, empty=True)
    reader.end()
    if len(words) % 2 or len(words) > 2 * MAX_FIELDS:
        raise BadSyntax("up to thirty pairs of strings expected")
    return Id(tuple(_pair(name, value) for name, value in zip(words[::2], words[1::2], strict=True)))


def _pair(name: bytes | None, value: bytes | None) -> tuple[str, str]:
    if name is None or len(name) > MAX_FIELD or len(value or b"") > MAX_VALUE:
        raise BadSyntax("name or value too long")
    return name.decode("utf-8", "replace").lower(), (value or b"").decode("utf-8", "replace")
