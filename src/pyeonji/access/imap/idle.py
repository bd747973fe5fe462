"""IDLE (RFC 2177): news are told the moment they are known."""

from pyeonji.access.imap.station import Station
from pyeonji.proto.imap.session import Done


async def idle(station: Station, args: object) -> None:
    await station.say(station.machine.idle())
    station.begin_news()


async def done(station: Station, event: Done) -> None:
    await station.end_news()
    await station.answer("OK", "Idled")
