"""Reports of others about letters in our name: kept once, counted by address and by day, gone after a year."""

from dataclasses import replace

from kit.aggregate import BEGINS_S, row, xml
from pyeonji.msgauth.dmarc.report import parse_aggregate
from pyeonji.store import directory, dmarc
from pyeonji.store.dmarc import KEPT_S, Count

DAY_S = 86_400
REPORT = parse_aggregate(
    xml(row("192.0.2.1", 5), row("192.0.2.2", 3, "reject", "fail", "fail"), row("192.0.2.1", 2, dkim="fail"))
)


def kept(home, report=REPORT, submitter="far.test", now_s=REPORT.ends_s):
    return home.engine.write_now(dmarc.keep, report, submitter, now_s)


def test_letters_are_counted_by_address_and_by_day(home):
    assert kept(home)
    assert kept(home, replace(REPORT, id="2", begins_s=BEGINS_S + DAY_S, ends_s=BEGINS_S + 2 * DAY_S))
    read = home.engine.read_now
    assert read(dmarc.sources, "here.test", 0, 10) == [
        Count("192.0.2.1", 14, 14, 10, 14, 0), Count("192.0.2.2", 6, 0, 0, 0, 6)
    ]  # fmt: skip
    assert read(dmarc.days, "here.test", 0) == [(BEGINS_S // DAY_S, 10, 7), (BEGINS_S // DAY_S + 1, 10, 7)]
    assert read(dmarc.domains, 0) == [Count("here.test", 20, 14, 10, 14, 6)]
    assert read(dmarc.domains, 0, "other.test") == []
    assert read(dmarc.sources, "here.test", BEGINS_S + DAY_S, 1) == [Count("192.0.2.1", 7, 7, 5, 7, 0)]
    assert read(dmarc.reporters, "", 0) == [("far.test", "Far Mail", 2)]


def test_a_report_that_comes_twice_counts_once(home):
    assert kept(home)
    assert not kept(home)
    assert kept(home, submitter="near.test")
    assert home.engine.read_now(dmarc.domains, 0)[0].letters == 20


def test_what_is_more_than_a_year_old_goes(home):
    kept(home)
    later = REPORT.ends_s + KEPT_S + 1
    kept(home, replace(REPORT, id="2", ends_s=later), now_s=later)
    assert home.engine.read_now(lambda tx: tx.one("SELECT count(*) FROM dmarc_report", {}))[0] == 1
    assert home.engine.read_now(lambda tx: tx.one("SELECT count(*) FROM dmarc_row", {}))[0] == 3


def test_a_report_of_times_to_come_takes_no_other_away(home):
    """A11: what is old is measured by our clock, not by what a stranger says."""
    kept(home)
    kept(home, replace(REPORT, id="2", ends_s=999_999_999_999))
    assert home.engine.read_now(dmarc.domains, 0) == [Count("here.test", 20, 14, 10, 14, 6)]


def test_of_a_long_report_the_rows_with_most_letters_are_kept(home, monkeypatch):
    monkeypatch.setattr(dmarc, "MAX_ROWS", 1)
    kept(home)
    assert home.engine.read_now(dmarc.sources, "here.test", 0, 10) == [Count("192.0.2.1", 5, 5, 5, 5, 0)]


def test_only_our_domains_and_those_below_are_ours(home):
    home.engine.write_now(directory.add_domain, "here.test", 1)
    found = [home.engine.read_now(dmarc.whose, name) for name in ("here.test", "a.b.here.test", "nothere.test", "test")]
    assert found == ["here.test", "here.test", "", ""]
