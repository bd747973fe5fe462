"""Header, words, parameters, charsets, dates, codecs: what is written in mail, and what people read."""

import base64
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from pyeonji.message import charset, codecs
from pyeonji.message.addresses import GroupEnd, GroupStart, Mailbox, parse_addresses
from pyeonji.message.author import NotOneAuthor, author
from pyeonji.message.charset import How
from pyeonji.message.date import format_date, parse_date
from pyeonji.message.folding import fold, unfold
from pyeonji.message.header import header_end, parse_header
from pyeonji.message.parameters import Parameters, filename_of, format_parameters, parse_parameters
from pyeonji.message.words import decode_words, encode_words

GREETING = "안녕하세요 편지입니다."
RARE = "안녕하세요, 똠방각하와 펲시콜라입니다."  # syllables that only CP949 has


@pytest.mark.parametrize(
    ("octets", "fields", "body"),
    [
        (b"A: 1\r\nB: 2\r\n 3\r\n\r\nbody", [(b"a", b"1"), (b"b", b"2 3")], b"body"),
        (b"A: 1\nB: 2\n\t3\n\nbody", [(b"a", b"1"), (b"b", b"2\t3")], b"body"),
        (b"A: 1\r\n\nbody", [(b"a", b"1")], b"body"),
        (b"A: 1\r\nno field here\r\nB: 2\r\n", [(b"a", b"1")], b"no field here\r\nB: 2\r\n"),
        (b"From kim Mon Jan 1\r\nA: 1\r\n\r\nbody", [(b"a", b"1")], b"body"),
        (b"\r\nbody", [], b"body"),
        (b"body", [], b"body"),
        (b"", [], b""),
        (b"A : 1\r\n\r\n", [(b"a", b"1")], b""),
        (b"A: 1", [(b"a", b"1")], b""),
        (b"A:\r\n \r\n\r\nbody", [(b"a", b"")], b"body"),
    ],
)
def test_a_header_ends_where_its_last_field_does(octets, fields, body):
    header = parse_header(octets)
    assert [(field.name, header.value(field)) for field in header] == fields
    assert octets[header.body :] == body
    assert header_end(octets) == header.body


def test_of_two_fields_of_one_name_the_first_counts():
    header = parse_header(b"Subject: one\r\nsubject: two\r\n\r\n")
    assert header.get(b"subject") == b"one"
    assert header.all(b"subject") == [b"one", b"two"]
    assert header.count(b"subject") == 2


