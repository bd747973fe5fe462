"""DKIM, RFC 6376 with RFC 8301, RFC 8463, RFC 8616: examples of the standards, tables of what is wrong, properties."""

import base64
import hashlib
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.signed import (
    BODY,
    LETTER,
    NOW_S,
    ZONE,
    body_digest,
    ed25519_key,
    keys,
    results,
    rsa_key,
    signed,
    verified,
    written,
    zone,
)
from pyeonji.address import parse_domain
from pyeonji.message.header import parse_header
from pyeonji.msgauth.dkim.bodies import Bodies
from pyeonji.msgauth.dkim.canonical import Canonical, field_in
from pyeonji.msgauth.dkim.sign import EXPIRES_S, MAX_LINE, SigningKey, record, signing_key
from pyeonji.msgauth.dkim.tags import NotATagList, octets_of, parse_tags
from pyeonji.msgauth.dkim.verify import verify
from pyeonji.proto.dns import NO_SUCH_NAME, SERVFAIL, TIMEOUT, Answer

RSA_OF_8463 = (
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91"
    "y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
)
OF_8463 = {  # RFC 8463 §A.2
    ("brisbane._domainkey.football.example.com", "TXT"): (
        "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    ),
    ("test._domainkey.football.example.com", "TXT"): (f"v=DKIM1; k=rsa; p={RSA_OF_8463}",),
}
FROM_JOE = """\
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game. Are you hungry yet?

Joe.
"""
LETTER_OF_8463 = (  # RFC 8463 §A.3
    """\
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
"""
    + FROM_JOE
)
OF_6376 = {  # RFC 6376 §C
    ("brisbane._domainkey.example.com", "TXT"): (
        "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4"
        "jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2Q"
        "IDAQAB",
    )
}
LETTER_OF_6376 = (  # RFC 6376 §A.2, with the white space it was signed with: the text's own was set by its printer
    """\
DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;
      c=simple/simple; q=dns/txt; i=joe@football.example.com;
      h=Received : From : To : Subject : Date : Message-ID;
      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB
      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut
      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV
      4bmp/YzhwvcubU4=;
Received: from client1.football.example.com  [192.0.2.1]
      by submitserver.example.com with SUBMISSION;
      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)
"""
    + FROM_JOE
)


def crlf(text):
    return text.replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("letter", "where", "expected"),
    [(LETTER_OF_8463, OF_8463, ["pass", "pass"]), (LETTER_OF_6376, OF_6376, ["pass"])],
    ids=["RFC 8463", "RFC 6376"],
)
def test_the_letters_of_the_standards_are_good_and_a_changed_word_spoils_them(letter, where, expected):
    assert results(crlf(letter), where) == expected
    assert results(crlf(letter.replace("hungry", "angry")), where) == ["fail"] * len(expected)
    assert results(crlf(letter.replace("dinner", "supper")), where) == ["fail"] * len(expected)


def test_a_file_with_bare_line_ends_in_its_header_is_read_as_it_was_sent():
    head, _, body = LETTER_OF_6376.partition("\n\n")
    assert results((head + "\n\n").encode() + crlf(body), OF_6376) == ["pass"]


