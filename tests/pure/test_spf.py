"""SPF: the examples of RFC 7208 and the published suite, where it is beside this checkout."""

import json

import pytest

from kit.suites import SPF
from pyeonji.catalog.whys import why
from pyeonji.msgauth.iprev import iprev
from pyeonji.msgauth.spf import check
from pyeonji.msgauth.spf.macro import NotAMacro, domain_spec, explain_string, macro_string, name_from, text_from
from pyeonji.msgauth.spf.record import NotARecord, parse_record, records_in
from pyeonji.proto.dns import SERVFAIL, TIMEOUT, Answer, answer_from, overheard

RECEIVER = "mx.here.test"
NOW_S = 1_800_000_000


def checked(zone, ip="192.0.2.3", path="kim@example.com", hello="mx.example.com"):
    return answer_from(zone, check(ip, path, hello, RECEIVER, NOW_S))


# ── RFC 7208 Appendix A ────────────────────────────────────────────────────────────────────────────────────────

HOSTS = {
    ("example.com", "MX"): ("10 mail-a.example.com", "20 mail-b.example.com"),
    ("example.com", "A"): ("192.0.2.10", "192.0.2.11"),
    ("amy.example.com", "A"): ("192.0.2.65",),
    ("bob.example.com", "A"): ("192.0.2.66",),
    ("mail-a.example.com", "A"): ("192.0.2.129",),
    ("mail-b.example.com", "A"): ("192.0.2.130",),
    ("example.org", "MX"): ("10 mail-c.example.org",),
    ("mail-c.example.org", "A"): ("192.0.2.140",),
    ("65.2.0.192.in-addr.arpa", "PTR"): ("amy.example.com",),
    ("66.2.0.192.in-addr.arpa", "PTR"): ("bob.example.com",),
    ("140.2.0.192.in-addr.arpa", "PTR"): ("mail-c.example.org",),
    ("4.0.0.10.in-addr.arpa", "PTR"): ("bob.example.com",),
}
SIMPLE = [  # §A.1: record, who passes, who does not
    ("v=spf1 +all", "192.0.2.1 2001:db8::1", ""),
    ("v=spf1 a -all", "192.0.2.10 192.0.2.11", "192.0.2.65"),
    ("v=spf1 a:example.org -all", "", "192.0.2.10 192.0.2.140"),
    ("v=spf1 mx -all", "192.0.2.129 192.0.2.130", "192.0.2.10"),
    ("v=spf1 mx:example.org -all", "192.0.2.140", "192.0.2.129"),
    ("v=spf1 mx mx:example.org -all", "192.0.2.129 192.0.2.130 192.0.2.140", "192.0.2.10"),
    ("v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.128 192.0.2.131 192.0.2.143", "192.0.2.127 192.0.2.144"),
    ("v=spf1 ptr -all", "192.0.2.65", "192.0.2.140 10.0.0.4 192.0.2.9"),
    ("v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.129", "192.0.2.65"),
    ("v=spf1 ip4:192.0.2.1 -all", "192.0.2.1 ::ffff:192.0.2.1", "192.0.2.2 2001:db8::1"),
    ("v=spf1 ip6:2001:db8::/32 -all", "2001:db8:1::1", "2001:db9::1 192.0.2.1"),
]


@pytest.mark.parametrize(("record", "good", "bad"), SIMPLE)
def test_the_examples_of_the_rfc(record, good, bad):
    zone = HOSTS | {("example.com", "TXT"): ("something else", record)}
    assert {checked(zone, ip).result for ip in good.split()} <= {"pass"}
    assert {checked(zone, ip).result for ip in bad.split()} <= {"fail"}


def at_example_com(*records):
    return {("example.com", "TXT"): (records[0],)} | {(name, "TXT"): (text,) for name, text in records[1:]}


