"""The queue as a model: random work, a crash at any moment, and what must be true afterwards (docs/queue.md)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.queued import queue_letter
from pyeonji.journey.event import Bounced, Cancelled, Deferred, Delivered, Failed, Held, LeaseExpired, Queued, Released
from pyeonji.queue.state import FINAL, NEXT, State
from pyeonji.store import journey, queue, reports

SECOND = 1_000_000
LEASE = 120 * SECOND

EVENT_STATE = {
    Queued: State.WAITING,
    Delivered: State.DONE,
    Deferred: State.WAITING,
    Failed: State.FAILED,
    Bounced: State.BOUNCED,
    Held: State.HELD,
    Released: State.WAITING,
    Cancelled: State.CANCELLED,
    LeaseExpired: State.WAITING,
}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def home(request):
    return request.getfixturevalue(f"{request.param}_home")


def claim(home, now, limit=10, room=None, default=10):
    return home.engine.write_now(queue.claim, now, now + LEASE, limit, room or {}, default)


def conclude(home, job, now, make):
    conclusions = [queue.Conclusion(c, make(c)) for c in job.recipients]
    return home.engine.write_now(queue.conclude, job.message.number, conclusions, (), now)


def state(home, number, n=1):
    return home.engine.read_now(journey.recipients, number)[n - 1].state


def events(home, number):
    return [event for row in home.engine.read_now(journey.of_message, number) for event in row.events]


def test_recipients_of_one_domain_are_claimed_together(home):
    number = queue_letter(home, "a@one.example", "b@two.example", "c@one.example", now_us=1)
    jobs = claim(home, 1)
    assert {(job.domain, tuple(c.n for c in job.recipients)) for job in jobs} == {
        ("one.example", (1, 3)),
        ("two.example", (2,)),
    }
    assert claim(home, 1) == []
    assert state(home, number) == State.TRYING


def test_what_is_not_due_stays(home):
    queue_letter(home, "a@one.example", now_us=1000)
    assert claim(home, 999) == []
    assert home.engine.read_now(queue.next_due) == 1000


def test_a_full_destination_does_not_hold_others_up(home):
    for _ in range(3):
        queue_letter(home, "a@slow.example", now_us=1)
    queue_letter(home, "a@quick.example", now_us=2)
    jobs = claim(home, 5, room={"slow.example": 1}, default=5)
    assert sorted(job.domain for job in jobs) == ["quick.example", "slow.example"]
    assert [job.domain for job in claim(home, 5, room={"slow.example": 0}, default=5)] == []
    assert home.engine.read_now(queue.next_due, ["slow.example"]) is None


def test_more_than_a_hundred_recipients_are_parted(home):
    queue_letter(home, *(f"a{n}@one.example" for n in range(150)), now_us=1)
    sizes = [len(job.recipients) for _ in range(2) for job in claim(home, 1)]
    assert sizes == [100, 50]


def test_a_result_after_the_lease_is_refused(home):
    number = queue_letter(home, "a@one.example", now_us=1)
    (late,) = claim(home, 1)
    assert home.engine.write_now(queue.expire, 1 + LEASE) == 1
    (job,) = claim(home, 1 + LEASE)
    assert conclude(home, late, 2 + LEASE, lambda c: Delivered(2, c.n, "mx", "250 Ok")) == []
    assert state(home, number) == State.TRYING
    assert conclude(home, job, 3 + LEASE, lambda c: Delivered(3, c.n, "mx", "250 Ok")) != []
    assert state(home, number) == State.DONE
    assert [type(event) for event in events(home, number)] == [Queued, LeaseExpired, Delivered]


def test_a_renewed_lease_does_not_expire(home):
    queue_letter(home, "a@one.example", now_us=1)
    (job,) = claim(home, 1)
    home.engine.write_now(queue.renew, [(job.message.number, job.recipients[0])], 1 + 2 * LEASE)
    assert home.engine.write_now(queue.expire, 1 + LEASE) == 0


def test_a_stopping_server_gives_its_leases_back(home):
    number = queue_letter(home, "a@one.example", now_us=1)
    (job,) = claim(home, 1)
    home.engine.write_now(queue.give_back, number, job.recipients, 5)
    assert state(home, number) == State.WAITING
    assert len(claim(home, 5)) == 1


def test_a_person_holds_releases_retries_and_cancels(home):
    number = queue_letter(home, "a@one.example", "b@one.example", now_us=1)
    assert home.engine.write_now(queue.hold, number, 0, "looks odd", 2) == 2
    assert claim(home, 9) == []
    assert home.engine.write_now(queue.release, number, 1, "fine", 3) == 1
    assert home.engine.write_now(queue.cancel, number, 2, "sent by mistake", 4) == 1
    assert home.engine.write_now(queue.retry, number, 0, "now", 5) == 1
    (job,) = claim(home, 9)
    assert [(c.n, c.due_us) for c in job.recipients] == [(1, queue.AT_ONCE)]
    assert home.engine.write_now(queue.cancel, number, 0, "too late", 6) == 0
    assert state(home, number, 2) == State.CANCELLED


def test_the_queue_can_be_listed_and_counted(home):
    first = queue_letter(home, "a@one.example", "b@two.example", now_us=7)
    home.engine.write_now(queue.hold, first, 2, "", 8)
    rows = home.engine.read_now(queue.listing)
    assert [(row.n, row.state) for row in rows] == [(1, "waiting"), (2, "held")]
    assert home.engine.read_now(queue.counts) == {"waiting": 1, "trying": 0, "held": 1, "failed": 0}
    assert home.engine.read_now(queue.oldest_undecided_us) == 7
    assert len(home.engine.read_now(queue.show, first)) == 2


def test_the_list_can_be_read_in_slices_also_within_one_letter(home):
    number = queue_letter(home, *(f"r{n}@one.example" for n in range(5)), now_us=1)
    second = queue_letter(home, "a@one.example", now_us=1)
    seen, at = [], (0, queue.ALL_OF_IT)
    while rows := home.engine.read_now(queue.listing, after=at[0], after_n=at[1], limit=2):
        at = (rows[-1].message_id, rows[-1].n)
        seen += [(row.message_id, row.n) for row in rows]
    assert seen == [*((number, n) for n in range(1, 6)), (second, 1)]


def test_failed_recipients_are_owed_a_bounce_once(home):
    number = queue_letter(home, "a@one.example", now_us=1)
    (job,) = claim(home, 1)
    conclude(home, job, 2, lambda c: Failed(2, c.n, "550 5.1.1 no", "addr.no_such_user", "mx", "rcpt"))
    assert home.engine.read_now(reports.owed, 10) == [number]
    (owed,) = home.engine.read_now(reports.failed_of, number)
    assert owed.end.reply == "550 5.1.1 no"
    home.engine.write_now(reports.bounced, number, [1], 77, "", 3)
    with pytest.raises(queue.Fenced):
        home.engine.write_now(reports.bounced, number, [1], 78, "", 3)
    assert state(home, number) == State.BOUNCED


def test_the_next_due_letter_is_found_without_reading_the_queue(home):
    """O(due): the plan uses the partial index and never the table."""
    if home.engine.name != "sqlite":
        pytest.skip("what PostgreSQL plans depends on its statistics")

    def plan(tx):
        return " ".join(
            str(row[-1])
            for row in tx.all(
                "EXPLAIN QUERY PLAN SELECT message_id, domain FROM recipient"
                " WHERE state = 'waiting' AND due_us <= 5 ORDER BY due_us LIMIT 10"
            )
        )

    assert "COVERING INDEX recipient_due" in home.engine.read_now(plan)


# ── the model ──


class Run:
    """Two workers on one store; either may die at any moment and lose what it had in hand."""

    def __init__(self, home):
        self.home = home
        self.now = 10
        self.hands = {0: [], 1: []}
        self.numbers = []

    def do(self, step):
        what, which, size = step
        self.now += SECOND
        worker = which % 2
        getattr(self, what)(worker, size)

    def accept(self, worker, size):
        domains = ["one.example", "two.example"]
        addresses = [f"r{n}@{domains[n % 2]}" for n in range(size + 1)]
        self.numbers.append(queue_letter(self.home, *addresses, now_us=self.now))

    def claim(self, worker, size):
        self.hands[worker] += claim(self.home, self.now, limit=size + 1)

    def crash(self, worker, size):
        self.hands[worker] = []

    def expire(self, worker, size):
        self.now += LEASE
        self.home.engine.write_now(queue.expire, self.now)

    def wait(self, worker, size):
        self.now += size * 60 * SECOND

    def conclude(self, worker, size):
        if not self.hands[worker]:
            return
        job = self.hands[worker].pop(0)
        kinds = [
            lambda c: Delivered(self.now, c.n, "mx", "250 Ok"),
            lambda c: Deferred(self.now, c.n, "451 later", "", self.now + 60 * SECOND),
            lambda c: Failed(self.now, c.n, "550 no", ""),
        ]
        conclude(self.home, job, self.now, lambda c: kinds[(size + c.n) % 3](c))

    def person(self, worker, size):
        if self.numbers:
            act = [queue.hold, queue.release, queue.retry, queue.cancel][size % 4]
            self.home.engine.write_now(act, self.numbers[size % len(self.numbers)], 0, "asked", self.now)

    def bounce(self, worker, size):
        for number in self.home.engine.read_now(reports.owed, 1):
            owed = self.home.engine.read_now(reports.failed_of, number)
            self.home.engine.write_now(reports.bounced, number, [o.n for o in owed], 1, "", self.now)

    def check(self):
        """Nothing lost; every state is what its events say; every change was a lawful one."""
        for number in self.numbers:
            told = {}
            for event in events(self.home, number):
                before, after = told.get(event.recipient), EVENT_STATE[type(event)]
                if before is not None:
                    reachable = (
                        NEXT[before] | {s for mid in NEXT[before] & {State.TRYING} for s in NEXT[mid]} | {before}
                    )
                    assert after in reachable, (before, event)
                    assert before not in FINAL
                told[event.recipient] = after
            for row in self.home.engine.read_now(journey.recipients, number):
                expected = told[row.n]
                assert row.state == expected or (row.state == State.TRYING and expected == State.WAITING)

    def finish(self):
        """Whatever happened, in the end every recipient can be brought to a final state."""
        self.hands = {0: [], 1: []}
        for number in self.numbers:
            self.home.engine.write_now(queue.release, number, 0, "", self.now)
        self.now += 10 * LEASE
        self.home.engine.write_now(queue.expire, self.now)
        for job in claim(self.home, self.now, limit=1000, default=1000):
            conclude(self.home, job, self.now, lambda c: Delivered(self.now, c.n, "mx", "250 Ok"))
        while self.home.engine.read_now(reports.owed, 1):
            self.bounce(0, 0)
        for number in self.numbers:
            assert all(State(row.state) in FINAL for row in self.home.engine.read_now(journey.recipients, number))


STEPS = st.tuples(
    st.sampled_from(
        ["accept", "claim", "claim", "conclude", "conclude", "crash", "expire", "wait", "person", "bounce"]
    ),
    st.integers(0, 1),
    st.integers(0, 5),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=40))
def test_nothing_is_lost_whoever_dies_when(home, steps):
    run = Run(home)
    for step in steps:
        run.do(step)
        run.check()
    run.finish()
    run.check()