def test_the_key_of_the_standard_writes_the_record_of_the_standard():
    """RFC 8463 §A.1: the secret key, and its record."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.from_private_bytes(octets_of("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="))
    assert (record(private),) == OF_8463["brisbane._domainkey.football.example.com", "TXT"]


# ── canonical forms ─────────────────────────────────────────────────────────────────────────────────────────────

EXAMPLE = b" C \r\nD \t E\r\n\r\n\r\n"  # RFC 6376 §3.4.5


def in_form(form, *pieces):
    canonical = Canonical(form)
    return b"".join([*(b"".join(canonical.feed(piece)) for piece in pieces), *canonical.finish()])


@pytest.mark.parametrize(
    ("body", "simple", "relaxed"),
    [
        (EXAMPLE, b" C \r\nD \t E\r\n", b" C\r\nD E\r\n"),
        (b"", b"\r\n", b""),
        (b"\r\n\r\n", b"\r\n", b""),
        (b" \r\n\t\r\n", b" \r\n\t\r\n", b""),
        (b"a", b"a\r\n", b"a\r\n"),
        (b"a \t", b"a \t\r\n", b"a\r\n"),
        (b"a\r", b"a\r\r\n", b"a\r\r\n"),
        (b"a\n\n", b"a\n\n\r\n", b"a\n\n\r\n"),
        (b"a\n\r\n", b"a\n\r\n", b"a\n\r\n"),
        (b"a\r\n\n\r\n\r\n", b"a\r\n\n\r\n", b"a\r\n\n\r\n"),
        (b"a \r b\t\t\r\n", b"a \r b\t\t\r\n", b"a \r b\r\n"),
    ],
)
def test_a_body_in_its_two_forms(body, simple, relaxed):
    assert in_form("simple", body) == simple
    assert in_form("relaxed", body) == relaxed


def test_the_header_of_the_standard_in_its_two_forms():
    """RFC 6376 §3.4.5."""
    header = parse_header(b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n")
    written = [[field_in(form, field.name, header.raw(field)) for field in header] for form in ("simple", "relaxed")]
    assert written == [[b"A: X\r\n", b"B : Y\t\r\n\tZ  \r\n"], [b"a:X\r\n", b"b:Y Z\r\n"]]


BODIES = st.lists(st.sampled_from([b"a", b" ", b"\t", b"\r", b"\n", b"\r\n", b" \r\n", b"\r\n\r\n", b"x" * 40])).map(
    b"".join
)


def cut(octets, cuts):
    places = sorted({0, len(octets), *(place % (len(octets) + 1) for place in cuts)})
    return [octets[a:b] for a, b in pairwise(places)]


@given(BODIES, st.lists(st.integers(0, 1000)), st.sampled_from(["simple", "relaxed"]))
def test_cutting_a_body_elsewhere_changes_nothing(body, cuts, form):
    assert in_form(form, *cut(body, cuts)) == in_form(form, body)


@given(BODIES)
def test_a_form_of_a_form_is_itself(body):
    for form in ("simple", "relaxed"):
        once = in_form(form, body)
        assert in_form(form, once) == once


@given(BODIES, st.lists(st.integers(0, 1000)))
def test_what_was_signed_verifies_however_the_body_comes_and_one_changed_octet_spoils_it(body, cuts):
    header = LETTER[: len(LETTER) - len(BODY)]
    (key,) = keys()[1:]
    letter = signed(header + body, [key])
    assert [one.result for one in verified(letter, pieces=cut(body, cuts))] == ["pass"]
    at = len(letter) - len(body) - 10
    assert results(letter[:at] + bytes([letter[at] ^ 1]) + letter[at + 1 :]) == ["fail"]
    assert results(letter + b"x") == ["fail"]
    if not body or body.endswith(b"\r\n"):
        assert results(letter + b"\r\n \t\r\n") == ["pass"]


def test_relaxed_changes_on_the_way_do_no_harm():
    letter = signed()
    folded = letter.replace(b"To: lee@here.test", b"TO :\r\n  lee@here.test ").replace(b"\t.", b"  .")
    assert folded != letter
    assert results(folded) == ["pass", "pass"]


# ── tag lists ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("v=1; a=b;", {"v": "1", "a": "b"}),
        (" v = 1 ;\ta=x y ", {"v": "1", "a": "x y"}),
        ("p=", {"p": ""}),
        ("b=a=b==", {"b": "a=b=="}),
        ("i=가@나.test", {"i": "가@나.test"}),  # RFC 8616 §4
    ],
)
def test_a_tag_list_is_read(text, tags):
    assert parse_tags(text) == tags


@pytest.mark.parametrize(
    "text", ["", ";", "v", "v=1;;a=b", "v=1; v=1", "1=a", "=a", "v=1;\0", "v=\r1", "v=1\nb=2", "é=1"]
)
def test_what_is_no_tag_list_is_refused(text):
    with pytest.raises(NotATagList):
        parse_tags(text)


# ── what a signature says ───────────────────────────────────────────────────────────────────────────────────────

RSA, ED = keys()
FIRST_FOUR = base64.b64encode(hashlib.sha256(BODY[:4]).digest()).decode()
LENGTH = len(in_form("relaxed", BODY))
SIMPLE = base64.b64encode(body_digest(BODY, "simple")).decode()


@pytest.mark.parametrize(
    ("changes", "result", "why"),
    [
        ({}, "pass", ""),
        ({"c": "relaxed", "bh": SIMPLE}, "pass", ""),
        ({"i": "kim@a.sender.test"}, "pass", ""),
        ({"i": "@SENDER.test"}, "pass", ""),
        ({"h": "From : To : X-None : from : from"}, "pass", ""),
        ({"t": "1", "x": str(NOW_S)}, "pass", ""),
        ({"q": "carrier/pigeon:dns/txt"}, "pass", ""),
        ({"x": str(NOW_S - 1)}, "fail", "it has expired"),
        ({"t": "5", "x": "5"}, "permerror", "x= is not after t="),
        ({"t": "-5"}, "permerror", "t= is no instant"),
        ({"t": "1" * 13}, "permerror", "t= is no instant"),
        ({"v": "2"}, "permerror", "v= is not 1"),
        ({"v": None}, "permerror", "v= is not 1"),
        ({"a": "rsa-sha1"}, "fail", "SHA-1 proves nothing any more"),
        ({"a": "rsa-md5"}, "permerror", "a= is none we know"),
        ({"a": None}, "permerror", "a= is missing"),
        ({"a": "rsa-sha256"}, "permerror", "its key is for ed25519"),
        ({"c": "relaxed/nofws"}, "permerror", "c= is none we know"),
        ({"d": None}, "permerror", "d= is missing"),
        ({"d": "sender_.test"}, "permerror", "d= is no name"),
        ({"d": "sender.test."}, "permerror", "d= is no name"),
        ({"d": "[192.0.2.1]"}, "permerror", "d= is no name"),
        ({"s": None}, "permerror", "s= is missing"),
        ({"s": "e2"}, "permerror", "there is no key at e2._domainkey.sender.test"),
        ({"s": ".".join(["a" * 60] * 4)}, "permerror", "the name of its key is too long"),
        ({"h": None}, "permerror", "h= is missing"),
        ({"h": "to:subject"}, "permerror", "From is not signed"),
        ({"h": "from::to"}, "permerror", "h= is no list of fields"),
        ({"h": "from:t o"}, "permerror", "h= is no list of fields"),
        ({"i": "kim@other.test"}, "permerror", "i= is not within d="),
        ({"i": "kim@xsender.test"}, "permerror", "i= is not within d="),
        ({"i": "sender.test"}, "permerror", "i= is not within d="),
        ({"bh": None}, "permerror", "bh= is missing"),
        ({"bh": "not base64"}, "permerror", "bh= is no base64"),
        ({"bh": "AAAA"}, "fail", "the body was changed"),
        ({"q": "carrier/pigeon"}, "permerror", "q= asks for another way to its key"),
        ({"l": "4", "bh": FIRST_FOUR}, "policy", f"only 4 of {LENGTH} octets of the body are signed"),
        ({"l": str(LENGTH)}, "pass", ""),
        ({"l": str(LENGTH + 1)}, "permerror", "l= is longer than the body"),
        ({"l": "9" * 76}, "permerror", "l= is longer than the body"),
        ({"l": "9" * 77}, "permerror", "l= is no number"),
        ({"l": "-1"}, "permerror", "l= is no number"),
    ],
)  # fmt: skip
def test_each_tag_counts(changes, result, why):
    (found,) = verified(written(**changes))
    assert (found.result, found.why) == (result, why)


def test_what_is_told_of_a_signature():
    (found,) = verified(written(i="kim@sender.test"))
    assert (found.domain, found.selector, found.identity) == ("sender.test", "e1", "kim@sender.test")
    assert (found.algorithm, found.bits, found.testing, len(found.mark)) == ("ed25519-sha256", 256, False, 8)


def test_a_signature_without_its_value_and_one_that_is_rubbish():
    rubbish = b"DKIM-Signature: v=1; v=1\r\n" + LETTER
    assert [(one.result, one.why) for one in verified(rubbish)] == [("permerror", "v= comes twice")]
    (found,) = verified(written().replace(b" b=", b" b=!"))
    assert (found.result, found.why) == ("permerror", "b= is no base64")


def test_a_signature_in_korean_asks_for_the_ascii_name():
    """RFC 8616 §4."""
    key = SigningKey(parse_domain("편지.test"), parse_domain("봄"), ed25519_key())
    (found,) = verified(written(key, d="편지.test", s="봄", i="김@나.편지.test"), zone(key))
    assert (found.result, found.domain, found.selector) == ("pass", key.domain, key.selector)
    assert found.domain.startswith("xn--")


# ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────────

ED_RECORD = record(ED.private)
P = ED_RECORD.partition("p=")[2]
CASES = {
    "as it is": ((ED_RECORD,), "pass", ""),
    "without v": ((f"k=ed25519; p={P}",), "pass", ""),
    "for mail": ((f"v=DKIM1; k=ed25519; s=tel:email; h=sha1:sha256; t=y; n=hello; p={P}",), "pass", ""),
    "strict, of the very domain": ((f"v=DKIM1; k=ed25519; t=y:s; p={P}",), "pass", ""),
    "beside something else": (("v=spf1 -all", ED_RECORD), "pass", ""),
    "white space in p": ((f"v=DKIM1; k=ed25519; p={P[:9]} {P[9:]}",), "pass", ""),
    "revoked": (("v=DKIM1; k=ed25519; p=",), "permerror", "its key was revoked"),
    "no p": (("v=DKIM1; k=ed25519",), "permerror", "its record is no key"),
    "v not first": ((f"k=ed25519; v=DKIM1; p={P}",), "permerror", "its record is no key"),
    "another v": ((f"v=DKIM2; k=ed25519; p={P}",), "permerror", "its record is no key"),
    "no tag list": (("hello",), "permerror", "its record is no key"),
    "two keys": ((ED_RECORD, ED_RECORD + ";"), "permerror", "there are 2 keys under its name"),
    "not for mail": ((f"v=DKIM1; k=ed25519; s=tel; p={P}",), "permerror", "its key is not for mail"),
    "not for SHA-256": ((f"v=DKIM1; k=ed25519; h=sha1; p={P}",), "permerror", "its key is not for SHA-256"),
    "of RSA": ((record(RSA.private),), "permerror", "its key is for rsa"),
    "of no kind": ((f"v=DKIM1; k=\"; p={P}",), "permerror", "its key is of no kind"),
    "no base64": (("v=DKIM1; k=ed25519; p=***",), "permerror", "its key cannot be read"),
    "too short": (("v=DKIM1; k=ed25519; p=AAAA",), "permerror", "its key cannot be read"),
    "endless": (("v=DKIM1; k=ed25519; p=" + "A" * 4096,), "permerror", "its key has more than 4096 bits"),
    "another": (("v=DKIM1; k=ed25519; p=" + base64.b64encode(bytes(31) + b"\x01").decode(),), "fail", "the header was changed, or the key is another"),  # noqa: E501
    "not there": (NO_SUCH_NAME, "permerror", "there is no key at e1._domainkey.sender.test"),
    "no TXT": (Answer(), "permerror", "there is no key at e1._domainkey.sender.test"),
    "unknown": (SERVFAIL, "temperror", "nobody could say what key e1._domainkey.sender.test has: servfail"),
    "no answer": (TIMEOUT, "temperror", "nobody could say what key e1._domainkey.sender.test has: timeout"),
    "behind an alias": (Answer((ED_RECORD,), canonical="e1.provider.test"), "pass", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_record_means_something(case):
    answer, result, why = CASES[case]
    (found,) = verified(written(), {("e1._domainkey.sender.test", "TXT"): answer})
    assert (found.result, found.why) == (result, why)
    assert found.testing == (("mail" in case and "not" not in case) or "strict" in case)


def test_a_strict_key_is_not_for_domains_below():
    where = {("e1._domainkey.sender.test", "TXT"): (f"v=DKIM1; k=ed25519; t=s; p={P}",)}
    assert results(written(i="kim@sender.test"), where) == ["pass"]
    (found,) = verified(written(i="kim@a.sender.test"), where)
    assert (found.result, found.why) == ("permerror", "its key is not for domains below d=")


def test_an_rsa_key_in_the_form_of_the_text_is_good_too():
    """RFC 6376 §3.6.1 says RSAPublicKey; everybody writes SubjectPublicKeyInfo."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    octets = rsa_key().public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    where = {("r1._domainkey.sender.test", "TXT"): (f"p={base64.b64encode(octets).decode()}",)}
    assert results(signed(by=[RSA]), where) == ["pass"]


