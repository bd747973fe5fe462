"""How many examples a property is tried with; PYEONJI_EXAMPLES=50 for fifty times as many (docs/figures.md)."""

import os

TIMES = int(os.environ.get("PYEONJI_EXAMPLES", "1"))


def examples(count):
    return count * TIMES
