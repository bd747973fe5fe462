"""What is kept of a journey for long, and of somebody who asks to be forgotten."""

from kit import letters_of_three as three
from kit.stored import DAY, person
from pyeonji.journey import event as e
from pyeonji.journey.event import pack, unpack
from pyeonji.journey.story import story
from pyeonji.store import finding, idempotency, journey, summary, support
from pyeonji.store.support import SupportCode
from pyeonji.store.sweep import Limits, sweep


def taken(home):
    for who in (three.KIM, three.LEE, three.EVE):
        person(home, who)
    return three.take(home)


def told(home):
    return story(three.NUMBER, home.engine.read_now(journey.of_message, three.NUMBER))


def test_after_its_time_a_journey_has_what_happened_and_how_many_lines_are_gone(home):
    taken(home)
    whole = told(home)
    early = sweep(home, three.AT + 29 * DAY, Limits(file_grace_us=0))
    assert (early.summed_up, told(home)) == (0, whole)
    later = sweep(home, three.AT + 31 * DAY, Limits(file_grace_us=0))
    assert later.summed_up == 2
    short = told(home)
    assert [one.state for one in short.recipients] == [one.state for one in whole.recipients]
    assert {step.event for step in short.steps} == {"accepted", "filed", "queued", "attempted", "deferred", "dropped"}
    assert "CANARY-laptop" not in str(short) and three.IP not in str(short.steps)
    assert sum(int(step.slots["lines"]) for step in short.steps if step.event == "dropped") == 19
    assert sweep(home, three.AT + 32 * DAY, Limits(file_grace_us=0)).summed_up == 0


def test_lines_stay_where_nobody_limits_them(home):
    taken(home)
    assert sweep(home, three.AT + 300 * DAY, Limits(file_grace_us=0, lines_us=0)).summed_up == 0


def test_a_row_of_lines_alone_goes_and_one_without_stays():
    lines = (e.Line(1, "in", False, "QUIT"), e.Closed(1))
    assert summary.summed_up(lines) == b""
    assert unpack(summary.summed_up((e.Dropped(1, 3), e.Held(1, 1, "x"), *lines))) == (
        e.Held(1, 1, "x"), e.Dropped(1, 4),
    )  # fmt: skip


def test_an_address_that_is_forgotten_stands_nowhere_any_more(home):
    taken(home)
    answer = f'{{"recipients": ["{three.FAR}"]}}'
    home.engine.write_now(idempotency.note, 1, "k", message_id=three.NUMBER, answer=answer, now_us=1)
    home.engine.write_now(support.add, SupportCode("C" * 12, 1, three.NUMBER, (three.LEE, three.FAR), 1))
    assert home.engine.write_now(summary.forget, three.FAR, [three.NUMBER]) == 0, "it is still under way"
    home.engine.write_now(lambda tx: tx.run("UPDATE recipient SET state = 'bounced' WHERE state = 'waiting'"))
    assert home.engine.read_now(summary.letters_of, three.FAR) == [three.NUMBER]
    assert home.engine.write_now(summary.forget, three.FAR, [three.NUMBER]) == 1
    for table in ("journey", "recipient", "message", "event", "idempotency", "support_code"):
        rows = home.engine.read_now(lambda tx, t=table: tx.all(f"SELECT * FROM {t}"))
        everything = str([[bytes(v) if isinstance(v, memoryview) else v for v in row] for row in rows])
        assert three.FAR not in everything.casefold()
    after = told(home)
    assert summary.FORGOTTEN in [one.address for one in after.recipients]
    assert three.LEE in [one.address for one in after.recipients]
    assert home.engine.read_now(support.find, "C" * 12).named == (three.LEE, summary.FORGOTTEN)
    assert home.engine.read_now(summary.letters_of, three.FAR) == []


def test_an_address_is_found_in_any_field_and_in_any_case():
    packed = pack([e.Refused(1, "550 <Minsu@School.Example> no", "x", three.FAR), e.Bounced(1, 1, 2)])
    assert unpack(summary.without(packed, three.FAR)) == (
        e.Refused(1, f"550 <{summary.FORGOTTEN}> no", "x", summary.FORGOTTEN), e.Bounced(1, 1, 2),
    )  # fmt: skip
    assert summary.without(packed, "kim@a.test") == packed


def test_letters_are_found_by_all_that_one_may_know_of_them(home):
    taken(home)
    find = lambda way, *given: home.engine.read_now(way, *given)  # noqa: E731
    me = finding.Whose(three.KIM, 0)
    stranger = finding.Whose("max@a.test", 9)
    for way, text in (
        (finding.by_message_id, "<canary@a.test>"), (finding.by_address, three.FAR), (finding.by_address, three.KIM),
        (finding.by_subject, "CANARY-sub"), (finding.by_words, "mx.school.example"),
        (finding.by_words, "School.Example"), (finding.by_words, "4.7.1"),
        (finding.by_words, "450"), (finding.by_words, "server.greylisted"),
    ):  # fmt: skip
        assert find(way, text) == find(way, text, me) == [three.NUMBER], (way, text)
        assert find(way, text, stranger) == []
    for text in ("%", "_", "!", "nothing", "5.1.1", "", "ol.example", "example", "."):
        assert find(finding.by_words, text) == [] and (not text or find(finding.by_subject, text) == [])
    assert find(finding.latest, me) == find(finding.latest, finding.ALL) == [three.NUMBER]
    assert find(finding.latest, stranger) == []
    past = finding.Days(0, three.NUMBER - 1)
    assert find(finding.by_address, three.FAR, finding.ALL, past) == []


def test_how_it_went_before_counts_what_is_decided(home):
    taken(home)
    to = lambda who=finding.ALL: home.engine.read_now(finding.to_domain, "school.example", who, 0)  # noqa: E731
    assert to() == finding.Before(0, 0)
    done = "UPDATE recipient SET state = 'done', due_us = :due WHERE domain = 'school.example'"
    home.engine.write_now(lambda tx: tx.run(done, {"due": 0}))  # by a version that did not keep when
    assert to() == finding.Before(1, 1, None)
    home.engine.write_now(lambda tx: tx.run(done, {"due": three.AT + 390_400_000}))
    assert to() == to(finding.Whose(three.KIM)) == finding.Before(1, 1, 390)
    assert to(finding.Whose("max@a.test")) == finding.Before(0, 0)
    last = home.engine.read_now(finding.last_good, three.FAR, finding.ALL, three.NUMBER + 1)
    assert last == three.AT
    assert home.engine.read_now(finding.last_good, three.FAR, finding.ALL, three.NUMBER) == 0
