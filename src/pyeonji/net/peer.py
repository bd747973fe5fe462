"""Who is at the other end of a local socket: the kernel says it, the peer cannot (unix(7), SO_PEERCRED)."""

import pwd
import socket
import struct

CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid


def peer_uid(fd: int) -> int | None:
    """The user who opened the connection on this UNIX socket; None where the kernel does not tell."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    with socket.fromfd(fd, socket.AF_UNIX, socket.SOCK_STREAM) as own:
        octets = own.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    return int(CREDENTIALS.unpack(octets)[1])


def login_name(uid: int) -> str:
    """ "www-data", or "uid 33" when this machine has no name for it."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
