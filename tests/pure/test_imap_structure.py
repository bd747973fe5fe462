"""ENVELOPE, BODYSTRUCTURE and sections (RFC 3501 §7.4.2, §6.4.5)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyeonji.message.header import parse_header
from pyeonji.message.mime import scan
from pyeonji.proto.imap.command.fetch import Section
from pyeonji.proto.imap.section import Run, cut, find
from pyeonji.proto.imap.structure import envelope, structure

EXAMPLE = b"""\
Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r
From: Terry Gray <gray@cac.washington.edu>\r
Subject: IMAP4rev1 WG mtg summary and minutes\r
To: imap@cac.washington.edu\r
cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r
Message-Id: <B27397-0100000@cac.washington.edu>\r
MIME-Version: 1.0\r
Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r
\r
Hello\r
there\r
"""
EXAMPLE_ENVELOPE = (
    b'("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev1 WG mtg summary and minutes" '
    b'(("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) '
    b'(("Terry Gray" NIL "gray" "cac.washington.edu")) ((NIL NIL "imap" "cac.washington.edu")) '
    b'((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL '
    b'"<B27397-0100000@cac.washington.edu>")'
)
NESTED = b"""\
Subject: outer\r
Content-Type: multipart/mixed; boundary=b1\r
\r
--b1\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: quoted-printable\r
\r
one\r
--b1\r
Content-Type: message/rfc822\r
Content-Disposition: attachment; filename="a b.eml"\r
\r
Subject: inner\r
From: kim@example.com\r
Content-Type: multipart/alternative; boundary=b2\r
\r
--b2\r
\r
plain\r
--b2\r
Content-Type: text/html\r
Content-Language: ko, en\r
\r
<p>\r
--b2--\r
--b1\r
Content-Type: image/png; name*=utf-8''%ED%8E%B8\r
Content-Transfer-Encoding: base64\r
Content-ID: <i@x>\r
\r
AAAA\r
--b1--\r
"""


def envelope_of(octets: bytes) -> bytes:
    return envelope(parse_header(octets))


def test_the_envelope_of_the_standards_example():
    assert envelope_of(EXAMPLE) == EXAMPLE_ENVELOPE
    assert structure(scan(EXAMPLE), extended=False) == (b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 14 2)')


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"To: undisclosed-recipients:;", b'((NIL NIL "undisclosed-recipients" NIL)(NIL NIL NIL NIL))'),
        (b"To: A: a@x, b@y;, c@z",
         b'((NIL NIL "A" NIL)(NIL NIL "a" "x")(NIL NIL "b" "y")(NIL NIL NIL NIL)(NIL NIL "c" "z"))'),
        ("To: 김편지 <kim@편지.kr>".encode(), b'(("=?utf-8?B?6rmA7Y647KeA?=" NIL "kim" "xn--9b6b95p.kr"))'),
        ("To: 김편지 <kim@x.kr>".encode("euc-kr"), b'(("=?utf-8?B?6rmA7Y647KeA?=" NIL "kim" "x.kr"))'),
        (b'To: "quo\\"ted" <a@b>', b'(("quo\\"ted" NIL "a" "b"))'),
        (b"To: root", b'((NIL NIL "root" ""))'),
        (b"To: ", b"NIL"),
    ],
)  # fmt: skip
def test_addresses(header, expected):
    found = envelope_of(header + b"\r\n\r\n")
    assert found.startswith(b"(NIL NIL NIL NIL NIL " + expected)


def test_raw_korean_never_reaches_an_old_client():
    octets = (
        'Subject: 편지 왔어요\r\nContent-Type: text/plain; name="편지.txt"\r\nContent-Description: 글\r\n\r\n'.encode()
    )
    for text in (octets, octets.decode().encode("cp949")):
        assert envelope_of(text).isascii()
        assert structure(scan(text), extended=True).isascii()
        assert b"=?utf-8?B?" in envelope_of(text)


def test_a_structure_with_a_letter_inside_a_letter():
    assert structure(scan(NESTED), extended=True) == (
        b'(("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "QUOTED-PRINTABLE" 3 0 NIL NIL NIL NIL)'
        b'("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 176 '
        b'(NIL "inner" ((NIL NIL "kim" "example.com")) ((NIL NIL "kim" "example.com")) ((NIL NIL "kim" "example.com"))'
        b" NIL NIL NIL NIL NIL) "
        b'(("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 0 NIL NIL NIL NIL)'
        b'("TEXT" "HTML" NIL NIL NIL "7BIT" 3 0 NIL NIL ("ko" "en") NIL) '
        b'"ALTERNATIVE" ("BOUNDARY" "b2") NIL NIL NIL) 12 NIL ("ATTACHMENT" ("FILENAME" "a b.eml")) NIL NIL)'
        b'("IMAGE" "PNG" ("NAME*" "utf-8\'\'%ED%8E%B8") "<i@x>" NIL "BASE64" 4 NIL NIL NIL NIL) '
        b'"MIXED" ("BOUNDARY" "b1") NIL NIL NIL)'
    )


def test_a_letter_that_was_encoded_has_no_envelope_to_show():
    octets = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n"
    assert structure(scan(octets), extended=False) == b'("APPLICATION" "OCTET-STREAM" NIL NIL NIL "BASE64" 6)'


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (Section((1,)), b"one"),
        (Section((1,), "MIME"),
         b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"),
        (Section((2, 1)), b"plain"),
        (Section((2, 1), "MIME"), b"\r\n"),
        (Section((2, 2)), b"<p>"),
        (Section((3,)), b"AAAA"),
        (Section((2,), "HEADER.FIELDS", (b"SUBJECT", b"X-None")), b"Subject: inner\r\n\r\n"),
        (Section((2,), "HEADER.FIELDS.NOT", (b"from", b"content-type")), b"Subject: inner\r\n\r\n"),
        (Section((), "HEADER.FIELDS", (b"none",)), b"\r\n"),
        (Section((), "HEADER"), NESTED[: NESTED.index(b"--b1")]),
        (Section((), "TEXT"), NESTED[NESTED.index(b"--b1") :]),
        (Section((2,), "TEXT"), NESTED[NESTED.index(b"--b2") : NESTED.index(b"--b2--") + 6]),
        (Section(), NESTED),
        (Section((1,), "HEADER"), None),
        (Section((4,)), None),
        (Section((1, 1)), None),
        (Section((2, 3)), None),
        (Section((2, 1, 1)), None),
    ],
)  # fmt: skip
def test_sections_are_places_in_the_original(section, expected):
    found = find(scan(NESTED), section)
    assert (NESTED[found.start : found.end] if isinstance(found, Run) else found) == expected


def test_part_one_of_a_plain_letter_is_its_body():
    root = scan(EXAMPLE)
    body = Run(EXAMPLE.index(b"Hello"), len(EXAMPLE))
    assert find(root, Section((1,))) == body == find(root, Section((), "TEXT"))
    assert find(root, Section((1, 1))) is None
    assert find(root, Section((2,))) is None


@pytest.mark.parametrize(
    ("found", "partial", "expected"),
    [
        (Run(10, 20), None, Run(10, 20)),
        (Run(10, 20), (3, 4), Run(13, 17)),
        (Run(10, 20), (8, 100), Run(18, 20)),
        (Run(10, 20), (11, 1), Run(20, 20)),
        (Run(10, 20), (2**62, 2**62), Run(20, 20)),
        (b"abcdef", (2, 3), b"cde"),
        (b"abcdef", (9, 3), b""),
    ],
)
def test_partials(found, partial, expected):
    assert cut(found, partial) == expected


def test_a_letter_in_letters_without_end_is_answered():
    octets = b"Content-Type: message/rfc822\r\n\r\n" * 5000
    assert structure(scan(octets), extended=True).startswith(b'("MESSAGE" "RFC822"')
    assert find(scan(octets), Section((1,) * 32)) is not None


PIECES = st.sampled_from([
    b"Content-Type: multipart/mixed; boundary=x\r\n", b"Content-Type: message/rfc822\r\n",
    b"\r\n", b"--x\r\n", b"--x--\r\n",
    b"From: a@b, c: d;\r\n", b"Content-Disposition: x; a=\"\r\n", b"Subject: \xc6\xed\x00\r\n", b"text\r\n",
    b"\r", b'"',
    b"Content-Language: ,a\xff\r\n", b"Content-Type: \xff/\xff; \xff=\xff\r\n",
])  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(
    st.lists(PIECES | st.binary(max_size=5), max_size=15).map(b"".join),
    st.lists(st.integers(1, 3), max_size=4).map(tuple),
)
def test_any_octets_have_a_structure_and_sections(octets, path):
    root = scan(octets)
    for extended in (True, False):
        found = structure(root, extended=extended)
        assert found.isascii() and b"\x00" not in found
    assert envelope(root.header).isascii()
    for text in ("", "HEADER", "TEXT", "MIME"):
        place = find(root, Section(path, text))
        assert place is None or 0 <= place.start <= place.end <= len(octets)
