"""One command line to one event: which commands there are, when each may be said, what its argument is.

Order is a table (RFC 5321 §4.1.4); a command at the wrong time becomes Wrong with the reply of that table.
"""

import re
from collections.abc import Callable, Mapping

from pyeonji.address import NotADomain, parse_domain
from pyeonji.proto.lines import MAX_SHOWN_LINE, has_controls, plain, shown
from pyeonji.proto.smtp import event as events
from pyeonji.proto.smtp import reply as replies
from pyeonji.proto.smtp.grammar import Violation, parse_mail, parse_rcpt
from pyeonji.proto.smtp.limits import LINE_LIMITS, MAX_COMMAND_LINE
from pyeonji.proto.smtp.reply import Reply
from pyeonji.proto.smtp.session import Session, State
from pyeonji.proto.smtp.xclient import parse_xclient

FRESH, READY, SENDER, RECIPIENT, CHUNKS = State

Refusals = Mapping[State, Reply]
_MAIL: Refusals = {
    FRESH: replies.HELLO_FIRST, SENDER: replies.NESTED_MAIL, RECIPIENT: replies.NESTED_MAIL,
    CHUNKS: replies.CHUNKS_BEGUN,
}  # fmt: skip
_RCPT: Refusals = {FRESH: replies.HELLO_FIRST, READY: replies.MAIL_FIRST, CHUNKS: replies.CHUNKS_BEGUN}
_BDAT: Refusals = {FRESH: replies.HELLO_FIRST, READY: replies.MAIL_FIRST, SENDER: replies.RECIPIENT_FIRST}
_DATA: Refusals = {**_BDAT, CHUNKS: replies.CHUNKS_BEGUN}
_BETWEEN: Refusals = {
    FRESH: replies.HELLO_FIRST, SENDER: replies.NOT_DURING_MAIL, RECIPIENT: replies.NOT_DURING_MAIL,
    CHUNKS: replies.NOT_DURING_MAIL,
}  # fmt: skip
_ANY: Refusals = {}
_HELLO = frozenset({b"EHLO", b"HELO", b"LHLO"})

# Commands of RFC 5321 and its forerunners that we know and do not have.
NOT_IMPLEMENTED = frozenset({b"ETRN", b"ATRN", b"TURN", b"SEND", b"SOML", b"SAML", b"XFORWARD"})
# Browsers and scripts that were sent here by somebody else: nothing they say may be read as a command.
FOREIGN = frozenset({b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"CONNECT", b"HOST:", b"USER-AGENT:"})
# Behind these nobody is still saying what DATA was refused for.
BEGIN_AGAIN = frozenset({b"MAIL", b"RCPT", b"RSET"})
# A name as RFC 4422 §3.1 has it, or all in small letters; a password in base64 is mixed, or ends with "=".
MECHANISM = re.compile(rb"(?:[A-Z0-9_-]{1,20}|[a-z0-9_-]{1,20})")
JUNK = frozenset({b"NOOP", b"RSET", b"VRFY", b"EXPN", b"HELP", b"EHLO", b"HELO", b"LHLO", b"AUTH", b"STARTTLS"})


