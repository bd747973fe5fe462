"""One port for all accounts of the lab: the domain of a login or of an address decides whose server it is."""

from dataclasses import dataclass, field, replace
from typing import Generic

from pyeonji.address import Address
from pyeonji.directory.exchange import Answer, Door, Found
from pyeonji.intake.context import IntakeContext
from pyeonji.lab.roster import place_of
from pyeonji.proto.sasl import Verifier
from pyeonji.store.directory import Account


@dataclass(slots=True)
class LabDoor(Generic[Found]):
    """Asks the door of the login's own server; `known` and `stranger` are filled once the servers are there."""

    known: dict[str, Door[Found]] = field(default_factory=dict)  # by domain
    stranger: Door[Found] | None = None  # for logins of no server: it says no to everybody, in the usual time

    async def password(self, login: str, password: str, scope: str) -> Answer[Found]:
        return await self._of(login).password(login, password, scope)

    def issuer(self) -> str:
        return ""

    async def token(self, login: str, token: str) -> Answer[Found]:
        return Answer(None)

    async def verifier(self, login: str, kind: str) -> Verifier:
        return await self._of(login).verifier(login, kind)

    async def visitor(self, login: str) -> Found | None:
        return await self._of(login).visitor(login)

    async def knows(self, login: str, place: str) -> bool:
        return await self._of(login).knows(login, place)

    def note(self, login: str, place: str, service: str, mechanism: str, answer: Answer[object]) -> None:
        self._of(login).note(login, place, service, mechanism, answer)

    def _of(self, login: str) -> Door[Found]:
        place = place_of(login)
        found = self.known.get(place.domain) if place else self.stranger
        assert found is not None, "the lab is open only when all its servers are"
        return found


class LabIntake:
    """Submission and LMTP for all servers of the lab (`intake.context.Others`)."""

    def __init__(self, contexts: dict[str, IntakeContext], own: IntakeContext, logins: Door[Account]) -> None:
        """`contexts` by domain; `own` for what is nobody's."""
        self._contexts = {domain: replace(context, others=self) for domain, context in contexts.items()}
        self.own = replace(own, logins=logins, others=self)

    def of_login(self, login: str) -> IntakeContext:
        place = place_of(login)
        return self._contexts[place.domain] if place else self.own

    def of_address(self, address: Address) -> IntakeContext:
        return self.of_login(str(address))
