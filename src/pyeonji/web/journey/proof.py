"""The proof below the picture: every step with its time, grouped by try, each line with its sentence."""

from dataclasses import dataclass
from itertools import groupby

from pyeonji.catalog.say import say
from pyeonji.journey.steps import Step
from pyeonji.journey.story import Story
from pyeonji.web.letter import Reader, Shown, shown, whole_replies


@dataclass(frozen=True, slots=True)
class Group:
    """Steps that belong together; `name` is what stands above them, `mark` the name that an open one keeps."""

    name: str
    mark: str
    steps: tuple[Shown, ...]


def proof(story: Story, reader: Reader) -> tuple[Group, ...]:
    found = []
    steps = whole_replies(story.steps)
    for n, ((part, attempt), members) in enumerate(groupby(steps, key=_part)):
        name = (
            say(reader.language, f"proof.{part}", n=attempt) if part == "try" else say(reader.language, f"proof.{part}")
        )
        found.append(Group(name, f"g{n}", tuple(shown(step, reader) for step in members)))
    return tuple(found)


def _part(step: Step) -> tuple[str, int]:
    if step.attempt:
        return "try", step.attempt
    return ("in", 0) if step.way == "in" else ("here", 0)
