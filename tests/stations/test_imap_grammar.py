"""Every line the server says is one that the grammars of the RFCs have (cases/imap/responses.abnf)."""

import pytest

from kit import monsters
from kit.abnf import imap
from kit.letters import drawn
from kit.world import at

MANNERS = {
    "rev1": (), "rev2": ("ENABLE IMAP4rev2",), "in UTF-8": ("ENABLE UTF8=ACCEPT",), "resync": ("ENABLE QRESYNC",),
    "UIDs only": ("ENABLE UIDONLY",),
}  # fmt: skip
ITEMS = (
    "ENVELOPE", "BODY", "BODYSTRUCTURE",
    "(UID FLAGS INTERNALDATE RFC822.SIZE MODSEQ EMAILID THREADID SAVEDATE PREVIEW)",
    "(BODY.PEEK[HEADER.FIELDS (Subject To)] BODY.PEEK[HEADER.FIELDS.NOT (Subject)]<0.9>)", "BODY.PEEK[1.MIME]",
    "(BODY.PEEK[1.HEADER] BODY.PEEK[TEXT]<1.9>)", "(BINARY.PEEK[] BINARY.SIZE[])", "(BINARY.PEEK[1]<0.9>)", "BODY[2]",
    "RFC822.HEADER",
)  # fmt: skip
BEFORE_SELECT = (
    "CAPABILITY", 'ID ("name" "x")', "NAMESPACE", 'CREATE "a \\" {b}"', "CREATE p/q/r", "DELETE p/q", 'LIST "" "p/%"',
    'LIST "" *', 'LIST "" ""', 'LSUB "" *', "SUBSCRIBE p/gone", 'LIST (SUBSCRIBED RECURSIVEMATCH) "" %',
    'LIST (SPECIAL-USE) "" * RETURN (SUBSCRIBED CHILDREN MYRIGHTS STATUS (MESSAGES SIZE MAILBOXID HIGHESTMODSEQ))',
    'LIST "" INBOX RETURN (METADATA (/private/comment))',
    'SETMETADATA INBOX (/private/comment "x" /private/a {1+}\r\n")',
    "GETMETADATA (MAXSIZE 0 DEPTH infinity) INBOX /private", "GETMETADATA INBOX (/private/comment /shared/comment)",
    "GETQUOTAROOT INBOX", "SETACL INBOX anyone lrs", "GETACL INBOX", "MYRIGHTS INBOX", "LISTRIGHTS INBOX anyone",
    "STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY UNSEEN DELETED DELETED-STORAGE SIZE RECENT APPENDLIMIT HIGHESTMODSEQ)",
    "NOTIFY SET STATUS (personal (MessageNew MessageExpunge))", "NOTIFY SET (personal (Odd))", "NOTIFY NONE",
    "STATUS none (MESSAGES)", "CREATE INBOX", "CREATE u (USE (\\Odd))", "AUTHENTICATE PLAIN", "NONSENSE", "SELECT none",
)  # fmt: skip
SEARCHES = (
    "ALL", "SUBJECT nothing", "MODSEQ 1", "RETURN (MIN MAX COUNT ALL) SEEN", "RETURN (PARTIAL 1:2) ALL",
    "RETURN (PARTIAL -1:-2) SUBJECT nothing", "RETURN (SAVE) ALL", "RETURN (UPDATE COUNT) UNDELETED",
    "RETURN (RELEVANCY ALL) FUZZY TEXT a", "CHARSET X-NONE ALL", "RETURN (COUNT) MODSEQ 1",
)  # fmt: skip
CHANGES = (
    "UID STORE 2:4 +FLAGS (\\Deleted word)", "UID STORE 1:3 (UNCHANGEDSINCE 1) -FLAGS (\\Seen)", "UID COPY 1:2 Archive",
    "UID MOVE 3 Archive", "UID COPY 1 none", "UID EXPUNGE 2", "EXPUNGE", "UID FETCH 1:* FLAGS (CHANGEDSINCE 1)",
    "UID REPLACE 5 INBOX {10+}\r\na: b\r\n\r\nxy", "APPEND INBOX {3+}\r\na: {3+}\r\na: ", "APPEND INBOX {99999999}",
    'APPEND INBOX CATENATE (URL "/none/;UID=1")', "UID SORT (SUBJECT) UTF-8 ALL",
    "UID SORT RETURN (ALL) (DATE) UTF-8 1:*",
    "UID THREAD REFERENCES UTF-8 ALL", "UID THREAD ORDEREDSUBJECT UTF-8 ALL", "ESEARCH IN (personal) ALL", "NOOP",
    "EXAMINE INBOX", "CLOSE", "LOGOUT",
)  # fmt: skip


@pytest.mark.parametrize("manner", MANNERS)
def test_all_that_is_said_has_the_form_of_the_rfcs(tmp_path, manner):
    letters = [*drawn(25).values(), *(make(20) for make in (monsters.nested, monsters.parts, monsters.messages))]
    grammar = imap(utf8=manner in ("rev2", "in UTF-8"))

    async def story(world):
        client = await world.client()
        for letter in [*letters, b"", b"\0", b"Subject: \xff\r\nFrom: a@\xff:;,<>\r\n\r\n\xff"]:
            await client.append(letter)
        fetches = [f"UID FETCH 1:* {item}" for item in ITEMS]
        searches = [f"UID SEARCH {key}" for key in SEARCHES]
        for command in [*MANNERS[manner], *BEFORE_SELECT, "SELECT INBOX", *fetches, *searches, *CHANGES]:
            *data, last = await client.do(command)
            for line in [*data, b"a " + last]:
                assert grammar.knows(line), (command, line, line[: grammar.reached])

    at(tmp_path, story)


@pytest.mark.parametrize(
    "line",
    [
        b"* 3 FETCH ()", b"* 0 FETCH (UID 1)", b"* 1 FETCH (UID 0)", b"* 1 FETCH (FLAGS (\\Odd))",
        b"* 1 FETCH (UID 1 )",
        b'* LIST (\\NonExistent \\Noselect) "/" x', b'* LIST () "//" x', b"* LIST () NIL a b", b"* ESEARCH (TAG a)",
        b'* ESEARCH (TAG "a") ALL 1:*', b'* ESEARCH (TAG "a") MIN 0', b"* SEARCH 0", b"* 1  EXISTS", b"* -1 EXISTS",
        b"* STATUS x (MESSAGES 4294967296)", b"* QUOTA x ()", b"* METADATA x ()", b"* VANISHED 1:*", b"* THREAD ((1))",
        b"a OK [ODD] x", b"a OK [UIDNEXT 0] x", b"a YES x", b"* OK", b"+", b"a+ OK x",
        b'* 1 FETCH (BODY[] "\xed\x95\x9c")',
        b"* 1 FETCH (BODY[] {2}\r\n\0a)", b"* 1 FETCH (BODY[] {3}\r\na)",
        b'* 1 FETCH (BODY ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 1))', b"* FLAGS \\Seen",
        b'* 1 FETCH (BODY ("A" "B" NIL NIL NIL "7BIT" 1 NIL))', b'* 1 FETCH (INTERNALDATE "1-Jan-2026 00:00:00 +0000")',
        b"* 1 FETCH (ENVELOPE (NIL NIL () NIL NIL NIL NIL NIL NIL NIL))", b"* CAPABILITY  A", b"* ACL x y",
    ],
)  # fmt: skip
def test_a_line_of_another_form_is_seen(line):
    """The control: what the grammar is there to find."""
    assert not imap().knows(line + b"\r\n")
