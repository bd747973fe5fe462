"""The loop of the queue: what is due is claimed, carried, concluded.

It wakes when something is due, when it is told of news, when a courier comes back, and often enough to renew its
leases.  Each turn costs what is due, not what waits.  A process that dies leaves leases that run out: the recipients
then wait again, and a second copy may reach the peer; losing one cannot happen.
"""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence

from pyeonji.acceptance.wake import Wake
from pyeonji.journey.event import Decided, Deferred, Delivered, Event, Failed, Held
from pyeonji.journey.links import without_tokens
from pyeonji.journey.receipt import compact
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.net.ids import Ids
from pyeonji.queue.bounce import Bouncer
from pyeonji.queue.destination import Destination
from pyeonji.queue.outcome import Carried, Courier, HandedOver, Hold, Later, Outcome, Talk
from pyeonji.queue.schedule import Schedule
from pyeonji.queue.settings import QueueSettings
from pyeonji.store import queue
from pyeonji.store.engine.base import StoreError
from pyeonji.store.home import Home
from pyeonji.store.queue import AT_ONCE, Claim, Conclusion, Fenced, Job
from pyeonji.submission.door import Door

LEASE_S = 120  # a courier that does not come back is missed after this long
MAX_LEASE_S = 2 * LEASE_S  # what lasts for longer was leased by a clock that has been set back since
RENEW_S = 40  # between two renewals
STORE_AWAY_S = 5.0  # before the store is asked again after it was away
MAX_DESTINATIONS = 10_000  # remembered; the one unused for longest is forgotten
DOWN_ROOM = 100  # letters to a silent destination put off together, without dialling
FINISH_S = 3.0  # seconds in which a courier may finish when we stop, unless its letter is sent already (adr/0037)
LATE_S = 1.0  # seconds for couriers that were called off
MAX_CLAIMED = 1_000  # letters one worker has in hand: on their way, next in turn, or being written down


