"""The API at a real port of this process, in a thread of its own, for programs that ask over the network."""

import asyncio
import contextlib
import threading

from starlette.applications import Starlette

from api.kit import ApiSite, Heard
from kit.patience import PATIENCE_S
from pyeonji.directory.guard import Guard
from pyeonji.directory.settings import GuardSettings
from pyeonji.net.listener import open_tcp
from pyeonji.proto.dns import Answer
from pyeonji.store.apps import SCOPES
from pyeonji.web.api.app import api_app
from pyeonji.web.api.keys import Caller
from pyeonji.web.app import Parted
from pyeonji.web.pages import STYLE
from pyeonji.web.server import serve_app
from pyeonji.zone.wanted import Facts

KEY = "key-that-nobody-takes-back"


class OneKey:
    """Good for everything, whatever happens to the app."""

    async def caller(self, site, key):
        return Caller(1, "board", "kim@a.test", frozenset(SCOPES)) if key == KEY else None


class Silent:
    """A DNS that nobody answers."""

    async def lookup(self, question):
        return Answer(failure="nobody answers")


def roomy_site(tmp_path):
    """One that does not mind being asked again and again."""
    site = ApiSite(tmp_path)
    site.guard = Guard(GuardSettings(exempt=("127.0.0.0/8",)), site.clock)
    site.resolver, site.sender = Silent(), Heard()
    site.zone_facts = lambda domain, keys: Facts(domain=domain, hostname="mail.a.test", addresses=("192.0.2.1",))
    site.app("board", "kim")
    return site


@contextlib.contextmanager
def served(site, **facts):
    """The port; `facts` are those of `api_app`."""
    sock = open_tcp("127.0.0.1", 0)
    up, over = threading.Event(), threading.Event()
    loop = asyncio.new_event_loop()
    ended = []

    async def serve():
        api = api_app({"": site}, **{"keys": OneKey()} | facts)
        stop = await serve_app(sock, Parted(api, Starlette(routes=[STYLE])))
        up.set()
        await asyncio.to_thread(over.wait)
        await stop()

    def run():
        try:
            loop.run_until_complete(serve())
        finally:
            ended.append(loop.close())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert up.wait(PATIENCE_S), "the API did not come up"
        yield sock.getsockname()[1]
    finally:
        over.set()
        thread.join(20)
        assert ended, "the API did not stop"
