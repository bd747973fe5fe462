"""Names of UNIX sockets: the kernel takes 107 octets, and folders can be deeper than that."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

MAX_NAME = 107  # octets of sun_path without its NUL, unix(7)


@contextlib.contextmanager
def local_name(path: Path) -> Iterator[str]:
    """A name by which `path` can be bound or reached; good inside the block."""
    name = str(path)
    if len(os.fsencode(name)) <= MAX_NAME:
        yield name
        return
    # The folder is opened, and the socket is named by way of the descriptor: short however deep the folder is.
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
