"""The header fields that clients ask for in lists of letters, kept together as they stand.

What Thunderbird, Apple Mail, Outlook, K-9 and Roundcube have been seen to ask for; long fields that few need (Received,
signatures) are left out, so that a list of a thousand letters is a few hundred octets for each.

As they are stored: how many there are (one octet), the number of the name of each (one), where each begins and the last
ends (two, the lower first), then the fields.  So some of them are picked out without looking at a single line.  Where
one is not ASCII, all of them follow once more for who reads nothing else (`message.surrogate`).
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from struct import Struct, pack

from pyeonji.message.header import Header, parse_header
from pyeonji.message.surrogate import surrogate

# Their places are stored: a new name goes to the end.
NAMES = (
    b"date", b"subject", b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc", b"message-id", b"in-reply-to",
    b"references", b"mime-version", b"content-type", b"content-transfer-encoding", b"content-language", b"priority",
    b"x-priority", b"x-msmail-priority", b"importance", b"newsgroups", b"list-id", b"list-post", b"list-unsubscribe",
    b"list-unsubscribe-post", b"disposition-notification-to", b"return-path", b"x-mailer", b"user-agent",
    b"x-uniform-type-identifier", b"x-universally-unique-identifier", b"auto-submitted", b"precedence", b"x-spam-flag",
    b"x-spam-status", b"x-spam-level", b"x-draft-info", b"x-forwarded-message-id", b"x-mozilla-draft-info", b"face",
    b"x-k9mail-identity", b"bimi-indicator", b"bimi-location", b"x-bimi-indicator-hash",
)  # fmt: skip
Cut = Callable[[bytes], tuple[bytes, int]]
KEPT = {name: number for number, name in enumerate(NAMES)}
MAX_OCTETS = 16 * 1024  # of all of them in one letter; ours: of a longer header nothing is kept
MAX_FIELDS = 255  # of them in one letter; ours: they are counted in one octet


def kept(header: Header) -> bytes:
    """The fields to keep; b"" where they are too many or too long to keep."""
    raw = [(KEPT[field.name], header.raw(field)) for field in header if field.name in KEPT]
    told = b"".join([octets for _, octets in raw])
    if told.isascii():
        return _packed(raw)
    plain = parse_header(surrogate(told))
    forms = _packed(raw), _packed([(KEPT[field.name], plain.raw(field)) for field in plain])
    return b"".join(forms) if all(forms) else b""


def _packed(raw: Sequence[tuple[int, bytes]]) -> bytes:
    if len(raw) > MAX_FIELDS or sum(len(octets) for _, octets in raw) > MAX_OCTETS:
        return b""
    start = 1 + len(raw) + 2 * (len(raw) + 1)
    places = accumulate((len(octets) for _, octets in raw), initial=start)
    index = bytes([len(raw), *(number for number, _ in raw)]) + pack(_places(len(raw)), *places)
    return b"".join([index, *(octets for _, octets in raw)])


def chosen(letters: Iterable[bytes | None], names: frozenset[bytes], *, utf8: bool) -> list[bytes | None]:
    """Of the kept fields of each letter those of these (lower-case) names, as they stand, or in ASCII where not `utf8`.

    None where only the header itself knows.
    """
    orders: dict[bytes, Cut | None] = {}
    found: list[bytes | None] = []
    for octets in letters:
        order = octets[: 1 + octets[0]] if octets else b""
        if order not in orders:
            orders[order] = _cut(order, names) if order else None
        cut = orders[order]
        if octets is None or cut is None:
            found.append(None)
            continue
        fields, end = cut(octets)
        if utf8 or end == len(octets):
            found.append(fields)
        else:
            found += chosen([octets[end:]], names, utf8=True)
    return found


@lru_cache(maxsize=1024)  # the fields of most letters stand in one of a few orders
def _cut(index: bytes, names: frozenset[bytes]) -> Cut | None:
    """Cuts the fields of these names out of kept ones, and says where all of those end.

    `index` says how many fields there are, and which.  None where one of the names is not kept.
    """
    places = _places_of(index, names)
    if places is None:
        return None
    unpack = places.unpack_from

    def of_none(octets: bytes) -> tuple[bytes, int]:
        return b"", unpack(octets)[-1]

    def of_one(octets: bytes) -> tuple[bytes, int]:
        at = unpack(octets)
        return octets[at[0] : at[1]], at[-1]

    def of_two(octets: bytes) -> tuple[bytes, int]:
        at = unpack(octets)
        return octets[at[0] : at[1]] + octets[at[2] : at[3]], at[-1]

    def of_more(octets: bytes) -> tuple[bytes, int]:
        at = unpack(octets)
        return b"".join([octets[at[i] : at[i + 1]] for i in range(0, len(at) - 1, 2)]), at[-1]

    runs = len(unpack(bytes(places.size))) // 2
    return (of_none, of_one, of_two, of_more)[min(runs, 3)]


def _places_of(index: bytes, names: frozenset[bytes]) -> Struct | None:
    """Where the fields of these names begin and end, by turns, those side by side as one; and the end of all fields.

    `index` says how many fields there are, and which.  None where one of the names is not kept.
    """
    wanted = _wanted(names)
    if wanted is None:
        return None
    count, is_wanted = index[0], b"\0" + index[1:].translate(wanted) + b"\0"
    ends = [place for place in range(count + 1) if is_wanted[place] != is_wanted[place + 1]]
    form, at = "<", 0
    for place in sorted({*ends, count}):
        form += f"{1 + count + 2 * place - at}xH"
        at = 1 + count + 2 * place + 2
    return Struct(form)


@lru_cache(maxsize=MAX_FIELDS + 1)
def _places(count: int) -> str:
    return f"<{count + 1}H"


@lru_cache(maxsize=64)
def _wanted(names: frozenset[bytes]) -> bytes | None:
    """1 for the number of each of these names, 0 for any other; None where one of the names is not kept."""
    if not names <= KEPT.keys():
        return None
    numbers = {KEPT[name] for name in names}
    return bytes(number in numbers for number in range(256))
