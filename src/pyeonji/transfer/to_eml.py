"""Into single files, exactly as the letters are; a folder for each mailbox."""

from pathlib import Path

from pyeonji.transfer.leaving import Leaving
from pyeonji.transfer.names import file_name
from pyeonji.transfer.writing import made, write_letter


class ToEml:
    """A writer.  What an earlier run wrote is not written again."""

    def __init__(self, root: Path) -> None:
        self._root = made(root)
        self._folder = root

    def open(self, mailbox: str) -> None:
        self._folder = made(self._root.joinpath(*(file_name(level) for level in mailbox.split("/"))))

    def has(self, leaving: Leaving) -> bool:
        return self._path(leaving).exists()

    def write(self, leaving: Leaving) -> None:
        path = self._path(leaving)
        write_letter(path.with_name(f".{path.name}.part"), path, leaving, leaving.pieces())

    def close(self) -> None:
        """Every letter is complete for itself."""

    def abandon(self) -> None:
        """The same."""

    def _path(self, leaving: Leaving) -> Path:
        return self._folder / f"{leaving.uid:08d}-{leaving.receipt}.eml"
