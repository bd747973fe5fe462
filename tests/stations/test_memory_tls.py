"""TLS over memory: nothing is lost however much comes at once, and its buffers stay small."""

import os

import pytest

from pyeonji.net.memory_tls import PIECE, RECORD, MemoryTls
from pyeonji.net.tls import client_context, self_signed, server_context

OVERHEAD = 64  # octets of a record beside its text, and more than that (RFC 8446 §5.2)


class Seen:
    """A buffer that knows how much was ever written to it at once."""

    def __init__(self, buffer):
        self.buffer, self.most = buffer, 0

    def write(self, octets):
        self.most = max(self.most, len(octets))
        return self.buffer.write(octets)


@pytest.fixture
def ends(tmp_path):
    """(ours, the client's) behind the handshake."""
    ours = MemoryTls(server_context(*self_signed(tmp_path, ("localhost",), 1_800_000_000_000_000)), True, None)
    client = MemoryTls(client_context(verify=False), False, None)
    done = False
    while not done:
        done = client.step()
        ours.put(client.take())
        done = ours.step() and done
        client.put(ours.take())
    return ours, client


@pytest.mark.parametrize("size", [1, PIECE, RECORD - 1, RECORD, RECORD + 1, 300_000])
def test_what_is_said_at_once_is_heard_whole_and_goes_through_small_buffers(ends, size):
    ours, client = ends
    said = os.urandom(size)
    ours._incoming = seen = Seen(ours._incoming)
    assert ours.decrypt(b"".join(client.encrypt(said))) == said
    assert seen.most <= PIECE
    pieces = list(ours.encrypt(said))
    assert max(map(len, pieces)) <= RECORD + OVERHEAD
    assert b"".join(map(client.decrypt, pieces)) == said


def test_octets_that_come_one_by_one_are_heard(ends):
    ours, client = ends
    wire = b"".join(client.encrypt(b"a NOOP\r\n"))
    assert b"".join(ours.decrypt(wire[at : at + 1]) for at in range(len(wire))) == b"a NOOP\r\n"
    assert not ours.closed


def test_what_comes_behind_a_goodbye_is_not_heard(ends):
    ours, client = ends
    wire = b"".join(client.encrypt(b"x" * (2 * PIECE))) + client.goodbye()
    assert ours.decrypt(wire + os.urandom(3 * PIECE)) == b"x" * (2 * PIECE)
    assert ours.closed


def test_octets_that_are_no_tls_are_told(ends):
    ours, _ = ends
    with pytest.raises(ConnectionError):
        ours.decrypt(bytes(100))
