"""Each kind of damage, planted, is found; and nothing is found where there is none."""

import os

import pytest

from kit.stored import BODY, NOW, filing, fill, letter, person, relaying, take
from pyeonji.journey.event import Bounced, Delivered, Failed, pack
from pyeonji.search.indexer import Indexer, strike_out
from pyeonji.store import digests, entries
from pyeonji.store.accept import record
from pyeonji.store.blobs import INLINE_LIMIT, compressed, keep_file, swap
from pyeonji.store.engine.sqlite_connection import PAGE_SIZE
from pyeonji.store.home import open_home
from pyeonji.store.verify import FRESH_NS, rebuild, verify


@pytest.fixture
def home(sqlite_home):
    """Three letters in INBOX, one expunged, one compressed, one large, one with a recipient that waits."""
    home = sqlite_home
    person(home)
    fill(home, 3)
    home.engine.write_now(entries.expunge, 1, [2], now_us=NOW, account="kim@a.test")
    take(home, letter(filing(home), content=BODY + b"again and " * 1000))
    home.engine.write_now(lambda tx: swap(tx, 4, compressed(BODY + b"again and " * 1000)))
    spool = home.data / "spool" / "one"
    spool.write_bytes(BODY + b"x" * INLINE_LIMIT)
    take(home, letter(filing(home), content=keep_file(spool, home.blobs.folder, "K7M3")))
    take(home, letter(relaying(), number=77))
    return home


def plant(home, *statements):
    home.engine._writer.execute("PRAGMA foreign_keys=OFF")
    for statement in statements:
        home.engine.write_now(lambda tx, sql=statement: tx.run(sql))
    home.engine._writer.execute("PRAGMA foreign_keys=ON")


def found(home):
    return {finding.what for finding in verify(home)}


def large_file(home):
    (path,) = home.blobs.folder.glob("*/*")
    return path


def test_a_sound_store_has_nothing_to_find(home):
    assert verify(home) == []


DAMAGE = {
    "content without message": ["INSERT INTO content (size, octets) VALUES (1, x'41')"],
    "content has another size": ["UPDATE content SET octets = x'41' WHERE id = 1"],
    "content unreadable": ["UPDATE content SET octets = x'41' WHERE codec = 1"],
    "message without content": ["DELETE FROM content WHERE id = 1"],
    "message has another size than its content": ["UPDATE message SET size = size + 1 WHERE content_id = 1"],
    "offsets outside of the letter": ["UPDATE message SET body_at = 1000000 WHERE content_id = 1"],
    "octets of a letter in use were freed": ["UPDATE content SET codec = 2, octets = NULL WHERE id = 1"],
    "entry without message": ["DELETE FROM message WHERE content_id = 1"],
    "entry has another size than its message": ["UPDATE entry SET size = size + 1 WHERE uid = 1"],
    "entry without mailbox": ["UPDATE entry SET mailbox_id = 999 WHERE uid = 1"],
    "entry of another account": ["UPDATE entry SET account_id = 999 WHERE uid = 1"],
    "wrong number of messages": ["UPDATE mailbox SET messages = messages - 1 WHERE id = 1"],
    "wrong number of octets": ["UPDATE mailbox SET octets = octets - 1 WHERE id = 1"],
    "wrong number of unseen messages": ["UPDATE mailbox SET unseen = unseen + 1 WHERE id = 1"],
    "a UID would be given twice": ["UPDATE mailbox SET uidnext = 3 WHERE id = 1"],
    "a MODSEQ would be given twice": ["UPDATE mailbox SET modseq = 3 WHERE id = 1"],
    "a change would not be told": ["UPDATE entry SET came = 1 WHERE uid = 3"],
    "expunged, and there": ["INSERT INTO expunged VALUES (1, 1, 1)"],
    "rights of nobody": ["INSERT INTO acl VALUES (1, '-nobody@a.test', 'lr')"],
    "note of nobody or on nothing": [
        "INSERT INTO annotation VALUES (1, 99, '/comment', x'41')",
        "INSERT INTO annotation VALUES (99, 0, '/comment', x'41')",
    ],
    "rights that do not exist": ["INSERT INTO acl VALUES (1, 'anyone', 'lrQ')"],
    "message without journey": ["DELETE FROM journey WHERE message_id = 77"],
    "journey unreadable": ["UPDATE journey SET events = x'00' WHERE message_id = 77"],
    "recipient is not where its journey ends": ["UPDATE recipient SET state = 'done' WHERE message_id = 77"],
    "recipient without journey": [
        "INSERT INTO recipient (message_id, n, address, state) VALUES (77, 2, 'x@b.test', 'waiting')"
    ],
    "journey without recipient": ["DELETE FROM recipient WHERE message_id = 77"],
    "reference to nothing": ["UPDATE credential SET account_id = 9", "INSERT INTO credential VALUES (999, 'x', 'x')"],
}


@pytest.mark.parametrize("what", DAMAGE)
def test_planted_damage_is_found(home, what):
    plant(home, *DAMAGE[what])
    assert what in found(home)


def test_a_content_file_that_is_gone_is_found(home):
    large_file(home).unlink()
    assert found(home) == {"content file missing"}


def test_a_content_file_that_was_cut_is_found(home):
    os.truncate(large_file(home), 1000)
    assert found(home) == {"content has another size"}


def test_one_octet_that_changed_in_a_content_file_is_found(home):
    path = large_file(home)
    octets = bytearray(path.read_bytes())
    octets[5000] ^= 1
    path.write_bytes(octets)
    assert found(home) == {"content file changed"}


