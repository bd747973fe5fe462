"""Kill -9 under load: whatever was acknowledged is there afterwards, and is there once.

The ledger is kept in this process, which is not killed: a letter enters it when, and only when, the server said 250 or
APPEND OK.  PYEONJI_KILLS sets the number of kills (100 for the figure in docs/figures.md).
"""

import contextlib
import json
import os
import random
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from kit.ledger import TOKEN, Load, tokens_in_mailbox
from kit.patience import PATIENCE_S
from kit.server import HOST, KIM, Server, until
from pyeonji.daemon.supervisor import MAX_RESTART_S
from pyeonji.store import queue
from pyeonji.store.home import open_home
from pyeonji.store.verify import verify

KILLS = int(os.environ.get("PYEONJI_KILLS", "6"))


class Sink:
    """The next server: counts what was handed over."""

    def __init__(self) -> None:
        self.seen: Counter[int] = Counter()

    async def handle_DATA(self, server, session, envelope):
        self.seen[int(TOKEN.search(envelope.content)[1])] += 1
        return "250 OK"


def kill_everything(server: Server) -> None:
    server.kill()
    server.start()


def kill_the_writer(server: Server) -> None:
    """Alone, in the midst of a commit or not; the workers must find out, and the next one must come."""
    # killed as soon as it has begun it is waited for
    until(lambda: len(server.writers()) == 1, MAX_RESTART_S + PATIENCE_S)
    (writer,) = server.writers()
    os.kill(writer, signal.SIGKILL)


@pytest.mark.system
@pytest.mark.parametrize("kill", [kill_everything, kill_the_writer])
@pytest.mark.timeout(300 + 3 * MAX_RESTART_S * KILLS)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # clients whose server was killed
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_no_acknowledged_letter_is_lost_when_processes_are_killed(tmp_path: Path, kill):
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=0)
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        controller.port = probe.getsockname()[1]
    controller.start()
    try:
        outcome = killed_again_and_again(tmp_path / "d", controller.port, sink, kill)
    finally:
        controller.stop()
    print("\n" + json.dumps(outcome))
    assert outcome["acknowledged"] > KILLS
    assert outcome["lost"] == 0
    assert outcome["duplicates here"] == 0
    assert outcome["duplicates elsewhere"] <= outcome["in flight at kills"]
    assert outcome["findings"] == []


def killed_again_and_again(data: Path, sink_port: int, sink: Sink, kill: Callable[[Server], None]) -> dict:
    """The figures of one run."""
    with Server(data, (KIM,), f'[relay]\nsmart_host = "{HOST}:{sink_port}"\ntls = "never"\n') as server:
        load = Load(server)
        load.start()
        chance = random.Random(20261124)
        in_flight = 0
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.2, 0.8))
            in_flight += (server.status() or {}).get("queue", {}).get("trying", 0) + 8
            kill(server)
        time.sleep(0.5)
        load.stop()
        end = time.monotonic() + 120
        while any((server.status() or {"queue": {"?": 1}})["queue"].values()) and time.monotonic() < end:
            time.sleep(0.3)
        here = tokens_in_mailbox(server)
        assert server.stop() == 0
    home = open_home(data, create=False)
    waiting = home.engine.read_now(queue.listing)
    findings = [str(finding) for finding in verify(home)]
    home.close()
    return {
        "kills": KILLS,
        "acknowledged": len(load.local) + len(load.remote),
        "lost": len(load.local - set(here)) + max(0, len(load.remote - set(sink.seen)) - len(waiting)),
        "still waiting": len(waiting),
        "duplicates here": sum(count - 1 for count in here.values()),
        "duplicates elsewhere": sum(count - 1 for count in sink.seen.values()),
        "in flight at kills": in_flight,
        "findings": findings,
    }
