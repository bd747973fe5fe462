"""Arguments of MAIL, RCPT and BDAT, and the transaction they build (RFC 5321 §4.1.2, RFC 3461 §4).

Anything but the grammar raises Violation, which carries the standard's reply.  Two departures are named leniencies,
because people and old programs say them: a space after the colon, and a path without its angle brackets.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Flag, auto
from functools import lru_cache
from typing import Any

import msgspec

from pyeonji.address import Address, NotAnAddress, parse_address
from pyeonji.address.path import MAX_PATH
from pyeonji.proto.smtp import reply as replies
from pyeonji.proto.smtp.extension import Extensions
from pyeonji.proto.smtp.reply import Reply

MAX_ENVID = 100  # characters after xtext decoding, RFC 3461 §4.4
MAX_ORCPT = 500  # characters of the whole value, RFC 3461 §4.2
MAX_SIZE_DIGITS = 20  # RFC 1870 §5
MAX_CHUNK_DIGITS = 18  # so that no number comes near 2^63; ours


class Leniency(Flag):
    """Departures from the grammar that a listener may allow."""

    NONE = 0
    SPACE_AFTER_COLON = auto()
    NO_BRACKETS = auto()
    BOTH = SPACE_AFTER_COLON | NO_BRACKETS


class Violation(ValueError):
    """The peer broke the protocol; `reply` is what it hears."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class MailParameters:
    size: int | None = None  # octets, RFC 1870
    body: str = "7BIT"  # 7BIT, 8BITMIME or BINARYMIME
    smtputf8: bool = False
    ret: str = ""  # FULL, HDRS or "", RFC 3461 §4.3
    envid: str = ""  # decoded, RFC 3461 §4.4
    requiretls: bool = False  # RFC 8689
    auth: str | None = None  # decoded mailbox, "" for <>, None when not given; RFC 4954 §5


@dataclass(frozen=True, slots=True)
class RcptParameters:
    notify: str = ""  # "NEVER" or some of "SUCCESS,FAILURE,DELAY"; "" when not given, RFC 3461 §4.1
    orcpt: str = ""  # "rfc822;kim@example.com", the address decoded; RFC 3461 §4.2


class Transaction(msgspec.Struct, frozen=True):
    """One mail transaction, RFC 5321 §3.3.  Replaced whole, never edited.  None is the null path <>."""

    reverse_path: Address | None
    parameters: MailParameters
    recipients: tuple[tuple[Address, RcptParameters], ...] = ()


NO_MAIL_PARAMETERS = MailParameters()
NO_RCPT_PARAMETERS = RcptParameters()


def parse_mail(
    argument: str, extensions: Extensions | None, lenient: Leniency
) -> tuple[Address | None, MailParameters]:
    """What follows "MAIL ": "FROM:<lee@example.com> SIZE=12".  `extensions` is None for a HELO client."""
    if argument[:5].upper() == "FROM:" and (alone := _alone(argument[5:])) is not None:
        return alone, NO_MAIL_PARAMETERS
    path, rest = _split_path(argument, "FROM:", lenient, replies.BAD_REVERSE_PATH)
    parameters = NO_MAIL_PARAMETERS
    if rest:
        parameters = MailParameters(**_values(rest, MAIL_PARAMETERS, extensions))
    if not path:
        return None, parameters
    if not path.isascii() and not parameters.smtputf8:
        raise Violation(replies.NEEDS_SMTPUTF8)
    return _mailbox(path, replies.BAD_REVERSE_PATH), parameters


def parse_rcpt(
    argument: str, extensions: Extensions | None, lenient: Leniency, *, smtputf8: bool, hostname: str
) -> tuple[Address, RcptParameters]:
    """What follows "RCPT ": "TO:<kim@example.com> NOTIFY=NEVER"."""
    if argument[:3].upper() == "TO:" and (alone := _alone(argument[3:])) is not None:
        return alone, NO_RCPT_PARAMETERS
    path, rest = _split_path(argument, "TO:", lenient, replies.BAD_FORWARD_PATH)
    parameters = NO_RCPT_PARAMETERS
    if rest:
        parameters = RcptParameters(**_values(rest, RCPT_PARAMETERS, extensions))
    if not path.isascii() and not smtputf8:
        raise Violation(replies.NEEDS_SMTPUTF8)
    if path.lower() == "postmaster":
        return Address("postmaster", hostname), parameters  # RFC 5321 §4.5.1
    return _mailbox(path, replies.BAD_FORWARD_PATH), parameters


def parse_bdat(argument: str) -> tuple[int, bool]:
    """Octets that follow and whether they are the last; RFC 3030 §2."""
    size, _, last = argument.partition(" ")
    if not (size.isascii() and size.isdigit()) or len(size) > MAX_CHUNK_DIGITS or last.upper() not in ("", "LAST"):
        raise Violation(replies.BAD_CHUNK_SIZE)
    return int(size), bool(last)


def xtext(text: str) -> str:
    """xtext of RFC 3461 §4: "+" and "=" and what is not printable as +XX."""
    if not text.isascii():
        raise ValueError("xtext holds ASCII only")
    return "".join(char if "!" <= char <= "~" and char not in "+=" else f"+{ord(char):02X}" for char in text)


def from_xtext(text: str) -> str:
    """The text behind xtext; raises ValueError."""
    if "+" not in text:
        return text
    first, *rest = text.split("+")
    pieces = [first]
    for piece in rest:
        if not HEXCHAR.match(piece):
            raise ValueError("not xtext")
        pieces.append(chr(int(piece[:2], 16)) + piece[2:])
    decoded = "".join(pieces)
    if not decoded.isascii() or not decoded.isprintable():
        raise ValueError("xtext hides control characters")
    return decoded


HEXCHAR = re.compile(r"[0-9A-F]{2}")


