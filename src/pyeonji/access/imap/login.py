"""STARTTLS, LOGIN and AUTHENTICATE."""

from pyeonji.access.context import Visitor
from pyeonji.access.imap.station import Station
from pyeonji.access.login import MAX_FAILURES
from pyeonji.directory.exchange import Caller, Exchange
from pyeonji.directory.guard import Turned
from pyeonji.proto.imap.command.authenticate import Authenticate
from pyeonji.proto.imap.command.login import Login
from pyeonji.proto.imap.session import AuthResponse


async def starttls(station: Station, args: object) -> None:
    if station.context.tls is None:
        await station.answer("NO", "TLS is not available")
        return
    if not station.context.guard.may_start_tls(station.stream.peer_ip):
        await station.answer("NO", f"{Turned.HANDSHAKES.value} from your address, try again later", "UNAVAILABLE")
        return
    await station.answer("OK", "Begin TLS now")
    info = await station.stream.start_tls(station.context.tls, server_side=True)
    station.machine.tls_started()
    station.recorder.tls_started(info)


async def login(station: Station, args: Login) -> None:
    if not station.may_log_in:
        await station.answer("NO", "Encryption required, use STARTTLS", "PRIVACYREQUIRED")
        return
    if await _barred(station):
        return
    exchange = _exchange(station, "LOGIN")
    await exchange.password(args.login, args.password)
    await _enter(station, exchange)


async def authenticate(station: Station, args: Authenticate) -> None:
    if not station.may_log_in:
        await station.answer("NO", "Encryption required, use STARTTLS", "PRIVACYREQUIRED")
        return
    if await _barred(station):
        return
    station.exchange = _exchange(station, args.mechanism, station.context.ids.token(18))
    if not station.exchange.is_known:
        await station.answer("NO", "Mechanism not offered")
        return
    await _go_on(station, station.exchange, args.initial)


async def auth_response(station: Station, event: AuthResponse) -> None:
    assert station.exchange is not None
    if event.octets is None:
        await station.answer("BAD", "Authentication cancelled")
        return
    await _go_on(station, station.exchange, event.octets)


async def _barred(station: Station) -> bool:
    """Turn away a peer that has failed too often, also in other connections."""
    if not station.context.guard.bars(station.stream.peer_ip):
        return False
    station.over = Turned.FAILURES.value
    await station.answer("NO", "Authentication failed", "UNAVAILABLE")
    await station.say_bye(f"{station.over} from your address, try again later")
    return True


def _exchange(station: Station, mechanism: str, nonce: str = "") -> Exchange[Visitor]:
    context, stream = station.context, station.stream
    caller = Caller(stream.peer_ip, context.service, stream.bindings, stream.encrypted, stream.certified)
    return Exchange(context.doorman, context.guard, caller, mechanism, nonce)


async def _go_on(station: Station, exchange: Exchange[Visitor], octets: bytes | None) -> None:
    challenge = await exchange.step(octets)
    if challenge is not None:
        await station.say(station.machine.challenge(challenge))
        return
    await _enter(station, exchange)


async def _enter(station: Station, exchange: Exchange[Visitor]) -> None:
    visitor = exchange.found
    if visitor is None:
        station.recorder.login_failed(exchange.mechanism, exchange.because, exchange.login, exchange.outcome)
        code = "UNAVAILABLE" if exchange.barred else "AUTHENTICATIONFAILED"
        await station.answer("NO", "Try again later" if exchange.barred else "Authentication failed", code)
        station.failures += 1
        if station.failures >= MAX_FAILURES:
            await station.say_bye("Too many failed logins")
            station.over = "too many failed logins"
        return
    station.visitor = visitor
    station.patience()
    station.exchange = None
    station.recorder.logged_in(visitor.account.address, exchange.mechanism)
    await station.answer("OK", "Logged in", f"CAPABILITY {' '.join(station.capabilities())}")
