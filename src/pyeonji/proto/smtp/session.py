"""What a receiver remembers between two commands, and the state that follows from it."""

from dataclasses import dataclass
from enum import IntEnum, auto

from pyeonji.proto.smtp.content import ChunkFraming
from pyeonji.proto.smtp.event import Hello
from pyeonji.proto.smtp.extension import Extensions
from pyeonji.proto.smtp.grammar import Leniency, Transaction
from pyeonji.proto.smtp.limits import Limits


class State(IntEnum):  # an int, because its hash is much cheaper than an Enum's
    """Where a dialogue stands, as far as commands go.  Derived, never stored."""

    FRESH = auto()  # no hello yet
    READY = auto()
    SENDER = auto()  # MAIL was taken
    RECIPIENT = auto()  # and at least one RCPT
    CHUNKS = auto()  # and at least one BDAT


@dataclass(slots=True)
class Session:
    """`transaction` and `chunks` belong together: `forget()` is the one way out of a transaction."""

    hostname: str
    extensions: Extensions
    limits: Limits
    lmtp: bool
    lenient: Leniency
    hello: Hello | None = None
    transaction: Transaction | None = None
    chunks: ChunkFraming | None = None
    after_tls: bool = False
    authenticated: bool = False
    login_tried: bool = False  # an AUTH did not succeed: what follows by mistake may be a password
    data_refused: bool = False  # what follows by mistake may be the letter
    errors: int = 0  # 5yz replies on this connection
    junk: int = 0  # commands since the last message

    @property
    def state(self) -> State:
        if self.hello is None:
            return State.FRESH
        if self.transaction is None:
            return State.READY
        if self.chunks is not None:
            return State.CHUNKS
        return State.RECIPIENT if self.transaction.recipients else State.SENDER

    @property
    def extended(self) -> bool:
        """EHLO or LHLO was said: extensions and enhanced codes are understood."""
        return self.hello is not None and self.hello.verb != "HELO"

    @property
    def offered(self) -> Extensions | None:
        return self.extensions if self.extended else None

    def forget(self) -> None:
        """End the transaction, whatever state it is in."""
        self.transaction = None
        self.chunks = None

    def start_again(self) -> None:
        """TLS is active: everything learnt before is forgotten (RFC 3207 §4.2)."""
        self.forget()
        self.hello = None
        self.after_tls = True
        self.authenticated = self.login_tried = self.data_refused = False
