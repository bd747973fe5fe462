"""`lab --catch`: every letter, for whatever address, is caught in one mailbox and shown; nothing is sent on.

For whoever tests a program that sends mail: it needs no account and no right address.  Any name and password may log
in; whatever the address, the letter is in the INBOX of catch@lab.test, on the pages, and in IMAP and POP3.
"""

from pyeonji.address import Address
from pyeonji.delivery.expand import Expansion, Local
from pyeonji.delivery.memory import Expansions
from pyeonji.directory.exchange import Answer, Door
from pyeonji.intake.service import Service
from pyeonji.lab.roster import GATEWAY
from pyeonji.net.clock import Clock
from pyeonji.proto.sasl import Verifier
from pyeonji.store import directory
from pyeonji.store.directory import Account, fold
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import Home
from pyeonji.store.logins import IN

CATCHER = f"catch@{GATEWAY}"
# The ports a program under test may have been told: all take everything.
SERVICES = {
    "smtp": Service("smtp", may_login=True),
    "submission": Service("submission", may_login=True),
    "submissions": Service("submissions", may_login=True),
    "lmtp": Service("lmtp", lmtp=True),
    "sendmail": Service("sendmail", local_socket=True),
}


class Caught(Expansions):
    """Leads every address to the catcher."""

    def __init__(self, home: Home, clock: Clock) -> None:
        super().__init__(home, clock)
        self._catcher = home

    async def of(self, address: Address) -> Expansion:
        inbox = await self._catcher.engine.read(directory.inbox, CATCHER)
        assert inbox is not None, "the catcher is made before the ports are opened"
        return Expansion(address, [Local(fold(address), inbox)])


class AnyLogin:
    """Lets everybody in, as the catcher.  Where the password itself does not cross (SCRAM), it must be the lab's."""

    def __init__(self, logins: Door[Account]) -> None:
        self._logins = logins

    async def password(self, login: str, password: str, scope: str) -> Answer[Account]:
        return Answer(await self._logins.visitor(CATCHER), IN)

    def issuer(self) -> str:
        return ""

    async def token(self, login: str, token: str) -> Answer[Account]:
        return Answer(None)

    async def verifier(self, login: str, kind: str) -> Verifier:
        return await self._logins.verifier(CATCHER, kind)

    async def visitor(self, login: str) -> Account | None:
        return await self._logins.visitor(CATCHER)

    async def knows(self, login: str, place: str) -> bool:
        return True

    def note(self, login: str, place: str, service: str, mechanism: str, answer: Answer[object]) -> None:
        self._logins.note(CATCHER, place, service, mechanism, answer)


def add_catcher(tx: Tx, credentials: dict[str, str], now_us: int) -> None:
    """The account of what is caught, unless it is there."""
    if directory.account(tx, CATCHER) is None:
        if not directory.domain_exists(tx, GATEWAY):
            directory.add_domain(tx, GATEWAY, now_us)
        directory.add_account(
            tx, CATCHER, name="catch", language="ko", quota_octets=0, credentials=credentials, now_us=now_us
        )
