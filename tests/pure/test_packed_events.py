"""Events as they are stored: two packed rows joined are the row of both."""

import pytest

from pyeonji.journey.event import NOTHING, Line, joined, pack, unpack

SIZES = (0, 1, 14, 15, 16, 17, 400, 65_535, 65_536)  # where the head of a MessagePack array changes


@pytest.mark.parametrize("first", SIZES)
@pytest.mark.parametrize("second", [0, 1, 15, 16, 70_000])
def test_joined_is_what_packing_both_would_be(first, second):
    events = [Line(at, "in", False, "x") for at in range(first + second)]
    whole = joined(pack(events[:first]), pack(events[first:]))
    assert whole == pack(events)
    assert len(unpack(whole)) == first + second


def test_nothing_changes_nothing():
    some = pack((Line(1, "in", False, "x"),))
    assert joined(NOTHING, some) == joined(some, NOTHING) == some
