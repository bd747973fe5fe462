"""SELECT and EXAMINE: open a mailbox (RFC 9051 §6.3.2, §6.3.3; CONDSTORE and QRESYNC, RFC 7162 §3.1.8, §3.2.5)."""

from dataclasses import dataclass, replace

from pyeonji.proto.imap.numbers import NumberSet
from pyeonji.proto.imap.wire import BadSyntax, Reader, UidRequired


@dataclass(frozen=True, slots=True)
class Resync:
    """What the client remembers of the mailbox, all without "*".

    `known` is None where it remembers all that there was.  `pairs` are message numbers and the UIDs they had then, as
    many of one as of the other; they only help to tell less.
    """

    uidvalidity: int
    modseq: int
    known: NumberSet | None = None
    pairs: tuple[NumberSet, NumberSet] | None = None


@dataclass(frozen=True, slots=True)
class Select:
    """`condstore` also switches CONDSTORE on for the connection."""

    mailbox: str
    read_only: bool = False
    condstore: bool = False
    resync: Resync | None = None


def parse(reader: Reader) -> Select:
    found = Select(reader.mailbox())
    if reader.skip(b" "):
        given = reader.listed(lambda: _parameter(reader))
        names = [name for name, _ in given]
        if len(set(names)) < len(names):
            raise BadSyntax("a parameter twice")
        resync = next((value for _, value in given if value is not None), None)
        found = replace(found, condstore="CONDSTORE" in names, resync=resync)
    reader.end()
    return found


def parse_examine(reader: Reader) -> Select:
    return replace(parse(reader), read_only=True)


def _parameter(reader: Reader) -> tuple[str, Resync | None]:
    name = reader.word()
    if name == "CONDSTORE":
        return name, None
    if name != "QRESYNC":
        raise BadSyntax("unknown SELECT parameter")
    if not reader.enabled.qresync:
        raise BadSyntax("QRESYNC is not enabled")  # RFC 7162 §3.2.5
    reader.space()
    return name, _resync(reader)


def _resync(reader: Reader) -> Resync:
    reader.expect(b"(")
    uidvalidity = reader.nz_number()
    reader.space()
    found = Resync(uidvalidity, reader.modseq())
    if reader.comes(b" ") and not reader.comes(b" ("):
        reader.space()
        found = replace(found, known=reader.known_set())
    if reader.skip(b" "):
        if reader.enabled.uidonly:
            raise UidRequired  # RFC 9586 §3.7
        found = replace(found, pairs=_pairs(reader))
    reader.expect(b")")
    return found


def _pairs(reader: Reader) -> tuple[NumberSet, NumberSet]:
    reader.expect(b"(")
    numbers = reader.known_set()
    reader.space()
    uids = reader.known_set()
    reader.expect(b")")
    if numbers.count != uids.count:
        raise BadSyntax("as many numbers as UIDs expected")
    return numbers, uids
