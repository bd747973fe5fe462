"""Journey rows to tell stories of: a letter to three people, one of them hidden, one far away."""

from dataclasses import dataclass

from pyeonji.journey import event as e
from pyeonji.journey.receipt import parse_receipt

NOON = 1_795_435_200_000_000  # 2026-11-23 12:00:00 UTC
SECOND = 1_000_000
NUMBER = parse_receipt("K7M3-2QXD-9TAB").number


@dataclass(frozen=True)
class Row:
    session_id: int
    message_id: int
    events: tuple


def dialogue(at, text, client="in", encrypted=False):
    """ "C: ..." and "S: ..." lines as events; `client` is the direction of C."""
    server = "out" if client == "in" else "in"
    return tuple(
        e.Line(at, client if line.startswith("C: ") else server, encrypted, line[3:])
        for line in text.strip().splitlines()
    )


INBOUND = Row(
    11,
    NUMBER,
    (
        e.Connected(NOON, "in", "submission", "192.0.2.7:5000"),
        *dialogue(
            NOON,
            """
S: 220 mx.1ban.test ESMTP pyeonji
C: EHLO laptop.test
S: 250-mx.1ban.test
S: 250-SIZE 52428800
S: 250-8BITMIME
S: 250-STARTTLS
S: 250 SMTPUTF8
C: STARTTLS
S: 220 2.0.0 Ready to start TLS
""",
        ),
        e.TlsStarted(NOON, "TLSv1.3", "TLS_AES_256_GCM_SHA384"),
        *dialogue(
            NOON,
            """
C: AUTH PLAIN (24 octets)
S: 235 2.7.0 Authentication successful
C: MAIL FROM:<chulsoo@1ban.test> SIZE=512
C: RCPT TO:<younghee@1ban.test>
C: RCPT TO:<secret@1ban.test>
C: RCPT TO:<minsu@school.example>
C: RCPT TO:<nobody@1ban.test>
C: DATA
S: 250 2.1.0 Ok
S: 250 2.1.5 Ok
S: 250 2.1.5 Ok
S: 250 2.1.5 Ok
S: 550 5.1.1 No such mailbox here
S: 354 End data with <CR><LF>.<CR><LF>
""",
            encrypted=True,
        ),
        e.LoggedIn(NOON, "chulsoo@1ban.test", "PLAIN"),
        e.Refused(NOON, "550 5.1.1 No such mailbox here", "nobody", "nobody@1ban.test"),
        e.Content(NOON, "in", True, 512, 12),
        e.Accepted(NOON, "submission", 540, "chulsoo@1ban.test", "<1@1ban.test>", "안녕", "철수 <chulsoo@1ban.test>"),
        e.Fixed(NOON, "date added"),
        e.Decided(NOON, "account", "younghee@1ban.test", "younghee@1ban.test", 1),
        e.Decided(NOON, "account", "secret@1ban.test", "secret@1ban.test", 2),
        e.Filed(NOON, 1, "younghee@1ban.test", "younghee@1ban.test", "INBOX", 5),
        e.Filed(NOON, 2, "secret@1ban.test", "secret@1ban.test", "Junk", 9),
        e.Queued(NOON, 3, "minsu@school.example", NOON, NOON + 432_000 * SECOND),
        *dialogue(NOON, "S: 250 2.0.0 Ok: queued as K7M32QXD9TAB\nC: QUIT\nS: 221 2.0.0 Bye", encrypted=True),
        e.Closed(NOON),
    ),
)


def attempt(n, *ending, reply="450 4.7.1 <minsu@school.example>: Recipient address rejected: Greylisted"):
    at = NOON + n * 60 * SECOND
    return Row(
        20 + n,
        NUMBER,
        (
            e.Resolved(at, "school.example MX", ("10 mx.school.example",)),
            e.Attempted(at, 3, n, "mx.school.example", "203.0.113.9"),
            e.Connected(at, "out", "relay", "203.0.113.9:25", "mx.school.example"),
            *dialogue(
                at,
                f"""
S: 220 mx.school.example ESMTP
C: EHLO mx.1ban.test
S: 250 mx.school.example
C: MAIL FROM:<chulsoo@1ban.test>
S: 250 2.1.0 Ok
C: RCPT TO:<minsu@school.example>
S: {reply}
""",
                client="out",
            ),
            *ending,
        ),
    )


DEFERRED = attempt(
    1,
    e.Deferred(NOON + 60 * SECOND, 3, "450 4.7.1 <minsu@school.example>: Recipient address rejected: Greylisted",
               "", NOON + 180 * SECOND, "mx.school.example", "rcpt"),
)  # fmt: skip
FAILED = attempt(
    2,
    e.Failed(NOON + 120 * SECOND, 3, "550 5.1.1 <minsu@school.example>: User unknown", "addr.no_such_user",
             "mx.school.example", "rcpt"),
    reply="550 5.1.1 <minsu@school.example>: User unknown",
)  # fmt: skip
HANDED_OVER = attempt(
    2,
    e.Delivered(NOON + 120 * SECOND, 3, "mx.school.example", "250 2.0.0 Ok: queued as B4W9TQ21ZC"),
    reply="250 2.1.5 Ok",
)
TOLD = Row(0, NUMBER, (e.Bounced(NOON + 121 * SECOND, 3, NUMBER + 1),))
SENT_BACK = Row(
    0, NUMBER, (
        e.Returned(NOON + 130 * SECOND, 3, NUMBER + 2, "5.1.1 X-Postfix; unknown user: minsu", "addr.no_such_user",
                   "mx.school.example"),
    ),
)  # fmt: skip
DELAYED = Row(0, NUMBER, (e.Reported(NOON + 130 * SECOND, 3, NUMBER + 2, "delayed", "4.4.1 no answer"),))
AFTER = Row(0, NUMBER, (e.Moved(NOON + 300 * SECOND, "younghee@1ban.test", "Archive", 2),))
