"""Where a domain wants its aggregate reports, and whether those who live elsewhere agree (RFC 9990 §4)."""

import re
from dataclasses import dataclass

from pyeonji.address import Address, NotAnAddress, parse_address
from pyeonji.msgauth.dmarc.record import parse_record
from pyeonji.msgauth.dmarc.walk import CannotTell, Walks
from pyeonji.proto.dns import Asking, Question

MAX_PLACES = 2  # that one report goes to: a record of twenty must not make twenty letters of one (RFC 9990 §3.5)
MAX_ASKED = 4  # addresses looked into for them
MAX_NAME = 253  # octets of a name, RFC 1035 §2.3.4
UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
SIZE = re.compile(r"!([0-9]{1,12})([kmgt]?)\Z", re.IGNORECASE)  # of RFC 7489 §6.2; RFC 9989 has none any more


@dataclass(frozen=True, slots=True)
class Place:
    """`limit`: octets of a report that its reader takes; 0: he says nothing of it."""

    address: Address
    limit: int = 0


def places_of(domain: str, record: str) -> Asking[tuple[Place, ...]]:
    """For the record of a domain, as published.  Raises CannotTell: then it is asked again later."""
    walks = Walks()
    found: list[Place] = []
    for place in _mail(record)[:MAX_ASKED]:
        here = yield from walks.organization_of(domain)
        there = yield from walks.organization_of(place.address.domain)
        agreed = [place] if here == there else (yield from _agreed(domain, place))
        found += [one for one in agreed if one.address not in {held.address for held in found}]
    return tuple(found[:MAX_PLACES])


def _agreed(domain: str, place: Place) -> Asking[list[Place]]:
    """Where somebody else is to get the reports: [] unless he says that he wants them; he may name another address."""
    host = place.address.domain
    name = f"{domain}._report._dmarc.{host}"
    if len(name) > MAX_NAME:
        return []
    answer = yield Question(name, "TXT")
    if answer.failed:
        raise CannotTell(name)
    records = [text for text in answer.records if parse_record(text) is not None]
    if not records:
        return []
    instead = _mail(records[0])
    if any(one.address.domain != host for one in instead):
        return []  # RFC 9990 §4: neither here nor there
    return instead or [place]


def _mail(record: str) -> list[Place]:
    """The addresses of a record; rua may hold pages, too, which nobody posts to."""
    read = parse_record(record)
    if read is None:
        return []
    sizes = dict(_sizes(record))
    found = []
    for uri in read.reports_to:
        scheme, _, rest = uri.partition(":")
        if scheme.lower() != "mailto":
            continue
        try:
            found.append(Place(parse_address(rest.partition("?")[0]), sizes.get(uri, 0)))
        except NotAnAddress:
            continue
    return found


def _sizes(record: str) -> list[tuple[str, int]]:
    """The limits behind addresses: they are to be read past, but who still says one takes no more."""
    found = []
    for part in re.split(r"[;,=]", record):
        text = part.strip()
        if match := SIZE.search(text):
            found.append((text[: match.start()], int(match[1]) * UNITS[match[2].lower()]))
    return found
