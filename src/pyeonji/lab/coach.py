"""Whispers to somebody who types SMTP for the first time: what comes next, and what is not right with a line.

Pure: lines and replies come in, hints come out, by their names in the catalogue.
"""

import difflib
import re
from dataclasses import dataclass, field
from typing import Literal

from pyeonji.lab.beat import Slots

Step = Literal["hello", "mail", "rcpt", "data", "content", "done", "over"]
VERBS = ("EHLO", "HELO", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "VRFY", "QUIT", "HELP")
NOT_HERE = ("STARTTLS", "AUTH", "BDAT")  # nobody types what follows these by hand
MISTAKES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (key, re.compile(pattern, re.IGNORECASE))
    for key, pattern in (
        ("space_first", r"\s+\S"),
        ("hello_spelling", r"(HELLO|HALLO|HI|안녕\S*)\b"),
        ("hello_name", r"(HELO|EHLO)\s*\Z"),
        ("mail_from", r"MAIL\s+(TO\b|<)"),
        ("rcpt_to", r"RCPT\s+(FROM\b|<)"),
        ("header_outside", r"(FROM|TO|CC|SUBJECT|제목)\s*:"),
        ("colon", r"(MAIL\s+FROM|RCPT\s+TO)\s*(<|[^:<\s])"),
        ("colon_space", r"(MAIL\s+FROM|RCPT\s+TO)(\s+:|:\s+)\s*\S"),
        ("brackets", r"(MAIL\s+FROM|RCPT\s+TO):[^<\s]"),
        ("bracket_open", r"(MAIL\s+FROM|RCPT\s+TO):<[^>]*\Z"),
        ("dot_outside", r"\.\Z"),
    )
)
NEEDS: dict[str, tuple[Step, ...]] = {"MAIL": ("mail",), "RCPT": ("rcpt", "data"), "DATA": ("data",)}
EXAMPLES: dict[Step, str] = {
    "hello": "EHLO mx.1ban.test", "mail": "MAIL FROM:<chulsoo@1ban.test>", "rcpt": "RCPT TO:<younghee@2ban.test>",
    "data": "DATA", "content": ".", "done": "QUIT",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hint:
    """A sentence `lab.hint.KEY`.  `stops`: the line would lead nowhere and is not sent."""

    key: str
    slots: Slots = field(default_factory=dict)
    stops: bool = False


class Coach:
    """Beside one conversation."""

    def __init__(self) -> None:
        self.step: Step = "hello"
        self._verb = ""
        self._blank = False  # the header of the letter under way has ended

    @property
    def in_content(self) -> bool:
        return self.step == "content"

    def next(self) -> Hint | None:
        """What may be typed now; None when all is said."""
        if self.step == "over":
            return None
        if self.step == "content" and not self._blank:
            return Hint("next_header", {"example": "Subject: hello"})
        return Hint(f"next_{self.step}", {"example": EXAMPLES[self.step]})

    def typed(self, line: str) -> list[Hint]:
        """What is to be said about a line before it goes out."""
        if self.step == "over":
            return []
        return self._about_content(line) if self.in_content else self._about_command(line)

    def heard(self, code: str) -> None:
        """The reply to the last line ("" for a line of the letter, to which nobody answers)."""
        good = code[:1] in ("2", "3")
        verb, self._verb = self._verb, ""
        if code[:3] in ("221", "421"):
            self.step = "over"
        elif good and (verb in ("EHLO", "HELO") or (verb == "RSET" and self.step != "hello")):
            self.step = "mail"
        elif verb == "MAIL" and good:
            self.step = "rcpt"
        elif verb == "RCPT" and good:
            self.step = "data"
        elif verb == "DATA" and code.startswith("354"):
            self.step, self._blank = "content", False
        elif verb == ".":
            self.step = "done" if good else "mail"

    # ── below ──

    def _about_content(self, line: str) -> list[Hint]:
        if line == ".":
            self._verb = "."
            return [] if self._blank else [Hint("no_blank")]
        if not line:
            first, self._blank = not self._blank, True
            return [Hint("blank")] if first else []
        if line.upper() in ("QUIT", "DATA", "RSET", "END", "EXIT"):
            return [Hint("still_content", {"line": line})]
        if not self._blank and not re.match(r"[!-9;-~]+:", line) and not line[:1].isspace():
            return [Hint("no_header", {"line": line[:60]})]
        return []

    def _about_command(self, line: str) -> list[Hint]:
        if not line.strip():
            return [Hint("empty", stops=True)]
        words = line.split(maxsplit=1)
        self._verb = words[0].upper()
        if self._verb in NOT_HERE:
            return [Hint("not_here", {"line": self._verb}, stops=True)]
        found = [Hint(key) for key, pattern in MISTAKES if pattern.match(line)][:1]
        if not found and not line.isascii():
            found = [Hint("not_ascii")]
        return found or self._about_order() or self._about_verb()

    def _about_order(self) -> list[Hint]:
        needs = NEEDS.get(self._verb)
        if needs is None or self.step in needs:
            return []
        if self._verb == "MAIL" and self.step == "done":
            return []  # another letter
        late = self._verb == "MAIL" and self.step in ("rcpt", "data")
        return [Hint("mail_twice")] if late else [Hint("order", {"line": self._verb, "example": EXAMPLES[self.step]})]

    def _about_verb(self) -> list[Hint]:
        if self._verb in VERBS:
            return []
        near = difflib.get_close_matches(self._verb, VERBS, 1, 0.5)
        return [Hint("near", {"line": self._verb, "example": near[0]})] if near else [Hint("unknown")]
