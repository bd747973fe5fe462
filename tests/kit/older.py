"""Data folders as versions of long ago left them, made from texts that are kept in tests/cases/schema."""

from pathlib import Path

from pyeonji.store import meta, schema
from pyeonji.store.engine.sqlite import SqliteEngine
from pyeonji.store.home import DATABASE

CASES = Path(__file__).parent.parent / "cases" / "schema"
FROZEN = (6, 7)  # versions whose text is kept: each that was ever released, but the newest
LARGE = "09/09ecb6ebc8bcefc733f6f2ec44f791abeed6a99edf0cc31519637898aebd52d8-1"  # the large letter's file


def older_folder(data, version=6):
    """A folder of this version with four letters in it, one of them large."""
    (data / "content" / LARGE).parent.mkdir(mode=0o700, parents=True)
    (data / "content" / LARGE).write_bytes(b"x" * 100)
    data.chmod(0o700)
    engine = lone_engine(data)
    engine.write_now(of_version(6), "sqlite")
    engine.write_now(_run, "6_letters")
    engine.write_now(_grow, version)
    engine.close()
    return data


def lone_engine(data):
    """A database without the checks of its version."""
    return SqliteEngine(data / DATABASE, synchronous="OFF")


def of_version(number):
    """Makes the tables as that version made them."""

    def make(tx, engine):
        _run(tx, f"{number}_{engine}")
        tx.run("INSERT INTO meta (name, value) VALUES ('schema', :number)", {"number": str(number)})

    return make


def _grow(tx, version):
    """Step by step, by texts that are never changed any more."""
    for number in range(7, version + 1):
        for statement in schema.statements(f"upgrade_{number}_sqlite"):
            tx.run(statement)
        meta.remember(tx, "schema", number)


def _run(tx, name):
    plain = "\n".join(line.partition("--")[0] for line in (CASES / f"{name}.sql").read_text("utf-8").splitlines())
    for statement in filter(str.strip, plain.split(";\n")):
        tx.run(statement)
