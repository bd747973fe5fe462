"""What can be said before a maildrop is open: CAPA, STLS, UTF8, USER, PASS, AUTH (RFC 2449, 2595, 5034, 6856)."""

import base64
import binascii

from pyeonji.access.context import Visitor
from pyeonji.access.login import MAX_FAILURES, may_log_in, mechanisms
from pyeonji.access.pop3.maildrop import InUse, Maildrop, TooSoon
from pyeonji.access.pop3.station import Station
from pyeonji.directory.exchange import Caller, Exchange
from pyeonji.directory.guard import Turned
from pyeonji.proto.pop3 import answer
from pyeonji.proto.pop3.session import Command


async def capa(station: Station, command: Command) -> None:
    """The same in both states, as RFC 2449 §6 asks; STLS only before login (RFC 2595 §4)."""
    context = station.context
    words = [b"TOP", b"UIDL", b"RESP-CODES", b"AUTH-RESP-CODE", b"PIPELINING", b"UTF8 USER"]
    kept = context.inbox_keeps_days
    words.append(b"EXPIRE NEVER" if kept is None else b"EXPIRE %d" % kept)
    if context.login_delay_s:
        words.append(b"LOGIN-DELAY %d" % context.login_delay_s)
    if _may_log_in(station):
        words += [b"USER", b"SASL " + " ".join(mechanisms(context, station.stream)).encode()]
    if context.tls is not None and not station.stream.encrypted and station.maildrop is None:
        words.append(b"STLS")
    words.append(b"IMPLEMENTATION pyeonji")
    station.say(answer.lines(b"+OK\r\n", words))


async def stls(station: Station, command: Command) -> None:
    context = station.context
    if context.tls is None or station.stream.encrypted:
        station.say(answer.NO_TLS)
        return
    if not context.guard.may_start_tls(station.stream.peer_ip):
        station.turn_away(Turned.HANDSHAKES.value)
        return
    station.say(answer.TLS)
    await station.flush()
    info = await station.stream.start_tls(context.tls, server_side=True)
    station.machine.tls_started()
    station.named, station.utf8_mode = "", False
    station.recorder.tls_started(info)


async def utf8(station: Station, command: Command) -> None:
    station.utf8_mode = True
    station.say(answer.UTF8)


async def user(station: Station, command: Command) -> None:
    if not _may_log_in(station):  # said here already, so that no client sends PASS in clear
        station.say(answer.ENCRYPTION_FIRST)
        return
    station.named = command.text
    station.say(answer.SEND_PASSWORD)


async def password(station: Station, command: Command) -> None:
    name, station.named = station.named, ""
    if _barred(station):
        return
    if not name:
        station.say(answer.USER_FIRST)
    elif not _may_log_in(station):
        station.say(answer.ENCRYPTION_FIRST)
    else:
        exchange = _exchange(station, "USER")
        await exchange.password(name, command.text)
        await _enter(station, exchange)


async def auth(station: Station, command: Command) -> None:
    if not command.text:
        station.say(answer.lines(b"+OK\r\n", [name.encode() for name in mechanisms(station.context, station.stream)]))
        return
    if not _may_log_in(station):
        station.say(answer.ENCRYPTION_FIRST)
        return
    if _barred(station):
        return
    station.exchange = _exchange(station, command.text, station.context.ids.token(18))
    if not station.exchange.is_known:
        station.exchange = None
        station.say(answer.UNKNOWN_MECHANISM)
        return
    station.machine.expects_response = True
    await _go_on(station, command.initial)


async def respond(station: Station, octets: bytes | None) -> None:
    """A line of the exchange; None gives it up."""
    if octets is None:
        station.machine.expects_response = False
        station.say(answer.CANCELLED)
        return
    await _go_on(station, octets)


def _may_log_in(station: Station) -> bool:
    return may_log_in(station.context, station.stream)


def _barred(station: Station) -> bool:
    """Turn away a peer that has failed too often, also in other connections."""
    if not station.context.guard.bars(station.stream.peer_ip):
        return False
    station.over = Turned.FAILURES.value
    station.turn_away(station.over)
    return True


def _exchange(station: Station, mechanism: str, nonce: str = "") -> Exchange[Visitor]:
    context, stream = station.context, station.stream
    caller = Caller(stream.peer_ip, context.service, stream.bindings, stream.encrypted, stream.certified)
    return Exchange(context.doorman, context.guard, caller, mechanism, nonce)


async def _go_on(station: Station, octets: bytes | None) -> None:
    assert station.exchange is not None
    try:
        response = None if octets is None else base64.b64decode(octets, validate=True)
    except (binascii.Error, ValueError):
        station.machine.expects_response = False
        station.say(answer.BAD_ARGUMENT)
        return
    challenge = await station.exchange.step(response)
    if challenge is not None:
        station.say(answer.challenge(base64.b64encode(challenge)))
        return
    station.machine.expects_response = False
    await _enter(station, station.exchange)


async def _enter(station: Station, exchange: Exchange[Visitor]) -> None:
    visitor = exchange.found
    if visitor is None:
        station.recorder.login_failed(exchange.mechanism, exchange.because, exchange.login, exchange.outcome)
        station.failures += 1
        if station.failures >= MAX_FAILURES:
            station.over = "too many failed logins"
        station.say(answer.UNAVAILABLE if exchange.barred else answer.LOGIN_FAILED)
        return
    try:
        station.maildrop = await Maildrop.open(visitor, station.context.clock, station.context.login_delay_s)
    except InUse:
        station.say(answer.IN_USE)
        return
    except TooSoon:
        station.say(answer.TOO_SOON)
        return
    station.recorder.logged_in(visitor.account.address, exchange.mechanism)
    station.machine.logged_in()
    station.say(answer.ok("maildrop ready"))