SEVERAL = [  # §A.2, §A.3, §A.4 and §5.2, §6.1: more than one record
    (HOSTS | {("example.com", "TXT"): ("v=spf1 redirect=example.org",), ("example.org", "TXT"): ("v=spf1 mx -all",)},
     {"192.0.2.129": "fail", "192.0.2.140": "pass"}),
    (HOSTS | {("example.com", "TXT"): ("v=spf1 include:a.test include:b.test -all",),
              ("a.test", "TXT"): ("v=spf1 ip4:192.0.2.1 -all",), ("b.test", "TXT"): ("v=spf1 ip4:192.0.2.2",)},
     {"192.0.2.1": "pass", "192.0.2.2": "pass", "192.0.2.3": "fail"}),
    (at_example_com("v=spf1 mx include:mobile-users._spf.%{d} include:remote-users._spf.%{d} -all",
                    ("mobile-users._spf.example.com", "v=spf1 exists:%{l1r+}.%{d}"),
                    ("remote-users._spf.example.com", "v=spf1 exists:%{ir}.%{l1r+}.%{d}"))
     | HOSTS | {("kim.mobile-users._spf.example.com", "A"): ("127.0.0.2",)}, {"192.0.2.3": "pass"}),
    (at_example_com("v=spf1 -include:ip4._spf.%{d} -include:ptr._spf.%{d} +all",
                    ("ip4._spf.example.com", "v=spf1 -ip4:192.0.2.0/24 +all"),
                    ("ptr._spf.example.com", "v=spf1 -ptr:%{o} +all")) | HOSTS,
     {"192.0.2.65": "pass", "192.0.2.140": "fail", "198.51.100.1": "fail"}),
    (at_example_com("v=spf1 include:nobody.test ~all"), {"192.0.2.3": "permerror"}),
    (at_example_com("v=spf1 redirect=nobody.test"), {"192.0.2.3": "permerror"}),
    ({("example.com", "TXT"): ("v=spf1 -all", "v=spf1 +all")}, {"192.0.2.3": "permerror"}),
    ({("example.com", "TXT"): ("v=spf10 -all",)}, {"192.0.2.3": "none"}),
    ({("example.com", "TXT"): TIMEOUT}, {"192.0.2.3": "temperror"}),
    ({("example.com", "TXT"): ("v=spf1 a:x.test -all",), ("x.test", "A"): SERVFAIL}, {"192.0.2.3": "temperror"}),
    ({("example.com", "TXT"): ("v=spf1 ?ip4:192.0.2.1",)}, {"192.0.2.1": "neutral", "192.0.2.3": "neutral"}),
    ({}, {"192.0.2.3": "none"}),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "wanted"), SEVERAL)
def test_records_that_lead_to_others(zone, wanted):
    assert {ip: checked(zone, ip).result for ip in wanted} == wanted


@pytest.mark.parametrize("zone", [zone for zone, _ in SEVERAL])
def test_a_result_that_is_no_pass_says_why(zone):
    found = checked(zone)
    assert found.why or found.result == "pass"
    assert any("가" <= char <= "힣" for char in why("ko", found.why)) or not found.why


# ── RFC 7208 §7.4 ──────────────────────────────────────────────────────────────────────────────────────────────

VALUES = {
    "s": "strong-bad@email.example.com", "l": "strong-bad", "o": "email.example.com", "d": "email.example.com",
    "i": "192.0.2.3", "v": "in-addr", "h": "mx.example.org", "p": "mx.example.org", "c": "192.0.2.3", "r": RECEIVER,
    "t": str(NOW_S),
}  # fmt: skip
OF_IPV6 = VALUES | {"i": ".".join("20010db800000000000000000000cb01"), "v": "ip6"}
EXPANSIONS = """
    %{s} strong-bad@email.example.com
    %{o} email.example.com
    %{d} email.example.com
    %{d4} email.example.com
    %{d3} email.example.com
    %{d2} example.com
    %{d1} com
    %{d00002} example.com
    %{d99999999999999999999} email.example.com
    %{dr} com.example.email
    %{d2r} example.email
    %{l} strong-bad
    %{l-} strong.bad
    %{lr} strong-bad
    %{lr-} bad.strong
    %{l1r-} strong
    %{S} strong-bad%40email.example.com
    %%%-%{h}. %%20mx.example.org
    %{ir}.%{v}._spf.%{d2} 3.2.0.192.in-addr._spf.example.com
    %{lr-}.lp._spf.%{d2} bad.strong.lp._spf.example.com
    %{lr-}.lp.%{ir}.%{v}._spf.%{d2} bad.strong.lp.3.2.0.192.in-addr._spf.example.com
    %{ir}.%{v}.%{l1r-}.lp._spf.%{d2} 3.2.0.192.in-addr.strong.lp._spf.example.com
    %{d2}.trusted-domains.example.net example.com.trusted-domains.example.net
"""
V6 = "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com"


