"""Trace fields: where a message has been (RFC 5321 §4.4)."""

from datetime import datetime
from functools import lru_cache

from pyeonji.address import Address
from pyeonji.message.date import format_date
from pyeonji.message.folding import LINE_BREAKERS
from pyeonji.message.header import Header

PRINTABLE = frozenset(range(0x21, 0x7F)) - frozenset(b'();\\<>"')


def received_field(
    *,
    from_host: str,
    by: str,
    protocol: str,
    receipt: str,
    seconds: int | datetime,
    recipient: Address | None = None,
) -> bytes:
    """One Received field with CRLF, a line for each clause.

    `from_host` is the whole from-clause, as `from_clause` makes it, or "" for a letter that began here; `recipient` is
    given only where there is just one, since a list would give blind copies away (RFC 5321 §7.2).
    """
    clauses = [f"from {from_host}"] if from_host else []
    clauses.append(f"by {by} with {protocol} id {receipt}")
    if recipient is not None:
        clauses.append(f"for <{recipient}>")
    clauses[-1] += f"; {_written(seconds)}"
    return b"Received: " + b"\r\n ".join([clause.encode().translate(LINE_BREAKERS) for clause in clauses]) + b"\r\n"


@lru_cache(maxsize=4)  # thousands of letters come within one second
def _written(seconds: int | datetime) -> str:
    return format_date(seconds)


@lru_cache(maxsize=1024)  # a client says who it is once, for all its letters
def from_clause(hello: str, reverse_name: str, ip: str) -> str:
    """`HELO (name [ip])`: what the client said, and what we saw (RFC 5321 §4.4 Extended-Domain)."""
    literal = f"[IPv6:{ip}]" if ":" in ip else f"[{ip}]"
    seen = f"{sanitised(reverse_name)} {literal}" if reverse_name else literal
    return f"{sanitised(hello) or 'unknown'} ({seen})"


def sanitised(word: str) -> str:
    """A peer's word with everything that could end a comment or start a field replaced by "?"."""
    return "".join(c if not c.isascii() or ord(c) in PRINTABLE else "?" for c in word[:255] if c.isprintable())


def return_path_field(reverse_path: Address | None) -> bytes:
    """Return-Path with CRLF; None is the null path <>."""
    return f"Return-Path: <{reverse_path or ''}>\r\n".encode()


def delivered_to_field(address: Address) -> bytes:
    """Delivered-To with CRLF (RFC 9228)."""
    return f"Delivered-To: {address}\r\n".encode()


def received_count(header: Header) -> int:
    """Hops so far; a hundred are a loop (RFC 5321 §6.3)."""
    return header.count(b"received")


def delivered_to(header: Header) -> list[str]:
    """The addresses in Delivered-To fields, as written, in lower case: one of ours among them is a loop."""
    return [value.decode("utf-8", "replace").strip(" <>").lower() for value in header.all(b"delivered-to")]
