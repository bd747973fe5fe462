"""`delivery` is sent for each webhook whose signature is good.

A receiver gets `event`, a pyeonji_client.Event that also wears django-anymail's names (event_type, message_id,
recipient, reject_reason, description, mta_response, metadata, tags, timestamp, event_id, esp_event), so that code moves
between the two, and `esp_name`, "pyeonji".
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import Signal

from pyeonji_client.models import Event

delivery = Signal()

EVENT_TYPES = {
    "email.queued": "queued", "email.held": "queued", "email.deferred": "deferred", "email.delivered": "delivered",
    "email.bounced": "bounced", "email.suppressed": "rejected", "email.cancelled": "failed",
    "email.complained": "complained", "email.received": "inbound",
}  # fmt: skip
OUTCOMES = {"delivered": "delivered", "bounced": "bounced", "suppressed": "rejected", "cancelled": "failed"}


class TrackingEvent:
    """An event with both sets of names."""

    def __init__(self, event: Event) -> None:
        self.esp_event = event

    def __getattr__(self, name: str) -> Any:
        return getattr(self.esp_event, name)

    @property
    def event_type(self) -> str:
        event = self.esp_event
        if event.type in ("email.failed", "email.final"):
            refused = event.reply is not None and event.reply.code
            return OUTCOMES.get(event.outcome) or ("bounced" if refused else "failed")
        return EVENT_TYPES.get(event.type, "unknown")

    @property
    def message_id(self) -> str:
        return self.esp_event.message

    @property
    def recipient(self) -> str:
        return self.esp_event.address

    @property
    def event_id(self) -> str:
        return self.esp_event.id

    @property
    def timestamp(self) -> datetime | None:
        return self.esp_event.at

    @property
    def reject_reason(self) -> str | None:
        return {"bounced": "bounced", "rejected": "blocked", "complained": "spam"}.get(self.event_type)

    @property
    def description(self) -> str:
        return self.esp_event.explain("en")

    @property
    def mta_response(self) -> str | None:
        reply = self.esp_event.reply
        return " ".join(part for part in (str(reply.code), reply.enhanced, reply.text) if part) if reply else None
