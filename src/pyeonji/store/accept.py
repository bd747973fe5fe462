"""The instant of responsibility: one transaction takes a letter (docs/design.md §3.1, RFC 5321 §6.1).

Octets, mailbox rows with UID and MODSEQ, recipients that must go on, and the journey's events are committed together.
Whoever gets a `Taken` back may say 250; nobody else.
"""

from collections.abc import Sequence

import msgspec

from pyeonji.journey.event import (
    NOTHING,
    Decided,
    Distributed,
    Event,
    Failed,
    Filed,
    Queued,
    Refused,
    joined,
    pack,
    unpack,
)
from pyeonji.journey.outcome import SUPPRESSED
from pyeonji.proto.smtp.notify import wants
from pyeonji.store import addressed, digests
from pyeonji.store.blobs import Blobs, Large
from pyeonji.store.engine.base import Conflict, Insert, Tx, Unavailable, Update, Values
from pyeonji.store.mailboxes import SEEN
from pyeonji.store.sent import SENT, Sent
from pyeonji.store.sent import rows as sent_rows
from pyeonji.store.told import tell, tell_first, tell_received, those_of_apps


class MailboxGone(Unavailable):
    """A mailbox of the plan is not there any more; nothing was taken, and another plan may be."""


class Filing(msgspec.Struct, frozen=True, array_like=True):
    """Put the letter into a mailbox here.  `n` is the recipient's number; 0 for an APPEND, which has none."""

    n: int
    address: str
    account_id: int
    account: str
    mailbox_id: int
    mailbox: str
    flags: int = 0
    keywords: str = ""
    internal_us: int = 0  # 0: the instant of acceptance
    original: str = ""
    notify: str = ""


class Relaying(msgspec.Struct, frozen=True, array_like=True):
    """Send the letter on to another server."""

    n: int
    address: str
    domain: str
    due_us: int
    deadline_us: int
    original: str = ""
    notify: str = ""


class Distributing(msgspec.Struct, frozen=True, array_like=True):
    """Give the letter to a list here: its members get the letter of number `letter` (0: they all have it already)."""

    n: int
    address: str
    letter: int
    owner: str
    original: str = ""
    notify: str = ""


class Failing(msgspec.Struct, frozen=True, array_like=True):
    """Nobody can get it at this address; the letter is taken all the same, and its writer is owed a bounce."""

    n: int
    address: str
    reply: str
    cause: str = ""  # key of the cause catalogue
    original: str = ""
    notify: str = ""


class Suppressing(msgspec.Struct, frozen=True, array_like=True):
    """Send nothing to this address: an app's letters do not go there, and the app is told."""

    n: int
    address: str
    because: str
    original: str = ""


class SessionRef(msgspec.Struct, frozen=True, array_like=True):
    """The connection a fact belongs to.  Its row is made with its first fact."""

    id: int
    opened_us: int
    service: str
    peer: str


