"""The closed vocabulary of what can happen to a letter or on a connection.

Events are written in the transaction of the fact they tell (docs/journey.md) and never hold content or secrets: there
is no field for them.  Each type names the `step` people are shown (accept, transform, policy, dns, connect, tls, line,
decide, wait, store, notify, return).  Stored as MessagePack arrays: new fields go to the end and need a default.

`at` and all instants are microseconds since 1970 UTC.  `recipient` counts from 1 within the message; 0 is "all of it".
"""

from typing import Any, ClassVar, Literal

import msgspec

Direction = Literal["in", "out"]  # as seen from us: "out" we said, "in" they said
Certainty = Literal["in_mailbox", "handed_over"]


class Event(msgspec.Struct, frozen=True, array_like=True, tag=str.lower, gc=False):  # no event leads back to itself
    """Something that happened at one instant."""

    step: ClassVar[str]
    at: int


# ── a connection ────────────────────────────────────────────────────────────────────────────────────────────


class Connected(Event, frozen=True):
    """A connection was opened: to one of our services, or by us to `host`."""

    step = "connect"
    direction: Direction
    service: str  # smtp, submission, submissions, lmtp, imap, imaps, pop3, pop3s, sendmail, relay
    peer: str  # "127.0.0.1:51312"
    host: str = ""  # the name we looked for, when we are the client


class TlsStarted(Event, frozen=True):
    """From here on nobody on the way can read the lines."""

    step = "tls"
    version: str  # "TLSv1.3"
    cipher: str
    peer_name: str = ""  # subject of the peer's certificate, when we are the client
    trusted: bool = False  # the certificate was checked and is good


class TlsFailed(Event, frozen=True):
    """The handshake did not come about."""

    step = "tls"
    why: str


class Line(Event, frozen=True):
    """One line of the dialogue.  Credentials are replaced before they get here."""

    step = "line"
    direction: Direction
    encrypted: bool
    text: str


class Content(Event, frozen=True):
    """The letter itself crossed the wire; only its measure is kept."""

    step = "line"
    direction: Direction
    encrypted: bool
    octets: int
    lines: int


class LoggedIn(Event, frozen=True):
    step = "policy"
    account: str
    mechanism: str


class LoginFailed(Event, frozen=True):
    step = "policy"
    mechanism: str
    because: str
    login: str = ""  # folded; may be anything that was typed, so no log says it before an account is called so
    outcome: str = ""  # store.logins.OUTCOMES


class Closed(Event, frozen=True):
    """The connection ended.  `because` is empty after a proper QUIT or LOGOUT."""

    step = "connect"
    because: str = ""


class Dropped(Event, frozen=True):
    """More was said than we keep; the view says so."""

    step = "line"
    lines: int


# ── taking a letter ─────────────────────────────────────────────────────────────────────────────────────────


OF_THE_WRITER = "reverse-path"  # why MAIL was refused: the address of such a Refused is the writer's


class Refused(Event, frozen=True):
    """We said no: to a command, a recipient or a letter."""

    step = "policy"
    reply: str  # what the peer read
    because: str  # why, for us
    address: str = ""


class Accepted(Event, frozen=True):
    """The letter became ours: committed in the transaction that holds this event."""

    step = "accept"
    via: str  # smtp, submission, lmtp, sendmail, api, bounce, notice, append, import, list
    size: int
    reverse_path: str
    message_id: str
    subject: str
    author: str
    parent: int = 0  # the letter this one answers for: a bounce, a notice, a copy for the members of a list
    login: str = ""


class Fixed(Event, frozen=True):
    """Something was added, removed or re-encoded on the way: Date, Message-ID, Bcc, 8bit to quoted-printable."""

    step = "transform"
    what: str  # "date added", "message-id added", "bcc removed", "8bit to quoted-printable", ...


class Decided(Event, frozen=True):
    """A rule was applied: its name, the value that decided, what came of it."""

    step = "decide"
    rule: str
    value: str
    outcome: str
    recipient: int = 0


class Filed(Event, frozen=True):
    """The letter is in a mailbox here."""

    step = "store"
    recipient: int
    address: str
    account: str
    mailbox: str
    uid: int


class Distributed(Event, frozen=True):
    """The letter came to a list here, whose members get another one: its bounces go to the owner (RFC 5321 §3.9.2)."""

    step = "store"
    recipient: int
    address: str  # of the list
    letter: int  # the other letter's number; 0 when all members have a copy already
    owner: str


class Queued(Event, frozen=True):
    """The letter waits to be sent on."""

    step = "wait"
    recipient: int
    address: str
    due: int
    deadline: int


# ── carrying it ─────────────────────────────────────────────────────────────────────────────────────────────


class Resolved(Event, frozen=True):
    """What the DNS said, and which hosts follow from it, best first ("10 mx1.example.com")."""

    step = "dns"
    question: str
    answer: tuple[str, ...]
    note: str = ""  # "implicit mx", "null mx", "does not exist", "no answer", ...


class Attempted(Event, frozen=True):
    """A courier set out for one recipient."""

    step = "connect"
    recipient: int
    attempt: int
    host: str
    ip: str


