"""The reply of a server in whatever a person pastes: a line of a log, a bounce, the error of a program.

    "… status=bounced (host mx.b.example[192.0.2.1] said: 550 5.1.1 No such user (in reply to RCPT TO command))"
        ->  "550 5.1.1 No such user", in answer to RCPT, from mx.b.example

Text that begins with a code is a reply as it is.  Each program writes it down in its own way; what they have in common
is a word that ends in a sign before the code.
"""

import html
import re
from dataclasses import dataclass

MAX_PASTED = 32_768  # characters that are looked through for a reply; ours
MAX_CLOSED = 16  # signs in which a reply may stand one in another; ours
MAX_BEFORE = 600  # characters before a reply that may say when it was said; ours
MAX_AFTER = 1_200  # and behind its beginning; ours

_BEGINS = re.compile(r"\A[\s'\"(\[]{0,9}(?=[2-5]\d\d(?:[- .]|\Z)|[245]\.\d{1,3}\.\d{1,3}(?:[\s:]|\Z))")
# What stands before a code where one server's words are told by another's program.
_TELLS = re.compile(
    r"(?:\b(?:said|responded|replied|says|reason|response|was|returned|rejected|refused|refused to talk to me|failed"
    r"|error|failure|denied|with message|login|greeting|stat|reject|deferred|answered)\b ?(?:[:=]|(?=['\"]))"
    r"|\bfrom remote (?:mail )?server[^:\n]{0,80}:(?:<[^>\n]{0,320}>[^:\n]{0,80}:)?(?: host [^:\n]{1,300}\]:)?"
    r"|\b(?:reject|milter-reject): [A-Z-]{4,14} from [^\s]{1,300}:|\bhost [^\s:]{1,255} ?\[[\da-fA-F.:]{2,45}\]:"
    r"|exception ?[:=]|\(state \d{1,3}\):|\(after [a-z ]{2,30}\):"
    r"|diagnostic-code:[^;\n]{0,40};|\b(?:smtp|x-postfix) ?;|^[ \t]*<(?:<<|\*\*|--|~\*|~|-) ?|[^\S\n]#(?=[45]\d\d[ -])"
    r"|\b(?:error|status|code|reply|smtp|esmtp)[ \t]{1,3}(?=[45]\d\d[ \t]))"
    r"[\s'\"(#<]{0,9}(?=[45]\d\d(?:[-\s)'\"]|\.\s|\Z))",
    re.IGNORECASE | re.MULTILINE,
)
# Anything before a code that has a status code beside it, which nothing else has.
_CODED = re.compile(r"(?:^|[\s'\"(#;:>=])(?=([45])\d\d[- ]#?\1\.\d{1,3}\.\d{1,3}(?!\.?\d))", re.MULTILINE)
_TUPLE = re.compile(r"\(([45]\d\d), b?(['\"])")  # Python's smtplib: (550, b'5.1.1 No such user')
# What a log says of a letter where no server said anything.
_STATE = re.compile(
    r"\bstatus=(?:bounced|deferred|undeliverable|expired) \(|\bstat=(?:deferred: )?(?!sent\b)|\bdefer \(-?\d{1,4}\):?"
    r"|\*\* \S{1,320}(?: <[^>\s]{1,320}>)?(?: [A-Z]{1,3}=\S{1,200}){0,9}:",
    re.IGNORECASE,
)
_SUSPENDED = re.compile(r"\A\s*delivery temporarily suspended: ")
_AFTER = re.compile(
    r"(?:\(in reply to [^)]{0,60}\)?\)?|giving up on [\d.:a-f]{1,45}[\s\S]*|i'm not going to try again[\s\S]*"
    r"|(?<=\s)-{2,7} (?:this is a copy|below this line|the header of|enclosed|original message|transcript of)\b[\s\S]*"
    r"|(?<=\s)original message headers:[\s\S]*"
    r"|; from=<[^\n]*|, (?:session|proto)=[^\n]*|\(state \d{1,3}\)\.?"
    r"|\[(?:RCPT_TO|MAIL_FROM|DATA)\]|##[ \t]*(?:\n|\Z)[\s\S]*)",
    re.IGNORECASE,
)
_NEXT = re.compile(
    r"\n(?=[ \t]*\n|--|[A-Z][A-Za-z-]{2,40}: |[.>]{3}|<[^>\s]{1,320}>:)"
)  # where a reply in a letter ends
_QMAIL = re.compile(r"_said:_|_does_not_like_|_failed_after_|_but_sender_|_but_greeting_|_but_my_name_|_found_a_match_")

