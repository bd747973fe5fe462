"""One server with an API, asked without a network."""

import asyncio
import contextlib
import functools

from kit.asgi import ask
from kit.stored import person
from pyeonji.acceptance.accept import Acceptance
from pyeonji.acceptance.wake import Wake
from pyeonji.directory.app_keys import new_key
from pyeonji.directory.guard import Guard
from pyeonji.directory.settings import GuardSettings
from pyeonji.journey.receipt import parse_receipt
from pyeonji.net.clock import PushedClock
from pyeonji.net.ids import Ids
from pyeonji.store import apps, directory, messages
from pyeonji.store.home import open_home
from pyeonji.store.sending import SendingLimits
from pyeonji.submission.door import Door
from pyeonji.web.api.app import api_app
from pyeonji.webhooks.sending import Answer

DAY_US = 86_400 * 1_000_000
START_US = 1_790_000_000_000_000  # a day in September 2026


class ApiSite:
    """As much of a server as the API asks for."""

    def __init__(self, tmp_path, worker=0):
        self.home = open_home(tmp_path / "data", create=True, synchronous="OFF")  # power stays on in these tests
        self.clock = PushedClock(START_US)
        self.hostname = "mail.a.test"
        self.base_url = "https://mail.a.test"
        self.max_size = 1 << 20
        self.wake = Wake()
        self.guard = Guard(GuardSettings(exempt=()), self.clock)
        self.acceptance = Acceptance(self.home, self.clock, Ids(self.clock, worker), self.hostname, self.wake)
        self.door = Door(self.acceptance, 5 * DAY_US, limits=SendingLimits(10_000, 10_000, 1_000))
        if worker:  # the first one has made them
            return
        self.home.engine.write_now(directory.add_domain, "a.test", START_US)
        self.people = {name: person(self.home, f"{name}@a.test") for name in ("kim", "lee")}

    def app(self, name="board", who="kim", scopes=("send", "read", "manage"), test=False):
        """The text of a key of an app, which is made when it is not there."""

        def made(tx):
            known = apps.named(tx, name)
            app_id = known.id if known else apps.add(tx, name, self.people[who].id, START_US)
            key = new_key(test=test)
            apps.add_key(tx, app_id, key.digest, key.hint, START_US, scopes=tuple(scopes), test=test)
            return key.text

        return self.home.engine.write_now(made)

    def octets(self, number):
        return self.home.engine.read_now(messages.content, self.home.blobs, parse_receipt(number).number)

    def count(self, table):
        return self.home.engine.read_now(lambda tx: tx.one(f"SELECT count(*) FROM {table}", {}))[0]


class Heard:
    """What would be posted to endpoints."""

    def __init__(self, status=200):
        self.status, self.posted = status, []

    async def send(self, url, secrets, name, body, now_us, *, inside):
        self.posted.append((url, name, body, inside))
        return Answer(self.status, "thank you" if self.status else "no answer in time")


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
