"""The client side of one SMTP or LMTP connection, without the connection (RFC 5321 §4.5.4, RFC 2033).

feed() takes what the server said, take_out() gives what is to be sent, next_event() tells what came of it.  A queue of
the commands that wait for a reply is the whole state: replies come in the order of commands (RFC 2920 §3.2).

Whatever is no reply of the standard — a 354 to RCPT, a 250 to DATA, noise without end — is a temporary failure: the
message is kept and tried again.  After the end of content is on its way, a lost reply may mean that the server has the
message; it is still tried again, because a second copy is better than none (RFC 1047).
"""

from base64 import b64encode
from collections import deque

from pyeonji.proto.smtp.content import Measure
from pyeonji.proto.smtp.limits import Limits
from pyeonji.proto.smtp.outgoing import (
    Answer,
    Broken,
    Finished,
    Outgoing,
    Phase,
    Ready,
    SendContent,
    SenderEvent,
    TlsReady,
    mail_command,
    rcpt_command,
)
from pyeonji.proto.smtp.reply import Reply
from pyeonji.proto.smtp.reply_reader import BadReply, ReplyReader

CLOSED = Reply(451, "4.2", "Connection closed without a reply")
NONSENSE = Reply(451, "5.0", "The server's answer is not SMTP")
UNEXPECTED = Reply(451, "5.0", "The server's answer does not fit the command")
OCTETS_BEHIND_STARTTLS = Reply(451, "7.5", "The server spoke before TLS began")
LOGIN_NOT_OFFERED = Reply(454, "7.0", "The server offers no login we can do")
BARE_BREAKS = Reply(554, "6.0", "The message holds a bare CR, a bare LF or NUL and cannot be sent")
MAX_KEPT_LINES = 4000  # lines of one connection kept for the journey; ours

Waiting = tuple[Phase, int]  # the command that waits, and the recipient it is about
UNBOUNDED = Limits(max_size=2**62, max_content_line=2**62)


