"""What an SMTP server says: one shape, and every reply of ours as a constant.

The texts are fixed ASCII, so that a test, a search in a log and a remote postmaster can rely on them.
Replies of other servers are read in `reply_reader`; they have the same shape.
"""

from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Reply:
    """RFC 5321 §4.2.  `detail` is "subject.detail" of RFC 3463, "" where RFC 2034 §4 forbids one."""

    code: int
    detail: str
    text: str

    def to_wire(self, enhanced: bool = True) -> bytes:
        """The octets, one CR LF per line; `enhanced=False` for a peer that only said HELO."""
        return _wire(self.code, self.detail if enhanced else "", self.text)

    def __str__(self) -> str:
        """On one line, as the journey keeps it."""
        status = f"{self.enhanced} " if self.detail else ""
        return f"{self.code} {status}{self.text}".replace("\n", " ")

    @property
    def enhanced(self) -> str:
        """The whole status of RFC 3463, "5.1.1", or "" when there is none."""
        return f"{self.code // 100}.{self.detail}" if self.detail else ""

    @property
    def positive(self) -> bool:
        """2yz: done.  3yz is not: more is wanted."""
        return 200 <= self.code < 300

    @property
    def intermediate(self) -> bool:
        return 300 <= self.code < 400

    @property
    def temporary(self) -> bool:
        return 400 <= self.code < 500

    @property
    def permanent(self) -> bool:
        return self.code >= 500


@lru_cache(maxsize=256)  # most are constants
def _wire(code: int, detail: str, text: str) -> bytes:
    # The class digit is computed, never stored, so it cannot disagree with the code (RFC 2034 §4).
    status = f"{code // 100}.{detail} " if detail else ""
    if "\n" not in text:
        return f"{code} {status}{text}\r\n".encode("ascii", "backslashreplace")
    *head, last = text.split("\n")
    lines = [f"{code}-{status}{line}\r\n" for line in head]
    lines.append(f"{code} {status}{last}\r\n")
    return "".join(lines).encode("ascii", "backslashreplace")


# ── greeting and parting ────────────────────────────────────────────────────────────────────────────────────


def banner(hostname: str, lmtp: bool = False) -> Reply:
    return Reply(220, "", f"{hostname} {'LMTP' if lmtp else 'ESMTP'} pyeonji")


def hello(hostname: str, keywords: tuple[str, ...] = ()) -> Reply:
    """The answer to EHLO, LHLO or (without keywords) HELO; RFC 2034 §4: no enhanced code here."""
    return Reply(250, "", "\n".join((hostname, *keywords)))


HELLO = Reply(250, "", "Hello")  # the receiver says its name and its extensions in place of this text
BYE = Reply(221, "0.0", "Bye")
SERVER_STOPS = Reply(421, "3.2", "Server is stopping, closing")
TOO_SLOW = Reply(421, "4.2", "Too slow, closing")
TOO_MANY_ERRORS = Reply(421, "7.0", "Too many errors, closing")
TOO_MUCH_TALK = Reply(421, "7.0", "Too many commands without mail, closing")
TOO_MANY_FAILURES = Reply(421, "7.0", "Too many failed logins from your address, try again later")
TOO_MANY_GUESSES = Reply(421, "7.0", "Too many unknown recipients from your address, try again later")
TOO_MANY_CONNECTIONS = Reply(421, "7.0", "Too many connections from your address, try again later")
TOO_MANY_LETTERS = Reply(450, "7.1", "Too many letters from your address, try again later")
TALKS_TOO_EARLY = Reply(554, "5.0", "You spoke before the greeting")

# ── good answers ────────────────────────────────────────────────────────────────────────────────────────────

OK = Reply(250, "0.0", "Ok")
REVERSE_PATH_OK = Reply(250, "1.0", "Ok")
RECIPIENT_OK = Reply(250, "1.5", "Ok")
CHUNK_OK = Reply(250, "0.0", "Ok: chunk received")
GO_AHEAD = Reply(354, "", "End data with <CR><LF>.<CR><LF>")
READY_FOR_TLS = Reply(220, "0.0", "Ready to start TLS")
LOGGED_IN = Reply(235, "7.0", "Authentication successful")
NOT_VERIFIED = Reply(252, "1.5", "Not verified, but send it and see")
HELP = Reply(214, "0.0", "See RFC 5321")


def queued(number: str) -> Reply:
    """The instant of responsibility, RFC 5321 §6.1: "250 2.0.0 Ok: queued as K7M32QXD9TAB"."""
    return Reply(250, "0.0", f"Ok: queued as {number}")


def first_time(seconds: int) -> Reply:
    return Reply(451, "7.1", f"You write here for the first time, come again in {seconds} seconds")


def listed(ip: str, zone: str, why: str) -> Reply:
    """A list has the peer on it; its own words (ASCII) say where to ask for removal."""
    return Reply(550, "7.1", f"[{ip}] is listed by {zone}" + (f": {why}" if why else ""))


def dmarc_failed(domain: str) -> Reply:
    """The owner of the author's domain asks for it (RFC 9989 §7.2, RFC 7372 §3.3)."""
    return Reply(550, "7.26", f"Neither SPF nor DKIM says that {domain} sent this, and its DMARC policy refuses it")


def challenge(octets: bytes) -> Reply:
    """RFC 4954 §4: the server's part of an exchange; the octets are written in base64."""
    return Reply(334, "", b64encode(octets).decode("ascii"))


# ── the peer broke the protocol ─────────────────────────────────────────────────────────────────────────────

