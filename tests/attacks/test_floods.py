"""S09, S11, S12, I01: floods, endless lines and octets nobody asked for cost little and get an answer and an end."""

import asyncio
import contextlib
import functools
from dataclasses import replace

import pytest

from kit.inprocess import Raw, attack
from pyeonji.intake import smtpd
from pyeonji.intake.service import SENDMAIL
from pyeonji.net import stream as net_stream
from pyeonji.proto.imap import session as imap_session
from pyeonji.proto.pop3 import session as pop3_session
from pyeonji.proto.smtp import commands, event, grammar, receiver
from pyeonji.proto.smtp.limits import Limits

ENVELOPE = b"MAIL FROM:<a@b.test>\r\nRCPT TO:<kim@here.test>\r\n"
ENOUGH = 10**9  # more than anybody sends here

# (service, octets, what the answer holds, whether the connection is over)
FLOODS = {
    "1,001 recipients": ("smtp", b"EHLO x\r\nMAIL FROM:<a@b.test>\r\n" + b"RCPT TO:<kim@here.test>\r\n" * 1_001,
                         b"452 4.5.3", False),
    "21 mistakes": ("smtp", b"EHLO x\r\n" + b"FOO\r\n" * 22, b"421 4.7.0", True),
    "101 NOOPs": ("smtp", b"EHLO x\r\n" + b"NOOP\r\n" * 102, b"421 ", True),
    "101 RSETs": ("lmtp", b"LHLO x\r\n" + b"RSET\r\n" * 102, b"421 ", True),
    "no CR LF for a megabyte": ("smtp", b"A" * 1_000_000, b"500 5.5.", True),
    "no CR LF for a megabyte of IMAP": ("imap", b"A" * 1_000_000, b"BAD", True),
    "no CR LF for a megabyte of POP3": ("pop3", b"A" * 1_000_000, b"-ERR", True),
    "a command of 513 octets": ("smtp", b"NOOP " + b"x" * 506 + b"\r\n", b"500 5.5", False),
    "a POP3 argument of 300 octets": ("pop3", b"USER " + b"x" * 300 + b"\r\n", b"-ERR", True),
    "POP3 nonsense": ("pop3", b"FOO\r\n" * 30, b"-ERR too many errors", True),
    "IMAP nonsense": ("imap", b"a FOO\r\n" * 200, b"BYE", True),
    "content before the 354": ("smtp", b"EHLO x\r\n" + ENVELOPE + b"DATA\r\nSubject: x\r\n", b"5.5.0", True),
    "a browser": ("smtp", b"POST / HTTP/1.1\r\nHost: x\r\n\r\nEHLO x\r\nMAIL FROM:<a@b.test>\r\n", b"554 5.5.0", True),
    "BDAT of 2^63": ("smtp", b"EHLO x\r\n" + ENVELOPE + b"BDAT 9223372036854775808\r\n", b"501 5.5.4", True),
    "BDAT of 2^31": ("smtp", b"EHLO x\r\n" + ENVELOPE + b"BDAT 2147483648 LAST\r\n", b"552 5.3.4", True),
    "BDAT of -1": ("smtp", b"EHLO x\r\n" + ENVELOPE + b"BDAT -1\r\n", b"501", True),
    "DATA after BDAT": ("smtp", b"EHLO x\r\n" + ENVELOPE + b"BDAT 1\r\nxDATA\r\n", b"503", False),
    "an IMAP literal of 4 GiB": ("imap", b"a LOGIN {4294967295}\r\n", b"TOOBIG", False),
    "a literal nobody asked about": ("imap", b"a LOGIN {999999999+}\r\n", b"BYE", True),
}  # fmt: skip


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_gets_an_answer_and_an_end(tmp_path, name):
    service, octets, answer, over = FLOODS[name]

    async def story(stations):
        client = await stations.client(service)
        if not over:
            await client.send(octets)
            assert answer in await client.until(answer)
            await client.send(b"z NOOP\r\n" if service == "imap" else b"QUIT\r\n")
            assert await client.hear() != b""
            return
        listening = asyncio.create_task(client.until(b"no such octets"))
        await client.send(octets)
        with contextlib.suppress(ConnectionError):  # without write_eof: it is the server that hangs up
            assert answer in await listening

    attack(tmp_path, story)


