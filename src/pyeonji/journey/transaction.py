"""One connection may bring many letters, and try others in vain: what of it belongs to one letter.

That is the opening, which all of them share, the letter's own transaction, and the end.  Whom the others were for is
nobody's business who looks at this one, an administrator's neither: their own story has them (`session_story`).
"""

from collections.abc import Iterable, Sequence

from pyeonji.journey.event import Accepted, AnyEvent, Line
from pyeonji.journey.steps import Step

_NAMING = frozenset({"MAIL", "RCPT", "VRFY", "EXPN"})  # commands with an address: the opening ends before the first
_BEGINS = frozenset({"line.mail", "line.mail_null"})  # a letter
_OF_ALL = frozenset({"tlsstarted", "tlsfailed", "loggedin", "loginfailed", "closed"})  # whichever letter it brings


def own_transaction(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Without what the same connection brought in vain before and after this letter."""
    taken = next((at for at, step in enumerate(steps) if step.event == "accepted"), None)
    if taken is None:
        return steps
    named = [at for at, step in enumerate(steps[:taken]) if _names(step)]
    begun = [at for at in named if steps[at].key in _BEGINS]
    first, own = (named[0], begun[-1]) if begun else (0, 0)
    after = next((at for at in range(taken, len(steps)) if _names(steps[at])), len(steps))
    session = steps[taken].session
    behind = (step for step in steps[after:] if step.session != session or step.event in _OF_ALL)
    return (*steps[:first], *_of_all(steps[first:own]), *steps[own:after], *behind)


def in_vain(events: Sequence[AnyEvent]) -> tuple[AnyEvent, ...]:
    """Of the events that led to a letter, those of the opening and of what was tried before it."""
    taken = next((at for at, event in enumerate(events) if isinstance(event, Accepted)), 0)
    begun = [at for at, event in enumerate(events[:taken]) if isinstance(event, Line) and _is(event, "MAIL")]
    return tuple(events[: begun[-1]]) if begun else ()


def _of_all(steps: Iterable[Step]) -> tuple[Step, ...]:
    return tuple(step for step in steps if step.event in _OF_ALL)


def _names(step: Step) -> bool:
    return step.event == "line" and step.way == "in" and step.direction == "in" and step.text[:4].upper() in _NAMING


def _is(event: Line, command: str) -> bool:
    return event.direction == "in" and event.text[:4].upper() == command