UNKNOWN_COMMAND = Reply(500, "5.1", "Command not recognised")
NOT_IMPLEMENTED = Reply(502, "5.1", "Command not implemented")
LINE_TOO_LONG = Reply(500, "5.2", "Line too long")
NO_LINES = Reply(500, "5.2", "No line ending seen, closing")
CONTROLS_IN_COMMAND = Reply(501, "5.2", "Control characters in command")
NOT_UTF8 = Reply(501, "5.2", "Command is not UTF-8")
BAD_ARGUMENTS = Reply(501, "5.4", "Syntax error in arguments")
BAD_HELLO = Reply(501, "5.4", "Say your domain name")
BAD_REVERSE_PATH = Reply(501, "1.7", "Bad reverse-path syntax")
BAD_FORWARD_PATH = Reply(501, "1.3", "Bad forward-path syntax")
BAD_PARAMETER = Reply(501, "5.4", "Bad parameter value")
UNKNOWN_PARAMETER = Reply(555, "5.4", "Parameter not recognised")
DUPLICATE_PARAMETER = Reply(501, "5.4", "Parameter given twice")
NEEDS_SMTPUTF8 = Reply(553, "6.7", "Non-ASCII address needs SMTPUTF8")
HELLO_FIRST = Reply(503, "5.1", "Say hello first")
NESTED_MAIL = Reply(503, "5.1", "Nested MAIL command")
MAIL_FIRST = Reply(503, "5.1", "Need MAIL first")
RECIPIENT_FIRST = Reply(503, "5.1", "Need RCPT first")
CHUNKS_BEGUN = Reply(503, "5.1", "BDAT has begun, go on with BDAT or RSET")
BINARY_NEEDS_BDAT = Reply(503, "5.1", "BODY=BINARYMIME needs BDAT")
NOT_DURING_MAIL = Reply(503, "5.1", "Not during a mail transaction")
ALREADY_ENCRYPTED = Reply(503, "5.1", "TLS is already active")
ALREADY_LOGGED_IN = Reply(503, "5.1", "Already authenticated")
TLS_AFTER_LOGIN = Reply(503, "5.1", "STARTTLS must come before AUTH")
OCTETS_BEHIND_STARTTLS = Reply(501, "5.0", "Nothing may follow STARTTLS, closing")
OCTETS_BEHIND_DATA = Reply(554, "5.0", "Nothing may follow DATA before its reply, closing")
OUT_OF_TURN = Reply(554, "5.0", "You did not wait for the reply, closing")
FILTER_REFUSES = Reply(550, "7.1", "Refused by a filter")
NOT_SMTP = Reply(554, "5.0", "This is a mail server, closing")
BARE_CR_OR_LF = Reply(550, "5.2", "Bare CR, bare LF or NUL in content, closing")
CONTENT_LINE_TOO_LONG = Reply(550, "5.2", "Line too long in content")
BAD_CHUNK_SIZE = Reply(501, "5.4", "Bad BDAT size, closing")
BAD_BASE64 = Reply(501, "5.2", "Cannot decode base64")
AUTH_CANCELLED = Reply(501, "7.0", "Authentication cancelled")
UNKNOWN_MECHANISM = Reply(504, "5.4", "Authentication mechanism not offered")
ENCRYPTION_FIRST_FOR_LOGIN = Reply(538, "7.11", "Encryption required for authentication")

# ── our policy says no ──────────────────────────────────────────────────────────────────────────────────────

ENCRYPTION_FIRST_FOR_REQUIRETLS = Reply(530, "7.10", "REQUIRETLS needs encryption first")
ENCRYPTION_FIRST = Reply(530, "7.0", "Must issue a STARTTLS command first")
LOGIN_FIRST = Reply(530, "7.0", "Authentication required")
LOGIN_FAILED = Reply(535, "7.8", "Authentication credentials invalid")
LOGIN_UNAVAILABLE = Reply(454, "7.0", "Temporary authentication failure")
TLS_UNAVAILABLE = Reply(454, "7.0", "TLS not available due to temporary reason")
TOO_MANY_RECIPIENTS = Reply(452, "5.3", "Too many recipients, send again for the rest")
MESSAGE_TOO_BIG = Reply(552, "3.4", "Message size exceeds the limit")
NO_SUCH_MAILBOX = Reply(550, "1.1", "No such mailbox here")
NOT_OUR_DOMAIN = Reply(550, "7.1", "We do not relay")
ACCOUNT_DISABLED = Reply(550, "2.1", "Mailbox is disabled")
NOT_YOUR_ADDRESS = Reply(553, "7.1", "You may not send with this address")
LEADS_NOWHERE = Reply(451, "3.5", "That address is misconfigured here, try again later")
TEST_KEY = Reply(550, "7.1", "A test key sends to addresses at simulator.test only")
SENT_TOO_MUCH = Reply(450, "7.1", "You have sent as much as you may, try again later")
OVER_QUOTA = Reply(452, "2.2", "Mailbox is full, try again later")
NO_SPACE = Reply(452, "3.1", "No space here, try again later")
TRY_AGAIN_LATER = Reply(451, "3.0", "Not now, try again later")
GREYLISTED = Reply(451, "7.1", "Greylisted, try again in some minutes")
LOOKS_LIKE_SPAM = Reply(550, "7.1", "This message looks like spam")
SPF_FAILED = Reply(550, "7.23", "SPF check failed")
NO_AUTHOR = Reply(550, "6.0", "From must name the authors, all of one domain, in one way only")
ORIGIN_UNCLEAR = Reply(451, "7.24", "The DNS does not tell where this message comes from, try again later")
TOO_MANY_HOPS = Reply(554, "4.6", "Too many hops, this looks like a mail loop")
BAD_HEADER = Reply(550, "6.0", "Message header is not as RFC 5322 wants it")
