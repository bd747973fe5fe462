"""Who stands at the door of IMAP and POP3: the accounts of one home."""

from pyeonji.acceptance.accept import Acceptance
from pyeonji.acceptance.wake import Wake
from pyeonji.access.context import Visitor
from pyeonji.access.imap.images import Images
from pyeonji.directory.exchange import Answer
from pyeonji.directory.login import Logins
from pyeonji.proto.sasl import Verifier
from pyeonji.search.known import Known
from pyeonji.store.directory import Account
from pyeonji.store.home import Home


class HomeDoorman:
    """Lets in whoever has an account in this home."""

    def __init__(self, logins: Logins, home: Home, wake: Wake, acceptance: Acceptance) -> None:
        self._logins = logins
        self._home = home
        self._wake = wake
        self._acceptance = acceptance
        self._images = Images(home.engine)
        self._known = Known(home)

    async def password(self, login: str, password: str, scope: str) -> Answer[Visitor]:
        answer = await self._logins.password(login, password, scope)
        return Answer(self._let_in(answer.who), answer.outcome, answer.credential, because=answer.because)

    def issuer(self) -> str:
        return self._logins.issuer()

    async def token(self, login: str, token: str) -> Answer[Visitor]:
        answer = await self._logins.token(login, token)
        return Answer(self._let_in(answer.who), answer.outcome, login=answer.login, because=answer.because)

    async def verifier(self, login: str, kind: str) -> Verifier:
        return await self._logins.verifier(login, kind)

    async def visitor(self, login: str) -> Visitor | None:
        return self._let_in(await self._logins.visitor(login))

    async def knows(self, login: str, place: str) -> bool:
        return await self._logins.knows(login, place)

    def note(self, login: str, place: str, service: str, mechanism: str, answer: Answer[object]) -> None:
        self._logins.note(login, place, service, mechanism, answer)

    def _let_in(self, account: Account | None) -> Visitor | None:
        if account is None:
            return None
        return Visitor(account, self._home, self._wake, self._acceptance, self._images, self._known)
