"""Sending the TLS reports of the days that are over (RFC 8460 §5): by mail through the door, or posted."""

from functools import partial

from pyeonji.address import Address
from pyeonji.delivery.plan import Wanted
from pyeonji.journey.receipt import compact
from pyeonji.net.clock import SECOND_US
from pyeonji.net.http import Fetcher, FetchError
from pyeonji.net.resolver import Resolver
from pyeonji.relay.trust.report import GZIP, Places, Report, letter, packed, places_of
from pyeonji.relay.trust.results import DAY_US
from pyeonji.store import directory, tlsrpt
from pyeonji.submission.door import Door, Refusal
from pyeonji.submission.draft import Draft

AT_ONCE = 50  # reports written in one round
TRIED_DAYS = 2  # that a page which does not take its report is tried for (RFC 8460 §5.4: a day at least)


class Reporter:
    """Of one node.  `domain`, of those here, is the one whose postmaster writes: "" is the one of names without one."""

    def __init__(self, door: Door, resolver: Resolver, fetcher: Fetcher, domain: str = "") -> None:
        self._door = door
        self._resolver = resolver
        self._fetcher = fetcher
        self._domain = domain

    async def send_all(self) -> int:
        """Reports of the days before today that somebody wants; how many were sent.  Raises StoreError."""
        acceptance = self._door.acceptance
        today = acceptance.clock.now_us() // DAY_US
        waiting = await acceptance.home.engine.read(tlsrpt.waiting, today, AT_ONCE)
        if not waiting:
            return 0
        ours = await acceptance.home.engine.read(directory.own_domain, self._domain, acceptance.hostname)
        author = Address("postmaster", ours or acceptance.hostname)
        return sum([await self._send(day, domain, today, author) for day, domain in waiting])

    async def _send(self, day: int, domain: str, today: int, author: Address) -> bool:
        acceptance = self._door.acceptance
        forget = partial(tlsrpt.forget, day=day, domain=domain)
        places = await self._resolver.answer_with(places_of(domain))
        if not (places.addresses or places.urls) or author.domain == directory.LOCALHOST:
            await acceptance.home.engine.write(forget)
            return False
        number = acceptance.ids.receipt()
        report = Report(
            day=day, domain=domain, hostname=acceptance.hostname, contact=author, number=compact(number),
            results=await acceptance.home.engine.read(tlsrpt.results, day, domain),
        )  # fmt: skip
        if places.addresses:
            try:
                await self._door.submit(self._draft(report, places, number), also=forget)
            except Refusal:
                await acceptance.home.engine.write(forget)
                return False
            return True
        posted = await self._posted(report, places)
        if posted or day < today - TRIED_DAYS:
            await acceptance.home.engine.write(forget)
        return posted

    def _draft(self, report: Report, places: Places, number: int) -> Draft:
        now_s = self._door.acceptance.clock.now_us() // SECOND_US
        return Draft(
            content=letter(report, places.addresses[0], now_s),
            reverse_path=None,
            recipients=tuple(Wanted(address, notify="NEVER") for address in places.addresses),
            via="report",
            number=number,
        )

    async def _posted(self, report: Report, places: Places) -> bool:
        octets = packed(report)
        for url in places.urls:
            try:
                answer = await self._fetcher.post(url, octets, {"Content-Type": GZIP})
            except FetchError:
                continue
            if 200 <= answer.status < 300:
                return True
        return False
