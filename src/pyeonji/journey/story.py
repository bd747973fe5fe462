"""A letter's story: journey rows folded into what is true now, and the steps that led there.

A story is plain values without a language; `tell` prints it, `view` takes away what somebody may not see.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from pyeonji.catalog.causes import CAUSES
from pyeonji.catalog.say import Slot, Words
from pyeonji.journey.event import (
    OF_THE_WRITER,
    Accepted,
    AnyEvent,
    Attempted,
    Bounced,
    Cancelled,
    Closed,
    Connected,
    Content,
    Decided,
    Deferred,
    Delivered,
    Distributed,
    Failed,
    Filed,
    Held,
    LeaseExpired,
    Line,
    Queued,
    Refused,
    Released,
    Returned,
    TlsFailed,
    TlsStarted,
)
from pyeonji.journey.explain import Explanation, explain
from pyeonji.journey.lines import SERVICES, Dialogue, Meaning
from pyeonji.journey.receipt import written
from pyeonji.journey.steps import Step, told
from pyeonji.journey.transaction import in_vain, own_transaction

State = Literal[
    "queued", "held", "sending", "deferred", "delivered", "failed", "bounced", "suppressed", "cancelled"
]  # fmt: skip
FINAL = frozenset({"delivered", "failed", "bounced", "suppressed", "cancelled"})
_OF_A_CONNECTION = (Connected, TlsStarted, TlsFailed, Line, Closed)  # what letters on one connection share
MAX_STEPS = 20_000  # of one story; ours: five days of attempts at many recipients are far below


class Row(Protocol):
    """Events that were committed together, as the store gives them; 0 where there is no session or message."""

    @property
    def session_id(self) -> int: ...
    @property
    def message_id(self) -> int: ...
    @property
    def events(self) -> tuple[AnyEvent, ...]: ...


class Responsibility(Protocol):
    """What the queue knows of a recipient now: newer than its last event when somebody pressed "retry"."""

    @property
    def n(self) -> int: ...
    @property
    def address(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def due_us(self) -> int: ...
    @property
    def deadline_us(self) -> int: ...
    @property
    def attempts(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Said:
    """A reply, taken apart.  `code` 0 and `enhanced` "" where there was none."""

    code: int
    enhanced: str
    text: str
    from_host: str
    phase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientStory:
    """What is true now for one recipient.  Instants in microseconds since 1970 UTC, 0 for none."""

    n: int
    address: str
    state: State = "queued"
    certainty: str = ""  # in_mailbox, handed_over, distributed; "" unless delivered
    cause: str = ""  # key of the catalogue; "" for none, or for a reply that nobody can explain
    actor: str = "nobody"
    next_attempt_at: int = 0
    gives_up_at: int = 0
    reply: Said | None = None
    attempts: int = 0
    key: str = "about.queued"  # what happened, as a sentence
    action: str = ""  # what to do, as a sentence; "" when there is nothing
    slots: "dict[str, Slot] | None" = None
    bounce: int = 0  # the letter that told the writer

    @property
    def final(self) -> bool:
        return self.state in FINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """`id` is 0 for a connection that brought no letter."""

    id: int = 0
    display_id: str = ""
    message_id: str = ""
    subject: str = ""
    reverse_path: str = ""
    author: str = ""
    via: str = ""
    login: str = ""
    size: int = 0
    accepted_at: int = 0
    parent: int = 0
    recipients: tuple[RecipientStory, ...] = ()
    steps: tuple[Step, ...] = ()
    trace: str = ""  # W3C traceparent that the app gave which handed it in


def story(
    number: int, rows: Iterable[Row], recipients: Iterable[Responsibility] = (), *, trace: str = ""
) -> Story:  # fmt: skip
    """The story of letter `number`, from its rows in the order written."""
    folding = _Folding(number)
    rows = _in_order(number, list(rows))
    folding.learn_ways(rows)
    for row in rows:
        folding.row(row)
    for recipient in recipients:
        folding.responsibility(recipient)
    found = folding.result()
    return replace(found, steps=own_transaction(found.steps), trace=trace)


def _in_order(number: int, rows: list[Row]) -> list[Row]:
    """The beginning of a connection that another letter opened is told where this letter comes to it."""
    begun: dict[int, list[Row]] = {}
    found: list[Row] = []
    for row in rows:
        if row.message_id not in (0, number):
            begun.setdefault(row.session_id, []).append(row)
            continue
        found += begun.pop(row.session_id, [])
        found.append(row)
    return found


def session_story(rows: Iterable[Row]) -> Story:
    """The story of what a connection did not bring: refused mail has one, too, also beside a letter that was taken."""
    told_by = [part for row in rows if (part := _not_of_letters(row)) is not None]
    found = story(0, told_by)
    refused, letter = _refusals(told_by)
    if letter is not None:  # it was heard to its end: then it is refused for all whom it was for
        refused = dict.fromkeys(spoken_of(found, "line.rcpt"), letter) | refused
    host = next((str(step.slots["host"]) for step in found.steps if step.key == "line.greeting"), "")
    people = tuple(_refused(n, *pair, host) for n, pair in enumerate(refused.items(), 1))
    return replace(found, recipients=people, reverse_path=next(iter(spoken_of(found, "line.mail")), ""))


@dataclass(frozen=True, slots=True)
class _Part:
    """Of a row, what is no letter's."""

    session_id: int
    message_id: int
    events: tuple[AnyEvent, ...]


