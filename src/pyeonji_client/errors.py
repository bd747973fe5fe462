"""What can go wrong between an application and its mail server.  That a letter is not delivered is no error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class PyeonjiError(Exception):
    """`code` is stable and for programs, the text for people, `fix` says what to do."""

    def __init__(self, text: str, *, code: str = "", status: int = 0, fix: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.status = status
        self.fix = fix

    def __str__(self) -> str:
        text = super().__str__()
        return f"{text} ({self.fix})" if self.fix else text


class Unauthorized(PyeonjiError):
    """The key is missing, wrong or not good for this."""


class NotFound(PyeonjiError):
    """There is no such thing, or it is somebody else's."""


class Invalid(PyeonjiError):
    """The request cannot be obeyed; `field` is what to change."""

    def __init__(self, text: str, *, field: str = "", **rest: Any) -> None:
        super().__init__(text, **rest)
        self.field = field


class IdempotencyConflict(PyeonjiError):
    """The same idempotency key came with another letter."""


class RateLimited(PyeonjiError):
    """Too much at once; again in `retry_after` seconds."""

    def __init__(self, text: str, *, retry_after: float = 0.0, **rest: Any) -> None:
        super().__init__(text, **rest)
        self.retry_after = retry_after


class Unavailable(PyeonjiError):
    """The server cannot be reached, or cannot work now; the client has tried several times."""


class BadSignature(PyeonjiError):
    """A webhook that is not from our server, or is too old."""


def error_of(status: int, problem: Mapping[str, Any], retry_after: float) -> PyeonjiError:
    """The exception for an answer that is no success (RFC 9457)."""
    code = str(problem.get("code", ""))
    text = str(problem.get("detail") or problem.get("title") or f"the server answered {status}")
    rest: dict[str, Any] = {"code": code, "status": status, "fix": str(problem.get("fix") or "")}
    if status in (401, 403) and code != "from_domain_not_yours":
        return Unauthorized(text, **rest)
    if status == 404:
        return NotFound(text, **rest)
    if code.startswith("idempotency_"):
        return IdempotencyConflict(text, **rest)
    if status == 429:
        return RateLimited(text, retry_after=retry_after, **rest)
    if status >= 500:
        return Unavailable(text, **rest)
    return Invalid(text, field=str(problem.get("near") or ""), **rest)
