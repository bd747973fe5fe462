"""`pyeonji route`: addresses whose letters an app hears of."""

import argparse

from pyeonji.cli.app import app_named
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import address_of, place
from pyeonji.delivery.expand import expand
from pyeonji.store import apps, routes
from pyeonji.store.directory import fold
from pyeonji.store.engine.base import Conflict
from pyeonji.store.routes import Route


def configure(parser: Parser) -> None:
    add = parser.verb("add", _add)
    add.argument("app", key="app_of_account")
    add.argument("address", key="route_address")
    parser.verb("list", _list)
    parser.verb("remove", _remove).argument("address", key="route_address")


def _add(args: argparse.Namespace, out: Out) -> int:
    address, here = address_of(args.address), place(args)
    with app_named(here, args.app) as (home, app):
        if home.engine.read_now(expand, address).is_nobody:
            raise Problem("route.nobody", address=str(address))
        try:
            home.engine.write_now(routes.add, app.id, str(address), here.now_us())
        except Conflict as error:
            raise Problem("route.exists", address=str(address)) from error
    out.answer({"address": fold(address), "app": app.name}, "route.added", app=app.name, address=address.display)
    return 0


def _list(args: argparse.Namespace, out: Out) -> int:
    found: list[tuple[Route, str]] = []
    with place(args).homes() as homes:
        for _, home in homes:
            names = {app.id: app.name for app in home.engine.read_now(apps.every)}
            found += [(route, names[route.app_id]) for route in home.engine.read_now(routes.every)]
    if out.json:
        out.data([{"address": route.address, "app": app} for route, app in found])
    elif not found:
        out.say("route.none")
    else:
        out.table(("address", "app"), [(route.address, app) for route, app in found])
    return 0


def _remove(args: argparse.Namespace, out: Out) -> int:
    address, gone = address_of(args.address), False
    with place(args).homes() as homes:
        for _, home in homes:
            for route in home.engine.read_now(routes.every):
                if route.address == fold(address):
                    gone = home.engine.write_now(routes.remove, route.app_id, route.id) or gone
    if not gone:
        raise Problem("route.unknown", address=str(address))
    out.answer({"address": fold(address), "removed": True}, "route.removed", address=address.display)
    return 0
