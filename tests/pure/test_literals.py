"""Addresses of machines where names of domains may stand (RFC 5321 §4.1.3)."""

import pytest

from pyeonji.address import NotADomain, NotAnAddress, parse_address, parse_domain

LITERALS = [
    ("[192.0.2.1]", "[192.0.2.1]"),
    ("[IPv6:2001:DB8:0:0::1]", "[IPv6:2001:db8::1]"),
    ("[ipv6:::ffff:192.0.2.1]", "[IPv6:::ffff:c000:201]"),
]

NO_LITERALS = [
    "[192.0.2.256]",
    "[192.0.2.1",
    "[2001:db8::1]",  # the standard wants the tag
    "[IPv6:192.0.2.1]",
    "[IPv6:fe80::1%eth0]",  # a zone means nothing on another machine
    "[IPv6:fe80::1%<b>any text</b>]",
    "[]",
]


@pytest.mark.parametrize(("text", "literal"), LITERALS)
def test_an_address_literal_has_one_spelling(text, literal):
    assert parse_domain(text) == literal


@pytest.mark.parametrize("text", NO_LITERALS)
def test_what_is_no_literal_is_no_domain_and_makes_no_address(text):
    with pytest.raises(NotADomain):
        parse_domain(text)
    with pytest.raises(NotAnAddress):
        parse_address(f"kim@{text}")
