"""What is made of a letter's octets: base subject, facts, wording, preview, kept fields (docs/reading.md)."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.message.facts import MAX_REFERENCES, message_ids, number_of, pack, unpack
from pyeonji.message.folded import fold, fold_line
from pyeonji.message.header import parse_header
from pyeonji.message.html_text import html_to_text, unescape
from pyeonji.message.kept_fields import KEPT, MAX_OCTETS, chosen, kept
from pyeonji.message.preview import MAX_PREVIEW
from pyeonji.message.subject import base_subject
from pyeonji.message.surrogate import surrogate
from pyeonji.message.wording import MAX_BODY, in_field
from pyeonji.proto.imap.digest import digest
from pyeonji.proto.imap.section import fields

# RFC 5256 §2.1, §3 and the letters people send.
SUBJECTS = [
    ("hello", "hello", False), ("Re: hello", "hello", True), ("RE : hello", "hello", True), ("re:hello", "hello", True),
    ("Fwd: hello", "hello", True), ("FW: hello", "hello", True), ("Re[2]: hello", "hello", True),
    ("Re: Fwd: Re: hello", "hello", True), ("hello (fwd)", "hello", True), ("hello (FWD) (fwd) ", "hello", True),
    ("[fwd: hello]", "hello", True), ("[Fwd: Re: [list] hello (fwd)]", "hello", True), ("[list] hello", "hello", False),
    ("[a] [b] hello", "hello", False), ("[list] Re: [list] hello", "hello", True), ("[list]", "[list]", False),
    ("Re: [list]", "[list]", True), ("[a][list]", "[list]", False), ("Re:", "", True), ("", "", False),
    ("  a\t b  c ", "a b c", False), ("Regarding: x", "Regarding: x", False), ("[fwd: x", "[fwd: x", False),
    ("Re: 회의 자료", "회의 자료", True), ("[a[b] x", "[a[b] x", False), ("Re: [x] [y] Re[3]: z", "z", True),
]  # fmt: skip


@pytest.mark.parametrize(("written", "base", "answer"), SUBJECTS)
def test_answers_and_forwards_have_the_subject_of_their_first_letter(written, base, answer):
    assert base_subject(written) == (base, answer)


@given(st.lists(st.sampled_from(["Re:", "[fwd:", "]", "[a]", " ", "(fwd)", "fw :", "x", "[", "re[1]:"])).map("".join))
def test_the_base_of_a_base_subject_is_itself(written):
    base, _ = base_subject(written)
    assert base_subject(base)[0] == base
    assert base in " ".join(written.split())


FOLDS = [
    ("ABC", "abc"), ("Straße", "strasse"), ("ＡＢＣ１", "abc1"), (unicodedata.normalize("NFD", "편지"), "편지"),
    ("a \r\n\t b", "a b"), (" a ", " a "), ("a\x00b", "ab"), ("co\u00adoperate\u200b", "cooperate"), ("   ", " "),
    ("\u00a0한글\u3000", " 한글 "), ("İ", "i̇"), ("ﬁ", "fi"), ("", ""), ("Café", "cafe\u0301"),
    ("㈜한국", "(주)한국"), ("각", "각"), ("\u1100\u1161\u11a8", "각"), ("ㅎㅏ", "\u1112\u1161"), ("ｶﾞ", "カ\u3099"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "compared"), FOLDS)
def test_texts_are_compared_without_case_width_composition_and_blanks(written, compared):
    assert fold(written) == compared
    assert fold_line(written) == compared.strip()


@given(st.text())
def test_what_is_folded_stays_as_it_is(text):
    assert fold(fold(text)) == fold(text)


HTML = [
    ("<p>a<p>b", "a\nb"), ("a<br>b", "a\nb"), ("a &lt;b&gt; &amp;amp;", "a <b> &amp;"),
    ("1 < 2", "1 < 2"), ("<b title='a>b'>x</b>", "x"), ("<b title=\"don't\">x</b>", "x"), ("<i don't>x</i>", "x"),
    ("<script>if (a<b) x</script>y", "y"), ("<SCRIPT>x</Script >y", "y"), ("<style>p{}", ""), ("x<!-- <p> -->y", "xy"),
    ("x<!-- y", "x"), ("<!doctype html>x", "x"), ("<?xml version='1'?>x", "x"), ("<head><title>t</title></head>x", "x"),
    ("&#xAC00;&#44033;&#0;&#x110000;&#128;", "가각\ufffd\ufffd€"), ("&nosuch; & &#;", "&nosuch; & &#;"),
    ("<a href='https://x.kr/'>여기</a>", "여기 <https://x.kr/>"), ("<a href=https://x.kr/>https://x.kr/</a>", "https://x.kr/"),
    ("<ul><li>a<li>b</ul>", "- a\n- b"), ("<table><tr><td>a<td>b</table>", "a b"), ("a\x00\x1bb", "ab"), ("a<b", "a"),
    ("<a <b>x</b>", "x"), ("a&nbsp;&nbsp;b", "a b"),
    ("<div>a</div><div>b</div>", "a\nb"), ("<div>a</div>\n<div><br></div>\n<div>b</div>", "a\n\nb"),
    ("<div><div>a</div>b</div>c", "a\nb\nc"), ("<p>a</p><p>b</p>", "a\n\nb"),
    ("<div><p>a</p></div><div><p>b</p></div>", "a\n\nb"),
    ("<table><tr><td>a</td></tr> <tr><td>b</td></tr></table>", "a\nb"),
]  # fmt: skip


@pytest.mark.parametrize(("html", "text"), HTML)
def test_html_reads_as_text(html, text):
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    "evil",
    ["<", "<a ", "<!--", "<script", "<script>", "<head>", '<a b="', "<a b='\"", "&", "&#9", "<td>", "</p", "<title><"],
)  # fmt: skip
def test_no_html_takes_long(evil):
    started = time.process_time()
    html_to_text(evil * (300_000 // len(evil)))
    html_to_text("&#" + "9" * 1_000_000)
    assert time.process_time() - started < 2


def test_text_of_html_is_bounded():
    assert len(html_to_text("<p>word " * 100_000, limit=1_000)) <= 1_100


@given(st.text(alphabet="<>&;\"'=-!/ab#x0 \n", max_size=60))
def test_any_html_is_read(html):
    html_to_text(html)
    unescape(html)


LETTER = (
    'From: "=?euc-kr?B?sejDtrz2?=" <kim@example.kr>\r\n'
    "To: team: lee@example.kr, park@example.kr;\r\n"
    "Cc: =?utf-8?q?Gro=C3=9F?= <GROSS@example.de>\r\n"
    "Subject: Re: =?utf-8?B?7ZqM7J2Y?=\r\n =?utf-8?B?66Gd?=\r\n"
    "Date: Thu, 1 Jan 2026 01:30:00 +0900\r\n"
    "Message-ID: <c@example.kr>\r\n"
    'References: <a@example.kr>\r\n <"b"@example.kr>\r\n'
    "X-Note: ＡＢＣ  def\r\n"
    "DKIM-Signature: v=1; b=abcdef\r\n"
    'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    '--b\r\nContent-Type: multipart/alternative; boundary="i"\r\n\r\n'
    "--i\r\nContent-Type: text/plain; charset=euc-kr\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    "번역을\r\n부탁합니다\r\n> 지난 편지\r\n"
    "--i\r\nContent-Type: text/html; charset=euc-kr\r\n\r\n<p>번역을 <b>부탁</b>합니다 &copy;</p>\r\n--i--\r\n"
    "--b\r\nContent-Type: application/pdf\r\n"
    "Content-Disposition: attachment; filename*=utf-8''%EA%B2%AC%EC%A0%81%EC%84%9C.pdf\r\n\r\nx\r\n"
    "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nFrom: choi@example.kr\r\n\r\nInside\r\n--b--\r\n"
).encode("euc-kr", "xmlcharrefreplace")


def test_a_letter_is_understood():
    made = digest(LETTER)
    known = made.facts
    assert (known.subject, known.answer, known.attachment) == ("회의록", True, True)
    assert (known.author, known.recipient, known.copied) == ("kim", "lee", "gross")
    assert (known.author_shown, known.recipient_shown) == ("김철수", "lee@example.kr")
    assert known.sent_us == 1_767_198_600_000_000  # 2025-12-31 16:30 UTC
    assert known.sent_day == 739_617  # 1 January, as written
    assert known.references == (number_of(b"a@example.kr"), number_of(b"b@example.kr"))
    assert known.thread == number_of(b"a@example.kr")
    assert made.preview == "번역을 부탁합니다"
    said = made.wording
    assert said.subject == "subject: re: 회의록"
    assert said.author == 'from: "김철수" <kim@example.kr>'
    assert said.recipients == "to: team: lee@example.kr, park@example.kr;\ncc: gross <gross@example.de>"
    recipients = said.recipients.encode()
    assert in_field(recipients, b"to", b"park@")
    assert not in_field(recipients, b"cc", b"park@")
    assert not in_field(recipients, b"to", b"to:")
    assert in_field(recipients, b"cc", b"")
    assert not in_field(recipients, b"bcc", b"")
    assert "x-note: abc def" in said.header.split("\n")
    assert "dkim" not in said.header
    assert said.body.split("\n") == [
        "번역을 부탁합니다 > 지난 편지", "번역을 부탁합니다 ©", "견적서.pdf", "subject: inner", "from: choi@example.kr",
        "inside",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "body", "found"),
    [
        (
            "format=flowed; delsp=yes",
            "회의자료를 번 \r\n역하여 보내 \r\n드립니다\r\n",
            "회의자료를 번역하여 보내드립니다",
        ),
        ("format=flowed", "회의 자료를 \r\n번역하여\r\n", "회의 자료를 번역하여"),
        ("format=flowed", "> 지난 \r\n> 편지\r\n", "> 지난 편지"),
    ],
)
def test_a_word_is_found_where_only_the_width_of_lines_has_broken_it(said, body, found):
    made = digest(f"Content-Type: text/plain; charset=utf-8; {said}\r\n\r\n{body}".encode())
    assert made.wording.body == found
    assert made.preview == ("" if found.startswith(">") else found)


def test_facts_are_packed_and_unpacked():
    for octets in (LETTER, b"", b"Subject: \xff\xfe\r\n\r\n", b"Date: nonsense\r\nFrom: @\r\n\r\n"):
        known = digest(octets).facts
        assert unpack(pack(known)) == known
    for damaged in (b"", b"x", pack(digest(b"").facts)[:-1]):
        with pytest.raises(ValueError):
            unpack(damaged)


@given(st.binary(max_size=300))
def test_any_octets_have_a_digest(octets):
    made = digest(octets)
    assert unpack(pack(made.facts)) == made.facts
    assert "\0" not in "".join(made.wording.sections)
    assert len(made.preview) <= MAX_PREVIEW


def test_ids_are_the_same_however_they_are_quoted():
    assert message_ids(b'<"01KF8JCEOCBS0045PS"@xxx.yyy.com>') == message_ids(b"< 01KF8JCEOCBS0045PS@xxx.yyy.com >")
    assert message_ids(b"your letter of Monday") == []
    many = b" ".join(b"<%d@x>" % number for number in range(1_000))
    kept_ids = digest(b"References: %b\r\n\r\n" % many).facts.references
    assert len(kept_ids) == MAX_REFERENCES
    assert (kept_ids[0], kept_ids[-1]) == (number_of(b"0@x"), number_of(b"999@x"))


ATTACHED = [
    (b"Content-Type: text/plain\r\n\r\nx", False),
    (b"Content-Type: application/pdf\r\n\r\nx", True),
    (b"Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b\r\n"
     b"Content-Type: image/png\r\nContent-ID: <a>\r\n\r\nx\r\n--b--", False),
    (b"Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b\r\n"
     b"Content-Type: image/png\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--", True),
    (b"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\n"
     b"Content-Type: application/pgp-signature\r\n\r\nx\r\n--b--", False),
    (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\r\nx\r\n--b--",
     True),
]  # fmt: skip


@pytest.mark.parametrize(("octets", "attached"), ATTACHED)
def test_pictures_of_a_page_and_signatures_are_no_attachments(octets, attached):
    assert digest(octets).facts.attachment is attached


def test_a_letter_as_large_as_can_be_has_a_bounded_wording():
    words = b"".join(b"w%d " % number for number in range(400_000))
    made = digest(b"Subject: big\r\n\r\n" + words)
    assert len(made.wording.body) == MAX_BODY


def test_of_kept_fields_any_are_cut_out_as_they_stand():
    header = parse_header(LETTER)
    octets = kept(header)
    for names in ({b"subject"}, {b"from", b"date", b"references"}, {b"bcc"}, set(KEPT)):
        for utf8 in (False, True):
            assert chosen([octets], frozenset(names), utf8=utf8) == [fields(header, tuple(names))[:-2]]
    assert chosen([octets], frozenset({b"subject", b"x-note"}), utf8=True) == [None]
    nothing = kept(parse_header(b"X-Note: 1\r\n\r\n"))
    one = kept(parse_header(b"Subject: a\r\nTo: b\r\nSubject: c\r\n\r\n"))
    letters = [b"", None, nothing, one]
    assert chosen(letters, frozenset({b"subject"}), utf8=True) == [None, None, b"", b"Subject: a\r\nSubject: c\r\n"]
    assert chosen(letters, frozenset({b"to"}), utf8=True) == [None, None, b"", b"To: b\r\n"]
    assert chosen([nothing], frozenset({b"x-note"}), utf8=True) == [None]
    assert kept(parse_header(b"To: a@b.test\r\n" * 256 + b"\r\n")) == b""
    assert kept(parse_header(b"Subject: " + b"x" * MAX_OCTETS + b"\r\n\r\n")) == b""


def test_kept_fields_that_are_not_ascii_are_kept_in_ascii_too():
    octets = "To: 김 <kim@x.kr>\r\nX-Own: 것\r\nSubject: 안녕\r\nDate: x\r\n\r\n".encode()
    header = parse_header(octets)
    for names in ({b"subject"}, {b"to", b"date"}, set(KEPT)):
        wanted = fields(header, tuple(names))[:-2]
        assert chosen([kept(header)], frozenset(names), utf8=True) == [wanted]
        assert chosen([kept(header)], frozenset(names), utf8=False) == [surrogate(wanted)]
    assert surrogate(octets) != octets
    # In ASCII it is longer than what is kept: the letter itself is asked then.
    assert kept(parse_header(f"Subject: {'가' * (MAX_OCTETS // 3 - 10)}\r\n\r\n".encode())) == b""
