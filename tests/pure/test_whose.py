"""Who is spoken of by what is said of him: no reply of these is of a real server, but any might be said.

"Disabled", "unknown", "exceeded" say nothing about who must act before it is clear whose mailbox, command or server is
meant.  Each row crosses those that may be meant with what may be said, and names the causes whose people are right.
"""

from pathlib import Path

import pytest

from pyeonji.catalog.causes import CAUSES
from pyeonji.journey.explain import explain

SAYINGS = Path(__file__).resolve().parent.parent / "cases" / "replies" / "sayings.txt"
READER = ["Recipient", "The recipient's mailbox", "User", "This account", "Mailbox <kim@b.example>", "Email account"]
WRITER = ["Sender", "Your sender address", "From address", "Envelope sender", "Return path", "The sender's mailbox",
          "MAIL FROM address"]  # fmt: skip
WRITERS_DOMAIN = ["Sender domain", "The domain of the sender", "Domain of sender address", "Domain in MAIL FROM"]
READERS_DOMAIN = ["Recipient domain", "The domain of the recipient", "Destination domain"]
SERVER = ["Your IP address", "Client host", "Your mail server", "Host [192.0.2.1]", "The connecting IP", "Your network"]
LETTER = ["Message", "Your message", "This email", "The attachment", "Message body", "The message you sent"]
SENDING = ["Outgoing mail", "Sending from this account", "Outbound email for your account", "Mail sending", "Sending"]
COMMAND = ["The extension DSN", "Command VRFY", "Parameter SIZE", "The BODY=8BITMIME option", "REQUIRETLS"]
HEADER = ["The From header", "Date header", "Message-ID", "Message headers", "The MIME structure"]
OFF = ["is disabled", "has been suspended", "has been disabled by the administrator", "is temporarily suspended"]