# ── our own ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_our_signatures_name_what_counts_once_more_never_l_and_when_they_end():
    header = parse_header(signed())
    for field in header.named(b"dkim-signature"):
        tags = parse_tags(header.value(field).decode())
        names = [name.strip() for name in tags["h"].split(":")]
        assert [names.count(name) for name in ("from", "to", "cc", "subject", "date", "content-type")] == [
            2,
            2,
            1,
            2,
            2,
            2,
        ]
        assert "l" not in tags
        assert (tags["t"], tags["x"]) == (str(NOW_S), str(NOW_S + EXPIRES_S))
        assert max(map(len, header.raw(field).split(b"\r\n"))) <= MAX_LINE
    assert results(signed(), now_s=NOW_S + EXPIRES_S + 1) == ["fail", "fail"]


def test_a_key_is_kept_as_pem():
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    for key in keys():
        pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        assert record(signing_key(key.domain, key.selector, pem).private) == record(key.private)
    with pytest.raises(ValueError, match=r".+"):
        signing_key("a.test", "s", "no key")


def test_a_letter_without_signatures_needs_no_digest_of_its_body():
    assert not Bodies(parse_header(LETTER)).needed
    assert verified(LETTER) == ()
    assert Bodies(parse_header(signed())).needed


def test_each_signature_asks_one_question():
    header = parse_header(signed())
    bodies = Bodies(header)
    bodies.feed(BODY)
    bodies.finish()
    asking = verify(header, bodies, NOW_S)
    first = next(asking)
    second = asking.send(Answer(ZONE[first.name, first.kind]))
    assert [first.name, second.name] == ["r1._domainkey.sender.test", "e1._domainkey.sender.test"]
    with pytest.raises(StopIteration) as stop:
        asking.send(SERVFAIL)
    assert [one.result for one in stop.value.value] == ["pass", "temperror"]


