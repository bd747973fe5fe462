"""Places that other users of this machine may reach: a socket, and a folder into which anybody may put a letter.

Nobody but us may replace what lies there: the socket's folder is ours or root's and writable for nobody else; the
maildrop folder is ours, has the sticky bit (a file is its writer's and ours), and cannot be listed by others, so that
the name of a letter, which they cannot guess, keeps it from them.
"""

import os
import socket
import stat
from pathlib import Path

from pyeonji.net.listener import open_unix

ANYBODY = 0o666  # mode of a socket that every program of this machine may use
SOCKET_FOLDER = 0o755
DROP_FOLDER = 0o1733


class NotSafe(Exception):
    """The place cannot be used; `key` names the sentence that says what to do about `path`."""

    def __init__(self, key: str, path: Path, reason: str = "") -> None:
        super().__init__(f"{path}: {key} {reason}")
        self.key = key
        self.path = path
        self.reason = reason


def open_public(path: Path) -> socket.socket:
    """The socket of everybody's sendmail(8); raises NotSafe."""
    try:
        folder = _folder(path.parent, SOCKET_FOLDER)
        if folder.st_uid not in (0, os.geteuid()) or stat.S_IMODE(folder.st_mode) & 0o022:
            raise NotSafe("serve.socket_folder", path.parent)
        return open_unix(path, ANYBODY)
    except OSError as error:
        raise NotSafe("serve.no_place", path, error.strerror or str(error)) from error


def prepare_maildrop(path: Path) -> None:
    """Make the folder, or see that it is ours, and open it for everybody; raises NotSafe."""
    try:
        folder = _folder(path, 0o700)
        if folder.st_uid != os.geteuid():
            raise NotSafe("serve.maildrop_folder", path)
        if stat.S_IMODE(folder.st_mode) != DROP_FOLDER:
            path.chmod(DROP_FOLDER)
    except OSError as error:
        raise NotSafe("serve.no_place", path, error.strerror or str(error)) from error


def _folder(path: Path, mode: int) -> os.stat_result:
    """Made with exactly this mode when it is not there; a link is none."""
    try:
        path.mkdir(mode)
        path.chmod(mode)  # whatever the umask says
    except FileExistsError:
        pass
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise NotSafe("serve.no_place", path, os.strerror(20))
    return found
