"""From nothing to a letter that a strict server takes, in network namespaces of its own; prints what happened.

unshare -n python -m kit.strict FOLDER
"""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

from kit.internet import NAMES, ip
from kit.patience import PATIENCE_S
from kit.server import BIN, PASSWORD, STOP_S, make_accounts, until
from pyeonji.lab.dns import DnsServer

OURS, STRICT = "45.45.45.45", "46.46.46.46"  # public ones, or the relay would not dial; the namespaces have no way out
REVERSE = {OURS: "45.45.45.45.in-addr.arpa", STRICT: "46.46.46.46.in-addr.arpa"}
LEE = "lee@strict.test"
ZONE = {
    "test": {"NS": ["ns.test."]}, "arpa": {"NS": ["ns.test."]}, "ns.test": {"A": [NAMES]},
    "board.test": {"NS": ["ns.test."]}, REVERSE[OURS]: {"PTR": ["mail.board.test."]},
    "strict.test": {"MX": ["10 mx.strict.test."]}, "mx.strict.test": {"A": [STRICT]},
    REVERSE[STRICT]: {"PTR": ["mx.strict.test."]},
}  # fmt: skip
REFUSES = f"""
hostname = "mx.strict.test"
workers = 1
[listeners]
smtp = "{STRICT}:25"
[dns]
nameservers = ["{NAMES}"]
[front]
exempt = []
[trust]
spf_fail = "refuse"
"""
PRUDENT = "v=DMARC1; p=reject"  # what the admin asks of others when all is in place


class Machine:
    """A network namespace with one way out: to us."""

    def __init__(self):
        reading, writing = os.pipe()
        self.process = subprocess.Popen(
            ["unshare", "-n", "sh", "-c", f"echo > /proc/self/fd/{writing}; cat"],
            stdin=subprocess.PIPE, pass_fds=[writing],
        )  # fmt: skip
        os.read(reading, 1)
        ip("link", "add", "inner", "type", "veth", "peer", "name", "outer")
        ip("link", "set", "inner", "netns", str(self.process.pid))
        ip("link", "set", "outer", "up")
        ip("route", "add", OURS, "dev", "outer")
        for words in ("link set lo up", "link set inner up", f"address add {OURS}/32 dev inner",
                      "route add default dev inner"):  # fmt: skip
            subprocess.run([*self.inside("ip"), *words.split()], check=True)

    def inside(self, *words):
        return ["nsenter", "-t", str(self.process.pid), "-n", *words]


def pyeonji(*words, inside=None, given=""):
    command = [str(BIN / "pyeonji"), *map(str, words)]
    return subprocess.run(
        inside.inside(*command) if inside else command, input=given, capture_output=True, text=True, timeout=PATIENCE_S
    )


def served(data, inside=None):
    command = [str(BIN / "pyeonji"), "serve", "--data", str(data)]
    process = subprocess.Popen(
        inside.inside(*command) if inside else command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until(lambda: pyeonji("status", "--ready", "--data", data).returncode == 0)
    return process


def send(data, machine, subject):
    done = pyeonji("send", "--from", "kim@board.test", "--to", LEE, "--subject", subject, "--text", "hi", "--wait",
                   "60s", "--json", "--data", data, inside=machine)  # fmt: skip
    (recipient,) = json.loads(done.stdout)["recipients"]
    return recipient["state"], recipient["reply"]["code"], recipient["reply"]["enhanced"]


def steps(folder, dns):
    machine = Machine()
    ours, strict = folder / "ours", folder / "strict"
    make_accounts(strict, (LEE,))
    (strict / "pyeonji.toml").write_text(REFUSES)
    running = [served(strict)]
    try:
        made = pyeonji("setup", "kim@board.test", "--json", "--dns", NAMES, "--data", ours, "--password-stdin",
                       inside=machine, given=f"{PASSWORD}-long-enough\n")  # fmt: skip
        report = json.loads(made.stdout)
        running.append(served(ours, machine))
        dns.zone["_dmarc.board.test"] = {"TXT": [f'"{PRUDENT}"']}
        before = send(ours, machine, "before the records")
        for one in report["records"]:
            if one["key"] != "dmarc":
                value = one["line"].partition(f" IN {one['type']} ")[2]
                dns.zone.setdefault(one["name"], {}).setdefault(one["type"], []).append(value)
        for server in (0, 1):  # whose resolvers remember what was not there
            running[server].terminate()
            running[server].wait(STOP_S)
            running[server] = served((strict, ours)[server], (None, machine)[server])
        checked = pyeonji("dns", "check", "board.test", "--data", ours, inside=machine)
        keys = pyeonji("dkim", "check", "board.test", "--data", ours, inside=machine)
        after = send(ours, machine, "after the records")
        return {
            "before": before, "after": after, "dns": [checked.returncode, checked.stdout], "keys": keys.returncode,
            "letters": letters(strict),
        }  # fmt: skip
    finally:
        for process in running:
            process.terminate()
            process.wait(STOP_S)
        machine.process.stdin.close()
        machine.process.wait(STOP_S)


def letters(data):
    """Every letter in the strict server's mailbox, whole."""
    from pyeonji.store.home import open_home

    home = open_home(data, create=False)
    found = home.engine.read_now(
        lambda tx: [home.blobs.read(tx, ref).decode() for (ref,) in tx.all("SELECT content_id FROM message")]
    )
    home.close()
    return found


async def main(folder):
    dns = DnsServer(ZONE)
    await dns.start(NAMES, 53)
    return await asyncio.to_thread(steps, folder, dns)


if __name__ == "__main__":
    ip("link", "set", "lo", "up")
    for address in (NAMES, STRICT):
        ip("address", "add", f"{address}/32", "dev", "lo")
    print(json.dumps(asyncio.run(main(Path(sys.argv[1])))))
