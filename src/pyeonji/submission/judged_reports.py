"""Sending the DMARC aggregate reports of the days that are over, by mail through the door (RFC 9990 §3.5)."""

import asyncio
import gzip
import hashlib
from functools import partial

from pyeonji.acceptance.accept import Also
from pyeonji.address import Address
from pyeonji.delivery.plan import Wanted
from pyeonji.journey.receipt import compact
from pyeonji.message.compose import Attachment, compose
from pyeonji.msgauth.dmarc.aggregate import Aggregate, aggregate_xml
from pyeonji.msgauth.dmarc.places import Place, places_of
from pyeonji.msgauth.dmarc.report import Report, parse_aggregate
from pyeonji.msgauth.dmarc.walk import CannotTell
from pyeonji.net.clock import SECOND_US
from pyeonji.net.resolver import Resolver
from pyeonji.store import directory, dmarc, judged
from pyeonji.store.engine.base import Tx
from pyeonji.submission.door import Door, Refusal
from pyeonji.submission.draft import Draft

DAY_US = 86_400 * SECOND_US
SPREAD_US = 6 * 3_600 * SECOND_US  # after midnight UTC: not all servers of the world write at once
AT_ONCE = 50  # reports written in one round
TRIED_DAYS = 2  # that somebody whose DNS does not answer is asked again for
AGAIN_US = 3 * 3_600 * SECOND_US  # between two times: they must not hold up the others


class JudgedReports:
    """Of one node.  `domain`, of those here, is the one whose postmaster writes: "" is the one of names without one."""

    def __init__(self, door: Door, resolver: Resolver, domain: str = "", *, active: bool = True) -> None:
        self._door = door
        self._resolver = resolver
        self._domain = domain
        self._active = active
        self._silent: dict[tuple[int, str], int] = {}  # whose DNS did not answer, and when to ask again

    async def send_all(self) -> int:
        """Those that somebody wants, and whose time has come; how many were sent.  Raises StoreError."""
        acceptance = self._door.acceptance
        now_us = acceptance.clock.now_us()
        waiting = await acceptance.home.engine.read(judged.waiting, now_us // DAY_US)
        due = [one for one in waiting if self._due_us(*one[:2]) <= now_us][:AT_ONCE]
        if not due:
            return 0
        ours = await acceptance.home.engine.read(directory.own_domain, self._domain, acceptance.hostname)
        author = Address("postmaster", ours or acceptance.hostname)
        return sum([await self._send(*one, author) for one in due])

    def _due_us(self, day: int, domain: str) -> int:
        return self._silent.get((day, domain)) or due_us(day, domain, self._door.acceptance.hostname)

    async def _send(self, day: int, domain: str, record: str, author: Address) -> bool:
        """Whether it was; the rows are gone with the commit of the letter, so no report is sent twice."""
        engine = self._door.acceptance.home.engine
        forget = partial(judged.forget, day=day, domain=domain)
        try:
            places = await self._resolver.answer_with(places_of(domain, record)) if self._active else ()
        except CannotTell:
            now_us = self._door.acceptance.clock.now_us()
            self._silent[day, domain] = now_us + AGAIN_US
            if day < now_us // DAY_US - TRIED_DAYS:
                del self._silent[day, domain]
                await engine.write(forget)
            return False
        self._silent.pop((day, domain), None)
        rows = await engine.read(judged.rows, day, domain)
        if not rows or not places or author.domain == directory.LOCALHOST:
            await engine.write(forget)
            return False
        number = self._door.acceptance.ids.receipt()
        report = Aggregate(
            day=day, domain=domain, record=record, reporter=self._door.acceptance.hostname, contact=str(author),
            number=compact(number), rows=rows,
        )  # fmt: skip
        packed, own = await asyncio.to_thread(_written, report)  # of the longest, a second of work
        takes = tuple(place for place in places if not 0 < place.limit < len(packed))
        now_s = self._door.acceptance.clock.now_us() // SECOND_US
        done = partial(_done, report=own, submitter=author.domain, now_s=now_s, forget=forget)
        if not takes:
            await engine.write(done)
            return False
        try:
            await self._door.submit(self._draft(report, packed, takes, author, number), also=done)
        except Refusal:
            await engine.write(done)
            return False
        return True

    def _draft(
        self, report: Aggregate, packed: bytes, places: tuple[Place, ...], author: Address, number: int
    ) -> Draft:
        identity = f"<{report.identity}>"
        content = compose(
            author=("", author),
            to=[("", place.address) for place in places],
            subject=f"Report Domain: {report.domain} Submitter: {report.reporter} Report-ID: {identity}",
            text=f"This is a DMARC aggregate report of {report.reporter} about {report.domain}.\r\n",
            date=self._door.acceptance.clock.now_us() // SECOND_US,
            message_id=identity,
            fields=[("Auto-Submitted", "auto-generated")],
            attachments=[Attachment(report.file_name, "application/gzip", packed)],
        )
        return Draft(
            content=content,
            reverse_path=None,
            recipients=tuple(Wanted(place.address, notify="NEVER") for place in places),
            via="report",
            number=number,
        )


def due_us(day: int, domain: str, hostname: str) -> int:
    """When the report of a day is sent: spread over some hours, the same hour each time it is asked."""
    digest = hashlib.sha256(f"{hostname} {domain} {day}".encode()).digest()
    return (day + 1) * DAY_US + int.from_bytes(digest[:8]) % SPREAD_US


def _written(report: Aggregate) -> tuple[bytes, Report]:
    """Packed, and as our own reader reads it."""
    xml = aggregate_xml(report)
    return gzip.compress(xml, mtime=0), parse_aggregate(xml)


def _done(tx: Tx, report: Report, submitter: str, now_s: int, forget: Also) -> None:
    """What we saw ourselves of letters in the name of a domain here stands among what others saw."""
    forget(tx)
    if dmarc.whose(tx, report.domain):
        dmarc.keep(tx, report, submitter, now_s)
