"""People paste what they have: lines of logs, bounces, the errors of their programs.  The reply in them is found."""

import html
import re
import textwrap
import time

import pytest

from pyeonji.journey.explain import explain
from pyeonji.journey.pasted import Pasted, pasted

POSTFIX = (
    "Sep  2 12:00:01 mx postfix/smtp[7]: 9A1: to=<a@b.example>, relay={relay}, dsn={dsn}, status={status} ({said})"
)
EXIM = "2026-02-13 15:11:41 1RwtmW-000MsX-CK {sign} a@b.example R=dnslookup T=remote_smtp{said}"
MX = "mx.b.example[192.0.2.1]"


def postfix(said, status="bounced", dsn="5.0.0", relay=f"{MX}:25"):
    return POSTFIX.format(relay=relay, dsn=dsn, status=status, said=said)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(
            postfix(f"host {MX} said: 550 5.1.1 <a@b.example>: User unknown (in reply to RCPT TO command)"),
            Pasted("550 5.1.1 <a@b.example>: User unknown", "rcpt", "mx.b.example", "a@b.example"),
            id="postfix",
        ),
        pytest.param(
            postfix(f"host {MX} refused to talk to me: 554 5.7.1 Blocked", "deferred", "4.0.0"),
            Pasted("554 5.7.1 Blocked", "greeting", "mx.b.example", "a@b.example"),
            id="postfix, refused at the door",
        ),
        pytest.param(
            postfix(
                f"delivery temporarily suspended: lost connection with {MX} while sending RCPT TO",
                "deferred", "4.4.2", "none",
            ),
            Pasted(f"4.4.2 lost connection with {MX} while sending RCPT TO", "rcpt", "mx.b.example", "a@b.example"),
            id="postfix, where no server says anything",
        ),
        pytest.param(
            "Sep 2 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from x.example[192.0.2.9]: 554 5.7.1 "
            "<x.example[192.0.2.9]>: Client host rejected; from=<k@x.example> to=<a@b.example> proto=ESMTP helo=<x>",
            Pasted("554 5.7.1 <x.example[192.0.2.9]>: Client host rejected", "rcpt", "", "a@b.example"),
            id="postfix, from the other side",
        ),
        pytest.param(
            EXIM.format(
                sign="**",
                said=": SMTP error from remote mail server after RCPT TO:<a@b.example>: host mx.b.example [192.0.2.1]: "
                r"550-5.1.1 The account does not exist. Please try\n550 5.1.1 https://help.example/",
            ),
            Pasted(
                "550-5.1.1 The account does not exist. Please try\n550 5.1.1 https://help.example/",
                "rcpt", "mx.b.example", "a@b.example",
            ),
            id="exim",
        ),
        pytest.param(
            EXIM.format(
                sign="==",
                said=" defer (-46) H=mx.b.example [192.0.2.1]: SMTP error from remote mail server after end of data: "
                "421 Lost incoming connection",
            ),
            Pasted("421 Lost incoming connection", "content", "mx.b.example", "a@b.example"),
            id="exim, later",
        ),
        pytest.param(
            EXIM.format(sign="**", said=": retry timeout exceeded"),
            Pasted("retry timeout exceeded", "", "", "a@b.example"),
            id="exim, where no server says anything",
        ),
        pytest.param(
            "Apr 20 16:35:51 m sm-mta[65]: n3KF: to=<a@b.example>, ctladdr=<w@m> (33/33), mailer=esmtp, pri=1203, "
            "relay=mx.b.example. [192.0.2.1], dsn=4.0.0, stat=Deferred: 421 unable to verify sender domain",
            Pasted("421 unable to verify sender domain", "", "mx.b.example", "a@b.example"),
            id="sendmail",
        ),
        pytest.param(
            "Jul 16 s sendmail[8]: e6: to=<a@b.example>, relay=mx.b.example. [192.0.2.1], dsn=5.1.1, stat=User unknown",
            Pasted("5.1.1 User unknown", "", "mx.b.example", "a@b.example"),
            id="sendmail, in its own words",
        ),
        pytest.param(
            "@4000000052fafd8d delivery 9: failure: 192.0.2.1_does_not_like_recipient./Remote_host_said:_550_5.7.1_"
            "<a@b.example>..._Rejected/Giving_up_on_192.0.2.1./",
            Pasted("550 5.7.1 <a@b.example>... Rejected", "rcpt", "", ""),
            id="qmail",
        ),
        pytest.param(
            "This is the mail system at host a.example.\n\n<a@b.example>: host mx.b.example[192.0.2.1] said: 550\n"
            "    5.2.1 Mailbox disabled (in reply to RCPT TO\n    command)\n",
            Pasted("550\n    5.2.1 Mailbox disabled", "rcpt", "mx.b.example", "a@b.example"),
            id="a bounce of postfix, folded",
        ),
        pytest.param(
            "   ----- Transcript of session follows -----\n... while talking to mx.b.example.:\n"
            ">>> MAIL From:<k@a.example>\n"
            "<<< 553 5.1.8 Domain of sender not here\n501 5.6.0 Data format error\n",
            Pasted("553 5.1.8 Domain of sender not here\n501 5.6.0 Data format error", "mail", "mx.b.example", ""),
            id="a bounce of sendmail",
        ),
        pytest.param(
            "Hi. This is the qmail-send program at a.example.\n\n<a@b.example>:\n"
            "192.0.2.1 failed after I sent the message.\n"
            "Remote host said: 552 5.3.4 Too big\nGiving up on 192.0.2.1.\n",
            Pasted("552 5.3.4 Too big", "content", "", "a@b.example"),
            id="a bounce of qmail",
        ),
        pytest.param(
            "Final-Recipient: rfc822;a@b.example\nAction: failed\nStatus: 5.2.2\nRemote-MTA: dns; mx.b.example\n"
            "Diagnostic-Code: smtp; 552-5.2.2 The account is\n over quota.\nLast-Attempt-Date: now\n",
            Pasted("552-5.2.2 The account is\n over quota.", "", "", "a@b.example"),
            id="a report by its form",
        ),
        pytest.param("smtp; 550 5.2.1 Disabled", Pasted("550 5.2.1 Disabled"), id="a diagnostic code"),
        pytest.param(
            "mx.b.example rejected your message to the following email addresses:\n"
            "Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found by SMTP address lookup'",
            Pasted("550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found by SMTP address lookup"),
            id="exchange",
        ),
        pytest.param(
            "a@b.example: #550 5.1.1 Not here", Pasted("550 5.1.1 Not here", "", "", "a@b.example"), id="old exchange"
        ),
        pytest.param(
            "The response from the remote server was:\n550 5.4.1 Access denied. [X.outlook.example]\n\nFinal: x",
            Pasted("550 5.4.1 Access denied. [X.outlook.example]"),
            id="gmail",
        ),
        pytest.param(
            "smtplib.SMTPRecipientsRefused: {'a@b.example': (454, b'4.7.1 <a@b.example>: Relay access denied')}",
            Pasted("454 4.7.1 <a@b.example>: Relay access denied", "rcpt"),
            id="python",
        ),
        pytest.param(
            "Error: Can't send mail - all recipients were rejected: 550 5.7.1 Blocked",
            Pasted("550 5.7.1 Blocked", "rcpt"),
            id="node",
        ),
        pytest.param("Invalid login: 535 5.7.8 Wrong", Pasted("535 5.7.8 Wrong", "auth"), id="node, at the login"),
        pytest.param(
            'SMTP Error (550): Failed to add recipient "a@b.example" (5.1.1 <a@b.example>: User unknown)',
            Pasted("550 5.1.1 <a@b.example>: User unknown", "rcpt"),
            id="php",
        ),
        pytest.param("'550 5.1.1 User unknown'", Pasted("550 5.1.1 User unknown"), id="in quotation marks"),
        pytest.param(
            '2026-08-01T10:00:00Z app ERROR mail to a@b.example bounced "550 5.1.1 User unknown"',
            Pasted("550 5.1.1 User unknown"),
            id="a log of an application",
        ),
    ],
)  # fmt: skip
def test_a_reply_is_found_where_a_program_tells_of_it(text, found):
    assert pasted(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "550 5.7.350 Remote server returned message detected as spam -> 550 5.7.1 no",
        "550-Callout verification failed:\n550 550 invalid recipient",
        "552",
        "5.2.2",
        "mailbox is full",
        "size limit: 500 MB",
        "421",
        "",
    ],
)
def test_what_is_a_reply_itself_or_none_stays_as_it_is(text):
    assert pasted(text) == Pasted(text)