def smtp_limits(monkeypatch, **limits):
    monkeypatch.setattr(smtpd, "Limits", lambda **given: Limits(**given | limits))


def imap_limits(monkeypatch, **limits):
    monkeypatch.setattr(imap_session, "LIMITS", replace(imap_session.LIMITS, **limits))


def a_constant(module, name, value=ENOUGH):
    return lambda monkeypatch: monkeypatch.setattr(module, name, value)


def no_waiting(monkeypatch):
    """What came behind DATA is content, as if its writer had waited for the 354."""
    monkeypatch.setattr(commands, "NOTHING_MAY_FOLLOW", {})

    def blind(self, said, reply):
        held = self._lines.take_all()
        receiver.Receiver._data_answered(self, said, reply)
        self._lines.feed(held)

    monkeypatch.setitem(receiver._ADOPT, event.DataStart, blind)


def any_size(monkeypatch):
    monkeypatch.setattr(receiver, "MAX_CHUNK", 1 << 70)
    monkeypatch.setattr(grammar, "MAX_CHUNK_DIGITS", 30)
    smtp_limits(monkeypatch, max_size=1 << 70)


def signs_too(monkeypatch):
    monkeypatch.setattr(receiver, "parse_bdat", lambda argument: (int(argument), False))


def data_at_any_time(monkeypatch):
    monkeypatch.setitem(commands.SMTP_COMMANDS, b"DATA", (commands._data, {}))


errors = functools.partial(smtp_limits, max_errors=ENOUGH)
junk = functools.partial(smtp_limits, max_junk=ENOUGH)
endless = functools.partial(imap_limits, before_login=1 << 42, line=1 << 42, literal=1 << 42, command=1 << 42)
# What is switched off, what is said behind the flood, and what is heard of it (b"": nothing, it listens on and on).
OFF = {
    "1,001 recipients": (functools.partial(smtp_limits, max_recipients=ENOUGH), b"HELP\r\n", b"214 "),
    "21 mistakes": (errors, b"HELP\r\n", b"214 "),
    "101 NOOPs": (junk, b"HELP\r\n", b"214 "),
    "101 RSETs": (junk, b"HELP\r\n", b"214 "),
    "no CR LF for a megabyte": (a_constant(receiver, "MAX_UNENDED_LINE"), b"", b""),
    "no CR LF for a megabyte of IMAP": (endless, b"", b""),
    "no CR LF for a megabyte of POP3": (a_constant(pop3_session, "MAX_UNENDED"), b"", b""),
    "a command of 513 octets": (a_constant(commands, "MAX_COMMAND_LINE"), b"", b"250 2.0.0"),
    "a POP3 argument of 300 octets": (a_constant(pop3_session, "MAX_LINE"), b"", b"+OK send PASS"),
    "POP3 nonsense": (a_constant(pop3_session, "MAX_ERRORS"), b"CAPA\r\n", b"PIPELINING"),
    "IMAP nonsense": (functools.partial(imap_limits, bad_commands=ENOUGH), b"z CAPABILITY\r\n", b"z OK"),
    "content before the 354": (no_waiting, b"", b"354 "),
    "a browser": (a_constant(commands, "FOREIGN", frozenset()), b"", b"250 2.1.0"),
    "BDAT of 2^63": (any_size, b"", b"250 2.1.5"),
    "BDAT of 2^31": (any_size, b"", b"250 2.1.5"),
    "BDAT of -1": (signs_too, b"", b""),
    "DATA after BDAT": (data_at_any_time, b"", b"354 "),
    "an IMAP literal of 4 GiB": (endless, b"", b"+ "),
    "a literal nobody asked about": (endless, b"", b""),
}