class Manager:
    """One per worker; workers share the queue by leases."""

    def __init__(
        self,
        *,
        home: Home,
        clock: Clock,
        ids: Ids,
        courier: Courier,
        door: Door,
        wake: Wake,
        settings: QueueSettings,
        hostname: str,
    ) -> None:
        self._home = home
        self._clock = clock
        self._ids = ids
        self._courier = courier
        self._wake = wake
        self._settings = settings
        self._schedule = Schedule.of(settings)
        self._bouncer = Bouncer(home=home, clock=clock, ids=ids, door=door, hostname=hostname)
        self._destinations: OrderedDict[str, Destination] = OrderedDict()
        self._jobs: dict[asyncio.Task[None], Job] = {}  # on their way or being written down
        self._away: set[int] = set()  # id() of the jobs whose couriers are on their way
        self._ready = 0  # letters claimed whose courier has not set out
        self._news = asyncio.Event()
        self._loop_task: asyncio.Task[None] | None = None
        self._stopping = False
        self._unsubscribe: Callable[[], None] = lambda: None
        self._renewed_us = 0

    async def start(self) -> None:
        """Begin to work."""
        self._unsubscribe = self._wake.on_queue(self._news.set)
        self._stopping = False
        self._loop_task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self, grace: float) -> None:
        """Claim no more, let couriers finish, give the other leases back; `grace` seconds for what cannot be undone."""
        self._stopping = True
        self._unsubscribe()
        self._news.set()
        end = asyncio.get_running_loop().time() + grace
        if self._loop_task is not None:
            # A turn under way may hold claims that only it knows: it ends by itself.
            await asyncio.wait([self._loop_task], timeout=grace)
            self._loop_task.cancel()
        await self._came_home(min(FINISH_S, grace))
        await self._call_off([task for task, job in self._jobs.items() if self._can_be_undone(job)])
        await self._came_home(end - asyncio.get_running_loop().time())
        self._courier.hang_up()
        await self._came_home(LATE_S)
        await self._call_off(list(self._jobs))
        for destination in self._destinations.values():
            while destination.ready:
                await self._give_back(destination.ready.popleft(), set_out=False)
        self._ready = 0
        await self._courier.close()

    def _can_be_undone(self, job: Job) -> bool:
        """Called off, it is sent again and nobody has it twice; what has come of it already would be forgotten."""
        return id(job) in self._away and not self._courier.is_sent(job)

    async def _came_home(self, seconds: float) -> None:
        """Wait for all couriers, and until it is written down what they said, as long as this."""
        if self._jobs and seconds > 0:
            await asyncio.wait(self._jobs, timeout=seconds)

    async def _call_off(self, tasks: Sequence["asyncio.Task[None]"]) -> None:
        jobs = [self._jobs[task] for task in tasks]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=LATE_S)
        for job in jobs:
            await self._give_back(job, set_out=True)

    async def _give_back(self, job: Job, *, set_out: bool) -> None:
        with contextlib.suppress(StoreError):  # then the lease runs out
            await self._home.engine.write(
                queue.give_back, job.message.number, job.recipients, self._clock.now_us(), set_out=set_out
            )

    def ask_again(self) -> None:
        """Destinations that are down may be well again: somebody has mended them (the lab)."""
        for destination in self._destinations.values():
            destination.may_be_back()

    async def settle(self) -> None:
        """Return when nothing is due and nobody is on the way (tests, the lab's time machine)."""
        while True:
            await self._turn()
            if not self._jobs and not self._ready:
                return
            await asyncio.wait(self._jobs, return_when=asyncio.FIRST_COMPLETED)

    # ── the loop ──

    async def _run(self) -> None:
        while not self._stopping:
            self._news.clear()
            try:
                due = await self._turn()
            except StoreError:
                await asyncio.sleep(STORE_AWAY_S)  # the machine's time: the store is away whatever our clock says
                continue
            except Exception as error:  # noqa: BLE001 - the driver: a defect of ours must not stop the queue
                report_defect("the queue's turn", error)
                await asyncio.sleep(STORE_AWAY_S)
                continue
            if not self._stopping:
                await self._rest(due)

    async def _turn(self) -> int:
        """Do what is due; the instant of the next turn."""
        await self._keep_leases()
        while self._room > 0:
            jobs = await self._claim()
            for job in jobs:
                self._destination(job.domain).ready.append(job)
            self._ready += len(jobs)
            self._set_out()
            if not jobs:
                break
        await self._bouncer.tell_writers()
        later = self._clock.now_us() + RENEW_S * SECOND_US
        if self._room <= 0:
            return later
        due = await self._home.engine.read(queue.next_due, self._busy())
        return later if due is None else min(due, later)

    @property
    def _room(self) -> int:
        """Letters that may be claimed now."""
        if self._stopping or len(self._away) >= self._settings.max_couriers:
            return 0
        return MAX_CLAIMED - len(self._jobs) - self._ready

    async def _rest(self, until_us: int) -> None:
        """Sleep until something is due or somebody has news."""
        waits: list[Awaitable[object]] = [self._news.wait(), self._clock.sleep_until(until_us)]
        tasks = [asyncio.ensure_future(wait) for wait in waits]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep_leases(self) -> None:
        """Renew our leases, then end those of couriers that did not come back; rarely more than once in RENEW_S."""
        now = self._clock.now_us()
        if 0 <= now - self._renewed_us < RENEW_S * SECOND_US:  # a clock that was set back must not keep it waiting
            return
        ready = [job for destination in self._destinations.values() for job in destination.ready]
        held = [(job.message.number, claim) for job in (*self._jobs.values(), *ready) for claim in job.recipients]
        if held:
            await self._home.engine.write(queue.renew, held, self._lease(now))
        while await self._home.engine.write(queue.expire, now) >= queue.MAX_EXPIRED:
            pass
        await self._follow_the_clock(now)
        self._renewed_us = now

    async def _follow_the_clock(self, now: int) -> None:
        """What was written while it was ahead does not wait until it has caught up."""
        latest = now + MAX_LEASE_S * SECOND_US
        if await self._home.engine.read(queue.leased_beyond, latest):
            await self._home.engine.write(queue.shorten, self._lease(now), latest)
        latest = now + self._schedule.longest_us
        if await self._home.engine.read(queue.waits_beyond, latest):
            await self._home.engine.write(queue.bring_forward, now, latest)

    async def _claim(self) -> list[Job]:
        now = self._clock.now_us()
        first = await self._home.engine.read(queue.next_due, self._busy())
        if first is None or first > now:
            return []  # a read costs nothing; a write would wait for the disk
        room = {name: DOWN_ROOM if d.is_down(now) else d.wanted for name, d in self._destinations.items()}
        default = Destination(self._settings.max_per_destination).wanted
        return await self._home.engine.write(queue.claim, now, self._lease(now), self._room, room, default)

    def _set_out(self, domains: Iterable[str] | None = None) -> None:
        """Send couriers with what is ready, as many as may be on their way."""
        now = self._clock.now_us()
        for name in list(self._destinations) if domains is None else domains:
            destination = self._destinations[name]
            while destination.ready and (destination.room > 0 or destination.is_down(now)):
                if len(self._away) >= self._settings.max_couriers or self._stopping:
                    return
                self._begin(destination.ready.popleft(), destination)

    def _begin(self, job: Job, destination: Destination) -> None:
        self._ready -= 1
        self._away.add(id(job))
        destination.running += 1
        task = asyncio.get_running_loop().create_task(self._carry(job, destination))
        self._jobs[task] = job

        def written_down(task: "asyncio.Task[None]") -> None:
            del self._jobs[task]
            self._news.set()

        task.add_done_callback(written_down)

    def _came_back(self, job: Job, destination: Destination) -> None:
        """The courier is free for another letter, while the outcome of this one is being written down."""
        self._away.discard(id(job))
        destination.running -= 1
        if job.domain in self._destinations:
            self._set_out([job.domain])

    def _busy(self) -> list[str]:
        now = self._clock.now_us()
        return [name for name, d in self._destinations.items() if d.wanted <= 0 and not d.is_down(now)]

    def _destination(self, domain: str) -> Destination:
        found = self._destinations.get(domain)
        if found is None:
            found = Destination(self._settings.max_per_destination)
            if domain:
                self._destinations[domain] = found
                self._forget_some()
        else:
            self._destinations.move_to_end(domain)
        return found

    def _forget_some(self) -> None:
        if len(self._destinations) > MAX_DESTINATIONS:
            idle = [name for name, d in self._destinations.items() if not d.running and not d.ready]
            for name in idle[: MAX_DESTINATIONS // 10]:
                del self._destinations[name]

    def _lease(self, now: int) -> int:
        return now + LEASE_S * SECOND_US

    # ── one letter ──

    async def _carry(self, job: Job, destination: Destination) -> None:
        try:
            carried = await self._sent(job, destination)
        finally:
            self._came_back(job, destination)
        while True:
            try:
                await self._conclude(job, carried)
            except StoreError:
                await asyncio.sleep(STORE_AWAY_S)  # what the peer said must not be lost; the lease is renewed meanwhile
            else:
                return

    async def _sent(self, job: Job, destination: Destination) -> Carried:
        if destination.is_down(self._clock.now_us()) and all(claim.due_us != AT_ONCE for claim in job.recipients):
            # A destination that is down is not dialled for each letter: one courier looks, the others wait.
            seen = Decided(self._clock.now_us(), "destination.down", destination.words, "waits")
            return put_off(job, Later(destination.words, "net.no_answer", phase="connect", silent=True), seen)
        try:
            carried = await self._courier.carry(job)
        except Exception as error:  # noqa: BLE001 - the driver: a defect of ours keeps the letter and is reported
            report_defect(f"carrying {compact(job.message.number)}", error)
            return put_off(job, Later(f"451 4.3.0 a defect here: {type(error).__name__}", "server.error"))
        self._learn(destination, carried.outcomes.values())
        return carried

    def _learn(self, destination: Destination, outcomes: Iterable[Outcome]) -> None:
        """What the outcomes say of the destination; a DNS that is silent says nothing of it."""
        spoken = [
            outcome for outcome in outcomes if isinstance(outcome, HandedOver) or outcome.phase not in ("dns", "")
        ]
        later = [outcome for outcome in spoken if isinstance(outcome, Later)]
        silent = next((outcome for outcome in later if outcome.silent), None)
        if silent is not None:
            destination.was_silent(self._clock.now_us(), silent.reply, self._ids.spread())
        elif spoken:
            destination.answered()
            if any(wants_less(outcome) for outcome in later):
                destination.complained()

    async def _conclude(self, job: Job, carried: Carried) -> None:
        """Outcomes to events, and both to the store; with a notice or a report in the same transaction."""
        now = self._clock.now_us()
        spread = self._ids.spread()  # one for all: recipients of one letter stay together
        conclusions = [
            Conclusion(claim, self._event(job, claim, carried.outcomes[claim.n], now, spread))
            for claim in job.recipients
        ]
        news = await self._bouncer.news(job, carried, conclusions, self._schedule)
        if news is not None:
            with contextlib.suppress(Fenced):
                if await self._bouncer.send(news, job, conclusions, carried.talks):
                    self._wake.tell_letters([job.message.number])
                    return
        await self._home.errands.conclude(queue.attempt(job.message.number, conclusions, carried.talks, now))
        self._wake.tell_letters([job.message.number])

    def _event(
        self, job: Job, claim: Claim, outcome: Outcome, now: int, spread: float
    ) -> Delivered | Deferred | Failed | Held:
        if isinstance(outcome, Hold):
            return Held(now, claim.n, outcome.because)
        reply = without_tokens(outcome.reply)
        if isinstance(outcome, HandedOver):
            return Delivered(now, claim.n, outcome.host, reply)
        if isinstance(outcome, Later):
            due = self._schedule.next_due(
                accepted=job.message.at_us, now=now, deadline=claim.deadline_us, attempts=claim.attempts, spread=spread
            )
            if due is not None:
                return Deferred(now, claim.n, reply, outcome.cause, due, outcome.host, outcome.phase)
            return Failed(now, claim.n, reply, "queue.expired", outcome.host, outcome.phase)
        return Failed(now, claim.n, reply, outcome.cause, outcome.host, outcome.phase)


def wants_less(outcome: Later) -> bool:
    """It asked us to be slower, or broke off."""
    return outcome.reply.startswith("421") or outcome.phase in ("greeting", "hello") or outcome.cause == "net.dropped"


def put_off(job: Job, later: Later, *seen: Event) -> Carried:
    """The same for all recipients, without a word to anybody; `seen` is why."""
    talks = (Talk(None, seen),) if seen else ()
    return Carried({claim.n: later for claim in job.recipients}, talks)


def report_defect(doing: str, error: Exception) -> None:
    """To whoever listens to the event loop's troubles."""
    asyncio.get_running_loop().call_exception_handler({"message": f"defect while {doing}", "exception": error})
