"""Reading the octets of one command (RFC 3501 §9, RFC 7888).

A `Reader` walks over a whole command with its literals in place ("{5}\\r\\nINBOX"); the session has already seen that
they are all there.  Methods wear the names of the grammar.  Each either moves on or raises BadSyntax; none looks at an
octet twice.  Lists of lists do not exist in the commands themselves, except in SEARCH, which counts its own depth.
"""

import re
from collections.abc import Callable
from typing import TypeVar

from pyeonji.proto.imap import dates, flags, names, numbers
from pyeonji.proto.imap.enabled import NOTHING, Enabled

MAX_DEPTH = 32  # parentheses within parentheses; ours
MAX_NUMBER = numbers.MAX_NUMBER
MAX_NUMBER64 = 2**63 - 1  # RFC 9051 §9, number64; RFC 7162 §7, mod-sequence-value

ATOM = re.compile(rb"[!#$&'+,./0-9:;<=>?@A-Z\[^_`a-z|}~-]+")
ASTRING = re.compile(rb"[!#$&'+,./0-9:;<=>?@A-Z\[\]^_`a-z|}~-]+")  # with resp-specials
LIST_CHARS = re.compile(rb"[!#$%&'*+,./0-9:;<=>?@A-Z\[\]^_`a-z|}~-]+")  # with list-wildcards
TAG = re.compile(rb"[!#$&',./0-9:;<=>?@A-Z\[\]^_`a-z|}~-]+")  # no "+"
FLAG = re.compile(rb"\\?[!#$&'+,./0-9:;<=>?@A-Z\[^_`a-z|}~-]+")
WORD = re.compile(rb"[A-Za-z][A-Za-z0-9.]*")
NUMBER = re.compile(rb"[0-9]{1,19}")
SET = re.compile(rb"[0-9*:,]+")
PARTIAL = re.compile(rb"(-?)([1-9][0-9]{0,9}):\1([1-9][0-9]{0,9})")  # RFC 9394 §4, partial-range
# Octets above 127 may stand between quotes since RFC 9051 §4.3; clients of RFC 3501 do it as well.
QUOTED = re.compile(rb'"((?:[^"\\\r\n\x00]++|\\["\\])*)"')
QUOTED_PAIR = re.compile(rb'\\(["\\])')
LITERAL = re.compile(rb"\{([0-9]{1,10})\+?\}\r\n")
OBJECT_ID = re.compile(rb"[A-Za-z0-9_-]{1,255}")  # RFC 8474 §7, objectid

T = TypeVar("T")


class BadCommandText(ValueError):
    """A command that cannot be carried out as it was written: what we say about it.

    BadCommandText
      BadSyntax     the grammar does not know it                  -> BAD
        StringExpected  ... and a literal could stand here
      TooBig        a literal above our limits                    -> NO [TOOBIG]
      BadCharset    SEARCH in a charset we do not read            -> NO [BADCHARSET ...]
      UidRequired   message numbers after ENABLE UIDONLY          -> BAD [UIDREQUIRED]
      Compressed    COMPRESS on a compressed connection           -> NO [COMPRESSIONACTIVE]
    """

    status = "BAD"
    code = ""
    unsaves = False  # leaves nothing as "$": a SEARCH that should have saved and gets NO (RFC 5182 §2.1)


class BadSyntax(BadCommandText):
    """The grammar of the command does not allow this."""


class StringExpected(BadSyntax):
    """The command ends where a string should begin: the literal that was announced there belongs to it."""


class TooBig(BadCommandText):
    """RFC 7888 §4, RFC 4469 §4.2."""

    status = "NO"
    code = "TOOBIG"

    def __init__(self) -> None:
        super().__init__("literal too large")


class BadCharset(BadCommandText):
    """RFC 3501 §6.4.4: a charset we do not read, with those we do."""

    status = "NO"
    code = "BADCHARSET (US-ASCII UTF-8)"

    def __init__(self, *, saving: bool) -> None:
        super().__init__("charset not known")
        self.unsaves = saving


class UidRequired(BadCommandText):
    """RFC 9586 §3: a client that has enabled UIDONLY speaks of UIDs only."""

    code = "UIDREQUIRED"

    def __init__(self) -> None:
        super().__init__("UID required")


