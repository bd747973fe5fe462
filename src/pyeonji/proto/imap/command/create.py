"""CREATE a mailbox (RFC 3501 §6.3.3), with its special use if the client names one (RFC 6154 §3)."""

from dataclasses import dataclass

from pyeonji.proto.imap.names import SEPARATOR
from pyeonji.proto.imap.wire import BadSyntax, Reader


@dataclass(frozen=True, slots=True)
class Create:
    """`mailbox` without the separator at its end, by which a client says that there will be children."""

    mailbox: str
    special_use: tuple[str, ...] = ()


def parse(reader: Reader) -> Create:
    mailbox = reader.mailbox()
    mailbox = mailbox.removesuffix(SEPARATOR)
    if not mailbox:
        raise BadSyntax("mailbox name expected")
    special_use: tuple[str, ...] = ()
    if reader.skip(b" "):
        reader.expect(b"(")
        if reader.word() != "USE":
            raise BadSyntax("USE expected")
        reader.space()
        special_use = tuple(reader.listed(reader.attribute, empty=True))
        reader.expect(b")")
    reader.end()
    return Create(mailbox, special_use)
