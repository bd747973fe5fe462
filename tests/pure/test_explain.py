"""What replies mean: real-looking ones for each cause, then any text at all."""

import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyeonji.catalog.causes import CAUSES
from pyeonji.catalog.say import LANGUAGES, TABLES
from pyeonji.journey.explain import explain, parts
from pyeonji.proto.smtp import reply as ours

CASES = Path(__file__).resolve().parent.parent / "cases" / "replies" / "causes.txt"


def read():
    for line in CASES.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            cause, phase, reply = (part.strip() for part in line.split("|", 2))
            yield cause, phase, reply.replace("\\n", "\n")


REPLIES = list(read())
WITHOUT_WORDS = {"delivered.unseen", "held.by_us", "app.never_called", "route.to_us"}  # no server says them


@pytest.mark.parametrize(("cause", "phase", "reply"), REPLIES)
def test_a_reply_is_explained(cause, phase, reply):
    assert explain(reply, phase, "mx.school.example").cause == cause


@pytest.mark.parametrize(("cause", "phase", "reply"), REPLIES)
def test_a_reply_of_many_lines_means_the_same_on_one_line(cause, phase, reply):
    assert explain(reply.replace("\n", " "), phase, "mx.school.example").cause == cause


def test_every_cause_has_at_least_three_replies():
    found = Counter(cause for cause, _, _ in REPLIES)
    assert {key: found[key] for key in CAUSES if found[key] < 3 and key not in WITHOUT_WORDS} == {}


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("550 5.1.1 No such user", (550, "5.1.1", "No such user")),
        ("550-5.1.1 No such\r\n550 5.1.1 user", (550, "5.1.1", "No such user")),
        ("550 No such user", (550, "", "No such user")),
        ("550 #5.1.0 rejected", (550, "5.1.0", "#5.1.0 rejected")),
        ("550 see 5.1.0.example.com", (550, "", "see 5.1.0.example.com")),
        ("451 from 4.3.2.1", (451, "", "from 4.3.2.1")),
        ("5.7.26", (0, "5.7.26", "")),
        ("250", (250, "", "")),
        ("no reply at all", (0, "", "no reply at all")),
        ("", (0, "", "")),
    ],
)
def test_a_reply_is_taken_apart(reply, expected):
    assert parts(reply) == expected


@pytest.mark.parametrize(
    ("reply", "permanent"),
    [("550 5.1.1 x", True), ("450 5.1.1 x", False), ("421 x", False), ("5.1.1", True), ("", False)],
)
def test_the_first_digit_says_whether_it_is_for_good(reply, permanent):
    assert explain(reply).permanent is permanent


def test_a_reply_that_nobody_knows_is_said_to_be_unknown():
    found = explain("599 Frobnication incomplete")
    assert (found.cause, found.actor) == ("", "admin")
    assert found.sentence("en") == "We cannot explain this reply of their server yet."


def test_the_sentence_names_who_and_where():
    found = explain("550 5.1.1 <minsu@school.example>: User unknown", "rcpt", "mx.school.example")
    assert found.sentence("ko") == "mx.school.example에 minsu@school.example이 없어요."
    assert found.sentence("en") == "mx.school.example does not know minsu@school.example."


def test_the_sentence_names_the_block_list_and_its_link():
    found = explain(
        "554 5.7.1 Client host [203.0.113.5] blocked using zen.spamhaus.org; https://spamhaus.example/q/203.0.113.5"
    )
    assert found.slots["list"] == "Spamhaus"
    assert found.action("en").endswith("https://spamhaus.example/q/203.0.113.5.")


def test_a_great_provider_is_called_by_its_name():
    found = explain("550 5.7.26 unauthenticated, see - gsmtp", "content", "gmail-smtp-in.l.google.com")
    assert found.sentence("ko").startswith("지메일(Gmail)이 ")


def test_our_own_refusals_are_explained():
    names = """NO_SUCH_MAILBOX OVER_QUOTA MESSAGE_TOO_BIG GREYLISTED SPF_FAILED LOGIN_FAILED LOGIN_FIRST
        ENCRYPTION_FIRST TOO_MANY_RECIPIENTS NOT_OUR_DOMAIN NO_SPACE LOOKS_LIKE_SPAM TOO_MANY_HOPS NOT_YOUR_ADDRESS
        NEEDS_SMTPUTF8 ACCOUNT_DISABLED"""
    for name in names.split():
        assert explain(str(getattr(ours, name))).cause, name
    assert explain(str(ours.dmarc_failed("example.com"))).cause == "dmarc.fail"


