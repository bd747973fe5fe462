"""Letters are found by whom they were for, however much of that is in the index, and whatever happens to them."""

import contextlib

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.stored import DAY, NOW, filing, letter, person, relaying, take
from pyeonji.store import addressed, apps, finding, journey, sent, summary
from pyeonji.store.accept import Suppressing
from pyeonji.store.sent import Search, Sent
from pyeonji.store.sweep import sweep
from pyeonji.store.verify import rebuild, verify

LEE, PARK, NOBODY = "lee@b.test", "park@c.test", "nobody@d.test"
BASE = NOW << 4
PLAIN = "SELECT DISTINCT message_id FROM recipient WHERE address = :address ORDER BY message_id DESC"


def fill(home):
    return home.engine.write_now(addressed.fill)


def naive(home, address):
    return [row[0] for row in home.engine.read_now(lambda tx: tx.all(PLAIN, {"address": address}))]


def indexed(home):
    return set(home.engine.read_now(lambda tx: tx.all("SELECT address, message_id FROM addressed")))


def noted(home):
    return [row[0] for row in home.engine.read_now(lambda tx: tx.all("SELECT message_id FROM unaddressed ORDER BY 1"))]


def to(home, address):
    """Every way there is, all of one mind."""
    read = home.engine.read_now
    newest = read(journey.with_address, address)
    assert newest == read(finding.by_address, address)
    assert newest == [n for piece in read(lambda tx: list(addressed.newest_first(tx, address, 1 << 60))) for n in piece]
    assert newest[::-1] == read(summary.letters_of, address)
    for number in newest:
        assert read(finding.by_address, address, finding.ALL, finding.Days(number, number)) == [number]
        assert read(summary.letters_of, address, number - 1)[0] == number
    return newest


def to_both(home, number):
    take(home, letter(relaying(LEE), relaying(PARK, 2), number=number, reverse_path=""))


def test_a_letter_is_found_by_its_recipients_before_during_and_after_the_index_learns_of_it(home, monkeypatch):
    monkeypatch.setattr(addressed, "STEP", 2)
    for number in (BASE + 1, BASE + 2, BASE + 3):
        to_both(home, number)
    expected = [BASE + 3, BASE + 2, BASE + 1]
    for known, waiting in ((0, 3), (2, 2), (4, 1), (6, 0)):
        assert (len(indexed(home)), len(noted(home))) == (known, waiting)
        assert to(home, LEE) == to(home, PARK) == expected
        assert to(home, NOBODY) == []
        assert verify(home) == []
        fill(home)
    assert fill(home) == 0


def test_a_letter_that_was_committed_late_with_a_low_number_is_found_too(home):
    to_both(home, BASE + 9)
    assert fill(home) == 2
    to_both(home, BASE + 3)
    assert to(home, LEE) == [BASE + 9, BASE + 3]
    fill(home)
    assert to(home, LEE) == [BASE + 9, BASE + 3]
    assert noted(home) == []


def test_a_letter_that_was_filed_or_kept_back_is_found_and_one_that_was_put_there_is_for_nobody(home):
    person(home)
    take(home, letter(filing(home), number=BASE + 1, reverse_path=""))
    take(home, letter(filing(home, n=0), number=BASE + 2, reverse_path=""))  # APPEND
    take(home, letter(number=BASE + 3, suppressings=(Suppressing(1, PARK, "bounced"),), reverse_path=""))
    assert noted(home) == [BASE + 1, BASE + 3]
    for _ in range(2):
        assert (to(home, "kim@a.test"), to(home, PARK)) == ([BASE + 1], [BASE + 3])
        fill(home)


def test_an_address_that_a_letter_has_twice_finds_it_once(home):
    take(home, letter(relaying(LEE), relaying(LEE, 2), relaying(LEE, 3), number=BASE + 1, reverse_path=""))
    to_both(home, BASE + 2)
    first = {"value": LEE, "first": 0, "last": addressed.LATEST, "limit": 2}
    for _ in range(2):
        assert to(home, LEE) == [BASE + 2, BASE + 1]
        rows = home.engine.read_now(lambda tx: tx.all(addressed.letters_to(order="ASC"), first))
        assert [row[0] for row in rows] == [BASE + 1, BASE + 2]
        fill(home)
    assert indexed(home) == {(LEE, BASE + 1), (LEE, BASE + 2), (PARK, BASE + 2)}


def test_a_filling_that_does_not_come_to_its_end_changes_nothing(home):
    to_both(home, BASE + 1)

    def killed(tx):
        addressed.fill(tx)
        raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt):
        home.engine.write_now(killed)
    assert (indexed(home), noted(home)) == (set(), [BASE + 1])
    assert to(home, LEE) == [BASE + 1]


def test_what_is_forgotten_of_a_letter_is_found_by_nobody(home):
    to_both(home, BASE + 1)
    fill(home)
    to_both(home, BASE + 2)
    home.engine.write_now(lambda tx: tx.run("UPDATE recipient SET state = 'done'"))
    for _ in range(2):
        sweep(home, NOW + 1_000 * DAY)
    assert (to(home, LEE), to(home, PARK)) == ([], [])
    assert (indexed(home), noted(home)) == (set(), [])
    assert verify(home) == []