@pytest.mark.parametrize(
    ("text", "cause", "host", "rcpt"),
    [
        (
            postfix(f"host {MX} said: 552 5.2.2 Over quota (in reply to RCPT TO command)"),
            "mbox.full", "mx.b.example", "a@b.example",
        ),
        # What stands around it says nothing: relay=, delay=, the name of the program, "temporarily suspended".
        (postfix("connect to mx.b.example[192.0.2.1]:25: Connection timed out", "deferred", "4.4.1", "none"),
         "net.no_answer", "mx.b.example", "a@b.example"),
        # When it was said counts, as if it had been given.
        (postfix(f"host {MX} said: 550 Rejected as spam (in reply to end of DATA command)"),
         "content.refused", "mx.b.example", "a@b.example"),
        (postfix(f"host {MX} refused to talk to me: 550 Rejected as spam"),
         "ip.blocklisted", "mx.b.example", "a@b.example"),
    ],
)  # fmt: skip
def test_a_line_of_a_log_is_explained_with_what_it_names(text, cause, host, rcpt):
    found = explain(text)
    assert (found.cause, found.slots["host"], found.slots["rcpt"]) == (cause, host, rcpt)


def test_what_is_given_outranks_what_the_line_says():
    line = postfix(f"host {MX} said: 550 Rejected as spam (in reply to end of DATA command)")
    found = explain(line, "greeting", "mx2.b.example", "c@b.example")
    assert (found.cause, found.slots["host"], found.slots["rcpt"]) == ("ip.blocklisted", "mx2.b.example", "c@b.example")


