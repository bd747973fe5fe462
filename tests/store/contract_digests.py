"""Digests beside the mail: noted, made, struck out, and made again when they were lost (docs/reading.md)."""

from kit.stored import BODY, filing, letter, person, relaying, take
from pyeonji.message.terms import asked
from pyeonji.message.wording import MARKS
from pyeonji.proto.imap.digest import VERSION, digest
from pyeonji.store import digests, meta, schema
from pyeonji.store.home import remake_digests

KOREAN = BODY + "회의 자료를 보냅니다".encode()


def digested(home, *numbers):
    """What the indexer does with these letters, and the worker after it."""
    save(home, *numbers)
    struck(home, *numbers)


def save(home, *numbers):
    found = [digests.made(number, home.engine.read_now(digests.make, home.blobs, number)) for number in numbers]
    home.digests.write_now(digests.save, home.digests.full_text, found)


def struck(home, *numbers):
    home.engine.write_now(digests.strike_out, numbers, home.digests.read_now(digests.counts))


def waiting(home):
    return home.engine.read_now(digests.noted, 100)


def found(home, text, marks=MARKS, limit=100):
    return sorted(home.digests.read_now(home.digests.full_text.find, marks, asked(text).terms, limit))


def test_a_filed_letter_is_noted_until_its_digest_is_on_disk(home):
    person(home)
    first = take(home, letter(filing(home), content=KOREAN)).number
    second = take(home, letter(filing(home))).number
    take(home, letter(relaying()))
    assert waiting(home) == [second, first]
    digested(home, first)
    assert waiting(home) == [second]


def test_letters_side_by_side_and_scattered_ones_are_read_alike(home):
    person(home)
    numbers = [take(home, letter(filing(home), content=BODY + b"%d" % n)).number for n in range(digests.MANY + 40)]
    save(home, *numbers[:-1])
    last = numbers.pop()
    sizes = {
        number: home.digests.read_now(digests.read, ("structure", "fields"), [number])[number] for number in numbers
    }
    for asked_for in (
        numbers, [*numbers, last], [5, *numbers], numbers[::2], [*numbers[:30], *numbers[31:]], numbers[::-1],
        [*numbers, numbers[3]], [numbers[0], *numbers], numbers[:20],
    ):  # fmt: skip
        there = [number for number in asked_for if number in sizes]
        assert home.digests.read_now(digests.read, ("structure", "fields"), asked_for) == {n: sizes[n] for n in there}
        structures, fields = home.digests.read_now(digests.columns, ("structure", "fields"), asked_for)
        assert list(zip(structures, fields, strict=True)) == [sizes.get(n, (None, None)) for n in asked_for]


def test_digests_are_read_by_column(home):
    person(home)
    number = take(home, letter(filing(home), content=KOREAN)).number
    digested(home, number)
    made = digest(KOREAN)
    columns = ("envelope", "structure", "preview", "fields")
    assert home.digests.read_now(digests.read, columns, [number, 5]) == {
        number: (made.envelope, made.structure, made.preview, made.fields)
    }
    assert home.digests.read_now(digests.wordings, [number, 5]) == {number: (made.wording.heading, made.wording.text)}
    assert home.digests.read_now(digests.headings, [number]) == {number: made.wording.heading}
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
    assert found(home, "hello") == numbers
    home.digests.write_now(digests.drop, home.digests.full_text, numbers[:2])
    assert home.digests.read_now(digests.held, numbers) == {numbers[2]}
    assert found(home, "hello") == numbers[2:]
    assert set(home.digests.read_now(digests.wordings, numbers)) == {numbers[2]}


def agreed(home):
    digests.agree(home.engine, home.digests)
    return waiting(home)


def test_when_digests_were_lost_every_letter_is_noted_again(home):
    person(home)
    numbers = [take(home, letter(filing(home))).number for _ in range(3)]
    digested(home, *numbers)
    assert agreed(home) == []
    remake_digests(home)
    assert found(home, "hello") == []
    assert waiting(home) == numbers[::-1]
    digested(home, *numbers)
    assert agreed(home) == []
    assert found(home, "hello") == numbers


def test_digests_of_an_older_version_are_dropped_and_every_letter_is_noted(home):
    person(home)
    numbers = [take(home, letter(filing(home))).number for _ in range(3)]
    digested(home, *numbers)
    home.digests.write_now(schema.prepare_digests, home.digests.name, VERSION)
    assert agreed(home) == [] and found(home, "hello") == numbers
    home.digests.write_now(meta.remember, "digest version", VERSION - 1)
    home.digests.write_now(schema.prepare_digests, home.digests.name, VERSION)
    assert found(home, "hello") == []
    assert agreed(home) == numbers[::-1]


def test_a_crash_before_the_notes_are_struck_out_loses_no_letter(home):
    person(home)
    numbers = [take(home, letter(filing(home))).number for _ in range(3)]
    save(home, *numbers[:1])
    save(home, *numbers[1:2])
    assert agreed(home) == numbers[::-1]
    save(home, *numbers)
    struck(home, *numbers)
    assert agreed(home) == []


def test_mail_brought_back_from_a_backup_is_seen_to_be_older_than_its_digests(home):
    person(home)
    numbers = [take(home, letter(filing(home))).number for _ in range(2)]
    digested(home, *numbers)
    home.digests.write_now(digests.drop, home.digests.full_text, numbers[:1])  # the sweeper freed a letter ...
    assert set(agreed(home)) == set(numbers)  # ... that the backup, which knows nothing of it, still has


def test_digests_brought_back_from_a_backup_are_seen_to_be_older_than_the_mail(home):
    person(home)
    numbers = [take(home, letter(filing(home))).number for _ in range(2)]
    digested(home, *numbers)
    home.digests.write_now(meta.remember, "digest additions", 0)
    assert set(agreed(home)) == set(numbers)


def test_the_full_text_index_narrows_by_section(home):
    person(home)
    contents = [
        "Subject: 주간회의 자료\r\nFrom: 김철수 <kim@a.test>\r\n\r\n번역을 부탁합니다",
        "Subject: Q3 견적서\r\nTo: lee@회의.test\r\n\r\nprinting, u.s.a.",
    ]
    one, two = (take(home, letter(filing(home), content=text.encode())).number for text in contents)
    digested(home, one, two)
    assert found(home, "회의") == [one, two]
    assert found(home, "회의", "s") == [one]
    assert found(home, "회의", "r") == [two]
    assert found(home, "회의", "sa") == [one]
    assert found(home, "회의 자료 번역") == []  # the terms are there, but not in one section
    assert found(home, "p", "s") == []
    assert found(home, "p", "b") == [two]
    assert found(home, "회의", limit=1) in ([one], [two])
    asked_for = {
        "번역": one,
        "역": one,
        "김철수": one,
        "q3 견적서": two,
        "rint": two,
        "in": two,
        "u.s": two,
        "ng,": two,
    }
    assert {text: found(home, text) for text in asked_for} == {text: [one] for text, one in asked_for.items()}
    assert found(home, "nope") == found(home, "회읠") == []
