"""From the schema of an older version to ours, and back (docs/adr/0013-upgrades.md).

A copy of the database is made inside the transaction that changes it: nothing is committed between the two.  The files
of large letters are not copied but linked, so that the sweeper cannot free what the copy names.
"""

import contextlib
import os
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from pyeonji.store import mailboxes, meta, schema
from pyeonji.store.engine import lone
from pyeonji.store.engine.base import Engine, StoreError, Tx
from pyeonji.store.engine.sqlite import SqliteEngine
from pyeonji.store.home import DATABASE, HAS_TABLES, NotUsable
from pyeonji.store.syncing import sync_directory, sync_file

P = ParamSpec("P")
T = TypeVar("T")

BEFORE, AFTER = "before", "after"  # folders of the copies: before an upgrade, and after it when it was taken back
MAKING = "making"
WAIT_MS = 2_000  # for those who have the database open to go


class NoCopy(StoreError):
    """There is nothing to go back to."""


@dataclass(frozen=True, slots=True)
class Upgraded:
    """From which version, and where what was there before lies now."""

    version: int
    copy: Path


@dataclass(frozen=True, slots=True)
class Way:
    """What going back means: from and to which version, and how many letters came after the copy was made."""

    now: int
    then: int
    copy: Path
    letters: int


def upgrade(data: Path) -> Upgraded | None:
    """Bring a data folder to our schema; None when it is there already, or empty.  Raises StoreError.

    The caller has the server's lock: no other program works with the tables meanwhile.
    """
    if not (data / DATABASE).exists():
        return None
    engine = SqliteEngine(data / DATABASE)
    try:
        if not engine.read_now(_is_older):
            return None  # whoever opens it next says what is wrong
        return engine.write_now(_upgrade, engine, data)
    finally:
        engine.close()


def _is_older(tx: Tx) -> bool:
    """Not where the disk was full when the tables were to be made: then there are none, and they are made now."""
    return tx.one(HAS_TABLES[SqliteEngine.name]) is not None and (
        schema.OLDEST <= meta.number(tx, "schema") < schema.VERSION
    )


def _upgrade(tx: Tx, engine: Engine, data: Path) -> Upgraded:
    found = meta.number(tx, "schema")
    copy = _keep(tx, engine, data, found)
    schema.upgrade(tx, engine.name)
    return Upgraded(found, copy)


def _keep(tx: Tx, engine: Engine, data: Path, version: int) -> Path:
    """A copy of the database and of the names of all files; only the newest copy is kept."""
    making, copy = data / BEFORE / MAKING, data / BEFORE / str(version)
    try:
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True, mode=0o700)
        with closing(engine.snapshot()) as snapshot:
            snapshot.copy(making / DATABASE)
        link(files(tx), data, making)
        sync_directory(making)
        for old in (data / BEFORE).iterdir():
            if old != making:
                shutil.rmtree(old)
        making.rename(copy)
        sync_directory(copy.parent)
    except OSError as error:
        raise NotUsable(copy, error) from error
    return copy


def link(names: list[str], source: Path, target: Path) -> None:
    """Give the octets of these files of `source`/content a name below `target`/content, too; raises OSError.

    One that is not there is passed over: `pyeonji verify` tells of it, and going back must not fail for it.
    """
    folders = {target}
    for file in names:
        name = target / "content" / file
        name.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        folders |= {name.parent, name.parent.parent}
        with contextlib.suppress(FileExistsError, FileNotFoundError):
            os.link(source / "content" / file, name)
    for folder in folders:
        sync_directory(folder)


def way_back(data: Path) -> Way:
    """What `roll_back` would do; raises NoCopy and StoreError."""
    copies = [path for path in (data / BEFORE).glob("*") if path.name.isdigit() and (path / DATABASE).exists()]
    if not copies or not (data / DATABASE).exists():
        raise NoCopy(str(data))
    then, last = _asked(copies[0], _standing)
    now, _ = _asked(data, _standing)
    return Way(now, then, copies[0], _asked(data, _letters_after, last))


def roll_back(data: Path, now_us: int) -> Path:
    """Put the copy that was made before the last upgrade in place; where what was there lies now.

    The caller has the server's lock.  The copy stays where it is.  Raises NoCopy, StoreError.
    """
    way = way_back(data)
    kept, back = data / AFTER / str(way.now), data / f"{DATABASE}.back"
    newer, older = _asked(data, files), _asked(way.copy, files)
    lone.alone(data / DATABASE, WAIT_MS)
    lone.alone(way.copy / DATABASE, WAIT_MS)
    try:
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True, mode=0o700)
        link(newer, data, kept)
        link(older, way.copy, data)
        os.link(data / DATABASE, kept / DATABASE)
        shutil.copyfile(way.copy / DATABASE, back)
        back.chmod(0o600)
        begin_anew(back, now_us)
        sync_file(back)
        sync_directory(kept)
        back.rename(data / DATABASE)  # until here nothing has changed, from here everything
        sync_directory(data)
    except OSError as error:
        raise NotUsable(data, error) from error
    return kept


def begin_anew(database: Path, now_us: int) -> None:
    """Clients have seen UIDs that an older database will give again: they must begin anew (RFC 9051 §2.3.1.1)."""
    lone.changed(database, lambda tx: mailboxes.begin_anew(tx, now_us // 1_000_000))


def files(tx: Tx) -> list[str]:
    """The names of all large letters' files."""
    return [row[0] for row in tx.all("SELECT file FROM content WHERE file <> ''")]


def _standing(tx: Tx) -> tuple[int, int]:
    """The version of a database, and its newest letter."""
    return meta.number(tx, "schema"), tx.all("SELECT coalesce(max(id), 0) FROM message")[0][0]


def _letters_after(tx: Tx, number: int) -> int:
    count: int = tx.all("SELECT count(*) FROM message WHERE id > :id", {"id": number})[0][0]
    return count


def _asked(folder: Path, question: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the database in a folder answers."""
    engine = SqliteEngine(folder / DATABASE)
    try:
        return engine.read_now(question, *args, **kwargs)
    finally:
        engine.close()
