"""Tag lists, the language of DKIM fields and key records (RFC 6376 §3.2): "v=1; a=rsa-sha256; d=example.com"."""

import base64
import binascii
import re

# Octets outside ASCII are allowed by RFC 8616 §4; controls, NUL among them, are not (A06).
TAG = re.compile(r"[ \t]*+([A-Za-z][A-Za-z0-9_]*+)[ \t]*+=([^\x00-\x08\x0a-\x1f\x7f]*+)\Z")
LINE_END = re.compile(rb"\r?\n(?=[ \t])")  # folding white space
WHITE = re.compile(r"[ \t]+")


class NotATagList(ValueError):
    """The text is no tag list; the words say why."""


def tags_of(octets: bytes) -> dict[str, str]:
    """The tags of a field's value or of a record, in their order; raises NotATagList."""
    try:
        return parse_tags(LINE_END.sub(b"", octets.rstrip(b"\r\n")).decode())
    except UnicodeDecodeError as error:
        raise NotATagList("it is no text") from error


def parse_tags(text: str) -> dict[str, str]:
    """The same of unfolded text.  A tag that comes twice spoils the whole list, as RFC 6376 §3.2 asks."""
    found: dict[str, str] = {}
    parts = text.split(";")
    if len(parts) > 1 and not parts[-1].strip(" \t"):
        parts.pop()
    for part in parts:
        match = TAG.match(part)
        if match is None:
            raise NotATagList("there is something that is no tag")
        name, value = match.groups()
        if name in found:
            raise NotATagList(f"{name}= comes twice")
        found[name] = value.strip(" \t")
    return found


def octets_of(text: str) -> bytes:
    """What base64 with white space in it means (RFC 6376 §3.2); raises NotATagList."""
    try:
        return base64.b64decode(WHITE.sub("", text).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise NotATagList("it is no base64") from error


def words_of(text: str, separator: str = ":") -> tuple[str, ...]:
    """The parts of a list within a tag: "from : to" is two."""
    return tuple(part.strip(" \t") for part in text.split(separator))
