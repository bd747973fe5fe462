"""Advisory locks in DATA/run that die with the last process that holds them: nobody has to clean up after a crash."""

import fcntl
import os
from pathlib import Path

NOTE = 20  # digits of a number written into a lock


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

    def noted(self) -> int:
        """The number somebody who had the lock wrote down last; 0 when nobody did."""
        assert self._fd is not None
        text = os.pread(self._fd, NOTE, 0)
        return int(text) if text.isdigit() else 0

    def note(self, number: int) -> None:
        """Write a number down for the next one."""
        assert self._fd is not None
        os.pwrite(self._fd, f"{number:0{NOTE}d}".encode(), 0)

    def release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def maildrop_lock(data: Path, account_id: int) -> Lock:
    """One POP3 session per maildrop (RFC 1939 §4)."""
    return Lock(data / "run" / f"maildrop-{account_id}.lock")


def import_lock(data: Path, account_id: int) -> Lock:
    """One import into an account at a time: two would take the same letters."""
    return Lock(data / "run" / f"import-{account_id}.lock")


def follower_lock(data: Path) -> Lock:
    """One process at a time counts and prints the journey."""
    return Lock(data / "run" / "follower.lock")


def webhooks_lock(data: Path) -> Lock:
    """Held by the worker that posts to webhooks; in it stands the number by which it has its lease."""
    return Lock(data / "run" / "webhooks.lock")


def server_lock(data: Path) -> Lock:
    """One server per data folder, from before its first worker until after its last one."""
    return Lock(data / "run" / "server.lock")
