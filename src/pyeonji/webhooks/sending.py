"""One attempt: an event signed and posted, and what the endpoint said to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyeonji.net.http import Fetcher, FetchError
from pyeonji.net.resolver import Resolver
from pyeonji.store.webhooks import Secrets
from pyeonji.webhooks.sign import fields

ANSWER_S = 15.0  # seconds for all of it
MAX_ANSWER = 16 * 1024  # octets
GONE = 410  # the endpoint asks for no more (Standard Webhooks)
SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` 0: there was none, and `said` says why."""

    status: int
    said: str

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
        return Answer(answer.status, "".join(char if char.isprintable() else " " for char in text).strip())
