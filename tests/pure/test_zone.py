"""Which records a domain should have, and what is made of those that are there."""

import json
from dataclasses import replace

import dns.rdata
import dns.zone
import pytest

from pyeonji.proto.dns import SERVFAIL, Answer, Question, answer_in
from pyeonji.zone.compare import compared
from pyeonji.zone.master import data, fragment
from pyeonji.zone.provider import PROVIDERS, belongs, provider_of
from pyeonji.zone.wanted import Facts, wanted

KEY = "v=DKIM1; k=rsa; p=" + "A" * 392
FACTS = Facts(
    domain="board.example", hostname="mail.board.example", addresses=("198.51.100.7", "2001:db8::7"),
    keys=(("s1._domainkey.board.example", KEY),), ports={"submissions": 465, "imaps": 993, "submission": 587},
    sts_id="20261127", tlsa=("3 1 1 " + "ab" * 32,), web=True, issuer="letsencrypt.org",
)  # fmt: skip


def rows(zone, facts=FACTS):
    """By key (the last of each)."""
    records = wanted(facts)
    answers = {Question(one.name, one.kind): answer_in(zone, Question(one.name, one.kind)) for one in records}
    return {row.wanted.key: row for row in compared(facts, records, answers)}


def as_zone(facts=FACTS):
    """A DNS in which everything that is wanted is there."""
    zone = {}
    for one in wanted(facts):
        zone[one.name, one.kind] = (*zone.get((one.name, one.kind), ()), one.value)
    return zone


def test_where_everything_is_there_nothing_is_to_be_done():
    found = rows(as_zone())
    assert {key for key, row in found.items() if row.verdict != "good"} == {"dmarc"}  # p=none could be more
    assert not any(row.paste or row.is_bad for row in found.values())


def test_where_nothing_is_there_every_row_has_a_line_to_paste():
    found = rows({})
    assert {key for key, row in found.items() if row.verdict != "missing"} == {"caa"}
    assert all(row.paste for row in found.values())


def test_who_could_not_be_asked_is_unknown_and_not_missing():
    zone = dict.fromkeys(as_zone(), SERVFAIL)
    assert {row.verdict for row in rows(zone).values()} == {"unknown"}
    assert not any(row.is_bad for row in rows(zone).values())


SPF, MX, DMARC = ("board.example", "TXT"), ("board.example", "MX"), ("_dmarc.board.example", "TXT")
CAA, DKIM = ("mail.board.example", "CAA"), ("s1._domainkey.board.example", "TXT")


@pytest.mark.parametrize(
    ("where", "there", "key", "verdict", "paste"),
    [
        (SPF, ("google-site=1", "v=spf1 ip4:198.51.100.0/24 ~all"), "spf", "good", ""),
        (SPF, ("v=spf1 a:mail.board.example -all",), "spf", "good", ""),
        (SPF, ("v=spf1 ip6:2001:db8::/32 -all",), "spf", "good", ""),
        (SPF, ("v=spf1 mx ?all",), "spf", "better", ""),
        (SPF, ("v=spf1 ip4:192.0.2.1 ip4:nonsense -all",), "spf", "wrong",
         "v=spf1 mx ip4:192.0.2.1 ip4:nonsense -all"),
        (SPF, ("v=spf1 mx -all", "v=spf1 -all"), "spf", "wrong", "v=spf1 mx -all"),
        (SPF, ("v=spf10 mx -all",), "spf", "missing", "v=spf1 mx -all"),
        (MX, ("1 aspmx.l.google.com",), "mx", "wrong", "10 mail.board.example"),
        (MX, ("5 mail.board.example", "10 other.example"), "mx", "better", ""),
        (MX, ("0 .",), "mx", "wrong", "10 mail.board.example"),
        (DMARC, ("v=DMARC1; p=reject",), "dmarc", "good", ""),
        (DMARC, ("v=DMARC1; p=reject", "v=DMARC1; p=none"), "dmarc", "wrong",
         "v=DMARC1; p=none; rua=mailto:postmaster@board.example"),
        (DMARC, ("some words",), "dmarc", "missing", "v=DMARC1; p=none; rua=mailto:postmaster@board.example"),
        (CAA, ('0 issue "other.example"',), "caa", "wrong", '0 issue "letsencrypt.org"'),
        (CAA, ('0 iodef "mailto:a@b.example"',), "caa", "better", '0 issue "letsencrypt.org"'),
        (DKIM, ("v=DKIM1; p=" + " ".join(["A" * 200, "A" * 192]),), "dkim", "good", ""),
        (DKIM, ("v=DKIM1; p=BBBB",), "dkim", "wrong", KEY),
    ],
)  # fmt: skip
def test_a_record_that_differs_may_be_right(where, there, key, verdict, paste):
    row = rows(as_zone() | {where: there})[key]
    assert (row.verdict, row.paste) == (verdict, paste)


