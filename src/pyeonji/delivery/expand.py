"""Where mail for an address goes: alias, list, account, plus address, catch-all, or on to another server.

Decides and explains, changes nothing: the same function answers RCPT, fills the plan, and speaks in
`pyeonji alias test ADDRESS`.
"""

import contextlib
from dataclasses import dataclass, field
from functools import cached_property

from pyeonji.address import Address, NotAnAddress, parse_address
from pyeonji.message.header import Header
from pyeonji.message.trace_fields import delivered_to
from pyeonji.store import directory
from pyeonji.store.directory import Inbox, fold
from pyeonji.store.engine.base import Tx

MAX_DEPTH = 10  # aliases that lead to aliases
MAX_TARGETS = 1_000  # addresses one address may lead to
PLUS = "+"  # RFC 5233's detail separator as everybody uses it
DEAD_ENDS = frozenset({"loop", "too many", "bad target"})
ROLES = frozenset({"postmaster", "abuse"})  # RFC 5321 §4.5.1, RFC 2142: always somebody's


@dataclass(frozen=True, slots=True)
class MailingList:
    """An address whose members get a letter of the list's own: its bounces go to the owner (RFC 5321 §3.9.2)."""

    address: str
    owner: str
    above: "MailingList | None" = None  # the list that this one is a member of

    @property
    def all(self) -> "tuple[MailingList, ...]":
        """This list behind those it is a member of."""
        return (*(self.above.all if self.above else ()), self)


@dataclass(frozen=True, slots=True)
class Step:
    """One rule that was applied on the way: (rule, address, outcome)."""

    rule: str  # elsewhere, account, alias, list, plus, catch-all, role, nobody, loop, too many, bad target
    address: str
    outcome: str
    through: MailingList | None = None  # the list on whose behalf

    def __str__(self) -> str:
        return f"{self.rule}: {self.address} → {self.outcome}"


@dataclass(frozen=True, slots=True)
class Local:
    """File it in this account's INBOX."""

    address: str
    inbox: Inbox
    through: MailingList | None = None


@dataclass(frozen=True, slots=True)
class Remote:
    """Send it on."""

    address: Address
    through: MailingList | None = None


@dataclass
class Expansion:
    """What became of one forward-path.  Many letters use one: what follows from its targets is worked out once."""

    forward_path: Address
    targets: list[Local | Remote] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    @property
    def is_nobody(self) -> bool:
        return not self.targets

    @property
    def dead_end(self) -> Step | None:
        """Somebody is called that, but what our administrator wrote down leads nowhere: the step where it ends."""
        return next((step for step in self.steps if step.rule in DEAD_ENDS), None) if self.is_nobody else None

    @cached_property
    def has_limits(self) -> bool:
        """Does it lead to a mailbox that may be full?"""
        return any(isinstance(target, Local) and target.inbox.room for target in self.targets)

    @cached_property
    def lists(self) -> frozenset[str]:
        """The addresses of all lists that the letter would go through."""
        return frozenset(one.address for target in self.targets if target.through for one in target.through.all)

    def comes_back(self, header: Header) -> bool:
        """Has a list here given this letter to its members already, and one of them sends it to the list again?

        A hundred hops would end it, too, but by then each member would have a hundred copies.
        """
        return bool(self.lists) and not self.lists.isdisjoint(delivered_to(header))


@dataclass(frozen=True, slots=True)
class _Onward:
    """An address that is to be followed."""

    address: Address
    depth: int
    through: MailingList | None


def expand(tx: Tx, forward_path: Address) -> Expansion:
    """Follow one address to its ends."""
    expansion = Expansion(forward_path)
    pending = [_Onward(forward_path, 0, None)]
    seen: set[str] = set()
    while pending:
        now = pending.pop(0)
        key = fold(now.address)
        if key in seen:
            expansion.steps.append(Step("loop", key, "already counted", now.through))
            continue
        seen.add(key)
        if now.depth > MAX_DEPTH or len(expansion.targets) >= MAX_TARGETS:
            because = f"more than {MAX_DEPTH} steps or {MAX_TARGETS} addresses"
            expansion.steps.append(Step("too many", key, because, now.through))
            continue
        pending += _follow(tx, expansion, now)
    return expansion