@lru_cache(maxsize=1024)  # busy addresses, as in parse_address
def _alone(text: str) -> Address | None:
    """The address of a path with nothing in it that has to be looked at more closely; None for any other."""
    if not PLAIN_PATH.match(text) or len(text) > MAX_PATH:
        return None
    try:
        return parse_address(text[1:-1])
    except NotAnAddress:
        return None


PLAIN_PATH = re.compile(r"<[A-Za-z0-9._=+-]+@[A-Za-z0-9.-]+>\Z")


def _split_path(argument: str, word: str, lenient: Leniency, bad: Reply) -> tuple[str, str]:
    """The path without brackets and source route, and the parameters behind it."""
    if argument[: len(word)].upper() != word:
        raise Violation(replies.BAD_ARGUMENTS)
    text = argument[len(word) :]
    if text.startswith(" ") and Leniency.SPACE_AFTER_COLON in lenient:
        text = text.lstrip(" ")
    if text.startswith("<"):
        end = _end_of_path(text)
        path, rest = text[1:end], text[end + 1 :]
        if end < 0 or (rest and not rest.startswith(" ")):
            raise Violation(bad)
    elif text and Leniency.NO_BRACKETS in lenient:
        path, _, rest = text.partition(" ")
        if not path:
            raise Violation(bad)
    else:
        raise Violation(bad)
    if path.startswith("@"):  # a source route: accepted and ignored, RFC 5321 §3.6.1
        route, colon, path = path.partition(":")
        if not colon or not path or not all(hop.startswith("@") and len(hop) > 1 for hop in route.split(",")):
            raise Violation(bad)
    if len(path) > MAX_PATH - 2:
        raise Violation(bad)
    return path, rest.strip(" ")


def _end_of_path(text: str) -> int:
    """Where the ">" of a path stands: not one inside a quoted local part."""
    if '"' not in text:
        return text.find(">")
    inside = escaped = False
    for at, char in enumerate(text):
        if escaped:
            escaped = False
        elif inside and char == "\\":
            escaped = True
        elif char == '"':
            inside = not inside
        elif char == ">" and not inside:
            return at
    return -1


def _mailbox(path: str, bad: Reply) -> Address:
    try:
        return parse_address(path)
    except NotAnAddress as error:
        raise Violation(bad) from error


# ── parameters ──────────────────────────────────────────────────────────────────────────────────────────────


def _size(value: str) -> int:
    if not (value.isascii() and value.isdigit()) or len(value) > MAX_SIZE_DIGITS:
        raise ValueError(value)
    return int(value)


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value.upper() not in words:
            raise ValueError(value)
        return value.upper()

    return parse


def _flag(value: str) -> bool:
    if value:
        raise ValueError(value)
    return True


def _envid(value: str) -> str:
    envid = from_xtext(value)
    if not value or len(envid) > MAX_ENVID:
        raise ValueError(value)
    return envid


def _auth(value: str) -> str:
    if not value:
        raise ValueError(value)
    return "" if value == "<>" else from_xtext(value)


def _notify(value: str) -> str:
    words = value.upper().split(",")
    if len(set(words)) < len(words) or not set(words) <= {"NEVER", "SUCCESS", "FAILURE", "DELAY"}:
        raise ValueError(value)
    if "NEVER" in words and len(words) > 1:
        raise ValueError(value)
    return ",".join(words)


def _orcpt(value: str) -> str:
    kind, semicolon, address = value.partition(";")
    if not semicolon or not kind or not address or len(value) > MAX_ORCPT or not kind.isascii():
        raise ValueError(value)
    if not address.isascii():  # utf-8-addr-unitext, RFC 6533 §3
        return f"{kind.lower()};{address}"
    return f"{kind.lower()};{from_xtext(address)}"


_Row = tuple[str, Callable[[Extensions], object], Callable[[str], Any]]

# keyword -> field, whether the extension is offered, parser
MAIL_PARAMETERS: Mapping[str, _Row] = {
    "SIZE": ("size", lambda offered: True, _size),
    "BODY": ("body", lambda offered: offered.eightbitmime, _one_of("7BIT", "8BITMIME", "BINARYMIME")),
    "SMTPUTF8": ("smtputf8", lambda offered: offered.smtputf8, _flag),
    "REQUIRETLS": ("requiretls", lambda offered: offered.requiretls or offered.requiretls_after_tls, _flag),
    "RET": ("ret", lambda offered: offered.dsn, _one_of("FULL", "HDRS")),
    "ENVID": ("envid", lambda offered: offered.dsn, _envid),
    "AUTH": ("auth", lambda offered: offered.auth or offered.auth_after_tls, _auth),
}
RCPT_PARAMETERS: Mapping[str, _Row] = {
    "NOTIFY": ("notify", lambda offered: offered.dsn, _notify),
    "ORCPT": ("orcpt", lambda offered: offered.dsn, _orcpt),
}


def _values(text: str, table: Mapping[str, _Row], extensions: Extensions | None) -> dict[str, Any]:
    """Field -> value for the parameters in `text`; raises Violation."""
    found: dict[str, Any] = {}
    for word in text.split():
        keyword, _, value = word.partition("=")
        row = table.get(keyword.upper())
        if row is None or extensions is None or not row[1](extensions):
            raise Violation(replies.UNKNOWN_PARAMETER)
        field, _offered, parse = row
        if field in found:
            raise Violation(replies.DUPLICATE_PARAMETER)
        try:
            found[field] = parse(value)
        except ValueError as error:
            raise Violation(replies.BAD_PARAMETER) from error
    if found.get("body") == "BINARYMIME" and not (extensions and extensions.binarymime and extensions.chunking):
        raise Violation(replies.UNKNOWN_PARAMETER)
    return found
