"""Which records a domain should have, and what is made of those that are there."""

import dns.rdata
import dns.zone
import pytest

from pyeonji.proto.dns import SERVFAIL, Answer, Question, answer_in
from pyeonji.zone.compare import compared
from pyeonji.zone.master import data, fragment
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
