"""A letter as SEARCH reads it: decoded when asked for, once."""

from functools import cached_property

from pyeonji.message.date import parse_date
from pyeonji.message.mime import Part, scan
from pyeonji.message.text import decoded_text
from pyeonji.message.words import decode_words


class LetterText:
    """Octets in, decoded text out."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    @cached_property
    def _root(self) -> Part:
        return scan(self._content)

    def field(self, name: str) -> list[str]:
        return [decode_words(value) for value in self._root.header.all(name.encode())]

    def sent_day(self) -> int | None:
        """As an ordinal; time and zone are left out (RFC 3501 §6.4.4, SENTSINCE)."""
        value = self._root.header.get(b"date")
        instant = parse_date(value) if value else None
        return None if instant is None else instant.date().toordinal()

    def header(self) -> str:
        header = self._root.header
        return "\n".join(f"{field.name.decode('latin-1')}: {decode_words(header.value(field))}" for field in header)

    def body(self) -> str:
        texts = [decoded_text(self._content, part) for part in self._root.walk() if part.type == "text"]
        return "\n".join(texts)
