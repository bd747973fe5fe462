"""Who stands at the door of IMAP and POP3: the accounts of one home."""

from pyeonji.acceptance.accept import Acceptance
from pyeonji.acceptance.wake import Wake
from pyeonji.access.context import Visitor
from pyeonji.directory.login import Logins
from pyeonji.proto.sasl import Verifier
from pyeonji.store.home import Home


class HomeDoorman:
    """Lets in whoever has an account in this home."""

    def __init__(self, logins: Logins, home: Home, wake: Wake, acceptance: Acceptance) -> None:
        self._logins = logins
        self._home = home
        self._wake = wake
        self._acceptance = acceptance

    async def password(self, login: str, password: str) -> Visitor | None:
        account = await self._logins.password(login, password)
        return Visitor(account, self._home, self._wake, self._acceptance) if account else None

    async def verifier(self, login: str) -> Verifier:
        return await self._logins.verifier(login)

    async def visitor(self, login: str) -> Visitor | None:
        account = await self._logins.visitor(login)
        return Visitor(account, self._home, self._wake, self._acceptance) if account else None
