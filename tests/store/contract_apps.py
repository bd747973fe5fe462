"""What every engine keeps of apps: their keys, their letters, and the requests that are done once."""

import pytest

from kit.stored import NOW, letter, person, relaying, take
from pyeonji.directory.app_keys import is_key, key_digest, new_key
from pyeonji.store import apps, directory, idempotency, sent, suppressions, sweep, webhooks
from pyeonji.store.accept import accept
from pyeonji.store.delete import remove_account, remove_app
from pyeonji.store.engine.base import Conflict
from pyeonji.store.idempotency import KEPT_US, Repeated
from pyeonji.store.sent import Search, Sent

KIM = "kim@a.test"


def app(home, name="board", address=KIM):
    """An app of a new account, or of one that is there."""
    account = home.engine.read_now(directory.account, address) or person(home, address)
    return home.engine.write_now(apps.add, name, account.id, NOW)


def key(home, app_id, **facts):
    made = new_key()
    return made, home.engine.write_now(apps.add_key, app_id, made.digest, made.hint, NOW, **facts)


def hand_in(home, app_id, *ways, **facts):
    return take(home, letter(*(ways or (relaying(),)), sent=Sent(app_id, **facts), via="submission")).number


# ── apps and keys ──


def test_an_app_is_found_by_the_digest_of_its_key_only(home):
    made, number = key(home, board := app(home), label="web", scopes=("send",), test=True)
    holder = home.engine.read_now(apps.find, key_digest(made.text))
    assert (holder.app.id, holder.app.name, holder.app.account) == (board, "board", KIM)
    assert (holder.key.id, holder.key.scopes, holder.key.test, holder.disabled) == (number, ("send",), True, False)
    assert home.engine.read_now(apps.find, key_digest(made.text + "x")) is None
    everything = str(home.engine.read_now(lambda tx: tx.all("SELECT * FROM api_key")))
    assert made.text not in everything
    assert is_key(made.text)


def test_two_apps_never_have_one_name(home):
    app(home)
    with pytest.raises(Conflict):
        app(home, address="lee@a.test")


def test_a_key_that_was_rotated_or_taken_back_opens_nothing(home):
    board, other = app(home), app(home, "shop")
    (first, number), (second, second_number) = key(home, board), key(home, board)
    fresh = new_key()
    assert home.engine.write_now(apps.rotate, number, fresh.digest, fresh.hint, NOW + 1)
    assert home.engine.read_now(apps.find, first.digest) is None
    assert home.engine.read_now(apps.find, fresh.digest).key.id == number
    assert not home.engine.write_now(apps.revoke, other, second_number)  # not the key of another app
    assert home.engine.write_now(apps.revoke, board, second_number)
    assert home.engine.read_now(apps.find, second.digest) is None


def test_an_app_has_so_many_keys_and_no_more(home, monkeypatch):
    monkeypatch.setattr(apps, "MAX_KEYS", 2)
    board = app(home)
    key(home, board)
    key(home, board)
    with pytest.raises(apps.TooManyKeys):
        key(home, board)


def test_when_a_key_was_last_shown_is_known(home):
    board = app(home)
    made, number = key(home, board)
    home.engine.write_now(apps.used, board, number, NOW + 5)
    home.engine.write_now(apps.used, board, number, NOW + 3)
    assert home.engine.read_now(apps.find, made.digest).key.used_us == NOW + 5
    assert home.engine.read_now(apps.named, "board").used_us == NOW + 5
    account = home.engine.read_now(directory.account, KIM)
    home.engine.write_now(apps.used_by_hint, account.id, made.hint, NOW + 9)
    assert home.engine.read_now(apps.numbered, board).used_us == NOW + 9


def test_what_an_app_has_goes_with_it_and_its_letters_stay(home):
    board = app(home)
    made, _ = key(home, board)
    number = hand_in(home, board, ref="r")
    home.engine.write_now(idempotency.note, board, "k", message_id=number, now_us=NOW)
    assert home.engine.write_now(apps.remove, board)
    assert not home.engine.write_now(apps.remove, board)
    assert home.engine.read_now(apps.find, made.digest) is None
    assert home.engine.read_now(sent.of, number) is None
    assert home.engine.read_now(idempotency.find, board, "k", NOW) is None
    assert home.engine.read_now(lambda tx: tx.one("SELECT id FROM message WHERE id = :id", {"id": number})) is not None


def left_of(home, app_id):
    """Rows that are this app's."""
    tables = ("app", "api_key", "webhook", "inbound_route", "sent", "event", "idempotency", "suppression")
    column = {"app": "id"}
    return home.engine.read_now(
        lambda tx: [
            tx.one(f"SELECT count(*) FROM {table} WHERE {column.get(table, 'app_id')} = :id", {"id": app_id})[0]
            for table in tables
        ]
    )


def much_of(home):
    """An app with some of everything."""
    board = app(home)
    key(home, board)
    for n in range(7):
        number = hand_in(home, board, ref="r")
        home.engine.write_now(idempotency.note, board, f"k{n}", message_id=number, now_us=NOW)
    home.engine.write_now(suppressions.add, board, "park@b.test", "complaint", NOW)
    home.engine.write_now(webhooks.add, board, "https://b.test/", "s", NOW)
    assert 0 not in (some := left_of(home, board))[4:] and some[0] == 1
    return board


