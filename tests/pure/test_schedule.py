"""When a letter is tried again (RFC 5321 §4.5.4.1; reliability F01)."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from pyeonji.queue.destination import DOWN_WAITS_US, FIRST_LIMIT, Destination
from pyeonji.queue.schedule import Schedule
from pyeonji.queue.settings import QueueSettings
from pyeonji.queue.state import FINAL, NEXT, State

MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000
USUAL = Schedule.of(QueueSettings())


def due(now, attempts, spread=0.0, deadline=5 * DAY, schedule=USUAL):
    return schedule.next_due(accepted=0, now=now, deadline=deadline, attempts=attempts, spread=spread)


def test_the_first_wait_is_between_five_and_ten_minutes():
    assert due(0, 1, 0.0) == 5 * MINUTE
    assert 9.9 * MINUTE < due(0, 1, 0.999) < 10 * MINUTE


def test_waits_double_up_to_four_hours():
    waits = [due(DAY, attempts) - DAY for attempts in range(1, 12)]
    assert waits[:7] == [5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 40 * MINUTE, 80 * MINUTE, 160 * MINUTE, 4 * HOUR]
    assert set(waits[7:]) == {4 * HOUR}


def test_the_last_attempt_is_at_the_deadline():
    assert due(5 * DAY - MINUTE, 30) == 5 * DAY
    assert due(5 * DAY, 31) is None


def test_a_letter_with_fifteen_minutes_is_given_up_after_fifteen_minutes():
    assert due(0, 1, deadline=15 * MINUTE) == 5 * MINUTE
    assert due(5 * MINUTE, 2, deadline=15 * MINUTE) == 15 * MINUTE
    assert due(15 * MINUTE, 3, deadline=15 * MINUTE) is None


def test_there_is_an_attempt_when_the_notice_would_go_out():
    assert due(3 * HOUR, 6) == 4 * HOUR
    assert USUAL.notice_is_due(accepted=0, now=4 * HOUR, notified=False)
    assert not USUAL.notice_is_due(accepted=0, now=4 * HOUR, notified=True)
    assert not USUAL.notice_is_due(accepted=0, now=4 * HOUR - 1, notified=False)


@given(
    st.lists(st.tuples(st.integers(1, DAY), st.floats(0, 0.999999)), max_size=60),
    st.lists(st.timedeltas(timedelta(seconds=1), timedelta(hours=8)), min_size=1, max_size=8),
)
def test_attempts_go_on_until_the_deadline_and_not_after(delays, waits):
    schedule = Schedule.of(QueueSettings(waits=tuple(waits)))
    now = 0
    for attempts, (late, spread) in enumerate(delays, 1):
        found = due(now, attempts, spread, schedule=schedule)
        if found is None:
            assert now >= 5 * DAY
            return
        assert now < found <= 5 * DAY
        now = found + late


def test_couriers_to_a_destination_grow_with_success_and_halve_with_failure():
    destination = Destination(20)
    assert destination.room == FIRST_LIMIT
    for _ in range(30):
        destination.answered()
    assert destination.room == 20
    destination.complained()
    assert destination.room == 10
    destination.running = 4
    assert destination.room == 6


def test_a_silent_destination_is_looked_at_by_one_courier_at_a_time():
    destination = Destination(20)
    waits = []
    for _ in range(8):
        destination.was_silent(0, "450 4.4.1 no answer", 0.0)
        waits.append(destination.down_until)
    assert waits == [*DOWN_WAITS_US, DOWN_WAITS_US[-1], DOWN_WAITS_US[-1]]
    assert destination.room == 1
    assert destination.is_down(DOWN_WAITS_US[-1] - 1)
    assert not destination.is_down(DOWN_WAITS_US[-1])
    destination.answered()
    assert not destination.is_down(0)
    assert destination.room == 2


def test_every_state_is_in_the_table_and_leads_to_an_end():
    assert set(NEXT) == set(State)
    assert {State.DONE, State.RETURNED, State.BOUNCED, State.CANCELLED, State.SUPPRESSED} == FINAL
