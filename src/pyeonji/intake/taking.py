"""The end of content: who gets the letter, one commit, and what is said then.

SMTP has one reply for the letter: it is taken for all recipients or for none.  LMTP has one for each recipient that
was accepted (RFC 2033 §4.2): who cannot be served fails alone, and the commit takes the letter for the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import msgspec

from pyeonji.acceptance.copies import Incoming, letters
from pyeonji.acceptance.letter import Origin
from pyeonji.acceptance.recorder import Recorder
from pyeonji.acceptance.spool import Spool
from pyeonji.address import Address
from pyeonji.delivery.expand import Expansion, expand
from pyeonji.delivery.plan import Plan, Wanted, planned
from pyeonji.filters.authenticate import author_domain
from pyeonji.filters.pipeline import ACCEPTED, Finding, Offered
from pyeonji.filters.welcome import origin_of
from pyeonji.intake import rules
from pyeonji.intake.aggregate import Brought
from pyeonji.intake.context import IntakeContext
from pyeonji.intake.filtered import filtered
from pyeonji.intake.forwarding import came_to
from pyeonji.intake.reports import is_report, reports_of
from pyeonji.intake.service import Service
from pyeonji.journey.event import Decided, Event, Fixed, Refused
from pyeonji.journey.receipt import compact
from pyeonji.message.claims import without_claims
from pyeonji.message.edit import without_private
from pyeonji.message.header import Header, parse_header
from pyeonji.message.packed import says_report
from pyeonji.msgauth.results import payload
from pyeonji.net.clock import SECOND_US
from pyeonji.proto.smtp import reply as replies
from pyeonji.proto.smtp.grammar import MailParameters
from pyeonji.proto.smtp.reply import Reply
from pyeonji.store import allowed, mailboxes
from pyeonji.store.accept import MailboxGone, Taken
from pyeonji.store.apps import Key
from pyeonji.store.engine.base import Full, StoreError, Tx
from pyeonji.store.idempotency import Repeated
from pyeonji.store.lying import OF_JUNK
from pyeonji.store.returned import Reports, join
from pyeonji.store.sent import Sent
from pyeonji.submission.door import Draft, Refusal
from pyeonji.submission.sign import NOTHING, Signed

PLANS = 3  # for one letter: mailboxes may go away while it is being taken, but not for ever

NO_EVENTS: tuple[Event, ...] = ()

Recipient = tuple[Wanted, Expansion]


@dataclass(slots=True)
class Envelope:
    """What our side knows of the transaction the machine keeps: replaced whole with each MAIL."""

    reverse_path: Address | None
    parameters: MailParameters
    recipients: list[Recipient] = field(default_factory=list)
    spool: Spool | None = None
    number: int = 0
    guesses: int = 0  # recipients nobody is called
    trouble: Reply | None = None  # the letter cannot be taken any more, whatever still comes


class Client(msgspec.Struct, frozen=True):
    """Who hands the letter over."""

    login: str
    from_host: str  # from-clause of the Received field
    protocol: str  # its "with" word, RFC 3848
    may_relay: bool = False  # it may send anywhere, so what goes elsewhere was not sent on by us
    hello: str = ""
    stranger: str = ""  # the address of a peer whose letters are looked at before they are taken
    marks: tuple[str, ...] = ()  # why a stranger's letters are junk, whatever they say
    key: Key | None = None  # of the app that hands it over

    @property
    def sent(self) -> Sent | None:
        return None if self.key is None else Sent(self.key.app_id, test=self.key.test)


class Taking(msgspec.Struct, frozen=True):
    """One letter whose content has come to its end."""

    context: IntakeContext
    service: Service
    recorder: Recorder
    envelope: Envelope
    spool: Spool  # finished
    client: Client

    async def replies(self) -> list[Reply]:
        """For LMTP one for each recipient, else one: 250 with the receipt number after the commit."""
        header = parse_header(self.spool.head)
        if self.service.lmtp:
            return await self._each(self._without_claims(header))
        return [await self._all(header)]

    # ── one reply ──

    async def _all(self, header: Header) -> Reply:
        recipients = [await self._as_now(*one) if one[1].has_limits else one for one in self.envelope.recipients]
        addresses = tuple([wanted.address for wanted, _ in recipients])
        refusal = await self.context.policy.at_content(addresses, self.spool.size)
        refusal = refusal or rules.content_refusal(header, [expansion for _, expansion in recipients], self.spool.size)
        if refusal is not None:
            refused(self.recorder, refusal, "content")
            return refusal
        finding = ACCEPTED
        if self.client.stranger:
            finding = await self._found(header, addresses)
        if finding.reply is not None:
            refused(self.recorder, finding.reply, finding.because)
            return finding.reply
        if self.service.submission:
            return await self._reply(header, recipients)
        header = self._without_claims(header)
        if not self.context.milters:
            return await self._reply(header, recipients, finding)
        return await self._filtered(recipients, finding)

    async def _filtered(self, recipients: Sequence[Recipient], finding: Finding) -> Reply:
        """The same for the letter as filters of others have left it."""
        envelope = self.envelope
        found = await filtered(
            self.context, self.recorder, self.spool, envelope.number, self.client.hello, envelope.reverse_path,
            recipients,
        )  # fmt: skip
        if found.reply is not None:
            refused(self.recorder, found.reply, "milter")
            return found.reply
        envelope.spool, envelope.reverse_path = found.spool, found.reverse_path
        if found.quarantined:
            finding |= Finding(action="junk")
        changed = msgspec.structs.replace(self, spool=found.spool)
        return await changed._reply(parse_header(found.spool.head), found.recipients, finding)

    def _without_claims(self, header: Header) -> Header:
        """What speaks in our name goes before filters of ours may write it.

        LMTP is spoken by a server of our own, whose tests are ours (RFC 8601 §5).
        """
        hostname = "" if self.service.lmtp else self.context.acceptance.hostname
        kept, done = without_claims(self.spool.head, header, hostname, stranger=bool(self.client.stranger))
        if not done:
            return header
        self.spool.head = kept
        for what in done:
            self.recorder.event(Fixed(self.recorder.now_us, what))
        return parse_header(kept)

    async def _found(self, header: Header, addresses: tuple[Address, ...]) -> Finding:
        """What the filters think of a stranger's letter, told in the journey."""
        client = self.client
        offered = Offered(
            ip=client.stranger, hello=client.hello, reverse_path=self.envelope.reverse_path, forward_paths=addresses,
            header=header, size=self.spool.size, read=self.spool.reader(),
        )  # fmt: skip
        finding = await self.context.filters.look(offered)
        if client.marks:
            finding |= Finding(action="junk")
        for reason in finding.reasons:
            self.recorder.event(Decided(self.recorder.now_us, *reason))
        return finding

    # ── a reply for each ──

    async def _each(self, header: Header) -> list[Reply]:
        """Who is refused is left out, and the plan is made again when a mailbox turns out to be gone."""
        recipients = [await self._as_now(*one) for one in self.envelope.recipients]
        decided = await self._refused_by_policy(header)
        reply = replies.TRY_AGAIN_LATER
        for _ in range(PLANS):
            decided |= self._refused_now(recipients, decided)
            served = [recipient for at, recipient in enumerate(recipients) if at not in decided]
            try:
                reply = await self._reply(header, served) if served else reply
                break
            except MailboxGone:
                recipients = [(wanted, await self._expanded(wanted)) for wanted, _ in recipients]
        return [decided.get(at, reply) for at in range(len(recipients))]

    async def _refused_by_policy(self, header: Header) -> dict[int, Reply]:
        """By place in the envelope: who is refused whatever the directory says."""
        found: dict[int, Reply] = {}
        for at, (wanted, expansion) in enumerate(self.envelope.recipients):
            refusal = rules.header_refusal(header, [expansion])
            refusal = refusal or await self.context.policy.at_content((wanted.address,), self.spool.size)
            if refusal is not None:
                found[at] = self._refuse(refusal, wanted)
        return found

    def _refused_now(self, recipients: Sequence[Recipient], decided: dict[int, Reply]) -> dict[int, Reply]:
        """By place in the envelope: who of the others has no mailbox, or none with room for these octets."""
        found: dict[int, Reply] = {}
        for at, (wanted, expansion) in enumerate(recipients):
            refusal = rules.forward_path_refusal(
                expansion, may_relay=lambda: False, declared_size=self.spool.size, service=self.service
            )
            if refusal is not None and at not in decided:
                found[at] = self._refuse(refusal, wanted)
        return found

    def _refuse(self, reply: Reply, wanted: Wanted) -> Reply:
        refused(self.recorder, reply, "content", str(wanted.address))
        return reply

    async def _as_now(self, wanted: Wanted, expansion: Expansion) -> Recipient:
        """Where there is a limit, others may have filled the mailbox since RCPT: it is looked up again.

        So at most those letters go beyond it that come to their end while another is committed (docs/reading.md).
        """
        if not expansion.has_limits:
            return wanted, expansion
        now = await self._expanded(wanted)
        return wanted, expansion if now.is_nobody else now  # that a mailbox is gone is noticed by the commit

    async def _expanded(self, wanted: Wanted) -> Expansion:
        """As things are now, not as they are remembered."""
        return await self.context.acceptance.home.engine.read(expand, wanted.address)

    # ── the commit ──

    async def _reply(self, header: Header, recipients: Sequence[Recipient], finding: Finding = ACCEPTED) -> Reply:
        """What the commit for these recipients comes to; for LMTP MailboxGone is raised, and nothing was taken."""
        events = self.recorder.take()
        try:
            if self.service.submission:
                taken = await self._submitted(events)
            else:
                taken = await self._accepted(header, recipients, events, finding)
        except Refusal as error:
            self.recorder.give_back(events)
            refused(self.recorder, error.reply, error.because)
            return error.reply
        except StoreError as error:
            self.recorder.give_back(events)
            if self.service.lmtp and isinstance(error, MailboxGone):
                raise
            reply = replies.NO_SPACE if isinstance(error, Full) else replies.TRY_AGAIN_LATER
            refused(self.recorder, reply, str(error))
            return reply
        return replies.queued(compact(taken.number))

    async def _submitted(self, events: tuple[Event, ...]) -> Taken:
        envelope = self.envelope
        parameters = envelope.parameters
        draft = Draft(
            content=self.spool,
            reverse_path=envelope.reverse_path,
            recipients=tuple(wanted for wanted, _ in envelope.recipients),
            via=self.service.via,
            login=self.client.login,
            envid=parameters.envid,
            ret=parameters.ret,
            smtputf8=parameters.smtputf8,
            requiretls=parameters.requiretls,
            number=envelope.number,
            session=self.recorder.session,
            from_host=self.client.from_host,
            with_protocol=self.client.protocol,
            events=events,
            sent=self.client.sent,
        )
        try:
            return await self.context.door.submit(draft)
        except Repeated as repeated:  # the same receipt as the first time
            return Taken(repeated.known.message_id, ())

    async def _accepted(
        self, header: Header, recipients: Sequence[Recipient], events: tuple[Event, ...], finding: Finding
    ) -> Taken:
        acceptance = self.context.acceptance
        envelope = self.envelope
        now = acceptance.clock.now_us()
        parameters = envelope.parameters
        addresses = [wanted.address for wanted, _ in recipients]
        plan = await self._planned(header, recipients, now, finding)
        head, done = without_private(self.spool.head) if self.client.may_relay else (self.spool.head, ())
        if done:  # it writes for its users as a submission server would: who gets a blind copy is nobody's business
            header = parse_header(head)
            events = (*events, *(Fixed(now, what) for what in done))
        signatures, told = await self._signed(head, addresses, plan, finding) if plan.leaves else NOTHING
        incoming = Incoming(header, signatures + head, self.spool, self.client.from_host, self.client.protocol)
        onward_path, why = None, NO_EVENTS
        if plan.relayings and self.context.settings.rewrite_forwarded and not self.client.may_relay:
            onward_path, why = await self.context.forwarding.onward(envelope.reverse_path, recipients, plan)
        origin = Origin(
            number=envelope.number,
            at_us=now,
            via=self.service.via,
            reverse_path=envelope.reverse_path,
            session=self.recorder.session,
            envid=parameters.envid,
            ret=parameters.ret,
            smtputf8=parameters.smtputf8,
            requiretls=parameters.requiretls,
            onward_path=onward_path,
        )
        report = None
        if says_report(header):
            report = await self.context.aggregates.of(self.spool, finding.verdict, acceptance.home, now // SECOND_US)
        kept = () if report is None else (Decided(now, report.rule, report.domain, "kept"),)
        all_events = (*events, *why, *told, *kept)
        made = await letters(acceptance, incoming, origin, addresses, plan, all_events, finding.fields)
        about, null_path = None, envelope.reverse_path is None
        if null_path or is_report(header):
            to = [address for _, expansion in recipients for address in came_to(expansion)]
            about = reports_of(header, self.spool, to, acceptance.hostname, null_path=null_path)
        if about is not None:
            about = await self._for_certain(about, recipients)
        if about is None and report is None:
            return await acceptance.take(*made)
        submitter = author_domain(header)[0] or self.client.stranger
        taken = await acceptance.take(*made, also=partial(_also, about, envelope.number, now, report, submitter))
        if about is not None:
            acceptance.wake.tell_letters(about.names.receipts)
        return taken

    async def _for_certain(self, about: Reports, recipients: Sequence[Recipient]) -> Reports:
        """A report that came to a return address of ours is about the recipient whose address that is."""
        for wanted, _ in recipients:
            if (known := await self.context.forwarding.named(wanted.address)) is not None:
                return replace(about, certain=known)
        return about

    async def _signed(self, head: bytes, addresses: Sequence[Address], plan: Plan, finding: Finding) -> Signed:
        """For machines of ours as the author's domain; a stranger's letter is sealed by the domain that hands it on."""
        signer = self.context.door.signer
        if signer is None or self.service.lmtp:
            return NOTHING
        if self.client.may_relay:
            return await signer.signed(head, self.spool)
        if finding.verdict is None:
            return NOTHING
        found = payload(self.context.acceptance.hostname, finding.verdict).encode()
        domains = [address.domain for address in addresses]
        return await signer.sealed(self.spool.head, self.spool, domains, found, finding.verdict.arc.result)

    async def _planned(self, header: Header, recipients: Sequence[Recipient], now: int, finding: Finding) -> Plan:
        """Junk lies with junk, but for who has allowed its author; of a forged letter nobody is told anything (S16)."""
        if finding.silent:
            recipients = [
                (msgspec.structs.replace(wanted, notify="NEVER"), expansion) for wanted, expansion in recipients
            ]
        plan = planned(recipients, now, now + self.context.give_up_after_us)
        if finding.action != "junk":
            return plan
        engine, accounts = self.context.acceptance.home.engine, sorted(plan.accounts)
        boxes = await engine.read(mailboxes.of_use, accounts, OF_JUNK)
        origin = origin_of(header, self.recorder.session.peer)
        if origin is None:
            return plan.filed_in(boxes)
        proven = finding.verdict is not None and finding.verdict.dmarc.result == "pass"
        wanted = await engine.read(partial(allowed.by_whom, proven=proven), accounts, *origin)
        boxes = {account: box for account, box in boxes.items() if account not in wanted}
        return plan.filed_in(boxes).welcoming(wanted, origin.address, now)


def _also(
    about: Reports | None, number: int, now_us: int, report: Brought | None, submitter: str, tx: Tx
) -> None:  # fmt: skip
    """What the letter tells us, kept in the transaction that takes it."""
    if about is not None:
        join(tx, about, number, now_us)
    if report is not None:
        report.keep(tx, submitter, now_us // SECOND_US)


def refused(recorder: Recorder, reply: Reply, because: str, address: str = "") -> None:
    """We said no: what the peer reads, and why, for the journey."""
    text = reply.to_wire().decode("ascii", "replace").strip()
    recorder.event(Refused(recorder.now_us, text, because, address))
