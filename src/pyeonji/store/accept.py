"""The instant of responsibility: one transaction takes a letter (docs/design.md §3.1, RFC 5321 §6.1).

Octets, mailbox rows with UID and MODSEQ, recipients that must go on, and the journey's events are committed together.
Whoever gets a `Taken` back may say 250; nobody else.
"""

from dataclasses import dataclass
from operator import attrgetter

from pyeonji.journey.event import Distributed, Event, Failed, Filed, Queued, Refused, pack
from pyeonji.proto.smtp.notify import wants
from pyeonji.store.blobs import Blobs, Large
from pyeonji.store.digests import NOTE
from pyeonji.store.engine.base import Row, Tx, Unavailable
from pyeonji.store.mailboxes import SEEN


class MailboxGone(Unavailable):
    """A mailbox of the plan is not there any more; nothing was taken, and another plan may be."""


@dataclass(frozen=True, slots=True)
class Filing:
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


@dataclass(frozen=True, slots=True)
class Relaying:
    """Send the letter on to another server."""

    n: int
    address: str
    domain: str
    due_us: int
    deadline_us: int
    original: str = ""
    notify: str = ""


@dataclass(frozen=True, slots=True)
class Distributing:
    """Give the letter to a list here: its members get the letter of number `letter` (0: they all have it already)."""

    n: int
    address: str
    letter: int
    owner: str
    original: str = ""
    notify: str = ""


@dataclass(frozen=True, slots=True)
class Failing:
    """Nobody can get it at this address; the letter is taken all the same, and its writer is owed a bounce."""

    n: int
    address: str
    reply: str
    cause: str = ""  # key of the cause catalogue
    original: str = ""
    notify: str = ""


@dataclass(frozen=True, slots=True)
class SessionRef:
    """The connection a fact belongs to.  Its row is made with its first fact."""

    id: int
    opened_us: int
    service: str
    peer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
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
    filings: tuple[Filing, ...] = ()
    relayings: tuple[Relaying, ...] = ()
    distributings: tuple[Distributing, ...] = ()
    failings: tuple[Failing, ...] = ()
    events: tuple[Event, ...] = ()  # what led here: the dialogue, verdicts, Accepted
    session: SessionRef | None = None

    @property
    def wakes_queue(self) -> bool:
        """Somebody must carry it on, or tell its writer that it has come."""
        here: list[Filing | Distributing] = [*self.filings, *self.distributings]
        return bool(self.relayings or self.failings) or any(_state_here(self, one) == "arrived" for one in here)


@dataclass(frozen=True, slots=True)
class Taken:
    """What the commit made: (mailbox id, uid, uidvalidity) of each filing, in order."""

    number: int
    uids: tuple[tuple[int, int, int], ...]


def accept(tx: Tx, blobs: Blobs, letter: Letter) -> Taken:
    """Take responsibility for a letter.  Raises Conflict when the number is taken: come again with another."""
    (ref,) = blobs.append(tx, [letter.content])
    tx.run(INSERT_MESSAGE, _message_row(letter, ref))
    uids = _file_all(tx, letter)
    if uids:
        tx.run(NOTE, {"id": letter.number})
    recipients = [_row_here(letter, filing) for filing in letter.filings if filing.n]
    recipients += [_row_here(letter, distributing) for distributing in letter.distributings]
    recipients += [_row_here(letter, failing) for failing in letter.failings]
    recipients += [_relay_row(letter, relaying) for relaying in letter.relayings]
    if recipients:
        tx.many(INSERT_RECIPIENT, recipients)
    _record(tx, letter, uids)
    return Taken(letter.number, uids)


INSERT_MESSAGE = """
INSERT INTO message (id, content_id, size, body_at, relay_at, at_us, via, reverse_path, message_id, subject, author,
  envid, ret, smtputf8, eight_bit, parent, login)
VALUES (:id, :content_id, :size, :body_at, :relay_at, :at_us, :via, :reverse_path, :message_id, :subject, :author,
  :envid, :ret, :smtputf8, :eight_bit, :parent, :login)
"""

# The counters move in the statement that gives the UID: a UID is never given twice (RFC 9051 §2.3.1.1).
TAKE_UID = """
UPDATE mailbox SET uidnext = uidnext + 1, modseq = modseq + 1, messages = messages + 1, octets = octets + :size,
  unseen = unseen + :unseen
WHERE id = :id RETURNING uidnext - 1, modseq, uidvalidity
"""

INSERT_ENTRY = """
INSERT INTO entry (mailbox_id, uid, account_id, message_id, flags, keywords, modseq, internal_us, saved_us, size)
VALUES (:mailbox_id, :uid, :account_id, :message_id, :flags, :keywords, :modseq, :internal_us, :saved_us, :size)
"""

