"""simulator.test: addresses for whoever tests a program that sends, in the lab and on every server alike.

Nobody lives there and no network is asked, but what becomes of a letter is the queue's own work: attempts, waits,
bounces, events.  This is the whole table (docs/simulator.md); `relay.simulated` carries the letters.  The name is one
that RFC 6761 §6.2 keeps out of the DNS for ever.
"""

import re
from dataclasses import dataclass
from typing import Literal

from pyeonji.journey.explain import explain
from pyeonji.queue.outcome import HandedOver, Hold, Later, Never, Outcome
from pyeonji.store.sent import SIMULATOR

DOMAIN = SIMULATOR
HOST = f"mx.{DOMAIN}"
PLUS = "+"  # full+anything is full
SLOW_S = 10.0  # seconds slow@ thinks
REPORTED_AFTER_S = 30.0  # seconds before what was taken comes back, or is complained about
TAKEN = "250 2.0.0 Ok: taken by the simulator"

_CODE = re.compile(r"([45])\d\d(?:-(?P<status>[45]\.\d{1,3}\.\d{1,3}))?", re.ASCII)
_USUAL = {
    "421": "4.3.2", "450": "4.2.0", "451": "4.3.0", "452": "4.3.1", "550": "5.1.1", "551": "5.1.6", "552": "5.3.4",
    "553": "5.1.3", "554": "5.3.0", "556": "5.1.10",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What becomes of a letter: one outcome for each attempt, the last one for all that follow."""

    outcomes: tuple[Outcome, ...]
    waits_s: float = 0.0  # by the server's clock, before the outcome
    comes_back: Literal["", "failed", "complaint"] = ""  # what its "server" says later of a letter it has taken

    def at(self, attempt: int) -> Outcome:
        """`attempt` counts from 1."""
        return self.outcomes[min(attempt, len(self.outcomes)) - 1]


def _never(reply: str, phase: str = "rcpt", cause: str = "") -> Behaviour:
    return Behaviour((Never(reply, cause or explain(reply, phase).cause, HOST, phase),))


def _later(reply: str, phase: str = "rcpt", cause: str = "") -> Later:
    return Later(reply, cause or explain(reply, phase).cause, HOST, phase)


_TAKEN = HandedOver(HOST, TAKEN)
_NO_SUCH_USER = _never(f"550 5.1.1 No such user here; the addresses of {DOMAIN} are in docs/simulator.md")

ADDRESSES: dict[str, Behaviour] = {
    # taken
    "delivered": Behaviour((_TAKEN,)),
    "slow": Behaviour((_TAKEN,), waits_s=SLOW_S),
    "bounce-later": Behaviour((_TAKEN,), comes_back="failed"),
    "complaint": Behaviour((_TAKEN,), comes_back="complaint"),
    # taken, but not at once
    "greylist": Behaviour((_later("450 4.7.1 Greylisted, please try again in a minute"), _TAKEN)),
    "busy": Behaviour((_later("421 4.3.2 Service busy, try again later", "greeting"), _TAKEN)),
    "drop": Behaviour((_later("451 4.4.2 The connection was closed after the final dot", "content"), _TAKEN)),
    # tried until the time is up
    "overfull": Behaviour((_later("452 4.2.2 Mailbox full, try again later"),)),
    "noanswer": Behaviour((_later("451 4.4.1 No server of simulator.test answers", "connect", "net.no_answer"),)),
    "dns": Behaviour((_later("450 4.4.3 The DNS does not say who takes mail", "dns", "dns.temporary"),)),
    # never
    "nosuchuser": _NO_SUCH_USER,
    "full": _never("552 5.2.2 Mailbox full"),
    "disabled": _never("550 5.2.1 This mailbox is disabled"),
    "moved": _never("551 5.1.6 The recipient has moved"),
    "nodomain": _never("550 5.1.2 The domain does not exist", "dns", "addr.domain_not_found"),
    "spam": _never("550 5.7.1 Message looks like spam and was refused", "content"),
    "toobig": _never("552 5.3.4 Message too big", "content"),
    "spf": _never("550 5.7.23 SPF validation failed", "content"),
    "dmarc": _never("550 5.7.26 Unauthenticated sender: DMARC failed", "content"),
    "blocklisted": _never("554 5.7.1 Client host blocked using bl.simulator.test", "rcpt", "ip.blocklisted"),
    "expire": _never("451 4.3.0 Local error in processing, try again later", "rcpt", "queue.expired"),
    # a person decides
    "hold": Behaviour((Hold(f"hold@{DOMAIN} is held until somebody releases it"), _TAKEN)),
}  # fmt: skip


def behaviour(local_part: str) -> Behaviour:
    """Of any address there; "451" and "550-5.7.26" are answered with that code, whoever is unknown is nobody."""
    name = local_part.lower().partition(PLUS)[0]
    if (known := ADDRESSES.get(name)) is not None:
        return known
    if (found := _CODE.fullmatch(name)) is None:
        return _NO_SUCH_USER
    status = found["status"] or _USUAL.get(name[:3], f"{name[0]}.0.0")
    reply = f"{name[:3]} {status} As the address asks"
    return Behaviour((_later(reply),)) if name[0] == "4" else _never(reply)


def is_simulated(domain: str) -> bool:
    return domain.lower().rstrip(".") == DOMAIN