def read_command(session: Session, octets: bytes, follows: bool) -> events.Event:
    """The event of one line (without CR LF); `follows`: more octets have come behind it."""
    verb, _, argument_octets = octets.partition(b" ")
    verb = verb.upper()
    text = plain(octets)
    line = shown_command(session, verb, octets, text)
    if text is None and has_controls(octets):
        return events.Wrong(line, replies.CONTROLS_IN_COMMAND)
    if len(octets) + 2 > LINE_LIMITS.get(verb, MAX_COMMAND_LINE):
        return events.Wrong(line, replies.LINE_TOO_LONG)
    row = (LMTP_COMMANDS if session.lmtp else SMTP_COMMANDS).get(verb)
    if row is None:
        if verb in FOREIGN:
            return events.Wrong(line, replies.NOT_SMTP, close=True)
        return events.Wrong(line, replies.NOT_IMPLEMENTED if verb in NOT_IMPLEMENTED else replies.UNKNOWN_COMMAND)
    parse, refusals = row
    if follows and (dangerous := NOTHING_MAY_FOLLOW.get(verb)):
        return events.Wrong(line, dangerous, close=True)
    if follows and session.limits.strict_turns and (verb in _HELLO or not session.extended):
        return events.Wrong(
            line, replies.OUT_OF_TURN, close=True
        )  # RFC 2920 §3.1: what may be grouped is not known yet
    if verb in JUNK:
        session.junk += 1
        if session.junk > session.limits.max_junk:
            return events.Wrong(line, replies.TOO_MUCH_TALK, close=True)
    refusal = refusals.get(session.state)
    if refusal is not None:
        session.data_refused |= verb == b"DATA"
        return events.Wrong(line, refusal)
    try:
        argument = argument_octets.decode("utf-8").strip(" \t")
        event = parse(session, line, argument)
    except Violation as violation:
        session.data_refused |= verb == b"DATA"
        return events.Wrong(line, violation.reply)
    except UnicodeDecodeError:
        return events.Wrong(line, replies.NOT_UTF8)
    if session.data_refused and verb in BEGIN_AGAIN:
        session.data_refused = False
        return parse(session, shown_command(session, verb, octets, text), argument)
    return event


def shown_command(session: Session, verb: bytes, octets: bytes, text: str | None = None) -> str:
    """The line for the journey.  Credentials, and what may be some or content by mistake, become their length.

    `text`: the line, where it is plain.
    """
    known = verb in SMTP_COMMANDS or verb in LMTP_COMMANDS
    if verb[:4] == b"AUTH":  # also where no space follows: what is wrong in its grammar may be right in secret
        named = 2 if octets[:5].upper().strip() == b"AUTH" else 1
        words = octets.split(None, named)
        if len(words) > named:
            return " ".join((*map(shown, words[:named]), hidden(words[named])))
        if named == 2 and not MECHANISM.fullmatch(words[-1]):
            return f"{shown(words[0])} {hidden(words[-1])}"
    elif _may_be_said_by_mistake(session, octets, known=known):
        return hidden(octets)
    elif not known and verb not in NOT_IMPLEMENTED and verb not in FOREIGN:  # who takes us for POP or IMAP, say
        word, _, rest = octets.partition(b" ")
        return f"{shown(word)} {hidden(rest)}" if rest else shown(octets)
    return shown(octets) if text is None or len(text) > MAX_SHOWN_LINE else text


def _may_be_said_by_mistake(session: Session, octets: bytes, *, known: bool) -> bool:
    """A password behind an AUTH that failed, or a line of the letter for which DATA was refused?"""
    if session.data_refused and b" " in octets.strip():  # "Help me ..." is no command then
        return True
    return not known and (session.login_tried or session.data_refused)


def hidden(octets: bytes) -> str:
    return f"({len(octets)} octets)"


# ── one function per command ────────────────────────────────────────────────────────────────────────────────


def _hello(verb: str) -> "Parser":
    def parse(session: Session, line: str, argument: str) -> events.Event:
        if not argument:
            raise Violation(replies.BAD_HELLO)
        try:
            parse_domain(argument)
        except NotADomain:
            return events.Hello(line, verb, argument, valid=False)
        return events.Hello(line, verb, argument, valid=True)

    return parse


def _mail(session: Session, line: str, argument: str) -> events.Event:
    reverse_path, parameters = parse_mail(argument, session.offered, session.lenient)
    if parameters.size is not None and parameters.size > session.limits.max_size:
        raise Violation(replies.MESSAGE_TOO_BIG)
    if parameters.requiretls and not session.extensions.offers_requiretls(session.after_tls):
        raise Violation(replies.ENCRYPTION_FIRST_FOR_REQUIRETLS)
    return events.Mail(line, reverse_path, parameters)


def _rcpt(session: Session, line: str, argument: str) -> events.Event:
    transaction = session.transaction
    assert transaction is not None
    address, parameters = parse_rcpt(
        argument,
        session.offered,
        session.lenient,
        smtputf8=transaction.parameters.smtputf8,
        hostname=session.hostname,
    )
    if len(transaction.recipients) >= session.limits.max_recipients:
        raise Violation(replies.TOO_MANY_RECIPIENTS)
    return events.Rcpt(line, address, parameters)


