"""What every page says to the browser: no script but ours, nothing framed, nothing kept."""

from collections.abc import Iterable
from ipaddress import ip_address

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # with "no-referrer" a browser would not say whose form it sends (Origin: null)
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
HERE = frozenset({"localhost", "127.0.0.1", "[::1]"})
MAX_BODY = 16 * 1024  # octets of a form


class Secured:
    """Adds the headers above and lets in only what is meant for us.

    `hosts` are the names we answer to: a page of elsewhere that makes its own name lead to 127.0.0.1 gets nothing
    (DNS rebinding).  None answers to every name.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] | None = HERE) -> None:
        self._app = app
        self._hosts = None if hosts is None else frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        app: ASGIApp = PlainTextResponse(refusal, 403) if refusal else self._app
        await app(scope, receive, with_headers(send))

    def _refusal(self, scope: Scope) -> str:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if not is_for(scope, self._hosts):
            return "This page is only for this computer."
        if b"%00" in scope.get("query_string", b""):
            return "There is a NUL in it."  # which nothing is called, and PostgreSQL takes none
        if scope["method"] not in ("GET", "HEAD"):
            if not is_from_here(scope):
                return "This form was sent from another site."
            if not headers.get(b"content-length", "").isdecimal() or int(headers[b"content-length"]) > MAX_BODY:
                return "This form is too long."
        return ""


def with_headers(send: Send) -> Send:
    """Answers with the headers above, where they do not say otherwise."""

    async def secured(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return secured


def is_for(scope: Scope, hosts: frozenset[str] | None) -> bool:
    """Was one of these names asked for?  None: every name is ours."""
    asked = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
    return hosts is None or host_name(asked) in hosts


def is_from_here(scope: Scope) -> bool:
    """Browsers say from what site a request comes, older ones at least on what page a form was: it must be ours.

    Who says neither is no browser; a token, where there are people to be told apart, decides.
    """
    said = {name: value.decode("latin-1") for name, value in scope["headers"]}
    origin = said.get(b"origin")
    if said.get(b"sec-fetch-site", "none") not in ("same-origin", "none"):
        return False
    return origin is None or origin.partition("://")[2] == said.get(b"host", "")


def host_name(host: str) -> str:
    """The host without its port."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()


def peer_of(request: Request) -> str:
    """The address by which the guard counts who asks; "" when nobody knows.

    A proxy on this machine, and nobody else, is believed for whom it asks: its own address is exempt from the guard,
    and so would be everybody behind it.  The last one that is named is the one that it has added itself.
    """
    peer = request.client.host if request.client else ""
    said = ",".join(request.headers.getlist("x-forwarded-for")).rpartition(",")[2].strip()
    try:
        return str(ip_address(said)) if said and ip_address(peer).is_loopback else peer
    except ValueError:
        return peer
