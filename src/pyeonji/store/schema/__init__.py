"""Bringing a database to the schema this version of pyeonji speaks."""

import re
from importlib import resources

from pyeonji.store import meta
from pyeonji.store.engine.base import StoreError, Tx

VERSION = 8  # grows once with each release that changes the schema; upgrade_VERSION_ENGINE.sql says how to get there
OLDEST = 6  # the oldest that can be brought here


class WrongVersion(StoreError):
    """The data directory was written by another version."""

    def __init__(self, found: int) -> None:
        super().__init__(f"schema {found}, this program speaks {VERSION}")
        self.found = found


class OlderVersion(WrongVersion):
    """The data directory was written by an older version, and can be brought to ours (`store.upgrade`)."""


def prepare(tx: Tx, engine: str, exists: bool) -> None:
    """Create the tables, or check that they are of our version; raises WrongVersion."""
    if not exists:
        for statement in statements(engine):
            tx.run(statement)
        tx.run("INSERT INTO meta (name, value) VALUES ('schema', :version)", {"version": str(VERSION)})
        return
    if (found := meta.number(tx, "schema")) != VERSION:
        raise OlderVersion(found) if OLDEST <= found < VERSION else WrongVersion(found)


def upgrade(tx: Tx, engine: str) -> int:
    """Bring the tables of an older version to ours; the version they had.  Raises WrongVersion."""
    found = meta.number(tx, "schema")
    if not OLDEST <= found <= VERSION:
        raise WrongVersion(found)
    for number in range(found + 1, VERSION + 1):
        for statement in statements(f"upgrade_{number}_{engine}"):
            tx.run(statement)
        meta.remember(tx, "schema", number)
    return found


def prepare_digests(tx: Tx, engine: str, version: int, *, anew: bool = False) -> None:
    """Create the tables of what is made from octets; those of another version, or all `anew`, are dropped first."""
    tx.run(DIGESTS_META)
    if meta.number(tx, "digest version") == version and not anew:
        return
    made = statements(f"digest_{engine}")
    for table in re.findall(r"CREATE (?:VIRTUAL )?TABLE (\w+)", "\n".join(made)):
        tx.run(f"DROP TABLE IF EXISTS {table}")
    for statement in made:
        tx.run(statement)
    for name, value in (("version", version), ("additions", 0), ("drops", 0)):
        meta.remember(tx, f"digest {name}", value)


DIGESTS_META = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)"


def statements(file: str) -> list[str]:
    """The statements of one schema file, without comments.  A statement ends with the ";" at the end of a line."""
    text = resources.files(__package__).joinpath(f"{file}.sql").read_text("utf-8")
    lines = (line.partition("--")[0] for line in text.splitlines())
    return [
        statement.strip() for statement in re.split(r";\s*$", "\n".join(lines), flags=re.MULTILINE) if statement.strip()
    ]
