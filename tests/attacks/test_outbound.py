"""S02: what we send on is one letter to whoever reads it: canonical line ends, dots doubled, or not sent at all."""

import itertools

import pytest

from pyeonji.address import parse_address
from pyeonji.proto.smtp.content import Measure
from pyeonji.proto.smtp.grammar import RcptParameters
from pyeonji.proto.smtp.outgoing import Outgoing, Ready, SendContent
from pyeonji.proto.smtp.sender import Sender

ENDS = (b"\r\n", b"\n", b"\r", b"\r\r\n", b"\0\r\n", b"\r\n ", b"\x0b")
SEQUENCES = tuple(before + b"." + after for before, after in itertools.product(ENDS, ENDS))
SECOND = b"MAIL FROM:<a@evil.test>\r\nRCPT TO:<b@evil.test>\r\nDATA\r\nSubject: second\r\n\r\nx\r\n"
KIM = parse_address("kim@b.test")


def sent(content, keywords, cut):
    """The octets of the content as they go out; the server says yes to everything."""
    sender = Sender("c.test", False)
    sender.feed(b"220 b.test\r\n")
    out, content_out = b"", None
    for _ in range(20):
        while (event := sender.next_event()) is not None:
            if isinstance(event, Ready) and content_out is None:
                sender.begin(Outgoing(KIM, ((KIM, RcptParameters()),)))
            elif isinstance(event, SendContent):
                out += sender.take_out()
                for piece in (content[:cut], content[cut:]):
                    sender.content(piece)
                sender.content_done()
                content_out = sender.take_out()
                return content_out, sender.broken
        said = sender.take_out()
        if b"EHLO" in said:
            sender.feed(
                b"".join([b"250-b.test\r\n", *[b"250-" + word + b"\r\n" for word in keywords], b"250 HELP\r\n"])
            )
        elif b"DATA" in said:
            sender.feed(b"250 ok\r\n" * said.count(b"\r\n", 0, said.index(b"DATA")) + b"354 go\r\n")
        elif said:
            sender.feed(b"250 ok\r\n" * said.count(b"\r\n"))
    raise AssertionError("content was never asked for")


def is_canonical(octets):
    rest = octets.replace(b"\r\n", b"")
    return not any(octet in rest for octet in b"\r\n\0")


@pytest.mark.parametrize(
    "keywords", [(), (b"PIPELINING",), (b"PIPELINING", b"CHUNKING")], ids=["plain", "pipe", "bdat"]
)
def test_no_sequence_goes_out_as_it_is(keywords):
    for sequence in SEQUENCES:
        content = b"Subject: first\r\n\r\nbody" + sequence + SECOND
        for cut in (content.index(sequence) + 1, content.index(sequence) + len(sequence), len(content)):
            octets, broken = sent(content, keywords, cut)
            if not is_canonical(content):
                assert broken, sequence
                assert not octets.endswith(b"\r\n.\r\n"), sequence
                assert b"LAST" not in octets, sequence
                continue
            assert not broken
            assert is_canonical(octets), sequence
            if b"CHUNKING" not in keywords:
                assert octets.index(b"\r\n.\r\n") == len(octets) - 5, sequence


def test_without_the_guard_it_would(monkeypatch):
    """Negative control."""
    monkeypatch.setattr(Measure, "add", lambda self, piece: True)
    octets, broken = sent(b"Subject: x\r\n\r\nx\n.\nMAIL\r\n", (), 5)
    assert not broken
    assert not is_canonical(octets)