class Sender:
    """See the module.  `hello_name` is our own host name.  Begins by waiting for the greeting."""

    def __init__(self, hello_name: str, lmtp: bool = False) -> None:
        self.announced: dict[str, str] = {}
        self.lmtp = lmtp
        self.broken = False  # nothing more can be said
        self.greeted_by = ""  # the name in the greeting, in lower case
        self._hello_name = hello_name
        self._helo = False
        self._replies = ReplyReader()
        self._out = bytearray()
        self._events: deque[SenderEvent] = deque()
        self._waiting: deque[Waiting] = deque([("greeting", -1)])
        self._lines: list[tuple[str, str]] = []
        self._secrets: list[bytes] = []  # of AUTH LOGIN, still to be said
        self._carried: _Carried | None = None

    # ── what the owner calls ──

    def feed(self, data: bytes) -> None:
        """What the server said."""
        self._replies.feed(data)
        try:
            while not self.broken and (reply := self._replies.take()) is not None:
                for line in reply.to_wire().decode("ascii").splitlines():
                    self._note("in", line)
                self._heard(reply)
        except BadReply as error:
            self._note("in", str(error))
            self._break(NONSENSE)

    def closed(self, reply: Reply = CLOSED) -> None:
        """The connection is gone, or the owner's patience; `reply` says so for who is undecided."""
        self._break(reply)

    def take_out(self) -> bytes:
        """Octets to be sent now."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def take_lines(self) -> list[tuple[str, str]]:
        """Lines of the dialogue since the last call: ("in" | "out", text), credentials replaced."""
        lines, self._lines = self._lines, []
        return lines

    def next_event(self) -> SenderEvent | None:
        return self._events.popleft() if self._events else None

    def start_tls(self) -> None:
        self._say("STARTTLS", "tls")

    def tls_started(self) -> None:
        """Forget what was said in clear and greet again (RFC 3207 §4.2)."""
        self._replies = ReplyReader()
        self.announced = {}
        self._say_hello()

    def log_in(self, login: str, password: str) -> None:
        """AUTH PLAIN, else LOGIN (RFC 4954); then Ready, or Answer("login") when it was refused."""
        offered = self.announced.get("AUTH", "").upper().split()
        if "PLAIN" in offered:
            secret = b64encode(f"\0{login}\0{password}".encode()).decode("ascii")
            self._say(f"AUTH PLAIN {secret}", "login", f"AUTH PLAIN ({len(secret)} octets)")
        elif "LOGIN" in offered:
            self._secrets = [login.encode(), password.encode()]
            self._say("AUTH LOGIN", "login")
        else:
            self._events.append(Answer("login", LOGIN_NOT_OFFERED))

    def begin(self, outgoing: Outgoing) -> None:
        """Say MAIL, RCPT and DATA, in one write when PIPELINING is announced; raises CannotCarry with nothing sent.

        Then SendContent, when somebody was accepted; and always Finished.
        """
        if self._carried is not None or self._waiting or self.broken:
            raise ValueError("the connection is busy")
        mail = mail_command(outgoing, self.announced)
        self._carried = carried = _Carried(outgoing, chunked="CHUNKING" in self.announced)
        self._say(mail, "mail")
        if "PIPELINING" in self.announced:
            while carried.asked < len(outgoing.recipients):
                self._say_rcpt(carried)
            if not carried.chunked:
                carried.data_said = True
                self._say("DATA", "data")

    def content(self, octets: bytes) -> None:
        """A piece of the content: lines ending in CR LF, cut anywhere, not stuffed."""
        carried = self._carried
        if carried is None or not carried.wanted or self.broken:
            return
        ready = carried.checked(octets, last=False)
        if ready is None:
            self._break(BARE_BREAKS)
        elif carried.chunked:
            self._say_chunk(carried, ready, last=False)
        else:
            self._out += carried.stuffed(ready)

    def content_done(self) -> None:
        """The content is complete: ask for the server's word."""
        carried = self._carried
        if carried is None or not carried.wanted or self.broken:
            return
        ready = carried.checked(b"", last=True)
        if ready is None:
            self._break(BARE_BREAKS)
            return
        carried.wanted = False
        carried.sent = True
        for index in carried.accepted if self.lmtp else [-1]:
            self._waiting.append(("content", index))
        if carried.chunked:
            self._say_chunk(carried, ready, last=True)
        else:
            self._out += b".\r\n" if carried.tail == b"\r\n" else b"\r\n.\r\n"
            self._note("out", ".")

    def quit(self) -> None:
        if not self.broken:
            self._say("QUIT", "quit")

    # ── saying ──

    def _say(self, line: str, phase: Phase, kept: str | None = None, recipient: int = -1) -> None:
        if "\r" in line or "\n" in line:
            raise ValueError("a command is one line")
        self._out += line.encode("utf-8") + b"\r\n"
        self._note("out", line if kept is None else kept)
        self._waiting.append((phase, recipient))

    def _note(self, direction: str, text: str) -> None:
        if len(self._lines) < MAX_KEPT_LINES:
            self._lines.append((direction, text))

    def _say_hello(self) -> None:
        verb = "LHLO" if self.lmtp else "HELO" if self._helo else "EHLO"
        self._say(f"{verb} {self._hello_name}", "hello")

    def _say_rcpt(self, carried: "_Carried") -> None:
        address, parameters = carried.outgoing.recipients[carried.asked]
        self._say(rcpt_command(address, parameters, self.announced), "rcpt", recipient=carried.asked)
        carried.asked += 1

    def _say_chunk(self, carried: "_Carried", octets: bytes, last: bool) -> None:
        """One piece is kept back, so that the last chunk is not an empty one."""
        if last:
            self._put_chunk(carried.piece, " LAST")
        elif octets:
            if carried.piece:
                self._put_chunk(carried.piece, "")
                self._waiting.append(("data", -1))
            carried.piece = octets

    def _put_chunk(self, octets: bytes, last: str) -> None:
        self._out += b"BDAT %d%s\r\n" % (len(octets), last.encode("ascii"))
        self._out += octets
        self._note("out", f"BDAT {len(octets)}{last}")

    # ── hearing ──

    def _heard(self, reply: Reply) -> None:
        if not self._waiting:
            self._break(reply if reply.code == 421 else UNEXPECTED)
            return
        phase, recipient = self._waiting[0]
        if reply.code == 421 and phase != "quit":
            self._break(reply)
            return
        self._waiting.popleft()
        if phase in ("greeting", "hello", "tls", "login", "quit", "reset"):
            self._heard_between(phase, reply)
        elif self._carried is not None:
            self._heard_of_mail(self._carried, phase, recipient, reply)

    def _heard_between(self, phase: Phase, reply: Reply) -> None:
        match phase:
            case "greeting" if reply.code == 220:
                self.greeted_by = reply.text.replace("\n", " ").partition(" ")[0].lower()
                self._say_hello()
            case "hello" if reply.positive:
                self.announced = {} if self._helo else announced(reply)
                self._events.append(Ready(self.announced))
            case "hello" if reply.permanent and not self._helo and not self.lmtp:
                self._helo = True
                self._say_hello()
            case "greeting" | "hello":
                self._break(reply if reply.temporary or reply.permanent else UNEXPECTED, phase)
            case "tls" if reply.code == 220:
                if len(self._replies):
                    self._break(OCTETS_BEHIND_STARTTLS, phase)
                else:
                    self._events.append(TlsReady())
            case "login" if reply.code == 334 and self._secrets:
                secret = b64encode(self._secrets.pop(0)).decode("ascii")
                self._say(secret, "login", f"({len(secret)} octets)")
            case "login" if reply.code == 334:
                self._say("*", "login")
            case "login" if reply.positive:
                self._events.append(Ready(self.announced))
            case "tls" | "login":
                self._events.append(Answer(phase, reply))
            case "reset":
                self._finish()
            case _:
                self.broken = True  # QUIT was answered; whatever it was, it is over

    def _heard_of_mail(self, carried: "_Carried", phase: Phase, recipient: int, reply: Reply) -> None:
        self._events.append(Answer(phase, reply, recipient))
        good = reply.code == 354 if phase == "data" and not carried.chunked else reply.positive
        if good and phase == "mail":
            carried.open = True
        elif good and phase == "rcpt" and carried.open:
            carried.accepted.append(recipient)
        elif good and phase == "data" and not carried.chunked and not carried.undecided:
            # 354 although nobody was accepted: a lone dot, and no message (RFC 2920 §3.1).
            self._out += b".\r\n"
            self._note("out", ".")
            self._waiting.append(("content", -1))
        elif good and phase == "data" and not carried.chunked:
            carried.wanted = True
            self._events.append(SendContent())
        elif not good or phase == "content":
            fits = good or reply.temporary or reply.permanent
            carried.decide(phase, recipient, reply if fits else UNEXPECTED)
            if phase == "content":
                carried.open = False
        if not self._waiting and not carried.wanted:
            self._go_on(carried)

    def _go_on(self, carried: "_Carried") -> None:
        """All replies are in: the next command, or the end."""
        if carried.sent or not carried.open:
            self._finish()
        elif carried.asked < len(carried.outgoing.recipients):
            self._say_rcpt(carried)
        elif not carried.undecided:
            self._say("RSET", "reset")
        elif carried.chunked:
            carried.wanted = True
            self._events.append(SendContent())
        elif not carried.data_said:
            carried.data_said = True
            self._say("DATA", "data")
        else:
            self._say("RSET", "reset")

    def _finish(self) -> None:
        if self._carried is not None:
            carried, self._carried = self._carried, None
            self._events.append(Finished(carried.all_outcomes()))

    def _break(self, reply: Reply, phase: Phase | None = None) -> None:
        if self.broken:
            return
        self.broken = True
        if phase is None:
            phase = self._waiting[0][0] if self._waiting else "data" if self._carried else "connect"
        if self._carried is not None:
            self._carried.decide(phase, -1, reply)
            for index in range(len(self._carried.outgoing.recipients)):
                self._carried.outcomes.setdefault(index, (phase, reply))
        self._finish()
        self._out.clear()
        invitations = (Ready, TlsReady)  # those not taken up yet are none any more
        self._events = deque(event for event in self._events if not isinstance(event, invitations))
        if phase != "quit":
            self._events.append(Broken(phase, reply))


