"""The states of a recipient: the table of docs/queue.md, in code."""

from enum import StrEnum


class State(StrEnum):
    """Where the responsibility for one recipient stands."""

    WAITING = "waiting"  # due at an instant
    TRYING = "trying"  # a courier holds a lease on it
    HELD = "held"  # a person must decide
    ARRIVED = "arrived"  # in a mailbox or with a list here; the writer wants to hear of it (NOTIFY=SUCCESS)
    DONE = "done"  # in a mailbox here, or handed over
    FAILED = "failed"  # given up; a bounce is owed
    RETURNED = "returned"  # handed over, and sent back later by whoever had taken it
    BOUNCED = "bounced"  # given up, and whoever can be told was told
    CANCELLED = "cancelled"  # a person took it back
    SUPPRESSED = "suppressed"  # not sent: the app's letters do not go to this address


# Who may become what.  Each change is written with its event, in one transaction.
NEXT: dict[State, frozenset[State]] = {
    State.WAITING: frozenset({State.TRYING, State.HELD, State.CANCELLED}),
    State.TRYING: frozenset({State.DONE, State.WAITING, State.FAILED, State.HELD}),
    State.HELD: frozenset({State.WAITING, State.CANCELLED}),
    State.ARRIVED: frozenset({State.DONE}),
    State.FAILED: frozenset({State.BOUNCED}),
    State.DONE: frozenset({State.RETURNED}),
    State.RETURNED: frozenset(),
    State.BOUNCED: frozenset(),
    State.CANCELLED: frozenset(),
    State.SUPPRESSED: frozenset(),
}
FINAL = frozenset(
    {State.DONE, State.RETURNED, State.BOUNCED, State.CANCELLED, State.SUPPRESSED}
)  # nobody waits for anything of ours
