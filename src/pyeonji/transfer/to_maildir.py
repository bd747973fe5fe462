"""Into a Maildir++ that others read: flags in the names, keywords as Dovecot keeps them, dates as the files' own."""

import os
from collections.abc import Mapping
from pathlib import Path

from pyeonji.proto.imap.names import INBOX
from pyeonji.transfer.leaving import Leaving
from pyeonji.transfer.marks import MAILDIR, MAX_LETTERS, read_keywords, split_name, to_maildir, words_beyond
from pyeonji.transfer.names import maildir_name
from pyeonji.transfer.writing import made, native_pieces, write_letter

KEYWORDS = "dovecot-keywords"
HOST = "pyeonji"  # at the end of the names


class ToMaildir:
    """A writer.  What an earlier run wrote is known by its name and not written again."""

    def __init__(self, root: Path) -> None:
        self._root = made(root)
        self._folder = root
        self._there: dict[str, str] = {}  # unique part: whole name
        self._letters: dict[str, str] = {}  # keyword: its letter
        self.nameless: set[str] = set()  # keywords beyond those a Maildir can tell apart

    def open(self, mailbox: str) -> None:
        levels = [] if mailbox == INBOX else mailbox.split("/")
        self._folder = made(self._root / maildir_name(levels)) if levels else self._root
        for box in ("cur", "new", "tmp"):
            made(self._folder / box)
        if levels:
            (self._folder / "maildirfolder").touch()  # Maildir++: this is a folder, not a Maildir of its own
        with os.scandir(self._folder / "cur") as found:
            self._there = {split_name(entry.name)[0]: entry.name for entry in found}
        self._letters = {word: letter for letter, word in self._kept().items()}

    def has(self, leaving: Leaving) -> bool:
        """Flags may have changed since: then the file gets another name."""
        unique = _unique(leaving)
        there = self._there.get(unique)
        if there is None:
            return False
        name = self._name(unique, leaving)
        if there != name:
            (self._folder / "cur" / there).rename(self._folder / "cur" / name)
        return True

    def write(self, leaving: Leaving) -> None:
        unique = _unique(leaving)
        target = self._folder / "cur" / self._name(unique, leaving)
        write_letter(self._folder / "tmp" / unique, target, leaving, native_pieces(leaving))

    def close(self) -> None:
        words = sorted(self._letters.items(), key=lambda pair: pair[1])
        if words:
            path = self._folder / KEYWORDS
            path.write_text("".join(f"{ord(letter) - ord('a')} {word}\n" for word, letter in words), "utf-8")

    def abandon(self) -> None:
        self.close()

    def _name(self, unique: str, leaving: Leaving) -> str:
        for word in words_beyond(leaving.flags, MAILDIR.values()):
            if word not in self._letters:
                if len(self._letters) == MAX_LETTERS:
                    self.nameless.add(word)
                    continue
                self._letters[word] = chr(ord("a") + len(self._letters))
        return f"{unique}:2,{to_maildir(leaving.flags, self._letters)}"

    def _kept(self) -> Mapping[str, str]:
        try:
            return read_keywords((self._folder / KEYWORDS).read_text("utf-8", "replace"))
        except FileNotFoundError:
            return {}


def _unique(leaving: Leaving) -> str:
    """The same in every run."""
    seconds, micros = divmod(leaving.internal_us, 1_000_000)
    return f"{seconds}.M{micros:06d}U{leaving.uid}R{leaving.receipt}.{HOST}"
