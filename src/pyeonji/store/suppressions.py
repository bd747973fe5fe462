"""Addresses to which apps send nothing any more: they do not exist, or whoever reads there has complained.

Only letters of apps are kept back.  What people write themselves goes wherever they want.
"""

from collections.abc import Collection
from typing import NamedTuple

from pyeonji.address import NotAnAddress, parse_address
from pyeonji.store.directory import fold
from pyeonji.store.engine.base import Row, Tx, Value

EVERYBODY = 0  # app_id of what counts for all apps
DEAD = frozenset({"addr.no_such_user", "addr.domain_not_found", "addr.domain_no_mail", "mbox.disabled", "addr.moved"})
COMPLAINT, PERSON = "complaint", "a person decided"  # causes that are not of the catalogue
MAX_NOTE = 500  # characters
MAX_LISTED = 1_000  # rows of one page
TOGETHER = 400  # addresses in one statement


class Suppression(NamedTuple):
    """`cause` is one of the catalogue, or COMPLAINT or PERSON; `message_id` the letter that led to it, or 0."""

    app_id: int
    address: str  # folded
    cause: str
    message_id: int
    note: str
    at_us: int


COLUMNS = "app_id, address, cause, message_id, note, at_us"
ADD = f"""
INSERT INTO suppression ({COLUMNS}) VALUES (:app, :address, :cause, :message, :note, :now)
ON CONFLICT (app_id, address) DO NOTHING
"""


def folded(address: str) -> str:
    """As addresses are compared here; what is no address stays as it is."""
    try:
        return fold(parse_address(address))
    except NotAnAddress:
        return address


def add(
    tx: Tx, app_id: int, address: str, cause: str, now_us: int, *, message_id: int = 0, note: str = ""
) -> bool:  # fmt: skip
    """False when it was there already: the first reason stays."""
    row: dict[str, Value] = {
        "app": app_id, "address": folded(address), "cause": cause, "message": message_id, "note": note[:MAX_NOTE],
        "now": now_us,
    }  # fmt: skip
    return tx.run(ADD, row) > 0


def remove(tx: Tx, app_id: int, address: str) -> bool:
    """Letters may go there again; False when nothing kept them back."""
    sql = "DELETE FROM suppression WHERE app_id = :app AND address = :address"
    return tx.run(sql, {"app": app_id, "address": folded(address)}) > 0


def why(tx: Tx, app_id: int, address: str) -> Suppression | None:
    """What keeps this app's letters to this address back."""
    found = among(tx, app_id, [address])
    return found.get(folded(address))


def among(tx: Tx, app_id: int, addresses: Collection[str]) -> dict[str, Suppression]:
    """Those of these addresses (folded here) to which this app sends nothing."""
    wanted = sorted({folded(address) for address in addresses})
    found: dict[str, Suppression] = {}
    for start in range(0, len(wanted), TOGETHER):
        names: dict[str, Value] = {f"a{at}": address for at, address in enumerate(wanted[start : start + TOGETHER])}
        rows = tx.all(
            f"SELECT {COLUMNS} FROM suppression WHERE app_id IN (:everybody, :app)"
            f" AND address IN ({', '.join(':' + name for name in names)}) ORDER BY app_id",
            {**names, "everybody": EVERYBODY, "app": app_id},
        )
        found |= {row[1]: _made(row) for row in rows}
    return found


def listing(
    tx: Tx, app_id: int | None, after: tuple[int, str] = (-1, ""), limit: int = MAX_LISTED
) -> list[Suppression]:
    """Behind (app, address); `app_id` None: of all apps, else its own and everybody's."""
    condition = "" if app_id is None else "app_id IN (:everybody, :app) AND "
    rows = tx.all(
        f"SELECT {COLUMNS} FROM suppression WHERE {condition}(app_id, address) > (:after_app, :after)"
        " ORDER BY app_id, address LIMIT :limit",
        {
            "everybody": EVERYBODY, "app": app_id or 0, "after_app": after[0], "after": after[1],
            "limit": min(limit, MAX_LISTED),
        },
    )  # fmt: skip
    return [_made(row) for row in rows]


def _made(row: Row) -> Suppression:
    return Suppression(*row)
