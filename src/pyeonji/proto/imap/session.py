"""The server's side of an IMAP connection, without the connection (RFC 9051, RFC 3501).

Octets go in with feed(); next_event() takes out one event at a time.  A `Command` owes an answer: nothing further is
looked at before answer() was called, because the answer may change how the following octets read.  In between a
command may hold a conversation of its own:

    Append, Replace   proceed(); then for each message NewMessage, and of what it is put together: Catenate, or
                      NewLiteral, which owes proceed() -> "+ ..." or nothing; then LiteralPart...; last AppendEnd; then
                      answer(), which may refuse it all at any time before
    Authenticate      challenge(octets) -> "+ ..."; then AuthResponse; again, or answer()
    Idle              idle() -> "+ ..."; then Done; then answer()
    StartTls          answer("OK"); then tls_started() before anything else is fed
    Compress          answer("OK"); then compression_switched() before anything else is fed; so UNAUTHENTICATE, where
                      the stream was compressed

`Continue` and `BadCommand` owe nothing: their `response` is sent and that is all.  A BadCommand with the tag of the
command under way ends that command; with `close` set it ends the connection.

The machine knows order and framing.  Who may log in and which mailbox exists is the owner's business; by the status it
gives to answer() the machine learns the state that follows.  `line` is what may be kept of what was said: no secrets.
"""

from enum import Enum, auto

from msgspec.structs import replace

from pyeonji.proto.imap import arrival, response
from pyeonji.proto.imap.command import COMMANDS, Grammar, State, authenticate
from pyeonji.proto.imap.enabled import NOTHING
from pyeonji.proto.imap.event import (
    LIMITS,
    AppendEnd,
    AuthResponse,
    BadCommand,
    Catenate,
    Command,
    Continue,
    Done,
    Event,
    Limits,
    LiteralPart,
    NewLiteral,
    NewMessage,
)
from pyeonji.proto.imap.framer import Announced, Framer, Malformed, Whole
from pyeonji.proto.imap.shown import MAX_TAG, guarded, shown, tag_of
from pyeonji.proto.imap.wire import TAG, BadCommandText, BadSyntax, Compressed, Reader, TooBig, UidRequired

__all__ = [
    "LIMITS", "AppendEnd", "AuthResponse", "BadCommand", "Catenate", "Command", "Continue", "Done", "Event", "Limits",
    "LiteralPart", "NewLiteral", "NewMessage", "Session",
]  # fmt: skip
ALONE = frozenset({"STARTTLS", "COMPRESS"})  # what comes with them in one read was said by somebody else, or too early


class Expecting(Enum):
    """What the next octets are."""

    COMMAND = auto()
    ANSWER = auto()  # nothing is looked at before the owner has answered
    CONTENT = auto()  # octets of a message
    BETWEEN = auto()  # what a command says before, between and behind the messages it brings
    AUTH_RESPONSE = auto()
    DONE = auto()
    SWITCH = auto()  # encrypted or compressed from here on, or not compressed any more


