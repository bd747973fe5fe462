"""What every engine does when a letter is taken."""

import asyncio

import pytest

from kit.stored import BODY, NOW, filing, fill, inbox, letter, person, relaying, session, take
from pyeonji.journey.event import Accepted, Filed, Line, Queued, pack
from pyeonji.store import entries, journey, mailboxes, messages
from pyeonji.store.accept import MailboxGone, accept, accept_all, taken_before
from pyeonji.store.blobs import INLINE_LIMIT, keep_file
from pyeonji.store.delete import delete
from pyeonji.store.engine.base import Conflict, Damaged, Unavailable
from pyeonji.store.verify import verify


def test_a_letter_is_in_the_mailbox_the_queue_and_its_journey(home):
    person(home)
    made = letter(filing(home), relaying(n=2), session=session())
    taken = take(home, made)
    assert taken.number == made.number
    ((mailbox_id, uid, uidvalidity),) = taken.uids
    box = home.engine.read_now(mailboxes.mailbox_by_id, mailbox_id)
    assert (uid, box.uidvalidity, box.uidnext, box.messages, box.octets) == (1, uidvalidity, 2, 1, made.size)
    (entry,) = home.engine.read_now(entries.entries, mailbox_id)
    assert (entry.uid, entry.message_id, entry.modseq, entry.size) == (1, made.number, box.modseq, made.size)
    assert [(r.n, r.state) for r in home.engine.read_now(journey.recipients, made.number)] == [
        (1, "done"),
        (2, "waiting"),
    ]
    events = [e for row in home.engine.read_now(journey.of_message, made.number) for e in row.events]
    assert [type(event) for event in events] == [Line, Accepted, Filed, Queued]
    assert home.engine.read_now(journey.session, 7) == session()
    assert verify(home) == []


def test_the_octets_come_back_as_they_were(home):
    person(home)
    content = BODY + bytes(range(256)) * 9
    number = take(home, letter(filing(home), content=content)).number
    read = lambda *part: home.engine.read_now(messages.content, home.blobs, number, *part)  # noqa: E731
    assert read() == content
    assert read(10, 20) == content[10:30]
    assert read(len(content) - 3) == content[-3:]
    assert read(len(content) + 5, 5) == b""


def test_a_large_letter_lies_in_a_file(home):
    person(home)
    content = BODY + b"x" * INLINE_LIMIT
    spool = home.data / "spool" / "one"
    spool.write_bytes(content)
    large = keep_file(spool, home.blobs.folder, "K7M3")
    number = take(home, letter(filing(home), content=large)).number
    assert not spool.exists()
    assert home.engine.read_now(messages.content, home.blobs, number) == content
    assert home.engine.read_now(messages.content, home.blobs, number, 5, 7) == content[5:12]
    assert verify(home) == []


def test_a_number_is_given_once_and_the_second_letter_changes_nothing(home):
    person(home)
    first = take(home, letter(filing(home)))
    with pytest.raises(Conflict):
        take(home, letter(filing(home), number=first.number))
    assert home.engine.read_now(mailboxes.mailbox_by_id, first.uids[0][0]).messages == 1
    assert verify(home) == []


def test_a_mailbox_that_went_away_is_no_place_for_a_letter(home):
    person(home)
    way = filing(home)
    home.engine.write_now(delete, way.mailbox_id, now_us=NOW, account="kim@a.test")
    with pytest.raises(Unavailable):
        take(home, letter(way))
    assert home.engine.read_now(journey.latest) == []


def test_letters_taken_together_are_numbered_as_if_they_had_come_one_after_the_other(home):
    people = [f"p{i}@a.test" for i in range(3)]
    for address in people:
        person(home, address)
    ways = [filing(home, address, n) for n, address in enumerate(people, 1)]
    made = [letter(ways[1], ways[0]), letter(ways[1]), letter(relaying()), letter(ways[2], ways[1], session=session())]
    taken = home.engine.write_now(accept_all, home.blobs, made)
    uids = [[(mailbox_id, uid) for mailbox_id, uid, _ in one.uids] for one in taken]
    first, second, third = (way.mailbox_id for way in ways)
    assert uids == [[(second, 1), (first, 1)], [(second, 2)], [], [(third, 1), (second, 3)]]
    modseqs = [entry.modseq for entry in home.engine.read_now(entries.entries, second)]
    assert modseqs == sorted(set(modseqs))
    for one in made:
        assert home.engine.read_now(messages.content, home.blobs, one.number) == one.content
    assert verify(home) == []


def test_more_letters_than_one_statement_holds_are_taken_together(home):
    person(home)
    way = filing(home)
    made = [letter(way, content=BODY + b"%d" % n) for n in range(150)]
    taken = home.engine.write_now(accept_all, home.blobs, made)
    assert [one.uids[0][1] for one in taken] == list(range(1, 151))
    assert verify(home) == []


def test_a_letter_that_cannot_be_taken_does_not_keep_those_who_share_its_commit(home):
    person(home)
    person(home, "lee@a.test")
    way, gone = filing(home), filing(home, "lee@a.test")
    home.engine.write_now(delete, gone.mailbox_id, now_us=NOW, account="lee@a.test")
    twice = take(home, letter(way)).number
    offered = [letter(way), letter(gone), letter(way, number=twice), letter(way)]
    calls = []

    def taking(tx, letters):
        calls.append(len(letters))
        return accept_all(tx, home.blobs, letters)

    async def together():
        return await asyncio.gather(
            *(home.engine.write_together(taking, one) for one in offered), return_exceptions=True
        )

    first, second, third, fourth = asyncio.run(together())
    assert {first.uids[0][1], fourth.uids[0][1]} == {2, 3}
    assert (type(second), type(third)) == (MailboxGone, Conflict)
    assert home.engine.name == "postgres" or max(calls) > 1  # the negative control: they did share a call
    assert verify(home) == []