@pytest.mark.parametrize(
    ("text", "encoding", "declared", "how"),
    [
        (GREETING, "euc_kr", "euc-kr", How.DECLARED),
        (RARE, "cp949", "euc-kr", How.DECLARED),
        (RARE, "cp949", "ks_c_5601-1987", How.DECLARED),
        (RARE, "cp949", "ks_c_5601-1989", How.DECLARED),
        (RARE, "cp949", "windows-949", How.DECLARED),
        (RARE, "cp949", None, How.KOREAN),
        (RARE, "cp949", "utf-8", How.KOREAN),
        (RARE, "cp949", "iso-8859-1", How.KOREAN),
        (RARE, "cp949", "us-ascii", How.KOREAN),
        ("똠방각하와 펲시콜라, 햏햏! 안녕하세요", "cp949", "iso-8859-1", How.KOREAN),
        (RARE, "cp949", "no-such-charset", How.KOREAN),
        ("회의", "cp949", None, How.KOREAN),
        ("처", "cp949", "euc-kr", How.DECLARED),  # C3 B3 is valid UTF-8, too
        (GREETING, "iso2022_kr", "iso-2022-kr", How.DECLARED),
        (GREETING, "iso2022_kr", None, How.ESCAPES),
        (GREETING, "johab", "johab", How.DECLARED),
        (GREETING, "utf-8", "euc-kr", How.UTF_8),
        (GREETING, "utf-8", "iso-8859-1", How.UTF_8),
        (GREETING, "utf-8", None, How.UTF_8),
        (GREETING, "utf-16", "utf-16", How.DECLARED),
        (GREETING, "utf-16-be", "utf-16", How.DECLARED),  # no mark: RFC 2781 §4.3
        (GREETING, "utf-16-le", "utf-16", How.DECLARED),  # no mark, and the other order all the same
        ("hello", "utf-16-be", "utf-16", How.DECLARED),
        (RARE, "utf-16", "utf-16be", How.DECLARED),  # the mark knows better than the label
        (RARE, "utf-16-be", "UCS-2", How.DECLARED),
        (RARE, "utf-16-be", "iso-10646-ucs-2", How.DECLARED),
        (RARE, "utf-16-le", "csUnicode", How.DECLARED),
        (RARE, "utf-16", None, How.ESCAPES),
        (RARE, "utf-16-le", None, How.ESCAPES),
        (RARE, "utf-16-be", "euc-kr", How.ESCAPES),
        (RARE, "utf-32", None, How.ESCAPES),
        (RARE, "utf-32", "utf-32", How.DECLARED),
        (RARE, "utf-32-be", "utf-32", How.DECLARED),
        (RARE, "utf-32-be", "UCS-4", How.DECLARED),
        (RARE, "utf-8", "utf-16", How.UTF_8),
        (RARE, "utf-8", "unicode", How.UTF_8),
        ("회의", "utf-8", "utf-16", How.UTF_8),
        ("회의", "utf-16-be", "utf-16", How.DECLARED),
        ("hello", "ascii", "utf-16", How.ASCII),
        ("大韓民國 만세", "cp949", "euc-kr", How.DECLARED),
        ("日本語テキスト", "cp932", "shift_jis", How.DECLARED),
        ("日本語テキスト", "iso2022_jp", "iso-2022-jp", How.DECLARED),
        ("你好世界", "gbk", "gb2312", How.DECLARED),
        ("привет мир", "koi8-r", "koi8-r", How.DECLARED),
        ("Größe Äpfel", "cp1252", "iso-8859-1", How.DECLARED),
        ("“quotes” – dash", "cp1252", "iso-8859-1", How.DECLARED),
        ("café", "utf-8", None, How.UTF_8),
        ("hello", "ascii", "ks_c_5601-1987", How.ASCII),
    ],
)
def test_korean_and_other_text_comes_out_right_whatever_the_label(text, encoding, declared, how):
    decoded = charset.decode(text.encode(encoding), declared)
    assert (decoded.text, decoded.how) == (text, how)


def test_a_letter_cut_inside_a_syllable_is_still_read():
    assert charset.decode(GREETING.encode("utf-8")[:-2], "utf-8").text.startswith("안녕하세요 편지입니")
    assert charset.decode(("가나다라마바사 편지입니다" * 3).encode("cp949")[:-1]).text.startswith("가나다라마바사")


def test_utf_7_is_never_decoded():
    assert charset.decode(b"+ADw-script", "utf-7").text == "+ADw-script"
    assert decode_words(b"=?utf-7?Q?+ADw-?=") == "=?utf-7?Q?+ADw-?="


def word(octets, label="utf-8"):
    return b"=?" + label.encode() + b"?B?" + base64.b64encode(octets) + b"?="


SYLLABLES = "안녕하세요".encode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"=?ISO-8859-1?Q?a?= b", "a b"),  # RFC 2047 §8
        (b"=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab"),
        (b"=?ISO-8859-1?Q?a_b?=", "a b"),
        (word(SYLLABLES[:4]) + b" " + word(SYLLABLES[4:]), "안녕하세요"),
        (word(SYLLABLES[:4]) + b"\r\n " + word(SYLLABLES[4:]), "안녕하세요"),
        (word(SYLLABLES[:5]) + word(SYLLABLES[5:]), "안녕하세요"),
        (word("편지".encode("cp949")[:3], "euc-kr") + b" " + word("편지".encode("cp949")[3:], "euc-kr"), "편지"),
        (word("똠방".encode("cp949"), "ks_c_5601-1987"), "똠방"),
        (word("편지".encode("iso2022_kr"), "iso-2022-kr"), "편지"),
        ("회의 자료".encode("cp949"), "회의 자료"),
        ("회의 자료".encode(), "회의 자료"),
        (b"=?no-such?B?YQ==?= b", "=?no-such?B?YQ==?= b"),
        (b"=?utf-8*ko?Q?a?=", "a"),
        (word(b"a\x00b\r\nFrom: x"), "a\ufffdb From: x"),
        (b"=?utf-8?B?7JWI?= and =?utf-8?Q?=EB=85=95?=", "안 and 녕"),
        (b"=?utf-8?B?7JW?= =?utf-8?B?I64WV?=", "안녕"),  # base64 itself cut anywhere
        (b"plain =? text ?=", "plain =? text ?="),
    ],
)
def test_encoded_words_are_read(value, text):
    assert decode_words(value) == text