# ── another's reading ───────────────────────────────────────────────────────────────────────────────────────────

ODD = [BODY, b"", b"\r\n\r\n", b"a", b" a \t b \r\n\r\n  \r\n", EXAMPLE, b"x\r\n" * 500, "가나다 \r\n".encode() * 9]


@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
def test_dkimpy_finds_our_signatures_good(body, monkeypatch):
    dkim = pytest.importorskip("dkim", reason="dkimpy is not installed")
    pytest.importorskip("nacl", reason="PyNaCl is not installed")
    letter = signed(LETTER.removesuffix(BODY) + body)
    monkeypatch.setattr(dkim, "time", SimpleNamespace(time=lambda: NOW_S))

    def dnsfunc(name, timeout=5):
        return ZONE[name.decode().rstrip("."), "TXT"][0].encode()

    checked = dkim.DKIM(letter)
    assert [checked.verify(n, dnsfunc=dnsfunc) for n in range(2)] == [True, True]


@pytest.mark.parametrize(
    "forms", [(b"simple", b"simple"), (b"relaxed", b"simple"), (b"relaxed", b"relaxed"), (b"simple", b"relaxed")]
)
@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
def test_we_find_the_signatures_of_dkimpy_good(body, forms):
    dkim = pytest.importorskip("dkim", reason="dkimpy is not installed")
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = RSA.private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    letter = LETTER.removesuffix(BODY) + body
    field = dkim.sign(letter, b"r1", b"sender.test", pem, canonicalize=forms)
    assert results(field + letter, zone(RSA)) == ["pass"]
    assert results(field + letter + b"!", zone(RSA)) == ["fail"]
