"""DMARC aggregate reports, read: RFC 9990 and the older shape of RFC 7489."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.aggregate import BEGINS_S, row, xml
from pyeonji.msgauth.dmarc.report import NotAReport, Report, Row, parse_aggregate

SAMPLE = b"""<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">
  <version>1.0</version>
  <report_metadata><org_name>Sample Reporter</org_name><email>report_sender@example-reporter.com</email>
    <report_id>3v98abbp8ya9n3va8yr8oa3ya</report_id>
    <date_range><begin>1732665600</begin><end>1732751999</end></date_range></report_metadata>
  <policy_published><domain>example.com</domain><p>quarantine</p><sp>none</sp><testing>n</testing></policy_published>
  <record><row><source_ip>192.168.4.4</source_ip><count>123</count>
      <policy_evaluated><disposition>pass</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>
    <identifiers><envelope_from>example.com</envelope_from><header_from>example.com</header_from></identifiers>
    <auth_results><dkim><domain>example.com</domain><result>pass</result><selector>abc123</selector></dkim>
      <spf><domain>example.com</domain><result>fail</result></spf></auth_results></record>
</feedback>"""


def test_the_sample_of_the_standard_is_read():
    assert parse_aggregate(SAMPLE) == Report(
        domain="example.com", id="3v98abbp8ya9n3va8yr8oa3ya", reporter="Sample Reporter", begins_s=1732665600,
        ends_s=1732751999, policy="quarantine",
        rows=(Row(ip="192.168.4.4", letters=123, disposition="none", dkim="pass", spf="fail", author="example.com",
                  signed="example.com=pass", sent="example.com=fail"),),
    )  # fmt: skip


@pytest.mark.parametrize("new", [True, False])
def test_both_shapes_are_read(new):
    found = parse_aggregate(xml(row("2001:DB8::1", 7, "reject", "fail", "fail"), row(), new=new))
    assert (found.domain, found.begins_s, found.letters) == ("here.test", BEGINS_S, 8)
    assert (found.rows[0].ip, found.rows[0].passed, found.rows[1].passed) == ("2001:db8::1", False, True)


def test_rows_that_make_no_sense_are_counted_and_left_out():
    found = parse_aggregate(xml(row("nowhere"), row(letters="-3"), row()))
    assert (len(found.rows), found.skipped) == (1, 2)


@pytest.mark.parametrize(
    "octets",
    [
        b"", b"x", b"<feedback/>", b"<html><body/></html>", xml(domain="no domain"), xml(number=""),
        xml()[:-20], xml().replace(b"<count>1</count>", b"<count>x</count>"), xml().replace(b"<begin>", b"<begin>x"),
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused(octets):
    with pytest.raises(NotAReport):
        parse_aggregate(octets)


@given(st.binary(max_size=300))
def test_any_octets_are_a_report_or_not(octets):
    for one in (octets, xml().replace(b"Far Mail", octets)):
        try:
            assert isinstance(parse_aggregate(one), Report)
        except NotAReport as error:
            assert str(error)
