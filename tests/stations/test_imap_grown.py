"""What sessions are told equals the store on PostgreSQL, too: the properties of test_imap_sessions and _resync."""

import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kit.engines import schema
from kit.examples import examples
from kit.world import at
from stations import test_imap_resync as resync
from stations import test_imap_sessions as sessions

pytestmark = pytest.mark.postgres
numbers = itertools.count(1)
some = settings(
    max_examples=examples(4), phases=[Phase.explicit, Phase.reuse, Phase.generate], deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip


def grown(url, story):
    with schema(url, f"grown{next(numbers)}") as engine_url, tempfile.TemporaryDirectory() as folder:
        at(Path(folder), story, engine_url=engine_url)


@some
@given(history=st.lists(sessions.ACTIONS, min_size=20, max_size=40))
def test_two_sessions_hear_everything_that_happens(postgres_url, history):
    grown(postgres_url, sessions.heard_by_two(history))


@some
@given(history=st.lists(st.tuples(st.sampled_from([0, 1, 2]), resync.ACTIONS), min_size=20, max_size=40))
def test_whoever_comes_back_knows_what_is_there(postgres_url, history):
    grown(postgres_url, resync.come_back(history))
