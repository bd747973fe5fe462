"""Who sees what of a story: one function, and a tested matrix (tests/pure/test_view.py).

admin      everything but the subject, which is content: `opened` says that its opening was noted
writer     everything but what the reader does with the letter, and into which mailbox it went
app        the same of what it sent with its key
recipient  how it came in, and what happened to it here; nobody whom the header does not name ever shows,
           not in the list, not in a line, not in a number
public     codes and sentences, hosts, masked addresses; no lines, no subject, no network addresses
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from pyeonji.catalog.say import Slot
from pyeonji.journey.junk import without_words
from pyeonji.journey.steps import Step
from pyeonji.journey.story import RecipientStory, Said, Story

_ANYWHERE = frozenset({"accepted", "fixed", "filed", "moved", "expunged", "decided"})  # without a connection
_ON_THE_WAY_IN = frozenset({"connected", "tlsstarted", "tlsfailed", "line", "content", "dropped", "closed", "refused"})
_AFTER = frozenset({"moved", "expunged"})  # what somebody does with a letter in a mailbox
# Rules: which program it was, and that it did not arrive before, is no reader's business.
_OF_THE_WRITER = frozenset({"handed in by", "handed in again", "sent again", "again after"})
_OF_THE_READER = frozenset({"allowed"})  # rules: whom somebody welcomes is his own business
_PUBLIC = frozenset(
    {
        "accepted",
        "filed",
        "queued",
        "attempted",
        "delivered",
        "deferred",
        "failed",
        "bounced",
        "notified",
        "confirmed",
        "returned",
        "reported",
        "held",
    }
    | {"released", "cancelled", "leaseexpired", "tlsstarted", "refused"}
)


Role = Literal["admin", "writer", "app", "recipient", "public"]
Act = Literal["retry", "cancel", "hold", "release", "again", "inbox", "allow"]
ACTS: dict[str, frozenset[Act]] = {
    "admin": frozenset(("retry", "cancel", "hold", "release", "again")),
    "writer": frozenset(("retry", "cancel", "again")),
    "app": frozenset(("retry", "cancel")),
}
OWNERS: frozenset[Act] = frozenset(("inbox", "allow"))  # of a mailbox in which it lies


@dataclass(frozen=True, slots=True)
class Viewer:
    """`address` says which recipient, `account` whose mailbox that is; an administrator may be one, too."""

    role: Role
    address: str = ""
    account: str = ""
    opened: bool = False  # of an administrator: may see content, and the journey says so

    @property
    def acts(self) -> frozenset[Act]:
        """What this viewer may do with a letter."""
        return ACTS.get(self.role, frozenset()) | (OWNERS if self.account else frozenset())


def redact(story: Story, viewer: Viewer, visible: Iterable[str] = ()) -> Story:
    """What `viewer` may see.  `visible` are the addresses that the letter's To and Cc name."""
    named = {address.casefold() for address in visible}
    match viewer.role:
        case "admin":
            return story if viewer.opened else replace(story, subject="")
        case "writer" | "app":
            steps = (one for one in story.steps if one.event not in _AFTER and one.rule not in _OF_THE_READER)
            return replace(story, steps=tuple(map(_for_writer, steps)))
        case "recipient":
            return _for_reader(replace(story, trace=""), viewer.address.casefold(), viewer.account.casefold(), named)
        case _:
            return _for_anybody(replace(story, trace=""), named)


def masked(address: str) -> str:
    """ "minsu@school.example" as "m***@school.example"."""
    local_part, at, domain = address.rpartition("@")
    return f"{local_part[:1]}***{at}{domain}" if at else ("***" if address else "")


def _for_writer(step: Step) -> Step:
    """The writer learns that it is in a mailbox, not in which: the reader's junk folder is the reader's business."""
    if step.event != "filed":
        return step
    return replace(step, text=step.address, slots={**step.slots, "mailbox": ""})


