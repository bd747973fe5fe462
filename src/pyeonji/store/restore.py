"""A backup becomes a data folder, here or on another machine."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pyeonji.store import mailboxes, sealing, secrets
from pyeonji.store.backup import (
    CONFIG,
    DROP,
    DROPS,
    FORMAT,
    MANIFEST,
    SEALED,
    Manifest,
    NotABackup,
    Sealed,
    backups,
    copy_content,
    copy_drop,
    sha256,
    sync_tree,
)
from pyeonji.store.engine import lone
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import DATABASE, NotUsable, make_folders
from pyeonji.store.syncing import sync_directory
from pyeonji.store.upgrade import files


class InUse(NotABackup):
    """There is a store in the folder already."""


# What `blobs.keep_file` calls a large letter.  A backup may have been changed, and what it names is written.
CONTENT_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}-[0-9A-Za-z-]+\Z")


class Changed(NotABackup):
    """A file of the backup is not as it was written."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back.  `waiting` are recipients whose letters will be carried (again).

    `bare` are accounts that nobody can log in to.
    """

    made_us: int
    letters: int
    waiting: int
    bare: int


def choose(folder: Path, name: str = "") -> Path:
    """The backup of that name, else the newest, else `folder` itself; raises NotABackup."""
    for path in (folder / name if name else folder, *([] if name else reversed(backups(folder)))):
        if (path / MANIFEST).is_file():
            return path
    raise NotABackup(str(folder / name))


def manifest_of(backup: Path) -> Manifest:
    """Raises NotABackup."""
    try:
        manifest = msgspec.json.decode((backup / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise NotABackup(str(backup)) from error
    if manifest.format != FORMAT:
        raise NotABackup(f"{backup}: made by another version")
    return manifest


def restore(backup: Path, data: Path, *, now_us: int, key: bytes | None) -> Restored:
    """Make `data` from a backup; raises StoreError and NotOpened.

    The database comes last: until then it is no store.
    """
    manifest = manifest_of(backup)
    if (data / DATABASE).exists():
        raise InUse(str(data))
    sealed = _opened(backup, key) if manifest.sealed and key is not None else None
    make_folders(data)
    coming = data / f"{DATABASE}.coming"
    try:
        shutil.copyfile(backup / DATABASE, coming)
        coming.chmod(0o600)
        if sha256(coming) != manifest.database_sha256:
            raise Changed(str(backup / DATABASE))
        names, waiting, bare = lone.changed(coming, lambda tx: _settle(tx, sealed, now_us))
        if strange := [name for name in names if not CONTENT_NAME.match(name)]:
            raise Changed(f"{backup / DATABASE}: {strange[0]!r}")
        _bring_files(backup, data, names)
        for name, octets in (sealed.files if sealed else {}).items():
            _write_secret(data, name, octets)
        sync_tree(data)
        coming.rename(data / DATABASE)
        sync_directory(data)
    except OSError as error:
        raise NotUsable(data, error) from error
    return Restored(manifest.made_us, manifest.letters, waiting, bare)


def _opened(backup: Path, key: bytes) -> Sealed:
    try:
        octets = (backup / SEALED).read_bytes()
    except OSError as error:
        raise NotABackup(str(backup)) from error
    return msgspec.msgpack.decode(sealing.unseal(octets, key), type=Sealed)


def _settle(tx: Tx, sealed: Sealed | None, now_us: int) -> tuple[list[str], int, int]:
    """Secrets back in, UIDs anew; the names of files, recipients under way, accounts nobody can log in to."""
    if sealed is not None:
        secrets.put_back(tx, sealed.rows)
    mailboxes.begin_anew(tx, now_us // 1_000_000)
    waiting = tx.all("SELECT count(*) FROM recipient WHERE state IN ('waiting', 'trying')")[0][0]
    bare = tx.all("SELECT count(*) FROM account WHERE id NOT IN (SELECT account_id FROM credential)")[0][0]
    return files(tx), waiting, bare


def _bring_files(backup: Path, data: Path, names: list[str]) -> None:
    for file in names:
        target = data / "content" / file
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        target.unlink(missing_ok=True)  # of an earlier try
        if not copy_content(backup / "content" / file, target) and (backup / "content" / file).exists():
            raise Changed(str(backup / "content" / file))
    for drop in (path for path in (backup / DROPS).glob(DROP) if not path.is_symlink()):
        copy_drop(drop, data / DROPS / drop.name)
    if (backup / CONFIG).exists() and not (data / CONFIG).exists():
        shutil.copyfile(backup / CONFIG, data / CONFIG)


def _write_secret(data: Path, name: str, octets: bytes) -> None:
    path = data / name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as stream:
        stream.write(octets)
