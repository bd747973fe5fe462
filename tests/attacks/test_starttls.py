"""S04: what was said in clear is never obeyed after STARTTLS, and nothing said before is remembered after it."""

import pytest

from kit.inprocess import GO, STARTTLS, attack
from pyeonji.proto.imap.framer import Framer
from pyeonji.proto.pop3 import session as pop3_session
from pyeonji.proto.smtp import commands
from pyeonji.proto.smtp.receiver import Receiver

BEFORE = {"smtp": b"EHLO x.test\r\n", "submission": b"EHLO x.test\r\n", "imap": b"", "pop3": b""}
INJECTED = {"smtp": b"NOOP injected\r\n", "submission": b"NOOP x\r\n", "imap": b"i NOOP\r\n", "pop3": b"CAPA\r\n"}
OBEYED = {"smtp": b"250 2.0.0", "submission": b"250 2.0.0", "imap": b"i OK", "pop3": b"PIPELINING"}


def cuts(command, injected):
    """The same octets in one segment, and cut at each place behind the command's first octet."""
    whole = command + injected
    yield (whole,)
    for place in (len(command) - 1, len(command) + 1, len(whole) - 1):
        yield whole[:place], whole[place:]


@pytest.mark.parametrize("service", STARTTLS)
def test_octets_behind_starttls_end_the_connection(tmp_path, service):
    async def story(stations):
        for pieces in cuts(STARTTLS[service], INJECTED[service]):
            client = await stations.client(service)
            if BEFORE[service]:
                await client.say(BEFORE[service])
            said = await client.say(*pieces)
            assert OBEYED[service] not in said, (pieces, said)
            assert await client.is_closed(), pieces

    attack(tmp_path, story)


@pytest.mark.parametrize("service", STARTTLS)
def test_octets_behind_the_220_are_no_commands_either(tmp_path, service):
    """A man in the middle adds them after our answer, before the handshake."""

    async def story(stations):
        client = await stations.client(service)
        if BEFORE[service]:
            await client.say(BEFORE[service])
        assert (await client.say(STARTTLS[service])).startswith(GO[service])
        said = await client.say(INJECTED[service])
        assert OBEYED[service] not in said
        assert await client.is_closed()

    attack(tmp_path, story)


# What a man in the middle would want: a letter of his inside the encrypted session, or his command in it.
ATTACK = {
    "smtp": b"EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<kim@here.test>\r\nBDAT 6 LAST\r\nA: b\r\n",
    "submission": b"EHLO x\r\nAUTH PLAIN AGtpbUBoZXJlLnRlc3QAc2VjcmV0\r\nMAIL FROM:<kim@here.test>\r\n"
    b"RCPT TO:<kim@here.test>\r\nBDAT 23 LAST\r\nFrom: kim@here.test\r\n\r\n",
    "imap": b"i LOGIN kim@here.test secret\r\nj APPEND INBOX {6+}\r\nA: b\r\n\r\n",
    "pop3": b"USER kim@here.test\r\nPASS secret\r\n",
}
HELD = {"smtp": b"queued as", "submission": b"queued as", "imap": b"j OK", "pop3": b"maildrop ready"}
NOOP = {"smtp": b"NOOP\r\n", "submission": b"NOOP\r\n", "imap": b"n NOOP\r\n", "pop3": b"CAPA\r\n"}


def switch_off(monkeypatch, service):
    """Make of our server what CVE-2011-0411 and its kin were: what was said in clear waits for TLS."""
    if service == "imap":
        monkeypatch.setattr(Framer, "pending", property(lambda self: 0))
        monkeypatch.setattr(Framer, "clear", lambda self: None)
    elif service == "pop3":
        command = pop3_session.Session._command

        def blind(self, raw):
            held, self._buffer = self._buffer, bytearray()
            event = command(self, raw)
            self._buffer += held
            return event

        monkeypatch.setattr(pop3_session.Session, "_command", blind)
        monkeypatch.setattr(pop3_session.Session, "tls_started", lambda self: None)
    else:
        monkeypatch.setattr(commands, "NOTHING_MAY_FOLLOW", {})
        monkeypatch.setattr(Receiver, "_behind_starttls", lambda self: None)
        original = Receiver.tls_started

        def remembering(self, *mechanisms):
            held = self._lines.take_all()
            original(self, *mechanisms)
            self._lines.feed(held)

        monkeypatch.setattr(Receiver, "tls_started", remembering)


async def injected(stations, service):
    """The attacker's octets behind the victim's STARTTLS, then the victim's handshake; what the victim hears in it."""
    client = await stations.client(service)
    if BEFORE[service]:
        await client.say(BEFORE[service])
    said = await client.say(STARTTLS[service] + ATTACK[service])
    if not said.startswith(GO[service]):
        return said
    await client.start_tls()
    return said + await client.say(NOOP[service])


@pytest.mark.parametrize("service", STARTTLS)
def test_nothing_injected_is_obeyed_behind_the_handshake(tmp_path, service):
    async def story(stations):
        assert HELD[service] not in await injected(stations, service)
        assert stations.count("message") == 0

    attack(tmp_path, story)


@pytest.mark.parametrize("service", STARTTLS)
def test_without_the_guard_the_injected_commands_are_obeyed_inside_tls(tmp_path, service, monkeypatch):
    """Negative control: the same octets store a letter, or log in, in the victim's encrypted session."""
    switch_off(monkeypatch, service)

    async def story(stations):
        assert HELD[service] in await injected(stations, service)
        assert stations.count("message") == (0 if service == "pop3" else 1)

    attack(tmp_path, story)


async def encrypted(stations, service, before):
    client = await stations.client(service)
    if before:
        await client.say(before)
    assert (await client.say(STARTTLS[service])).startswith(GO[service])
    await client.start_tls()
    return client


def test_smtp_begins_anew_after_tls(tmp_path):
    async def story(stations):
        client = await encrypted(stations, "smtp", b"EHLO x.test\r\n")
        assert (await client.say(b"MAIL FROM:<a@b.test>\r\n")).startswith(b"503")
        said = await client.say(b"EHLO x.test\r\n")
        assert b"STARTTLS" not in said
        assert (await client.say(b"STARTTLS\r\n")).startswith(b"503")

    attack(tmp_path, story)


def test_a_login_is_not_followed_by_starttls(tmp_path):
    async def story(stations):
        client = await stations.client("submission", hello=True, login=True)
        assert (await client.say(b"STARTTLS\r\n")).startswith(b"503")

    attack(tmp_path, story)


def test_pop3_forgets_the_user_and_utf8(tmp_path):
    async def story(stations):
        client = await encrypted(stations, "pop3", b"USER kim@here.test\r\nUTF8\r\n")
        assert (await client.say(b"PASS secret\r\n")).startswith(b"-ERR")
        assert (await client.say(b"STLS\r\n")).startswith(b"-ERR")
        assert b"STLS" not in await client.say(b"CAPA\r\n")

    attack(tmp_path, story)


def test_imap_tells_its_capabilities_anew(tmp_path):
    async def story(stations):
        client = await encrypted(stations, "imap", b"")
        said = await client.say(b"c CAPABILITY\r\n")
        assert b"STARTTLS" not in said
        assert b"AUTH=" in said
        assert b"BAD" in await client.say(b"t STARTTLS\r\n")

    attack(tmp_path, story)
