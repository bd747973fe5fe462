"""CAPABILITY, NOOP, CHECK, ID, LOGOUT: commands that touch nothing."""

from pyeonji.access.imap.station import Station
from pyeonji.proto.imap import response


async def capability(station: Station, args: object) -> None:
    await station.answer("OK", "That is all", data=response.capability(station.capabilities()))


async def noop(station: Station, args: object) -> None:
    await station.answer("OK", "Nothing done")


async def check(station: Station, args: object) -> None:
    await station.answer("OK", "All is on disk already")


async def identity(station: Station, args: object) -> None:
    await station.answer("OK", "Nice to meet you", data=response.identity([("name", "pyeonji")]))


async def logout(station: Station, args: object) -> None:
    await station.leave()
    station.over = ""
    await station.answer("OK", "Logged out", data=response.untagged("BYE", "Goodbye"))
