"""What the grammar reads already and no handler does: such a command is BAD, as it was before the grammar knew it.

Whoever teaches a handler takes its line away here; when the last one has gone, so has this module.
"""

from pyeonji.proto.imap import keys
from pyeonji.proto.imap.command.fetch import Binary, BinarySize, Fetch
from pyeonji.proto.imap.command.search import Returns, Search

SEARCH_RESULTS = frozenset({"RELEVANCY"})
SEARCH_KEYS = (
    keys.Saved, keys.Younger, keys.Older, keys.ModSeq, keys.EmailId, keys.ThreadId, keys.Fuzzy,
)  # fmt: skip


def is_not_done_yet(args: object) -> bool:
    """Whether a handler would carry out something else than was asked for."""
    match args:
        case Fetch():
            return any(map(_is_new_item, args.items))
        case Search():
            return _is_new_return(args.returns) or any(map(_is_new_key, keys.walk(args.key)))
    return False


def _is_new_item(item: object) -> bool:
    return isinstance(item, Binary | BinarySize)


def _is_new_return(returns: Returns | None) -> bool:
    return returns is not None and (
        returns.save or returns.update or returns.partial is not None or not SEARCH_RESULTS.isdisjoint(returns.results)
    )


def _is_new_key(key: keys.Key) -> bool:
    if isinstance(key, keys.Numbers | keys.Uids):
        return key.numbers.saved
    return isinstance(key, SEARCH_KEYS)
