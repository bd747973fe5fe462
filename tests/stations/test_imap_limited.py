"""A server that lets no command go through more than some letters, as a client sees it (RFC 9738)."""

import random
import re

import pytest

from kit.stored import NOW, SECOND
from kit.world import at

MOST = 3
UIDS = [1, 3, 4, 6, 7, 8]  # of the letters 1 to 6: 2 and 5 are gone


def told(tmp_path, *commands, most=MOST, uids=UIDS):
    """What each command is answered with; of the tagged line status and code."""
    answers = []

    async def story(world):
        for uid in range(1, max(uids) + 1):
            await world.deliver(b"Subject: s\r\n\r\nx\r\n", internal_us=NOW + uid * SECOND)
        c = await world.client(select="SELECT INBOX")
        gone = ",".join(str(uid) for uid in range(1, max(uids) + 1) if uid not in uids)
        await c.ok(f"UID STORE {gone} +FLAGS.SILENT (\\Deleted)")
        await c.ok(f"UID EXPUNGE {gone}")
        for command in commands:
            answers.append([_shown(line) for line in await c.do(command)])

    at(tmp_path, story, message_limit=most)
    return answers


def _shown(line):
    text = re.sub(r'(TAG|NOUPDATE) "[^"]*"', r"\1 *", line.decode().strip())
    found = re.match(r"(?:\* )?(?:OK|NO|BAD)(?: \[[^\]]*\])?", text)
    return found[0] if found else text


DONE = "OK [MESSAGELIMIT 3 6]"  # letters 6, 5 and 4
NOT_DONE = "NO [MESSAGELIMIT 3 6]"
REFUSED = "NO [MESSAGELIMIT 3]"
SEEN = "* {} FETCH (UID {} FLAGS (\\Seen \\Recent))"
ANSWERS = [
    # From the highest UID down, also by message numbers.
    ("FETCH 1:* (UID)", ["* 6 FETCH (UID 8)", "* 5 FETCH (UID 7)", "* 4 FETCH (UID 6)", DONE]),
    ("UID FETCH 1:7 (UID)", ["* 5 FETCH (UID 7)", "* 4 FETCH (UID 6)", "* 3 FETCH (UID 4)", "OK [MESSAGELIMIT 3 4]"]),
    ("UID FETCH 1,4,8 (UID)", ["* 1 FETCH (UID 1)", "* 3 FETCH (UID 4)", "* 6 FETCH (UID 8)", "OK"]),
    ("UID FETCH 1:5 (UID)", ["* 1 FETCH (UID 1)", "* 2 FETCH (UID 3)", "* 3 FETCH (UID 4)", "OK"]),
    ("FETCH 1:* (BODY.PEEK[TEXT]<0.1>)", [f"* {n} FETCH (BODY[TEXT]<0> {{1}}\r\nx)" for n in (6, 5, 4)] + [DONE]),
    # The range of PARTIAL is the number of letters.
    ("UID FETCH 1:* (UID) (PARTIAL -1:-2)", ["* 5 FETCH (UID 7)", "* 6 FETCH (UID 8)", "OK"]),
    ("UID FETCH 1:* (UID) (PARTIAL 1:4)", [REFUSED]),
    # Letters are counted that are looked at, not those that are found.
    ("UID SEARCH ALL", ["* SEARCH 8 7 6", DONE]),
    ("SEARCH UNSEEN", ["* SEARCH 6 5 4", DONE]),
    ("SEARCH SEEN", ["* SEARCH", DONE]),
    ("SEARCH 1:3 SEEN", ["* SEARCH", "OK"]),
    ("UID SEARCH (UID 1:7 ALL) NOT UID 7", ["* SEARCH 6 4", "OK [MESSAGELIMIT 3 4]"]),
    ("UID SEARCH UIDBEFORE 6", ["* SEARCH 1 3 4", "OK"]),
    ("UID SEARCH UIDBEFORE 6 UIDAFTER 1", ["* SEARCH 3 4", "OK"]),
    ("UID SEARCH UIDAFTER 3", ["* SEARCH 8 7 6", DONE]),
    ("UID SEARCH UIDAFTER 8", ["* SEARCH", "OK"]),
    ("UID SEARCH UIDAFTER 4294967295", ["* SEARCH", "OK"]),
    ("UID SEARCH UIDBEFORE 1", ["* SEARCH", "OK"]),
    ("UID SEARCH UIDBEFORE 1:3", ["BAD"]),
    ("UID SEARCH UIDAFTER *", ["BAD"]),
    ("UID SEARCH RETURN (MIN COUNT) ALL", ["* ESEARCH (TAG *) UID MIN 6 COUNT 3", DONE]),
    ("UID SEARCH RETURN (COUNT UPDATE) ALL", ["* ESEARCH (TAG *) UID COUNT 3", "* NO [NOUPDATE *]", DONE]),
    ("SORT (ARRIVAL) UTF-8 ALL", [REFUSED]),
    ("UID SORT (REVERSE ARRIVAL) UTF-8 UIDBEFORE 6", ["* SORT 4 3 1", "OK"]),
    ("THREAD REFERENCES UTF-8 ALL", [REFUSED]),
    ("THREAD ORDEREDSUBJECT UTF-8 1:3", ["* THREAD (1 (2)(3))", "OK"]),
    ("UID STORE 1:* +FLAGS (\\Seen)", [SEEN.format(6, 8), SEEN.format(5, 7), SEEN.format(4, 6), DONE]),
    ("STORE 1:* +FLAGS.SILENT (\\Seen)", [DONE]),
    ("STORE 1:3 +FLAGS.SILENT (\\Seen)", ["OK"]),
    # Of all or of none.
    ("UID COPY 1:* Sent", [NOT_DONE]),
    ("UID COPY 1:5 Sent", ["OK [COPYUID * 1,3:4 1:3]"]),
    ("APPEND Sent {1+}\r\na {1+}\r\nb {1+}\r\nc {1+}\r\nd", [REFUSED]),
    ("APPEND Sent {1+}\r\na {1+}\r\nb {1+}\r\nc", ["OK [APPENDUID * 4:6]"]),
    ("STATUS INBOX (UNSEEN MESSAGES)", ["* STATUS INBOX (UNSEEN 0 MESSAGES 6)", "OK"]),
    ("UID MOVE 1:* Sent", ["* OK [COPYUID * 6:8 7:9]", "* 6 EXPUNGE", "* 5 EXPUNGE", "* 4 EXPUNGE", DONE]),
]  # fmt: skip


