"""recorded.py [--letters 1000] [--sessions 10] [--size 4096] [--rounds 12]: what the journey costs.

Two servers, one that records and one that does not (unrecorded.py), get letters by turns: letters a second, and CPU
of all workers
and the writer for a letter, which other work on the machine disturbs least; in (SMTP to a mailbox) and out (SMTP to
the queue to `smtp-sink`).  Then the octets that a letter's journey takes.  With nothing else on the machine.
"""

import argparse
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from accounts import main as make_accounts

from pyeonji.store.home import Home, open_home

BENCH = Path(__file__).parent
DOMAIN, NAME = "bench.test", "u"
OFFSETS, SINK = {True: 2_400, False: 4_400}, 20_925  # SMTP at 3425 and 5425
CONFIG = """
hostname = "mail.bench.test"
workers = 2
trusted_networks = ["127.0.0.0/8"]
[relay]
smart_host = "127.0.0.1:{sink}"
[log]
style = "{log}"
file = "{file}"
"""
PER_LETTER = """
SELECT m.id, (SELECT SUM(LENGTH(events)) FROM journey j WHERE j.message_id = m.id AND j.message_id <> 0),
  (SELECT COUNT(*) FROM journey j WHERE j.message_id = m.id AND j.message_id <> 0)
FROM message m
"""
ENDS = "SELECT SUM(LENGTH(events)), COUNT(*), COUNT(DISTINCT session_id) FROM journey WHERE message_id = 0"
TICK = os.sysconf("SC_CLK_TCK")


class Server:
    """One server on an empty folder."""

    def __init__(self, folder: Path, *, recorded: bool, log: str) -> None:
        self.data = folder / "data"
        make_accounts(self.data, DOMAIN, NAME, 1)
        (self.data / "pyeonji.toml").write_text(CONFIG.format(sink=SINK, log=log, file=folder / "log"))
        program = (
            [sys.executable, BENCH / "unrecorded.py"] if not recorded else [Path(sys.executable).parent / "pyeonji"]
        )
        self.port = 1_025 + OFFSETS[recorded]
        words = ["--data", self.data, "serve", "--port-offset", str(OFFSETS[recorded])]
        self.process = subprocess.Popen(
            [*program, *words], stdout=subprocess.DEVNULL, stderr=(folder / "stderr").open("wb")
        )
        _until(lambda: subprocess.run(["pyeonji", "status", "--ready", "--data", self.data], capture_output=True,
                                      env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
                                      ).returncode == 0, 60)  # fmt: skip
        time.sleep(2)  # the port answers before all workers do: the first would get every connection

    def cpu_s(self) -> tuple[float, float]:
        """Of workers and the writer; and of who digests, counts and prints, which gives way to them."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        serving = beside = 0.0
        for child in children:
            fields = Path(f"/proc/{child}/stat").read_text().rpartition(") ")[2].split()
            used = (int(fields[11]) + int(fields[12])) / TICK
            if os.getpriority(os.PRIO_PROCESS, int(child)) > 10:
                beside += used
            else:
                serving += used
        return serving, beside

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)


@contextlib.contextmanager
def serving(*, recorded: bool, log: str) -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="recorded-"))
    server = Server(folder, recorded=recorded, log=log)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@contextlib.contextmanager
def sinking() -> Iterator[None]:
    sink = subprocess.Popen(["smtp-sink", "-u", "nobody", f"127.0.0.1:{SINK}", "1000"])
    try:
        yield
    finally:
        sink.terminate()
        sink.wait()


def _until(true: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            sys.exit("it did not happen in time")
        time.sleep(0.05)


def brought(server: Server, home: Home, chosen: argparse.Namespace, to: str, letters: int) -> dict[str, float]:
    """Give it letters, until all are where they go: how many a second, and CPU for each in microseconds."""
    sql = "SELECT COUNT(*) FROM recipient WHERE state = 'done'"

    def done() -> int:
        return int(home.engine.read_now(lambda tx: tx.one(sql))[0])

    before, cpu, begin = done(), server.cpu_s(), time.monotonic()
    words = ["smtp-source", "-4", "-d", "-f", f"s@{DOMAIN}", "-l", str(chosen.size), "-s", str(chosen.sessions)]
    subprocess.run([*words, "-m", str(letters), "-t", to, f"127.0.0.1:{server.port}"], check=True)
    _until(lambda: done() - before >= letters, 120)
    seconds, after = time.monotonic() - begin, server.cpu_s()
    return {"letters/s": letters / seconds, "µs": (after[0] - cpu[0]) / letters * 1e6}


def octets(home: Home, way: str) -> float:
    """Of the journey of a letter: its events, its share of the ends of connections, and the rows' own."""
    rows = home.engine.read_now(lambda tx: tx.all(PER_LETTER + f" WHERE m.id IN ({_letters(way)})"))
    ends, count, sessions = home.engine.read_now(lambda tx: tx.one(ENDS))
    share = (ends + count * ROW + sessions * SESSION) / max(1, len(rows))
    return statistics.median(row[1] + row[2] * ROW for row in rows) + share


ROW, SESSION = 60, 60  # octets of a row beside its events, with its entries in two indexes; of a row of `session`


def _letters(way: str) -> str:
    which = "<>" if way == "out" else "="
    return f"SELECT message_id FROM recipient WHERE domain {which} ''"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    for name, default in (("letters", 1_000), ("sessions", 10), ("size", 4_096), ("rounds", 12)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--log", default="json", help="log.style of the server that records")
    chosen = parser.parse_args()
    with sinking(), serving(recorded=True, log=chosen.log) as on, serving(recorded=False, log="none") as off:
        homes = {server: open_home(server.data, create=False) for server in (on, off)}
        for way, to in (("in", f"{NAME}@{DOMAIN}"), ("out", "u@remote.test")):
            for server, home in homes.items():
                brought(server, home, chosen, to, 300)  # everything is warm
            pairs = []
            for turn in range(chosen.rounds):
                order = (on, off) if turn % 2 else (off, on)
                found = {server: brought(server, homes[server], chosen, to, chosen.letters) for server in order}
                pairs.append((found[on], found[off]))
            tell(way, pairs)
            print(f"{way:3} journey: {octets(homes[on], way):.0f} octets a letter", flush=True)
        for home in homes.values():
            home.close()


def tell(way: str, pairs: list[tuple[dict[str, float], dict[str, float]]]) -> None:
    """Medians of both, and of the ratio within each turn: what disturbs a turn disturbs both halves of it."""
    for what in ("letters/s", "µs"):
        on, off = (statistics.median(pair[which][what] for pair in pairs) for which in (0, 1))
        ratios = sorted(pair[0][what] / pair[1][what] for pair in pairs)
        low, high = ratios[len(ratios) // 4], ratios[-1 - len(ratios) // 4]
        print(f"{way:3} {what:9} recorded {on:6.0f}  not {off:6.0f}  {percent(statistics.median(ratios))}"
              f" (half of the turns: {percent(low)} to {percent(high)})", flush=True)  # fmt: skip


def percent(ratio: float) -> str:
    return f"{(ratio - 1) * 100:+.1f} %"


if __name__ == "__main__":
    main()
