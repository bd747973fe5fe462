"""A child of the supervisor ends when that does: else nobody is left who could stop it, and no new server can start."""

import contextlib
import ctypes
import os
import signal

END_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


def end_with(parent: int) -> None:
    """To be called by a child of the process `parent`: SIGTERM comes when that is gone, however it went (Linux)."""
    with contextlib.suppress(AttributeError, OSError):  # not on this system
        ctypes.CDLL(None).prctl(END_WITH_PARENT, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it went before we had asked
        os.kill(os.getpid(), signal.SIGTERM)
