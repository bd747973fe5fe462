"""UPDATE: a client that believes what it is told of a search knows what a new search would find (RFC 5267)."""

import asyncio
import random
import re

import pytest

from kit.following import Following, found_by
from kit.world import at
from pyeonji.access.imap import contexts
from pyeonji.store.engine.base import Unavailable

WORDS = ("apple", "banana", "회의", "cherry", "date")


def letter(number):
    chance = random.Random(number)
    word = chance.choice(WORDS)
    return (
        f"From: {chance.choice('abc')}@x.test\r\nTo: k@a.test\r\nSubject: {chance.choice(('', 'Re: '))}{word}\r\n"
        f"Date: {1 + chance.randrange(28)} Jan 2025 10:00:00 +0000\r\nMessage-ID: <{number}@x>\r\n\r\n"
        f"{word} {number}\r\n"
    ).encode()


SEARCHES = [
    "ALL", "UNSEEN", "FLAGGED UNDELETED", "NOT KEYWORD Junk", "SUBJECT apple", "TEXT 회의", "OR SEEN BODY date",
    "UID 3:*",    "UID *", "NOT UID 40:*", "NEW", "RECENT", "FUZZY SUBJECT banana", "SENTSINCE 15-Jan-2025 UNSEEN",
    "MODSEQ 9", "LARGER 160", "YOUNGER 999999999 UNSEEN", "HEADER Message-ID 1",
]  # fmt: skip
ORDERS = ["(ARRIVAL)", "(REVERSE ARRIVAL)", "(SUBJECT REVERSE DATE)", "(FROM SIZE)", "(REVERSE SIZE)", "(DISPLAYFROM)"]


def questions(chance, count):
    """(command, is it SORT?)"""
    for _ in range(count):
        uid, key = chance.choice(("", "UID ")), chance.choice(SEARCHES)
        octets = key.encode()
        key = key if octets.isascii() else key.replace("회의", "{6+}\r\n회의")
        if chance.random() < 0.5:
            yield f"{uid}SORT RETURN (UPDATE ALL) {chance.choice(ORDERS)} UTF-8 {key}", True
        else:
            yield f"{uid}SEARCH RETURN (UPDATE ALL) CHARSET UTF-8 {key}", False


async def begin(client, following, command, in_order):
    lines = await client.ok(command)
    tag = f"a{client.count}"
    following.begin(tag, found_by(lines), uid=command.startswith("UID"), in_order=in_order)
    for line in lines:
        following.hear(line)
    return tag


async def asked_again(client, command):
    """What is found now, without being followed."""
    return found_by(await client.ok(command.replace("UPDATE ", "")))


async def disturb(world, other, chance):
    """Something happens in the mailbox, by somebody else."""
    await other.ok("NOOP")
    count = len(world.entries())
    some = f"{chance.randint(1, count)}:{chance.randint(1, count)}" if count else ""
    match chance.randrange(6):
        case 0 | 1:
            for _ in range(chance.randint(1, 3)):
                await world.deliver(letter(chance.randrange(10_000)))
        case 2 | 3 if count:
            flag = chance.choice(("\\Seen", "\\Flagged", "Junk", "\\Deleted"))
            await other.ok(f"STORE {some} {chance.choice('+-')}FLAGS.SILENT ({flag})")
        case 4 if count:
            await other.ok(f"STORE {chance.randint(1, count)} +FLAGS.SILENT (\\Deleted)")
            await other.ok("EXPUNGE")
        case _:
            await other.append(letter(chance.randrange(10_000)), before="(\\Flagged) ")


