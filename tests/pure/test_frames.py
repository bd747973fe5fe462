"""Messages between our processes arrive whole, however the kernel cuts the stream."""

from hypothesis import given
from hypothesis import strategies as st

from pyeonji.net.frames import Frames


class Wire:
    """A transport that keeps what is written."""

    def __init__(self):
        self.octets = b""

    def writelines(self, pieces):
        self.octets += b"".join(pieces)


@given(st.lists(st.binary(max_size=300), max_size=8), st.integers(1, 400))
def test_what_is_sent_is_heard_whatever_the_pieces(messages, size):
    wire, heard = Wire(), []
    sender = Frames(lambda frames: None, lambda *_: None, lambda frames: None)
    sender.connection_made(wire)
    for message in messages:
        sender.send(message)
    receiver = Frames(lambda frames: None, lambda frames, some: heard.extend(some), lambda frames: None)
    for start in range(0, len(wire.octets), size):
        receiver.data_received(wire.octets[start : start + size])
    assert heard == messages
