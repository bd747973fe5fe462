"""The log as Postfix writes it, for programs and fingers that know it: pflogsumm, fail2ban's own filters, grep.

Who said what is read from the dialogue, as far as Postfix would say it: smtpd (connect, client=, NOQUEUE: reject,
disconnect), cleanup, qmgr, smtp, local, bounce.  The queue id is the receipt number.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from pyeonji.journey.event import (
    Accepted,
    AnyEvent,
    Attempted,
    Bounced,
    Cancelled,
    Closed,
    Connected,
    Deferred,
    Delivered,
    Distributed,
    Failed,
    Filed,
    Held,
    Line,
    LoggedIn,
    LoginFailed,
    Queued,
    Refused,
)
from pyeonji.journey.explain import parts
from pyeonji.journey.printable import printable
from pyeonji.journey.receipt import compact
from pyeonji.journey.recent import Recent
from pyeonji.logs.facts import Facts
from pyeonji.logs.record import ip_of, login_failed
from pyeonji.store.journey import JourneyRow

SPEAKS_SMTP = frozenset({"smtp", "submission", "submissions", "lmtp"})
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
PATH = re.compile(r"(?:MAIL FROM|RCPT TO):\s*<([^>]{0,320})>", re.IGNORECASE)
GREETINGS = {"EHLO": "ESMTP", "HELO": "SMTP", "LHLO": "LMTP"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
VERBS = ("ehlo", "helo", "lhlo", "starttls", "auth", "mail", "rcpt", "data", "bdat", "rset", "noop", "vrfy", "quit")
SECOND_US = 1_000_000
MAX_PID = 32_767


@dataclass(slots=True)
class Visit:
    """A connection to one of our SMTP ports."""

    client: str
    service: str
    hello: str = ""
    protocol: str = "SMTP"
    reverse_path: str = ""
    login: tuple[str, str] = ("", "")  # mechanism, account
    commands: dict[str, int] = field(default_factory=dict)


class Postfix:
    """Remembers what Postfix's processes would: who is connected, and where a letter was tried."""

    def __init__(self, hostname: str, zone: tzinfo | None = None) -> None:
        self._host = hostname
        self._zone = zone
        self._visits: Recent[int, Visit] = Recent()
        self._hops: Recent[tuple[int, int], tuple[str, str, int]] = Recent()  # host, address, when; by recipient
        self._removed: Recent[int, None] = Recent()  # letters

    def lines(self, row: JourneyRow, facts: Facts) -> Iterator[str]:
        """Those of one row."""
        visit = self._visits.get(row.session_id)
        for event in row.events:
            if isinstance(event, Connected):
                visit = self._opened(row.session_id, event)
            for daemon, text in self._told(row, event, visit, facts):
                yield self._line(event.at, daemon, row, text)
        if row.message_id and row.events and any(map(_ends, row.events)):
            yield from self._end(row, facts)

    # ── below ──

    def _line(self, at_us: int, daemon: str, row: JourneyRow, text: str) -> str:
        """What looks like a process's number tells connections apart, as it does at Postfix."""
        number = (row.session_id or row.message_id) % MAX_PID + 1
        return f"{self._stamp(at_us)} {self._host} postfix/{daemon}[{number}]: {printable(text)}"

    def _stamp(self, at_us: int) -> str:
        moment = (EPOCH + timedelta(microseconds=at_us)).astimezone(self._zone)
        return f"{MONTHS[moment.month - 1]} {moment.day:2d} {moment:%H:%M:%S}"

    def _opened(self, session: int, event: Connected) -> Visit | None:
        if event.direction == "out" or event.service not in SPEAKS_SMTP:
            return None
        visit = Visit(f"unknown[{ip_of(event.peer) or 'unknown'}]", event.service)
        self._visits.put(session, visit)
        return visit

    def _told(self, row: JourneyRow, event: AnyEvent, visit: Visit | None, facts: Facts) -> Iterator[tuple[str, str]]:
        number = compact(row.message_id)
        match event:
            case LoginFailed():
                yield "smtpd" if visit else "auth", login_failed(event, facts.session(row.session_id), facts)
                if visit:
                    yield "smtpd", f"warning: {visit.client}: SASL {event.mechanism} authentication failed"
            case Accepted():
                yield from _accepted(event, number, row, visit)
            case Filed(recipient=n, address=address) if n:
                yield "local", _delivery(number, address, "local", 0, "2.0.0", "sent", "delivered to mailbox")
            case Distributed(address=address):
                yield "local", _delivery(number, address, "local", 0, "2.0.0", "sent", "delivered to list")
            case Attempted(recipient=n, host=host, ip=ip):
                self._hops.put((row.message_id, n), (host, ip, event.at))
            case Delivered() | Deferred() | Failed():
                yield "smtp", self._concluded(row.message_id, event, facts)
            case Bounced(bounce=bounce) if bounce:
                yield "bounce", f"{number}: sender non-delivery notification: {compact(bounce)}"
            case Held(because=because):
                yield "postsuper", f"{number}: placed on hold ({because})"
            case _ if visit is not None:
                yield from self._of_visit(row.session_id, event, visit)

    def _of_visit(self, session: int, event: AnyEvent, visit: Visit) -> Iterator[tuple[str, str]]:
        match event:
            case Connected():
                yield "smtpd", f"connect from {visit.client}"
            case Line(direction="in", text=text):
                _noted(visit, text)
            case LoggedIn(account=account, mechanism=mechanism):
                visit.login = mechanism, account
            case Refused(reply=reply, address=address) if address:
                yield "smtpd", _rejected(visit, reply, address)
            case Closed(because=because):
                del self._visits[session]
                if because.startswith(("closed", "too slow")):
                    yield "smtpd", f"lost connection after {_last(visit)} from {visit.client}"
                counted = "".join(f"{verb}={count} " for verb, count in visit.commands.items())
                yield "smtpd", f"disconnect from {visit.client} {counted}commands={sum(visit.commands.values())}"

    def _concluded(self, number: int, event: Delivered | Deferred | Failed, facts: Facts) -> str:
        host, ip, begin = self._hops.pop((number, event.recipient), ("", "", event.at))
        status = {Delivered: "sent", Deferred: "deferred", Failed: "bounced"}[type(event)]
        _, enhanced, _ = parts(event.reply)
        dsn = enhanced or {"sent": "2.0.0", "deferred": "4.0.0", "bounced": "5.0.0"}[status]
        about = facts.about(number)
        waited = max(0, event.at - (about.at_us or event.at))
        relay = f"{host}[{ip}]:25" if ip else "none"
        words = f"host {host}[{ip}] said: {event.reply}" if ip and status != "sent" else event.reply
        address = facts.address(number, event.recipient)
        return _delivery(compact(number), address, relay, waited, dsn, status, words, max(0, event.at - begin))

    def _end(self, row: JourneyRow, facts: Facts) -> Iterator[str]:
        """Nothing is owed any more."""
        if row.message_id not in self._removed and not facts.is_undecided(row.message_id):
            self._removed.put(row.message_id, None)
            yield self._line(row.events[-1].at, "qmgr", row, f"{compact(row.message_id)}: removed")


