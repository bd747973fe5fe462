"""The courier to simulator.test: no DNS, no network, the outcomes of `queue.simulator`; all other letters go their way.

What such a "server" says later (a bounce, a complaint) is a letter of its own that waits in the queue, so that it comes
by the server's clock and after a restart, too: letter `via` "report" to report@simulator.test, null reverse-path.  When
it is carried, it is handed in to the writer, and what it says is joined to the journey in the same transaction.
"""

from dataclasses import dataclass
from functools import partial

from pyeonji.address import Address, NotAnAddress, parse_address
from pyeonji.delivery.expand import Local, expand
from pyeonji.delivery.plan import Wanted
from pyeonji.journey.event import Attempted, Event, Resolved
from pyeonji.journey.explain import explain
from pyeonji.message.compose import multipart, part, text_part
from pyeonji.message.date import format_date
from pyeonji.message.report import Action, RecipientStatus, Report, build_report
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.net.ids import Ids
from pyeonji.queue.outcome import Carried, Courier, HandedOver, Later, Outcome, Talk
from pyeonji.queue.simulator import DOMAIN, HOST, REPORTED_AFTER_S, TAKEN, behaviour, is_simulated
from pyeonji.store import journey, queue
from pyeonji.store.engine.base import StoreError, Tx
from pyeonji.store.home import Home
from pyeonji.store.journey import MessageFacts
from pyeonji.store.queue import Claim, Job
from pyeonji.store.returned import Names, Reports, Word, join
from pyeonji.submission.door import Door, Draft, Refusal

