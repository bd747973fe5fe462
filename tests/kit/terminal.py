"""A program at a terminal: what it shows, what is typed at it."""

import contextlib
import os
import pty
import re
import select
import signal
import time
from collections.abc import Mapping, Sequence

from kit.patience import PATIENCE_S

CONTROL = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>78M]|\x0f|\x0e")


class Terminal:
    """`with Terminal([...]) as terminal: terminal.awaits("INBOX"); terminal.types("q")`"""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command = [str(word) for word in command]
        self._environment = {**os.environ, "TERM": "xterm", "LANG": "C.UTF-8", "COLUMNS": "100", "LINES": "40"}
        self._environment |= environment
        self.shown = b""
        self._seen = 0

    def __enter__(self) -> "Terminal":
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.execvpe(self._command[0], self._command, self._environment)
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._pid, 0)
        os.close(self._fd)

    def awaits(self, *texts: str) -> str:
        """Until one of these texts is shown after what was awaited last; which."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            fresh = CONTROL.sub(b"", self.shown[self._seen :]).decode("utf-8", "replace")
            for text in texts:
                if text in fresh:
                    self._seen = len(self.shown)
                    return text
            if not self._read():
                break
        raise AssertionError(
            f"{texts} not shown; the last was:\n{CONTROL.sub(b'', self.shown[-3000:]).decode(errors='replace')}"
        )

    def types(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def ends(self) -> None:
        """Until the program has ended."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if not self._read():
                return
        raise AssertionError(
            f"it did not end; the last was:\n{CONTROL.sub(b'', self.shown[-2000:]).decode(errors='replace')}"
        )

    def _read(self) -> bool:
        """False when the program is gone."""
        ready, _, _ = select.select([self._fd], [], [], 0.2)
        if not ready:
            return True
        try:
            octets = os.read(self._fd, 65536)
        except OSError:
            return False
        self.shown += octets
        return bool(octets)
