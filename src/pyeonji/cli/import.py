"""`pyeonji import`: letters from a Maildir, mbox files, single files or another server into an account's mailboxes."""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyeonji.cli import UNDECIDED
from pyeonji.cli.import_report import told
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import Place, address_of, place
from pyeonji.cli.progress import Meter
from pyeonji.cli.undelete import mailbox_name
from pyeonji.net.clock import SystemClock
from pyeonji.net.ids import Ids
from pyeonji.store import directory
from pyeonji.store.directory import Account, fold
from pyeonji.store.home import Home
from pyeonji.store.imported import Rules
from pyeonji.store.lock import import_lock
from pyeonji.transfer.mbox import DIALECTS
from pyeonji.transfer.run import Progress, Report, carry, placed
from pyeonji.transfer.source import Source
from pyeonji.transfer.taker import Taker

WORKER = 7  # of receipt numbers: the last one, which a server has only with eight cores
POKE_S = 1.0  # seconds between two words to a running server


def configure(parser: Parser) -> None:
    maildir = parser.verb("maildir", _maildir)
    maildir.argument("address", key="account")
    maildir.argument("path", key="maildir")
    mbox = parser.verb("mbox", _mbox)
    mbox.argument("address", key="account")
    mbox.argument("path", nargs="+", key="mboxes")
    mbox.argument("--dialect", choices=DIALECTS, default="auto", metavar="NAME", key="dialect")
    eml = parser.verb("eml", _eml)
    eml.argument("address", key="account")
    eml.argument("path", nargs="+", key="emls")
    imap = parser.verb("imap", _imap)
    imap.argument("address", key="account")
    imap.argument("host", key="imap_host")
    imap.argument("--login", required=True, metavar="NAME", key="imap_login")
    imap.argument("--port", type=int, default=0, metavar="N", key="imap_port")
    imap.argument("--tls", choices=("tls", "starttls", "none"), default="tls", metavar="HOW", key="imap_tls")
    imap.argument("--any-certificate", action="store_true", key="any_certificate")
    imap.argument("--password-stdin", action="store_true")
    imap.argument("--password-file", default="", metavar="FILE", key="password_file")
    for verb in (maildir, mbox, eml, imap):
        _rules(verb)


def _rules(verb: Parser) -> None:
    verb.argument("--into", default="", metavar="NAME", key="import_into")
    verb.argument("--dry-run", action="store_true", key="dry_run")
    verb.argument("--keep-duplicates", action="store_true", key="keep_duplicates")
    verb.argument("--again", action="store_true", key="again")


def _maildir(args: argparse.Namespace, out: Out) -> int:
    from pyeonji.transfer.maildir import Maildir

    return _import(args, out, Maildir(_there(args.path)))


def _mbox(args: argparse.Namespace, out: Out) -> int:
    from pyeonji.transfer.mbox import Mbox

    paths = [_there(path) for path in args.path]
    return _import(args, out, Mbox(paths, dialect=args.dialect, keep_duplicates=args.keep_duplicates))


def _eml(args: argparse.Namespace, out: Out) -> int:
    from pyeonji.transfer.eml import Eml

    return _import(args, out, Eml([_there(path) for path in args.path]))


def _imap(args: argparse.Namespace, out: Out) -> int:
    from pyeonji.transfer.imap import Imap
    from pyeonji.transfer.remote import Gone, Refused, Server, Unsafe

    password = _password(args)
    source = Imap(Server(args.host, args.login, password, args.port, args.tls, verify=not args.any_certificate))
    try:
        try:
            source.open()
        except Refused as error:
            raise Problem("import.login_refused", host=args.host, reason=str(error)) from error
        return _import(args, out, source)
    except Gone as error:
        raise Problem("import.gone", code=UNDECIDED, host=args.host, reason=str(error)) from error
    except Unsafe as error:
        raise Problem("import.unsafe", host=args.host, reason=str(error)) from error
    except Refused as error:
        raise Problem("import.refused", host=args.host, reason=str(error)) from error
    finally:
        source.close()


def _password(args: argparse.Namespace) -> str:
    """From standard input, a file, or a question to a terminal: never from the command line, which others can read."""
    if args.password_file:
        return Path(args.password_file).read_text("utf-8").split("\n", 1)[0].rstrip("\r")
    if args.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise Problem("import.no_password", code=2)
    import getpass

    return getpass.getpass(f"{args.login}@{args.host}: ")


def _there(text: str) -> Path:
    path = Path(text)
    if not path.exists():
        raise Problem("import.no_such_path", path=text)
    return path


def _import(args: argparse.Namespace, out: Out, source: Source) -> int:
    """Exit code: 0 all is here, 1 something could not be taken, 130 somebody stopped it; 75 run it again."""
    into = mailbox_name(args.into)
    with opened(args) as (here, home, account):
        folders = placed(home, account, source, into)
        if not folders:
            raise Problem("import.nothing_there", path=source.label.partition(" ")[2])
        with taking(args, here, home, account, source.label) as taker:
            report, meter = Report(taker.troubles), Meter(out)
            stopped = False
            try:
                carry(source, taker, folders, report, lambda progress: show(meter, progress))
            except KeyboardInterrupt:
                stopped = True
            except BaseException:  # what was taken until now is told, whatever goes wrong
                meter.end()
                told(report, out, args, stopped=False)
                raise
            meter.end()
    return told(report, out, args, stopped=stopped)


@contextmanager
def opened(args: argparse.Namespace) -> Iterator[tuple[Place, Home, Account]]:
    """The place, its store and the account that `args.address` names; raises Problem."""
    address = address_of(args.address)
    here = place(args)
    with here.home(address.domain) as home:
        account = home.engine.read_now(directory.account, fold(address))
        if account is None:
            raise Problem("account.unknown", address=str(address))
        yield here, home, account


@contextmanager
def taking(args: argparse.Namespace, here: Place, home: Home, account: Account, source: str) -> Iterator[Taker]:
    """A taker that nobody else has for this account; a running server hears of what it did."""
    lock = import_lock(home.data, account.id)
    if not lock.taken:
        raise Problem("import.under_way", address=account.address)
    clock = SystemClock()
    word = _Word(here)
    try:
        yield Taker(
            home, account, clock, Ids(clock, WORKER), source=source, dry_run=args.dry_run, tell=word.say,
            rules=Rules(keep_duplicates=args.keep_duplicates, again=args.again),
        )  # fmt: skip
    finally:
        word.send()
        lock.release()


class _Word:
    """What a running server has to hear, gathered: it is poked once a second at most."""

    def __init__(self, here: Place) -> None:
        self._here = here
        self._mailboxes: set[int] = set()
        self._last = 0.0

    def say(self, mailbox: int) -> None:
        self._mailboxes.add(mailbox)
        if time.monotonic() - self._last >= POKE_S:
            self.send()

    def send(self) -> None:
        if self._mailboxes:
            self._here.poke(self._mailboxes)
        self._mailboxes = set()
        self._last = time.monotonic()


def show(meter: Meter, progress: Progress) -> None:
    meter.show(done=progress.done, total=progress.total, letters=progress.letters, what=progress.folder)
