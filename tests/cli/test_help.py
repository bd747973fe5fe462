"""Every command explains itself, with two examples, in both languages; the manuals are those of the code."""

from pathlib import Path
from string import Formatter

import pytest

from pyeonji.catalog.cli import table
from pyeonji.cli import COMMANDS, main, manual

DOCS = Path(__file__).parent.parent.parent / "docs"
ALL = [parser for name in COMMANDS for parser in manual.parsers(name, "en")]


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("prog", [parser.prog for parser in ALL])
def test_every_command_has_help_with_two_examples(prog, language, capsys):
    assert main([*prog.split()[1:], "--help", "--lang", language]) == 0
    text = capsys.readouterr().out
    examples = text.partition({"ko": "보기:", "en": "Examples:"}[language])[2].strip().splitlines()
    assert len(examples) == 2
    assert all(line.strip().startswith(prog) for line in examples if prog.count(" ") == 2)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_first_help_page_names_every_command(language, capsys):
    assert main(["--help", "--lang", language]) == 0
    text = capsys.readouterr().out
    assert all(f"  {name} " in text for name in COMMANDS)


def slots(text):
    return {field.partition("|")[0] for _, field, _, _ in Formatter().parse(text) if field}


def test_both_languages_say_the_same_things():
    ko, en = table("ko"), table("en")
    assert ko.keys() == en.keys()
    assert {key for key in ko if slots(ko[key]) != slots(en[key])} == set()


def test_the_manuals_are_current():
    stale = [name for name, text in manual.pages().items() if (DOCS / name).read_text("utf-8") != text]
    assert stale == [], "run: python -m pyeonji.cli.manual docs"


EXAMPLES = [
    (parser.prog, line)
    for parser in ALL
    for line in table("en").get(f"examples.{parser.key}", "").splitlines()
]  # fmt: skip


@pytest.mark.parametrize("line", [line for _, line in EXAMPLES if "lab break" not in line])
def test_every_example_can_be_typed(line):
    import shlex

    from pyeonji.cli.call import build

    words = shlex.split(line.partition(" < ")[0].partition(" > ")[0])[1:]
    verb = next(word for word in words if word in COMMANDS)
    build(verb, "en").parse_args(words[1:])
