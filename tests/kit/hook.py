"""A receiver of webhooks on a real socket: it verifies as the standard wants, and fails on demand."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from standardwebhooks import Webhook

from kit.patience import PATIENCE_S

TOLERANCE_S = 300


@dataclass
class Receiver:
    """`answers` are statuses said one after the other, then `status` for ever; 0 hangs up.  `now_s` is its clock."""

    secret: str = ""
    status: int = 200
    answers: list = field(default_factory=list)
    refuses: set = field(default_factory=set)  # types it answers with 500
    got: list = field(default_factory=list)  # (name, body) of everything that was verified and taken
    asked: list = field(default_factory=list)  # names of all requests
    mute: bool = False  # it takes what comes, and hangs up before it has said so
    forged: int = 0  # signed by somebody else
    untimely: int = 0  # signed by us, at another time than now
    fields: str = ""  # of its answers, each with a line end
    holds: asyncio.Event | None = None  # it answers when this is set
    port: int = 0
    now_s: Callable[[], float] = lambda: 0.0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hooks/mail"

    @property
    def once(self):
        """What it took, each name once; the same name always had the same octets."""
        found = {}
        for name, body in self.got:
            assert found.setdefault(name, body) == body, name
        return [json.loads(body) for body in found.values()]

    async def __aenter__(self):
        self._news = asyncio.Event()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc):
        self._server.close()
        await self._server.wait_closed()

    async def until(self, kind, count=1):
        """So many of this type were taken."""
        async with asyncio.timeout(PATIENCE_S):
            while sum(one["type"] == kind for one in self.once) < count:
                self._news.clear()
                await self._news.wait()

    async def _serve(self, reader, writer):
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            body = await reader.readexactly(int(fields["Content-Length"]))
            status = self.answers.pop(0) if self.answers else self.status
            self.asked.append(fields["webhook-id"])
            if self._is_ours(fields, body):
                if json.loads(body)["type"] in self.refuses:
                    status = 500
                if 200 <= status < 300:
                    self.got.append((fields["webhook-id"], body))
                    self._news.set()
            else:
                status = 401
            if self.holds is not None:
                await self.holds.wait()
            if status and not self.mute:
                writer.write(f"HTTP/1.1 {status} said\r\n{self.fields}Content-Length: 4\r\n\r\nwell".encode())
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _is_ours(self, fields, body):
        """As the library of the standard does it, by a clock that may be pushed."""
        stamp = int(fields["webhook-timestamp"])
        wanted = Webhook(self.secret).sign(fields["webhook-id"], datetime.fromtimestamp(stamp, UTC), body.decode())
        if wanted not in fields["webhook-signature"].split(" "):
            self.forged += 1
            return False
        if abs(stamp - self.now_s()) > TOLERANCE_S:
            self.untimely += 1
            return False
        return True
