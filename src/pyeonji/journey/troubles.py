"""Why letters wait or failed, put together by what it is and who can mend it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pyeonji.catalog.causes import CAUSES, Actor
from pyeonji.catalog.say import Slot, say
from pyeonji.journey.explain import explain

VARYING = re.compile(r"[0-9@]")  # in a word: a number, an address, a host
CODE = re.compile(r"(?:[2-5]\d\d-?)?(?:[245]\.\d{1,3}\.\d{1,3})?")
AROUND = "<>()[]{}\"'`:;,.!?"
SHORT = 3  # characters of a name that are looked for as a whole word only
MAX_WORDS = 500  # characters of a reply that are compared


@dataclass(frozen=True, slots=True)
class Trouble:
    """One recipient's last answer."""

    letter: int
    n: int
    address: str
    domain: str
    cause: str  # of the catalogue; "" when there is none for it
    reply: str
    host: str
    at_us: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Group:
    """All of one cause and one who must act.  `first` is the latest of them."""

    cause: str
    actor: Actor
    count: int
    first: Trouble
    domains: tuple[str, ...]

    def sentence(self, lang: str) -> str:
        """What is the matter; with the names of one of them, where all are at one place."""
        found = explain(self.first.reply, host=self.first.host, rcpt=self.first.address)
        slots: dict[str, Slot] = found.slots if len(self.domains) == 1 else {}
        return say(lang, f"cause.{self.cause}" if self.cause else "cause.unexplained", **slots)

    def action(self, lang: str) -> str:
        found = explain(self.first.reply)
        known = CAUSES.get(self.cause)
        return say(lang, known.advice(permanent=found.permanent) if known else found.action_key)


@dataclass(frozen=True, slots=True)
class Reply:
    """What several servers said alike: `words` without what varies, and the latest of them."""

    count: int
    first: Trouble
    words: str
    hosts: tuple[str, ...]


def alike(troubles: Iterable[Trouble]) -> list[Reply]:
    """By their words, whatever numbers and addresses stand in them; most first."""
    found: dict[str, list[Trouble]] = {}
    for one in troubles:
        found.setdefault(unvaried(one.reply, one.address).casefold(), []).append(one)
    return sorted(map(_reply, found.values()), key=lambda reply: (-reply.count, reply.first.reply))


def _reply(some: list[Trouble]) -> Reply:
    first = max(some, key=lambda one: one.at_us)
    hosts = tuple(dict.fromkeys(one.host for one in some if one.host))
    return Reply(len(some), first, unvaried(first.reply, first.address), hosts)


def unvaried(reply: str, *addresses: str) -> str:
    """The reply with its code, and "#" for each word with a number, an address, or a part of one of `addresses`.

    So it names nobody, and may be shown to whoever can find out what it means.
    """
    parts = {part.casefold() for address in addresses for part in address.rpartition("@")[::2] if part}

    def names(word: str, n: int) -> bool:
        if n < 2 and CODE.fullmatch(word):
            return False
        low = word.casefold()
        return bool(VARYING.search(word)) or any(_names(low, part) for part in parts)

    return " ".join("#" if names(word, n) else word for n, word in enumerate(reply[:MAX_WORDS].split()))


def _names(word: str, part: str) -> bool:
    """Somebody called "me" does not make every word with these letters a name."""
    return part in word if len(part) > SHORT else part == word.strip(AROUND)


def grouped(troubles: Iterable[Trouble]) -> list[Group]:
    """Most first."""
    found: dict[tuple[str, Actor], list[Trouble]] = {}
    for one in troubles:
        cause = one.cause if one.cause in CAUSES else ""
        said = explain(one.reply)
        actor = CAUSES[cause].who(permanent=said.permanent) if cause else said.actor
        found.setdefault((cause, actor), []).append(one)
    groups = [_group(cause, actor, some) for (cause, actor), some in found.items()]
    return sorted(groups, key=lambda group: (-group.count, group.cause))


def _group(cause: str, actor: Actor, some: list[Trouble]) -> Group:
    first = max(some, key=lambda one: one.at_us)
    domains = tuple(dict.fromkeys(one.domain for one in some))
    return Group(cause, actor, len(some), first, domains)