def test_one_letter_to_many_people_gives_each_a_uid_in_their_order(home):
    people = [f"p{i}@a.test" for i in range(5)]
    for address in people:
        person(home, address)
    fill(home, 2, people[3])
    ways = [filing(home, address, n) for n, address in enumerate(reversed(people), 1)]
    taken = take(home, letter(*ways))
    assert [(mailbox_id, uid) for mailbox_id, uid, _ in taken.uids] == [
        (way.mailbox_id, 3 if way.address == people[3] else 1) for way in ways
    ]
    assert verify(home) == []


def test_octets_of_no_letter_are_damage(home):
    with pytest.raises(Damaged):
        home.engine.read_now(messages.content, home.blobs, 5)


def test_letters_are_found_by_what_people_know_of_them(home):
    person(home)
    one, two = take(home, letter(filing(home))).number, take(home, letter(relaying("far@c.test"))).number
    assert home.engine.read_now(journey.with_message_id, f"<{one}@b.test>") == [one]
    assert home.engine.read_now(journey.with_address, "far@c.test") == [two]
    assert home.engine.read_now(journey.with_address, "lee@b.test") == [two, one]
    assert home.engine.read_now(journey.latest) == [two, one]


def test_a_hundred_writers_at_once_get_a_uid_each(home):
    person(home)
    way = filing(home)

    async def everybody():
        return await asyncio.gather(
            *(home.engine.write(accept, home.blobs, letter(way, session=session(n % 7 + 1))) for n in range(100))
        )

    taken = asyncio.run(everybody())
    assert sorted(uid for one in taken for _, uid, _ in one.uids) == list(range(1, 101))
    assert verify(home) == []


def test_one_unit_that_fails_does_not_hurt_its_neighbours(home):
    person(home)
    way = filing(home)
    twice = letter(way)
    take(home, twice)

    def broken(tx):
        tx.run("UPDATE mailbox SET messages = 99")
        raise LookupError("mine")

    async def everybody():
        return await asyncio.gather(
            *(
                home.engine.write(broken) if n % 5 == 2
                else home.engine.write(accept, home.blobs, twice if n % 5 == 3 else letter(way))
                for n in range(50)
            ),
            return_exceptions=True,
        )  # fmt: skip

    outcomes = asyncio.run(everybody())
    assert [type(outcome) for outcome in outcomes[2::5]] == [LookupError] * 10
    assert [type(outcome) for outcome in outcomes[3::5]] == [Conflict] * 10
    assert home.engine.read_now(mailboxes.mailbox_by_id, inbox(home).mailbox_id).messages == 31
    assert verify(home) == []


def test_a_statement_that_is_wrong_hurts_only_its_own_unit(home):
    person(home)
    way = filing(home)

    async def everybody():
        return await asyncio.gather(
            home.engine.write(accept, home.blobs, letter(way)),
            home.engine.write(lambda tx: tx.run("UPDATE nothing SET x = 1")),
            home.engine.write(accept, home.blobs, letter(way)),
            return_exceptions=True,
        )

    first, wrong, last = asyncio.run(everybody())
    assert isinstance(wrong, Unavailable)
    assert {first.uids[0][1], last.uids[0][1]} == {1, 2}


def test_readers_see_nothing_that_is_not_committed(home):
    person(home)
    seen = []

    def half(tx):
        tx.run("UPDATE mailbox SET messages = 7")
        seen.append(home.engine.read_now(mailboxes.mailbox_by_id, box).messages)
        raise LookupError

    box = inbox(home).mailbox_id
    with pytest.raises(LookupError):
        home.engine.write_now(half)
    assert seen == [0]


def test_a_read_changes_nothing(home):
    person(home)
    with pytest.raises(Unavailable):
        home.engine.read_now(lambda tx: tx.run("DELETE FROM account"))
    assert inbox(home) is not None


def test_a_reader_may_look_from_the_loop_and_from_a_thread(home):
    person(home)
    fill(home, 1)

    async def look():
        return await home.engine.read(journey.latest), await home.engine.scan(journey.latest)

    near, far = asyncio.run(look())
    assert near == far != []


def test_a_connection_that_brought_no_letter_is_kept(home):
    closing = (Line(NOW, "in", False, "QUIT"),)
    home.engine.write_now(journey.close_all, [journey.Ending(session(), NOW, pack(closing))])
    assert home.engine.read_now(journey.sessions_without_message, ("smtp",)) == [session()]
    (row,) = home.engine.read_now(journey.of_session, 7)
    assert row.events == closing


def test_whether_a_letter_was_taken_can_be_asked(home):
    """... by whoever has given it to a process that died: it is not taken twice, and not mistaken for another one."""
    person(home)
    person(home, "lee@a.test")
    made = letter(filing(home, n=1), filing(home, "lee@a.test", 2))
    assert home.engine.read_now(taken_before, (made,)) is None
    taken = take(home, made)
    assert home.engine.read_now(taken_before, (made,)) == (taken,)
    with pytest.raises(Conflict):
        home.engine.read_now(taken_before, (letter(number=made.number, content=BODY),))


def test_a_connection_is_closed_once(home):
    ending = journey.Ending(session(), NOW, pack((Line(NOW, "in", False, "QUIT"),)))
    for _ in range(2):
        home.engine.write_now(journey.close_again, ending)
    assert len(home.engine.read_now(journey.of_session, session().id)) == 1
