"""What may be kept of a command for the journey: never a secret, never without end.

Before login a line is kept only as far as we understand it.  A password typed in the wrong place is still a password.
"""

import re

from pyeonji.proto.imap.command import COMMANDS
from pyeonji.proto.imap.command.authenticate import Authenticate
from pyeonji.proto.imap.command.login import Login
from pyeonji.proto.imap.wire import TAG, WORD

MAX_TAG = 256  # octets; ours: clients use four to ten, and all characters that a tag may have are 86
MAX_SHOWN = 500  # octets of a command we keep
SECRET = re.compile(rb"[^ ]* ?(?:LOGIN|AUTHENTICATE)", re.IGNORECASE)  # also where the tag was forgotten


def tag_of(octets: bytes) -> str:
    """The tag of a line that may be anything; "" where there is none."""
    found = TAG.match(octets)
    if found is None or len(found[0]) > MAX_TAG or octets[found.end() : found.end() + 1] not in (b" ", b""):
        return ""
    return found[0].decode("ascii")


def shown(octets: bytes, args: object = None) -> str:
    """What may be kept of a command."""
    if isinstance(args, Login):
        return f"{guarded(octets)[: -len('***')]}{ascii(args.login)[1:-1]} ***"
    if isinstance(args, Authenticate):
        tag, _, _ = octets.partition(b" ")
        secret = "" if args.initial is None else " ***"
        return f"{tag.decode('ascii')} AUTHENTICATE {args.mechanism}{secret}"
    if SECRET.match(octets):
        return guarded(octets)
    if len(octets) <= MAX_SHOWN:
        return _printable(octets)
    return f"{_printable(octets[:MAX_SHOWN])}... ({len(octets)} octets)"


def guarded(octets: bytes) -> str:
    """What may be kept of a line before login: a tag and a known command.  The rest may be a password out of place."""
    tag = TAG.match(octets)
    name = WORD.match(octets, tag.end() + 1) if tag else None
    if tag is None or name is None or name[0].decode("ascii").upper() not in COMMANDS or len(tag[0]) > MAX_TAG:
        return f"*** ({len(octets)} octets)"
    return f"{tag[0].decode('ascii')} {name[0].decode('ascii')} ***"


def _printable(octets: bytes) -> str:
    return octets.decode("latin-1").encode("unicode_escape").decode("ascii")
