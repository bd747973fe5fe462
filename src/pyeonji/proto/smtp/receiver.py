"""The server side of one SMTP or LMTP connection, without the connection (RFC 5321, RFC 2033).

Octets go in through feed(); next_event() takes out one event at a time; the owner decides and answers with reply(),
which returns the octets to send.  One event, one reply: the next event is not read until the last one is answered,
because the answer may change how the following octets read (354 opens content, 220 after STARTTLS ends plain text).
Only ContentPart takes no reply.

The transaction is one value, replaced whole; every way out of it is Session.forget().
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from pyeonji.proto.lines import LineReader, LineTooLong, shown
from pyeonji.proto.smtp import event as events
from pyeonji.proto.smtp import reply as replies
from pyeonji.proto.smtp.commands import BDAT_REFUSALS, hidden, read_command, shown_command
from pyeonji.proto.smtp.content import ChunkFraming, DataFraming, Measure
from pyeonji.proto.smtp.event import Event
from pyeonji.proto.smtp.extension import Extensions
from pyeonji.proto.smtp.grammar import Leniency, Transaction, Violation, parse_bdat
from pyeonji.proto.smtp.limits import MAX_AUTH_LINE, MAX_CHUNK, MAX_UNENDED_LINE, Limits
from pyeonji.proto.smtp.reply import Reply
from pyeonji.proto.smtp.session import Session, State

__all__ = ["Leniency", "Limits", "Receiver", "State"]


class Receiver:
    """See the module.  `closing` becomes true when the reply just given is the last one."""

    __slots__ = (
        "_before_tls", "_data", "_in_sasl", "_lines", "_owed", "_pending", "_session", "_skip", "closing",
    )  # fmt: skip

    def __init__(
        self,
        hostname: str,
        extensions: Extensions,
        limits: Limits,
        lmtp: bool = False,
        lenient: Leniency = Leniency.BOTH,
    ) -> None:
        self.closing = False
        self._session = Session(hostname, extensions, limits, lmtp, lenient)
        self._lines = LineReader(MAX_AUTH_LINE - 2, MAX_UNENDED_LINE)
        self._owed: Event | None = None  # the event that waits for its reply
        self._data: DataFraming | None = None
        self._pending: Event | None = None  # to be told next
        self._skip = 0  # octets of a refused chunk still to be thrown away
        self._in_sasl = False
        self._before_tls = False  # 220 was said to STARTTLS

    # ── what the owner reads ──

    @property
    def state(self) -> State:
        return self._session.state

    @property
    def transaction(self) -> Transaction | None:
        """The transaction so far; still there when ContentEnd is told."""
        return self._session.transaction

    @property
    def in_content(self) -> bool:
        """Whether octets, not commands, are expected."""
        chunks = self._session.chunks
        return self._data is not None or self._skip > 0 or (chunks is not None and chunks.left > 0)

    # ── octets in, events out ──

    def feed(self, data: bytes) -> None:
        if not self.closing:
            self._lines.feed(data)

    def next_event(self) -> Event | None:
        """The next event; None when octets are missing or a reply is owed."""
        if self._owed is not None or self.closing:
            return None
        event = self._pending
        if event is None and (not self._lines.waiting or (event := self._read()) is None):
            return None
        if event.__class__ is not events.ContentPart:
            self._owed = event
        return event

    def _read(self) -> Event | None:
        if self._before_tls:
            return self._behind_starttls()
        if self._data is not None:
            return self._read_data(self._data)
        if self._skip and not self._skipped():
            return None
        chunks = self._session.chunks
        if chunks is not None and chunks.left:
            return self._read_chunk(chunks)
        return self._read_line()

    def _read_line(self) -> Event | None:
        session = self._session
        try:
            octets = self._lines.take()
        except LineTooLong as error:
            verb = error.head[:4].upper()
            text = hidden(error.head) if self._in_sasl else shown_command(session, verb, error.head)
            self._in_sasl = False
            reply = replies.LINE_TOO_LONG if error.ended else replies.NO_LINES
            return events.Wrong(text, reply, close=not error.ended)
        if octets is None:
            return None
        if self._in_sasl:
            self._in_sasl = False
            return events.AuthResponse(hidden(octets), None if octets == b"*" else octets)
        if session.errors >= session.limits.max_errors:
            return events.Wrong(shown_command(session, octets[:4].upper(), octets), replies.TOO_MANY_ERRORS, close=True)
        if octets[:5].upper() == b"BDAT " and session.extensions.chunking:
            return self._start_chunk(octets)
        return read_command(session, octets, follows=self._lines.waiting > 0)

    # ── content ──

    def _read_data(self, framing: DataFraming) -> Event | None:
        octets = framing.feed(self._lines.take_all())
        measure = framing.measure
        if framing.rest is not None:
            self._lines.feed(framing.rest)
        if framing.rest is not None or measure.close:
            self._data = None
            self._pending = _content_end("", measure)
        return events.ContentPart("", octets) if octets else self._pending

    def _start_chunk(self, octets: bytes) -> Event | None:
        """BDAT: whatever the answer, the announced octets are no commands (RFC 3030 §2)."""
        session = self._session
        line = shown(octets)
        try:
            size, last = parse_bdat(octets[5:].decode("ascii", "replace").strip(" "))
        except Violation as violation:
            session.forget()
            return events.Wrong(line, violation.reply, close=True)
        refusal = BDAT_REFUSALS.get(session.state) or (None if session.extended else replies.HELLO_FIRST)
        if refusal is not None:
            session.forget()
            self._skip = min(size, MAX_CHUNK)
            return events.Wrong(line, refusal, close=size > MAX_CHUNK)
        chunks = session.chunks or ChunkFraming(Measure(session.limits, self._is_binary()))
        session.chunks = chunks
        chunks.start(line, size, last)
        if chunks.measure.size + size > session.limits.max_size:  # told before a single octet is read
            self._skip = min(size, MAX_CHUNK)
            chunks.left = 0
            measure = chunks.measure
            return events.ContentEnd(line, measure.size, measure.lines, replies.MESSAGE_TOO_BIG, size > MAX_CHUNK)
        return self._read_chunk(chunks)

    def _read_chunk(self, chunks: ChunkFraming) -> Event | None:
        octets, rest = chunks.feed(self._lines.take_all())
        if rest:
            self._lines.feed(rest)
        measure = chunks.measure
        if measure.close or (not chunks.left and (chunks.last or measure.problem)):
            self._pending = _content_end(chunks.line, measure)
        elif not chunks.left:
            self._pending = events.BdatChunk(chunks.line, chunks.size)
        return events.ContentPart("", octets) if octets else self._pending

    def _skipped(self) -> bool:
        """Throw away octets of a refused chunk; True when all of them are gone."""
        octets = self._lines.take_all()
        if len(octets) > self._skip:
            self._lines.feed(octets[self._skip :])
        self._skip -= min(self._skip, len(octets))
        return not self._skip

    def _is_binary(self) -> bool:
        transaction = self._session.transaction
        return transaction is not None and transaction.parameters.body == "BINARYMIME"

    def _behind_starttls(self) -> Event | None:
        if not self._lines.waiting:
            return None
        return events.Wrong(hidden(self._lines.take_all()), replies.OCTETS_BEHIND_STARTTLS, close=True)

    # ── decisions in, octets out ──

    def greeting(self, reply: Reply | None = None) -> bytes:
        """The first octets of the connection; anything but 220 ends it."""
        reply = reply or replies.banner(self._session.hostname, self._session.lmtp)
        self.closing = reply.code != 220
        return reply.to_wire()

    def reply(self, reply: Reply) -> bytes:
        """Answer the event that was taken out last.  For LMTP content it is said once per recipient."""
        event = self._owed
        if event is None:
            raise ValueError("no event waits for a reply")
        if event.__class__ is events.ContentEnd and self._session.lmtp:
            transaction = self._session.transaction
            return self.replies([reply] * len(transaction.recipients if transaction else ()))
        self._answered(event, reply)
        adopt = _ADOPT.get(event.__class__)
        if adopt is not None:
            adopt(self, event, reply)
            if event.__class__ is events.Hello and reply.positive:
                reply = self._hello_reply()
        return self._wire(reply)

    def replies(self, answers: Sequence[Reply]) -> bytes:
        """LMTP: one reply for each recipient, in the order of RCPT (RFC 2033 §4.2)."""
        event, session = self._owed, self._session
        if not isinstance(event, events.ContentEnd) or session.transaction is None:
            raise ValueError("no content waits for replies")
        if len(answers) != len(session.transaction.recipients):
            raise ValueError("one reply for each recipient")
        if session.chunks is not None and not session.chunks.last:
            answers = answers[:1]  # a chunk that is not the last has one reply, RFC 2033 §4.3
        for reply in answers:
            self._answered(event, reply)
        self._content_answered(event, answers[-1])
        return b"".join([self._wire(reply) for reply in answers])

    def tls_started(self, mechanisms: tuple[str, ...] | None = None) -> None:
        """The handshake is done: the client has said nothing yet (RFC 3207 §4.2).

        `mechanisms`: those that are offered now, when the connection has shown what a login can be bound to.
        """
        if mechanisms is not None:
            self._session.extensions = replace(self._session.extensions, auth_after_tls=mechanisms)
        self._lines.take_all()
        self._owed = None
        self._before_tls = self._in_sasl = False
        self._session.start_again()

    def authenticated(self) -> None:
        """The peer has proved who it is, by AUTH or otherwise."""
        self._session.authenticated = True

    def _answered(self, event: Event, reply: Reply) -> None:
        self._owed = self._pending = None
        code = reply.code
        if code == 221 or code == 421 or getattr(event, "close", False):
            self.closing = True
            self._lines.take_all()
        if code >= 500 and event.__class__ is not events.ContentEnd:  # a refused letter is no mistake in speaking
            self._session.errors += 1

    def _wire(self, reply: Reply) -> bytes:
        hello = self._session.hello
        return reply.to_wire(enhanced=hello is None or hello.verb != "HELO")

    def _hello_reply(self) -> Reply:
        session = self._session
        if not session.extended:
            return replies.hello(session.hostname)
        keywords = session.extensions.keywords(
            after_tls=session.after_tls,
            authenticated=session.authenticated,
            max_recipients=session.limits.max_recipients,
        )
        return replies.hello(session.hostname, keywords)

    # ── what an answer changes ──

    def _hello_answered(self, event: Any, reply: Reply) -> None:
        if reply.positive:
            self._session.forget()
            self._session.hello = event

    def _mail_answered(self, event: Any, reply: Reply) -> None:
        if reply.positive:
            self._session.transaction = Transaction(event.reverse_path, event.parameters)

    def _rcpt_answered(self, event: Any, reply: Reply) -> None:
        old = self._session.transaction
        if reply.positive and old is not None:
            recipients = (*old.recipients, (event.address, event.parameters))
            self._session.transaction = Transaction(old.reverse_path, old.parameters, recipients)

    def _data_answered(self, event: Any, reply: Reply) -> None:
        if not reply.intermediate:
            self._session.data_refused = True
            return
        if self._lines.waiting:  # they came while the owner thought, so their writer did not wait for the 354
            self._pending = events.Wrong(hidden(self._lines.take_all()), replies.OCTETS_BEHIND_DATA, close=True)
        self._data = DataFraming(Measure(self._session.limits, binary=False))

    def _chunk_answered(self, event: Any, reply: Reply) -> None:
        if not reply.positive:
            self._session.forget()

    def _content_answered(self, event: Any, reply: Reply) -> None:
        self._session.forget()
        self._session.junk = 0

    def _starttls_answered(self, event: Any, reply: Reply) -> None:
        self._before_tls = reply.positive

    def _auth_answered(self, event: Any, reply: Reply) -> None:
        self._in_sasl = reply.intermediate
        if reply.positive:
            self._session.authenticated = True
            self._session.login_tried = False


def _content_end(line: str, measure: Measure) -> events.ContentEnd:
    return events.ContentEnd(line, measure.size, measure.lines, measure.problem, measure.close)


_ADOPT: dict[type[Event], Callable[[Receiver, Any, Reply], None]] = {
    events.Hello: Receiver._hello_answered,
    events.Mail: Receiver._mail_answered,
    events.Rcpt: Receiver._rcpt_answered,
    events.DataStart: Receiver._data_answered,
    events.BdatChunk: Receiver._chunk_answered,
    events.ContentEnd: Receiver._content_answered,
    events.StartTls: Receiver._starttls_answered,
    events.Auth: Receiver._auth_answered,
    events.AuthResponse: Receiver._auth_answered,
}
