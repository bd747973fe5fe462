"""When an event that an endpoint did not take is given to it again."""

SECOND_US = 1_000_000
WAITS_S = (5, 300, 1_800, 7_200, 18_000, 36_000)  # 5 s, 5 min, 30 min, 2 h, 5 h, 10 h
THEN_S = 43_200  # each 12 hours
GIVE_UP_S = 259_200  # 72 hours after the first attempt


def next_attempt(first_us: int, now_us: int, attempts: int, spread: float) -> int | None:
    """The instant of the next attempt after `attempts` failed ones; None: the endpoint is to be paused.

    `spread` in [0, 1) adds up to a tenth, so that a backlog does not come back all at once.  There is an attempt at the
    very end of the three days.
    """
    wait_s = WAITS_S[attempts - 1] if attempts <= len(WAITS_S) else THEN_S
    last_us = first_us + GIVE_UP_S * SECOND_US
    if now_us >= last_us:
        return None
    return min(now_us + round(wait_s * (1 + spread / 10) * SECOND_US), last_us)
