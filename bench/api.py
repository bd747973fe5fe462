"""api.py [--connections 8] [--letters 800] [--repeat 3]

What one POST /api/v1/messages costs: µs of CPU of one worker, kernel included (the client's own are not), and how many
there are in a second.  A letter of one recipient at another server, with ref, tags and metadata; with and without an
Idempotency-Key; and GET of one letter.  Commits go to the disk as always.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pyeonji.config.model import Listen, Settings
from pyeonji.daemon.assemble import Node
from pyeonji.daemon.supervisor import loop_factory
from pyeonji.directory.app_keys import new_key
from pyeonji.journey.receipt import compact
from pyeonji.store import apps, directory
from pyeonji.store.engine.base import Tx
from pyeonji.submission.settings import SubmissionSettings
from pyeonji.web.api import keys

WARM = 40  # requests before the clock runs
LETTER = {
    "from": "게시판 <noreply@bench.test>", "to": ["minsu@school.example"], "subject": "비밀번호 찾기",
    "text": "10분 안에 눌러 주세요: https://board.example/r/abc", "ref": "reset-91827", "tags": ["password-reset"],
    "metadata": {"user_id": "91827"}, "expires_in": "15m",
}  # fmt: skip
CLIENT = """
import http.client, sys, threading
key, path, once = sys.argv[2], *sys.argv[5:7]
port, connections, count = int(sys.argv[1]), int(sys.argv[3]), int(sys.argv[4])
body = sys.stdin.buffer.read()
def work(n):
    conn = http.client.HTTPConnection("127.0.0.1", port)
    for at in range(count // connections):
        headers = {"Authorization": "Bearer " + key, "Content-Type": "application/json"}
        if once: headers["Idempotency-Key"] = f"{once}-{n}-{at}"
        conn.request("POST" if body else "GET", path, body or None, headers)
        answer = conn.getresponse(); answer.read()
        assert answer.status in (200, 202), answer.status
threads = [threading.Thread(target=work, args=(n,)) for n in range(connections)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name, default in (("connections", 8), ("letters", 800), ("repeat", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()


def prepared(tx: Tx) -> str:
    """The text of a key."""
    directory.add_domain(tx, "bench.test", 1)
    account = directory.add_account(
        tx, "noreply@bench.test", name="", language="ko", quota_octets=0, credentials={}, now_us=1
    )
    key = new_key()
    apps.add_key(tx, apps.add(tx, "bench", account.id, 1), key.digest, key.hint, 1)
    return key.text


async def measured(node: Node, key: str, count: int, connections: int, path: str, body: bytes, once: str = "") -> str:
    port = str(node.listeners[0]["port"])

    async def run(number: int, name: str) -> None:
        command = [sys.executable, "-c", CLIENT, port, key, str(connections), str(number), path, name]
        client = await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE)
        await client.communicate(body)
        assert client.returncode == 0

    await run(WARM, once and f"{once}-warm")
    cpu, wall = time.process_time(), time.perf_counter()
    await run(count, once)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return f"{cpu / count * 1e6:6.0f} us CPU  {count / wall:6.0f}/s"


async def main(chosen: argparse.Namespace) -> None:
    keys.CALLS_A_MINUTE = 1 << 40
    with tempfile.TemporaryDirectory() as folder:
        no_limits = SubmissionSettings(letters_a_day=0, recipients_a_day=0, letters_a_minute=0)
        node = Node(Settings(data=Path(folder), listeners=(Listen("http", "127.0.0.1", 0),), submission=no_limits))
        key = node.home.engine.write_now(prepared)
        await node.start(local=False)
        await node.queue_manager.stop(0.1)  # what is carried on is not this figure's
        body = json.dumps(LETTER).encode()
        for at in range(chosen.repeat):
            facts = (node, key, chosen.letters, chosen.connections)
            print("POST                 ", await measured(*facts, "/api/v1/messages", body))
            print("POST, Idempotency-Key", await measured(*facts, "/api/v1/messages", body, f"run{at}"))
            number = node.home.engine.read_now(lambda tx: tx.one("SELECT MAX(id) FROM message"))[0]
            path = f"/api/v1/messages/{compact(number)}"
            print("GET one letter       ", await measured(*facts, path, b""))
        await node.stop(0.5)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(main(options()))
