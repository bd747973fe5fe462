"""One server with an API, asked without a network."""

import asyncio
import contextlib
import functools

from kit.asgi import ask
from pyeonji.acceptance.wake import Wake
from pyeonji.directory.guard import Guard
from pyeonji.directory.settings import GuardSettings
from pyeonji.net.clock import PushedClock
from pyeonji.store import directory
from pyeonji.store.home import open_home
from pyeonji.web.api.app import api_app

START_US = 1_790_000_000_000_000  # a day in September 2026


class ApiSite:
    """As much of a server as the API asks for."""

    def __init__(self, tmp_path):
        self.home = open_home(tmp_path / "data", create=True, synchronous="OFF")  # power stays on in these tests
        self.clock = PushedClock(START_US)
        self.hostname = "mail.a.test"
        self.wake = Wake()
        self.guard = Guard(GuardSettings(exempt=()), self.clock)
        self.home.engine.write_now(directory.add_domain, "a.test", START_US)


@contextlib.contextmanager
def api(tmp_path):
    """`ask(method, path below /api/v1, ...)` of a server of its own."""
    site = ApiSite(tmp_path)
    app = api_app({"": site})

    async def asked(method, path, **facts):
        return await ask(app, method, f"/api/v1{path}", **facts)

    try:
        yield site, asked
    finally:
        site.home.close()


def told(tmp_path, method, path, **facts):
    """One question, one answer."""
    with api(tmp_path) as (_, asked):
        return asyncio.run(asked(method, path, **facts))


def in_api(story):
    """A test that is a coroutine over (site, ask)."""

    @functools.wraps(story)
    def test(tmp_path):
        with api(tmp_path) as (site, asked):
            asyncio.run(story(site, asked))

    del test.__wrapped__  # pytest would ask for the story's arguments
    return test
