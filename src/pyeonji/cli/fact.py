"""What was found out about a server: a fact, whether it is good, and who can mend it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from pyeonji.cli.out import Out

Verdict = Literal["good", "better", "bad", "unknown"]  # better: works, but it could be more
Fixer = Literal[
    "", "you", "hoster", "dns", "them"
]  # this machine's admin, its hosting company, the DNS, the other side
MARKS = {"good": "✓", "better": "!", "bad": "✗", "unknown": "?"}


@dataclass(frozen=True, slots=True)
class Fact:
    """`fact.KEY` is the sentence; where somebody has to act, `fact.KEY.do` says what, and `paste` what to put there."""

    key: str
    verdict: Verdict
    slots: dict[str, str] = field(default_factory=dict)
    fixer: Fixer = ""
    paste: str = ""


def tell(out: Out, facts: Iterable[Fact]) -> None:
    for fact in facts:
        out.line(f"  {MARKS[fact.verdict]} {out.words(f'fact.{fact.key}', **fact.slots)}")
        if fact.fixer:
            out.line(f"      {out.words(f'fixer.{fact.fixer}')}: {out.words(f'fact.{fact.key}.do', **fact.slots)}")
        if fact.paste:
            out.line(f"      {fact.paste}")


def as_data(out: Out, fact: Fact) -> dict[str, Any]:
    return {
        "key": fact.key, "verdict": fact.verdict, "fixer": fact.fixer, "paste": fact.paste, **fact.slots,
        "sentence": out.words(f"fact.{fact.key}", **fact.slots),
        "do": out.words(f"fact.{fact.key}.do", **fact.slots) if fact.fixer else "",
    }  # fmt: skip
