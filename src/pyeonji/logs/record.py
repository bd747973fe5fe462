"""One record for each event: what all styles of the log say, none of which knows more than the journey does.

No record holds content, subjects, passwords or tokens; events have no field for them, and names that were tried are
said only when they are an account's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pyeonji.journey.event import (
    Accepted,
    AnyEvent,
    Attempted,
    Closed,
    Connected,
    Deferred,
    Delivered,
    Failed,
    Filed,
    LoggedIn,
    LoginFailed,
    Queued,
    Refused,
    Returned,
)
from pyeonji.journey.explain import parts
from pyeonji.journey.instants import rfc3339
from pyeonji.journey.printable import printable
from pyeonji.journey.receipt import written
from pyeonji.journey.steps import told
from pyeonji.logs.facts import Facts
from pyeonji.store.accept import SessionRef
from pyeonji.store.journey import JourneyRow

DEBUG, INFO, WARNING, ERROR = "debug", "info", "warning", "error"
LEVELS = (DEBUG, INFO, WARNING, ERROR)
QUIET = frozenset({
    "connected", "tlsstarted", "line", "content", "dropped", "resolved", "attempted", "decided", "fixed", "moved",
    "expunged", "unknown",
})  # fmt: skip
LOUD = frozenset({"loginfailed", "refused", "tlsfailed", "deferred", "leaseexpired"})
REASONS = {"wrong": "password", "barred": "barred", "scope": "scope", "broken": "mechanism", "later": "unavailable"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Empty fields are left out.  `more` are further facts by name."""

    at: int  # microseconds since 1970 UTC
    level: str
    event: str
    msg: str
    id: str = ""
    rcpt: str = ""
    attempt: int = 0
    peer: str = ""
    code: int = 0
    enhanced: str = ""
    cause: str = ""
    service: str = ""
    trace: str = ""
    more: dict[str, str | int] = field(default_factory=dict)


def records(row: JourneyRow, facts: Facts, least: str = DEBUG) -> Iterator[Record]:
    """Those of a row that are at least of this level."""
    session = facts.session(row.session_id)
    for event in row.events:
        name = type(event).__name__.lower()
        level = level_of(name)
        if LEVELS.index(level) >= LEVELS.index(least):
            yield _record(event, name, level, row.message_id, session, facts)


def level_of(name: str) -> str:
    if name in QUIET:
        return DEBUG
    if name == "failed":
        return ERROR
    return WARNING if name in LOUD else INFO


def _record(event: AnyEvent, name: str, level: str, number: int, session: SessionRef, facts: Facts) -> Record:
    n = getattr(event, "recipient", 0)
    reply = getattr(event, "reply", "")
    code, enhanced, _ = parts(reply) if reply else (0, "", "")
    words = told(event)
    msg = login_failed(event, session, facts) if isinstance(event, LoginFailed) else words.text
    return Record(
        at=event.at,
        level=level,
        event=name,
        msg=printable(msg),
        id=written(number, n) if number else "",
        rcpt=printable(words.address or facts.address(number, n)),
        attempt=event.attempt if isinstance(event, Attempted) else 0,
        peer=printable(session.peer),
        code=code,
        enhanced=enhanced,
        cause=printable(getattr(event, "cause", "")),
        service=session.service,
        trace=printable(facts.about(number).trace) if number else "",
        more={key: printable(value) if isinstance(value, str) else value for key, value in _more(event) if value},
    )


def _more(event: AnyEvent) -> Iterator[tuple[str, str | int]]:
    match event:
        case Accepted(via=via, size=size, reverse_path=path, message_id=message_id, login=login):
            yield from (("via", via), ("size", size), ("from", path or "<>"), ("message_id", message_id))
            yield "login", login
        case LoggedIn(account=account, mechanism=mechanism):
            yield from (("login", account), ("mechanism", mechanism))
        case Filed(mailbox=mailbox, uid=uid):
            yield from (("mailbox", mailbox), ("uid", uid))
        case Queued(deadline=deadline):
            yield "gives_up_at", rfc3339(deadline)
        case Attempted(host=host, ip=ip):
            yield from (("host", host), ("ip", ip))
        case Deferred(host=host, phase=phase, next_at=next_at):
            yield from (("host", host), ("phase", phase), ("next_attempt_at", rfc3339(next_at)))
        case Delivered(host=host) | Returned(host=host):
            yield "host", host
        case Failed(host=host, phase=phase):
            yield from (("host", host), ("phase", phase))
        case Refused(because=because):
            yield "because", because
        case Connected(direction=direction, host=host):
            yield from (("direction", direction), ("host", host))
        case Closed(because=because):
            yield "because", because


def login_failed(event: LoginFailed, session: SessionRef, facts: Facts) -> str:
    """The line that fail2ban reads (packaging/fail2ban): it does not change."""
    user = "".join(char if char.isalnum() or char in "@.+_-" else "_" for char in facts.user(event.login)) or "-"
    reason = REASONS.get(event.outcome, "password")
    return f"auth failed: ip={ip_of(session.peer) or '-'} user={user} proto={session.service or '-'} reason={reason}"


def ip_of(peer: str) -> str:
    """The address of "192.0.2.1:25" and of "[2001:db8::1]:25"; "" for a local socket."""
    host, _, port = peer.rpartition(":")
    return host.strip("[]") if port.isdigit() else ""
