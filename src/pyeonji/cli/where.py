# ruff: noqa: PTH100, PTH110, PTH111 - pathlib is heavy for the light commands
"""Which data folder a command means, and which language its reader speaks.  Imported by the light commands, too."""

import os

VARIABLE = "PYEONJI_DATA"
SYSTEM = "/var/lib/pyeonji"
CONTROL = "run/control.sock"
SUBMIT = "run/submit.sock"
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
