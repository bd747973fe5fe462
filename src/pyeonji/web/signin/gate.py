"""Who sits before the pages of letters: whoever is signed in."""

from starlette.requests import Request

from pyeonji.web.signin.sessions import Sessions
from pyeonji.web.viewer import Watcher


class SignedIn:
    """The gate of a server's pages."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def watcher(self, request: Request) -> Watcher | None:
        """Asked anew each time: a stream ends for who was signed out meanwhile."""
        visitor = await self._sessions.visitor(request)
        return Watcher(visitor.address, visitor.is_admin) if visitor else None

    def token(self, request: Request) -> str:
        return self._sessions.token(request)

    def is_token(self, request: Request, token: str) -> bool:
        return self._sessions.is_token(request, token)
