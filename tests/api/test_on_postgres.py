"""The API on PostgreSQL: what it says may not depend on where the letters lie.

It takes half a minute, most of it for a schema of its own for each test.
"""

import pytest

from api import kit
from api.test_administering import *  # noqa: F403
from api.test_events import *  # noqa: F403
from api.test_hooks import *  # noqa: F403
from api.test_idempotency import *  # noqa: F403
from api.test_reading import *  # noqa: F403
from api.test_sending import *  # noqa: F403
from api.test_support import *  # noqa: F403
from pyeonji.store.home import open_home

pytestmark = pytest.mark.postgres
del test_nobody_but_an_administrator_does_it  # noqa: F821 - many, and answered before the store is asked anything


@pytest.fixture(autouse=True)
def on_postgres(monkeypatch, request):
    url = request.getfixturevalue("postgres_schema_url")

    def opened(data, *, create, synchronous):
        return open_home(data, create=create, engine_url=url)

    monkeypatch.setattr(kit, "open_home", opened)
