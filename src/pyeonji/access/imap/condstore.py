"""Which commands speak of MODSEQ, of message numbers, of what is there now: how changes are told around them."""

from pyeonji.proto.imap import keys
from pyeonji.proto.imap.command.copy import Copy
from pyeonji.proto.imap.command.esearch import Esearch
from pyeonji.proto.imap.command.expunge import Expunge
from pyeonji.proto.imap.command.fetch import Fetch
from pyeonji.proto.imap.command.list import List
from pyeonji.proto.imap.command.move import Move
from pyeonji.proto.imap.command.search import Search
from pyeonji.proto.imap.command.select import Select
from pyeonji.proto.imap.command.sort import Sort
from pyeonji.proto.imap.command.status import Status
from pyeonji.proto.imap.command.store import Store
from pyeonji.proto.imap.command.thread import Thread
from pyeonji.proto.imap.numbers import NumberSet

NUMBERED = frozenset({"FETCH", "STORE", "SEARCH", "SORT", "THREAD"})


def enables(args: object) -> bool:
    """Does a command with these arguments switch CONDSTORE on (RFC 7162 §3.1)?"""
    match args:
        case Select():
            return args.condstore
        case Fetch():
            return args.is_condstore
        case Store():
            return args.unchanged_since is not None
        case Search() | Esearch():
            return any(isinstance(key, keys.ModSeq) for key in keys.walk(args.key))
        case Status():
            return "HIGHESTMODSEQ" in args.items
        case List():
            return "HIGHESTMODSEQ" in args.status
    return False


def holds_numbers(name: str, args: object) -> bool:
    """May no EXPUNGE be told while this command runs (RFC 9051 §7.5.1, RFC 7162 §3.2.10.2)?"""
    if name in NUMBERED:
        return True
    key = getattr(args, "key", None)
    return key is not None and any(isinstance(inner, keys.Numbers) for inner in keys.walk(key))


def is_of_now(args: object, last_uid: int) -> bool:
    """Is the client told what is new before the command is carried out?

    Programs ask SEARCH again and again and nothing else; and they name UIDs above the `last_uid` that they were told
    of here, because another connection of theirs has been (APPENDUID).
    """
    match args:
        case Search() | Sort() | Thread():
            return True
        case (
            Fetch(numbers=numbers, uid=True)
            | Store(numbers=numbers, uid=True)
            | Copy(numbers=numbers, uid=True)
            | Move(numbers=numbers, uid=True)
            | Expunge(uids=NumberSet() as numbers)
        ):
            return numbers.open_from is not None or numbers.highest > last_uid
    return False
