"""What is said at the wrong door or moment is a password or a letter all the same: no journey and no log may have it.

Clients are set up for the wrong port, scripts do not look at replies; the lines they say then are no commands.
"""

import base64

import pytest

from pure.test_smtp_receiver import Talk
from pyeonji.proto.lines import shown
from pyeonji.proto.smtp import commands, receiver
from pyeonji.proto.smtp.reply import Reply

CANARY = b"CANARY"
IN_BASE64 = base64.b64encode(b"\0kim\0" + CANARY * 3)
LOGINS = [
    b"USER kim\r\n" + b"PASS " + CANARY + b"\r\n",
    b"APOP kim " + CANARY + b"\r\n",
    b"a1 LOGIN kim " + CANARY + b"\r\n",
    b"a1 AUTHENTICATE PLAIN " + IN_BASE64 + b"\r\n",
    b"XAUTH PLAIN " + IN_BASE64 + b"\r\n",
    b"AUTH " + IN_BASE64 + b"\r\n",
    b"AUTH PLAIN " + IN_BASE64 + b"\r\n",
    b"AUTH PLAN " + IN_BASE64 + b"\r\n",
    b"AUTH LOGIN\r\n" + base64.b64encode(b"kim") + b"\r\n" + IN_BASE64 + b"\r\n",
    b"auth=plain " + IN_BASE64 + b"\r\n",
    b"AUTH CRAM-MD5\r\nkim " + CANARY + b"\r\n" + CANARY + b"\r\n",
]
CONTENT = [
    b"Subject: CANARY\r\n", b"CANARY\r\n", b"\tCANARY\r\n", b"Help me, CANARY\r\n", b"Data of CANARY\r\n",
    b"Mail me at CANARY\r\n", b"quit CANARY\r\n", b"Send CANARY\r\n", b"noop CANARY\r\n", b"get CANARY\r\n",
    b"CANARY " * 200 + b"\r\n", b"rcpt CANARY\r\n", "CANARY 편지\r\n".encode(),
]  # fmt: skip


class Refusing(Talk):
    """The owner says no to DATA, as one does whose disk is full."""

    def answer(self, event):
        return Reply(451, "3.0", "not now") if isinstance(event, receiver.events.DataStart) else super().answer(event)


def kept(talk):
    return "\n".join(event.line for event in talk.heard)


def said_before_data_was_taken(envelope, line, hello=b"EHLO c.example\r\n", talk=Talk):
    found = talk()
    found.say(hello)
    found.say(envelope)
    found.say(b"DATA\r\n")
    found.say(line)
    return found


@pytest.mark.parametrize("lines", LOGINS)
@pytest.mark.parametrize("offered", [{}, {"auth": ("PLAIN", "LOGIN")}])
def test_no_password_is_kept_that_is_said_as_another_protocol_has_it(lines, offered):
    talk = Talk(**offered)
    talk.say(b"EHLO c.example\r\n")
    for line in lines.splitlines(True):
        talk.say(line)
    assert CANARY.decode() not in kept(talk) and IN_BASE64.decode() not in kept(talk)
    assert "octets)" in kept(talk)


ENVELOPES = [b"", b"MAIL FROM:<a@b.example>\r\n"]


@pytest.mark.parametrize("hello", [b"", b"HELO c.example\r\n", b"EHLO c.example\r\n"])
@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize("line", CONTENT)
def test_no_line_of_a_letter_is_kept_that_comes_though_data_was_refused(envelope, line, hello):
    assert "CANARY" not in kept(said_before_data_was_taken(envelope, line, hello))


@pytest.mark.parametrize("line", CONTENT)
def test_nor_when_we_have_refused_it_for_reasons_of_our_own(line):
    envelope = b"MAIL FROM:<a@b.example>\r\nRCPT TO:<kim@mx.example>\r\n"
    assert "CANARY" not in kept(said_before_data_was_taken(envelope, line, talk=Refusing))


def test_who_begins_again_is_heard_again():
    talk = said_before_data_was_taken(b"MAIL FROM:<a@b.example>\r\n", b"CANARY\r\n")
    for line in (
        b".\r\n",
        b"RSET\r\n",
        b"MAIL FROM:<c@d.example>\r\n",
        b"RCPT TO:<kim@mx.example>\r\n",
        b"HELP me\r\n",
    ):
        talk.say(line)
    assert kept(talk).splitlines()[-4:] == [
        "RSET", "MAIL FROM:<c@d.example>", "RCPT TO:<kim@mx.example>", "HELP me",
    ]  # fmt: skip


@pytest.mark.parametrize("lines", [LOGINS[0], LOGINS[2], LOGINS[4]])
def test_shown_as_they_are_they_would_be_kept(lines, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(commands, "shown_command", lambda session, verb, octets, text=None: shown(octets))
    talk = Talk()
    talk.say(b"EHLO c.example\r\n")
    talk.say(lines)
    assert CANARY.decode() in kept(talk) or IN_BASE64.decode() in kept(talk)
    assert "Subject: CANARY" in kept(said_before_data_was_taken(b"", CONTENT[0]))