@pytest.mark.parametrize("name", FLOODS)
def test_without_its_limit_it_would_go_on(tmp_path, name, monkeypatch):
    """Negative control: the guard alone is switched off, and the same octets are obeyed, or kept for ever."""
    service, octets, answer, _ = FLOODS[name]
    switch_off, then, heard = OFF[name]
    switch_off(monkeypatch)

    async def story(stations):
        client = await stations.client(service)
        await client.send(octets)
        await client.send(then)
        if heard:
            said = await client.until(heard)
            assert heard in said
            assert answer not in said
        else:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    while octets_heard := await client.reader.read(1 << 16):
                        assert answer not in octets_heard
        assert not client.reader.at_eof()

    attack(tmp_path, story)


def test_the_thousand_recipients_before_are_still_good(tmp_path):
    async def story(stations):
        client = await stations.client("smtp", hello=True)
        await client.send(b"MAIL FROM:<a@b.test>\r\n" + b"RCPT TO:<kim@here.test>\r\n" * 1_001 + b"DATA\r\n")
        assert b"452" in await client.until(b"354 ")
        assert b"queued as" in await client.last(b"Subject: x\r\n\r\nx\r\n.\r\n")

    attack(tmp_path, story)


def test_an_oversize_chunk_is_refused_before_it_is_read_and_its_octets_are_no_commands(tmp_path):
    async def story(stations):
        client = await stations.client("smtp", hello=True)
        await client.send(ENVELOPE + b"BDAT 60000000 LAST\r\n")
        assert b"552 5.3.4" in await client.until(b"limit\r\n")
        assert await client.last(b"MAIL FROM:<a@b.test>\r\n" * 10) == b""

    attack(tmp_path, story)


def test_a_letter_without_an_octet_is_a_letter(tmp_path):
    """BDAT 0 LAST and nothing before it (RFC 3030 §2)."""

    async def story(stations):
        client = await stations.client("smtp", hello=True)
        assert b"queued as" in await client.last(ENVELOPE + b"BDAT 0 LAST\r\n")

    attack(tmp_path, story)


def test_who_talks_before_the_greeting_is_not_listened_to(tmp_path):
    async def story(stations):
        import socket as sockets

        sock = sockets.create_connection(("127.0.0.1", stations.ports["smtp"]))  # the loop does not run yet
        sock.sendall(b"EHLO x\r\n" + ENVELOPE + b"BDAT 0 LAST\r\n")
        sock.setblocking(False)
        client = Raw(*await asyncio.open_connection(sock=sock))
        said = await client.last()
        assert said[:3] in (b"521", b"554"), said
        assert stations.count("message") == 0

    attack(tmp_path, story)


def test_a_script_for_sendmail_bs_may_be_written_at_once(tmp_path, monkeypatch):
    """Nobody forges on our own socket, and `sendmail -bs < script` has no ears."""
    monkeypatch.setattr(net_stream.Stream, "has_unread", property(lambda self: True))

    async def story(stations):
        await stations.listen("sendmail", lambda stream: smtpd.serve(stream, SENDMAIL, stations.intake))
        client = await stations.client("sendmail", greeted=False)
        assert b"queued as" in await client.last(b"EHLO x\r\n" + ENVELOPE + b"BDAT 3 LAST\r\nx\r\n")

    attack(tmp_path, story)


def test_without_the_guard_its_letter_would_be_taken(tmp_path, monkeypatch):
    """Negative control of the one above."""
    monkeypatch.setattr(net_stream.Stream, "has_unread", property(lambda self: False))

    async def story(stations):
        client = await stations.client("smtp", greeted=False)
        assert b"queued as" in await client.last(b"EHLO x\r\n" + ENVELOPE + b"BDAT 0 LAST\r\n")

    attack(tmp_path, story)
