"""The server's side of an IMAP connection, without the connection (RFC 3501).

Octets go in with feed(); next_event() takes out one event at a time.  A `Command` owes an answer: nothing further is
looked at before answer() was called, because the answer may change how the following octets read.  In between a
command may hold a conversation of its own:

    Append         proceed() -> "+ ..." or nothing; then LiteralPart..., LiteralEnd; then answer()
    Authenticate   challenge(octets) -> "+ ..."; then AuthResponse; again, or answer()
    Idle           idle() -> "+ ..."; then Done; then answer()
    StartTls       answer("OK"); then tls_started() before anything else is fed

`Continue` and `BadCommand` owe nothing: their `response` is sent and that is all.  A BadCommand with the tag of the
command under way ends that command; with `close` set it ends the connection.

The machine knows order and framing.  Who may log in and which mailbox exists is the owner's business; by the status it
gives to answer() the machine learns the state that follows.  `line` is what may be kept of what was said: no secrets.
"""

from dataclasses import dataclass
from enum import Enum, auto

from pyeonji.proto.imap import response
from pyeonji.proto.imap.command import COMMANDS, Grammar, State, append, authenticate
from pyeonji.proto.imap.enabled import NOTHING
from pyeonji.proto.imap.framer import Announced, Framer, Malformed, Whole
from pyeonji.proto.imap.shown import MAX_TAG, guarded, shown, tag_of
from pyeonji.proto.imap.wire import TAG, BadCommandText, BadSyntax, Reader

MAX_BEFORE_LOGIN = 8 * 1024  # octets of one command before login; ours: names, passwords and SASL fit
MAX_LINE = (
    64 * 1024
)  # octets of a command's lines; ours: a set of 5,000 scattered UIDs fits (RFC 2683 §3.2.1.5 asks 8,000)
MAX_LITERAL = 64 * 1024  # octets of a literal that is no message; ours
MAX_LITERALS = 200  # in one command; ours: each is looked at with all that stands before it
MAX_COMMAND = 256 * 1024  # octets of a command with all its literals; ours
MAX_MESSAGE = 50 * 2**20  # octets of a message in APPEND; ours, as in submission
MAX_BAD = 20  # commands that make no sense before we hang up; ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a client can make grow, all in octets except `literals` and `bad_commands`."""

    before_login: int
    line: int
    literal: int
    literals: int
    command: int
    message: int
    bad_commands: int


LIMITS = Limits(
    before_login=MAX_BEFORE_LOGIN,
    line=MAX_LINE,
    literal=MAX_LITERAL,
    literals=MAX_LITERALS,
    command=MAX_COMMAND,
    message=MAX_MESSAGE,
    bad_commands=MAX_BAD,
)


@dataclass(frozen=True, slots=True)
class Command:
    """A command to be carried out: `name` is the key of COMMANDS, `args` what its grammar made of it."""

    tag: str
    name: str
    args: object
    line: str


