"""The client's side of IMAP: any response, however it was cut; a letter of any size in little memory."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.proto.imap import client as client_
from pyeonji.proto.imap.client import Client, NotImap, Octets, Ready, Status, Streamed, Untagged, pairs, quoted


def events(*pieces):
    client, found = Client(), []
    for piece in pieces:
        client.feed(piece)
        while (event := client.next_event()) is not None:
            if isinstance(event, Octets) and found and isinstance(found[-1], Octets):
                event = Octets(found.pop().octets + event.octets)
            found.append(event)
    return found


RESPONSES = [
    (b"* OK [CAPABILITY IMAP4rev1 SASL-IR] ready\r\n",
     [Status("", "OK", [b"CAPABILITY", b"IMAP4rev1", b"SASL-IR"], "ready")]),
    (b"* PREAUTH hello\r\n", [Status("", "PREAUTH", [], "hello")]),
    (b"p1 OK LOGIN completed.\r\n", [Status("p1", "OK", [], "LOGIN completed.")]),
    (b"p2 NO [AUTHENTICATIONFAILED] wrong\r\n", [Status("p2", "NO", [b"AUTHENTICATIONFAILED"], "wrong")]),
    (b"* OK [UIDVALIDITY 3857529045] UIDs valid\r\n",
     [Status("", "OK", [b"UIDVALIDITY", b"3857529045"], "UIDs valid")]),
    (b"* OK [PERMANENTFLAGS (\\Deleted \\*)] Limited\r\n",
     [Status("", "OK", [b"PERMANENTFLAGS", [b"\\Deleted", b"\\*"]], "Limited")]),
    (b"* OK what looks like a literal {3}\r\n", [Status("", "OK", [], "what looks like a literal {3}")]),
    (b"* 172 EXISTS\r\n", [Untagged("EXISTS", 172, [])]),
    (b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n", [Untagged("CAPABILITY", 0, [b"IMAP4rev1", b"AUTH=PLAIN"])]),
    (b'* LIST (\\HasNoChildren \\Sent) "." "INBOX.Sent \\"x\\""\r\n',
     [Untagged("LIST", 0, [[b"\\HasNoChildren", b"\\Sent"], b".", b'INBOX.Sent "x"'])]),
    (b"* LIST () NIL {5}\r\na\r\nb\"\r\n", [Untagged("LIST", 0, [[], None, b'a\r\nb"'])]),
    (b'* NAMESPACE (("" "/")) NIL (("Public." "."))\r\n',
     [Untagged("NAMESPACE", 0, [[[b"", b"/"]], None, [[b"Public.", b"."]]])]),
    (b'* 12 FETCH (UID 4827 FLAGS (\\Seen $x) INTERNALDATE "17-Jul-1996 02:44:25 -0700" BODY[] {5}\r\nhello)\r\n',
     [Untagged("FETCH", 12, [[b"UID", b"4827", b"FLAGS", [b"\\Seen", b"$x"], b"INTERNALDATE",
                              b"17-Jul-1996 02:44:25 -0700", b"BODY[]", b"hello"]])]),
    (b"* 1 FETCH (BODY[HEADER.FIELDS (FROM TO)]<0> {0}\r\n UID 1)\r\n",
     [Untagged("FETCH", 1, [[b"BODY[HEADER.FIELDS (FROM TO)]<0>", b"", b"UID", b"1"]])]),
    (b"* SEARCH 2 84 882\r\n", [Untagged("SEARCH", 0, [b"2", b"84", b"882"])]),
    (b"* STATUS INBOX (MESSAGES 3)\n", [Untagged("STATUS", 0, [b"INBOX", [b"MESSAGES", b"3"]])]),
    (b"+ go on\r\n", [Ready(b"go on")]),
    (b"+\r\n", [Ready(b"")]),
    (b'* X "NIL" NIL ()\r\n', [Untagged("X", 0, [b"NIL", None, []])]),
]  # fmt: skip


@pytest.mark.parametrize(("octets", "found"), RESPONSES)
def test_what_a_response_says(octets, found):
    assert events(octets) == found


@given(st.lists(st.sampled_from([octets for octets, _ in RESPONSES]), max_size=5), st.lists(st.integers(1, 30)))
def test_how_the_stream_was_cut_does_not_matter(some, cuts):
    octets, pieces, at = b"".join(some), [], 0
    for cut in cuts:
        pieces.append(octets[at : at + cut])
        at += cut
    pieces.append(octets[at:])
    assert events(*pieces) == events(octets)


def test_a_large_literal_is_told_as_it_comes():
    letter = b"x" * (client_.INLINE + 1)
    said = b"* 1 FETCH (BODY[] {%d}\r\n%b UID 7)\r\np1 OK done\r\n" % (len(letter), letter)
    expected = [
        Octets(letter),
        Untagged("FETCH", 1, [[b"BODY[]", Streamed(len(letter)), b"UID", b"7"]]),
        Status("p1", "OK", [], "done"),
    ]
    assert events(said) == expected
    assert events(*(said[n : n + 999] for n in range(0, len(said), 999))) == expected


BAD = {
    "a line without end": b"* " + b"x" * (client_.MAX_RESPONSE + 1),
    "small literals without end": b"* 1 FETCH (" + b"X {60000}\r\n" + (b"y" * 60_000 + b" X {60000}\r\n") * 20,
    "a literal beyond all": b"* 1 FETCH (BODY[] {99999999999999}\r\n",
    "parentheses without end": b"* X " + b"(" * 40 + b"\r\n",
    "a parenthesis too many": b"* X )\r\n",
    "a parenthesis too few": b"* X (\r\n",
    "a quote that is not closed": b'* X "abc\r\n',
    "SMTP": b"220 mx.example ESMTP\r\n",
    "HTTP": b"HTTP/1.1 400 Bad Request\r\n",
    "data without a name": b"* ()\r\n",
    "nothing": b"\r\n",
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_imap_is_refused(name):
    with pytest.raises(NotImap):
        events(BAD[name])


@given(st.binary(max_size=500))
def test_any_octets_are_an_event_or_no_imap(octets):
    with contextlib.suppress(NotImap):
        events(octets)


def test_commands_have_tags_of_their_own():
    client = Client()
    assert client.command(b"NOOP") == ("p1", b"p1 NOOP\r\n")
    assert client.command(b"LOGOUT") == ("p2", b"p2 LOGOUT\r\n")


def test_names_in_quotes_and_pairs():
    assert quoted(b'a"b\\c') == b'"a\\"b\\\\c"'
    with pytest.raises(NotImap):
        quoted(b"a\r\nb")
    assert pairs([b"uid", b"1", b"FLAGS", []]) == {b"UID": b"1", b"FLAGS": []}
    for odd in ([b"UID"], [[], b"1"]):
        with pytest.raises(NotImap):
            pairs(odd)
