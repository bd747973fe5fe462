"""What every engine does when a letter is read in pieces."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.stored import BODY, DAY, NOW, filing, letter, person, take
from pyeonji.store import blobs, messages, sweep
from pyeonji.store.blobs import keep_file
from pyeonji.store.engine.base import Damaged
from pyeonji.store.pieces import Pieces

CONTENT = BODY + b"".join(b"%07d\r\n" % n for n in range(9_000))
KINDS = ("inline", "zstd", "file")


def stored(home, kind, content=CONTENT):
    """A letter with this content, kept in this way; its receipt number."""
    person(home, f"{kind}{len(content)}@a.test")
    way = filing(home, f"{kind}{len(content)}@a.test")
    if kind != "file":
        number = take(home, letter(way, content=content)).number
        if kind == "zstd":
            assert sweep.sweep(home, NOW + 2 * DAY).compressed
        return number
    spool = home.data / "spool" / "one"
    spool.write_bytes(content)
    return take(home, letter(way, content=keep_file(spool, home.blobs.folder, "K7M3"))).number


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1_000, 65_536, len(CONTENT), len(CONTENT) + 1])
def test_pieces_in_order_are_the_letter(home, kind, size):
    pieces = Pieces(home.blobs, stored(home, kind))
    found, at = b"", 0
    while octets := home.engine.read_now(pieces.read, at, size):
        assert len(octets) == min(size, len(CONTENT) - at)
        found += octets
        at += len(octets)
    pieces.close()
    assert found == CONTENT


@pytest.mark.parametrize("kind", KINDS)
def test_any_piece_is_that_of_the_letter_whatever_was_read_before(home, kind):
    number = stored(home, kind)

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.tuples(st.integers(0, len(CONTENT) + 10), st.integers(0, 70_000)), max_size=6))
    def holds(cuts):
        pieces = Pieces(home.blobs, number)
        for first, count in cuts:
            assert home.engine.read_now(pieces.read, first, count) == CONTENT[first : first + count]
            assert (
                home.engine.read_now(messages.content, home.blobs, number, first, count)
                == (CONTENT[first : first + count])
            )
        pieces.close()

    holds()


def test_a_letter_that_is_being_read_can_be_compressed(home):
    number = stored(home, "inline")
    pieces = Pieces(home.blobs, number)
    first = home.engine.read_now(pieces.read, 0, 1_000)
    assert sweep.sweep(home, NOW + 2 * DAY).compressed == 1
    assert first + home.engine.read_now(pieces.read, 1_000, 1_000) == CONTENT[:2_000]


def test_a_file_whose_name_is_taken_away_can_be_read_to_its_end(home):
    pieces = Pieces(home.blobs, stored(home, "file"))
    first = home.engine.read_now(pieces.read, 0, 1_000)
    (file,) = home.blobs.folder.glob("*/*")
    file.unlink()
    assert first + home.engine.read_now(pieces.read, 1_000, len(CONTENT)) == CONTENT
    pieces.close()


def test_a_piece_of_compressed_octets_costs_only_what_lies_before_it(home, monkeypatch):
    number = stored(home, "zstd")
    unpacked = []
    machine = blobs.zstd.ZstdDecompressor

    class Counted:
        def __init__(self):
            self._machine = machine()

        @property
        def eof(self):
            return self._machine.eof

        def decompress(self, octets, max_length):
            piece = self._machine.decompress(octets, max_length=max_length)
            unpacked.append(len(piece))
            return piece

    monkeypatch.setattr("pyeonji.store.blobs.zstd.ZstdDecompressor", Counted)
    pieces = Pieces(home.blobs, number)
    for at in range(0, len(CONTENT), 1_000):
        home.engine.read_now(pieces.read, at, 1_000)
    assert sum(unpacked) == len(CONTENT)


def test_what_is_damaged_says_so(home):
    with pytest.raises(Damaged):
        home.engine.read_now(Pieces(home.blobs, 1).read, 0, 1)
    number = stored(home, "zstd")
    cut = "UPDATE content SET octets = substr(octets, 1, 40) WHERE codec = 1"
    home.engine.write_now(lambda tx: tx.run(cut))
    with pytest.raises(Damaged):
        home.engine.read_now(Pieces(home.blobs, number).read, 0, len(CONTENT))
    noise = os.urandom(40)
    home.engine.write_now(lambda tx: tx.run("UPDATE content SET octets = :noise WHERE codec = 1", {"noise": noise}))
    with pytest.raises(Damaged):
        home.engine.read_now(Pieces(home.blobs, number).read, 0, 1)
