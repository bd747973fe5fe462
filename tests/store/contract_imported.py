"""What every engine does with letters that are imported: each once, and only while there is room."""

import hashlib

import pytest

from kit.stored import BODY, filing, letter, person, take
from pyeonji.store import directory, entries, imported, quota, sweep
from pyeonji.store.blobs import keep_file
from pyeonji.store.imported import AGAIN, FULL, TAKEN, TWICE, Offered, Rules

MAILDIR = ("maildir /srv/old", "INBOX")


@pytest.fixture
def folder(home):
    return home.engine.write_now(imported.folder_id, person(home).id, *MAILDIR)


def offered(home, item, content=BODY + b"x\r\n", message_id="<1@b.test>", mailbox_id=0):
    """A letter with this name in the source."""
    way = filing(home, n=0) if not mailbox_id else filing(home, n=0).__class__(
        0, "kim@a.test", filing(home).account_id, "kim@a.test", mailbox_id, "Archive"
    )  # fmt: skip
    return Offered(item, hashlib.sha256(content).digest(), letter(way, content=content, message_id=message_id))


def taken(home, folder, some, rules=Rules()):  # noqa: B008 - frozen
    return home.engine.write_now(imported.take, home.blobs, folder, some, rules)


def limit(home, **limits):
    kim = home.engine.read_now(directory.account, "kim@a.test")
    home.engine.write_now(quota.set_limits, kim.id, **{"octets": 0, "messages": 0} | limits)


def count(home):
    return len(home.engine.read_now(entries.entries, filing(home).mailbox_id))


def test_a_folder_of_a_source_has_one_row(home, folder):
    kim = home.engine.read_now(directory.account, "kim@a.test")
    assert home.engine.write_now(imported.folder_id, kim.id, *MAILDIR) == folder
    assert home.engine.read_now(imported.known_folder, kim.id, *MAILDIR) == folder
    assert home.engine.read_now(imported.known_folder, kim.id, "maildir /srv/old", "Sent") == 0
    assert home.engine.write_now(imported.folder_id, kim.id, "maildir /srv/old", "Sent") != folder


def test_a_letter_is_taken_once(home, folder):
    some = [offered(home, f"i{n}", message_id=f"<{n}@b.test>") for n in range(3)]
    assert taken(home, folder, some[:2]) == [TAKEN, TAKEN]
    assert taken(home, folder, some) == [AGAIN, AGAIN, TAKEN]
    assert home.engine.read_now(imported.known, folder, [f"i{n}" for n in range(2_000)]) == {"i0", "i1", "i2"}
    assert count(home) == 3


def test_an_equal_letter_in_the_same_mailbox_is_a_duplicate(home, folder):
    take(home, letter(filing(home), content=BODY + b"x\r\n", message_id="<1@b.test>"))
    archive = home.engine.read_now(lambda tx: tx.one("SELECT id FROM mailbox WHERE name = 'Archive'"))[0]
    some = [
        offered(home, "same"),
        offered(home, "same again"),
        offered(home, "other body", BODY + b"y\r\n"),
        offered(home, "other id", message_id="<2@b.test>"),
        offered(home, "no id", message_id=""),
        offered(home, "no id again", message_id=""),
        offered(home, "elsewhere", mailbox_id=archive),
    ]
    assert home.engine.read_now(imported.judge, home.blobs, folder, some, Rules())[0] == TWICE
    assert taken(home, folder, some) == [TWICE, TWICE, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN]
    everywhere = [offered(home, "here", mailbox_id=archive)]
    assert taken(home, folder, everywhere, Rules(everywhere=True)) == [TWICE]
    assert taken(home, folder, [offered(home, "kept")], Rules(keep_duplicates=True)) == [TAKEN]


def test_equal_letters_are_found_in_files_and_when_they_were_compressed(home, folder):
    content = BODY + b"again and again\r\n" * 500
    take(home, letter(filing(home), content=content, message_id="<1@b.test>"))
    assert sweep.sweep(home, 1_790_000_000_000_000 + 2 * 86_400_000_000).compressed == 1
    assert taken(home, folder, [offered(home, "packed", content)]) == [TWICE]
    spool = home.data / "spool" / "one"
    spool.write_bytes(content + b"more\r\n")
    large = keep_file(spool, home.blobs.folder, "K7M3")
    take(home, letter(filing(home), content=large, message_id="<2@b.test>"))
    assert taken(home, folder, [offered(home, "file", content + b"more\r\n", "<2@b.test>")]) == [TWICE]


def test_it_ends_where_there_is_no_more_room(home, folder):
    some = [offered(home, f"i{n}", message_id=f"<{n}@b.test>") for n in range(3)]
    size = some[0].letter.size
    limit(home, octets=2 * size)
    assert taken(home, folder, some) == [TAKEN, TAKEN, FULL]
    assert count(home) == 2
    limit(home, messages=2)
    assert taken(home, folder, some) == [AGAIN, AGAIN, FULL]
    limit(home, octets=3 * size, messages=3)
    assert taken(home, folder, some) == [AGAIN, AGAIN, TAKEN]


def test_what_an_account_took_goes_with_it(home, folder):
    taken(home, folder, [offered(home, "one")])
    kim = home.engine.read_now(directory.account, "kim@a.test")
    home.engine.write_now(directory.remove_account, kim.id)
    assert home.engine.read_now(imported.known, folder, ["one"]) == set()
