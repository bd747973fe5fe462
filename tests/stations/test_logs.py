"""The log is printed from the journey: what it says, what it never says, and that nobody else writes a line of it."""

import json

import pytest
from msgspec.structs import replace

from kit.stored import NOW, SECOND, filing, letter, person, relaying, session, take
from pyeonji.daemon import following
from pyeonji.daemon.following import Follower
from pyeonji.journey.event import (
    Accepted,
    Attempted,
    Bounced,
    Closed,
    Connected,
    Deferred,
    Delivered,
    Failed,
    Line,
    LoggedIn,
    LoginFailed,
    Refused,
    pack,
)
from pyeonji.logs import record as record_module
from pyeonji.logs.printer import Sink, printer
from pyeonji.store import directory
from pyeonji.store.accept import record
from pyeonji.store.home import open_home

PEER = "192.0.2.1"


@pytest.fixture
def home(tmp_path):
    home = open_home(tmp_path / "d", create=True, synchronous="OFF")  # power stays on in these tests
    home.engine.write_now(directory.add_domain, "a.test", NOW)
    person(home)
    following.begin(home.data)
    yield home
    home.close()


class Kept:
    def __init__(self):
        self.lines = []

    def write(self, lines):
        self.lines += lines


def tell(home, *events, number=0, of=None):
    home.engine.write_now(record, of, number, NOW, events)


def printed(home, style="json", level="debug"):
    sink = Kept()
    follower = Follower(home, printer(style, level, "mail.a.test"), sink)
    while follower.look():
        pass
    assert follower.defects == []
    assert not any(char in line for line in sink.lines for char in "\r\n\x1b\x00\x85\u2028")
    return sink.lines


def objects(home, level="debug"):
    return [json.loads(line) for line in printed(home, "json", level)]


def opened(service="submission"):
    return Connected(NOW, "in", service, f"{PEER}:4321")


# ── JSON ──


def test_a_line_has_the_fields_that_are_promised(home):
    number = take(home, letter(relaying())).number
    tell(
        home,
        Deferred(NOW + SECOND, 1, "452 4.2.2 full", "mbox.full", NOW + 60 * SECOND, "mx.b.test", "rcpt"),
        number=number,
    )
    found = objects(home, "warning")[-1]
    assert list(found)[:4] == ["ts", "level", "event", "msg"]
    assert found == {
        "ts": "2026-09-21T14:13:21.000Z", "level": "warning", "event": "deferred", "msg": "452 4.2.2 full",
        "id": found["id"], "rcpt": "lee@b.test", "code": 452, "enhanced": "4.2.2", "cause": "mbox.full",
        "host": "mx.b.test", "phase": "rcpt", "next_attempt_at": "2026-09-21T14:14:20.000Z",
    }  # fmt: skip


def test_a_level_leaves_out_what_is_below_it(home):
    number = take(home, letter(filing(home))).number
    tell(home, Failed(NOW, 1, "550 5.1.1 no", "addr.no_such_user"), number=number)
    tell(home, Refused(NOW, "550 no", "dnsbl", "kim@a.test"))
    following.keep(home.data, following.Followed(0))
    assert [one["event"] for one in objects(home, "info")] == ["accepted", "filed", "failed", "refused"]
    following.keep(home.data, following.Followed(0))
    assert [one["event"] for one in objects(home, "error")] == ["failed"]


def test_the_trace_of_an_app_links_to_its_letter(home):
    number = take(home, letter(relaying())).number
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    def hand_in(tx):
        tx.run("INSERT INTO app (id, name, account_id, created_us) SELECT 1, 'shop', MIN(id), 1 FROM account")
        tx.run("INSERT INTO sent (message_id, app_id, trace) VALUES (:id, 1, :trace)", {"id": number, "trace": trace})

    home.engine.write_now(hand_in)
    tell(home, Delivered(NOW, 1, "mx.b.test", "250 ok"), number=number)
    found = objects(home, "info")
    assert {one["event"] for one in found} == {"accepted", "queued", "delivered"}
    assert {(one["trace_id"], one["span_id"]) for one in found} == {
        ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
    }


# ── what is never said ──

CANARY = "correct-horse-battery"


