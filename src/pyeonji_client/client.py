"""The two clients: one blocks, one is awaited; what they say stands in `calls`."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any, TypeVar

import httpx

from pyeonji_client import calls, webhook
from pyeonji_client.calls import VISIBLE, Address, Addresses, Answer, Pause, Request, Talk
from pyeonji_client.errors import Unauthorized
from pyeonji_client.models import AsyncLetter, Event, Explanation, Letter, Outcome

T = TypeVar("T")

LAB = ("http://127.0.0.1:8025", "lab")  # where a lab of this machine listens, and its key
TIMEOUT_S = 30.0
API = "/api/v1"


class _Settings:
    """Where the server is, and who we are."""

    def __init__(self, url: str | None, key: str | None, webhook_secret: str | Sequence[str] | None) -> None:
        self.url = (url or os.environ.get("PYEONJI_URL") or LAB[0]).rstrip("/")
        self._key = (key or os.environ.get("PYEONJI_KEY") or "").strip() or (LAB[1] if self.url == LAB[0] else "")
        if self._key and not VISIBLE.fullmatch(self._key):  # whoever refuses it later would say what it was
            raise Unauthorized("the key has characters that no key has", code="key_unknown", fix="copy it whole")
        self._webhook_secret = webhook_secret or os.environ.get("PYEONJI_WEBHOOK_SECRET") or ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"  # the key is nobody's business

    def verify_webhook(self, headers: Mapping[str, str], body: bytes | str) -> Event:
        """The event of a webhook's request; raises BadSignature."""
        return webhook.verify(headers, body, self._webhook_secret)

    def _arguments(self, request: Request, timeout: float) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self._key}", "accept": "application/json", **request.headers}
        if not self._key:
            del headers["authorization"]
        return {
            "method": request.method, "url": f"{self.url}{API}{request.path}", "content": request.body,
            "headers": headers, "timeout": timeout + request.wait,
        }  # fmt: skip


def _answer(response: httpx.Response) -> Answer:
    return Answer(response.status_code, response.headers, response.text)


def _unreachable(error: httpx.HTTPError) -> Answer:
    return Answer(0, {}, str(error) or type(error).__name__)


class Pyeonji(_Settings):
    """A mail server, for programs that wait.  May be used by several threads.

    Without arguments: PYEONJI_URL and PYEONJI_KEY, else the lab of this machine.
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        webhook_secret: str | Sequence[str] | None = None,
        timeout: float = TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__(url, key, webhook_secret)
        self._timeout = timeout
        self._transport = transport
        self._http = httpx.Client(transport=transport)

    def close(self) -> None:
        """End the connections.  Whoever asks again (a letter may be waited for long after) opens new ones."""
        self._http.close()

    def __enter__(self) -> Pyeonji:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def _run(self, talk: Talk[T]) -> T:
        try:
            step = next(talk)
            while True:
                if isinstance(step, Pause):
                    time.sleep(step.seconds)
                    step = next(talk)
                else:
                    step = talk.send(self._answered(step))
        except StopIteration as end:
            result: T = end.value
            return result

    def _answered(self, request: Request) -> Answer:
        if self._http.is_closed:
            self._http = httpx.Client(transport=self._transport)
        try:
            return _answer(self._http.request(**self._arguments(request, self._timeout)))
        except httpx.HTTPError as error:
            return _unreachable(error)

    def send(
        self, *, to: Addresses, subject: str = "", from_: Address | None = None, text: str | None = None,
        html: str | None = None, cc: Addresses = (), bcc: Addresses = (), reply_to: Addresses = (),
        headers: Mapping[str, str] | None = None, attachments: Iterable[Any] = (), ref: str | None = None,
        tags: Sequence[str] = (), metadata: Mapping[str, Any] | None = None,
        expires_in: str | float | timedelta | None = None, idempotency_key: str | None = None,
    ) -> Letter:  # fmt: skip
        """Hand a letter to the server: when this returns, it is on the server's disk.  Raises PyeonjiError.

        Addresses: "a@b.example", "Name <a@b.example>", ("Name", "a@b.example"), or a list of such.  Attachments: a
        path, (file name, octets) or (file name, octets, media type).  `expires_in`: "15m", seconds or a timedelta.
        """
        return self._letter(self._run(calls.send(
            to=to, subject=subject, from_=from_, text=text, html=html, cc=cc, bcc=bcc, reply_to=reply_to,
            headers=headers, attachments=attachments, ref=ref, tags=tags, metadata=metadata, expires_in=expires_in,
            idempotency_key=idempotency_key,
        )))  # fmt: skip

    def send_raw(
        self,
        octets: bytes,
        recipients: Sequence[str] = (),
        *,
        idempotency_key: str | None = None,
        **options: str | None,
    ) -> Letter:
        """The same for a letter that was made already (RFC 5322); without `recipients` those it names get it."""
        return self._letter(self._run(calls.send_raw(octets, recipients, idempotency_key, options)))

    def _letter(self, answer: Answer) -> Letter:
        replayed = answer.headers.get("idempotent-replayed") == "true"
        return Letter(**Letter.fields(answer.json, replayed), client=self)

    def outcome(self, letter: str) -> Outcome:
        """What is true of a letter now."""
        return self._run(calls.outcome(letter))

    def wait(self, letter: str, *, timeout: float = 30.0) -> Outcome:
        """The same when everything is final, or `timeout` seconds are over."""
        return self._run(calls.wait(letter, timeout, time.monotonic))

    def find(self, *, ref: str = "", to: str = "", status: str = "", cause: str = "", tag: str = "") -> list[Outcome]:
        """Letters of this application, the newest first."""
        return self._run(calls.find(ref=ref, to=to, status=status, cause=cause, tag=tag))

    def journey(self, letter: str) -> Any:
        """Everything that happened to it, as JSON."""
        return self._run(calls.journey(letter))

    def journey_text(self, letter: str) -> str:
        """The same as text."""
        return self._run(calls.journey_text(letter))

    def cancel(self, letter: str) -> None:
        """Take back what has not been handed over."""
        self._run(calls.cancel(letter))

    def retry(self, letter: str, recipient: int = 1) -> None:
        """Try at once what waits."""
        self._run(calls.retry(letter, recipient))

    def support_code(self, letter: str = "") -> str:
        """A number to show to whoever asked for a letter, alike whether it was made or (without `letter`) not."""
        return self._run(calls.support_code(letter))

    def events(
        self, after: str | None = None, *, types: Sequence[str] = (), limit: int = 100
    ) -> tuple[list[Event], str | None]:
        """What happened since the cursor `after`, and the next cursor: what a webhook has missed."""
        return self._run(calls.events(after, types, limit))

    def explain(self, reply: str) -> Explanation:
        """What a mail server's reply means."""
        return self._run(calls.explain(reply))


