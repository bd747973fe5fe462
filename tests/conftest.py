"""For all tests: how long one example takes says how busy the machine is, and nothing about us."""

import gc
from pathlib import Path

from hypothesis import settings

# Here, so that there is one PostgreSQL for all of a run: what a module imports for itself is begun for it alone.
from kit.engines import postgres_home, postgres_schema_url, postgres_url, sqlite_home  # noqa: F401

settings.register_profile("ours", deadline=None)
settings.load_profile("ours")

TESTS = Path(__file__).parent
# Folders whose files take longest, they first: at the end each worker of a run has something short to do.
FIRST = ("system", "attacks", "lab", "client", "cli", "api", "stations", "store", "transfer", "fuzz")


def pytest_collection_modifyitems(items):
    order = {TESTS / name: rank for rank, name in enumerate(FIRST)}
    items.sort(key=lambda item: min(order.get(folder, len(order)) for folder in item.path.parents))


def pytest_collection_finish():
    gc.freeze()  # what was collected stays to the end: nobody need look through it again and again