def _accepted(event: Accepted, number: str, row: JourneyRow, visit: Visit | None) -> Iterator[tuple[str, str]]:
    if visit is not None:
        mechanism, account = visit.login
        login = f", sasl_method={mechanism}, sasl_username={account}" if account else ""
        yield "smtpd", f"{number}: client={visit.client}{login}"
    else:
        yield "pickup", f"{number}: uid=0 from=<{event.login or event.reverse_path}>"
    yield "cleanup", f"{number}: message-id={event.message_id or '<>'}"
    heirs = sum(isinstance(one, Filed | Queued | Distributed | Failed) for one in row.events)
    yield "qmgr", f"{number}: from=<{event.reverse_path}>, size={event.size}, nrcpt={heirs} (queue active)"


def _delivery(
    number: str, address: str, relay: str, waited_us: int, dsn: str, status: str, words: str, took_us: int = 0
) -> str:  # fmt: skip
    """`delays`: before the queue, in it, setting up the connection, handing over; we know the second and last."""
    waited, took = waited_us / SECOND_US, took_us / SECOND_US
    delays = f"0/{_seconds(max(0.0, waited - took))}/0/{_seconds(took)}"
    return (
        f"{number}: to=<{address}>, relay={relay}, delay={_seconds(waited)}, delays={delays}, dsn={dsn},"
        f" status={status} ({words})"
    )


def _seconds(seconds: float) -> str:
    """Two significant digits, as Postfix rounds."""
    return f"{seconds:.0f}" if seconds >= 10 else f"{seconds:.2g}"


def _rejected(visit: Visit, reply: str, address: str) -> str:
    code, enhanced, words = parts(reply)
    said = " ".join(filter(None, (str(code or ""), enhanced, f"<{address}>: Recipient address rejected: {words}")))
    return (
        f"NOQUEUE: reject: RCPT from {visit.client}: {said}; from=<{visit.reverse_path}> to=<{address}>"
        f" proto={visit.protocol} helo=<{visit.hello}>"
    )


def _noted(visit: Visit, text: str) -> None:
    """What a command says of who is there, and that it was said."""
    verb, _, rest = text.partition(" ")
    if verb.upper() in GREETINGS:
        visit.hello, visit.protocol = rest.strip()[:255], GREETINGS[verb.upper()]
    elif verb.upper() == "MAIL" and (found := PATH.match(text)):
        visit.reverse_path = found[1]
    if verb.lower() in VERBS:
        visit.commands[verb.lower()] = visit.commands.get(verb.lower(), 0) + 1


def _last(visit: Visit) -> str:
    return next(reversed(visit.commands), "CONNECT").upper()


def _ends(event: AnyEvent) -> bool:
    return isinstance(event, Filed | Distributed | Delivered | Failed | Cancelled)