@pytest.mark.parametrize("style", ["json", "text", "postfix"])
def test_no_secret_reaches_the_log(home, style):
    """A password typed where the name belongs, the subject and the octets of a letter."""
    made = letter(filing(home), content=f"Subject: {CANARY}\r\n\r\n{CANARY}\r\n".encode(), subject=CANARY)
    take(home, made)
    failed = LoginFailed(NOW, "LOGIN", f"wrong password for {CANARY}", CANARY, "wrong")
    tell(home, opened(), failed, Closed(NOW), of=session())
    lines = printed(home, style)
    assert any("user=- proto=smtp reason=password" in line for line in lines)
    assert CANARY not in "\n".join(lines)


EVIL = "x\r\nauth failed: ip=198.51.100.9 user=a proto=imap reason=password\x1b[2J\u2028\x85\x00"


@pytest.mark.parametrize("style", ["json", "text", "postfix"])
def test_nobody_begins_a_line_of_the_log(home, style):
    made = letter(relaying("lee@b.test"), reverse_path=EVIL, message_id=EVIL)
    number = take(home, made).number
    tell(home, opened(), Line(NOW, "in", False, f"EHLO {EVIL}"), Line(NOW, "in", False, f"MAIL FROM:<{EVIL}>"),
         Refused(NOW, f"550 {EVIL}", EVIL, EVIL), LoginFailed(NOW, EVIL, EVIL, EVIL, EVIL), LoggedIn(NOW, EVIL, EVIL),
         Closed(NOW, EVIL), of=session())  # fmt: skip
    tell(home, Attempted(NOW, 1, 1, EVIL, EVIL), Deferred(NOW, 1, f"451 {EVIL}", EVIL, NOW, EVIL, EVIL), number=number)
    lines = printed(home, style)  # looks for control characters itself
    assert any("198.51.100.9" in line for line in lines)
    assert not any(line.startswith("auth failed") for line in lines)


def test_without_its_escapes_a_stranger_would_begin_a_line(home, monkeypatch):
    """The negative control."""
    monkeypatch.setattr(record_module, "printable", lambda text: text)
    tell(home, Refused(NOW, "550 no", "x", EVIL), of=session())
    sink = Kept()
    Follower(home, printer("text", "debug", "mail.a.test"), sink).look()
    assert any(line.startswith("auth failed") for line in "\n".join(sink.lines).splitlines())


def test_a_name_with_blanks_is_one_word_for_who_reads_it(home):
    person(home, '"a b=c"@a.test')
    tell(home, LoginFailed(NOW, "PLAIN", "", '"a b=c"@a.test', "wrong"), of=session())
    assert objects(home)[-1]["msg"] == f"auth failed: ip={PEER} user=_a_b_c_@a.test proto=smtp reason=password"


REASONS = [("wrong", "password"), ("barred", "barred"), ("scope", "scope"), ("broken", "mechanism"), ("", "password")]


@pytest.mark.parametrize(("outcome", "reason"), REASONS)
def test_a_failed_login_has_one_stable_line(home, outcome, reason):
    tell(home, LoginFailed(NOW, "PLAIN", "", "kim@a.test", outcome), of=session())
    line = f"auth failed: ip={PEER} user=kim@a.test proto=smtp reason={reason}"
    assert objects(home)[-1]["msg"] == line
    following.keep(home.data, following.Followed(0))
    assert printed(home, "text") == [f"2026-09-21T14:13:20.000Z warning loginfailed {line} peer={PEER}:4321"]


# ── as Postfix writes it ──


def words(home):
    return [line.partition(" postfix/")[2] for line in printed(home, "postfix")]


def daemon(line):
    return line.partition("[")[0]


def text(line):
    return line.partition("]: ")[2]


def test_a_letter_to_a_mailbox_here_looks_as_from_postfix(home):
    lines = [
        Line(NOW, "in", False, line) for line in ("EHLO mx.b.test", "MAIL FROM:<lee@b.test>", "RCPT TO:<kim@a.test>")
    ]
    accepted = Accepted(NOW, "smtp", 500, "lee@b.test", "<1@b.test>", "hello", "lee@b.test")
    made = letter(filing(home), session=session())
    number = take(home, _with(made, opened("smtp"), *lines, accepted)).number
    tell(home, Line(NOW, "in", False, "QUIT"), Closed(NOW), of=session())
    found = words(home)
    queue_id = text(found[1]).partition(":")[0]
    assert [(daemon(line), text(line).replace(queue_id, "ID")) for line in found] == [
        ("smtpd", f"connect from unknown[{PEER}]"),
        ("smtpd", f"ID: client=unknown[{PEER}]"),
        ("cleanup", "ID: message-id=<1@b.test>"),
        ("qmgr", "ID: from=<lee@b.test>, size=500, nrcpt=1 (queue active)"),
        ("local", "ID: to=<kim@a.test>, relay=local, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent"
                  " (delivered to mailbox)"),
        ("qmgr", "ID: removed"),
        ("smtpd", f"disconnect from unknown[{PEER}] ehlo=1 mail=1 rcpt=1 quit=1 commands=4"),
    ]  # fmt: skip
    assert len(queue_id) == 12
    assert number


