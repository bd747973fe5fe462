"""Each command's grammar as a table; rows come first from the examples of the standards."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyeonji.proto.imap import flags
from pyeonji.proto.imap.command import COMMANDS
from pyeonji.proto.imap.command.create import Create
from pyeonji.proto.imap.command.enable import Enable
from pyeonji.proto.imap.command.expunge import Expunge
from pyeonji.proto.imap.command.fetch import RFC822, Body, Fetch, Section
from pyeonji.proto.imap.command.id import Id
from pyeonji.proto.imap.command.list import List, matches
from pyeonji.proto.imap.command.move import Move
from pyeonji.proto.imap.command.rename import Rename
from pyeonji.proto.imap.command.search import Returns, Search
from pyeonji.proto.imap.command.select import Select
from pyeonji.proto.imap.command.status import Status
from pyeonji.proto.imap.command.store import Store
from pyeonji.proto.imap.command.subscribe import Subscribe
from pyeonji.proto.imap.dates import NotADate, parse_date, parse_date_time, print_date, print_date_time
from pyeonji.proto.imap.flags import Flags
from pyeonji.proto.imap.keys import (
    All,
    And,
    Arrived,
    Field,
    HasFlags,
    HasKeyword,
    InBody,
    InText,
    Larger,
    Not,
    Numbers,
    Or,
    Sent,
    Smaller,
    Uids,
)
from pyeonji.proto.imap.numbers import parse_set
from pyeonji.proto.imap.wire import BadCharset, BadCommandText, BadSyntax, Reader

ONE = parse_set(b"1")
FEB_1 = parse_date("1-Feb-1994")


def parsed(name: str, octets: bytes):
    return COMMANDS[name].parse(Reader(octets))


def body(label: bytes, path=(), text="", fields=(), *, peek=False, partial=None) -> Body:
    return Body(Section(path, text, fields), partial, peek, label)


@pytest.mark.parametrize(
    ("name", "octets", "value"),
    [
        ("SELECT", b"blurdybloop", Select("blurdybloop")),
        ("EXAMINE", b'"Other \\"Users\\""', Select('Other "Users"', True)),
        ("SELECT", b"&vPSwuNO4ycDVaA-", Select("보낸편지함")),
        ("CREATE", b"owatagusiam/", Create("owatagusiam")),
        ("CREATE", b"Plain (USE ())", Create("Plain")),
        ("CREATE", b"MySpecial (USE (\\Drafts \\Sent))", Create("MySpecial", ("\\Drafts", "\\Sent"))),
        ("RENAME", b"blurdybloop sarasoop", Rename("blurdybloop", "sarasoop")),
        ("SUBSCRIBE", b"#news.comp.mail.mime", Subscribe("#news.comp.mail.mime")),
        ("UNSUBSCRIBE", b"iNbOx", Subscribe("INBOX", False)),
        ("LIST", b'"" ""', List("", ("",))),
        ("LIST", b"#news.comp.mail.misc %", List("#news.comp.mail.misc", ("%",))),
        ("LIST", b'(SUBSCRIBED) "" "*" RETURN (CHILDREN)',
         List("", ("*",), frozenset({"SUBSCRIBED"}), frozenset({"CHILDREN"}), extended=True)),
        ("LIST", b'"" % RETURN (STATUS (MESSAGES UNSEEN) SPECIAL-USE)',
         List("", ("%",), frozenset(), frozenset({"SPECIAL-USE"}), ("MESSAGES", "UNSEEN"), extended=True)),
        ("LIST", b'"" ("INBOX" "Sent/%")', List("", ("INBOX", "Sent/%"), extended=True)),
        ("LIST", b'() "" *', List("", ("*",), extended=True)),
        ("LSUB", b'"#news." "comp.mail.*"', List("#news.", ("comp.mail.*",), subscribed_only=True)),
        ("STATUS", b"blurdybloop (UIDNEXT MESSAGES)", Status("blurdybloop", ("UIDNEXT", "MESSAGES"))),
        ("ENABLE", b"CONDSTORE utf8=accept", Enable(("CONDSTORE", "UTF8=ACCEPT"))),
        ("ID", b"NIL", Id(())),
        ("ID", b'("Name" "Sup" "version" NIL)', Id((("name", "Sup"), ("version", "")))),
        ("EXPUNGE", b"", Expunge()),
        ("UID EXPUNGE", b"3000:3002", Expunge(parse_set(b"3000:3002"))),
        ("MOVE", b"42:69 foo", Move(parse_set(b"42:69"), "foo")),
        ("UID MOVE", b"42 foo", Move(parse_set(b"42"), "foo", True)),
        ("STORE", b"2:4 +FLAGS (\\Deleted)", Store(parse_set(b"2:4"), "add", Flags(flags.DELETED))),
        ("STORE", b"1 -flags.silent \\Seen Work", Store(ONE, "remove", Flags(1, frozenset({"Work"})), True)),
        ("UID STORE", b"1 FLAGS ()", Store(ONE, "set", Flags(), False, True)),
        ("FETCH", b"1 FAST", Fetch(ONE, ("FLAGS", "INTERNALDATE", "RFC822.SIZE"))),
        ("FETCH", b'1 BODY[HEADER.FIELDS ("a: b" "")]', Fetch(ONE, (
            body(b'BODY[HEADER.FIELDS ("a: b" "")]', (), "HEADER.FIELDS", (b"a: b", b"")),))),
        ("FETCH", b"1 (FLAGS BODY[HEADER.FIELDS (DATE FROM)])", Fetch(ONE, (
            "FLAGS", body(b"BODY[HEADER.FIELDS (DATE FROM)]", (), "HEADER.FIELDS", (b"DATE", b"FROM"))))),
        ("UID FETCH", b"1 body.peek[]<0.2048>",
         Fetch(ONE, ("UID", body(b"BODY[]<0>", peek=True, partial=(0, 2048))), True)),
        ("FETCH", b"1 BODY[4294967295]", Fetch(ONE, (body(b"BODY[4294967295]", (4294967295,)),))),
        ("FETCH", b"1 BODY[4.2.2.1]", Fetch(ONE, (body(b"BODY[4.2.2.1]", (4, 2, 2, 1)),))),
        ("FETCH", b"1 (BODY[3.HEADER] BODY[4.1.MIME])", Fetch(ONE, (
            body(b"BODY[3.HEADER]", (3,), "HEADER"), body(b"BODY[4.1.MIME]", (4, 1), "MIME")))),
        ("FETCH", b"1 RFC822.HEADER", Fetch(ONE, (RFC822["RFC822.HEADER"],))),
        ("FETCH", b"1 (UID BODY BODYSTRUCTURE UID)", Fetch(ONE, ("UID", "BODY", "BODYSTRUCTURE"))),
        ("SEARCH", b'FLAGGED SINCE 1-Feb-1994 NOT FROM "Smith"', Search(And((
            HasFlags(flags.FLAGGED), Arrived(FEB_1, None), Not(Field("from", "Smith")))))),
        ("SEARCH", b'TEXT "string not in mailbox"', Search(InText("string not in mailbox"))),
        ("SEARCH", "CHARSET UTF-8 TEXT {6}\r\n편지".encode(), Search(InText("편지"))),
        ("SEARCH", b'CHARSET EUC-KR BODY "\xc6\xed\xc1\xf6"', Search(InBody("편지"))),
        ("SEARCH", b"OR SEEN OR (ANSWERED DRAFT) UNSEEN ALL", Search(And((
            Or(HasFlags(1), Or(And((HasFlags(2), HasFlags(16))), HasFlags(1, False))), All())))),
        ("SEARCH", b"((NOT (NOT 1)))", Search(Not(Not(Numbers(ONE))))),
        ("SEARCH", b"RETURN (MIN COUNT) LARGER 10 SMALLER 20", Search(
            And((Larger(10), Smaller(20))), Returns(frozenset({"MIN", "COUNT"})))),
        ("SEARCH", b"RETURN () 1:*", Search(Numbers(parse_set(b"1:*")), Returns())),
        ("SEARCH", b'SENTON "1-Feb-1994" HEADER X-Spam ""', Search(
            And((Sent(FEB_1, FEB_1 + 1), Field("x-spam", ""))))),
        ("SEARCH", b"KEYWORD $junk UNKEYWORD Work", Search(And((HasFlags(flags.JUNK), HasKeyword("work", False))))),
        ("UID SEARCH", b"UID 1 NEW", Search(And((
            Uids(ONE), And((HasFlags(flags.RECENT), HasFlags(1, False))))), None, True)),
    ],
)  # fmt: skip
def test_a_command_as_the_standards_write_it(name, octets, value):
    assert parsed(name, octets) == value


@pytest.mark.parametrize(
    ("name", "octets"),
    [
        ("SELECT", b""), ("SELECT", b"a b"), ("SELECT", b"&bad"), ("SELECT", b"a\x00"), ("SELECT", b'""'),
        ("SELECT", b'"\xed\x8e"'), ("SELECT", b'"a\rb"'), ("SELECT", b"{2}\r\na\n"), ("CREATE", b"/"),
        ("SELECT", b"&AGEAYg-"), ("SELECT", b"x" * 1001), ("RENAME", b"a"), ("STATUS", b"a ()"), ("STATUS", b"a (NO)"),
        ("LIST", b'(FOO) "" *'), ("LIST", b'(RECURSIVEMATCH) "" *'), ("LIST", b'"" * RETURN (FOO)'), ("LIST", b'""'),
        ("ID", b'("a")'), ("ID", b'"a"'), ("ID", b'("' + b"x" * 31 + b'" "")'),
        ("STORE", b"1 FLAGS"), ("STORE", b"1 FLAGZ ()"), ("STORE", b"1 FLAGS (\\Unknown)"), ("STORE", b"0 FLAGS ()"),
        ("FETCH", b"1 ()"), ("FETCH", b"1 BODY[MIME]"), ("FETCH", b"1 BODY[0]"), ("FETCH", b"1 BODY[1.]"),
        ("FETCH", b"1 BODY[]<0.0>"), ("FETCH", b"1 BODY[HEADER.FIELDS ()]"), ("FETCH", b"1 (ALL)"),
        ("FETCH", b"1 BODY[" + b"1." * 40 + b"1]"), ("FETCH", b"1 (" + b" ".join([b"BODY[]"] * 101) + b")"),
        ("FETCH", b"4294967296 FLAGS"), ("FETCH", b"1,,2 FLAGS"), ("FETCH", b'1 BODY[HEADER.FIELDS ("a\x7fb")]'),
        ("SEARCH", b""), ("SEARCH", b"("), ("SEARCH", b"()"), ("SEARCH", b"(SEEN"), ("SEARCH", b"SEEN)"),
        ("SEARCH", b"NOT"), ("SEARCH", b"OR SEEN"), ("SEARCH", b"(OR SEEN)"), ("SEARCH", b"SINCE 31-Feb-2000"),
        ("SEARCH", b"FOO"), ("SEARCH", b"SEEN  SEEN"), ("SEARCH", b"TEXT"), ("SEARCH", b"( SEEN)"),
        ("SEARCH", b"(" * 33 + b"SEEN" + b")" * 33), ("SEARCH", b"NOT " * 40000 + b"SEEN"),
        ("SEARCH", b"(" * 1000000), ("SEARCH", b" ".join([b"SEEN"] * 2001)), ("SEARCH", b"RETURN (FOO) ALL"),
        ("SEARCH", b'BODY "\xff"'), ("SEARCH", b"OR (SEEN) (" ),
    ],
)  # fmt: skip
def test_what_the_grammar_does_not_know_is_bad(name, octets):
    with pytest.raises(BadSyntax):
        parsed(name, octets)


@pytest.mark.parametrize("shape", ["OR {} OR {} OR {} {}", "OR OR OR {} {} {} {}", "OR OR {} {} OR {} {}"])
def test_one_or_beside_the_other_is_no_depth(shape):
    """Programs that ask for the letters of a thread name every Message-ID in one such chain."""
    a, b, c, d = (Field("message-id", f"<{name}@x>") for name in "abcd")
    octets = shape.format(*(f'HEADER Message-ID "{key.text}"' for key in (a, b, c, d))).encode()
    assert parsed("SEARCH", octets) == Search(Or(Or(a, b), Or(c, d)))
    several = b"OR ANSWERED " * 500
    assert parsed("SEARCH", several + b"SEEN") and parsed("SEARCH", b"OR " * 500 + b"SEEN " * 500 + b"SEEN")
    with pytest.raises(BadSyntax):
        parsed("SEARCH", several)
    with pytest.raises(BadSyntax):
        parsed("SEARCH", several + b"SEEN SEEN ()")


def test_search_keys_may_be_nested_as_deep_as_the_limit():
    assert parsed("SEARCH", b"(" * 32 + b"SEEN" + b")" * 32) == Search(HasFlags(1))
    assert parsed("SEARCH", b"NOT " * 32 + b"SEEN")


def test_a_charset_we_do_not_read_is_refused_with_those_we_do():
    with pytest.raises(BadCharset) as caught:
        parsed("SEARCH", b"CHARSET KLINGON TEXT x")
    assert (caught.value.status, caught.value.code) == ("NO", "BADCHARSET (US-ASCII UTF-8)")


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("*", "a/b/c", True), ("%", "a", True), ("%", "a/b", False), ("a/%", "a/b", True), ("a/%", "a/b/c", False),
        ("%/%", "a/b", True), ("a*c", "a/b/c", True), ("inbox", "INBOX", True), ("INBOX", "Inbox2", False),
        ("*%", "a/b", True), ("%*", "a/b", True), ("a%b*", "axb/c", True), ("a%b", "a/b", False), ("", "a", False),
        ("%b%/*d", "abc/x/d", True), ("편*", "편지함", True), ("a", "a", True), ("a", "ab", False),
        ("*a%", "ba/b", False),
    ],
)  # fmt: skip
def test_patterns_of_list(pattern, name, fits):
    assert matches(pattern, name) is fits


def test_a_pattern_full_of_wildcards_is_no_slower():
    assert not matches("*a%" * 300 + "b", "a" * 1000)


@pytest.mark.parametrize(
    ("text", "at_us"),
    [
        ("17-Jul-1996 02:44:25 -0700", 837596665000000),
        (" 1-Jan-1970 00:00:00 +0000", 0),
        ("01-Jan-1970 09:00:60 +0900", 59_000_000),
    ],
)
def test_dates_and_times_of_the_standard(text, at_us):
    assert parse_date_time(text) == at_us


@pytest.mark.parametrize(
    "text", ["", "32-Jan-1970 00:00:00 +0000", "1-Jan-1970 00:00:00 +0000", "01-Foo-1970 00:00:00 +0000",
             "01-Jan-1970 24:00:00 +0000", "01-Jan-1970 00:00:00 +2460", "01-Jan-0001 00:00:00 +9900"]
)  # fmt: skip
def test_dates_no_calendar_has(text):
    with pytest.raises(NotADate):
        parse_date_time(text)


@given(st.integers(0, 4_000_000_000))
def test_an_instant_is_read_as_it_was_printed(second):
    assert parse_date_time(print_date_time(second * 1_000_000)[1:-1].decode()) == second * 1_000_000
    day = second // 86400 + 1
    assert parse_date(print_date(day)) == day if day < 3_000_000 else True


WORDS = st.sampled_from([
    b" ", b" ", b"(", b")", b'"', b"a", b"1:*", b"SEEN", b"NOT", b"OR", b"{1}\r\nx", b"BODY[", b"]",
    b"<0.1>", b"\\Seen",
    b"FLAGS", b"TEXT", b"HEADER.FIELDS", b"RETURN", b"CHARSET", b"UTF-8", b"*", b"{9}\r\n", b"1-Feb-1994", b"NIL",
])  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(COMMANDS)), st.lists(WORDS | st.binary(max_size=4), max_size=15).map(b"".join))
def test_any_arguments_are_a_value_or_refused(name, octets):
    try:
        hash(parsed(name, octets))
    except BadCommandText as error:
        assert str(error).isascii()
