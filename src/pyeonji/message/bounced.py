"""What a bounce says: of whom, by which host, in which words.

A report by its form (RFC 3464) says it in fields.  Others write for people, each program in its own way: qmail, Exim,
Postfix, sendmail, Exchange and the great providers put the address first and the other server's words after it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pyeonji.message.edit import with_crlf
from pyeonji.message.header import Header, parse_header
from pyeonji.message.html_text import html_to_text
from pyeonji.message.mime import scan
from pyeonji.message.report import ReportedRecipient, parse_report, returned_header
from pyeonji.message.text import decoded_part, header_text, is_attachment

MAX_READ = 256 * 1024  # octets of a bounce that are read: what comes after is the letter it brings back; ours
MAX_TOLD = 100  # recipients it is asked about; ours
MAX_TEXT = 32 * 1024  # characters of its words for people; ours
MAX_SAID = 2_000  # characters about one recipient; ours

BRINGS_BACK = re.compile(
    r"^[ \t]{0,9}(?:-{2,20}[^\n]{0,40}\b(?:copy of|original message|returned message|unsent message|header of"
    r"|below this line|message header|message follows|headers of)"
    r"|(?:original message headers?|message headers? follow)\b)",
    re.IGNORECASE | re.MULTILINE,
)
ADDRESS_FIRST = re.compile(
    r"^(?P<indent>[ \t]{0,9})[\"<]?(?P<address>[^\s<>\"@:]{1,64}@[^\s<>\"@:;,()]{1,255})[\">]?"
    r"(?: on [^\n]{0,60}\d|[ \t]{0,9}:)?(?P<rest>[ \t][^\n]*)?$"
)
CODE = re.compile(r"(?:^[ \t]*|: ?|# ?|said |\()(?=[45]\d\d[ \n-])", re.MULTILINE)
STATUS = re.compile(r"^[ \t]*(?=[45]\.\d{1,3}\.\d{1,3}[ \n])", re.MULTILINE)
TRANSCRIPT = re.compile(r"^<<< (?=[45]\d\d[ -])", re.MULTILINE)
OURS = re.compile(
    r"\(in reply to [^)\n]{0,40}\)|giving up on [\d.:a-f]{1,45}|i'm not going to try again[^\n]*|\[RCPT_TO\]",
    re.IGNORECASE,
)
HOST = re.compile(
    r"\b(?:host:?|talking to|by) {1,3}([a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,9})\.?(?= ?[\[(:\n]| said|$)",
    re.IGNORECASE | re.MULTILINE,
)
GOES_ON = re.compile(
    r"will (?:continue|keep|be retried|try again)|no action is required|still being retried|delayed|(?:^|\b)warning:",
    re.IGNORECASE,
)
RULER = re.compile(r"^[ \t]{0,9}[-*=]{3}")
DAEMON = re.compile(r"mailer[-_]?daemon|post[-_]?master|mail delivery|delivery (?:sub)?system", re.IGNORECASE)
# What only these programs write: qmail, Postfix, sendmail, Exchange.  Exim has a field of its own.
WRITTEN_BY = re.compile(
    r"\bthis is the (?:qmail-send program|mail system at host|postfix program at host)\b"
    r"|^[ \t]{0,9}-{2,9} the following addresses had (?:permanent )?(?:fatal errors|delivery problems)"
    r"|\bdid not reach the following recipient|^delivery has failed to these recipients",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Told:
    """One recipient and what was said of them.  `address` and `host` are "" where the bounce does not name them."""

    address: str
    reply: str
    host: str = ""
    over: bool = True  # it has failed for good; else they go on trying


@dataclass(frozen=True, slots=True)
class ByProgram:
    """A bounce without the form of a report, from a program that is known to write them so."""

    told: tuple[Told, ...]
    returned: Header | None  # of the letter that it brings back


def by_program(octets: bytes) -> ByProgram | None:
    """None for a report by its form, and for whatever no mail program has written."""
    letter = _lines(octets[:MAX_READ])
    header = parse_header(letter)
    whole = _text(letter)
    if not (header.count(b"x-failed-recipients") or WRITTEN_BY.search(whole)) or parse_report(letter) is not None:
        return None
    return ByProgram(tuple(one for one in _by_words(_before(whole), header) if one.address), _returned(letter, whole))


def told(octets: bytes) -> tuple[Told, ...]:
    """What the bounce in a file says; () where it is none, or says nothing."""
    letter = _lines(octets[:MAX_READ])
    report = parse_report(letter)
    if report is not None:
        by_form = tuple(filter(None, map(_by_form, report.recipients[:MAX_TOLD])))
        if by_form:
            return by_form
    header = parse_header(letter)
    words = _before(_text(letter))
    return tuple(_by_words(words, header)) if words and (_is_returned(header) or report or CODE.search(words)) else ()


def _lines(octets: bytes) -> bytes:
    """With CRLF whatever the file has, and without the first line of an mbox."""
    if octets.startswith(b"From "):
        octets = octets.partition(b"\n")[2]
    return with_crlf(octets if b"\n" in octets else octets.replace(b"\r", b"\n"))


def _is_returned(header: Header) -> bool:
    return bool(
        header.text(b"return-path").strip() == "<>"
        or header.count(b"x-failed-recipients")
        or header.text(b"auto-submitted").lower().startswith("auto-replied")
        or DAEMON.search(header_text(header, b"from"))
    )


def _by_form(one: ReportedRecipient) -> Told | None:
    if one.action not in ("failed", "delayed", "") or not (one.diagnostic or one.status):
        return None
    status = "" if one.status in one.diagnostic else f"{one.status} "
    return Told(one.original or one.final, f"{status}{one.diagnostic}".strip(), one.remote_mta, one.action != "delayed")


def _text(letter: bytes) -> str:
    """What stands there for people, and what is brought back behind it."""
    html = ""
    for part in scan(letter).walk():
        if part.children or part.type != "text" or is_attachment(part):
            continue
        text = decoded_part(part).text[:MAX_TEXT].replace("\r\n", "\n")
        if part.subtype != "html":
            return text
        html = html or html_to_text(text)
    return html


def _returned(letter: bytes, text: str) -> Header | None:
    """The header of the letter it is about: in a part of its own, or behind the words for people."""
    brought = filter(None, map(returned_header, scan(letter).walk()))
    if (found := next(brought, None)) is not None:
        return found
    begins = BRINGS_BACK.search(text)
    if begins is None:
        return None
    return parse_header(text[begins.end() :].partition("\n")[2].lstrip("\n").replace("\n", "\r\n").encode())


def _before(text: str) -> str:
    end = BRINGS_BACK.search(text)
    return text[: end.start()].strip("\n") if end else text.strip("\n")


def _by_words(words: str, header: Header) -> Iterator[Told]:
    over = not GOES_ON.search(header_text(header, b"subject")) and not GOES_ON.search(words)
    for address, said in (
        dict(_blocks(words)).items() or {header.text(b"x-failed-recipients").partition(",")[0]: ""}.items()
    ):
        host = HOST.search(said if said.strip() else words)
        reply = _reply(said) or said.strip().split("\n\n")[0] or _naming(words, address) or words
        yield Told(address.strip(), _one_line(reply), host[1].lower() if host else "", over)


def _blocks(words: str) -> Iterator[tuple[str, str]]:
    """Each address that begins a line, and the lines after it until the next one that is no deeper in."""
    address, depth, said = "", 0, list[str]()
    count = 0
    for line in words.split("\n"):
        found = ADDRESS_FIRST.match(line)
        if found and found["address"] != address and (not address or len(found["indent"]) <= depth):
            if address:
                yield address, "\n".join(said)[:MAX_SAID]
            count += 1
            if count > MAX_TOLD:
                return
            address, depth, said = found["address"], len(found["indent"]), [found["rest"] or ""]
        elif address and RULER.match(line):
            yield address, "\n".join(said)[:MAX_SAID]
            address = ""
        elif address:
            said.append(line)
    if address:
        yield address, "\n".join(said)[:MAX_SAID]


def _naming(words: str, address: str) -> str:
    """The other server's line that names this address, or the first one."""
    found = list(TRANSCRIPT.finditer(words)) or list(CODE.finditer(words))
    lines = [words[one.end() :].split("\n")[0] for one in found[:MAX_TOLD]]
    return next((line for line in lines if address and address in line), lines[0] if lines else "")


def _reply(said: str) -> str:
    """From the code on, where there is one."""
    for sign in (TRANSCRIPT, CODE, STATUS):
        if found := sign.search(said):
            return said[found.end() :].split("\n\n")[0]
    return ""


def _one_line(reply: str) -> str:
    return " ".join(OURS.sub("", reply[:MAX_SAID]).split())