@pytest.mark.parametrize("text", ["안녕하세요 편지입니다 " * 9 + "끝", "Größe", "a =?b", "x" * 300 + "é", "🎉" * 40])
def test_words_we_write_are_short_whole_and_read_back(text):
    words = encode_words(text, column=9).split(" ")
    assert all(len(one) <= 75 for one in words)
    assert len(words[0]) <= 78 - 9
    assert decode_words(" ".join(words).encode("ascii")) == text
    assert "\ufffd" not in "".join(decode_words(one.encode()) for one in words)


def test_folded_lines_are_short_and_never_white():
    field = fold("Subject", "word " * 60 + "x" * 2000 + "   ")
    lines = field.split(b"\r\n")[:-1]
    assert all(line.strip() and len(line) <= 998 for line in lines)
    assert all(len(line) <= 78 for line in lines[:3])
    assert fold("X", "a\r\nBcc: b\x00") == b"X: a  Bcc: b\r\n"
    assert unfold(b"a\r\n b\r\n\tc\r\n") == b"a b\tc"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b'attachment; filename="a b.pdf"', "a b.pdf"),
        (b"attachment; filename=report (1).pdf", "report (1).pdf"),
        (b"attachment; filename*=utf-8''%ED%8E%B8%EC%A7%80.txt", "편지.txt"),
        (b"attachment; filename*=euc-kr''%C6%ED%C1%F6.txt", "편지.txt"),
        (b"attachment; filename*0*=utf-8''%ED%8E; filename*1*=%B8%EC%A7%80; filename*2=.txt", "편지.txt"),
        (b"attachment; filename*0*=utf-8''%ED%8E%B8%E; filename*1*=C%A7%80.txt", "편지.txt"),  # cut in a "%EC"
        (b"attachment; filename*1=b; filename*0=a; filename*3=d", "ab"),
        (b"attachment; filename=plain.txt; filename*=utf-8''real.exe", "real.exe"),
        (b'attachment; filename="=?utf-8?B?7Y647KeA?=.txt"', "편지.txt"),
        ('attachment; filename="편지.txt"'.encode("cp949"), "편지.txt"),
        ('attachment; filename="편지.txt"'.encode(), "편지.txt"),
        (b"attachment; filename*=utf-8''" + b"%E1%84%92%E1%85%A1%E1%86%AB.txt", "한.txt"),  # NFD from a Mac
        (b"attachment; filename=a.txt; filename=b.exe", "a.txt"),
        (b'attachment; filename="..\\\\..\\\\x.exe. "', "x.exe"),
        ('attachment; filename="a\u202efdp.exe"'.encode(), "afdp.exe"),
        (b'attachment; filename="unterminated', "unterminated"),
        (b"attachment", None),
    ],
)
def test_a_file_name_has_one_normal_form(value, expected):
    assert filename_of(parse_parameters(value), None) == expected


def test_a_content_type_is_read_with_comments_and_quotes():
    read = parse_parameters(b'Text/Plain (a (nested) one); CharSet="utf-8" (x); boundary="a\\"b;c"; x=y (z)')
    assert (read.value, read.decoded) == ("text/plain", {"charset": "utf-8", "boundary": 'a"b;c', "x": "y"})


