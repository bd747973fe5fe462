"""What the receiver tells its owner: one event, one reply (ContentPart alone takes none).

`line` is the command as the journey keeps it: printable, bounded, credentials replaced by their length.
"""

from typing import ClassVar

import msgspec

from pyeonji.address import Address
from pyeonji.proto.smtp import reply as replies
from pyeonji.proto.smtp.grammar import MailParameters, RcptParameters
from pyeonji.proto.smtp.reply import Reply


class Event(msgspec.Struct, frozen=True):
    """`usual` is the reply when the owner has no opinion of its own."""

    usual: ClassVar[Reply] = replies.OK
    line: str


class Hello(Event, frozen=True):
    """EHLO, HELO or LHLO.  Any 250 is printed as our name and extensions; `valid`: the domain is well-formed."""

    usual: ClassVar[Reply] = replies.HELLO
    verb: str
    domain: str
    valid: bool


class StartTls(Event, frozen=True):
    """After a 220 the owner starts TLS and calls tls_started()."""

    usual: ClassVar[Reply] = replies.TLS_UNAVAILABLE


class Auth(Event, frozen=True):
    """AUTH; `initial` is the initial response as it came (base64, "=" for empty), or None."""

    usual: ClassVar[Reply] = replies.LOGIN_UNAVAILABLE
    mechanism: str
    initial: bytes | None


class AuthResponse(Event, frozen=True):
    """The line after our 334, as it came (base64); None for "*", which gives up."""

    usual: ClassVar[Reply] = replies.AUTH_CANCELLED
    octets: bytes | None


class Mail(Event, frozen=True):
    """A transaction is asked for; any 250 opens it.  None is the null path <>."""

    usual: ClassVar[Reply] = replies.REVERSE_PATH_OK
    reverse_path: Address | None
    parameters: MailParameters


class Rcpt(Event, frozen=True):
    """A forward-path; any 250 adds it.  <Postmaster> comes as postmaster at our own name (RFC 5321 §4.1.1.3)."""

    usual: ClassVar[Reply] = replies.RECIPIENT_OK
    address: Address
    parameters: RcptParameters


class DataStart(Event, frozen=True):
    """DATA with at least one recipient; 354 opens the content."""

    usual: ClassVar[Reply] = replies.GO_AHEAD


class ContentPart(Event, frozen=True):
    """Octets of content, unstuffed.  Takes no reply.  They mean nothing until ContentEnd comes without a problem."""

    octets: bytes


class BdatChunk(Event, frozen=True):
    """A chunk that is not the last has come (RFC 3030 §2); anything but 250 ends the transaction."""

    usual: ClassVar[Reply] = replies.CHUNK_OK
    size: int


class ContentEnd(Event, frozen=True):
    """The content is complete: 250 takes responsibility (RFC 5321 §6.1); any reply ends the transaction.

    With `problem` the content must not be used: it is the reply to give.  `close`: hang up behind it.
    """

    usual: ClassVar[Reply] = replies.TRY_AGAIN_LATER
    size: int
    lines: int
    problem: Reply | None = None
    close: bool = False


class Introduced(Event, frozen=True):
    """XCLIENT: the peer speaks for the client at this address, whose conversation begins with a greeting of ours.

    Whoever believes it makes a new receiver; any reply is a refusal.
    """

    usual: ClassVar[Reply] = replies.NOT_IMPLEMENTED
    ip: str
    port: int


class Reset(Event, frozen=True):
    """RSET; the transaction is gone already."""


class Noop(Event, frozen=True):
    pass


class Verify(Event, frozen=True):
    usual: ClassVar[Reply] = replies.NOT_VERIFIED
    argument: str


class Expand(Event, frozen=True):
    usual: ClassVar[Reply] = replies.NOT_IMPLEMENTED
    argument: str


class Help(Event, frozen=True):
    usual: ClassVar[Reply] = replies.HELP
    argument: str


class Quit(Event, frozen=True):
    usual: ClassVar[Reply] = replies.BYE


class Wrong(Event, frozen=True):
    """The peer broke the protocol or a limit; answer with `reply`.  `close`: hang up behind it."""

    reply: Reply
    close: bool = False