class Delivered(Event, frozen=True):
    """The next server took responsibility."""

    step = "accept"
    recipient: int
    host: str
    reply: str
    certainty: Certainty = "handed_over"


class Deferred(Event, frozen=True):
    """Not now; tried again at `next_at`."""

    step = "wait"
    recipient: int
    reply: str  # their words, or ours when nobody answered
    cause: str  # key of the cause catalogue, or ""
    next_at: int
    host: str = ""
    phase: str = ""  # dns, connect, greeting, hello, tls, mail, rcpt, data, content


class Failed(Event, frozen=True):
    """Given up.  The writer is told."""

    step = "decide"
    recipient: int
    reply: str
    cause: str
    host: str = ""
    phase: str = ""


class Bounced(Event, frozen=True):
    """The writer was told by a bounce of its own number (0: nobody can be told)."""

    step = "return"
    recipient: int
    bounce: int
    because: str = ""


class Returned(Event, frozen=True):
    """Whoever had taken it sent it back later, with a letter of its own number."""

    step = "return"
    recipient: int
    letter: int
    reply: str  # their words
    cause: str = ""
    host: str = ""  # who says so


class Reported(Event, frozen=True):
    """Whoever had taken it says later what became of it; `recipient` 0 where nobody is named."""

    step = "notify"
    recipient: int
    letter: int  # the number of the letter that says so
    action: str  # delayed, delivered, relayed, expanded (RFC 3464 §2.3.3), complaint (RFC 5965)
    reply: str = ""


class Notified(Event, frozen=True):
    """The writer was told that it takes longer."""

    step = "notify"
    recipient: int
    notice: int


class Confirmed(Event, frozen=True):
    """The writer, who had asked for it (NOTIFY=SUCCESS), was told that it arrived or was handed over."""

    step = "notify"
    recipient: int
    report: int


class Held(Event, frozen=True):
    step = "wait"
    recipient: int
    because: str


class Released(Event, frozen=True):
    step = "wait"
    recipient: int
    because: str


class Cancelled(Event, frozen=True):
    step = "decide"
    recipient: int
    because: str


class LeaseExpired(Event, frozen=True):
    """A courier did not come back (the process died); the recipient waits again."""

    step = "wait"
    recipient: int
    attempt: int


# ── after it arrived ────────────────────────────────────────────────────────────────────────────────────────


class Moved(Event, frozen=True):
    step = "store"
    account: str
    mailbox: str  # where it is now
    uid: int
    how: str = "moved"  # moved, copied, undeleted


class Expunged(Event, frozen=True):
    step = "store"
    account: str
    mailbox: str
    uid: int
    because: str = ""  # expired: its time in this mailbox was over; account: that was removed; "": its owner did it


class Unknown(Event, frozen=True):
    """Something that only a later version has a type for; its facts are not looked at."""

    step = "policy"
    name: str


AnyEvent = (
    Connected | TlsStarted | TlsFailed | Line | Content | LoggedIn | LoginFailed | Closed | Dropped
    | Refused | Accepted | Fixed | Decided | Filed | Distributed | Queued
    | Resolved | Attempted | Delivered | Deferred | Failed | Bounced | Returned | Reported | Notified | Confirmed
    | Held | Released | Cancelled | LeaseExpired | Moved | Expunged | Unknown
)  # fmt: skip

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[AnyEvent, ...])
_each = msgspec.msgpack.Decoder(tuple[msgspec.Raw, ...])
_one: msgspec.msgpack.Decoder[AnyEvent] = msgspec.msgpack.Decoder(AnyEvent)
_shape = msgspec.msgpack.Decoder(list[Any])


def pack(events: "tuple[Event, ...] | list[Event]") -> bytes:
    """Events as they are stored."""
    return _encoder.encode(events)


NOTHING = pack(())  # no events


def joined(first: bytes, second: bytes) -> bytes:
    """Two packed rows of events as one: only the head of the array, which counts, is written anew."""
    (n, at), (m, behind) = _counted(first), _counted(second)
    return _head(n + m) + first[at:] + second[behind:]


def _counted(packed: bytes) -> tuple[int, int]:
    """How many events, and where the first one begins (MessagePack's fixarray, array 16, array 32)."""
    kind = packed[0]
    if kind < 0xDC:
        return kind & 0x0F, 1
    end = 3 if kind == 0xDC else 5
    return int.from_bytes(packed[1:end], "big"), end


def _head(count: int) -> bytes:
    if count < 16:
        return bytes((0x90 | count,))
    return b"\xdc" + count.to_bytes(2, "big") if count < 1 << 16 else b"\xdd" + count.to_bytes(4, "big")


def unpack(octets: bytes) -> tuple[AnyEvent, ...]:
    """The events of one journey row, later versions' as Unknown; raises ValueError when the octets are no events."""
    try:
        return _decoder.decode(octets)
    except msgspec.ValidationError:
        return tuple(_known_or_not(raw) for raw in _each.decode(octets))


def _known_or_not(raw: msgspec.Raw) -> AnyEvent:
    try:
        return _one.decode(raw)
    except msgspec.ValidationError:
        match _shape.decode(raw):
            case [str(name), int(at), *_]:
                return Unknown(at, name)
        raise
