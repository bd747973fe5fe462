"""Reports of others on their connections: kept once, counted by day and by what went wrong, gone after a year."""

from dataclasses import replace

from kit.tls_report import octets, said
from pyeonji.message.tls_report import parse_tls_report
from pyeonji.store import tls_seen
from pyeonji.store.tls_seen import KEPT_S, Failed

DAY_S = 86_400
(TLS_REPORT,) = parse_tls_report(octets(said(10, ("certificate-expired", 3), ("validation-failure", 1))))


def told(home, report=TLS_REPORT, submitter="far.test", now_s=TLS_REPORT.ends_s):
    return home.engine.write_now(tls_seen.keep, report, submitter, now_s)


def test_connections_are_counted_by_day_and_by_what_went_wrong(home):
    assert told(home)
    assert told(home, replace(TLS_REPORT, id="2", begins_s=TLS_REPORT.begins_s + DAY_S), submitter="near.test")
    read = home.engine.read_now
    assert read(tls_seen.domains, 0) == [("here.test", 28, 20)]
    assert read(tls_seen.domains, 0, "other.test") == []
    day = TLS_REPORT.begins_s // DAY_S
    assert read(tls_seen.days, "here.test", 0) == [(day, 14, 10), (day + 1, 14, 10)]
    assert read(tls_seen.failures, "here.test", 0) == [
        Failed("certificate-expired", "mx.here.test", "sts", 6, 2, ""),
        Failed("validation-failure", "mx.here.test", "sts", 2, 2, ""),
    ]
    assert read(tls_seen.reporters, "", 0) == [("far.test", "Far Mail", 1), ("near.test", "Far Mail", 1)]


def test_a_tls_report_that_comes_twice_counts_once(home):
    assert told(home)
    assert not told(home)
    assert home.engine.read_now(tls_seen.domains, 0) == [("here.test", 14, 10)]


def test_tls_reports_of_more_than_a_year_ago_go(home):
    told(home)
    told(home, replace(TLS_REPORT, id="2", ends_s=999_999_999_999))  # what is old is measured by our clock
    assert home.engine.read_now(lambda tx: tx.one("SELECT count(*) FROM tls_report", {}))[0] == 2
    later = TLS_REPORT.ends_s + KEPT_S + 1
    told(home, replace(TLS_REPORT, id="3", ends_s=later), now_s=later)
    home.engine.write_now(lambda tx: tx.run("DELETE FROM tls_report WHERE report_id = '2'"))
    assert home.engine.read_now(lambda tx: tx.one("SELECT count(*) FROM tls_report", {}))[0] == 1
    assert home.engine.read_now(lambda tx: tx.one("SELECT count(*) FROM tls_report_row", {}))[0] == 3
