"""A letter in which another server reports: on letters in the name of a domain here, or on its connections to us.

RFC 9990 and RFC 8460.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from pyeonji.acceptance.spool import Spool
from pyeonji.message.packed import packed_reports
from pyeonji.message.tls_report import NotATlsReport, TlsReport, parse_tls_report
from pyeonji.msgauth.dmarc.report import NotAReport, Report, parse_aggregate
from pyeonji.msgauth.verdict import Verdict
from pyeonji.store import dmarc, tls_seen
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import Home

AHEAD_S = 2 * 86_400  # seconds that a report may end after now: clocks and days of others differ
MAX_LETTER = 15 << 20  # octets of a letter that is looked into: an attachment of 10 MiB in base64


@dataclass(frozen=True, slots=True)
class Brought:
    """The reports of one letter; one brings one kind."""

    rule: str  # of the journey's line: "dmarc report", "tls report"
    reports: tuple[Report | TlsReport, ...]

    @property
    def domain(self) -> str:
        return self.reports[0].domain

    def keep(self, tx: Tx, submitter: str, now_s: int) -> None:
        for one in self.reports:
            if isinstance(one, TlsReport):
                tls_seen.keep(tx, one, submitter, now_s)
            else:
                dmarc.keep(tx, one, submitter, now_s)

    def about(self, domains: list[str], now_s: int) -> "Brought | None":
        """What it says of these domains and those below, if anything; nobody knows what will be."""
        ours = tuple(one for one in self.reports if one.domain in domains and one.ends_s <= now_s + AHEAD_S)
        return replace(self, reports=ours) if ours else None


class Aggregates:
    """Reads them one at a time: the largest take seconds, and whoever sends one may send many (A11).

    `read` makes what a letter brings of its octets; without it they are read in a thread of this process.
    """

    def __init__(self, read: Callable[[bytes], Awaitable[Brought | None]] | None = None) -> None:
        self._read = read or _in_a_thread
        self._turn = asyncio.Semaphore(1)

    async def of(self, spool: Spool, verdict: Verdict | None, home: Home, now_s: int) -> Brought | None:
        """The reports about our domains that a letter which `says_report` brings, or None.

        Of strangers only what passes DMARC is read: such letters must (RFC 9990 §3.5.2), and others could say anything.
        """
        if spool.size > MAX_LETTER:
            return None
        if verdict is not None and verdict.dmarc.result != "pass":
            return None
        async with self._turn:
            found = await self._read(spool.reader()(0, spool.size))
        return None if found is None else found.about(await home.engine.read(_ours, found), now_s)


def _ours(tx: Tx, found: Brought) -> list[str]:
    return [one.domain for one in found.reports if dmarc.whose(tx, one.domain)]


async def _in_a_thread(letter: bytes) -> Brought | None:
    return await asyncio.to_thread(first_report, letter)


def first_report(letter: bytes) -> Brought | None:
    """What the first part says that is a report."""
    for octets in packed_reports(letter):
        try:
            if octets.lstrip()[:1] == b"{":
                return Brought("tls report", parse_tls_report(octets))
            return Brought("dmarc report", (parse_aggregate(octets),))
        except (NotAReport, NotATlsReport):
            continue
    return None
