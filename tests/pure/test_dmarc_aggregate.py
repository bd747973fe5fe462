"""Aggregate reports of ours: the elements RFC 9990 has, where they go, and what our own reader makes of them."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.msgauth.dmarc.aggregate import NAMESPACE, Aggregate, aggregate_xml
from pyeonji.msgauth.dmarc.judged import Judged, judged, wants_reports
from pyeonji.msgauth.dmarc.places import MAX_PLACES, places_of
from pyeonji.msgauth.dmarc.report import parse_aggregate
from pyeonji.msgauth.dmarc.walk import CannotTell
from pyeonji.msgauth.verdict import Dkim, Dmarc, Spf, Verdict
from pyeonji.proto.dns import SERVFAIL, answer_from

ONE = Judged(
    ip="192.0.2.1", done="none", passed=True, dkim=True, spf=False, override="", author="mail.one.test",
    path="one.test", asked="one.test", spf_result="softfail", signatures=(("one.test", "s1", "pass"),),
)  # fmt: skip
FORGED = replace(
    ONE, ip="2001:db8::1", done="quarantine", passed=False, dkim=False, override="policy_test_mode", path="", asked="",
    signatures=(),
)  # fmt: skip
REPORT = Aggregate(
    day=20_000, domain="one.test", record="v=DMARC1; p=reject; sp=none; t=y; aspf=s; rua=mailto:a@one.test",
    reporter="mx.here.test", contact="postmaster@here.test", number="n1", rows=((ONE, 3), (FORGED, 5)),
)  # fmt: skip


def test_our_own_reader_reads_what_we_write():
    found = parse_aggregate(aggregate_xml(REPORT))
    assert (found.domain, found.id, found.reporter, found.policy) == (
        "one.test", "n1@mx.here.test", "mx.here.test", "reject"
    )  # fmt: skip
    assert (found.begins_s, found.ends_s, found.skipped) == (20_000 * 86_400, 20_001 * 86_400 - 1, 0)
    told = [(row.ip, row.letters, row.disposition, row.dkim, row.spf, row.author, row.signed, row.sent, row.reason)
            for row in found.rows]  # fmt: skip
    assert told == [
        ("2001:db8::1", 5, "quarantine", "fail", "fail", "mail.one.test", "", "", "policy_test_mode"),
        ("192.0.2.1", 3, "none", "pass", "fail", "mail.one.test", "one.test=pass", "one.test=softfail", ""),
    ]


# Elements in their order with how often they may stand there, and the words some may hold (RFC 9990 §3.1.1).
WORDS = {
    "version": {"1.0"}, "discovery_method": {"psl", "treewalk"}, "testing": {"y", "n"}, "scope": {"mfrom"},
    "p": {"none", "quarantine", "reject"}, "sp": {"none", "quarantine", "reject"}, "adkim": {"r", "s"},
    "np": {"none", "quarantine", "reject"}, "aspf": {"r", "s"},
    "disposition": {"none", "pass", "quarantine", "reject"},
    "type": {"local_policy", "mailing_list", "other", "policy_test_mode", "trusted_forwarder"},
    "policy_evaluated/dkim": {"pass", "fail"}, "policy_evaluated/spf": {"pass", "fail"},
    "dkim/result": {"none", "pass", "fail", "policy", "neutral", "temperror", "permerror"},
    "spf/result": {"none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"},
}  # fmt: skip
TABLES = {
    "feedback": "version? report_metadata policy_published extension? record+",
    "report_metadata": "org_name email extra_contact_info? report_id date_range error? generator?",
    "date_range": "begin end",
    "policy_published": "domain discovery_method? p sp? np? fo? adkim? aspf? testing?",
    "record": "row identifiers auth_results",
    "row": "source_ip count policy_evaluated",
    "policy_evaluated": "disposition dkim spf reason*",
    "reason": "type comment?",
    "identifiers": "header_from envelope_from? envelope_to?",
    "auth_results": "dkim* spf?",
    "auth_results/dkim": "domain selector result human_result?",
    "auth_results/spf": "domain scope? result human_result?",
}


def breaches(element, parent=""):
    """Where an element is not what the tables say, as sentences."""
    name = element.tag.removeprefix(f"{{{NAMESPACE}}}")
    if not element.tag.startswith(f"{{{NAMESPACE}}}"):
        yield f"{element.tag} is of another namespace"
    wanted = TABLES.get(f"{parent}/{name}") or (TABLES.get(name) if name not in ("dkim", "spf") else None)
    words = WORDS.get(f"{parent}/{name}") or WORDS.get(name)
    if words is not None and element.text not in words:
        yield f"{name} is {element.text}"
    if wanted is None and len(element):
        yield f"{name} holds elements"
    left = [child.tag.removeprefix(f"{{{NAMESPACE}}}") for child in element]
    for word in (wanted or "").split():
        one, many = word.rstrip("?*+"), word[-1]
        count = 0
        while left[:1] == [one]:
            del left[0]
            count += 1
        if (count > 1 and many not in "*+") or (count == 0 and many not in "?*"):
            yield f"{name} has {count} {one}"
    if left:
        yield f"{name} has {left[0]} where it may not be"
    for child in element:
        yield from breaches(child, name)


@pytest.mark.parametrize("record", ["v=DMARC1; p=none; rua=mailto:a@one.test", REPORT.record, "v=DMARC1;np=reject"])
def test_every_element_is_where_the_standard_has_it(record):
    assert list(breaches(ET.fromstring(aggregate_xml(replace(REPORT, record=record))))) == []


def test_an_element_that_is_elsewhere_would_be_noticed():
    """Negative control."""
    text = aggregate_xml(REPORT).decode()
    for old, new in (
        ("<count>5</count>\n", ""), ("<disposition>pass", "<disposition>taken"), ("<version>1.0</version>\n", "<p/>"),
        ("</begin>", "</begin><begin>1</begin>"), (f' xmlns="{NAMESPACE}"', ""),
    ):  # fmt: skip
        assert old in text
        assert list(breaches(ET.fromstring(text.replace(old, new, 1))))


@given(st.text(max_size=80))
def test_nothing_a_stranger_says_makes_an_element(text):
    hostile = replace(ONE, author=text, path=text, asked=text, signatures=((text, text, "pass"),))
    octets = aggregate_xml(replace(REPORT, rows=((hostile, 1),)))
    assert list(breaches(ET.fromstring(octets))) == []
    assert parse_aggregate(octets).letters == 1


# ── how a letter was judged ──

SPF = Spf(result="pass", domain="one.test")
FAIL = Dmarc(result="fail", domain="one.test", policy="reject", found_at="one.test")
OVERRIDES = [
    (Dmarc(result="pass", domain="one.test", policy="reject"), "none", False, ""),
    (FAIL, "reject", False, ""),
    (FAIL, "none", True, "trusted_forwarder"),
    (FAIL, "quarantine", False, "local_policy"),
    (replace(FAIL, testing=True), "quarantine", False, "policy_test_mode"),
    (replace(FAIL, policy="none"), "none", False, ""),
    (replace(FAIL, result="temperror"), "none", False, "other"),
    (Dmarc(result="pass", domain="one.test"), "quarantine", False, "local_policy"),
]


@pytest.mark.parametrize(("dmarc", "done", "vouched", "override"), OVERRIDES)
def test_why_something_else_was_done_than_the_policy_says(dmarc, done, vouched, override):
    assert judged(Verdict(spf=SPF, dmarc=dmarc), "192.0.2.1", "one.test", done, vouched=vouched).override == override


def test_the_authors_own_signatures_are_told_first_and_not_all_of_many():
    many = tuple(Dkim(result="fail", domain=f"d{n}.test", selector="s") for n in range(30))
    own = Dkim(result="pass", domain="one.test", selector="s")
    verdict = Verdict(spf=SPF, dkim=(*many, own), dmarc=replace(FAIL, result="pass", aligned=("dkim=one.test",)))
    found = judged(verdict, "192.0.2.1", "one.test", "none", vouched=False)
    assert found.signatures[0] == ("one.test", "s", "pass")
    assert (len(found.signatures), found.dkim, found.spf) == (10, True, False)


# ── where it goes ──

YES = ("v=DMARC1",)
PLACES = [
    ("rua=mailto:a@one.test", {}, [("a@one.test", 0)]),
    ("rua=mailto:a@one.test!10m", {}, [("a@one.test", 10 << 20)]),
    ("rua=mailto:a@one.test!512", {}, [("a@one.test", 512)]),
    ("rua=mailto:a@mail.one.test", {}, [("a@mail.one.test", 0)]),
    ("rua=mailto:a@far.test", {}, []),
    ("rua=mailto:a@far.test", {("one.test._report._dmarc.far.test", "TXT"): ("v=spf1 -all",)}, []),
    ("rua=mailto:a@far.test", {("one.test._report._dmarc.far.test", "TXT"): YES}, [("a@far.test", 0)]),
    ("rua=mailto:a@far.test", {("one.test._report._dmarc.far.test", "TXT"): ("v=DMARC1; rua=mailto:b@far.test",)},
     [("b@far.test", 0)]),
    ("rua=mailto:a@far.test", {("one.test._report._dmarc.far.test", "TXT"): ("v=DMARC1; rua=mailto:b@one.test",)}, []),
    ("rua=mailto:a@victim.test", {("one.test._report._dmarc.far.test", "TXT"): YES}, []),
    ("rua=https://one.test/x, mailto:nobody, mailto:a@one.test", {}, [("a@one.test", 0)]),
    ("rua=mailto:a@one.test,mailto:a@one.test,mailto:b@one.test", {}, [("a@one.test", 0), ("b@one.test", 0)]),
    ("rua=" + ",".join(f"mailto:a{n}@one.test" for n in range(20)), {}, [("a0@one.test", 0), ("a1@one.test", 0)]),
    ("p=reject", {}, []),
]  # fmt: skip


@pytest.mark.parametrize(("tags", "zone", "found"), PLACES)
def test_reports_go_where_the_owner_says_and_elsewhere_only_by_leave(tags, zone, found):
    zone = {("_dmarc.one.test", "TXT"): ("v=DMARC1; p=none",), **zone}
    places = answer_from(zone, places_of("one.test", f"v=DMARC1; {tags}"))
    assert [(str(one.address), one.limit) for one in places] == found
    assert len(places) <= MAX_PLACES


def test_where_the_dns_does_not_say_nobody_is_written_to_now():
    zone = {("_dmarc.one.test", "TXT"): YES, ("one.test._report._dmarc.far.test", "TXT"): SERVFAIL}
    with pytest.raises(CannotTell):
        answer_from(zone, places_of("one.test", "v=DMARC1; rua=mailto:a@far.test"))


@pytest.mark.parametrize(
    ("record", "wants"), [("", False), ("v=DMARC1; p=none", False), ("v=DMARC1; rua=mailto:a@one.test", True)]
)
def test_only_who_asks_is_counted_for(record, wants):
    assert wants_reports(record) is wants
