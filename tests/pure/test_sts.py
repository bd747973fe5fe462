"""MTA-STS: records and policies as values (RFC 8461)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.proto.dns import SERVFAIL, answer_from
from pyeonji.relay.trust.settings import StsSettings
from pyeonji.relay.trust.sts import NoPolicy, Policy, id_in, parsed, policy_id, published

RECORDS = [
    (["v=STSv1; id=20160831085700Z;"], "20160831085700Z"),
    (["v=STSv1;id=1"], "1"),
    (["v=STSv1 ; id=1 ; foo=bar;"], "1"),
    (["v=spf1 -all", "v=STSv1; id=a"], "a"),
    (["v=STSv1; id=a; id=b"], "a"),
    (["v=STSv1; id=a", "v=STSv1; id=a"], ""),
    (["v=STSv1;"], ""),
    (["v=STSv1"], ""),
    (["v=STSv1; id="], ""),
    (["v=STSv1; id=a-b"], ""),
    (["v=STSv1; id=" + "a" * 33], ""),
    (["v=STSv1; nonsense; id=a"], ""),
    (["v=STSv10; id=a"], ""),
    (["V=STSv1; id=a"], ""),
    (["id=a; v=STSv1"], ""),
    ([], ""),
]


@pytest.mark.parametrize(("records", "number"), RECORDS)
def test_a_record_names_its_policy(records, number):
    assert id_in(records) == number
    assert answer_from({("_mta-sts.one.example", "TXT"): tuple(records)}, policy_id("one.example")) == number


def test_a_dns_that_does_not_answer_names_none():
    assert answer_from({("_mta-sts.one.example", "TXT"): SERVFAIL}, policy_id("one.example")) == ""


GOOD = "version: STSv1\r\nmode: enforce\r\nmx: mail.one.example\r\nmx: *.one.example\r\nmax_age: 604800\r\n"
POLICIES = [
    (GOOD, ("enforce", 604800, ("mail.one.example", "*.one.example"))),
    (GOOD.replace("\r\n", "\n"), ("enforce", 604800, ("mail.one.example", "*.one.example"))),
    ("max_age:1\nmx:a.example\nmode:testing\nversion:STSv1", ("testing", 1, ("a.example",))),
    ("version: STSv1\nmode: none\nmax_age: 0\n", ("none", 0, ())),
    (GOOD + "new_thing: x y z\n\n", ("enforce", 604800, ("mail.one.example", "*.one.example"))),
    (GOOD + "mode: none\nmax_age: 1\n", ("enforce", 604800, ("mail.one.example", "*.one.example"))),
    (GOOD.replace("mail.one", "MAIL.편지"), ("enforce", 604800, ("mail.xn--9b6b95p.example", "*.one.example"))),
]


@pytest.mark.parametrize(("text", "facts"), POLICIES)
def test_a_policy_is_read(text, facts):
    found = parsed("one.example", text)
    assert (found.mode, found.max_age, found.mx) == facts
    assert parsed("one.example", found.text) == found


BAD = [
    ("", "version"),
    (GOOD.replace("STSv1", "STSv2"), "version"),
    (GOOD.replace("enforce", "Enforce"), "mode"),
    (GOOD.replace("mode: enforce\r\n", ""), "mode"),
    (GOOD.replace("604800", "-1"), "max_age"),
    (GOOD.replace("604800", "31557601"), "max_age"),
    (GOOD.replace("604800", "99999999999"), "max_age"),
    (GOOD.replace("604800", "٣"), "max_age"),
    (GOOD.replace("max_age: 604800\r\n", ""), "max_age"),
    ("version: STSv1\nmode: enforce\nmax_age: 1\n", "no mx"),
    (GOOD.replace("*.one", "*.*.one"), "pattern"),
    (GOOD.replace("*.one.example", "a b"), "pattern"),
    (GOOD + "<html>\n", "not of the form"),
    (GOOD + "mx: a.example\n" * 100, "more than"),
]


@pytest.mark.parametrize(("text", "why"), BAD)
def test_what_is_no_policy_says_why(text, why):
    with pytest.raises(NoPolicy, match=why):
        parsed("one.example", text)


@given(st.text(max_size=200) | st.lists(st.sampled_from(GOOD.split("\r\n"))).map("\n".join))
def test_any_text_is_a_policy_or_says_why_not(text):
    try:
        found = parsed("one.example", text)
    except NoPolicy:
        return
    assert parsed("one.example", found.text) == found


HOSTS = [
    ("mail.one.example", True),
    ("a.one.example", True),
    ("a.b.one.example", False),
    ("one.example", False),
    ("xone.example", False),
    ("mail.one.example.evil.example", False),
    ("example", False),
]


@pytest.mark.parametrize(("host", "allowed"), HOSTS)
def test_a_star_stands_for_one_label(host, allowed):
    assert Policy("one.example", "enforce", 1, ("mail.one.example", "*.one.example")).allows(host) is allowed


def test_our_own_policy_is_one_that_others_can_read():
    settings = StsSettings(mode="enforce", max_age=timedelta(days=1))
    assert published("us.example", settings, "mx.us.example") == (
        "version: STSv1\r\nmode: enforce\r\nmx: mx.us.example\r\nmax_age: 86400\r\n"
    )
    assert published("us.example", StsSettings(), "mx.us.example") == ""
    two = StsSettings(mode="testing", mx=("a.us.example", "*.us.example"))
    assert parsed("us.example", published("us.example", two, "x")).mx == two.mx
