"""The settings under PYEONJI, and the client they make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from pyeonji_client.client import Pyeonji


def setting(name: str) -> Any:
    """One of PYEONJI's; None where it is not set."""
    given: Mapping[str, Any] = getattr(settings, "PYEONJI", {})
    return given.get(name)


def client(**options: Any) -> Pyeonji:
    """`options` come before the settings, these before PYEONJI_URL and PYEONJI_KEY."""
    wanted = {name: options.get(name) or setting(name) for name in ("url", "key", "webhook_secret", "timeout")}
    return Pyeonji(**{name: value for name, value in wanted.items() if value})
