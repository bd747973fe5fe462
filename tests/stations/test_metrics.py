"""What is counted of a journey, how it is kept through crashes, and how Prometheus reads it."""

import asyncio

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from kit.asgi import ask
from kit.queued import queue_letter
from kit.stored import NOW, SECOND, filing, letter, person, relaying, session, take
from pyeonji.daemon import following
from pyeonji.daemon.following import Follower
from pyeonji.daemon.measured import Measured
from pyeonji.journey.event import (
    Attempted,
    Cancelled,
    Closed,
    Connected,
    Content,
    Decided,
    Deferred,
    Delivered,
    Failed,
    Line,
    LoggedIn,
    LoginFailed,
    Returned,
)
from pyeonji.metrics.families import FAMILIES
from pyeonji.net.clock import PushedClock
from pyeonji.store import webhooks
from pyeonji.store.accept import record
from pyeonji.store.home import open_home
from pyeonji.web import metrics
from pyeonji.web.metrics import metrics_route


@pytest.fixture
def home(tmp_path):
    home = open_home(tmp_path / "d", create=True, synchronous="OFF")  # power stays on in these tests
    person(home)
    following.begin(home.data)
    yield home
    home.close()


class NoLog:
    """Nothing is printed in these tests."""

    def write(self, lines):
        raise AssertionError(lines)


def tell(home, *events, number=0, of=None):
    home.engine.write_now(record, of, number, NOW, events)


def followed(home):
    follower = Follower(home, None, NoLog())
    while follower.look():
        pass
    assert follower.defects == []
    return follower.counts


def counted(home, name):
    """The counter's series by their labels, joined."""
    return {" ".join(labels): count for (key, labels), count in followed(home).counters.items() if key == name}


def said(*lines):
    """A dialogue; ">" is what we said."""
    return [Line(NOW, "out" if line[0] == ">" else "in", False, line[1:]) for line in lines]


def test_letters_are_counted_by_the_way_they_came(home):
    take(home, letter(filing(home)))
    take(home, letter(filing(home), relaying(n=2)))
    assert counted(home, "pyeonji_messages_accepted_total") == {"smtp": 2}
    assert counted(home, "pyeonji_recipients_final_total") == {"in_mailbox ": 2}


def test_signatures_that_come_to_everybody_are_counted(home):
    tell(home, Decided(NOW, "repeats", "big.test", "junk"), number=take(home, letter(relaying())).number)
    assert counted(home, "pyeonji_repeated_signatures_total") == {"junk": 1}


OUTCOMES = [
    ([Delivered(NOW, 1, "mx.b.test", "250 ok")], {"handed_over ": 1}, {"delivered ": 1}, 0),
    ([Deferred(NOW, 1, "452 4.2.2 full", "mbox.full", NOW)], {}, {"deferred mbox.full": 1}, 0),
    ([Deferred(NOW, 1, "451 gibberish", "", NOW)], {}, {"deferred unexplained": 1}, 1),
    ([Failed(NOW, 1, "550 5.1.1 no", "addr.no_such_user")], {"failed addr.no_such_user": 1},
     {"failed addr.no_such_user": 1}, 0),
    ([Failed(NOW, 1, "550 xyzzy", "")], {"failed unexplained": 1}, {"failed unexplained": 1}, 1),
    ([Failed(NOW, 1, "550 no", "what a later version knows")], {"failed unexplained": 1}, {"failed unexplained": 1}, 0),
    ([Decided(NOW, "suppressed", "a@b.test", "mbox.full", 1)], {"suppressed ": 1}, {}, 0),
    ([Cancelled(NOW, 1, "by hand")], {"cancelled ": 1}, {}, 0),
    ([Returned(NOW, 1, 9, "552 5.2.2 full", "mbox.full")], {"bounced mbox.full": 1}, {}, 0),
]  # fmt: skip


@pytest.mark.parametrize(("events", "final", "attempts", "unexplained"), OUTCOMES)
def test_outcomes_are_counted_with_a_cause_of_the_catalogue(home, events, final, attempts, unexplained):
    tell(home, *events, number=take(home, letter(relaying())).number)
    assert counted(home, "pyeonji_recipients_final_total") == final
    assert counted(home, "pyeonji_delivery_attempts_total") == attempts
    assert sum(counted(home, "pyeonji_unexplained_replies_total").values()) == unexplained


def test_an_attempt_lasts_from_setting_out_to_its_outcome_also_over_several_hosts(home):
    number = take(home, letter(relaying())).number
    tell(home, Attempted(NOW, 1, 1, "mx1.b.test", "192.0.2.1"), number=number)
    tell(home, Attempted(NOW + SECOND, 1, 1, "mx2.b.test", "192.0.2.2"), number=number)
    tell(home, Delivered(NOW + 2 * SECOND, 1, "mx2.b.test", "250 ok"), number=number)
    found = followed(home).histograms
    assert found["pyeonji_delivery_duration_seconds"].total == 2.0
    assert found["pyeonji_time_to_final_seconds"].total == 2.0


