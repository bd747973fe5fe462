"""What extensions add to the grammar, as tables; rows come first from the examples of the standards."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyeonji.proto.imap import rights
from pyeonji.proto.imap.command import (
    COMMANDS,
    acl,
    esearch,
    fetch,
    list,  # noqa: A004
    metadata,
    quota,
    search,
    select,
    sort,
    status,
    store,
    thread,
)
from pyeonji.proto.imap.command.acl import DeleteAcl, GetAcl, ListRights, MyRights, SetAcl
from pyeonji.proto.imap.command.esearch import Esearch
from pyeonji.proto.imap.command.fetch import Binary, BinarySize, Fetch, Preview
from pyeonji.proto.imap.command.list import List
from pyeonji.proto.imap.command.metadata import INFINITY, GetMetadata, SetMetadata
from pyeonji.proto.imap.command.quota import GetQuota, GetQuotaRoot, SetQuota
from pyeonji.proto.imap.command.search import Returns, Search
from pyeonji.proto.imap.command.select import Resync, Select
from pyeonji.proto.imap.command.sort import Criterion, Sort
from pyeonji.proto.imap.command.status import Status
from pyeonji.proto.imap.command.store import Store
from pyeonji.proto.imap.command.thread import Thread
from pyeonji.proto.imap.dates import parse_date
from pyeonji.proto.imap.enabled import NOTHING, Enabled
from pyeonji.proto.imap.flags import BITS, SEEN, Flags
from pyeonji.proto.imap.keys import (
    All,
    And,
    EmailId,
    Field,
    Fuzzy,
    HasFlags,
    InText,
    ModSeq,
    Not,
    Numbers,
    Older,
    Or,
    Saved,
    ThreadId,
    Uids,
    Younger,
    walk,
)
from pyeonji.proto.imap.numbers import SAVED, NumberSet, Partial, parse_set
from pyeonji.proto.imap.scope import Scope
from pyeonji.proto.imap.wire import BadCommandText, BadSyntax, Reader, UidRequired

ONE = parse_set(b"1")
DAY = parse_date("28-Oct-2014")
QRESYNC = Enabled(condstore=True, qresync=True)
REV2 = Enabled(rev2=True)
UTF8 = Enabled(utf8_accept=True)
UIDONLY = Enabled(uidonly=True, condstore=True, qresync=True)


@pytest.mark.parametrize(
    ("parse", "octets", "value"),
    [
        # RFC 7162
        (select.parse, b"INBOX (CONDSTORE)", Select("INBOX", condstore=True)),
        (select.parse_examine, b"INBOX (CONDSTORE)", Select("INBOX", True, True)),
        (store.parse, b"6,4,8 (UNCHANGEDSINCE 12121230045) +FLAGS.SILENT (\\Deleted)",
         Store(parse_set(b"4,6,8"), "add", Flags(BITS["\\deleted"]), True, False, 12121230045)),
        (store.parse_uid, b"1 (UNCHANGEDSINCE 0) FLAGS \\Seen", Store(ONE, "set", Flags(SEEN), False, True, 0)),
        (fetch.parse_uid, b"1:* (FLAGS) (CHANGEDSINCE 12345)",
         Fetch(parse_set(b"1:*"), ("UID", "FLAGS", "MODSEQ"), True, 12345)),
        (fetch.parse, b"1 (MODSEQ)", Fetch(ONE, ("MODSEQ",))),
        (search.parse, b'MODSEQ "/flags/\\\\draft" all 620162338', Search(ModSeq(620162338))),
        (search.parse, b"OR MODSEQ 0 LARGER 50000", Search(search.parse(Reader(b"OR MODSEQ 0 LARGER 50000")).key)),
        (status.parse, b"blurdybloop (UIDNEXT MESSAGES HIGHESTMODSEQ)",
         Status("blurdybloop", ("UIDNEXT", "MESSAGES", "HIGHESTMODSEQ"))),
        # RFC 3516, RFC 8970, RFC 8514, RFC 8474, RFC 9394
        (fetch.parse, b"1 BINARY.SIZE[2.1]", Fetch(ONE, (BinarySize((2, 1), b"BINARY.SIZE[2.1]"),))),
        (fetch.parse, b"1 binary.peek[3.7]<0.4096>", Fetch(ONE, (
            Binary((3, 7), (0, 4096), True, b"BINARY[3.7]<0>"),))),
        (fetch.parse, b"1 BINARY[]", Fetch(ONE, (Binary((), None, False, b"BINARY[]"),))),
        (fetch.parse, b"1 (RFC822.SIZE PREVIEW)", Fetch(ONE, ("RFC822.SIZE", Preview()))),
        (fetch.parse, b"1 (PREVIEW (LAZY) SAVEDATE)", Fetch(ONE, (Preview(True), "SAVEDATE"))),
        (fetch.parse, b"1 PREVIEW (CHANGEDSINCE 2)", Fetch(ONE, (Preview(), "MODSEQ"), changed_since=2)),
        (fetch.parse, b"1 (EMAILID THREADID)", Fetch(ONE, ("EMAILID", "THREADID"))),
        (fetch.parse_uid, b"25900:26600 (UID FLAGS) (PARTIAL -1:-30)",
         Fetch(parse_set(b"25900:26600"), ("UID", "FLAGS"), True, partial=Partial(-1, -30))),
        (fetch.parse, b"$ FLAGS", Fetch(SAVED, ("FLAGS",))),
        (search.parse, b"SAVEDBEFORE 28-Oct-2014", Search(Saved(None, DAY))),
        (search.parse, b"SAVEDON 28-Oct-2014 SAVEDATESUPPORTED", Search(And((Saved(DAY, DAY + 1), All())))),
        (search.parse, b"EMAILID M6d99ac32 THREADID T1", Search(And((EmailId("M6d99ac32"), ThreadId("T1"))))),
        (search.parse, b"UIDAFTER 5 UIDBEFORE 9", Search(And((
            Uids(NumberSet(((6, 4294967295),))), Uids(NumberSet(((1, 8),))))))),
        (search.parse, b"OR UIDAFTER 4294967295 UIDBEFORE 1", Search(Or(Uids(NumberSet(())), Uids(NumberSet(()))))),
        (status.parse, b"foo (MAILBOXID DELETED-STORAGE APPENDLIMIT)",
         Status("foo", ("MAILBOXID", "DELETED-STORAGE", "APPENDLIMIT"))),
        # RFC 5032, RFC 5182, RFC 6203, RFC 4731, RFC 5267, RFC 9394
        (search.parse, b"UNSEEN YOUNGER 259200", Search(And((HasFlags(SEEN, False), Younger(259200))))),
        (search.parse, b"OLDER 1", Search(Older(1))),
        (search.parse, b"RETURN (SAVE) FROM x", Search(Field("from", "x"), Returns(frozenset(), save=True))),
        (search.parse, b"RETURN (SAVE MIN) $ SEEN",
         Search(And((Numbers(SAVED), HasFlags(SEEN))), Returns(frozenset({"MIN"}), save=True))),
        (search.parse_uid, b"NOT UID $", Search(Not(Uids(SAVED)), uid=True)),
        (search.parse, b'FUZZY (SUBJECT "IMAP break") NOT FUZZY TEXT x',
         Search(And((Fuzzy(Field("subject", "IMAP break")), Not(Fuzzy(InText("x"))))))),
        (search.parse, b"RETURN (RELEVANCY ALL) FUZZY TEXT Helo",
         Search(Fuzzy(InText("Helo")), Returns(frozenset({"RELEVANCY", "ALL"})))),
        (search.parse, b"RETURN (PARTIAL 500:400) ALL", Search(All(), Returns(frozenset(), partial=Partial(400, 500)))),
        (search.parse_uid, b"RETURN (PARTIAL -1:-100 COUNT) ALL",
         Search(All(), Returns(frozenset({"COUNT"}), partial=Partial(-1, -100)), True)),
        (search.parse, b"RETURN (UPDATE COUNT CONTEXT) SEEN",
         Search(HasFlags(SEEN), Returns(frozenset({"COUNT"}), context=True, update=True))),
        (search.parse, b"RETURN (UPDATE (UID)) SEEN",
         Search(HasFlags(SEEN), Returns(frozenset(), update=True, update_items=("UID",)))),
        # RFC 5256, RFC 5957, RFC 5267
        (sort.parse, b'(SUBJECT REVERSE DATE) UTF-8 ALL', Sort((Criterion("SUBJECT"), Criterion("DATE", True)), All())),
        (sort.parse_uid, b'(DISPLAYFROM) "us-ascii" TEXT "not in mailbox"',
         Sort((Criterion("DISPLAYFROM"),), InText("not in mailbox"), None, True)),
        (sort.parse, b"RETURN (PARTIAL 1:10) (RELEVANCY) UTF-8 FUZZY TEXT Helo",
         Sort((Criterion("RELEVANCY"),), Fuzzy(InText("Helo")), Returns(frozenset(), partial=Partial(1, 10)))),
        (thread.parse, b"ORDEREDSUBJECT UTF-8 ALL", Thread("ORDEREDSUBJECT", All())),
        (thread.parse_uid, b"references us-ascii 1", Thread("REFERENCES", Numbers(ONE), True)),
        # RFC 7377
        (esearch.parse, b'IN (mailboxes "folder1" subtree "folder2") unseen',
         Esearch((Scope("MAILBOXES", ("folder1",)), Scope("SUBTREE", ("folder2",))), HasFlags(SEEN, False), Returns())),
        (esearch.parse, b"IN (selected subtree-one (a b)) RETURN (COUNT) CHARSET UTF-8 ALL",
         Esearch((Scope("SELECTED"), Scope("SUBTREE-ONE", ("a", "b"))), All(), Returns(frozenset({"COUNT"})))),
        (esearch.parse, b"ALL", Esearch((), All(), Returns())),
        # RFC 8440, RFC 9590
        (list.parse, b'"" % RETURN (MYRIGHTS METADATA ("/shared/color" /PRIVATE/comment))',
         List("", ("%",), returns=frozenset({"MYRIGHTS"}), metadata=("/shared/color", "/private/comment"),
              extended=True)),
        # RFC 5464
        (metadata.parse_get, b'"" /shared/comment', GetMetadata("", ("/shared/comment",))),
        (metadata.parse_get, b'"INBOX" (MAXSIZE 1024) (/shared/comment /private/comment)',
         GetMetadata("INBOX", ("/shared/comment", "/private/comment"), 0, 1024)),
        (metadata.parse_get, b"(DEPTH infinity) INBOX /private/filters",
         GetMetadata("INBOX", ("/private/filters",), INFINITY)),
        (metadata.parse_get, b'INBOX "/shared/vendor/a b"', GetMetadata("INBOX", ("/shared/vendor/a b",))),
        (metadata.parse_set, b"INBOX (/private/comment {5+}\r\nM\r\nx. /shared/comment NIL)",
         SetMetadata("INBOX", (("/private/comment", b"M\r\nx."), ("/shared/comment", None)))),
        (metadata.parse_set, b'INBOX (/private/icon ~{3}\r\n\x00\xff\n)',
         SetMetadata("INBOX", (("/private/icon", b"\x00\xff\n"),))),
        # RFC 4314
        (acl.parse_set, b"INBOX/Drafts Byron lrswikda", SetAcl("INBOX/Drafts", "Byron", "set", "lrswiktea")),
        (acl.parse_set, b"INBOX/Drafts John +rw", SetAcl("INBOX/Drafts", "John", "add", "rw")),
        (acl.parse_set, b"INBOX -Fred -c", SetAcl("INBOX", "-Fred", "remove", "kx")),
        (acl.parse_set, b'INBOX anyone ""', SetAcl("INBOX", "anyone", "set", "")),
        (acl.parse_delete, b"INBOX Fred", DeleteAcl("INBOX", "Fred")),
        (acl.parse_get, b"INBOX", GetAcl("INBOX")),
        (acl.parse_list, b"~/Mail/saved smith", ListRights("~/Mail/saved", "smith")),
        (acl.parse_my, b"INBOX", MyRights("INBOX")),
        # RFC 9208
        (quota.parse_get, b'"!partition/sda4"', GetQuota("!partition/sda4")),
        (quota.parse_get_root, b"INBOX", GetQuotaRoot("INBOX")),
        (quota.parse_set, b'"" (STORAGE 512 message 9223372036854775807)',
         SetQuota("", (("STORAGE", 512), ("MESSAGE", 2**63 - 1)))),
        (quota.parse_set, b'"" ()', SetQuota("", ())),
    ],
)  # fmt: skip
def test_an_extension_as_its_standard_writes_it(parse, octets, value):
    assert parse(Reader(octets)) == value


@pytest.mark.parametrize(
    ("parse", "octets", "enabled", "value"),
    [
        (select.parse, b"INBOX (QRESYNC (67890007 20050715194045000 41,43:211,214:541))", QRESYNC,
         Select("INBOX", resync=Resync(67890007, 20050715194045000, parse_set(b"41,43:211,214:541")))),
        (select.parse, b"INBOX (QRESYNC (67890007 90060115194045000 41:211,214:541 (1,3,5 41,45,47)))", QRESYNC,
         Select("INBOX", resync=Resync(67890007, 90060115194045000, parse_set(b"41:211,214:541"),
                                       (parse_set(b"1,3,5"), parse_set(b"41,45,47"))))),
        (select.parse, b"INBOX (CONDSTORE QRESYNC (1 2 (1:2 3:4)))", QRESYNC,
         Select("INBOX", False, True, Resync(1, 2, None, (parse_set(b"1:2"), parse_set(b"3:4"))))),
        (fetch.parse_uid, b"300:500 (FLAGS) (CHANGEDSINCE 12345 VANISHED)", QRESYNC,
         Fetch(parse_set(b"300:500"), ("UID", "FLAGS", "MODSEQ"), True, 12345, True)),
        (search.parse, b"CHARSET UTF-8 SEEN", REV2, Search(HasFlags(SEEN), Returns())),
        (select.parse, b'"a&b"', REV2, Select("a&b")),
        (select.parse, '"편지"'.encode(), NOTHING, Select("편지")),
        (search.parse_uid, b"$", UIDONLY, Search(Numbers(SAVED), uid=True)),
    ],
)  # fmt: skip
def test_what_depends_on_what_is_enabled(parse, octets, enabled, value):
    assert parse(Reader(octets, enabled=enabled)) == value


@pytest.mark.parametrize(
    ("parse", "octets", "enabled"),
    [
        (select.parse, b"INBOX (QRESYNC (1 2))", NOTHING),
        (select.parse, b"INBOX (QRESYNC (1 2 1:*))", QRESYNC), (select.parse, b"INBOX (QRESYNC (0 2))", QRESYNC),
        (select.parse, b"INBOX (QRESYNC (1 0))", QRESYNC), (select.parse, b"INBOX (QRESYNC (1 2 1 (1:2 3)))", QRESYNC),
        (select.parse, b"INBOX (CONDSTORE CONDSTORE)", NOTHING), (select.parse, b"INBOX ()", NOTHING),
        (select.parse, b"INBOX (FOO)", NOTHING), (select.parse, b"INBOX (QRESYNC (1 9223372036854775808))", QRESYNC),
        (fetch.parse_uid, b"1 FLAGS (CHANGEDSINCE 1 VANISHED)", NOTHING),
        (fetch.parse, b"1 FLAGS (CHANGEDSINCE 1 VANISHED)", QRESYNC), (fetch.parse_uid, b"1 FLAGS (VANISHED)", QRESYNC),
        (fetch.parse, b"1 FLAGS (PARTIAL 1:2)", NOTHING), (fetch.parse_uid, b"1 FLAGS (PARTIAL -1:2)", NOTHING),
        (fetch.parse_uid, b"1 FLAGS (PARTIAL 0:2)", NOTHING), (fetch.parse, b"1 FLAGS ()", NOTHING),
        (fetch.parse, b"1 FLAGS (CHANGEDSINCE 1 CHANGEDSINCE 2)", NOTHING),
        (fetch.parse_uid, b"1 FLAGS (PARTIAL 1:4294967296)", NOTHING),
        (fetch.parse, b"1 BINARY[HEADER]", NOTHING), (fetch.parse, b"1 BINARY", NOTHING),
        (fetch.parse, b"1 BINARY.SIZE[1]<0.1>", NOTHING), (fetch.parse, b"1 PREVIEW (FUZZY)", NOTHING),
        (store.parse, b"1 (UNCHANGEDSINCE 1 UNCHANGEDSINCE 2) FLAGS ()", NOTHING),
        (store.parse, b"1 () FLAGS ()", NOTHING),
        (search.parse, b"RETURN (ALL PARTIAL 1:2) ALL", NOTHING), (search.parse, b"MODSEQ x all 1", NOTHING),
        (search.parse, b'MODSEQ "/flags/x" some 1', NOTHING), (search.parse, b"YOUNGER 0", NOTHING),
        (search.parse, b"EMAILID a.b", NOTHING), (search.parse, b"FUZZY", NOTHING), (search.parse, b"$5", NOTHING),
        (search.parse, b"FUZZY " * 40 + b"ALL", NOTHING), (search.parse, b"RETURN (PARTIAL 1) ALL", NOTHING),
        (search.parse, b"CHARSET UTF-8 SEEN", UTF8), (search.parse, b"RETURN (UPDATE ()) ALL", NOTHING),
        (sort.parse, b"() UTF-8 ALL", NOTHING), (sort.parse, b"(FOO) UTF-8 ALL", NOTHING),
        (sort.parse, b"(REVERSE) UTF-8 ALL", NOTHING), (sort.parse, b"(DATE) UTF-8", NOTHING),
        (sort.parse, b"(" + b" ".join([b"DATE"] * 21) + b") UTF-8 ALL", NOTHING),
        (thread.parse, b"FOO UTF-8 ALL", NOTHING), (thread.parse, b"REFS UTF-8", NOTHING),
        (esearch.parse, b"IN () ALL", NOTHING), (esearch.parse, b"IN (selected-delayed) ALL", NOTHING),
        (esearch.parse, b"IN (subtree) ALL", NOTHING), (esearch.parse, b"IN (everything) ALL", NOTHING),
        (esearch.parse, b"IN (" + b" ".join([b"selected"] * 21) + b") ALL", NOTHING),
        (esearch.parse, b"IN (mailboxes (" + b" ".join([b"a"] * 201) + b")) ALL", NOTHING),
        (list.parse, b'"" % RETURN (METADATA)', NOTHING),
        (metadata.parse_get, b"INBOX comment", NOTHING), (metadata.parse_get, b"INBOX /comment", NOTHING),
        (metadata.parse_get, b"INBOX /shared/", NOTHING), (metadata.parse_get, b"INBOX /shared/a//b", NOTHING),
        (metadata.parse_get, b'INBOX "/shared/a*"', NOTHING),
        (metadata.parse_get, b"(DEPTH 2) INBOX /shared/a", NOTHING),
        (metadata.parse_get, b"(FOO 2) INBOX /shared/a", NOTHING), (metadata.parse_set, b"INBOX ()", NOTHING),
        (metadata.parse_set, b"INBOX (/shared/a)", NOTHING),
        (metadata.parse_set, b"INBOX (/shared/a {1}\r\n\x00)", NOTHING),
        (metadata.parse_get, b"INBOX (" + b" ".join([b"/shared/a"] * 101) + b")", NOTHING),
        (acl.parse_set, b"INBOX Fred lrz", NOTHING), (acl.parse_set, b"INBOX Fred L", NOTHING),
        (acl.parse_set, b'INBOX "" l', NOTHING), (acl.parse_set, b"INBOX - l", NOTHING),
        (acl.parse_set, b'INBOX "a\tb" l', NOTHING), (acl.parse_set, b"INBOX " + b"x" * 321 + b" l", NOTHING),
        (quota.parse_set, b'"" (STORAGE -1)', NOTHING), (quota.parse_set, b'"" (STORAGE 1 storage 2)', NOTHING),
        (quota.parse_set, b'"" (STORAGE)', NOTHING), (quota.parse_set, b'"" (STORAGE 9223372036854775808)', NOTHING),
    ],
)  # fmt: skip
def test_what_an_extension_does_not_allow_is_bad(parse, octets, enabled):
    with pytest.raises(BadSyntax):
        parse(Reader(octets, enabled=enabled))


@pytest.mark.parametrize(
    ("parse", "octets"),
    [(fetch.parse, b"1 FLAGS"), (store.parse, b"1 FLAGS ()"), (search.parse_uid, b"OR SEEN NOT 1:*"),
     (select.parse, b"INBOX (QRESYNC (1 2 1 (1 1)))"), (sort.parse_uid, b"(DATE) UTF-8 1")],
)  # fmt: skip
def test_a_client_of_uids_only_says_no_message_numbers(parse, octets):
    with pytest.raises(UidRequired) as caught:
        parse(Reader(octets, enabled=UIDONLY))
    assert (caught.value.status, caught.value.code) == ("BAD", "UIDREQUIRED")


@pytest.mark.parametrize(
    ("partial", "found"),
    [(Partial(1, 3), [1, 2, 3]), (Partial(9, 20), [9, 10]), (Partial(11, 12), []), (Partial(-1, -3), [8, 9, 10]),
     (Partial(-9, -20), [1, 2]), (Partial(-11, -12), []), (Partial(-2, -2), [9])],
)  # fmt: skip
def test_which_results_a_partial_range_means(partial, found):
    assert [*partial.of([*range(1, 11)])] == found


def test_rights_of_rfc_2086_are_understood_and_told():
    assert rights.parsed("lrswikda") == "lrswiktea"
    assert rights.with_old("lrk") == "lrkc"
    assert rights.with_old("te") == "ted"
    assert rights.with_old("lrs") == "lrs"


def test_what_enable_switches_on():
    assert NOTHING.with_words(("FOO", "QRESYNC")) == QRESYNC
    assert NOTHING.with_words(("IMAP4REV2",)).utf8
    assert not NOTHING.with_words(("UIDONLY",)).utf8
    assert REV2.with_words(("UTF8=ACCEPT",)) == Enabled(rev2=True, utf8_accept=True)


def test_a_walk_over_keys_meets_all_of_them():
    key = search.parse(Reader(b"OR NOT SEEN (FUZZY TEXT a 1) OLDER 5")).key
    assert [type(found).__name__ for found in walk(key)].count("InText") == 1
    assert Older(5) in [*walk(key)]


PARSERS = [
    acl.parse_set, acl.parse_get, acl.parse_list, metadata.parse_get, metadata.parse_set, quota.parse_set,
    quota.parse_get, sort.parse, sort.parse_uid, thread.parse, esearch.parse,
    *(grammar.parse for grammar in COMMANDS.values()),
]  # fmt: skip
WORDS = st.sampled_from([
    b" ", b" ", b"(", b")", b'"', b"a", b"1:*", b"$", b"SEEN", b"NOT", b"OR", b"FUZZY", b"{1}\r\nx", b"~{1}\r\n\x00",
    b"BINARY[", b"]", b"<0.1>", b"RETURN", b"PARTIAL", b"-1:-5", b"CHARSET", b"UTF-8", b"IN", b"mailboxes", b"QRESYNC",
    b"CHANGEDSINCE", b"UNCHANGEDSINCE", b"MODSEQ", b"/shared/a", b"STORAGE", b"METADATA", b"NIL", b"REFS", b"+l",
    b"INBOX",
])  # fmt: skip
ENABLED = st.builds(Enabled, *[st.booleans()] * 5)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(PARSERS), st.lists(WORDS | st.binary(max_size=4), max_size=15).map(b"".join), ENABLED)
def test_any_arguments_are_a_value_or_refused(parse, octets, enabled):
    try:
        hash(parse(Reader(octets, enabled=enabled)))
    except BadCommandText as error:
        assert str(error).isascii()