def test_a_content_file_that_cannot_be_read_is_found(home):
    path = large_file(home)
    path.unlink()
    path.mkdir()
    assert found(home) == {"content file unreadable"}


def test_an_old_file_without_a_letter_is_found_a_young_one_may_be_on_its_way(home):
    path = home.blobs.folder / "ab" / "stray"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")
    assert found(home) == set()
    old = path.stat().st_mtime_ns - 2 * FRESH_NS
    os.utime(path, ns=(old, old))
    assert found(home) == {"file without letter"}


def test_pages_that_were_overwritten_are_found(tmp_path):
    home = open_home(tmp_path / "data", create=True, synchronous="OFF")
    home.engine.write_now(lambda tx: tx.run("CREATE TABLE probe (x UNIQUE)"))
    home.engine.write_now(lambda tx: tx.run("INSERT INTO probe VALUES (1), (2)"))
    pages = home.engine.read_now(lambda tx: tx.all("SELECT rootpage FROM sqlite_master WHERE tbl_name = 'probe'"))
    home.close()
    with (tmp_path / "data" / "mail.db").open("r+b") as database:
        database.seek((pages[0][0] - 1) * PAGE_SIZE + 8)
        database.write(b"\xff" * 40)
    home = open_home(tmp_path / "data", create=False, synchronous="OFF")
    assert found(home) == {"database damaged"}
    home.close()


def test_the_states_of_the_queue_follow_its_events(home):
    tell = lambda event, state: home.engine.write_now(  # noqa: E731
        lambda tx: (
            record(tx, None, 77, NOW, [event]),
            tx.run("UPDATE recipient SET state = :state WHERE message_id = 77", {"state": state}),
        )
    )
    tell(Failed(NOW, 1, "550 no", ""), "failed")
    assert verify(home) == []
    tell(Bounced(NOW, 1, 0), "bounced")
    assert verify(home) == []
    tell(Delivered(NOW, 1, "mx.b.test", "250 Ok"), "bounced")
    assert found(home) == {"recipient is not where its journey ends"}


def test_events_of_the_whole_letter_are_no_recipient(home):
    home.engine.write_now(
        lambda tx: tx.run(
            "INSERT INTO journey (message_id, at_us, events) VALUES (77, 1, :events)",
            {"events": pack([Delivered(NOW, 0, "", "")])},
        )
    )
    assert verify(home) == []


def test_what_can_be_counted_again_is_rebuilt(home):
    plant(
        home,
        "UPDATE mailbox SET messages = 99, octets = 1, unseen = 7, uidnext = 2, modseq = 1 WHERE id = 1",
        "UPDATE entry SET size = 5, account_id = 9, came = 99 WHERE uid = 1",
        "INSERT INTO acl VALUES (1, 'nobody@a.test', 'lr'), (1, '-anyone', 'rl'), (1, 'anyone', 'Q')",
        "INSERT INTO annotation VALUES (0, 99, '/comment', x'41'), (99, 1, '/comment', x'41')",
    )
    assert {finding.fix for finding in verify(home)} == {"run: pyeonji verify --rebuild"}
    rebuild(home)
    assert verify(home) == []


def digested(home):
    """All letters, as the indexer and a worker do it."""
    indexer = Indexer(home)
    while indexer.step():
        pass
    strike_out(home)


DIGEST_DAMAGE = {
    "DELETE FROM digest WHERE message_id = (SELECT max(message_id) FROM digest)": "letter without digest",
    "DELETE FROM wording WHERE message_id = (SELECT max(message_id) FROM wording)": "letter without digest",
    "DELETE FROM heading WHERE message_id = (SELECT max(message_id) FROM heading)": "letter without digest",
    "DELETE FROM term WHERE rowid = (SELECT max(id) FROM term_letter)": "letter without digest",
    "UPDATE digest SET facts = x'00'": "digest unreadable",
    "UPDATE wording SET octets = x'2020'": "digest unreadable",
    "UPDATE wording SET octets = x'28b52ffd00'": "digest unreadable",
    "UPDATE heading SET octets = x'00'": "digest unreadable",
}


@pytest.mark.parametrize("damage", DIGEST_DAMAGE)
def test_damaged_digests_are_found_and_made_again(home, damage):
    digested(home)
    assert verify(home) == []
    home.digests.write_now(lambda tx: tx.run(damage))
    assert found(home) == {DIGEST_DAMAGE[damage]}
    rebuild(home)
    assert verify(home) == []
    digested(home)
    assert verify(home) == []


def test_a_file_of_digests_that_cannot_be_read_is_thrown_away(tmp_path):
    home = open_home(tmp_path, create=True, synchronous="OFF")
    person(home)
    fill(home, 3)
    digested(home)
    home.close()
    (tmp_path / "digest.db").write_bytes(b"no database at all" * 1000)
    home = open_home(tmp_path, create=False, synchronous="OFF")
    assert verify(home) == []
    assert len(home.engine.read_now(digests.noted, 100)) == 3
    home.close()


@pytest.mark.postgres
def test_the_grown_store_is_verified_and_rebuilt_the_same(postgres_home):
    person(postgres_home)
    fill(postgres_home, 2)
    assert verify(postgres_home) == []
    postgres_home.engine.write_now(lambda tx: tx.run("UPDATE mailbox SET messages = 9"))
    assert found(postgres_home) == {"wrong number of messages"}
    rebuild(postgres_home)
    assert verify(postgres_home) == []
