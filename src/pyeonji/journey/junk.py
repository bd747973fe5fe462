"""Why a letter lies among junk: which rules spoke, with how many points, and which of them decided."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pyeonji.journey.steps import Step

LISTS = ("dnsbl", "dnswl")
SCORE = "dnsbl score"
EVIDENCE = ("spf", "dkim", "dmarc", "author")  # what the wish of a domain ("trust") follows from
POINTS = re.compile(r"(?:: |, )([+-]\d{1,3})(?=,|$)")  # "listed: 127.0.0.2, +3, in their words"
DECIDES = {("trust", "junk"), ("trust", "unheard"), ("repeats", "junk"), (SCORE, "junk")}  # rule and outcome
QUARANTINED = "said: quarantine"  # a filter of others


@dataclass(frozen=True, slots=True)
class Mark:
    """`points` as they are added up, "" for a rule that has none; `decides`: for this it lies there."""

    step: Step
    points: str = ""
    decides: bool = False


def marks(steps: Iterable[Step]) -> tuple[Mark, ...]:
    """() for a letter that no rule has put there."""
    steps = list(steps)
    apart = any(step.event == "filed" and step.slots.get("mailbox") not in ("", "INBOX") for step in steps)
    by_domain = any(step.rule == "trust" and (step.rule, step.outcome) in DECIDES for step in steps)
    told = [mark for step in steps if step.event == "decided" and (mark := _mark(step, by_domain, apart)) is not None]
    return tuple(told) if any(mark.decides for mark in told) else ()


def _mark(step: Step, by_domain: bool, apart: bool) -> Mark | None:
    """`apart`: it lies elsewhere than in INBOX, so what a setting leaves open was decided against it."""
    if step.rule in LISTS:
        points = POINTS.search(step.outcome)
        return Mark(step, points[1]) if points else None
    if (step.rule, step.outcome) in DECIDES:
        return Mark(step, f"={step.value}" if step.rule == SCORE else "", decides=True)
    if step.rule == "milter" and step.outcome.startswith(QUARANTINED):
        return Mark(step, decides=True)
    if step.rule == "author" and apart:
        return Mark(step, decides=True)
    if by_domain and step.rule in EVIDENCE and not step.outcome.startswith("pass"):
        return Mark(step)
    return None


def without_words(step: Step) -> Step | None:
    """What is left when the words of others go, which may hold the address of whoever wrote; None for nothing."""
    points = POINTS.search(step.outcome) if step.rule in LISTS else None
    if points is None and not (step.rule == "milter" and step.outcome.startswith(QUARANTINED)):
        return None
    outcome = f"listed: {points[1]}" if points else QUARANTINED
    slots = {**step.slots, "outcome": outcome, "why": outcome.partition(": ")[2]}
    return replace(step, text=f"{step.rule}: {step.value} -> {outcome}", outcome=outcome, slots=slots)