def steps_of(home, monkeypatch):
    """How many rows each transaction takes away from now on."""
    taken, thin_out = [], apps.thin_out

    def counted(tx, app_id, step):
        before = sum(tx.one(f"SELECT count(*) FROM {table}", {})[0] for table in ("event", "sent", "idempotency"))
        found = thin_out(tx, app_id, step)
        taken.append(
            before - sum(tx.one(f"SELECT count(*) FROM {table}", {})[0] for table in ("event", "sent", "idempotency"))
        )
        return found

    monkeypatch.setattr(apps, "thin_out", counted)
    return taken


def test_an_app_that_was_told_much_goes_in_steps(home, monkeypatch):
    board, taken = much_of(home), steps_of(home, monkeypatch)
    assert remove_app(home, board, step=3)
    assert max(taken) == 3 and len(taken) > 5
    assert set(left_of(home, board)) == {0}
    assert not remove_app(home, board)


def test_nothing_of_its_apps_stays_of_an_account(home):
    board = much_of(home)
    remove_account(home, home.engine.read_now(directory.account, KIM), NOW, step=3)
    assert set(left_of(home, board)) == {0}


def test_the_number_of_an_app_that_went_away_is_not_given_again(home):
    board = app(home)
    assert home.engine.write_now(apps.remove, board)
    assert app(home) > board


def test_an_app_goes_with_its_account(home):
    app(home)
    home.engine.write_now(directory.remove_account, home.engine.read_now(directory.account, KIM).id)
    assert home.engine.read_now(apps.every) == []


# ── what they have sent ──


def test_whose_letter_it_is_is_written_with_the_letter(home):
    board = app(home)
    whose = Sent(board, "reset-1", ("reset", "web"), '{"user": "7"}', "00-" + "a" * 32 + "-" + "b" * 16 + "-01", True)
    number = take(home, letter(relaying(), sent=whose)).number
    assert home.engine.read_now(sent.of, number) == whose
    assert whose.labels == {"user": "7"}
    nobodys = take(home, letter(relaying())).number
    assert home.engine.read_now(sent.of, nobodys) is None
    assert home.engine.read_now(sent.of_these, [nobodys, number]) == {number: whose}


def test_a_letter_that_is_not_taken_is_nobodys(home):
    made = letter(relaying(), sent=Sent(app(home)))
    with pytest.raises(ZeroDivisionError):
        home.engine.write_now(lambda tx: accept(tx, home.blobs, made) and 1 / 0)
    assert home.engine.read_now(sent.of, made.number) is None


def test_an_app_finds_its_own_letters_by_all_that_it_knows_of_them(home):
    board, shop = app(home), app(home, "shop")
    first = hand_in(home, board, ref="r1", tags=("reset", "web"))
    second = hand_in(home, board, relaying("park@c.test"), ref="r2", tags=("reset_all",))
    theirs = hand_in(home, shop, ref="r1", tags=("reset",))

    def found(app_id=board, **what):
        return home.engine.read_now(sent.find, app_id, Search(**what))

    assert found() == [second, first]
    assert found(ref="r1") == [first]
    assert found(shop, ref="r1") == [theirs]
    assert found(tag="reset") == [first]
    assert found(tag="reset_all") == [second]
    assert found(tag="%") == []
    assert found(to="park@c.test") == [second]
    assert found(states=("waiting", "trying")) == [second, first]
    assert found(states=("done",)) == []
    assert found(before=second) == [first]
    assert home.engine.read_now(sent.find, board, Search(), 1) == [second]
    assert found(0) == [theirs, second, first]


def test_what_is_forgotten_of_a_letter_is_forgotten_whole(home):
    number = hand_in(home, app(home), ref="r1")
    home.engine.write_now(
        lambda tx: tx.run("UPDATE recipient SET state = 'done' WHERE message_id = :id", {"id": number})
    )
    swept = [sweep.sweep(home, NOW + 1_000 * sweep.DAY_US) for _ in range(2)]
    assert sum(one.forgotten for one in swept) == 1
    assert home.engine.read_now(sent.of, number) is None


# ── once ──


def test_a_key_is_good_for_one_letter_in_seven_days(home):
    board, shop = app(home), app(home, "shop")

    def note(app_id=board, digest="d", number=7, at=NOW):
        home.engine.write_now(
            idempotency.note, app_id, "k", digest=digest, message_id=number, answer="a", now_us=at
        )  # fmt: skip

    note()
    with pytest.raises(Repeated) as repeated:
        note(digest="e", number=8, at=NOW + KEPT_US - 1)
    assert repeated.value.known == ("d", 7, "a", NOW)
    note(shop, number=9)  # each app has keys of its own
    note(digest="e", number=8, at=NOW + KEPT_US)
    assert home.engine.read_now(idempotency.find, board, "k", NOW + KEPT_US) == ("e", 8, "a", NOW + KEPT_US)
    assert home.engine.read_now(idempotency.find, board, "k", NOW + 2 * KEPT_US) is None


def test_old_keys_are_forgotten(home):
    board = app(home)
    for at in range(3):
        home.engine.write_now(idempotency.note, board, f"k{at}", message_id=1, now_us=NOW + at)
    assert home.engine.write_now(idempotency.forget_before, NOW + 1, 10) == 2
    assert home.engine.read_now(idempotency.find, board, "k2", NOW + 3) is not None


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("a", True),
        ("", False),
        ("x" * 255, True),
        ("x" * 256, False),
        ("a b", False),
        ("키", False),
        ("password-reset/91827", True),
    ],
)
def test_a_key_is_made_of_visible_characters(text, good):
    assert idempotency.is_key(text) is good
