"""`pyeonji app`: programs that send in the name of an account, and their keys."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import Place, address_of, local_zone, place
from pyeonji.journey.instants import clock, rfc3339
from pyeonji.store import apps, directory
from pyeonji.store.apps import DEFAULT_SCOPES, SCOPES, App, Key
from pyeonji.store.delete import remove_app
from pyeonji.store.directory import fold
from pyeonji.store.engine.base import Conflict, Tx
from pyeonji.store.home import Home

MAX_NAME = 60  # characters


def configure(parser: Parser) -> None:
    add = parser.verb("add", _add)
    add.argument("name", key="app_of_account")
    add.argument("--account", required=True, metavar="ADDRESS", key="app_account")
    _key_options(add)
    parser.verb("list", _list)
    keys = parser.verb("keys", _keys)
    keys.argument("name", key="app_of_account")
    keys.argument("--add", action="store_true", key="app_add_key")
    keys.argument("--revoke", metavar="KEY", default="", key="app_revoke_key")
    _key_options(keys)
    rotate = parser.verb("rotate", _rotate)
    rotate.argument("name", key="app_of_account")
    rotate.argument("key", key="app_key")
    setting = parser.verb("set", _set)
    setting.argument("name", key="app_of_account")
    setting.argument("--return-addresses", choices=("on", "off"), default=None, metavar="on|off", key="app_verp")
    setting.argument("--attempts", choices=("on", "off"), default=None, metavar="on|off", key="app_attempts")
    remove = parser.verb("remove", _remove)
    remove.argument("name", key="app_of_account")
    remove.argument("--yes", action="store_true")


def _key_options(parser: Parser) -> None:
    parser.argument("--label", default="", metavar="TEXT", key="key_label")
    parser.argument("--scopes", default=",".join(DEFAULT_SCOPES), metavar="LIST", key="key_scopes")
    parser.argument("--test", action="store_true", key="key_test")


# ── apps ──


def _add(args: argparse.Namespace, out: Out) -> int:
    """The app with its first key, which is shown once."""
    name, address, scopes = args.name.strip(), address_of(args.account), _scopes(args.scopes)
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise Problem("apps.bad_name", code=2, most=str(MAX_NAME))
    here = place(args)
    with here.home(address.domain) as home:
        account = home.engine.read_now(directory.account, fold(address))
        if account is None:
            raise Problem("account.unknown", address=str(address))
        try:
            app_id = home.engine.write_now(apps.add, name, account.id, here.now_us())
        except Conflict as error:
            raise Problem("apps.exists", name=name) from error
        text = _new_key(home, app_id, args, scopes, here.now_us())
    here.poke()
    out.say("apps.added", name=name, account=address.display)
    return _shown(out, text, name)


def _list(args: argparse.Namespace, out: Out) -> int:
    found: list[App] = []
    here = place(args)
    with here.homes() as homes:
        for _, home in homes:
            found += home.engine.read_now(apps.every)
    if out.json:
        out.data([_app_data(one) for one in found])
        return 0
    if not found:
        out.say("apps.none")
        return 0
    out.table(
        ("name", "account", "return_addresses", "created", "last_used"),
        [
            (one.name, one.account, out.words(f"apps.{'on' if one.verp else 'off'}"), _when(here, one.created_us),
             _when(here, one.used_us))
            for one in found
        ],
    )  # fmt: skip
    return 0


def _app_data(one: App) -> dict[str, object]:
    return {
        "name": one.name, "account": one.account, "return_addresses": one.verp, "attempts": one.attempts,
        "created": rfc3339(one.created_us), "last_used": rfc3339(one.used_us) if one.used_us else None,
    }  # fmt: skip


def _set(args: argparse.Namespace, out: Out) -> int:
    def change(tx: Tx, app: App) -> None:
        if args.return_addresses is not None:
            apps.set_verp(tx, app.id, args.return_addresses == "on")
        if args.attempts is not None:
            apps.set_attempts(tx, app.id, args.attempts == "on")

    with app_named(place(args), args.name) as (home, app):
        home.engine.write_now(change, app)
        app = home.engine.read_now(apps.numbered, app.id) or app
    out.answer(_app_data(app), "apps.changed", name=app.name)
    return 0


def _remove(args: argparse.Namespace, out: Out) -> int:
    here = place(args)
    with app_named(here, args.name) as (home, app):
        if not args.yes:
            out.error("apps.would_remove", name=app.name)
            return 1
        remove_app(home, app.id)
    here.poke()
    out.answer({"name": app.name, "removed": True}, "apps.removed", name=app.name)
    return 0


# ── keys ──


def _keys(args: argparse.Namespace, out: Out) -> int:
    here = place(args)
    with app_named(here, args.name) as (home, app):
        if args.add:
            return _shown(out, _new_key(home, app.id, args, _scopes(args.scopes), here.now_us()), app.name)
        if args.revoke:
            key = _key(home, app, args.revoke)
            home.engine.write_now(apps.revoke, app.id, key.id)
            gone = {"name": app.name, "id": key.id, "hint": key.hint, "removed": True}
            out.answer(gone, "apps.revoked", hint=key.hint, name=app.name)
            return 0
        found = home.engine.read_now(apps.keys, app.id)
    if out.json:
        out.data([_key_data(one) for one in found])
        return 0
    out.table(
        ("id", "key", "label", "key_scopes", "test", "created", "last_used"),
        [
            (one.id, f"{one.hint}…", one.label or "-", ", ".join(one.scopes),
             out.words(f"apps.{'on' if one.test else 'off'}"), _when(here, one.created_us), _when(here, one.used_us))
            for one in found
        ],
    )  # fmt: skip
    return 0


def _key_data(one: Key) -> dict[str, object]:
    return {
        "id": one.id, "hint": one.hint, "label": one.label, "scopes": one.scopes, "test": one.test,
        "created": rfc3339(one.created_us), "last_used": rfc3339(one.used_us) if one.used_us else None,
    }  # fmt: skip


def _rotate(args: argparse.Namespace, out: Out) -> int:
    from pyeonji.directory.app_keys import new_key

    here = place(args)
    with app_named(here, args.name) as (home, app):
        key = _key(home, app, args.key)
        made = new_key(test=key.test)
        home.engine.write_now(apps.rotate, key.id, made.digest, made.hint, here.now_us())
    out.say("apps.rotated", hint=key.hint, name=app.name)
    return _shown(out, made.text, app.name)


def _key(home: Home, app: App, called: str) -> Key:
    """The key of this number, hint or label."""
    found = [
        one
        for one in home.engine.read_now(apps.keys, app.id)
        if called in (str(one.id), one.hint, one.label) or called.startswith(one.hint)
    ]
    if len(found) != 1:
        raise Problem("apps.no_key", called=called, name=app.name)
    return found[0]


def _new_key(home: Home, app_id: int, args: argparse.Namespace, scopes: tuple[str, ...], now_us: int) -> str:
    from pyeonji.directory.app_keys import new_key

    made = new_key(test=args.test)
    try:
        home.engine.write_now(
            apps.add_key, app_id, made.digest, made.hint, now_us, label=args.label, scopes=scopes, test=args.test
        )
    except apps.TooManyKeys as error:
        raise Problem("apps.too_many_keys", most=str(apps.MAX_KEYS)) from error
    return made.text


def _shown(out: Out, text: str, name: str) -> int:
    out.say("apps.key", text=text)
    if out.json:
        out.data({"name": name, "key": text})
    return 0


# ── below ──


@contextmanager
def app_named(here: Place, name: str) -> Iterator[tuple[Home, App]]:
    """An app, and the open home it is in; raises Problem."""
    with here.homes() as homes:
        for _, home in homes:
            if (app := home.engine.read_now(apps.named, name)) is not None:
                yield home, app
                return
    raise Problem("apps.unknown", name=name)


def _when(here: Place, at_us: int) -> str:
    return clock(at_us, here.now_us(), local_zone()) if at_us else "-"


def _scopes(text: str) -> tuple[str, ...]:
    wanted = [word.strip() for word in text.split(",") if word.strip()]
    if not wanted or not set(wanted) <= set(SCOPES):
        raise Problem("apps.bad_scopes", code=2, value=text, known=", ".join(SCOPES))
    return tuple(scope for scope in SCOPES if scope in wanted)
