"""A letter as SEARCH reads it: decoded when asked for, once."""

from collections.abc import Callable
from functools import cached_property

from pyeonji.message.date import parse_date
from pyeonji.message.header import Header, parse_header
from pyeonji.message.mime import scan
from pyeonji.message.text import decoded_text
from pyeonji.message.words import decode_words


class LetterText:
    """Octets in, decoded text out.  `read(size)` gives the first octets; all of them when `size` is negative."""

    def __init__(self, read: Callable[[int], bytes], body_at: int) -> None:
        self._read = read
        self._body_at = body_at

    @cached_property
    def _header(self) -> Header:
        return parse_header(self._read(self._body_at))

    def field(self, name: str) -> list[str]:
        return [decode_words(value) for value in self._header.all(name.encode())]

    def sent_day(self) -> int | None:
        """As an ordinal; time and zone are left out (RFC 3501 §6.4.4, SENTSINCE)."""
        value = self._header.get(b"date")
        instant = parse_date(value) if value else None
        return None if instant is None else instant.date().toordinal()

    def header(self) -> str:
        header = self._header
        return "\n".join(f"{field.name.decode('latin-1')}: {decode_words(header.value(field))}" for field in header)

    def body(self) -> str:
        content = self._read(-1)
        texts = [decoded_text(content, part) for part in scan(content).walk() if part.type == "text"]
        return "\n".join(texts)
