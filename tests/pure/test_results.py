"""Authentication-Results (RFC 8601): written from a verdict and read back; nothing can be injected (S25)."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.message.claims import without_claims
from pyeonji.message.header import parse_header
from pyeonji.msgauth import results
from pyeonji.msgauth.results import NotResults, Result, Results, field, found, parse_results
from pyeonji.msgauth.verdict import Arc, Dkim, Dmarc, Iprev, Spf, Verdict

ID = "mx.here.test"
PASS = Verdict(
    spf=Spf(result="pass", domain="example.com"),
    dkim=(
        Dkim(result="pass", domain="example.com", selector="s1", identity="@example.com", algorithm="rsa-sha256",
             mark="Ab+/cdEF"),
    ),
    dmarc=Dmarc(result="pass", domain="example.com", policy="reject", found_at="example.com"),
    iprev=Iprev(result="pass", name="mail.example.com"),
    arc=Arc(result="pass", oldest_pass=0),
)  # fmt: skip


def test_a_verdict_is_a_field():
    assert field(ID, PASS) == (
        b"Authentication-Results: mx.here.test;\r\n"
        b" iprev=pass;\r\n"
        b" spf=pass smtp.mailfrom=example.com;\r\n"
        b" dkim=pass header.d=example.com header.s=s1 header.i=@example.com\r\n"
        b'  header.a=rsa-sha256 header.b="Ab+/cdEF";\r\n'
        b" dmarc=pass header.from=example.com policy.dmarc=reject;\r\n"
        b" arc=pass header.oldest-pass=0\r\n"
    )


def test_what_was_not_there_is_none():
    verdict = Verdict(spf=Spf(result="none", domain="h.test", scope="helo", why="no SPF record"))
    assert field(ID, verdict) == (
        b"Authentication-Results: mx.here.test;\r\n"
        b' spf=none reason="no SPF record" smtp.helo=h.test;\r\n'
        b" dkim=none;\r\n"
        b" dmarc=none\r\n"
    )


# The shapes of RFC 8601 appendix B.
@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (b"example.org 1; none", Results("example.org", ())),
        (b"example.com;\tspf=pass smtp.mailfrom=example.net",
         Results("example.com", (Result("spf", "pass", (("smtp", "mailfrom", "example.net"),)),))),
        (b"example.com; auth=pass (cleartext) smtp.auth=sender@example.net; spf=pass smtp.mailfrom=example.net",
         Results("example.com", (
             Result("auth", "pass", (("smtp", "auth", "sender@example.net"),)),
             Result("spf", "pass", (("smtp", "mailfrom", "example.net"),)),
         ))),
        (b'example.com; dkim=fail reason="bad; signature" header.d=example.org',
         Results("example.com", (Result("dkim", "fail", (("header", "d", "example.org"),), "bad; signature"),))),
        (b"foo.example.net (foobar) 1 (baz);\tdkim (Because I like it) / 1 (One yay) = (wait for it) fail"
         b"\tpolicy (A dot can go here) . (like that) expired (this surprised me) = (as I was not) 1362471462",
         Results("foo.example.net", (Result("dkim", "fail", (("policy", "expired", "1362471462"),)),))),
        (b'"a b"; SPF=Pass', Results("a b", (Result("spf", "pass"),))),
    ],
)  # fmt: skip
def test_a_field_is_read(value, wanted):
    assert parse_results(value) == wanted


@pytest.mark.parametrize(
    "value",
    [b"", b"; spf=pass", b"x; pass", b"x; smtp.mailfrom=a", b"x y z; spf=pass", b"x; a=b ?", b"x;" + b" a=b;" * 102],
)
def test_what_is_no_field_is_refused(value):
    with pytest.raises(NotResults):
        parse_results(value)


texts = st.text(max_size=60) | st.text("\"\\;'() \r\n\x00=.@a", max_size=40)
verdicts = st.builds(
    lambda d, s, i, why, name: Verdict(
        spf=Spf(result="fail", domain=d, why=why),
        helo=Spf(result="none", domain=name, scope="helo", why=why),
        dkim=(Dkim(result="permerror", domain=d, selector=s, identity=i, mark=name, why=why),) * 2,
        dmarc=Dmarc(result="fail", domain=d, policy="reject", found_at=d, why=why),
        arc=Arc(result="fail", why=why),
        iprev=Iprev(result="fail", name=name, why=why),
    ),
    texts, texts, texts, texts, texts,
)  # fmt: skip


def plain(text):
    """What is left of a stranger's text."""
    return re.sub(r"""[^ -~]|["\\;'()]""", "?", text).replace("=", ":")


