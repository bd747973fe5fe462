"""Encryption on the way out, the smart host, and connections that wait (reliability S05, A15, F15)."""

import ssl
from datetime import timedelta

import pytest
import trustme
from cryptography import x509

from kit.sending import FakeMx, run, sending
from pyeonji.config.values import WrongValue, read_value
from pyeonji.journey.event import Closed, Connected, Line, TlsFailed, TlsStarted
from pyeonji.net.stream import Stream
from pyeonji.relay.opening import SmartHost
from pyeonji.relay.settings import RelaySettings

AUTHORITY = trustme.CA()


def context(name="mx1"):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(name).configure_cert(made)
    return made


def roots():
    """The test's authority counts as a public one."""
    return (x509.load_pem_x509_certificate(AUTHORITY.cert_pem.bytes()),)


def send(tmp_path, hosts, relay=None, letters=1, **facts):
    async def go():
        async with sending(tmp_path, hosts, relay=relay, **facts) as node:
            numbers = []
            for _ in range(letters):
                numbers.append(node.queue("kim@one.example"))
                await node.manager.settle()
            number = numbers[0]
            return node.states(number), node.events(number)

    return run(go())


def kinds(events, kind):
    return [event for event in events if isinstance(event, kind)]


def test_a_server_with_starttls_gets_the_letter_encrypted(tmp_path):
    mx = FakeMx(tls=context())
    states, events = send(tmp_path, {"mx1": mx})
    assert states == ["done"]
    (started,) = kinds(events, TlsStarted)
    assert started.version == "TLSv1.3"
    assert [line.encrypted for line in kinds(events, Line) if line.text.startswith("MAIL")] == [True]
    assert [line for line in mx.lines if line.startswith("EHLO")] == ["EHLO us.example"] * 2


def test_the_journey_of_an_encrypted_letter_never_goes_back_in_time(tmp_path, monkeypatch):
    async def go():
        async with sending(tmp_path, {"mx1": FakeMx(tls=context())}) as node:
            handshake = Stream.start_tls

            async def slow(*args, **kwargs):
                info = await handshake(*args, **kwargs)
                node.clock.push(1)
                return info

            monkeypatch.setattr(Stream, "start_tls", slow)
            number = node.queue("kim@one.example")
            await node.manager.settle()
            return node.events(number)

    told = [(event.at, type(event).__name__) for event in run(go())]
    assert [at for at, _ in told] == sorted(at for at, _ in told), told


def test_an_unknown_or_wrong_certificate_is_better_than_none(tmp_path):
    states, events = send(tmp_path, {"mx1": FakeMx(tls=context("somebody-else.example"))})
    assert states == ["done"]
    assert not kinds(events, TlsStarted)[0].trusted


def test_a_handshake_that_fails_is_tried_again_in_clear(tmp_path):
    mx = FakeMx(tls=context(), broken_tls=True)
    states, events = send(tmp_path, {"mx1": mx})
    assert states == ["done"]
    assert kinds(events, TlsFailed)
    assert mx.connections == 2


def test_starttls_that_is_refused_is_no_obstacle(tmp_path):
    mx = FakeMx(keywords=("STARTTLS",), replies={"STARTTLS": "454 4.7.0 not now"})
    assert send(tmp_path, {"mx1": mx})[0] == ["done"]


def test_words_in_clear_behind_the_answer_to_starttls_are_an_attack(tmp_path):
    mx = FakeMx(tls=context(), after_starttls=b"250-injected\r\n250 AUTH PLAIN\r\n")
    states, events = send(tmp_path, {"mx1": mx})
    assert states == ["waiting"]
    assert mx.letters == []
    assert not kinds(events, TlsStarted)


def test_where_encryption_is_required_nothing_is_sent_without(tmp_path):
    mx = FakeMx()
    assert send(tmp_path, {"mx1": mx}, relay={"tls": "required"})[0] == ["waiting"]
    assert not any(line.startswith("MAIL") for line in mx.lines)
    broken = FakeMx(tls=context(), broken_tls=True)
    assert send(tmp_path / "2", {"mx1": broken}, relay={"tls": "required"})[0] == ["waiting"]
    assert broken.connections == 1


def test_encryption_can_be_switched_off(tmp_path):
    states, events = send(tmp_path, {"mx1": FakeMx(tls=context())}, relay={"tls": "never"})
    assert states == ["done"]
    assert not kinds(events, TlsStarted)


def test_a_connection_waits_for_the_next_letter(tmp_path):
    mx = FakeMx()
    states, _ = send(tmp_path, {"mx1": mx}, relay={"keep_open": timedelta(seconds=5)}, letters=3)
    assert states == ["done"]
    assert mx.connections == 1
    assert len(mx.letters) == 3


def test_a_connection_that_was_closed_while_it_waited_is_opened_again(tmp_path):
    async def go():
        mx = FakeMx()
        async with sending(tmp_path, {"mx1": mx}, relay={"keep_open": timedelta(seconds=5)}) as node:
            node.queue("kim@one.example")
            await node.manager.settle()
            for writer in list(mx._writers):
                writer.transport.abort()
            number = node.queue("kim@one.example")
            await node.manager.settle()
            return node.states(number), len(node.kinds(number, Connected)), len(mx.letters)

    assert run(go()) == (["done"], 1, 2)


