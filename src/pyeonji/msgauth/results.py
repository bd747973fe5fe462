"""Authentication-Results: what we found, in the words that programs of readers know (RFC 8601).

A value that a stranger chose (a domain, a selector, a reason) never ends a word, a comment or a result: what is no
plain word is quoted, and in the quotes is nothing that a careless reader takes for an end ("Composition Kills").
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pyeonji.message.claims import without_comments
from pyeonji.message.folding import LINE_WISH
from pyeonji.msgauth.verdict import Arc, Dkim, Dmarc, Iprev, Spf, Verdict

NAME = "Authentication-Results"
MAX_VALUE = 400  # characters; a domain has at most 255, and a domain is never cut
MAX_RESULTS = 100  # read of one field; ours

WORD = re.compile(r"[A-Za-z0-9_+.-]+\Z")  # less than a token of RFC 2045
PLAIN = re.compile(r"[A-Za-z0-9_+.-]*@?[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")  # pvalue, RFC 8601 §2.2: an address, too
UNSAFE = re.compile(r"""[^ -~]|["\\;'()]""")
SPEC = re.compile(
    rb"\s*+([A-Za-z0-9-]+)(?:\s*/\s*[0-9]+|\s*\.\s*([A-Za-z0-9-]+))?\s*=\s*"
    rb'(?:"((?:[^"\\]++|\\.)*+)"|([^\s;"]++))\s*+',
    re.DOTALL,
)
ID = re.compile(rb'\s*+(?:"((?:[^"\\]++|\\.)*+)"|([^\s;"]++))(?:\s+([0-9]+))?\s*+(?:;|\Z)', re.DOTALL)
NONE = re.compile(rb"\s*+none\s*+\Z", re.IGNORECASE)
QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)

Property = tuple[str, str, str]  # ptype, property, value


@dataclass(frozen=True, slots=True)
class Result:
    """One method and what it found."""

    method: str
    result: str
    properties: tuple[Property, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Results:
    """A field: who says it, and what."""

    authserv_id: str
    results: tuple[Result, ...]


class NotResults(ValueError):
    """The value is not as RFC 8601 §2.2 wants it."""


def field(authserv_id: str, verdict: Verdict) -> bytes:
    """The field with CRLF, a line for each result."""
    return f"{NAME}: {payload(authserv_id, verdict)}\r\n".encode("ascii")


def payload(authserv_id: str, verdict: Verdict) -> str:
    """Its value, folded: what ARC-Authentication-Results says behind its "i=" (RFC 8617 §4.1.1)."""
    return ";\r\n ".join([_value(authserv_id, WORD), *map(_written, found(verdict))])


def found(verdict: Verdict) -> tuple[Result, ...]:
    """The results of a verdict in the words of RFC 8601 §2.7."""
    return tuple(_found(verdict))


def _found(verdict: Verdict) -> Iterator[Result]:
    if verdict.iprev is not None:
        yield _iprev(verdict.iprev)
    yield _spf(verdict.spf)
    if verdict.helo is not None:
        yield _spf(verdict.helo)
    if not verdict.dkim:
        yield Result("dkim", "none")
    yield from map(_dkim, verdict.dkim)
    yield _dmarc(verdict.dmarc)
    if verdict.arc.result != "none":
        yield _arc(verdict.arc)


def _iprev(iprev: Iprev) -> Result:
    return Result("iprev", iprev.result, (), iprev.why)


def _spf(spf: Spf) -> Result:
    name = "mailfrom" if spf.scope == "mfrom" else "helo"
    return Result("spf", spf.result, _properties(("smtp", name, spf.domain)), spf.why)


def _dkim(dkim: Dkim) -> Result:
    """header.b tells signatures of one domain apart (RFC 6008)."""
    properties = _properties(
        ("header", "d", dkim.domain), ("header", "s", dkim.selector), ("header", "i", dkim.identity),
        ("header", "a", dkim.algorithm), ("header", "b", dkim.mark),
    )  # fmt: skip
    return Result("dkim", dkim.result, properties, dkim.why)


def _dmarc(dmarc: Dmarc) -> Result:
    policy = dmarc.policy if dmarc.found_at else ""
    properties = _properties(("header", "from", dmarc.domain), ("policy", "dmarc", policy))
    return Result("dmarc", dmarc.result, properties, dmarc.why)


def _arc(arc: Arc) -> Result:
    oldest = (("header", "oldest-pass", str(arc.oldest_pass)),) if arc.result == "pass" else ()
    return Result("arc", arc.result, oldest, arc.why)


def _properties(*properties: Property) -> tuple[Property, ...]:
    return tuple(one for one in properties if one[2])


# ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────


def _written(result: Result) -> str:
    words = [f"{result.method}={result.result}"]
    words += [f"reason={_value(result.reason, WORD)}"] if result.reason else []
    words += [f"{ptype}.{name}={_value(value, PLAIN)}" for ptype, name, value in result.properties]
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(word) < LINE_WISH - 1:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\r\n  ".join(lines)


def _value(text: str, plain: re.Pattern[str]) -> str:
    """As it is, or a quoted string without what might end it or look like another result."""
    text = text[:MAX_VALUE]
    return text if plain.match(text) else f'"{UNSAFE.sub("?", text).replace("=", ":")}"'


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────


def parse_results(value: bytes) -> Results:
    """An unfolded value; raises NotResults."""
    value = without_comments(value)
    match = ID.match(value)
    if match is None:
        raise NotResults("no authserv-id")
    authserv_id = _text(match[1], match[2])
    rest = value[match.end() :]
    if NONE.match(rest) or not rest.strip():
        return Results(authserv_id, ())
    return Results(authserv_id, tuple(_results(rest)))


def _results(value: bytes) -> Iterator[Result]:
    position = 0
    for _ in range(MAX_RESULTS):
        specs = []
        while match := SPEC.match(value, position):
            specs.append(match)
            position = match.end()
        if not specs or specs[0][2] is not None:
            raise NotResults("a result without a method")
        yield _result(specs)
        if position == len(value):
            return
        if value[position : position + 1] != b";":
            raise NotResults("something between results")
        position += 1
        if not value[position:].strip():
            return
    raise NotResults(f"more than {MAX_RESULTS} results")


def _result(specs: list[re.Match[bytes]]) -> Result:
    method = specs[0][1].decode().lower()
    reason, properties = "", []
    for spec in specs[1:]:
        name, value = spec[1].decode().lower(), _text(spec[3], spec[4])
        if spec[2] is not None:
            properties.append((name, spec[2].decode().lower(), value))
        elif name == "reason":
            reason = value
    return Result(method, _text(specs[0][3], specs[0][4]).lower(), tuple(properties), reason)


def _text(quoted: bytes | None, plain: bytes | None) -> str:
    octets = QUOTED_PAIR.sub(rb"\1", quoted) if quoted is not None else plain or b""
    return octets.decode("utf-8", "replace")
