"""`pyeonji account allowed`: whose letters an account wants in INBOX though they look like junk (docs/adr/0032)."""

import argparse
from ipaddress import ip_address

from pyeonji.address import Address
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import address_of, local_zone, place
from pyeonji.filters.greylist import network_of
from pyeonji.journey.instants import clock, rfc3339
from pyeonji.store import allowed, directory
from pyeonji.store.allowed import Allowed
from pyeonji.store.directory import Account, fold
from pyeonji.store.engine.base import Tx


def configure(parser: Parser) -> None:
    of_account = parser.noun("allowed")
    of_account.verb("list", _list).argument("address", key="account")
    add = of_account.verb("add", _add)
    add.argument("address", key="account")
    add.argument("author", key="allowed_author")
    add.argument("--from", dest="peer", default="", metavar="IP", key="allowed_from")
    remove = of_account.verb("remove", _remove)
    remove.argument("address", key="account")
    remove.argument("author", key="allowed_author")


def _add(args: argparse.Namespace, out: Out) -> int:
    """By a network only where one is named: a name in From proves nothing (RFC 9989 says what does)."""
    address, author, network = address_of(args.address), fold(address_of(args.author)), _network(args.peer)
    here = place(args)
    with here.home(address.domain) as home:
        account = home.engine.read_now(_known, address)
        one = Allowed(account.id, author, network, here.now_us())
        if not home.engine.write_now(allowed.add, one):
            raise Problem("allowed.full", address=address.display, most=str(allowed.MAX_ALLOWED))
    if out.json:
        out.data(_data(one))
    else:
        key = "allowed.added_from" if network else "allowed.added"
        out.say(key, address=address.display, author=author, network=network)
    return 0


def _list(args: argparse.Namespace, out: Out) -> int:
    address, here = address_of(args.address), place(args)
    with here.home(address.domain) as home:
        found = home.engine.read_now(lambda tx: allowed.of_account(tx, _known(tx, address).id))
    if out.json:
        out.data([_data(one) for one in found])
    elif not found:
        out.say("allowed.none", address=address.display)
    else:
        now = here.now_us()
        rows = [(one.address, out.words("allowed.by_network" if one.network else "allowed.by_dmarc"),
                 clock(one.made_us, now, local_zone())) for one in found]  # fmt: skip
        out.table(("author", "known_by", "since"), rows)
    return 0


def _remove(args: argparse.Namespace, out: Out) -> int:
    address, author = address_of(args.address), fold(address_of(args.author))
    with place(args).home(address.domain) as home:
        gone = home.engine.write_now(lambda tx: allowed.remove(tx, _known(tx, address).id, author))
    if not gone:
        raise Problem("allowed.unknown", address=address.display, author=author)
    if out.json:
        out.data({"account": fold(address), "author": author, "removed": True})
    out.say("allowed.removed", address=address.display, author=author)
    return 0


def _network(peer: str) -> str:
    try:
        return network_of(str(ip_address(peer))) if peer else ""
    except ValueError as error:
        raise Problem("allowed.no_ip", code=2, value=peer) from error


def _data(one: Allowed) -> dict[str, object]:
    """From which network stays untold: where a letter was written is no reader's business (docs/journey.md)."""
    return {"author": one.address, "by": "network" if one.network else "dmarc", "since": rfc3339(one.made_us)}


def _known(tx: Tx, address: Address) -> Account:
    account = directory.account(tx, fold(address))
    if account is None:
        raise Problem("account.unknown", address=str(address))
    return account
