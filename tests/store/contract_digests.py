"""Digests beside the mail: noted, made, struck out, and made again when they were lost (docs/reading.md)."""

from kit.stored import BODY, filing, letter, person, relaying, take
from pyeonji.proto.imap.digest import digest
from pyeonji.store import digests

KOREAN = BODY + "회의 자료를 보냅니다".encode()


def digested(home, *numbers):
    """What the indexer does with these letters."""
    made = [(number, home.engine.read_now(digests.make, home.blobs, number)) for number in numbers]
    changes = home.digests.write_now(digests.save, made)
    home.engine.write_now(digests.done, numbers, changes)


def waiting(home):
    return home.engine.read_now(digests.waiting, 100)


def test_a_filed_letter_is_noted_until_its_digest_is_on_disk(home):
    person(home)
    first = take(home, letter(filing(home), content=KOREAN)).number
    second = take(home, letter(filing(home))).number
    take(home, letter(relaying()))
    assert waiting(home) == [second, first]
    digested(home, first)
    assert waiting(home) == [second]


def test_digests_are_read_by_column(home):
    person(home)
    number = take(home, letter(filing(home), content=KOREAN)).number
    digested(home, number)
    made = digest(KOREAN)
    columns = ("envelope", "structure", "preview", "fields")
    assert home.digests.read_now(digests.read, columns, [number, 5]) == {
        number: (made.envelope, made.structure, made.preview, made.fields)
    }
    assert home.digests.read_now(digests.wordings, [number, 5]) == {number: made.wording}
    assert home.digests.read_now(digests.headings, [number]) == {number: made.wording.sections[:3]}
    assert home.digests.read_now(digests.read, columns, []) == {}


def test_a_letter_is_digested_once(home):
    person(home)
    number = take(home, letter(filing(home), content=KOREAN)).number
    digested(home, number)
    digested(home, number)
    assert len(home.digests.read_now(digests.read, ("facts",), [number])) == 1


def test_a_dropped_digest_is_gone(home):
    person(home)
    numbers = [take(home, letter(filing(home))).number for _ in range(3)]
    digested(home, *numbers)
    home.digests.write_now(digests.drop, numbers[:2])
    assert set(home.digests.read_now(digests.read, ("facts",), numbers)) == {numbers[2]}
    assert set(home.digests.read_now(digests.wordings, numbers)) == {numbers[2]}


def agreed(home):
    digests.agree(home.engine, home.digests)
    return waiting(home)


def test_when_digests_were_lost_every_letter_is_noted_again(home):
    person(home)
    numbers = [take(home, letter(filing(home))).number for _ in range(3)]
    digested(home, *numbers)
    assert agreed(home) == []
    home.digests.write_now(digests.drop_all)
    assert agreed(home) == numbers[::-1]
    digested(home, *numbers)
    assert agreed(home) == []


def test_a_crash_between_the_two_commits_loses_no_letter(home):
    person(home)
    number = take(home, letter(filing(home))).number
    made = home.engine.read_now(digests.make, home.blobs, number)
    home.digests.write_now(digests.save, [(number, made)])
    assert agreed(home) == [number]  # still noted; nothing else had to be
    home.digests.write_now(digests.save, [(number, made)])
    home.digests.write_now(digests.save, [])
    assert agreed(home) == [number]


def test_mail_brought_back_from_a_backup_is_seen_to_be_older_than_its_digests(home):
    person(home)
    numbers = [take(home, letter(filing(home))).number for _ in range(2)]
    digested(home, *numbers)
    home.digests.write_now(digests.drop, numbers[:1])  # the sweeper freed a letter ...
    assert set(agreed(home)) == set(numbers)  # ... that the backup, which knows nothing of it, still has
