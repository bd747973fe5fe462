"""The loop that tells apps: what is due for each endpoint is sent, and what it said is written down.

One worker of all has it, by a lease in the store; who has lost the lease writes nothing any more (fences as in the
queue).  The lease runs out when its holder hangs or its node is gone; when its process ends, the kernel frees a lock in
the data folder, and whoever gets that lock need not wait: in it stands whose lease is over.  It wakes when something
happened to a letter, and looks by itself twice a second: words between workers may be lost.  A process that dies sends
again what it had not written down, under the same name.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from itertools import groupby

from pyeonji.acceptance.wake import Wake
from pyeonji.journey.outcome import Item
from pyeonji.net.clock import SECOND_US, Clock, rest
from pyeonji.net.ids import Ids
from pyeonji.store import leases, webhooks
from pyeonji.store.engine.base import StoreError, Tx
from pyeonji.store.home import Home
from pyeonji.store.lock import Lock, webhooks_lock
from pyeonji.store.webhooks import NEVER, Delivery, Result, Secrets, Task, Webhook, Work
from pyeonji.submission.door import Door
from pyeonji.webhooks.bodies import body_of
from pyeonji.webhooks.disabled import disable
from pyeonji.webhooks.schedule import next_attempt
from pyeonji.webhooks.sending import GONE, Answer, Sender

LEASE = "webhooks"
LEASE_S = 6  # a worker that hangs is missed after this long
RENEW_S = 2.0
LOOK_S = 0.5  # between two looks
AWAY_S = 5.0  # before the store is asked again after it was away
AT_ONCE = 20  # events of one endpoint in one go
TOGETHER = 8  # of them at the same time; those of one recipient one after the other
TOGETHER_OF_APP = 40  # attempts at the same time at all endpoints of one app: who is slow holds up himself
TOGETHER_OF_ALL = 400  # of all apps: each is a connection of ours, and mail needs some, too


class Lost(Exception):
    """Another worker has the lease: what we did is not written down, and done again there."""


class Station:
    """One per worker; one of them works."""

    def __init__(
        self, *, home: Home, clock: Clock, ids: Ids, door: Door, wake: Wake, sender: Sender, base_url: Callable[[], str]
    ) -> None:  # fmt: skip
        self._home = home
        self._clock = clock
        self._ids = ids
        self._door = door
        self._wake = wake
        self._sender = sender
        self._base_url = base_url
        self._number = ids.receipt()
        self._holder = str(self._number)
        self._lock: Lock | None = None
        self._before = ""  # who had the lock before us, and with it the lease
        self._renewed = 0.0  # by the loop's clock
        self._holds = False
        self._busy: dict[int, asyncio.Task[bool]] = {}
        self._room = asyncio.Semaphore(TOGETHER_OF_ALL)
        self._rooms: dict[int, asyncio.Semaphore] = {}  # of apps
        self._news = asyncio.Event()
        self._unsubscribe: list[Callable[[], None]] = []
        self._loop_task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._unsubscribe = [self._wake.on_any_letter(self._news.set), self._wake.on_queue(self._news.set)]
        self._loop_task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """What is under way is not waited for: it is sent again by whoever comes next."""
        for forget in self._unsubscribe:
            forget()
        tasks = [task for task in (self._loop_task, *self._busy.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._holds:
            with contextlib.suppress(StoreError):
                await self._home.engine.write(leases.give_back, LEASE, self._holder)
        self._unlock()

    async def settle(self) -> None:
        """Return when nothing is due (tests, the lab's time machine)."""
        while True:
            await self._look()
            if not self._busy:
                return
            await asyncio.wait(self._busy.values(), return_when=asyncio.FIRST_COMPLETED)

    async def _run(self) -> None:
        while True:
            self._news.clear()
            try:
                await self._look()
            except StoreError:
                await asyncio.sleep(AWAY_S)
                continue
            except Exception as error:  # noqa: BLE001 - the driver: a defect of ours must not end the station
                report_defect("webhooks", error)
                await asyncio.sleep(AWAY_S)
                continue
            await rest(self._news, LOOK_S)

    # ── looking ──

    async def _look(self) -> None:
        """Begin what is due at each endpoint that is not busy.  Where nothing is to be done nothing is written."""
        if self._holds:
            self._gone()  # who wanted the lease at the same moment as we may have had the lock then
        found: list[tuple[Webhook, Work]] = []
        for hook in await self._home.engine.scan(webhooks.with_work, self._clock.now_us()):
            if hook.id not in self._busy:
                most = 1 if hook.down_us else AT_ONCE  # one event finds out whether it is still down
                work = await self._home.engine.read(webhooks.work, hook, self._clock.now_us(), most)
                if work.tasks or work.behind or work.given_up or work.passed != hook.passed:
                    found.append((hook, work))
        held = self._holds
        if not (found or self._busy) or not await self._has_lease():
            return
        if not held:  # whoever had the lease before may have done it since we looked
            await self._look()
            return
        for hook, work in found:
            if hook.id not in self._busy:  # nobody else began meanwhile
                self._begin(hook, work)

    async def _has_lease(self) -> bool:
        now = asyncio.get_running_loop().time()
        if self._holds and now - self._renewed < RENEW_S:
            return True
        now_us, gone = self._clock.now_us(), self._gone()
        self._holds = await self._home.engine.write(
            leases.take, LEASE, self._holder, now_us, LEASE_S * SECOND_US, gone
        )  # fmt: skip
        self._renewed = now
        if not self._holds:
            self._unlock()  # it is for whoever has the lease
        return self._holds

    def _gone(self) -> str:
        """Whose lease is over, as far as this node knows."""
        if self._lock is None:
            with contextlib.suppress(OSError):  # of a full disk: then the lease has to run out
                lock = webhooks_lock(self._home.data)
                if lock.taken:
                    self._lock, self._before = lock, str(lock.noted())
                    lock.note(self._number)
        return self._before

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release()
        self._lock, self._before = None, ""

    def _begin(self, hook: Webhook, work: Work) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(hook, work))
        self._busy[hook.id] = task

        def over(task: "asyncio.Task[bool]") -> None:
            del self._busy[hook.id]
            if task.cancelled():
                return
            error = task.exception()
            if error is None and task.result():
                self._news.set()  # there may be more
            elif isinstance(error, Lost):
                self._holds = False
                self._unlock()
            elif error is not None and not isinstance(error, StoreError):
                report_defect(f"webhook {hook.id}", error)

        task.add_done_callback(over)

    # ── one endpoint ──

    async def _serve(self, hook: Webhook, work: Work) -> bool:
        """Send it, and write down what was said.  Raises StoreError, Lost."""
        if work.given_up:
            last = await self._home.engine.read(webhooks.deliveries, hook.id, 1)
            await disable(self._door, hook, _said(last[0]) if last else "")
            return True
        secrets = await self._home.engine.read(webhooks.secrets, hook.id)
        if secrets is None:
            return False  # its secrets were not in the backup that was restored: it waits for new ones
        gate = asyncio.Semaphore(TOGETHER)
        rows = [list(group) for _, group in groupby(sorted(work.tasks, key=_row), key=_row)]
        done = await asyncio.gather(*(self._send_row(hook, secrets, row, gate) for row in rows))
        results = [result for row, _ in done for result in row]
        behind = [*work.behind, *(item for _, rest in done for item in rest)]
        await self._home.engine.write(self._conclude, hook, results, behind, work.passed)
        return True

    def _conclude(
        self, tx: Tx, hook: Webhook, results: Sequence[Result], behind: Sequence[Item], passed: int
    ) -> None:  # fmt: skip
        if not leases.holds(tx, LEASE, self._holder):
            raise Lost
        webhooks.conclude(tx, hook, results, behind, passed, self._clock.now_us())

    async def _send_row(
        self, hook: Webhook, secrets: Secrets, row: Sequence[Task], gate: asyncio.Semaphore
    ) -> tuple[list[Result], list[Item]]:
        """The events of one recipient, each after the one before was taken; which were sent, and which wait."""
        results: list[Result] = []
        for at, task in enumerate(row):
            async with gate, self._rooms.setdefault(hook.app_id, asyncio.Semaphore(TOGETHER_OF_APP)), self._room:
                results.append(await self._attempt(hook, secrets, task))
            if results[-1].due_us:
                return results, [one.item for one in row[at + 1 :] if not one.is_owed]
        return results, []

    async def _attempt(self, hook: Webhook, secrets: Secrets, task: Task) -> Result:
        began, clock = self._clock.now_us(), asyncio.get_running_loop().time
        began_s = clock()
        answer = await self._told(hook, secrets, task, began)
        took_ms = round((clock() - began_s) * 1000)
        rests = self._clock.now_us() + answer.rest_s * SECOND_US if answer.rest_s else 0
        due = 0 if answer.taken else max(self._due(task, answer, began), rests)
        return Result(task, began, took_ms, answer.status, answer.said, due, 0 if answer.taken else rests)

    async def _told(self, hook: Webhook, secrets: Secrets, task: Task, now_us: int) -> Answer:
        """What it said; an event that we cannot tell is not taken, and holds up no other one.  Raises StoreError."""
        try:
            body = await body_of(self._home, task.item, self._base_url())
            return await self._sender.send(hook.url, secrets, task.item.name, body, now_us, inside=hook.inside)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - the driver: a defect of ours is reported, and tried again later
            report_defect(f"telling {task.item.name}", error)
            return Answer(0, f"a defect here: {type(error).__name__}")

    def _due(self, task: Task, answer: Answer, began_us: int) -> int:
        """When again; NEVER: it is paused, and whoever resumes it says when."""
        if answer.status == GONE:
            return NEVER
        spread = self._ids.spread()
        due = next_attempt(task.first_us or began_us, self._clock.now_us(), task.attempts + 1, spread)
        return NEVER if due is None else due


def _row(task: Task) -> tuple[int, int, int]:
    return task.item.message, task.item.n, 0


def _said(last: Delivery) -> str:
    return f"HTTP {last.status} {last.said}".strip() if last.status else last.said


def report_defect(doing: str, error: BaseException) -> None:
    """To whoever listens to the event loop's troubles."""
    asyncio.get_running_loop().call_exception_handler({"message": f"defect while {doing}", "exception": error})
