"""docs/attacks.md: every attack has tests that make it and negative controls, and they are there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TABLE = HERE.parent / "docs" / "attacks.md"
ROW = re.compile(r"\| ([A-Z]\d\d) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]*)\|")
NAMED = re.compile(r"`([a-z]+/test_\w+\.py)::(test_\w+)`")
MADE = {"S": 32, "L": 7, "M": 7, "I": 9, "P": 1}  # rows there are of each kind
OF_TRUST = [f"A{number:02}" for number in range(1, 17)]  # attacks on trust; some have no row yet
OF_PAGES = ["W01", "W07", "W09", "W12", "W16", "W17", "W18", "W19", "W20", "W21", "W22"]
ROWS = {found[1]: found for line in TABLE.read_text().splitlines() if (found := ROW.match(line))}


@cache
def functions_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_attack_has_its_row():
    made = [f"{kind}{number:02}" for kind, count in MADE.items() for number in range(1, count + 1)]
    assert [*ROWS] == [*made, *(row for row in OF_TRUST if row in ROWS), *OF_PAGES]


@pytest.mark.parametrize("row", ROWS)
def test_a_row_names_tests_and_controls_that_are_there(row):
    _, tests, controls, _ = ROWS[row].groups()[1:]
    for cell in (tests, controls):
        named = NAMED.findall(cell)
        assert len(named) == cell.count("`") / 2 > 0, cell
        for path, name in named:
            assert name in functions_of(HERE / path), f"{path}::{name}"


def test_a_test_that_is_not_there_would_be_noticed():
    """Negative control."""
    assert NAMED.findall("`attacks/test_spool.py::test_nothing_at_all`") == [
        ("attacks/test_spool.py", "test_nothing_at_all")
    ]
    assert "test_nothing_at_all" not in functions_of(HERE / "attacks" / "test_spool.py")
