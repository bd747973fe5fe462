"""The contract of the store, on SQLite."""

import pytest

from store.contract_accept import *  # noqa: F403
from store.contract_addressed import *  # noqa: F403
from store.contract_again import *  # noqa: F403
from store.contract_allowed import *  # noqa: F403
from store.contract_annotations import *  # noqa: F403
from store.contract_apps import *  # noqa: F403
from store.contract_departure import *  # noqa: F403
from store.contract_digests import *  # noqa: F403
from store.contract_directory import *  # noqa: F403
from store.contract_dmarc import *  # noqa: F403
from store.contract_greylist import *  # noqa: F403
from store.contract_imported import *  # noqa: F403
from store.contract_judged import *  # noqa: F403
from store.contract_keys import *  # noqa: F403
from store.contract_lately import *  # noqa: F403
from store.contract_logins import *  # noqa: F403
from store.contract_mailboxes import *  # noqa: F403
from store.contract_pieces import *  # noqa: F403
from store.contract_quota import *  # noqa: F403
from store.contract_removed import *  # noqa: F403
from store.contract_returned import *  # noqa: F403
from store.contract_rights import *  # noqa: F403
from store.contract_subscriptions import *  # noqa: F403
from store.contract_summary import *  # noqa: F403
from store.contract_suppressions import *  # noqa: F403
from store.contract_sweep import *  # noqa: F403
from store.contract_tls_seen import *  # noqa: F403
from store.contract_told import *  # noqa: F403
from store.contract_tree import *  # noqa: F403
from store.contract_web import *  # noqa: F403
from store.contract_webhooks import *  # noqa: F403
from store.contract_zones import *  # noqa: F403


@pytest.fixture
def home(sqlite_home):
    return sqlite_home
