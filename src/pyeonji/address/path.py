"""Envelope addresses: the productions of RFC 5321 §4.1.2 and RFC 6531 §3.3, and nothing else.

Names follow the RFC's ABNF, with "_" for "-".  A mailbox that only differs in quoting is the same mailbox, so an
Address keeps the local part unquoted and prints it quoted only where the grammar asks for it.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from pyeonji.address.domain import NotADomain, parse_domain, to_unicode

MAX_LOCAL_PART = 64  # octets, RFC 5321 §4.5.3.1.1
MAX_PATH = 256  # octets with the angle brackets, RFC 5321 §4.5.3.1.3

atext = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]"  # RFC 5322 §3.2.3 with UTF8-non-ascii, RFC 6531 §3.3
Dot_string = re.compile(rf"{atext}+(?:\.{atext}+)*\Z")
Quoted_string = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e\u0080-\U0010ffff]|\\[\x20-\x7e])*)"\Z')
QUOTED_PAIR = re.compile(r"\\(.)")


class NotAnAddress(ValueError):
    """The text is no mailbox of RFC 5321."""


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox: local part unquoted and NFC, domain in its ASCII lower-case form."""

    local_part: str
    domain: str

    def __str__(self) -> str:
        """As written in a path or a field: quoted where needed, A-labels."""
        return f"{quoted(self.local_part)}@{self.domain}"

    @property
    def display(self) -> str:
        """As people read it: U-labels."""
        return f"{quoted(self.local_part)}@{to_unicode(self.domain)}"

    @property
    def is_ascii(self) -> bool:
        """False when only a server with SMTPUTF8 can take it (RFC 6531 §3.2)."""
        return self.local_part.isascii()


@lru_cache(maxsize=4096)  # busy addresses come thousands of times a second
def parse_address(text: str) -> Address:
    """A mailbox such as kim@편지.example or "kim lee"@example.com; raises NotAnAddress."""
    local_text, at, domain_text = text.rpartition("@")
    if not at:
        raise NotAnAddress(text)
    if text.endswith("]"):  # a literal may not hold "@", so the split above is right for it, too
        local_text, domain_text = text[: text.rfind("@[")], text[text.rfind("@[") + 1 :]
    try:
        return Address(parse_local_part(local_text), parse_domain(domain_text))
    except NotADomain as error:
        raise NotAnAddress(text) from error


def parse_local_part(text: str) -> str:
    """The unquoted local part; raises NotAnAddress."""
    if Dot_string.match(text):
        plain = text
    elif (match := Quoted_string.match(text)) and match.group(1):
        # An empty quoted string is grammatical, but names no mailbox anywhere (Dovecot CVE-2020-10967).
        plain = QUOTED_PAIR.sub(r"\1", match.group(1))
    else:
        raise NotAnAddress(text)
    if not plain.isascii():
        plain = unicodedata.normalize("NFC", plain)
    if len(plain.encode("utf-8", "surrogatepass")) > MAX_LOCAL_PART or _has_surrogate(plain):
        raise NotAnAddress(text)
    return plain


@lru_cache(maxsize=4096)
def quoted(local_part: str) -> str:
    """The local part as the grammar wants it: a Dot-string where possible, else a Quoted-string."""
    if Dot_string.match(local_part):
        return local_part
    return '"' + re.sub(r'(["\\])', r"\\\1", local_part) + '"'


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)
