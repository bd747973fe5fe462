"""Rules that ask the DNS, run before somebody's eyes: each question and each answer is kept and shown."""

import argparse
import asyncio
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pyeonji.catalog.cli import say
from pyeonji.cli.config import settings_of
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.where import data_folder
from pyeonji.config.load import ConfigError
from pyeonji.net.clock import SystemClock
from pyeonji.net.resolver import Resolver, parsed_server
from pyeonji.proto.dns import Answer, Asking, Question, overheard

T = TypeVar("T")

PATIENCE_S = 60.0  # seconds for all questions together: more than intake has, as a person watches
SHOWN_RECORDS = 20  # of one answer; all of them with --json
SHOWN_TEXT = 400  # characters of one record


@dataclass(frozen=True, slots=True)
class Heard(Generic[T]):
    """What a rule found, and all it asked on its way."""

    found: T
    asked: list[tuple[Question, Answer]]


def add_resolver(parser: Parser) -> None:
    """Whom to ask."""
    parser.argument("--dns", default="", metavar="IP[:PORT]", key="dns")


def ask(asking: "Asking[T]", args: argparse.Namespace, out: Out) -> Heard[T]:
    """Run a rule to its end with the DNS of this machine's server.  Raises Problem when it takes too long."""
    asked: list[tuple[Question, Answer]] = []
    resolver = Resolver(nameservers(args, out), SystemClock())
    try:
        found = asyncio.run(asyncio.wait_for(resolver.answer_with(overheard(asking, asked)), PATIENCE_S))
    except TimeoutError as error:
        raise Problem("asking.too_slow", code=75, seconds=str(round(PATIENCE_S)), count=str(len(asked))) from error
    return Heard(found, asked)


def nameservers(args: argparse.Namespace, out: Out) -> tuple[str, ...] | None:
    """Those of `--dns`, else those of this machine's server; None for the machine's own.  Raises Problem."""
    if args.dns:
        try:
            parsed_server(args.dns)
        except ValueError as error:
            raise Problem("asking.no_server", code=2, value=args.dns) from error
        return (args.dns,)
    try:
        return settings_of(Path(data_folder(getattr(args, "data", ""))), "", 0, out.language).dns.nameservers or None
    except ConfigError as error:
        raise Problem("asking.no_settings", code=2, mistakes=error.in_words(out.language)) from error


def show_asked(heard: Heard[Any], out: Out) -> None:
    """Each question with its answer, for people."""
    out.line(out.words("asking.asked" if heard.asked else "asking.nothing"))
    for number, (question, answer) in enumerate(heard.asked, 1):
        out.line(f"  {number:>3}  {question.kind:<5} {question.name}")
        for line in answer_lines(answer, out.language):
            out.line(f"         {line}")
    out.line()


def answer_lines(answer: Answer, language: str) -> list[str]:
    """What the DNS said, in words where it has none of its own."""
    if answer.failed:
        return [say(language, "asking.failed", failure=answer.failure)]
    if not answer.exists:
        return [say(language, "asking.no_name")]
    if not answer.records:
        return [say(language, "asking.no_record")]
    lines = [record[:SHOWN_TEXT] for record in answer.records[:SHOWN_RECORDS]]
    if len(answer.records) > SHOWN_RECORDS:
        lines.append(say(language, "asking.more", count=len(answer.records) - SHOWN_RECORDS))
    return lines


def asked_data(heard: Heard[Any]) -> list[dict[str, Any]]:
    """The same for programs."""
    return [
        {"name": question.name, "kind": question.kind, **asdict(answer), "records": list(answer.records)}
        for question, answer in heard.asked
    ]
