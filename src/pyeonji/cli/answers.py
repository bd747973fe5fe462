"""The questions of `pyeonji setup`, at most three at a time; answered by a file, by a person, or with care."""

import sys
import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path

from pyeonji.cli.fact import Fact
from pyeonji.cli.out import Out, Problem

MAX_QUESTIONS = 3  # who has so much to mend is not ready for certificates anyway
WAYS = ("wait", "relay", "receive")  # what to do where port 25 is blocked


@dataclass(frozen=True, slots=True)
class Answers:
    """What is done when nobody says otherwise: nothing that could take something away."""

    take_over: bool = False  # stop what has our ports
    port25: str = "wait"  # one of WAYS
    relay: str = ""  # host:port, for "relay"
    receive: bool = False  # although the mail of the domain goes elsewhere now
    agree: bool = False  # to the terms of the authority that gives us certificates


def read(path: str) -> Answers | None:
    """The answers of a file; None when none was named.  Raises Problem."""
    if not path:
        return None
    try:
        given = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Problem("setup.bad_answers", code=2, file=path, reason=str(error)) from error
    known = {item.name: type(item.default) for item in fields(Answers)}
    for name, value in given.items():
        if type(value) is not known.get(name):
            raise Problem("setup.bad_answer", code=2, file=path, name=name, known=", ".join(known))
    answers = replace(Answers(), **given)
    if answers.port25 not in WAYS:
        raise Problem("setup.bad_answer", code=2, file=path, name="port25", known=", ".join(WAYS))
    if answers.port25 == "relay" and not answers.relay:
        raise Problem("setup.bad_answer", code=2, file=path, name="relay", known="relay")
    return answers


def ask(facts: list[Fact], out: Out, authority: str, *, agree: bool) -> Answers:
    """From whoever sits there; without a terminal the careful ones.  Only what the facts leave open is asked.

    `authority`: whose terms are to be agreed to; "" for nobody's.  `agree`: that was said already.
    """
    answers = Answers(agree=agree)
    if out.json or not sys.stdin.isatty():
        return answers
    found = {fact.key: fact for fact in facts}
    if "port_taken" in found:
        answers = replace(answers, take_over=_yes(out, "setup.ask_take_over", **found["port_taken"].slots))
    if "port25_blocked" in found:
        choice = _line(out, "setup.ask_port25")
        way = WAYS[int(choice) - 1] if choice in ("1", "2", "3") else "wait"
        answers = replace(answers, port25=way, relay=_line(out, "setup.ask_relay") if way == "relay" else "")
    if "mx_elsewhere" in found:
        answers = replace(answers, receive=_yes(out, "setup.ask_receive", **found["mx_elsewhere"].slots))
    asked = len({"port_taken", "port25_blocked", "mx_elsewhere"} & found.keys())
    if authority and not agree and asked < MAX_QUESTIONS:
        answers = replace(answers, agree=_not_no(out, "setup.ask_agree", authority=authority))
    return answers


def _yes(out: Out, key: str, **slots: str) -> bool:
    return _line(out, key, **slots).lower() in ("y", "yes", "네", "예", "ㅇ")


def _not_no(out: Out, key: str, **slots: str) -> bool:
    """An empty line means yes."""
    return not _line(out, key, **slots).lower().startswith(("n", "아니", "ㄴ"))


def _line(out: Out, key: str, **slots: str) -> str:
    sys.stdout.write(f"  {out.words(key, **slots)} ")
    sys.stdout.flush()
    return sys.stdin.readline().strip()
