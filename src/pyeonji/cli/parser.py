"""argparse in two languages: texts come from the catalog, mistakes become one sentence each."""

import argparse
import difflib
import re
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from pyeonji.catalog.cli import say, table
from pyeonji.cli import first_word
from pyeonji.cli.out import Out

Run = Callable[[argparse.Namespace, Out], int]

# What argparse says, and the key of our sentence for it.
ARGPARSE = (
    (re.compile(r"the following arguments are required: (?P<names>.*)"), "cli.required"),
    (re.compile(r"unrecognized arguments: (?P<names>.*)"), "cli.unrecognized"),
    (re.compile(r"argument (?P<name>.*?): expected .*"), "cli.expected"),
    (
        re.compile(r"argument (?P<name>.*?): invalid choice: (?P<value>.*?) \(choose from (?P<choices>.*)\)"),
        "cli.choice",
    ),
    (re.compile(r"argument (?P<name>.*?): invalid .*? value: (?P<value>.*)"), "cli.value"),
    (re.compile(r"argument (?P<name>.*?): not allowed with argument (?P<other>.*)"), "cli.not_with"),
    (re.compile(r"one of the arguments (?P<names>.*) is required"), "cli.one_of"),
    (re.compile(r"ambiguous option: (?P<name>.*?) could match (?P<choices>.*)"), "cli.ambiguous"),
)


class Misunderstood(Exception):
    """The words of the command line make no call; `key` and `slots` name the sentence, `prog` whose help says more."""

    def __init__(self, key: str, prog: str = "", **slots: str) -> None:
        super().__init__(key)
        self.key = key
        self.prog = prog
        self.slots = slots


class Parser(argparse.ArgumentParser):
    """The parser of one command or verb.  `key` names its texts: help.KEY and examples.KEY."""

    def __init__(self, prog: str, key: str, spoken: str) -> None:
        super().__init__(prog=prog, add_help=False, allow_abbrev=False)
        self.key = key
        self.spoken = spoken
        self.verbs: dict[str, Parser] = {}
        self._sub: Any = None
        self._forms: dict[str, Parser] = {}
        self.argument("-h", "--help", key="help", action=_Help)

    def argument(self, *names: str, key: str = "", **how: Any) -> None:
        """Add an argument whose text is `arg.KEY` (by default its own name)."""
        key = key or names[-1].lstrip("-").replace("-", "_")
        self.add_argument(*names, help=say(self.spoken, f"arg.{key}").replace("%", "%%"), **how)

    def verb(self, name: str, run: Run) -> "Parser":
        """Add a verb below a noun."""
        parser = self.noun(name)
        parser.set_defaults(run=run)
        return parser

    def noun(self, name: str) -> "Parser":
        """Add a noun below a noun, with verbs of its own."""
        if self._sub is None:
            self._sub = self.add_subparsers(dest="verb", required=True, metavar="VERB", parser_class=_Verb)
        parser: Parser = self._sub.add_parser(
            name, prog=f"{self.prog} {name}", key=f"{self.key}.{name}", spoken=self.spoken
        )
        add_global_options(parser)
        self.verbs[name] = parser
        return parser

    def form(self, name: str, configure: "Callable[[Parser], None]", run: Run) -> None:
        """Add a verb to a command that takes words of any kind, too: `explain WORDS …` beside `explain spf …`."""
        parser = Parser(f"{self.prog} {name}", f"{self.key}.{name}", self.spoken)
        add_global_options(parser)
        parser.set_defaults(run=run)
        configure(parser)
        self.verbs[name] = self._forms[name] = parser

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        words = list(args)
        at = first_word(words)
        form = self._forms.get(words[at]) if at < len(words) else None
        if form is not None:
            return form.parse_args([*words[:at], *words[at + 1 :]], namespace)
        return super().parse_args(words, namespace)

    def error(self, message: str) -> NoReturn:
        for pattern, key in ARGPARSE:
            if match := pattern.fullmatch(message.strip()):
                slots = {name: text.replace("'", "") for name, text in match.groupdict().items()}
                if "names" in slots and key != "cli.unrecognized":
                    slots["names"] = ", ".join(map(self._shown, slots["names"].split(", ")))
                if key == "cli.choice" and not slots["name"].startswith("-"):
                    key = "cli.no_verb"
                raise Misunderstood(key, self.prog, **slots)
        raise Misunderstood("cli.misunderstood", self.prog, message=message)

    def _shown(self, name: str) -> str:
        """An argument as the help page writes it."""
        return name if name.startswith("-") else name.upper()

    def format_help(self) -> str:
        spoken = self.spoken
        lines = [say(spoken, f"help.{self.key}"), "", f"{say(spoken, 'cli.usage')}  {self._usage()}"]
        if self.verbs:
            lines += ["", say(spoken, "cli.verbs")]
            lines += [f"  {name:<12} {say(spoken, f'help.{verb.key}')}" for name, verb in self.verbs.items()]
        rows = [row for row in map(_row, self._actions) if row is not None]
        for title, found in (
            ("cli.arguments", [row for row in rows if not row[0].startswith("-")]),
            ("cli.options", [row for row in rows if row[0].startswith("-")]),
        ):
            if found:
                lines += ["", say(spoken, title), *(f"  {left:<26} {right}" for left, right in found)]
        if f"examples.{self.key}" in table(spoken):
            lines += ["", say(spoken, "cli.examples")]
            lines += [f"  {line}" for line in say(spoken, f"examples.{self.key}").splitlines()]
        return "\n".join(lines) + "\n"

    def _usage(self) -> str:
        words = [self.prog]
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                words.append("VERB")
            elif not action.option_strings:
                words.append(_placeholder(action))
            elif action.required:
                words.append(_option(action))
        return " ".join([*words, "[…]"])


class _Verb(Parser):
    """As argparse makes them: with keywords only."""

    def __init__(self, *, prog: str, key: str, spoken: str) -> None:
        super().__init__(prog, key, spoken)


class _Help(argparse.Action):
    def __init__(self, option_strings: Any, dest: str, help: str | None = None) -> None:  # noqa: A002
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(self, parser: Any, *_: Any) -> None:
        raise HelpWanted(parser.format_help())


class HelpWanted(Exception):
    """Somebody asked for help; the text is it."""


def add_global_options(parser: Parser) -> None:
    """They are taken before and after the verb."""
    parser.argument("--data", metavar="DIR", default=argparse.SUPPRESS)
    parser.argument("--lang", metavar="ko|en", default=argparse.SUPPRESS)
    parser.argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.argument("--plain", action="store_true", default=argparse.SUPPRESS)


def suggestion(word: str, known: Iterable[str]) -> str:
    """The nearest of the known words, "" when none is near."""
    return next(iter(difflib.get_close_matches(word, list(known), 1, 0.7)), "")


def _row(action: argparse.Action) -> tuple[str, str] | None:
    if isinstance(action, argparse._SubParsersAction) or action.help == argparse.SUPPRESS:
        return None
    left = _option(action) if action.option_strings else _placeholder(action)
    return left, (action.help or "").replace("%%", "%")


def _option(action: argparse.Action) -> str:
    name = ", ".join(action.option_strings)
    return name if action.nargs == 0 else f"{name} {action.metavar or action.dest.upper()}"


def _placeholder(action: argparse.Action) -> str:
    name = str(action.metavar or action.dest.upper())
    return {"?": f"[{name}]", "*": f"[{name} …]", "+": f"{name} …"}.get(str(action.nargs), name)
