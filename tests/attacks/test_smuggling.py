"""S01, S02, S08: only CR LF "." CR LF ends a letter, and a letter with any other line end is refused whole."""

import itertools

import pytest

from kit.inprocess import attack
from pyeonji.proto.smtp.content import Measure

ENDS = (b"\r\n", b"\n", b"\r", b"\r\r\n", b"\0\r\n", b"\r\n ", b"\x0b", b"\x0c", b"\x85")
ODD = tuple(
    before + b"." + after for before, after in itertools.product(ENDS, ENDS) if (before, after) != (b"\r\n", b"\r\n")
    and (before, after) != (b"\r\r\n", b"\r\n")
)  # fmt: skip
# BDAT may be sent at once, so nothing but the framing keeps this letter from being taken.
SECOND = b"MAIL FROM:<kim@here.test>\r\nRCPT TO:<kim@here.test>\r\nBDAT 6 LAST\r\nA: b\r\n.\r\n"
FIRST = b"From: kim@here.test\r\nSubject: first\r\n\r\nbody"
SERVICES = ("smtp", "submission", "lmtp", "sendmail")


def bare(octets):
    """Is there a CR or LF alone, or a NUL?"""
    rest = octets.replace(b"\r\n", b"")
    return any(octet in rest for octet in b"\r\n\0")


async def smuggled(stations, service, sequence, framing, cut, tls=False):
    """How many letters were stored, and the answers."""
    before = stations.count("message")
    client = await stations.client(service, hello=True, tls=tls, login=service == "submission")
    content = FIRST + sequence + SECOND
    octets = content
    await client.send(b"MAIL FROM:<kim@here.test>\r\nRCPT TO:<kim@here.test>\r\n")
    if framing == "DATA":
        await client.send(b"DATA\r\n")
        assert b"354" in await client.until(b"354 ")
    else:
        await client.until(b"2.1.5")
        octets = b"BDAT %d LAST\r\n%b" % (len(content), content)
    bye = (b"QUIT\r\n",) if tls else ()  # TLS has no half-closed connections
    said = await client.last(*pieces(octets, sequence, cut), *bye, together=cut == "records at once")
    return stations.count("message") - before, said


def pieces(octets, sequence, cut):
    """The octets cut at this sequence: each piece becomes a segment, and over TLS a record."""
    first = octets.index(sequence)
    last = first + len(sequence)
    if cut == "whole":
        return (octets,)
    if cut == "behind":
        return octets[:last], octets[last:]
    if cut in ("around", "records at once"):
        return octets[:first], octets[first:last], octets[last:]
    if cut == "octets":
        return octets[:first], *(octets[at : at + 1] for at in range(first, last)), octets[last:]
    return octets[: first + 1], octets[first + 1 :]


def test_there_are_sequences_enough():
    assert len(ODD) >= 40
    assert sum(map(bare, ODD)) >= 40


@pytest.mark.parametrize("framing", ["DATA", "BDAT"])
@pytest.mark.parametrize("service", SERVICES)
def test_no_sequence_makes_a_second_letter(tmp_path, service, framing):
    async def story(stations):
        cutting = itertools.cycle(("whole", "behind", "inside"))
        for sequence in ODD:
            stored, said = await smuggled(stations, service, sequence, framing, next(cutting))
            assert said.count(b"queued as") == stored, (sequence, said)
            assert stored == (0 if bare(sequence) else 1), (sequence, said)
            if bare(sequence):
                assert said.startswith(b"550 5.5.2"), (sequence, said)
        assert all(b"Subject: first" in letter for letter in stations.letters())

    attack(tmp_path, story)


CUTS = ("whole", "behind", "inside", "around", "octets", "records at once")