@settings(max_examples=150)
@given(st.text(max_size=400), st.sampled_from(["", "rcpt", "content", "dns", "nonsense"]), st.text(max_size=30))
def test_any_text_is_explained_or_not_but_never_breaks(reply, phase, host):
    found = explain(reply, phase, host)
    assert found.cause == "" or found.cause in CAUSES
    assert all(found.sentence(lang) and found.action(lang) for lang in LANGUAGES)


@pytest.mark.parametrize("reply", ["@" * 100_000, "5.1.1" * 50_000, "<" * 100_000, "550-\n" * 50_000])
def test_a_long_reply_costs_no_more_than_a_short_one(reply):
    explain(reply)


def registry():
    """The enhanced status codes of the IANA registry: RFC 3463, 4468, 5248 §2.4, 6531, 6710, 7293, 7372, 7505, 8689."""
    details = {0: 0, 1: 10, 2: 4, 3: 6, 4: 7, 5: 6, 6: 10, 7: 30}
    return [f"{subject}.{detail}" for subject, last in details.items() for detail in range(last + 1)]


@pytest.mark.parametrize("code", registry())
@pytest.mark.parametrize("digit", "45")
def test_every_status_code_alone_has_a_sentence_and_somebody_who_must_act(digit, code):
    found = explain(f"{digit}.{code}")
    assert found.key == f"status.{code}"
    assert found.understood
    assert found.sentence("ko") != found.sentence("en")
    assert found.actor != "nobody" or digit == "4"
    assert found.action("ko")
    assert found.action("en")


def test_no_status_code_has_a_sentence_that_the_registry_does_not_know():
    assert {key for key in TABLES["en"] if key.startswith("status.")} == {f"status.{code}" for code in registry()}


@pytest.mark.parametrize(
    "reply", ["250 2.1.0 Sender ok", "250 user unknown but ok", "354 go ahead", "2.1.5", "220 mx ESMTP mailbox full"]
)
def test_a_yes_is_never_explained_as_a_refusal(reply):
    found = explain(reply)
    assert (found.cause, found.actor, found.understood) == ("", "nobody", True)


@pytest.mark.parametrize(
    ("reply", "host", "provider"),
    [
        ("550 5.7.1 no", "mx.some.com", "mx.some.com"), ("550 5.7.1 no", "mx01.mail.me.com.", "iCloud"),
        ("550 5.7.1 no", "gmail-smtp-in.l.google.com", "Gmail"), ("550 5.7.1 no 12-ab.3 - gsmtp", "", "Gmail"),
        ("550 5.7.1 a@gmail.com refused", "mx.b.example", "mx.b.example"),
        ("550 5.7.1 no", "notgoogle.com", "notgoogle.com"),
        ("550 5.7.1 no", "mx1.hanmail.net", "Daum"), ("550 5.7.1 no", "mx1.naver.com", "Naver"),
        ("550 5.7.1 no", "b-com.mail.protection.outlook.com", "Outlook"),
        ("421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred", "", "Yahoo"),
    ],
)  # fmt: skip
def test_a_provider_is_known_by_its_host_not_by_an_address_in_its_words(reply, host, provider):
    assert explain(reply, host=host).sentence("en").startswith(provider)


@pytest.mark.parametrize("host", ["gmail-smtp-in.l.google.com", "b.mail.protection.outlook.com", "mx1.naver.com"])
@pytest.mark.parametrize(
    "reply",
    ["421 too busy", "450 Greylisted", "554 spam content", "550 blocked by Spamhaus", "550 5.7.26 no", "5.7.0 no"],
)
def test_the_sentence_names_the_provider(reply, host):
    found = explain(reply, host=host)
    assert found.sentence("en").startswith(("Gmail", "Outlook", "Naver"))
    assert found.sentence("ko").startswith(("지메일", "아웃룩", "네이버"))


def test_where_waiting_is_over_the_advice_is_another_way():
    later, never = explain("450 4.2.0 Greylisted"), explain("550 Greylisted")
    assert (later.actor, later.action_key) == ("nobody", "action.server.greylisted")
    assert (never.actor, never.action_key) == ("writer", "action.queue.expired")


HOSTILE = (
    "x", "a@", "a.", "x-", "@", "://", "www.", "Aa", "said: ", "1.1.1.1.", "é", "ABC.", "n't", "<", "a.b/", "가",
    "5.1.1", "550 ", "https://a", "a\n", "not ", "user ", "error from remote mail server",
)  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_reply_made_to_cost_time_costs_none(unit):
    """All take less than 3 ms on a slow machine; a pattern that costs the square of a word's length took 378."""
    reply = "550 " + unit * (4096 // len(unit))
    costs = []
    for _ in range(3):
        before = time.process_time()
        explain(reply, host="mx.b.example")
        costs.append(time.process_time() - before)
    assert min(costs) < 0.1
