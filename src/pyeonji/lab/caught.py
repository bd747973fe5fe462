"""Letters that were caught, read as values: for the pages, for programs (`mailpit`) and for tests (`testing`)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from pyeonji.journey.event import Decided
from pyeonji.lab.catch import CATCHER
from pyeonji.message.addresses import Mailbox, parse_mailboxes
from pyeonji.message.charset import Decoded, How
from pyeonji.message.codecs import decode
from pyeonji.message.header import Header, parse_header
from pyeonji.message.mime import scan
from pyeonji.message.part import Part
from pyeonji.message.text import attachments, decoded_part, header_text, is_attachment, readable
from pyeonji.store import directory, entries, journey, messages
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import Home

MAX_HEADER = 64 * 1024  # octets looked at for a list
MAX_TEXT = 4 * 1024 * 1024  # characters of a letter in which links and codes are looked for
LINK = re.compile(r"https?://[^\s<>\"'()]+")
AS_SAID = frozenset({How.ASCII, How.ESCAPES, How.DECLARED})


@dataclass(frozen=True)
class Letter:
    """One that was caught.  `envelope` are the forward-paths as they were said; of a list only the header is there."""

    number: int
    at_us: int
    reverse_path: str
    envelope: tuple[str, ...]
    size: int
    octets: bytes

    @cached_property
    def header(self) -> Header:
        return parse_header(self.octets)

    @cached_property
    def root(self) -> Part:
        return scan(self.octets)

    def field(self, name: str) -> str:
        """The first field of this lower-case name in words, "" where there is none."""
        return header_text(self.header, name.encode())

    def mailboxes(self, name: str) -> list[Mailbox]:
        """All who are named in the fields of this lower-case name."""
        return [one for value in self.header.all(name.encode()) for one in parse_mailboxes(value)]

    @property
    def subject(self) -> str:
        return self.field("subject")

    @cached_property
    def text(self) -> str:
        """What a person reads; HTML made plain where there is no text."""
        return readable(self.octets)

    @cached_property
    def plain(self) -> str:
        return "\n".join(said.text for part, said in self.texts() if part.subtype == "plain").replace("\r\n", "\n")

    @cached_property
    def html(self) -> str:
        """As it was written: never to be shown outside a sandbox."""
        return "\n".join(said.text for part, said in self.texts() if part.subtype == "html")

    def texts(self) -> Iterator[tuple[Part, Decoded]]:
        """The text parts, each with how its charset was found."""
        for part in self.root.walk():
            if part.type == "text" and not part.children and not is_attachment(part):
                yield part, decoded_part(part)

    @cached_property
    def files(self) -> list[tuple[Part, bytes]]:
        """Attachments and their octets."""
        return [(part, decode(part.body, part.encoding)) for part in attachments(self.root)]

    @property
    def charset_ok(self) -> bool:
        """Every text is what its label says."""
        return all(said.how in AS_SAID for _, said in self.texts())

    @property
    def links(self) -> list[str]:
        """Addresses of pages in the text and in the HTML, each once."""
        found = LINK.findall(self.plain[:MAX_TEXT]) + LINK.findall(self.html[:MAX_TEXT].replace("&amp;", "&"))
        return list(dict.fromkeys(one.rstrip(".,;:!?") for one in found))

    def link(self, path: str = "/") -> str:
        """The first link whose path begins so, "" for none."""
        wanted = (one for one in self.links if ("/" + one.split("://", 1)[1].partition("/")[2]).startswith(path))
        return next(wanted, "")

    def code(self, digits: int = 6) -> str:
        """The first number of so many digits, as one-time passwords are, "" for none."""
        found = re.search(rf"(?<!\d)\d{{{digits}}}(?!\d)", self.text[:MAX_TEXT])
        return found[0] if found else ""


def latest(tx: Tx, home: Home, limit: int, *, after: int = 0, whole: bool = False) -> list[Letter]:
    """The newest letters in the catcher's INBOX with numbers above `after`, newest first."""
    numbers = [number for number in numbers_of(tx) if number > after]
    size = -1 if whole else MAX_HEADER
    return [letter for number in numbers[:limit] if (letter := _letter(tx, home, number, size)) is not None]


def one(tx: Tx, home: Home, number: int) -> Letter | None:
    """The letter of this number, whole, if it was caught."""
    return _letter(tx, home, number, -1) if number in numbers_of(tx) else None


def numbers_of(tx: Tx) -> list[int]:
    """All that lie in the catcher's INBOX, the newest first."""
    inbox = directory.inbox(tx, CATCHER)
    return sorted((one.message_id for one in entries.entries(tx, inbox.mailbox_id)), reverse=True) if inbox else []


def _letter(tx: Tx, home: Home, number: int, size: int) -> Letter | None:
    facts = journey.message(tx, number)
    if facts is None:
        return None
    octets = messages.content(tx, home.blobs, number, 0, size)
    return Letter(number, facts.at_us, facts.reverse_path, envelope_of(tx, number), facts.size, octets)


def envelope_of(tx: Tx, number: int) -> tuple[str, ...]:
    """All forward-paths: one copy was filed, and the journey says for whom else."""
    first = [recipient.address for recipient in journey.recipients(tx, number)]
    others = [
        event.value for row in journey.of_message(tx, number) if row.message_id == number for event in row.events
        if isinstance(event, Decided) and event.rule == "one copy"
    ]  # fmt: skip
    return (*first, *others)


def discard(tx: Tx, numbers: set[int] | None, now_us: int) -> int:
    """Throw caught letters away (None: all); how many."""
    inbox = directory.inbox(tx, CATCHER)
    if inbox is None:
        return 0
    found = entries.entries(tx, inbox.mailbox_id)
    uids = [entry.uid for entry in found if numbers is None or entry.message_id in numbers]
    return len(entries.expunge(tx, inbox.mailbox_id, uids, now_us=now_us, account=CATCHER))
