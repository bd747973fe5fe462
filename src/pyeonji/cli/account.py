"""`pyeonji account`: the people whose mail is here."""

import argparse
import sys
from collections.abc import Callable

from pyeonji.address import Address
from pyeonji.cli import allowed, credentials, visitors
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import address_of, now_us, place
from pyeonji.config.values import WrongValue, read_size
from pyeonji.proto.precis import is_name
from pyeonji.store import directory, quota
from pyeonji.store.creation import MAX_MAILBOXES
from pyeonji.store.delete import remove_account
from pyeonji.store.directory import Account, fold
from pyeonji.store.engine.base import Conflict, Tx

Change = Callable[[Tx, Account], None]


def configure(parser: Parser) -> None:
    add = parser.verb("add", _add)
    add.argument("address")
    add.argument("--password-stdin", action="store_true")
    add.argument("--name", default="", metavar="TEXT", key="person_name")
    add.argument("--quota", default="0", metavar="SIZE")
    add.argument("--language", choices=("ko", "en"), default=None, metavar="ko|en", key="account_language")
    parser.verb("list", _list)
    passwd = parser.verb("passwd", _passwd)
    passwd.argument("address")
    passwd.argument("--password-stdin", action="store_true")
    limits = parser.verb("quota", _quota)
    limits.argument("address")
    limits.argument("size", nargs="?")
    limits.argument("--messages", metavar="N")
    for name, run in (("disable", _disable), ("enable", _enable)):
        parser.verb(name, run).argument("address")
    credentials.configure(parser)
    visitors.configure(parser)
    allowed.configure(parser)
    remove = parser.verb("remove", _remove)
    remove.argument("address")
    remove.argument("--yes", action="store_true")


def _add(args: argparse.Namespace, out: Out) -> int:
    address, octets = address_of(args.address), _size(args.quota)
    if not is_name(address.local_part):
        raise Problem("account.odd_name", code=2, address=str(address))
    password, made_up = _password(args)
    here = place(args)
    with here.home(address.domain) as home:
        if not home.engine.read_now(directory.domain_exists, address.domain):
            raise Problem("account.no_domain", domain=address.domain)
        try:
            home.engine.write_now(
                directory.add_account,
                fold(address),
                name=args.name,
                language=args.language or out.language,
                quota_octets=octets,
                credentials=_credentials(password),
                now_us=now_us(),
            )
        except Conflict as error:
            raise Problem("account.exists", address=str(address)) from error
        row = home.engine.read_now(_row, address)
    here.poke()
    _tell(out, row, "account.added", address.display, password if made_up else "")
    return 0


def _list(args: argparse.Namespace, out: Out) -> int:
    found = []
    with place(args).homes() as homes:
        for _, home in homes:
            found += home.engine.read_now(_all)
    if out.json:
        out.data(found)
        return 0
    out.table(
        ("address", "name", "used", "quota", "state"),
        [
            (one["address"], one["name"], one["used_octets"], one["quota_octets"] or "-",
             out.words("account.off" if one["disabled"] else "account.on"))
            for one in found
        ],
    )  # fmt: skip
    return 0


def _all(tx: Tx) -> list[dict[str, object]]:
    return [_data(tx, one) for one in directory.accounts(tx)]


def _row(tx: Tx, address: Address) -> dict[str, object]:
    return _data(tx, _known(tx, address))


def _data(tx: Tx, one: Account) -> dict[str, object]:
    return {
        "address": one.address, "name": one.name, "language": one.language, "quota_octets": one.quota_octets,
        "quota_messages": one.quota_messages, "used_octets": quota.room(tx, one.id).octets,
        "disabled": one.disabled,
    }  # fmt: skip


def _tell(out: Out, row: dict[str, object], key: str, address: str, made_up: str = "") -> None:
    """What the account is now; a password that was made up here is shown once."""
    out.answer({**row, **({"password": made_up} if made_up else {})}, key, address=address)
    if made_up:
        out.say("account.password", password=made_up)


