"""What mail programs ask for when somebody types an address: how to reach this server (`zone.clients`)."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pyeonji.address import Address, NotAnAddress, parse_address
from pyeonji.store.directory import domain_exists
from pyeonji.store.engine.base import StoreError
from pyeonji.web.security import host_name
from pyeonji.web.site import Site
from pyeonji.zone.clients import asked_address, outlook, profile, thunderbird
from pyeonji.zone.wanted import AUTOCONFIG

XML = "text/xml; charset=utf-8"
PROFILE = "application/x-apple-aspen-config"
THUNDERBIRD_PATHS = ("/mail/config-v1.1.xml", "/.well-known/autoconfig/mail/config-v1.1.xml")
OUTLOOK_PATHS = ("/autodiscover/autodiscover.xml", "/Autodiscover/Autodiscover.xml", "/AutoDiscover/AutoDiscover.xml")
NOTHING = PlainTextResponse("No mail of this domain is here.\n", 404)


def client_routes(site: Site) -> list[Route]:
    """The answer is the same for every address of a domain: it tells nobody which there are."""

    async def autoconfig(request: Request) -> Response:
        address = _address(request.query_params.get("emailaddress", ""))
        host = host_name(request.headers.get("host", ""))
        domain = address.domain if address is not None else host.removeprefix(f"{AUTOCONFIG}.")
        if not await _is_here(site, domain):
            return NOTHING
        return Response(thunderbird(domain, site.mail_servers()), media_type=XML)

    async def autodiscover(request: Request) -> Response:
        address = _address(asked_address(await request.body()))
        if address is None or not await _is_here(site, address.domain):
            return NOTHING
        return Response(outlook(address, site.mail_servers()), media_type=XML)

    async def mobileconfig(request: Request) -> Response:
        address = _address(request.query_params.get("email", ""))
        if address is None or not await _is_here(site, address.domain):
            return NOTHING
        octets = profile(address, site.mail_servers())
        if not octets:
            return NOTHING
        headers = {"content-disposition": 'attachment; filename="mail.mobileconfig"'}
        return Response(site.sign(octets), media_type=PROFILE, headers=headers)

    return [
        *(Route(path, autoconfig) for path in THUNDERBIRD_PATHS),
        *(Route(path, autodiscover, methods=["POST"]) for path in OUTLOOK_PATHS),
        Route("/mail.mobileconfig", mobileconfig),
    ]


def _address(text: str) -> Address | None:
    try:
        return parse_address(text)
    except NotAnAddress:
        return None


async def _is_here(site: Site, domain: str) -> bool:
    try:
        return await site.home.engine.read(domain_exists, domain)
    except StoreError:
        return False