@pytest.mark.parametrize(("text", "wanted"), [line.split() for line in EXPANSIONS.strip().splitlines()])
def test_macros_are_filled_in(text, wanted):
    assert name_from(macro_string(text), VALUES) == wanted


def test_macros_of_ipv6():
    assert name_from(domain_spec("%{ir}.%{v}._spf.%{d2}"), OF_IPV6) == V6


def test_words_for_people_may_have_more():
    text = "See http://%{d}/why.html?s=%{S}&i=%{I} %{c} %{r} %{t}%_%%"
    assert text_from(explain_string(text), VALUES) == (
        "See http://email.example.com/why.html?s=strong-bad%40email.example.com&i=192.0.2.3 192.0.2.3"
        f" {RECEIVER} {NOW_S} %"
    )


def test_a_name_that_is_too_long_loses_labels_on_its_left():
    made = name_from(macro_string("%{l}." * 30 + "example.com"), VALUES)
    assert made == "strong-bad." * 22 + "example.com"
    assert len(made) == 253
    assert name_from(macro_string("x" * 300), VALUES) == ""


BAD_MACROS = [
    "%(ir).x.test",
    "%{d0}.x.test",
    "%{x}.test",
    "%{dd}.test",
    "%{d",
    "%",
    "%{c}.test",
    "a b.test",
    "편지.test",
]
BAD_NAMES = ["", "test", "x.123", "x.-a", "x.a-", "x.test/8", "%{i}test"]


@pytest.mark.parametrize("text", BAD_MACROS + BAD_NAMES)
def test_what_is_no_name_is_not_read_as_one(text):
    with pytest.raises(NotAMacro):
        domain_spec(text)


BAD_TERMS = """
    all:x.test all/8 include include: include:x.test/8 a:/8 a/foo.com a/33 a//129 a/08 a:x.test/ mx/ ip4 ip4:1.2.3
    ip4:1.2.3.4/33 ip4:1.2.3.4/ ip4:01.2.3.4 ip4:1.2.3.4/08 ip6:fe80::1%eth0 ip6:::1/129 ip6:1.2.3.4 exists exists:
    ptr/8 ptr: unknown redirect= redirect=test exp= exp=%{c}.test moo=%x -redirect=x.test +all- a=% =x 1a=x
"""


@pytest.mark.parametrize("term", [*BAD_TERMS.split(), "\tall", "all\n", "all\0", "편지"])
def test_one_bad_term_spoils_the_record(term):
    with pytest.raises(NotARecord) as bad:
        parse_record(f"v=spf1 +all {term}")
    assert why("ko", str(bad.value)) != str(bad.value)


def test_modifiers_that_nobody_knows_are_left_alone():
    record = parse_record("v=spf1 moo.cow-far_out=man:dog/cat ALL A//0 a:x.test/0//64 REDIRECT=x.test  ")
    assert [directive.text for directive in record.directives] == ["ALL", "A//0", "a:x.test/0//64"]
    assert [(one.prefix4, one.prefix6) for one in record.directives[1:]] == [(32, 0), (0, 64)]


def test_records_are_told_from_other_texts():
    assert records_in(("v=spf1", "V=SPF1 all", "v=spf1  -all", "v=spf10", "v=spf1-all", " v=spf1", "x")) == [
        "v=spf1", "V=SPF1 all", "v=spf1  -all",
    ]  # fmt: skip


# ── identities and words ───────────────────────────────────────────────────────────────────────────────────────

EXPLAINED = {
    ("example.com", "TXT"): ("v=spf1 -all exp=why.%{d}",),
    ("why.example.com", "TXT"): ("%{i} may not send for %{o}, said %{h} to %{r}",),
}
SAID = "192.0.2.3 may not send for example.com, said mx.example.com to mx.here.test"


