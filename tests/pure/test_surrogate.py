"""Raw 8-bit headers for clients that read ASCII only: words, parameters, addresses (RFC 6855 §7, RFC 6858 §2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.message.header import parse_header
from pyeonji.message.mime import scan
from pyeonji.message.parameters import filename_of, parse_parameters
from pyeonji.message.surrogate import surrogate
from pyeonji.message.words import decode_words
from pyeonji.proto.imap.structure import envelope, envelopes, form, structure, structures

NOBODY = b"<invalid@internationalized-address.invalid>"


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("Subject: 편지", b"Subject: =?utf-8?B?7Y647KeA?="),
        ("Subject: plain", b"Subject: plain"),
        ("X-Note: 편지 =?utf-8?B?7Y647KeA?=", b"X-Note: =?utf-8?B?7Y647KeAIO2OuOyngA==?="),
        ("To: 김 <kim@x.kr>, lee@y.kr", b"To: =?utf-8?B?6rmA?= <kim@x.kr>, lee@y.kr"),
        ("To: Kim <kim@편지.kr>", b"To: Kim <kim@xn--9b6b95p.kr>"),
        ("To: 편지@x.kr", b"To: =?utf-8?B?7Y647KeAQHgua3I=?= " + NOBODY),
        ("To: Kim <편지@편지.kr>", b"To: =?utf-8?B?S2ltIDztjrjsp4BA7Y647KeALmtyPg==?=\r\n " + NOBODY),
        ("To: 모임: a@x.kr, b@y.kr;, c@z.kr", b"To: =?utf-8?B?66qo7J6E?=: a@x.kr, b@y.kr;, c@z.kr"),
        ('To: "a\\"b" <a@x>, 김 <b@y>', b'To: "a\\"b" <a@x>, =?utf-8?B?6rmA?= <b@y>'),
        ("Content-Type: text/plain; charset=utf-8; name=편.txt",
         b"Content-Type: text/plain; charset=utf-8; name*=utf-8''%ED%8E%B8.txt"),
        ('Content-Disposition: attachment; filename="a b.txt"; x="편"',
         b"Content-Disposition: attachment; filename=\"a b.txt\"; x*=utf-8''%ED%8E%B8"),
        ("Content-Disposition: attachment; filename*0=편; filename*1=지.txt",
         b"Content-Disposition: attachment; filename*=utf-8''%ED%8E%B8%EC%A7%80.txt"),
        ("편지: x", b""),
    ],
)  # fmt: skip
def test_fields(field, expected):
    octets = b"Date: x\r\n" + field.encode() + b"\r\nX-Last:  as it\r\n\tstands\r\n\r\n"
    line = expected + b"\r\n" if expected else b""
    assert surrogate(octets) == b"Date: x\r\n" + line + b"X-Last:  as it\r\n\tstands\r\n\r\n"


def test_korean_that_says_no_charset_becomes_legible():
    octets = "Subject: 주간 회의 안내입니다\r\nTo: 김철수 <kim@x.kr>\r\n\r\n".encode("euc-kr")
    header = parse_header(surrogate(octets))
    assert decode_words(header.get(b"subject")) == "주간 회의 안내입니다"
    assert header.get(b"to").endswith(b" <kim@x.kr>")


def test_a_file_name_survives():
    octets = "Content-Disposition: attachment; filename=주간 회의록.hwp\r\n\r\n".encode("euc-kr")
    value = parse_header(surrogate(octets)).get(b"content-disposition")
    assert filename_of(parse_parameters(value), None) == "주간 회의록.hwp"


FIELDS = st.lists(
    st.tuples(
        st.sampled_from(["From", "To", "Subject", "Content-Type", "Content-Disposition", "X-Own", "Received", "é"]),
        st.text(st.sampled_from("a편é<>@,;:=\"'()\\*0% \t"), max_size=20),
    ),
    max_size=5,
)


@given(FIELDS, st.sampled_from(["utf-8", "cp949"]))
def test_nothing_but_ascii_comes_out_and_ascii_stays(fields, charset):
    octets = b"".join(f"{name}: {value}\r\n".encode(charset, "replace") for name, value in fields) + b"\r\n"
    made = surrogate(octets)
    assert made.isascii() and (made == octets or not octets.isascii())
    assert made.endswith(b"\r\n") and b"\0" not in made
    before, after = parse_header(octets), parse_header(made)
    kept = [field.name for field in before if field.name.isascii()]
    assert [field.name for field in after] == kept
    assert surrogate(made) == made


INTERNATIONAL = (
    "From: 김편지 <편지@편지.kr>\r\nTo: kim@편지.kr\r\nSubject: 안녕\r\nMessage-ID: <1@x>\r\nContent-Type: "
    "multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; name=편지.txt\r\n\r\nx\r\n--b\r\n"
    "Content-Type: message/global\r\n\r\nSubject: 안쪽\r\n\r\ny\r\n--b--\r\n"
).encode()


def test_one_who_reads_utf_8_gets_the_letter_as_it_stands():
    root = scan(INTERNATIONAL)
    address = '("김편지" NIL "편지" "편지.kr")'
    assert envelope(root.header, utf8=True).decode() == (
        f'(NIL "안녕" ({address}) ({address}) ({address}) ((NIL NIL "kim" "편지.kr")) NIL NIL NIL "<1@x>")'
    )
    assert structure(root, extended=False, utf8=True).decode() == (
        '(("TEXT" "PLAIN" ("NAME" "편지.txt") NIL NIL "7BIT" 1 0)("MESSAGE" "GLOBAL" NIL NIL NIL "7BIT" 20 '
        '(NIL "안쪽" NIL NIL NIL NIL NIL NIL NIL NIL) ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 1 0) 2) "MIXED")'
    )


def test_one_who_reads_ascii_sees_who_wrote_and_cannot_answer_to_a_stranger():
    root = scan(INTERNATIONAL)
    name = b'"=?utf-8?B?6rmA7Y647KeAIDztjrjsp4BA7Y647KeALmtyPg==?="'
    address = b'(%b NIL "invalid" "internationalized-address.invalid")' % name
    assert decode_words(name.strip(b'"')) == "김편지 <편지@편지.kr>"
    assert envelope(root.header) == (
        b'(NIL "=?utf-8?B?7JWI64WV?=" (%b) (%b) (%b) ((NIL NIL "kim" "xn--9b6b95p.kr")) NIL NIL NIL "<1@x>")'
        % (address, address, address)
    )
    assert structure(root, extended=False) == (
        b'(("TEXT" "PLAIN" ("NAME*" "utf-8\'\'%ED%8E%B8%EC%A7%80.txt") NIL NIL "7BIT" 1 0)'
        b'("MESSAGE" "GLOBAL" NIL NIL NIL "7BIT" 20) "MIXED")'
    )


def test_text_in_another_charset_becomes_utf_8_for_who_reads_that():
    root = scan("Subject: 주간 회의 안내입니다\r\nContent-Description: 회의록입니다\r\n\r\n".encode("euc-kr"))
    assert envelope(root.header, utf8=True).decode().startswith('(NIL "주간 회의 안내입니다" ')
    assert '"회의록입니다"'.encode() in structure(root, extended=True, utf8=True)


def test_both_forms_are_kept_where_they_differ():
    root = scan(INTERNATIONAL)
    for kept, make in (
        (envelopes(root.header), lambda utf8: envelope(root.header, utf8=utf8)),
        (structures(root), lambda utf8: structure(root, extended=True, utf8=utf8)),
    ):
        assert form(kept, utf8=True) == make(True) != make(False) == form(kept, utf8=False)
    plain = scan(b"Subject: =?utf-8?Q?x?=\r\n\r\nx\0y")
    assert form(envelopes(plain.header), utf8=True) == envelopes(plain.header) == envelope(plain.header)
    assert b"\0" not in structures(plain)
