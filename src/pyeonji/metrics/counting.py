"""From journey rows to numbers.  What spans several rows (a command and its reply, an attempt and its outcome) is
remembered for as long as it is likely to come, and no longer."""

from collections.abc import Callable

from pyeonji.catalog.causes import CAUSES
from pyeonji.journey.event import (
    Accepted,
    AnyEvent,
    Attempted,
    Cancelled,
    Closed,
    Connected,
    Content,
    Decided,
    Deferred,
    Delivered,
    Distributed,
    Failed,
    Filed,
    Line,
    LoggedIn,
    LoginFailed,
    Returned,
)
from pyeonji.journey.recent import Recent
from pyeonji.journey.steps import OF_THIS_MACHINE
from pyeonji.metrics import families
from pyeonji.metrics.counts import Counts
from pyeonji.net.clock import SECOND_US
from pyeonji.store.journey import JourneyRow
from pyeonji.store.logins import OUTCOMES

SPOKEN_BY = frozenset({"smtp", "submission", "submissions", "lmtp", "sendmail"})  # services that speak SMTP with us
SERVICES = SPOKEN_BY | {"imap", "imaps", "pop3", "pop3s", "relay"}
VERBS = frozenset({
    "EHLO", "HELO", "LHLO", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP", "QUIT", "VRFY", "EXPN", "HELP", "AUTH",
    "STARTTLS", "XCLIENT", "ETRN",
})  # fmt: skip
VIAS = frozenset({
    "smtp", "submission", "submissions", "lmtp", "sendmail", "api", "bounce", "notice", "append", "import", "list",
    "report", "vacation",
})  # fmt: skip
CONTENT, OTHER, GREETING = "content", "other", "greeting"
CONTINUES = "334"  # the code by which AUTH asks for more


class Counting:
    """`accepted_at` says when a letter became ours (0: unknown)."""

    def __init__(self, counts: Counts, accepted_at: Callable[[int], int]) -> None:
        self.counts = counts
        self._accepted_at = accepted_at
        self._said: Recent[int, str] = Recent()  # the verb of a connection that has no reply so far
        self._services: Recent[int, str] = Recent()  # of connections
        self._set_out: Recent[tuple[int, int], int] = Recent()  # when, by letter and recipient

    def row(self, row: JourneyRow) -> None:
        """Count what a row tells."""
        self.counts.add(families.FOLLOWED, count=len(row.events))
        for event in row.events:
            if row.session_id:
                self._of_connection(row.session_id, event)
            self._of_letter(row.message_id, event)

    def webhook(self, status: int) -> None:
        """Count what an endpoint answered; 0: nothing."""
        result = "no_answer" if not status else "taken" if 200 <= status < 300 else "refused"
        self.counts.add(families.WEBHOOKS, result)

    # ── a connection ──

    def _of_connection(self, session: int, event: AnyEvent) -> None:
        match event:
            case Line(direction=direction, text=text):
                if self._services.get(session) in SPOKEN_BY:
                    self._line(session, direction, text)
            case Connected(service=service):
                self._services.put(session, service if service in SERVICES else OTHER)
                self._said.put(session, GREETING)
            case Content(direction="in"):
                self._said.put(session, CONTENT)
            case LoggedIn(mechanism=mechanism) if mechanism not in OF_THIS_MACHINE:
                self.counts.add(families.AUTH, self._services.get(session, OTHER), "in")
            case LoginFailed(outcome=outcome):
                result = outcome if outcome in OUTCOMES else OTHER
                self.counts.add(families.AUTH, self._services.get(session, OTHER), result)
            case Closed():
                self.counts.add(families.CONNECTIONS, self._services.pop(session, OTHER))
                self._said.pop(session, None)

    def _line(self, session: int, direction: str, text: str) -> None:
        if direction == "in":
            if self._said.get(session) != CONTINUES:
                verb = text[:8].partition(" ")[0].upper()
                self._said.put(session, verb if verb in VERBS else OTHER)
            else:
                self._said.put(session, "AUTH")
        elif text[3:4] != "-" and text[:3].isdigit():
            code, verb = text[:3], self._said.pop(session, "")
            if verb:
                self.counts.add(families.COMMANDS, verb, code)
            if code == CONTINUES:
                self._said.put(session, CONTINUES)

    # ── a letter ──

    def _of_letter(self, letter: int, event: AnyEvent) -> None:
        match event:
            case Accepted(via=via):
                self.counts.add(families.ACCEPTED, via if via in VIAS else OTHER)
            case Filed(recipient=n) if n:
                self._final("in_mailbox")
            case Distributed():
                self._final("list")
            case Attempted(recipient=n):
                if (letter, n) not in self._set_out:
                    self._set_out.put((letter, n), event.at)
            case Delivered(recipient=n):
                self._tried(letter, n, event.at, "delivered", "")
                self._final("handed_over")
                self._waited(letter, event.at)
            case Deferred(recipient=n, cause=cause, reply=reply):
                self._tried(letter, n, event.at, "deferred", _known(cause, reply))
                self._unexplained(cause, reply)
            case Failed(recipient=n, cause=cause, reply=reply):
                self._tried(letter, n, event.at, "failed", _known(cause, reply))
                self._final("failed", _known(cause, reply))
                self._unexplained(cause, reply)
                self._waited(letter, event.at)
            case Decided(rule="repeats", outcome=action):
                self.counts.add(families.REPEATED, action)
            case Decided(rule="suppressed", recipient=n) if n:
                self._final("suppressed")
            case Cancelled():
                self._final("cancelled")
                self._waited(letter, event.at)
            case Returned(cause=cause, reply=reply):
                self._final("bounced", _known(cause, reply))
                self._unexplained(cause, reply)

    def _final(self, outcome: str, cause: str = "") -> None:
        self.counts.add(families.FINAL, outcome, cause)

    def _tried(self, letter: int, n: int, at: int, result: str, cause: str) -> None:
        """An attempt ended.  What was put off without one (the destination is known to be silent) has no duration."""
        begin = self._set_out.pop((letter, n), 0)
        self.counts.add(families.ATTEMPTS, result, cause)
        if begin:
            self.counts.observe(families.ATTEMPT_TIME, max(0, at - begin) / SECOND_US)

    def _waited(self, letter: int, at: int) -> None:
        if begin := self._accepted_at(letter):
            self.counts.observe(families.FINAL_TIME, max(0, at - begin) / SECOND_US)

    def _unexplained(self, cause: str, reply: str) -> None:
        if reply and not cause:
            self.counts.add(families.UNEXPLAINED)


def _known(cause: str, reply: str) -> str:
    """A cause of the catalogue, or that there is none."""
    if cause in CAUSES:
        return cause
    return "unexplained" if reply else ""
