"""What the grammar reads already and no handler does: such a command is BAD, as it was before the grammar knew it.

Whoever teaches a handler takes its line away here; when the last one has gone, so has this module.
"""

from pyeonji.proto.imap.command.esearch import Esearch
from pyeonji.proto.imap.command.search import Search
from pyeonji.proto.imap.command.sort import Sort


def is_not_done_yet(args: object) -> bool:
    """Whether a handler would carry out something else than was asked for."""
    match args:
        case Search() | Sort() | Esearch():
            return args.returns is not None and args.returns.update
    return False
