"""Telling the writer: bounces and reports of arrival that are owed, notices of delay, notices of handing over.

A report is a new letter through the door, and the mark "told" is set in the transaction that takes it: never none,
never two.  The null reverse-path is never answered (RFC 5321 §4.5.5), and NOTIFY is obeyed (RFC 3461 §4.1).
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from pyeonji.address import Address, NotAnAddress, parse_address
from pyeonji.delivery.expand import expand
from pyeonji.delivery.plan import Wanted
from pyeonji.journey.event import Deferred, Distributed, Failed, Filed
from pyeonji.message.report import Action
from pyeonji.net.clock import Clock
from pyeonji.net.ids import Ids
from pyeonji.proto.smtp.notify import wants
from pyeonji.queue.letters import Fate, Occasion, report
from pyeonji.queue.outcome import Carried, HandedOver, Talk
from pyeonji.queue.schedule import Schedule
from pyeonji.store import directory, journey, queue, reports
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import Home
from pyeonji.store.journey import MessageFacts
from pyeonji.store.queue import NOT_CONFIRMED, Claim, Conclusion, Confirmation, Fenced, Job
from pyeonji.store.reports import Owed
from pyeonji.submission.door import Door, Draft, Refusal

MAX_RETURNED = 256 * 1024  # octets of a letter sent back with RET=FULL; of a longer one its header
MAX_HEADER = 64 * 1024  # octets of header sent back
LETTERS_AT_ONCE = 50  # letters whose writers are told in one turn


@dataclass(frozen=True, slots=True)
class News:
    """A report that goes out with the conclusion of an attempt."""

    draft: Draft
    is_notice: bool  # of a delay, to be marked
    recipients: frozenset[int]  # told of

    @property
    def confirmation(self) -> Confirmation:
        return NOT_CONFIRMED if self.is_notice else Confirmation(self.draft.number, self.recipients)


class Bouncer:
    """Writes reports for one worker."""

    def __init__(self, *, home: Home, clock: Clock, ids: Ids, door: Door, hostname: str) -> None:
        self._home = home
        self._clock = clock
        self._ids = ids
        self._door = door
        self._hostname = hostname

    # ── what is owed ──

    async def tell_writers(self) -> None:
        """One bounce for each letter with failures nobody was told of, one report for each with arrivals.

        Raises StoreError.
        """
        while numbers := await self._home.engine.read(reports.owed, LETTERS_AT_ONCE):
            told = [await self._tell_all_of(number) for number in numbers]
            if not any(told):
                return

    async def _tell_all_of(self, number: int) -> bool:
        """False when another worker was faster."""
        message = await self._home.engine.read(journey.message, number)
        failed = await self._home.engine.read(reports.failed_of, number)
        arrived = await self._home.engine.read(reports.arrived_of, number)
        if message is None:
            return False
        try:
            if silent := [one for one in failed if not wants(one.notify, "FAILURE")]:
                await self._mark(number, silent, "the writer asked not to be told (NOTIFY)")
            if told := [one for one in failed if wants(one.notify, "FAILURE")]:
                await self._tell(message, told)
            if arrived:
                await self._confirm(message, arrived)
        except Fenced:
            return False
        return bool(failed or arrived)

    async def _tell(self, message: MessageFacts, owed: Sequence[Owed]) -> None:
        to, because = await self._writer(message)
        if to is None:
            await self._mark(message.number, owed, because)
            return
        draft = await self._draft(message, to, [fate_of(one) for one in owed], "bounce")
        recipients = [one.n for one in owed]

        def mark(tx: Tx) -> None:
            reports.bounced(tx, message.number, recipients, draft.number, "", self._clock.now_us())

        try:
            await self._door.submit(draft, also=mark)
        except Refusal as refusal:
            await self._mark(message.number, owed, refusal.because)

    async def _confirm(self, message: MessageFacts, owed: Sequence[Owed]) -> None:
        """NOTIFY=SUCCESS for what has come to its end here (RFC 3461 §5.2.3)."""
        recipients = [one.n for one in owed]
        to, _ = await self._writer(message)
        if to is not None:
            draft = await self._draft(message, to, [fate_of(one) for one in owed], "notice")

            def mark(tx: Tx) -> None:
                reports.confirmed(tx, message.number, recipients, draft.number, self._clock.now_us())

            with contextlib.suppress(Refusal):
                await self._door.submit(draft, also=mark)
                return
        await self._home.engine.write(reports.confirmed, message.number, recipients, 0, self._clock.now_us())

    async def _mark(self, number: int, owed: Sequence[Owed], because: str) -> None:
        recipients = [one.n for one in owed]
        await self._home.engine.write(reports.bounced, number, recipients, 0, because, self._clock.now_us())

    # ── news that goes out with a conclusion ──

    async def news(
        self, job: Job, carried: Carried, conclusions: Sequence[Conclusion], schedule: Schedule
    ) -> News | None:
        """What the writer should hear of this attempt, if anything: handed over without further news, or late."""
        fates = relayed(job, carried)
        is_notice = not fates
        if is_notice:
            fates = delayed(job, conclusions, schedule, self._clock.now_us())
        if not fates:
            return None
        to, _ = await self._writer(job.message)
        if to is None:
            return None
        draft = await self._draft(job.message, to, list(fates.values()), "notice")
        return News(draft, is_notice, frozenset(fates))

    async def send(self, news: News, job: Job, conclusions: Sequence[Conclusion], talks: Sequence[Talk]) -> bool:
        """Submit it and conclude in one transaction; False when the door refused.  Raises Fenced, StoreError."""

        def conclude(tx: Tx) -> None:
            notice = news.draft.number if news.is_notice else 0
            now = self._clock.now_us()
            if not queue.conclude(tx, job.message.number, conclusions, talks, now, notice, news.confirmation):
                raise Fenced(str(job.message.number))

        try:
            await self._door.submit(news.draft, also=conclude)
        except Refusal:
            return False
        return True

    # ── below ──

    async def _writer(self, message: MessageFacts) -> tuple[Address | None, str]:
        """Who is told, or why nobody is."""
        if not message.reverse_path:
            return None, "the letter has a null reverse-path: a bounce is never bounced"
        try:
            to = parse_address(message.reverse_path)
        except NotAnAddress:
            return None, f"{message.reverse_path} is no address"
        if (await self._home.engine.read(expand, to)).is_nobody:
            return None, f"nobody is called {to}"
        return to, ""

    async def _draft(self, message: MessageFacts, to: Address, fates: Sequence[Fate], via: str) -> Draft:
        number = self._ids.receipt()
        account = await self._home.engine.read(directory.account, directory.fold(to))
        occasion = Occasion(
            message, to, account.language if account else "ko", number, self._hostname, self._clock.now_us()
        )
        size = message.size - message.relay_at
        # RFC 3461 §4.3: RET is about failures; every other report brings the header only.
        # What must be encrypted all the way comes back without its body, and must be encrypted, too (RFC 8689 §5).
        requiretls = message.tls == "required"
        whole = via == "bounce" and message.ret == "FULL" and size <= MAX_RETURNED and not requiretls
        wanted = size if whole else min(message.body_at - message.relay_at, MAX_HEADER)
        returned = await self._home.engine.scan(
            queue.piece, self._home.blobs, message.content_id, message.relay_at, wanted
        )
        return Draft(
            content=report(occasion, fates, returned, whole=whole),
            reverse_path=None,
            recipients=(Wanted(to, notify="NEVER"),),
            via=via,
            parent=message.number,
            smtputf8=not to.is_ascii,
            requiretls=requiretls,
            number=number,
        )


def fate_of(owed: Owed) -> Fate:
    address = parse_address(owed.address)
    match owed.end:
        case Failed() as failed:
            return Fate(
                address, Action.FAILED, failed.reply, failed.cause, failed.host, failed.phase, owed.original
            )  # fmt: skip
        case Filed() | Distributed():
            is_list = isinstance(owed.end, Distributed)
            return Fate(address, Action.DELIVERED, "", original=owed.original, to_list=is_list)
    # Its journey was swept away: nothing is known but that it failed.
    return Fate(address, Action.FAILED, "", original=owed.original)


def relayed(job: Job, carried: Carried) -> dict[int, Fate]:
    """Recipients whose writer wanted to hear of success, handed to a server that will not tell (RFC 3461 §5.2.2)."""
    fates = {}
    for claim in job.recipients:
        outcome = carried.outcomes[claim.n]
        if isinstance(outcome, HandedOver) and not outcome.tells and wants(claim.notify, "SUCCESS"):
            address = parse_address(claim.address)
            fates[claim.n] = Fate(
                address, Action.RELAYED, outcome.reply, "", outcome.host, "content", claim.original
            )  # fmt: skip
    return fates


def delayed(job: Job, conclusions: Sequence[Conclusion], schedule: Schedule, now_us: int) -> dict[int, Fate]:
    """Recipients that wait for too long, unless the writer was told already or does not want to be."""
    fates = {}
    for conclusion in conclusions:
        claim, event = conclusion.claim, conclusion.event
        due = schedule.notice_is_due(accepted=job.message.at_us, now=now_us, notified=claim.delay_notified)
        if isinstance(event, Deferred) and due and wants(claim.notify, "DELAY"):
            fates[claim.n] = _late(claim, event)
    return fates


def _late(claim: Claim, event: Deferred) -> Fate:
    return Fate(
        parse_address(claim.address), Action.DELAYED, event.reply, event.cause, event.host, event.phase,
        claim.original, event.next_at, claim.deadline_us,
    )  # fmt: skip
