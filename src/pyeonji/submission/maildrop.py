"""Letters that sendmail(8) left in a maildrop folder while the server was down.

A drop is one file: lines of text that end with LF, then the octets of the letter.

    pyeonji-drop 1
    from kim@example.com                 nothing after the space: the null reverse-path
    to lee@example.net<TAB>FAILURE       one line each; after the tab NOTIFY (RFC 3461), or nothing
    name CronDaemon                      optional: the name of the author, when there is no From field
    envid reset-91827                    optional
    ret HDRS                             optional: FULL or HDRS
    smtputf8                             optional
    content 1234 89abcdef                its octets and their CRC-32; the letter (CR LF line ends) follows this line

Whoever may write into the folder may write anything: a file that is not exactly this is put aside into the quarantine
folder with the reason beside it, and the others go on.  What is no plain file is not looked at, and is told of
(`submission.unread`); nothing is removed that was not read.  In a folder that is
everybody's, a file is its writer's: who that is, is told by the kernel and kept with the letter.

A name without a domain is an address here: whoever reads the file knows the domain.
"""

import contextlib
import errno
import heapq
import os
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path
from zlib import crc32

from pyeonji.address import Address, NotAnAddress, parse_address
from pyeonji.delivery.plan import Wanted

MAGIC = b"pyeonji-drop 1"
MAX_HEAD = 1 << 20  # octets before the letter: 1,000 recipients are a tenth of that
MAX_CONTENT = 256 << 20  # octets, the most sendmail reads
MAX_RECIPIENTS = 1_000
NOTIFY = frozenset({"NEVER", "SUCCESS", "FAILURE", "DELAY"})
SUFFIX = ".drop"
QUARANTINE = "maildrop/quarantine"  # in the data folder
ASIDE = ".aside"  # behind the name of what cannot be read and cannot go there: it stays, and is not looked at again


class CorruptDrop(ValueError):
    """The file is no drop; the text says why."""


