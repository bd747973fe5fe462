"""One door for all accounts of the lab: the login's domain decides whose server it is."""

from pyeonji.access.context import Doorman, Visitor
from pyeonji.lab.roster import place_of
from pyeonji.proto.sasl import Verifier


class LabDoorman:
    """Asks the doorman of the login's own server; `known` is filled once the servers are there."""

    def __init__(self) -> None:
        self.known: dict[str, Doorman] = {}
        self.stranger: Doorman | None = None  # for logins of no server: it says no to everybody, in the usual time

    async def password(self, login: str, password: str) -> Visitor | None:
        return await self._of(login).password(login, password)

    async def verifier(self, login: str) -> Verifier:
        return await self._of(login).verifier(login)

    async def visitor(self, login: str) -> Visitor | None:
        return await self._of(login).visitor(login)

    def _of(self, login: str) -> Doorman:
        place = place_of(login)
        found = self.known.get(place.domain) if place else self.stranger
        assert found is not None, "the lab is open only when all its servers are"
        return found