@pytest.mark.parametrize("seed", range(8))
def test_whoever_believes_what_he_is_told_knows_what_is_found(tmp_path, seed):
    chance = random.Random(seed)

    async def story(world):
        for number in range(chance.choice((0, 4, 20))):
            await world.deliver(letter(number))
        other, me = await world.client(select="SELECT INBOX"), await world.client(select="SELECT INBOX")
        if chance.random() < 0.5:
            await me.ok("NOOP")
        following, commands = Following(), {}
        for command, in_order in questions(chance, 6):
            commands[await begin(me, following, command, in_order)] = command
        for _ in range(12):
            if chance.random() < 0.5:
                await disturb(world, other, chance)
            else:
                heard = await asyncio.gather(me.ok("NOOP"), disturb(world, other, chance))
                for line in heard[0]:
                    following.hear(line)
            if chance.random() < 0.3 and len(world.entries()):
                for line in await me.ok("UID FETCH 1:* UID"):  # an EXPUNGE waits, or does not
                    following.hear(line)
                for line in await me.ok("SEARCH 1:*"):
                    following.hear(line)
            for line in await me.ok("NOOP"):
                following.hear(line)
            for tag, command in commands.items():
                assert following.results[tag] == await asked_again(me, command), (tag, command)

    at(tmp_path, story)


def story_of(tmp_path, story, count=3):
    """Two clients look into an INBOX with letters of the subjects 1, 2, 3 ..."""

    async def whole(world):
        for number in range(1, count + 1):
            await world.deliver(b"Subject: %d\r\n\r\nx\r\n" % number)
        other, me = await world.client(select="SELECT INBOX"), await world.client(select="SELECT INBOX")
        await story(world, me, other)

    at(tmp_path, whole)


def plain(lines):
    return [re.sub(r'TAG "(\w+)"', r"\1", line.decode().strip()) for line in lines if b"RECENT" not in line]


def test_changes_are_told_beside_what_they_come_from_and_in_the_right_order(tmp_path):
    async def story(world, me, other):
        assert plain(await me.ok("SEARCH RETURN (UPDATE COUNT) UNSEEN")) == ["* ESEARCH (a3) COUNT 3"]
        assert plain(await me.ok("UID SORT RETURN (UPDATE) (REVERSE SUBJECT) UTF-8 UNDELETED")) == [
            "* ESEARCH (a4) UID"
        ]
        await other.ok("STORE 2 +FLAGS (\\Seen \\Deleted)")
        assert plain(await me.ok("NOOP")) == [
            "* ESEARCH (a3) REMOVEFROM (0 2)", "* ESEARCH (a4) UID REMOVEFROM (2 2)",
            "* 2 FETCH (FLAGS (\\Seen \\Deleted))",
        ]  # fmt: skip
        await other.ok("STORE 3 +FLAGS (\\Deleted)")
        await other.ok("EXPUNGE")
        await world.deliver(b"Subject: 9\r\n\r\n")
        await world.deliver(b"Subject: 0\r\n\r\n")
        assert plain(await me.ok("NOOP")) == [
            "* ESEARCH (a3) REMOVEFROM (0 3)", "* ESEARCH (a4) UID REMOVEFROM (1 3)", "* 3 EXPUNGE", "* 2 EXPUNGE",
            "* 3 EXISTS", "* ESEARCH (a3) ADDTO (0 2:3)", "* ESEARCH (a4) UID ADDTO (1 4 3 5)",
        ]  # fmt: skip

    story_of(tmp_path, story)


def test_a_letter_that_went_is_told_at_once_though_its_number_stays_until_it_may_be_told(tmp_path):
    async def story(world, me, other):  # RFC 5267 §A.3
        await me.ok("SEARCH RETURN (UPDATE) ALL")
        await other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
        await other.ok("EXPUNGE")
        assert plain(await me.ok("SEARCH SUBJECT 3")) == ["* ESEARCH (a3) REMOVEFROM (0 1)", "* SEARCH 3"]
        assert plain(await me.ok("SEARCH SUBJECT 3")) == ["* SEARCH 3"]
        assert plain(await me.ok("NOOP")) == ["* 1 EXPUNGE"]

    story_of(tmp_path, story)


