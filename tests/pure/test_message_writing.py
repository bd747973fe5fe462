"""The MIME tree, the text people read, edits, new messages, trace fields and reports."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyeonji.address import parse_address
from pyeonji.message import edit
from pyeonji.message.addresses import format_mailbox, parse_addresses, parse_mailboxes
from pyeonji.message.charset import decode as decode_charset
from pyeonji.message.codecs import decode, needs_8bit
from pyeonji.message.compose import Attachment, compose
from pyeonji.message.date import parse_date
from pyeonji.message.folding import fold
from pyeonji.message.header import header_end, parse_header
from pyeonji.message.mime import Limits, scan
from pyeonji.message.parameters import parse_parameters
from pyeonji.message.part import ambiguities
from pyeonji.message.report import Action, RecipientStatus, Report, build_report, parse_report, sanitised_reply
from pyeonji.message.text import attachments, decoded_header, decoded_part, html_to_text, readable
from pyeonji.message.trace_fields import delivered_to, from_clause, received_count, received_field, return_path_field
from pyeonji.message.words import decode_words

KIM = parse_address("kim@example.kr")
LEE = parse_address("lee@x.kr")

MIXED = b"""\
From: a@b\r
Content-Type: multipart/mixed; boundary="b"\r
\r
preamble\r
--b\r
\r
first\r
--b\r
Content-Type: multipart/alternative; boundary=bb\r
\r
--bb\r
Content-Type: text/html\r
\r
<p>html</p>\r
--bb  \r
Content-Type: text/plain\r
\r
--bbb is no delimiter\r
--bb--\r
--b\r
Content-Type: message/rfc822\r
\r
Subject: inner\r
\r
inside\r
--b--\r
epilogue\r
"""


def shape(part):
    if part.children:
        return (f"{part.type}/{part.subtype}", *(shape(child) for child in part.children))
    return f"{part.type}/{part.subtype}", part.body


def test_the_tree_is_offsets_into_the_octets():
    expected = (
        "multipart/mixed",
        ("text/plain", b"first"),
        ("multipart/alternative", ("text/html", b"<p>html</p>"), ("text/plain", b"--bbb is no delimiter")),
        ("message/rfc822", ("text/plain", b"inside")),
    )
    assert shape(scan(MIXED)) == expected
    assert shape(scan(MIXED.replace(b"\r\n", b"\n"))) == expected


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        (b'multipart/mixed; boundary=""', b"--\r\n\r\nx\r\n", ("text/plain", b"--\r\n\r\nx\r\n")),
        (b"multipart/mixed", b"--b\r\n\r\nx\r\n", ("text/plain", b"--b\r\n\r\nx\r\n")),
        (b"multipart/mixed; boundary=b", b"nothing\r\n", ("text/plain", b"nothing\r\n")),
        (b"multipart/mixed; boundary=b", b"--b\r\n\r\nx", ("multipart/mixed", ("text/plain", b"x"))),
        (b"multipart/mixed; boundary=b", b"--b\r\n--b--\r\n", ("multipart/mixed", ("text/plain", b""))),
        (b"multipart/mixed; boundary=b\r\nContent-Type: text/html", b"--b\r\n\r\nx\r\n--b--",
         ("multipart/mixed", ("text/plain", b"x"))),
        (b"multipart/mixed; boundary=b",
         b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n",
         ("multipart/mixed", ("text/plain", b""), ("text/plain", b"x"))),
        (b'multipart/mixed; boundary="a b"', b"--a b\r\n\r\nx\r\n--a b--", ("multipart/mixed", ("text/plain", b"x"))),
        (b"multipart/digest; boundary=b", b"--b\r\n\r\nSubject: x\r\n\r\ny\r\n--b--",
         ("multipart/digest", ("message/rfc822", ("text/plain", b"y")))),
        (b"text", b"x", ("text/plain", b"x")),
        (b";;;", b"x", ("text/plain", b"x")),
    ],
)  # fmt: skip
def test_broken_mime_reads_the_same_way_every_time(content_type, body, expected):
    assert shape(scan(b"Content-Type: " + content_type + b"\r\n\r\n" + body)) == expected


def test_what_others_could_read_otherwise_is_told():
    assert ambiguities(scan(MIXED)) == []
    doubled = b"Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\nx"
    assert ambiguities(scan(doubled)) == ["content-type twice"]
    assert ambiguities(scan(b"Content-Type: multipart/mixed\r\n\r\nx")) == ["multipart without parts"]


def test_nesting_ends_at_the_limit_and_the_rest_is_opaque():
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(2000))
    parts = list(scan(deep).walk())
    assert len(parts) == 101
    assert (parts[-1].type, parts[-1].truncated) == ("application", True)
    messages = b"Content-Type: message/rfc822\r\n\r\n" * 2000
    assert len(list(scan(messages).walk())) == 101


def test_parts_end_at_the_limit():
    many = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * 100_000
    assert len(list(scan(many).walk())) == 10_000
    assert len(list(scan(many, Limits(parts=10)).walk())) == 10


def test_people_read_plain_text_and_the_names_of_attachments():
    assert readable(MIXED) == "first\n\n--bbb is no delimiter\n\nSubject: inner\n\ninside\n"
    message = compose(
        author=("김편지", KIM), to=[("", LEE)], subject="견적서", text="안녕하세요\n", date=0, message_id="1@x",
        attachments=[Attachment("견적서.pdf", "application/pdf", b"%PDF")],
    )  # fmt: skip
    assert readable(message) == "안녕하세요\n\n[견적서.pdf (application/pdf)]\n"
    assert [part.filename for part in attachments(scan(message))] == ["견적서.pdf"]
    assert decoded_header(message, "Subject") == "견적서"


def test_html_becomes_text():
    html = (
        "<html><head><title>t</title><style>p{}</style></head><body><!-- x --><p>안녕 &amp;\n 편지</p>"
        '<ul><li>하나<li>둘</ul><script>alert(1)</script><a href="https://x.kr/?a=1">여기</a> &lt;끝&gt;</body>'
    )
    assert html_to_text(html) == "안녕 & 편지\n\n- 하나\n- 둘\n여기 <https://x.kr/?a=1> <끝>"


@pytest.mark.parametrize("eight_bit", [False, True])
@pytest.mark.parametrize("smtputf8", [False, True])
def test_what_we_write_can_be_read(eight_bit, smtputf8):
    message = compose(
        author=("김, 편지", KIM), to=[("Lee", LEE)], cc=[('a "b"', KIM)], subject="안녕 " * 20 + "끝",
        text="안녕하세요\n.\nFrom here\n" + "가" * 1500, date=0, message_id="<1@x>",
        fields=[("Auto-Submitted", "auto-generated\r\nBcc: x")], eight_bit=eight_bit, smtputf8=smtputf8,
    )  # fmt: skip
    header = parse_header(message)
    assert smtputf8 or message[: header.body].isascii()
    assert not needs_8bit(message[header.body :])  # the long line forces an encoding
    assert header.count(b"bcc") == 0
    assert decode_words(header.get(b"subject")) == "안녕 " * 20 + "끝"
    assert [str(m) for m in parse_mailboxes(header.get(b"from"))] == ["김, 편지 <kim@example.kr>"]
    assert [m.name for m in parse_mailboxes(header.get(b"cc"))] == ['a "b"']
    assert readable(message).startswith("안녕하세요\n.\nFrom here\n가가")
    assert message.count(b"\n") == message.count(b"\r\n")


@pytest.mark.parametrize(
    ("said", "body", "text"),
    [
        ("format=flowed; delsp=yes", "가나다 \n라마\n따로", "가나다라마\n따로"),
        ("format=flowed", "one \ntwo\n\nthree", "one two\n\nthree"),
        ("format=Flowed; DelSp=No", "one \ntwo", "one two"),
        ("format=flowed", "> a \n> b\n>> c\nd", "> a b\n>> c\nd"),
        ("format=flowed", "> a \nb", "> a \nb"),  # of another depth: the paragraph ends
        ("format=flowed", " From me\n  two", "From me\n two"),  # space-stuffed
        ("format=flowed", "bye \n-- \nKim \nLee", "bye \n-- \nKim Lee"),  # the signature's line is fixed
        ("format=fixed", "one \ntwo", "one \ntwo"),
    ],
)
def test_lines_that_only_their_width_has_broken_are_read_as_one(said, body, text):
    head = f"Content-Type: text/plain; charset=utf-8; {said}\r\n\r\n"
    assert readable((head + body.replace("\n", "\r\n")).encode()) == text + "\n"


def test_private_fields_are_cut_and_nothing_else_changes():
    message = b"To: a@b\r\nBcc: c@d,\r\n e@f\r\nX-Pyeonji-App: 1\r\nSubject: x\r\n\r\nBcc: stays\r\n"
    assert edit.without_private(message)[0] == b"To: a@b\r\nSubject: x\r\n\r\nBcc: stays\r\n"
    assert edit.prepend_fields(b"A: 1\r\n\r\n", [b"B: 2", b"C: 3\r\n"]) == b"B: 2\r\nC: 3\r\nA: 1\r\n\r\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"a\nb\n", b"a\r\nb\r\n"), (b"a\r\nb\n", b"a\r\nb\r\n"), (b"a\r\r\nb", b"a\r\nb"), (b"a\rb", b"a\r\nb"),
     (b"a\r\n", b"a\r\n"), (b"", b"")],
)  # fmt: skip
def test_all_line_ends_become_crlf(before, after):
    assert edit.with_crlf(before) == after


def test_an_8bit_letter_is_made_7bit_and_stays_the_same_letter():
    inner = "Content-Type: text/html; charset=euc-kr\r\n\r\n<p>한글</p>\r\n".encode("cp949")
    message = (
        b"Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n--b\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        + "Hello Größe, quite plain text\r\nsecond line\r\n".encode()
        + b"--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + inner
        + b"--b\r\nContent-Type: application/x\r\nContent-Transfer-Encoding: binary\r\n\r\n" + bytes(range(256))
        + b"\r\n--b--\r\n"
    )  # fmt: skip
    plain = edit.to_7bit(message)
    assert not needs_8bit(plain)
    assert b"8bit" not in plain
    old, new = list(scan(message).walk()), list(scan(plain).walk())
    assert [(p.type, p.subtype) for p in old] == [(p.type, p.subtype) for p in new]
    assert [decoded_part(p).text.rstrip() for p in old[1:4:2]] == [decoded_part(p).text.rstrip() for p in new[1:4:2]]
    assert decode(new[-1].body, new[-1].encoding) == bytes(range(256))
    assert edit.to_7bit(plain) is plain


def test_a_received_field_tells_the_hop_and_only_one_recipient():
    field = received_field(
        from_host=from_clause("client.kr)\r\nX: y", "host.kr", "2001:db8::1"), by="mx.x.kr", protocol="ESMTPS",
        receipt="K7M32QXD9TAB", seconds=0, recipient=LEE,
    )  # fmt: skip
    assert field.replace(b"\r\n ", b" ") == (
        b"Received: from client.kr?X:?y (host.kr [IPv6:2001:db8::1]) by mx.x.kr with ESMTPS id K7M32QXD9TAB"
        b" for <lee@x.kr>; Thu, 1 Jan 1970 00:00:00 +0000\r\n"
    )
    assert return_path_field(None) == b"Return-Path: <>\r\n"
    header = parse_header(field + field + b"Delivered-To: Kim@X.kr\r\n\r\n")
    assert (received_count(header), delivered_to(header)) == (2, ["kim@x.kr"])


def report(**changes):
    values = {
        "author": ("편지 시스템", KIM), "to": LEE, "subject": "편지를 전하지 못했어요", "text": "그런 주소가 없대요.\n",
        "date": 0, "message_id": "2@x", "reporting_mta": "mx.x.kr", "returned": MIXED, "envid": "abc",
        "recipients": [
            RecipientStatus(
                final=parse_address("nobody@x.kr"), original="rfc822;nobody@x.kr", action=Action.FAILED,
                status="5.1.1", remote_mta="mx1.x.kr", diagnostic="550 5.1.1 없음\r\nX: y",
                last_attempt=datetime(2026, 1, 1, tzinfo=UTC),
            ),
            RecipientStatus(final=parse_address("김@x.kr"), action=Action.DELAYED, status="4.4.1"),
        ],
    }  # fmt: skip
    return Report(**(values | changes))


@pytest.mark.parametrize("headers_only", [True, False])
def test_a_bounce_is_three_parts_that_programs_can_read(headers_only):
    message = build_report(report(headers_only=headers_only))
    assert message.isascii()
    tree = scan(message)
    assert tree.params["report-type"] == "delivery-status"
    last = "text/rfc822-headers" if headers_only else "message/rfc822"
    assert [f"{p.type}/{p.subtype}" for p in tree.children] == ["text/plain", "message/delivery-status", last]
    read = parse_report(message)
    assert (read.reporting_mta, read.envid) == ("mx.x.kr", "abc")
    assert [(r.final, r.action, r.status) for r in read.recipients] == [
        ("nobody@x.kr", "failed", "5.1.1"),
        ("김@x.kr", "delayed", "4.4.1"),
    ]
    assert read.recipients[0].diagnostic == "550 5.1.1 ?? X: y"
    assert read.recipients[0].last_attempt == datetime(2026, 1, 1, tzinfo=UTC)
    assert readable(message).startswith("그런 주소가 없대요.\n")


def test_a_bounce_over_smtputf8_says_addresses_as_they_are():
    message = build_report(report(), smtputf8=True)
    assert "utf-8; 김@x.kr".encode() in message
    assert scan(message).children[1].subtype == "global-delivery-status"
    assert parse_report(message).recipients[1].final == "김@x.kr"


def test_a_report_is_found_behind_a_status_part_without_fields():
    message = (
        b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nSorry.\n\nNo.\n"
        b"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.x.kr\n\n"
        b"Final-Recipient: RFC822; <u@x.kr>\nAction: failed\nStatus: 5.3.0 (other)\n\n--b--\n"
    )
    read = parse_report(message)
    assert read.reporting_mta == "mx.x.kr"
    assert [(r.final, r.action, r.status) for r in read.recipients] == [("u@x.kr", "failed", "5.3.0")]


def test_a_letter_without_a_report_has_none():
    assert parse_report(MIXED) is None
    assert sanitised_reply("550\x1b[31m no\r\nway\u202e" + "x" * 5000)[:12] == "550 [31m no "
    assert len(sanitised_reply("가" * 5000, ascii_only=False).encode()) <= 1000


# ── hostile octets ──

octets_of_mail = st.lists(
    st.sampled_from(
        [b"\r\n", b"\n", b"\r", b"--b", b"--", b"From: ", b"To:", b"Content-Type: multipart/mixed; boundary=b", b"a@b",
         b"Content-Type: message/rfc822", b"Content-Transfer-Encoding: base64", b"=?utf-8?B?7JWI?=", b"=?", b"?=", b'"',
         b"\\", b"(", b")", b"<", b">", b",", b";", b":", b"@", b" ", b"\t", b"filename*0*=", b"%ED", b"''", b"\x00",
         b"\xff", b"\xb0\xa1", b"\x1b$)C", b"\x0e", b"Subject: x", b"Content-Type: message/delivery-status", b"[", b"]",
         b"begin 644 x\n", b"Content-Type: text/html", b"<!--", b"<script", b"Mon, 1 Jan 99 ", b"9999"]
    ),
    max_size=40,
).map(b"".join)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(octets_of_mail | st.binary(max_size=200))
def test_any_octets_are_a_message_and_nothing_raises(octets):
    header = parse_header(octets)
    assert header_end(octets) == header.body
    for part in scan(octets).walk():
        assert part.header_start <= part.body_start <= part.body_end <= len(octets)
        assert (part.filename, part.params, part.lines, part.encoding) is not None
    assert isinstance(readable(octets), str)
    readable(octets).encode("utf-8")  # no lone surrogates
    parse_report(octets)
    parse_date(octets)
    parse_parameters(octets)
    for entry in parse_addresses(octets):
        str(entry)
    body = edit.to_7bit(octets)
    assert body[header_end(body) :].isascii()
    decode_charset(octets, "euc-kr").text.encode("utf-8")


@given(st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_name_is_written_safely(name):
    field = fold("From", format_mailbox(name, KIM))
    assert field.isascii()
    assert field.count(b"\r\n") == field.count(b"\n") == len(field.splitlines())
    (read,) = parse_mailboxes(parse_header(field).get(b"from"))
    assert str(read.address) == "kim@example.kr"


SIZE = 100_000


@pytest.mark.parametrize(
    "octets",
    [
        b"X: y\r\n" * SIZE,
        b"From: " + b"a@b," * SIZE,
        b"From: " + b'"\\' * SIZE,
        b"From: " + b"(" * SIZE,
        b"From: " + b"<" * SIZE,
        b"From: " + b"a:" * SIZE,
        b"From: " + b"a <b> " * SIZE,
        b"From: " + b"=?utf-8?Q?a?= " * SIZE,
        b"Subject: " + b"=?utf-8?B?7JWI?= " * SIZE,
        b"Subject: " + b"=?utf-8?B?7?= " * SIZE,
        b"Subject: " + b"=?" * SIZE,
        b"Subject: " + b"=?a?q?" * SIZE,
        b"Subject: " + b"\x1b$B\x1b(B" * SIZE,
        b"Content-Type: text/plain" + b"".join(b";p*%d*=x" % n for n in range(SIZE)),
        b"Content-Type: text/plain" + b';a="\\' * SIZE,
        b"Content-Type: text/plain;a=" + b"(" * SIZE,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * SIZE,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--bx\n" * SIZE,
        b"Content-Type: message/rfc822\r\n\r\n" * SIZE,
        b"Content-Type: text/html\r\n\r\n" + b"<" * SIZE,
        b"Content-Type: text/html\r\n\r\n" + b"<!--" * SIZE,
        b"Content-Type: text/html\r\n\r\n" + b"<script>" * SIZE,
        b"Content-Type: text/html\r\n\r\n" + b"\n " * SIZE,
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b" " * SIZE + b"=\r\n" + b" \n" * SIZE,
        b"Content-Transfer-Encoding: base64\r\n\r\n" + b"A=" * SIZE,
        b"Date: " + b"(" * SIZE,
        b"\r" * SIZE,
    ],
    ids=lambda octets: repr(octets[:60]),
)
def test_bombs_take_time_in_proportion_to_their_size(octets):
    began = time.process_time()
    header = parse_header(octets)
    header_end(octets)
    for part in scan(octets).walk():
        assert part.params is not None
    for name in (b"from", b"subject"):
        decode_words(header.get(name) or b"")
    assert len(parse_addresses(header.get(b"from") or b"")) <= 10_000
    parse_date(header.get(b"date") or b"")
    assert len(parse_parameters(header.get(b"content-type") or b"").raw) <= 128
    readable(octets)
    edit.with_crlf(octets)
    assert time.process_time() - began < 3  # seconds; what is quadratic takes minutes
