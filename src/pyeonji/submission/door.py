"""The one door for mail that starts here: submission port, sendmail, bounces, notices (docs/design.md §2 row 9).

Rights, limits and fix-ups are the same for all of them; what comes out is one letter in one commit.
"""

import contextlib
from dataclasses import replace
from functools import partial

import msgspec

from pyeonji.acceptance.accept import Acceptance, Also
from pyeonji.acceptance.copies import Incoming, letters
from pyeonji.acceptance.letter import Origin
from pyeonji.acceptance.spool import Spool
from pyeonji.address import Address, parse_address, verp
from pyeonji.delivery.expand import Expansion, expand, may_send_as
from pyeonji.delivery.plan import Plan, Wanted, planned
from pyeonji.journey.event import Decided, Fixed
from pyeonji.journey.receipt import compact
from pyeonji.message.author import NotOneAuthor, author, senders
from pyeonji.message.date import format_date
from pyeonji.message.header import Header, parse_header
from pyeonji.net.clock import SECOND_US
from pyeonji.proto.smtp import reply as replies
from pyeonji.proto.smtp.reply import Reply
from pyeonji.store import apps, directory, idempotency, sending, suppressions
from pyeonji.store.accept import Letter, Taken, record
from pyeonji.store.engine.base import StoreError, Tx
from pyeonji.store.idempotency import Repeated
from pyeonji.store.sending import SendingLimits, TooMuch
from pyeonji.store.sent import SIMULATOR, Sent
from pyeonji.submission import app_fields, overuse
from pyeonji.submission.app_fields import HandedIn
from pyeonji.submission.draft import Draft
from pyeonji.submission.fixup import fixed
from pyeonji.submission.sign import NOTHING, Signed, Signer

__all__ = ["Door", "Draft", "Refusal"]

AUTOMATIC = frozenset({"bounce", "notice", "report"})  # we wrote it: nothing to mend, nobody's rights to check


class Refusal(Exception):
    """Our policy says no.  `reply` goes to the peer, `because` to the journey."""

    def __init__(self, reply: Reply, because: str) -> None:
        super().__init__(because)
        self.reply = reply
        self.because = because


