"""A backup is of one instant, whole, without secrets in clear, and becomes a store again elsewhere."""

import json
import re
import sqlite3

import pytest

from kit.stored import NOW, SECOND, filing, fill, inbox, letter, person, take
from pyeonji.store import directory, keys, mailboxes, schema, sealing, secrets
from pyeonji.store import restore as module
from pyeonji.store.backup import MAKING, MANIFEST, NotABackup, back_up, backups, prune, sha256
from pyeonji.store.blobs import keep_file
from pyeonji.store.engine.base import CopiedElsewhere
from pyeonji.store.home import DATABASE, open_home
from pyeonji.store.restore import Changed, InUse, choose, restore
from pyeonji.store.sealing import NotOpened
from pyeonji.store.verify import verify

KEY = b"a key of at least sixteen"
CANARIES = (
    b"canary-of-a-password-0",
    b"canary-of-a-password-1",
    b"canary-of-the-tls-key",
    b"canary-of-the-salt",
    b"canary-of-a-signing-key",
)
LATER = NOW + 60 * SECOND


@pytest.fixture
def home(sqlite_home):
    """Three small letters and a large one, a password that was changed once, and a private key in a file."""
    person(sqlite_home, credentials={"argon2id": "canary-of-a-password-0"})
    sqlite_home.engine.write_now(directory.set_credentials, 1, {"argon2id": "canary-of-a-password-1"})
    sqlite_home.engine.write_now(directory.secret, "scram", "canary-of-the-salt")
    sqlite_home.engine.write_now(directory.add_domain, "a.test", NOW)
    sqlite_home.engine.write_now(
        keys.add_key, keys.OwnKey("a.test", "s", "rsa-sha256", "", NOW, 0, 0, 0), "canary-of-a-signing-key"
    )  # fmt: skip
    (sqlite_home.data / "tls").mkdir()
    (sqlite_home.data / "tls" / "key.pem").write_bytes(b"canary-of-the-tls-key")
    fill(sqlite_home, 3)
    add_large(sqlite_home, b"first")
    return sqlite_home


def add_large(home, octets):
    spooled = home.data / "spool" / "1.body"
    spooled.write_bytes(octets * 1000)
    take(home, letter(filing(home), content=keep_file(spooled, home.blobs.folder, octets.decode())))


def made(home, folder, now_us=NOW, key=None, maildrops=None):
    folders = [home.data / "maildrop"] if maildrops is None else maildrops
    return back_up(home, folder, now_us=now_us, key=key, config=None, maildrops=folders)


def back(folder, data, key=None):
    done = restore(choose(folder), data, now_us=LATER, key=key)
    return done, open_home(data, create=False)


def everything(folder):
    return b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def letters(home):
    return home.engine.read_now(lambda tx: tx.all("SELECT id, size FROM message ORDER BY id"))


def test_what_comes_back_elsewhere_is_what_was_there(home, tmp_path):
    made(home, tmp_path / "backup", key=KEY)
    done, again = back(tmp_path / "backup", tmp_path / "elsewhere", KEY)
    assert letters(again) == letters(home)
    assert verify(again) == []
    assert (done.letters, done.bare, done.waiting) == (4, 0, 0)
    assert again.engine.read_now(lambda tx: tx.all("SELECT * FROM credential")) == home.engine.read_now(
        lambda tx: tx.all("SELECT * FROM credential")
    )
    assert (tmp_path / "elsewhere" / "tls" / "key.pem").read_bytes() == b"canary-of-the-tls-key"
    again.close()


@pytest.mark.parametrize("key", [None, KEY])
def test_no_secret_lies_in_a_backup_in_clear(home, tmp_path, key):
    assert all(canary in everything(home.data) for canary in CANARIES)  # the control: they can be found
    made(home, tmp_path / "backup", key=key)
    found = everything(tmp_path / "backup")
    assert [canary for canary in CANARIES if canary in found] == []


def test_deleting_alone_would_leave_the_old_password_in_the_file(home, tmp_path, monkeypatch):
    """The guard switched off: without writing the file anew, what was deleted can be read."""
    monkeypatch.setattr("pyeonji.store.engine.lone.rewrite", lambda path: None)
    made(home, tmp_path / "backup")
    assert any(canary in everything(tmp_path / "backup") for canary in CANARIES)


