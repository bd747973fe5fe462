"""S02 over real sockets: whatever was given to us, the next server hears one letter, in canonical form.

By submission, by sendmail(8), by a bounce that returns a stranger's letter; to a server with and without CHUNKING.
"""

import base64
import contextlib
import itertools
import re
import smtplib

import pytest

from kit.patience import PATIENCE_S
from kit.server import HOST, KIM, PASSWORD, Server, until
from kit.sink import LAX_END, Sink

ENDS = (b"\r\n", b"\n", b"\r", b"\r\r\n", b"\0\r\n", b"\r\n ", b"\x0b", b"\x0c", b"\x85")
SEQUENCES = [before + b"." + after for before, after in itertools.product(ENDS, ENDS)]
SECOND = b"MAIL FROM:<a@evil.test>\r\nRCPT TO:<b@evil.test>\r\nDATA\r\nSubject: second\r\n\r\nx\r\n"
KEYWORDS = {"plain": (), "chunking": (b"PIPELINING", b"CHUNKING", b"8BITMIME")}
END = b"\r\n.\r\n"
BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n|\0")


@pytest.fixture(scope="module", params=KEYWORDS)
def way_out(request, tmp_path_factory):
    """A server whose whole way out leads to a sink; and the sink."""
    with Sink(KEYWORDS[request.param], refused=(b"nobody@other.test",)) as sink:
        config = f'[relay]\nsmart_host = "{HOST}:{sink.port}"\nallow_loopback = true\ntls = "never"\n'
        with Server(tmp_path_factory.mktemp("out"), (KIM,), config=config) as server:
            server.run("alias", "add", "away@here.test", "nobody@other.test")
            yield server, sink


def letter(number, sequence):
    return b"From: %b\r\nSubject: %d\r\n\r\nbody%b%b" % (KIM.encode(), number, sequence, SECOND)


def submitted(server, content, framing):
    """Was it taken by the submission port?"""
    with smtplib.SMTP(HOST, server.port("submission"), timeout=PATIENCE_S) as client:
        client.ehlo("c.test")
        client.docmd("AUTH", "PLAIN " + base64.b64encode(f"\0{KIM}\0{PASSWORD}".encode()).decode())
        client.docmd("MAIL", f"FROM:<{KIM}>")
        client.docmd("RCPT", "TO:<lee@other.test>")
        if framing == "DATA":
            client.docmd("DATA")
            client.send(content + b"\r\n.\r\n")
        else:
            client.send(b"BDAT %d LAST\r\n%b" % (len(content), content))
        taken = client.getreply()[0] == 250
        with contextlib.suppress(smtplib.SMTPServerDisconnected):  # bare line ends end the connection
            client.quit()
    return taken


def is_clean(content):
    """Line ends in pairs, and an end that only the end is, for the laxest reader."""
    framed = content if content.endswith(b"\r\n.\r\n") else content.replace(b"\r\n.", b"\r\n..") + b".\r\n"
    return not BARE.search(content) and len([piece for piece in LAX_END.split(framed) if piece]) == 1


def numbers(sink):
    return sorted(int(re.search(rb"Subject: (\d+)", content)[1]) for content in sink.letters)


@pytest.mark.parametrize("framing", ["DATA", "BDAT"])
def test_what_is_submitted_goes_out_as_one_letter_or_not_at_all(way_out, framing):
    server, sink = way_out
    sink.letters.clear()
    taken = []
    for number, sequence in enumerate(SEQUENCES):
        if framing == "DATA" and END in sequence:
            continue  # that is the end
        content = letter(number, sequence)
        if submitted(server, content, framing):
            assert not BARE.search(content), sequence
            taken.append(number)
    assert len(taken) >= 12
    until(lambda: len(sink.letters) >= len(taken))
    assert numbers(sink) == taken
    assert all(map(is_clean, sink.letters))
    assert not any(b"evil" in line for line in sink.commands)


@pytest.mark.parametrize("flag", ["-i", "-B8BITMIME"])
def test_what_sendmail_is_given_goes_out_as_one_letter(way_out, flag):
    server, sink = way_out
    sink.letters.clear()
    taken = []
    for number, sequence in enumerate(SEQUENCES):
        done = server.run(flag, "-f", KIM, "lee@other.test", stdin=letter(number, sequence), program="pyeonji-sendmail")
        assert done.returncode == (65 if b"\0" in sequence else 0), (sequence, done.stderr)
        if done.returncode == 0:
            taken.append(number)
    until(lambda: len(sink.letters) >= len(taken))
    assert numbers(sink) == taken
    assert all(map(is_clean, sink.letters))
    assert not any(b"evil" in line for line in sink.commands)


def test_a_letter_that_comes_back_goes_out_as_one_bounce(way_out):
    server, sink = way_out
    sink.letters.clear()
    clean = [sequence for sequence in SEQUENCES if not BARE.search(letter(0, sequence)) and END not in sequence]
    for number, sequence in enumerate(clean):
        with smtplib.SMTP(HOST, server.port("smtp"), timeout=PATIENCE_S) as client:
            client.ehlo("c.test")
            client.docmd("MAIL", "FROM:<writer@other.test> RET=FULL")
            assert client.docmd("RCPT", "TO:<away@here.test>")[0] == 250
            client.docmd("DATA")
            client.send(letter(number, sequence) + b"\r\n.\r\n")
            assert client.getreply()[0] == 250, sequence
    until(lambda: len(sink.letters) >= len(clean))
    assert len(sink.letters) == len(clean)
    assert all(b"multipart/report" in content for content in sink.letters)
    assert all(map(is_clean, sink.letters))
    assert not any(b"evil" in line for line in sink.commands)


def test_the_sink_and_the_lax_reader_see_what_is_wrong():
    """Negative control: the same letters sent as they are, by somebody who guards nothing."""
    with Sink() as sink, smtplib.SMTP(HOST, sink.port, timeout=PATIENCE_S) as client:
        client.ehlo("c.test")
        for number, sequence in enumerate(sequence for sequence in SEQUENCES if END not in sequence):
            for line in ("MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA"):
                client.docmd(line)
            client.send(letter(number, sequence) + b"\r\n.\r\n")
            client.getreply()
        fooled = [content for content in sink.letters if not is_clean(content)]
        assert len(fooled) >= 50
