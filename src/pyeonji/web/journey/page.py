"""All that the page of a letter shows, for one person, one recipient and one level of reading."""

from dataclasses import dataclass
from typing import Any, Literal

from pyeonji.journey import tell
from pyeonji.journey.instants import clock
from pyeonji.journey.story import RecipientStory, Story
from pyeonji.journey.view import Act, Viewer
from pyeonji.web.journey.family import family
from pyeonji.web.journey.passing import to_pass_on, to_report
from pyeonji.web.journey.picture import picture
from pyeonji.web.journey.proof import proof
from pyeonji.web.letter import Page, Reader, page

Level = Literal["plain", "tech", "raw"]
LEVELS: tuple[Level, ...] = ("plain", "tech", "raw")
DO: dict[str, frozenset[Act]] = {  # what can be done with a recipient in which state
    "queued": frozenset(("retry", "cancel", "hold")), "deferred": frozenset(("retry", "cancel", "hold")),
    "held": frozenset(("release", "cancel")),
}  # fmt: skip
ORDER: tuple[Act, ...] = ("retry", "release", "hold", "cancel")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of a letter somebody wants to see, and how."""

    level: Level = "plain"
    n: int = 0  # recipient; 0: the one whose state matters most


def journey_page(story: Story, viewer: Viewer, reader: Reader, asked: Asked) -> dict[str, Any]:
    """Values for the template."""
    whole: Page = page(story, reader)
    one = chosen(story, asked.n)
    person = whole.people[story.recipients.index(one)] if one else None
    return {
        "page": whole,
        "person": person,
        "n": one.n if one else 0,
        "level": asked.level,
        "levels": LEVELS,
        "picture": picture(story, one, reader, plain=asked.level == "plain"),
        "proof": proof(story, reader),
        "family": family(story),
        "passing": to_pass_on(story, one) if one else (),
        "unknown": to_report(one, viewer, story.reverse_path) if one else "",
        "acts": acts(one, viewer) if one else (),
        "may_hide": one is not None and one.certainty == "handed_over" and one.state == "delivered",
        "waited": waited(one, story, reader.now_us) if one else 0,
        "facts": facts(story, one, reader) if asked.level == "tech" else (),
        "may_open": viewer.role == "admin" and not viewer.opened,
        "role": viewer.role,
        "dropped": any(step.event == "dropped" for step in story.steps),
    }


def chosen(story: Story, n: int) -> RecipientStory | None:
    """The recipient that is asked for, else one who did not get it, else one who waits, else the first."""
    for one in story.recipients:
        if one.n == n:
            return one
    worst = [one for one in story.recipients if one.final and one.state != "delivered"]
    waiting = [one for one in story.recipients if not one.final]
    return next(iter([*worst, *waiting, *story.recipients]), None)


def acts(one: RecipientStory, viewer: Viewer) -> tuple[Act, ...]:
    """What this person may do now with this recipient."""
    return tuple(act for act in ORDER if act in viewer.acts and act in DO.get(one.state, frozenset()))


def waited(one: RecipientStory, story: Story, now_us: int) -> int:
    """How much of its time is over, in per cent; 0 where there is none to wait for."""
    if one.final or not one.gives_up_at or one.gives_up_at <= story.accepted_at:
        return 0
    return min(100, max(1, 100 * (now_us - story.accepted_at) // (one.gives_up_at - story.accepted_at)))


def facts(story: Story, one: RecipientStory | None, reader: Reader) -> tuple[tuple[str, str], ...]:
    """What people who run servers want to know: names of fields are the same in every language."""
    reply = one.reply if one else None
    found = [
        ("Message-ID", story.message_id), ("MAIL FROM", f"<{story.reverse_path}>"), ("via", story.via),
        ("login", story.login), ("size", f"{story.size} octets" if story.size else ""),
        ("accepted", clock(story.accepted_at, reader.now_us, reader.zone) if story.accepted_at else ""),
    ]  # fmt: skip
    if one is not None:
        found += [
            ("RCPT TO", f"<{one.address}>"), ("state", tell.mark(one) + " " + one.state), ("cause", one.cause),
            ("attempts", str(one.attempts or "")),
        ]  # fmt: skip
    if reply is not None:
        found += [("host", reply.from_host), ("phase", reply.phase), ("code", f"{reply.code} {reply.enhanced}".strip())]
    return tuple((name, value) for name, value in found if value)