class NoDomain(ValueError):
    """The file has a name without a domain, and there is no domain for it yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """One letter with its envelope."""

    reverse_path: Address | None
    recipients: tuple[Wanted, ...]
    content: bytes
    envid: str = ""
    ret: str = ""
    smtputf8: bool = False
    requiretls: bool = False
    name: str = ""
    owner: int = 0  # user id of who wrote it
    written_ms: int = 0  # since 1970 UTC


def waiting(folder: Path, limit: int) -> list[Path]:
    """The oldest letters in a folder, by name; [] where there is none."""
    try:
        with os.scandir(folder) as found:
            names = [one.name for one in found if one.name.endswith(SUFFIX) and one.is_file(follow_symlinks=False)]
    except OSError:
        return []
    return [folder / name for name in heapq.nsmallest(limit, names)]


def read_drop(path: Path, domain: str) -> Drop:
    """The letter in a file; raises CorruptDrop, NoDomain, and FileNotFoundError when it has gone meanwhile."""
    octets, found = _octets(path)
    return replace(parse_drop(octets, domain), owner=found.st_uid, written_ms=found.st_mtime_ns // 1_000_000)


def forget(path: Path) -> None:
    """The letter is ours now; the file is not needed any more."""
    path.unlink(missing_ok=True)


def parse_drop(octets: bytes, domain: str) -> Drop:
    """`domain` is for names without one.  Raises NoDomain, and CorruptDrop for anything that is not exactly a drop."""
    reader = _Reader(domain)
    at = 0
    while not reader.complete:
        end = octets.find(b"\n", at, MAX_HEAD)
        if end < 0:
            raise CorruptDrop("the envelope is cut off")
        reader.line(octets[at:end])
        at = end + 1
    content = octets[at:]
    if len(content) != reader.size or crc32(content) != reader.checksum:
        raise CorruptDrop("the letter is cut off or changed")
    if not reader.recipients:
        raise CorruptDrop("nobody is to get it")
    return Drop(
        reverse_path=reader.reverse_path,
        recipients=tuple(reader.recipients),
        content=content,
        envid=reader.envid,
        ret=reader.ret,
        smtputf8=reader.smtputf8,
        requiretls=reader.requiretls,
        name=reader.name,
    )


def quarantine(path: Path, folder: Path, because: str) -> None:
    """Put a file aside into `folder`, with the reason in NAME.reason; it is not looked at again."""
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        aside = folder / path.name
        try:
            path.rename(aside)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            copy_aside(path, aside)
        (folder / f"{path.name}.reason").write_text(f"{because}\n", "utf-8", "replace")


def copy_aside(path: Path, aside: Path) -> None:
    """Across file systems: what can be read goes there; the rest stays under another name.  Raises OSError."""
    try:
        octets, _ = _octets(path)
    except CorruptDrop:
        path.rename(path.with_name(path.name + ASIDE))
        return
    aside.write_bytes(octets)
    path.unlink()


@dataclass(slots=True)
class _Reader:
    """The lines before the letter, in their only order: magic, from, to ..., the rest, content."""

    domain: str
    seen: set[str] = field(default_factory=set)
    reverse_path: Address | None = None
    recipients: list[Wanted] = field(default_factory=list)
    envid: str = ""
    ret: str = ""
    smtputf8: bool = False
    requiretls: bool = False
    name: str = ""
    size: int = -1
    checksum: int = 0

    @property
    def complete(self) -> bool:
        return self.size >= 0

    def line(self, octets: bytes) -> None:
        if not self.seen:
            if octets != MAGIC:
                raise CorruptDrop("it does not begin as a drop does")
            self.seen.add("magic")
            return
        try:
            text = octets.decode()
        except UnicodeDecodeError as error:
            raise CorruptDrop("the envelope is not UTF-8") from error
        name, _, value = text.partition(" ")
        if not value.isprintable() and name != "to":
            raise CorruptDrop("control characters in the envelope")
        if name != "to" and name in self.seen:
            raise CorruptDrop(f"{name} twice")
        self.seen.add(name)
        self._take(name, value)

    def _take(self, name: str, value: str) -> None:
        if name == "from":
            self.reverse_path = self._address(value) if value else None
        elif name == "to":
            self._recipient(value)
        elif name == "envid":
            self.envid = value
        elif name == "name":
            self.name = value
        elif name == "ret" and value in ("FULL", "HDRS"):
            self.ret = value
        elif name == "smtputf8" and not value:
            self.smtputf8 = True
        elif name == "requiretls" and not value:
            self.requiretls = True
        elif name == "content" and "from" in self.seen:
            self._content(value)
        else:
            raise CorruptDrop("a line that says nothing we know")

    def _recipient(self, value: str) -> None:
        address, _, notify = value.partition("\t")
        if notify and not set(notify.split(",")) <= NOTIFY:
            raise CorruptDrop("NOTIFY is none")
        if len(self.recipients) >= MAX_RECIPIENTS:
            raise CorruptDrop(f"more than {MAX_RECIPIENTS} recipients")
        self.recipients.append(Wanted(self._address(address), notify))

    def _address(self, text: str) -> Address:
        if "@" not in text:
            if not self.domain:
                raise NoDomain(text)
            text = f"{text}@{self.domain}"
        try:
            return parse_address(text)
        except NotAnAddress as error:
            raise CorruptDrop("an address is none") from error

    def _content(self, value: str) -> None:
        size, _, checksum = value.partition(" ")
        if not (size.isascii() and size.isdecimal() and len(size) <= 12 and int(size) <= MAX_CONTENT):
            raise CorruptDrop("the size is none")
        try:
            self.checksum = int(checksum, 16) if len(checksum) == 8 else -1
        except ValueError as error:
            raise CorruptDrop("the checksum is none") from error
        self.size = int(size)


def _octets(path: Path) -> tuple[bytes, os.stat_result]:
    """The octets of a plain file: no link leads elsewhere, nobody holds another name of it (L04).

    The names are counted through the path, when the file is open: of a file that is linked here and taken away again,
    one name is left, too, but not this one.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise CorruptDrop(f"it cannot be opened: {error.strerror}") from error
    with open(fd, "rb") as stream:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or not _is_only_name(path, found):
            raise CorruptDrop("it is no plain file, or has several names")
        if found.st_size > MAX_HEAD + MAX_CONTENT:
            raise CorruptDrop("it is too large")
        return stream.read(MAX_HEAD + MAX_CONTENT), found


def _is_only_name(path: Path, opened: os.stat_result) -> bool:
    now = path.lstat()
    return (now.st_dev, now.st_ino, now.st_nlink) == (opened.st_dev, opened.st_ino, 1)
