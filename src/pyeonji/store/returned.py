"""Letters of ours that somebody took and has something to say about later: joined to their journeys.

Who is to be believed?  A report names the letter by what only those know who have it: our receipt number in its
Received field, its ENVID, its Message-ID; it came to the address that the letter says it returns to; and it speaks of a
recipient that was handed to another server.  Nothing else of the letter changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pyeonji.address import verp
from pyeonji.journey.event import Decided, Event, Reported, Returned
from pyeonji.journey.links import without_tokens
from pyeonji.journey.receipt import compact
from pyeonji.store.accept import record
from pyeonji.store.engine.base import Tx, Unavailable

MAX_LETTERS = 20  # with one Message-ID or ENVID that are looked at


@dataclass(frozen=True, slots=True)
class Names:
    """What a report calls the letter it is about."""

    receipts: tuple[int, ...] = ()
    envid: str = ""
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """What is said of one recipient.  `addresses` are its names, folded, best first; `action` as in RFC 3464 §2.3.3."""

    addresses: tuple[str, ...]
    action: str
    reply: str = ""
    cause: str = ""  # key of the cause catalogue
    host: str = ""


@dataclass(frozen=True, slots=True)
class Reports:
    """What one letter that came in says about one of ours."""

    names: Names
    words: tuple[Word, ...]
    to: frozenset[str] | None = None  # folded addresses it came to; None: complaints go to another address
    by_name: bool = False  # a recipient is meant only where its own name is said
    certain: tuple[int, int] | None = None  # letter and recipient, by a return address that only its server knows


@dataclass(frozen=True, slots=True)
class _HandedOver:
    n: int
    address: str
    state: str


class StillTrying(Unavailable):
    """It is answered already while we still hand it over: the report is to come again in a moment."""


def join(tx: Tx, reports: Reports, letter: int, now_us: int) -> int:
    """Write what letter `letter` says into the journey it is about; the number of that one, 0 for none of ours.

    Raises StillTrying.
    """
    for number in [reports.certain[0]] if reports.certain else _candidates(tx, reports):
        row = tx.one("SELECT reverse_path, onward_path FROM message WHERE id = :id", {"id": number})
        if row is None or number == letter or not _may_be_about(reports, *row):
            continue
        people = [one for one in _handed_over(tx, number) if reports.certain is None or one.n == reports.certain[1]]
        if reports.by_name and reports.certain is None:
            people, words = _named(people, reports.words)
        else:
            words = reports.words
        told = [event for word in words for event in _told(tx, number, people, word, letter, now_us)]
        if told:
            record(tx, None, number, now_us, told)
            record(
                tx,
                None,
                letter,
                now_us,
                [Decided(now_us, "report about", compact(number), f"told: {_actions(reports.words)}")],
            )
            return number
    return 0


def _may_be_about(reports: Reports, reverse_path: str, onward_path: str) -> bool:
    """Did it come to where the letter returns?  Where each recipient has an address of its own, nothing else counts."""
    if reports.certain is not None or reports.to is None:
        return True
    return reverse_path.casefold() in reports.to and not onward_path.startswith(verp.PREFIX)


def _named(people: list[_HandedOver], words: Sequence[Word]) -> tuple[list[_HandedOver], Sequence[Word]]:
    """The recipients that are called by their names, and the words about them."""
    names = {one.address for one in people}
    about = [word for word in words if names.intersection(word.addresses)]
    called = {address for word in about for address in word.addresses}
    return [one for one in people if one.address in called], about


def _actions(words: Sequence[Word]) -> str:
    return ", ".join(dict.fromkeys(word.action for word in words))


def _candidates(tx: Tx, reports: Reports) -> list[int]:
    """Letters that may be meant, the surest first.

    A letter that was sent again has the ENVID of the one before it: whose recipient is named comes first.
    """
    names, found = reports.names, list(reports.names.receipts)
    called = {address for word in reports.words for address in word.addresses}
    for column, value in (("envid", names.envid), ("message_id", names.message_id)):
        if value:
            sql = f"SELECT id FROM message WHERE {column} = :value AND {column} <> '' ORDER BY id LIMIT :limit"
            numbers = [int(row[0]) for row in tx.all(sql, {"value": value, "limit": MAX_LETTERS})]
            found += sorted(numbers, key=lambda number: not called.intersection(_addresses(tx, number)))
    return list(dict.fromkeys(found))


def _addresses(tx: Tx, number: int) -> set[str]:
    return {one.address for one in _handed_over(tx, number)}


def _handed_over(tx: Tx, number: int) -> list[_HandedOver]:
    sql = (
        "SELECT n, address, state FROM recipient WHERE message_id = :id AND domain <> ''"
        " AND state IN ('trying', 'done', 'returned') ORDER BY n"
    )
    return [_HandedOver(*row) for row in tx.all(sql, {"id": number})]


def _told(tx: Tx, number: int, people: list[_HandedOver], word: Word, letter: int, now_us: int) -> list[Event]:
    """The event of one word; nothing for whom the letter was not handed over, nor for a failure that is known."""
    if word.action == "complaint" and not word.addresses:  # providers hide who complains
        return [Reported(now_us, 0, letter, word.action, without_tokens(word.reply))] if people else []
    one = _meant(people, word)
    if one is None:
        return []
    if one.state == "trying":
        raise StillTrying(f"{compact(number)}.{one.n} is still being handed over")
    if word.action != "failed":
        return [Reported(now_us, one.n, letter, word.action, without_tokens(word.reply))]
    sql = "UPDATE recipient SET state = 'returned' WHERE message_id = :id AND n = :n AND state = 'done'"
    if not tx.run(sql, {"id": number, "n": one.n}):
        return []
    return [Returned(now_us, one.n, letter, without_tokens(word.reply), word.cause, word.host)]


def _meant(people: list[_HandedOver], word: Word) -> _HandedOver | None:
    """Who is spoken of: by name, or because there was only one, who has had it sent on to an address of his own."""
    for address in word.addresses:
        for one in people:
            if one.address == address:
                return one
    return people[0] if len(people) == 1 else None
