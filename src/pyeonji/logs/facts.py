"""What a log line says that stands not in its own event: looked up once for all rows that are read together."""

from pyeonji.store import directory, following, journey
from pyeonji.store.accept import SessionRef
from pyeonji.store.engine.base import Tx
from pyeonji.store.following import About

NOBODY = About(0, "")
NOWHERE = SessionRef(0, 0, "", "")


class Facts:
    """Over one read transaction."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._letters: dict[int, About] = {}
        self._sessions: dict[int, SessionRef] = {}

    def about(self, number: int) -> About:
        found = self._letters.get(number)
        if found is None:
            found = self._letters[number] = (following.about(self._tx, number) if number else None) or NOBODY
        return found

    def session(self, number: int) -> SessionRef:
        found = self._sessions.get(number)
        if found is None:
            found = self._sessions[number] = (journey.session(self._tx, number) if number else None) or NOWHERE
        return found

    def address(self, number: int, n: int) -> str:
        return following.address(self._tx, number, n) if number and n else ""

    def is_undecided(self, number: int) -> bool:
        return following.is_undecided(self._tx, number)

    def user(self, login: str) -> str:
        """A name that was tried, if it is an account's; "" for any other: it may be a password in the wrong field."""
        return login if login and directory.account(self._tx, login) is not None else ""
