"""What every engine frees, and what it keeps."""

import dataclasses
import os

import pytest

from kit.stored import BODY, DAY, NOW, filing, fill, inbox, letter, person, relaying, session, take
from pyeonji.journey.event import Delivered, Line, pack
from pyeonji.store import entries, journey, messages, sweep
from pyeonji.store.accept import record
from pyeonji.store.blobs import keep_file
from pyeonji.store.engine.base import Damaged
from pyeonji.store.expunged import remembered_after
from pyeonji.store.mailboxes import mailbox_by_id
from pyeonji.store.verify import verify

LIMITS = sweep.Limits(
    step=3, compress_step=2, folders=256, removed_us=0
)  # small steps, so that every walk takes several


def swept(home, after_us):
    return sweep.sweep(home, NOW + after_us, LIMITS)


def expunge_all(home):
    box = inbox(home).mailbox_id
    uids = [entry.uid for entry in home.engine.read_now(entries.entries, box)]
    home.engine.write_now(entries.expunge, box, uids, now_us=NOW, account="kim@a.test")


def can_be_read(home, number):
    try:
        return bool(home.engine.read_now(messages.content, home.blobs, number))
    except Damaged:
        return False


def test_letters_in_mailboxes_and_in_the_queue_stay(home):
    person(home)
    kept = [*fill(home, 8), take(home, letter(relaying())).number]
    assert swept(home, 5000 * DAY).freed == 0
    assert all(can_be_read(home, number) for number in kept)
    assert verify(home) == []


def test_octets_go_after_a_grace_and_the_story_stays(home):
    person(home)
    gone = fill(home, 8)
    expunge_all(home)
    (stays,) = fill(home, 1)
    assert swept(home, LIMITS.grace_us - 1).freed == 0
    assert swept(home, LIMITS.grace_us + 1).freed == 8
    assert not any(can_be_read(home, number) for number in gone)
    assert can_be_read(home, stays)
    assert all(home.engine.read_now(journey.of_message, number) for number in gone)
    assert verify(home) == []


def test_after_its_time_the_story_goes_too(home):
    person(home)
    fill(home, 8, session=session())
    expunge_all(home)
    swept(home, LIMITS.grace_us + 1)
    assert swept(home, LIMITS.keep_us - 1).forgotten == 0
    assert swept(home, LIMITS.keep_us + 1).forgotten == 8
    assert home.engine.read_now(journey.latest) == []
    assert swept(home, LIMITS.keep_us + 1).sessions + 1 >= 1
    assert home.engine.read_now(journey.of_session, 7) == []
    assert verify(home) == []


def test_a_relayed_letter_is_freed_when_it_was_handed_over(home):
    number = take(home, letter(relaying())).number
    home.engine.write_now(
        lambda tx: (
            record(tx, None, number, NOW, [Delivered(NOW, 1, "mx", "250 Ok")]),
            tx.run("UPDATE recipient SET state = 'done'"),
        )
    )
    assert swept(home, 2 * DAY).freed == 1
    assert verify(home) == []


def test_a_connection_without_letters_is_told_of_for_its_time(home):
    home.engine.write_now(journey.close_all, [journey.Ending(session(), NOW, pack((Line(NOW, "in", False, "QUIT"),)))])
    assert swept(home, LIMITS.keep_us - 1).sessions == 0
    assert swept(home, LIMITS.keep_us + 1).sessions == 1
    assert home.engine.read_now(journey.session, 7) is None


def test_a_connection_stays_as_long_as_a_letter_of_it(home):
    person(home)
    take(home, letter(filing(home), session=session()))
    assert swept(home, LIMITS.keep_us + 1).sessions == 0
    assert home.engine.read_now(journey.session, 7) is not None


def test_old_letters_are_compressed_and_read_the_same(home):
    person(home)
    content = BODY + b"again and again\r\n" * 500
    numbers = fill(home, 5, content=content)
    (small,) = fill(home, 1)
    assert swept(home, DAY - 1).compressed == 0
    assert swept(home, DAY + 1).compressed == 5
    assert swept(home, DAY + 1).compressed == 0
    for number in numbers:
        assert home.engine.read_now(messages.content, home.blobs, number) == content
        assert home.engine.read_now(messages.content, home.blobs, number, 40, 9) == content[40:49]
    assert can_be_read(home, small)
    assert verify(home) == []


def test_what_does_not_get_smaller_stays_as_it_is(home):
    person(home)
    fill(home, 1, content=BODY + os.urandom(5000))
    assert swept(home, 2 * DAY).compressed == 0


def aged(path, by_us=2 * DAY):
    old = path.stat().st_mtime_ns - by_us * 1000
    os.utime(path, ns=(old, old))
    return path


def large(home):
    spool = home.data / "spool" / "one"
    spool.write_bytes(BODY + b"x" * 10_000)
    return keep_file(spool, home.blobs.folder, "K7M3")


def test_a_file_goes_with_its_letter(home):
    person(home)
    kept = large(home)
    take(home, letter(filing(home), content=kept))
    aged(home.blobs.folder / kept.file)
    assert swept(home, 2 * DAY).files == 0
    expunge_all(home)
    assert swept(home, 2 * DAY).freed == 1
    assert not (home.blobs.folder / kept.file).exists()
    assert verify(home) == []


@pytest.mark.parametrize("old", [False, True])
def test_a_file_whose_transaction_never_came_goes_when_it_is_old(home, old):
    path = home.blobs.folder / large(home).file
    spooled = home.data / "spool" / "two"
    spooled.write_bytes(b"x")
    if old:
        aged(path)
        aged(spooled)
    assert swept(home, 5000 * DAY).files == (2 if old else 0)  # a pushed clock makes no file older
    assert path.exists() == spooled.exists() == (not old)
    assert [p.name for p in (home.data / "spool").iterdir() if p.name.startswith(".")] == []


def test_old_expunged_uids_are_told_by_comparing_from_now_on(home):
    person(home)
    fill(home, 10)
    box = inbox(home).mailbox_id
    for uid in range(1, 9):
        home.engine.write_now(entries.expunge, box, [uid], now_us=NOW, account="kim@a.test")
    limits = dataclasses.replace(LIMITS, remembered=2)
    assert sweep.sweep(home, NOW, limits).unremembered == 6
    assert sweep.sweep(home, NOW, limits).unremembered == 0
    last = home.engine.read_now(mailbox_by_id, box).modseq
    assert home.engine.read_now(remembered_after, box, last - 2) == [7, 8]
    assert home.engine.read_now(remembered_after, box, last - 3) is None
