"""Where mail for an address goes: alias, list, account, plus address, catch-all, or on to another server.

Decides and explains, changes nothing: the same function answers RCPT, fills the plan, and speaks in
`pyeonji alias test ADDRESS`.
"""

from dataclasses import dataclass, field

from pyeonji.address import Address, NotAnAddress, parse_address
from pyeonji.store import directory
from pyeonji.store.directory import Inbox, fold
from pyeonji.store.engine.base import Tx

MAX_DEPTH = 10  # aliases that lead to aliases
MAX_TARGETS = 1_000  # addresses one address may lead to
PLUS = "+"  # RFC 5233's detail separator as everybody uses it
DEAD_ENDS = frozenset({"loop", "too many", "bad target"})
ROLES = frozenset({"postmaster", "abuse"})  # RFC 5321 §4.5.1, RFC 2142: always somebody's


@dataclass(frozen=True, slots=True)
class Step:
    """One rule that was applied on the way: (rule, address, outcome)."""

    rule: str  # elsewhere, account, alias, list, plus, catch-all, role, nobody, loop, too many, bad target
    address: str
    outcome: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.address} → {self.outcome}"


@dataclass(frozen=True, slots=True)
class Local:
    """File it in this account's INBOX."""

    address: str
    inbox: Inbox


@dataclass(frozen=True, slots=True)
class Remote:
    """Send it on.  `owner` is where bounces of a list go; "" keeps the reverse-path."""

    address: Address
    owner: str = ""


@dataclass(slots=True)
class Expansion:
    """What became of one forward-path."""

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


def expand(tx: Tx, forward_path: Address) -> Expansion:
    """Follow one address to its ends."""
    expansion = Expansion(forward_path)
    pending: list[tuple[Address, int, str]] = [(forward_path, 0, "")]
    seen: set[str] = set()
    while pending:
        address, depth, owner = pending.pop(0)
        key = fold(address)
        if key in seen:
            expansion.steps.append(Step("loop", key, "already counted"))
            continue
        seen.add(key)
        if depth > MAX_DEPTH or len(expansion.targets) >= MAX_TARGETS:
            expansion.steps.append(Step("too many", key, f"more than {MAX_DEPTH} steps or {MAX_TARGETS} addresses"))
            continue
        pending += _follow(tx, expansion, address, depth, owner)
    return expansion


def _follow(tx: Tx, expansion: Expansion, address: Address, depth: int, owner: str) -> list[tuple[Address, int, str]]:
    key = fold(address)
    if not directory.domain_exists(tx, address.domain):
        expansion.targets.append(Remote(address, owner))
        expansion.steps.append(Step("elsewhere", key, address.domain))
        return []
    for name in _spellings(address):
        found = _lead_on(tx, expansion, key, name, depth, owner)
        if found is not None:
            return found
    return _last_resort(tx, expansion, address, depth)


def _spellings(address: Address) -> list[str]:
    """The address as it is, then without its plus part."""
    names = [fold(address)]
    plain, plus, _ = address.local_part.partition(PLUS)
    if plus and plain:
        names.append(fold(Address(plain, address.domain)))
    return names


def _lead_on(
    tx: Tx, expansion: Expansion, key: str, name: str, depth: int, owner: str
) -> list[tuple[Address, int, str]] | None:
    """The next addresses, [] when an account took it, None when nobody is called that."""
    onward: list[tuple[Address, int, str]] = []
    targets = directory.targets(tx, name)
    for target, list_owner in targets:
        if target != name:
            onward += _onward(expansion, key, target, depth, list_owner or owner)
    if targets:
        rule = "list" if any(list_owner for _, list_owner in targets) else "alias"
        expansion.steps.append(Step(rule, key, ", ".join(target for target, _ in targets)))
        if all(target != name for target, _ in targets):
            return onward
    inbox = directory.inbox(tx, name)
    if inbox is None or inbox.disabled:
        return onward or None
    expansion.targets.append(Local(key, inbox))
    expansion.steps.append(Step("account" if name == key else "plus", key, inbox.account))
    return onward


def _onward(expansion: Expansion, key: str, target: str, depth: int, owner: str) -> list[tuple[Address, int, str]]:
    """What the directory says comes next; a name that is no address (imported, or written by hand) ends here."""
    try:
        return [(parse_address(target), depth + 1, owner)]
    except NotAnAddress:
        expansion.steps.append(Step("bad target", key, target))
        return []


def _last_resort(tx: Tx, expansion: Expansion, address: Address, depth: int) -> list[tuple[Address, int, str]]:
    key = fold(address)
    if target := directory.catch_all(tx, address.domain):
        expansion.steps.append(Step("catch-all", key, target))
        return _onward(expansion, key, target, depth, "")
    if address.local_part.lower() in ROLES and (first := directory.first_account(tx, address.domain)):
        expansion.steps.append(Step("role", key, first))
        return _onward(expansion, key, first, depth, "")
    expansion.steps.append(Step("nobody", key, ""))
    return []


def may_send_as(tx: Tx, account_address: str, author: str) -> bool:
    """May this account write as `author`: its own address, a plus form of it, or an alias that leads to it?

    An address with an account behind it is that account's alone: to send somebody copies is not to lend him the name.
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
    expansion = expand(tx, address)
    return any(isinstance(target, Local) and target.inbox.account == account_address for target in expansion.targets)
