"""One step of a story for each event: what people are shown, with the sentence for it by its name in the catalogue."""

from dataclasses import dataclass, field

from pyeonji.catalog.say import Slot, Words, known
from pyeonji.journey.event import (
    Accepted,
    AnyEvent,
    Attempted,
    Bounced,
    Cancelled,
    Closed,
    Confirmed,
    Connected,
    Content,
    Decided,
    Deferred,
    Delivered,
    Distributed,
    Dropped,
    Expunged,
    Failed,
    Filed,
    Fixed,
    Held,
    LeaseExpired,
    Line,
    LoggedIn,
    LoginFailed,
    Moved,
    Notified,
    Queued,
    Refused,
    Released,
    Reported,
    Resolved,
    Returned,
    TlsFailed,
    TlsStarted,
    Unknown,
)
from pyeonji.journey.receipt import written

KINDS = (
    "accept",
    "transform",
    "policy",
    "dns",
    "connect",
    "tls",
    "line",
    "decide",
    "wait",
    "store",
    "notify",
    "return",
)


OF_THIS_MACHINE = ("local socket", "maildrop")  # ways in which the kernel says which user it was


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`at` in microseconds since 1970 UTC.  `recipient` 0 is "all of it"; `address` whom it is about, "" for all."""

    at: int
    kind: str  # one of KINDS
    event: str  # the event's name in lower case
    text: str = ""  # technical, one line: what was said, or found
    key: str = ""  # sentence of the catalogue, "" for none
    slots: dict[str, Slot] = field(default_factory=dict)
    recipient: int = 0
    attempt: int = 0
    address: str = ""
    direction: str = ""  # of a line: "out" we said, "in" they said
    encrypted: bool = False
    rule: str = ""
    value: str = ""
    outcome: str = ""
    session: int = 0
    way: str = ""  # of the connection it happened on: "in" they called us, "out" we called them, "" neither


@dataclass(frozen=True, slots=True)
class Told:
    """The words of a step: text, key and slots, and whom it is about."""

    text: str = ""
    key: str = ""
    slots: dict[str, Slot] = field(default_factory=dict)
    address: str = ""


def told(event: AnyEvent) -> Told:
    """What is told of an event, but for the lines of a dialogue: `lines.Dialogue` knows what they mean."""
    return _of_connection(event) or _of_letter(event) or _of_carrying(event) or _afterwards(event) or _unknown(event)


def _of_connection(event: AnyEvent) -> Told | None:
    match event:
        case Connected(direction=way, service=service, peer=peer, host=host):
            text = f"{host} [{peer}]" if host else peer
            return Told(text, f"event.connected.{way}", {"peer": peer, "service": service, "host": host or peer})
        case TlsStarted(version=version, cipher=cipher, peer_name=peer_name):
            return Told(" ".join(filter(None, (version, cipher, peer_name))), "event.tlsstarted", {"version": version})
        case TlsFailed(why=why):
            return Told(why, "event.tlsfailed", {"why": why})
        case LoggedIn(account=account, mechanism=mechanism):
            key = "event.loggedin.here" if mechanism in OF_THIS_MACHINE else "event.loggedin"
            return Told(f"{account} {mechanism}", key, {"account": account, "mechanism": mechanism})
        case LoginFailed(mechanism=mechanism, because=because):
            return Told(f"{mechanism}: {because}", "event.loginfailed", {"mechanism": mechanism})
        case Closed(because=because):
            return Told(because, "event.closed.because" if because else "event.closed", {"because": because})
        case Dropped(lines=lines):
            return Told(f"{lines} lines", "event.dropped", {"lines": lines})
        case Content(octets=octets, lines=lines):
            return Told(f"({lines} lines, {octets} octets)", "line.content", {"octets": octets, "lines": lines})
        case Line(text=text):
            return Told(text)
    return None


def _of_letter(event: AnyEvent) -> Told | None:
    match event:
        case Refused(reply=reply, because=because, address=address):
            return Told(f"{reply} ({because})" if because else reply, "event.refused", {"reply": reply}, address)
        case Accepted(via=via, size=size):
            return Told(f"{size} octets by {via}", "event.accepted", {"via": _named("via", via)})
        case Fixed(what=what):
            return Told(what, "event.fixed", {"what": _named("fix", what)})
        case Decided(rule=rule, value=value, outcome=outcome):
            word, _, why = outcome.partition(": ")
            slots: dict[str, Slot] = {"rule": _named("rule", rule), "value": value, "outcome": outcome, "why": why}
            key = f"event.{rule}.{word}"
            return Told(f"{rule}: {value} -> {outcome}", key if known(key) else "event.decided", slots)
        case Filed(address=address, mailbox=mailbox, uid=uid):
            slots = {"address": address, "mailbox": mailbox}
            return Told(f"{address} {mailbox} UID {uid}", "event.filed", slots, address)
        case Distributed(address=address, letter=letter):
            number = written(letter) if letter else ""
            key = "event.distributed" if letter else "event.distributed.nobody"
            return Told(f"{address} {number}".strip(), key, {"address": address, "number": number}, address)
        case Queued(address=address):
            return Told(address, "event.queued", {"address": address}, address)
    return None


def _of_carrying(event: AnyEvent) -> Told | None:
    match event:
        case Resolved(question=question, answer=answer, note=note):
            found = ", ".join(answer)
            slots: dict[str, Slot] = {"question": question, "answer": found, "note": note}
            text = f"{question} -> {found or 'nothing'}" + (f" ({note})" if note else "")
            return Told(text, "event.resolved.note" if note else "event.resolved", slots)
        case Attempted(attempt=attempt, host=host, ip=ip):
            return Told(f"#{attempt} {host} [{ip}]", "event.attempted", {"attempt": attempt, "host": host})
        case Delivered(host=host, reply=reply):
            return Told(reply, "event.delivered", {"host": host})
        case Deferred(reply=reply):
            return Told(reply, "event.deferred")
        case Failed(reply=reply):
            return Told(reply, "event.failed")
        case LeaseExpired():
            return Told("", "event.leaseexpired")
    return None


def _afterwards(event: AnyEvent) -> Told | None:
    match event:
        case Bounced(bounce=bounce, because=because):
            number = written(bounce) if bounce else ""
            key = "event.bounced" if bounce else "event.bounced.nobody"
            return Told(number or because, key, {"number": number, "because": because})
        case Returned(letter=letter, reply=reply, host=host):
            slots: dict[str, Slot] = {"number": written(letter), "host": host, "reply": reply}
            return Told(reply, "event.returned", slots)
        case Reported(letter=letter, action=action, reply=reply):
            key = f"event.reported.{action}" if known(f"event.reported.{action}") else "event.reported"
            return Told(f"{action} {reply}".strip(), key, {"number": written(letter)})
        case Notified(notice=notice):
            return Told(written(notice) if notice else "", "event.notified")
        case Confirmed(report=report):
            return Told(written(report), "event.confirmed")
        case Held(because=because) | Released(because=because) | Cancelled(because=because):
            return Told(because, f"event.{type(event).__name__.lower()}", {"because": because})
        case Moved(mailbox=mailbox, account=account, how=how):
            key = f"event.{how}" if known(f"event.{how}") else "event.moved"
            return Told(f"{account} {mailbox}", key, {"mailbox": mailbox}, account)
        case Expunged(mailbox=mailbox, account=account, because=because):
            key = f"event.expunged.{because}" if known(f"event.expunged.{because}") else "event.expunged"
            return Told(f"{account} {mailbox}", key, {"mailbox": mailbox}, account)
    return None


def _named(kind: str, word: str) -> Slot:
    """A word of ours as the reader says it; any other as it is."""
    key = f"{kind}.{word}"
    return Words((key,)) if known(key) else word


def _unknown(event: object) -> Told:
    """An event of a later version: shown by its name."""
    name = event.name if isinstance(event, Unknown) else type(event).__name__.lower()
    return Told(name, "event.unknown", {"event": name})
