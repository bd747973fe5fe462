"""What all sessions together know: letters do not change, UIDs are never given twice, what is gone stays gone."""

import hashlib
import itertools
import re
from dataclasses import dataclass, field

MARK = re.compile(rb"^X-Stress: (\d+)\r\n", re.M)


class Contradiction(AssertionError):
    """The server said two things that cannot both be true."""


def letter(number: int) -> bytes:
    """A letter that can be made again from its number alone."""
    noise = hashlib.sha256(b"%d" % number).hexdigest().encode()
    lines = [noise[: (number * 7 + n) % 60 + 1] for n in range(number % 90)]
    return b"From: kim@here.test\r\nSubject: %s %d\r\nX-Stress: %d\r\n\r\n%s\r\n" % (
        "편지".encode(), number, number, b"\r\n".join(lines),
    )  # fmt: skip


@dataclass
class Place:
    """One mailbox under one UIDVALIDITY."""

    facts: dict[tuple[int, str], object] = field(default_factory=dict)  # (uid, item) -> value that never changes
    modseq: dict[int, int] = field(default_factory=dict)  # uid -> greatest MODSEQ told
    gone: set[int] = field(default_factory=set)
    highest_uid: int = 0
    uidnext: int = 0


class Ledger:
    """Shared by all actors of one run."""

    def __init__(self) -> None:
        self.places: dict[int, Place] = {}
        self.letters = itertools.count(1)
        self.names: dict[str, int] = {}  # mailbox -> the greatest UIDVALIDITY told
        self.checks = 0

    def place(self, uidvalidity: int) -> Place:
        return self.places.setdefault(uidvalidity, Place())

    def opened(self, name: str, uidvalidity: int, uidnext: int, uidnext_before: int) -> None:
        """`uidnext_before`: the greatest UIDNEXT that was known before the command was sent."""
        if uidvalidity < self.names.get(name, 0):
            raise Contradiction(f"{name}: UIDVALIDITY {uidvalidity} after {self.names[name]}")
        self.names[name] = uidvalidity
        if uidnext < uidnext_before:
            raise Contradiction(f"{name}: UIDNEXT {uidnext} after {uidnext_before}")
        place = self.place(uidvalidity)
        place.uidnext = max(place.uidnext, uidnext)
        self.checks += 1

    def told(self, uidvalidity: int, uid: int, item: str, value: object) -> None:
        """An item of a letter that can never change."""
        known = self.place(uidvalidity).facts.setdefault((uid, item), value)
        if known != value:
            raise Contradiction(f"UID {uid}: {item} was {known!r}, is {value!r}")
        self.checks += 1

    def content(self, uidvalidity: int, uid: int, octets: bytes) -> None:
        found = MARK.search(octets)
        if found is None:
            raise Contradiction(f"UID {uid}: a letter nobody wrote: {octets[:80]!r}")
        if octets != letter(int(found[1])):
            raise Contradiction(f"UID {uid}: the octets of letter {int(found[1])} are not those that were written")
        self.told(uidvalidity, uid, "letter", int(found[1]))

    def given(self, uidvalidity: int, uid: int, highest_before: int) -> None:
        """A UID was given to a letter that was not there when `highest_before` was the greatest one known."""
        place = self.place(uidvalidity)
        if uid <= highest_before:
            raise Contradiction(f"UID {uid} is given after {highest_before}")
        place.highest_uid = max(place.highest_uid, uid)
        place.uidnext = max(place.uidnext, uid + 1)
        self.checks += 1

    def vanished(self, uidvalidity: int, uid: int) -> None:
        self.place(uidvalidity).gone.add(uid)

    def seen(self, uidvalidity: int, uid: int, gone_before: frozenset[int]) -> None:
        """A letter is in a mailbox that was opened when `gone_before` had been told as gone."""
        if uid in gone_before:
            raise Contradiction(f"UID {uid} was expunged and is there again")
        place = self.place(uidvalidity)
        place.highest_uid = max(place.highest_uid, uid)
        self.checks += 1
