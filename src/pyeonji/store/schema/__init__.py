"""Bringing a database to the schema this version of pyeonji speaks."""

from importlib import resources

from pyeonji.store.engine.base import StoreError, Tx, single

VERSION = 4  # grows with each change; a numbered file beside this one says how to get there


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


def statements(engine: str) -> list[str]:
    """The statements of one engine's schema file, without comments."""
    text = resources.files(__package__).joinpath(f"{engine}.sql").read_text("utf-8")
    lines = (line.partition("--")[0] for line in text.splitlines())
    return [statement.strip() for statement in "\n".join(lines).split(";") if statement.strip()]
