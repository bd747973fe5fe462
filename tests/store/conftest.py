import pytest

pytest.register_assert_rewrite("store.contract_accept", "store.contract_directory", "store.contract_mailboxes")

from kit.engines import postgres_home, postgres_schema_url, postgres_url, sqlite_home  # noqa: E402, F401