def _with(made, *events):
    return replace(made, events=pack(events))


OUTCOMES = [
    (Delivered(NOW + 3 * SECOND, 1, "mx.b.test", "250 2.0.0 Ok"), "dsn=2.0.0, status=sent (250 2.0.0 Ok)"),
    (Deferred(NOW + 3 * SECOND, 1, "451 4.7.1 later", "", NOW, "mx.b.test"),
     "dsn=4.7.1, status=deferred (host mx.b.test[192.0.2.9] said: 451 4.7.1 later)"),
    (Failed(NOW + 3 * SECOND, 1, "550 no", "", "mx.b.test"),
     "dsn=5.0.0, status=bounced (host mx.b.test[192.0.2.9] said: 550 no)"),
]  # fmt: skip


@pytest.mark.parametrize(("event", "ending"), OUTCOMES)
def test_an_attempt_looks_as_from_postfix(home, event, ending):
    number = take(home, letter(relaying())).number
    tell(home, Attempted(NOW + 2 * SECOND, 1, 1, "mx.b.test", "192.0.2.9"), event, number=number)
    (line,) = [line for line in words(home) if daemon(line) == "smtp"]
    start = "to=<lee@b.test>, relay=mx.b.test[192.0.2.9]:25, delay=3, delays=0/2/0/1, "
    assert text(line).partition(": ")[2] == start + ending


def test_a_refused_recipient_and_a_bounce_look_as_from_postfix(home):
    lines = [Line(NOW, "in", False, line) for line in ("EHLO mx.b.test", "MAIL FROM:<lee@b.test>")]
    tell(home, opened("smtp"), *lines,
         Refused(NOW, "550 5.1.1 No such mailbox", "forward-path", "no@a.test"), of=session())  # fmt: skip
    number = take(home, letter(relaying())).number
    tell(home, Bounced(NOW, 1, number + 1), number=number)
    found = words(home)
    reject = next(text(line) for line in found if "NOQUEUE" in line)
    assert reject == (
        f"NOQUEUE: reject: RCPT from unknown[{PEER}]: 550 5.1.1 <no@a.test>: Recipient address rejected: No such"
        " mailbox; from=<lee@b.test> to=<no@a.test> proto=ESMTP helo=<mx.b.test>"
    )
    assert any(daemon(line) == "bounce" and ": sender non-delivery notification: " in line for line in found)


def test_lines_have_the_shape_of_syslog(home, monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    take(home, letter(filing(home)))
    assert printed(home, "postfix")[0].startswith("Sep 21 14:13:20 mail.a.test postfix/pickup[")


# ── where it goes ──


def test_a_file_that_was_moved_away_is_made_anew(tmp_path):
    sink = Sink(str(tmp_path / "mail.log"))
    sink.write(["one"])
    (tmp_path / "mail.log").rename(tmp_path / "mail.log.1")
    sink.write(["two"])
    sink.close()
    assert (tmp_path / "mail.log.1").read_text() == "one\n"
    assert (tmp_path / "mail.log").read_text() == "two\n"
    assert (tmp_path / "mail.log").stat().st_mode & 0o777 == 0o640


def test_a_log_that_cannot_be_written_does_not_stop_what_is_counted(home):
    class Full:
        def write(self, lines):
            raise OSError(28, "No space left on device")

    take(home, letter(filing(home)))
    follower = Follower(home, printer("json", "info", "mail.a.test"), Full())
    with pytest.raises(OSError, match="No space"):
        follower.look()
    assert following.read(home.data).counts.counters
    assert not follower.look()


def test_nothing_is_printed_where_nothing_is_wanted():
    assert printer("none", "info", "mail.a.test") is None
