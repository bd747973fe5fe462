"""What the capabilities promise, each with one thing that only it allows."""

import pytest

from kit.world import at
from pyeonji.access.imap.capabilities import ALWAYS, INSIDE

PROVED = {
    "ENABLE": ("ENABLE CONDSTORE", b"* ENABLED CONDSTORE"),
    "ESEARCH": ("SEARCH RETURN (COUNT) ALL", b" COUNT 3\r\n"),
    "SEARCHRES": ("SEARCH RETURN (SAVE) ALL", b"OK"),
    "WITHIN": ("SEARCH YOUNGER 999999999", b"* SEARCH 1 2 3"),
    "PARTIAL": ("UID FETCH 1:* (FLAGS) (PARTIAL -1:-1)", b"* 3 FETCH (UID 3"),
    "NAMESPACE": ("NAMESPACE", b'* NAMESPACE (("" "/"))'),
    "CHILDREN": ('LIST "" %', b"\\HasNoChildren"),
    "UNSELECT": ("UNSELECT", b"OK"),
    "UIDPLUS": ("UID EXPUNGE 1", b"OK"),
    "CONDSTORE": ("SEARCH MODSEQ 1", b"(MODSEQ "),
    "QRESYNC": ("ENABLE QRESYNC", b"* ENABLED QRESYNC"),
    "OBJECTID": ("FETCH 1 (EMAILID THREADID)", b"EMAILID ("),
    "SAVEDATE": ("SEARCH SAVEDATESUPPORTED", b"* SEARCH 1 2 3"),
    "MOVE": ("MOVE 1 Sent", b"[COPYUID "),
    "SPECIAL-USE": ('LIST (SPECIAL-USE) "" *', b"\\Sent"),
    "LIST-EXTENDED": ('LIST "" (INBOX Sent)', b"Sent"),
    "LIST-STATUS": ('LIST "" INBOX RETURN (STATUS (MESSAGES))', b"* STATUS INBOX (MESSAGES 3)"),
    "LIST-MYRIGHTS": ('LIST "" INBOX RETURN (MYRIGHTS)', b"* MYRIGHTS INBOX lrswipkxtea"),
    "LIST-METADATA": ('LIST "" INBOX RETURN (METADATA ("/shared/comment"))', b"* METADATA INBOX "),
    "METADATA": ("GETMETADATA INBOX /shared/comment", b"* METADATA INBOX (/shared/comment NIL)"),
    "STATUS=SIZE": ("STATUS INBOX (SIZE)", b"* STATUS INBOX (SIZE "),
    "CREATE-SPECIAL-USE": ("CREATE Old (USE (\\Archive))", b""),
    "ACL": ("MYRIGHTS INBOX", b"* MYRIGHTS INBOX lrswipkxtea"),
    "BINARY": ("FETCH 1 BINARY.SIZE[1]", b"BINARY.SIZE[1] 7)"),
    "MULTIAPPEND": ("APPEND Sent {1+}\r\nx {1+}\r\ny", b"[APPENDUID "),
    "CATENATE": ('APPEND Sent CATENATE (URL "/INBOX/;UID=1")', b"[APPENDUID "),
    "REPLACE": ("REPLACE 1 INBOX {1+}\r\nx", b"[APPENDUID "),
    "COMPRESS=DEFLATE": ("COMPRESS DEFLATE", b"OK"),
    "UNAUTHENTICATE": ("UNAUTHENTICATE", b"OK"),
    "UTF8=ACCEPT": ("ENABLE UTF8=ACCEPT", b"* ENABLED UTF8=ACCEPT"),
    "NOTIFY": ("NOTIFY SET STATUS (personal (MessageNew MessageExpunge))", b"* STATUS Sent "),
    "PREVIEW": ("FETCH 1 PREVIEW", b'PREVIEW "Hello"'),
    "IMAP4rev2": ("ENABLE IMAP4rev2", b"* ENABLED IMAP4rev2"),
    "UIDONLY": ("ENABLE UIDONLY", b"* ENABLED UIDONLY"),
    "ID": ("ID NIL", b'* ID ("name" '),
    "LITERAL+": ("SELECT {5+}\r\nINBOX", b"[READ-WRITE]"),
}
# Proved in tests of their own.
ELSEWHERE = {"IMAP4rev1", "SASL-IR", "IDLE", "RIGHTS=texk", "INPROGRESS", "I18NLEVEL=1", "MULTISEARCH", "SEARCH=FUZZY"}
KINDS = ("APPENDLIMIT=", "QUOTA", "SORT", "ESORT", "THREAD=", "CONTEXT=")


@pytest.mark.parametrize("word", PROVED)
def test_what_is_announced_is_there(tmp_path, word):
    command, wanted = PROVED[word]

    async def story(world):
        for _ in range(3):
            await world.deliver()
        c = await world.client(select="SELECT INBOX")
        said = b"".join(await c.do(command))
        assert wanted in said and b"BAD" not in said, said

    at(tmp_path, story)


def test_every_word_that_is_announced_is_proved_somewhere():
    words = {word for word in (*ALWAYS, *INSIDE) if not word.startswith(KINDS)}
    assert words - PROVED.keys() - ELSEWHERE == set(), "add a row to PROVED"
    assert PROVED.keys() - words == set()
