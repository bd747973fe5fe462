# ruff: noqa: PTH102, PTH103, PTH112 - pathlib is heavy for the light commands
"""Writing a letter to DATA/maildrop while the server is down (format: `submission.maildrop`)."""

import os
from zlib import crc32

from pyeonji.cli.handover import Envelope

FOLDER = "maildrop"
SUFFIX = ".drop"
MAGIC = "pyeonji-drop 1"


class NoRoom(Exception):
    """The letter could not be put on disk; nothing was taken."""


def write_drop(data: str, envelope: Envelope, content: bytes, *, smtputf8: bool = False) -> str:
    """The path of the letter, which is on disk when this returns; raises NoRoom."""
    try:
        return _written(data, packed(envelope, content, smtputf8=smtputf8))
    except OSError as error:
        raise NoRoom(error.strerror or str(error)) from error


def packed(envelope: Envelope, content: bytes, *, smtputf8: bool = False) -> bytes:
    """The whole file."""
    lines = [MAGIC, f"from {envelope.reverse_path}"]
    lines += [f"to {address}\t{notify}" for address, notify in envelope.recipients]
    if envelope.envid:
        lines.append(f"envid {envelope.envid}")
    if envelope.ret:
        lines.append(f"ret {envelope.ret}")
    if smtputf8 or envelope.needs_utf8:
        lines.append("smtputf8")
    lines.append(f"content {len(content)} {crc32(content):08x}")
    head = "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")
    return head + content


def _written(data: str, octets: bytes) -> str:
    """Into a temporary file, synced, renamed, and the folder synced: a power failure leaves all of it or nothing."""
    folder = os.path.join(data, FOLDER)
    os.makedirs(data, mode=0o700, exist_ok=True)
    if not os.path.isdir(folder):
        os.mkdir(folder, 0o700)
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    name = f"{_name()}"
    try:
        fd = os.open(f".{name}.tmp", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=at)
        try:
            with open(fd, "wb") as stream:
                stream.write(octets)
                stream.flush()
                os.fsync(fd)
            os.rename(f".{name}.tmp", name + SUFFIX, src_dir_fd=at, dst_dir_fd=at)
        except OSError:
            os.unlink(f".{name}.tmp", dir_fd=at)
            raise
        os.fsync(at)
    finally:
        os.close(at)
    return os.path.join(folder, name + SUFFIX)


def _name() -> str:
    """In time order, and nobody else's: process, instant, chance."""
    import time

    return f"{time.time_ns():016x}-{os.getpid()}-{os.urandom(6).hex()}"
