"""A letter of kim's to lee, to somebody far away, and to one whom nobody else may know of; with canaries everywhere."""

import msgspec

from kit.stored import filing, letter, relaying
from pyeonji.journey import event as e
from pyeonji.journey.event import pack
from pyeonji.net.ids import number_at
from pyeonji.store import queue
from pyeonji.store.accept import SessionRef, accept, record

AT = 1_790_000_000_000_000
SECOND = 1_000_000
NUMBER = number_at(AT // 1000) + 5
KIM, LEE, EVE, BOSS, FAR = "kim@a.test", "lee@a.test", "eve@a.test", "boss@a.test", "minsu@school.example"
SUBJECT, IP, BODY = "CANARY-subject", "198.51.100.77", "CANARY-body"
EVIL = '"><script>alert(1)</script>'
OCTETS = (f"From: Kim <{KIM}>\r\nTo: {LEE}\r\nCc: {FAR}\r\nSubject: {SUBJECT}\r\n\r\n{BODY}\r\n").encode()
WORDS = f"450 4.7.1 <{FAR}>: CANARY-words {EVIL} https://x.example/?token=CANARY-token"


def lines(direction, *texts):
    return [e.Line(AT, direction, True, text) for text in texts]


def take(home, subject=SUBJECT):
    """Taken, filed for lee and eve, tried once for the far one, who said: later."""
    said = [
        e.Connected(AT, "in", "submission", f"{IP}:5000"),
        *lines("out", "220 mail.a.test ESMTP"), *lines("in", "EHLO CANARY-laptop", f"MAIL FROM:<{KIM}>"),
        *lines("in", f"RCPT TO:<{LEE}>", f"RCPT TO:<{EVE}>", f"RCPT TO:<{FAR}>", "DATA"),
        *lines("out", "250 2.1.0 Ok", "250 2.1.5 Ok", "250 2.1.5 Ok", "250 2.1.5 Ok", "354 go"),
        e.LoggedIn(AT, KIM, "PLAIN"),
        e.Accepted(AT, "submission", len(OCTETS), KIM, "<canary@a.test>", subject, f"Kim <{KIM}>", login=KIM),
    ]  # fmt: skip
    ways = (filing(home, LEE, 1), filing(home, EVE, 2), relaying(FAR, 3))
    whole = letter(
        *ways, content=OCTETS, number=NUMBER, at_us=AT, reverse_path=KIM, subject=subject, login=KIM,
        message_id="<canary@a.test>", author=f"Kim <{KIM}>", via="submission",
        session=SessionRef(77, AT, "submission", f"{IP}:5000"),
    )  # fmt: skip
    whole = msgspec.structs.replace(whole, events=pack(said))
    home.engine.write_now(lambda tx: accept(tx, home.blobs, whole))
    at = AT + SECOND
    tried = [
        e.Resolved(at, "school.example MX", ("10 mx.school.example",)),
        e.Attempted(at, 3, 1, "mx.school.example", "203.0.113.9"),
        e.Connected(at, "out", "relay", "203.0.113.9:25", "mx.school.example"),
        *lines("in", "220 mx.school.example ESMTP"), *lines("out", "EHLO mail.a.test"), *lines("in", "250 hi"),
        *lines("out", f"MAIL FROM:<{KIM}>"), *lines("in", "250 2.1.0 Ok"), *lines("out", f"RCPT TO:<{FAR}>"),
        *lines("in", WORDS),
        e.Deferred(at, 3, WORDS, "server.greylisted", AT + 300 * SECOND, "mx.school.example", "rcpt"),
    ]  # fmt: skip
    session = SessionRef(78, at, "relay", "203.0.113.9:25")
    home.engine.write_now(record, session, NUMBER, at, tuple(tried))
    home.engine.write_now(
        lambda tx: tx.run(
            "UPDATE recipient SET due_us = :due, attempts = 1 WHERE message_id = :id AND state = 'waiting'",
            {"due": AT + 300 * SECOND, "id": NUMBER},
        )
    )
    return NUMBER


def state(home, n=3):
    return {row.n: row.state for row in home.engine.read_now(queue.show, NUMBER)}[n]
