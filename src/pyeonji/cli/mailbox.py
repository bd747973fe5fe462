"""`pyeonji mailbox`: the mailboxes of an account, and who shares them."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pyeonji.address import Address
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import address_of, place
from pyeonji.cli.undelete import mailbox_name
from pyeonji.proto.imap.names import INBOX, SEPARATOR, whose
from pyeonji.proto.imap.rights import ALL, NotRights, parsed
from pyeonji.store import creation, directory, mailboxes, rights
from pyeonji.store.creation import MAX_MAILBOXES, USES, TooMany, UseTaken
from pyeonji.store.delete import delete
from pyeonji.store.directory import Account, fold
from pyeonji.store.engine.base import Conflict, Tx
from pyeonji.store.mailboxes import Mailbox, object_id
from pyeonji.store.rename import NameTooLong, rename
from pyeonji.store.rights import ANYONE, MAX_IDENTIFIERS

WORDS = {"read": "lr", "write": "lrswite", "all": ALL}  # of --rights
CHOICES = tuple(use[1:] for use in USES)


@dataclass(frozen=True, slots=True)
class Done:
    """What a change made, and who hears of it: who has these mailboxes open, who looks at these accounts' trees."""

    result: Any = None
    mailboxes: Sequence[int] = ()
    trees: Sequence[int] = ()


Act = Callable[[Tx, Account], Done]


def configure(parser: Parser) -> None:
    parser.verb("list", _list).argument("address", key="account")
    create = _verb(parser, "create", _create)
    create.argument("--use", choices=CHOICES, default="", metavar="USE")
    _verb(parser, "rename", _rename).argument("new_name")
    _verb(parser, "delete", _delete).argument("--yes", action="store_true")
    share = _verb(parser, "share", _share)
    share.argument("who")
    share.argument("--rights", default="read", metavar="RIGHTS")
    unshare = _verb(parser, "unshare", _unshare)
    unshare.argument("who", nargs="?", default="", key="not_who")
    unshare.argument("--all", action="store_true", key="all_rights")


def _verb(parser: Parser, name: str, run: Callable[[argparse.Namespace, Out], int]) -> Parser:
    verb = parser.verb(name, run)
    verb.argument("address", key="account")
    verb.argument("mailbox")
    return verb


# ── what is there ──


def _list(args: argparse.Namespace, out: Out) -> int:
    address = address_of(args.address)
    with place(args).home(address.domain) as home:
        found = home.engine.read_now(_told, address)
    if out.json:
        out.data(found)
        return 0
    rows = [
        (one["mailbox"], one["letters"], one["unseen"], one["octets"], one["use"],
         ", ".join(f"{who} {letters}" for who, letters in one["shared"].items()))
        for one in found
    ]  # fmt: skip
    out.table(("mailbox", "letters", "unseen", "used", "use", "shared"), rows)
    return 0


def _told(tx: Tx, address: Address) -> list[dict[str, Any]]:
    return [
        {
            "mailbox": box.name, "id": object_id(box), "letters": box.messages, "unseen": box.unseen,
            "octets": box.octets, "use": box.special_use[1:], "shared": dict(rights.acl(tx, box.id)),
        }
        for box in mailboxes.mailboxes(tx, _account(tx, address).id)
    ]  # fmt: skip


# ── the tree ──


def _create(args: argparse.Namespace, out: Out) -> int:
    name, use = _own_name(args.mailbox), f"\\{args.use}" if args.use else ""
    now = place(args).now_us()
    with _said(args, name):
        made: Mailbox = _change(args, lambda tx, me: Done(creation.create(tx, me.id, name, use, now_us=now)))
    if out.json:
        out.data({"mailbox": made.name, "id": object_id(made)})
    out.say("mailbox.created", address=args.address, mailbox=name)
    return 0


def _rename(args: argparse.Namespace, out: Out) -> int:
    old, new = mailbox_name(args.mailbox), _own_name(args.new_name)
    if new.startswith(old + SEPARATOR) and old != INBOX:
        raise Problem("mailbox.inside_itself", mailbox=old)
    now = place(args).now_us()

    def act(tx: Tx, me: Account) -> Done:
        return Done(mailboxes=rename(tx, me.id, old, new, now_us=now) or _unknown(me, old))

    with _said(args, new):
        _change(args, act)
    if out.json:
        out.data({"mailbox": new, "was": old})
    out.say("mailbox.renamed", address=args.address, mailbox=old, name=new)
    return 0


