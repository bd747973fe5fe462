"""A03, A04: whose word is asked for, and how much a record may make us do; each with the guard off beside it."""

import pytest

from pyeonji.msgauth.spf import check, evaluate, macro
from pyeonji.proto.dns import answer_from, overheard
from pyeonji.proto.smtp import reply as replies
from pyeonji.proto.smtp.extension import Extensions
from pyeonji.proto.smtp.grammar import Leniency, Violation, parse_mail

IP = "192.0.2.3"


def checked(zone, path="kim@a.test", hello="b.test", ip=IP):
    """The result, and how many questions it took."""
    heard = []
    found = answer_from(zone, overheard(check(ip, path, hello, "mx.here.test", 1), heard))
    return found, heard


# ── A03 ─────────────────────────────────────────────────────────────────────────────────────────────────────────

BANK, EVIL = "bank.test", "evil.test"
TRICKS = [
    "<(any@bank.test,@evil.test>", "<any@bank.test(.evil.test>", "<any@evil.test@bank.test>",
    "<a@bank.test\0.evil.test>",
    "<any@bank.test'a.evil.test>", '<any@bank.test".evil.test>', "<@evil.test,@bank.test>", "<@bank.test:>",
    "<any@[bank.test].evil.test>", "<any@bank.test> <any@evil.test>", "<any@bank..evil.test>",
    "<any@bank.test\\.evil.test>",
]  # fmt: skip


@pytest.mark.parametrize("path", TRICKS)
def test_a_path_that_two_readers_read_differently_is_refused(path):
    with pytest.raises(Violation) as refused:
        parse_mail(f"FROM:{path}", Extensions(), Leniency.NONE)
    assert refused.value.reply.code in (replies.BAD_REVERSE_PATH.code, 555)


@pytest.mark.parametrize("path", [path for path in TRICKS if path.count("@") == 2])
def test_a_lax_reader_could_be_told_two_domains(path):
    """Negative control: the first and the last domain of such a path are not the same."""
    inside = path.strip("<>(")
    first, last = (part.strip(",@:>").split(",")[0] for part in (inside.split("@")[1], inside.split("@")[-1]))
    assert first != last


ZONE = {(EVIL, "TXT"): ("v=spf1 +all",), (BANK, "TXT"): ("v=spf1 -all",), ("helo.test", "TXT"): ("v=spf1 +all",)}


def test_the_domain_that_is_asked_about_is_that_of_the_path_that_was_parsed():
    path, _ = parse_mail('FROM:<"x@evil.test"@bank.test>', Extensions(), Leniency.NONE)
    found, _ = checked(ZONE, str(path))
    assert (found.domain, found.result) == (BANK, "fail")
    naive = str(path).strip('"').partition("@")[2].partition('"')[0]
    assert checked(ZONE, f"x@{naive}")[0].result == "pass"  # negative control: read from the left


def test_the_null_path_stands_for_the_name_in_helo_and_says_so():
    found, _ = checked(ZONE, "", "helo.test")
    assert (found.result, found.scope, found.domain) == ("pass", "helo", "helo.test")
    assert checked(ZONE, "kim@bank.test", "helo.test")[0].result == "fail"  # a good name helps no bad path


# ── A04 ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def chain(kind, length):
    """Records that lead from one to the next."""
    return {(f"{at or 'a'}.test", "TXT"): (f"v=spf1 {kind}{at + 1}.test",) for at in range(length)} | {
        (f"{length}.test", "TXT"): ("v=spf1 +all",)
    }


def at_a(text, more=()):
    return {("a.test", "TXT"): (f"v=spf1 {text}",)} | dict(more)


HERE = {("x.test", "A"): ("198.51.100.1",), ("x.test", "MX"): ("10 x.test",)}
MOST = "10 look-ups are the most"
MANY = {
    "a record that includes itself": (at_a("include:a.test -all"), MOST),
    "a record that leads to itself": (at_a("redirect=a.test"), MOST),
    "eleven includes in a row": (chain("include:", 11), MOST),
    "eleven redirects in a row": (chain("redirect=", 11), MOST),
    "eleven terms that ask": (at_a("a:x.test " * 11 + "+all", HERE), MOST),
    "eleven terms that ask, of several kinds": (at_a("a:x.test mx:x.test ptr " * 4 + "+all", HERE), MOST),
    "a macro that asks": (at_a("a:%{p}.x.test " * 6 + "+all", {("unknown.x.test", "A"): ("198.51.100.1",)}), MOST),
    "three questions that lead nowhere": (at_a("a:1.no.test a:2.no.test a:3.no.test +all"), "lead nowhere"),
    "exchanges that are not there": (
        at_a("mx:x.test +all", {("x.test", "MX"): ("1 a.no.test", "2 b.no.test", "3 c.no.test")}), "lead nowhere",
    ),
    "eleven exchanges": (
        at_a("mx:x.test +all", {("x.test", "MX"): tuple(f"{n} {n}.x.test" for n in range(11))}), "10 exchanges",
    ),
    "a record of a megabyte": (at_a("ip4:192.0.2.1 " * 70_000 + "+all"), "8192 characters"),
}  # fmt: skip


