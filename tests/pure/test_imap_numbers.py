"""Sets of numbers (RFC 3501 §9, sequence-set)."""

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.proto.imap.numbers import (
    STAR,
    NotASet,
    NumberSet,
    among,
    compact,
    compact_in_order,
    merged,
    parse_set,
    places,
)


@pytest.mark.parametrize(
    ("octets", "largest", "members"),
    [
        (b"2,4:7,9,12:*", 15, [2, 4, 5, 6, 7, 9, 12, 13, 14, 15]),
        (b"*:4,5:7", 10, [4, 5, 6, 7, 8, 9, 10]),
        (b"4:2", 10, [2, 3, 4]),
        (b"*", 3, [3]),
        (b"559:*", 3, [3]),
        (b"1,1,1:1", 3, [1]),
        (b"7:9", 3, []),
        (b"1:4294967295", 2, [1, 2]),
    ],
)
def test_sets_of_the_standard(octets, largest, members):
    assert among(range(1, largest + 1), parse_set(octets).resolve(largest)) == members


@pytest.mark.parametrize("octets", [b"", b"0", b"1:", b":1", b"1,", b"4294967296", b"a", b"1 ", b"01", b"-1", b"1::2"])
def test_what_is_no_set(octets):
    with pytest.raises(NotASet):
        parse_set(octets)


def test_a_large_mailbox_is_cut_not_walked():
    uids = array("I", range(10, 2_000_010, 2))
    assert places(uids, parse_set(b"1:*").resolve(uids[-1])) == [range(1_000_000)]
    assert places(uids, ((1, 9), (11, 11), (12, 13), (1_999_999, 3_000_000))) == [
        range(1, 2),
        range(999_995, 1_000_000),
    ]


def test_the_highest_written_number_is_known():
    assert [parse_set(s).highest for s in (b"1:5,3", b"*", b"7:*,2")] == [5, 0, 7]


def test_numbers_are_printed_short():
    assert compact([5, 1, 2, 3, 3]) == b"1:3,5"
    assert compact([]) == b""
    assert compact_in_order([9, 10, 3, 4, 5]) == b"9:10,3:5"


RANGES = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)).map(lambda pair: tuple(sorted(pair))), max_size=8)


@given(RANGES, st.none() | st.integers(1, 60) | st.just(STAR))
def test_a_set_is_read_as_it_was_printed(ranges, open_from):
    numbers = NumberSet(merged(ranges), open_from)
    if str(numbers):
        assert parse_set(str(numbers).encode()) == numbers


@given(RANGES, st.sets(st.integers(1, 70)).map(sorted))
def test_members_are_those_within_a_range(ranges, uids):
    expected = [uid for uid in uids if any(first <= uid <= last for first, last in ranges)]
    assert among(uids, merged(ranges)) == expected
    if uids:
        assert among(range(1, 71), parse_set(compact(uids)).resolve(70)) == uids
