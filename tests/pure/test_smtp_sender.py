"""The sender: with our own receiver, and with servers that are strange."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyeonji.address import parse_address
from pyeonji.proto.smtp import event as events
from pyeonji.proto.smtp import reply as replies
from pyeonji.proto.smtp.extension import Extensions
from pyeonji.proto.smtp.grammar import MailParameters, RcptParameters
from pyeonji.proto.smtp.outgoing import (
    Broken,
    Finished,
    NeedsEightBit,
    NeedsSmtpUtf8,
    Outgoing,
    Ready,
    SendContent,
    TlsReady,
    TooBig,
)
from pyeonji.proto.smtp.receiver import Limits, Receiver
from pyeonji.proto.smtp.sender import Sender

KIM, LEE, BAD = (parse_address(f"{name}@b.example") for name in ("kim", "lee", "bad"))


def outgoing(*recipients, **parameters):
    return Outgoing(LEE, tuple((address, RcptParameters()) for address in recipients), MailParameters(**parameters))


def drain(sender):
    found = []
    while (event := sender.next_event()) is not None:
        found.append(event)
    return found


def carry(content, pieces=(), lmtp=False, recipients=(KIM,), **offered):
    """Sender and receiver back to back; (letters that arrived, outcomes of the sender)."""
    sender, receiver = Sender("c.example", lmtp), Receiver("mx.example", Extensions(**offered), Limits(), lmtp=lmtp)
    sender.feed(receiver.greeting())
    letters, got, outcomes = [], b"", None
    for _ in range(100):
        for event in drain(sender):
            if isinstance(event, Ready):
                sender.begin(outgoing(*recipients))
            elif isinstance(event, SendContent):
                rest = content
                for size in pieces:
                    sender.content(rest[:size])
                    rest = rest[size:]
                sender.content(rest)
                sender.content_done()
            elif isinstance(event, Finished):
                outcomes = event.outcomes
        out = sender.take_out()
        if not out:
            break
        receiver.feed(out)
        while (heard := receiver.next_event()) is not None:
            if isinstance(heard, events.ContentPart):
                got += heard.octets
                continue
            reply = heard.usual
            if isinstance(heard, events.Wrong):
                reply = heard.reply
            elif isinstance(heard, events.Rcpt) and heard.address == BAD:
                reply = replies.NO_SUCH_MAILBOX
            elif isinstance(heard, events.ContentEnd):
                letters.append(got)
                got, reply = b"", heard.problem or replies.queued("K7M32QXD9TAB")
            sender.feed(receiver.reply(reply))
    if outcomes is None:
        [outcomes] = [event.outcomes for event in drain(sender) if isinstance(event, Finished)]
    return letters, [(phase, reply.code) for phase, reply in outcomes]


line = st.sampled_from([b"", b".", b"..", b".x", b"x", b"From: a", b"\xff\xfe", b"QUIT", b"y" * 100])


@settings(max_examples=100, deadline=None)
@given(
    st.lists(line, max_size=10).map(lambda found: b"".join(one + b"\r\n" for one in found)),
    st.lists(st.integers(1, 9), max_size=10),
    st.booleans(),
    st.booleans(),
)
def test_what_we_send_arrives_octet_for_octet(content, pieces, chunking, pipelining):
    letters, outcomes = carry(content, pieces, chunking=chunking, pipelining=pipelining)
    assert letters == [content]
    assert outcomes == [("content", 250)]


@pytest.mark.parametrize("chunking", [False, True])
@pytest.mark.parametrize("pipelining", [False, True])
@pytest.mark.parametrize("lmtp", [False, True])
def test_each_recipient_has_its_own_last_word(chunking, pipelining, lmtp):
    letters, outcomes = carry(b"x\r\n", recipients=(KIM, BAD, LEE), lmtp=lmtp, chunking=chunking, pipelining=pipelining)
    assert letters == [b"x\r\n"]
    assert outcomes == [("content", 250), ("rcpt", 550), ("content", 250)]


@pytest.mark.parametrize("chunking", [False, True])
@pytest.mark.parametrize("pipelining", [False, True])
def test_when_nobody_is_accepted_nothing_is_sent(chunking, pipelining):
    assert carry(b"x\r\n", recipients=(BAD, BAD), chunking=chunking, pipelining=pipelining) == (
        [],
        [("rcpt", 550), ("rcpt", 550)],
    )


@pytest.mark.parametrize("chunking", [False, True])
@pytest.mark.parametrize("sequence", [b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r.\n", b"\0"])
def test_nothing_that_looks_like_an_end_goes_out(sequence, chunking):
    letters, outcomes = carry(b"a" + sequence + b"MAIL FROM:<>\r\n", chunking=chunking)
    assert (letters, outcomes[0][1]) == ([], 554)


def connected(keywords=()):
    sender = Sender("c.example")
    sender.feed(b"220 mx\r\n")
    sender.feed(replies.hello("mx", tuple(keywords)).to_wire())
    drain(sender)
    sender.take_out()
    return sender


@pytest.mark.parametrize(
    ("said", "phase", "code"),
    [
        ((b"550 no\r\n",), "mail", 550),
        ((b"354 go\r\n",), "mail", 451),
        ((b"250 ok\r\n", b"354 go\r\n"), "rcpt", 451),
        ((b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n"), "data", 451),
        ((b"250 ok\r\n", b"421 bye\r\n"), "rcpt", 421),
        ((b"250 ok\r\n", b"\0\xff\r\n"), "rcpt", 451),
        ((b"250-a\r\n550 b\r\n",), "mail", 451),
        ((b"x" * 70000,), "mail", 451),
        ((b"250-a\r\n" * 20000,), "mail", 451),
        ((b"999 what\r\n",), "mail", 451),
    ],
)
def test_a_strange_server_defers_the_letter(said, phase, code):
    sender = connected()
    sender.begin(outgoing(KIM))
    for octets in said:
        sender.feed(octets)
    found = drain(sender)
    if not any(isinstance(event, Finished) for event in found):
        sender.feed(b"250 ok\r\n")  # to RSET
        found += drain(sender)
    [finished] = [event for event in found if isinstance(event, Finished)]
    assert [(at, reply.code) for at, reply in finished.outcomes] == [(phase, code)]


def test_a_lone_dot_when_354_comes_and_nobody_was_accepted():
    sender = connected(["PIPELINING"])
    sender.begin(outgoing(KIM))
    assert sender.take_out().endswith(b"DATA\r\n")
    sender.feed(b"250 ok\r\n550 5.1.1 no\r\n354 go\r\n")
    assert sender.take_out() == b".\r\n"
    sender.feed(b"554 5.5.1 no valid recipients\r\n")
    assert drain(sender)[-1].outcomes[0][1].enhanced == "5.1.1"


def test_octets_behind_220_to_starttls_are_never_believed():
    sender = connected(["STARTTLS"])
    sender.start_tls()
    sender.feed(b"220 go\r\n250 AUTH PLAIN\r\n")
    [event] = drain(sender)
    assert isinstance(event, Broken) and event.phase == "tls"
    sender = connected(["STARTTLS"])
    sender.start_tls()
    sender.feed(b"220 go\r\n")
    assert drain(sender) == [TlsReady()]


def test_carried_over_into_tls_they_would_be_believed():
    """Negative control: what the server says next is its answer to EHLO (CVE-2021-38371)."""
    sender = connected(["STARTTLS"])
    sender.start_tls()
    sender.feed(b"220 go\r\n")
    assert drain(sender) == [TlsReady()]
    sender.tls_started()
    sender.feed(b"250-injected\r\n250 AUTH PLAIN\r\n")
    [event] = drain(sender)
    assert event == Ready({"AUTH": "PLAIN"})


def test_helo_is_said_when_ehlo_is_not_known():
    sender = Sender("c.example")
    sender.feed(b"220 old\r\n502 what?\r\n")
    assert sender.take_out() == b"EHLO c.example\r\nHELO c.example\r\n"
    sender.feed(b"250 old\r\n")
    assert drain(sender) == [Ready({})]


@pytest.mark.parametrize(
    ("parameters", "keywords", "error"),
    [
        ({"smtputf8": True}, ["8BITMIME"], NeedsSmtpUtf8),
        ({"body": "8BITMIME"}, ["SMTPUTF8"], NeedsEightBit),
        ({"size": 11}, ["SIZE 10"], TooBig),
    ],
)
def test_what_a_server_cannot_take_is_not_tried(parameters, keywords, error):
    sender = connected(keywords)
    with pytest.raises(error):
        sender.begin(outgoing(KIM, **parameters))
    assert sender.take_out() == b""


def test_no_password_in_the_journey():
    sender = connected(["AUTH LOGIN"])
    sender.log_in("kim", "secret")
    sender.feed(b"334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n235 ok\r\n")
    assert sender.take_out() == b"AUTH LOGIN\r\na2lt\r\nc2VjcmV0\r\n"
    assert "c2Vj" not in repr(sender.take_lines())
    assert isinstance(drain(sender)[0], Ready)


def test_a_connection_lost_after_the_dot_is_told_as_such():
    sender = connected()
    sender.begin(outgoing(KIM))
    sender.feed(b"250 ok\r\n")
    sender.feed(b"250 ok\r\n")
    sender.feed(b"354 go\r\n")
    sender.content(b"x\r\n")
    sender.content_done()
    sender.closed()
    finished = [event for event in drain(sender) if isinstance(event, Finished)]
    assert finished[0].outcomes[0][0] == "content"
