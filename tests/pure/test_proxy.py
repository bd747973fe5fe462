"""Who is behind a load balancer: PROXY headers as HAProxy writes them, broken ones, XCLIENT as Postfix reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.proto.proxy import MAX_HEADER, MAX_LINE, SIGNATURE, Introduced, NotProxied, crc32c, read_header
from pyeonji.proto.smtp.grammar import Violation
from pyeonji.proto.smtp.xclient import parse_xclient


def v2(command=0x21, family=0x11, rest=b"", size=None):
    return SIGNATURE + bytes([command, family]) + (len(rest) if size is None else size).to_bytes(2) + rest


IPV4 = bytes([192, 0, 2, 1, 198, 51, 100, 7]) + (56324).to_bytes(2) + (25).to_bytes(2)
IPV6 = bytes.fromhex("20010db800000000000000000000000120010db8000000000000000000000002") + b"\xdc\x04\x00\x19"
MAPPED = bytes.fromhex("00000000000000000000ffffc000020100000000000000000000ffffc6336407") + b"\xdc\x04\x00\x19"
AUTHORITY = b"\x02\x00\x0cmx.here.test"


def summed(rest):
    """With the checksum HAProxy writes for `send-proxy-v2 crc32c`."""
    blank = v2(rest=rest + b"\x03\x00\x04" + bytes(4))
    return blank[:-4] + crc32c(blank).to_bytes(4)


GOOD = {
    b"PROXY TCP4 192.0.2.1 198.51.100.7 56324 25\r\n": ("192.0.2.1", 56324),
    b"PROXY TCP6 2001:db8::1 2001:db8::2 56324 25\r\n": ("2001:db8::1", 56324),
    b"PROXY TCP6 2001:0DB8:0:0::1 ::1 0 25\r\n": ("2001:db8::1", 0),
    b"PROXY TCP6 ::ffff:192.0.2.1 ::ffff:198.51.100.7 1 25\r\n": ("192.0.2.1", 1),
    b"PROXY TCP6 " + b"f" * 4 + b":ffff" * 7 + b" " + b"f" * 4 + b":ffff" * 7 + b" 65535 65535\r\n":
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535),
    b"PROXY UNKNOWN\r\n": ("", 0),
    b"PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n": ("", 0),
    v2(rest=IPV4): ("192.0.2.1", 56324),
    v2(family=0x21, rest=IPV6): ("2001:db8::1", 56324),
    v2(family=0x21, rest=MAPPED): ("192.0.2.1", 56324),
    v2(rest=IPV4 + AUTHORITY + b"\x04\x00\x00"): ("192.0.2.1", 56324),
    summed(IPV4 + AUTHORITY): ("192.0.2.1", 56324),
    v2(command=0x20, family=0): ("", 0),  # the balancer looks whether we are alive
    v2(command=0x20, rest=IPV4): ("", 0),
    v2(family=0): ("", 0),
}  # fmt: skip
BAD = [
    b"EHLO x\r\n", b"\r\nEHLO", b"\x16\x03\x01\x02\x00", b"PROXYTCP4", b"proxy TCP4 1.1.1.1 2.2.2.2 1 2\r\n",
    b"PROXY TCP4 192.0.2.1 198.51.100.7 56324\r\n", b"PROXY TCP4 192.0.2.1 198.51.100.7 56324 25 \r\n",
    b"PROXY TCP4  192.0.2.1 198.51.100.7 56324 25\r\n", b"PROXY TCP4 192.0.2.1 198.51.100.7 056324 25\r\n",
    b"PROXY TCP4 192.0.2.1 198.51.100.7 65536 25\r\n", b"PROXY TCP4 192.0.2.1 198.51.100.7 -1 25\r\n",
    b"PROXY TCP4 192.0.2.1 2001:db8::1 1 25\r\n", b"PROXY TCP4 ::ffff:192.0.2.1 192.0.2.2 1 25\r\n",
    b"PROXY TCP6 fe80::1%eth0 ::1 1 25\r\n", b"PROXY TCP4 192.0.2.01 192.0.2.2 1 25\r\n",
    b"PROXY UDP4 192.0.2.1 192.0.2.2 1 25\r\n", b"PROXY TCP4 \xff 192.0.2.2 1 25\r\n", b"PROXY \r\n",
    b"PROXY " + b"x" * MAX_LINE, b"PROXY TCP4 192.0.2.1 192.0.2.2 1 25\n" + b"x" * MAX_LINE,
    v2(command=0x11, rest=IPV4), v2(command=0x22, rest=IPV4), v2(family=0x12, rest=IPV4),
    v2(family=0x31, rest=bytes(216)),
    v2(rest=IPV4[:-1]), v2(rest=b""), v2(size=MAX_HEADER), v2(rest=IPV4 + b"\x04"), v2(rest=IPV4 + b"\x04\x00\x02x"),
    v2(rest=IPV4 + b"\x03\x00\x04\x00\x00\x00\x00"), v2(rest=IPV4 + b"\x03\x00\x00"),
]  # fmt: skip


@pytest.mark.parametrize("octets", GOOD)
def test_a_header_says_who_is_behind(octets):
    assert read_header(octets) == read_header(octets + b"EHLO x\r\n") == Introduced(*GOOD[octets], len(octets))


@pytest.mark.parametrize("octets", BAD)
def test_what_is_no_header_ends_the_connection(octets):
    with pytest.raises(NotProxied):
        read_header(octets)


@given(st.sampled_from([*GOOD]), st.data())
def test_a_header_may_come_in_pieces(octets, data):
    assert read_header(octets[: data.draw(st.integers(0, len(octets) - 1))]) is None


@given(st.binary(max_size=300), st.sampled_from([b"", b"PROXY ", SIGNATURE, SIGNATURE + b"\x21\x11\x00"]))
def test_any_octets_are_a_header_or_refused(rest, begin):
    try:
        found = read_header(begin + rest)
    except NotProxied:
        return
    assert found is None or found.size <= len(begin + rest)


def test_the_checksum_is_the_one_of_iscsi():
    assert crc32c(b"123456789") == 0xE3069283


XCLIENT = {
    "ADDR=192.0.2.1": ("192.0.2.1", 0),
    "NAME=mx.b.test ADDR=192.0.2.1 PORT=4711": ("192.0.2.1", 4711),
    "name=[UNAVAILABLE] addr=IPV6:2001:db8::1 port=[TEMPUNAVAIL]": ("2001:db8::1", 0),
    "ADDR=::ffff:192.0.2.1": ("192.0.2.1", 0),
    "ADDR=192.0.2+2E1": ("192.0.2.1", 0),
    "": None,
    "NAME=mx.b.test": None,
    "ADDR=[UNAVAILABLE]": None,  # or everybody whom nobody can tell would be of this machine
    "ADDR=": None,
    "ADDR=192.0.2.1 ADDR=192.0.2.2": None,
    "ADDR=192.0.2.1 LOGIN=kim@here.test": None,  # nobody logs in for others
    "ADDR=192.0.2.1 PORT=65536": None,
    "ADDR=fe80::1%eth0": None,
    "ADDR=192.0.2.1+0D+0A": None,
    "ADDR": None,
}


@pytest.mark.parametrize("argument", XCLIENT)
def test_xclient_names_an_address_or_is_wrong(argument):
    expected = XCLIENT[argument]
    if expected is None:
        with pytest.raises(Violation):
            parse_xclient(argument)
    else:
        assert parse_xclient(argument) == expected
