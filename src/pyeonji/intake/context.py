"""What a port that takes mail is given."""

import ipaddress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from pyeonji.acceptance.accept import Acceptance
from pyeonji.address import Address
from pyeonji.delivery.memory import Expansions
from pyeonji.directory.exchange import Door
from pyeonji.directory.guard import Guard
from pyeonji.filters.front import Front
from pyeonji.filters.greylist import Greylist
from pyeonji.filters.milter.driver import Milters
from pyeonji.filters.milter.settings import MilterSettings
from pyeonji.filters.pipeline import Filter, Pipeline
from pyeonji.intake.aggregate import Aggregates
from pyeonji.intake.forwarding import Forwarding
from pyeonji.intake.policy import Policy
from pyeonji.intake.settings import IntakeSettings
from pyeonji.net.tls import TlsContext
from pyeonji.store.directory import Account
from pyeonji.submission.door import Door as SubmissionDoor


class Others(Protocol):
    """Where one port stands for several servers of this process, as in the lab: whose a login or an address is."""

    def of_login(self, login: str) -> "IntakeContext": ...
    def of_address(self, address: Address) -> "IntakeContext": ...


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeContext:
    """The stations and settings behind one port."""

    acceptance: Acceptance
    door: SubmissionDoor
    logins: Door[Account]
    guard: Guard
    front: Front
    greylist: Greylist
    expansions: Expansions
    forwarding: Forwarding
    settings: IntakeSettings
    give_up_after_us: int
    domain: str = ""  # chosen for names without one
    trusted_networks: tuple[str, ...] = ()
    tls: TlsContext | None = None
    others: Others | None = None
    filters: Filter = Pipeline()  # noqa: RUF009 - it never changes
    milters: Milters = Milters(MilterSettings(), 0)  # noqa: RUF009 - without filters it has no state
    aggregates: Aggregates = field(default_factory=Aggregates)
    policy: Policy = Policy()  # noqa: RUF009 - it has no state

    def trusts(self, ip: str) -> bool:
        """May this peer send anywhere without a login?"""
        return any(is_within(ip, network) for network in self.trusted_networks)


@lru_cache(maxsize=4_096)
def is_within(ip: str, network: str) -> bool:
    """Asked some times for each letter of the same peer."""
    try:
        return ipaddress.ip_address(ip) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
