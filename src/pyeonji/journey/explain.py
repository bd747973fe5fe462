"""What a reply of another server means: its cause, who must act, and whether trying again helps.

Works on any text a server may say, without a network, in time linear in the reply's length.  Whether we try again is
decided by the reply's first digit and our own policy, never by what is found here.
"""

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import lru_cache

from pyeonji.catalog.causes import CAUSES, Actor
from pyeonji.catalog.codes import (
    BEFORE_A_LETTER,
    BEFORE_POLICY,
    BY_CODE,
    BY_PHASE_AND_CODE,
    BY_STATUS,
    BY_WHOLE_STATUS,
    COME_AGAIN,
    FOR_GOOD,
    OF_A_LOGIN,
    OF_COMMANDS,
    OF_NO_ADDRESS,
    OF_THE_NAME,
    OF_THE_SERVER,
    OF_THE_WAY,
    OF_THE_WRITER,
    WITHOUT_REASON,
)
from pyeonji.catalog.marks import MARKS, PROVIDERS
from pyeonji.catalog.pattern import Pattern
from pyeonji.catalog.patterns import PATTERNS
from pyeonji.catalog.say import Slot, Words, known, say
from pyeonji.journey.pasted import PHASES, pasted
from pyeonji.journey.words import Phrase, Read, occurs, phrase, read

MAX_REPLY = 4_096  # characters of a reply that are read; RFC 5321 §4.5.3.1.5 allows 512 octets a line
MAX_SLOT = 200  # characters of a name found in it

