"""Six letters whose pages must say where they are, why, who must act and what next; the sixth was never handed in.

The lab is in this process, in a loop of its own thread; a browser asks it like any other.
"""

import asyncio
import contextlib
import threading

from kit.site import PASSWORD, START_US, WebSite
from lab.kit import hand_in, lab
from pyeonji.journey.receipt import written
from pyeonji.lab import roster
from pyeonji.lab.play import settled
from pyeonji.net.listener import open_tcp
from pyeonji.store import apps, journey
from pyeonji.web.server import serve_app

WRITER = "chulsoo@1ban.test"
# name: who it goes to, and the words by which one knows each page, in Korean and English
CASES = {
    "typo": "nobody@3ban.test",
    "full-box": "full@3ban.test",
    "greylist": "greylist@3ban.test",
    "spf-missing": "spf@simulator.test",
    "spam-folder": "younghee@2ban.test",
    "never-called": "",
}
SECONDS = 20.0  # until a letter has come as far as it will


@contextlib.contextmanager
def six_cases(folder):
    """({case: path of its page}, base url)."""
    started, stop, loop = threading.Event(), asyncio.Event(), asyncio.new_event_loop()
    paths, base = {}, []

    async def work():
        async with lab(folder) as world:
            base.append(f"http://127.0.0.1:{roster.HTTP + world.offset}")
            for name, reader in CASES.items():
                if reader:
                    paths[name] = await _path(world, reader)
            paths["never-called"], end = await _never_called(folder)
            started.set()
            await stop.wait()
            await end()

    thread = threading.Thread(target=lambda: loop.run_until_complete(work()))
    thread.start()
    try:
        assert started.wait(120), "the lab did not come up"
        yield paths, base[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)
        loop.close()


async def _never_called(folder):
    """A server of its own, where an application has an account and has called, but not for this letter."""
    site = WebSite(folder / "site")
    site.clock.push(3 * 86_400)
    board = site.home.engine.write_now(apps.add, "board", site.people["kim@a.test"], START_US)
    called = {"at": site.clock.now_us() - 7_200_000_000, "id": board}
    site.home.engine.write_now(lambda tx: tx.run("UPDATE app SET used_us = :at WHERE id = :id", called))
    sock = open_tcp("127.0.0.1", 0)
    stop = await serve_app(sock, site.app)

    async def end():
        await stop()
        site.home.close()

    return f"http://localhost:{sock.getsockname()[1]}/?q=minji@elsewhere.test", end


def signed_in(browser, url):
    """As kim, at the server of this page."""
    browser.go(f"{url.partition('/?')[0]}/signin?lang=en")
    if "/signin" in browser.url:
        browser.type("#login", "kim@a.test")
        browser.type("#password", PASSWORD)
        browser.click("form[action='/signin'] button")
        browser.wait_for("form[action='/signout']")


async def _path(world, reader):
    number = await hand_in(world, WRITER, reader)
    home = world.nodes["1ban.test"].home
    if reader.startswith("greylist@"):
        for _ in range(400):
            if (await home.engine.read(journey.recipients, number))[0].attempts:
                break
            await asyncio.sleep(0.05)
    else:
        await settled(home, number, SECONDS)
    return f"/j/{written(number)}"
