"""limits.py WHAT ...: budgets that are figures and not ratios.  Each result is a JSON line, also in $HB_RESULTS.

open PID PORT ADDRESS        SELECT of a mailbox, and what it costs in memory
import PYEONJI DATA ADDRESS MBOX N   `pyeonji import mbox`, and whether its memory stays flat
tls PID PORT ADDRESSES N     N connections over TLS in IDLE
slow PORT ADDRESS SECONDS    clients that download all and read slowly, or as fast as they can; what others notice
mbox FILE N                  (makes the mbox file for `import`, from the harness's corpus)
"""

import contextlib
import json
import os
import re
import resource
import socket
import ssl
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

PASSWORD = "pw"
AGAIN = 50  # times that a client asks for everything, in one go
LOOK_S = 0.25  # seconds between two looks at a process's memory


def tell(what: str, value: float, every: list[float], unit: str, budget: float, *, more: bool = False) -> None:
    row = {"test": "limit", "label": "pyeonji", "what": what, "value": round(value, 2), "unit": unit, "budget": budget}
    row |= {"all": [round(one, 2) for one in every], "more": more}
    line = json.dumps(row)
    print(line, flush=True)
    if file := os.environ.get("HB_RESULTS"):
        with Path(file).open("a", encoding="utf-8") as results:
            results.write(line + "\n")


