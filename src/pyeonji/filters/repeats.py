"""One signed letter sent again to everybody (DKIM replay, RFC 6376 §8.6): how many have got it says that it is one.

A signature is good for whoever gets the letter: a spammer has a large provider sign one letter to himself and sends it
on from servers of his own, to people whom it does not name.  Neither is wrong by itself, lists and forwarders do it,
too; but to very many it is done by machines.
"""

from collections import OrderedDict
from collections.abc import Iterator
from typing import cast

from pyeonji.filters.pipeline import ACCEPTED, Action, Finding, Offered, Reason
from pyeonji.filters.trust import TrustSettings
from pyeonji.message.addresses import parse_mailboxes
from pyeonji.message.header import Header
from pyeonji.msgauth.dmarc.walk import is_within
from pyeonji.msgauth.verdict import Dkim, Verdict
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.proto.smtp import reply as replies

DAY_US = 86_400 * SECOND_US
MAX_SIGNATURES = 50_000  # that are counted; the one that was seen least lately is forgotten first
NAMED = (b"to", b"cc", b"resent-to", b"resent-cc")


class Repeats:
    """A filter, behind the one that verifies: counts in the memory of one worker whom each signature came to."""

    def __init__(self, settings: TrustSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._counts: OrderedDict[tuple[str, str, str], tuple[int, int]] = OrderedDict()  # since when, how many

    async def look(self, letter: Offered) -> Finding:
        verdict = letter.verdict
        signed = [*_sent_on(verdict)] if verdict is not None else []
        if not signed or not (strangers := _not_named(letter)):
            return ACCEPTED
        over = [one for one in signed if self._count(one, strangers) > self._settings.same_signature]
        if not over:
            return ACCEPTED
        action = cast(Action, self._settings.repeated)
        return Finding(
            action=action,
            reply=replies.LOOKS_LIKE_SPAM if action == "refuse" else None,
            reasons=(Reason("repeats", over[0].domain, action),),
        )

    def _count(self, signature: Dkim, more: int) -> int:
        """To how many it has come since a day ago at most, these included."""
        now = self._clock.now_us()
        key = (signature.domain, signature.selector, signature.mark)
        since, count = self._counts.get(key, (now, 0))
        if not since <= now < since + DAY_US:  # a clock that was set back bars nobody
            since, count = now, 0
        self._counts[key] = (since, count + more)
        self._counts.move_to_end(key)
        if len(self._counts) > MAX_SIGNATURES:
            self._counts.popitem(last=False)
        return count + more


def _sent_on(verdict: Verdict) -> Iterator[Dkim]:
    """The signatures that hold, of domains that have not sent the letter themselves."""
    sender = verdict.spf.domain if verdict.spf.result == "pass" else ""
    for one in verdict.dkim:
        itself = sender and (is_within(sender, one.domain) or is_within(one.domain, sender))
        if one.result == "pass" and not itself:
            yield one


def _not_named(letter: Offered) -> int:
    """How many of those it goes to does it not name?"""
    named = set(_named(letter.header))
    return sum(str(path).casefold() not in named for path in letter.forward_paths)


def _named(header: Header) -> Iterator[str]:
    for name in NAMED:
        for value in header.all(name):
            yield from (str(box.address).casefold() for box in parse_mailboxes(value) if box.address)
