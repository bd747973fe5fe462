"""Addresses whose mail an app hears of (inbound routes)."""

from typing import NamedTuple

from pyeonji.store.engine.base import Insert, Row, Tx
from pyeonji.store.suppressions import folded

ROUTES = Insert("inbound_route", ("app_id", "address", "created_us"))


class Route(NamedTuple):
    """The app hears of each letter that comes to this address (folded)."""

    id: int
    app_id: int
    address: str
    created_us: int


def add(tx: Tx, app_id: int, address: str, now_us: int) -> int:
    """The number of the route; raises Conflict when the address has one."""
    return tx.insert_numbered(ROUTES, [(app_id, folded(address), now_us)])[0]


def every(tx: Tx, app_id: int = 0) -> list[Route]:
    """Of an app, or (0) of all."""
    rows = tx.all("SELECT id, app_id, address, created_us FROM inbound_route ORDER BY address")
    return [route for route in map(_made, rows) if app_id in (0, route.app_id)]


def of(tx: Tx, address: str) -> Route | None:
    """The route that this address has."""
    return next((route for route in every(tx) if route.address == folded(address)), None)


def remove(tx: Tx, app_id: int, route_id: int) -> bool:
    sql = "DELETE FROM inbound_route WHERE id = :id AND app_id = :app"
    return tx.run(sql, {"id": route_id, "app": app_id}) > 0


def _made(row: Row) -> Route:
    return Route(*row)
