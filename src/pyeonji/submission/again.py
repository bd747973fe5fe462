"""A letter is sent again to one of its recipients: as a new letter, which knows the old one, and the old one it."""

from dataclasses import dataclass

from pyeonji.acceptance.spool import Spool
from pyeonji.address import Address, parse_address
from pyeonji.delivery.plan import Wanted
from pyeonji.journey.event import Decided
from pyeonji.journey.receipt import written
from pyeonji.message.again import afresh
from pyeonji.store import again, journey, messages, queue, sent
from pyeonji.store.accept import record
from pyeonji.store.again import Wishes
from pyeonji.store.blobs import Blobs
from pyeonji.store.directory import fold
from pyeonji.store.engine.base import Damaged, StoreError, Tx
from pyeonji.store.journey import MessageFacts
from pyeonji.store.sent import Sent
from pyeonji.submission.door import Door, Draft

BEGAN_HERE = frozenset({"submission", "sendmail", "api"})  # ways in which people and apps here hand in letters
SENT_AGAIN, AGAIN_AFTER = "sent again", "again after"  # rules: on the old letter, on the new one
PIECE = 1 << 20  # octets of a body carried over at once


class NotThere(Exception):
    """The letter itself is not kept any more, or there never was one."""


class UnderWay(Exception):
    """It was let go meanwhile: the old letter may still arrive."""


@dataclass(frozen=True, slots=True)
class Again:
    """`n` of letter `number`, whose address was `old`, is sent to `to`; `who` says so."""

    number: int
    n: int
    old: str
    to: Address
    who: str
    held: bool = False  # the old one is taken back


async def send_again(door: Door, asked: Again) -> int:
    """The number of the new letter.  Raises NotThere, UnderWay, SentBefore (sent again before), Refusal, StoreError."""
    acceptance = door.acceptance
    number, now = acceptance.ids.receipt(), acceptance.clock.now_us()
    spool = Spool(acceptance.spool, number)
    try:
        facts, app, wishes = await acceptance.home.engine.scan(_copied, acceptance.home.blobs, asked, spool)
    except StoreError as error:
        spool.discard()
        raise (NotThere() if isinstance(error, Damaged) else error) from error
    draft = Draft(
        content=spool, number=number, via=facts.via, login=facts.login, sent=app, ret=facts.ret, envid=facts.envid,
        expires_us=_own_deadline(door, facts, wishes, now),
        reverse_path=parse_address(facts.reverse_path) if facts.reverse_path else None,
        recipients=(_wanted(asked, wishes),), smtputf8=facts.smtputf8 or not str(asked.to).isascii(),
        requiretls=facts.tls == "required",
        events=(Decided(now, AGAIN_AFTER, written(asked.number), f"by: {asked.who}"),),
    )  # fmt: skip

    def linked(tx: Tx) -> None:
        again.note(tx, asked.number, asked.n, number)
        if asked.held and not queue.cancel(tx, asked.number, asked.n, f"{asked.who}: {SENT_AGAIN}", now):
            raise UnderWay
        told = Decided(now, SENT_AGAIN, written(number), f"by: {asked.who}", asked.n)
        record(tx, None, asked.number, now, (told,))

    taken = await door.submit(draft, also=linked)
    acceptance.wake.tell_letters([asked.number])
    return taken.number


def _wanted(asked: Again, wishes: Wishes) -> Wanted:
    """He is told of it as before; by the name that was given for him (ORCPT), unless it was another's."""
    same = fold(asked.to) == asked.old.casefold()
    return Wanted(asked.to, original=wishes.original if same else "", notify=wishes.notify)


def _own_deadline(door: Door, facts: MessageFacts, wishes: Wishes, now_us: int) -> int:
    """The instant until which its writer said it is good (`expires_in`), while that is ahead; else 0, the usual time.

    Who had the usual time has it again from now on; and who sends a letter on purpose whose time is over means it.
    """
    usual = facts.at_us + door.give_up_after_us
    return wishes.deadline_us if wishes.deadline_us > now_us and wishes.deadline_us != usual else 0


def _copied(tx: Tx, blobs: Blobs, asked: Again, spool: Spool) -> tuple[MessageFacts, Sent | None, Wishes]:
    """The letter in the spool as its writer wrote it, and what is known of it; raises Damaged."""
    facts = journey.message(tx, asked.number)
    if facts is None or facts.via not in BEGAN_HERE:
        raise Damaged("it did not begin here")
    head = messages.content(tx, blobs, asked.number, facts.relay_at, facts.body_at - facts.relay_at)
    spool.add(afresh(head, asked.old, str(asked.to)))
    at = facts.body_at
    while piece := messages.content(tx, blobs, asked.number, at, PIECE):
        spool.add(piece)
        at += len(piece)
    spool.finish()
    return facts, sent.of(tx, asked.number), again.wishes(tx, asked.number, asked.n)
