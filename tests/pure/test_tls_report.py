"""TLS reports of others, read: RFC 8460 §4."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.tls_report import octets, said
from pyeonji.message.tls_report import NotATlsReport, TlsReport, TlsRow, parse_tls_report

SAMPLE = {  # RFC 8460 Appendix B, shortened
    "organization-name": "Company-X",
    "date-range": {"start-datetime": "2016-04-01T00:00:00Z", "end-datetime": "2016-04-01T23:59:59Z"},
    "contact-info": "sts-reporting@company-x.example",
    "report-id": "5065427c-23d3-47ca-b6e0-946ea0e8c4be",
    "policies": [{
        "policy": {
            "policy-type": "sts", "policy-string": ["version: STSv1", "mode: testing"],
            "policy-domain": "company-y.example", "mx-host": ["*.mail.company-y.example"],
        },
        "summary": {"total-successful-session-count": 5326, "total-failure-session-count": 303},
        "failure-details": [
            {"result-type": "certificate-expired", "sending-mta-ip": "2001:db8:abcd:0012::1",
             "receiving-mx-hostname": "mx1.mail.company-y.example", "failed-session-count": 100},
            {"result-type": "starttls-not-supported", "sending-mta-ip": "2001:db8:abcd:0013::1",
             "receiving-mx-hostname": "mx2.mail.company-y.example", "receiving-ip": "203.0.113.56",
             "failed-session-count": 200, "additional-info-uri": "https://reports.company-x.example/x"},
            {"result-type": "validation-failure", "sending-mta-ip": "198.51.100.62", "receiving-ip": "203.0.113.58",
             "receiving-mx-hostname": "mx-backup.mail.company-y.example", "failed-session-count": 3,
             "failure-reason-code": "X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED"},
        ],
    }],
}  # fmt: skip


def test_the_sample_of_the_standard_is_read():
    (found,) = parse_tls_report(octets(SAMPLE))
    assert (found.domain, found.reporter, found.begins_s, found.ends_s, found.sessions) == (
        "company-y.example", "Company-X", 1459468800, 1459555199, 5629
    )  # fmt: skip
    assert [(row.result, row.mx, row.sender, row.sessions, row.detail) for row in found.rows] == [
        ("certificate-expired", "mx1.mail.company-y.example", "2001:db8:abcd:0012::1", 100, ""),
        ("starttls-not-supported", "mx2.mail.company-y.example", "2001:db8:abcd:0013::1", 200, ""),
        ("validation-failure", "mx-backup.mail.company-y.example", "198.51.100.62", 3,
         "X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED"),
        ("", "", "", 5326, ""),
    ]  # fmt: skip


def test_policies_of_several_domains_are_several_reports():
    one, two = said(3), said(4, ("sts-webpki-invalid", 1), domain="two.test")
    one["policies"] += two["policies"]
    found = parse_tls_report(octets(one))
    assert [(report.domain, report.sessions, report.id) for report in found] == [
        ("here.test", 3, "1@far.test"), ("two.test", 5, "1@far.test")
    ]  # fmt: skip


def test_what_is_only_summed_up_or_named_otherwise_is_a_failure_too():
    report = said(1, ("bad-weather", 2), kind="unheard-of")
    report["policies"][0]["summary"]["total-failure-session-count"] = 7
    (found,) = parse_tls_report(octets(report))
    assert found.rows == (
        TlsRow("no-policy-found", "other", "mx.here.test", "192.0.2.9", 2),
        TlsRow("no-policy-found", "other", "", "", 5),
        TlsRow("no-policy-found", "", "", "", 1),
    )


def changed(**facts):
    return {**said(), **facts}


@pytest.mark.parametrize(
    "report",
    [
        changed(policies=[]), changed(policies="x"), changed(**{"report-id": ""}), changed(**{"report-id": 7}),
        changed(**{"date-range": {"start-datetime": "yesterday", "end-datetime": "x"}}),
        changed(**{"date-range": {"start-datetime": "0001-01-01T00:00:00+23:59", "end-datetime": "x"}}),
        said(domain="no domain"), said(-1), said(10**13), said(0), said(1, ("x", -1)), [], "x", 1, {},
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused(report):
    with pytest.raises(NotATlsReport):
        parse_tls_report(octets(report))


@given(st.binary(max_size=300))
def test_any_octets_are_a_report_or_not(octets_):
    try:
        assert all(isinstance(one, TlsReport) for one in parse_tls_report(octets_))
    except NotATlsReport as error:
        assert str(error)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=20))
def test_any_value_in_any_place_is_read_or_not(value):
    for path in (("organization-name",), ("date-range", "start-datetime"), ("policies", 0, "summary"), ("policies", 0)):
        report = json.loads(octets(said(1, ("validation-failure", 2))))
        place = report
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
        try:
            assert parse_tls_report(octets(report))
        except NotATlsReport as error:
            assert str(error)
