"""When to try again (RFC 5321 §4.5.4.1), as arithmetic: instants and spread come in, an instant comes out."""

from dataclasses import dataclass

from pyeonji.queue.settings import QueueSettings

FIRST_SPREAD = 1.0  # share of the first wait that chance may add: greylisters want 5 minutes, a backlog wants to part
SPREAD = 0.1  # share of every later wait
HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Schedule:
    """A table of waits, in microseconds."""

    waits_us: tuple[int, ...]
    notice_after_us: int

    @classmethod
    def of(cls, settings: QueueSettings) -> "Schedule":
        waits = tuple(round(wait.total_seconds() * 1_000_000) for wait in settings.waits)
        return cls(waits, round(settings.delay_notice_after.total_seconds() * 1_000_000))

    @property
    def longest_us(self) -> int:
        """What waits for longer was put off by a clock that has been set back since."""
        return max(HOUR_US, round(max(self.waits_us) * (1 + FIRST_SPREAD)))

    def next_due(self, *, accepted: int, now: int, deadline: int, attempts: int, spread: float) -> int | None:
        """When to try again after `attempts` failed ones (from 1), or None: time is up.

        `spread` in [0, 1) is the caller's random number.  There is always a last attempt at the deadline itself, and
        one at the instant when the writer would be told of the delay: the notice then tells what is true.
        """
        if now >= deadline:
            return None
        wait = self.waits_us[min(attempts, len(self.waits_us)) - 1]
        share = FIRST_SPREAD if attempts == 1 else SPREAD
        due = min(now + round(wait * (1 + spread * share)), deadline)
        notice = accepted + self.notice_after_us
        return notice if now < notice < due else due

    def notice_is_due(self, *, accepted: int, now: int, notified: bool) -> bool:
        """The writer should hear of the delay, once."""
        return not notified and now >= accepted + self.notice_after_us
