"""What we say, octet for octet; rows come first from the examples of the standards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.proto.imap import found, response
from pyeonji.proto.imap.numbers import Partial
from pyeonji.proto.imap.wire import Reader


@pytest.mark.parametrize(
    ("octets", "wire", "wire_utf8"),
    [
        (b"plain", b'"plain"', b'"plain"'),
        (b'say "a\\b"', b'"say \\"a\\\\b\\""', b'"say \\"a\\\\b\\""'),
        (b"", b'""', b'""'),
        (b"a\r\nb", b"{4}\r\na\r\nb", b"{4}\r\na\r\nb"),
        ("편".encode(), b"{3}\r\n\xed\x8e\xb8", b'"\xed\x8e\xb8"'),
        (b"\xed\x8e", b"{2}\r\n\xed\x8e", b"{2}\r\n\xed\x8e"),
        ("편\n".encode(), b"{4}\r\n\xed\x8e\xb8\n", b"{4}\r\n\xed\x8e\xb8\n"),
        (b"a\x00b", b"{3}\r\na\x80b", b"{3}\r\na\x80b"),
        (None, b"NIL", b"NIL"),
    ],
)
def test_strings_between_quotes_or_as_literals(octets, wire, wire_utf8):
    assert response.nstring(octets) == wire
    assert response.nstring(octets, utf8=True) == wire_utf8


@given(st.binary(max_size=40), st.booleans())
def test_a_string_is_read_as_it_was_printed(octets, utf8):
    for printed_form in (response.string(octets, utf8=utf8), response.astring(octets, utf8=utf8)):
        reader = Reader(printed_form)
        assert reader.astring() == octets.replace(b"\x00", b"\x80")
        reader.end()


@given(st.binary(max_size=40))
def test_octets_with_nul_are_read_as_they_were_printed(octets):
    assert Reader(response.binary(octets)).binary() == octets


def threads(roots, children):
    """Nodes from 100 on are not there."""
    return found.thread(roots, children, {node: node for node in range(100)})


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (response.listing(["\\Noselect"], "~/Mail/foo", utf8=False), b'LIST (\\Noselect) "/" ~/Mail/foo'),
        (response.listing(["\\Noselect"], "", utf8=False), b'LIST (\\Noselect) "/" ""'),
        (response.listing([], "편지", utf8=False), b'LIST () "/" &07jJwA-'),
        (response.listing([], "편지", utf8=True), b'LIST () "/" "\xed\x8e\xb8\xec\xa7\x80"'),
        (response.listing([], "Foo", utf8=False, items=[response.childinfo(["SUBSCRIBED"])]),
         b'LIST () "/" Foo ("CHILDINFO" ("SUBSCRIBED"))'),
        (response.listing([], "New", utf8=False, items=[response.childinfo(["SUBSCRIBED", "SPECIAL-USE"]),
                                                        response.old_name("Old one", utf8=False)]),
         b'LIST () "/" New ("CHILDINFO" ("SUBSCRIBED" "SPECIAL-USE") "OLDNAME" ("Old one"))'),
        (response.status("a b", [("MESSAGES", 2), ("MAILBOXID", "(F1)"), ("APPENDLIMIT", "NIL")], utf8=False),
         b'STATUS "a b" (MESSAGES 2 MAILBOXID (F1) APPENDLIMIT NIL)'),
        (response.namespace(utf8=False), b'NAMESPACE (("" "/")) NIL NIL'),
        (response.namespace(("",), ("Shared/",), ("#a/", "#b/"), utf8=False),
         b'NAMESPACE (("" "/")) (("Shared/" "/")) (("#a/" "/")("#b/" "/"))'),
        (response.vanished([41, 43, 44, 45]), b"VANISHED 41,43:45"),
        (response.vanished([1], earlier=True), b"VANISHED (EARLIER) 1"),
        (response.fetch(12, [b"FLAGS (\\Seen)", b"UID 7"]), b"12 FETCH (FLAGS (\\Seen) UID 7)"),
        (response.uid_fetch(25996, [b"FLAGS (\\Seen)", response.modseq_item(624140003)]),
         b"25996 UIDFETCH (FLAGS (\\Seen) MODSEQ (624140003))"),
        (response.fetch(1, [response.email_id_item("M6d99ac3275bb4e"), response.thread_id_item(0x64B478A75B7EA9)]),
         b"1 FETCH (EMAILID (M6d99ac3275bb4e) THREADID (T0064b478a75b7ea9))"),
        (response.fetch(1, [response.save_date_item(0), response.save_date_item(None)]),
         b'1 FETCH (SAVEDATE "01-Jan-1970 00:00:00 +0000" SAVEDATE NIL)'),
        (response.fetch(1, [response.preview_item("안녕", utf8=True), response.preview_item(None, utf8=True)]),
         '1 FETCH (PREVIEW "안녕" PREVIEW NIL)'.encode()),
        (response.fetch(1, [response.preview_item("안녕", utf8=False)]), "1 FETCH (PREVIEW {6}\r\n안녕)".encode()),
        (response.quota("", [("STORAGE", 10, 512), ("MESSAGE", 1, 2)]), b'QUOTA "" (STORAGE 10 512 MESSAGE 1 2)'),
        (response.quota_root("INBOX", [""], utf8=False), b'QUOTAROOT INBOX ""'),
        (response.quota_root("comp.mail", [], utf8=False), b"QUOTAROOT comp.mail"),
        (response.metadata("INBOX", [("/private/comment", b"My comment"), ("/shared/a b", None)], utf8=False),
         b'METADATA INBOX (/private/comment "My comment" "/shared/a b" NIL)'),
        (response.metadata("", [("/shared/x", b"a\x00b")], utf8=False), b'METADATA "" (/shared/x ~{3}\r\na\x00b)'),
        (response.metadata_changed("INBOX", ["/shared/comment", "/private/comment"], utf8=False),
         b"METADATA INBOX /shared/comment /private/comment"),
        (response.acl("INBOX", [("Fred", "rwipslxetad"), ("김", "")], utf8=False),
         b'ACL INBOX Fred rwipslxetad {3}\r\n\xea\xb9\x80 ""'),
        (response.list_rights("~/Mail/saved", "smith", "la", ["r", "swicdkxte"], utf8=False),
         b"LISTRIGHTS ~/Mail/saved smith la r swicdkxte"),
        (response.my_rights("INBOX", "rwiptsldaex", utf8=False), b"MYRIGHTS INBOX rwiptsldaex"),
        (response.in_progress("A003", 454, 1000), b'OK [INPROGRESS ("A003" 454 1000)] Still working'),
        (response.in_progress("A003"), b'OK [INPROGRESS ("A003" NIL NIL)] Still working'),
        (response.identity([("name", "pyeonji")]), b'ID ("name" "pyeonji")'),
        (found.search([2, 84, 882]), b"SEARCH 2 84 882"),
        (found.search([]), b"SEARCH"),
        (found.search([2, 5], 917162500), b"SEARCH 2 5 (MODSEQ 917162500)"),
        (found.sort([2, 84, 1]), b"SORT 2 84 1"),
        (found.esearch("A1", [found.number_item("MIN", 2), found.number_item("COUNT", 3)], uid=True),
         b'ESEARCH (TAG "A1") UID MIN 2 COUNT 3'),
        (found.esearch("a", [found.all_item([5, 1, 2, 10]), found.number_item("MODSEQ", 1236)], uid=False),
         b'ESEARCH (TAG "a") ALL 1:2,5,10 MODSEQ 1236'),
        (found.esearch("tag1", [found.all_item([4001, 4003])], uid=True, where=("folder1", 1)),
         b'ESEARCH (TAG "tag1" MAILBOX folder1 UIDVALIDITY 1) UID ALL 4001,4003'),
        (found.esearch("E01", [found.all_item([5, 10, 1], in_order=True), found.relevancy_item([9, 42, 4])], uid=False),
         b'ESEARCH (TAG "E01") ALL 5,10,1 RELEVANCY (9 42 4)'),
        (found.esearch("A", [found.partial_item(Partial(-1, -100), [55500, 55700])], uid=True),
         b'ESEARCH (TAG "A") UID PARTIAL (-1:-100 55500,55700)'),
        (found.esearch("A", [found.partial_item(Partial(1, 5), [])], uid=False),
         b'ESEARCH (TAG "A") PARTIAL (1:5 NIL)'),
        (found.esearch("C01", [found.added_item([(1, [2733]), (1, [2732, 2731])])], uid=True),
         b'ESEARCH (TAG "C01") UID ADDTO (1 2733 1 2732,2731)'),
        (found.esearch("B01", [found.removed_item([(0, [32768])])], uid=True),
         b'ESEARCH (TAG "B01") UID REMOVEFROM (0 32768)'),
        (threads([2, 3], {3: [6], 6: [4, 44], 4: [23], 44: [7], 7: [96]}), b"THREAD (2)(3 6 (4 23)(44 7 96))"),
        (threads([100], {100: [3, 5]}), b"THREAD ((3)(5))"),
        (threads([1], {1: [100], 100: [3, 5]}), b"THREAD (1 (3)(5))"),
        (threads([100], {100: [3]}), b"THREAD (3)"),
        (threads([0, 1], {}), b"THREAD (0)(1)"),
        (threads([], {}), b"THREAD"),
    ],
)  # fmt: skip
def test_a_line_as_the_standard_writes_it(said, line):
    assert said == b"* " + line + b"\r\n"


def test_nothing_went_away_is_not_said():
    assert response.vanished([]) == b""


def test_what_people_read_is_ascii_on_one_line():
    assert response.tagged("a", "NO", "한글\r\nx", "ALERT") == b"a NO [ALERT] ????x\r\n"


def test_a_conversation_of_ten_thousand_answers_is_told():
    children = {number: [number + 1] if number % 2 else [number + 1, 20_000 + number] for number in range(10_000)}
    said = found.thread([0], children, {number: number for number in range(30_000)})
    assert said.startswith(b"* THREAD (0 (1 2 (3 4 (5 ")
    assert said.endswith(b"(20004))(20002))(20000))\r\n")
    assert said.count(b"(") == said.count(b")") == 10_001


@given(st.lists(st.integers(-1, 30), max_size=30), st.frozensets(st.integers(0, 30)))
def test_any_conversation_is_told_as_the_grammar_says(parents, absent):
    roots, children = [], {}
    for node, parent in enumerate(parents):
        siblings = children.setdefault(parent, []) if 0 <= parent < node else roots
        siblings.append(node)
    there = {node: node + 1 for node in range(len(parents)) if node not in absent or node not in children}

    def told(node):
        answers = children.get(node, [])
        rest = told(answers[0]) if len(answers) == 1 else "".join(f"({told(answer)})" for answer in answers)
        return (str(there[node]) + " " * bool(answers) if node in there else "") + rest

    whole = "".join(f"({told(root)})" for root in roots)
    assert found.thread(roots, children, there) == f"* THREAD {whole}".rstrip().encode() + b"\r\n"