def test_commands_are_counted_with_the_code_of_their_reply(home):
    opened = Connected(NOW, "in", "submission", "192.0.2.1:4321")
    lines = said(
        ">220 hi", "<EHLO x", ">250-hi", ">250 SIZE", "<AUTH PLAIN", ">334 ", "<(24 octets)", ">235 ok", "<XYZZY",
        ">500 what", "<MAIL FROM:<a@b.test>", ">250 ok", "<RCPT TO:<c@d.test>", ">550 no", "<DATA", ">354 go",
    )  # fmt: skip
    tell(home, opened, *lines, Content(NOW, "in", False, 9, 1), of=session())
    tell(home, *said(">250 ok", "<QUIT", ">221 bye"), Closed(NOW), of=session())
    assert counted(home, "pyeonji_smtp_commands_total") == {
        "greeting 220": 1, "EHLO 250": 1, "AUTH 334": 1, "AUTH 235": 1, "other 500": 1, "MAIL 250": 1, "RCPT 550": 1,
        "DATA 354": 1, "content 250": 1, "QUIT 221": 1,
    }  # fmt: skip
    assert counted(home, "pyeonji_connections_total") == {"submission": 1}


def test_logins_are_counted_by_protocol_and_outcome_never_by_name(home):
    opened = Connected(NOW, "in", "imap", "192.0.2.1:4321")
    tell(home, opened, LoginFailed(NOW, "PLAIN", "wrong", "kim@a.test", "wrong"), of=session())
    tell(home, LoginFailed(NOW, "PLAIN", "x", "kim@a.test", "a word of nobody"), of=session())
    tell(home, LoggedIn(NOW, "kim@a.test", "PLAIN"), of=session())
    assert counted(home, "pyeonji_auth_total") == {"imap wrong": 1, "imap other": 1, "imap in": 1}


def hook(home, *statuses):
    """An endpoint that answered so, and an app with an event it has not taken."""

    def make(tx):
        tx.run("INSERT INTO app (id, name, account_id, created_us) SELECT 1, 'shop', MIN(id), 1 FROM account")
        webhooks.add(tx, 1, "https://shop.test/", "whsec_x", NOW)
        tx.run(
            "INSERT INTO event (app_id, message_id, n, sequence, type, at_us, facts)"
            " VALUES (1, 1, 1, 1, 'email.queued', :at, '{}')", {"at": NOW - 5 * SECOND},
        )  # fmt: skip
        for status in statuses:
            tx.run(
                "INSERT INTO webhook_delivery (webhook_id, event_id, attempt, at_us, took_ms, status, said)"
                " VALUES (1, 1, 1, :at, 1, :status, '')", {"at": NOW, "status": status},
            )  # fmt: skip

    home.engine.write_now(make)


def test_what_endpoints_answer_is_counted_once(home):
    hook(home, 200, 204, 503, 410, 0)
    found = {"taken": 2, "refused": 2, "no_answer": 1}
    assert counted(home, "pyeonji_webhook_deliveries_total") == found
    assert counted(home, "pyeonji_webhook_deliveries_total") == found


def test_the_oldest_event_that_was_not_taken_is_told_unless_its_endpoint_is_paused(home):
    hook(home)
    assert page(home)[0]["pyeonji_webhook_oldest_pending_seconds",] == 5
    home.engine.write_now(webhooks.pause, 1, NOW)
    assert page(home)[0]["pyeonji_webhook_oldest_pending_seconds",] == 0


def test_whoever_speaks_no_smtp_counts_no_commands(home):
    tell(home, Connected(NOW, "in", "imap", "192.0.2.1:1"), *said("<a1 NOOP", ">250 no reply of SMTP"), of=session())
    assert counted(home, "pyeonji_smtp_commands_total") == {}


def test_a_follower_goes_on_where_the_one_before_stopped(home):
    take(home, letter(filing(home)))
    assert counted(home, "pyeonji_messages_accepted_total") == {"smtp": 1}
    take(home, letter(filing(home)))
    assert counted(home, "pyeonji_messages_accepted_total") == {"smtp": 2}
    assert counted(home, "pyeonji_messages_accepted_total") == {"smtp": 2}


def test_a_follower_that_dies_before_it_kept_its_place_has_counted_nothing(home, monkeypatch):
    take(home, letter(filing(home)))

    def killed(data, followed):
        raise OSError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(following, "keep", killed)
        with pytest.raises(OSError, match="killed"):
            Follower(home, None, NoLog()).look()
    assert counted(home, "pyeonji_messages_accepted_total") == {"smtp": 1}


def test_a_half_written_place_begins_with_what_comes(home):
    take(home, letter(filing(home)))
    (home.data / following.FILE).write_bytes(b'{"place": 1, "cou')
    following.begin(home.data)
    take(home, letter(filing(home)))
    assert counted(home, "pyeonji_messages_accepted_total") == {"smtp": 1}


def test_a_history_that_was_forgotten_is_begun_anew(home):
    take(home, letter(filing(home)))
    followed(home)
    home.engine.write_now(lambda tx: tx.run("DELETE FROM journey"))
    followed(home)  # it looks twice a second, and nothing is forgotten sooner than after a year
    take(home, letter(filing(home)))
    assert counted(home, "pyeonji_messages_accepted_total") == {"smtp": 2}


