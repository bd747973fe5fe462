"""Who a letter goes to: domains and envelope addresses."""

from pyeonji.address.domain import NotADomain, parse_domain, to_unicode
from pyeonji.address.path import Address, NotAnAddress, parse_address, parse_local_part

__all__ = [
    "Address",
    "NotADomain",
    "NotAnAddress",
    "parse_address",
    "parse_domain",
    "parse_local_part",
    "to_unicode",
]
