"""From clear to encrypted: where a page is shown in HTTPS nobody reads it in clear, and browsers remember it."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

from starlette.datastructures import MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pyeonji.net.certificates import Shown
from pyeonji.net.challenge import HTTP_PATH
from pyeonji.web.clients import THUNDERBIRD_PATHS
from pyeonji.web.security import host_name

IN_CLEAR = ("/livez", "/readyz")  # who looks after the server asks by address
REMEMBERED_S = 180 * 86_400  # seconds a browser asks for nothing but HTTPS (RFC 6797 §6.1.1); no names below ours
HTTP, HTTPS = 80, 443

Certified = Callable[[str], Shown | None]  # the certificate of ours that is for a name, in lower case


@dataclass(frozen=True, slots=True)
class Encrypted:
    """Where pages are shown encrypted: the port, whose name stands for us, and which certificate a name has."""

    port: int
    hostname: str
    certificate: Certified

    def place(self, host: str, came_by: int) -> str:
        """ "name" or "name:port" for who came to `host` (as the browser says it) at our port `came_by`.

        Only names with a certificate of ours are places.  A browser that says no port came to port 80: where that is
        not ours, somebody in front maps ports, and 443 is mapped as well.
        """
        name = host_name(host)
        name = name if self.certificate(name) else self.hostname
        mapped = host.rpartition("]")[2].find(":") < 0 and came_by != HTTP
        return name if mapped or self.port == HTTPS else f"{name}:{self.port}"


class ToHttps:
    """In front of the pages in clear."""

    def __init__(self, app: ASGIApp, encrypted: Encrypted) -> None:
        self._app = app
        self._encrypted = encrypted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app if scope["type"] != "http" or self._may_stay(scope) else self._onward(scope)
        await app(scope, receive, send)

    def _may_stay(self, scope: Scope) -> bool:
        """Who asks from this machine, authorities, who looks whether we live; and mail programs without a choice."""
        path = scope["path"]
        if path.startswith(HTTP_PATH) or path in IN_CLEAR or _is_here(scope):
            return True
        # Thunderbird asks in clear only after HTTPS: where that name has no certificate this is all it can get.
        return path in THUNDERBIRD_PATHS and self._encrypted.certificate(host_name(_host(scope))) is None

    def _onward(self, scope: Scope) -> ASGIApp:
        place = self._encrypted.place(_host(scope), (scope.get("server") or ("", 0))[1] or 0)
        path = scope.get("raw_path", b"/").decode("latin-1")
        query = scope.get("query_string", b"").decode("latin-1")
        return RedirectResponse(f"https://{place}{path}{'?' if query else ''}{query}", 308)  # RFC 9110 §15.4.9


class Remembered:
    """Around the pages in HTTPS: who was here once comes in clear no more (HSTS).

    Only for names that somebody vouches for: a browser that was told to believe a certificate of our own making would
    otherwise find no other server of its owner's on localhost any more.
    """

    def __init__(self, app: ASGIApp, certificate: Certified) -> None:
        self._app = app
        self._certificate = certificate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        shown = self._certificate(host_name(_host(scope))) if scope["type"] == "http" else None

        async def remembered(message: Message) -> None:
            if message["type"] == "http.response.start" and shown is not None and shown.issuer:
                MutableHeaders(scope=message)["strict-transport-security"] = f"max-age={REMEMBERED_S}"
            await send(message)

        await self._app(scope, receive, remembered)


def _host(scope: Scope) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")


def _is_here(scope: Scope) -> bool:
    client = scope.get("client")
    try:
        return client is None or ip_address(client[0]).is_loopback
    except ValueError:
        return False
