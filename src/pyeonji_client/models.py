"""Letters, their recipients, what became of them: as the server's JSON says it, with the names that programs want.

Unknown fields are ignored; `data` of each is the JSON as it came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyeonji_client.client import AsyncPyeonji, Pyeonji

JSON = Mapping[str, Any]


def instant(text: str | None) -> datetime | None:
    """RFC 3339; None stays None."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None


@dataclass(frozen=True)
class Reply:
    """What the other server said, word for word."""

    code: int
    enhanced: str  # RFC 3463, "5.1.1"; "" for none
    text: str
    host: str
    phase: str

    @classmethod
    def of(cls, data: JSON | None) -> Reply | None:
        if not data:
            return None
        return cls(
            int(data.get("code") or 0), str(data.get("enhanced") or ""), str(data.get("text") or ""),
            str(data.get("from_host") or ""), str(data.get("phase") or ""),
        )  # fmt: skip


@dataclass(frozen=True)
class Recipient:
    """One recipient of a letter, and what is true of him now."""

    n: int
    address: str
    status: str  # queued, held, sending, deferred, delivered, failed, bounced, suppressed, cancelled
    final: bool
    certainty: str  # of delivered: in_mailbox or handed_over
    cause: str  # key of the cause catalogue, "" for none
    actor: str  # who must act
    attempts: int
    next_attempt_at: datetime | None
    gives_up_at: datetime | None
    reply: Reply | None
    data: JSON = field(repr=False, compare=False, default_factory=dict)

    @classmethod
    def of(cls, data: JSON) -> Recipient:
        return cls(
            n=int(data["n"]), address=str(data["address"]), status=str(data["status"]),
            final=bool(data.get("final", data["status"] in FINAL)), certainty=str(data.get("certainty") or ""),
            cause=str(data.get("cause") or ""), actor=str(data.get("actor") or ""),
            attempts=int(data.get("attempts") or 0), next_attempt_at=instant(data.get("next_attempt_at")),
            gives_up_at=instant(data.get("gives_up_at")), reply=Reply.of(data.get("reply")), data=data,
        )  # fmt: skip

    @property
    def delivered(self) -> bool:
        return self.status == "delivered"

    def explain(self, language: str = "en") -> str:
        """What happened, in one sentence; "" when there is nothing to say."""
        return _in(self.data.get("explanation"), language)

    def action(self, language: str = "en") -> str:
        """What whoever must act should do."""
        return _in(self.data.get("action"), language)


FINAL = frozenset({"delivered", "failed", "bounced", "suppressed", "cancelled"})


def _in(sentences: JSON | None, language: str) -> str:
    return str((sentences or {}).get(language) or "")


@dataclass(frozen=True)
class Outcome:
    """What is known of a letter at one moment: of all its recipients."""

    id: str
    recipients: tuple[Recipient, ...]
    data: JSON = field(repr=False, compare=False, default_factory=dict)

    @classmethod
    def of(cls, data: JSON) -> Outcome:
        return cls(str(data["id"]), tuple(map(Recipient.of, data["recipients"])), data)

    @property
    def delivered(self) -> bool:
        """Every recipient's server has it."""
        return all(one.delivered for one in self.recipients)

    @property
    def pending(self) -> bool:
        """Of some recipient nothing final is known."""
        return any(not one.final for one in self.recipients)

    @property
    def failed(self) -> bool:
        """Some recipient does not get it."""
        return any(one.final and not one.delivered for one in self.recipients)

    @property
    def certainty(self) -> str:
        """What is sure of all of them: in_mailbox, handed_over, or "" while anything is missing."""
        if not self.delivered:
            return ""
        return "in_mailbox" if all(one.certainty == "in_mailbox" for one in self.recipients) else "handed_over"

    @property
    def next_attempt_at(self) -> datetime | None:
        return min((one.next_attempt_at for one in self.recipients if one.next_attempt_at), default=None)

    @property
    def worst(self) -> Recipient | None:
        """Whom to speak of first: one who does not get it, else one who waits, else the first."""
        order: Iterable[Recipient] = sorted(self.recipients, key=lambda one: (one.delivered, not one.final))
        return next(iter(order), None)

    @property
    def cause(self) -> str:
        return self.worst.cause if self.worst else ""

    def explain(self, language: str = "en") -> str:
        return self.worst.explain(language) if self.worst else ""

    def action(self, language: str = "en") -> str:
        return self.worst.action(language) if self.worst else ""