# What a program that shows letters has put around the words: signs of a quotation, tags, lines that go on.
_QUOTES = re.compile(r"^(?:> )+|^>$", re.MULTILINE)
_TAGS = re.compile(
    r"</?(?:a|b|body|code|div|em|font|head|html|i|li|meta|p|pre|span|strong|style|table|tbody|td|tr|u|ul)\b[^<>]{0,300}>",
    re.IGNORECASE,
)
_LINES = re.compile(r"<br ?/?>(?:\r?\n)?|(?=</(?:p|div|li|td|tr)>)", re.IGNORECASE)
_HTML = re.compile(r"<br ?/?>|</(?:p|div|td|span|font)>|&lt;", re.IGNORECASE)
_CONTINUED = re.compile(r"=\r?\n")

# When it was said, by words near it: the first that is found.
_WHEN: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (phase, re.compile(written, re.IGNORECASE))
    for phase, written in (
        ("content", r"in reply to (?:end of data|bdat)|after (?:end of )?data\b(?! command)"
                    r"|failed after i sent the message"
                    r"|smtpdataerror|message failed: |data command failed|end-of-message from|sending end of data"),
        ("data", r"in reply to data\b|failed on data command|data from \S"),
        ("rcpt", r"in reply to rcpt|for rcpt to command|after (?:pipelined )?rcpt to|does not like recipient"
                 r"|smtprecipientsrefused|smtpaddressfailed|recipients were rejected|recipient command failed"
                 r"|failed to add recipient|rcpt from \S|ruleset=check_rcpt|sending rcpt to"),
        ("mail", r"in reply to mail from|for mail from command|after (?:pipelined )?mail from|but sender was rejected"
                 r"|smtpsenderrefused|mail command failed|failed to set sender|mail from \S+\["
                 r"|ruleset=check_mail|sending mail from"),
        ("auth", r"sasl authentication failed|smtpauthenticationerror|invalid login|in reply to auth|after auth\b"),
        ("tls", r"in reply to starttls|after starttls"),
        ("hello", r"in reply to (?:ehlo|helo|lhlo)|after (?:ehlo|helo)\b|my name was rejected|smtpheloerror"
                  r"|(?:ehlo|helo) from \S|performing the (?:ehlo|helo) handshake"),
        ("greeting", r"refused to talk to me|after initial connection|greeting failed|invalid greeting|smtpconnecterror"
                     r"|initial server greeting|ruleset=check_relay|connect from \S+\[[^\n]{0,60}\]: [45]"),
    )
)  # fmt: skip
_SPOKEN = re.compile(r"^[ \t]*(?:>>>|->|=>|~>) ?(EHLO|HELO|STARTTLS|MAIL|RCPT|DATA)\b", re.IGNORECASE | re.MULTILINE)
_HOST = re.compile(
    r"\b(?:host|connect to|connection with|conversation with|server|talking to|H=|relay=)[ =]{0,2}"
    r"(?P<host>[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){1,9})\.?(?= ?\[| said|:\s|\s?$|,)",
    re.IGNORECASE | re.MULTILINE,
)
_RCPT = re.compile(
    r"(?:\bto=|\b(?:final|original)-recipient: ?rfc822; ?|after (?:pipelined )?rcpt to:|\*\* |== |^[ \t]{0,9})"
    r"<?(?P<rcpt>[^\s<>\"'@:;,()=]{1,64}@[a-z0-9.-]{1,255}[a-z0-9])>?(?=[\s:,>]|$)",
    re.IGNORECASE | re.MULTILINE,
)
# Where a reply ends that stands in quotes: it may have others inside, as in "doesn't".
_QUOTED = {sign: re.compile(rf"{sign}[ \t]*(?:\n|\Z)") for sign in ("'", '"')}
_WORDS = re.compile(r"[^\W\d_]{2}")
_PAIRS = (("(", ")"), ("<", ">"), ("[", "]"), ("'", "'"), ('"', '"'))
_STATUS = re.compile(r"\bdsn=([45]\.\d{1,3}\.\d{1,3})")
_ERROR = re.compile(r"\bSMTP error(?: code)?:? ?\(?([45]\d\d)\)?:", re.IGNORECASE)  # PHP
_INNER = re.compile(r"\((?=[45]\.\d{1,3}\.\d{1,3} )")
# The other names of a phase.
PHASES = {
    "helo": "hello", "ehlo": "hello", "lhlo": "hello", "starttls": "tls", "banner": "greeting", "mail from": "mail",
    "rcpt to": "rcpt", "end of data": "content", "bdat": "content",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pasted:
    """`reply` may have several lines; the rest is "" where nothing says it."""

    reply: str
    phase: str = ""
    host: str = ""
    rcpt: str = ""


def pasted(text: str) -> Pasted:
    """The reply that is told of, or the text as it is where there is none."""
    text = _unwrapped(text[:MAX_PASTED].lstrip("\ufeff"))
    if begins := _BEGINS.match(text):
        return Pasted(_closed(text[begins.end() :]) if begins.group().strip() else text)
    text = _unrolled(text)
    for tells in (_by_tuple, _by_error, _by_words, _by_state):
        if (found := tells(text)) is not None:
            reply, at = found
            return Pasted(reply, *_about(text, at))
    return Pasted(_SUSPENDED.sub("", text))


def _by_tuple(text: str) -> tuple[str, int] | None:
    found = _TUPLE.search(text)
    if found is None:
        return None
    return f"{found[1]} {text[found.end() :].partition(found[2] + ')')[0].partition(found[2] + ',')[0]}", found.start()


def _by_error(text: str) -> tuple[str, int] | None:
    found = _ERROR.search(text)
    if found is None:
        return None
    inner = _INNER.search(text, found.end())
    return f"{found[1]} {_ended(text[inner.end() if inner else found.end() :].strip())}", found.end()


def _by_words(text: str) -> tuple[str, int] | None:
    found = _TELLS.search(text) or _CODED.search(text)
    if found is None:
        return None
    reply = text[found.end() :]
    quote = _QUOTED.get(text[found.end() - 1 : found.end()])
    closed = quote.search(reply) if quote else None
    return _ended(reply[: closed.start()] if closed else reply), found.end()


def _by_state(text: str) -> tuple[str, int] | None:
    """What the program itself says, behind the status code that it gave."""
    found = _STATE.search(text)
    if found is None:
        return None
    status = _STATUS.search(text)
    said = _SUSPENDED.sub("", _ended(text[found.end() :])).strip()
    return (f"{status[1]} {said}" if status else said), found.end()


def _unwrapped(text: str) -> str:
    """Without what a program that shows letters has put around the words."""
    if _CONTINUED.search(text):
        text = _CONTINUED.sub("", text).replace("=3D", "=").replace("=20", " ")
    if _HTML.search(text):
        text = html.unescape(_TAGS.sub("", _LINES.sub("\n", text)))
    return _QUOTES.sub("", text)


def _unrolled(text: str) -> str:
    """With the spaces and lines that a log has put other signs for."""
    if _QMAIL.search(text):
        text = text.replace("_", " ").replace("./", ".\n").replace("/", "\n")
    return text.replace("\\r", "").replace("\\n", "\n").replace("\r\n", "\n")


def _ended(reply: str) -> str:
    """Without what the program says after it."""
    end = _AFTER.search(reply)
    reply = reply[: end.start()] if end else reply
    begun = _WORDS.search(reply)  # a log may fold behind the code, before the address
    end = _NEXT.search(reply, begun.start()) if begun else None
    return _closed(reply[: end.start()] if end else reply)


def _closed(reply: str) -> str:
    """Without the sign that closes the place it was told in."""
    reply = reply.rstrip()
    for _ in range(MAX_CLOSED):
        if not any(reply.endswith(close) and _left_open(reply, opening, close) for opening, close in _PAIRS):
            break
        reply = reply[:-1].rstrip()
    return reply


def _left_open(reply: str, opening: str, close: str) -> bool:
    """Whether the last sign closes what was opened before the reply."""
    return reply.count(close) % 2 == 1 if opening == close else reply.count(close) > reply.count(opening)


def _about(text: str, at: int) -> tuple[str, str, str]:
    """(phase, host, recipient) as the words around say."""
    near = text[max(0, at - MAX_BEFORE) : at + MAX_AFTER]
    spoken = _SPOKEN.findall(text[max(0, at - MAX_BEFORE) : at])
    phase = next((phase for phase, when in _WHEN if when.search(near)), "")
    if not phase and spoken:
        phase = PHASES.get(spoken[-1].lower(), spoken[-1].lower())
    hosts = list(_HOST.finditer(text, max(0, at - MAX_BEFORE), at + 1))
    host = hosts[-1] if hosts else _HOST.search(text, at, at + MAX_AFTER)
    rcpt = _RCPT.search(text)
    return phase, host["host"].lower() if host else "", rcpt["rcpt"] if rcpt else ""
