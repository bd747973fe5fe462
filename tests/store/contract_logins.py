"""What every engine keeps of attempts to log in, of app passwords, and of how much an account sends."""

import pytest

from kit.stored import person
from pyeonji.store import app_passwords, directory, logins, sending
from pyeonji.store.engine.base import Conflict
from pyeonji.store.logins import BARRED, IN, WRONG, Attempt
from pyeonji.store.sending import DAY_US, MINUTE_US, SendingLimits, TooMuch

KIM = "kim@a.test"
NOW_US = 1_790_000_000_000_000
SECRET = "s" * 64


def attempt(name=KIM, outcome=WRONG, *, place="192.0.2.1", credential="", times=1, at=NOW_US):
    return Attempt(name, place, "imap", "PLAIN", outcome, credential, times, at, at)


def keep(home, *attempts):
    home.engine.write_now(logins.keep, attempts, SECRET)


def kept(home, name=KIM):
    return home.engine.read_now(logins.attempts, name, SECRET, 100)


def test_attempts_that_are_alike_are_one_with_a_count(home):
    person(home, KIM)
    keep(home, attempt(times=3), attempt(place="192.0.2.2", at=NOW_US + 1))
    keep(home, attempt(times=2, at=NOW_US + 5), attempt(at=NOW_US - 7))
    assert kept(home) == [
        attempt(times=6)._replace(last_us=NOW_US + 5),
        attempt(place="192.0.2.2", at=NOW_US + 1),
    ]


def test_a_name_of_nobody_is_found_by_who_knows_it_and_stands_nowhere(home):
    keep(home, attempt("hunter2", times=2))
    assert kept(home, "hunter2") == [attempt("hunter2", times=2)]
    assert home.engine.read_now(logins.attempts, "hunter2", "t" * 64, 10) == []  # without the secret not even he
    assert home.engine.read_now(lambda tx: tx.all("SELECT name FROM login_attempt"))[0][0].startswith("?")


def test_an_address_is_known_to_whoever_came_in_from_there(home):
    person(home, KIM)
    keep(home, attempt(outcome=IN), attempt(place="192.0.2.2"), attempt(place="192.0.2.3", outcome=BARRED))

    def knows(place, since=NOW_US, name=KIM):
        return home.engine.read_now(logins.knows, name, place, since)

    assert knows("192.0.2.1")
    assert not knows("192.0.2.1", since=NOW_US + 1)
    assert not knows("192.0.2.1", name="lee@a.test")
    assert not knows("192.0.2.2")
    assert not knows("192.0.2.3")


def test_what_is_old_and_what_nobody_is_too_much_of_is_forgotten(home, monkeypatch):
    person(home, KIM)
    keep(home, attempt(at=NOW_US - 10), attempt(place="192.0.2.9"))
    keep(home, *(attempt(f"name{number}", at=NOW_US + number) for number in range(6)))
    monkeypatch.setattr(logins, "MAX_UNKNOWN", 2)
    assert home.engine.write_now(logins.forget_before, NOW_US, 3) == 4
    assert home.engine.write_now(logins.forget_before, NOW_US, 3) == 1
    assert home.engine.write_now(logins.forget_before, NOW_US, 3) == 0
    assert [one.place for one in kept(home)] == ["192.0.2.9"]
    assert [bool(kept(home, f"name{number}")) for number in range(6)] == [False] * 4 + [True] * 2


def guessed_from_everywhere(home, monkeypatch, most):
    """Attempts at one name from twelve networks, twice; then its owner comes in."""
    monkeypatch.setattr(logins, "MAX_OF_ONE", most)
    person(home, KIM)
    for _ in range(2):
        keep(home, *(attempt(place=f"2001:db8:{number}::/64") for number in range(12)))
    keep(home, attempt(place="192.0.2.1", outcome=IN), attempt(place="2001:db8:1::/64"))
    return {one.place: (one.outcome, one.attempts) for one in kept(home)}