@pytest.mark.parametrize("tls", [False, True], ids=["clear", "tls"])
@pytest.mark.parametrize("cut", CUTS)
def test_each_way_of_cutting_is_judged_alike(tmp_path, cut, tls):
    async def story(stations):
        for sequence in (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r\n\0.\r\n"):
            stored, said = await smuggled(stations, "smtp", sequence, "DATA", cut, tls)
            assert (stored, said[:9]) == (0, b"550 5.5.2"), (sequence, said)
        stored, said = await smuggled(stations, "smtp", b"\r\n.\r\n", "DATA", cut, tls)
        assert stored == 2  # negative control: cut like that, the true end is still seen

    attack(tmp_path, story)


@pytest.mark.parametrize("framing", ["DATA", "BDAT"])
@pytest.mark.parametrize("service", ["smtp", "submission"])
def test_no_sequence_makes_a_second_letter_whatever_its_tls_records(tmp_path, service, framing):
    async def story(stations):
        cutting = itertools.cycle(CUTS[1:])
        for sequence in ODD if framing == "DATA" else ODD[::3]:
            stored, said = await smuggled(stations, service, sequence, framing, next(cutting), tls=True)
            assert said.count(b"queued as") == stored, (sequence, said)
            assert stored == (0 if bare(sequence) else 1), (sequence, said)
        assert all(b"Subject: first" in letter for letter in stations.letters())

    attack(tmp_path, story)


def test_without_the_guard_odd_line_ends_would_be_stored(tmp_path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(Measure, "problem", property(lambda self: None))
    monkeypatch.setattr(Measure, "close", property(lambda self: False))
    monkeypatch.setattr(Measure, "add", lambda self, piece: True)

    async def story(stations):
        stored, _ = await smuggled(stations, "smtp", b"\n.\n", "DATA", "whole")
        assert stored == 1
        assert bare(stations.letters()[0])

    attack(tmp_path, story)


def test_the_true_end_does_begin_another_letter(tmp_path):
    """Negative control: what is smuggled would be taken, were it not for the framing."""

    async def story(stations):
        stored, _ = await smuggled(stations, "smtp", b"\r\n.\r\n", "DATA", "whole")
        assert stored == 2

    attack(tmp_path, story)


COMMANDS = (
    b"MAIL FROM:<a\0@b.test>\r\n", b"MAIL FROM:<a\r@b.test>\r\n", b"MAIL FROM:<a\n@b.test>\r\n",
    b"RCPT TO:<kim\0@here.test>\r\n", b"RCPT TO:<kim@here.test>\nDATA\r\n", b"EHLO x\x1b[2J\r\n",
    b"NOOP \x07\r\n", b"RCPT TO:<kim@here.test>\rRSET\r\n",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_control_characters_in_a_command_are_refused(tmp_path, command):
    async def story(stations):
        client = await stations.client("smtp", hello=True)
        if command.startswith(b"RCPT"):
            await client.say(b"MAIL FROM:<a@b.test>\r\n")
        said = await client.last(command)
        assert said[:3] in (b"500", b"501"), said
        assert said.count(b"\r\n") == 1

    attack(tmp_path, story)


def test_what_is_kept_of_hostile_lines_is_printable(tmp_path):
    """S26: for every station, whatever was said."""
    said = {
        "smtp": b"EHLO x\x1b[2J\x00\r\nVRFY \xff\xfe\x9b\r\n",
        "lmtp": b"LHLO \x1b]0;owned\x07\r\n",
        "imap": b'a LOGIN "x\x1b[2J" y\r\n\x1b[31m\r\na SELECT \x9b\r\n',
        "pop3": b"USER x\x1b[2J\r\nPASS y\r\nSTAT \x1b[31m\r\nUSER \xc2\x9b2J\r\n\x1b[2J\r\n",
    }

    async def story(stations):
        from pyeonji.journey.event import unpack

        for service, octets in said.items():
            client = await stations.client(service)
            await client.last(octets)
        for listener in stations.listeners:
            await listener.stop(0.5)
        rows = stations.home.engine.read_now(lambda tx: tx.all("SELECT events FROM journey", {}))
        events = [event for (packed,) in rows for event in unpack(packed)]
        assert len(events) > 10
        for event in events:
            for name in ("text", "because", "reply"):
                text = getattr(event, name, "") or ""
                assert text.isprintable(), (event, text)

    attack(tmp_path, story)