REPORTER = parse_address(f"report@{DOMAIN}")  # where reports wait; for nobody else's letters
VIA = "report"
AUTHOR = ("Mail Delivery System", parse_address(f"postmaster@{DOMAIN}"))
BOUNCE = "550 5.1.1 The mailbox was removed after the message had been accepted"
COMPLAINT = "abuse"
MAX_HEADER = 64 * 1024  # octets of header that a report brings back
NOBODY = "no program of ours is told: the writer has no mailbox here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """A courier in front of another one."""

    courier: Courier
    home: Home
    clock: Clock
    ids: Ids
    door: Door

    async def carry(self, job: Job) -> Carried:
        if not is_simulated(job.domain):
            return await self.courier.carry(job)
        now = self.clock.now_us()
        events: list[Event] = [Resolved(now, f"{DOMAIN} MX", (f"0 {HOST}",), "simulator")]
        events += [Attempted(now, claim.n, claim.attempts, HOST, "") for claim in job.recipients]
        outcomes: dict[int, Outcome] = {}
        for claim in job.recipients:
            try:
                outcomes[claim.n] = await self._outcome(job.message, claim)
            except StoreError as error:
                outcomes[claim.n] = Later(f"451 4.3.0 {error}", "server.error", HOST, "content")
        return Carried(outcomes, (Talk(None, tuple(events)),))

    def is_sent(self, job: Job) -> bool:
        return self.courier.is_sent(job)

    def hang_up(self) -> None:
        self.courier.hang_up()

    async def close(self) -> None:
        await self.courier.close()

    async def _outcome(self, message: MessageFacts, claim: Claim) -> Outcome:
        address = parse_address(claim.address)
        if message.via == VIA and address == REPORTER:
            return await self._returned(message, claim.original.partition(";")[2])
        found = behaviour(address.local_part)
        if found.waits_s:
            await self.clock.sleep(found.waits_s)
        outcome = found.at(claim.attempts)
        if found.comes_back and isinstance(outcome, HandedOver) and message.reverse_path:
            await self._comes_back(message, address, found.comes_back)
        return outcome

    # ── what is said later ──

    async def _comes_back(self, message: MessageFacts, address: Address, kind: str) -> None:
        """Written now, waits in the queue.  Raises StoreError."""
        number, now = self.ids.receipt(), self.clock.now_us()
        size = min(message.body_at - message.relay_at, MAX_HEADER)
        header = await self.home.engine.scan(queue.piece, self.home.blobs, message.content_id, message.relay_at, size)
        write = _bounce if kind == "failed" else _complaint
        await self.door.submit(
            Draft(
                content=write(message, address, header, f"{number}@{DOMAIN}", now), reverse_path=None,
                recipients=(Wanted(REPORTER, notify="NEVER", original=f"rfc822;{address}"),), via=VIA,
                parent=message.number, envid=kind, number=number,
                not_before_us=now + round(REPORTED_AFTER_S * SECOND_US),
            )
        )  # fmt: skip

    async def _returned(self, report: MessageFacts, address: str) -> Outcome:
        """Hand the report to the writer, and join what it says to the journey.  Raises StoreError."""
        engine = self.home.engine
        about = await engine.read(journey.message, report.parent)
        if about is None:
            return HandedOver(HOST, TAKEN)  # the letter was swept away meanwhile
        words = _words(report.envid, address)
        number, now = self.ids.receipt(), self.clock.now_us()
        told = partial(join, reports=Reports(Names((about.number,)), (words,)), now_us=now)
        writer = await self._writer(about)
        if writer is None:
            await engine.write(partial(told, letter=report.number))
            return HandedOver(HOST, f"{TAKEN} ({NOBODY})")
        content = await engine.scan(
            queue.piece, self.home.blobs, report.content_id, report.relay_at, report.size - report.relay_at
        )
        draft = Draft(
            content=content, reverse_path=None, recipients=(Wanted(writer, notify="NEVER"),), via=VIA,
            parent=about.number, number=number,
        )  # fmt: skip
        try:
            await self.door.submit(draft, also=partial(_joined, told, number))
        except Refusal as refusal:
            await engine.write(partial(told, letter=report.number))
            return HandedOver(HOST, f"{TAKEN} ({refusal.because})")
        return HandedOver(HOST, TAKEN)

    async def _writer(self, message: MessageFacts) -> Address | None:
        """The writer, if all of him lives here: nothing simulated ever leaves."""
        try:
            writer = parse_address(message.reverse_path)
        except NotAnAddress:
            return None
        targets = (await self.home.engine.read(expand, writer)).targets
        return writer if targets and all(isinstance(target, Local) for target in targets) else None


def _joined(told: "partial[int]", number: int, tx: Tx) -> None:
    told(tx, letter=number)


def _words(kind: str, address: str) -> Word:
    if kind != "failed":
        return Word((address.casefold(),), "complaint", COMPLAINT)
    return Word((address.casefold(),), "failed", BOUNCE, explain(BOUNCE, "rcpt").cause, HOST)


def _bounce(message: MessageFacts, address: Address, header: bytes, message_id: str, now_us: int) -> bytes:
    """RFC 3464."""
    return build_report(
        Report(
            author=AUTHOR, to=parse_address(message.reverse_path), subject="Undelivered Mail Returned to Sender",
            text=f"The simulator had taken your message to {address}, and returns it now:\r\n\r\n{BOUNCE}\r\n",
            date=now_us // SECOND_US, message_id=message_id, reporting_mta=HOST, returned=header,
            envid=message.envid,
            recipients=(
                RecipientStatus(
                    final=address, action=Action.FAILED, status="5.1.1", diagnostic=BOUNCE, remote_mta=HOST
                ),
            ),
        )
    )  # fmt: skip


def _complaint(message: MessageFacts, address: Address, header: bytes, message_id: str, now_us: int) -> bytes:
    """RFC 5965 §2."""
    facts = (
        f"Feedback-Type: {COMPLAINT}\r\nUser-Agent: simulator/1\r\nVersion: 1\r\n"
        f"Original-Rcpt-To: <{address}>\r\nOriginal-Mail-From: <{message.reverse_path}>\r\n"
    )
    text = f"{address} says that your message is spam.  (This is the simulator: nobody really does.)\r\n"
    parts = [
        text_part(text), part("message/feedback-report", facts.encode(), "7bit"),
        part("text/rfc822-headers", header, "8bit" if not header.isascii() else "7bit"),
    ]  # fmt: skip
    head = (
        f"From: {AUTHOR[0]} <{AUTHOR[1]}>\r\nTo: <{message.reverse_path}>\r\nSubject: Complaint about a message\r\n"
        f"Date: {format_date(now_us // SECOND_US)}\r\nMessage-ID: <{message_id}>\r\n"
        "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
    )
    parameters = [("report-type", "feedback-report")]
    return head.encode("utf-8") + multipart("report", parts, seed=message_id, parameters=parameters)
