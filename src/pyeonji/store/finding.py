"""Letters that people look for: each way is an index, or bounded by how many of the latest it looks at.

Receipt numbers are in time order, so that days are ranges of them.  `whose` keeps somebody to what is theirs.
"""

from dataclasses import dataclass
from statistics import median_low

from pyeonji.journey.event import AnyEvent, Deferred, Delivered, Failed, Filed, Returned, unpack
from pyeonji.store.addressed import LATEST, letters_to, newest_first
from pyeonji.store.engine.base import NUMBERS, Tx, Value

MOST = 50  # letters that one search names
SUBJECTS = 20_000  # of the latest letters whose subjects are looked at, or that have an address many write to
WORDS = 2_000  # of the latest letters whose journeys are looked at
SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Whose:
    """Letters of one account; `login` "" is everybody's, for who may see all."""

    login: str = ""
    account_id: int = 0


@dataclass(frozen=True, slots=True)
class Days:
    """From one receipt number to another, both included."""

    first: int = 0
    last: int = LATEST


ALL, EVER = Whose(), Days()

_WHOSE = (
    " AND (:login = '' OR m.login = :login"
    " OR EXISTS (SELECT 1 FROM entry e WHERE e.message_id = m.id AND e.account_id = :account))"
)


def by_message_id(tx: Tx, message_id: str, whose: Whose = ALL) -> list[int]:
    sql = "SELECT m.id FROM message m WHERE m.message_id = :value AND m.message_id <> ''"
    return _numbers(tx, sql, message_id, whose, EVER)


def by_address(tx: Tx, address: str, whose: Whose = ALL, days: Days = EVER) -> list[int]:
    """Letters to an address, and with it as their sender; the newest first."""
    to = f"SELECT m.id FROM ({letters_to(SUBJECTS)}) r JOIN message m ON m.id = r.message_id WHERE 1 = 1"
    of = (
        "SELECT m.id FROM (SELECT id, login FROM message WHERE reverse_path = :value AND reverse_path <> ''"
        f" AND id BETWEEN :first AND :last ORDER BY id DESC LIMIT {SUBJECTS}) m WHERE 1 = 1"
    )
    found = {*_numbers(tx, to, address, whose, days), *_numbers(tx, of, address, whose, days)}
    return sorted(found, reverse=True)[:MOST]


def by_subject(tx: Tx, words: str, whose: Whose = ALL, days: Days = EVER) -> list[int]:
    """Among the latest letters."""
    sql = (
        "SELECT m.id FROM (SELECT id, subject, login FROM message WHERE id BETWEEN :first AND :last"
        f" ORDER BY id DESC LIMIT {SUBJECTS}) m WHERE LOWER(m.subject) LIKE :value ESCAPE '!'"
    )
    pattern = words.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return _numbers(tx, sql, f"%{pattern}%", whose, days)


def by_words(tx: Tx, word: str, whose: Whose = ALL, days: Days = EVER) -> list[int]:
    """By a server's name or its domain, a code or a cause in what became of the latest letters."""
    wanted = word.casefold()
    numbers = latest(tx, whose, days, WORDS)
    rows = tx.among(
        f"SELECT j.message_id, j.events {NUMBERS} journey j ON j.message_id = n.value WHERE j.message_id <> 0", numbers
    )
    found = {row[0] for row in rows if any(_says(event, wanted) for event in unpack(bytes(row[1])))}
    if "." in wanted:  # it may not have been tried yet
        to = tx.among(f"SELECT r.message_id, r.domain {NUMBERS} recipient r ON r.message_id = n.value", numbers)
        found |= {row[0] for row in to if row[1] == wanted}
    return sorted(found, reverse=True)[:MOST]


def latest(tx: Tx, whose: Whose = ALL, days: Days = EVER, most: int = MOST) -> list[int]:
    """The newest letters that somebody wrote or got: by indexes of what is theirs, however much is others'."""
    values: dict[str, Value] = {"first": days.first, "last": days.last, "limit": most}
    if not whose.login:
        sql = "SELECT id FROM message WHERE id BETWEEN :first AND :last ORDER BY id DESC LIMIT :limit"
        return [row[0] for row in tx.all(sql, values)]
    sent = tx.all(
        "SELECT id FROM message WHERE login = :login AND login <> '' AND id BETWEEN :first AND :last"
        " ORDER BY id DESC LIMIT :limit",
        {**values, "login": whose.login},
    )
    got = tx.all(
        "SELECT e.message_id FROM mailbox b JOIN entry e ON e.mailbox_id = b.id"
        " WHERE b.account_id = :account AND b.name = 'INBOX' ORDER BY e.uid DESC LIMIT :limit",
        {"account": whose.account_id, "limit": most},
    )
    numbers = {row[0] for row in (*sent, *got) if days.first <= row[0] <= days.last}
    return sorted(numbers, reverse=True)[:most]


