"""A disk with little room: a file system in memory, for whoever may mount one."""

import contextlib
import os
import subprocess

import pytest

KIB = 1_024


class SmallDisk:
    def __init__(self, folder):
        self.folder = folder
        self._filling = folder / "filling"

    def leave(self, octets):
        """Fill all but this (a page at least, or nothing)."""
        self.empty()
        found = os.statvfs(self.folder)
        with self._filling.open("wb") as stream:
            os.posix_fallocate(stream.fileno(), 0, max(1, found.f_bavail * found.f_frsize - octets))

    def empty(self):
        self._filling.unlink(missing_ok=True)


@contextlib.contextmanager
def small_disk(folder, octets):
    """A disk at `folder`; skips the test where none can be mounted."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={octets},mode=700", "none", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
