"""`pyeonji suppress`: addresses to which apps send nothing any more."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from pyeonji.cli.app import app_named
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import Place, address_of, local_zone, place
from pyeonji.journey.instants import clock, rfc3339
from pyeonji.journey.receipt import written
from pyeonji.store import apps, suppressions
from pyeonji.store.home import Home
from pyeonji.store.suppressions import EVERYBODY, Suppression

Whose = tuple[Home, int]  # a home, and the app there (EVERYBODY: what counts for all)


def configure(parser: Parser) -> None:
    _of_app(parser.verb("list", _list))
    add = parser.verb("add", _add)
    add.argument("address", key="suppressed")
    add.argument("--note", default="", metavar="TEXT", key="suppression_note")
    _of_app(add)
    for name, run in (("remove", _remove), ("why", _why)):
        verb = parser.verb(name, run)
        verb.argument("address", key="suppressed")
        _of_app(verb)


def _of_app(parser: Parser) -> None:
    parser.argument("--app", default="", metavar="NAME", key="suppression_app")


@contextmanager
def _whose(here: Place, name: str) -> Iterator[list[Whose]]:
    """An app's, or what counts for all apps on each server of this place."""
    if name:
        with app_named(here, name) as (home, app):
            yield [(home, app.id)]
        return
    with here.homes() as homes:
        yield [(home, EVERYBODY) for _, home in homes]


def _add(args: argparse.Namespace, out: Out) -> int:
    address, here = str(address_of(args.address)), place(args)
    now = here.now_us()
    with _whose(here, args.app) as found:
        for home, app_id in found:
            home.engine.write_now(suppressions.add, app_id, address, suppressions.PERSON, now, note=args.note)
        one = _first(found, address)
    out.answer(_data(one, args.app) if one else None, "suppress.added", address=address)
    return 0


def _first(found: list[Whose], address: str) -> Suppression | None:
    rows = (home.engine.read_now(suppressions.why, app_id, address) for home, app_id in found)
    return next((row for row in rows if row is not None), None)


def _remove(args: argparse.Namespace, out: Out) -> int:
    address = str(address_of(args.address))
    with _whose(place(args), args.app) as found:
        gone = [home.engine.write_now(suppressions.remove, app_id, address) for home, app_id in found]
    if not any(gone):
        raise Problem("suppress.unknown", address=address)
    data = {"address": suppressions.folded(address), "app": args.app or None, "removed": True}
    out.answer(data, "suppress.removed", address=address)
    return 0


def _list(args: argparse.Namespace, out: Out) -> int:
    rows: list[tuple[Suppression, str]] = []
    here = place(args)
    with _whose(here, args.app) as found:
        for home, app_id in found:
            names = {app.id: app.name for app in home.engine.read_now(apps.every)}
            after = (-1, "")
            while page := home.engine.read_now(suppressions.listing, app_id or None, after):
                rows += [(one, names.get(one.app_id, "")) for one in page]
                after = (page[-1].app_id, page[-1].address)
    if out.json:
        out.data([_data(one, app) for one, app in rows])
        return 0
    if not rows:
        out.say("suppress.none")
        return 0
    out.table(
        ("address", "app", "why", "receipt", "last"),
        [
            (one.address, app or "*", out.words(f"suppress.{_kind(one)}", cause=one.cause),
             written(one.message_id) if one.message_id else "-", clock(one.at_us, here.now_us(), local_zone()))
            for one, app in rows
        ],
    )  # fmt: skip
    return 0


def _why(args: argparse.Namespace, out: Out) -> int:
    """1 when letters go there."""
    address, here = str(address_of(args.address)), place(args)
    with _whose(here, args.app) as found:
        one = _first(found, address)
    if out.json:
        out.data(_data(one, args.app) if one else None)
    elif one is None:
        out.say("suppress.free", address=address)
    else:
        why = out.words(f"suppress.{_kind(one)}", cause=one.cause)
        out.say("suppress.why", address=address, when=clock(one.at_us, here.now_us(), local_zone()), why=why)
        if one.message_id:
            out.say("suppress.letter", number=written(one.message_id))
        if one.note:
            out.line(one.note)
    return 0 if one else 1


def _kind(one: Suppression) -> str:
    return {suppressions.COMPLAINT: "complaint", suppressions.PERSON: "person"}.get(one.cause, "dead")


def _data(one: Suppression, app: str) -> dict[str, object]:
    return {
        "address": one.address, "app": app if one.app_id != EVERYBODY else None, "cause": one.cause, "note": one.note,
        "message": written(one.message_id) if one.message_id else None, "at": rfc3339(one.at_us),
    }  # fmt: skip
