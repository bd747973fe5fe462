"""What IMAP and POP3 are given: who may come in, and what is theirs then."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyeonji.acceptance.accept import Acceptance
from pyeonji.acceptance.wake import Wake
from pyeonji.directory.exchange import Door
from pyeonji.directory.guard import Guard
from pyeonji.net.clock import Clock
from pyeonji.net.ids import Ids
from pyeonji.net.tls import TlsContext
from pyeonji.search.known import Known
from pyeonji.store.directory import Account
from pyeonji.store.home import Home

if TYPE_CHECKING:
    from pyeonji.access.imap.images import Images


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who has logged in, with everything that belongs to the account.

    In the lab one port serves accounts of several servers, so this comes with the visitor and not with the port.
    """

    account: Account
    home: Home
    wake: Wake
    acceptance: Acceptance
    images: "Images"
    known: Known


Doorman = Door[Visitor]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessContext:
    """One port's circumstances.  `home` keeps the journey of connections that never log in."""

    doorman: Doorman
    guard: Guard
    home: Home
    clock: Clock
    ids: Ids
    hostname: str
    tls: TlsContext | None = None
    service: str = "imap"  # imap, imaps, pop3, pop3s
    plain_login: str = "loopback"  # who may log in without TLS: "loopback" (nobody can overhear), "never", "always"
    login_delay_s: int = 0  # seconds between two POP3 logins of one person
    message_limit: int = 0  # letters that one IMAP command goes through at most (RFC 9738); 0: there is no limit
    inbox_keeps_days: int | None = None  # whole days that letters stay in INBOX at least; None: as long as they like