class Letter(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """All that one acceptance commits.  `number` is the receipt number."""

    number: int
    content: bytes | Large
    size: int
    body_at: int
    relay_at: int
    at_us: int
    via: str
    reverse_path: str  # "" is the null path
    message_id: str = ""
    subject: str = ""
    author: str = ""
    envid: str = ""
    ret: str = ""
    smtputf8: bool = False
    eight_bit: bool = False
    parent: int = 0
    login: str = ""
    onward_path: str = ""  # the reverse-path it is sent on with; "" is its own
    tls: str = ""  # what the writer wants of encryption: "required", "optional" or ""
    filings: tuple[Filing, ...] = ()
    relayings: tuple[Relaying, ...] = ()
    distributings: tuple[Distributing, ...] = ()
    failings: tuple[Failing, ...] = ()
    suppressings: tuple[Suppressing, ...] = ()
    events: bytes = NOTHING  # what led here, packed: the dialogue, verdicts, Accepted
    session: SessionRef | None = None
    sent: Sent | None = None  # whose letter it is, when an app handed it in
    routed: tuple[tuple[int, str], ...] = ()  # (app, address) of those who hear that it came

    @property
    def wakes_queue(self) -> bool:
        """Somebody must carry it on, or tell its writer that it has come."""
        if self.relayings or self.failings:
            return True
        here: list[Filing | Distributing] = [*self.filings, *self.distributings]
        return any(one.notify and _state_here(self, one) == "arrived" for one in here)


class Taken(msgspec.Struct, frozen=True, array_like=True):
    """What the commit made: (mailbox id, uid, uidvalidity) of each filing, in order."""

    number: int
    uids: tuple[tuple[int, int, int], ...]


def accept(tx: Tx, blobs: Blobs, letter: Letter) -> Taken:
    """Take responsibility for a letter.  Raises Conflict when the number is taken: come again with another."""
    return accept_all(tx, blobs, [letter])[0]


def accept_all(tx: Tx, blobs: Blobs, letters: Sequence[Letter]) -> list[Taken]:
    """Take responsibility for all of these letters, or for none: with one statement for each table, not each letter."""
    refs = blobs.append(tx, [letter.content for letter in letters])
    tx.insert(MESSAGES, [_message_row(letter, ref) for letter, ref in zip(letters, refs, strict=True)])
    uids = _file_all(tx, letters)
    tx.insert(digests.NOTE, [(letter.number,) for letter in letters if letter.filings])
    recipients = [row for letter in letters for row in _recipient_rows(letter)]
    tx.insert(RECIPIENTS, recipients)
    tx.insert(addressed.NOTE, [(number,) for number in dict.fromkeys(row[0] for row in recipients)])
    tx.insert(SESSIONS, [_session_row(letter.session) for letter in letters if letter.session is not None])
    tx.insert(JOURNEYS, [_told(letter, made) for letter, made in zip(letters, uids, strict=True)])
    if of_apps := [(letter.number, letter.sent) for letter in letters if letter.sent is not None]:
        tx.insert(SENT, sent_rows(of_apps))
        tell_first(tx, [
            (letter.number, letter.sent.app_id, _made_of(letter, made))
            for letter, made in zip(letters, uids, strict=True) if letter.sent is not None
        ])  # fmt: skip
    for letter in letters:
        if letter.routed:
            places = [filing.mailbox for filing in letter.filings]
            tell_received(tx, letter.number, letter.routed, places[0] if places else "", letter.at_us)
    return [Taken(letter.number, made) for letter, made in zip(letters, uids, strict=True)]


def taken_before(tx: Tx, letters: Sequence[Letter]) -> tuple[Taken, ...] | None:
    """What came of these letters when they were taken in a commit nobody has heard of; None when there was none.

    Raises Conflict when another letter has the first one's number.
    """
    first = letters[0]
    row = tx.one("SELECT at_us, size, reverse_path FROM message WHERE id = :id", {"id": first.number})
    if row is None:
        return None
    if row != (first.at_us, first.size, first.reverse_path):
        raise Conflict(f"message {first.number} is another one")
    return tuple(Taken(letter.number, tuple(tx.all(FILED, {"id": letter.number}))) for letter in letters)


FILED = """
SELECT e.mailbox_id, e.uid, m.uidvalidity FROM entry e JOIN mailbox m ON m.id = e.mailbox_id
WHERE e.message_id = :id ORDER BY e.mailbox_id
"""
MESSAGES = Insert(
    "message",
    ("id", "content_id", "size", "body_at", "relay_at", "at_us", "via", "reverse_path", "message_id", "subject",
     "author", "envid", "ret", "smtputf8", "eight_bit", "parent", "login", "onward_path", "tls"),
)  # fmt: skip
ENTRIES = Insert(
    "entry",
    ("mailbox_id", "uid", "account_id", "message_id", "flags", "keywords", "modseq", "internal_us", "saved_us", "size",
     "came"),
)  # fmt: skip
RECIPIENTS = Insert(
    "recipient",
    ("message_id", "n", "address", "original", "notify", "domain", "state", "due_us", "deadline_us"),
)
SESSIONS = Insert("session", ("id", "opened_us", "service", "peer"), "ON CONFLICT (id) DO NOTHING")
JOURNEYS = Insert("journey", ("session_id", "message_id", "at_us", "events"))

# The counters move in the statement that gives the UIDs: a UID is never given twice (RFC 9051 §2.3.1.1).
TAKE_UIDS = Update(
    "mailbox",
    ("id", "letters", "octets", "unseen"),
    "uidnext = uidnext + w.letters, modseq = modseq + w.letters, messages = messages + w.letters,"
    " octets = mailbox.octets + w.octets, unseen = mailbox.unseen + w.unseen",
    "mailbox.id, uidnext, modseq, uidvalidity",
)


def _message_row(letter: Letter, ref: int) -> Values:
    return (
        letter.number, ref, letter.size, letter.body_at, letter.relay_at, letter.at_us, letter.via,
        letter.reverse_path, letter.message_id, letter.subject, letter.author, letter.envid, letter.ret,
        int(letter.smtputf8), int(letter.eight_bit), letter.parent, letter.login,
        letter.onward_path, letter.tls,
    )  # fmt: skip


Uids = tuple[tuple[int, int, int], ...]  # (mailbox id, uid, uidvalidity) of each filing of one letter


def _file_all(tx: Tx, letters: Sequence[Letter]) -> list[Uids]:
    """A row in each mailbox, with the next UID and MODSEQ there."""
    given = _take_uids(tx, letters)
    rows: list[Values] = []
    made: list[Uids] = []
    for letter in letters:
        uids: list[tuple[int, int, int]] = []
        for filing in letter.filings:
            next_ = given[filing.mailbox_id]
            uid, modseq, uidvalidity = next_[0], next_[1] + 1, next_[2]
            next_[0], next_[1] = uid + 1, modseq
            rows.append((
                filing.mailbox_id, uid, filing.account_id, letter.number, filing.flags, filing.keywords, modseq,
                filing.internal_us or letter.at_us, letter.at_us, letter.size, modseq,
            ))  # fmt: skip
            uids.append((filing.mailbox_id, uid, uidvalidity))
        made.append(tuple(uids))
    tx.insert(ENTRIES, rows)
    return made


def _take_uids(tx: Tx, letters: Sequence[Letter]) -> dict[int, list[int]]:
    """The first UID given, the MODSEQ before it and UIDVALIDITY of each mailbox these letters are filed into.

    In the order of the mailboxes' ids, so that two commits for the same people never wait for each other.
    """
    wanted: dict[int, list[int]] = {}
    for letter in letters:
        for filing in letter.filings:
            row = wanted.get(filing.mailbox_id)
            if row is None:
                row = wanted[filing.mailbox_id] = [0, 0, 0]
            row[0] += 1
            row[1] += letter.size
            row[2] += not filing.flags & SEEN
    given = tx.update(TAKE_UIDS, [(number, *wanted[number]) for number in sorted(wanted)])
    if len(given) < len(wanted):
        raise MailboxGone("a mailbox went away; plan again")
    return {
        number: [uidnext - wanted[number][0], modseq - wanted[number][0], uidvalidity]
        for number, uidnext, modseq, uidvalidity in given
    }


def _recipient_rows(letter: Letter) -> list[Values]:
    here: list[Filing | Distributing | Failing] = [filing for filing in letter.filings if filing.n]
    here += [*letter.distributings, *letter.failings]
    rows: list[Values] = [
        (letter.number, one.n, one.address, one.original, one.notify, "", _state_here(letter, one), 0, 0)
        for one in here
    ]
    rows += [
        (letter.number, one.n, one.address, one.original, one.notify, one.domain, "waiting", one.due_us,
         one.deadline_us)
        for one in letter.relayings
    ]  # fmt: skip
    rows += [
        (letter.number, one.n, one.address, one.original, "", "", "suppressed", 0, 0) for one in letter.suppressings
    ]
    return rows


def _state_here(letter: Letter, one: Filing | Distributing | Failing) -> str:
    """Done, unless the writer wants to hear of it (RFC 3461 §4.1) and can be told."""
    if isinstance(one, Failing):
        return "failed"
    return "arrived" if letter.reverse_path and wants(one.notify, "SUCCESS") else "done"


def _told(letter: Letter, uids: Uids) -> Values:
    """The journey of this fact: what led here, then what was made of each recipient."""
    packed = joined(letter.events, pack(_made_of(letter, uids)))
    return _journey_row(letter.session, letter.number, letter.at_us, packed)


def _made_of(letter: Letter, uids: Uids) -> list[Event]:
    """What was made of each recipient."""
    events: list[Event] = []
    for filing, (_, uid, _) in zip(letter.filings, uids, strict=True):
        events.append(Filed(letter.at_us, filing.n, filing.address, filing.account, filing.mailbox, uid))
    for failing in letter.failings:
        events.append(Refused(letter.at_us, failing.reply, "nobody can get it", failing.address))
        events.append(Failed(letter.at_us, failing.n, failing.reply, failing.cause, "", "rcpt"))
    events += [Distributed(letter.at_us, one.n, one.address, one.letter, one.owner) for one in letter.distributings]
    events += [
        Queued(letter.at_us, relaying.n, relaying.address, relaying.due_us, relaying.deadline_us)
        for relaying in letter.relayings
    ]
    events += [Decided(letter.at_us, SUPPRESSED, one.address, one.because, one.n) for one in letter.suppressings]
    return events


def record(tx: Tx, session: SessionRef | None, message: int, at_us: int, events: Sequence[Event]) -> None:
    """Write events in the transaction of the fact they tell."""
    if session is not None:
        tx.insert(SESSIONS, [_session_row(session)])
    tx.insert(JOURNEYS, [_journey_row(session, message, at_us, pack(tuple(events)))])
    if message:
        tell(tx, message, events)


Fact = tuple[SessionRef | None, int, int, bytes]  # its connection, its letter (0: none), the instant, events packed


def record_all(tx: Tx, facts: Sequence[Fact]) -> None:
    """The same for many facts: one statement for each table, and their events stay packed."""
    sessions = {session.id: session for session, _, _, _ in facts if session is not None}
    tx.insert(SESSIONS, [_session_row(session) for session in sessions.values()])
    tx.insert(JOURNEYS, [_journey_row(*fact) for fact in facts])
    of_apps = those_of_apps(tx, [message for _, message, _, _ in facts if message])
    for _, message, _, packed in facts:
        if message in of_apps:
            tell(tx, message, unpack(packed))


def _session_row(session: SessionRef) -> Values:
    return session.id, session.opened_us, session.service, session.peer


def _journey_row(session: SessionRef | None, message: int, at_us: int, packed: bytes) -> Values:
    return session.id if session else 0, message, at_us, packed
