"""What the client does, without doing I/O: each operation yields requests (or pauses) and gets answers.

So that the blocking and the awaiting client are one text; `client` drives it.
"""

from __future__ import annotations

import base64
import json
import random
import re
import secrets
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import formataddr, parseaddr
from pathlib import Path
from typing import Any, TypeVar, Union
from urllib.parse import urlencode

from pyeonji_client.errors import Invalid, NotFound, PyeonjiError, RateLimited, Unavailable, error_of
from pyeonji_client.models import Event, Explanation, Outcome

T = TypeVar("T")

NUMBER = re.compile(r"[0-9A-Za-z-]{1,40}")
VISIBLE = re.compile(r"[!-~]{1,255}")  # what a key may be, of either kind; nothing that begins another field
RETRIES = 4  # of what may be tried again; with the pauses below some 8 seconds
FIRST_PAUSE_S = 0.5  # doubled each time, with some chance
MOST_PAUSE_S = 10.0
LONGEST_POLL_S = 30.0  # seconds the server keeps one question; a longer wait asks again


@dataclass(frozen=True)
class Request:
    """`path` is below /api/v1.  `wait`: seconds the server may answer late on purpose."""

    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0


@dataclass(frozen=True)
class Answer:
    """`status` 0: the server could not be reached, and `text` says why."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def retry_after(self) -> float:
        said = self.headers.get("retry-after", "")
        return float(said) if said.isascii() and said.isdecimal() else 0.0

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.text) if self.text else {}
        except ValueError:
            return {}


@dataclass(frozen=True)
class Pause:
    """Do nothing for so many seconds."""

    seconds: float


Step = Union[Request, Pause]
Talk = Generator[Step, Answer, T]
Address = Union[str, "tuple[str, str]"]
Addresses = Union[Address, Sequence[Address]]


def asked(request: Request) -> Talk[Answer]:
    """The answer, after as many tries as may help.  Raises PyeonjiError."""
    for attempt in range(RETRIES + 1):
        answer = yield request
        if 200 <= answer.status < 300:
            return answer
        problem = answer.json
        if answer.status == 0:
            error: PyeonjiError = Unavailable(answer.text, fix="is the server there, and the address right?")
        else:
            error = error_of(answer.status, problem if isinstance(problem, dict) else {}, answer.retry_after)
        passes = isinstance(error, (RateLimited, Unavailable)) or error.code == "idempotency_in_progress"
        if not passes or attempt == RETRIES or answer.retry_after > MOST_PAUSE_S:
            raise error  # whoever called is not kept for minutes: `retry_after` says when
        pause = min(FIRST_PAUSE_S * 2**attempt, MOST_PAUSE_S) * (0.5 + random.random())
        yield Pause(max(pause, answer.retry_after))
    raise AssertionError("unreachable")


def send(
    *,
    to: Addresses,
    subject: str,
    from_: Address | None,
    text: str | None,
    html: str | None,
    cc: Addresses,
    bcc: Addresses,
    reply_to: Addresses,
    headers: Mapping[str, str] | None,
    attachments: Iterable[Any],
    ref: str | None,
    tags: Sequence[str],
    metadata: Mapping[str, Any] | None,
    expires_in: str | float | timedelta | None,
    idempotency_key: str | None,
) -> Talk[Answer]:
    said: dict[str, Any] = {
        "from": written(from_) if from_ else None, "to": many(to), "cc": many(cc), "bcc": many(bcc),
        "reply_to": many(reply_to), "subject": subject, "text": text, "html": html,
        "headers": dict(headers or {}), "attachments": [attached(one) for one in attachments],
        "ref": ref, "tags": list(tags), "metadata": dict(metadata or {}), "expires_in": lasting(expires_in),
    }  # fmt: skip
    body = json.dumps({name: value for name, value in said.items() if value}, ensure_ascii=False).encode()
    return (yield from asked(_post("/messages", body, "application/json", idempotency_key)))


def send_raw(
    octets: bytes, recipients: Sequence[str], idempotency_key: str | None, options: Mapping[str, str | None]
) -> Talk[Answer]:
    """A letter that was made already; `recipients` are its envelope, or those it names."""
    query = urlencode([*(("to", one) for one in recipients), *((n, v) for n, v in options.items() if v)])
    path = "/messages" + (f"?{query}" if query else "")
    return (yield from asked(_post(path, octets, "message/rfc822", idempotency_key)))


def _post(path: str, body: bytes, kind: str, idempotency_key: str | None) -> Request:
    # Always with a key: only so may a request whose answer was lost be sent again.
    key = idempotency_key or f"client/{secrets.token_urlsafe(18)}"
    if not VISIBLE.fullmatch(key):
        raise Invalid("a key has 1 to 255 visible ASCII characters", code="invalid", field="idempotency-key")
    return Request("POST", path, body, {"content-type": kind, "idempotency-key": key})


def _named(letter: str) -> str:
    """A letter's number, as it stands in a path; what is none (it may be a visitor's words) leads nowhere else."""
    if not NUMBER.fullmatch(letter):
        raise NotFound(f"{letter[:40]!r} is no number of a letter", code="not_found")
    return letter


def outcome(letter: str) -> Talk[Outcome]:
    answer = yield from asked(Request("GET", f"/messages/{_named(letter)}"))
    return Outcome.of(answer.json)


def wait(letter: str, timeout: float, now: Any) -> Talk[Outcome]:
    """Asked again and again, as long as the server lets one question wait."""
    until = now() + timeout
    while True:
        left = max(0.0, min(until - now(), LONGEST_POLL_S))
        path = f"/messages/{_named(letter)}?" + urlencode({"wait": "final", "timeout": int(left)})
        answer = yield from asked(Request("GET", path if left >= 1 else f"/messages/{_named(letter)}", wait=left))
        found = Outcome.of(answer.json)
        if not found.pending or now() >= until:
            return found
        if left < 1:
            yield Pause(min(0.2, max(0.0, until - now())))


def find(**wanted: Any) -> Talk[list[Outcome]]:
    """All pages."""
    found: list[Outcome] = []
    page = {name: value for name, value in wanted.items() if value}
    while True:
        data = (yield from asked(Request("GET", "/messages?" + urlencode(page)))).json
        found += map(Outcome.of, data["data"])
        if not data.get("next"):
            return found
        page["after"] = data["next"]


def journey(letter: str) -> Talk[Any]:
    return (yield from asked(Request("GET", f"/messages/{_named(letter)}/journey"))).json


def journey_text(letter: str) -> Talk[str]:
    request = Request("GET", f"/messages/{_named(letter)}/journey", headers={"accept": "text/plain"})
    return (yield from asked(request)).text


def cancel(letter: str) -> Talk[None]:
    yield from asked(Request("DELETE", f"/messages/{_named(letter)}"))


def retry(letter: str, n: int) -> Talk[None]:
    yield from asked(Request("POST", f"/messages/{_named(letter)}/recipients/{n}/retry"))


def support_code(letter: str) -> Talk[str]:
    body = json.dumps({"message": letter or None}).encode()
    answer = yield from asked(Request("POST", "/support-codes", body, {"content-type": "application/json"}))
    return str(answer.json["display_code"])


def events(after: str | None, types: Sequence[str], limit: int) -> Talk[tuple[list[Event], str | None]]:
    """A page of events and the cursor behind it."""
    page = {"after": after, "type": ",".join(types), "limit": limit}
    path = "/events?" + urlencode({name: value for name, value in page.items() if value})
    data = (yield from asked(Request("GET", path))).json
    return [Event.of(str(one.get("id", "")), one) for one in data["data"]], data.get("next")


def explain(reply: str) -> Talk[Explanation]:
    body = json.dumps({"reply": reply}, ensure_ascii=False).encode()
    data = (yield from asked(Request("POST", "/explain", body, {"content-type": "application/json"}))).json
    return Explanation(str(data.get("cause") or ""), str(data.get("actor") or ""), data)


# ── what a letter is written with ──


def written(address: Address) -> str:
    """ "minsu@a.example", "Minsu <minsu@a.example>", or a pair of name and address; Hangul stays Hangul."""
    if isinstance(address, str):
        return address
    name, plain = address
    return f"{_quoted(name)} <{plain}>" if name else plain


def _quoted(name: str) -> str:
    if name.isascii():
        return formataddr((name, "a@b")).rpartition(" ")[0]
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def many(addresses: Addresses) -> list[str]:
    """One address, a pair of name and address, or a list of such."""
    if isinstance(addresses, str):
        return [addresses] if addresses else []
    given = list(addresses)
    if len(given) == 2 and all(isinstance(one, str) for one in given) and _is_pair(given[0], given[1]):
        return [written((str(given[0]), str(given[1])))]
    return [written(one) for one in given]


def _is_pair(name: Any, address: Any) -> bool:
    return isinstance(addresses_of(address), str) and "@" not in str(name)


def addresses_of(address: Any) -> str | None:
    return parseaddr(str(address))[1] or None


def attached(one: Any) -> dict[str, Any]:
    """A path, a pair (file name, octets), a triple (file name, octets, media type), or the server's own JSON."""
    if isinstance(one, Mapping):
        return dict(one)
    if isinstance(one, (str, Path)):
        path = Path(one)
        return {"filename": path.name, "content": base64.b64encode(path.read_bytes()).decode()}
    name, octets, *kind = one
    content = octets.encode() if isinstance(octets, str) else octets
    made = {"filename": name, "content": base64.b64encode(content).decode()}
    return {**made, "content_type": kind[0]} if kind and kind[0] else made


def lasting(expires_in: str | float | timedelta | None) -> str | None:
    """ "15m", seconds, or a timedelta."""
    if expires_in is None or isinstance(expires_in, str):
        return expires_in
    seconds = expires_in.total_seconds() if isinstance(expires_in, timedelta) else expires_in
    return f"{int(seconds)}s"
