"""What will be done for each recipient of one letter: values, nothing is done yet.

Two forward-paths that end in one mailbox get one copy; the journey says so.  A list is a recipient of the letter that
it gets, and sends its members another one, with a plan of its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import msgspec

from pyeonji.address import Address, parse_address
from pyeonji.delivery.expand import Expansion, Local, MailingList, Remote, Step
from pyeonji.journey.event import Decided, Event
from pyeonji.journey.explain import explain
from pyeonji.proto.smtp.reply import Reply
from pyeonji.store.accept import Failing, Filing, Relaying, Suppressing
from pyeonji.store.directory import fold

INBOX = "INBOX"
WELCOME = "allowed"  # the rule by which a letter that looks like junk lies in INBOX


class Wanted(msgspec.Struct, frozen=True):
    """One forward-path of the envelope with its DSN wishes (RFC 3461), as given."""

    address: Address
    notify: str = ""
    original: str = ""


@dataclass(frozen=True, slots=True)
class ListPlan:
    """Recipient `n` is a list here: its members get a letter of their own."""

    n: int
    list: MailingList
    wanted: Wanted
    plan: "Plan"


class Plan(msgspec.Struct, frozen=True):
    """Filings, relayings, lists, and why."""

    filings: tuple[Filing, ...]
    relayings: tuple[Relaying, ...]
    decisions: tuple[Event, ...]
    lists: tuple[ListPlan, ...] = ()
    failings: tuple[Failing, ...] = ()
    suppressings: tuple[Suppressing, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.filings and not self.relayings and not self.lists

    @property
    def leaves(self) -> bool:
        """Does anything of it go to another server?"""
        return bool(self.relayings) or any(one.plan.leaves for one in self.lists)

    @property
    def accounts(self) -> frozenset[int]:
        """Into whose mailboxes it is filed, as a member of a list, too."""
        own = frozenset(filing.account_id for filing in self.filings)
        return own.union(*(one.plan.accounts for one in self.lists))

    @property
    def addresses(self) -> frozenset[str]:
        """Of the recipients of this letter that are none of a list."""
        return frozenset(one.address for one in self.filings) | frozenset(one.address for one in self.relayings)

    def without(self, kept_back: Mapping[str, str]) -> "Plan":
        """The same, but nothing goes to these addresses (folded), for these reasons."""

        def goes(one: Filing | Relaying) -> bool:
            return _folded(one.address) not in kept_back

        here: tuple[Filing | Relaying, ...] = (*self.filings, *self.relayings)
        gone = [one for one in here if not goes(one)]
        return msgspec.structs.replace(
            self,
            filings=tuple(filter(goes, self.filings)),
            relayings=tuple(filter(goes, self.relayings)),
            suppressings=tuple(
                Suppressing(one.n, one.address, kept_back[_folded(one.address)], one.original) for one in gone
            ),
        )

    def filed_in(self, boxes: Mapping[int, tuple[int, str]]) -> "Plan":
        """The same, but into these mailboxes (id and name by account) and not into INBOX; who has none keeps INBOX."""
        return msgspec.structs.replace(
            self,
            filings=tuple(_moved(filing, boxes.get(filing.account_id)) for filing in self.filings),
            lists=tuple(replace(one, plan=one.plan.filed_in(boxes)) for one in self.lists),
        )

    def welcoming(self, accounts: frozenset[int], author: str, at_us: int) -> "Plan":
        """The same, and the journey says to each of these accounts that it wants letters of this author."""
        told = tuple(
            Decided(at_us, WELCOME, author, "inbox", one.n) for one in self.filings if one.account_id in accounts
        )
        return msgspec.structs.replace(
            self,
            decisions=self.decisions + told,
            lists=tuple(replace(one, plan=one.plan.welcoming(accounts, author, at_us)) for one in self.lists),
        )

    def not_before(self, instant_us: int) -> "Plan":
        """The same, but nothing leaves before this instant (0: at once)."""
        if not instant_us or not self.leaves:
            return self
        return msgspec.structs.replace(
            self,
            relayings=tuple(msgspec.structs.replace(one, due_us=max(one.due_us, instant_us)) for one in self.relayings),
            lists=tuple(replace(one, plan=one.plan.not_before(instant_us)) for one in self.lists),
        )


def _folded(address: str) -> str:
    return fold(parse_address(address))


def _moved(filing: Filing, box: tuple[int, str] | None) -> Filing:
    return filing if box is None else msgspec.structs.replace(filing, mailbox_id=box[0], mailbox=box[1])


class Planner:
    """Collects the plan of one letter, numbering its recipients from 1."""

    def __init__(self, now_us: int, deadline_us: int, served: "dict[int | str, Served] | None" = None) -> None:
        self._now = now_us
        self._deadline = deadline_us
        self._served: dict[int | str, Served] = {} if served is None else served  # by mailbox, or address elsewhere
        self._n = 0
        self._filings: list[Filing] = []
        self._relayings: list[Relaying] = []
        self._decisions: list[Event] = []
        self._failings: list[Failing] = []
        self._lists: dict[str, tuple[int, MailingList, Wanted, Planner]] = {}

    def add(self, wanted: Wanted, target: Local | Remote) -> None:
        if isinstance(target, Local):
            self._file(wanted, target)
        else:
            self._relay(wanted, target)

    def tell(self, step: Step) -> None:
        if step.rule not in ("account", "elsewhere"):
            self._decisions.append(Decided(self._now, step.rule, step.address, step.outcome, self._n))

    def fail(self, wanted: Wanted, reply: Reply) -> None:
        """Whoever cannot be reached, though the letter was promised to be taken."""
        self._n += 1
        # What would have been later is never, after all.
        cause = "queue.expired" if reply.temporary else explain(str(reply), "rcpt").cause
        address = fold(wanted.address)
        self._failings.append(Failing(self._n, address, str(reply), cause, wanted.original, wanted.notify))

    def of_list(self, wanted: Wanted, one: MailingList) -> "Planner":
        """The planner of a list that is a recipient of this letter, or of a list in it."""
        above = self.of_list(wanted, one.above) if one.above else self
        return above._member(wanted if above is self else Wanted(parse_address(one.address)), one)

    def plan(self) -> Plan:
        lists = tuple(ListPlan(n, one, wanted, planner.plan()) for n, one, wanted, planner in self._lists.values())
        return Plan(
            tuple(self._filings), tuple(self._relayings), tuple(self._decisions), lists, tuple(self._failings)
        )  # fmt: skip

    def _member(self, wanted: Wanted, one: MailingList) -> "Planner":
        if one.address not in self._lists:
            self._n += 1
            planner = Planner(self._now, self._deadline, self._served)
            self._lists[one.address] = (self._n, one, wanted, planner)
        return self._lists[one.address][3]

    def _file(self, wanted: Wanted, target: Local) -> None:
        inbox = target.inbox
        if self._is_served(inbox.mailbox_id, target.address):
            return
        self._n += 1
        self._filings.append(
            Filing(
                n=self._n,
                address=target.address,
                account_id=inbox.account_id,
                account=inbox.account,
                mailbox_id=inbox.mailbox_id,
                mailbox=INBOX,
                original=wanted.original,
                notify=wanted.notify,
            )
        )

    def _relay(self, wanted: Wanted, target: Remote) -> None:
        key = fold(target.address)
        if self._is_served(key, key):
            return
        self._n += 1
        self._relayings.append(
            Relaying(
                n=self._n,
                address=str(target.address),
                domain=target.address.domain,
                due_us=self._now,
                deadline_us=self._deadline,
                original=wanted.original or f"rfc822;{wanted.address}",
                notify=wanted.notify,
            )
        )

    def _is_served(self, place: int | str, address: str) -> bool:
        """Another forward-path brings a copy there already; the journey says so."""
        known = self._served.setdefault(place, (self, self._n + 1, address))
        if known == (self, self._n + 1, address):
            return False
        planner, n, first = known
        self._decisions.append(Decided(self._now, "one copy", address, first, n if planner is self else 0))
        return True


Served = tuple[Planner, int, str]  # who brings the copy: planner, number of the recipient in it, address


def planned(
    recipients: Iterable[tuple[Wanted, Expansion]],
    now_us: int,
    deadline_us: int,
    failed: Iterable[tuple[Wanted, Reply]] = (),
) -> Plan:
    """The plan for a whole envelope.  Who is a recipient himself gets that copy, and none from a list he is on."""
    planner = Planner(now_us, deadline_us)
    known = list(recipients)
    for wanted, expansion in known:
        for target in expansion.targets:
            if target.through is None:
                planner.add(wanted, target)
        for step in expansion.steps:
            if step.through is None:
                planner.tell(step)
    for wanted, expansion in known:
        for target in expansion.targets:
            if target.through is not None:
                member = target.address if isinstance(target, Remote) else parse_address(target.address)
                planner.of_list(wanted, target.through).add(Wanted(member), target)
        for step in expansion.steps:
            if step.through is not None:
                planner.of_list(wanted, step.through).tell(step)
    for wanted, reply in failed:
        planner.fail(wanted, reply)
    return planner.plan()