@given(verdicts)
def test_what_is_written_is_read_whatever_strangers_called_themselves(verdict):
    octets = field(ID, verdict)
    header = parse_header(octets + b"\r\n")
    assert len(header) == 1 and octets.isascii() and max(map(len, octets.split(b"\r\n"))) <= 998
    read = parse_results(header.get(b"authentication-results"))
    assert read.authserv_id == ID
    assert read.results == tuple(
        Result(one.method, one.result, tuple((a, b, plain(c)) for a, b, c in one.properties), plain(one.reason))
        for one in found(verdict)
    )


@given(st.binary(max_size=200))
def test_any_octets_are_results_or_not(value):
    for octets in (value, b"x; spf=pass " + value):
        with contextlib.suppress(NotResults):
            assert isinstance(parse_results(octets), Results)


# ── S25: nothing is injected ────────────────────────────────────────────────────────────────────────────────

# Names of "Composition Kills", A4 to A6, and what others tried: each wants to be read as a pass of legitimate.test.
INJECTED = (
    "legitimate.test'a.attack.test",
    "legitimate.test(.attack.test",
    "legitimate.test'@any.attack.test",
    "attack.test; dkim=pass header.d=legitimate.test",
    'attack.test"; dkim=pass header.d="legitimate.test',
    'attack.test\\"; dkim=pass header.d=legitimate.test; x="',
    "attack.test\r\nAuthentication-Results: mx.here.test; dkim=pass header.d=legitimate.test",
    "attack.test\r\n\r\n; dkim=pass header.d=legitimate.test",
    "attack.test\x00; dkim=pass header.d=legitimate.test",
    "attack.test (comment\\) dkim=pass header.d=legitimate.test",
    "attack.test dkim=pass header.d=legitimate.test",
)


def naive(value):
    """A reader that knows no quotes: methods that pass, and for whom."""
    return [
        (part.split("=")[0].strip(), domain[1])
        for part in re.sub(r"\([^)]*\)?", "", value).split(";")
        if "=pass" in part and (domain := re.search(r"header\.d=[\"']?([A-Za-z0-9.-]+)(?:[\"'\s]|\Z)", part))
    ]


@pytest.mark.parametrize("name", INJECTED)
def test_no_name_makes_a_result(name):
    verdict = Verdict(spf=Spf(result="fail", domain=name, why=name), dkim=(Dkim(result="fail", domain=name, why=name),))
    value = parse_header(field(ID, verdict) + b"\r\n").get(b"authentication-results")
    assert naive(value.decode()) == []
    assert [one.result for one in parse_results(value).results] == ["fail", "fail", "none"]


def test_without_the_quotes_a_name_would(monkeypatch):
    """Negative control."""
    monkeypatch.setattr(results, "_value", lambda text, _: text)
    verdict = Verdict(spf=Spf(result="fail", domain=INJECTED[3]))
    value = parse_header(field(ID, verdict) + b"\r\n").get(b"authentication-results")
    assert ("dkim", "legitimate.test") in naive(value.decode())


def test_our_own_field_would_be_taken_out_of_a_letter_from_outside():
    octets = field(ID, PASS) + b"Subject: x\r\n\r\n"
    assert without_claims(octets, parse_header(octets), ID)[0] == b"Subject: x\r\n\r\n"
