"""What an administrator decides on the page of the queue: of a destination or of one recipient, with a reason."""

from dataclasses import dataclass

from pyeonji.journey.printable import printable
from pyeonji.journey.receipt import NotAReceipt, parse_receipt
from pyeonji.net.clock import SECOND_US
from pyeonji.store import lately, queue
from pyeonji.store.engine.base import Tx
from pyeonji.web.journey.acts import Pace
from pyeonji.web.site import Site

MAX_REASON = 200  # characters
MAX_TOGETHER = 1_000  # recipients of one destination decided at once; the page says when there are more
DECIDABLE = ("waiting", "held")  # states out of which a person can move a recipient
RETRY_S = 60  # between two "try now" for one destination: a peer that is pressed answers later, not sooner


class NotSo(Exception):
    """It cannot be done; `key` names the sentence."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class Decision:
    """`id` names one recipient (or a letter), else all of `domain`."""

    act: str  # retry, hold, release, cancel
    domain: str
    id: str
    because: str


class Deciding:
    """Of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._pace = Pace(site.clock, site.home.tallies, RETRY_S * SECOND_US)

    async def done(self, decision: Decision, who: str) -> int:
        """How many recipients it changed; raises NotSo, TooSoon, StoreError."""
        if decision.act not in queue.DECISIONS:
            raise NotSo("admin.unknown_act")
        reason = printable(decision.because)[:MAX_REASON]
        if not reason:
            raise NotSo("admin.reason_missing")
        engine, now = self._site.home.engine, self._site.clock.now_us()
        places = await engine.read(places_of, decision)
        if not places:
            raise NotSo("admin.nothing_there")
        if decision.act == "retry":
            for domain in sorted(await engine.read(lately.domains, places)):
                self._pace.ask(domain)
        changed = await engine.write(_decide, decision.act, places, f"{reason} ({who})", now)
        if not changed:
            raise NotSo("admin.nothing_there")
        self._site.wake.tell_letters(sorted({letter for letter, _ in places}))
        self._site.wake.tell_queue()
        return changed


def places_of(tx: Tx, decision: Decision) -> list[tuple[int, int]]:
    """(letter, recipient) of all that it would touch."""
    if not decision.id:
        return [(row.message_id, row.n) for row in lately.listing(tx, decision.domain, MAX_TOGETHER, DECIDABLE)]
    try:
        receipt = parse_receipt(decision.id)
    except NotAReceipt:
        return []
    rows = queue.show(tx, receipt.number)
    return [(row.message_id, row.n) for row in rows if receipt.recipient in (0, row.n) and row.state in DECIDABLE]


def _decide(tx: Tx, act: str, places: list[tuple[int, int]], because: str, now_us: int) -> int:
    decide = queue.DECISIONS[act]
    return sum(decide(tx, letter, n, because, now_us) for letter, n in places)
