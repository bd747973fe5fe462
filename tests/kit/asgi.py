"""Asking an ASGI application without a network: one request, one answer."""

import asyncio
import json as json_module
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes
    lines: tuple = ()  # of each Set-Cookie

    @property
    def cookies(self):
        """(name, value) of each; "" takes it back."""
        pairs = (line.partition(";")[0].split("=", 1) for line in self.lines)
        return [(name, value.strip('"')) for name, value in pairs]

    @property
    def json(self):
        return json_module.loads(self.body)


async def ask(app, method, target, *, json=None, body=b"", key="", headers=None, peer="192.0.2.1", host="mail.a.test",
              heard=None, unfinished=False):  # fmt: skip
    """`body` may be octets or a list of pieces, whose rest does not come when `unfinished`; fields in lower case."""
    fields = {"host": host} | ({"authorization": f"Bearer {key}"} if key else {}) | (headers or {})
    if json is not None:
        body = json_module.dumps(json).encode()
        fields.setdefault("content-type", "application/json")
    pieces = [body] if isinstance(body, bytes) else list(body)
    fields.setdefault("content-length", str(sum(map(len, pieces))))
    split, sent = urlsplit(target), []

    async def receive():
        if not pieces:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces) or unfinished}

    async def send(message):
        sent.append(message)
        if heard is not None:
            heard(message.get("body", b""))

    scope = {
        "type": "http", "method": method, "path": unquote(split.path), "raw_path": split.path.encode(),
        "query_string": split.query.encode(), "http_version": "1.1", "scheme": "http", "server": (host, 80),
        "client": (peer, 1), "root_path": "",
        "headers": [(name.lower().encode(), str(value).encode("latin-1")) for name, value in fields.items()],
    }  # fmt: skip
    await app(scope, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    return Answer(
        start["status"],
        {name.decode(): value.decode() for name, value in start["headers"]},
        b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body"),
        tuple(value.decode() for name, value in start["headers"] if name == b"set-cookie"),
    )
