"""How letters fared is counted by day and domain, and forgotten when it was told."""

from dataclasses import replace

from pyeonji.msgauth.dmarc.judged import Judged
from pyeonji.store import judged

ONE = Judged(
    ip="192.0.2.1", done="none", passed=True, dkim=True, spf=True, override="", author="one.test", path="one.test",
    asked="one.test", spf_result="pass", signatures=(("one.test", "s", "pass"), ("two.test", "t", "fail")),
)  # fmt: skip
TWO = replace(ONE, ip="192.0.2.2", signatures=())


def add(home, counted, records=None):
    home.engine.write_now(judged.add, counted, records or {})


def test_the_same_is_counted_on_and_read_again_as_it_was(home):
    add(home, {(1, "one.test", ONE): 2, (2, "one.test", ONE): 7}, {(1, "one.test"): "v=DMARC1", (2, "one.test"): "x"})
    add(home, {(1, "one.test", ONE): 1, (1, "one.test", TWO): 9}, {(1, "one.test"): "v=DMARC1; p=none"})
    read = home.engine.read_now
    assert read(judged.rows, 1, "one.test") == [(TWO, 9), (ONE, 3)]
    assert read(judged.counted) == [(1, "one.test", 12), (2, "one.test", 7)]
    assert read(judged.waiting, 2) == [(1, "one.test", "v=DMARC1; p=none")]
    home.engine.write_now(judged.forget, 1, "one.test")
    assert read(judged.rows, 1, "one.test") == []
    assert read(judged.waiting, 9) == [(2, "one.test", "x")]
    assert read(judged.rows, 2, "one.test") == [(ONE, 7)]


def test_a_day_of_too_many_kinds_counts_only_those_it_knows(home, monkeypatch):
    add(home, {(1, "one.test", ONE): 1})
    monkeypatch.setattr(judged, "MAX_KINDS", 1)
    add(home, {(1, "one.test", TWO): 1, (1, "one.test", ONE): 4})
    assert home.engine.read_now(judged.rows, 1, "one.test") == [(ONE, 5)]
