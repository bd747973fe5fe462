"""ENABLE, COMPRESS and UNAUTHENTICATE: what changes the connection itself."""

from pyeonji.access.imap.station import Station
from pyeonji.proto.imap import response
from pyeonji.proto.imap.command.enable import Enable
from pyeonji.proto.imap.enabled import WORDS


async def enable(station: Station, args: Enable) -> None:
    """What we do not offer, or what needs no enabling, is passed over (RFC 5161 §3.1)."""
    offered = {word.upper(): word for word in station.capabilities()}
    words = [word for word in args.capabilities if word in offered and word in WORDS]
    await station.put(response.enabled([offered[word] for word in words]))
    await station.enable(*words)
    await station.answer("OK", "Enabled")


async def compress(station: Station, args: object) -> None:
    await station.answer("OK", "Compressed from here on")
    station.stream.start_deflate()
    station.machine.compression_switched()


async def unauthenticate(station: Station, args: object) -> None:
    """There is no answer but OK: the client may have said its next login already (RFC 8437 §3)."""
    station.notify(None)
    await station.leave()
    station.visitor = None
    station.patience()
    await station.answer("OK", "Log in again")
    if station.machine.compressed:
        station.stream.end_deflate()
        station.machine.compression_switched()
