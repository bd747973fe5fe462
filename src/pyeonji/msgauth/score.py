"""Marks for a letter, as a strict receiver would give them: ten, less what is wrong with it and where it came from.

Each deduction has a sentence of the catalogue that says what is wrong, one that says what to do, and, where there is
such a thing, the line to paste.  The weights are ours: receivers do not publish theirs.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pyeonji.message.addresses import parse_addresses
from pyeonji.message.author import NotOneAuthor, author
from pyeonji.message.charset import codec_of
from pyeonji.message.codecs import decode
from pyeonji.message.date import format_date, parse_date
from pyeonji.message.part import Part
from pyeonji.message.text import header_text
from pyeonji.msgauth.verdict import Verdict

FULL = 100  # tenths of a mark
HOUR_S = 3_600
CLIPPED = 102_000  # octets of HTML beyond which Gmail shows only the beginning
LARGE = 10 << 20  # octets that many servers take at most
MAX_LINE = 998  # octets, RFC 5322 §2.1.1
MAX_LOOKED = 1 << 20  # octets of a body whose lines are counted
GOOD_BITS = 2_048  # of an RSA key, RFC 8301 §3.2
MAX_LISTS = 2  # that cost something
MSG_ID = re.compile(rb"\s*<[^<>\s@]+@[^<>\s@]+>\s*\Z")
NAME = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+\Z")


@dataclass(frozen=True, slots=True)
class Deduction:
    """`score.KEY` says what is wrong, `score.KEY.do` what to do; `paste` is what to put there."""

    key: str
    tenths: int
    slots: dict[str, str] = field(default_factory=dict)
    paste: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A letter and how it came.  `verdict` None: it came from inside, and nobody can say how others would see that."""

    root: Part  # as it was received
    received_s: int
    verdict: Verdict | None = None
    ip: str = ""
    hello: str = ""
    encrypted: bool = True
    lists: tuple[str, ...] = ()  # block lists that name the address


def deductions(letter: Scored) -> tuple[Deduction, ...]:
    """All of them, the dearest first."""
    rules: tuple[Callable[[Scored], Iterator[Deduction]], ...] = (_form, _fields, _content)
    if letter.verdict is not None:
        rules = (_spf, _dkim, _dmarc, _way, *rules)
    return tuple(sorted((one for rule in rules for one in rule(letter)), key=lambda one: -one.tenths))


def marks(found: tuple[Deduction, ...]) -> float:
    """Zero to ten."""
    return max(0, FULL - sum(one.tenths for one in found)) / 10


# ── who it says it is from ──


def _spf(letter: Scored) -> Iterator[Deduction]:
    assert letter.verdict is not None
    spf = letter.verdict.spf
    tenths = {"fail": 30, "softfail": 20, "permerror": 15, "none": 15, "neutral": 10}.get(spf.result, 0)
    if tenths:
        kind = "ip6" if ":" in letter.ip else "ip4"
        paste = f'{spf.domain}. TXT "v=spf1 {kind}:{letter.ip} -all"' if spf.result == "none" else ""
        paste = paste or (f"{kind}:{letter.ip}" if spf.result in ("fail", "softfail", "neutral") else "")
        yield Deduction(f"spf_{spf.result}", tenths, {"domain": spf.domain, "ip": letter.ip, "why": spf.why}, paste)


def _dkim(letter: Scored) -> Iterator[Deduction]:
    assert letter.verdict is not None
    signatures = letter.verdict.dkim
    good = [one for one in signatures if one.result == "pass"]
    if not signatures:
        yield Deduction("dkim_none", 20)
    elif not good and any(one.result != "temperror" for one in signatures):
        bad = next(one for one in signatures if one.result != "temperror")
        yield Deduction("dkim_fail", 25, {"domain": bad.domain, "why": bad.why})
    elif good and max(one.bits or GOOD_BITS for one in good) < GOOD_BITS:
        yield Deduction("dkim_weak", 5, {"domain": good[0].domain, "bits": str(good[0].bits)})


def _dmarc(letter: Scored) -> Iterator[Deduction]:
    assert letter.verdict is not None
    dmarc = letter.verdict.dmarc
    slots = {"domain": dmarc.domain, "why": dmarc.why}
    if dmarc.result == "fail":
        yield Deduction("dmarc_fail", 30, slots)
    elif dmarc.result == "permerror":
        yield Deduction("dmarc_permerror", 10, slots)
    elif dmarc.result == "none" and dmarc.domain:
        record = f"v=DMARC1; p=none; rua=mailto:postmaster@{dmarc.organization}"
        yield Deduction("dmarc_none", 15, slots, f'_dmarc.{dmarc.organization}. TXT "{record}"')


