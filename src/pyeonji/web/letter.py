"""A story as the page shows it: plain values in one language, answer on top, proof below."""

import datetime
from dataclasses import dataclass, replace

from pyeonji.catalog.say import say
from pyeonji.journey import tell
from pyeonji.journey.instants import clock, distance, to_the_millisecond
from pyeonji.journey.receipt import NotAReceipt, parse_receipt, written
from pyeonji.journey.steps import Step
from pyeonji.journey.story import RecipientStory, Story

GOOD, WAIT, BAD = "good", "wait", "bad"
MOODS = {"delivered": GOOD, "queued": WAIT, "sending": WAIT, "deferred": WAIT, "held": WAIT}
WIRE = frozenset({"line", "content"})
URGENCY = (BAD, WAIT, GOOD)  # whose state stands on top


@dataclass(frozen=True, slots=True)
class Person:
    """One recipient.  `mood` is how it is coloured, never the only sign."""

    address: str
    glyph: str
    mood: str
    state: str
    happened: str
    actor: str
    action: str
    words: str
    next: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One step.  `wire` is "out" (we said), "in" (they said) or "" for what is no line of a dialogue."""

    time: str
    wire: str
    encrypted: bool
    text: str
    sentence: str
    onward: str = ""  # the receipt number the next server gave
    mood: str = ""  # of a reply, by its first digit
    rule: str = ""  # of a decision: its name
    value: str = ""  # what decided
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    number: str
    subject: str
    author: str
    message_id: str
    parent: str
    answer: Person | None
    people: tuple[Person, ...]
    steps: tuple[Shown, ...]
    raw: str
    settled: bool


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks, and when."""

    language: str
    now_us: int
    zone: datetime.tzinfo


def page(story: Story, reader: Reader) -> Page:
    """The page of a letter, or of a connection that brought none."""
    people = tuple(_person(recipient, reader, refused=not story.id) for recipient in story.recipients)
    return Page(
        number=story.display_id,
        subject=story.subject,
        author=story.reverse_path or story.author,
        message_id=story.message_id,
        parent=written(story.parent) if story.parent else "",
        answer=min(people, key=lambda person: URGENCY.index(person.mood), default=None),
        people=people,
        steps=tuple(shown(step, reader) for step in whole_replies(story.steps)),
        raw=tell.story_text(story, reader.language, now=reader.now_us, zone=reader.zone, raw=True),
        settled=all(recipient.final for recipient in story.recipients),
    )


def _person(one: RecipientStory, reader: Reader, *, refused: bool) -> Person:
    lang = reader.language
    reply = one.reply
    words = "" if reply is None else " ".join(filter(None, (str(reply.code or ""), reply.enhanced, reply.text)))
    return Person(
        address=one.address,
        glyph=tell.mark(one),
        mood=MOODS.get(one.state, BAD),
        state=say(lang, "state.refused") if refused else tell.headline(one, lang),
        happened=tell.what_happened(one, lang),
        actor=say(lang, f"actor.{one.actor}"),
        action=tell.what_to_do(one, lang),
        words=f"{words}  ({reply.from_host})" if reply and reply.from_host else words,
        next=_next(one, reader),
    )


def _next(one: RecipientStory, reader: Reader) -> tuple[str, ...]:
    """What happens next, with a clock time and a distance; that nothing does is said, too."""
    found = []
    for key, at in (("story.next_at", one.next_attempt_at), ("story.gives_up", one.gives_up_at)):
        if at:
            when = clock(at, reader.now_us, reader.zone)
            away = distance(reader.language, at, reader.now_us)
            found.append(say(reader.language, key, when=when, distance=away))
    return tuple(found) or ((say(reader.language, "story.nothing_next"),) if one.final else ())


def whole_replies(steps: tuple[Step, ...]) -> list[Step]:
    """The lines of one reply ("250-...", "250 ...") as one step, which has the sentence of its last line."""
    found: list[Step] = []
    for step in steps:
        if found and _goes_on(found[-1], step):
            found[-1] = replace(step, text=f"{found[-1].text}  {step.text}")
        else:
            found.append(step)
    return found


def _goes_on(earlier: Step, step: Step) -> bool:
    if earlier.event != "line" or step.event != "line" or earlier.direction != step.direction:
        return False
    last = earlier.text.rpartition("  ")[2]
    return last[:3].isdigit() and last[3:4] == "-" and step.text[:3] == last[:3] and earlier.session == step.session


def shown(step: Step, reader: Reader) -> Shown:
    return Shown(
        time=to_the_millisecond(step.at, reader.zone),
        wire=step.direction if step.event in WIRE else "",
        encrypted=step.encrypted,
        text=step.text,
        sentence=tell.whisper(step, reader.language, lambda at_us: clock(at_us, reader.now_us, reader.zone)),
        onward=_onward(step),
        mood=_mood(step),
        rule=step.rule,
        value=step.value,
        outcome=step.outcome,
    )


def _mood(step: Step) -> str:
    """Their no is marked; whose it is, is not the question here."""
    return {"4": WAIT, "5": BAD}.get(step.text[:1], "") if step.event == "line" and step.text[:3].isdigit() else ""


def _onward(step: Step) -> str:
    """The number a server of ours gave the letter, to go on reading there."""
    if step.event != "delivered":
        return ""
    _, _, number = step.text.rpartition("queued as ")
    try:
        return written(parse_receipt(number.strip()).number)
    except NotAReceipt:
        return ""