# ── what went before ──


@dataclass(frozen=True, slots=True)
class Before:
    """Of the latest letters to a domain: how many are decided, and how many of these were taken.

    Half of these were taken within `median_s`; None where nobody knows: they were taken before that was kept.
    """

    count: int
    good: int
    median_s: int | None = None


def to_domain(tx: Tx, domain: str, whose: Whose, since: int, limit: int = 100) -> Before:
    """Among the latest `limit` recipients there; `since` is a receipt number."""
    rows = tx.all(
        "SELECT r.state, r.due_us, m.at_us FROM recipient r JOIN message m ON m.id = r.message_id"
        " WHERE r.domain = :domain AND r.domain <> '' AND r.message_id >= :since"
        " AND (:login = '' OR m.login = :login) ORDER BY r.message_id DESC LIMIT :limit",
        {"domain": domain, "since": since, "login": whose.login, "limit": limit},
    )
    decided = [row for row in rows if row[0] in ("done", "returned", "failed", "bounced")]
    good = [row for row in decided if row[0] == "done"]
    took_s = [max(0, done_us - at_us) // SECOND_US for _, done_us, at_us in good if done_us]
    return Before(len(decided), len(good), median_low(took_s) if took_s else None)


def last_good(tx: Tx, address: str, whose: Whose, before: int) -> int:
    """When the last letter before this one got through to an address, in microseconds; 0 for never."""
    sql = (
        f"SELECT m.at_us {NUMBERS} message m ON m.id = n.value WHERE (:login = '' OR m.login = :login)"
        " AND EXISTS (SELECT 1 FROM recipient r"
        " WHERE r.message_id = m.id AND r.address = :address AND r.state = 'done')"
    )
    for numbers in newest_first(tx, address, before):
        if good := tx.among(sql, numbers, {"address": address, "login": whose.login}):
            return int(good[0][0])
    return 0


def reached(tx: Tx, login: str, limit: int = 500) -> list[str]:
    """The domains to which the latest letters of this account got through, by name."""
    rows = tx.all(
        "SELECT DISTINCT r.domain FROM (SELECT id FROM message WHERE login = :login AND login <> ''"
        " ORDER BY id DESC LIMIT :limit) m JOIN recipient r ON r.message_id = m.id"
        " WHERE r.state = 'done' AND r.domain <> '' ORDER BY r.domain",
        {"login": login, "limit": limit},
    )
    return [str(row[0]) for row in rows]


# ── below ──


def _numbers(tx: Tx, sql: str, value: str, whose: Whose, days: Days) -> list[int]:
    values: dict[str, Value] = {"value": value, "login": whose.login, "account": whose.account_id, "limit": MOST}
    if ":first" in sql:
        values |= {"first": days.first, "last": days.last}
    return [row[0] for row in tx.all(f"{sql}{_WHOSE} ORDER BY m.id DESC LIMIT :limit", values)]


def _says(event: AnyEvent, wanted: str) -> bool:
    match event:
        case Deferred(reply=reply, cause=cause, host=host) | Failed(reply=reply, cause=cause, host=host):
            return wanted == cause or _is_at(host, wanted) or _has_code(reply, wanted)
        case Returned(reply=reply, cause=cause, host=host):
            return wanted == cause or _is_at(host, wanted) or _has_code(reply, wanted)
        case Delivered(host=host):
            return _is_at(host, wanted)
        case Filed(mailbox=mailbox):
            return wanted == mailbox.casefold()
        case _:
            return False


def _is_at(host: str, wanted: str) -> bool:
    """mx.b.test is found by b.test, too."""
    return wanted == host.casefold() != "" or ("." in wanted and host.casefold().endswith(f".{wanted}"))


def _has_code(reply: str, wanted: str) -> bool:
    """ "550", "5.1.1", or "550 5.1.1", at the beginning."""
    return bool(wanted) and wanted[0] in "245" and wanted in " ".join(reply.replace("-", " ").split()[:2])