def test_a_letter_that_goes_while_changes_are_told_is_removed_before_its_number_is(tmp_path, monkeypatch):
    async def story(world, me, other):
        await me.ok("SEARCH RETURN (UPDATE) ALL")
        await me.ok("UID SORT RETURN (UPDATE) (SUBJECT) UTF-8 ALL")
        await other.ok("STORE 2 +FLAGS.SILENT (\\Deleted)")
        tell, waiting = contexts.Contexts.tell, ["EXPUNGE"]

        async def tell_and_let_others(self, block):
            await tell(self, block)
            if waiting:
                await other.ok(waiting.pop())

        monkeypatch.setattr(contexts.Contexts, "tell", tell_and_let_others)
        assert plain(await me.ok("NOOP")) == [
            "* ESEARCH (a3) REMOVEFROM (0 2)", "* ESEARCH (a4) UID REMOVEFROM (2 2)", "* 2 EXPUNGE",
        ]  # fmt: skip

    story_of(tmp_path, story)


def test_what_could_not_be_found_out_is_told_the_next_time(tmp_path, monkeypatch):
    async def story(world, me, other):
        await me.ok("SEARCH RETURN (UPDATE) OR FLAGGED DELETED")
        await other.ok("STORE 2 +FLAGS.SILENT (\\Deleted)")
        assert plain(await me.ok("NOOP"))[0] == "* ESEARCH (a3) ADDTO (0 2)"
        await other.ok("STORE 1 +FLAGS.SILENT (\\Flagged)")
        await other.ok("EXPUNGE")

        def no_disk(station):
            raise Unavailable("disk I/O error")

        with monkeypatch.context() as broken:
            broken.setattr(contexts, "searching", no_disk)
            assert plain(await me.ok("NOOP")) == [
                "* 1 FETCH (FLAGS (\\Flagged))", "* ESEARCH (a3) REMOVEFROM (0 2)", "* 2 EXPUNGE",
            ]  # fmt: skip
        assert plain(await me.ok("NOOP")) == ["* ESEARCH (a3) ADDTO (0 1)"]

    story_of(tmp_path, story)


def test_changes_come_while_the_client_idles(tmp_path):
    async def story(world, me, other):
        await me.ok("UID SEARCH RETURN (UPDATE) FLAGGED")
        await me.ok("NOOP")
        await me.send(b"i IDLE\r\n")
        assert (await me.response()).startswith(b"+")
        await other.ok("STORE 1 +FLAGS.SILENT (\\Flagged)")
        told = [await me.response(), await me.response()]
        assert plain(told) == ["* ESEARCH (a3) UID ADDTO (0 1)", "* 1 FETCH (FLAGS (\\Flagged))"]
        await me.send(b"DONE\r\n")
        assert (await me.until(b"i ")) == [b"i OK Idled\r\n"]

    story_of(tmp_path, story)


def test_items_of_a_letter_that_comes_are_told_between_its_number_and_its_place(tmp_path):
    async def story(world, me, other):  # RFC 5465 §3
        await me.ok("SEARCH RETURN (UPDATE (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])) SUBJECT boss")
        await me.ok("NOOP")
        await world.deliver(b"Subject: boss\r\n\r\n")
        await world.deliver(b"Subject: another\r\n\r\n")
        assert plain(await me.ok("NOOP")) == [
            "* 5 EXISTS", "* 4 FETCH (UID 4 BODY[HEADER.FIELDS (SUBJECT)] {17}\r\nSubject: boss\r\n\r\n)",
            "* ESEARCH (a3) ADDTO (0 4)",
        ]  # fmt: skip

    story_of(tmp_path, story)


def test_nothing_more_is_told_of_a_search_that_is_cancelled_or_whose_mailbox_is_left(tmp_path):
    async def story(world, me, other):
        await me.ok("SEARCH RETURN (UPDATE) FLAGGED")
        await me.ok("SEARCH RETURN (UPDATE) ANSWERED")
        await me.bad('CANCELUPDATE "a3" "nobody"')
        await other.ok("STORE 1 +FLAGS.SILENT (\\Flagged \\Answered)")
        assert len(await me.ok("NOOP")) == 3  # the control, and nothing was cancelled by half
        await me.ok('CANCELUPDATE "a3"')
        await me.bad('CANCELUPDATE "a3"')
        await other.ok("STORE 2 +FLAGS.SILENT (\\Flagged \\Answered)")
        assert plain(await me.ok("NOOP"))[0] == "* ESEARCH (a4) ADDTO (0 2)"
        await me.ok("SELECT INBOX")
        await other.ok("STORE 3 +FLAGS.SILENT (\\Answered)")
        assert len(await me.ok("NOOP")) == 1
        await me.bad('CANCELUPDATE "a4"')
        await me.ok("UNSELECT")
        await me.bad('CANCELUPDATE "a4"')

    story_of(tmp_path, story)


