"""What systemd hands over and wants to hear: open ports (sd_listen_fds) and how it goes (sd_notify)."""

import contextlib
import os
import socket

FIRST_FD = 3  # as in <systemd/sd-daemon.h>
NOTIFY_S = 1.0  # seconds for a systemd that is too busy to listen
Ports = dict[tuple[str, int], socket.socket]


def inherited() -> Ports:
    """The ports that were opened for us, by address and number; none when the variables are another process's."""
    if os.environ.pop("LISTEN_PID", "") != str(os.getpid()):
        return {}
    count = os.environ.pop("LISTEN_FDS", "0")
    os.environ.pop("LISTEN_FDNAMES", None)
    found: Ports = {}
    for fd in range(FIRST_FD, FIRST_FD + (int(count) if count.isdigit() else 0)):
        os.set_inheritable(fd, False)
        sock = socket.socket(fileno=fd)
        if sock.family in (socket.AF_INET, socket.AF_INET6) and sock.type == socket.SOCK_STREAM:
            sock.setblocking(False)
            host, port, *_ = sock.getsockname()
            found[host, port] = sock
        else:
            sock.close()
    return found


def tell_systemd(*lines: str) -> None:
    """ "READY=1", "STOPPING=1", "STATUS=..."; silent where nobody wants to know."""
    name = os.environ.get("NOTIFY_SOCKET", "")
    if not name:
        return
    address = f"\0{name[1:]}" if name.startswith("@") else name
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.settimeout(NOTIFY_S)
        notify.connect(address)
        notify.sendall("\n".join(lines).encode())
