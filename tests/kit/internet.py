"""An Internet for one machine, run by tests in a network namespace: names, a time server, a receiver of mail.

    python -m kit.internet SPEC.json COMMAND...

SPEC: {"machine": its address, "addresses": [those of the Internet], "zone": {...}, "clock": seconds ahead,
"smtp": [addresses that greet], "taken": [ports of the machine]}
"""

import asyncio
import contextlib
import json
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

from pyeonji.lab.dns import DnsServer
from pyeonji.net.outside import NTP_EPOCH_S

NAMES, TIME = "192.0.2.53", "192.0.2.123"  # who tells names, and who the time
TAKER = "import socket, sys, time; s = socket.create_server(('', int(sys.argv[1]))); print(flush=True); time.sleep(99)"


class Clock(asyncio.DatagramProtocol):
    """SNTP (RFC 5905), so many seconds ahead."""

    def __init__(self, ahead):
        self.ahead = ahead

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        seconds = time.time() + self.ahead + NTP_EPOCH_S  # noqa: TID251 - this is the clock
        stamp = struct.pack("!II", int(seconds), int(seconds % 1 * (1 << 32)))
        self.transport.sendto(bytes([0x24, 1]) + bytes(22) + data[40:48] + stamp + stamp, addr)


async def greet(reader, writer):
    writer.write(b"220 mx.big.test ESMTP\r\n")
    with contextlib.suppress(OSError):
        await reader.read(1)
    writer.close()


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def in_a_machine(spec, command, given):
    """Run a command in a network namespace of its own, whose only way out is us; its exit code."""
    reading, writing = os.pipe()
    waits = f'echo > /proc/self/fd/{writing}; read go; exec "$@"'
    process = subprocess.Popen(
        ["unshare", "-n", "sh", "-c", waits, "sh", *command], stdin=subprocess.PIPE, pass_fds=[writing]
    )
    os.read(reading, 1)  # it is in its namespace now
    inside = ["nsenter", "-t", str(process.pid), "-n"]
    ip("link", "add", "inner", "type", "veth", "peer", "name", "outer")
    ip("link", "set", "inner", "netns", str(process.pid))
    ip("link", "set", "outer", "up")
    ip("route", "add", spec["machine"], "dev", "outer")
    for words in (
        "ip link set lo up", "ip link set inner up", f"ip address add {spec['machine']}/32 dev inner",
        "ip route add default dev inner",
    ):  # fmt: skip
        subprocess.run([*inside, *words.split()], check=True)
    taken = [
        subprocess.Popen([*inside, sys.executable, "-c", TAKER, str(port)], stdout=subprocess.PIPE)
        for port in spec["taken"]
    ]
    for other in taken:
        other.stdout.readline()
    process.communicate(b"go\n" + given)
    for other in taken:
        other.kill()
    return process.returncode


async def main(spec, command, given):
    loop = asyncio.get_running_loop()
    dns = DnsServer(spec["zone"])
    await dns.start(NAMES, 53)
    await loop.create_datagram_endpoint(lambda: Clock(spec["clock"]), local_addr=(TIME, 123))
    for address in spec["smtp"]:
        await asyncio.start_server(greet, address, 25)
    code = await asyncio.to_thread(in_a_machine, spec, command, given)
    return code, dns.asked


if __name__ == "__main__":
    spec = json.loads(Path(sys.argv[1]).read_text())
    ip("link", "set", "lo", "up")
    for address in (NAMES, TIME, *spec["addresses"]):
        ip("address", "add", f"{address}/32", "dev", "lo")
    code, asked = asyncio.run(main(spec, sys.argv[2:], sys.stdin.buffer.read()))
    Path(spec["asked"]).write_text(json.dumps(asked))
    os._exit(code)