@dataclass(frozen=True)
class Taken:
    """A letter the server has taken: it is on its disk."""

    id: str
    display_id: str
    message_id: str
    journey_url: str
    ref: str
    recipients: tuple[Recipient, ...]
    warnings: tuple[JSON, ...]
    replayed: bool  # the same idempotency key had brought it before
    data: JSON = field(repr=False, compare=False, default_factory=dict)

    @staticmethod
    def fields(data: JSON, replayed: bool) -> dict[str, Any]:
        return {
            "id": str(data["id"]), "display_id": str(data.get("display_id") or data["id"]),
            "message_id": str(data.get("message_id") or ""), "journey_url": str(data.get("journey_url") or ""),
            "ref": str(data.get("ref") or ""), "recipients": tuple(map(Recipient.of, data.get("recipients", ()))),
            "warnings": tuple(data.get("warnings", ())), "replayed": replayed, "data": data,
        }  # fmt: skip


@dataclass(frozen=True)
class Letter(Taken):
    """See Taken; of the client that waits."""

    client: Pyeonji | None = field(repr=False, compare=False, default=None)

    def wait(self, timeout: float = 30.0) -> Outcome:
        """Until everything is final, or `timeout` seconds are over.  That it is not delivered raises nothing."""
        assert self.client is not None
        return self.client.wait(self.id, timeout=timeout)


@dataclass(frozen=True)
class AsyncLetter(Taken):
    """See Taken; of the client that is awaited."""

    client: AsyncPyeonji | None = field(repr=False, compare=False, default=None)

    async def wait(self, timeout: float = 30.0) -> Outcome:
        """Until everything is final, or `timeout` seconds are over.  That it is not delivered raises nothing."""
        assert self.client is not None
        return await self.client.wait(self.id, timeout=timeout)


@dataclass(frozen=True)
class Explanation:
    """What a reply of a mail server means."""

    cause: str
    actor: str
    data: JSON = field(repr=False, compare=False, default_factory=dict)

    def explain(self, language: str = "en") -> str:
        return _in(self.data.get("explanation"), language)

    def action(self, language: str = "en") -> str:
        return _in(self.data.get("action"), language)


@dataclass(frozen=True)
class Event:
    """Something an application is told, by a webhook or by `events`."""

    id: str  # the same whenever it is sent again
    type: str  # "email.final"
    at: datetime | None
    message: str
    recipient: int
    address: str
    ref: str
    outcome: str  # of email.final
    certainty: str
    cause: str
    sequence: int  # of this recipient
    revision: int  # of email.final: greater than 1 when a late bounce says otherwise
    reply: Reply | None
    metadata: JSON
    tags: tuple[str, ...]
    data: JSON = field(repr=False, compare=False, default_factory=dict)

    @classmethod
    def of(cls, event_id: str, body: JSON) -> Event:
        data = body.get("data") or {}
        return cls(
            id=event_id, type=str(body.get("type") or ""), at=instant(body.get("timestamp")),
            message=str(data.get("message") or ""), recipient=int(data.get("recipient") or 0),
            address=str(data.get("address") or ""), ref=str(data.get("ref") or ""),
            outcome=str(data.get("outcome") or ""), certainty=str(data.get("certainty") or ""),
            cause=str(data.get("cause") or ""), sequence=int(data.get("sequence") or 0),
            revision=int(data.get("revision") or 0), reply=Reply.of(data.get("reply")),
            metadata=data.get("metadata") or {}, tags=tuple(data.get("tags") or ()), data=data,
        )  # fmt: skip

    @property
    def final(self) -> bool:
        return self.type == "email.final"

    @property
    def delivered(self) -> bool:
        return self.outcome == "delivered"

    def explain(self, language: str = "en") -> str:
        return _in(self.data.get("explanation"), language)

    def action(self, language: str = "en") -> str:
        return _in(self.data.get("action"), language)