def test_the_owner_of_a_domain_explains_a_fail():
    found = checked(EXPLAINED)
    assert (found.result, found.mechanism, found.explanation) == ("fail", "-all", SAID)


UNSAID = ["편지", "%{", "a\nb", "%{x}"]


@pytest.mark.parametrize("answer", [*((text,) for text in UNSAID), ("a", "b"), (), SERVFAIL])
def test_words_that_are_no_good_change_no_result(answer):
    found = checked(EXPLAINED | {("why.example.com", "TXT"): answer})
    assert (found.result, found.explanation) == ("fail", "")


def test_words_have_an_end():
    found = checked(EXPLAINED | {("why.example.com", "TXT"): ("x" * 9_000,)})
    assert found.explanation == "x" * 400


def test_nobody_explains_for_a_domain_that_was_only_included():
    zone = EXPLAINED | {("kim.test", "TXT"): ("v=spf1 include:example.com -all",)}
    assert checked(zone, path="a@kim.test").explanation == ""
    zone = EXPLAINED | {("kim.test", "TXT"): ("v=spf1 redirect=example.com",)}
    assert checked(zone, path="a@kim.test").explanation == SAID.replace("for example.com", "for kim.test")


IDENTITIES = [  # reverse-path, HELO; domain, scope, result
    ("", "mx.example.com", "mx.example.com", "helo", "pass"),
    ("", "[192.0.2.3]", "[192.0.2.3]", "helo", "none"),
    ("", "localhost", "localhost", "helo", "none"),
    ("", "", "", "helo", "none"),
    ("@mx.example.com", "x", "mx.example.com", "mfrom", "pass"),
    ("mx.example.com", "x", "mx.example.com", "mfrom", "pass"),
    ("postmaster@MX.Example.COM.", "x", "mx.example.com", "mfrom", "pass"),
    ("postmaster@메일.example.com", "x", "xn--h32bq4v.example.com", "mfrom", "pass"),
    ("postmaster@[192.0.2.3]", "x", "[192.0.2.3]", "mfrom", "none"),
    ("postmaster@a..example.com", "x", "a..example.com", "mfrom", "none"),
    (f"postmaster@{'a' * 64}.test", "x", f"{'a' * 64}.test", "mfrom", "none"),
    ('"a@mx.example.com"@other.test', "x", "other.test", "mfrom", "none"),
]
ASKED = {
    ("mx.example.com", "TXT"): ("v=spf1 exists:%{l}.ok.test -all",),
    ("xn--h32bq4v.example.com", "TXT"): ("v=spf1 redirect=mx.example.com",),
    ("postmaster.ok.test", "A"): ("127.0.0.2",),
    ("편지.ok.test", "A"): ("127.0.0.2",),
}


@pytest.mark.parametrize(("path", "hello", "domain", "scope", "result"), IDENTITIES)
def test_whose_word_is_asked_for(path, hello, domain, scope, result):
    found = checked(ASKED, path=path, hello=hello)
    assert (found.domain, found.scope, found.result) == (domain, scope, result)


def test_a_local_part_outside_ascii_matches_no_term_that_wants_it():
    assert checked(ASKED, path="편지@mx.example.com").result == "fail"


def test_a_backslash_in_a_local_part_is_no_escape():
    heard = []
    answer_from(ASKED, overheard(check("192.0.2.3", "a\\.b@mx.example.com", "x", RECEIVER, NOW_S), heard))
    assert heard[-1][0].name == "a\\\\.b.ok.test"


def test_every_question_and_answer_can_be_overheard():
    heard = []
    found = answer_from(EXPLAINED, overheard(check("192.0.2.3", "kim@example.com", "x", RECEIVER, NOW_S), heard))
    assert found.result == "fail"
    assert [(question.name, question.kind, answer.records) for question, answer in heard] == [
        (name, kind, records) for (name, kind), records in EXPLAINED.items()
    ]


