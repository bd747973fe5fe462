"""A data folder of an older version is brought to ours, with everything in it, and can be brought back."""

import re

import pytest

from kit.older import FROZEN, LARGE, lone_engine, of_version, older_folder
from kit.stored import NOW, fill
from pyeonji.store import addressed, journey, schema, summary
from pyeonji.store.engine.base import CopiedElsewhere, StoreError
from pyeonji.store.engine.sqlite import SqliteEngine
from pyeonji.store.home import DATABASE, open_home
from pyeonji.store.schema import OlderVersion, WrongVersion
from pyeonji.store.upgrade import AFTER, BEFORE, NoCopy, roll_back, upgrade, way_back
from pyeonji.store.verify import verify

WHERE = (
    "what is new in store/schema/sqlite.sql and postgres.sql must also stand, word for word, in"
    f" store/schema/upgrade_{schema.VERSION}_sqlite.sql and upgrade_{schema.VERSION}_postgres.sql"
    " (a new column as ALTER TABLE ... ADD COLUMN)"
)
LITE_TABLES = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
LITE_PARTS = {
    "columns": 'SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(:table)',
    "references": 'SELECT "table", "from", "to", on_update, on_delete FROM pragma_foreign_key_list(:table)',
    "indexes": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :table AND sql IS NOT NULL",
    "uniques": "SELECT i.origin, group_concat(c.name) FROM pragma_index_list(:table) i JOIN pragma_index_info(i.name) c"
    " WHERE i.origin <> 'c' GROUP BY i.name",
}
GROWN_PARTS = {
    "columns": "SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity"
    " FROM information_schema.columns WHERE table_schema = current_schema()",
    "indexes": "SELECT tablename, replace(indexdef, current_schema() || '.', '') FROM pg_indexes"
    " WHERE schemaname = current_schema()",
    "constraints": "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = current_schema()::regnamespace",
}


def shape(tx, engine):
    """Everything a database says of its tables, in no order."""
    if engine == "postgres":
        return {part: set(tx.all(question)) for part, question in GROWN_PARTS.items()}
    found = {}
    for table, text in tx.all(LITE_TABLES):
        kind = ("WITHOUT ROWID" in text, "AUTOINCREMENT" in text, sorted(re.findall(r"CHECK *\(.*\)", text)))
        found[table] = kind, {part: set(tx.all(sql, {"table": table})) for part, sql in LITE_PARTS.items()}
    return found


@pytest.fixture
def older(tmp_path):
    return older_folder(tmp_path / "data")


@pytest.mark.parametrize("version", FROZEN)
def test_an_upgraded_schema_is_the_fresh_one(version, tmp_path):
    (tmp_path / "old").mkdir(mode=0o700)
    engine = lone_engine(tmp_path / "old")
    engine.write_now(of_version(version), "sqlite")
    engine.write_now(schema.upgrade, "sqlite")
    fresh = open_home(tmp_path / "fresh", create=True, synchronous="OFF")
    assert engine.read_now(shape, "sqlite") == fresh.engine.read_now(shape, "sqlite"), WHERE
    engine.close()
    fresh.close()


@pytest.mark.postgres
@pytest.mark.parametrize("version", FROZEN)
def test_an_upgraded_schema_is_the_fresh_one_on_the_server(version, postgres_url, tmp_path):
    import psycopg

    from pyeonji.store.engine.postgres import PostgresEngine

    shapes = []
    for name, make in (("upgraded_one", of_version(version)), ("fresh_one", None)):
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")
            connection.execute(f"CREATE SCHEMA {name}")
        engine = PostgresEngine(postgres_url, schema=name)
        if make is not None:
            engine.write_now(make, "postgres")
            engine.write_now(schema.upgrade, "postgres")
        else:
            engine.write_now(schema.prepare, "postgres", False)
        shapes.append(engine.read_now(shape, "postgres"))
        engine.close()
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA {name} CASCADE")
    assert shapes[0] == shapes[1], WHERE


def test_the_comparison_sees_a_column_an_index_and_a_default_that_is_missing(tmp_path):
    """The guard switched off: what the upgrade forgets is seen."""
    fresh = open_home(tmp_path / "fresh", create=True, synchronous="OFF")
    before = fresh.engine.read_now(shape, "sqlite")
    for change in (
        "ALTER TABLE alias ADD COLUMN note TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX alias_by_owner ON alias (owner)",
        "CREATE TABLE more (id INTEGER PRIMARY KEY, note TEXT UNIQUE)",
    ):
        fresh.engine.write_now(lambda tx, sql: tx.run(sql), change)
        after = fresh.engine.read_now(shape, "sqlite")
        assert after != before
        before = after
    fresh.close()


def test_nobody_works_with_the_tables_of_an_older_version(older):
    with pytest.raises(OlderVersion, match="schema 6"):
        open_home(older, create=True)


