"""What the administrator's pages show: facts of the store as plain values in one language."""

from dataclasses import dataclass
from typing import Any

from pyeonji.catalog.say import known, say
from pyeonji.directory.guard import Barred
from pyeonji.journey.instants import clock, distance
from pyeonji.journey.printable import printable
from pyeonji.journey.receipt import written
from pyeonji.journey.troubles import Group, Reply
from pyeonji.store.lately import Destination, Refusal
from pyeonji.store.logins import UNKNOWN, Attempt
from pyeonji.store.queue import UNDECIDED, QueueRow
from pyeonji.web.letter import Reader

GIB, MIB = 2**30, 2**20
DOMAINS = 5  # of one group, named
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Eyes:
    """The reader, and how instants and numbers look to him."""

    reader: Reader

    @property
    def lang(self) -> str:
        return self.reader.language

    def when(self, at_us: int) -> str:
        return clock(at_us, self.reader.now_us, self.reader.zone) if at_us else "–"

    def ago(self, at_us: int) -> str:
        return distance(self.lang, at_us, self.reader.now_us) if at_us else "–"


def group(one: Group, eyes: Eyes, key: str) -> Row:
    """One cause: what it is, who can mend it, and how many letters that would move."""
    more = len(one.domains) - DOMAINS
    return {
        "headline": say(eyes.lang, f"{key}.{one.actor}", n=one.count),
        "sentence": one.sentence(eyes.lang),
        "actor": say(eyes.lang, f"actor.{one.actor}"),
        "action": one.action(eyes.lang),
        "domains": ", ".join(one.domains[:DOMAINS]) + (f" +{more}" if more > 0 else ""),
        "words": printable(one.first.reply),
        "number": written(one.first.letter),
        "when": eyes.when(one.first.at_us),
    }


def undecided(row: QueueRow, eyes: Eyes) -> Row:
    return {
        "number": written(row.message_id),
        "id": written(row.message_id, row.n),
        "address": row.address,
        "from": row.reverse_path or "<>",
        "state": say(eyes.lang, f"admin.state.{row.state}"),
        "waits": row.state == "waiting",
        "held": row.state == "held",
        "since": eyes.ago(row.at_us),
        "next": eyes.when(row.due_us) if row.state == "waiting" else "–",
        "attempts": row.attempts,
        "gives_up": eyes.when(row.deadline_us),
    }


def destination(one: Destination, eyes: Eyes) -> Row:
    return {
        "domain": one.domain,
        "recipients": one.recipients,
        "counts": {state: one.counts.get(state, 0) for state in UNDECIDED},
        "attempts": one.attempts,
        "next": eyes.when(one.next_us),
        "oldest": written(one.oldest),
    }


def refusal(one: Refusal, eyes: Eyes) -> Row:
    return {
        "when": eyes.when(one.at_us),
        "session": written(one.session.id) if one.session else "",
        "service": one.session.service if one.session else "",
        "peer": one.session.peer if one.session else "",
        "address": printable(one.address),
        "reply": printable(one.reply),
        "because": because(one.because, eyes),
    }


def because(word: str, eyes: Eyes) -> str:
    """A rule by its name in the reader's language, anything else as it is."""
    return say(eyes.lang, f"rule.{word}") if known(f"rule.{word}") else printable(word)


def attempt(one: Attempt, eyes: Eyes) -> Row:
    """A name that nobody has is not shown: it may be a password in the wrong field."""
    return {
        "name": "" if one.name.startswith(UNKNOWN) else one.name,
        "place": one.place, "service": one.service, "mechanism": one.mechanism,
        "outcome": say(eyes.lang, f"admin.outcome.{one.outcome}"), "good": one.outcome == "in",
        "attempts": one.attempts, "when": eyes.when(one.last_us),
    }  # fmt: skip


def barred(one: Barred, eyes: Eyes) -> Row:
    return {
        "what": say(eyes.lang, f"admin.barred.{one.what}"), "who": printable(one.who), "until": eyes.when(one.until_us),
        "times": one.times,
    }  # fmt: skip


def reply(one: Reply, eyes: Eyes) -> Row:
    return {
        "count": one.count, "words": printable(one.first.reply), "bare": printable(one.words), "host": one.first.host,
        "number": written(one.first.letter), "when": eyes.when(one.first.at_us),
    }  # fmt: skip


def octets(count: int) -> str:
    return f"{count / GIB:.1f} GiB" if count >= GIB else f"{count / MIB:.0f} MiB"