def test_a_tag_that_is_told_of_is_not_taken_twice(tmp_path):
    async def story(world, me, other):
        async def say(command):
            await me.send(b"same " + command.encode() + b"\r\n")
            return (await me.until(b"same "))[-1].split()[1]

        assert await say("SEARCH RETURN (UPDATE COUNT) FLAGGED") == b"OK"
        assert await say("SEARCH RETURN (UPDATE COUNT) ALL") == b"BAD"
        assert await say("SORT RETURN (UPDATE) (DATE) UTF-8 ALL") == b"BAD"
        assert await say("ESEARCH RETURN (UPDATE) ALL") == b"BAD"
        assert await say("SEARCH RETURN (COUNT) ALL") == b"OK"
        assert await say('CANCELUPDATE "same"') == b"OK"
        assert await say("SORT RETURN (UPDATE) (DATE) UTF-8 ALL") == b"OK"

    story_of(tmp_path, story)


def test_there_is_a_limit_to_what_is_told_and_the_search_is_answered_all_the_same(tmp_path, monkeypatch):
    async def story(world, me, other):
        for _ in range(contexts.MAX_CONTEXTS):
            assert len(await me.ok("SEARCH RETURN (UPDATE COUNT) ALL")) == 1
        tag = f"a{me.count + 1}"
        refused = [f"* ESEARCH ({tag}) COUNT 3", f'* NO [NOUPDATE "{tag}"] Too many searches are told of']
        assert plain(await me.ok("SEARCH RETURN (UPDATE COUNT) ALL")) == refused
        await me.bad(f'CANCELUPDATE "{tag}"')
        await me.ok('CANCELUPDATE "a3"')
        assert len(await me.ok("SEARCH RETURN (UPDATE COUNT) ALL")) == 1
        await me.ok("SELECT INBOX")
        monkeypatch.setattr(contexts, "MAX_FOLLOWED", 2)
        assert len(await me.ok("SEARCH RETURN (UPDATE COUNT) ALL")) == 1  # the first always has room
        assert b"NOUPDATE" in (await me.ok("SEARCH RETURN (UPDATE COUNT) UID 1"))[1]
        monkeypatch.setattr(contexts, "MAX_FOLLOWED", 4)
        assert len(await me.ok("SEARCH RETURN (UPDATE COUNT) UID 1")) == 1  # the control
        await me.ok("SELECT INBOX")
        monkeypatch.setattr(contexts, "MAX_KEYS", 3)
        assert len(await me.ok("SEARCH RETURN (UPDATE COUNT) UID 1 UID 1 UID 1 UID 1")) == 1
        assert b"NOUPDATE" in (await me.ok("SEARCH RETURN (UPDATE COUNT) UID 2"))[1]

    story_of(tmp_path, story)


def test_what_cannot_be_followed_says_so(tmp_path):
    async def story(world, me, other):
        lines = plain(await me.ok("SORT RETURN (UPDATE COUNT) (RELEVANCY) UTF-8 FUZZY TEXT x"))
        assert lines == ["* ESEARCH (a3) COUNT 3", '* NO [NOUPDATE "a3"] Relevancy is not followed']
        lines = plain(await me.ok("ESEARCH IN (mailboxes Sent) RETURN (UPDATE) ALL"))
        assert lines == ['* NO [NOUPDATE "a4"] Only the selected mailbox is told of']
        await me.ok("UNSELECT")
        await me.bad("ESEARCH IN (personal) RETURN (UPDATE COUNT) ALL")

    story_of(tmp_path, story)