class Compressed(BadCommandText):
    """RFC 4978 §3: the connection is compressed already."""

    status = "NO"
    code = "COMPRESSIONACTIVE"

    def __init__(self) -> None:
        super().__init__("already compressed")


class Reader:
    """Walks over one command.  `data` is the command without its last CR LF."""

    __slots__ = ("at", "data", "enabled", "respelt")

    def __init__(self, data: bytes, at: int = 0, *, enabled: Enabled = NOTHING) -> None:
        self.data = data
        self.at = at
        self.enabled = enabled
        self.respelt: list[tuple[str, str]] = []  # mailbox names that we keep otherwise than they were said

    # ── pieces ──────────────────────────────────────────────────────────────────────────────────────────────

    def take(self, pattern: re.Pattern[bytes], what: str) -> bytes:
        """What the pattern finds here; BadSyntax "{what} expected" when it finds nothing."""
        found = pattern.match(self.data, self.at)
        if found is None:
            raise BadSyntax(f"{what} expected")
        self.at = found.end()
        return found[0]

    def comes(self, octets: bytes) -> bool:
        """Whether these octets come next; nothing is taken."""
        return self.data.startswith(octets, self.at)

    def skip(self, octets: bytes) -> bool:
        """Take these octets if they come next."""
        if not self.data.startswith(octets, self.at):
            return False
        self.at += len(octets)
        return True

    def expect(self, octets: bytes) -> None:
        if not self.skip(octets):
            raise BadSyntax(f'"{octets.decode("ascii")}" expected')

    def space(self) -> None:
        if not self.skip(b" "):
            raise BadSyntax("one space expected")

    def at_end(self) -> bool:
        return self.at >= len(self.data)

    def end(self) -> None:
        if self.at < len(self.data):
            raise BadSyntax("end of command expected")

    # ── words and strings ───────────────────────────────────────────────────────────────────────────────────

    def atom(self) -> str:
        return self.take(ATOM, "atom").decode("ascii")

    def word(self) -> str:
        """A keyword of the grammar, in capitals."""
        return self.take(WORD, "keyword").decode("ascii").upper()

    def skip_word(self, word: str) -> bool:
        """Take this keyword if it comes next."""
        found = WORD.match(self.data, self.at)
        if found is None or found[0].decode("ascii").upper() != word:
            return False
        self.at = found.end()
        return True

    def astring(self) -> bytes:
        found = ASTRING.match(self.data, self.at)
        if found is None:
            return self.string()
        self.at = found.end()
        return found[0]

    def string(self) -> bytes:
        """A quoted string or a literal; never with NUL (RFC 3501 §9, CHAR8)."""
        if self.comes(b"{"):
            return self._literal()
        if self.at_end():
            raise StringExpected("string expected")
        quoted = self.take(QUOTED, "string")[1:-1]
        return QUOTED_PAIR.sub(rb"\1", quoted) if b"\\" in quoted else quoted

    def nstring(self) -> bytes | None:
        if self.data[self.at : self.at + 3].upper() == b"NIL":
            self.at += 3
            return None
        return self.string()

    def binary(self) -> bytes | None:
        """An nstring, or a literal8, which alone may hold NUL (RFC 3516 §7)."""
        return self._octets() if self.skip(b"~") else self.nstring()

    def _literal(self) -> bytes:
        octets = self._octets()
        if b"\x00" in octets:
            raise BadSyntax("NUL in a literal")
        return octets

    def _octets(self) -> bytes:
        head = self.take(LITERAL, "literal")
        size = int(head[1:-3].rstrip(b"+"))
        octets = self.data[self.at : self.at + size]
        if len(octets) < size:
            raise BadSyntax("literal is not complete")
        self.at += size
        return octets

    def text(self) -> str:
        """An astring that is Unicode: logins, passwords, words."""
        try:
            return self.astring().decode("utf-8")
        except UnicodeDecodeError as error:
            raise BadSyntax("text is not UTF-8") from error

    # ── numbers ─────────────────────────────────────────────────────────────────────────────────────────────

    def number(self, most: int = MAX_NUMBER) -> int:
        value = int(self.take(NUMBER, "number"))
        if value > most:
            raise BadSyntax("number too large")
        return value

    def nz_number(self, most: int = MAX_NUMBER) -> int:
        if self.comes(b"0"):
            raise BadSyntax("number above zero expected")
        return self.number(most)

    def modseq(self, least: int = 1) -> int:
        value = self.number(MAX_NUMBER64)
        if value < least:
            raise BadSyntax("MODSEQ above zero expected")
        return value

    def sequence_set(self, *, uid: bool) -> numbers.NumberSet:
        """A set of UIDs or of message numbers; "$" is numbers.SAVED (RFC 5182 §2.1)."""
        if self.skip(b"$"):
            return numbers.SAVED
        if not uid and self.enabled.uidonly:
            raise UidRequired
        return self.plain_set()

    def plain_set(self) -> numbers.NumberSet:
        """A set that is written out."""
        try:
            return numbers.parse_set(self.take(SET, "set of numbers"))
        except numbers.NotASet as error:
            raise BadSyntax(str(error)) from error

    def known_set(self) -> numbers.NumberSet:
        """A set without "*", as the client remembers it (RFC 7162 §7, known-uids)."""
        found = self.plain_set()
        if found.open_from is not None:
            raise BadSyntax('"*" is not known')
        return found

    def partial(self) -> numbers.Partial:
        found = PARTIAL.match(self.data, self.at)
        if found is None:
            raise BadSyntax("partial range expected")
        self.at = found.end()
        first, last = sorted((int(found[2]), int(found[3])))
        if last > MAX_NUMBER:
            raise BadSyntax("number too large")
        return numbers.Partial(-first, -last) if found[1] else numbers.Partial(first, last)

    def object_id(self) -> str:
        return self.take(OBJECT_ID, "object id").decode("ascii")

    # ── mailboxes, flags, dates ─────────────────────────────────────────────────────────────────────────────

    def mailbox(self) -> str:
        """A mailbox name in the form we keep."""
        return self.name(self.astring())

    def name(self, octets: bytes) -> str:
        try:
            said = names.as_said(octets, utf8=self.enabled.utf8)
            kept = names.checked(said)
        except names.NotAName as error:
            raise BadSyntax(str(error)) from error
        if said != kept:
            self.respelt.append((said, kept))
        return kept

    def list_mailbox(self) -> str:
        """A pattern of LIST, which may be empty (RFC 3501 §6.3.8)."""
        found = LIST_CHARS.match(self.data, self.at)
        if found is None:
            octets = self.string()
        else:
            self.at = found.end()
            octets = found[0]
        return self.name(octets) if octets else ""

    def attribute(self) -> str:
        """A special use such as "\\Sent" (RFC 6154 §6, use-attr)."""
        word = self._flag()
        if not word.startswith("\\"):
            raise BadSyntax("special use expected")
        return word

    def flag_list(self) -> flags.Flags:
        return self._flags(self.listed(self._flag, empty=True))

    def bare_flags(self) -> flags.Flags:
        """One flag or more without parentheses, as STORE allows."""
        words = [self._flag()]
        while self.skip(b" "):
            words.append(self._flag())
        return self._flags(words)

    def _flag(self) -> str:
        return self.take(FLAG, "flag").decode("ascii")

    def _flags(self, words: list[str]) -> flags.Flags:
        try:
            return flags.gathered(words)
        except flags.NotAFlag as error:
            raise BadSyntax(str(error)) from error

    def date(self) -> int:
        """A day, quoted or not (RFC 3501 §9, date)."""
        try:
            return dates.parse_date(self.astring().decode("latin-1"))
        except dates.NotADate as error:
            raise BadSyntax(str(error)) from error

    def date_time(self) -> int:
        """An instant in microseconds since 1970 UTC."""
        try:
            return dates.parse_date_time(self.take(QUOTED, "date and time")[1:-1].decode("latin-1"))
        except dates.NotADate as error:
            raise BadSyntax(str(error)) from error

    # ── lists ───────────────────────────────────────────────────────────────────────────────────────────────

    def listed(self, one: Callable[[], T], *, empty: bool = False) -> list[T]:
        """A list in parentheses, its members read by `one`."""
        self.expect(b"(")
        if empty and self.skip(b")"):
            return []
        out = [one()]
        while self.skip(b" "):
            out.append(one())
        self.expect(b")")
        return out