@pytest.mark.parametrize(("name", "cause"), [("HELO", "helo.bad"), ("ehlo", "helo.bad"), ("hello", "helo.bad")])
def test_a_phase_is_known_by_its_other_names(name, cause):
    assert explain("501 Invalid name", name).cause == cause


def test_a_dsn_of_the_log_says_whether_it_is_for_good():
    assert explain(postfix("mail for b.example loops back to myself", dsn="5.4.6")).permanent
    assert not explain(postfix("Host not found, try again", "deferred", "4.4.3")).permanent


@pytest.mark.parametrize(
    "octets", [b"550 5.1.1 Benutzer unbekannt \xfc\xe4", b"\xef\xbb\xbf550 5.1.1 User unknown", b"\xff\xfe5"]
)
def test_octets_of_another_charset_do_no_harm(octets):
    text = octets.decode("utf-8", "replace")
    assert explain(text).cause == ("addr.no_such_user" if "550" in text else "")


@pytest.mark.parametrize(
    "unit",
    ["said: ", "host a.b[1.2.3.4] ", "** a@b X=y ", "from remote server ", "reject: RCPT from x", "status=bounced (",
     "(in reply to ",
     "diagnostic-code:", "to=<a@b.c", "\n<a@b.example>", "_said:_", "a" * 99 + "@", "<<< ", "((((", "\n\n", "(550, b'",
     " ", "\t\n", "## \t", "<br", "<a ", "=\n", "> ", "&lt;", "said: 550 '", "\n -- "],
)  # fmt: skip
@pytest.mark.parametrize("before", ["", "said: 550 x", "said: '550 x"])
def test_nothing_that_looks_like_a_log_takes_long(before, unit):
    text = (before + unit * 32_768)[:32_768]
    begun = time.process_time()
    pasted(text)
    assert time.process_time() - begun < 0.25


# ── what programs put around a reply changes nothing ──

