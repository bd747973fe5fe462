"""Pulling the plug: an SQLite file layer that knows what would be left on the disk.

Writes go to the real file at once, so that the program sees what it wrote.  Beside it, each file's durable octets are
kept: what was there at the last sync.  At the failure everything since then is a matter of luck: each unsynced write is
there or not, and the last one ends at a sector (reliability.md §0.2).
"""

import threading
from pathlib import Path

import apsw

SECTOR = 512  # octets a disk writes whole


class Leftover:
    """What one file has on the disk for certain, and what may be there."""

    def __init__(self, octets):
        self.durable = bytearray(octets)
        self.pending = []  # (offset, octets), or (size, None) for a truncation

    def sync(self):
        for change in self.pending:
            _apply(self.durable, *change)
        self.pending.clear()

    def after_failure(self, luck):
        image = bytearray(self.durable)
        kept = [change for change in self.pending if luck.random() < 0.5]
        if kept and kept[-1][1] is not None:
            offset, octets = kept.pop()
            kept.append((offset, octets[: luck.randrange(len(octets) // SECTOR + 1) * SECTOR]))
        for change in kept:
            _apply(image, *change)
        return bytes(image)


def _apply(image, offset, octets):
    if octets is None:
        del image[offset:]
        return
    if len(image) < offset:
        image.extend(bytes(offset - len(image)))
    image[offset : offset + len(octets)] = octets


class Power(apsw.VFS):
    """A file layer whose power fails before operation number `fails_at`; afterwards nothing reaches the disk."""

    def __init__(self, name="power"):
        super().__init__(name, "")
        self.name = name
        self.lock = threading.Lock()
        self.switch_on(None)

    def switch_on(self, fails_at):
        self.files = {}
        self.operations = 0
        self.fails_at = fails_at

    @property
    def is_off(self):
        return self.fails_at is not None and self.operations >= self.fails_at

    def cut(self):
        """The power fails now, if it has not yet."""
        with self.lock:
            if not self.is_off:
                self.fails_at = self.operations

    def done(self):
        """Count one operation; False when the power is off."""
        if self.is_off:
            return False
        self.operations += 1
        return not self.is_off

    def leave(self, folder, luck):
        """Write what is left of each file into a folder."""
        for path, leftover in self.files.items():
            (folder / Path(path).name).write_bytes(leftover.after_failure(luck))

    def xOpen(self, name, flags):
        return _File(self, name, flags)

    def xDelete(self, path, sync_directory):
        with self.lock:
            if self.done():
                self.files.pop(path, None)
        super().xDelete(path, sync_directory)


class _File(apsw.VFSFile):
    def __init__(self, power, name, flags):
        super().__init__("", name, flags)
        self.power = power
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        with power.lock:
            if path is None:  # a nameless temporary file is not expected to survive
                self.leftover = Leftover(b"")
            else:
                self.leftover = power.files.setdefault(path, Leftover(Path(path).read_bytes()))

    def xWrite(self, data, offset):
        octets = bytes(data)
        with self.power.lock:
            if self.power.done():
                self.leftover.pending.append((offset, octets))
        super().xWrite(octets, offset)

    def xTruncate(self, size):
        with self.power.lock:
            if self.power.done():
                self.leftover.pending.append((size, None))
        super().xTruncate(size)

    def xSync(self, flags):
        with self.power.lock:
            if self.power.done():
                self.leftover.sync()