INSERT_RECIPIENT = """
INSERT INTO recipient (message_id, n, address, original, notify, domain, state, due_us, deadline_us)
VALUES (:message_id, :n, :address, :original, :notify, :domain, :state, :due_us, :deadline_us)
"""

INSERT_SESSION = """
INSERT INTO session (id, opened_us, service, peer) VALUES (:id, :opened_us, :service, :peer)
ON CONFLICT (id) DO NOTHING
"""

INSERT_JOURNEY = """
INSERT INTO journey (session_id, message_id, at_us, events) VALUES (:session_id, :message_id, :at_us, :events)
"""


def _message_row(letter: Letter, ref: int) -> dict[str, int | str]:
    return {
        "id": letter.number,
        "content_id": ref,
        "size": letter.size,
        "body_at": letter.body_at,
        "relay_at": letter.relay_at,
        "at_us": letter.at_us,
        "via": letter.via,
        "reverse_path": letter.reverse_path,
        "message_id": letter.message_id,
        "subject": letter.subject,
        "author": letter.author,
        "envid": letter.envid,
        "ret": letter.ret,
        "smtputf8": int(letter.smtputf8),
        "eight_bit": int(letter.eight_bit),
        "parent": letter.parent,
        "login": letter.login,
    }


def _file_all(tx: Tx, letter: Letter) -> tuple[tuple[int, int, int], ...]:
    """In the order of the mailboxes' ids, so that two letters to the same people never wait for each other."""
    filings = sorted(letter.filings, key=attrgetter("mailbox_id"))
    given = tx.each(TAKE_UID, [_uid_row(letter, filing) for filing in filings])
    if len(given) < len(filings):
        raise MailboxGone("a mailbox went away; plan again")
    tx.many(INSERT_ENTRY, [_entry_row(letter, filing, row) for filing, row in zip(filings, given, strict=True)])
    filed = {id(filing): (filing.mailbox_id, row[0], row[2]) for filing, row in zip(filings, given, strict=True)}
    return tuple(filed[id(filing)] for filing in letter.filings)


def _uid_row(letter: Letter, filing: Filing) -> dict[str, int]:
    return {"id": filing.mailbox_id, "size": letter.size, "unseen": int(not filing.flags & SEEN)}


def _entry_row(letter: Letter, filing: Filing, given: Row) -> dict[str, int | str]:
    uid, modseq, _ = given
    return {
        "mailbox_id": filing.mailbox_id,
        "uid": uid,
        "account_id": filing.account_id,
        "message_id": letter.number,
        "flags": filing.flags,
        "keywords": filing.keywords,
        "modseq": modseq,
        "internal_us": filing.internal_us or letter.at_us,
        "saved_us": letter.at_us,
        "size": letter.size,
    }


def _row_here(letter: Letter, one: Filing | Distributing | Failing) -> dict[str, int | str]:
    return {
        "message_id": letter.number,
        "n": one.n,
        "address": one.address,
        "original": one.original,
        "notify": one.notify,
        "domain": "",
        "state": _state_here(letter, one),
        "due_us": 0,
        "deadline_us": 0,
    }


def _state_here(letter: Letter, one: Filing | Distributing | Failing) -> str:
    """Done, unless the writer wants to hear of it (RFC 3461 §4.1) and can be told."""
    if isinstance(one, Failing):
        return "failed"
    return "arrived" if letter.reverse_path and wants(one.notify, "SUCCESS") else "done"


def _relay_row(letter: Letter, relaying: Relaying) -> dict[str, int | str]:
    return {
        "message_id": letter.number,
        "n": relaying.n,
        "address": relaying.address,
        "original": relaying.original,
        "notify": relaying.notify,
        "domain": relaying.domain,
        "state": "waiting",
        "due_us": relaying.due_us,
        "deadline_us": relaying.deadline_us,
    }


def _record(tx: Tx, letter: Letter, uids: tuple[tuple[int, int, int], ...]) -> None:
    """The journey of this fact: what led here, then what was made of each recipient."""
    events: list[Event] = list(letter.events)
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
    record(tx, letter.session, letter.number, letter.at_us, events)


def record(
    tx: Tx, session: SessionRef | None, message: int, at_us: int, events: list[Event] | tuple[Event, ...]
) -> None:
    """Write events in the transaction of the fact they tell."""
    if session is not None:
        tx.run(
            INSERT_SESSION,
            {"id": session.id, "opened_us": session.opened_us, "service": session.service, "peer": session.peer},
        )
    tx.run(
        INSERT_JOURNEY,
        {
            "session_id": session.id if session else 0,
            "message_id": message,
            "at_us": at_us,
            "events": pack(events),
        },
    )
