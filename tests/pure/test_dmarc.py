"""DMARC (RFC 9989): the record, the walk up the tree of names, alignment, and what is concluded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.msgauth.dmarc.evaluate import MAX_WALKS, evaluate
from pyeonji.msgauth.dmarc.record import Record, parse_record
from pyeonji.msgauth.dmarc.walk import MAX_QUESTIONS, Walks, targets
from pyeonji.msgauth.verdict import Dkim, Dmarc, Spf
from pyeonji.proto.dns import SERVFAIL, TIMEOUT, Answer, answer_from, answer_in

NO_SPF = Spf(result="none", domain="sender.test")
P_NONE, P_QUARANTINE, P_REJECT = (f"v=DMARC1; p={word}" for word in ("none", "quarantine", "reject"))


def zone(**records):
    """{"example_com": "v=DMARC1; ..."}: "_" for a dot; a tuple or an Answer as it is."""
    found = {}
    for name, said in records.items():
        domain = name.replace("_", ".")
        found[f"_dmarc.{domain}", "TXT"] = (said,) if isinstance(said, str) else said
        found[domain, "A"] = ("192.0.2.1",)
    return found


def judged(zone, author, *, spf="", dkim=()):
    """The verdict where SPF passed for one domain and DKIM for others."""
    passed = Spf(result="pass", domain=spf) if spf else NO_SPF
    signatures = [Dkim(result="pass", domain=domain) for domain in ((dkim,) if isinstance(dkim, str) else dkim)]
    return answer_from(zone, evaluate(author, passed, signatures))


# ── the record ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("v=DMARC1; p=none", Record()),
        ("v=DMARC1;p=reject;", Record(policy="reject")),
        (" v=DMARC1; p=none", None),  # "v" begins the record
        ("V = DMARC1 ; P = Reject ; T=Y", Record(policy="reject", testing=True)),
        ("v=dmarc1; p=reject", None),
        ("v=DMARC10; p=reject", None),
        ("v=DMARC1 p=reject", None),
        ("p=reject; v=DMARC1", None),
        ("v=spf1 -all", None),
        ("", None),
        (
            "v=DMARC1; p=reject; sp=quarantine; np=none",
            Record(policy="reject", subdomains="quarantine", missing="none"),
        ),
        ("v=DMARC1; p=none; psd=y", Record(psd="y")),
        ("v=DMARC1; p=none; psd=x", Record(mistakes=("psd=x",))),
        ("v=DMARC1; p=none; adkim=s; aspf=S", Record(strict_dkim=True, strict_spf=True)),
        ("v=DMARC1; p=none; adkim=strict", Record(mistakes=("adkim=strict",))),
        # RFC 7489 had these: they are read past.
        ("v=DMARC1; p=reject; pct=0; rf=afrf; ri=86400", Record(policy="reject")),
        ("v=DMARC1; p=none; rua=mailto:d@x.test!10m", Record(reports_to=("mailto:d@x.test",))),
        ("v=DMARC1; p=none; x=1; hello", Record(mistakes=("hello",))),
        ("v=DMARC1; p=reject; p=none", Record(policy="reject", mistakes=("p twice",))),
        (
            "v=DMARC1; p=none; rua=mailto:a@x.test , https://x.test/in,mailto:nobody, x; ruf=mailto:f@x.test; fo=1:d",
            Record(
                reports_to=("mailto:a@x.test", "https://x.test/in"), failures_to=("mailto:f@x.test",),
                failure_options="1:d", mistakes=("rua=mailto:nobody", "rua=x"),
            ),
        ),
        ("v=DMARC1; p=none; fo=0:1", Record(mistakes=("fo=0:1",))),
        ("v=DMARC1; p=none; fo=d:d", Record(mistakes=("fo=d:d",))),
        # RFC 9989 §4.10.1: who asks for reports is read as p=none, who does not is not read at all.
        ("v=DMARC1", Record(applies=False)),
        ("v=DMARC1; rua=mailto:d@x.test", Record(reports_to=("mailto:d@x.test",))),
        ("v=DMARC1; p=rejct", Record(applies=False, mistakes=("p=rejct",))),
        ("v=DMARC1; p=reject; sp=no", Record(applies=False, mistakes=("sp=no",))),
        (
            "v=DMARC1; p=reject; np=no; rua=mailto:d@x.test",
            Record(reports_to=("mailto:d@x.test",), mistakes=("np=no",)),
        ),
    ],
)  # fmt: skip
def test_a_record_is_read(text, wanted):
    assert parse_record(text) == wanted


@given(st.text(max_size=200))
def test_any_text_is_a_record_or_none(text):
    for one in (text, f"v=DMARC1;{text}", f"v=DMARC1; rua={text}; p=none"):
        assert parse_record(one) is None or isinstance(parse_record(one), Record)


# ── the walk ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_long_name_is_asked_for_with_eight_questions():
    """RFC 9989 §4.10, its example."""
    assert targets("a.b.c.d.e.f.g.h.i.j.mail.example.com") == (
        "a.b.c.d.e.f.g.h.i.j.mail.example.com", "g.h.i.j.mail.example.com", "h.i.j.mail.example.com",
        "i.j.mail.example.com", "j.mail.example.com", "mail.example.com", "example.com", "com",
    )  # fmt: skip


def test_a_record_between_is_not_found_in_a_name_that_is_too_long():
    """RFC 9989 §5.1.8, its example: b.c.d.e.f.g.example.com is never asked about."""
    assert targets("mail.a.b.c.d.e.f.g.example.com") == (
        "mail.a.b.c.d.e.f.g.example.com", "c.d.e.f.g.example.com", "d.e.f.g.example.com", "e.f.g.example.com",
        "f.g.example.com", "g.example.com", "example.com", "com",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("com", ("com",)),
        ("a.mail.example.com", ("a.mail.example.com", "mail.example.com", "example.com", "com")),
        ("a.b.c.d.e.f.g.h", tuple("a.b.c.d.e.f.g.h"[at:] for at in range(0, 16, 2))),
    ],
)
def test_a_short_name_is_asked_for_label_by_label(name, wanted):
    assert targets(name) == wanted


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=60))
def test_no_name_costs_more_than_eight_questions(labels):
    name = ".".join(labels)
    found = targets(name)
    assert len(found) <= MAX_QUESTIONS and found[0] == name and found[-1] == labels[-1]


@pytest.mark.parametrize(
    ("records", "start", "owner"),
    [
        # The examples of RFC 9989 §4.10.2.
        ({"mail_example_com": P_NONE, "example_com": P_NONE}, "a.mail.example.com", "example.com"),
        ({"mail_example_com": f"{P_NONE}; psd=n", "example_com": P_NONE}, "a.mail.example.com", "mail.example.com"),
        ({"com": "v=DMARC1; p=none; psd=y"}, "a.mail.example.com", "example.com"),
        ({"example_com": f"{P_NONE}; psd=y"}, "mail.example.com", "mail.example.com"),
        # Public suffixes of two labels.
        ({"co_kr": f"{P_NONE}; psd=y"}, "www.shop.co.kr", "shop.co.kr"),
        ({"co_kr": f"{P_NONE}; psd=y", "shop_co_kr": P_REJECT}, "www.shop.co.kr", "shop.co.kr"),
        ({"co_kr": f"{P_NONE}; psd=y"}, "co.kr", "co.kr"),  # its own mail
        ({"co_kr": P_NONE, "shop_co_kr": f"{P_NONE}; psd=n"}, "www.shop.co.kr", "shop.co.kr"),  # forgot its psd=y
        ({"co_kr": P_NONE}, "www.shop.co.kr", "co.kr"),  # forgot it, and nobody said n
        ({}, "a.mail.example.com", "a.mail.example.com"),
        ({"example_com": (P_NONE, P_REJECT)}, "a.example.com", "a.example.com"),  # two records are none
        ({"example_com": ("v=spf1 -all", P_NONE)}, "a.example.com", "example.com"),
        ({"e_f_g_h_i_j_k": f"{P_NONE}; psd=y"}, "a.b.c.d.e.f.g.h.i.j.k", "d.e.f.g.h.i.j.k"),
    ],
)
def test_an_organization_is_found(records, start, owner):
    assert answer_from(zone(**records), Walks().organization_of(start)) == owner


# ── alignment ───────────────────────────────────────────────────────────────────────────────────────────────

EXAMPLE = zone(example_com=P_REJECT)
UNIVERSITY = zone(example_com=P_REJECT, uni_example_com=f"{P_REJECT}; psd=n")
STRICT = zone(example_com=f"{P_REJECT}; adkim=s; aspf=s")


@pytest.mark.parametrize(
    ("records", "author", "spf", "dkim", "result"),
    [
        # The table of RFC 9989 §4.4: relaxed, strict, none.
        (EXAMPLE, "news.example.com", "", "foo.example.com", "pass"),
        (EXAMPLE, "news.example.com", "", "news.example.com", "pass"),
        (EXAMPLE, "news.example.com", "", "foo.example.net", "fail"),
        (STRICT, "news.example.com", "", "foo.example.com", "fail"),
        (STRICT, "news.example.com", "", "news.example.com", "pass"),
        # The examples of RFC 7489 §3.1.1 and §3.1.2, which still hold.
        (EXAMPLE, "news.example.com", "", "example.com", "pass"),
        (EXAMPLE, "news.example.com", "", "com", "fail"),
        (EXAMPLE, "example.com", "cbg.bounces.example.com", "", "pass"),
        (STRICT, "example.com", "cbg.bounces.example.com", "", "fail"),
        (STRICT, "example.com", "example.com", "", "pass"),
        # One that is aligned is enough.
        (EXAMPLE, "example.com", "list.test", ("other.test", "example.com"), "pass"),
        (EXAMPLE, "example.com", "list.test", ("other.test",), "fail"),
        (EXAMPLE, "example.com", "", (), "fail"),
        (EXAMPLE, "example.com", "notexample.com", ("example.com.evil.test", "xexample.com"), "fail"),
        # A parent does not vouch for a child that is an organization of its own.
        (UNIVERSITY, "uni.example.com", "", "example.com", "fail"),
        (UNIVERSITY, "example.com", "", "uni.example.com", "fail"),
        # Neighbours below a public suffix are strangers.
        (zone(co_kr=f"{P_REJECT}; psd=y"), "shop.co.kr", "", "evil.co.kr", "fail"),
        (zone(co_kr=f"{P_REJECT}; psd=y"), "www.shop.co.kr", "", "shop.co.kr", "pass"),
        (zone(co_kr=f"{P_REJECT}; psd=y"), "shop.co.kr", "", "co.kr", "fail"),
        ({}, "example.com", "example.com", "example.com", "none"),
        (EXAMPLE, "[192.0.2.1]", "example.com", "", "none"),
        (zone(example_com="v=DMARC1; sp=reject"), "example.com", "", "", "permerror"),
        (zone(example_com=(P_REJECT, P_NONE)), "example.com", "", "", "none"),
    ],
)  # fmt: skip
def test_what_vouches_for_an_author(records, author, spf, dkim, result):
    verdict = judged(records, author, spf=spf, dkim=dkim or ())
    assert verdict.result == result
    assert bool(verdict.why) == (result != "pass")
    assert bool(verdict.aligned) == (result == "pass")


@pytest.mark.parametrize("result", ["none", "neutral", "softfail", "fail", "permerror"])
def test_what_did_not_pass_vouches_for_nothing(result):
    spf = Spf(result=result, domain="example.com")
    dkim = Dkim(result="fail" if result == "softfail" else result, domain="example.com")
    assert answer_from(EXAMPLE, evaluate("example.com", spf, [dkim])).result == "fail"


# ── the policy ──────────────────────────────────────────────────────────────────────────────────────────────

TREE = zone(example_com="v=DMARC1; p=none; sp=quarantine; np=reject")
LIVING = TREE | {("sub.example.com", "MX"): ("10 mx.example.com",)}


@pytest.mark.parametrize(
    ("records", "author", "policy", "found_at"),
    [
        (TREE, "example.com", "none", "example.com"),
        (LIVING, "sub.example.com", "quarantine", "example.com"),
        (TREE, "nobody.example.com", "reject", "example.com"),
        (zone(example_com="v=DMARC1; p=reject; sp=none"), "x.example.com", "none", "example.com"),
        (zone(example_com="v=DMARC1; p=reject; np=none"), "x.example.com", "none", "example.com"),
        (zone(example_com="v=DMARC1; p=reject"), "x.example.com", "reject", "example.com"),
        (zone(example_com=P_REJECT, x_example_com=P_NONE), "x.example.com", "none", "x.example.com"),
        # RFC 9989 §4.7: sp of a record that is not the organization's is not looked at.
        (
            zone(example_com=P_NONE, x_example_com="v=DMARC1; p=none; sp=reject"),
            "a.x.example.com", "none", "example.com",
        ),
        (zone(kr="v=DMARC1; p=none; np=reject; psd=y"), "nobody.kr", "reject", "kr"),
        (zone(kr="v=DMARC1; p=none; np=reject; psd=y") | zone(shop_kr=P_NONE), "shop.kr", "none", "shop.kr"),
    ],
)  # fmt: skip
def test_whose_policy_holds(records, author, policy, found_at):
    verdict = judged(records, author)
    assert (verdict.result, verdict.policy, verdict.found_at) == ("fail", policy, found_at)
    assert verdict.disposition == policy


@pytest.mark.parametrize(("asked", "wanted"), [("reject", "quarantine"), ("quarantine", "none"), ("none", "none")])
def test_who_only_tests_asks_for_one_step_less(asked, wanted):
    assert judged(zone(example_com=f"v=DMARC1; p={asked}; t=y"), "example.com").disposition == wanted


def test_a_letter_that_passes_has_no_disposition():
    assert judged(EXAMPLE, "example.com", spf="example.com").disposition == "none"


# ── nobody could say ────────────────────────────────────────────────────────────────────────────────────────

TEMPERROR_SPF = Spf(result="temperror", domain="example.com", why="no answer")


@pytest.mark.parametrize(
    ("records", "spf", "dkims", "result"),
    [
        (zone(example_com=SERVFAIL), NO_SPF, (), "temperror"),
        (zone(example_com=TIMEOUT), Spf(result="pass", domain="example.com"), (), "temperror"),
        (EXAMPLE, TEMPERROR_SPF, (), "temperror"),
        (EXAMPLE, NO_SPF, (Dkim(result="temperror", domain="mail.example.com"),), "temperror"),
        (EXAMPLE, TEMPERROR_SPF, (Dkim(result="pass", domain="example.com"),), "pass"),
        # Only what could have been aligned leaves it open.
        (EXAMPLE, NO_SPF, (Dkim(result="temperror", domain="evil.test"),), "fail"),
        (EXAMPLE, Spf(result="temperror", domain="evil.test"), (), "fail"),
        (STRICT, NO_SPF, (Dkim(result="temperror", domain="mail.example.com"),), "fail"),
        # A stranger's domain that never answers is not asked about.
        (EXAMPLE | {("_dmarc.evil.test", "TXT"): SERVFAIL}, Spf(result="pass", domain="evil.test"), (), "fail"),
        # The organization of an identifier below ours is.
        (
            EXAMPLE | {("_dmarc.mail.example.com", "TXT"): SERVFAIL},
            Spf(result="pass", domain="mail.example.com"), (), "temperror",
        ),
        # Strict alignment and an identical name need no walk.
        (EXAMPLE | {("_dmarc.com", "TXT"): SERVFAIL}, Spf(result="pass", domain="example.com"), (), "pass"),
        (STRICT | {("_dmarc.com", "TXT"): SERVFAIL}, NO_SPF, (), "fail"),
        (EXAMPLE | {("_dmarc.com", "TXT"): SERVFAIL}, NO_SPF, (), "temperror"),
        ({}, TEMPERROR_SPF, (), "none"),
    ],
)  # fmt: skip
def test_nothing_is_concluded_from_no_answer(records, spf, dkims, result):
    verdict = answer_from(records, evaluate("example.com", spf, dkims))
    assert verdict.result == result
    assert verdict.disposition == ("reject" if result == "fail" else "none")


SUB = "x.example.com"
LAX = zone(example_com="v=DMARC1; p=none")


@pytest.mark.parametrize(
    ("records", "spf", "dkims", "unheard"),
    [
        (zone(example_com=SERVFAIL), NO_SPF, (), True),
        ({("_dmarc.com", "TXT"): SERVFAIL}, NO_SPF, (), True),  # it may speak for all below it
        # Silent itself, and the one above it wants nothing: its own wish may be another.
        (LAX | {("_dmarc.x.example.com", "TXT"): TIMEOUT}, NO_SPF, (), True),
        (EXAMPLE | {("_dmarc.x.example.com", "TXT"): TIMEOUT}, NO_SPF, (), False),  # "reject" is the most there is
        (LAX | {("_dmarc.com", "TXT"): TIMEOUT}, NO_SPF, (), False),  # what is nearest counts
        # Names that do not exist are wanted less, and whether this one does nobody says.
        (zone(example_com="v=DMARC1; p=none; np=reject") | {(SUB, "A"): TIMEOUT}, NO_SPF, (), True),
        # The very domain vouches for the letter: aligned, whatever the record says.
        (zone(example_com=SERVFAIL), Spf(result="pass", domain=SUB), (), False),
        (zone(example_com=SERVFAIL), NO_SPF, (Dkim(result="pass", domain=SUB),), False),
        (zone(example_com=SERVFAIL), NO_SPF, (Dkim(result="fail", domain=SUB),), True),
        (zone(example_com=SERVFAIL), Spf(result="pass", domain="example.com"), (), True),  # strict, perhaps
    ],
)
def test_what_is_wanted_is_unknown_while_anybody_may_want_more(records, spf, dkims, unheard):
    verdict = answer_from(records, evaluate(SUB, spf, dkims))
    assert (verdict.result, verdict.unheard) == ("temperror", unheard)


def test_whether_a_subdomain_exists_may_be_unknown():
    silent = TREE | {("x.example.com", "A"): TIMEOUT}
    assert judged(silent, "x.example.com").result == "temperror"


# ── what it costs ───────────────────────────────────────────────────────────────────────────────────────────


def questions(records, asking):
    """How many names the rule asked for, and what it found."""
    asked = []
    try:
        question = next(asking)
        while True:
            asked.append(question.name)
            question = asking.send(answer_in(records, question))
    except StopIteration as stop:
        return asked, stop.value


def test_the_usual_letter_costs_one_question():
    asked, verdict = questions(EXAMPLE, evaluate("example.com", Spf(result="pass", domain="example.com"), ()))
    assert asked == ["_dmarc.example.com"]
    assert verdict == Dmarc(
        result="pass", domain="example.com", organization="example.com", policy="reject", found_at="example.com",
        aligned=("spf=example.com",), record=P_REJECT,
    )  # fmt: skip


def test_no_name_is_asked_for_twice():
    dkims = [Dkim(result="pass", domain=f"{name}.example.com") for name in "abc"]
    asked, verdict = questions(EXAMPLE, evaluate("news.example.com", NO_SPF, dkims))
    assert len(asked) == len(set(asked)) == 6
    assert verdict.aligned == ("dkim=a.example.com", "dkim=b.example.com", "dkim=c.example.com")


def test_many_signatures_cost_little():
    dkims = [Dkim(result="pass", domain=f"a.b.c.d.e.f.g.{name}.example.com") for name in range(100)]
    records = EXAMPLE | {(f"_dmarc.{name}.example.com", "TXT"): Answer((f"{P_NONE}; psd=n",)) for name in range(100)}
    asked, verdict = questions(records, evaluate("example.com", NO_SPF, dkims))
    assert verdict.result == "fail"
    assert len(asked) <= MAX_QUESTIONS * (MAX_WALKS + 1)
