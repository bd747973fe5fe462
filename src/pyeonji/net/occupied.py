"""Who has a port already."""

import contextlib
import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path

LISTENS = "0A"  # state of a line in /proc/net/tcp
TABLES = ("/proc/net/tcp", "/proc/net/tcp6")


def is_taken(port: int) -> bool:
    """Does somebody listen there?  A port that only root may open is not taken for that."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def holders(port: int) -> list[tuple[str, str]]:
    """(name, systemd unit) of each process that listens there; none of those that we may not see."""
    sockets = {f"socket:[{inode}]" for inode in _listening(port)}
    found: list[tuple[str, str]] = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(_leads_to(fd) in sockets for fd in (process / "fd").iterdir()):
                found.append(((process / "comm").read_text().strip(), _unit(process)))
    return found


def _listening(port: int) -> Iterator[str]:
    for table in TABLES:
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
                    yield fields[9]


def _leads_to(fd: Path) -> str:
    """ "" for one that was closed meanwhile."""
    try:
        return str(fd.readlink())
    except OSError:
        return ""


def _unit(process: Path) -> str:
    group = os.path.basename((process / "cgroup").read_text().strip())  # noqa: PTH119 - no path of a file
    return group if group.endswith(".service") else ""
