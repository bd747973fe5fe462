"""Backups: folders that are data folders without their secrets, made while the server works.

    DIR/20261127T065512Z/
        mail.db          the database of one instant, without what is secret
        content/         the large letters it names; those of the backup before are linked, not copied again
        maildrop/        what sendmail(8) had left, and nobody had picked up yet
        pyeonji.toml     the configuration
        secrets.sealed   passwords and private keys, sealed with the key; left out when no key was given
        manifest.json    what is here, and its digest; written last

The instant is fixed in our turn to write, and the files of large letters get a second name in that turn: from then on
the sweeper may free what it likes.  The copying itself keeps nobody waiting.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from pyeonji.store import meta, sealing, secrets
from pyeonji.store.engine import lone
from pyeonji.store.engine.base import Snapshot, StoreError, Tx
from pyeonji.store.home import DATABASE, Home, NotUsable
from pyeonji.store.syncing import sync_directory, sync_file
from pyeonji.store.upgrade import files
from pyeonji.store.usage import note_backup

MANIFEST, SEALED, CONFIG, DROPS = "manifest.json", "secrets.sealed", "pyeonji.toml", "maildrop"
MAKING = "making"
NAME = "%Y%m%dT%H%M%SZ"
FORMAT = 1
HOLDING = Path("run", "backup")  # in the data folder: second names of files that are about to be copied
SECRET_FILES = "tls/**/*"  # of the data folder
DROP = "*.drop"
BLOCK = 1 << 20  # octets


class NotABackup(StoreError):
    """There is no backup at this place, or it is not whole."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    format: int
    made_us: int
    schema: int
    letters: int
    database_sha256: str
    sealed: bool


@dataclass(frozen=True, slots=True)
class Sealed:
    """What lies in `secrets.sealed`: rows of tables, and files below the data folder by name."""

    rows: list[secrets.Kept]
    files: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made.  `missing` are files that the store names, but that are not there or were changed."""

    path: Path
    letters: int
    files: int
    copied: int  # of the files; the others lay in the backup before
    missing: tuple[str, ...]


def backups(folder: Path) -> list[Path]:
    """All that are whole, oldest first."""
    return sorted(path.parent for path in folder.glob(f"*/{MANIFEST}") if path.parent.name != MAKING)


def prune(folder: Path, keep: int) -> list[Path]:
    """Remove the oldest, so that `keep` are left; which went."""
    old = backups(folder)[:-keep]
    for path in old:
        shutil.rmtree(path)
    return old


def back_up(
    home: Home, folder: Path, *, now_us: int, key: bytes | None, config: Path | None, maildrops: Iterable[Path]
) -> Made:
    """Make one below `folder`; raises StoreError and CopiedElsewhere."""
    path = folder / datetime.fromtimestamp(now_us // 1_000_000, UTC).strftime(NAME)
    making = folder / MAKING
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        made = _Backup(home, making, path, next(reversed(backups(folder)), None)).make(now_us, key, maildrops)
        if config is not None:
            shutil.copyfile(config, making / CONFIG)
        sync_tree(making)
        making.rename(path)
        sync_directory(folder)
        home.engine.write_now(note_backup, now_us // 1_000_000)
    except OSError as error:
        raise NotUsable(folder, error) from error
    finally:
        shutil.rmtree(home.data / HOLDING, ignore_errors=True)
    return made


class _Backup:
    """One on its way."""

    def __init__(self, home: Home, making: Path, path: Path, before: Path | None) -> None:
        self._home = home
        self._making = making
        self._path = path
        self._before = before
        self._holding = home.data / HOLDING

    def make(self, now_us: int, key: bytes | None, maildrops: Iterable[Path]) -> Made:
        """Raises OSError and StoreError."""
        self._keep_drops(maildrops)  # before the instant: who is picked up meanwhile is in both, and never in neither
        with closing(self._home.engine.write_now(self._pin)) as snapshot:
            names = files(snapshot.tx)
            letters: int = snapshot.tx.all("SELECT count(*) FROM message")[0][0]
            version = meta.number(snapshot.tx, "schema")
            snapshot.copy(self._making / DATABASE)
        self._seal(key)
        copied, missing = self._keep_files(names)
        digest = sha256(self._making / DATABASE)
        manifest = Manifest(FORMAT, now_us, version, letters, digest, key is not None)
        (self._making / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        return Made(self._path, letters, len(names), copied, tuple(missing))

    def _pin(self, tx: Tx) -> Snapshot:
        """In our turn: the instant, and a second name for each file that lies in no backup yet."""
        self._holding.mkdir(mode=0o700, exist_ok=True)
        snapshot = self._home.engine.snapshot()
        try:
            for file in files(snapshot.tx):
                if not self._is_kept(file):
                    with suppress(FileExistsError, FileNotFoundError):
                        os.link(self._home.blobs.folder / file, self._holding / Path(file).name)
        except BaseException:
            snapshot.close()
            raise
        return snapshot

    def _is_kept(self, file: str) -> bool:
        return self._before is not None and (self._before / "content" / file).exists()

    def _keep_files(self, names: list[str]) -> tuple[int, list[str]]:
        """How many were copied, and those that could not be."""
        copied, missing = 0, []
        for file in names:
            target = self._making / "content" / file
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self._before is not None and self._is_kept(file):
                os.link(self._before / "content" / file, target)
            elif copy_content(self._holding / target.name, target):
                copied += 1
            else:
                missing.append(file)
        return copied, missing

    def _keep_drops(self, maildrops: Iterable[Path]) -> None:
        (self._making / DROPS).mkdir(mode=0o700)
        for folder in maildrops:
            for drop in folder.glob(DROP):
                with suppress(FileNotFoundError):  # it was picked up: it is in the database
                    if drop.is_file() and not drop.is_symlink():
                        copy_drop(drop, self._making / DROPS / drop.name)

    def _seal(self, key: bytes | None) -> None:
        """Take the secrets out of the copy, and keep them sealed when there is a key."""
        database = self._making / DATABASE
        rows = lone.changed(database, secrets.take_out)
        lone.rewrite(database)
        if key is not None:
            found = {
                str(path.relative_to(self._home.data)): path.read_bytes()
                for path in self._home.data.glob(SECRET_FILES)
                if path.is_file()
            }
            sealed = sealing.seal(msgspec.msgpack.encode(Sealed(rows, found)), key)
            (self._making / SEALED).write_bytes(sealed)


def copy_content(source: Path, target: Path) -> bool:
    """Copy the octets of a large letter, whose digest is its name; False when they are not there or not those."""
    digest = hashlib.sha256()
    try:
        with source.open("rb") as reading, target.open("xb") as writing:
            while block := reading.read(BLOCK):
                digest.update(block)
                writing.write(block)
    except FileNotFoundError:
        return False
    if digest.hexdigest() != target.name.partition("-")[0]:
        target.unlink()
        return False
    return True


def copy_drop(drop: Path, to: Path) -> None:
    """With the user whose it is, where we may say so: that is who wrote the letter."""
    shutil.copy2(drop, to)
    with suppress(PermissionError):
        os.chown(to, drop.stat().st_uid, -1)


def sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sync_tree(folder: Path) -> None:
    """Everything below, and the names."""
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            sync_directory(path)
        else:
            sync_file(path)
