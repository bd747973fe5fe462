"""LDAP messages and filters: RFC 4511, RFC 4515."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.proto import ldap
from pyeonji.proto.ldap import Entry, Filter, NotLdap, Result, escaped

NOBODY = {"address": "", "local": "", "domain": ""}
KIM = {"address": "kim@here.test", "local": "kim", "domain": "here.test"}


def tlv(tag, *content):
    body = b"".join(content)
    assert len(body) < 128
    return bytes((tag, len(body))) + body


def message(number, operation):
    return tlv(0x30, tlv(2, bytes([number])), operation)


def result(tag, code, text=b""):
    return message(1, tlv(tag, tlv(0x0A, bytes([code])), tlv(4), tlv(4, text)))


def test_what_we_say_is_what_the_standard_says():
    assert ldap.bind(1, "cn=a", "pw") == message(1, tlv(0x60, tlv(2, b"\x03"), tlv(4, b"cn=a"), tlv(0x80, b"pw")))
    assert ldap.unbind(3) == message(3, tlv(0x42))
    assert ldap.start_tls(1) == message(1, tlv(0x77, tlv(0x80, b"1.3.6.1.4.1.1466.20037")))
    wanted = Filter("(uid={local})").encoded(KIM)
    assert wanted == tlv(0xA3, tlv(4, b"uid"), tlv(4, b"kim"))
    assert ldap.search(2, "dc=x", wanted, 2, 10) == message(
        2, tlv(0x63, tlv(4, b"dc=x"), tlv(0x0A, b"\x02"), tlv(0x0A, b"\x00"), tlv(2, b"\x02"), tlv(2, b"\x0a"),
               tlv(1, b"\x00"), wanted, tlv(0x30, tlv(4, b"1.1"))),
    )  # fmt: skip


def test_an_empty_password_is_never_said():
    """RFC 4513 §5.1.2: a server takes it for nobody, and lets nobody in."""
    with pytest.raises(ValueError, match="empty"):
        ldap.bind(1, "cn=a", "")


FILTERS = [
    ("(mail={address})", tlv(0xA3, tlv(4, b"mail"), tlv(4, b"kim@here.test"))),
    ("(&(uid={local})(mail=*))",
     tlv(0xA0, tlv(0xA3, tlv(4, b"uid"), tlv(4, b"kim")), tlv(0x87, b"mail"))),
    ("(|(uid={local})(!(o={domain})))",
     tlv(0xA1, tlv(0xA3, tlv(4, b"uid"), tlv(4, b"kim")), tlv(0xA2, tlv(0xA3, tlv(4, b"o"), tlv(4, b"here.test"))))),
    (r"(mail=smtp:{address}\2a)", tlv(0xA3, tlv(4, b"mail"), tlv(4, b"smtp:kim@here.test*"))),
    ("(mail=a*{local}*c)", tlv(0xA4, tlv(4, b"mail"), tlv(0x30, tlv(0x80, b"a"), tlv(0x81, b"kim"), tlv(0x82, b"c")))),
]  # fmt: skip


@pytest.mark.parametrize(("text", "octets"), FILTERS)
def test_a_filter_is_what_it_says(text, octets):
    assert Filter(text).encoded(KIM) == octets


@pytest.mark.parametrize(
    "text",
    ["", "mail={address}", "(mail={address}", "(mail={address}))", "(&(mail={address})", "((mail={address}))", "(=x)",
     "(mail={address}\\2)", "(mail=x)", "(m ail={address})", "(" * 100 + "uid={local}" + ")" * 100,
     "(!" * 50 + "(uid={local})" + ")" * 50],
)  # fmt: skip
def test_what_is_no_filter_is_refused(text):
    with pytest.raises(NotLdap):
        Filter(text)


HOSTILE = ["*", "*)(uid=*", "kim)(|(uid=*))", "\\2a", "a\0b", "admin)(&)", "(", ")", "\udcff"]


@pytest.mark.parametrize("typed", HOSTILE)
def test_what_somebody_types_is_one_value_whatever_it_is(typed):
    octets = Filter("(uid={local})").encoded({**KIM, "local": typed})
    assert octets == tlv(0xA3, tlv(4, b"uid"), tlv(4, typed.encode("utf-8", "surrogateescape")))


def test_put_into_the_text_it_would_be_a_filter_of_its_own():
    """Negative control: the same words, put into the text of the filter."""
    template, typed = "(&(uid={local})(o={domain}))", "*)(uid=*"
    is_there = tlv(0x87, b"uid")  # "is there a uid?" instead of "is it this one?"
    assert is_there in Filter(template.replace("{local}", typed)).encoded(KIM)
    assert is_there not in Filter(template.replace("{local}", escaped(typed))).encoded(KIM)
    assert is_there not in Filter(template).encoded({**KIM, "local": typed})


@given(st.text(max_size=30))
def test_escaped_as_text_it_is_the_same_value(typed):
    text = f"(uid={escaped(typed)}{{local}})"
    try:
        found = Filter(text).encoded(NOBODY)
    except (NotLdap, UnicodeEncodeError):
        assert "{" in typed or any("\ud800" <= char <= "\udfff" for char in typed)
        return
    if "{" not in typed:
        assert found.endswith(typed.encode()) and found[0] == 0xA3


def test_what_is_heard_is_read_however_it_comes():
    whole = result(0x61, 49, b"no")
    assert [ldap.read(whole[:size]) for size in range(len(whole))] == [None] * len(whole)
    assert ldap.read(whole + b"more") == (1, Result(49, "no"), len(whole))
    assert ldap.read(message(1, tlv(0x64, tlv(4, b"cn=kim"), tlv(0x30))))[1] == Entry("cn=kim")
    assert ldap.read(message(1, tlv(0x73, tlv(4, b"ldap://elsewhere/"))))[1] is None  # a referral
    assert ldap.read(result(0x65, 0))[1].is_good


@pytest.mark.parametrize(
    "octets",
    [b"GET / HTTP/1.1\r\n", b"\x30\x80\x02\x01\x01", b"\x30\x85" + bytes(5), b"\x30\x84\x7f\xff\xff\xff", b"\x30\x00",
     tlv(0x30, tlv(2, b"\x01")), message(1, tlv(0x61)), message(1, tlv(0x64)), tlv(0x30, tlv(4, b"x"), tlv(0x61)),
     b"\x30\x05\x02\x09\x01\x61\x00"],
)  # fmt: skip
def test_what_is_no_message_is_refused(octets):
    with pytest.raises(NotLdap):
        ldap.read(octets)


def test_any_octets_are_a_message_or_not():
    chance = random.Random(1)
    whole = result(0x61, 0, b"hello")
    for _ in range(5_000):
        broken = bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            assert ldap.read(bytes(broken)) is None or len(ldap.read(bytes(broken))) == 3
        except NotLdap as error:
            assert str(error)
