"""Small looks at the world: whether a port answers, and what time it is elsewhere."""

import asyncio
import secrets
import struct
from collections.abc import Callable

from pyeonji.net.stream import dial

NTP_PORT = 123
NTP_EPOCH_S = 2_208_988_800  # from 1900 to 1970
FRACTION = 1 << 32
CLIENT = 0x23  # version 4, mode 3 (RFC 5905 §7.3)
SERVER_MODE = 4
MAX_LINE = 512  # octets of a greeting that are read


class NoAnswer(Exception):
    """Nobody, or nothing of use; the text says why."""


async def greeting(ip: str, port: int, timeout: float) -> str:
    """The first line a server says; raises NoAnswer."""
    try:
        stream = await dial(ip, port, timeout=timeout)
    except (OSError, TimeoutError) as error:
        raise NoAnswer(type(error).__name__) from error
    stream.set_deadline(timeout)
    try:
        octets = b""
        while b"\n" not in octets and len(octets) < MAX_LINE:
            if not (more := await stream.read()):
                break
            octets += more
    except (OSError, TimeoutError) as error:
        raise NoAnswer(type(error).__name__) from error
    finally:
        stream.abort()
    if not octets:
        raise NoAnswer("closed")
    return octets.partition(b"\n")[0].decode("utf-8", "replace").strip()


async def clock_offset_s(ip: str, now_us: Callable[[], int], timeout: float, *, port: int = NTP_PORT) -> float:
    """By how many seconds our clock is behind that of a time server (RFC 5905 §8); raises NoAnswer."""
    loop = asyncio.get_running_loop()
    nonce = secrets.token_bytes(8)  # in place of our instant: only who was asked knows it
    answered: asyncio.Future[tuple[bytes, int]] = loop.create_future()
    try:
        transport, _ = await loop.create_datagram_endpoint(lambda: _Once(answered, now_us), remote_addr=(ip, port))
    except OSError as error:
        raise NoAnswer(type(error).__name__) from error
    try:
        sent_us = now_us()
        transport.sendto(bytes([CLIENT]) + bytes(39) + nonce)
        async with asyncio.timeout(timeout):
            packet, came_us = await answered
    except (OSError, TimeoutError) as error:
        raise NoAnswer(type(error).__name__) from error
    finally:
        transport.close()
    if len(packet) < 48 or packet[0] & 7 != SERVER_MODE or packet[24:32] != nonce or not 1 <= packet[1] <= 15:
        raise NoAnswer("no time in it")
    received, left = instant_s(packet[32:40]), instant_s(packet[40:48])
    return ((received - sent_us / 1e6) + (left - came_us / 1e6)) / 2


def instant_s(octets: bytes) -> float:
    """An NTP timestamp as seconds since 1970 (good until 2036, RFC 5905 §6)."""
    seconds, fraction = struct.unpack("!II", octets)
    return float(seconds - NTP_EPOCH_S + fraction / FRACTION)


class _Once(asyncio.DatagramProtocol):
    def __init__(self, answered: "asyncio.Future[tuple[bytes, int]]", now_us: Callable[[], int]) -> None:
        self._answered = answered
        self._now_us = now_us

    def datagram_received(self, data: bytes, addr: object) -> None:
        if not self._answered.done():
            self._answered.set_result((data, self._now_us()))

    def error_received(self, exc: Exception) -> None:
        if not self._answered.done():
            self._answered.set_exception(exc)
