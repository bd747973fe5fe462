"""What every engine tells of what happened lately, and to whom follows the journey."""

from kit.stored import NOW, SECOND, filing, letter, person, relaying, session, take
from pyeonji.journey.event import Deferred, Failed, Refused, Returned
from pyeonji.store import following, lately, logins, queue, usage
from pyeonji.store.accept import record
from pyeonji.store.state import state


def tell(home, *events, number=0, of=None):
    home.engine.write_now(record, of, number, events[0].at, events)


def read(home, fn, *args):
    return home.engine.read_now(fn, *args)


def tried(home, address="lee@b.test", attempts=1, cause="server.busy"):
    number = take(home, letter(relaying(address))).number
    sql = "UPDATE recipient SET attempts = :attempts WHERE message_id = :id"
    home.engine.write_now(lambda tx: tx.run(sql, {"attempts": attempts, "id": number}))
    tell(home, Deferred(NOW, 1, "451 first", "", NOW), number=number)
    tell(home, Deferred(NOW + SECOND, 1, "421 last", cause, NOW), number=number)
    return number


def test_destinations_with_most_recipients_come_first(home):
    tried(home, "a@b.test", 3), tried(home, "b@b.test"), take(home, letter(relaying("c@c.test")))
    held = tried(home, "d@c.test")
    home.engine.write_now(queue.hold, held, 1, "x", NOW)
    tried(home, "e@b.test")
    found = read(home, lately.destinations)
    assert [(one.domain, one.recipients, one.attempts) for one in found] == [("b.test", 3, 3), ("c.test", 2, 1)]
    assert found[1].counts == {"waiting": 1, "held": 1}


def test_a_listing_of_a_domain_is_of_that_domain_and_oldest_first(home):
    first, second = tried(home), tried(home)
    tried(home, "x@other.test")
    assert [row.message_id for row in read(home, lately.listing, "b.test", 10)] == [first, second]
    assert [row.message_id for row in read(home, lately.listing, "b.test", 1)] == [first]
    assert read(home, lately.listing, "b.test", 10, ("held",)) == []
    assert read(home, lately.domains, [(first, 1), (second, 1)]) == {"b.test"}


def test_the_last_answer_says_why_somebody_waits(home):
    tried(home)
    take(home, letter(relaying()))  # not tried yet: nothing to say
    (one,) = read(home, lately.waiting)
    assert (one.reply, one.cause, one.domain, one.attempts) == ("421 last", "server.busy", "b.test", 1)


def test_what_failed_is_told_back_to_an_instant(home):
    number = tried(home)
    tell(home, Failed(NOW + 5 * SECOND, 1, "550 no", "addr.no_such_user"), number=number)
    (one,) = read(home, lately.failures, NOW)
    assert (one.address, one.domain, one.reply) == ("lee@b.test", "b.test", "550 no")
    assert read(home, lately.failures, NOW + 6 * SECOND) == []


def test_replies_without_a_cause_and_refusals_are_found(home):
    tried(home)
    tell(home, Refused(NOW, "550 one", "dnsbl", "kim@a.test"), Refused(NOW, "550 two", "greylist"), of=session())
    assert [one.reply for one in read(home, lately.unexplained, NOW)] == ["451 first"]
    tell(home, Returned(NOW, 1, 7, "550 xyzzy", "", "mx.b.test"), Returned(NOW, 1, 8, "552 full", "mbox.full"))
    assert [(one.reply, one.host) for one in read(home, lately.unexplained, NOW)] == [
        ("550 xyzzy", "mx.b.test"), ("451 first", "")
    ]  # fmt: skip
    found = read(home, lately.refusals, NOW, 10)
    assert [(one.reply, one.because, one.session.peer) for one in found] == [
        ("550 two", "greylist", "192.0.2.1:4321"), ("550 one", "dnsbl", "192.0.2.1:4321")
    ]  # fmt: skip
    assert len(read(home, lately.refusals, NOW, 1)) == 1


def test_a_walk_back_is_bounded(home):
    for _ in range(5):
        tell(home, Refused(NOW, "550 no", "x"))
    assert len(list(read(home, lambda tx: list(lately.backwards(tx, 0, 3))))) == 3


def test_who_follows_reads_every_row_once_and_in_order(home):
    person(home)
    start = read(home, following.last)
    first, second = take(home, letter(filing(home))).number, tried(home)
    place, rows = read(home, following.behind, start, 2)
    assert [row.message_id for row in rows] == [first, second]
    place, rows = read(home, following.behind, place, 10)
    assert [row.message_id for row in rows] == [second, second]
    assert read(home, following.behind, place, 10) == (place, [])
    assert read(home, following.about, second).reverse_path == "lee@b.test"
    assert read(home, following.about, 1) is None
    assert (read(home, following.address, second, 1), read(home, following.address, second, 2)) == ("lee@b.test", "")
    assert read(home, following.is_undecided, second) and not read(home, following.is_undecided, first)


def test_attempts_of_everybody_are_told_the_latest_first(home):
    rows = [
        logins.Attempt(name, "192.0.2.1", "imap", "PLAIN", "wrong", "", 1, at, at) for name, at in (("x", 1), ("y", 2))
    ]
    home.engine.write_now(logins.keep, rows, "secret")
    found = read(home, logins.latest, 10)
    assert [one.last_us for one in found] == [2, 1] and all(one.name.startswith("?") for one in found)
    assert len(read(home, logins.latest, 1)) == 1


def test_the_state_of_a_server_is_read_in_one_piece(home):
    tried(home)
    home.engine.write_now(usage.note_backup, 7)
    found = home.engine.read_now(state, home, NOW)
    assert (found.queue["waiting"], found.oldest_us, found.backup_s, len(found.waiting)) == (1, NOW, 7, 1)
    assert found.storage["free"] > 0