class AsyncPyeonji(_Settings):
    """The same to be awaited."""

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        webhook_secret: str | Sequence[str] | None = None,
        timeout: float = TIMEOUT_S,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        super().__init__(url, key, webhook_secret)
        self._timeout = timeout
        self._transport = transport
        self._http = httpx.AsyncClient(transport=transport)

    async def close(self) -> None:
        """End the connections.  Whoever asks again opens new ones."""
        await self._http.aclose()

    async def __aenter__(self) -> AsyncPyeonji:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        await self.close()

    async def _run(self, talk: Talk[T]) -> T:
        try:
            step = next(talk)
            while True:
                if isinstance(step, Pause):
                    await asyncio.sleep(step.seconds)
                    step = next(talk)
                else:
                    step = talk.send(await self._answered(step))
        except StopIteration as end:
            result: T = end.value
            return result

    async def _answered(self, request: Request) -> Answer:
        if self._http.is_closed:
            self._http = httpx.AsyncClient(transport=self._transport)
        try:
            return _answer(await self._http.request(**self._arguments(request, self._timeout)))
        except httpx.HTTPError as error:
            return _unreachable(error)

    async def send(
        self, *, to: Addresses, subject: str = "", from_: Address | None = None, text: str | None = None,
        html: str | None = None, cc: Addresses = (), bcc: Addresses = (), reply_to: Addresses = (),
        headers: Mapping[str, str] | None = None, attachments: Iterable[Any] = (), ref: str | None = None,
        tags: Sequence[str] = (), metadata: Mapping[str, Any] | None = None,
        expires_in: str | float | timedelta | None = None, idempotency_key: str | None = None,
    ) -> AsyncLetter:  # fmt: skip
        """See Pyeonji.send."""
        return self._letter(await self._run(calls.send(
            to=to, subject=subject, from_=from_, text=text, html=html, cc=cc, bcc=bcc, reply_to=reply_to,
            headers=headers, attachments=attachments, ref=ref, tags=tags, metadata=metadata, expires_in=expires_in,
            idempotency_key=idempotency_key,
        )))  # fmt: skip

    async def send_raw(
        self,
        octets: bytes,
        recipients: Sequence[str] = (),
        *,
        idempotency_key: str | None = None,
        **options: str | None,
    ) -> AsyncLetter:
        """See Pyeonji.send_raw."""
        return self._letter(await self._run(calls.send_raw(octets, recipients, idempotency_key, options)))

    def _letter(self, answer: Answer) -> AsyncLetter:
        replayed = answer.headers.get("idempotent-replayed") == "true"
        return AsyncLetter(**AsyncLetter.fields(answer.json, replayed), client=self)

    async def outcome(self, letter: str) -> Outcome:
        """What is true of a letter now."""
        return await self._run(calls.outcome(letter))

    async def wait(self, letter: str, *, timeout: float = 30.0) -> Outcome:
        """The same when everything is final, or `timeout` seconds are over."""
        return await self._run(calls.wait(letter, timeout, time.monotonic))

    async def find(
        self, *, ref: str = "", to: str = "", status: str = "", cause: str = "", tag: str = ""
    ) -> list[Outcome]:
        """Letters of this application, the newest first."""
        return await self._run(calls.find(ref=ref, to=to, status=status, cause=cause, tag=tag))

    async def journey(self, letter: str) -> Any:
        """Everything that happened to it, as JSON."""
        return await self._run(calls.journey(letter))

    async def journey_text(self, letter: str) -> str:
        """The same as text."""
        return await self._run(calls.journey_text(letter))

    async def cancel(self, letter: str) -> None:
        """Take back what has not been handed over."""
        await self._run(calls.cancel(letter))

    async def retry(self, letter: str, recipient: int = 1) -> None:
        """Try at once what waits."""
        await self._run(calls.retry(letter, recipient))

    async def support_code(self, letter: str = "") -> str:
        """A number to show to whoever asked for a letter, alike whether it was made or (without `letter`) not."""
        return await self._run(calls.support_code(letter))

    async def events(
        self, after: str | None = None, *, types: Sequence[str] = (), limit: int = 100
    ) -> tuple[list[Event], str | None]:
        """What happened since the cursor `after`, and the next cursor: what a webhook has missed."""
        return await self._run(calls.events(after, types, limit))

    async def explain(self, reply: str) -> Explanation:
        """What a mail server's reply means."""
        return await self._run(calls.explain(reply))