@pytest.mark.parametrize("name", MANY)
def test_a_record_that_asks_for_too_much_is_an_error(name):
    zone, why = MANY[name]
    found, heard = checked(zone)
    assert (found.result, why in found.why) == ("permerror", True)
    assert len(heard) <= 25


OFF = {
    MOST: "MAX_LOOKUPS", "lead nowhere": "MAX_VOID", "10 exchanges": "MAX_EXCHANGES",
}  # fmt: skip


@pytest.mark.parametrize(
    "name", [name for name, (_, why) in MANY.items() if why in OFF and not name.endswith("itself")]
)
def test_without_its_limit_it_would_be_done(name, monkeypatch):
    """Negative control."""
    zone, why = MANY[name]
    monkeypatch.setattr(evaluate, OFF[why], 50)
    monkeypatch.setattr(evaluate, "MAX_VOID", 50)
    assert checked(zone)[0].result in ("pass", "fail")


def test_without_its_limit_a_loop_would_go_on(monkeypatch):
    """Negative control."""
    monkeypatch.setattr(evaluate, "MAX_LOOKUPS", 100)
    assert len(checked(at_a("include:a.test -all"))[1]) == 101


def test_ten_look_ups_and_two_that_lead_nowhere_are_allowed():
    zone = at_a("a:1.no.test a:2.no.test " + "a:x.test " * 8 + "+all", HERE)
    assert checked(zone)[0].result == "pass"


FLOOD = {("3.2.0.192.in-addr.arpa", "PTR"): tuple(f"{n}.flood.test" for n in range(500))} | {
    (f"{n}.flood.test", "A"): (IP,) for n in range(500)
}


@pytest.mark.parametrize(("most", "asked"), [(10, 12), (500, 502)])  # the second row is the negative control
def test_a_peer_with_five_hundred_names_has_ten(most, asked, monkeypatch):
    monkeypatch.setattr(evaluate, "MAX_NAMES", most)
    _, heard = checked(at_a("ptr ptr ptr -all", FLOOD))
    assert len(heard) == asked


def test_the_owner_of_an_address_cannot_spoil_the_result_of_a_domain():
    """Its names are his word: they may lead nowhere as often as he likes."""
    flood = {("3.2.0.192.in-addr.arpa", "PTR"): tuple(f"{n}.no.test" for n in range(10))}
    assert checked(at_a("ptr +all", flood))[0].result == "pass"


LONG = "a" * 64
NAMES = [
    ("exists:%{l}.%{l}.%{l}.%{l}.%{l}.x.test -all", f"{LONG}@a.test"),
    (f"exists:{'%{s}.' * 200}x.test -all", "kim.lee@a.test"),
    (f"exists:{'a.' * 512}x.test -all", "kim@a.test"),
    (f"exists:{'a' * 700}.x.test -all", "kim@a.test"),
    ("exists:%{l}.x.test -all", ".".join("a" * 32) + "@a.test"),
    ("exists:%{l}.x.test -all", '"a b\\@c..d"@a.test'),
]


@pytest.mark.parametrize(("text", "path"), NAMES)
def test_a_name_is_cut_to_what_the_dns_can_be_asked(text, path):
    found, heard = checked(at_a(text), path)
    assert found.result == "fail"
    assert all(len(question.name) <= 253 and evaluate.askable(question.name) for question, _ in heard)


@pytest.mark.parametrize(("text", "path"), NAMES[1:3])
def test_without_the_cut_it_would_be_longer(text, path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(macro, "MAX_NAME", 10_000)
    monkeypatch.setattr(evaluate, "askable", lambda name: True)
    assert max(len(question.name) for question, _ in checked(at_a(text), path)[1]) > 253


def test_an_answer_of_thousands_of_addresses_is_looked_at_to_a_limit(monkeypatch):
    zone = at_a("a:x.test -all", {("x.test", "A"): ("198.51.100.1",) * 4_000 + (IP,)})
    assert checked(zone)[0].result == "fail"
    monkeypatch.setattr(evaluate, "MAX_ADDRESSES", 10_000)
    assert checked(zone)[0].result == "pass"  # negative control


def test_the_most_that_a_record_can_make_us_ask():
    """Ten terms of ten exchanges each, the names of the address, and an explanation."""
    exchanges = {("x.test", "MX"): tuple(f"{n} {n}.x.test" for n in range(10))}
    hosts = {(f"{n}.x.test", "A"): ("198.51.100.1",) for n in range(10)}
    zone = at_a("mx:x.test " * 10 + "-all exp=why.test", exchanges | hosts | FLOOD | {("why.test", "TXT"): ("%{p}",)})
    found, heard = checked(zone)
    assert (found.result, found.explanation) == ("fail", "0.flood.test")
    assert len(heard) == 1 + 10 * 11 + 1 + 11