def test_a_server_that_ends_a_waiting_connection_at_the_next_letter_gets_it_over_another(tmp_path):
    async def go():
        mx = FakeMx(replies={"MAIL": ["250 Ok", "421 4.4.2 idle too long", "250 Ok"]})
        async with sending(tmp_path, {"mx1": mx}, relay={"keep_open": timedelta(seconds=5)}) as node:
            numbers = []
            for _ in range(2):
                numbers.append(node.queue("kim@one.example"))
                await node.manager.settle()
            return [node.states(number) for number in numbers], mx.connections

    assert run(go()) == ([["done"], ["done"]], 2)


def test_goodbye_is_said_and_recorded(tmp_path):
    async def go():
        mx = FakeMx()
        async with sending(tmp_path, {"mx1": mx}) as node:
            number = node.queue("kim@one.example")
            await node.manager.settle()
            await node.courier.close()
            return [event.because for event in node.kinds(number, Closed)], mx.lines[-1]

    assert run(go()) == ([""], "QUIT")


# ── the smart host ──


def relay_settings(tmp_path, password="s3cret\n"):
    file = tmp_path / "password"
    file.write_text(password)
    return {"smart_host": "smart:587", "smart_host_login": "us", "smart_host_password_file": str(file)}


def test_everything_goes_to_the_smart_host_with_its_login(tmp_path):
    mx = FakeMx(tls=context("smart"), keywords=("8BITMIME", "AUTH PLAIN"), replies={"AUTH": "235 2.7.0 welcome"})
    states, events = send(tmp_path, {"smart": mx}, relay=relay_settings(tmp_path), roots=roots)
    assert states == ["done"]
    assert kinds(events, TlsStarted)[0].trusted
    said = " ".join(line.text for line in kinds(events, Line))
    assert "s3cret" not in said
    assert "AHVzAHMzY3JldA" not in said
    assert any("AHVzAHMzY3JldA" in line for line in mx.lines)


def test_a_password_is_not_told_to_a_stranger(tmp_path):
    mx = FakeMx(tls=context("smart"), keywords=("AUTH PLAIN",))
    assert send(tmp_path, {"smart": mx}, relay=relay_settings(tmp_path))[0] == ["waiting"]
    assert not any(line.startswith("AUTH") for line in mx.lines)


def test_a_password_is_not_told_in_clear(tmp_path):
    mx = FakeMx(keywords=("AUTH PLAIN",))
    assert send(tmp_path, {"smart": mx}, relay=relay_settings(tmp_path))[0] == ["waiting"]
    assert not any(line.startswith("AUTH") for line in mx.lines)


def test_a_wrong_password_keeps_the_letter(tmp_path):
    mx = FakeMx(tls=context("smart"), keywords=("AUTH PLAIN",), replies={"AUTH": "535 5.7.8 wrong"})
    assert send(tmp_path, {"smart": mx}, relay=relay_settings(tmp_path), roots=roots)[0] == ["waiting"]


def test_a_missing_password_file_keeps_the_letter(tmp_path):
    mx = FakeMx(tls=context("smart"), keywords=("AUTH PLAIN",))
    settings = {**relay_settings(tmp_path), "smart_host_password_file": str(tmp_path / "nothing")}
    assert send(tmp_path, {"smart": mx}, relay=settings, roots=roots)[0] == ["waiting"]


SMART_HOSTS = [
    ("relay.example", ("relay.example", 25)),
    ("Relay.example:587", ("relay.example", 587)),
    ("[192.0.2.1]", ("[192.0.2.1]", 25)),
    ("[192.0.2.1]:465", ("[192.0.2.1]", 465)),
    ("[IPv6:2001:db8::1]", ("[IPv6:2001:db8::1]", 25)),
    ("192.0.2.1:587", ("[192.0.2.1]", 587)),
    ("[2001:db8::1]:587", ("[IPv6:2001:db8::1]", 587)),
    ("2001:db8::1", ("[IPv6:2001:db8::1]", 25)),
    ("메일.example:465", ("xn--h32bq4v.example", 465)),
]


@pytest.mark.parametrize(("text", "host"), SMART_HOSTS)
def test_a_smart_host_is_written_as_people_write_it(text, host):
    found = SmartHost.of(RelaySettings(smart_host=text))
    assert (found.name, found.port) == host
    assert read_value(text, str, {"unit": "host[:port]"}) == text


NO_SMART_HOSTS = [
    ("relay.example:0", "not_a_port"),
    ("relay.example:", "not_a_port"),
    ("[192.0.2.1]:99999", "not_a_port"),
    ("[192.0.2.1]587", "not_a_name"),
    ("[2001:db8::1", "not_a_name"),
    ("2001:db8::1:zz", "not_a_name"),
    ("fe80::1%eth0", "not_a_name"),
    ("two words", "not_a_name"),
]


@pytest.mark.parametrize(("text", "mistake"), NO_SMART_HOSTS)
def test_what_is_no_smart_host_is_said_when_the_settings_are_read(text, mistake):
    with pytest.raises(WrongValue) as caught:
        read_value(text, str, {"unit": "host[:port]"})
    assert caught.value.what == mistake
