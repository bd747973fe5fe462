"""Names of mailboxes as names of files and folders, and back.

Whoever owns a mailbox chose its name; whoever exports it may have more rights: no name leads out of the folder, and
none is hidden or too long for a file system.
"""

import base64
import binascii
import hashlib
import re

from pyeonji.proto.imap.names import encode

MAX_OCTETS = 200  # of one file name, with room for what is put behind it; file systems allow 255
RUN = re.compile(r"&([A-Za-z0-9+,]*)-")
DOT = "&AC4-"  # "." in modified UTF-7, where a dot would mean something else


def file_name(level: str) -> str:
    """A level of a mailbox's name as the name of a file or folder."""
    name = level.replace("&", "&-")
    if name.startswith("."):
        name = DOT + name[1:]
    octets = name.encode("utf-8")
    if len(octets) > MAX_OCTETS:
        short = octets[: MAX_OCTETS - 20].decode("utf-8", "ignore")
        name = f"{short}~{hashlib.sha256(octets).hexdigest()[:12]}"
    return name


def maildir_name(levels: list[str]) -> str:
    """The folder of a mailbox in a Maildir++: ".Work.2026" in modified UTF-7, as Dovecot reads it."""
    parts = [encode(level).decode("ascii").replace(".", DOT) for level in levels]
    name = "".join(f".{part}" for part in parts)
    if len(name) > MAX_OCTETS:
        name = f"{name[: MAX_OCTETS - 20]}~{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    return name


def plain_level(text: str) -> str:
    """Text in which "&" begins a run of modified UTF-7 wherever it can; anything else means itself."""
    return RUN.sub(lambda run: _decoded(run) if run[1] else "&", text)


def _decoded(run: "re.Match[str]") -> str:
    try:
        octets = base64.b64decode(run[1].encode("ascii") + b"=" * (-len(run[1]) % 4), b"+,", validate=True)
        return octets.decode("utf-16-be")
    except (binascii.Error, UnicodeDecodeError):
        return run[0]
