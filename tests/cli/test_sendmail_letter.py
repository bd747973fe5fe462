"""What sendmail(8) does to its input: line ends, the lone dot, the addresses of -t."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyeonji.cli.sendmail_letter import addresses, canonical, from_header, named, separated, with_author
from pyeonji.message.addresses import parse_mailboxes

LINE_ENDS = [
    (b"a\nb\n", b"a\r\nb\r\n"),
    (b"a\r\nb\r\n", b"a\r\nb\r\n"),
    (b"a\r\nb\nc\r\n", b"a\r\nb\r\nc\r\n"),  # PHP with mixed endings
    (b"a\r\r\nb\r\r\n", b"a\r\nb\r\n"),  # converted twice
    (b"no end", b"no end\r\n"),
    (b"", b""),
    (b"Subject: a\rBcc: x@y.example\n", b"Subject: a Bcc: x@y.example\r\n"),  # a lone CR makes no field
    (b"a\r.\rb\n", b"a . b\r\n"),
    (b"\r" * 5 + b"\n", b"\r\n"),
    (b"From kim Mon Nov 23 10:00:00 2026\nSubject: x\n", b"Subject: x\r\n"),  # mbox
]


@pytest.mark.parametrize(("given_octets", "wanted"), LINE_ENDS)
def test_every_line_end_becomes_one_crlf(given_octets, wanted):
    assert canonical(given_octets, dot_ends=False) == wanted


DOTS = [
    # input, with -i, without
    (b"a\n.\nb\n", b"a\r\n.\r\nb\r\n", b"a\r\n"),
    (b"a\r\n.\r\nMAIL FROM:<x@y>\r\n", b"a\r\n.\r\nMAIL FROM:<x@y>\r\n", b"a\r\n"),
    (b".\nb\n", b".\r\nb\r\n", b""),
    (b"a\n.", b"a\r\n.\r\n", b"a\r\n"),
    (b"a\n..\nb\n", b"a\r\n..\r\nb\r\n", b"a\r\n..\r\nb\r\n"),
    (b"a\n.b\n", b"a\r\n.b\r\n", b"a\r\n.b\r\n"),
    (b"a\n. \nb\n", b"a\r\n. \r\nb\r\n", b"a\r\n. \r\nb\r\n"),
    (b"a\r.\rb\n", b"a . b\r\n", b"a . b\r\n"),
]


@pytest.mark.parametrize(("octets", "whole", "cut"), DOTS)
def test_a_lone_dot_ends_the_letter_unless_i_is_said_and_never_begins_another(octets, whole, cut):
    assert canonical(octets, dot_ends=False) == whole
    assert canonical(octets, dot_ends=True) == cut


LISTS = [
    (b"kim@example.com", ["kim@example.com"]),
    (b" Kim <kim@example.com>, lee@example.net\r\n", ["kim@example.com", "lee@example.net"]),
    (b'"Kim, Lee" <kim@example.com>', ["kim@example.com"]),
    (b'"a@b <c@d>" <kim@example.com>', ["kim@example.com"]),
    (b"kim@example.com (the (one) from, school)", ["kim@example.com"]),
    (b"Team: kim@example.com, Lee <lee@example.net>;, park@example.org",
     ["kim@example.com", "lee@example.net", "park@example.org"]),
    (b"undisclosed-recipients:;", []),
    (b'"kim lee"@example.com', ['"kim lee"@example.com']),
    (b"kim@[192.0.2.1]", ["kim@[192.0.2.1]"]),
    (b"kim@[IPv6:2001:db8::1], lee@example.net", ["kim@[IPv6:2001:db8::1]", "lee@example.net"]),
    (b"kim @ example.com", ["kim@example.com"]),
    ("철수 <철수@한글.example>".encode(), ["철수@한글.example"]),
    (b"=?utf-8?B?7LKg7IiY?= <kim@example.com>", ["kim@example.com"]),
    (b"<@relay.example:kim@example.com>", ["kim@example.com"]),
    (b"kim@example.com,\r\n lee@example.net,,", ["kim@example.com", "lee@example.net"]),
    (b"root", ["root"]),
    (b"", []),
]  # fmt: skip


@pytest.mark.parametrize(("value", "wanted"), LISTS)
def test_t_finds_the_addresses_of_a_field(value, wanted):
    assert addresses(value) == wanted


@pytest.mark.parametrize(("value", "wanted"), [case for case in LISTS if b"[" not in case[0] and case[1] != ["root"]])
def test_the_light_scanner_agrees_with_the_full_one(value, wanted):
    assert (
        addresses(value) == [f"{box.address}" for box in parse_mailboxes(value) if box.address] or not value.isascii()
    )


LETTER = (
    b"From: a@example.com\r\nTo: Kim <kim@example.com>\r\nCC: lee@example.net,\r\n kim@example.com\r\n"
    b"bcc: hidden@example.org,\r\n hidden2@example.org\r\nSubject: x\r\n\r\nBcc: in the body\r\n"
)


@pytest.mark.parametrize(
    ("argument", "wanted"),
    [
        ("kim@a.example", ["kim@a.example"]),
        ("<kim@a.example>", ["<kim@a.example>"]),
        ("kim@a.example, lee@a.example", ["kim@a.example", "lee@a.example"]),
        ("김철수 <kim@a.example>", ["kim@a.example"]),
        ('"Kim, C." <kim@a.example>,lee', ["kim@a.example", "lee"]),
        ('"a,b"@a.example', ['"a,b"@a.example']),
        ("a@b.example -OQueueDirectory=/tmp", ["a@b.example -OQueueDirectory=/tmp"]),  # the server refuses it
        (",", [","]),
    ],
)
def test_an_argument_may_be_a_list_or_have_a_name(argument, wanted):
    assert named(argument) == wanted


def test_t_takes_to_cc_and_bcc_once_each_and_leaves_no_bcc_behind():
    recipients, content = from_header(LETTER)
    assert recipients == ["kim@example.com", "lee@example.net", "hidden@example.org", "hidden2@example.org"]
    assert b"hidden" not in content
    assert content.endswith(b"Subject: x\r\n\r\nBcc: in the body\r\n")


def test_of_a_resent_letter_only_the_resent_recipients_count():
    resent = b"Resent-To: park@example.org\r\nResent-Bcc: q@example.org\r\n" + LETTER
    recipients, content = from_header(resent)
    assert recipients == ["park@example.org", "q@example.org"]
    assert b"q@example.org" not in content


def test_a_letter_without_a_header_is_all_body():
    assert separated(b"backup finished\r\n") == b"\r\nbackup finished\r\n"
    assert separated(b"Subject: x\r\n\r\nbody\r\n") == b"Subject: x\r\n\r\nbody\r\n"
    assert separated(b"Subject: x\r\nbody without empty line\r\n") == b"Subject: x\r\n\r\nbody without empty line\r\n"


def test_the_name_of_the_writer_is_added_only_where_there_is_no_from():
    assert with_author(b"\r\nhi\r\n", "Cron Daemon", "root@localhost").startswith(
        b'From: "Cron Daemon" <root@localhost>'
    )
    assert with_author(b"From: a@b\r\n\r\n", "Cron", "root@localhost") == b"From: a@b\r\n\r\n"
    assert with_author(b"\r\n", "철수", "c@1ban.test").isascii()


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_any_input_becomes_one_letter_with_clean_line_ends(octets, dot_ends):
    content = canonical(octets, dot_ends=dot_ends)
    assert b"\r" not in content.replace(b"\r\n", b"") and b"\n" not in content.replace(b"\r\n", b"")
    assert not content or content.endswith(b"\r\n")
    recipients, rest = from_header(content)
    assert all(recipients)
    assert separated(separated(rest)) == separated(rest)


def test_a_million_brackets_are_read_in_one_pass():
    for value in (b"(" * 200_000, b'"' * 200_001, b"<" * 200_000, b"[" * 200_000, b"\r" * 200_000 + b"\n"):
        addresses(value)
        canonical(value, dot_ends=True)
