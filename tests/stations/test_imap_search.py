"""SEARCH as a client sees it: what it asks to be told, and what is kept for the next command."""

import re

import pytest

from kit.world import at

CONTENTS = [
    "From: kim@a.test\r\nSubject: 회의\r\n\r\n첫째".encode(),
    b"From: lee@a.test\r\nSubject: two\r\n\r\nsecond letter",
    "From: kim@a.test\r\nSubject: 회의록\r\n\r\nthird letter".encode(),
    b"From: park@a.test\r\nSubject: four\r\n\r\nfourth",
]


def told(tmp_path, *commands, uids_apart=True):
    """What is said to each command; UIDs are message numbers plus one, unless not `uids_apart`."""
    answers = []

    async def story(world):
        for content in [b"Subject: gone\r\n\r\n"] * uids_apart + CONTENTS:
            await world.deliver(content)
        c = await world.client(select="SELECT INBOX")
        if uids_apart:
            await c.ok("STORE 1 +FLAGS (\\Deleted)")
            await c.ok("EXPUNGE")
        for command in commands:
            *lines, last = await c.do(command)
            answers.append([line.decode().strip() for line in lines] + [last.split()[0].decode()])

    at(tmp_path, story)
    return answers


def esearch(items, uid=False):
    return [f"* ESEARCH (TAG *){' UID' if uid else ''}{' ' + items if items else ''}", "OK"]


def without_tag(answer):
    return [re.sub(r'TAG "[^"]*"', "TAG *", line) for line in answer]


RETURNS = [
    ("SEARCH FROM kim", ["* SEARCH 1 3", "OK"]),
    ("UID SEARCH FROM kim", ["* SEARCH 2 4", "OK"]),
    ("SEARCH RETURN () FROM kim", esearch("ALL 1,3")),
    ("UID SEARCH RETURN (MIN MAX COUNT) FROM kim", esearch("MIN 2 MAX 4 COUNT 2", uid=True)),
    ("SEARCH RETURN (MIN) FROM nobody", esearch("")),
    ("SEARCH RETURN (ALL COUNT) FROM nobody", esearch("COUNT 0")),
    ("SEARCH RETURN (PARTIAL 1:1) FROM kim", esearch("PARTIAL (1:1 1)")),
    ("SEARCH RETURN (PARTIAL -1:-1 COUNT) FROM kim", esearch("PARTIAL (-1:-1 3) COUNT 2")),
    ("UID SEARCH RETURN (PARTIAL 5:9) ALL", esearch("PARTIAL (5:9 NIL)", uid=True)),
    ("SEARCH FUZZY BODY {12+}\r\nletter third", ["* SEARCH 3", "OK"]),
    ("SEARCH 2:* NOT UID 5", ["* SEARCH 2 3", "OK"]),
    ("SEARCH *", ["* SEARCH 4", "OK"]),
    ("SEARCH 9:12", ["* SEARCH", "OK"]),
    ("SEARCH UID 1,3:4", ["* SEARCH 2 3", "OK"]),
    ("SEARCH YOUNGER 4000000000", ["* SEARCH 1 2 3 4", "OK"]),
    ("SEARCH OLDER 4000000000", ["* SEARCH", "OK"]),
    ("SEARCH SAVEDSINCE 1-Jan-2000", ["* SEARCH 1 2 3 4", "OK"]),
    ("SEARCH CHARSET EUC-KR SUBJECT {4+}\r\n\xc8\xb8\xc0\xc7", ["* SEARCH 1 3", "OK"]),
]


@pytest.mark.parametrize(("command", "answer"), RETURNS)
def test_a_client_is_told_what_it_asked_for(tmp_path, command, answer):
    assert without_tag(told(tmp_path, command.encode("latin-1"))[0]) == answer