def _not_of_letters(row: Row) -> Row | None:
    if not row.message_id:
        return row
    events = in_vain(row.events)
    return _Part(row.session_id, 0, events) if events else None


def spoken_of(told: Story, key: str) -> list[str]:
    """The addresses in the commands of a dialogue: `key` is "line.mail" or "line.rcpt"."""
    return list(dict.fromkeys(str(step.slots["address"]) for step in told.steps if step.key == key))


def _refusals(rows: Iterable[Row]) -> tuple[dict[str, Refused], Refused | None]:
    """By recipient, and that of the letter itself."""
    refused: dict[str, Refused] = {}
    letter, heard = None, False
    for event in (event for row in rows for event in row.events):
        if isinstance(event, Content):
            heard = True
        elif isinstance(event, Refused) and event.address and event.because != OF_THE_WRITER:
            refused[event.address] = event
        elif isinstance(event, Refused) and heard and not event.address:
            letter = event
    return refused, letter


def _refused(n: int, address: str, event: Refused, host: str) -> RecipientStory:
    """The words are ours, and our name stands with them."""
    phase = "rcpt" if event.address else "content"
    return explained(RecipientStory(n=n, address=address, state="failed"), event.reply, "", host, phase)


def explained(one: RecipientStory, reply: str, cause: str, host: str, phase: str) -> RecipientStory:
    """What a reply says about a recipient; a `cause` found earlier wins."""
    found: Explanation = explain(reply, phase, host, one.address)
    cause = cause if cause in CAUSES else found.cause
    slots: dict[str, Slot] = found.slots
    if cause == "queue.expired" and found.cause and found.cause != cause:
        slots = {**slots, "last": Words((f"cause.{found.cause}",))}
    known = CAUSES.get(cause)
    return replace(
        one,
        cause=cause,
        actor=known.who(permanent=found.permanent) if known else found.actor,
        reply=Said(found.code, found.enhanced, found.text, host, phase),
        key=f"cause.{cause or 'unexplained'}",
        action=known.advice(permanent=found.permanent) if known else found.action_key,
        slots=slots,
    )


