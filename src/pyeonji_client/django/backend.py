"""Django's EmailMessage, handed to the server as the octets Django makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import Message as Built
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from pyeonji_client.calls import lasting
from pyeonji_client.client import Pyeonji
from pyeonji_client.django.settings import client, setting
from pyeonji_client.errors import PyeonjiError

OPTIONS = ("url", "key", "webhook_secret", "timeout")
KEY_FIELD = "X-Pyeonji-Idempotency-Key"


class EmailBackend(BaseEmailBackend):
    """After sending, `message.pyeonji` has the letter: its `id`, `journey_url`, `wait()`.

    `extra_headers` X-Pyeonji-Ref, -Tags, -Metadata, -Expires-In and -Idempotency-Key are understood by the server,
    which removes them.
    """

    def __init__(self, fail_silently: bool = False, expires_in: Any = None, **options: Any) -> None:
        own = {name: options.pop(name) for name in OPTIONS if name in options}
        if "alias" in options:  # Django 6.1: what fails silently is asked of the one who sends
            super().__init__(**options)
        else:
            super().__init__(fail_silently=fail_silently, **options)
        self._options = own
        self._expires_in = lasting(expires_in or (None if "alias" in options else setting("expires_in")))
        self._client: Pyeonji | None = None

    def open(self) -> bool:
        """True when a connection was made that `close` must end."""
        if self._client is not None:
            return False
        self._client = client(**self._options)
        return True

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """How many were taken."""
        opened = self.open()
        try:
            return sum(self._taken(message) for message in email_messages)
        finally:
            if opened:
                self.close()

    def _taken(self, message: EmailMessage) -> bool:
        recipients = message.recipients()
        if not recipients:
            return False
        assert self._client is not None
        built = message.message()
        key = str(built.get(KEY_FIELD) or "") or None
        if self._expires_in and "X-Pyeonji-Expires-In" not in built:
            built["X-Pyeonji-Expires-In"] = self._expires_in
        try:
            message.pyeonji = self._client.send_raw(_octets(built), recipients, idempotency_key=key)
        except PyeonjiError:
            if not getattr(self, "fail_silently", False):
                raise
            return False
        return True


def _octets(built: Built) -> bytes:
    return built.as_bytes()
