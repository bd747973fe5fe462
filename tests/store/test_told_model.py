"""What an app is told, as a model: random work, lost commits and dead workers; each recipient ends with one final."""

from collections import defaultdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.queued import queue_letter
from kit.stored import person
from pyeonji.journey.event import Released, Reported, Returned
from pyeonji.journey.outcome import COMPLAINED, ENDED, FINAL, OPT_IN, WORDS
from pyeonji.journey.outcome import told as news_of
from pyeonji.store import apps, journey, told
from pyeonji.store.accept import record
from pyeonji.store.sent import Sent
from store.test_queue_model import EVENT_STATE, STEPS, Run, State

EVENT_STATE[Returned] = State.RETURNED


class Lost(Exception):
    """The power went before the commit."""


class AppRun(Run):
    """Every second letter is an app's."""

    def __init__(self, home, app_id):
        super().__init__(home)
        self.app_id = app_id
        self.fails = False
        self.taken = []

    def do(self, step):
        engine, self.taken = self.home.engine, []
        if step[0] == "power":
            self.fails = True
            return None
        write = engine.write_now

        def lost(fn, *args, **kwargs):
            def then_dark(tx):
                fn(tx, *args, **kwargs)
                raise Lost

            return write(then_dark)

        if not self.fails:
            return super().do(step)
        self.fails, engine.write_now, known = False, lost, list(self.numbers)
        try:
            super().do(step)
        except Lost:
            self.numbers = known
            self.hands = {0: [], 1: []}
        finally:
            del engine.write_now

    def accept(self, worker, size):
        domains = ["one.example", "two.example"]
        addresses = [f"r{n}@{domains[n % 2]}" for n in range(size + 1)]
        sent = Sent(self.app_id, "r") if len(self.numbers) % 2 == 0 else None
        self.numbers.append(queue_letter(self.home, *addresses, now_us=self.now, sent=sent))

    def late(self, worker, size):
        """What was taken comes back, or somebody complains of it."""

        def join(tx):
            for number in self.numbers:
                if size % 2:
                    record(tx, None, number, self.now, [Reported(self.now, 1, 7, "complaint", "abuse")])
                elif tx.run(
                    "UPDATE recipient SET state = 'returned' WHERE message_id = :id AND n = 1 AND state = 'done'",
                    {"id": number},
                ):
                    record(tx, None, number, self.now, [Returned(self.now, 1, 7, "550 5.1.1 no", "addr.no_such_user")])

        self.home.engine.write_now(join)

    def check(self):
        for at, number in enumerate(self.numbers):
            items = self.home.engine.read_now(told.of_letter, number)
            if at % 2:
                assert items == []
                continue
            assert self.told(items) == self.expected(number)
            states = {row.n: row.state for row in self.home.engine.read_now(journey.recipients, number)}
            for n, state in states.items():
                mine = [item for item in items if item.n == n]
                assert [item.sequence for item in mine] == list(range(1, len(mine) + 1))
                finals = [item.revision for item in mine if item.type == ENDED]
                is_final = any(state in WORDS[status].states for status in FINAL)
                assert finals == ([1, 2] if state == "returned" else [1] if is_final else [])
            assert [item.id for item in items] == sorted({item.id for item in items})

    def told(self, items):
        found = defaultdict(list)
        for item in items:
            found[item.n].append((item.type, item.at))
        return found

    def expected(self, number):
        """What follows from the journey."""
        found = defaultdict(list)
        for row in self.home.engine.read_now(journey.of_message, number):
            for event in row.events:
                last = found[event.recipient][-1:] if isinstance(event, Released) else []
                for one in news_of(event, held=bool(last) and last[0][0] == "email.held"):
                    if one.type != COMPLAINED or one.type not in dict(found[one.n]):  # once of each
                        found[one.n].append((one.type, one.at))
        return {n: news for n, news in found.items() if news}

    def finish(self):
        super().finish()
        for number in self.numbers[::2]:
            items = self.home.engine.read_now(told.of_letter, number)
            ended = {item.n for item in items if item.type == ENDED}
            assert ended == {row.n for row in self.home.engine.read_now(journey.recipients, number)}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def home(request):
    found = request.getfixturevalue(f"{request.param}_home")
    kim = person(found, "kim@a.test")
    found.engine.write_now(apps.add, "board", kim.id, 1)
    return found


STEP = st.one_of(STEPS, st.tuples(st.sampled_from(["power", "late", "conclude"]), st.integers(0, 1), st.integers(0, 5)))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=40))
def test_each_recipient_ends_with_one_final_whatever_is_lost(home, steps):
    run = AppRun(home, home.engine.read_now(apps.named, "board").id)
    for step in steps:
        run.do(step)
        run.check()
    run.finish()
    run.check()


def test_the_model_sees_a_final_that_comes_twice(home, monkeypatch):
    """Negative control: without the count of revisions the model would be content with anything."""
    run = AppRun(home, home.engine.read_now(apps.named, "board").id)
    for step in (("accept", 0, 0), ("claim", 0, 5)):
        run.do(step)
    job = run.hands[0][0]
    monkeypatch.setattr(told, "_counts", lambda tx, number, news: {1: (1, 1)})
    run.do(("conclude", 0, 3 - job.recipients[0].n))
    with pytest.raises(AssertionError):
        run.check()


def test_attempts_are_told_only_to_who_asked(home):
    from pyeonji.journey.event import Attempted

    board = home.engine.read_now(apps.named, "board").id
    number = queue_letter(home, "a@one.example", now_us=1, sent=Sent(board))
    attempt = Attempted(2, 1, 1, "mx.one.example", "192.0.2.1")
    home.engine.write_now(record, None, number, 2, [attempt])
    home.engine.write_now(apps.set_attempts, board, True)
    home.engine.write_now(record, None, number, 3, [attempt])
    items = home.engine.read_now(told.of_letter, number)
    assert [(item.type, item.sequence) for item in items] == [("email.queued", 1), (OPT_IN, 2)]
