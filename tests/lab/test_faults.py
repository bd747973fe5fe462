"""What is broken on purpose is broken on the wire, and the journey says what it was."""

import asyncio
import datetime
import smtplib
import socket
import ssl

import pytest
from cryptography import x509

from kit.patience import PATIENCE_S
from lab.kit import commands, events_of, hand_in, state_of
from lab.opened import Opened
from pyeonji.journey.event import Decided, Deferred, Delivered, Failed, TlsStarted
from pyeonji.lab import roster
from pyeonji.lab.host import HOWS
from pyeonji.store import queue

COURIER_S = 300  # how long a courier waits for a silent server
ALL = ("mx1.2ban.test", "mx2.2ban.test", "mx3.2ban.test")
# how: whether the letter waits or has failed, and the cause that is told
CAUSES = {
    "off": (Deferred, "net.no_answer"),
    "refuse": (Deferred, "server.busy"),
    "disk": (Deferred, "server.disk_full"),
    "drop": (Deferred, "net.dropped"),
    "blocklist": (Failed, "ip.blocklisted"),
}


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    opened = Opened(tmp_path_factory.mktemp("faults"))
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def mended(opened):
    yield
    for name in ALL:
        opened.call(opened.world.hosts[name].heal())
    opened.world.dns.heal()
    opened.call(later(opened.world))


async def later(world):
    """Long enough for a domain that was down to be dialled again, and for letters that waited to be gone."""
    world.push(7_200)
    while (await world.nodes["1ban.test"].home.engine.read(queue.counts))["waiting"]:
        world.push(7_200)
        await asyncio.sleep(0.05)


def sent(opened, reader="younghee@2ban.test"):
    """The events of a letter once somebody has answered."""

    async def go():
        number = await hand_in(opened.world, "chulsoo@1ban.test", reader)
        end = asyncio.get_running_loop().time() + 20
        while asyncio.get_running_loop().time() < end:
            events = await events_of(opened.world.nodes["1ban.test"].home, number)
            if any(isinstance(event, Deferred | Failed | Delivered) for event in events):
                return events
            await state_of(opened.world, "1ban.test", number, 0.05)
        raise AssertionError("nothing became of it")

    return opened.call(go())


@pytest.mark.parametrize("how", CAUSES)
def test_the_journey_names_the_fault(opened, how):
    for name in ALL:
        opened.call(opened.world.hosts[name].break_(how))
    kind, cause = CAUSES[how]
    (found,) = [event for event in sent(opened) if isinstance(event, Deferred | Failed | Delivered)]
    assert (type(found), found.cause) == (kind, cause)


def test_a_slow_server_is_waited_for(opened):
    opened.call(opened.world.hosts["mx.4ban.test"].break_("slow"))
    before = opened.world.clock.now_us()

    async def pushing():
        number = await hand_in(opened.world, "chulsoo@1ban.test", "minsu@4ban.test")
        while await state_of(opened.world, "1ban.test", number, 0.1) != "done":
            opened.world.push(5)

    opened.call(pushing())
    opened.call(opened.world.hosts["mx.4ban.test"].heal())
    assert opened.world.clock.now_us() - before >= 20_000_000


def test_a_dns_that_is_silent_or_fails_is_told_as_such(opened):
    opened.world.dns.failing.add("2ban.test")
    opened.world.nodes["1ban.test"].resolver.forget()
    (found,) = [event for event in sent(opened) if isinstance(event, Deferred)]
    assert found.cause == "dns.temporary"


def shown(port):
    """The certificate that a server shows."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE_S) as client:
        client.starttls(context=context)
        return x509.load_der_x509_certificate(client.sock.getpeercert(binary_form=True))


def test_an_old_certificate_is_really_shown(opened):
    host = opened.world.hosts["mx1.2ban.test"]
    now = datetime.datetime.fromtimestamp(opened.world.clock.now_us() / 1_000_000, datetime.UTC)
    assert shown(host.port).not_valid_after_utc > now
    opened.call(host.break_("certificate"))
    assert shown(host.port).not_valid_after_utc < now - datetime.timedelta(days=365)
    events = sent(opened)  # whoever only wants to be encrypted does not mind, and the journey says that it was not good
    assert [event.trusted for event in events if isinstance(event, TlsStarted)][-1] is False
    assert [event.host for event in events if isinstance(event, Delivered)] == ["mx1.2ban.test"]


def test_a_silent_server_takes_the_connection_and_says_nothing(opened):
    host = opened.world.hosts["mx1.2ban.test"]
    opened.call(host.break_("silent"))
    with socket.create_connection(("127.0.0.1", host.port), timeout=PATIENCE_S) as client:
        client.sendall(b"EHLO a.test\r\n")
        client.settimeout(0.5)
        with pytest.raises(TimeoutError):
            client.recv(100)


def test_a_silent_server_is_left_when_the_clock_is_pushed(opened):
    opened.call(opened.world.hosts["mx.4ban.test"].break_("silent"))

    async def pushing():
        number = await hand_in(opened.world, "chulsoo@1ban.test", "minsu@4ban.test")
        node = opened.world.nodes["1ban.test"]
        while not any(isinstance(event, Deferred) for event in await events_of(node.home, number)):
            await state_of(opened.world, "1ban.test", number, 0.05)
            opened.world.push(COURIER_S)

    opened.call(pushing())
    opened.call(opened.world.hosts["mx.4ban.test"].heal())


def test_after_healing_the_next_letter_goes_at_once(opened):
    for name in ALL:
        opened.call(opened.world.hosts[name].break_("off"))
    (first,) = [event for event in sent(opened) if isinstance(event, Deferred | Delivered)]
    opened.call(commands(opened.world).heal({}))
    (third,) = [event for event in sent(opened) if isinstance(event, Deferred | Delivered)]
    assert (type(first), type(third)) == (Deferred, Delivered)


def test_a_server_that_was_down_a_moment_ago_is_not_asked_and_the_journey_says_so(opened):
    for name in ALL:
        opened.call(opened.world.hosts[name].break_("off"))
    sent(opened)
    assert [event.rule for event in sent(opened) if isinstance(event, Decided)][-1] == "destination.down"


def test_every_fault_there_is_has_a_test():
    assert set(HOWS) == {*CAUSES, "slow", "certificate", "silent"}
    assert roster.BLOCK_LIST.endswith(".test")
