"""Messages between our processes arrive whole, however the kernel cuts the stream."""

import asyncio
import functools

from hypothesis import given
from hypothesis import strategies as st

from pyeonji.net.frames import Frames


class Wire:
    """A transport that keeps what is written."""

    def __init__(self):
        self.written = []

    def writelines(self, pieces):
        self.written.append(b"".join(pieces))

    def close(self):
        self.written.append(None)


def sender(wire):
    frames = Frames(lambda frames: None, lambda *_: None, lambda frames: None)
    frames.connection_made(wire)
    return frames


@given(st.lists(st.binary(max_size=300), max_size=8), st.integers(1, 400))
def test_what_is_sent_is_heard_whatever_the_pieces(messages, size):
    async def sent():
        wire = Wire()
        frames = sender(wire)
        for message in messages:
            frames.send(message)
        await asyncio.sleep(0)
        return b"".join(wire.written)

    octets, heard = asyncio.run(sent()), []
    receiver = Frames(lambda frames: None, lambda frames, some: heard.extend(some), lambda frames: None)
    for start in range(0, len(octets), size):
        receiver.data_received(octets[start : start + size])
    assert heard == messages


def in_loop(test):
    """Run a test in an event loop."""

    @functools.wraps(test)
    def run():
        asyncio.run(test())

    return run


@in_loop
async def test_what_is_said_in_one_turn_of_the_loop_wakes_the_other_side_once():
    wire = Wire()
    frames = sender(wire)
    for turn in (b"123", b"4"):
        for octet in turn:
            frames.send(bytes([octet]))
        assert len(wire.written) == int(turn == b"4")
        await asyncio.sleep(0)
    assert [len(written) for written in wire.written] == [15, 5]


@in_loop
async def test_what_was_said_last_goes_before_the_end():
    wire = Wire()
    frames = sender(wire)
    frames.send(b"last")
    frames.close()
    await asyncio.sleep(0)
    assert wire.written == [b"\0\0\0\4last", None]


@in_loop
async def test_nothing_is_written_to_whoever_is_gone():
    wire = Wire()
    frames = sender(wire)
    frames.send(b"late")
    frames.connection_lost(None)
    await asyncio.sleep(0)
    assert wire.written == []
