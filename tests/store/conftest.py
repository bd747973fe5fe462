import pytest

for part in (
    "accept", "addressed", "annotations", "apps", "digests", "directory", "imported", "keys", "mailboxes", "pieces",
    "quota", "removed", "rights", "subscriptions", "suppressions", "sweep", "told", "tree", "webhooks",
):  # fmt: skip
    pytest.register_assert_rewrite(f"store.contract_{part}")