REPLIES = [
    ("rcpt", "550 5.1.1 <kim@b.example>: Recipient address rejected: User doesn't exist"),
    ("rcpt", "550-5.7.25 [192.0.2.1] does not have a PTR record\n550 5.7.25 set up: https://help.b.example/a=b"),
    ("mail", "553 5.7.1 <minsu@a.example>: Sender address rejected: not owned by user"),
    ("content", "554 Maximum email size exceeded"),
    ("rcpt", "450 mailbox unavailable."),
    ("rcpt", "552 Die Mailbox ist voll"),
    ("rcpt", "550 수신자가 존재하지 않습니다."),
    (
        "content",
        "550 spam message rejected. Please visit http://help.b.example/id?c=Ak1f_ahr or report to abuse@b.example.",
    ),
]
COMMAND = {"rcpt": "RCPT TO", "mail": "MAIL FROM", "content": "end of data"}


def folded(text):
    return textwrap.fill(text, 72, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


WRAPPED = {
    "a bounce of Postfix": "<kim@b.example>: host mx[192.0.2.9] said: {folded} (in reply to {command} command)",
    "mailq": "3F373 1248 Thu Aug 6\n(host mx[192.0.2.9] said: {flat} (in reply to {command} command))",
    "a bounce of Exim": "  kim@b.example\n    host mx [192.0.2.9]\n    SMTP error from remote mail server after "
    "{command}:\n    {indented}\n\n------ This is a copy of the message, including all the headers. ------",
    "a bounce of Exchange": "kim@b.example\nRemote Server returned '{flat}'\nOriginal message headers:\nReceived: a",
    "a bounce of Exchange of before": "kim@b.example\nmx.b.example #{flat} ##\nOriginal message headers:",
    "a bounce of Gmail": "Message not delivered\nThe response was:\n\n{flat}\n",
    "a bounce of Gmail of before": "PERM_FAILURE: SMTP Error (state 13): {flat}\n\n  ----- Original message -----",
    "what the other server returned": "The error that the other server returned was:\n{code} {folded} (state 14).",
    "a bounce of 1&1": "kim@b.example:\nSMTP error from remote server for {command} command, host: mx (192.0.2.9) "
    "reason: {reply}\n\n--- The header of the original message is following. ---",
    "a bounce of qmail": "<kim@b.example>:\nRemote host said: {reply}\nGiving up on 192.0.2.9.",
    "a bounce of Momentum": ">>> kim@b.example (after {command}): {reply}\n",
    "a bounce of sendmail": ">>> RCPT To:<kim@b.example>\n<<< {flat}\n",
    "a report": "Final-Recipient: rfc822; kim@b.example\nStatus: 5.0.0\nDiagnostic-Code: smtp; {folded}",
    "an error of PHP": 'Expected response code 250 but got code "{code}", with message "{flat}"',
    "an error of Java": "com.sun.mail.smtp.SMTPAddressFailedException: {flat}\n\n\tat com.sun.mail",
    "the code twice": "{code} {flat}",
}


def wrapped(way, phase, reply):
    flat = " ".join(reply.splitlines())
    return WRAPPED[way].format(
        reply=reply, flat=flat, folded=folded(flat), indented=reply.replace("\n", "\n    "), code=reply[:3],
        command=COMMAND[phase],
    )  # fmt: skip


SHOWN = {
    "as it is": str,
    "quoted": lambda text: "\n".join(f"> {line}" for line in text.split("\n")),
    "quoted twice": lambda text: "\n".join(f"> > {line}" for line in text.split("\n")),
    "with the line ends of mail": lambda text: text.replace("\n", "\r\n"),
    "with tabs": lambda text: text.replace("\n    ", "\n\t"),
    "quoted-printable": lambda text: re.sub(r"(.{60})(?=.)", r"\1=\n", text.replace("=", "=3D")),
    "HTML": lambda text: f"<html><body><p>{html.escape(text, quote=False)}</p></body></html>".replace("\n", "<br>\r\n"),
}


@pytest.mark.parametrize("shown", SHOWN)
@pytest.mark.parametrize("way", WRAPPED)
def test_what_a_program_puts_around_a_reply_changes_nothing(way, shown):
    for phase, reply in REPLIES:
        text = SHOWN[shown](wrapped(way, phase, reply))
        assert explain(text, phase).cause == explain(reply, phase).cause, text
