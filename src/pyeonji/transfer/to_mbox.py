"""Into mbox files that others read, one for each mailbox: mboxrd, with flags and keywords in header fields."""

from collections.abc import Iterator
from pathlib import Path

from pyeonji.transfer.leaving import Leaving
from pyeonji.transfer.lines import Lines, quoted
from pyeonji.transfer.marks import mbox_fields
from pyeonji.transfer.mbox_scan import HEAD_END, from_line
from pyeonji.transfer.names import file_name
from pyeonji.transfer.writing import Part, made, native_pieces

SUFFIX = ".mbox"
NEAR = 1 << 18  # octets in which the end of a header is looked for


class ToMbox:
    """A writer.  A file is complete or not there; one that is there already is replaced."""

    def __init__(self, root: Path) -> None:
        self._root = made(root)
        self._path = root
        self._part: Part | None = None

    def path(self, mailbox: str) -> Path:
        *above, last = [file_name(level) for level in mailbox.split("/")]
        return self._root.joinpath(*above, last + SUFFIX)

    def open(self, mailbox: str) -> None:
        self._path = self.path(mailbox)
        made(self._path.parent)
        self._part = Part(self._path.with_name(f".{self._path.name}.part"))

    def has(self, leaving: Leaving) -> bool:
        return False

    def write(self, leaving: Leaving) -> None:
        assert self._part is not None
        stream = self._part.stream
        begun = stream.tell()
        try:
            stream.write(from_line(leaving.internal_us))
            size, head, last = _measure(leaving)
            fields = mbox_fields(leaving.flags)
            if last != b"\n" and head:  # only a measure says that a letter does not end in a line end
                stream.write(b"Content-Length: %d\n" % (size - head))
            stream.write(fields)
            for piece in _lines(leaving):
                stream.write(piece)
            stream.write(b"\n" if last == b"\n" else b"\n\n")
        except BaseException:
            stream.seek(begun)
            stream.truncate()
            raise

    def close(self) -> None:
        assert self._part is not None
        self._part.keep(self._path)
        self._part = None

    def abandon(self) -> None:
        if self._part is not None:
            self._part.drop()
            self._part = None


def _lines(leaving: Leaving) -> Iterator[bytes]:
    """The letter as it stands in the file."""
    lines = Lines(quoted)
    for piece in native_pieces(leaving):
        yield lines.feed(piece)
    yield lines.end()


def _measure(leaving: Leaving) -> tuple[int, int, bytes]:
    """(octets in the file, those of the header with its empty line or 0, the last octet; LF for no octets at all)."""
    size, start, last = 0, b"", b"\n"
    for piece in _lines(leaving):
        if size < NEAR:
            start += piece
        size += len(piece)
        last = piece[-1:] or last
    if start.startswith((b"\n", b"\r\n")):
        return size, start.index(b"\n") + 1, last
    end = HEAD_END.search(start)
    return size, end.end() if end else 0, last
