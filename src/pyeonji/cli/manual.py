"""Writes docs/{commands,config,causes,metrics,api-reference}.md and man/ from the code; a test holds them current.

python -m pyeonji.cli.manual [--check] [DOCS]
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from pyeonji.catalog.cli import say, table
from pyeonji.cli import COMMANDS, GROUPS
from pyeonji.cli.call import build
from pyeonji.cli.parser import Parser
from pyeonji.config.load import default
from pyeonji.config.reference import reference
from pyeonji.journey.causes_page import causes_page
from pyeonji.metrics.manual import manual as metrics
from pyeonji.web.api.reference import reference as api

GENERATED = "Printed from the code by `python -m pyeonji.cli.manual`; do not edit."


def pages() -> dict[str, str]:
    """The text of every generated file below docs/."""
    return {
        "commands.md": "\n".join(commands()) + "\n",
        "config.md": "\n".join(reference(default(Path("DATA")))) + "\n",
        "causes.md": "\n".join(causes_page()) + "\n",
        "metrics.md": "\n".join(metrics()) + "\n",
        "api-reference.md": "\n".join(api()) + "\n",
        "man/pyeonji.1": "\n".join(man("en")) + "\n",
        "man/pyeonji.ko.1": "\n".join(man("ko")) + "\n",
    }


def commands() -> Iterator[str]:
    """All commands with their texts in both languages."""
    yield "# Commands · 명령"
    yield ""
    yield f"{GENERATED}  Exit codes: 0 good, 1 the answer is no, 2 the call was not understood, 75 not decided yet;"
    yield "`sendmail` uses those of sysexits.h."
    for group, names in GROUPS.items():
        yield ""
        yield f"## {say('en', f'overview.{group}')} · {say('ko', f'overview.{group}')}"
        for name in names:
            for parser, korean in zip(parsers(name, "en"), parsers(name, "ko"), strict=True):
                yield ""
                yield f"### {parser.prog}"
                yield ""
                yield f"{say('ko', f'help.{korean.key}')}  \n{say('en', f'help.{parser.key}')}"
                yield ""
                yield "```text"
                yield from parser.format_help().splitlines()[2:]
                yield "```"
    yield ""
    yield "## sendmail, mailq, newaliases"
    for language in ("ko", "en"):
        yield ""
        yield "```text"
        yield from say(language, "sendmail.help").splitlines()
        yield "```"


def man(language: str) -> Iterator[str]:
    """One manual page in roff."""
    yield '.TH PYEONJI 1 "" "pyeonji"'
    yield ".SH NAME"
    yield rf"pyeonji \- {roff(say(language, 'overview.title').partition(': ')[2])}"
    yield ".SH COMMANDS"
    for name in COMMANDS:
        for parser in parsers(name, language):
            yield ".TP"
            yield rf".B {roff(parser.prog)}"
            yield roff(say(language, f"help.{parser.key}"))
            if f"examples.{parser.key}" in table(language):
                for line in say(language, f"examples.{parser.key}").splitlines():
                    yield ".br"
                    yield rf"\fI{roff(line)}\fR"
    yield ".SH OPTIONS"
    yield roff(say(language, "overview.more"))
    yield ".SH EXIT STATUS"
    yield "0, 1, 2, 75"
    yield ".SH SENDMAIL"
    yield ".nf"
    yield from (roff(line) for line in say(language, "sendmail.help").splitlines())
    yield ".fi"


def parsers(name: str, language: str) -> list[Parser]:
    """The parser of a command and those of its verbs, and of theirs."""
    return list(_with_verbs(build(name, language)))


def _with_verbs(parser: Parser) -> Iterator[Parser]:
    yield parser
    for verb in parser.verbs.values():
        yield from _with_verbs(verb)


def roff(text: str) -> str:
    """Text that no macro can be made of."""
    text = text.replace("\\", r"\e").replace("-", r"\-")
    return r"\&" + text if text.startswith((".", "'")) else text


def main(argv: list[str] | None = None) -> int:
    """Write the pages, or with --check say which are not current."""
    options = argparse.ArgumentParser(prog="python -m pyeonji.cli.manual")
    options.add_argument("docs", nargs="?", default="docs", type=Path)
    options.add_argument("--check", action="store_true")
    args = options.parse_args(argv)
    stale = []
    for name, text in pages().items():
        path = args.docs / name
        if not path.exists() or path.read_text("utf-8") != text:
            stale.append(name)
            if not args.check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
    if args.check and stale:
        sys.stderr.write(f"not current: {', '.join(stale)}; run: make docs\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