def test_long_names_are_written_in_segments_and_read_back():
    name = "견적서 긴 이름의 파일입니다 정말로 길어요.pdf"
    value = fold("X", format_parameters("attachment", [("filename", name)]))[3:].replace(b"\r\n", b"")
    assert filename_of(parse_parameters(value), None) == name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T09:55:06-06:00"),
        ("Tue, 1 Jul 2003 10:52:37 +0200", "2003-07-01T10:52:37+02:00"),
        ("Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n -0330 (Newfoundland)",
         "1969-02-13T23:32:00-03:30"),
        ("21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06+00:00"),
        ("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", None),
        ("24 Nov 2026 10:00:60 KST", "2026-11-24T10:00:59+09:00"),
        ("24 Nov 2026 10:00 Z", "2026-11-24T10:00:00+00:00"),
        ("Tue Nov 24 10:00:00 2026", "2026-11-24T10:00:00+00:00"),
        ("31 Feb 2026 10:00:00 +0000", None),
        ("1 Jan 2026 10:00:00 +9999", None),
        ("", None),
        ("yesterday", None),
    ],
)  # fmt: skip
def test_dates_old_and_new_are_read(text, expected):
    found = parse_date(text)
    assert (found.isoformat() if found else None) == expected


def test_a_date_is_written_in_the_words_of_the_standard():
    assert format_date(datetime(2026, 11, 24, 1, 4, 25, tzinfo=UTC)) == "Tue, 24 Nov 2026 01:04:25 +0000"
    assert format_date(0) == "Thu, 1 Jan 1970 00:00:00 +0000"


def box(name, local_part, domain, route=None):
    return (name, local_part, domain, route)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"Kim <kim@x.kr>", [box("Kim", "kim", "x.kr")]),
        (b'"Lee, J" <"lee j"@x.kr>, a@b', [box("Lee, J", "lee j", "x.kr"), box("", "a", "b")]),
        (b"foo@bar (Foo (x) Bar)", [box("Foo (x) Bar", "foo", "bar")]),
        (b"<@a,@b:c@d>", [box("", "c", "d", b"@a,@b")]),
        (b"friends: a@b, c <d@e>;, z", ["friends", box("", "a", "b"), box("c", "d", "e"), "end", box("", "z", "")]),
        (b"undisclosed-recipients:;", ["undisclosed-recipients", "end"]),
        (b"a <x@y> b <z@w>", [box("a", "x", "y"), box("b", "z", "w")]),
        (b'"Kim <kim@x.kr>, b@c', [box("Kim", "kim", "x.kr"), box("", "b", "c")]),
        (b"kim@naver.com <a@b>", [box("kim@naver.com", "a", "b")]),
        (b"=?utf-8?Q?Kim,_Lee?= <a@b>", [box("Kim, Lee", "a", "b")]),
        (b"=?utf-8?B?ZXZpbEBhLmNvbQo8eD4A?= <a@b.c>", [box("evil@a.com <x>\ufffd", "a", "b.c")]),
        (b"Kim kim@x.com", [box("Kim", "kim", "x.com")]),
        (b"kim @ x.com", [box("", "kim", "x.com")]),
        ("김편지 <kim@x.kr>".encode("cp949"), [box("김편지", "kim", "x.kr")]),
        (b"a@[192.0.2.1]", [box("", "a", "[192.0.2.1]")]),
        (b", ,;", []),
        (b"<>", []),
    ],
)
def test_address_lists_are_read(value, expected):
    def shape(entry):
        if isinstance(entry, Mailbox):
            return box(entry.name, entry.local_part, entry.domain, entry.route)
        return entry.name if isinstance(entry, GroupStart) else "end"

    assert [shape(entry) for entry in parse_addresses(value)] == expected
    assert GroupEnd() == GroupEnd()


@pytest.mark.parametrize(
    "header",
    [
        b"To: a@b\r\n",
        b"From: a@b.kr\r\nFrom: c@d.kr\r\n",
        b"From : a@b.kr\r\n",
        b"From: a@b.kr, c@d.kr\r\n",
        b"From: g: a@b.kr;\r\n",
        b"From: a@b.kr\x00\r\n",
        b"From: <@x.kr,@y.kr:a@b.kr>\r\n",
        b"From: kim\r\n",
        b"From:\r\n",
    ],
)
def test_a_from_that_two_programs_could_read_differently_names_no_author(header):
    with pytest.raises(NotOneAuthor):
        author(parse_header(header + b"\r\n"))


