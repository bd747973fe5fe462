"""The import law: the layout is the map (docs/design.md), and this test is the law.

Floors are listed bottom first; a package may import only packages of the floors below its own, never a sister.
Floor 0 does no I/O and knows no clock and no chance; SQL lives in `store`, sockets in `net`.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SRC = Path(__file__).resolve().parent.parent / "src"

FLOORS = [
    {"address", "catalog"},
    {"message", "journey"},
    {"proto"},
    {"msgauth", "sieve"},
    {"zone"},
    {"store", "net"},
    {"directory"},
    {"filters", "delivery", "search"},
    {"acceptance"},
    {"submission", "transfer"},
    {"queue"},
    {"logs", "metrics"},
    {"intake", "relay", "access", "webhooks"},
    {"web"},
    {"config"},
    {"daemon"},
    {"lab"},
    {"cli"},
]
PURE = {"address", "journey", "catalog", "message", "proto", "msgauth", "sieve", "zone"}
IMPURE = {
    "asyncio", "logging", "os", "random", "secrets", "select", "socket", "sqlite3", "apsw", "ssl",
    "subprocess", "threading", "time", "tempfile", "shutil",
}  # fmt: skip
ONLY_IN = {
    "socket": {"net", "cli", "lab", "daemon"},  # cli: the light sendmail and control clients
    "ssl": {"net"},
    "apsw": {"store"},
    "psycopg": {"store"},
    "sqlite3": set(),
}
NO_CATALOG = {"proto", "intake", "relay", "access", "store", "net"}
RANK = {name: rank for rank, names in enumerate(FLOORS) for name in names}
SQL = re.compile(r"\b(SELECT .+ FROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM|CREATE TABLE)\b")


def imported(tree: ast.AST, package: tuple[str, ...]) -> Iterator[str]:
    """Every module a file imports, as an absolute dotted name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *((node.module,) if node.module else ())))
            yield module
            if module == "pyeonji" or node.module is None:
                yield from (f"{module}.{alias.name}" for alias in node.names)


def files() -> list[Path]:
    return sorted(SRC.glob("pyeonji/*/**/*.py"))


def breaches() -> list[str]:
    """Each import that breaks the law, as a sentence."""
    found = []
    for path in files():
        here = path.relative_to(SRC)
        floor = here.parts[1]
        for name in sorted(set(imported(ast.parse(path.read_text("utf-8")), here.parts[:-1]))):
            top, _, rest = name.partition(".")
            target = rest.partition(".")[0]
            if top == "pyeonji" and target and target != floor:
                if target not in RANK:
                    continue
                if RANK[target] >= RANK[floor]:
                    found.append(f"{here}: {floor} must not import {target}")
                if target == "catalog" and floor in NO_CATALOG:
                    found.append(f"{here}: {floor} speaks in constants and must not import catalog")
            if floor in PURE and top in IMPURE:
                found.append(f"{here}: {floor} is pure and must not import {top}")
            if top in ONLY_IN and floor not in ONLY_IN[top]:
                found.append(f"{here}: {top} is used only in {', '.join(sorted(ONLY_IN[top])) or 'nothing'}")
    return found


def test_every_import_points_down():
    assert breaches() == []


def test_every_package_stands_on_a_floor():
    packages = {path.parent.name for path in SRC.glob("pyeonji/*/__init__.py")}
    assert packages - set(RANK) == set()


def test_sql_is_written_only_in_the_store():
    found = []
    for path in files():
        if path.relative_to(SRC).parts[1] == "store":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value):
                found.append(f"{path.relative_to(SRC)}:{node.lineno}")
    assert found == []


def test_no_module_has_a_name_that_says_nothing():
    vague = {"utils", "util", "helpers", "common", "misc", "manager2"}
    assert [str(p) for p in SRC.rglob("*.py") if p.stem in vague] == []