@dataclass(frozen=True, slots=True)
class LiteralPart:
    """Some octets of the message an APPEND brings."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class LiteralEnd:
    """The message is complete and the command ended as it should."""


@dataclass(frozen=True, slots=True)
class AuthResponse:
    """What the client says to a challenge; None when it gives up."""

    octets: bytes | None
    line: str


@dataclass(frozen=True, slots=True)
class Done:
    """The client ends IDLE."""

    line: str = "DONE"


@dataclass(frozen=True, slots=True)
class Continue:
    """The client may send its literal; `line` is what it has said so far."""

    response: bytes
    line: str


@dataclass(frozen=True, slots=True)
class BadCommand:
    """Something that cannot be carried out; `tag` is "" where none could be read."""

    tag: str
    response: bytes
    because: str
    close: bool
    line: str


Event = Command | LiteralPart | LiteralEnd | AuthResponse | Done | Continue | BadCommand


class Expecting(Enum):
    """What the next octets are."""

    COMMAND = auto()
    ANSWER = auto()  # nothing is looked at before the owner has answered
    MESSAGE = auto()
    MESSAGE_END = auto()
    AUTH_RESPONSE = auto()
    DONE = auto()
    TLS = auto()


class Session:
    """One connection.  `enabled` is replaced by the owner when the client switches something on."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._framer = Framer()
        self._expecting = Expecting.COMMAND
        self._current: Command | None = None
        self._message_left = 0  # octets of an APPEND's message that have not come yet
        self._message_comes = False  # an APPEND's message, or the line end behind it, is still to come
        self._message_waits = False  # the client waits for "+" before it sends it
        self._dropping = False  # those octets belong to a command that is over
        self._bad = 0
        self._logged_in = False
        self._selected = False
        self._ended = False
        self.encrypted = False
        self.enabled = NOTHING

    @property
    def state(self) -> State:
        if self._ended:
            return State.LOGOUT
        if self._selected:
            return State.SELECTED
        return State.AUTHENTICATED if self._logged_in else State.NOT_AUTHENTICATED

    # ── octets in, events out ───────────────────────────────────────────────────────────────────────────────

    def feed(self, data: bytes) -> None:
        """Octets from the client.  After the end they are not looked at."""
        if not self._ended:
            self._framer.feed(data)

    def next_event(self) -> Event | None:
        """The next event; None when octets are needed or an answer is owed."""
        while not self._ended:
            match self._expecting:
                case Expecting.ANSWER | Expecting.TLS:
                    return None
                case Expecting.MESSAGE:
                    part = self._framer.piece(self._message_left)
                    self._message_left -= len(part)
                    if self._message_left == 0:
                        self._expecting = Expecting.MESSAGE_END
                    if part and not self._dropping:
                        return LiteralPart(part)
                    if self._message_left:
                        return None
                case _:
                    found = self._next_frame()
                    if found is None:
                        return None
                    event = self._event(found)
                    if event is not None:
                        return event
        return None

    def _event(self, found: Whole | Announced | Malformed) -> Event | None:
        if isinstance(found, Malformed) and found.over:
            return self._fail(found.octets, BadSyntax(found.because), close=True)
        match self._expecting:
            case Expecting.MESSAGE_END:
                return self._message_end(found)
            case Expecting.AUTH_RESPONSE:
                return self._auth_response(found)
            case Expecting.DONE:
                return self._done_line(found)
        if isinstance(found, Malformed):
            return self._fail(found.octets, BadSyntax(found.because))
        return self._announced(found) if isinstance(found, Announced) else self._whole(found.octets)

    def _next_frame(self) -> Whole | Announced | Malformed | None:
        limits = self._limits
        if self._logged_in:
            return self._framer.next(limits.line, limits.command)
        return self._framer.next(limits.before_login, limits.before_login)

    # ── commands ────────────────────────────────────────────────────────────────────────────────────────────

    def _whole(self, octets: bytes) -> Event:
        try:
            reader = Reader(octets, enabled=self.enabled)
            tag, name, grammar = self._head(reader)
            command = Command(tag, name, grammar.parse(reader), "")
        except BadCommandText as error:
            return self._fail(octets, error)
        if name == "STARTTLS" and (self.encrypted or self._framer.pending):
            because = "already encrypted" if self.encrypted else "octets behind STARTTLS"
            return self._fail(octets, BadSyntax(because), close=not self.encrypted)
        self._current = Command(tag, name, command.args, shown(octets, command.args))
        self._expecting = Expecting.ANSWER
        return self._current

    def _head(self, reader: Reader) -> tuple[str, str, Grammar]:
        """Tag, name and grammar; the reader stands at the first argument.  Raises BadSyntax."""
        if len(reader.take(TAG, "tag")) > MAX_TAG:
            raise BadSyntax("tag too long")
        tag = reader.data[: reader.at].decode("ascii")
        reader.space()
        name = reader.word()
        if name == "UID":
            reader.space()
            name = f"UID {reader.word()}"
        grammar = COMMANDS.get(name)
        if grammar is None:
            raise BadSyntax("unknown command")
        if self.state not in grammar.allowed:
            raise BadSyntax(f"not now: {self.state.value}")
        if grammar.arguments:
            reader.space()
        return tag, name, grammar

    def _announced(self, found: Announced) -> Event | None:
        """A literal is on its way: take it in, hand it on or refuse it."""
        try:
            reader = Reader(found.before, enabled=self.enabled)
            tag, name, _ = self._head(reader)
            if name == "APPEND" and reader.at < len(found.before):
                return self._append(tag, append.parse(reader), found)
        except BadCommandText as error:
            if found.waits:  # the client has not sent it yet and will not
                self._framer.forget()
                return self._fail(found.before, error)
            tag = tag_of(found.before)
        limits = self._limits
        literal, whole = (limits.literal, limits.command) if self._logged_in else (limits.before_login,) * 2
        if found.count > limits.literals or found.size > literal or len(found.before) + found.size > whole:
            return self._too_big(tag, found)
        self._framer.take_in(found.size)
        return Continue(response.continuation(), self._kept(found.before)) if found.waits else None

    def _append(self, tag: str, args: append.Append, found: Announced) -> Event:
        if found.size > self._limits.message:
            return self._too_big(tag, found)
        self._framer.forget()
        self._message_left, self._message_comes = found.size, True
        self._message_waits = found.waits
        args = append.Append(args.mailbox, args.flags, args.internal_us, found.size)
        self._current = Command(tag, "APPEND", args, f"{shown(found.before)}{{{found.size}}}")
        self._expecting = Expecting.ANSWER
        return self._current

    def _too_big(self, tag: str, found: Announced) -> BadCommand:
        """RFC 7888 §4: one that waits is refused; of one that does not, nobody knows how much is on its way."""
        self._framer.forget()
        if not found.waits:
            return self._fail(found.before, BadSyntax("literal too large"), close=True, code="TOOBIG")
        self._bad += 1
        said = response.tagged(tag or "*", "NO", "Literal too large", "TOOBIG")
        return BadCommand(tag, said, "literal too large", False, f"{self._kept(found.before)} {{{found.size}}}")

    def _fail(self, octets: bytes, error: BadCommandText, *, close: bool = False, code: str = "") -> BadCommand:
        """The command came to nothing."""
        self._bad += 1
        tag = self._current.tag if self._current else tag_of(octets)
        self._current = None
        self._expecting = Expecting.COMMAND
        self._message_left, self._message_comes, self._dropping = 0, False, False
        because = str(error)
        words = because[:1].upper() + because[1:]
        said = response.tagged(tag or "*", error.status, words, error.code or code)
        if close or self._bad > self._limits.bad_commands:
            said += response.untagged("BYE", words if close else "Too many bad commands", code)
            close = True
            self.end()
        return BadCommand(tag, said, because, close, self._kept(octets))

    def _kept(self, octets: bytes) -> str:
        """What may be kept of something that is no complete command."""
        return shown(octets) if self._logged_in else guarded(octets)

    # ── what follows some commands ──────────────────────────────────────────────────────────────────────────

    def _message_end(self, found: Whole | Announced | Malformed) -> Event | None:
        dropping, self._dropping = self._dropping, False
        self._message_comes = False
        bare = isinstance(found, Whole) and found.octets == b""
        if bare and dropping:
            self._expecting = Expecting.COMMAND
            return None
        if bare:
            self._expecting = Expecting.ANSWER
            return LiteralEnd()
        octets = found.before if isinstance(found, Announced) else found.octets
        self._framer.forget()
        close = isinstance(found, Announced) and not found.waits
        return self._fail(octets, BadSyntax("end of command expected"), close=close)

    def _auth_response(self, found: Whole | Announced | Malformed) -> Event:
        if not isinstance(found, Whole):
            self._framer.forget()
            close = isinstance(found, Announced) and not found.waits
            return self._fail(b"", BadSyntax("response is not base64"), close=close)
        self._expecting = Expecting.ANSWER
        line = f"*** ({len(found.octets)} octets)"
        if found.octets == b"*":
            return AuthResponse(None, "*")
        try:
            return AuthResponse(authenticate.decode(found.octets), line)
        except BadSyntax as error:
            return self._fail(b"", error)

    def _done_line(self, found: Whole | Announced | Malformed) -> Event:
        if isinstance(found, Whole) and found.octets.upper() == b"DONE":
            self._expecting = Expecting.ANSWER
            return Done()
        octets = found.before if isinstance(found, Announced) else found.octets
        self._framer.forget()
        close = isinstance(found, Announced) and not found.waits
        return self._fail(octets, BadSyntax("DONE expected"), close=close)

    # ── what the owner says ─────────────────────────────────────────────────────────────────────────────────

    def proceed(self) -> bytes:
        """Let the message of an APPEND come."""
        self._owed("APPEND")
        self._expecting = Expecting.MESSAGE
        waits, self._message_waits = self._message_waits, False
        return response.continuation() if waits else b""

    def challenge(self, octets: bytes) -> bytes:
        """Ask the client of an AUTHENTICATE; the octets go out in base64."""
        self._owed("AUTHENTICATE")
        self._expecting = Expecting.AUTH_RESPONSE
        return response.continuation(authenticate.encode(octets))

    def idle(self) -> bytes:
        """From here on untagged responses may be sent at any time, until Done."""
        self._owed("IDLE")
        self._expecting = Expecting.DONE
        return response.continuation(b"idling")

    def answer(self, status: str, words: str, code: str = "") -> bytes:
        """The tagged response that ends the command: OK, NO or BAD; `code` without its brackets.

        An APPEND may be refused at any time: before proceed(), or while its message is still coming.
        """
        command = self._owed()
        self._current = None
        self._expecting = Expecting.COMMAND
        if self._message_comes and not self._message_waits:
            # Refused before all of it came: the rest is thrown away, RFC 7888 §4.
            self._expecting, self._dropping = Expecting.MESSAGE, True
        else:
            self._message_comes = False
        self._move(command, status)
        return response.tagged(command.tag, status, words, code)

    def tls_started(self) -> None:
        """The handshake is done.  What was known before it is forgotten (RFC 3501 §6.2.1)."""
        if self._expecting is not Expecting.TLS:
            raise RuntimeError("STARTTLS was not answered with OK")
        self._framer.clear()
        self.encrypted = True
        self._expecting = Expecting.COMMAND

    def log_in(self) -> None:
        """Somebody has come in by other ways than a command: a certificate, a socket of this host (PREAUTH)."""
        self._logged_in = True

    def deselect(self) -> None:
        """The mailbox that was open is no more (RFC 2180 §3.3)."""
        self._selected = False

    def end(self) -> None:
        """No further events."""
        self._ended = True
        self._framer.clear()

    def _owed(self, name: str = "") -> Command:
        if self._current is None or self._expecting in (Expecting.COMMAND, Expecting.TLS):
            raise RuntimeError("no command waits for an answer")
        if name and self._current.name != name:
            raise RuntimeError(f"{self._current.name} is not {name}")
        return self._current

    def _move(self, command: Command, status: str) -> None:
        """The state that follows from an answer, RFC 3501 §3 and §6."""
        done = status == "OK"
        match command.name:
            case "SELECT" | "EXAMINE":
                self._selected = done  # RFC 3501 §6.3.1: a SELECT that fails leaves nothing selected
            case "CLOSE" | "UNSELECT" if done:
                self._selected = False
            case "LOGIN" | "AUTHENTICATE" if done:
                self._logged_in = True
            case "STARTTLS" if done:
                self._expecting = Expecting.TLS
            case "LOGOUT" if done:
                self.end()