def test_one_plain_author_is_found():
    (found,) = author(parse_header(b"From: =?utf-8?Q?Kim?= <kim@X.kr>\r\n\r\n"))
    assert (found.name, str(found.address)) == ("Kim", "kim@x.kr")


@pytest.mark.parametrize(
    ("encoded", "encoding", "decoded"),
    [
        (b"aGVsbG8=", "base64", b"hello"),
        (b"aGVs\r\nbG8", "base64", b"hello"),
        (b"aG!Vs*bG8=", "base64", b"hello"),
        (b"aA==\r\naQ==\r\n", "base64", b"hi"),
        (b"aGVsbG8=\r\n-- \r\nlist footer!\r\n", "base64", b"hello"),
        (b"aGVsb", "base64", b"hel"),
        (b"", "base64", b""),
        (b"a=3Db=\r\nc =\r\nd  \r\n=ZZ", "quoted-printable", b"a=bc d\r\n=ZZ"),
        (b"begin 644 x\n#86)C\n`\nend\n", "x-uuencode", b"abc"),
        (b"\xff\x00", "8bit", b"\xff\x00"),
    ],
)
def test_transfer_encodings_are_read_with_patience(encoded, encoding, decoded):
    assert codecs.decode(encoded, encoding) == decoded


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (b"Quoted Printable (so)", "quoted-printable"), (b"8 bit", "8bit"), (b"7-bit;", "7bit"), (b"", "7bit"),
        (b"text/html", "7bit"), (b"what is this", "7bit"), (b"X-Own", "x-own"),
    ],
)  # fmt: skip
def test_names_of_transfer_encodings_are_read_with_patience(said, meant):
    assert codecs.encoding_name(said) == meant


@pytest.mark.parametrize(
    ("value", "raw", "joined"),
    [
        (b"a; charset=utf-8 format=flowed", [("charset", b"utf-8")], None),
        (b"a; boundary=a b; filename=a b.txt; x=", [("boundary", b"a b"), ("filename", b"a b.txt"), ("x", b"")], None),
        (b"a; n*0=a; x=y; n*1=\"b c\"", [("n*0", b"a"), ("x", b"y"), ("n*1", b"b c")], [("n", b"ab c"), ("x", b"y")]),
        (b"a; n*1*=%41; n*0*=utf-8''%42", [("n*1*", b"%41"), ("n*0*", b"utf-8''%42")], [("n*", b"utf-8''%42%41")]),
        (b"a; n*0=\"a \"; n*1*=%41; n*3=c", [("n*0", b"a "), ("n*1*", b"%41"), ("n*3", b"c")], [("n*", b"''a%20%41")]),
        (b"a; n*=utf-8''%42; n=B", [("n*", b"utf-8''%42"), ("n", b"B")], None),
    ],
)  # fmt: skip
def test_parameters_as_written_and_in_one_piece(value, raw, joined):
    read = parse_parameters(value)
    assert read.raw == raw
    assert read.joined == (joined or raw)
    assert Parameters("a", read.joined).decoded == read.decoded


def test_transfer_encodings_are_written_in_lines_of_76():
    text = ("안녕하세요 " * 20 + "\r\nFrom here.\r\n.\r\n end \r\n").encode()
    for encode, name in (
        (codecs.encode_base64, "base64"),
        (codecs.encode_quoted_printable, "quoted-printable"),
    ):
        encoded = encode(text)
        assert codecs.decode(encoded, name) == text
        assert encoded.isascii()
        assert max(map(len, encoded.split(b"\r\n"))) <= 76
        assert b"\r\nFrom" not in encoded


def test_sendmail_loads_no_charset_detector():
    program = (
        "import sys, pyeonji.message.header, pyeonji.message.edit, pyeonji.message.addresses;"
        "sys.exit(bool({'chardet', 'email', 'html'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
