"""Days of trouble in minutes: a program hands letters in, everything around it fails, and it must hear of each once.

Its workers are processes of their own (`chaos_node`) that are killed and started again, one of them or all; peers and
the receiver of webhooks are ours, so they outlive them.  Whatever the server took (250) is a promise that is looked at
in the end.
"""

import asyncio
import base64
import collections
import contextlib
import json
import os
import random
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

from kit.fake_mx import FakeMx, Got
from kit.hook import Receiver
from kit.reports import status_report
from kit.server import free_offset
from pyeonji.config.model import DEFAULT_PORTS
from pyeonji.directory.app_keys import new_key
from pyeonji.journey.outcome import ENDED
from pyeonji.net.clock import SystemClock
from pyeonji.store import apps, directory, queue, told, webhooks
from pyeonji.store.engine.base import StoreError
from pyeonji.store.home import open_home
from pyeonji.webhooks.sign import secret_of

TESTS = Path(__file__).resolve().parent.parent
WRITER, HERE = "noreply@us.example", "jung@us.example"
DOMAINS = tuple(f"d{n}.example" for n in range(5))
SECRET = secret_of(b"c" * 24)
TROUBLES = ("fine", "fine", "greylist", "drop", "took and dropped", "refuse", "down")
LIVES = ("15m", "1h", "4h", "12h")
READY_S, ANSWER_S = 60.0, 30.0
SETTLE_S = 0.12  # seconds of real time after each push: what is due sets out
KILLED_IN_S = 600  # simulated seconds that are pushed just before a kill
ATTEMPTS = 20  # to start
US = 1_000_000


class Mx(FakeMx):
    """`trouble` says how it is today; some addresses never exist."""

    trouble = "fine"

    def _said(self, *names, usual):
        name = next((one for one in names if one.startswith("RCPT ")), "")
        if "dead" in name:
            return "550 5.1.1 no such user"
        if self.trouble == "greylist" and name:
            return "450 4.7.1 Greylisted"
        if self.trouble == "refuse" and "." in names:
            return "554 5.7.1 Message content rejected"
        return super()._said(*names, usual=usual)

    async def _say(self, writer, phase, *names, usual):
        if self.trouble == "down" and phase == "greeting":
            raise ConnectionResetError
        if phase == "." and self.trouble in ("drop", "took and dropped"):
            if self.trouble == "took and dropped":
                self.letters.append(Got("", [], b"took it, and said nothing"))
            raise ConnectionResetError
        return await super()._say(writer, phase, *names, usual=usual)


@dataclass
class Promise:
    """A letter that was taken."""

    receipt: str
    recipients: tuple