@pytest.mark.parametrize("version", FROZEN)
def test_letters_are_found_by_whom_they_were_for_after_an_upgrade(version, tmp_path):
    data = older_folder(tmp_path / "data", version)
    engine = lone_engine(data)
    before = engine.read_now(lambda tx: tx.all("SELECT DISTINCT address, message_id FROM recipient ORDER BY 1, 2"))
    engine.close()
    assert upgrade(data).version == version
    home = open_home(data, create=False)
    for address in {address for address, _ in before}:
        found = [number for one, number in before if one == address]
        assert home.engine.read_now(journey.with_address, address) == found[::-1]
        assert home.engine.read_now(summary.letters_of, address)[: len(found)] == found
    assert home.engine.read_now(addressed.waiting) == (0, 0)
    assert len(before) > 2
    assert verify(home) == []
    home.close()


def test_letters_are_there_after_an_upgrade_and_after_going_back(older):
    upgraded = upgrade(older)
    assert upgraded.version == 6
    home = open_home(older, create=False)
    assert len(home.engine.read_now(lambda tx: tx.all("SELECT id FROM message"))) == 4
    assert verify(home) == []
    fill(home, 2)
    home.close()
    assert (way_back(older).then, way_back(older).letters) == (6, 2)
    kept = roll_back(older, NOW)
    with pytest.raises(OlderVersion):
        open_home(older, create=False)
    assert count(older) == 4
    assert count(kept) == 6
    assert not list(older.glob(f"{DATABASE}-*"))
    assert upgrade(older) is not None  # and forth again
    home = open_home(older, create=False)
    assert verify(home) == []
    home.close()


def test_the_octets_of_large_letters_that_were_freed_since_come_back(older):
    upgrade(older)
    (older / "content" / LARGE).unlink()
    roll_back(older, NOW)
    assert (older / "content" / LARGE).read_bytes() == b"x" * 100


def test_an_upgrade_that_fails_in_the_midst_changes_nothing(older, monkeypatch):
    def broken(file):
        return ["CREATE TABLE half (id INTEGER PRIMARY KEY)", "CREATE NONSENSE"]

    monkeypatch.setattr(schema, "statements", broken)
    with pytest.raises(StoreError):
        upgrade(older)
    engine = lone_engine(older)
    assert engine.read_now(lambda tx: tx.all("SELECT name FROM sqlite_master WHERE name = 'half'")) == []
    assert engine.read_now(lambda tx: tx.one("SELECT value FROM meta WHERE name = 'schema'")) == ("6",)
    engine.close()


def test_there_is_no_way_back_without_a_copy_and_none_while_somebody_has_the_store_open(older):
    with pytest.raises(NoCopy):
        roll_back(older, NOW)
    upgrade(older)
    home = open_home(older, create=False)
    with pytest.raises(StoreError, match="in use"):
        roll_back(older, NOW)
    assert verify(home) == []
    home.close()


def test_only_the_newest_copy_is_kept(older):
    (older / BEFORE / "5").mkdir(parents=True)
    upgrade(older)
    assert [path.name for path in (older / BEFORE).iterdir()] == ["6"]
    assert not (older / AFTER).exists()


def test_a_store_that_is_ours_or_not_there_needs_no_upgrade(tmp_path):
    assert upgrade(tmp_path) is None
    open_home(tmp_path / "data", create=True).close()
    assert upgrade(tmp_path / "data") is None
    assert not (tmp_path / "data" / BEFORE).exists()


def test_a_store_whose_tables_could_not_be_made_is_made_when_there_is_room(tmp_path):
    """The first start found a full disk: the file is there, and nothing in it."""
    lone = SqliteEngine(tmp_path / DATABASE)
    lone.write_now(lambda tx: None)
    lone.close()
    assert (tmp_path / DATABASE).exists()
    assert upgrade(tmp_path) is None
    open_home(tmp_path, create=False).close()


def test_what_a_newer_version_wrote_is_never_touched(tmp_path):
    home = open_home(tmp_path / "data", create=True)
    home.engine.write_now(lambda tx: tx.run("UPDATE meta SET value = '999' WHERE name = 'schema'"))
    with pytest.raises(WrongVersion, match="999"):
        home.engine.write_now(schema.upgrade, "sqlite")
    home.close()
    assert upgrade(tmp_path / "data") is None


@pytest.mark.postgres
def test_the_server_is_told_to_make_its_own_copy(postgres_home):
    with pytest.raises(CopiedElsewhere, match="pg_dump"):
        postgres_home.engine.snapshot()


def count(folder):
    engine = lone_engine(folder)
    found = engine.read_now(lambda tx: tx.one("SELECT count(*) FROM message"))[0]
    engine.close()
    return found
