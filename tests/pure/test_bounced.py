"""What stands in a bounce, as each program writes it, and what no bounce is."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.address import Address
from pyeonji.journey.explain import explain
from pyeonji.message.bounced import told
from pyeonji.message.report import Action, RecipientStatus, Report, build_report

HEAD = "From: MAILER-DAEMON@mx.a.example\nTo: min@a.example\nSubject: failure notice\n\n"
ME = "min@a.example"

# program: (its words, [(whom, by which host, cause)])
BOUNCES = {
    "qmail, what the other server said": (
        "Hi. This is the qmail-send program at mx.a.example.\nI gave up.\n\n"
        "<kim@b.example>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 no mailbox here by that name\n"
        "Giving up on 192.0.2.1.\n\n--- Below this line is a copy of the message.\n\nSubject: 552 mailbox full\n",
        [("kim@b.example", "", "addr.no_such_user")],
    ),
    "qmail, nobody answered": (
        "Hi. This is the qmail-send program at mx.a.example.\n\n<kim@b.example>:\n"
        "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n"
        "I'm not going to try again; this message has been in the queue too long.\n\n",
        [("kim@b.example", "", "net.no_answer")],
    ),
    "qmail, two people": (
        "<kim@b.example>:\nRemote host said: 550 5.1.1 User unknown\n\n"
        "<lee@c.example>:\nRemote host said: 552 5.2.2 Mailbox full\n\n",
        [("kim@b.example", "", "addr.no_such_user"), ("lee@c.example", "", "mbox.full")],
    ),
    "Exim": (
        "This message was created automatically by mail delivery software.\n\nThe following address(es) failed:\n\n"
        "  kim@b.example\n    SMTP error from remote mail server after RCPT TO:<kim@b.example>:\n"
        "    host mx.b.example [192.0.2.1]: 550 5.1.1 <kim@b.example>... User Unknown\n\n"
        "------ This is a copy of the message, including all the headers. ------\n\nSubject: 552 mailbox full\n",
        [("kim@b.example", "mx.b.example", "addr.no_such_user")],
    ),
    "newer Exim": (
        "The following address(es) failed:\n\n  kim@b.example\n    host mx.b.example [192.0.2.1]\n"
        "    SMTP error from remote mail server after end of data:\n    550 5.7.1 This message looks like spam\n",
        [("kim@b.example", "mx.b.example", "content.refused")],
    ),
    "Exim waits": (
        "The message has not yet been delivered. No action is required on your part.\n\n  kim@b.example\n"
        "    host mx.b.example [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<kim@b.example>:\n"
        "    451 Greylisted, please try again later\n",
        [("kim@b.example", "mx.b.example", "server.greylisted")],
    ),
    "Postfix": (
        "This is the mail system at host mx.a.example.\n\n                   The mail system\n\n"
        "<kim@b.example>: host mx.b.example[192.0.2.1] said: 550\n    5.1.1 <kim@b.example>: Recipient address\n"
        "    rejected: User unknown in local recipient table (in reply to RCPT TO\n    command)\n\n"
        "<lee@c.example>: host mx.c.example[192.0.2.2] said: 452 4.2.2 over quota\n\n"
        "<park@d.example>: Host or domain name not found. Name service error for\n"
        "    name=d.example type=AAAA: Host not found\n",
        [
            ("kim@b.example", "mx.b.example", "addr.no_such_user"),
            ("lee@c.example", "mx.c.example", "mbox.full"),
            ("park@d.example", "", "addr.domain_not_found"),
        ],
    ),
    "sendmail with reasons": (
        "   ----- The following addresses had permanent fatal errors -----\n<kim@b.example>\n"
        "    (reason: 550 5.1.1 <kim@b.example>... User unknown)\n\n   ----- Transcript of session follows -----\n",
        [("kim@b.example", "", "addr.no_such_user")],
    ),
    "sendmail with a transcript": (
        "   ----- The following addresses had permanent fatal errors -----\n<kim@b.example>\n<lee@b.example>\n\n"
        "   ----- Transcript of session follows -----\n... while talking to mx.b.example.:\n"
        ">>> RCPT To:<kim@b.example>\n<<< 550 5.1.1 <kim@b.example>... User unknown\n"
        ">>> RCPT To:<lee@b.example>\n<<< 552 5.2.2 <lee@b.example>... Mailbox full\n",
        [("kim@b.example", "mx.b.example", "addr.no_such_user"), ("lee@b.example", "mx.b.example", "mbox.full")],
    ),
    "very old sendmail": (
        "   ----- Transcript of session follows -----\n"
        "421 b.example (smtp)... Deferred: Connection timed out during user open with b.example\n\n"
        "   ----- Unsent message follows -----\nSubject: x\n",
        [("", "", "net.no_answer")],
    ),
    "Gmail": (
        "Delivery to the following recipient failed permanently:\n\n     kim@b.example\n\n"
        "Technical details: rejected by the server for the recipient domain b.example by mx.b.example. [192.0.2.1].\n\n"
        "The error that the other server returned was:\n550 5.1.1 <kim@b.example>... User Unknown\n\n"
        "----- Original message -----\n\nSubject: 552 mailbox full\n",
        [("kim@b.example", "mx.b.example", "addr.no_such_user")],
    ),
    "GMX": (
        'The following address\nfailed:\n\n"kim@b.example":\nSMTP error from remote server after RCPT command:\n'
        "host: mx.b.example\n5.2.2 <kim@b.example>... Mailbox Full\n\n"
        "--- The header of the original message is following. ---\n",
        [("kim@b.example", "mx.b.example", "mbox.full")],
    ),
    "old Exchange": (
        "Your message\n\n  To:      kim@b.example\n  Subject: hi\n\ndid not reach the following recipient(s):\n\n"
        "kim@b.example on Thu, 29 Apr 2010 16:51:51 -0500\n    The recipient name is not recognized\n"
        "lee@b.example on Thu, 29 Apr 2010 16:51:51 -0500\n    The recipient's mailbox is full\n",
        [("kim@b.example", "", "addr.no_such_user"), ("lee@b.example", "", "mbox.full")],
    ),
    "no address at all": (
        "Error message below:\n550 - Requested action not taken: no such user here\n\nMessage details:\n",
        [("", "", "addr.no_such_user")],
    ),
}


@pytest.mark.parametrize("name", BOUNCES)
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_what_was_said_is_found_whatever_wrote_the_bounce(name, ends):
    words, expected = BOUNCES[name]
    letter = (HEAD + words).replace("\n", ends).encode()
    found = told(letter)
    assert [(one.address, one.host, explain(one.reply).cause) for one in found] == expected


def test_the_letter_it_brings_back_says_nothing():
    words, _ = BOUNCES["Exim"]
    assert all("552" not in one.reply for one in told((HEAD + words).encode()))


def test_a_notice_of_delay_is_not_the_end():
    assert [one.over for one in told((HEAD + BOUNCES["Exim waits"][0]).encode())] == [False]
    assert [one.over for one in told((HEAD + BOUNCES["Exim"][0]).encode())] == [True]


def test_html_alone_is_read():
    html = (
        "<p>Generating server: ex.b.example</p><p>kim@b.example<br>#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##"
        "</p><p>Original message headers:</p><pre>Subject: 552 mailbox full</pre>"
    )
    letter = f"From: postmaster@b.example\nContent-Type: text/html\n\n{html}".encode()
    (one,) = told(letter)
    assert (one.address, explain(one.reply).cause) == ("kim@b.example", "addr.no_such_user")


def test_a_report_by_its_form_is_believed_before_its_text():
    people = [
        RecipientStatus(final=Address("kim", "b.example"), action=Action.FAILED, status="5.1.1",
                        remote_mta="mx.b.example", diagnostic="550 5.1.1 no such user"),
        RecipientStatus(final=Address("lee", "b.example"), action=Action.DELAYED, status="4.2.2",
                        diagnostic="452 mailbox full"),
        RecipientStatus(final=Address("park", "b.example"), action=Action.DELIVERED, status="2.0.0"),
    ]  # fmt: skip
    letter = build_report(
        Report(
            author=("Mail", Address("mailer-daemon", "a.example")), to=Address("min", "a.example"), subject="s",
            text="<x@y.example>: 554 spam", date=1, message_id="1@a.example", reporting_mta="a.example",
            recipients=people,
        )
    )  # fmt: skip
    found = told(letter)
    assert [(one.address, one.host, one.over) for one in found] == [
        ("kim@b.example", "mx.b.example", True), ("lee@b.example", "", False),
    ]  # fmt: skip
    assert [explain(one.reply).cause for one in found] == ["addr.no_such_user", "mbox.full"]
    assert explain(found[1].reply).enhanced == "4.2.2"


@pytest.mark.parametrize(
    "letter",
    [
        "", "\n", "x", "From: kim@b.example\n\n",
        "From: kim@b.example\nSubject: hi\n\nMy mailbox is full\nlee@c.example\nuser unknown\n",
    ],
)  # fmt: skip
def test_an_ordinary_letter_is_no_bounce(letter):
    assert told(letter.encode()) == ()


@given(st.binary(max_size=2000))
def test_any_octets_are_read(octets):
    for one in told(HEAD.encode() + octets):
        assert "\n" not in one.reply


HOSTILE = {
    "addresses": "a@b\n" * 60_000, "spaces": " " * 200_000, "codes": "550 " * 60_000, "hosts": "by a." * 40_000,
    "rulers": "----- " * 40_000, "labels": "by " + "a." * 100_000, "at signs": "@" * 200_000,
    "lines of one": "<<< 550 x\n" * 20_000, "dots": "host " + "a-" * 100_000,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_bounce_made_to_cost_time_costs_none(name):
    before = time.process_time()
    told((HEAD + HOSTILE[name]).encode())
    assert time.process_time() - before < 2  # all take less than 0.2 s on a slow machine
