"""Idempotency-Key: whoever is not sure that his request came asks again, and the letter is sent once.

The key is kept in the commit that takes the letter (`store.idempotency`), with a digest of each thing that was said,
so that another request with the same key hears in what it differs.
"""

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from pyeonji.store import idempotency
from pyeonji.store.engine.base import Tx
from pyeonji.store.idempotency import Known
from pyeonji.web.api.call import Call
from pyeonji.web.api.problem import Problem

HEADER = "idempotency-key"
DIGEST = 16  # characters of each digest: nobody is fooled but by his own letters
MAX_SHOWN = 8  # names of what differs


@dataclass(frozen=True, slots=True)
class Once:
    """One key of one app, and what is asked with it."""

    app_id: int
    key: str
    digest: str  # JSON: name of a field to its digest

    def note(self, tx: Tx, number: int, answer: bytes, now_us: int) -> None:
        """In the transaction that takes the letter; raises Repeated."""
        idempotency.note(
            tx, self.app_id, self.key, digest=self.digest, message_id=number, answer=answer.decode(), now_us=now_us
        )

    def check(self, known: Known) -> None:
        """Raises Problem when the first request was another one."""
        if not known.digest:  # it came another way, on which nothing is compared
            return
        first = msgspec.json.decode(known.digest.encode(), type=dict[str, str])
        again = msgspec.json.decode(self.digest.encode(), type=dict[str, str])
        if names := sorted(name for name in first.keys() | again.keys() if first.get(name) != again.get(name)):
            raise Problem("idempotency_key_reused", near=HEADER, what=", ".join(names[:MAX_SHOWN]))


@contextlib.contextmanager
def once(call: Call, said: Mapping[str, bytes]) -> Iterator[Once | None]:
    """Around handing in a letter; None when no key is said.  `said`: each thing in the request by its name."""
    key = call.request.headers.get(HEADER)
    if key is None:
        yield None
        return
    if not idempotency.is_key(key):
        raise Problem("invalid", near=HEADER, what="a key has 1 to 255 visible characters")
    digests = {name: hashlib.sha256(octets).hexdigest()[:DIGEST] for name, octets in said.items()}
    app_id, key = call.caller.app_id, idempotency.kept_as(key, test=call.caller.test)
    with call.rates.place(f"once {app_id} {key}", 1, "idempotency_in_progress"):
        yield Once(app_id, key, msgspec.json.encode(digests, order="sorted").decode())
