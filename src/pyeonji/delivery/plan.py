"""What will be done for each recipient of one letter: values, nothing is done yet.

Two forward-paths that end in one mailbox get one copy; the journey says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pyeonji.address import Address
from pyeonji.delivery.expand import Expansion, Local, Remote
from pyeonji.journey.event import Decided, Event
from pyeonji.store.accept import Filing, Relaying
from pyeonji.store.directory import fold

INBOX = "INBOX"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One forward-path of the envelope with its DSN wishes (RFC 3461), as given."""

    address: Address
    notify: str = ""
    original: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Filings, relayings, and why."""

    filings: tuple[Filing, ...]
    relayings: tuple[Relaying, ...]
    decisions: tuple[Event, ...]

    @property
    def is_empty(self) -> bool:
        return not self.filings and not self.relayings


class Planner:
    """Collects a plan from expanded recipients, numbering them from 1."""

    def __init__(self, now_us: int, deadline_us: int) -> None:
        self._now = now_us
        self._deadline = deadline_us
        self._n = 0
        self._filings: dict[int, Filing] = {}
        self._relayings: dict[str, Relaying] = {}
        self._decisions: list[Event] = []

    def add(self, wanted: Wanted, expansion: Expansion) -> None:
        for target in expansion.targets:
            if isinstance(target, Local):
                self._file(wanted, target)
            else:
                self._relay(wanted, target)
        for step in expansion.steps:
            if step.rule not in ("account", "elsewhere"):
                self._decisions.append(Decided(self._now, step.rule, step.address, step.outcome, self._n))

    def plan(self) -> Plan:
        return Plan(tuple(self._filings.values()), tuple(self._relayings.values()), tuple(self._decisions))

    def _file(self, wanted: Wanted, target: Local) -> None:
        inbox = target.inbox
        if (known := self._filings.get(inbox.mailbox_id)) is not None:
            self._decisions.append(Decided(self._now, "one copy", target.address, known.address, known.n))
            return
        self._n += 1
        self._filings[inbox.mailbox_id] = Filing(
            n=self._n,
            address=target.address,
            account_id=inbox.account_id,
            account=inbox.account,
            mailbox_id=inbox.mailbox_id,
            mailbox=INBOX,
            original=wanted.original,
            notify=wanted.notify,
        )

    def _relay(self, wanted: Wanted, target: Remote) -> None:
        key = fold(target.address)
        if (known := self._relayings.get(key)) is not None:
            self._decisions.append(Decided(self._now, "one copy", key, known.address, known.n))
            return
        self._n += 1
        self._relayings[key] = Relaying(
            n=self._n,
            address=str(target.address),
            domain=target.address.domain,
            due_us=self._now,
            deadline_us=self._deadline,
            original=wanted.original or f"rfc822;{wanted.address}",
            notify=wanted.notify,
        )


def planned(recipients: Iterable[tuple[Wanted, Expansion]], now_us: int, deadline_us: int) -> Plan:
    """The plan for a whole envelope."""
    planner = Planner(now_us, deadline_us)
    for wanted, expansion in recipients:
        planner.add(wanted, expansion)
    return planner.plan()
