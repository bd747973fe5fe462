"""Who may see and do everything: one function in front of every administrator's page."""

import urllib.parse
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pyeonji.web.pages import language_of, render
from pyeonji.web.signin.sessions import Sessions, Visitor

LANGUAGE = "ko"
Page = Callable[[Request, Visitor], Awaitable[Response]]


def require_admin(sessions: Sessions, page: Page) -> Callable[[Request], Awaitable[Response]]:
    """`page` for an administrator; whoever is not signed in is asked to, others learn only that it is not theirs."""

    async def guarded(request: Request) -> Response:
        visitor = await sessions.visitor(request)
        if visitor is None:
            return RedirectResponse(f"/signin?next={urllib.parse.quote(request.url.path)}", 303)
        if not visitor.is_admin:
            return render(request, "admin_other.html", language_of(request, LANGUAGE), status=403)
        return await page(request, visitor)

    return guarded