def test_guesses_from_everywhere_do_not_fill_the_store(home, monkeypatch):
    """S22: whoever has a /48 has 65,536 networks."""
    found = guessed_from_everywhere(home, monkeypatch, 5)
    assert len(found) == 5 + 2
    assert found["*"] == (WRONG, 2 * 7)
    assert found["192.0.2.1"] == (IN, 1)
    assert found["2001:db8:1::/64"] == (WRONG, 3)  # a row that is there goes on counting


def test_without_that_limit_they_would(home, monkeypatch):
    """Negative control."""
    assert len(guessed_from_everywhere(home, monkeypatch, 1_000)) == 12 + 1


def test_whoever_gets_an_address_starts_without_a_past(home):
    kim = person(home, KIM)
    keep(home, attempt(outcome=IN))
    home.engine.write_now(directory.remove_account, kim.id)
    person(home, KIM)
    assert kept(home) == []


# ── app passwords ──


def test_an_app_password_is_its_accounts_and_is_taken_back_alone(home):
    kim, lee = person(home, KIM), person(home, "lee@a.test")
    for name, digest in (("phone", "d1"), ("printer", "d2")):
        home.engine.write_now(app_passwords.add, kim.id, name, ("smtp", "imap"), digest, NOW_US)

    def find(account, digest):
        found = home.engine.read_now(app_passwords.find, account, digest)
        return found and found.name

    assert find(kim.id, "d1") == "phone"
    assert find(lee.id, "d1") is None
    assert find(0, "d1") is None
    with pytest.raises(Conflict):
        home.engine.write_now(app_passwords.add, kim.id, "phone", ("api",), "d3", NOW_US)
    keep(home, attempt(outcome=IN, credential="phone"), attempt(outcome=WRONG, credential="printer"))
    used = home.engine.read_now(app_passwords.of_account, kim.id)
    assert [(one.name, one.scopes, one.used_us) for one in used] == [
        ("phone", ("smtp", "imap"), NOW_US),
        ("printer", ("smtp", "imap"), 0),
    ]
    assert home.engine.write_now(app_passwords.remove, kim.id, "phone")
    assert not home.engine.write_now(app_passwords.remove, kim.id, "phone")
    assert find(kim.id, "d1") is None
    home.engine.write_now(directory.remove_account, kim.id)
    assert find(kim.id, "d2") is None


# ── how much is sent ──


def send(home, limits, recipients=1, at=NOW_US, login=KIM):
    home.engine.write_now(sending.count, login, recipients, at, limits)


@pytest.mark.parametrize(
    ("limits", "recipients", "taken"),
    [
        (SendingLimits(letters_a_day=3), 9, 3),
        (SendingLimits(recipients_a_day=30), 9, 3),
        (SendingLimits(letters_a_minute=3), 9, 3),
        (SendingLimits(letters_a_day=4, recipients_a_day=18, letters_a_minute=9), 9, 2),
    ],
)
def test_so_much_is_sent_and_no_more_and_what_was_refused_is_not_counted(home, limits, recipients, taken):
    person(home, KIM)
    for _ in range(taken):
        send(home, limits, recipients)
    for _ in range(3):
        with pytest.raises(TooMuch):
            send(home, limits, recipients)
    assert home.engine.read_now(lambda tx: tx.one("SELECT SUM(letters), SUM(recipients) FROM sending")) == (
        taken,
        taken * recipients,
    )


def test_a_day_later_there_is_room_again(home):
    person(home, KIM)
    limits = SendingLimits(letters_a_day=1)
    send(home, limits)
    with pytest.raises(TooMuch):
        send(home, limits, at=NOW_US + DAY_US - MINUTE_US)
    send(home, limits, at=NOW_US + DAY_US)
    assert home.engine.write_now(sending.forget_before, NOW_US + MINUTE_US, 10) == 1
    send(home, limits, login="nobody@a.test")


def test_it_is_told_once_a_day(home):
    kim = person(home, KIM)
    told = [home.engine.write_now(sending.tell, kim.id, NOW_US + at) for at in (0, 1, DAY_US - 1, DAY_US, DAY_US + 1)]
    assert told == [True, False, False, True, False]