class Client:
    """IMAP in blocking words."""

    def __init__(self, port: int, address: str, *, tls: ssl.SSLContext | None = None, room: int = 0) -> None:
        sock = socket.socket()
        if room:  # octets the kernel keeps for us
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        sock.settimeout(120)
        sock.connect(("127.0.0.1", port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = tls.wrap_socket(sock) if tls is not None else sock
        self._number = 0
        self._rest = b""
        self.until(b"* OK")
        self.do(f'LOGIN "{address}" {PASSWORD}')

    def say(self, command: str) -> bytes:
        self._number += 1
        tag = f"t{self._number}".encode()
        self.sock.sendall(tag + b" " + command.encode() + b"\r\n")
        return tag + b" "

    def do(self, command: str) -> list[bytes]:
        return self.until(self.say(command))

    def until(self, start: bytes) -> list[bytes]:
        """Lines up to the one that begins so."""
        lines: list[bytes] = []
        while not lines or not lines[-1].startswith(start):
            while b"\n" not in self._rest:
                octets = self.sock.recv(65536)
                if not octets:
                    raise EOFError("the server has closed the connection")
                self._rest += octets
            line, _, self._rest = self._rest.partition(b"\n")
            lines.append(line)
        if start.startswith(b"t") and not lines[-1].startswith(start + b"OK"):
            raise RuntimeError(lines[-1].decode())
        return lines


def family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [pid, *map(int, children)]


def memory_kib(pid: int) -> int:
    """Of a server and its children: what is theirs, shared pages in parts."""
    return sum(_field(f"/proc/{one}/smaps_rollup", "Pss") for one in family(pid))


def _field(file: str, name: str) -> int:
    with contextlib.suppress(OSError):
        if found := re.search(rf"^{name}:\s+(\d+)", Path(file).read_text("ascii"), re.MULTILINE):
            return int(found[1])
    return 0


def open_(pid: int, port: int, address: str) -> None:
    for client in [Client(port, address) for _ in range(8)]:  # each worker knows how to read
        client.do("EXAMINE Sent")
        client.do("LOGOUT")
    before, times = memory_kib(pid), []
    for _ in range(5):
        client = Client(port, address)
        start = time.perf_counter()
        (exists,) = [int(line.split()[1]) for line in client.do("SELECT INBOX") if line.endswith(b"EXISTS\r")]
        times.append((time.perf_counter() - start) * 1000)
        if len(times) == 1:
            held = memory_kib(pid) - before
        client.do("LOGOUT")
    tell(f"SELECT of {exists:,} letters, first", times[0], times[:1], "ms", 1000)
    tell(f"SELECT of {exists:,} letters, again", statistics.median(times[1:]), times[1:], "ms", 1000)
    tell(f"memory for {exists:,} letters open", held / 1024, [], "MiB", 64)


def import_(pyeonji: str, data: str, address: str, mbox: str, count: int) -> None:
    start = time.perf_counter()
    process = subprocess.Popen([pyeonji, "--data", data, "import", "mbox", address, mbox], stdout=subprocess.DEVNULL)
    seen: list[int] = []
    while process.poll() is None:
        seen.append(_field(f"/proc/{process.pid}/status", "VmRSS"))
        time.sleep(LOOK_S)
    took = time.perf_counter() - start
    if process.returncode:
        sys.exit(f"import: exit code {process.returncode}")
    tenth = max(1, len(seen) // 10)
    early, most = max(seen[: 2 * tenth]) / 1024, max(seen) / 1024
    tell(f"import of an mbox of {count:,} letters", count / took, [], "letters/s", 1000, more=True)
    tell("  its memory, more than after a fifth", most - early, [early, most], "MiB", 16)


def tls(pid: int, port: int, addresses: list[str], count: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 1000, count + 1000))
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    before, start = memory_kib(pid), time.perf_counter()
    clients: list[Client] = []

    def some(first: int) -> None:
        for n in range(first, count, 4):
            client = Client(port, addresses[n % len(addresses)], tls=context)
            client.do("SELECT INBOX")
            client.say("IDLE")
            client.until(b"+")
            clients.append(client)

    threads = [threading.Thread(target=some, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - start
    if len(clients) < count:
        sys.exit(f"tls: {len(clients)} of {count} connections")
    time.sleep(2)
    held = memory_kib(pid) - before
    tell(f"{count:,} connections over TLS in IDLE", held / 1024, [], "MiB", 1024)
    tell("  each", held / count, [], "KiB", 64)
    tell("  begun", count / took, [], "a second", 0, more=True)
    for client in clients:
        client.sock.close()


@contextlib.contextmanager
def readers(port: int, address: str, octets: int, pause_s: float, count: int) -> Iterator[None]:
    """So many clients that ask for everything and take `octets` at once, then pause."""
    stop = threading.Event()

    def read() -> None:
        client = Client(port, address, room=octets)
        client.do("SELECT INBOX")
        for _ in range(AGAIN):
            client.say("FETCH 1:* (UID FLAGS BODY.PEEK[])")
        while not stop.is_set():
            client.sock.recv(octets)
            stop.wait(pause_s)
        client.sock.close()

    threads = [threading.Thread(target=read) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def slow(port: int, address: str, seconds: float) -> None:
    """Eight clients, so that each worker has some, with others in between who only say NOOP."""
    for what, octets, pause_s, count in (("slowly", 32 * 1024, 0.1, 8), ("fast", 1 << 20, 0.0, 2)):
        others = [Client(port, address) for _ in range(8)]
        waits = []
        with readers(port, address, octets, pause_s, count):
            time.sleep(1)
            end = time.perf_counter() + seconds
            while time.perf_counter() < end:
                for other in others:
                    start = time.perf_counter()
                    other.do("NOOP")
                    waits.append((time.perf_counter() - start) * 1000)
                time.sleep(0.002)
        for other in others:
            other.sock.close()
        waits.sort()
        said = f"NOOP beside {count} that download all and read {what}"
        tell(f"{said}, longest", waits[-1], [waits[len(waits) // 2], waits[len(waits) * 99 // 100]], "ms", 100)


def mbox(file: str, count: int) -> None:
    sys.path.insert(0, str(Path(os.environ["HARNESS"]) / "load"))
    import corpus

    with Path(file).open("wb") as out:
        for n in range(count):
            letter = corpus.message(n).replace(b"\r\n", b"\n")
            out.write(b"From s@bench.test Thu Jan  1 00:00:00 2026\n" + letter.replace(b"\nFrom ", b"\n>From ") + b"\n")


def main(what: str, words: list[str]) -> None:
    match what, words:
        case "open", [pid, port, address]:
            open_(int(pid), int(port), address)
        case "import", [pyeonji, data, address, file, count]:
            import_(pyeonji, data, address, file, int(count))
        case "tls", [pid, port, addresses, count]:
            tls(int(pid), int(port), addresses.split(","), int(count))
        case "slow", [port, address, seconds]:
            slow(int(port), address, float(seconds))
        case "mbox", [file, count]:
            mbox(file, int(count))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
