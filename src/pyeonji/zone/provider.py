"""Records as the pages of those who keep the DNS want them: a file to import, a call, or lines to type.

The host of a line is below the domain, "@" for the domain itself, as such pages have it.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence

from pyeonji.zone.master import TTL, data, line
from pyeonji.zone.wanted import Wanted

Written = Callable[[str, Sequence[Wanted]], str]
APEX = "@"
RANKED = ("MX", "SRV")  # their values begin with a number that has a field of its own


def cloudflare(domain: str, records: Sequence[Wanted]) -> str:
    """A zone file for Import and Export."""
    return "".join(line(one.name, one.kind, one.value) + "\n" for one in records)


def route53(domain: str, records: Sequence[Wanted]) -> str:
    """A change batch of `aws route53 change-resource-record-sets`.

    What is there already is not overwritten: CREATE fails, and then all of it does.
    """
    sets: dict[tuple[str, str], list[str]] = {}
    for one in records:
        sets.setdefault((one.name, one.kind), []).append(data(one.kind, one.value))
    changes = [
        {
            "Action": "CREATE",
            "ResourceRecordSet": {
                "Name": f"{name}.", "Type": kind, "TTL": TTL, "ResourceRecords": [{"Value": value} for value in values]
            },
        }
        for (name, kind), values in sets.items()
    ]  # fmt: skip
    return json.dumps({"Changes": changes}, indent=1) + "\n"


def gabia(domain: str, records: Sequence[Wanted]) -> str:
    """Type, host, value, and priority; a value that is a name ends with a dot."""
    return _typed(domain, records, dot=".")


def cafe24(domain: str, records: Sequence[Wanted]) -> str:
    """The same; names are written without a dot at the end."""
    return _typed(domain, records, dot="")


# Ends of the names of their name servers.
SERVERS = {
    "cloudflare": re.compile(r"\.ns\.cloudflare\.com\Z"),
    "route53": re.compile(r"(?:\A|\.)awsdns-\d+\.(?:com|net|org|co\.uk)\Z"),
    "gabia": re.compile(r"(?:\A|\.)gabia\.(?:co\.kr|net|io)\Z"),
    "cafe24": re.compile(r"(?:\A|\.)cafe24\.com\Z"),
}
PROVIDERS: dict[str, Written] = {"cloudflare": cloudflare, "route53": route53, "gabia": gabia, "cafe24": cafe24}


def belongs(domain: str, one: Wanted) -> bool:
    """Does the record stand in the zone of the domain, or in that of another, such as its host's?"""
    return one.name == domain or one.name.endswith(f".{domain}")


def provider_of(servers: Iterable[str]) -> str:
    """Who keeps a zone with these name servers; "" for somebody we do not know."""
    names = [server.lower().rstrip(".") for server in servers]
    return next((who for who, ends in SERVERS.items() if any(ends.search(name) for name in names)), "")


def _typed(domain: str, records: Iterable[Wanted], dot: str) -> str:
    rows = []
    for one in records:
        host = APEX if one.name == domain else one.name.removesuffix(f".{domain}")
        rank, value = "-", one.value
        if one.kind in RANKED:
            rank, _, value = one.value.partition(" ")
        if one.kind in (*RANKED, "CNAME"):
            value = value.removesuffix(".") + dot
        rows.append((one.kind, host, value, rank))
    widths = [max((len(row[at]) for row in rows), default=0) for at in (0, 1)]
    return "".join(
        f"{kind:<{widths[0]}}  {host:<{widths[1]}}  {rank:>4}  {value}\n" for kind, host, value, rank in rows
    )