def _data(session: Session, line: str, argument: str) -> events.Event:
    _nothing(argument)
    assert session.transaction is not None
    if session.transaction.parameters.body == "BINARYMIME":
        raise Violation(replies.BINARY_NEEDS_BDAT)  # RFC 3030 §3
    return events.DataStart(line)


def _starttls(session: Session, line: str, argument: str) -> events.Event:
    if not session.extensions.starttls:
        raise Violation(replies.NOT_IMPLEMENTED)
    _nothing(argument)
    if session.after_tls:
        raise Violation(replies.ALREADY_ENCRYPTED)
    if session.authenticated:
        raise Violation(replies.TLS_AFTER_LOGIN)
    return events.StartTls(line)


def _auth(session: Session, line: str, argument: str) -> events.Event:
    mechanism, _, initial = argument.partition(" ")
    mechanisms = session.extensions.mechanisms(session.after_tls)
    session.login_tried = True
    if not session.extended:
        raise Violation(replies.HELLO_FIRST)
    if session.authenticated:
        raise Violation(replies.ALREADY_LOGGED_IN)
    if not mechanism:
        raise Violation(replies.BAD_ARGUMENTS)
    if mechanism.upper() not in mechanisms:
        later = session.extensions.starttls and mechanism.upper() in session.extensions.auth_after_tls
        raise Violation(replies.ENCRYPTION_FIRST_FOR_LOGIN if later else replies.UNKNOWN_MECHANISM)
    return events.Auth(line, mechanism.upper(), initial.strip(" ").encode("utf-8") or None)


def _xclient(session: Session, line: str, argument: str) -> events.Event:
    if not session.extensions.xclient:
        raise Violation(replies.NOT_IMPLEMENTED)
    return events.Introduced(line, *parse_xclient(argument))


def _reset(session: Session, line: str, argument: str) -> events.Event:
    _nothing(argument)
    session.forget()
    return events.Reset(line)


def _noop(session: Session, line: str, argument: str) -> events.Event:
    return events.Noop(line)


def _verify(session: Session, line: str, argument: str) -> events.Event:
    return events.Verify(line, _something(argument))


def _expand(session: Session, line: str, argument: str) -> events.Event:
    return events.Expand(line, _something(argument))


def _help(session: Session, line: str, argument: str) -> events.Event:
    return events.Help(line, argument)


def _quit(session: Session, line: str, argument: str) -> events.Event:
    return events.Quit(line)


def _nothing(argument: str) -> None:
    if argument:
        raise Violation(replies.BAD_ARGUMENTS)


def _something(argument: str) -> str:
    if not argument:
        raise Violation(replies.BAD_ARGUMENTS)
    return argument


Parser = Callable[[Session, str, str], events.Event]
Row = tuple[Parser, Refusals]

_SHARED: dict[bytes, Row] = {
    b"MAIL": (_mail, _MAIL),
    b"RCPT": (_rcpt, _RCPT),
    b"DATA": (_data, _DATA),
    b"RSET": (_reset, _ANY),
    b"NOOP": (_noop, _ANY),
    b"VRFY": (_verify, _ANY),
    b"EXPN": (_expand, _ANY),
    b"HELP": (_help, _ANY),
    b"QUIT": (_quit, _ANY),
    b"STARTTLS": (_starttls, _BETWEEN),
    b"AUTH": (_auth, _BETWEEN),
    b"XCLIENT": (_xclient, _BETWEEN),
}
SMTP_COMMANDS: Mapping[bytes, Row] = {**_SHARED, b"EHLO": (_hello("EHLO"), _ANY), b"HELO": (_hello("HELO"), _ANY)}
LMTP_COMMANDS: Mapping[bytes, Row] = {**_SHARED, b"LHLO": (_hello("LHLO"), _ANY)}  # RFC 2033 §4.1
BDAT_REFUSALS = _BDAT

#: Octets behind these have been sent by somebody who did not wait for the reply that decides what they are.
NOTHING_MAY_FOLLOW: Mapping[bytes, Reply] = {
    b"DATA": replies.OCTETS_BEHIND_DATA,
    b"STARTTLS": replies.OCTETS_BEHIND_STARTTLS,
    b"XCLIENT": replies.OUT_OF_TURN,
}
