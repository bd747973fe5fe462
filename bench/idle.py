"""idle.py [--service smtp|imap|pop3] [--connections 1000] [--tls] [--idle|--fetched]: KiB of a worker for each client.

The clients are in a process of their own; each has made the handshake (with --tls) and read the
greeting, and says nothing more.  With --idle (IMAP) it has logged in, opened INBOX and said IDLE; with --fetched it has
fetched a letter of LETTER octets before.  What the kernel keeps for a socket is not in the figure.
"""

import argparse
import asyncio
import gc
import socket
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

from accounts import main as make_accounts

from pyeonji.config.model import Listen, Settings
from pyeonji.daemon.assemble import Node
from pyeonji.daemon.supervisor import loop_factory

DOMAIN, NAME = "bench.test", "u"
IMPLICIT = {"smtp": "submissions", "imap": "imaps", "pop3": "pop3s"}  # with --tls
LETTER = 300_000  # octets, with --fetched
WARM = 50  # connections before the count begins: what is made once is not one connection's


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--service", choices=IMPLICIT, default="smtp")
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--idle", action="store_true")
    parser.add_argument("--fetched", action="store_true")
    parser.add_argument("--clients", type=int, metavar="PORT", help=argparse.SUPPRESS)
    return parser.parse_args()


def resident_kib() -> int:
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise OSError("no VmRSS")


def said(chosen: argparse.Namespace, number: int) -> list[bytes]:
    """What each client says before it idles."""
    if not (chosen.idle or chosen.fetched):
        return []
    letter = (b"x" * 78 + b"\r\n") * (LETTER // 80)
    first = [b"a APPEND INBOX {%d+}\r\n\r\n%s" % (len(letter) + 2, letter)] if chosen.fetched and not number else []
    fetch = [b"a FETCH 1 BODY.PEEK[]"] if chosen.fetched else []
    return [f"a LOGIN {NAME}@{DOMAIN} pw".encode(), *first, b"a SELECT INBOX", *fetch, b"a IDLE"]


def say(sock: socket.socket, command: bytes) -> None:
    sock.sendall(command + b"\r\n")
    heard = b""
    while not (heard.endswith(b"\r\n") and heard.splitlines()[-1].startswith((b"a OK", b"+ "))):
        heard += sock.recv(65536)


def clients(chosen: argparse.Namespace) -> None:
    """The other process: a line on standard output after the first WARM, and after all."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    kept = []
    for number in range(WARM + chosen.connections):
        sock = socket.create_connection(("127.0.0.1", chosen.clients))
        sock = context.wrap_socket(sock) if chosen.tls else sock
        sock.recv(512)
        for command in said(chosen, number):
            say(sock, command)
        kept.append(sock)
        if number + 1 in (WARM, WARM + chosen.connections):
            sys.stdout.write(f"{number + 1}\n")
            sys.stdout.flush()
            sys.stdin.readline()


async def measure(chosen: argparse.Namespace, data: Path) -> float:
    make_accounts(data, DOMAIN, NAME, 1)
    service = IMPLICIT[chosen.service] if chosen.tls else chosen.service
    node = Node(Settings(data=data, listeners=(Listen(service, "127.0.0.1", 0),)))
    await node.start()
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, *sys.argv[1:], "--clients", str(node.listeners[0]["port"]),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdin is not None
    found = []
    for _ in range(2):
        await process.stdout.readline()
        gc.collect()
        found.append(resident_kib())
        process.stdin.write(b"on\n")
    await process.wait()
    await node.stop(5.0)
    return (found[1] - found[0]) / chosen.connections


def main() -> None:
    chosen = options()
    if chosen.clients:
        clients(chosen)
        return
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=loop_factory()) as runner:
        kib = runner.run(measure(chosen, Path(folder)))
    kind = "TLS" if chosen.tls else "plain"
    state = "fetched a letter, " if chosen.fetched else "in IDLE, " if chosen.idle else ""
    print(f"{chosen.service}, {kind}, {state}{chosen.connections} connections: {kib:.1f} KiB each")


if __name__ == "__main__":
    main()
