"""An account, and what lies in its mailboxes after letters were moved."""

import os

from kit.stored import person
from pyeonji.cli import main
from pyeonji.proto.imap.flags import Flags
from pyeonji.store import entries, journey, mailboxes, messages
from pyeonji.store.home import open_home

KIM = "kim@a.test"


class Moved:
    """A data folder with one account, and the commands on it."""

    def __init__(self, data, capsys=None, **facts):
        self.data, self._capsys = data, capsys
        self.home = open_home(data, create=True, synchronous="OFF")
        self.kim = person(self.home, KIM, **facts)

    def run(self, *words):
        """(exit code, what was printed, what was complained about)."""
        os.environ["PYEONJI_DATA"] = str(self.data)
        code = main([*map(str, words), "--lang", "en"])
        said = self._capsys.readouterr() if self._capsys else None
        return code, said.out if said else "", said.err if said else ""

    def names(self):
        """Mailboxes that have letters."""
        return {box.name for box in self._boxes() if box.messages}

    def letters(self, name="INBOX"):
        """[(octets, flags, internal date)] in the order of UIDs."""
        box = self.home.engine.read_now(mailboxes.mailbox, self.kim.id, name)
        if box is None:
            return []
        return [
            (
                self.home.engine.read_now(messages.content, self.home.blobs, entry.message_id),
                Flags(entry.flags, frozenset(entry.keywords.split())),
                entry.internal_us,
            )
            for entry in self.home.engine.read_now(entries.entries, box.id)
        ]

    def all(self):
        """{mailbox: letters} of mailboxes that have some."""
        return {name: self.letters(name) for name in self.names()}

    def events(self, name="INBOX"):
        """The journey of each letter of a mailbox."""
        box = self.home.engine.read_now(mailboxes.mailbox, self.kim.id, name)
        found = self.home.engine.read_now(entries.entries, box.id)
        rows = [self.home.engine.read_now(journey.of_message, entry.message_id) for entry in found]
        return [[event for row in some for event in row.events] for some in rows]

    def letters_count(self):
        """The UIDs of INBOX."""
        return self.home.engine.read_now(
            lambda tx: tx.all("SELECT e.uid FROM entry e JOIN mailbox b ON b.id = e.mailbox_id WHERE b.name = 'INBOX'")
        )

    def _boxes(self):
        return self.home.engine.read_now(mailboxes.mailboxes, self.kim.id)

    def close(self):
        self.home.close()
