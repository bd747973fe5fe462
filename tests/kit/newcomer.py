"""A newcomer's first hour, in network namespaces of its own, with a real authority (pebble); prints what happened.

unshare -n python -m kit.newcomer FOLDER PEBBLE
"""

import asyncio
import contextlib
import json
import os
import socket
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path

from kit.certified import certified
from kit.internet import NAMES, ip
from kit.patience import PATIENCE_S
from kit.server import PASSWORD, STOP_S, until
from kit.strict import OURS, REVERSE, Machine, pyeonji, served
from pyeonji.lab.dns import DnsServer

CA = "47.47.47.47"
ZONE = {
    "test": {"NS": ["ns.test."]}, "arpa": {"NS": ["ns.test."]}, "ns.test": {"A": [NAMES]}, "ca.test": {"A": [CA]},
    "board.test": {"NS": ["ns.test."]}, REVERSE[OURS]: {"PTR": ["mail.board.test."]},
}  # fmt: skip
LABELS = ("mail", "autoconfig", "autodiscover", "mta-sts")


def authority(folder, program):
    chain, key = certified(["ca.test"])
    (folder / "ca.pem").write_bytes(chain)
    (folder / "ca.key").write_bytes(key)
    config = {
        "listenAddress": f"{CA}:443", "managementListenAddress": "127.0.0.1:15000", "httpPort": 80, "tlsPort": 443,
        "certificate": str(folder / "ca.pem"), "privateKey": str(folder / "ca.key"),
        "certificateValidityPeriod": 90 * 86_400,
    }  # fmt: skip
    (folder / "pebble.json").write_text(json.dumps({"pebble": config}))
    with (folder / "pebble.log").open("wb") as log:
        return subprocess.Popen(
            [program, "-config", str(folder / "pebble.json"), "-dnsserver", f"{NAMES}:53", "-strict"],
            stdout=log, stderr=log, env={**os.environ, "PEBBLE_VA_NOSLEEP": "1"},
        )  # fmt: skip


def root():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with urllib.request.urlopen("https://127.0.0.1:15000/roots/0", context=context) as answer:
        return answer.read().decode()


def problems(data):
    told = json.loads(pyeonji("tls", "status", "--json", "--data", data).stdout)
    return [(*row["names"], (row["problem"] or {}).get("kind")) for row in told["certificates"]]


def connected(port, name):
    """A client that believes the authority, and nobody else."""
    context = ssl.create_default_context(cadata=root())
    return context.wrap_socket(socket.create_connection((OURS, port), PATIENCE_S), server_hostname=name)


def first_line(port, name):
    """What such a client hears."""
    with connected(port, name) as tls:
        if port == 443:
            tls.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        return tls.recv(200).decode().partition("\r\n")[0]


def policy():
    """What a server reads that sends us mail (RFC 8461 §3.3)."""
    name = "mta-sts.board.test"
    with connected(443, name) as tls:
        tls.sendall(f"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: tls.recv(4096), b"")).decode().partition("\r\n\r\n")[2]


def is_shown(label):
    with contextlib.suppress(ssl.SSLError):
        return bool(first_line(443, f"{label}.board.test"))


def steps(folder, program, dns):
    machine, data = Machine(), folder / "ours"
    running = [authority(folder, program)]
    try:
        made = pyeonji(
            "setup", "kim@board.test", "--json", "--dns", NAMES, "--data", data, "--password-stdin", "--agree",
            "--acme", "https://ca.test/dir", "--acme-roots", folder / "ca.pem", inside=machine, given=PASSWORD * 2,
        )  # fmt: skip
        report = json.loads(made.stdout)
        running.append(served(data, machine))
        until(lambda: len(problems(data)) == 5 and all(kind for *_, kind in problems(data)[1:]))
        before = problems(data)
        for one in report["records"]:
            value = one["line"].partition(f" IN {one['type']} ")[2]
            dns.zone.setdefault(one["name"], {}).setdefault(one["type"], []).append(value)
        issued = data / "tls" / "acme"
        until(lambda: len([*issued.glob("*.pem")]) == 4)
        until(lambda: all(map(is_shown, LABELS)))
        heard = [first_line(993, "mail.board.test")]
        heard += [first_line(443, f"{label}.board.test") for label in LABELS]
        heard.append(policy())
        return {"facts": report["facts"], "before": before, "after": problems(data), "heard": heard}
    finally:
        for process in running:
            process.terminate()
            process.wait(STOP_S)
        machine.process.stdin.close()
        machine.process.wait(STOP_S)


async def main(folder, program):
    dns = DnsServer(ZONE)
    await dns.start(NAMES, 53)
    return await asyncio.to_thread(steps, folder, program, dns)


if __name__ == "__main__":
    ip("link", "set", "lo", "up")
    for address in (NAMES, CA):
        ip("address", "add", f"{address}/32", "dev", "lo")
    print(json.dumps(asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))))
