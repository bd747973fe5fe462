"""ENABLE: the client understands more than RFC 3501 (RFC 5161)."""

from dataclasses import dataclass

from pyeonji.proto.imap.wire import Reader


@dataclass(frozen=True, slots=True)
class Enable:
    """Capabilities in capitals, as asked for; those we do not know are passed over by the station."""

    capabilities: tuple[str, ...]


def parse(reader: Reader) -> Enable:
    found = [reader.atom().upper()]
    while reader.skip(b" "):
        found.append(reader.atom().upper())
    reader.end()
    return Enable(tuple(found))
