"""Alarms on size.  The lists of agreed exceptions may only shrink."""

import ast
from pathlib import Path

SRC = Path(__file__).resolve().parent.parent / "src"
MAX_MODULE = 500  # lines
MAX_FUNCTION = 60  # lines
LONG_MODULES: set[str] = set()
LONG_FUNCTIONS: set[str] = set()


def test_no_module_is_longer_than_a_reader_likes():
    found = {
        str(path.relative_to(SRC)): lines
        for path in SRC.rglob("*.py")
        if (lines := len(path.read_text("utf-8").splitlines())) > MAX_MODULE
    }
    assert {name: n for name, n in found.items() if name not in LONG_MODULES} == {}


def test_no_function_is_longer_than_a_screen():
    found = {}
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > MAX_FUNCTION:
                    found[f"{path.relative_to(SRC)}:{node.name}"] = lines
    assert {name: n for name, n in found.items() if name not in LONG_FUNCTIONS} == {}