def test_a_row_that_cannot_be_read_holds_up_nothing(home):
    take(home, letter(filing(home)))
    home.engine.write_now(lambda tx: tx.run("UPDATE journey SET events = x'ff'"))
    take(home, letter(filing(home)))
    assert counted(home, "pyeonji_messages_accepted_total") == {"smtp": 1}


class Shown:
    """Certificates."""

    def __init__(self, *pairs):
        self.shown = [type("One", (), {"names": (name,), "until_s": until}) for name, until in pairs]


def page(home, *certificates, clock=None):
    """What is scraped, as Prometheus' own library reads it: samples by name and labels."""

    async def run():
        measured = Measured(home, clock or PushedClock(NOW), Shown(*certificates))
        try:
            return await measured.text()
        finally:
            measured.close()

    text = asyncio.run(run())
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }, text


def test_the_page_is_read_by_the_library_of_prometheus(home):
    number = queue_letter(home, "lee@b.test", now_us=NOW - 60 * SECOND)
    tell(home, Deferred(NOW, 1, "451 gibberish", "", NOW), number=number)
    followed(home)
    found, text = page(home, ("mx.a.test", NOW // SECOND + 86_400))
    assert found["pyeonji_oldest_undecided_seconds",] == 60
    assert found["pyeonji_queue_recipients", "waiting"] == 1
    assert found["pyeonji_unexplained_replies_total",] == 1
    assert found["pyeonji_tls_certificate_expiry_seconds", "mx.a.test"] == 86_400
    assert found["pyeonji_events_behind",] == 0
    assert found["pyeonji_storage_bytes", "database"] > 0
    assert found["pyeonji_fsync_duration_seconds_bucket", "+Inf"] == found["pyeonji_fsync_duration_seconds_count",] > 0
    assert {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")} == {
        family.name for family in FAMILIES
    }
    assert "lee@" not in text


def test_what_is_not_counted_yet_is_told(home):
    take(home, letter(filing(home)))
    assert page(home)[0]["pyeonji_events_behind",] == 1


def test_buckets_hold_all_that_is_not_longer(home):
    number = take(home, letter(relaying())).number
    for at in (0.05, 0.2, 400.0):
        tell(home, Attempted(NOW, 1, 1, "mx", "192.0.2.1"), number=number)
        tell(home, Deferred(NOW + int(at * SECOND), 1, "421 later", "server.busy", NOW), number=number)
    followed(home)
    found, _ = page(home)
    bucket = "pyeonji_delivery_duration_seconds_bucket"
    assert [found[bucket, le] for le in ("0.05", "0.1", "0.25", "300", "+Inf")] == [1, 1, 2, 2, 3]


class FakeSite:
    hostname = "mail.a.test"
    metrics_names = ("pyeonji",)

    def __init__(self, home, *allowed):
        self.home, self.metrics_allowed = home, allowed

    async def measured(self):
        return "pyeonji_up 1\n"


ASKED = [("127.0.0.1", 200), ("::1", 200), ("::ffff:127.0.0.1", 200), ("192.0.2.1", 403), ("no address", 403)]


@pytest.mark.parametrize(("peer", "status"), ASKED)
def test_the_metrics_are_for_this_machine_and_whom_the_settings_name(home, peer, status):
    app = Starlette(routes=[metrics_route(FakeSite(home, "127.0.0.0/8", "::1/128"))])
    assert asyncio.run(ask(app, "GET", "/metrics", peer=peer)).status == status


@pytest.mark.parametrize("field", ["X-Forwarded-For", "Forwarded"])
def test_a_proxy_on_this_machine_does_not_hand_the_metrics_to_the_world(home, field):
    app = Starlette(routes=[metrics_route(FakeSite(home, "127.0.0.0/8"))])
    found = asyncio.run(ask(app, "GET", "/metrics", peer="127.0.0.1", headers={field: "203.0.113.9"}))
    assert found.status == 403


def asked_as(home, host):
    app = Starlette(routes=[metrics_route(FakeSite(home, "127.0.0.0/8"))])
    return asyncio.run(ask(app, "GET", "/metrics", peer="127.0.0.1", host=host))


OUR_NAMES = ["localhost:8025", "127.0.0.1:8025", "[::1]:8025", "192.0.2.7", "Mail.A.test:8025", "pyeonji:8025"]


@pytest.mark.parametrize("host", OUR_NAMES)
def test_the_metrics_are_asked_for_by_a_name_of_ours_or_an_address(home, host):
    assert asked_as(home, host).status == 200


@pytest.mark.parametrize("host", ["evil.test", "evil.test:8025", "127.0.0.1.evil.test", "2130706433", ""])
def test_a_name_that_leads_here_by_a_trick_gets_no_metrics(home, host):
    found = asked_as(home, host)
    assert found.status == 403 and b"metrics.names" in found.body and b"pyeonji_up" not in found.body


def test_without_the_look_at_the_name_it_would_get_them(home, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(metrics, "_is_ours", lambda request, site: True)
    assert b"pyeonji_up" in asked_as(home, "evil.test").body
