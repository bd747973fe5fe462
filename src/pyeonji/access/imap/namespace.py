"""NAMESPACE: one's own mailboxes have no prefix, those of others are below "Shared/" (RFC 2342)."""

from pyeonji.access.imap.station import Station
from pyeonji.proto.imap import response
from pyeonji.proto.imap.names import OTHERS, SEPARATOR


async def namespace(station: Station, args: object) -> None:
    told = response.namespace(others=(OTHERS + SEPARATOR,), utf8=station.utf8)
    await station.answer("OK", "Two namespaces", data=told)
