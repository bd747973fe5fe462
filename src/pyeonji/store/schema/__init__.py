"""Bringing a database to the schema this version of pyeonji speaks."""

import re
from importlib import resources

from pyeonji.store import meta
from pyeonji.store.engine.base import StoreError, Tx, single

VERSION = 6  # grows with each change; a numbered file beside this one says how to get there


class WrongVersion(StoreError):
    """The data directory was written by another version."""


def prepare(tx: Tx, engine: str, exists: bool) -> None:
    """Create the tables, or check that they are of our version; raises WrongVersion."""
    if not exists:
        for statement in statements(engine):
            tx.run(statement)
        tx.run("INSERT INTO meta (name, value) VALUES ('schema', :version)", {"version": str(VERSION)})
        return
    found = single(tx.one("SELECT value FROM meta WHERE name = 'schema'"))
    if found != str(VERSION):
        raise WrongVersion(f"schema {found!r}, this program speaks {VERSION}")


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
    """The statements of one schema file, without comments."""
    text = resources.files(__package__).joinpath(f"{file}.sql").read_text("utf-8")
    lines = (line.partition("--")[0] for line in text.splitlines())
    return [statement.strip() for statement in "\n".join(lines).split(";") if statement.strip()]
