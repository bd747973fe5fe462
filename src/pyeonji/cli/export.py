"""`pyeonji export`: an account's letters into a Maildir, mbox files or single files that other programs read."""

import argparse
from pathlib import Path

from pyeonji.cli import INTERRUPTED
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import address_of, place
from pyeonji.cli.progress import Meter
from pyeonji.cli.undelete import mailbox_name
from pyeonji.store import directory
from pyeonji.store.directory import Account, fold
from pyeonji.store.home import Home
from pyeonji.store.mailboxes import Mailbox
from pyeonji.transfer.leaving import Departure, Writer, chosen, depart


def configure(parser: Parser) -> None:
    for name, run, key in (("maildir", _maildir, "to_maildir"), ("mbox", _mbox, "to_files"), ("eml", _eml, "to_files")):
        verb = parser.verb(name, run)
        verb.argument("address", key="account")
        verb.argument("path", key=key)
        verb.argument("--mailbox", action="append", default=[], metavar="NAME", key="only_mailbox")
        if name == "mbox":
            verb.argument("--yes", action="store_true", key="overwrite")


def _maildir(args: argparse.Namespace, out: Out) -> int:
    from pyeonji.transfer.to_maildir import ToMaildir

    writer = ToMaildir(Path(args.path))
    code = _export(args, out, writer)
    if writer.nameless:
        out.error("export.nameless", count=len(writer.nameless))
    return code


def _mbox(args: argparse.Namespace, out: Out) -> int:
    from pyeonji.transfer.to_mbox import ToMbox

    writer = ToMbox(Path(args.path))
    if not args.yes:
        with place(args).home(address_of(args.address).domain) as home:
            boxes = _chosen(args, home, _account(args, home))
        there = [path for box in boxes if (path := writer.path(box.name)).exists()]
        if there:
            raise Problem("export.there", path=str(there[0]), count=str(len(there)))
    return _export(args, out, writer)


def _eml(args: argparse.Namespace, out: Out) -> int:
    from pyeonji.transfer.to_eml import ToEml

    return _export(args, out, ToEml(Path(args.path)))


def _export(args: argparse.Namespace, out: Out, writer: Writer) -> int:
    """0 when everything was written, 1 when a letter could not be read, 130 when somebody stopped it."""
    report, meter = Departure(), Meter(out)
    stopped = False
    with place(args).home(address_of(args.address).domain) as home:
        boxes = _chosen(args, home, _account(args, home))
        total = sum(box.messages for box in boxes)
        try:
            depart(home, boxes, writer, report, lambda n, what: meter.show(done=n, total=total, letters=n, what=what))
        except KeyboardInterrupt:
            stopped = True
        finally:
            meter.end()
    return _told(report, out, args, stopped=stopped)


def _account(args: argparse.Namespace, home: Home) -> Account:
    address = address_of(args.address)
    account = home.engine.read_now(directory.account, fold(address))
    if account is None:
        raise Problem("account.unknown", address=str(address))
    return account


def _chosen(args: argparse.Namespace, home: Home, account: Account) -> list[Mailbox]:
    try:
        return chosen(home, account.id, [mailbox_name(name) for name in args.mailbox])
    except KeyError as error:
        raise Problem("export.no_mailbox", mailbox=str(error.args[0]), address=account.address) from error


def _told(report: Departure, out: Out, args: argparse.Namespace, *, stopped: bool) -> int:
    written = sum(one.written for one in report.mailboxes)
    there = sum(one.there for one in report.mailboxes)
    if out.json:
        boxes = [{"mailbox": one.mailbox, "written": one.written, "there": one.there} for one in report.mailboxes]
        out.record(
            {
                "mailboxes": boxes, "written": written, "there": there, "unreadable": report.troubles.count,
                "stopped": stopped,
            }
        )  # fmt: skip
    else:
        rows = [(one.mailbox, one.written, one.there) for one in report.mailboxes if one.written or one.there]
        if rows:
            out.table(("mailbox", "written", "there"), rows)
        out.say("export.done", address=args.address, count=f"{written:,}", path=args.path)
    for what, why in report.troubles.named:
        out.error("import.trouble", path=what, reason=why)
    if stopped:
        out.error("export.stopped")
        return INTERRUPTED
    return 1 if report.troubles.count else 0