class _Folding:
    """The fold's state: what is known of the letter, its recipients, and each connection's dialogue."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._facts = Story(id=number, display_id=written(number) if number else "")
        self._people: dict[int, RecipientStory] = {}
        self._steps: list[Step] = []
        self._ways: dict[int, str] = {}
        self._dialogues: dict[int, Dialogue | None] = {}  # None: another protocol is spoken

    def learn_ways(self, rows: list[Row]) -> None:
        """Whether they called us or we called them; also for a connection whose beginning another letter has."""
        for row in rows:
            for event in row.events:
                if isinstance(event, Connected):
                    self._ways[row.session_id] = event.direction
                    speaks = event.service in SERVICES
                    self._dialogues[row.session_id] = Dialogue(event.direction, greets=True) if speaks else None
                elif isinstance(event, Accepted | Refused):
                    self._ways.setdefault(row.session_id, "in")
                elif isinstance(event, Attempted | Delivered):
                    self._ways.setdefault(row.session_id, "out")

    def row(self, row: Row) -> None:
        attempts = [event for event in row.events if isinstance(event, Attempted)]
        attempt = attempts[0].attempt if attempts else 0
        own = row.message_id in (0, self._number)
        for event in row.events:
            if not own and not isinstance(event, _OF_A_CONNECTION):
                continue
            if row.message_id == self._number:
                self._apply(event)
            if len(self._steps) < MAX_STEPS:
                self._steps.append(self._step(row.session_id, attempt, event))

    def responsibility(self, now: Responsibility) -> None:
        """The queue's word on a recipient: due times may have been changed by a person without an event."""
        one = self._one(now.n, now.address)
        if not one.final and now.state == "waiting":
            one = replace(one, next_attempt_at=now.due_us, gives_up_at=now.deadline_us)
        elif not one.final and now.state == "trying":
            one = replace(one, state="sending", key="about.sending", next_attempt_at=0, gives_up_at=now.deadline_us)
        self._people[now.n] = replace(one, attempts=max(one.attempts, now.attempts))

    def result(self) -> Story:
        people = tuple(self._people[n] for n in sorted(self._people))
        return replace(self._facts, recipients=people, steps=tuple(self._steps))

    # ── what is true now ──

    def _apply(self, event: AnyEvent) -> None:
        match event:
            case Accepted():
                self._accepted(event)
            case Filed(recipient=n, address=address):
                one = self._one(n, address)
                self._become(
                    one, "delivered", key="about.in_mailbox", certainty="in_mailbox", slots={"address": address}
                )
            case Distributed(recipient=n, address=address):
                one = self._one(n, address)
                self._become(
                    one, "delivered", key="about.distributed", certainty="distributed", slots={"address": address}
                )
            case Queued(recipient=n, address=address, due=due, deadline=deadline):
                one = self._one(n, address)
                self._become(one, "queued", key="about.queued", next_attempt_at=due, gives_up_at=deadline)
            case Attempted(recipient=n, attempt=attempt):
                one = self._one(n)
                self._become(replace(one, attempts=max(attempt, one.attempts)), "sending", key="about.sending")
            case Delivered(recipient=n, certainty=certainty):
                self._taken(self._one(n), event, certainty)
            case Deferred(recipient=n, next_at=next_at):
                one = self._explained(n, event.reply, event.cause, event.host, event.phase)
                self._become(one, "deferred", next_attempt_at=next_at)
            case Failed(recipient=n):
                one = self._explained(n, event.reply, event.cause, event.host, event.phase)
                self._become(one, "failed")
            case _:
                self._by_people(event)

    def _by_people(self, event: AnyEvent) -> None:
        """Held, released, cancelled, lost on the way, told."""
        match event:
            case Held(recipient=n, because=because):
                self._become(self._one(n), "held", key="about.held", slots={"because": because}, actor="admin")
            case Released(recipient=n) | LeaseExpired(recipient=n):
                self._become(self._one(n), "queued", key="about.queued")
            case Cancelled(recipient=n, because=because):
                self._become(self._one(n), "cancelled", key="about.cancelled", slots={"because": because})
            case Decided(rule="suppressed", recipient=n) if n:
                self._become(self._one(n), "suppressed", key="about.suppressed", actor="admin")
            case Bounced(recipient=n, bounce=bounce):
                one = replace(self._one(n), bounce=bounce)
                if one.state == "delivered":  # they took it, and sent it back later
                    one = replace(one, state="bounced", certainty="", key="about.bounced", actor="writer")
                self._people[n] = one
            case Returned(recipient=n, letter=letter):
                one = self._explained(n, event.reply, event.cause, event.host, "content")
                self._people[n] = replace(one, state="bounced", certainty="", bounce=letter)

    def _accepted(self, event: Accepted) -> None:
        self._facts = replace(
            self._facts,
            message_id=event.message_id,
            subject=event.subject,
            reverse_path=event.reverse_path,
            author=event.author,
            via=event.via,
            login=event.login,
            size=event.size,
            accepted_at=event.at,
            parent=event.parent,
        )

    def _taken(self, one: RecipientStory, event: Delivered, certainty: str) -> None:
        found = explain(event.reply)
        said = Said(found.code, found.enhanced, found.text, event.host, "content")
        one = replace(one, reply=said)
        slots: dict[str, Slot] = {"address": one.address}
        self._become(one, "delivered", key=f"about.{certainty}", certainty=certainty, slots=slots)

    def _explained(self, n: int, reply: str, cause: str, host: str, phase: str) -> RecipientStory:
        """With the domain in whose name it was sent, which a reply seldom says."""
        one = explained(self._one(n), reply, cause, host, phase)
        sender = self._facts.reverse_path.rpartition("@")[2]
        return replace(one, slots={**(one.slots or {}), "sender": sender}) if sender else one

    def _one(self, n: int, address: str = "") -> RecipientStory:
        one = self._people.get(n) or RecipientStory(n=n, address=address)
        return replace(one, address=address) if address else one

    def _become(self, one: RecipientStory, state: State, **facts: object) -> None:
        """A final state stays: what comes after it is a second courier's echo, told as a step only."""
        known = self._people.get(one.n)
        if known is not None and known.final:
            return
        fresh: dict[str, object] = {}
        if state not in ("deferred", "failed"):
            fresh = {"cause": "", "actor": "nobody", "action": "", "slots": None}
        if state not in ("queued", "deferred"):
            fresh["next_attempt_at"] = 0
        if state in FINAL:
            fresh["gives_up_at"] = 0
        self._people[one.n] = replace(one, state=state, **{**fresh, **facts})  # type: ignore[arg-type]

    # ── how it went ──

    def _step(self, session: int, attempt: int, event: AnyEvent) -> Step:
        kind, at = getattr(type(event), "step", "policy"), getattr(event, "at", 0)
        words = told(event)
        key, slots, address = words.key, words.slots, words.address
        recipient = getattr(event, "recipient", 0)
        if isinstance(event, Line):
            dialogue = self._dialogue(session)
            meaning = dialogue.line(event.direction, event.text) if dialogue else Meaning()
            key, slots, address = meaning.key, meaning.slots, meaning.address
        if isinstance(event, Accepted):
            slots = {**slots, "number": self._facts.display_id}
        if isinstance(event, Deferred):
            slots = {"when": event.next_at}
        if recipient and not address:
            address = self._one(recipient).address
        return Step(
            at=at,
            kind=kind,
            event=type(event).__name__.lower(),
            text=words.text,
            key=key,
            slots=slots,
            recipient=recipient,
            attempt=getattr(event, "attempt", attempt),
            address=address,
            direction=getattr(event, "direction", ""),
            encrypted=getattr(event, "encrypted", isinstance(event, TlsStarted)),
            rule=getattr(event, "rule", ""),
            value=getattr(event, "value", ""),
            outcome=getattr(event, "outcome", ""),
            session=session,
            way=self._ways.get(session, ""),
        )

    def _dialogue(self, session: int) -> Dialogue | None:
        if session not in self._dialogues:
            way = self._ways.get(session, "")
            self._dialogues[session] = Dialogue("in" if way == "in" else "out" if way == "out" else "")
        return self._dialogues[session]
