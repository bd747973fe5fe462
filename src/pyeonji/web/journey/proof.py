"""The proof below the picture: every step with its time, grouped by try, each line with its sentence."""

from dataclasses import dataclass
from itertools import groupby

from pyeonji.catalog.say import say
from pyeonji.journey.steps import Step
from pyeonji.journey.story import Story
from pyeonji.web.letter import Reader, Shown, shown, whole_replies


@dataclass(frozen=True, slots=True)
class Group:
    """Steps that belong together; `name` is what stands above them, `mark` the name that an open one keeps.

    `time` is when they began for this letter; `note` says that their connection was there before it, "" else.
    """

    name: str
    mark: str
    time: str
    note: str
    steps: tuple[Shown, ...]


def proof(story: Story, reader: Reader) -> tuple[Group, ...]:
    found = []
    steps = whole_replies(story.steps)
    for n, ((part, attempt), members) in enumerate(groupby(steps, key=_part)):
        found.append(_group(story, part, attempt, f"g{n}", tuple(members), reader))
    return tuple(found)


def _group(story: Story, part: str, attempt: int, mark: str, steps: tuple[Step, ...], reader: Reader) -> Group:
    told = tuple(shown(step, reader) for step in steps)
    if part != "try":
        return Group(say(reader.language, f"proof.{part}"), mark, told[0].time, "", told)
    begun = next((n for n, step in enumerate(steps) if step.at >= story.accepted_at), 0)
    note = say(reader.language, "proof.kept", when=told[0].time) if begun else ""
    return Group(say(reader.language, "proof.try", n=attempt), mark, told[begun].time, note, told)


def _part(step: Step) -> tuple[str, int]:
    if step.attempt:
        return "try", step.attempt
    return ("in", 0) if step.way == "in" else ("here", 0)
