"""One attempt: an event signed and posted, and what the endpoint said to it."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from pyeonji.net.http import Fetcher, FetchError
from pyeonji.net.resolver import Resolver
from pyeonji.store.webhooks import MAX_REST_S, Secrets
from pyeonji.webhooks.sign import fields

ANSWER_S = 15.0  # seconds for all of it
MAX_ANSWER = 16 * 1024  # octets
GONE = 410  # the endpoint asks for no more (Standard Webhooks)
SECOND_US = 1_000_000
SECONDS = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` 0: there was none, and `said` says why."""

    status: int
    said: str
    rest_s: int = 0  # seconds for which it wants to be left alone

    @property
    def taken(self) -> bool:
        return 200 <= self.status < 300


def signing(secrets: Secrets, now_us: int) -> Sequence[str]:
    """The secrets that sign now, the newest first."""
    if secrets.old_secret and now_us < secrets.old_until_us:
        return (secrets.secret, secrets.old_secret)
    return (secrets.secret,)


class Sender:
    """Posts to endpoints: to public ones over https only, to those `inside` wherever they are."""

    def __init__(self, resolver: Resolver, *, make: Callable[..., Fetcher] = Fetcher) -> None:
        self._outside = make(resolver, deadline=ANSWER_S)
        self._inside = make(resolver, deadline=ANSWER_S, inside=True)

    async def send(
        self, url: str, secrets: Secrets, name: str, body: bytes, now_us: int, *, inside: bool
    ) -> Answer:  # fmt: skip
        said = fields(signing(secrets, now_us), name, now_us // SECOND_US, body)
        fetcher = self._inside if inside else self._outside
        try:
            answer = await fetcher.deliver(url, body, said, max_body=MAX_ANSWER)
        except FetchError as error:
            return Answer(0, str(error))
        text = answer.body.decode("utf-8", "replace")
        said_ = "".join(char if char.isprintable() else " " for char in text).strip()
        return Answer(answer.status, said_, rest_of(answer.fields.get("retry-after", ""), now_us))


def rest_of(retry_after: str, now_us: int) -> int:
    """Seconds until an instant that is said as RFC 9110 §10.2.3 has it, MAX_REST_S at most; 0 for none."""
    text = retry_after.strip()
    if SECONDS.fullmatch(text):
        return min(int(text), MAX_REST_S)
    try:
        left_s = parsedate_to_datetime(text).timestamp() - now_us / SECOND_US
    except (ValueError, OverflowError):
        return 0
    return min(max(math.ceil(left_s), 0), MAX_REST_S)