def test_an_alias_that_the_name_server_followed_is_seen():
    zone = as_zone() | {("mta-sts.board.example", "CNAME"): Answer((), canonical="mail.board.example")}
    assert rows(zone)["sts_host"].verdict == "good"
    zone = as_zone() | {("mta-sts.board.example", "CNAME"): Answer(("elsewhere.example",))}
    assert rows(zone)["sts_host"].verdict == "wrong"


def test_the_zone_fragment_is_read_by_a_name_server_as_what_was_meant():
    text = fragment(wanted(FACTS))
    zone = dns.zone.from_text(f"$ORIGIN example.\n@ 60 IN SOA a. b. 1 1 1 1 1\n@ 60 IN NS a.\n{text}", relativize=False)
    (found,) = zone.find_rdataset("s1._domainkey.board.example.", "TXT")
    assert b"".join(found.strings) == KEY.encode()
    assert max(map(len, found.strings)) <= 255
    assert len(found.strings) == 2
    (mx,) = zone.find_rdataset("board.example.", "MX")
    assert (mx.preference, str(mx.exchange)) == (10, "mail.board.example.")
    assert {str(one) for one in zone.find_rdataset("_submissions._tcp.board.example.", "SRV")} == {
        "0 1 465 mail.board.example."
    }
    assert {str(one) for one in zone.find_rdataset("_pop3s._tcp.board.example.", "SRV")} == {"0 0 0 ."}


@pytest.mark.parametrize("text", ['say "hi"', "back\\slash", "한글", "a;b", "x" * 600, ""])
def test_any_text_can_be_written_and_read(text):
    found = dns.rdata.from_text("IN", "TXT", data("TXT", text))
    assert b"".join(found.strings) == text.encode()


def test_a_server_that_may_not_send_says_so_and_one_without_web_names_no_web():
    found = {one.key: one.value for one in wanted(Facts("a.example", "a.example", can_send=False))}
    assert found["spf"] == "v=spf1 -all"
    assert not {"autoconfig", "autodiscover", "sts", "tlsa", "caa", "address"} & found.keys()


# ── as the pages of others want it ──


def told(provider, facts=FACTS):
    return PROVIDERS[provider](facts.domain, wanted(facts))


def test_a_file_for_cloudflare_is_a_zone_file():
    read = dns.zone.from_text(f"$ORIGIN {FACTS.domain}.\n{told('cloudflare')}", relativize=False, check_origin=False)
    assert read.get_rdataset("s1._domainkey.board.example.", "TXT")[0].strings[1:]  # a long key in two strings
    assert str(read.get_rdataset("board.example.", "MX")[0]) == "10 mail.board.example."


def test_a_batch_for_route_53_creates_and_never_overwrites():
    changes = json.loads(told("route53"))["Changes"]
    assert {one["Action"] for one in changes} == {"CREATE"}
    sets = {
        (one["ResourceRecordSet"]["Name"], one["ResourceRecordSet"]["Type"]): one["ResourceRecordSet"]
        for one in changes
    }
    assert len(sets) == len(changes)  # one set for each name and kind
    key = sets["s1._domainkey.board.example.", "TXT"]["ResourceRecords"][0]["Value"]
    assert "".join(part for part in key.split('"') if part.strip()) == KEY
    assert sets["board.example.", "MX"]["ResourceRecords"] == [{"Value": "10 mail.board.example."}]
    assert len(sets["mail.board.example.", "A"]["ResourceRecords"]) == 1


@pytest.mark.parametrize(("provider", "dot"), [("gabia", "."), ("cafe24", "")])
def test_lines_to_type_have_the_host_below_the_domain_and_the_priority_apart(provider, dot):
    lines = [line.split(None, 3) for line in told(provider).splitlines()]
    assert ["MX", "@", "10", f"mail.board.example{dot}"] in lines
    assert ["TXT", "@", "-", "v=spf1 mx -all"] in lines
    assert ["SRV", "_imaps._tcp", "0", f"1 993 mail.board.example{dot}"] in lines
    assert ["CNAME", "autoconfig", "-", f"mail.board.example{dot}"] in lines
    assert ["TXT", "s1._domainkey", "-", KEY] in lines  # whole: such pages part it themselves
    assert ["A", "mail", "-", "198.51.100.7"] in lines


def test_what_stands_in_another_zone_is_known():
    facts = replace(FACTS, hostname="mx.hosting.example")
    elsewhere = {one.name for one in wanted(facts) if not belongs(facts.domain, one)}
    assert elsewhere == {"mx.hosting.example", "_25._tcp.mx.hosting.example"}


@pytest.mark.parametrize(
    ("servers", "provider"),
    [
        (["ada.ns.cloudflare.com", "bob.ns.cloudflare.com."], "cloudflare"),
        (["ns-1.awsdns-22.co.uk", "ns-512.awsdns-00.net"], "route53"), (["NS.gabia.co.kr"], "gabia"),
        (["ns1.cafe24.com"], "cafe24"), (["ns.cloudflare.com.attack.test", "notgabia.net"], ""), ([], ""),
    ],
)  # fmt: skip
def test_who_keeps_a_zone_is_known_by_its_name_servers(servers, provider):
    assert provider_of(servers) == provider
