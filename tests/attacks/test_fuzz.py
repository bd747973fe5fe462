"""Any octets into any station, in any state: it answers or hangs up; nothing escapes and nothing grows."""

import asyncio
import random
import tracemalloc

import pytest

from kit.inprocess import LOGINS, attack

SEED = 20_261_124
CONNECTIONS = 60
WORDS = {
    "smtp": b"EHLO x|MAIL FROM:<a@b.test>|RCPT TO:<kim@here.test>|DATA|BDAT 3 LAST|BDAT 0|BDAT 5|RSET|.|Subject: x||"
    b"STARTTLS|AUTH PLAIN|AUTH LOGIN|*|AAAA|VRFY x|NOOP|QUIT|SIZE=1|BODY=8BITMIME|"
    b"SMTPUTF8|NOTIFY=NEVER|ORCPT=rfc822;x|HELP",
    "imap": b"a |b |LOGIN|SELECT INBOX|FETCH 1:* (UID FLAGS BODY[])|STORE 1 +FLAGS (x)|SEARCH ALL|IDLE|DONE|"
    b"APPEND INBOX |{5}|{3+}|{0}|abc|\"|(|)|UID |EXPUNGE|COPY 1 Trash|LIST \"\" *|STATUS INBOX (MESSAGES)|LOGOUT|*|"
    b"NIL|CLOSE|"
    b"CREATE x|AUTHENTICATE PLAIN|RENAME x y|DELETE x|MOVE 1 Trash|ENABLE X|ID NIL|NAMESPACE|BODY[1.2.MIME]<0.5>",
    "pop3": b"USER kim@here.test|PASS secret|STAT|LIST|RETR 1|TOP 1 1|DELE 1|RSET|UIDL|CAPA|AUTH PLAIN|*|AAAA|"
    b"UTF8|NOOP|"
    b"STLS|QUIT",
}  # fmt: skip
WORDS |= dict.fromkeys(("submission", "lmtp", "sendmail"), WORDS["smtp"])


def nonsense(chance, service):
    """A few hundred octets: words of the protocol, odd line ends, noise."""
    words = WORDS[service].replace(b"EHLO", b"LHLO" if service == "lmtp" else b"EHLO").split(b"|")
    out = bytearray()
    for _ in range(chance.randrange(1, 30)):
        kind = chance.random()
        if kind < 0.75:
            out += chance.choice(words)
        elif kind < 0.9:
            out += chance.randbytes(chance.randrange(1, 40))
        else:
            out += chance.choice((b"\0", b"\xff", b"\xf0\x9f", b"{", b"}", b"<", b"\\", b" " * 50, b"9" * 30))
        out += chance.choice((b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b" ", b""))
    return bytes(out)


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("service", WORDS)
def test_any_octets_are_answered_or_end_the_connection(tmp_path, service, inside):
    chance = random.Random(f"{SEED} {service} {inside}")

    async def story(stations):
        for _ in range(CONNECTIONS):
            login = inside and service in LOGINS and chance.random() < 0.8
            octets = nonsense(chance, service)
            if service == "pop3" and login:
                octets = octets.replace(b"QUIT", b"NOOP")
            client = await stations.client(service, hello=inside and service not in ("imap", "pop3"), login=login)
            cut = chance.randrange(len(octets) + 1)
            await client.last(octets[:cut], octets[cut:])
            assert not stations.troubles, octets  # of this or an earlier connection; the last are seen at the end
        assert await stations.client(service)  # it still answers

    attack(tmp_path, story)


@pytest.mark.parametrize("service", ["smtp", "imap", "pop3"])
def test_an_exception_in_a_station_would_be_noticed(tmp_path, service, monkeypatch):
    """Negative control."""

    def broken(self):
        raise ValueError("a bug")

    from pyeonji.proto.imap.session import Session as ImapSession
    from pyeonji.proto.pop3.session import Session as Pop3Session
    from pyeonji.proto.smtp.receiver import Receiver

    machine = {"smtp": Receiver, "imap": ImapSession, "pop3": Pop3Session}[service]
    monkeypatch.setattr(machine, "next_event", broken)

    async def story(stations):
        client = await stations.client(service)
        await client.last(b"NOOP\r\n")
        for listener in stations.listeners:
            await listener.stop(1.0)
        assert len(stations.troubles) == 1
        stations.troubles.clear()

    attack(tmp_path, story)


@pytest.mark.parametrize(
    ("service", "octets"),
    [
        ("smtp", b"NOOP" * 5_000),
        ("imap", b"a LOGIN " * 5_000),
        ("pop3", b"USER " * 8_000),
        ("imap", b"a NOOP\r\n" * 5_000),
        ("pop3", b"CAPA\r\n" * 5_000),
    ],
)
def test_a_connection_holds_little_whatever_is_said(tmp_path, service, octets):
    async def story(stations):
        clients = [await stations.client(service) for _ in range(10)]
        tracemalloc.start()
        try:
            for client in clients:
                client.writer.write(octets)
            await asyncio.sleep(0.3)
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert held / len(clients) < 1 << 20

    attack(tmp_path, story)


@pytest.mark.parametrize(("service", "octets"), [("imap", b"a NOOP\r\n"), ("pop3", b"CAPA\r\n")])
def test_one_loud_client_leaves_the_others_their_turn(tmp_path, service, octets):
    async def story(stations):
        loud = await stations.client(service)
        answered = 0

        async def listen():
            nonlocal answered
            while said := await loud.reader.read(1 << 16):
                answered += said.count(b"\r\n")

        listening = asyncio.create_task(listen())
        loud.writer.write(octets * 20_000)
        await asyncio.sleep(0)
        quiet = await stations.client(service)
        assert quiet.greeting
        assert answered < 20_000  # the quiet one did not wait for the end
        listening.cancel()

    attack(tmp_path, story)