def _way(letter: Scored) -> Iterator[Deduction]:
    assert letter.verdict is not None
    name = letter.verdict.iprev
    if name is not None and name.result == "permerror":
        yield Deduction("ptr_none", 20, {"ip": letter.ip})
    elif name is not None and name.result == "fail":
        yield Deduction("ptr_not_back", 20, {"ip": letter.ip, "name": name.name})
    if not NAME.match(letter.hello):
        yield Deduction("helo_odd", 5, {"hello": letter.hello})
    if not letter.encrypted:
        yield Deduction("clear", 10)
    for zone in letter.lists[:MAX_LISTS]:
        yield Deduction("listed", 20, {"ip": letter.ip, "list": zone})


# ── the letter ──


def _form(letter: Scored) -> Iterator[Deduction]:
    header = letter.root.header
    try:
        domain = next((one.domain for one in author(header)), "")
    except NotOneAuthor as error:
        domain = ""
        yield Deduction("from_unclear", 30, {"why": str(error)})
    if not header.count(b"message-id"):
        yield Deduction("id_none", 10, paste=f"Message-ID: <{letter.received_s}.1@{domain or 'example.com'}>")
    elif header.count(b"message-id") > 1 or not MSG_ID.match(header.get(b"message-id") or b""):
        yield Deduction("id_odd", 5)
    now = format_date(letter.received_s)
    date = parse_date(header.get(b"date") or b"")
    if not header.count(b"date"):
        yield Deduction("date_none", 10, paste=f"Date: {now}")
    elif date is None:
        yield Deduction("date_odd", 10, paste=f"Date: {now}")
    elif abs((date - datetime.fromtimestamp(letter.received_s, UTC)).total_seconds()) > 24 * HOUR_S:
        yield Deduction("date_off", 10, {"date": header.text(b"date").strip()}, f"Date: {now}")
    if letter.root.size > LARGE:
        yield Deduction("large", 5, {"size": str(letter.root.size >> 20)})


def _fields(letter: Scored) -> Iterator[Deduction]:
    header = letter.root.header
    if not header_text(header, b"subject").strip():
        yield Deduction("subject_none", 5)
    if not parse_addresses(header.get(b"to") or b"") and not header.count(b"cc"):
        yield Deduction("to_none", 5)
    if header.count(b"content-type") and not header.count(b"mime-version"):
        yield Deduction("mime_version", 3, paste="MIME-Version: 1.0")
    bulk = header.count(b"list-id") or header.text(b"precedence").strip().lower() in ("bulk", "list")
    unsubscribe = "List-Unsubscribe-Post: List-Unsubscribe=One-Click"  # RFC 8058 §3.1
    if bulk and not header.count(b"list-unsubscribe"):
        yield Deduction(
            "unsubscribe_none", 20, paste=f"List-Unsubscribe: <https://example.com/stop?to=…>\n{unsubscribe}"
        )
    elif header.count(b"list-unsubscribe") and not header.count(b"list-unsubscribe-post"):
        yield Deduction("unsubscribe_slow", 10, paste=unsubscribe)


def _content(letter: Scored) -> Iterator[Deduction]:
    texts = [part for part in letter.root.walk() if part.type == "text" and not part.filename]
    html = [part for part in texts if part.subtype == "html"]
    if html and not any(part.subtype == "plain" for part in texts):
        yield Deduction("html_only", 10)
    if sum(part.size for part in html) > CLIPPED:
        yield Deduction("html_long", 5, {"size": str(sum(part.size for part in html) >> 10)})
    yield from next((found for part in texts if (found := _charset(part))), ())
    if any(len(line) > MAX_LINE for line in letter.root.body[:MAX_LOOKED].split(b"\r\n")):
        yield Deduction("long_lines", 5)


def _charset(part: Part) -> tuple[Deduction, ...]:
    paste = f'Content-Type: text/{part.subtype}; charset="utf-8"'
    if part.charset is None:
        plain = decode(part.body[:MAX_LOOKED], part.encoding).isascii()
        return () if plain else (Deduction("charset_none", 10, paste=paste),)
    known = codec_of(part.charset) is not None
    return () if known else (Deduction("charset_odd", 10, {"charset": part.charset}, paste),)
