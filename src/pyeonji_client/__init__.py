"""Send mail by a pyeonji server, and learn what became of it.

    from pyeonji_client import Pyeonji

    mail = Pyeonji("https://mail.example.org", "pj_live_...")   # or PYEONJI_URL and PYEONJI_KEY
    letter = mail.send(from_="shop@example.org", to="minsu@school.example", subject="안녕", text="...")
    outcome = letter.wait(timeout=30)
    if outcome.failed:
        print(outcome.cause, outcome.explain("ko"), outcome.action("ko"))

Needs only httpx.  `AsyncPyeonji` has the same methods as coroutines.
"""

from pyeonji_client.client import AsyncPyeonji, Pyeonji
from pyeonji_client.errors import (
    BadSignature,
    IdempotencyConflict,
    Invalid,
    NotFound,
    PyeonjiError,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from pyeonji_client.models import AsyncLetter, Event, Explanation, Letter, Outcome, Recipient, Reply
from pyeonji_client.webhook import verify

__all__ = [
    "AsyncLetter",
    "AsyncPyeonji",
    "BadSignature",
    "Event",
    "Explanation",
    "IdempotencyConflict",
    "Invalid",
    "Letter",
    "NotFound",
    "Outcome",
    "Pyeonji",
    "PyeonjiError",
    "RateLimited",
    "Recipient",
    "Reply",
    "Unauthorized",
    "Unavailable",
    "verify",
]