def test_an_address_that_is_erased_finds_nothing_and_the_others_of_the_letter_do(home):
    to_both(home, BASE + 1)
    fill(home)
    to_both(home, BASE + 2)
    home.engine.write_now(lambda tx: tx.run("UPDATE recipient SET state = 'bounced'"))
    assert home.engine.write_now(summary.forget, LEE, [BASE + 1, BASE + 2]) == 2
    for _ in range(2):
        assert to(home, LEE) == []
        assert to(home, PARK) == to(home, summary.FORGOTTEN) == [BASE + 2, BASE + 1]
        assert LEE not in str(indexed(home))
        assert [one for one in verify(home) if "address" in one.what or "noted" in one.what] == []
        fill(home)


def test_an_app_finds_its_letters_to_an_address_by_what_holds_for_that_recipient(home):
    app_id = home.engine.write_now(apps.add, "board", person(home).id, NOW)
    for number, ref in ((BASE + 1, "r1"), (BASE + 2, "r2")):
        ways = relaying(LEE), relaying(PARK, 2)
        take(home, letter(*ways, number=number, reverse_path="", sent=Sent(app_id, ref, ("web",))))
    to_both(home, BASE + 3)  # nobody's
    home.engine.write_now(
        lambda tx: tx.run("UPDATE recipient SET state = 'done' WHERE message_id = :id AND n = 2", {"id": BASE + 1})
    )

    def found(app=app_id, **what):
        return home.engine.read_now(sent.find, app, Search(**what))

    for _ in range(2):
        assert found(to=PARK) == found(0, to=PARK) == [BASE + 2, BASE + 1]
        assert found(to=PARK, states=("done",)) == [BASE + 1]
        assert found(to=LEE, states=("done",)) == []
        assert found(to=LEE, ref="r1") == found(0, to=LEE, ref="r1") == [BASE + 1]
        assert found(to=PARK, before=BASE + 2) == found(to=PARK, ref="r1", tag="web") == [BASE + 1]
        assert found(to=NOBODY) == found(to=LEE, ref="r3") == found(app_id + 1, to=LEE) == []
        assert home.engine.read_now(sent.oldest_looked_at, app_id, Search(to=LEE)) == 0
        fill(home)


def test_one_look_for_an_address_ends_after_so_many_letters(home, monkeypatch):
    monkeypatch.setattr(sent, "MAX_LOOKED_AT", 2)
    for number in range(BASE + 1, BASE + 6):
        to_both(home, number)
    for _ in range(2):
        oldest = [
            home.engine.read_now(sent.oldest_looked_at, 0, Search(to=LEE, before=before))
            for before in (0, BASE + 4, BASE + 2)
        ]
        assert oldest == [BASE + 4, BASE + 2, 0]
        fill(home)


def test_what_the_index_says_wrongly_and_what_it_lacks_is_seen_and_mended(home):
    to_both(home, BASE + 1)
    to_both(home, BASE + 2)
    fill(home)
    expected = indexed(home)
    for damage, what in (
        (f"INSERT INTO addressed (address, message_id) VALUES ('{NOBODY}', {BASE + 1})", "that it was not for"),
        (f"DELETE FROM addressed WHERE address = '{LEE}'", "not found by an address"),
        (f"INSERT INTO unaddressed (message_id) VALUES ({BASE + 9})", "for nobody"),
    ):
        assert verify(home) == []
        home.engine.write_now(lambda tx, sql=damage: tx.run(sql))
        assert {what in one.what for one in verify(home)} == {True}
        rebuild(home)
        assert (to(home, LEE), to(home, NOBODY)) == ([BASE + 2, BASE + 1], [])
        fill(home)
        assert indexed(home) == expected


PEOPLE = ("a@b.test", "b@b.test", "c@c.test")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("take"), st.integers(1, 40), st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=4)),
        st.tuples(st.just("fill"), st.integers(1, 5)),
        st.tuples(st.just("erase"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("drop"), st.integers(1, 40)),
    ),
    min_size=4,
    max_size=10,
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_happens_in_whatever_order_the_answer_is_that_of_going_through_all(home, monkeypatch, steps):
    home.engine.write_now(lambda tx: [tx.run(f"DELETE FROM {name}") for name in TABLES])
    for step in steps:
        _do(home, monkeypatch, *step)
        for address in (*PEOPLE, summary.FORGOTTEN):
            assert to(home, address) == naive(home, address)
        assert home.engine.read_now(lambda tx: list(addressed.contradictions(tx))) == []


TABLES = ("journey", "recipient", "addressed", "unaddressed", "message", "content")


def _do(home, monkeypatch, what, given, people=()):
    if what == "take" and not home.engine.read_now(journey.message, BASE + given):
        ways = [relaying(address, n) for n, address in enumerate(people, 1)]
        take(home, letter(*ways, number=BASE + given, reverse_path=""))
    elif what == "fill":
        monkeypatch.setattr(addressed, "STEP", given)
        fill(home)
    elif what == "erase":
        home.engine.write_now(lambda tx: tx.run("UPDATE recipient SET state = 'done'"))
        home.engine.write_now(summary.forget, given, to(home, given))
    elif what == "drop":
        home.engine.write_now(_drop, BASE + given)


def _drop(tx, number):
    addressed.take_out(tx, [number])
    tx.run("DELETE FROM recipient WHERE message_id = :id", {"id": number})