def test_a_search_of_several_mailboxes_is_followed_in_the_open_one_and_names_it(tmp_path):
    async def story(world, me, other):
        await me.append(b"Subject: x\r\n\r\n", name="Sent")
        lines = await me.ok("ESEARCH IN (personal) RETURN (UPDATE COUNT) UNSEEN")
        assert len(lines) == 2
        uidvalidity = re.search(rb"MAILBOX INBOX UIDVALIDITY (\d+)", b"".join(lines))[1].decode()
        await other.ok("STORE 1 +FLAGS.SILENT (\\Seen)")
        tag = f"a{me.count}"
        assert plain(await me.ok("NOOP"))[0] == (
            f"* ESEARCH ({tag} MAILBOX INBOX UIDVALIDITY {uidvalidity}) UID REMOVEFROM (0 1)"
        )

    story_of(tmp_path, story)


def test_letters_grow_too_old_for_a_search_that_asks_for_their_age(tmp_path):
    async def story(world, me, other):
        await me.append(b"Subject: 1\r\n\r\n")
        assert plain(await me.ok("UID SEARCH RETURN (UPDATE ALL) YOUNGER 3600")) == ["* ESEARCH (a4) UID ALL 1"]
        world.clock.push(7200)
        await other.append(b"Subject: 2\r\n\r\n")
        assert plain(await me.ok("NOOP")) == [
            "* ESEARCH (a4) UID REMOVEFROM (0 1)", "* 2 EXISTS", "* ESEARCH (a4) UID ADDTO (0 2)",
        ]  # fmt: skip

    story_of(tmp_path, story, count=0)


def test_message_numbers_mean_the_letters_they_meant_when_it_was_asked(tmp_path):
    async def story(world, me, other):  # RFC 5267 §4.3
        await me.ok("SEARCH RETURN (UPDATE ALL) 2:* UNSEEN")
        await me.ok("SEARCH RETURN (SAVE) 3")
        await me.ok("SEARCH RETURN (UPDATE ALL) $ UNSEEN")
        await other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
        await other.ok("EXPUNGE")
        await world.deliver(b"Subject: 4\r\n\r\n")
        assert plain(await me.ok("NOOP")) == ["* 1 EXPUNGE", "* 3 EXISTS"]
        await other.ok("STORE 1:2 +FLAGS.SILENT (\\Seen)")
        assert plain(await me.ok("NOOP"))[:2] == [
            "* ESEARCH (a3) REMOVEFROM (0 1:2)",
            "* ESEARCH (a5) REMOVEFROM (0 2)",
        ]

    story_of(tmp_path, story)


def test_who_does_without_message_numbers_is_told_of_no_search_that_has_them(tmp_path):
    async def story(world, me, other):
        await me.ok("SEARCH RETURN (UPDATE) FLAGGED")
        await me.ok("UID SEARCH RETURN (UPDATE) FLAGGED")
        await me.ok("ENABLE UIDONLY")
        await other.ok("STORE 1 +FLAGS.SILENT (\\Flagged)")
        assert plain(await me.ok("NOOP"))[0] == "* ESEARCH (a4) UID ADDTO (0 1)"

    story_of(tmp_path, story)


def test_parts_of_an_order_are_told_while_it_is_followed(tmp_path):
    async def story(world, me, other):  # RFC 5267 §A.1
        await me.ok("UID SORT RETURN (COUNT UPDATE CONTEXT) (REVERSE SUBJECT) UTF-8 UNDELETED")
        command = "UID SORT RETURN (PARTIAL 1:2) (REVERSE SUBJECT) UTF-8 UNDELETED"
        assert plain(await me.ok(command)) == ["* ESEARCH (a4) UID PARTIAL (1:2 3,2)"]
        await other.ok("STORE 3 +FLAGS.SILENT (\\Deleted)")
        assert plain(await me.ok("NOOP"))[0] == "* ESEARCH (a3) UID REMOVEFROM (1 3)"
        assert plain(await me.ok(command)) == ["* ESEARCH (a6) UID PARTIAL (1:2 2,1)"]

    story_of(tmp_path, story)