class _Carried:
    """The transaction on its way: who was accepted, what was decided, what of the content is kept back."""

    def __init__(self, outgoing: Outgoing, chunked: bool) -> None:
        self.outgoing = outgoing
        self.chunked = chunked
        self.asked = 0  # recipients for whom RCPT was said
        self.data_said = False
        self.open = False  # MAIL was taken and nothing has ended the transaction
        self.wanted = False  # the server waits for content
        self.sent = False
        self.accepted: list[int] = []
        self.outcomes: dict[int, tuple[Phase, Reply]] = {}
        self.tail = b"\r\n"  # the last octets said: an empty content needs no CR LF before its dot
        self.piece = b""  # the chunk kept back
        self._measure = Measure(UNBOUNDED, binary=outgoing.parameters.body == "BINARYMIME")
        self._held = b""

    @property
    def undecided(self) -> list[int]:
        """Accepted recipients without a last word."""
        return [index for index in self.accepted if index not in self.outcomes]

    def decide(self, phase: Phase, recipient: int, reply: Reply) -> None:
        """A word about one recipient, or (-1) about all that are undecided."""
        if recipient >= 0:
            self.outcomes.setdefault(recipient, (phase, reply))
        elif phase == "mail":
            self.outcomes = dict.fromkeys(range(len(self.outgoing.recipients)), (phase, reply))
        else:
            for index in self.undecided:
                self.outcomes[index] = (phase, reply)

    def all_outcomes(self) -> tuple[tuple[Phase, Reply], ...]:
        count = len(self.outgoing.recipients)
        return tuple(self.outcomes.get(index, ("rcpt", UNEXPECTED)) for index in range(count))

    def checked(self, octets: bytes, last: bool) -> bytes | None:
        """Octets that may go out; None when the content holds what another server may read as its end."""
        text = self._held + octets
        self._held = b""
        if text.endswith(b"\r") and not last:
            self._held, text = b"\r", text[:-1]
        return text if self._measure.add(text) else None

    def stuffed(self, octets: bytes) -> bytes:
        """With the dot doubled at the beginning of a line (RFC 5321 §4.5.2)."""
        text = (self.tail + octets).replace(b"\r\n.", b"\r\n..")[len(self.tail) :]
        self.tail = (self.tail + octets)[-2:]
        return text


def announced(reply: Reply) -> dict[str, str]:
    """Keyword in upper case -> parameters, from the lines of an EHLO reply behind the first."""
    found = {}
    for line in reply.text.split("\n")[1:]:
        keyword, _, parameters = line.strip().replace("=", " ", 1).partition(" ")
        found[keyword.upper()] = parameters
    return found
