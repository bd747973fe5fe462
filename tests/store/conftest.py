import pytest

for part in (
    "accept", "addressed", "annotations", "apps", "digests", "directory", "imported", "keys", "mailboxes", "pieces",
    "quota", "removed", "rights", "subscriptions", "suppressions", "sweep", "told", "tree", "webhooks",
):  # fmt: skip
    pytest.register_assert_rewrite(f"store.contract_{part}")

from kit.engines import postgres_home, postgres_schema_url, postgres_url, sqlite_home  # noqa: E402, F401
