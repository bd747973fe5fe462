"""Conversations as text, run against a machine: lines before the first mark are settings, then

C: a line and its CR LF · C| exactly this (\\r \\n \\x00) · S: one reply line (a glob) · S... lines up to a match ·
CLOSED: we have hung up.  "#" begins a comment.
"""

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

WAYS = ("lines", "octets", "at once")
MARK = re.compile(r"(C:|C\||S:|S\.\.\.|CLOSED)(?: (.*)|)\Z")
# A client must hear the reply to these before it says more (RFC 2920 §3.1).
LAST_IN_GROUP = ("EHLO", "HELO", "LHLO", "DATA", "AUTH", "STARTTLS", "QUIT", ".", "VRFY", "NOOP")


@dataclass
class Turn:
    """Octets of the client, and what must be read after them."""

    octets: bytes = b""
    wanted: list[tuple[str, str]] = field(default_factory=list)
    may_go_on: bool = True


@dataclass
class Conversation:
    settings: dict[str, str]
    turns: list[Turn]


def load(path: Path) -> Conversation:
    found = Conversation({}, [Turn()])
    for line in path.read_text("utf-8").splitlines():
        match = MARK.match(line)
        if match is None:
            if line and not line.startswith("#"):
                name, _, value = line.partition(":")
                found.settings[name] = value.strip()
            continue
        mark, text = match.group(1), match.group(2) or ""
        if mark.startswith("C") and mark != "CLOSED":
            if found.turns[-1].wanted:
                found.turns.append(Turn())
            turn = found.turns[-1]
            exact = re.sub(
                r"\\(r|n|x[0-9a-f]{2})", lambda m: {"r": "\r", "n": "\n"}.get(m[1]) or chr(int(m[1][1:], 16)), text
            )
            turn.octets += (exact if mark == "C|" else text + "\r\n").encode("utf-8")
            turn.may_go_on = mark == "C:" and text.split(" ")[0].upper() not in LAST_IN_GROUP
        else:
            found.turns[-1].wanted.append((mark, text))
    return found


def merged(turns: list[Turn]) -> list[Turn]:
    """Turns that a pipelining client would say in one write."""
    found: list[Turn] = []
    for turn in turns:
        if found and found[-1].may_go_on and found[-1].octets and not any(m == "CLOSED" for m, _ in found[-1].wanted):
            last = found.pop()
            turn = Turn(last.octets + turn.octets, last.wanted + turn.wanted, turn.may_go_on)
        found.append(turn)
    return found


def run(conversation: Conversation, way: str, say, greeting: bytes, is_closed) -> None:
    """`say(octets)` returns what the machine said; raises AssertionError with the line that did not come."""
    waiting = greeting.split(b"\r\n")[:-1]
    for turn in merged(conversation.turns) if way == "at once" else conversation.turns:
        pieces = [turn.octets[n : n + 1] for n in range(len(turn.octets))] if way == "octets" else [turn.octets]
        said = b"".join([say(piece) for piece in pieces if piece])
        waiting += said.split(b"\r\n")[:-1]
        for mark, pattern in turn.wanted:
            if mark == "CLOSED":
                assert is_closed(), "the connection should be closed"
                continue
            while True:
                assert waiting, f"nothing came where {pattern!r} was awaited"
                line = waiting.pop(0).decode("ascii")
                if fnmatchcase(line, pattern):
                    break
                assert mark == "S...", f"{line!r} came where {pattern!r} was awaited"
        assert not waiting, f"{waiting} came unawaited"