class Door:
    """Takes drafts."""

    def __init__(
        self,
        acceptance: Acceptance,
        give_up_after_us: int,
        signer: Signer | None = None,
        limits: SendingLimits | None = None,
        sendmail_app: str = "",
    ) -> None:
        self.acceptance = acceptance
        self.signer = signer  # None: nothing is signed
        self._limits = limits or SendingLimits()
        self.give_up_after_us = give_up_after_us
        self._sendmail_app = sendmail_app  # whose sendmail's letters are; "" nobody's

    async def submit(self, draft: Draft, *, also: Also | None = None) -> Taken:
        """Mend, plan, commit.  Raises Refusal and StoreError, and Repeated when its key was used before."""
        number = draft.number or self.acceptance.ids.receipt()
        spool = draft.content if isinstance(draft.content, Spool) else self._spooled(draft.content, number)
        handed = HandedIn(draft)
        try:
            handed = await self._handed_in(draft, spool.head)
            letters = await self._letters(handed.draft, spool, number)
            taken = await self.acceptance.take_all(*letters, before=self._before(handed, number), also=also)
        except Repeated as found:
            await self._note_repeated(handed.draft, found.known.message_id)
            raise
        except TooMuch as found:
            await self._tell(found)
            raise Refusal(replies.SENT_TOO_MUCH, str(found)) from found
        finally:
            spool.discard()  # whatever came of it
        return taken[0]

    def _counting(self, draft: Draft) -> Also | None:
        """Whoever has logged in sends so much and no more."""
        if not draft.login or not self._limits.are_any:
            return None
        now = self.acceptance.clock.now_us()
        recipients = len(draft.recipients)
        return partial(sending.count, login=draft.login, recipients=recipients, now_us=now, limits=self._limits)

    def _before(self, handed: HandedIn, number: int) -> Also | None:
        """What is done first in the transaction: a key is good once, and a repeated letter does not count."""
        count = self._counting(handed.draft)
        if not handed.key:
            return count
        now = self.acceptance.clock.now_us()

        def note_and_count(tx: Tx) -> None:
            idempotency.note(tx, handed.app_id, handed.key, message_id=number, now_us=now)
            if count is not None:
                count(tx)

        return note_and_count

    async def _handed_in(self, draft: Draft, head: bytes) -> HandedIn:
        """With what the fields for us say.  Raises Refusal."""
        if draft.via in AUTOMATIC or draft.failure is not None:
            return HandedIn(draft)
        if draft.via == "sendmail" and self._sendmail_app and draft.sent is None:
            app = await self.acceptance.home.engine.read(apps.named, self._sendmail_app)
            draft = draft if app is None else replace(draft, sent=Sent(app.id))
        try:
            fields = app_fields.read(parse_header(head))
        except app_fields.BadField as error:
            name = f"X-Pyeonji-{error.name.title()}"
            raise Refusal(Reply(550, "6.0", f"{name}: {error}"), f"{name}: {error}") from error
        handed = app_fields.handed_in(draft, fields, self.acceptance.clock.now_us())
        sent = handed.draft.sent
        if sent is not None and sent.test and any(one.address.domain != SIMULATOR for one in draft.recipients):
            raise Refusal(replies.TEST_KEY, "a test key sends to simulator.test only")
        return handed

    async def _note_repeated(self, draft: Draft, number: int) -> None:
        """The journey of the letter tells that it was handed in again."""
        now = self.acceptance.clock.now_us()
        again = Decided(now, app_fields.REPEATED, compact(number), "once: the key was used before")
        with contextlib.suppress(StoreError):
            await self.acceptance.home.engine.write(record, draft.session, number, now, (*draft.events, again))

    async def _tell(self, found: TooMuch) -> None:
        now = self.acceptance.clock.now_us()
        noted = partial(overuse.note, account_id=found.account.id, now_us=now)
        with contextlib.suppress(overuse.ToldAlready, Refusal, StoreError):
            await self.submit(overuse.draft(self.acceptance, found), also=noted)

    async def _letters(self, draft: Draft, spool: Spool, number: int) -> list[Letter]:
        """What is to be committed; raises Refusal and StoreError."""
        acceptance = self.acceptance
        now = acceptance.clock.now_us()
        head, done = self._mended(draft, spool, number, now)
        header = parse_header(head)
        await self._check_author(draft, header)
        expansions = await acceptance.home.engine.read(expanded, draft.recipients)
        served, failed = sorted_out(draft, header, expansions)
        plan = planned(served, now, draft.expires_us or now + self.give_up_after_us, failed)
        plan = plan.not_before(draft.not_before_us)
        plan = await self._kept_back(draft, plan)
        signatures, told = await self._signed(plan, head, spool)
        incoming = Incoming(header, signatures + head, spool, draft.from_host, draft.with_protocol or "local")
        origin = Origin(
            number=number, at_us=now, via=draft.via, reverse_path=draft.reverse_path, session=draft.session,
            envid=draft.envid, ret=draft.ret, smtputf8=draft.smtputf8, parent=draft.parent, login=draft.login,
            requiretls=draft.requiretls, sent=draft.sent,
            onward_path=await self._onward_path(draft, plan, number),
        )  # fmt: skip
        events = (*draft.events, *(Fixed(now, what) for what in done), *told)
        return await letters(
            acceptance, incoming, origin, [wanted.address for wanted in draft.recipients], plan, events
        )

    async def _onward_path(self, draft: Draft, plan: Plan, number: int) -> Address | None:
        """Where an app has it so, each recipient's letter returns to an address of its own (`relay.courier`)."""
        path, sent = draft.reverse_path, draft.sent
        if sent is None or path is None or not plan.relayings:
            return None
        app = await self.acceptance.home.engine.read(apps.numbered, sent.app_id)
        if app is None or not app.verp:
            return None
        here = await self.acceptance.home.engine.read(directory.domain_exists, path.domain)
        return parse_address(verp.base(compact(number), path.domain)) if here else None

    async def _kept_back(self, draft: Draft, plan: Plan) -> Plan:
        """The plan without the addresses to which this app sends nothing."""
        if draft.sent is None:
            return plan
        found = await self.acceptance.home.engine.read(suppressions.among, draft.sent.app_id, plan.addresses)
        return plan.without({address: f"not sent: {one.cause}" for address, one in found.items()})

    async def _signed(self, plan: Plan, head: bytes, spool: Spool) -> Signed:
        """Our signatures, the last thing before the commit; a letter that stays here needs none."""
        if self.signer is None or not plan.leaves:
            return NOTHING
        return await self.signer.signed(head, spool)

    def _spooled(self, content: bytes, number: int) -> Spool:
        spool = Spool(self.acceptance.spool, number)
        spool.add(content)
        spool.finish()
        return spool

    def _mended(self, draft: Draft, spool: Spool, number: int, now: int) -> tuple[bytes, tuple[str, ...]]:
        if draft.via in AUTOMATIC:
            return spool.head, ()
        return fixed(
            spool.head,
            date=format_date(now // SECOND_US),
            message_id=f"<{compact(number)}@{self.acceptance.hostname}>",
            author=str(draft.reverse_path) if draft.reverse_path else "",
            hostname=self.acceptance.hostname,
            has_body=spool.size > spool.head_came,
        )

    async def _check_author(self, draft: Draft, header: Header) -> None:
        """Only whoever logged in has an identity to check; sendmail's is the machine's own (S20).

        Whoever sends another's letter on (Resent-From) would write in his name, too: that needs a right of its own.
        """
        if not draft.login:
            return
        try:
            mailboxes = (*author(header), *senders(header))
        except NotOneAuthor as error:
            raise Refusal(replies.BAD_HEADER, str(error)) from error
        for mailbox in mailboxes:
            address = f"{mailbox.local_part}@{mailbox.domain}"
            if not await self.acceptance.home.engine.read(may_send_as, draft.login, address):
                raise Refusal(replies.NOT_YOUR_ADDRESS, f"{draft.login} may not write as {address}")


def sorted_out(
    draft: Draft, header: Header, expansions: list[Expansion]
) -> tuple[list[tuple[Wanted, Expansion]], list[tuple[Wanted, Reply]]]:
    """Who gets it, and of a promised letter who does not; raises Refusal for any other, and for one that must wait."""
    served: list[tuple[Wanted, Expansion]] = []
    failed: list[tuple[Wanted, Reply]] = []
    for wanted, expansion in zip(draft.recipients, expansions, strict=True):
        refusal = refusal_of(draft, header, wanted, expansion)
        if refusal is None:
            served.append((wanted, expansion))
        elif draft.promised and (draft.failure is not None or not refusal.reply.temporary):
            failed.append((wanted, refusal.reply))
        elif draft.shown and not refusal.reply.temporary:
            failed.append((msgspec.structs.replace(wanted, notify="NEVER"), refusal.reply))
        else:
            raise refusal
    return served, failed


def refusal_of(draft: Draft, header: Header, wanted: Wanted, expansion: Expansion) -> Refusal | None:
    """Why this recipient gets no letter, or None.  What we wrote ourselves goes where it can."""
    if draft.failure is not None:
        return Refusal(draft.failure, "for nobody")
    if expansion.comes_back(header):
        return Refusal(replies.TOO_MANY_HOPS, "a list here has given it to its members already")
    if draft.via in AUTOMATIC:
        return None
    if (dead_end := expansion.dead_end) is not None:
        return Refusal(replies.LEADS_NOWHERE, str(dead_end))
    return Refusal(replies.NO_SUCH_MAILBOX, f"nobody is called {wanted.address}") if expansion.is_nobody else None


def expanded(tx: Tx, recipients: tuple[Wanted, ...]) -> list[Expansion]:
    """Each recipient followed to its ends, on one snapshot."""
    return [expand(tx, wanted.address) for wanted in recipients]