def _passwd(args: argparse.Namespace, out: Out) -> int:
    password, made_up = _password(args)
    credentials = _credentials(password)
    row = _change(args, lambda tx, account: directory.set_credentials(tx, account.id, credentials))
    _tell(out, row, "account.changed", args.address, password if made_up else "")
    return 0


def _quota(args: argparse.Namespace, out: Out) -> int:
    if args.size is None and args.messages is None:
        return _show_quota(args, out)
    octets = None if args.size is None else _size(args.size)
    messages = None if args.messages is None else _count(args.messages)

    def change(tx: Tx, account: Account) -> None:
        quota.set_limits(
            tx, account.id,
            octets=account.quota_octets if octets is None else octets,
            messages=account.quota_messages if messages is None else messages,
        )  # fmt: skip

    _tell(out, _change(args, change), "account.changed", args.address)
    return 0


def _show_quota(args: argparse.Namespace, out: Out) -> int:
    address = address_of(args.address)
    with place(args).home(address.domain) as home:
        room = home.engine.read_now(lambda tx: quota.room(tx, _known(tx, address).id))
    found = {
        "octets": (room.octets, room.most_octets),
        "messages": (room.messages, room.most_messages),
        "mailboxes": (room.mailboxes, MAX_MAILBOXES),
    }
    if out.json:
        out.data({what: {"used": used, "limit": most} for what, (used, most) in found.items()})
        return 0
    out.table(
        ("resource", "in_use", "quota", "full"),
        [
            (out.words(f"account.{what}"), used, most or "-", f"{100 * used // most} %" if most else "-")
            for what, (used, most) in found.items()
        ],
    )
    return 0


def _disable(args: argparse.Namespace, out: Out) -> int:
    row = _change(args, lambda tx, account: directory.disable(tx, account.id, True))
    _tell(out, row, "account.disabled", args.address)
    return 0


def _enable(args: argparse.Namespace, out: Out) -> int:
    row = _change(args, lambda tx, account: directory.disable(tx, account.id, False))
    _tell(out, row, "account.enabled", args.address)
    return 0


def _remove(args: argparse.Namespace, out: Out) -> int:
    address = address_of(args.address)
    if not args.yes:
        with place(args).home(address.domain) as home:
            account = home.engine.read_now(_known, address)
            used = home.engine.read_now(quota.room, account.id).octets
        out.error("account.would_remove", address=args.address, used=used)
        return 1
    here = place(args)
    with here.home(address.domain) as home:
        gone = remove_account(home, home.engine.read_now(_known, address), here.now_us())
    here.poke(gone)
    out.answer({"address": fold(address), "removed": True}, "account.removed", address=args.address)
    return 0


def _change(args: argparse.Namespace, change: Change) -> dict[str, object]:
    """One change of one account, committed, and told to the running server; what it is now."""
    address = address_of(args.address)
    here = place(args)
    with here.home(address.domain) as home:
        row = home.engine.write_now(_apply, address, change)
    here.poke()
    return row


def _apply(tx: Tx, address: Address, change: Change) -> dict[str, object]:
    change(tx, _known(tx, address))
    return _row(tx, address)


def _known(tx: Tx, address: Address) -> Account:
    account = directory.account(tx, fold(address))
    if account is None:
        raise Problem("account.unknown", address=str(address))
    return account


def _password(args: argparse.Namespace) -> tuple[str, bool]:
    """The password and whether it was made up here.  A question is asked only of a terminal."""
    from pyeonji.directory.login import random_password

    if not args.password_stdin:
        if not sys.stdin.isatty():
            return random_password(), True
        import getpass

        password = getpass.getpass("Password: ")
        return (password, False) if password else (random_password(), True)
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise Problem("account.no_password", code=2)
    return password, False


def _credentials(password: str) -> dict[str, str]:
    from pyeonji.directory.login import make_credentials

    try:
        return make_credentials(password)
    except ValueError as error:
        raise Problem("account.odd_password", code=2) from error


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise Problem("account.no_count", code=2, value=text)
    return int(text)


def _size(text: str) -> int:
    try:
        return read_size(text)
    except WrongValue as error:
        raise Problem("account.no_size", code=2, value=text) from error
