"""The verbs of `pyeonji account` about logging in: who has tried, and the passwords of single programs."""

import argparse
from functools import partial

from pyeonji.address import Address
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import address_of, local_zone, place
from pyeonji.journey.instants import clock, rfc3339
from pyeonji.store import app_passwords, directory, logins
from pyeonji.store.app_passwords import SCOPES, AppPassword
from pyeonji.store.directory import Account, fold
from pyeonji.store.engine.base import Conflict, Tx
from pyeonji.store.logins import Attempt

SHOWN = 200  # kinds of attempts
MAX_NAME = 60  # characters of the name of an app password
DEFAULT_SCOPES = "smtp,imap,pop3"


def configure(parser: Parser) -> None:
    parser.verb("logins", _logins).argument("address", key="account")
    passwords = parser.noun("app-password")
    add = passwords.verb("add", _add)
    add.argument("address", key="account")
    add.argument("name", key="app_name")
    add.argument("--scopes", default=DEFAULT_SCOPES, metavar="LIST", key="app_scopes")
    passwords.verb("list", _list).argument("address", key="account")
    remove = passwords.verb("remove", _remove)
    remove.argument("address", key="account")
    remove.argument("name", key="app_name")


# ── who has tried ──


def _logins(args: argparse.Namespace, out: Out) -> int:
    """Of a name nobody has, too: whoever can read the store may ask about one, and cannot list them."""
    address = address_of(args.address)
    here = place(args)
    with here.home(address.domain) as home:
        secret = home.engine.read_now(directory.kept_secret, "login names")
        found = home.engine.read_now(partial(logins.attempts, name=fold(address), secret=secret, limit=SHOWN))
        is_here = home.engine.read_now(directory.account, fold(address)) is not None
    if out.json:
        out.data([_as_data(one) for one in found])
        return 0
    if not is_here:
        out.say("logins.nobody", address=address.display)
    if not found:
        out.say("logins.none", address=address.display)
        return 0
    now = here.now_us()
    out.table(
        ("last", "first", "tries", "login_outcome", "from", "service", "mechanism"),
        [
            (clock(one.last_us, now, local_zone()), clock(one.first_us, now, local_zone()), one.attempts,
             _outcome(one, out), one.place or "-", one.service, one.mechanism)
            for one in found
        ],
    )  # fmt: skip
    return 0


def _outcome(one: Attempt, out: Out) -> str:
    said = out.words(f"logins.{one.outcome}")
    return f"{said} ({one.credential})" if one.credential else said


def _as_data(one: Attempt) -> dict[str, object]:
    return {
        "first": rfc3339(one.first_us), "last": rfc3339(one.last_us), "attempts": one.attempts,
        "outcome": one.outcome, "place": one.place, "service": one.service, "mechanism": one.mechanism,
        "app_password": one.credential,
    }  # fmt: skip


# ── passwords of single programs ──


def _add(args: argparse.Namespace, out: Out) -> int:
    from pyeonji.directory.login import app_digest, random_password

    address, scopes, name = address_of(args.address), _scopes(args.scopes), args.name.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise Problem("app.bad_name", code=2, most=str(MAX_NAME))
    password = random_password()
    here = place(args)
    with here.home(address.domain) as home:
        account = home.engine.read_now(_known, address)
        try:
            home.engine.write_now(app_passwords.add, account.id, name, scopes, app_digest(password), here.now_us())
        except Conflict as error:
            raise Problem("app.exists", name=name, address=args.address) from error
    out.say("app.added", name=name, address=address.display, scopes=", ".join(scopes))
    out.say("account.password", password=password)
    if out.json:
        out.data({"address": fold(address), "name": name, "scopes": scopes, "password": password})
    return 0


def _list(args: argparse.Namespace, out: Out) -> int:
    address = address_of(args.address)
    here = place(args)
    with here.home(address.domain) as home:
        found = home.engine.read_now(lambda tx: app_passwords.of_account(tx, _known(tx, address).id))
    if out.json:
        out.data([_password_data(one) for one in found])
        return 0
    if not found:
        out.say("app.none", address=address.display)
        return 0
    now = here.now_us()
    out.table(
        ("name", "scopes", "created", "last_used"),
        [
            (one.name, ", ".join(one.scopes), clock(one.created_us, now, local_zone()),
             clock(one.used_us, now, local_zone()) if one.used_us else "-")
            for one in found
        ],
    )  # fmt: skip
    return 0


def _password_data(one: AppPassword) -> dict[str, object]:
    return {
        "name": one.name, "scopes": one.scopes, "created": rfc3339(one.created_us),
        "last_used": rfc3339(one.used_us) if one.used_us else None,
    }  # fmt: skip


def _remove(args: argparse.Namespace, out: Out) -> int:
    address = address_of(args.address)
    with place(args).home(address.domain) as home:
        gone = home.engine.write_now(lambda tx: app_passwords.remove(tx, _known(tx, address).id, args.name))
    if not gone:
        raise Problem("app.unknown", name=args.name, address=args.address)
    data = {"address": fold(address), "name": args.name, "removed": True}
    out.answer(data, "app.removed", name=args.name, address=address.display)
    return 0


def _scopes(text: str) -> tuple[str, ...]:
    wanted = [word.strip() for word in text.split(",") if word.strip()]
    if not wanted or not set(wanted) <= set(SCOPES):
        raise Problem("app.bad_scopes", code=2, value=text, known=", ".join(SCOPES))
    return tuple(scope for scope in SCOPES if scope in wanted)


def _known(tx: Tx, address: Address) -> Account:
    account = directory.account(tx, fold(address))
    if account is None:
        raise Problem("account.unknown", address=str(address))
    return account
