"""Records as lines of a zone file (RFC 1035 §5)."""

from collections.abc import Iterable, Iterator

from pyeonji.proto.dns import Kind
from pyeonji.zone.wanted import Wanted

TTL = 3600  # seconds: short enough to mend a mistake within the hour
STRING = 255  # octets of one string of a TXT (RFC 1035 §3.3)
NAMES_LAST = ("MX", "SRV", "CNAME")  # their values end with a name


def line(name: str, kind: Kind, value: str) -> str:
    """One record, whole: `name. TTL IN KIND value`."""
    return f"{name}. {TTL} IN {kind} {data(kind, value)}"


def data(kind: Kind, value: str) -> str:
    """The value as a zone file writes it."""
    if kind == "TXT":
        return " ".join(quoted(piece) for piece in pieces(value))
    if kind in NAMES_LAST and not value.endswith("."):
        return f"{value}."
    return value


def pieces(text: str) -> Iterator[str]:
    """Strings of at most 255 octets; readers put them together again without anything between (RFC 7208 §3.3)."""
    octets = text.encode()
    for start in range(0, len(octets) or 1, STRING):
        yield octets[start : start + STRING].decode("latin-1")


def quoted(piece: str) -> str:
    """A character-string (RFC 1035 §5.1): what is not printable ASCII is written by its number."""
    out = []
    for char in piece:
        if char in '"\\':
            out.append(f"\\{char}")
        elif " " <= char <= "~":
            out.append(char)
        else:
            out.append(f"\\{ord(char):03d}")
    return f'"{"".join(out)}"'


def fragment(records: Iterable[Wanted]) -> str:
    """All of them, each with a remark on how much depends on it."""
    return "".join(f"{line(one.name, one.kind, one.value)}  ; {one.need}\n" for one in records)
