# ruff: noqa: PTH100, PTH110, PTH111, PTH112 - pathlib is heavy for the light commands
"""Which data folder a command means, and which language its reader speaks.  Imported by the light commands, too."""

import os

VARIABLE = "PYEONJI_DATA"
SYSTEM = "/var/lib/pyeonji"
CONTROL = "run/control.sock"
SUBMIT = "run/submit.sock"
MAILDROP = "maildrop"
# Where everybody's sendmail may reach a server whose data folder is not theirs (docs/sendmail.md).
SOCKET_VARIABLE, PUBLIC_SOCKET = "PYEONJI_SOCKET", "/run/pyeonji/submit.sock"
MAILDROP_VARIABLE, PUBLIC_MAILDROP = "PYEONJI_MAILDROP", "/var/spool/pyeonji/maildrop"
MAX_SOCKET_NAME = 107  # octets, sun_path of Linux without its final NUL


def own_folder(name: str = "pyeonji") -> str:
    """Where a server (or the lab: "pyeonji-lab") of this person lives."""
    state = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(state, name)


def data_folder(asked: str = "") -> str:
    """`--data`, else PYEONJI_DATA, else what runs, else what exists, else the person's own folder."""
    asked = asked or os.environ.get(VARIABLE, "")
    if asked:
        return os.path.abspath(asked)
    known = (own_folder(), own_folder("pyeonji-lab"), SYSTEM)
    for path in (CONTROL, ""):
        for folder in known:
            if os.path.exists(os.path.join(folder, path)):
                return folder
    return known[0]


def server_folder(asked: str = "") -> str:
    """Where `pyeonji serve` serves: as above, but never the folder of the lab by accident."""
    asked = asked or os.environ.get(VARIABLE, "")
    if asked:
        return os.path.abspath(asked)
    return next((folder for folder in (own_folder(), SYSTEM) if os.path.exists(folder)), own_folder())


def submit_sockets(data: str, asked: bool) -> "list[str]":
    """Sockets at which sendmail(8) may find the server, the likeliest first.  `asked`: the folder was named."""
    named = os.environ.get(SOCKET_VARIABLE, "")
    if named:
        return [named]
    own = os.path.join(data, SUBMIT)
    return [own] if asked else [own, PUBLIC_SOCKET]


def maildrops(data: str, asked: bool) -> "list[str]":
    """Folders for a letter while the server is down, the likeliest first.  A new data folder is the last resort."""
    named = os.environ.get(MAILDROP_VARIABLE, "")
    if named:
        return [named]
    own = os.path.join(data, MAILDROP)
    if asked or not os.path.isdir(PUBLIC_MAILDROP):
        return [own]
    return [own, PUBLIC_MAILDROP] if os.path.exists(data) else [PUBLIC_MAILDROP, own]


def is_asked(asked: str) -> bool:
    """Was the data folder named, by option or environment?"""
    return bool(asked or os.environ.get(VARIABLE))


def language(asked: str = "") -> str:
    """ "ko" or "en": `--lang`, else the locale."""
    locale = asked or os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "ko" if locale.lower().startswith("ko") else "en"


def socket_name(path: str) -> str:
    """A name of a UNIX socket that the kernel takes: of a long one, the folder is opened and named by its descriptor.

    The descriptor stays open until this short-lived process ends.  Raises OSError.
    """
    if len(os.fsencode(path)) <= MAX_SOCKET_NAME:
        return path
    folder, name = os.path.split(path)
    return f"/proc/self/fd/{os.open(folder, os.O_RDONLY | os.O_DIRECTORY)}/{name}"