def test_without_the_key_accounts_come_back_without_a_password(home, tmp_path):
    made(home, tmp_path / "backup", key=KEY)
    done, again = back(tmp_path / "backup", tmp_path / "elsewhere")
    assert done.bare == 1
    assert verify(again) == []
    again.close()
    with pytest.raises(NotOpened):
        back(tmp_path / "backup", tmp_path / "third", b"another key of that length")
    assert not (tmp_path / "third" / DATABASE).exists()


def test_the_second_backup_copies_only_what_is_new(home, tmp_path):
    first = made(home, tmp_path / "backup")
    add_large(home, b"second")
    second = made(home, tmp_path / "backup", LATER)
    assert (first.files, first.copied, second.files, second.copied) == (1, 1, 2, 1)
    inodes = [{path.stat().st_ino for path in one.path.rglob("content/*/*")} for one in (first, second)]
    assert inodes[0] < inodes[1]
    prune(tmp_path / "backup", 1)  # the octets stay with the one that is left
    assert backups(tmp_path / "backup") == [second.path]
    _, again = back(tmp_path / "backup", tmp_path / "elsewhere")
    assert verify(again) == []
    again.close()


def test_a_file_that_is_freed_after_the_instant_is_in_the_backup(home, tmp_path, monkeypatch):
    """The sweeper unlinks it while the database is copied."""
    from pyeonji.store.engine.sqlite import SqliteSnapshot

    copy = SqliteSnapshot.copy

    def slow(self, to):
        for path in home.blobs.folder.glob("*/*"):
            path.unlink()
        copy(self, to)

    monkeypatch.setattr(SqliteSnapshot, "copy", slow)
    assert made(home, tmp_path / "backup").missing == ()
    _, again = back(tmp_path / "backup", tmp_path / "elsewhere")
    assert verify(again) == []
    again.close()
    assert not (home.data / "run" / "backup").exists()


def test_what_is_written_during_a_backup_is_not_in_it_and_is_not_held_up(home, tmp_path, monkeypatch):
    from pyeonji.store.engine.sqlite import SqliteSnapshot

    copy = SqliteSnapshot.copy

    def busy(self, to):
        fill(home, 2)
        copy(self, to)

    monkeypatch.setattr(SqliteSnapshot, "copy", busy)
    assert made(home, tmp_path / "backup").letters == 4
    done, again = back(tmp_path / "backup", tmp_path / "elsewhere")
    assert len(letters(again)) == done.letters == 4
    assert len(letters(home)) == 6
    assert verify(again) == []
    again.close()


def test_a_letter_that_sendmail_left_is_in_it(home, tmp_path):
    (home.data / "maildrop" / "1.drop").write_bytes(b"a letter")
    (home.data / "maildrop" / "2.drop").symlink_to("/etc/passwd")
    made(home, tmp_path / "backup")
    _, again = back(tmp_path / "backup", tmp_path / "elsewhere")
    assert [path.name for path in (again.data / "maildrop").glob("*.drop")] == ["1.drop"]
    again.close()


def test_clients_begin_anew_after_a_restore(home, tmp_path):
    """UIDs given after the backup will be given again, to other letters."""
    made(home, tmp_path / "backup")
    fill(home, 1)
    _, again = back(tmp_path / "backup", tmp_path / "elsewhere")
    was, is_now = (one.engine.read_now(mailboxes.mailbox_by_id, inbox(one).mailbox_id) for one in (home, again))
    assert is_now.uidvalidity > was.uidvalidity
    again.close()


def test_a_damaged_file_is_told_of_and_not_taken_over(home, tmp_path):
    (large,) = home.blobs.folder.glob("*/*")
    large.write_bytes(b"something else")
    assert len(made(home, tmp_path / "backup").missing) == 1


