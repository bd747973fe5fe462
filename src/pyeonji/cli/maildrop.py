# ruff: noqa: PTH102, PTH103, PTH112, PTH120 - pathlib is heavy for the light commands
"""Writing a letter to a maildrop folder while the server is down (format: `submission.maildrop`)."""

import contextlib
import errno
import os
from zlib import crc32

from pyeonji.cli.handover import Envelope

SUFFIX = ".drop"
MAGIC = "pyeonji-drop 1"


class NoRoom(Exception):
    """The letter could not be put on disk in `folder`; nothing was taken."""

    def __init__(self, folder: str, error: OSError) -> None:
        super().__init__(error.strerror or str(error))
        self.folder = folder
        self.denied = isinstance(error, PermissionError)


def write_drop(
    folders: "list[str]", envelope: Envelope, content: bytes, *, name: str = "", smtputf8: bool = False
) -> str:
    """The path of the letter in the first folder that takes it, on disk when this returns; raises NoRoom."""
    octets = packed(envelope, content, name=name, smtputf8=smtputf8)
    denied: OSError | None = None
    for folder in folders:
        try:
            return _written(folder, octets)
        except PermissionError as error:
            denied = denied or error
        except OSError as error:
            raise NoRoom(folder, error) from error
    raise NoRoom(folders[-1], denied or OSError(errno.ENOENT, os.strerror(errno.ENOENT))) from denied


def packed(envelope: Envelope, content: bytes, *, name: str = "", smtputf8: bool = False) -> bytes:
    """The whole file.  `name` is the author's, for a From field that is not there."""
    lines = [MAGIC, f"from {envelope.reverse_path}"]
    lines += [f"to {address}\t{notify}" for address, notify in envelope.recipients]
    if name:
        lines.append(f"name {name}")
    if envelope.envid:
        lines.append(f"envid {envelope.envid}")
    if envelope.ret:
        lines.append(f"ret {envelope.ret}")
    if smtputf8 or envelope.needs_utf8:
        lines.append("smtputf8")
    if envelope.requiretls:
        lines.append("requiretls")
    lines.append(f"content {len(content)} {crc32(content):08x}")
    head = "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")
    return head + content


def _written(folder: str, octets: bytes) -> str:
    """Into a temporary file, synced, renamed, and synced again: a power failure leaves all of it or nothing.

    In a folder of somebody else's, who cannot read what is only ours, the file is readable; the folder cannot be
    listed, and nobody guesses its name.
    """
    if not os.path.isdir(folder):
        os.makedirs(os.path.dirname(folder), mode=0o700, exist_ok=True)
        os.mkdir(folder, 0o700)
    at = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW)
    name = _name()
    try:
        mode = 0o600 if os.fstat(at).st_uid == os.geteuid() else 0o644
        fd = os.open(f".{name}.tmp", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode, dir_fd=at)
        try:
            with open(fd, "wb") as stream:
                stream.write(octets)
                stream.flush()
                os.fchmod(fd, mode)  # whatever the umask says
                os.fsync(fd)
                os.rename(f".{name}.tmp", name + SUFFIX, src_dir_fd=at, dst_dir_fd=at)
                os.fsync(fd)  # the rename changed the inode, and goes to disk with it (ext4, XFS, Btrfs)
        except OSError:
            for left in (f".{name}.tmp", name + SUFFIX):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(left, dir_fd=at)
            raise
        _sync_folder(folder)
    finally:
        os.close(at)
    return os.path.join(folder, name + SUFFIX)


def _sync_folder(folder: str) -> None:
    """Where we may look into it; of a folder that cannot be listed only its owner can."""
    try:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except PermissionError:
        return
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _name() -> str:
    """In time order, and nobody's guess: instant, process, chance."""
    import time

    return f"{time.time_ns():016x}-{os.getpid()}-{os.urandom(16).hex()}"