def test_what_commands_over_many_letters_are_answered_with(tmp_path):
    """One after the other in one mailbox."""
    for (command, expected), found in zip(ANSWERS, told(tmp_path, *(command for command, _ in ANSWERS)), strict=True):
        assert [re.sub(r"(COPYUID|APPENDUID) \d+", r"\1 *", line) for line in found] == expected, command


def test_what_is_expunged(tmp_path):
    """UID EXPUNGE takes some of what is marked, EXPUNGE all of it."""
    answers = told(
        tmp_path, "UID STORE 1:5 +FLAGS.SILENT (\\Deleted)", "UID STORE 6:8 +FLAGS.SILENT (\\Deleted)",
        "UID STORE 7 -FLAGS.SILENT (\\Deleted)", "UID EXPUNGE 1:*", "UID EXPUNGE 1:3", "UID SEARCH ALL",
        "UID STORE 7 +FLAGS.SILENT (\\Deleted)", "EXPUNGE",
    )  # fmt: skip
    assert answers[3] == ["* 6 EXPUNGE", "* 4 EXPUNGE", "* 3 EXPUNGE", "OK [MESSAGELIMIT 3 4]"]
    assert answers[4] == ["* 2 EXPUNGE", "* 1 EXPUNGE", "OK"]
    assert answers[5] == ["* SEARCH 7", "OK"]
    assert answers[7] == ["* 1 EXPUNGE", "OK"]


def test_expunge_and_close_know_no_limit(tmp_path):
    answers = told(
        tmp_path, "UID STORE 1:5 +FLAGS.SILENT (\\Deleted)", "UID STORE 6:8 +FLAGS.SILENT (\\Deleted)", "EXPUNGE",
    )  # fmt: skip
    assert answers[2] == [*[f"* {number} EXPUNGE" for number in range(6, 0, -1)], "OK"]


