"""/metrics, for those who may read it (docs/metrics.md)."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pyeonji.metrics.text import MEDIA_TYPE
from pyeonji.store.engine.base import StoreError
from pyeonji.web.security import HERE, host_name
from pyeonji.web.site import Site

FORWARDED = ("forwarded", "x-forwarded-for")  # a proxy on this machine asks for somebody else, wherever he is


def metrics_route(site: Site) -> Route:
    async def metrics(request: Request) -> Response:
        networks = [ip_network(text) for text in site.metrics_allowed]
        peer = request.client.host if request.client else ""
        if not _is_in(peer, networks) or any(name in request.headers for name in FORWARDED):
            return PlainTextResponse("Not from there: metrics.allowed says who may read this.\n", 403)
        if not _is_ours(request, site):
            return PlainTextResponse("Not by that name: metrics.names says by which names this may be read.\n", 403)
        try:
            return PlainTextResponse(await site.measured(), media_type=MEDIA_TYPE)
        except StoreError as error:
            return PlainTextResponse(f"not ready: {error}\n", 503)

    return Route("/metrics", metrics)


def _is_ours(request: Request, site: Site) -> bool:
    """Was it asked for by a name of ours?

    A page of elsewhere whose name was made to lead here is, to the browser of somebody who may read this, the page of
    the same site (DNS rebinding).  An address is no name: nobody can make it lead elsewhere.
    """
    asked = host_name(request.headers.get("host", ""))
    try:
        ip_address(asked.strip("[]"))
    except ValueError:
        return asked in HERE or asked in (site.hostname, *site.metrics_names)
    return True


def _is_in(host: str, networks: "Sequence[IPv4Network | IPv6Network]") -> bool:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    return any(address in network for network in networks)
