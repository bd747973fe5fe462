"""S23: somebody in the middle, with a certificate of his own, hands on what a client says to us and hears all of it."""

import asyncio
import base64
import contextlib
import ssl

import pytest
import scramp
from cryptography import x509

from kit.inprocess import GO, HOST, KIM, LOGGED_IN, PASSWORD, STARTTLS, attack
from kit.patience import PATIENCE_S
from pyeonji.net.listener import Listener, open_tcp
from pyeonji.net.tls import END_POINT, end_point, self_signed, server_context
from pyeonji.proto.sasl.scram import Scram

SERVICES = ("submission", "imap", "pop3")
BEGIN = {"submission": b"AUTH ", "pop3": b"AUTH ", "imap": b"l AUTHENTICATE "}
ASK = {"submission": b"EHLO x\r\n", "pop3": b"CAPA\r\n", "imap": b"c CAPABILITY\r\n"}
ASKED = {"submission": b"250 ", "pop3": b"\r\n.\r\n", "imap": b"c OK"}
LEAVE = {"submission": b"QUIT\r\n", "pop3": b"QUIT\r\n", "imap": b"q LOGOUT\r\n"}
NOBODY_CHECKS = ssl.create_default_context()
NOBODY_CHECKS.check_hostname, NOBODY_CHECKS.verify_mode = False, ssl.CERT_NONE


def seen_binding(writer):
    """The binding of the certificate a client was shown."""
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return END_POINT, end_point(x509.load_der_x509_certificate(der))


class Client:
    """Of one service, over TLS; `port` is where it was led to."""

    def __init__(self, service, reader, writer):
        self.service, self.reader, self.writer = service, reader, writer

    @classmethod
    async def led_to(cls, service, port, tls=None):
        client = cls(service, *await asyncio.open_connection(HOST, port))
        await client.until(b"\r\n")
        if service == "submission":
            await client.say(ASK[service], ASKED[service])
        await client.say(STARTTLS[service], GO[service])
        await client.writer.start_tls(tls or NOBODY_CHECKS)
        client.offered = await client.say(ASK[service], ASKED[service])
        return client

    async def until(self, awaited):
        """Whole lines, with this among them."""
        said = b""
        while not (awaited in said and said.endswith(b"\n")) and (
            octets := await asyncio.wait_for(self.reader.read(4096), PATIENCE_S)
        ):
            said += octets
        return said

    async def say(self, octets, awaited=b"\r\n"):
        self.writer.write(octets)
        return await self.until(awaited)

    async def leave(self):
        self.writer.write(LEAVE[self.service])
        await self.until(b"never said")

    async def log_in(self, mechanism, binding, flag=None):
        """Is it let in?  `flag` in place of what it says of binding."""
        client = scramp.ScramClient([mechanism], KIM, PASSWORD, channel_binding=binding)
        await self.say(BEGIN[self.service] + mechanism.encode() + b"\r\n")
        first = client.get_client_first()
        if flag:
            first = flag + first[1:]
        answer = await self.say(base64.b64encode(first.encode()) + b"\r\n")
        if not answer.startswith((b"334 ", b"+ ")):
            return False
        client.set_server_first(base64.b64decode(answer.split(b" ", 1)[1]).decode())
        final = client.get_client_final()
        assert not flag or final.startswith("c=biws")
        answer = await self.say(base64.b64encode(final.encode()) + b"\r\n")
        if answer.startswith((b"334 ", b"+ ")):
            answer = await self.say(b"\r\n")
        return LOGGED_IN[self.service] in answer


@contextlib.asynccontextmanager
async def in_the_middle(stations, service, tmp_path):
    """The port of somebody who decrypts, reads, encrypts again and hands on."""
    tls = server_context(*self_signed(tmp_path / "his", ("localhost",), stations.clock.now_us()))

    async def carry_back(ours, stream):
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while octets := await ours.reader.read(4096):
                await stream.write(octets)

    async def led_here(stream):
        ours = Client(service, *await asyncio.open_connection(HOST, stations.ports[service]))
        await stream.write(await ours.until(b"\r\n"))
        if service == "submission":
            await stream.read()
            await stream.write(await ours.say(ASK[service], ASKED[service]))
        go = await ours.say(await stream.read(), GO[service])
        await ours.writer.start_tls(NOBODY_CHECKS)
        await stream.write(go)
        await stream.start_tls(tls, server_side=True)
        back = asyncio.create_task(carry_back(ours, stream))
        while octets := await stream.read():
            ours.writer.write(octets)
        back.cancel()
        ours.writer.close()

    socket = open_tcp(HOST, 0)
    listener = Listener(socket, led_here)
    await listener.start()
    yield socket.getsockname()[1]
    await listener.stop(0.1)


@pytest.mark.parametrize("kind", ["SCRAM-SHA-256", "SCRAM-SHA-1"])
@pytest.mark.parametrize("service", SERVICES)
def test_a_login_that_is_bound_does_not_come_through_another(tmp_path, service, kind):
    """With its negative controls: straight it is let in, and through another one that is not bound is."""

    async def story(stations):
        straight = await Client.led_to(service, stations.ports[service])
        assert kind.encode() + b"-PLUS" in straight.offered
        assert await straight.log_in(kind + "-PLUS", seen_binding(straight.writer))
        await straight.leave()  # a maildrop is one client's
        async with in_the_middle(stations, service, tmp_path) as port:
            misled = await Client.led_to(service, port)
            assert not await misled.log_in(kind + "-PLUS", seen_binding(misled.writer))
            careless = await Client.led_to(service, port)
            assert await careless.log_in(kind, None)

    attack(tmp_path, story, binds=True)


@pytest.mark.parametrize("service", SERVICES)
def test_who_was_not_shown_the_offer_is_refused_not_downgraded(tmp_path, service):
    """He takes "-PLUS" out of what we offer; the client says that it could have bound itself ("y")."""

    async def story(stations):
        client = await Client.led_to(service, stations.ports[service])
        assert not await client.log_in("SCRAM-SHA-256", None, flag="y")

    attack(tmp_path, story, binds=True)


@pytest.mark.parametrize("service", SERVICES)
def test_without_the_check_it_would_be_let_in(tmp_path, service, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(Scram, "_misbound", lambda self, flag: "")
    step = Scram.step

    def forgetful(self, response):
        outcome = step(self, response)
        self._gs2 = "n,," if self._gs2 else ""
        return outcome

    monkeypatch.setattr(Scram, "step", forgetful)

    async def story(stations):
        client = await Client.led_to(service, stations.ports[service])
        assert await client.log_in("SCRAM-SHA-256", None, flag="y")

    attack(tmp_path, story, binds=True)


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_is_offered_that_cannot_be_met(tmp_path, service):
    """By default the certificate alone is no offer, and who says "y" is right: nothing was."""

    async def story(stations):
        client = await Client.led_to(service, stations.ports[service])
        assert b"PLUS" not in client.offered
        assert not await client.log_in("SCRAM-SHA-256-PLUS", seen_binding(client.writer))
        client = await Client.led_to(service, stations.ports[service])
        assert await client.log_in("SCRAM-SHA-256", None)

    attack(tmp_path, story)