class Session:
    """One connection.  `enabled` is replaced by the owner when the client switches something on."""

    __slots__ = (
        "_arrival", "_bad", "_current", "_dropping", "_ended", "_expecting", "_framer", "_left", "_limits",
        "_logged_in", "_selected", "_steps", "_waits", "compressed", "enabled", "encrypted",
    )  # fmt: skip

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._framer = Framer()
        self._expecting = Expecting.COMMAND
        self._current: Command | None = None
        self._arrival: arrival.Arrival | None = None  # of the command under way, if it brings messages
        self._steps: list[arrival.Step] = []  # what that command has said and the owner has not heard
        self._left = 0  # octets of a message that have not come yet
        self._waits = False  # the client waits for "+" before it sends them
        self._dropping = False  # what comes belongs to a command that is over
        self._bad = 0
        self._logged_in = False
        self._selected = False
        self._ended = False
        self.encrypted = False
        self.compressed = False
        self.enabled = NOTHING

    @property
    def state(self) -> State:
        if self._ended:
            return State.LOGOUT
        if self._selected:
            return State.SELECTED
        return State.AUTHENTICATED if self._logged_in else State.NOT_AUTHENTICATED

    @property
    def is_busy(self) -> bool:
        """A command is under way."""
        return self._current is not None

    # ── octets in, events out ───────────────────────────────────────────────────────────────────────────────

    def feed(self, data: bytes) -> None:
        """Octets from the client.  After the end they are not looked at."""
        if not self._ended:
            self._framer.feed(data)

    def next_event(self) -> Event | None:
        """The next event; None when octets are needed or an answer is owed."""
        while not self._ended and self._expecting not in (Expecting.ANSWER, Expecting.SWITCH):
            if self._steps:
                return self._next_step()
            if self._expecting is Expecting.CONTENT:
                part = self._framer.piece(self._left)
                self._left -= len(part)
                if self._left == 0:
                    self._expecting = Expecting.BETWEEN
                if part and not self._dropping:
                    return LiteralPart(part)
                if self._left:
                    return None
                continue
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
            case Expecting.BETWEEN:
                return self._drop(found) if self._dropping else self._between(found)
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
            if grammar.brings:
                self._arrive(tag, name, grammar, reader, None)
            else:
                args = grammar.parse(reader)
                self._current = Command(tag, name, args, shown(octets, args), tuple(reader.respelt))
        except BadCommandText as error:
            return self._fail(octets, error)
        if self._framer.pending and (name in ALONE or (name == "UNAUTHENTICATE" and self.compressed)):
            return self._fail(octets, BadSyntax(f"octets behind {name}"), close=True)
        if name == "STARTTLS" and self.encrypted:
            return self._fail(octets, BadSyntax("already encrypted"))
        if name == "COMPRESS" and self.compressed:
            return self._fail(octets, Compressed())
        if self._logged_in:  # whoever talks sense in between is a program that tries something, not a stray one
            self._bad = 0
        self._expecting = Expecting.ANSWER
        return self._owed()

    def _head(self, reader: Reader) -> tuple[str, str, Grammar]:
        """Tag, name and grammar; the reader stands at the first argument.  Raises BadSyntax, UidRequired."""
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
        if grammar.numbers and self.enabled.uidonly:
            raise UidRequired
        if grammar.arguments:
            reader.space()
        return tag, name, grammar

    def _announced(self, found: Announced) -> Event | None:
        """A literal is on its way: take it in, hand it on or refuse it."""
        grammar = None
        try:
            reader = Reader(found.before, enabled=self.enabled)
            tag, name, grammar = self._head(reader)
            if grammar.brings and self._arrive(tag, name, grammar, reader, found):
                self._expecting = Expecting.ANSWER
                return self._current
        except BadCommandText as error:
            if grammar is not None and grammar.brings:
                return self._fail_arrival(found, error)
            if found.waits:  # the client has not sent it yet and will not
                self._framer.forget()
                return self._fail(found.before, error)
        return self._take_in(found)

    def _take_in(self, found: Announced) -> Event | None:
        """The literal becomes part of the command, if there is room for it."""
        limits = self._limits
        literal, whole = (limits.literal, limits.command) if self._logged_in else (limits.before_login,) * 2
        if found.count > limits.literals or found.size > literal or len(found.before) + found.size > whole:
            return self._too_big(found)
        self._framer.take_in(found.size)
        return Continue(response.continuation(), self._kept(found.before)) if found.waits else None

    def _too_big(self, found: Announced) -> BadCommand:
        """RFC 7888 §4: one that waits is refused; of one that does not, nobody knows how much is on its way."""
        self._framer.forget()
        if not found.waits:
            return self._fail(found.before, TooBig(), close=True)
        said = self._fail(found.before, TooBig())
        return replace(said, line=f"{said.line} {{{found.size}}}")

    def _fail(self, octets: bytes, error: BadCommandText, *, close: bool = False) -> BadCommand:
        """The command came to nothing."""
        self._bad += 1
        tag = self._current.tag if self._current else tag_of(octets)
        self._over()
        because = str(error)
        words = because[:1].upper() + because[1:]
        said = response.tagged(tag or "*", error.status, words, error.code)
        if close or self._bad > self._limits.bad_commands:
            said += response.untagged("BYE", words if close else "Too many bad commands")
            close = True
            self.end()
        return BadCommand(tag, said, because, close, self._kept(octets), error.unsaves)

    def _over(self) -> None:
        """The command under way is: the next octets are another one."""
        self._current = self._arrival = None
        self._steps.clear()
        self._left, self._waits, self._dropping = 0, False, False
        self._expecting = Expecting.COMMAND

    def _kept(self, octets: bytes) -> str:
        """What may be kept of something that is no complete command."""
        return shown(octets) if self._logged_in else guarded(octets)

    # ── messages a command brings along ─────────────────────────────────────────────────────────────────────

    def _arrive(self, tag: str, name: str, grammar: Grammar, reader: Reader, found: Announced | None) -> bool:
        """A command that brings messages begins; False where the literal is one of its arguments."""
        begun = arrival.Arrival(self._limits, grammar.several)
        read = arrival.read(begun, reader, found.size if found else None, grammar.parse)
        if read is None:
            return False
        self._arrival, args, steps = read
        self._current = Command(tag, name, args, shown(reader.data) + (f"{{{found.size}}}" if found else ""))
        self._hear(steps, found)
        return True

    def _between(self, found: Whole | Announced | Malformed) -> Event | None:
        """The command goes on behind a message, or ends there."""
        if isinstance(found, Malformed):
            return self._fail(found.octets, BadSyntax(found.because))
        octets, announced = (found.octets, None) if isinstance(found, Whole) else (found.before, found)
        assert self._arrival is not None  # some of it has been read
        reader = Reader(octets, enabled=self.enabled)
        try:
            read = arrival.read(self._arrival, reader, announced.size if announced else None)
        except BadCommandText as error:
            return self._fail_arrival(announced, error) if announced else self._fail(octets, error)
        if read is None:
            return self._take_in(announced) if announced else None
        self._arrival, _, steps = read
        self._hear(steps, announced, line=f"{shown(octets)}{{{announced.size}}}" if announced else "")
        return None

    def _hear(self, steps: list[arrival.Step], found: Announced | None, line: str = "") -> None:
        """What the owner is told when it goes on.  A message's literal is always the last."""
        if found is not None:
            self._framer.forget()
            self._left, self._waits = found.size, found.waits
            last = steps.pop()
            assert isinstance(last, NewLiteral)
            steps.append(replace(last, line=line))
        self._steps.extend(steps)

    def _next_step(self) -> arrival.Step:
        step = self._steps.pop(0)
        if isinstance(step, NewLiteral | AppendEnd):
            self._expecting = Expecting.ANSWER
        if isinstance(step, AppendEnd):
            self._arrival = None
        return step

    def _fail_arrival(self, found: Announced, error: BadCommandText) -> BadCommand:
        """The command came to nothing while a literal was announced.  One that does not wait comes all the same."""
        self._framer.forget()
        if found.size > self._limits.message:
            return self._too_big(found)
        failed = self._fail(found.before, error)
        if not (found.waits or failed.close):
            self._throw_away(found.size)
        return failed

    def _throw_away(self, size: int) -> None:
        """RFC 7888 §4: what the client was not told to keep back comes, and so does the rest of its command."""
        self._left, self._dropping, self._expecting = size, True, Expecting.CONTENT

    def _drop(self, found: Whole | Announced | Malformed) -> BadCommand | None:
        """More of a command that is over."""
        self._framer.forget()
        if not isinstance(found, Announced) or found.waits:  # the client has read by now that nothing is waited for
            self._over()
        elif found.size > self._limits.message:
            return self._too_big(found)
        else:
            self._throw_away(found.size)
        return None

    # ── what follows some other commands ────────────────────────────────────────────────────────────────────

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
        """Let the messages of an APPEND or REPLACE come, or the octets of a NewLiteral."""
        self._owed("APPEND", "REPLACE", "UID REPLACE")
        if self._steps:
            self._expecting = Expecting.BETWEEN
            return b""
        self._expecting = Expecting.CONTENT
        waits, self._waits = self._waits, False
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

        What brings messages may be refused at any time: before proceed(), or while they are still coming.
        """
        command = self._owed()
        comes, left = self._arrival is not None and not self._waits and not self._is_told_whole, self._left
        self._over()
        if comes:
            self._throw_away(left)
        self._move(command, status)
        return response.tagged(command.tag, status, words, code)

    @property
    def _is_told_whole(self) -> bool:
        """The end of the command has been seen."""
        return any(isinstance(step, AppendEnd) for step in self._steps)

    def tls_started(self) -> None:
        """The handshake is done.  What was known before it is forgotten (RFC 3501 §6.2.1)."""
        self._switched()
        self.encrypted = True

    def compression_switched(self) -> None:
        """The stream is compressed now, or not any more."""
        self._switched()
        self.compressed = not self.compressed

    def _switched(self) -> None:
        if self._expecting is not Expecting.SWITCH:
            raise RuntimeError("nothing was to be switched")
        self._framer.clear()
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

    def _owed(self, *names: str) -> Command:
        if self._current is None or self._expecting in (Expecting.COMMAND, Expecting.SWITCH):
            raise RuntimeError("no command waits for an answer")
        if names and self._current.name not in names:
            raise RuntimeError(f"{self._current.name} is not {names[0]}")
        return self._current

    def _move(self, command: Command, status: str) -> None:
        """The state that follows from an answer, RFC 9051 §3 and §6."""
        done = status == "OK"
        match command.name:
            case "SELECT" | "EXAMINE":
                self._selected = done  # RFC 9051 §6.3.2: a SELECT that fails leaves nothing selected
            case "CLOSE" | "UNSELECT" if done:
                self._selected = False
            case "LOGIN" | "AUTHENTICATE" if done:
                self._logged_in = True
            case "STARTTLS" | "COMPRESS" if done:
                self._expecting = Expecting.SWITCH
            case "UNAUTHENTICATE" if done:
                self._logged_in = self._selected = False
                self.enabled = NOTHING
                if self.compressed:
                    self._expecting = Expecting.SWITCH
            case "LOGOUT" if done:
                self.end()
