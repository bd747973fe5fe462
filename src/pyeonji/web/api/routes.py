"""Addresses whose letters an app hears of (email.received, docs/webhooks.md)."""

from typing import Annotated

import msgspec
from msgspec import Meta

from pyeonji.delivery.expand import expand, may_send_as
from pyeonji.journey.instants import rfc3339
from pyeonji.store import routes, suppressions
from pyeonji.store.engine.base import Conflict
from pyeonji.web.api.call import Call
from pyeonji.web.api.operation import operation
from pyeonji.web.api.problem import Problem
from pyeonji.web.api.types import Instant, Mail, mail_address


class InboundRoute(msgspec.Struct):
    """The app hears of each letter that comes to this address."""

    id: int
    address: str
    created_at: Instant


class InboundRoutes(msgspec.Struct):
    data: list[InboundRoute]


class NewRoute(msgspec.Struct):
    address: Annotated[Mail, Meta(description="One of the app's account; an administrator's key may say any.")]


@operation("GET", "/inbound-routes", "read")
async def listing(call: Call) -> InboundRoutes:
    """Of this app; with the scope admin of all apps."""
    app_id = 0 if call.caller.is_admin else call.caller.app_id
    return InboundRoutes(list(map(_shown, await call.site.home.engine.scan(routes.every, app_id))))


@operation(
    "POST", "/inbound-routes", "manage", status=201, problems=("exists_already",),
    example={"address": "support@board.example"},
)  # fmt: skip
async def add(call: Call, body: NewRoute) -> InboundRoute:
    """Hear of each letter that comes to an address here."""
    address, engine = mail_address(body.address, "$.address"), call.site.home.engine
    own = call.caller.is_admin or await engine.read(may_send_as, call.caller.login, str(address))
    if (
        not own or (await engine.read(expand, address)).is_nobody
    ):  # of others' addresses it does not say which there are
        raise Problem("invalid", near="$.address", what=f"{address} is no address of {call.caller.login}")
    try:
        number = await engine.write(routes.add, call.caller.app_id, str(address), call.now_us)
    except Conflict as error:
        if await engine.read(routes.of, str(address)) is None:
            raise  # it is the app that is not there any more
        raise Problem("exists_already", what=str(address)) from error
    return _shown(routes.Route(number, call.caller.app_id, suppressions.folded(str(address)), call.now_us))


@operation("DELETE", "/inbound-routes/{route}", "manage", status=204)
async def remove(call: Call) -> None:
    """Hear no more of it."""
    text = call.path("route")
    engine = call.site.home.engine
    for one in await engine.scan(routes.every, 0 if call.caller.is_admin else call.caller.app_id):
        if str(one.id) == text:
            await engine.write(routes.remove, one.app_id, one.id)
            return
    raise Problem("not_found")


def _shown(one: routes.Route) -> InboundRoute:
    return InboundRoute(one.id, one.address, rfc3339(one.created_us))


OPERATIONS = (listing, add, remove)