@dataclass
class Chaos:
    """`seed` decides everything but the kernel's scheduling.  `engine_url`: PostgreSQL, else the store is a file."""

    folder: Path
    seed: int
    workers: int = 1
    engine_url: str = ""
    kills: int = 0
    outages: int = 0
    simulated_s: float = 0.0
    late: int = 0
    pushed: float = 0.0
    promises: dict = field(default_factory=dict)  # by key
    refused: int = 0

    def __post_init__(self):
        self.processes = [None] * self.workers
        self.random = random.Random(self.seed)
        self.data = self.folder / "data"
        self.full = False
        self.owed_reports = []

    # ── the stage ──

    async def __aenter__(self):
        self.stack = contextlib.AsyncExitStack()
        self.mxs = {f"mx.{domain}": await self.stack.enter_async_context(Mx()) for domain in DOMAINS}
        self.receiver = await self.stack.enter_async_context(Receiver(secret=SECRET, now_s=self._now_s))
        offsets = [free_offset() for _ in self.processes]
        self.ports = [
            {service: DEFAULT_PORTS[service] + offset for service in ("smtp", "submission")} for offset in offsets
        ]
        self.home = open_home(self.data, create=True, engine_url=self.engine_url or None)
        self._people()
        self._clock_us = 0
        await self.start()
        return self

    async def __aexit__(self, *exc):
        await self.kill(range(self.workers))
        self.home.close()
        await self.stack.aclose()

    def _now_s(self):
        return SystemClock().now_us() / US + self.pushed

    def _people(self):
        self.key = new_key()

        def make(tx):
            directory.add_domain(tx, "us.example", 1)
            for address in (WRITER, HERE):
                person = directory.add_account(
                    tx, address, name="", language="ko", quota_octets=0, credentials={}, now_us=1
                )
                if address == WRITER:
                    self.app = apps.add(tx, "board", person.id, 1)
            apps.add_key(tx, self.app, self.key.digest, self.key.hint, 1)
            self.hook = webhooks.add(tx, self.app, self.receiver.url, SECRET, 1, inside=True)

        self.home.engine.write_now(make)

    async def start(self):
        """Those that do not live."""
        for number in range(self.workers):
            if self.processes[number] is None:
                await self._start_one(number)

    async def _start_one(self, number):
        """Another program may have one of the ports for a moment."""
        for _ in range(ATTEMPTS):
            if await self._start(number):
                return
            await asyncio.sleep(1)
        raise AssertionError(self._log())

    def _log(self):
        return (self.folder / "log").read_text()

    async def _start(self, number):
        facts = {
            "ports": self.ports[number], "hosts": {host: mx.port for host, mx in self.mxs.items()},
            "pushed": self.pushed, "worker": number, "engine_url": self.engine_url,
        }  # fmt: skip
        with (self.folder / "log").open("ab") as log:
            process = self.processes[number] = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "stress.chaos_node", str(self.data), json.dumps(facts),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
                cwd=TESTS, env={**os.environ, "PYTHONPATH": str(TESTS)},
            )  # fmt: skip
        return await asyncio.wait_for(process.stdout.readline(), READY_S) != b""

    async def kill(self, numbers):
        """kill -9."""
        for number in numbers:
            process, self.processes[number] = self.processes[number], None
            if process is not None and process.returncode is None:
                process.send_signal(signal.SIGKILL)
                await process.wait()

    async def tell(self, **words):
        for process in self.processes:
            process.stdin.write(json.dumps(words).encode() + b"\n")
            await process.stdin.drain()
        for process in self.processes:
            assert await asyncio.wait_for(process.stdout.readline(), ANSWER_S), self._log()

    async def push(self, seconds):
        self.pushed += seconds
        await self.tell(push=seconds)
        await asyncio.sleep(SETTLE_S)

    # ── what happens ──

    async def run(self, hours, steps):
        """So many simulated hours in so many steps, then heal everything and wait for the last word."""
        for step in range(steps):
            await self._trouble(dies=step == steps // 2)
            await asyncio.gather(*(self._hand_in() for _ in range(self.random.randint(1, 3))))
            self._decide()
            await self._send_reports()
            length = hours * 3600 / steps
            await self.push(length)
            self.simulated_s += length
        await self._heal()

    async def _trouble(self, dies):
        chance = self.random.random
        for mx in self.mxs.values():
            if chance() < 0.4:
                mx.trouble = self.random.choice(TROUBLES)
        if chance() < 0.25:
            self.outages += 1
            self.receiver.status = self.random.choice((500, 0, 302))
        elif chance() < 0.5:
            self.receiver.status, self.receiver.mute = 200, chance() < 0.3
        await self.tell(dns=chance() > 0.15)
        self.full = chance() < 0.12
        await self.tell(full=self.full)
        if chance() < 0.1:
            await self.push(self.random.choice((-3_600, 3_600)))  # somebody sets the clock
        if dies or chance() < 0.18:
            self.pushed += KILLED_IN_S
            await self.tell(push=KILLED_IN_S)  # in the midst of what falls due now
            await asyncio.sleep(self.random.random() * SETTLE_S)
            whole = chance() < 0.3
            await self.kill(range(self.workers) if whole else [self.random.randrange(self.workers)])
            self.kills += 1
            if not whole:  # the others go on without it
                await asyncio.sleep(self.random.random() * SETTLE_S)
            await self.start()

    async def _hand_in(self):
        """With a key that makes a second try harmless: who has not heard 250 says the same again."""
        key = f"k{self.random.getrandbits(60)}"
        count = self.random.randint(1, 4)
        recipients = tuple(dict.fromkeys(self._recipient() for _ in range(count)))
        life = self.random.choice(LIVES)
        for _ in range(3):
            with contextlib.suppress(OSError, EOFError):
                said = await self._submit(key, recipients, life)
                if said.startswith("250"):
                    self.promises[key] = Promise(said.rsplit(" ", 1)[1].strip(), recipients)
                    return
            self.refused += 1

    def _recipient(self):
        name = self.random.choice(("ok", "ok", "ok", "dead", "late", "here"))
        if name == "here":
            return HERE
        return f"{name}{self.random.randint(0, 400)}@{self.random.choice(DOMAINS)}"

    async def _submit(self, key, recipients, life):
        login = base64.b64encode(f"\0{WRITER}\0{self.key.text}".encode()).decode()
        letter = (
            f"From: {WRITER}\r\nSubject: {key}\r\nX-Pyeonji-Ref: {key}\r\nX-Pyeonji-Expires-In: {life}\r\n"
            f"X-Pyeonji-Idempotency-Key: {key}\r\n\r\nHello\r\n."
        )
        lines = ["EHLO app.example", f"AUTH PLAIN {login}", f"MAIL FROM:<{WRITER}>"]
        return await self._smtp("submission", [*lines, *(f"RCPT TO:<{one}>" for one in recipients), "DATA", letter])

    async def _smtp(self, service, lines):
        """The last reply."""
        port = self.random.choice(self.ports)[service]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            said = await reply(reader)
            for line in lines:
                writer.write(line.encode() + b"\r\n")
                said = await reply(reader)
                if said[0] not in "23":
                    return said
            return said
        finally:
            writer.close()

    def _decide(self):
        """An administrator stops, lets go and takes back, from a process of his own."""
        if not self.promises or self.random.random() > 0.2 or self.full:
            return
        act = self.random.choice((queue.hold, queue.release, queue.release, queue.cancel))
        rows = self.home.engine.read_now(queue.listing)
        with contextlib.suppress(StoreError):
            for row in rows[:2]:
                self.home.engine.write_now(act, row.message_id, row.n, "chaos", round(self._now_s() * US))

    async def _send_reports(self):
        """What servers have taken for late@ comes back to its return address, until we have taken that."""
        for mx in self.mxs.values():
            for letter in mx.letters:
                late = [one for one in letter.recipients if "<late" in one]
                if late:
                    self.owed_reports.append(letter.mail.partition("<")[2].partition(">")[0])
            mx.letters.clear()
        for back in list(self.owed_reports):
            report = status_report(b"\r\n", to=back).decode() + "\r\n."
            with contextlib.suppress(OSError, EOFError):
                said = await self._smtp("smtp", ["EHLO d.example", "MAIL FROM:<>", f"RCPT TO:<{back}>", "DATA", report])
                if said.startswith("250"):
                    self.owed_reports.remove(back)
                    self.late += 1

    async def _heal(self):
        for mx in self.mxs.values():
            mx.trouble = "fine"
        self.receiver.status, self.receiver.mute, self.full = 200, False, False
        await self.tell(dns=True, full=False)
        for _ in range(80):
            for row in self.home.engine.read_now(queue.listing, states=("held",)):
                self.home.engine.write_now(queue.release, row.message_id, row.n, "", round(self._now_s() * US))
            await self.push(1_800)
            self.simulated_s += 1_800
            await self._send_reports()
            if not self.owed_reports and self._is_quiet():
                return

    def _is_quiet(self):
        hook = self.home.engine.read_now(webhooks.numbered, self.hook)
        waits = self.home.engine.read_now(queue.counts)
        return not sum(waits.values()) and not self.home.engine.read_now(webhooks.owed_count, hook)

    # ── what must be true ──

    def judge(self):
        """Everything against everything; what was counted."""
        assert self.receiver.forged == 0
        heard = self.receiver.once  # the same name, the same octets
        rows = collections.defaultdict(list)
        for one in heard:
            data = one["data"]
            if "message" not in data:
                continue  # of a domain: its records came and went with the DNS
            rows[data["message"], data["address"]].append((data["sequence"], one["type"], data.get("revision")))
        promised = {(one.receipt, address) for one in self.promises.values() for address in one.recipients}
        unheard = promised - set(rows)
        assert not unheard, unheard
        assert {message for message, _ in rows} == {one.receipt for one in self.promises.values()}
        late = 0
        for whose, row in rows.items():
            assert [sequence for sequence, _, _ in row] == list(range(1, len(row) + 1)), (whose, row)
            finals = [revision for _, kind, revision in row if kind == ENDED]
            assert finals in ([1], [1, 2]), (whose, row)
            late += finals == [1, 2]
        stored = self._stored()
        assert stored == {name for name, _ in self.receiver.got}
        return {
            "hours": round(self.simulated_s / 3600), "kills": self.kills, "outages": self.outages,
            "letters": len(self.promises), "recipients": len(promised), "refused": self.refused, "events": len(heard),
            "requests": len(self.receiver.asked), "again": len(self.receiver.got) - len(heard), "late": late,
        }  # fmt: skip

    def _stored(self):
        found, cursor = set(), 0
        while page := self.home.engine.read_now(told.after, self.app, cursor, 500):
            found |= {item.name for item in page}
            cursor = page[-1].id
        return found


async def reply(reader):
    while line := (await asyncio.wait_for(reader.readline(), ANSWER_S)).decode():
        if line[3:4] != "-":
            return line
    raise EOFError
