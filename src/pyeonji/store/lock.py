"""Advisory locks in DATA/run that die with the last process that holds them: nobody has to clean up after a crash."""

import fcntl
import os
from pathlib import Path


class Lock:
    """Taken, or not, when it is made; `taken` says which.  Processes forked meanwhile hold it, too."""

    def __init__(self, path: Path) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._fd: int | None = os.open(path, flags, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()

    @property
    def taken(self) -> bool:
        return self._fd is not None

    def release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def maildrop_lock(data: Path, account_id: int) -> Lock:
    """One POP3 session per maildrop (RFC 1939 §4)."""
    return Lock(data / "run" / f"maildrop-{account_id}.lock")


def server_lock(data: Path) -> Lock:
    """One server per data folder, from before its first worker until after its last one."""
    return Lock(data / "run" / "server.lock")
