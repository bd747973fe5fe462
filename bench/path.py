"""path.py [--sessions 100] [--letters 3000] [--recipients 1] [--size 4096] [--repeat 3] [--profile]

What one letter costs on its way from the wire to 250: µs of CPU of one worker, kernel included (the client's own are
not), microseconds of wall time, commits, and how often a thread had to wait.  The client is Postfix's `smtp-source`.
`--profile` says where the event loop's time goes (it slows everything down; read the order, not the figures).
"""

import argparse
import asyncio
import cProfile
import gc
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from accounts import main as make_accounts

from pyeonji.config.model import Listen, Settings
from pyeonji.daemon.assemble import Node
from pyeonji.daemon.supervisor import loop_factory
from pyeonji.store.engine.sqlite import SqliteEngine

DOMAIN, NAME = "bench.test", "u"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name, default in (("sessions", 100), ("letters", 3000), ("recipients", 1), ("size", 4096), ("repeat", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--reconnect", action="store_true", help="a connection per letter")
    parser.add_argument("--profile", action="store_true")
    return parser.parse_args()


def client(chosen: argparse.Namespace, port: int) -> list[str]:
    """smtp-source with the same words as inbound.sh says them."""
    words = ["smtp-source", "-4", "-f", f"s@{DOMAIN}", "-M", "client.bench.test", "-l", str(chosen.size)]
    words += [] if chosen.reconnect else ["-d"]
    words += ["-r", str(chosen.recipients)] if chosen.recipients > 1 else []
    words += ["-s", str(chosen.sessions), "-m", str(chosen.letters), "-t", f"{NAME}@{DOMAIN}", f"127.0.0.1:{port}"]
    return words


class Commits:
    """Counts the commits of this process."""

    def __init__(self) -> None:
        self.count = 0
        commit = SqliteEngine._commit

        def counted(engine: SqliteEngine, *batch: Any) -> Any:
            self.count += 1
            return commit(engine, *batch)

        SqliteEngine._commit = counted


async def measure(chosen: argparse.Namespace, data: Path, commits: Commits) -> None:
    node = Node(Settings(data=data, listeners=(Listen("smtp", "127.0.0.1", 0),)))
    await node.start()
    gc.freeze()
    words = client(chosen, node.listeners[0]["port"])
    for _ in range(chosen.repeat):
        before, cpu, wall, commits.count = (
            resource.getrusage(resource.RUSAGE_SELF),
            time.process_time(),
            time.perf_counter(),
            0,
        )
        process = await asyncio.create_subprocess_exec(*words, stderr=subprocess.STDOUT)
        if await process.wait():
            sys.exit("smtp-source failed")
        after, cpu, wall = (
            resource.getrusage(resource.RUSAGE_SELF),
            time.process_time() - cpu,
            time.perf_counter() - wall,
        )
        n = chosen.letters
        kernel = after.ru_stime - before.ru_stime
        waits = after.ru_nvcsw - before.ru_nvcsw
        print(
            f"{cpu / n * 1e6:.0f} µs CPU a letter ({kernel / n * 1e6:.0f} in the kernel), {wall / n * 1e6:.0f} µs wall,"
            f" {n / max(1, commits.count):.1f} letters a commit, {waits / n:.2f} waits a letter"
        )
    await node.stop(1.0)


def main() -> None:
    chosen = options()
    commits = Commits()
    profile = cProfile.Profile()
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=loop_factory()) as runner:
        make_accounts(Path(folder), DOMAIN, NAME, max(2, chosen.recipients))
        if chosen.profile:
            profile.enable()
        runner.run(measure(chosen, Path(folder), commits))
        profile.disable()
    if chosen.profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(45)


if __name__ == "__main__":
    main()