REVERSED = [
    ({}, "permerror", ""),
    ({("3.2.0.192.in-addr.arpa", "PTR"): TIMEOUT}, "temperror", ""),
    ({("3.2.0.192.in-addr.arpa", "PTR"): ("a.test",)}, "fail", "a.test"),
    ({("3.2.0.192.in-addr.arpa", "PTR"): ("a.test",), ("a.test", "A"): SERVFAIL}, "temperror", "a.test"),
    ({("3.2.0.192.in-addr.arpa", "PTR"): ("a.test", "B.test."), ("b.test", "A"): ("192.0.2.3",)}, "pass", "b.test"),
    ({("3.2.0.192.in-addr.arpa", "PTR"): ("a..test",)}, "fail", "a..test"),
]


@pytest.mark.parametrize(("zone", "result", "name"), REVERSED)
def test_a_name_leads_back_or_not(zone, result, name):
    found = answer_from(zone, iprev("::ffff:192.0.2.3"))
    assert (found.result, found.name) == (result, name)
    assert found.why or result == "pass"


def test_a_name_of_ipv6_leads_back():
    name = f"{'.'.join(reversed('20010db8000000000000000000000001'))}.ip6.arpa"
    zone = {(name, "PTR"): ("a.test",), ("a.test", "AAAA"): ("2001:db8:0:0::1",)}
    assert answer_from(zone, iprev("2001:db8::1")).result == "pass"


# ── the published suite ────────────────────────────────────────────────────────────────────────────────────────


class Published:
    """The zone of one scenario: an SPF record stands for a TXT record unless there is one."""

    def __init__(self, data):
        self.records, self.silent = {}, set()
        for name, entries in data.items():
            name = name.lower().rstrip(".")
            self.records.setdefault(name, [])
            found = [pair for entry in entries if entry != "TIMEOUT" for pair in entry.items()]
            if not any(kind == "TXT" for kind, _ in found):
                found += [("TXT", value) for kind, value in found if kind == "SPF"]
            for kind, value in found:
                if value == "TIMEOUT":
                    self.silent.add((name, kind))
                elif value != "NONE":
                    self.records[name].append((kind, value))
            if "TIMEOUT" in entries:
                self.silent.add((name, ""))

    def answer(self, question):
        name = question.name
        for _ in range(10):
            values = [shown(value) for kind, value in self.records.get(name, ()) if kind == question.kind]
            if values:
                return Answer(tuple(values))
            if {(name, ""), (name, question.kind)} & self.silent:
                return TIMEOUT
            alias = next((value for kind, value in self.records.get(name, ()) if kind == "CNAME"), None)
            if alias is None:
                return Answer(exists=any(known == name or known.endswith(f".{name}") for known in self.records))
            name = alias.lower().rstrip(".")
        return Answer()  # a chain without end leads nowhere


def shown(value):
    """A record in presentation form: an MX is a pair, a TXT may come in pieces."""
    if isinstance(value, list):
        return f"{value[0]} {value[1]}" if isinstance(value[:1] and value[0], int) else "".join(value)
    return value


def published():
    yaml = pytest.importorskip("yaml", reason="PyYAML is not here, in which the suite is written")
    for scenario in yaml.safe_load_all(SPF.read_text("utf-8")):
        for name, case in (scenario or {}).get("tests", {}).items():
            yield f"{scenario['description']}: {name}", case, Published(scenario["zonedata"])


@pytest.mark.skipif(not SPF, reason="the published suite is not beside this checkout")
def test_the_published_suite():
    wrong, count = {}, 0
    for name, case, zone in published():
        count += 1
        asking = check(case["host"], case.get("mailfrom") or "", case.get("helo") or "", RECEIVER, NOW_S)
        try:
            question = next(asking)
            while True:
                question = asking.send(zone.answer(question))
        except StopIteration as stop:
            found = stop.value
        wanted = {case["result"]} if isinstance(case["result"], str) else set(case["result"])
        words = {"DEFAULT": ""}.get(case.get("explanation"), case.get("explanation", found.explanation))
        if found.result not in wanted or found.explanation != words:
            wrong[name] = (sorted(wanted), words, found)
    assert wrong == {}, json.dumps(wrong, default=str, indent=1)
    assert count == 203