@pytest.mark.parametrize("pattern", [DATABASE, "content/*/*"])
def test_a_backup_that_was_changed_is_refused(home, tmp_path, pattern):
    path = made(home, tmp_path / "backup").path
    (file,) = path.glob(pattern)
    octets = bytearray(file.read_bytes())
    octets[len(octets) // 2] ^= 1
    file.write_bytes(octets)
    with pytest.raises(Changed):
        back(tmp_path / "backup", tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere" / DATABASE).exists()


def renamed(home, tmp_path, name):
    """A backup whose keeper has called a large letter otherwise, with a digest that fits; where a restore writes to."""
    path = made(home, tmp_path / "backup").path
    with sqlite3.connect(path / DATABASE) as database:
        database.execute("UPDATE content SET file = ? WHERE file <> ''", [name])
    database.close()
    manifest = json.loads((path / MANIFEST).read_bytes())
    (path / MANIFEST).write_text(json.dumps(manifest | {"database_sha256": sha256(path / DATABASE)}))
    return path


@pytest.mark.parametrize("absolute", [True, False])
def test_a_backup_writes_and_removes_nothing_outside_of_the_data_folder(home, tmp_path, absolute):
    outside = tmp_path / "outside"
    outside.write_text("mine")
    renamed(home, tmp_path, str(outside) if absolute else "../../outside")
    with pytest.raises(Changed):
        back(tmp_path / "backup", tmp_path / "elsewhere")
    assert outside.read_text() == "mine"
    assert not (tmp_path / "elsewhere" / DATABASE).exists()


def test_whoever_believed_all_names_would_remove_it(home, tmp_path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(module, "CONTENT_NAME", re.compile(""))
    outside = tmp_path / "outside"
    outside.write_text("mine")
    renamed(home, tmp_path, str(outside))
    back(tmp_path / "backup", tmp_path / "elsewhere")
    assert not outside.exists()


def test_half_a_backup_is_none_and_a_store_in_use_is_not_overwritten(home, tmp_path):
    (tmp_path / "backup" / MAKING).mkdir(parents=True)
    with pytest.raises(NotABackup):
        choose(tmp_path / "backup")
    made(home, tmp_path / "backup")
    with pytest.raises(InUse):
        restore(choose(tmp_path / "backup"), home.data, now_us=NOW, key=None)
    with pytest.raises(NotABackup):
        choose(tmp_path / "backup", "20200101T000000Z")


def test_a_restored_database_is_one_plain_file(home, tmp_path):
    path = made(home, tmp_path / "backup").path
    assert sorted(one.name for one in path.iterdir() if one.is_file()) == [DATABASE, "manifest.json"]
    with sqlite3.connect(path / DATABASE) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()


@pytest.mark.postgres
def test_postgresql_is_left_to_its_own_tools(postgres_home, tmp_path):
    with pytest.raises(CopiedElsewhere, match="pg_dump"):
        made(postgres_home, tmp_path / "backup")


PLAIN = {
    "annotation.value": "what clients write to a mailbox",
    "login_attempt.credential": "the name its owner gave an app password",
    "idempotency.key": "what an app calls a request of its own",
    "idempotency.digest": "of that request",
    "dmarc_judged.digest": "of a verdict that stands beside it",
    "passkey.credential": "the public name of a public key",
}
SOUNDS_SECRET = re.compile(
    r"value|digest$|hash|secret|private|password|passwd|token|credential|verifier|seed|(^|_)key$|pem"
)


def test_every_column_that_sounds_secret_is_one_or_has_a_reason():
    tables = re.findall(r"CREATE TABLE (\w+) \((.*?)\n\)", "\n".join(schema.statements("sqlite")), re.DOTALL)
    names = {
        f"{table}.{column}"
        for table, body in tables
        if table not in secrets.TABLES
        for column in re.findall(r"^\s+([a-z_]+) (?:TEXT|INTEGER|BLOB)", body, re.MULTILINE)
        if SOUNDS_SECRET.search(column) or SOUNDS_SECRET.search(table)
    }
    assert names - PLAIN.keys() == set(), "name the table in store/secrets.py, or the column in PLAIN with a reason"


def test_sealed_octets_open_only_with_their_key_and_unchanged():
    sealed = sealing.seal(b"secret", KEY)
    assert sealing.unseal(sealed, KEY) == b"secret"
    assert sealing.seal(b"secret", KEY) != sealed
    for octets, key in ((sealed, b"other"), (sealed[:-1] + b"x", KEY), (b"short", KEY), (sealed[:20], KEY)):
        with pytest.raises(NotOpened):
            sealing.unseal(octets, key)