def _follow(tx: Tx, expansion: Expansion, now: _Onward) -> list[_Onward]:
    address = now.address
    if not directory.domain_exists(tx, address.domain):
        expansion.targets.append(Remote(address, now.through))
        expansion.steps.append(Step("elsewhere", fold(address), address.domain, now.through))
        return []
    for name in _spellings(address):
        found = _lead_on(tx, expansion, now, name)
        if found is not None:
            return found
    return _last_resort(tx, expansion, now)


def _spellings(address: Address) -> list[str]:
    """The address as it is, then without its plus part."""
    names = [fold(address)]
    plain, plus, _ = address.local_part.partition(PLUS)
    if plus and plain:
        names.append(fold(Address(plain, address.domain)))
    return names


def _lead_on(tx: Tx, expansion: Expansion, now: _Onward, name: str) -> list[_Onward] | None:
    """The next addresses, [] when an account took it, None when nobody is called that."""
    key, through = fold(now.address), now.through
    targets = directory.targets(tx, name)
    if owner := next((owner for _, owner in targets if owner), ""):
        through = MailingList(name, owner, now.through)
    onward: list[_Onward] = []
    for target, _ in targets:
        if target != name:
            onward += _onward(expansion, now, target, through)
    if targets:
        rule = "list" if owner else "alias"
        expansion.steps.append(Step(rule, key, ", ".join(target for target, _ in targets), through))
        if all(target != name for target, _ in targets):
            return onward
    inbox = directory.inbox(tx, name)
    if inbox is None or inbox.disabled:
        return onward or None
    expansion.targets.append(Local(key, inbox, through))
    expansion.steps.append(Step("account" if name == key else "plus", key, inbox.account, through))
    return onward


def _onward(expansion: Expansion, now: _Onward, target: str, through: MailingList | None) -> list[_Onward]:
    """What the directory says comes next; a name that is no address (imported, or written by hand) ends here."""
    try:
        return [_Onward(parse_address(target), now.depth + 1, through)]
    except NotAnAddress:
        expansion.steps.append(Step("bad target", fold(now.address), target, through))
        return []


def _last_resort(tx: Tx, expansion: Expansion, now: _Onward) -> list[_Onward]:
    address, key = now.address, fold(now.address)
    if target := directory.catch_all(tx, address.domain):
        expansion.steps.append(Step("catch-all", key, target, now.through))
        return _onward(expansion, now, target, now.through)
    if address.local_part.lower() in ROLES and (first := directory.first_account(tx, address.domain)):
        expansion.steps.append(Step("role", key, first, now.through))
        return _onward(expansion, now, first, now.through)
    expansion.steps.append(Step("nobody", key, "", now.through))
    return []


def may_send_as(tx: Tx, account_address: str, author: str) -> bool:
    """May this account write as `author`: its own address, a plus form of it, or an alias that leads to it?

    An address with an account behind it is that account's alone: to send somebody copies is not to lend him the name.
    Nor is it to make him a member of a list, in whose name only its owner writes.
    """
    try:
        address = parse_address(author)
    except NotAnAddress:
        return False
    if not directory.domain_exists(tx, address.domain):
        return False
    for name in _spellings(address):
        if (owner := directory.inbox(tx, name)) is not None:
            return owner.account == account_address
    names = [address, *_owners(tx, address)]
    return any(_is_alias_of(expand(tx, name), account_address) for name in names)


def _is_alias_of(expansion: Expansion, account_address: str) -> bool:
    return any(
        isinstance(target, Local) and target.through is None and target.inbox.account == account_address
        for target in expansion.targets
    )


def _owners(tx: Tx, address: Address) -> list[Address]:
    """Of the list that is called this; what was written by hand and is no address is nobody."""
    found = []
    for owner in {owner for name in _spellings(address) for _, owner in directory.targets(tx, name) if owner}:
        with contextlib.suppress(NotAnAddress):
            found.append(parse_address(owner))
    return found
