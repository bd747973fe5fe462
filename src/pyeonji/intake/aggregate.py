"""A letter in which another server reports on letters in the name of a domain here (RFC 9990)."""

import asyncio

from pyeonji.acceptance.spool import Spool
from pyeonji.message.header import Header
from pyeonji.message.packed import packed_reports, says_report
from pyeonji.msgauth.dmarc.report import NotAReport, Report, parse_aggregate
from pyeonji.msgauth.verdict import Verdict
from pyeonji.store import dmarc
from pyeonji.store.home import Home

MAX_LETTER = 15 << 20  # octets of a letter that is looked into: an attachment of 10 MiB in base64


class Aggregates:
    """Reads them one at a time: the largest take seconds, and whoever sends one may send many (A11)."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)

    async def of(self, header: Header, spool: Spool, verdict: Verdict | None, home: Home) -> Report | None:
        """The report about one of our domains that the letter brings, or None.

        Of strangers only what passes DMARC is read: such letters must (RFC 9990 §3.5.2), and others could say anything.
        """
        if spool.size > MAX_LETTER or not says_report(header):
            return None
        if verdict is not None and verdict.dmarc.result != "pass":
            return None
        async with self._turn:
            report = await asyncio.to_thread(_first, spool.reader()(0, spool.size))
        if report is None or not await home.engine.read(dmarc.whose, report.domain):
            return None
        return report


def _first(letter: bytes) -> Report | None:
    for octets in packed_reports(letter):
        try:
            return parse_aggregate(octets)
        except NotAReport:
            continue
    return None