def _delete(args: argparse.Namespace, out: Out) -> int:
    name, address = mailbox_name(args.mailbox), address_of(args.address)
    if name == INBOX:
        raise Problem("mailbox.inbox_stays", address=args.address)
    here = place(args)
    if not args.yes:
        with here.home(address.domain) as home:
            count = home.engine.read_now(lambda tx: _box(tx, _account(tx, address), name).messages)
        out.error("mailbox.would_delete", address=args.address, mailbox=name, count=count)
        return 1
    now = here.now_us()

    def act(tx: Tx, me: Account) -> Done:
        box = _box(tx, me, name)
        delete(tx, box.id, now_us=now, account=me.address)
        return Done(mailboxes=[box.id])

    _change(args, act)
    if out.json:
        out.data({"deleted": name})
    out.say("mailbox.deleted", address=args.address, mailbox=name)
    return 0


@contextmanager
def _said(args: argparse.Namespace, name: str) -> Iterator[None]:
    """What the store refuses, as sentences."""
    try:
        yield
    except Conflict as error:
        raise Problem("mailbox.exists", address=args.address, mailbox=name) from error
    except TooMany as error:
        raise Problem("mailbox.too_many", address=args.address, most=str(MAX_MAILBOXES)) from error
    except NameTooLong as error:
        raise Problem("mailbox.too_long", name=name) from error
    except UseTaken as error:
        raise Problem("mailbox.use_taken", address=args.address, use=args.use) from error


# ── sharing ──


def _share(args: argparse.Namespace, out: Out) -> int:
    name, letters = mailbox_name(args.mailbox), _letters(args.rights)

    def act(tx: Tx, me: Account) -> Done:
        box, (identifier, whose) = _box(tx, me, name), _identifier(tx, me, args.who)
        rights.grant(tx, box.id, identifier, letters)
        return Done(mailboxes=[box.id], trees=[whose])

    try:
        _change(args, act)
    except rights.TooMany as error:
        raise Problem("mailbox.too_many_people", mailbox=name, most=str(MAX_IDENTIFIERS)) from error
    if out.json:
        out.data({"mailbox": name, "who": args.who, "rights": letters})
    out.say("mailbox.shared", address=args.address, mailbox=name, who=args.who, rights=letters)
    return 0


def _unshare(args: argparse.Namespace, out: Out) -> int:
    name = mailbox_name(args.mailbox)
    if bool(args.who) == args.all:
        raise Problem("mailbox.with_whom", code=2)

    def act(tx: Tx, me: Account) -> Done:
        box = _box(tx, me, name)
        names = [who for who, _ in rights.acl(tx, box.id)] if args.all else [args.who]
        gone = [_identifier(tx, me, who) for who in names]
        for identifier, _ in gone:
            rights.grant(tx, box.id, identifier, "")
        return Done(dict(rights.acl(tx, box.id)), [box.id], [whose for _, whose in gone])

    left: dict[str, str] = _change(args, act)
    if out.json:
        out.data({"mailbox": name, "shared": left})
    who = ", ".join(f"{who} {letters}" for who, letters in left.items())
    out.say("mailbox.unshared" if left else "mailbox.unshared_all", address=args.address, mailbox=name, who=who)
    return 0


def _letters(text: str) -> str:
    try:
        found = parsed(WORDS.get(text, text))
    except NotRights as error:
        raise Problem("mailbox.no_rights", code=2, value=text) from error
    if not found:
        raise Problem("mailbox.no_rights", code=2, value=text)
    return found


def _identifier(tx: Tx, me: Account, text: str) -> tuple[str, int]:
    """As rights lists have it, and the account's id, 0 for anyone; "-" in front takes rights away (RFC 4314 §2)."""
    dash, name = ("-", text[1:]) if text.startswith("-") else ("", text)
    if name == ANYONE:
        return text, 0
    address = fold(address_of(name))
    if address == me.address:
        raise Problem("mailbox.owner", address=name)
    account = directory.account(tx, address)
    if account is None:
        raise Problem("mailbox.nobody", who=name)
    return dash + address, account.id


# ── below ──


def _change(args: argparse.Namespace, act: Act) -> Any:
    """One change of an account, committed and told to the running server; its result."""
    address = address_of(args.address)
    here = place(args)
    with here.home(address.domain) as home:
        account = home.engine.read_now(_account, address)
        done = home.engine.write_now(act, account)
    here.poke(done.mailboxes, [account.id, *done.trees])
    return done.result


def _own_name(text: str) -> str:
    """A name for a new mailbox.  Raises Problem."""
    name = mailbox_name(text).removesuffix(SEPARATOR)
    if not all(name.split(SEPARATOR)):
        raise Problem("cli.not_a_mailbox", code=2, value=text)
    if whose(name) is not None:
        raise Problem("mailbox.reserved", code=2, mailbox=name)
    return name


def _account(tx: Tx, address: Address) -> Account:
    found = directory.account(tx, fold(address))
    if found is None:
        raise Problem("account.unknown", address=str(address))
    return found


def _box(tx: Tx, me: Account, name: str) -> Mailbox:
    return mailboxes.mailbox(tx, me.id, name) or _unknown(me, name)


def _unknown(me: Account, name: str) -> Any:
    raise Problem("mailbox.unknown", address=me.address, mailbox=name)
