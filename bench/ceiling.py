"""What no server can beat: deliveries/s of one that says "250" to everything and keeps nothing.

ceiling.py [--processes 2] [--sessions 10] [--letters 300] [--recipients 50] [--size 4096] [--rounds 5]

The same client as in inbound.sh (smtp-source, which does not pipeline) against as many uvloop processes on one socket
as we have workers, and against Postfix's own smtp-sink in C: what the client and the round trips leave of a second.
"""

import argparse
import asyncio
import os
import signal
import socket
import statistics
import subprocess
import time
from typing import cast

import uvloop

READY, GO_ON, BYE = b"220 ceiling\r\n", b"354 go on\r\n", b"221 bye\r\n"
OK = b"250 ok\r\n"


class Says250(asyncio.Protocol):
    """The least that a dialogue without pipelining needs."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)
        self._in_letter = False
        self._buffer = b""
        self._transport.write(READY)

    def data_received(self, data: bytes) -> None:
        if self._in_letter:
            self._buffer = (self._buffer + data)[-5:]
            if self._buffer != b"\r\n.\r\n":
                return
            self._in_letter, self._buffer, answer = False, b"", OK
        elif data[:4] == b"DATA":
            self._in_letter, answer = True, GO_ON
        elif data[:4] == b"QUIT":
            answer = BYE
        else:
            answer = OK
        self._transport.write(answer)


def serve(sock: socket.socket) -> None:
    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(Says250, sock=sock)
        await server.serve_forever()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


def started(sock: socket.socket, processes: int) -> list[int]:
    children = []
    for _ in range(processes):
        if (pid := os.fork()) == 0:
            try:
                serve(sock)
            finally:
                os._exit(0)
        children.append(pid)
    return children


def rate(port: int, ask: argparse.Namespace) -> float:
    """Deliveries/s of one run."""
    words = [
        "smtp-source",
        "-4",
        "-d",
        "-f",
        "s@bench.test",
        "-t",
        "u@bench.test",
        "-l",
        str(ask.size),
        "-r",
        str(ask.recipients),
    ]
    words += ["-s", str(ask.sessions), "-m", str(ask.letters), f"127.0.0.1:{port}"]
    begun = time.perf_counter()
    subprocess.run(words, check=True)
    return float(ask.letters * ask.recipients) / (time.perf_counter() - begun)


def told(name: str, rates: list[float]) -> None:
    print(f"{name}: {statistics.median(rates):.0f} ({min(rates):.0f}-{max(rates):.0f}) deliveries/s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (
        ("processes", 2),
        ("sessions", 10),
        ("letters", 300),
        ("recipients", 50),
        ("size", 4096),
        ("rounds", 5),
    ):
        parser.add_argument(f"--{name}", type=int, default=value)
    ask = parser.parse_args()
    sock = socket.create_server(("127.0.0.1", 0), backlog=1024)
    children = started(sock, ask.processes)
    time.sleep(1)
    told(f"{ask.processes} uvloop processes", [rate(sock.getsockname()[1], ask) for _ in range(ask.rounds)])
    for child in children:
        os.kill(child, signal.SIGKILL)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen(["smtp-sink", "-u", "postfix", f"127.0.0.1:{port}", "1000"]) as sink:
        time.sleep(1)
        told("smtp-sink", [rate(port, ask) for _ in range(ask.rounds)])
        sink.kill()


if __name__ == "__main__":
    main()
