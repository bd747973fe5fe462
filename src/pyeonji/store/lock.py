"""One session per maildrop (RFC 1939 §4): an advisory lock that dies with its process."""

import fcntl
import os
from pathlib import Path


class MaildropLock:
    """The lock of one account; `taken` says whether we have it."""

    def __init__(self, data: Path, account_id: int) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._fd: int | None = os.open(data / "run" / f"maildrop-{account_id}.lock", flags, 0o600)
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
