"""What is thought of a letter before it is taken: each filter looks at it, and the gravest word counts.

A filter changes nothing: it says what should be done, and why.  Whoever takes the letter does it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, Protocol

from pyeonji.address import Address
from pyeonji.message.header import Header
from pyeonji.msgauth.verdict import Verdict
from pyeonji.proto.smtp.reply import Reply

Action = Literal["accept", "junk", "later", "refuse"]
GRAVITY: dict[Action, int] = {"accept": 0, "junk": 1, "later": 2, "refuse": 3}


class Reason(NamedTuple):
    """A line of the journey: the rule, the value that decided, what came of it ("pass", "fail: no record")."""

    rule: str
    value: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A letter that a stranger wants us to take."""

    ip: str
    hello: str
    reverse_path: Address | None
    forward_paths: tuple[Address, ...]
    header: Header
    size: int  # octets, header and body
    read: Callable[[int, int], bytes]  # octets from a place on, as many as asked for; in any thread
    verdict: Verdict | None = None  # of the filters before this one


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a filter thinks of a letter, or all of them."""

    action: Action = "accept"
    reply: Reply | None = None  # what the peer reads, where it is not taken
    reasons: tuple[Reason, ...] = ()
    fields: bytes = b""  # for the top of the letter
    verdict: Verdict | None = None
    silent: bool = False  # nobody is told what becomes of it: its reverse-path is somebody else's (S16)

    def __or__(self, other: "Finding") -> "Finding":
        """Both: the graver action with its reply, all the reasons in their order."""
        graver = other if GRAVITY[other.action] > GRAVITY[self.action] else self
        return Finding(
            action=graver.action,
            reply=graver.reply,
            reasons=self.reasons + other.reasons,
            fields=other.fields + self.fields,
            verdict=other.verdict or self.verdict,
            silent=self.silent or other.silent,
        )

    @property
    def because(self) -> str:
        """The last reason, for the line that tells of the refusal."""
        return self.reasons[-1].rule if self.reasons else "filter"


ACCEPTED = Finding()


class Filter(Protocol):
    """Looks at letters of strangers."""

    async def look(self, letter: Offered) -> Finding: ...


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Filters in their order; those behind one that refuses are not asked."""

    filters: Sequence[Filter] = field(default=())

    async def look(self, letter: Offered) -> Finding:
        found = ACCEPTED
        for one in self.filters:
            found |= await one.look(replace(letter, verdict=found.verdict))
            if found.reply is not None:
                break
        return found
