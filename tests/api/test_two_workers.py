"""Two workers, each with a loop and a store of its own, are asked the same thing at the same instant."""

import asyncio
import threading

import pytest

from api import kit
from api.kit import ApiSite
from kit.asgi import ask
from kit.patience import PATIENCE_S
from pyeonji.store.home import open_home
from pyeonji.web.api.app import api_app

LETTER = {"from": "kim@a.test", "to": "minsu@b.test", "subject": "hi", "text": "hello"}
ROUNDS = 20
WORKERS = 2


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request, monkeypatch):
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_schema_url")
        monkeypatch.setattr(kit, "open_home", lambda data, **facts: open_home(data, create=True, engine_url=url))


def raced(tmp_path, headers_of):
    """All answers of each round; and how many letters there are then."""
    sites = [ApiSite(tmp_path, worker) for worker in range(WORKERS)]
    key = sites[0].app()
    gate = threading.Barrier(WORKERS, timeout=PATIENCE_S)
    answers = [[None] * WORKERS for _ in range(ROUNDS)]

    async def work(number):
        app = api_app({"": sites[number]})
        for at in range(ROUNDS):
            await asyncio.to_thread(gate.wait)
            answers[at][number] = await ask(
                app, "POST", "/api/v1/messages", key=key, json=LETTER, headers=headers_of(at)
            )

    threads = [threading.Thread(target=asyncio.run, args=(work(number),)) for number in range(WORKERS)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers, sites[0].count("message")
    finally:
        for site in sites:
            site.home.close()


@pytest.mark.usefixtures("engine")
def test_one_key_at_two_workers_at_once_is_one_letter(tmp_path):
    answers, letters = raced(tmp_path, lambda at: {"idempotency-key": f"reset/{at}"})
    assert letters == ROUNDS
    for row in answers:
        assert {one.status for one in row} == {202} and len({one.body for one in row}) == 1
        assert sum("idempotent-replayed" in one.headers for one in row) == 1


@pytest.mark.usefixtures("engine")
def test_without_a_key_each_worker_takes_one(tmp_path):
    """The control."""
    answers, letters = raced(tmp_path, lambda at: {})
    assert letters == ROUNDS * WORKERS
    assert len({one.json["id"] for row in answers for one in row}) == letters
