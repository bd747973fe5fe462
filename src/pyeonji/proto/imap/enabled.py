"""What a client has switched on with ENABLE, or by using it (RFC 5161, RFC 7162 §3.1.8): one value, replaced whole.

It lasts until the connection ends or the login is taken back (RFC 8437); there is no way to switch one off alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Enabled:
    """`condstore` is also set by the first command that speaks of MODSEQ."""

    rev2: bool = False  # RFC 9051: no RECENT, names and strings in UTF-8, ESEARCH where SEARCH was
    utf8_accept: bool = False  # RFC 9755
    condstore: bool = False  # RFC 7162: FETCH tells MODSEQ with every change of flags
    qresync: bool = False  # RFC 7162: VANISHED where EXPUNGE was
    uidonly: bool = False  # RFC 9586: no message numbers in either direction

    @property
    def utf8(self) -> bool:
        """Mailbox names and quoted strings are UTF-8 in both directions."""
        return self.rev2 or self.utf8_accept

    def with_words(self, words: Iterable[str]) -> "Enabled":
        """With these capabilities, in capitals, switched on; words that cannot be switched on are passed over."""
        fields = {field for word in words for field in WORDS.get(word, ())}
        return replace(self, **dict.fromkeys(fields, True))


NOTHING = Enabled()
WORDS: dict[str, tuple[str, ...]] = {
    "IMAP4REV2": ("rev2",),
    "UTF8=ACCEPT": ("utf8_accept",),
    "CONDSTORE": ("condstore",),
    "QRESYNC": ("qresync", "condstore"),  # RFC 7162 §3.2.3
    "UIDONLY": ("uidonly",),
}
