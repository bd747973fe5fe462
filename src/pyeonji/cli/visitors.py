"""The verbs of `pyeonji account` about the pages: who is administrator, and a link for who cannot get in."""

import argparse
import secrets

from pyeonji.address import Address
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import address_of, now_us, place
from pyeonji.store import administrators, directory, login_links
from pyeonji.store.directory import Account, fold
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import Home

LINK_OCTETS = 32
LINK_US = 900_000_000  # microseconds in which it is good


def configure(parser: Parser) -> None:
    admin = parser.verb("admin", _admin)
    admin.argument("address", key="account")
    admin.argument("on", choices=("on", "off"), key="admin_on")
    parser.verb("login-link", _login_link).argument("address", key="account")


def _admin(args: argparse.Namespace, out: Out) -> int:
    address, on = address_of(args.address), args.on == "on"
    with place(args).home(address.domain) as home:
        account = home.engine.read_now(_known, address)
        home.engine.write_now(administrators.set_administrator, account.id, on)
    out.say("account.admin_on" if on else "account.admin_off", address=address.display)
    if out.json:
        out.data({"address": account.address, "admin": on})
    return 0


def _login_link(args: argparse.Namespace, out: Out) -> int:
    """Only the newest is good, once, for a quarter of an hour."""
    from pyeonji.cli.config import settings_at

    address, here = address_of(args.address), place(args)
    answer = here.ask({"do": "status"}) or {}  # only a server that runs knows its ports
    with here.home(address.domain) as home:
        settings = settings_at(home.data, out)
        account = home.engine.read_now(_known, address)
        url = made_link(home, account, answer.get("pages") or f"https://{settings.hostname}")
    if out.json:
        out.data({"address": account.address, "url": url})
        return 0
    out.say("account.login_link", address=address.display, minutes=LINK_US // 60_000_000)
    out.line(url)
    return 0


def made_link(home: Home, account: Account, pages: str) -> str:
    """A new link for an account, to the server's `pages`; those before are good no more."""
    from pyeonji.web.signin.sessions import digest_of

    token, now = secrets.token_urlsafe(LINK_OCTETS), now_us()
    home.engine.write_now(login_links.add, digest_of(token), account.id, now, now + LINK_US)
    return f"{pages}/signin/link/{token}"


def _known(tx: Tx, address: Address) -> Account:
    account = directory.account(tx, fold(address))
    if account is None:
        raise Problem("account.unknown", address=str(address))
    return account
