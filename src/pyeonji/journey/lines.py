"""What each line of an SMTP or LMTP dialogue means: the sentence beneath it, by its name in the catalogue.

With PIPELINING many commands come before their replies, so replies are matched to commands first in, first out
(RFC 2920 §3.1).  Whoever reads a dialogue from its middle gets a sentence by the reply code alone.
"""

import re
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from pyeonji.catalog.say import Slot, Words, known
from pyeonji.journey.explain import explain

SERVICES = frozenset({"smtp", "submission", "submissions", "lmtp", "relay", "sendmail"})  # that speak SMTP
MAX_OPEN = 1_000  # commands without a reply yet; ours: more than any peer of ours pipelines
MAX_ABILITIES = 64  # lines of one EHLO reply that are read

_REPLY = re.compile(r"([2-5]\d\d)(?:([ -])(.*)|\Z)", re.DOTALL)
_PATH = re.compile(r":[ \t]*<?([^>\s]*)>?")
_QUEUED = re.compile(r"\bqueued(?: mail for delivery)?(?: as|:)? ([0-9A-Za-z-]{4,40})\b|\bid=([0-9A-Za-z-]{4,40})")
_COMMANDS = {
    "HELO": "helo", "EHLO": "ehlo", "LHLO": "ehlo", "STARTTLS": "starttls", "AUTH": "auth", "MAIL": "mail",
    "RCPT": "rcpt", "DATA": "data", "RSET": "rset", "NOOP": "noop", "VRFY": "verify", "EXPN": "verify", "QUIT": "quit",
}  # fmt: skip
_GOOD = {"helo": "hello_ok", "ehlo": "hello_ok", "starttls": "starttls_ok", "auth": "auth_ok", "mail": "mail_ok",
         "rcpt": "rcpt_ok", "chunk": "chunk_ok", "quit": "bye"}  # fmt: skip
_PHASES = {"helo": "hello", "ehlo": "hello", "starttls": "tls", "auth": "hello", "chunk": "content"}


@dataclass(frozen=True, slots=True)
class Meaning:
    """`key` is "" where no sentence stands.  `address` is the recipient that the line is about, "" for all."""

    key: str = ""
    slots: dict[str, Slot] = field(default_factory=dict)
    address: str = ""


class Dialogue:
    """Hears the lines of one connection in order."""

    def __init__(self, client: Literal["in", "out", ""] = "", greets: bool = False) -> None:
        """`client` is the direction of the client's lines ("" when that is not known); `greets`: from its beginning."""
        self._client = client
        self._open: deque[tuple[str, str]] = deque([("greeting", "")] if greets else (), maxlen=MAX_OPEN)
        self._host = ""  # whose greeting it was
        self._taken: list[str] = []  # recipients of the envelope under way
        self._lmtp = False
        self._challenged = False
        self._abilities: list[str] = []

    def line(self, direction: str, text: str) -> Meaning:
        is_reply = direction != self._client if self._client else _REPLY.match(text) is not None
        return self._reply(text) if is_reply else self._command(text)

    def _command(self, text: str) -> Meaning:
        if self._challenged:
            self._challenged = False
            return Meaning("line.auth_more")
        word, _, rest = text.partition(" ")
        verb = word.upper()
        if verb == "BDAT":
            last = rest.upper().endswith("LAST")
            self._expect_content() if last else self._open.append(("chunk", ""))
            return Meaning("line.chunk")
        name = _COMMANDS.get(verb)
        if name is None:
            if text != ".":
                self._open.append(("other", ""))
            return Meaning("line.other" if text != "." else "")
        self._lmtp = verb == "LHLO" or (self._lmtp and name != "helo")
        address = _path(rest) if name in ("mail", "rcpt") else ""
        self._open.append((name, address))
        if name == "mail":
            self._taken = []
            return Meaning("line.mail" if address else "line.mail_null", {"address": address} if address else {})
        if name == "rcpt":
            return Meaning("line.rcpt", {"address": address}, address)
        return Meaning(f"line.{name}", {"host": rest.strip()} if name in ("helo", "ehlo") else {})

    def _reply(self, text: str) -> Meaning:
        found = _REPLY.match(text)
        if found is None:
            return Meaning("line.other")
        code, more, words = int(found.group(1)), found.group(2) == "-", found.group(3) or ""
        name, address = self._open[0] if self._open else ("", "")
        if more:
            if len(self._abilities) < MAX_ABILITIES:
                self._abilities.append(words)
            return Meaning(address=address if name in ("rcpt", "content") else "")
        abilities, self._abilities = [*self._abilities, words], []
        if self._open:
            self._open.popleft()
        if code == 334:
            self._open.appendleft((name, address))
            self._challenged = True
            return Meaning("line.auth_more")
        if code == 354:
            self._expect_content()
            return Meaning("line.data_ok")
        if code >= 400:
            return self._refusal(text, name, address)
        return self._good(name, address, words, abilities)

    def _good(self, name: str, address: str, words: str, abilities: list[str]) -> Meaning:
        if name == "greeting":
            self._host = words.partition(" ")[0]
            return Meaning("line.greeting", {"host": self._host})
        if name in ("helo", "ehlo"):
            found = _abilities(abilities[1:] or words.split(" ")[1:])  # some keep a reply on one line
            return Meaning("line.hello_ok", {"abilities": Words(found)} if found else {})
        if name == "rcpt":
            self._taken.append(address)
            return Meaning("line.rcpt_ok", {"address": address}, address)
        if name == "content" or (not name and _QUEUED.search(words)):
            queued = _QUEUED.search(words)
            number = (queued.group(1) or queued.group(2)) if queued else ""
            return Meaning("line.taken" if number else "line.taken_unnumbered", {"number": number}, address)
        return Meaning(f"line.{_GOOD.get(name, 'ok')}")

    def _refusal(self, text: str, name: str, address: str) -> Meaning:
        about = address if name in ("rcpt", "content") else ""
        if name == "auth":
            return Meaning("line.auth_no")
        found = explain(text, _PHASES.get(name, name), self._host, about)
        if found.cause:
            return Meaning(f"cause.{found.cause}", found.slots, about)
        return Meaning("line.no" if found.permanent else "line.later", {}, about)

    def _expect_content(self) -> None:
        """One reply to the content; in LMTP one for each recipient (RFC 2033 §4.2)."""
        if self._lmtp:
            self._open.extend(("content", address) for address in self._taken)
        else:
            self._open.append(("content", ""))


def _path(rest: str) -> str:
    found = _PATH.search(rest)
    return found.group(1) if found else ""


def _abilities(lines: list[str]) -> tuple[str, ...]:
    """The keywords of an EHLO reply that people may care about."""
    found = []
    for line in lines:
        word = line.partition(" ")[0].lower()
        key = f"ability.{word}"
        if known(key) and key not in found:
            found.append(key)
    return tuple(found)
