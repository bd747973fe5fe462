"""The control socket: one JSON line in, one JSON line out, for the commands of the same account.

Everything a command changes is in the store before it speaks here; the socket only says "look again" and tells what
only a running process knows.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from pyeonji.net.stream import Stream

MAX_REQUEST = 64 * 1024  # octets
ANSWER_S = 30.0  # seconds for one request

Action = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class Control:
    """Answers requests {"do": NAME, ...} by the action of that name."""

    def __init__(self, actions: dict[str, Action]) -> None:
        self.actions = actions

    async def serve(self, stream: Stream) -> None:
        stream.set_deadline(ANSWER_S)
        line = b""
        while b"\n" not in line and len(line) <= MAX_REQUEST:
            octets = await stream.read()
            if not octets:
                return
            line += octets
        answer = await self._answer(line.partition(b"\n")[0])
        await stream.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
        except ValueError:
            return {"error": "not JSON"}
        if not isinstance(request, dict):
            return {"error": "not an object"}
        action = self.actions.get(str(request.get("do", "")))
        if action is None:
            return {"error": f"unknown request; known: {', '.join(sorted(self.actions))}", "unknown": True}
        return await action(request)
