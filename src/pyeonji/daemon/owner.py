"""Root opens the ports, and then the server is whoever owns its data folder: nothing of others is read as root.

Where root owns the folder, or there is none yet, nobody else is named, and `pyeonji serve` says so.
"""

import os
import pwd
from pathlib import Path


def somebody_else(data: Path) -> int | None:
    """The user id of the folder's owner, when we are root and the owner is not."""
    if os.geteuid() != 0 or not data.exists():
        return None
    return data.stat().st_uid or None


def become(uid: int) -> None:
    """From here on, and for ever, this process is that user, with the user's groups; raises OSError."""
    try:
        user = pwd.getpwuid(uid)
    except KeyError:  # a number without a name: a container's
        os.setgroups([])
        os.setgid(uid)
    else:
        os.initgroups(user.pw_name, user.pw_gid)
        os.setgid(user.pw_gid)
    os.setuid(uid)
