"""Giving up all that a process may do but to think and to answer: for one that reads what strangers have packed (L06).

No file, no connection, no program can be opened any more, and no other process be looked into.  What has no way back is
asked of the kernel: limits (POSIX), no new privileges, and Landlock where there is one (Linux 5.13).
"""

import contextlib
import ctypes
import os
import resource
import struct
import sys

MOST_OCTETS = 1 << 30  # of address space
MOST_SECONDS = 60  # of a processor
OPEN = 3  # input, output, complaints: there is no place for another one
NO_NEW_PRIVILEGES, DUMPABLE = 38, 4  # prctl(2)
CREATE_RULESET, RESTRICT_SELF = 444, 446  # the same numbers on all machines, as of all calls since 5.1
ASK_VERSION = 1
# What a version of Landlock can forbid: bits of files, of connections, of signals to others.
FILES = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
CONNECTIONS, OTHERS = 2, 2


def confine() -> None:
    """From now on this process reads what it has open, and writes there."""
    with contextlib.suppress(OSError, AttributeError):  # a system without the one or the other
        _forbid()
    for what, most in (
        (resource.RLIMIT_NOFILE, OPEN), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, MOST_SECONDS), (resource.RLIMIT_AS, MOST_OCTETS), (resource.RLIMIT_NPROC, 0),
    ):  # fmt: skip
        resource.setrlimit(what, (most, most))


def _forbid() -> None:
    if sys.platform != "linux":
        return
    kernel = ctypes.CDLL(None, use_errno=True)
    _asked(kernel.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    _asked(kernel.prctl(DUMPABLE, 0, 0, 0, 0))
    version = _asked(kernel.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ASK_VERSION))
    rules = struct.pack("=Q", (1 << FILES.get(version, max(FILES.values()))) - 1)
    if version >= 4:
        rules += struct.pack("=Q", (1 << CONNECTIONS) - 1)
    if version >= 6:
        rules += struct.pack("=Q", (1 << OTHERS) - 1)
    fd = _asked(kernel.syscall(CREATE_RULESET, rules, ctypes.c_size_t(len(rules)), 0))
    try:
        _asked(kernel.syscall(RESTRICT_SELF, fd, 0))
    finally:
        os.close(fd)


def _asked(answer: int) -> int:
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer
