"""What NOTIFY tells: two pictures go in, what was told and what is; lines come out."""

import pytest

from pyeonji.access.imap.noticed import OfSelected, Picture, Shown, Told, events_of, of_selected
from pyeonji.proto.imap.command import notify
from pyeonji.proto.imap.enabled import NOTHING, Enabled
from pyeonji.proto.imap.rights import ALL
from pyeonji.proto.imap.wire import BadCommandText, BadSyntax, Reader
from pyeonji.store.mailboxes import Mailbox

PERSONAL = b"SET (personal (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange))"


def groups(octets):
    return notify.parse(Reader(octets)).groups


def box(number, name, uidnext=1, messages=0, *, modseq=1, unseen=0, rights=ALL, notes=None, uidvalidity=7):
    kept = Mailbox(number, 1, name, "", uidvalidity, uidnext, modseq, messages, 0, unseen, 1, 0)
    return Shown(name, kept, rights, notes or {})


def picture(*shown, subscribed=(), notes=None):
    return Picture({one.box.id: one for one in shown}, frozenset(subscribed), notes or {})


INBOX = box(1, "INBOX", 5, 3)


@pytest.mark.parametrize(
    ("asked", "before", "after", "lines"),
    [
        (PERSONAL, picture(INBOX), picture(INBOX), []),
        (PERSONAL, picture(INBOX), picture(box(1, "INBOX", 6, 4)), ["STATUS INBOX (UIDNEXT 6 MESSAGES 4)"]),
        (PERSONAL, picture(INBOX), picture(box(1, "INBOX", 6, 3)), ["STATUS INBOX (UIDNEXT 6 MESSAGES 3)"]),
        (PERSONAL, picture(INBOX), picture(box(1, "INBOX", 5, 3, modseq=9, unseen=1)), ["STATUS INBOX (UNSEEN 1)"]),
        (PERSONAL, picture(INBOX), picture(box(1, "INBOX", 5, 3, modseq=9)), []),  # flags nobody can be told of
        (PERSONAL, picture(INBOX), picture(box(1, "INBOX", 5, 3, uidvalidity=8)),
         ["STATUS INBOX (UIDVALIDITY 8 UIDNEXT 5 MESSAGES 3)"]),
        (PERSONAL, picture(INBOX), picture(INBOX, box(2, "New")), ['LIST (\\HasNoChildren) "/" New']),
        (PERSONAL, picture(INBOX), picture(INBOX, box(2, "New", 2, 1)),
         ['LIST (\\HasNoChildren) "/" New', "STATUS New (UIDNEXT 2 MESSAGES 1)"]),
        (PERSONAL, picture(INBOX, box(2, "A/B")), picture(INBOX),
         ['LIST (\\NonExistent \\HasNoChildren) "/" A', 'LIST (\\NonExistent \\HasNoChildren) "/" A/B']),
        # One line for a tree that moves, none for what goes along (RFC 5465 §5.4).
        (PERSONAL, picture(box(2, "A"), box(3, "A/B")), picture(box(2, "X"), box(3, "X/B")),
         ['LIST (\\HasChildren) "/" X ("OLDNAME" (A))']),
        (PERSONAL, picture(box(2, "A"), box(3, "A/B")), picture(box(2, "A"), box(3, "A/C")),
         ['LIST (\\HasNoChildren) "/" A/C ("OLDNAME" (A/B))']),
        (PERSONAL, picture(box(2, "A"), box(3, "B")), picture(box(2, "B"), box(3, "A")),
         ['LIST (\\HasNoChildren) "/" A ("OLDNAME" (B))', 'LIST (\\HasNoChildren) "/" B ("OLDNAME" (A))']),
        (PERSONAL, picture(INBOX), picture(INBOX, subscribed=["INBOX"]),
         ['LIST (\\HasNoChildren \\Subscribed) "/" INBOX']),
        (PERSONAL, picture(INBOX), picture(INBOX, subscribed=["Gone"]),
         ['LIST (\\NonExistent \\HasNoChildren \\Subscribed) "/" Gone']),
        (PERSONAL, picture(INBOX), picture(box(1, "INBOX", 5, 3, notes={"/shared/a": 1, "/private/b": 2})),
         ["METADATA INBOX /private/b /shared/a"]),
        (PERSONAL, picture(box(1, "INBOX", notes={"/shared/a": 1})), picture(box(1, "INBOX", notes={"/shared/a": 2})),
         ["METADATA INBOX /shared/a"]),
        (PERSONAL, picture(INBOX), picture(INBOX, notes={"/private/x": 1}), []),
        (b"SET (mailboxes INBOX (ServerMetadataChange))", picture(INBOX), picture(INBOX, notes={"/private/x": 1}),
         ['METADATA "" /private/x']),
        (b"SET (subtree A (MailboxName))", picture(INBOX), picture(INBOX, box(2, "A"), box(3, "AB"), box(4, "A/B")),
         ['LIST (\\HasChildren) "/" A', 'LIST (\\HasNoChildren) "/" A/B']),
        (b"SET (subscribed (MessageNew MessageExpunge))", picture(INBOX, box(2, "A"), subscribed=["A"]),
         picture(box(1, "INBOX", 6, 4), box(2, "A", 2, 1), subscribed=["A"]), ["STATUS A (UIDNEXT 2 MESSAGES 1)"]),
        (b"SET (personal NONE)", picture(INBOX), picture(box(1, "INBOX", 6, 4), box(2, "New")), []),
        (b"SET (subtree Shared (MessageNew MessageExpunge MailboxName))", picture(box(2, "Shared/lee/P", rights="lr")),
         picture(box(2, "Shared/lee/P", 2, 1, rights="l")), ['LIST (\\NoAccess \\HasNoChildren) "/" Shared/lee/P']),
    ],
)  # fmt: skip
def test_what_is_told_of_two_pictures(asked, before, after, lines):
    told = Told(groups(asked), None, NOTHING)
    assert [line.decode() for line in told.changes(before, after)] == [f"* {line}\r\n" for line in lines]


def test_of_the_open_mailbox_only_its_own_group_speaks():
    told = Told(groups(PERSONAL), 1, NOTHING)
    assert list(told.changes(picture(INBOX), picture(box(1, "INBOX", 6, 4)))) == []
    assert list(told.figures(picture(INBOX))) == []


def test_who_counts_changes_hears_of_the_count():
    told = Told(groups(PERSONAL), None, Enabled(condstore=True))
    after = picture(box(1, "INBOX", 6, 4, modseq=9))
    assert list(told.some_changes(picture(INBOX), after, [1])) == [
        b"* STATUS INBOX (UIDNEXT 6 MESSAGES 4 HIGHESTMODSEQ 9 UIDVALIDITY 7)\r\n"
    ]


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (b"SET (personal (MessageNew MessageExpunge))", OfSelected()),
        (b"SET (selected NONE)", OfSelected()),
        (b"SET (selected (MessageNew (UID FLAGS) MessageExpunge))", OfSelected(True, False, False, ("UID", "FLAGS"))),
        (b"set status (Selected-Delayed (MessageNew MessageExpunge FlagChange))", OfSelected(True, True, True)),
    ],
)
def test_what_is_wanted_of_the_open_mailbox(asked, wanted):
    assert of_selected(groups(asked)) == wanted


def test_several_groups_may_speak_of_one_mailbox():
    asked = groups(b"SET (mailboxes INBOX (MessageNew MessageExpunge)) (personal (SubscriptionChange))")
    assert events_of(asked, "INBOX", frozenset()) == {"MESSAGENEW", "MESSAGEEXPUNGE", "SUBSCRIPTIONCHANGE"}
    assert events_of(asked, "Sent", frozenset()) == {"SUBSCRIPTIONCHANGE"}
    assert events_of(asked, "Shared/lee/P", frozenset()) == set()


@pytest.mark.parametrize(
    "octets",
    [b"", b"SET", b"SET ()", b"SOME (personal NONE)", b"NONE x", b"SET (personal)", b"SET (personal ())",
     b"SET (personal (MessageNew))", b"SET (personal (FlagChange))", b"SET (selected (MailboxName))",
     b"SET (personal (MessageNew (UID) MessageExpunge))", b"SET (subtree-one a NONE)", b"SET (mailboxes NONE)",
     b"SET (selected NONE) (selected NONE)", b"SET (personal NONE)" * 2, b"SET" + b" (personal NONE)" * 101],
)  # fmt: skip
def test_what_notify_does_not_allow_is_bad(octets):
    with pytest.raises(BadSyntax):
        notify.parse(Reader(octets))


def test_an_event_we_cannot_tell_is_refused_with_those_we_can():
    with pytest.raises(BadCommandText) as caught:
        notify.parse(Reader(b"SET (personal (AnnotationChange))"))
    assert caught.value.status == "NO" and caught.value.code.startswith("BADEVENT (MessageNew MessageExpunge")