def test_the_highest_modseq_of_what_is_told_is_told(tmp_path):
    answers = told(
        tmp_path, "STORE 2 +FLAGS.SILENT (\\Flagged)", "SEARCH MODSEQ 1 FROM kim", "SEARCH MODSEQ 1 FROM nobody",
        "SEARCH RETURN (MIN) MODSEQ 1 ALL", "SEARCH RETURN (ALL) MODSEQ 1 ALL", "SEARCH RETURN (MIN MAX) MODSEQ 1 ALL",
    )  # fmt: skip
    lines = [without_tag(answer)[-2] for answer in answers[1:]]
    assert lines == [
        "* SEARCH 1 3 (MODSEQ 5)", "* SEARCH", "* ESEARCH (TAG *) MIN 1 MODSEQ 3",
        "* ESEARCH (TAG *) ALL 1:4 MODSEQ 9", "* ESEARCH (TAG *) MIN 1 MAX 4 MODSEQ 6",
    ]  # fmt: skip


def test_what_was_found_is_kept_for_the_next_command(tmp_path):
    answers = told(
        tmp_path, "SEARCH RETURN (SAVE) FROM kim", "UID SEARCH $", "SEARCH RETURN (SAVE COUNT) $ NOT 3", "FETCH $ UID",
        "SEARCH RETURN (SAVE MIN) ALL", "SEARCH UID $", "SEARCH RETURN (SAVE MIN MAX) ALL", "SEARCH $",
        "SEARCH RETURN (SAVE PARTIAL 2:3) ALL", "SEARCH $", "SEARCH RETURN (SAVE PARTIAL 2:3 MAX) ALL", "SEARCH $",
        "SEARCH RETURN (SAVE MIN COUNT) ALL", "SEARCH $", "SEARCH RETURN (SAVE) FROM nobody", "SEARCH $", "FETCH $ UID",
    )  # fmt: skip
    assert [without_tag(answer) for answer in answers] == [
        ["OK"], ["* SEARCH 2 4", "OK"], esearch("COUNT 1"), ["* 1 FETCH (UID 2)", "OK"],
        esearch("MIN 1"), ["* SEARCH 1", "OK"], esearch("MIN 1 MAX 4"), ["* SEARCH 1 4", "OK"],
        esearch("PARTIAL (2:3 2:3)"), ["* SEARCH 2 3", "OK"],
        esearch("MAX 4 PARTIAL (2:3 2:3)"), ["* SEARCH 2 3 4", "OK"],
        esearch("MIN 1 COUNT 4"), ["* SEARCH 1 2 3 4", "OK"], ["OK"], ["* SEARCH", "OK"], ["OK"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("refused", "kept"),
    [
        ("SEARCH RETURN (SAVE) CHARSET X-NONE ALL", ""),  # NO
        ("SORT RETURN (SAVE ALL) (DATE) X-NONE ALL", ""),
        ("SEARCH RETURN (COUNT) CHARSET X-NONE ALL", " 2 4"),  # nothing was to be kept
        ("SEARCH RETURN (SAVE) SUBJECT", " 2 4"),  # BAD
    ],
)
def test_a_search_that_was_to_be_kept_and_is_refused_leaves_nothing(tmp_path, refused, kept):
    """RFC 5182 §2.1."""
    *_, answer = told(tmp_path, "SEARCH RETURN (SAVE) FROM kim", refused, "UID SEARCH $")
    assert answer == [f"* SEARCH{kept}", "OK"]


def test_a_letter_that_went_is_no_longer_kept(tmp_path):
    answers = told(
        tmp_path, "SEARCH RETURN (SAVE) ALL", "STORE 2 +FLAGS.SILENT (\\Deleted)", "EXPUNGE", "SEARCH $",
        "UID SEARCH $",
    )  # fmt: skip
    assert answers[3:] == [["* SEARCH 1 2 3", "OK"], ["* SEARCH 2 4 5", "OK"]]


def test_recent_letters_are_those_of_this_session(tmp_path):
    commands = ("SEARCH RECENT", "SEARCH OLD", "SEARCH NEW", "STORE 1 +FLAGS.SILENT (\\Seen)", "SEARCH NEW")
    answers = told(tmp_path, *commands, uids_apart=False)
    assert [answer[0] for answer in answers if len(answer) > 1] == [
        "* SEARCH 1 2 3 4", "* SEARCH", "* SEARCH 1 2 3 4", "* SEARCH 2 3 4",
    ]  # fmt: skip
