"""What every engine tells an app: pages behind a cursor, that never pass a transaction that is still open."""

import re
import threading

import pytest

from kit.stored import NOW, filing, letter, person, relaying, take
from pyeonji.journey.event import Deferred, Line
from pyeonji.store import apps, directory, told
from pyeonji.store.accept import accept, record
from pyeonji.store.sent import Sent

KIM = "kim@a.test"


def app(home, name="board", address=KIM):
    account = home.engine.read_now(directory.account, address) or person(home, address)
    return home.engine.write_now(apps.add, name, account.id, NOW)


def page(home, app_id, cursor=0, limit=100, types=()):
    return home.engine.read_now(told.after, app_id, cursor, limit, types)


def test_what_is_in_a_mailbox_here_is_told_at_once(home):
    board = app(home)
    number = take(home, letter(filing(home), relaying(n=2), sent=Sent(board, "r1", ("t",), '{"user": "7"}'))).number
    items = page(home, board)
    assert [(one.message, one.n, one.type, one.sequence, one.revision) for one in items] == [
        (number, 1, "email.delivered", 1, 0),
        (number, 1, "email.final", 2, 1),
        (number, 2, "email.queued", 1, 0),
    ]
    assert {(one.ref, one.tags, one.metadata["user"]) for one in items} == {("r1", ("t",), "7")}
    assert [one.address for one in items] == [KIM, KIM, "lee@b.test"]
    assert items[1].facts == {"outcome": "delivered", "certainty": "in_mailbox"}


def test_a_letter_that_no_app_handed_in_leaves_no_row(home):
    app(home)
    number = take(home, letter(filing(home), relaying(n=2))).number
    home.engine.write_now(record, None, number, NOW, [Deferred(NOW, 2, "451 later", "", NOW + 1)])
    assert home.engine.read_now(lambda tx: tx.one("SELECT COUNT(*) FROM event")) == (0,)


class Asked:
    """A transaction that keeps what is said to the tables of apps."""

    def __init__(self, tx):
        self.tx, self.said = tx, []

    def __getattr__(self, name):
        def said(what, *rest):
            text = getattr(what, "table", what)
            self.said += [text] if OF_APPS.search(text) else []
            return getattr(self.tx, name)(what, *rest)

        return said


OF_APPS = re.compile(r"\b(sent|event|app|suppression|webhook|inbound_route)\b")


def test_letters_of_people_ask_nothing_of_the_tables_of_apps_until_the_queue_concludes(home):
    app(home)

    def said_by(fn):
        found = []

        def watched(tx):
            asked = Asked(tx)
            fn(asked)
            found.extend(asked.said)

        home.engine.write_now(watched)
        return found

    plain = letter(filing(home), relaying(n=2))
    assert said_by(lambda tx: accept(tx, home.blobs, plain)) == []
    deferred = Deferred(NOW, 2, "451 later", "", NOW + 1)
    assert len(said_by(lambda tx: record(tx, None, plain.number, NOW, [deferred]))) == 1
    assert said_by(lambda tx: record(tx, None, plain.number, NOW, [Line(NOW, "in", False, "NOOP")])) == []


def test_an_app_reads_its_own_behind_a_cursor(home):
    board, shop = app(home), app(home, "shop")
    numbers = [take(home, letter(relaying(), sent=Sent(whose))).number for whose in (board, shop, board, board)]
    first = page(home, board, limit=2)
    assert [one.message for one in first] == [numbers[0], numbers[2]]
    assert [one.message for one in page(home, board, first[-1].id)] == [numbers[3]]
    assert page(home, board, types=("email.final",)) == []
    assert home.engine.read_now(told.last_id, shop) == page(home, shop)[0].id
    assert home.engine.read_now(told.numbered, first[0].id) == first[0]


def test_news_of_the_server_are_counted_on_their_own(home):
    board, shop = app(home), app(home, "shop")
    for whose in (board, shop, board):
        home.engine.write_now(told.tell_of_server, whose, "webhook.disabled", {"url": "https://x.test"}, NOW)
    names = [one.name for one in (*page(home, board), *page(home, shop))]
    assert len(set(names)) == 3
    assert page(home, board)[1].sequence == 2


def read_while_one_is_open(home):
    """The first letter is taken, but not committed, when the second one is; which ones a reader with a cursor sees."""
    board = app(home)
    begun, go_on = threading.Event(), threading.Event()
    slow, quick = letter(relaying(), sent=Sent(board)), letter(relaying(), sent=Sent(board))

    def slowly(tx):
        accept(tx, home.blobs, slow)
        begun.set()
        go_on.wait(10)

    thread = threading.Thread(target=home.engine.write_now, args=(slowly,))
    thread.start()
    begun.wait(10)
    if home.engine.name == "sqlite":  # one writer: the second one waits for the first
        go_on.set()
    take(home, quick)
    seen = page(home, board)
    go_on.set()
    thread.join()
    seen += page(home, board, seen[-1].id)
    return sorted(one.message for one in seen) == sorted((slow.number, quick.number))


def test_who_reads_behind_a_cursor_passes_no_open_transaction(home):
    assert read_while_one_is_open(home)


def test_with_ids_given_before_the_commit_one_would_be_lost(home):
    """Negative control."""
    if home.engine.name == "sqlite":
        pytest.skip("SQLite has one writer")
    home.engine.write_now(lambda tx: tx.run("DROP TRIGGER event_in_order ON event"))
    assert not read_while_one_is_open(home)
