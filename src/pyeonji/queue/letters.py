"""What the writer is told about recipients: bounce, notice of delay, of handing over, of arrival (RFC 3464, RFC 3461).

Pure: facts in, the octets of a report out.  The text is told in the writer's language first, then in the other one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pyeonji.address import Address
from pyeonji.catalog.causes import CAUSES
from pyeonji.catalog.say import Slot, say
from pyeonji.journey.explain import explain
from pyeonji.journey.receipt import compact, written
from pyeonji.message.report import Action, RecipientStatus, Report, build_report, sanitised_reply
from pyeonji.store.journey import MessageFacts

RULE = "────────"
MAX_TOLD = 50  # recipients told of in words; the machine part names all
STATUS = re.compile(r"[245]\d\d[ -]([245]\.\d{1,3}\.\d{1,3})")
EXPIRED = "4.4.7"  # RFC 3463 §3.5: delivery time expired
OTHER_LANGUAGE = {"ko": "en", "en": "ko"}
LANGUAGE_NAMES = {"ko": "한국어", "en": "English"}
KINDS = {
    Action.FAILED: "bounce", Action.DELAYED: "delay", Action.RELAYED: "relayed", Action.DELIVERED: "delivered",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one recipient.  `reply` is their words, or ours when nobody spoke (`phase` dns or connect)."""

    address: Address
    action: Action
    reply: str
    cause: str = ""
    host: str = ""
    phase: str = ""
    original: str = ""
    next_us: int = 0
    deadline_us: int = 0
    to_list: bool = False  # delivered to a list here, not to a mailbox

    @property
    def spoken(self) -> bool:
        """Somebody said it, other than ourselves."""
        return bool(self.host) and self.phase not in ("dns", "connect", "")


@dataclass(frozen=True, slots=True)
class Occasion:
    """Which report is written: about what letter, to whom, by whom, when."""

    message: MessageFacts
    to: Address
    language: str
    number: int  # of the report itself
    hostname: str
    now_us: int


def report(occasion: Occasion, fates: Sequence[Fate], returned: bytes, *, whole: bool) -> bytes:
    """The octets of the report.  `returned` is the letter, or its beginning when not `whole`."""
    kind = KINDS[fates[0].action]
    language = occasion.language if occasion.language in OTHER_LANGUAGE else "en"
    message = occasion.message
    return build_report(
        Report(
            author=(say(language, "bounce.author"), Address("mailer-daemon", occasion.hostname)),
            to=occasion.to,
            subject=subject(language, kind, message, fates),
            text=text(language, kind, message, fates),
            date=occasion.now_us // 1_000_000,
            message_id=f"{compact(occasion.number)}@{occasion.hostname}",
            reporting_mta=occasion.hostname,
            recipients=[status_of(fate, occasion.now_us) for fate in fates],
            returned=returned,
            headers_only=not whole,
            arrival=instant(message.at_us),
            envid=message.envid,
            fields=[("In-Reply-To", message.message_id), ("References", message.message_id)]
            if message.message_id
            else (),
        ),
        smtputf8=not occasion.to.is_ascii,
    )


def subject(language: str, kind: str, message: MessageFacts, fates: Sequence[Fate]) -> str:
    if len(fates) == 1:
        return say(language, f"{kind}.subject", rcpt=fates[0].address.display, subject=message.subject)
    return say(language, f"{kind}.subject.many", n=len(fates), subject=message.subject)


def text(language: str, kind: str, message: MessageFacts, fates: Sequence[Fate]) -> str:
    """Both languages, the writer's own first."""
    other = OTHER_LANGUAGE[language]
    return "\n".join(
        [
            *_told(language, kind, message, fates),
            "",
            f"{RULE} {LANGUAGE_NAMES[other]} {RULE}",
            "",
            *_told(other, kind, message, fates),
            "",
        ]
    )


def _told(language: str, kind: str, message: MessageFacts, fates: Sequence[Fate]) -> list[str]:
    lines: list[str] = []
    for fate in fates[:MAX_TOLD]:
        lines += [*_about(language, kind, fate), ""]
    if len(fates) > MAX_TOLD:
        lines += [", ".join(fate.address.display for fate in fates[MAX_TOLD : 2 * MAX_TOLD]) + " …", ""]
    lines.append(say(language, "bounce.receipt", number=written(message.number)))
    return lines


def _about(language: str, kind: str, fate: Fate) -> list[str]:
    name = fate.address.display
    if fate.action is Action.DELIVERED:
        return [say(language, "delivered.list" if fate.to_list else "delivered.opening", rcpt=name)]
    opening = say(language, f"{kind}.opening", rcpt=name, host=fate.host)
    if fate.action is Action.RELAYED:
        return [opening, "", say(language, "bounce.words", reply=sanitised_reply(fate.reply, ascii_only=False))]
    what, todo = meaning(language, fate)
    lines = [opening, "", say(language, "bounce.what", what=what)]
    if fate.spoken:
        lines.append(say(language, "bounce.words", reply=sanitised_reply(fate.reply, ascii_only=False)))
    if fate.action is Action.FAILED:
        return [*lines, say(language, "bounce.todo", what=todo), say(language, "bounce.again")]
    return [*lines, say(language, "delay.again", when=local_time(fate.next_us), last=local_time(fate.deadline_us))]


def meaning(language: str, fate: Fate) -> tuple[str, str]:
    """What happened and what to do, each in one sentence of the catalogue."""
    found = explain(fate.reply, fate.phase, fate.host, str(fate.address))
    cause = fate.cause if fate.cause in CAUSES else found.cause
    slots: dict[str, Slot] = {
        **found.slots, "rcpt": fate.address.display, "domain": fate.address.domain, "host": fate.host,
    }  # fmt: skip
    if cause == "queue.expired":
        last = found.cause if found.cause and found.cause != cause else ""
        slots["last"] = say(language, f"cause.{last}", **slots) if last else sanitised_reply(fate.reply)
    failed = fate.action is Action.FAILED
    advice = CAUSES[cause].advice(permanent=failed) if cause in CAUSES else found.action_key
    return say(language, f"cause.{cause or 'unexplained'}", **slots), say(language, advice, **slots)


def status_of(fate: Fate, now_us: int) -> RecipientStatus:
    """The block for programs."""
    return RecipientStatus(
        final=fate.address,
        action=fate.action,
        status=status_code(fate),
        original=fate.original,
        remote_mta=fate.host if fate.spoken else "",
        diagnostic=fate.reply if fate.spoken else "",
        last_attempt=instant(now_us),
        will_retry_until=instant(fate.deadline_us) if fate.action is Action.DELAYED else None,
    )


def status_code(fate: Fate) -> str:
    """RFC 3463: theirs, or the general one of its class."""
    found = STATUS.match(fate.reply)
    if fate.cause == "queue.expired":  # where it was encryption that could not be had to the end, that is what is told
        return f"5{found[1][1:]}" if found and fate.phase == "tls" and found[1].startswith("4.7.") else EXPIRED
    if found:
        return found[1]
    return {Action.FAILED: "5.0.0", Action.DELAYED: "4.0.0"}.get(fate.action, "2.0.0")


def instant(us: int) -> datetime:
    return datetime.fromtimestamp(us // 1_000_000, UTC)


def local_time(us: int) -> str:
    """As people here read a clock."""
    return instant(us).astimezone().strftime("%Y-%m-%d %H:%M %z")
