"""For all tests: how long one example takes says how busy the machine is, and nothing about us."""

from hypothesis import settings

# Here, so that there is one PostgreSQL for all of a run: what a module imports for itself is begun for it alone.
from kit.engines import postgres_home, postgres_schema_url, postgres_url, sqlite_home  # noqa: F401

settings.register_profile("ours", deadline=None)
settings.load_profile("ours")