def test_another_code_goes_first(tmp_path):
    """Then the limit is told in a line of its own."""
    answers = told(
        tmp_path, "ENABLE QRESYNC", "UID STORE 1:* (UNCHANGEDSINCE 1) +FLAGS.SILENT (\\Seen)", "UID MOVE 1:* Sent",
    )  # fmt: skip
    assert answers[1][-2:] == ["* NO [MESSAGELIMIT 3 6]", "OK [MODIFIED 6:8]"]
    assert answers[2][-2] == "* NO [MESSAGELIMIT 3 6]" and answers[2][-1].startswith("OK [HIGHESTMODSEQ ")


def test_what_was_searched_is_kept_and_no_more(tmp_path):
    answers = told(tmp_path, "UID SEARCH RETURN (SAVE) ALL", "UID SEARCH RETURN (ALL) $", "UID FETCH $ (UID)")
    assert answers[0] == [DONE]
    assert answers[1] == ["* ESEARCH (TAG *) UID ALL 6:8", "OK"]
    assert answers[2] == ["* 4 FETCH (UID 6)", "* 5 FETCH (UID 7)", "* 6 FETCH (UID 8)", "OK"]


def test_of_changed_letters_those_are_counted_that_changed(tmp_path):
    answers = told(
        tmp_path, "ENABLE CONDSTORE", "UID STORE 1,4,8 +FLAGS.SILENT (\\Seen)",
        "UID FETCH 1:* (UID) (CHANGEDSINCE 1)", "UID FETCH 1:* (UID) (CHANGEDSINCE 10)",
    )  # fmt: skip
    assert answers[2][-1] == DONE
    assert [re.search(r"UID (\d+)", line)[1] for line in answers[3][:-1]] == ["1", "4", "8"]
    assert answers[3][-1] == "OK"


def test_reading_marks_no_more_letters_than_are_read(tmp_path):
    answers = told(tmp_path, "FETCH 1:* (BODY[TEXT])", "SEARCH 1:3 SEEN", "SEARCH 4:6 SEEN")
    assert len(answers[0]) == MOST + 1 and answers[0][-1] == DONE
    assert answers[1:] == [["* SEARCH", "OK"], ["* SEARCH 4 5 6", "OK"]]


@pytest.mark.parametrize("seed", range(3))
def test_who_goes_on_below_the_uid_has_all_of_it_once(tmp_path, seed):
    dice = random.Random(seed)
    uids = sorted(dice.sample(range(1, 40), 25))

    async def story(world):
        for _ in range(max(uids)):
            await world.deliver()
        c = await world.client(select="SELECT INBOX")
        for uid in set(range(1, max(uids))).difference(uids):
            await c.ok(f"UID STORE {uid} +FLAGS.SILENT (\\Deleted)")
        await c.ok("EXPUNGE")
        fetched, found, below = [], [], ""
        while True:
            *lines, last = await c.do(f"UID FETCH 1:{below or '*'} (UID)")
            fetched += [int(re.search(rb"UID (\d+)", line)[1]) for line in lines]
            *lines, same = await c.do(f"UID SEARCH UID 1:{below or '*'} LARGER 1")
            found += [int(uid) for line in lines for uid in line.split()[2:]]
            limit = re.match(rb"OK \[MESSAGELIMIT \d+ (\d+)\]", last)
            assert (limit or [b""])[0] == (re.match(rb"OK \[[^]]*\]", same) or [b""])[0]
            if limit is None:
                break
            below = int(limit[1]) - 1
        assert sorted(fetched) == sorted(found) == uids

    at(tmp_path, story, message_limit=dice.randint(2, 9))


def test_it_is_offered_where_it_is_set(tmp_path):
    async def story(world):
        c = await world.client()
        words = b"".join(await c.do("CAPABILITY")).split()
        assert b"MESSAGELIMIT=1000" in words and not any(word.startswith(b"SAVELIMIT") for word in words)
        stranger = await world.client(login=False)
        assert b"MESSAGELIMIT" not in b"".join(await stranger.do("CAPABILITY"))

    at(tmp_path, story, message_limit=1_000)


def test_it_is_not_there_unless_it_is_set(tmp_path):
    (words, fetched, found) = told(tmp_path, "CAPABILITY", "FETCH 1:* (UID)", "UID SEARCH UIDAFTER 3", most=0)
    assert "MESSAGELIMIT" not in " ".join(words)
    assert fetched == [*[f"* {number} FETCH (UID {uid})" for number, uid in enumerate(UIDS, 1)], "OK"]
    assert found == ["* SEARCH 4 6 7 8", "OK"]