_LINE = re.compile(r"\A\s*(?:([2-5]\d\d)(?=[- ]|\.\s|\Z)[-. ]?)?\s*(?:([245]\.\d{1,3}\.\d{1,3})(?!\S)[ :]?)?")
_REASON = re.compile(r"\A<[^>]{0,320}>:? ?(Recipient|Sender) address rejected: (?=\S)", re.IGNORECASE)
_STATUS_INSIDE = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.])")
_IPV4 = re.compile(r"(?<![\d.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\d.])")
_TOKEN = re.compile(r"[^\s<>()\[\],;\"']{1,400}")
_LISTS = {
    "spamhaus": "Spamhaus", "spamcop": "SpamCop", "barracuda": "Barracuda", "sorbs": "SORBS",
    "uceprotect": "UCEPROTECT", "psbl": "PSBL", "kisa": "KISA-RBL", "cloudmark": "Cloudmark", "abusix": "Abusix",
    "invaluement": "Invaluement", "senderscore": "Sender Score",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Explanation:
    """`cause` is "" where nothing was refused, and for a reply that we cannot explain: shown as it is, and counted."""

    cause: str
    code: int  # 0 when the text begins with none
    enhanced: str  # "5.1.1", or ""
    text: str  # their words without codes, on one line
    actor: Actor
    permanent: bool
    slots: dict[str, Slot] = field(default_factory=dict)

    @property
    def agreed(self) -> bool:
        """They refused nothing: 2yz and 3yz."""
        return (str(self.code) if self.code else self.enhanced)[:1] in ("2", "3")

    @property
    def understood(self) -> bool:
        """Whether we can say what they meant."""
        return self.key != "cause.unexplained"

    @property
    def key(self) -> str:
        """The sentence's name in the catalogue.  A status code alone says what the standard says of it."""
        if self.enhanced and not self.text and known(f"status.{self.enhanced[2:]}"):
            return f"status.{self.enhanced[2:]}"
        return f"cause.{self.cause}" if self.cause else "cause.agreed" if self.agreed else "cause.unexplained"

    @property
    def action_key(self) -> str:
        if self.cause:
            return CAUSES[self.cause].advice(permanent=self.permanent)
        return "action.agreed" if self.agreed else "action.unexplained" if self.permanent else "action.later"

    def given_up(self) -> "Explanation":
        """The same, where nobody tries again whatever the code was."""
        if self.agreed:
            return self
        actor = CAUSES[self.cause].who(permanent=True) if self.cause else _whoever("5")
        return replace(self, permanent=True, actor=actor)

    def sentence(self, lang: str) -> str:
        """What it means, in one sentence."""
        return say(lang, self.key, **self.slots)

    def action(self, lang: str) -> str:
        """What whoever must act should do."""
        return say(lang, self.action_key, **self.slots)


def explain(reply: str, phase: str = "", host: str = "", rcpt: str = "") -> Explanation:
    """`reply` may have several lines, be a bare code ("5.7.26"), or stand in a line of a log or a bounce (`pasted`).

    `phase` as in `journey.event.Deferred`; where a log names it, the host and the recipient, they need not be given.
    """
    told = pasted(reply)
    reply, host, rcpt = told.reply[:MAX_REPLY], host or told.host, rcpt or told.rcpt
    phase = PHASES.get(phase.lower(), phase) or told.phase
    code, enhanced, text = parts(reply)
    digit = str(code)[:1] if code else enhanced[:1]
    low = f"{reply.lower()} {text.lower()}" if "\n" in reply else reply.lower()
    cause = _cause(low, text, code, enhanced, phase)
    return Explanation(
        cause=cause,
        code=code,
        enhanced=enhanced,
        text=text,
        actor=CAUSES[cause].who(permanent=digit == "5") if cause else _whoever(digit),
        permanent=digit == "5",
        slots=_slots(text, low, host, rcpt),
    )


def parts(reply: str) -> tuple[int, str, str]:
    """(code, enhanced status code, words) of a reply of one or more lines; 0 and "" for what it does not have."""
    code, enhanced, words = 0, "", []
    for line in reply[:MAX_REPLY].splitlines():
        found = _LINE.match(line)
        assert found is not None  # every part is optional
        code = code or int(found.group(1) or 0)
        enhanced = enhanced or found.group(2) or ""
        words.append(line[found.end() :].strip())
    text = " ".join(" ".join(words).split())
    if not enhanced:
        inside = _STATUS_INSIDE.search(text)  # "550 #5.1.0 Address rejected": not as RFC 2034 §4 wants it, but common
        if inside is not None and (not code or inside.group(1)[0] == str(code)[0]) and not _is_address(text, inside):
            enhanced = inside.group(1)
    return code, enhanced, text


def _is_address(text: str, found: re.Match[str]) -> bool:
    return text[found.end() : found.end() + 1] in ("-", "_")


def _cause(low: str, text: str, code: int, enhanced: str, phase: str) -> str:
    found = _found(low, text, code, enhanced, phase)
    if (str(code) if code else enhanced).startswith("5"):
        found = FOR_GOOD.get(found, found)
        if phase == "auth" and found in OF_A_LOGIN:
            return "auth.failed"
    if found == "mbox.disabled" and code in OF_COMMANDS and enhanced[2:4] == "5.":
        return "protocol.error"
    if phase == "mail" and found in OF_THE_WRITER:
        return "from.invalid"
    if phase == "hello" and found in OF_THE_NAME:
        return "helo.bad"
    if phase in BEFORE_A_LETTER and found == "from.invalid":
        return "ptr.missing"
    return "ip.blocklisted" if phase in BEFORE_A_LETTER and found in OF_THE_SERVER else found


def _found(low: str, text: str, code: int, enhanced: str, phase: str) -> str:
    detail = enhanced[2:]
    digits = str(code) if code else enhanced[:1]
    if digits.startswith(("2", "3")):
        return ""
    for mark in MARKS:
        if mark.texts[0] in low and _begins(mark.code, digits) and all(part in low for part in mark.texts):
            return mark.cause
    said = read(text)
    if by_words := _by_reason(text, digits, detail, phase) or _by_words(said, digits, detail, phase):
        return by_words
    found = BY_WHOLE_STATUS.get(enhanced) or BY_STATUS.get(detail, "")
    if found == "policy.refused":
        found = BEFORE_POLICY.get(code, found)
    found = found or BY_PHASE_AND_CODE.get((phase, code), "") or BY_CODE.get(code, "")
    if found == "server.error" and digits.startswith("4") and _asks_to_come_again(said, detail):
        return "server.later"
    return found or ("policy.refused" if digits.startswith("5") and "refuse" in said.places else "")


def _asks_to_come_again(said: Read, detail: str) -> bool:
    """And that is all: that something is broken there is not known."""
    return detail in WITHOUT_REASON and said.places.keys() <= COME_AGAIN


def _by_reason(text: str, digits: str, detail: str, phase: str) -> str:
    """Postfix says first whose address it refuses, then why: "<a@b.example>: Sender address rejected: not found"."""
    whose = _REASON.match(text)
    why = _by_words(read(text[whose.end() :]), digits, detail, phase) if whose else ""
    if whose and whose.group(1).lower() == "sender":
        temporary = why == "dns.temporary" and digits.startswith("4")
        return "from.invalid" if why in OF_THE_WRITER | OF_THE_WAY and not temporary else ""
    return "" if why in OF_NO_ADDRESS else why


def _by_words(said: Read, digits: str, detail: str, phase: str) -> str:
    for pattern, one in _likely(said):
        fits = _begins(pattern.code, digits) and detail.startswith(pattern.status) and pattern.phase in ("", phase)
        if fits and occurs(one, said):
            return pattern.cause
    return ""


def _begins(wanted: str, digits: str) -> bool:
    """Whether a reply code may be meant; a reply without one may be any of a class, not any that is named."""
    return digits.startswith(wanted) or (len(wanted) < 3 and wanted.startswith(digits))


def _likely(said: Read) -> list[tuple[Pattern, Phrase]]:
    """The patterns whose rarest word is said, in their order: few of the many."""
    index = _index()
    at = {n for family in said.places for n in index.get(family, ())}
    return [_phrases()[n] for n in sorted(at)]


@lru_cache(maxsize=1)
def _phrases() -> list[tuple[Pattern, Phrase]]:
    return [(pattern, phrase(pattern.phrase)) for pattern in PATTERNS]


@lru_cache(maxsize=1)
def _index() -> dict[str, list[int]]:
    """Family -> the patterns that cannot occur without it (or another of the same place)."""
    places = [[item for part in one.wanted for segment in part for item in segment] for _, one in _phrases()]
    often = Counter(family for items in places for item in items for family in item)
    index: dict[str, list[int]] = {}
    for n, items in enumerate(places):
        for family in min(items, key=lambda item: sum(often[family] for family in item)):
            index.setdefault(family, []).append(n)
    return index


def _whoever(digit: str) -> Actor:
    """Who must act when nobody knows why: on 4yz nobody yet, else whoever can ask the people on the other side."""
    return "admin" if digit == "5" else "nobody"


def _slots(text: str, low: str, host: str, rcpt: str) -> dict[str, Slot]:
    """What the reply names: who, where, which list, which link."""
    slots: dict[str, Slot] = {}
    address = rcpt or _address(text)
    if address:
        slots["rcpt"] = address[:MAX_SLOT]
        slots["domain"] = address.rpartition("@")[2][:MAX_SLOT]
    if host:
        slots["host"] = host[:MAX_SLOT]
    ip = _IPV4.search(text)
    if ip is not None:
        slots["ip"] = ip.group()
    link = low.find("http")
    if link >= 0 and (url := _TOKEN.match(low, link)) is not None and "://" in url.group():
        slots["url"] = url.group().rstrip(".)")[:MAX_SLOT]
    listed = next((name for word, name in _LISTS.items() if word in low), "")
    if listed:
        slots["list"] = listed
    provider = _provider(host.lower().rstrip("."), low)
    if provider:
        slots["provider"] = Words((f"provider.{provider}",))
    elif host:
        slots["provider"] = host[:MAX_SLOT]
    return slots


def _provider(host: str, low: str) -> str:
    """By the host's name; by their own marks in the words where the host is not known or is not theirs by name."""
    for name, (domains, marks) in PROVIDERS.items():
        if any(f".{host}".endswith(f".{domain}") for domain in domains) or any(mark in low for mark in marks):
            return name
    return ""


def _address(text: str) -> str:
    """The first thing with an @ in it."""
    at = text.find("@")
    if at < 0:
        return ""
    start = at
    while start and at - start < MAX_SLOT and _TOKEN.match(text[start - 1]):
        start -= 1
    end = _TOKEN.match(text, at)
    return (text[start:at] + (end.group() if end else "")).strip(".:") if start < at and end else ""
