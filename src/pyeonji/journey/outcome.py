"""What became of a recipient, in everybody's words: one table for our states and those of others.

`told` says which news an event of the journey is for the program that sent the letter.  Each recipient's news ends with
one "email.final"; another one follows only when whoever had taken the letter sends it back later.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pyeonji.journey.event import (
    AnyEvent,
    Attempted,
    Cancelled,
    Decided,
    Deferred,
    Delivered,
    Distributed,
    Event,
    Failed,
    Filed,
    Held,
    Queued,
    Released,
    Reported,
    Returned,
)
from pyeonji.journey.receipt import compact

Status = Literal[
    "queued", "held", "sending", "deferred", "delivered", "failed", "bounced", "suppressed", "cancelled"
]  # fmt: skip
Fact = str | int


@dataclass(frozen=True, slots=True)
class Words:
    """What others call a status.  "" where they have no word."""

    type: str  # of the event that tells it
    final: bool
    states: tuple[str, ...]  # of the queue (docs/queue.md)
    dsn: str  # action, RFC 3464 §2.3.3
    jmap: str  # delivered of DeliveryStatus, RFC 8621 §7
    anymail: str  # event_type of django-anymail


WORDS: dict[Status, Words] = {
    "queued": Words("email.queued", False, ("waiting",), "", "queued", "queued"),
    "held": Words("email.held", False, ("held",), "", "queued", "queued"),
    "sending": Words("email.attempted", False, ("trying",), "", "queued", "sent"),
    "deferred": Words("email.deferred", False, ("waiting",), "delayed", "queued", "deferred"),
    "delivered": Words("email.delivered", True, ("arrived", "done"), "delivered", "yes", "delivered"),
    "failed": Words("email.failed", True, ("failed", "bounced"), "failed", "no", "failed"),
    "bounced": Words("email.bounced", True, ("returned",), "failed", "no", "bounced"),
    "suppressed": Words("email.suppressed", True, ("suppressed",), "", "no", "rejected"),
    "cancelled": Words("email.cancelled", True, ("cancelled",), "", "no", "failed"),
}
FINAL = frozenset(status for status, words in WORDS.items() if words.final)

RELEASED, COMPLAINED, ENDED, RECEIVED = "email.released", "email.complained", "email.final", "email.received"
OF_A_LETTER = (*dict.fromkeys(words.type for words in WORDS.values()), RELEASED, COMPLAINED, ENDED, RECEIVED)
DOMAIN_BAD, DOMAIN_GOOD = "domain.check_failed", "domain.check_ok"
OF_A_SERVER = (DOMAIN_BAD, DOMAIN_GOOD, "webhook.disabled")
TYPES = (*OF_A_LETTER, *OF_A_SERVER)
OPT_IN = WORDS["sending"].type  # told only where an app asked for it


def dsn_action(status: Status, certainty: str = "") -> str:
    """RFC 3464 §2.3.3: what was handed over is relayed; what came to a list is expanded."""
    if status == "delivered":
        return {"handed_over": "relayed", "distributed": "expanded"}.get(certainty, "delivered")
    return WORDS[status].dsn


def jmap_delivered(status: Status, certainty: str = "") -> str:
    """RFC 8621 §7: "yes" is for who knows, and of what was handed over only others know."""
    return "unknown" if status == "delivered" and certainty != "in_mailbox" else WORDS[status].jmap


def anymail_type(status: Status, *, spoken: bool = False) -> str:
    """`spoken`: it was their refusal, and not we who gave up."""
    return "bounced" if status == "failed" and spoken else WORDS[status].anymail


STATUS_OF: dict[str, Status] = {words.type: status for status, words in WORDS.items()} | {RELEASED: "queued"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One row of news with what belongs to it.  `id` grows; `message` is a receipt number, 0 for news of the server."""

    id: int
    app_id: int
    message: int
    n: int
    sequence: int
    revision: int
    type: str
    cause: str
    at: int
    facts: Mapping[str, Any]
    address: str = ""
    ref: str = ""
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The same for each try to tell it, and never that of other news: also not after a backup was restored."""
        whose = compact(self.message) if self.message else str(self.at)
        return f"evt_{whose}_{self.n}_{self.sequence}"

    @property
    def outcome(self) -> Status | None:
        """What is true of the recipient with this news; None where it does not say."""
        found: Status | None = self.facts.get("outcome") if self.type == ENDED else STATUS_OF.get(self.type)
        return found


# ── from the journey ──


@dataclass(frozen=True, slots=True)
class News:
    """What the program is told of recipient `n` (0: of the letter).  `facts` hold what is not in other columns."""

    n: int
    type: str
    at: int
    cause: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)


TOLD = frozenset((
    Queued, Held, Released, Attempted, Deferred, Delivered, Filed, Distributed, Failed, Returned, Cancelled, Reported,
    Decided,
))  # fmt: skip
SUPPRESSED = "suppressed"  # rule of a Decided


def tells(events: Iterable[Event]) -> bool:
    """Is there anything in them that a program may be told?"""
    return any(type(event) in TOLD and not is_other_rule(event) for event in events)


def is_other_rule(event: Event) -> bool:
    return isinstance(event, Decided) and not (event.rule == SUPPRESSED and event.recipient)


def told(event: AnyEvent | Event, *, held: bool = False) -> list[News]:
    """The news in one event, in order.  `held`: the recipient was on hold, so that Released lets it go."""
    match event:
        case Queued(at=at, recipient=n, deadline=deadline):
            return [News(n, "email.queued", at, "", {"gives_up": deadline})]
        case Held(at=at, recipient=n, because=because):
            return [News(n, "email.held", at, "", {"because": because})]
        case Released(at=at, recipient=n, because=because) if held:  # else somebody has it tried sooner
            return [News(n, RELEASED, at, "", {"because": because})]
        case Attempted(at=at, recipient=n, attempt=attempt, host=host):
            return [News(n, OPT_IN, at, "", {"attempt": attempt, "host": host})]
        case Deferred(at=at, recipient=n, cause=cause, next_at=next_at):
            return [News(n, "email.deferred", at, cause, {**_said(event), "next": next_at})]
        case _:
            return _ending(event)


def _ending(event: AnyEvent | Event) -> list[News]:
    match event:
        case Delivered(at=at, recipient=n, host=host, reply=reply, certainty=certainty):
            return _ended(n, at, "delivered", "", {"certainty": certainty, "reply": reply, "host": host})
        case Filed(at=at, recipient=n) if n:  # an APPEND has no recipient
            return _ended(n, at, "delivered", "", {"certainty": "in_mailbox"})
        case Distributed(at=at, recipient=n):
            return _ended(n, at, "delivered", "", {"certainty": "distributed"})
        case Failed(at=at, recipient=n, cause=cause):
            return _ended(n, at, "failed", cause, _said(event))
        case Cancelled(at=at, recipient=n, because=because):
            return _ended(n, at, "cancelled", "", {"because": because})
        case Decided(at=at, recipient=n, rule="suppressed", outcome=outcome) if n:
            because = outcome.rpartition(": ")[2]
            return _ended(n, at, "suppressed", because if "." in because else "", {"because": because})
        case Returned(at=at, recipient=n, letter=letter, reply=reply, cause=cause, host=host):
            facts: dict[str, Fact] = {"reply": reply, "host": host, "phase": "content", "letter": letter}
            return _ended(n, at, "bounced", cause, facts)
        case Reported(at=at, recipient=n, letter=letter, action="complaint", reply=reply):
            return [News(n, COMPLAINED, at, "", {"reply": reply, "letter": letter})]
    return []


def _ended(n: int, at: int, status: Status, cause: str, facts: Mapping[str, Fact]) -> list[News]:
    return [News(n, WORDS[status].type, at, cause, facts), News(n, ENDED, at, cause, {**facts, "outcome": status})]


def _said(event: Deferred | Failed) -> dict[str, Fact]:
    return {"reply": event.reply, "host": event.host, "phase": event.phase}