GRID = [
    # causes whose people are right, those spoken of, what is said of them, codes, phase
    ("mbox.disabled", READER, [*OFF, "is blocked", "is inactive", "is locked", "has expired"], ["550"], ""),
    ("from.invalid", WRITER, [*OFF, "is inactive", "has expired", "is locked"], ["550", "550 5.7.1"], ""),
    (
        "from.not_yours",
        SENDING,
        [*OFF, "is paused", "is not enabled", "is restricted", "is not permitted"],
        ["550"],
        "",
    ),
    ("protocol.error", COMMAND, [*OFF, "is not supported"], ["501 5.5.4", "502 5.5.1"], "mail"),
    (
        "ip.blocklisted",
        SERVER,
        [
            "is blocked",
            "is banned",
            "is not welcome here",
            "was rejected",
            "is a known spam source",
            "has a poor reputation",
        ],
        ["550", "554 5.7.1"],
        "",
    ),
    (
        "ptr.missing",
        SERVER,
        ["has no reverse DNS", "does not have a PTR record", "has no valid rDNS entry", "does not resolve back"],
        ["550", "450 4.7.25"],
        "",
    ),
    (
        "content.refused",
        LETTER,
        [
            "is blocked",
            "was rejected",
            "was blocked by our bulk filter",
            "looks like spam",
            "contains forbidden words",
            "was found to be dangerous",
        ],
        ["550", "554 5.7.1"],
        "content",
    ),
    ("size.too_big", LETTER, ["is too large", "exceeds the maximum size", "exceeds fixed limit of 20 MB"], ["552"], ""),
    ("message.malformed", HEADER, ["is missing", "is invalid", "is malformed", "is duplicated"], ["550"], "content"),
    (
        "message.malformed/from.invalid",
        ["The sender address in the header", "From: header address"],
        ["is invalid", "cannot be verified", "does not exist"],
        ["550"],
        "content",
    ),
    (
        "message.malformed/content.refused",
        ["Too many MIME parts", "Too many header lines", "Too many nested parts", "Too many attachments"],
        ["", "in message"],
        ["550 5.7.1", "554"],
        "content",
    ),
    (
        "mbox.full",
        READER,
        ["is full", "is over quota", "has no space left", "quota exceeded"],
        ["550", "452 4.2.2"],
        "",
    ),
    (
        "rate.sender_limited",
        [
            "Number of messages per hour",
            "Number of recipients per day",
            "Daily quota of sent messages",
            "Too many emails per second",
            "Message rate",
            "Your sending quota",
        ],
        ["exceeded", "reached", "from your IP"],
        ["450 4.7.1", "550", "421"],
        "rcpt",
    ),
    (
        "rcpt.too_many",
        ["Too many recipients", "Number of recipients"],
        ["in this message", "exceeded in one message"],
        ["452 4.5.3", "554 5.5.3"],
        "rcpt",
    ),
    (
        "domain.blocklisted",
        WRITERS_DOMAIN,
        ["is blacklisted", "has a bad reputation", "has a low reputation"],
        ["550"],
        "",
    ),
    (
        "from.invalid",
        WRITERS_DOMAIN,
        ["does not exist", "has no MX record", "could not be resolved", "cannot receive mail"],
        ["550", "553 5.1.8"],
        "",
    ),
    (
        "addr.domain_not_found",
        READERS_DOMAIN,
        ["does not exist", "could not be resolved", "was not found"],
        ["550"],
        "",
    ),
    (
        "auth.failed",
        ["Authentication", "Login", "Username or password", "Credentials"],
        ["failed", "is incorrect", "rejected", "not accepted"],
        ["535 5.7.8", "550 5.7.1", "554"],
        "auth",
    ),
    (
        "sender.refused",
        ["You are", "Your address is"],
        ["blocked by the recipient", "not in the recipient's contact list", "not on the list of allowed senders"],
        ["550", "554"],
        "",
    ),
    (
        "sender.refused",
        ["The recipient", "This user", "The mailbox owner"],
        ["has blocked you", "does not accept mail from you", "does not want your mail"],
        ["550 5.7.1"],
        "",
    ),
    (
        "sender.refused",
        ["This group", "The mailing list", "This distribution list"],
        ["only accepts messages from members", "does not accept external senders", "is restricted to members"],
        ["550"],
        "",
    ),
    (
        "helo.bad",
        ["HELO name", "Your HELO", "EHLO hostname"],
        ["is invalid", "does not resolve", "is not a FQDN"],
        ["550"],
        "rcpt",
    ),
    (
        "from.not_yours",
        ["Your sender domain", "From domain", "The from address"],
        ["is not verified in your account", "has not been confirmed for your account"],
        ["550"],
        "content",
    ),
    (
        "from.not_yours",
        ["From address must match", "Sender address does not match", "You cannot send mail from"],
        ["your login", "this authenticated user", "the account you logged in with"],
        ["550"],
        "mail",
    ),
]


@pytest.mark.parametrize(("causes", "spoken_of", "said", "codes", "phase"), GRID)
def test_whoever_is_spoken_of_must_act(causes, spoken_of, said, codes, phase):
    wrong = []
    for reply in (f"{code} {who} {what}" for who in spoken_of for what in said for code in codes):
        found = explain(reply, phase)
        if found.actor not in {CAUSES[cause].who(permanent=found.permanent) for cause in causes.split("/")}:
            wrong.append((reply, found.cause))
    assert wrong == []


def sayings():
    return [
        line.split(" | ", 3) for line in SAYINGS.read_text("utf-8").splitlines() if line and not line.startswith("#")
    ]


@pytest.mark.parametrize(("causes", "phase", "codes", "text"), sayings())
def test_by_whatever_words_it_is_said_the_same_must_act(causes, phase, codes, text):
    found = [explain(f"{code} {text}", phase.strip("-")) for code in codes.split(", ")]
    right = [{CAUSES[cause].who(permanent=one.permanent) for cause in causes.split("/")} for one in found]
    assert [one.actor in who for one, who in zip(found, right, strict=True)] == [True] * len(found), found


@pytest.mark.parametrize("reply", ["550 Refused by the postmaster's whim", "554 5.7.1 Zzyzx", "550"])
def test_a_refusal_that_says_nothing_in_answer_to_a_login_is_of_the_login(reply):
    assert explain(reply, "auth").cause == "auth.failed"
