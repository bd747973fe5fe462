"""How one attempt ended for one recipient: what a courier brings back."""

from dataclasses import dataclass
from typing import Protocol

from pyeonji.journey.event import Event
from pyeonji.store.accept import SessionRef
from pyeonji.store.queue import Job


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The next server took responsibility.  `tells` when it promised to honour RFC 3461 itself."""

    host: str
    reply: str
    tells: bool = False


@dataclass(frozen=True, slots=True)
class Later:
    """Not now.  `silent` when no server of the domain answered at all."""

    reply: str
    cause: str = ""
    host: str = ""
    phase: str = ""
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Never:
    """Refused for good."""

    reply: str
    cause: str = ""
    host: str = ""
    phase: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """Stop until a person lets it go on; only the simulator's addresses ask for it."""

    because: str
    phase: str = ""


Outcome = HandedOver | Later | Never | Hold


@dataclass(frozen=True, slots=True)
class Talk:
    """What happened on one connection, or before there was one."""

    session: SessionRef | None
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Carried:
    """What a courier brings back: an outcome for each recipient of the job, and the dialogue."""

    outcomes: dict[int, Outcome]
    talks: tuple[Talk, ...] = ()


class Courier(Protocol):
    """Who carries letters; `relay.courier` is one."""

    async def carry(self, job: Job) -> Carried:
        """Try to hand a letter to its destination, once."""
        ...

    def is_sent(self, job: Job) -> bool:
        """Somebody else may have the letter now, or has it: whoever calls its courier off has it sent twice."""
        ...

    def hang_up(self) -> None:
        """Wait for no answer any more: each courier comes back with what it knows."""
        ...

    async def close(self) -> None:
        """Say goodbye on all connections kept for the next letter."""
        ...
