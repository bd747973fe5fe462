"""What has to be on disk before anybody is told."""

import os
from pathlib import Path


def sync_directory(directory: Path) -> None:
    """Make names in a directory durable."""
    _sync(directory, os.O_RDONLY | os.O_DIRECTORY)


def sync_file(file: Path) -> None:
    """Make a file's octets durable."""
    _sync(file, os.O_RDONLY)


def _sync(path: Path, flags: int) -> None:
    fd = os.open(path, flags)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
