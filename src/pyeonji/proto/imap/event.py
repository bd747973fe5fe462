"""What the machine of an IMAP connection tells its owner, and how much a client may make it hold."""

from dataclasses import dataclass

import msgspec

from pyeonji.proto.imap.flags import Flags

MAX_BEFORE_LOGIN = 8 * 1024  # octets of one command before login; ours: names, passwords and SASL fit
# Octets of a command's lines; ours: a set of 5,000 scattered UIDs fits (RFC 2683 §3.2.1.5 asks 8,000).
MAX_LINE = 64 * 1024
MAX_LITERAL = 64 * 1024  # octets of a literal that is no message; ours
MAX_LITERALS = 100  # in one command; ours: each is looked at with all that stands before it
MAX_COMMAND = 256 * 1024  # octets of a command with all its literals; ours
MAX_MESSAGE = 50 * 2**20  # octets of a message in APPEND; ours, as in submission
MAX_MESSAGES = 500  # in one APPEND (RFC 3502); ours
MAX_APPEND = 4 * MAX_MESSAGE  # octets of all messages in one APPEND; ours
MAX_PIECES = (
    500  # of which the messages of one APPEND are put together (RFC 4469); ours: as many parts as a message has
)
MAX_BAD = 20  # commands that make no sense before we hang up: all before the login, in a row behind it; ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a client can make grow, all in octets except `literals`, `messages`, `pieces` and `bad_commands`."""

    before_login: int
    line: int
    literal: int
    literals: int
    command: int
    message: int
    append: int
    messages: int
    pieces: int
    bad_commands: int


LIMITS = Limits(
    before_login=MAX_BEFORE_LOGIN,
    line=MAX_LINE,
    literal=MAX_LITERAL,
    literals=MAX_LITERALS,
    command=MAX_COMMAND,
    message=MAX_MESSAGE,
    append=MAX_APPEND,
    messages=MAX_MESSAGES,
    pieces=MAX_PIECES,
    bad_commands=MAX_BAD,
)


class Command(msgspec.Struct, frozen=True):
    """A command to be carried out: `name` is the key of COMMANDS, `args` what its grammar made of it.

    `respelt` are mailbox names that are kept otherwise than they were said: (as said, as kept).
    """

    tag: str
    name: str
    args: object
    line: str
    respelt: tuple[tuple[str, str], ...] = ()


class NewMessage(msgspec.Struct, frozen=True):
    """A message of an APPEND or REPLACE begins; `internal_us` is None where the client gives no date."""

    flags: Flags
    internal_us: int | None


class NewLiteral(msgspec.Struct, frozen=True):
    """So many octets of the message are on their way; `binary` where there may be NUL among them (RFC 3516)."""

    size: int
    binary: bool = False
    line: str = ""


class Catenate(msgspec.Struct, frozen=True):
    """Here belong the octets of this IMAP URL (RFC 4469)."""

    url: str


class LiteralPart(msgspec.Struct, frozen=True):
    """Some octets of the message."""

    octets: bytes


class AppendEnd(msgspec.Struct, frozen=True):
    """All messages are complete and the command ended as it should."""


class AuthResponse(msgspec.Struct, frozen=True):
    """What the client says to a challenge; None when it gives up."""

    octets: bytes | None
    line: str


class Done(msgspec.Struct, frozen=True):
    """The client ends IDLE."""

    line: str = "DONE"


class Continue(msgspec.Struct, frozen=True):
    """The client may send its literal; `line` is what it has said so far."""

    response: bytes
    line: str


class BadCommand(msgspec.Struct, frozen=True):
    """Something that cannot be carried out; `tag` is "" where none could be read.  With `unsaves` "$" is empty."""

    tag: str
    response: bytes
    because: str
    close: bool
    line: str
    unsaves: bool = False


Event = (
    Command | NewMessage | NewLiteral | Catenate | LiteralPart | AppendEnd | AuthResponse | Done | Continue | BadCommand
)