def _for_reader(story: Story, me: str, account: str, named: set[str]) -> Story:
    own, named = {me, account or me}, named | {me, account or me}
    people = [one for one in story.recipients if one.address.casefold() in named]
    new_numbers = {one.n: n for n, one in enumerate(people, 1)}  # a gap would tell that somebody is missing
    hidden = {one.address.casefold() for one in story.recipients if one.address.casefold() not in named}
    hidden |= {step.address.casefold() for step in story.steps if step.address and step.address.casefold() not in named}
    hidden.discard(story.reverse_path.casefold())
    places = _places(story)
    mine = {one.n for one in people if one.address.casefold() in own}
    steps = []
    for step in story.steps:
        if not _is_for_reader(step, own, mine) or (step.recipient and step.recipient not in new_numbers):
            continue
        if _tells_of(step, hidden) or (step.address and step.address.casefold() not in named):
            continue
        if step.event == "connected":
            step = replace(step, text="", slots={**step.slots, "peer": ""})
        elif _tells_of(step, places):
            bare = without_words(step)
            if bare is None or _tells_of(bare, places):
                continue
            step = bare
        steps.append(replace(step, recipient=new_numbers.get(step.recipient, 0)))
    kept = tuple(replace(_public_outcome(one, me), n=new_numbers[one.n]) for one in people)
    return replace(story, recipients=kept, steps=tuple(steps), login="")


def _places(story: Story) -> set[str]:
    """The network addresses from which the letter came to us, and those of who introduced it."""
    peers = {str(step.slots.get("peer", "")) for step in story.steps if step.event == "connected" and step.way == "in"}
    peers |= {step.value for step in story.steps if step.rule == "introduced"}
    return {place for peer in peers if (place := peer.rpartition(":")[0].strip("[]").casefold() or peer)}


def _is_for_reader(step: Step, own: set[str], numbers: set[int]) -> bool:
    """The hop into our server, and one's own mailbox; how others get theirs is not told.

    `numbers` are those of the recipients that this reader is.
    """
    if step.way == "out":
        return False
    if step.rule in _OF_THE_READER:
        return step.recipient in numbers
    if step.event in _ON_THE_WAY_IN:
        return step.way == "in"
    if step.event not in _ANYWHERE or step.rule in _OF_THE_WRITER:
        return False
    mine = step.address.casefold() in own
    return mine if step.event in ("filed", "moved", "expunged") else mine or not step.recipient


def _public_outcome(one: RecipientStory, me: str) -> RecipientStory:
    """Of another named recipient a reader knows the address, as the header has it; the rest is between others."""
    if one.address.casefold() == me:
        return one
    return RecipientStory(n=one.n, address=one.address, state=one.state, certainty=one.certainty, key="")


def _tells_of(step: Step, hidden: set[str]) -> bool:
    """Whether a hidden address occurs anywhere in a step."""
    if not hidden:
        return False
    words = (step.text, step.rule, step.value, step.outcome, *map(str, step.slots.values()))
    everything = "\n".join(words).casefold()
    return any(address in everything for address in hidden)


def _for_anybody(story: Story, named: set[str]) -> Story:
    people = [one for one in story.recipients if one.address.casefold() in named]
    new_numbers = {one.n: n for n, one in enumerate(people, 1)}
    steps = [
        replace(
            step, text="", value="", rule="", outcome="", address=masked(step.address), direction="", session=0,
            slots=_bare(step.slots), recipient=new_numbers.get(step.recipient, 0), way="",
        )
        for step in story.steps
        if step.event in _PUBLIC and (not step.recipient or step.recipient in new_numbers)
        and (not step.address or step.address.casefold() in named)
    ]  # fmt: skip
    return replace(
        story,
        subject="",
        message_id="",
        login="",
        parent=0,
        reverse_path=masked(story.reverse_path),
        author="",
        recipients=tuple(_masked(one, new_numbers[one.n]) for one in people),
        steps=tuple(steps),
    )


def _masked(one: RecipientStory, n: int) -> RecipientStory:
    reply = one.reply and Said(one.reply.code, one.reply.enhanced, "", one.reply.from_host, one.reply.phase)
    return replace(one, n=n, address=masked(one.address), reply=reply, slots=_bare(one.slots or {}), bounce=0)


_BARE = frozenset({"host", "provider", "list", "version", "attempt", "when", "last", "number", "via", "domain"})


def _bare(slots: dict[str, Slot]) -> dict[str, Slot]:
    """Hosts, codes and times stay; addresses are masked; peers' own words, links and network addresses go."""
    kept = {name: value for name, value in slots.items() if name in _BARE}
    kept |= {name: masked(str(slots[name])) for name in ("rcpt", "address") if slots.get(name)}
    return kept
