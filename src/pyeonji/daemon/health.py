"""The state of one server in numbers."""

from typing import Any

from pyeonji.net.clock import Clock
from pyeonji.store.home import Home
from pyeonji.store.queue import counts as by_state
from pyeonji.store.queue import oldest_undecided_us


async def counts(home: Home, clock: Clock) -> dict[str, Any]:
    """Recipients by state, and how long the oldest undecided one waits (seconds)."""
    found = await home.engine.scan(by_state)
    oldest = await home.engine.scan(oldest_undecided_us)
    waited = max(0, clock.now_us() - oldest) // 1_000_000 if oldest else 0
    return {"queue": found, "oldest_undecided_s": waited}
