"""S04: what was said in clear is never obeyed after STARTTLS, and nothing said before is remembered after it."""

import pytest

from kit.inprocess import attack
from pyeonji.proto.pop3 import session as pop3_session
from pyeonji.proto.smtp import commands

BEFORE = {"smtp": b"EHLO x.test\r\n", "submission": b"EHLO x.test\r\n", "imap": b"", "pop3": b""}
STARTTLS = {"smtp": b"STARTTLS\r\n", "submission": b"STARTTLS\r\n", "imap": b"s STARTTLS\r\n", "pop3": b"STLS\r\n"}
INJECTED = {"smtp": b"NOOP injected\r\n", "submission": b"NOOP x\r\n", "imap": b"i NOOP\r\n", "pop3": b"CAPA\r\n"}
OBEYED = {"smtp": b"250 2.0.0", "submission": b"250 2.0.0", "imap": b"i OK", "pop3": b"PIPELINING"}
GO = {"smtp": b"220 ", "submission": b"220 ", "imap": b"s OK", "pop3": b"+OK"}


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


@pytest.mark.parametrize("service", STARTTLS)
def test_without_the_guard_the_injected_octets_would_be_swallowed_in_silence(tmp_path, service, monkeypatch):
    """Negative control: switched off, the connection goes on, so the test above would fail."""
    if service == "imap":
        from pyeonji.proto.imap.framer import Framer

        monkeypatch.setattr(Framer, "pending", property(lambda self: 0))
    elif service == "pop3":
        octets = pop3_session.answer
        monkeypatch.setattr(octets, "OCTETS_BEHIND_STLS", b"+OK PIPELINING\r\n")
    else:
        monkeypatch.setattr(commands, "NOTHING_MAY_FOLLOW", {})
        from pyeonji.proto.smtp.receiver import Receiver

        monkeypatch.setattr(Receiver, "_behind_starttls", Receiver._read_line)

    async def story(stations):
        client = await stations.client(service)
        if BEFORE[service]:
            await client.say(BEFORE[service])
        said = await client.say(STARTTLS[service] + INJECTED[service])
        assert said.startswith(GO[service])

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
