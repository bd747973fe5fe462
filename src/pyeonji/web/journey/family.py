"""Letters that belong to this one: the one it answers for or follows, and those that it led to (bounces, copies)."""

from dataclasses import dataclass

from pyeonji.journey.receipt import written
from pyeonji.journey.story import Story
from pyeonji.web.journey.picture import onward

CHAIN = {"again after": "family.again_after", "sent again": "family.sent_again"}  # by the rule of a decision
LEADS_TO = ("bounced", "notified", "confirmed", "distributed", "returned", "reported")


@dataclass(frozen=True, slots=True)
class Relative:
    """`key` says what it is to this letter."""

    number: str
    key: str


def family(story: Story) -> tuple[Relative, ...]:
    """The parent first, then the children, each once."""
    found: dict[str, Relative] = {}
    if story.parent:
        number = written(story.parent)
        found[number] = Relative(number, "family.parent")
    for step in story.steps:
        if (key := CHAIN.get(step.rule)) and (number := onward(step.value)):
            found[number] = Relative(number, key)
        if step.event in LEADS_TO:
            number = onward(str(step.slots.get("number") or step.text))
            if number:
                found.setdefault(number, Relative(number, f"family.{step.event}"))
    return tuple(found.values())
